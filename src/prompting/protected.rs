//! Where this program and the engine keep their own files, which the model edits after a question only.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::context::Context;
use crate::engine::files::EngineFiles;
use crate::permission::{ProtectedPlaces, normal, protected_part};
use crate::support::git_settings::starts_programs;
use crate::support::names::Names;
use crate::support::secret_files::{self, SecretLikelihood};

/// The places, as this process and the engines that it starts find them, for an agent in `directory`.
pub(crate) fn places(context: &Context, directory: &Path) -> ProtectedPlaces {
    let directories = &context.directories;
    let engine = EngineFiles::of(context);
    let mut own = vec![
        directories.config.clone(),
        directories.data.clone(),
        directories.state.clone(),
        directories.cache.clone(),
        engine.home.join(".opencode"),
    ];
    own.extend(engine.managed());
    let named = [&engine.named_config, &engine.named_directory];
    own.extend(named.into_iter().flatten().map(|path| context.cwd.join(path)));
    let excepted = vec![directories.state.join("worktrees"), engine.data.join("worktree")];
    own.extend([engine.data, engine.config, engine.state, engine.cache]);
    let places_in = |name: &str| -> Vec<PathBuf> {
        let value = context.environment.os(name).unwrap_or_default();
        // Some are commands with arguments.
        let text = value.to_string_lossy();
        let words = text.split([' ', '|']).map(PathBuf::from);
        let places = std::env::split_paths(value).chain(words);
        let places = places.map(|place| directory.join(filled_in(&place, context, directory)));
        places.map(|place| normal(&place)).collect()
    };
    let starting = STARTING_VARIABLES.iter().flat_map(places_in);
    // What holds the directory where the agent works would protect everything in it.
    let mut starting: Vec<PathBuf> = starting.filter(|place| !directory.starts_with(place)).collect();
    starting.extend(programs_of_path(&places_in("PATH"), directory));
    let repository = repository(context, directory);
    starting.extend(programs_of_git(context, directory, repository.as_ref()));
    starting.extend(linked_places(context, directory, repository.as_ref()));
    let links = links_of_project(directory);
    let targets = |is_wanted: &dyn Fn(&Path) -> bool| {
        let wanted = links.iter().filter(|(name, _)| is_wanted(name));
        wanted.map(|(_, target)| target.clone()).collect::<Vec<_>>()
    };
    starting.extend(targets(&|name| protected_part(name).is_some()));
    ProtectedPlaces {
        own,
        starting,
        secrets: targets(&|name| secret_files::likelihood(name) == Some(SecretLikelihood::Always)),
        excepted,
    }
}

/// The links at the top of the project and where they lead, such as `.envrc` to `conf/envrc`.
fn links_of_project(directory: &Path) -> Vec<(PathBuf, PathBuf)> {
    let places = BTreeSet::from([directory, top_of_project(directory)]);
    let links = places.into_iter().flat_map(links_in);
    links.filter(|(_, target)| !directory.starts_with(target)).collect()
}

/// The names of the links in a directory, and where they lead.
fn links_in(directory: &Path) -> impl Iterator<Item = (PathBuf, PathBuf)> + use<> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let links = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_symlink()));
    links.filter_map(|link| Some((link.file_name().into(), link.path().canonicalize().ok()?)))
}

/// The closest directory with a `.git`, where there is one.
fn top_of_project(directory: &Path) -> &Path {
    let mut places = directory.ancestors();
    places.find(|place| place.join(".git").exists()).unwrap_or(directory)
}

/// A path with the variables that a shell would fill in.
fn filled_in(path: &Path, context: &Context, directory: &Path) -> PathBuf {
    let (directory, home) = (directory.to_string_lossy(), context.directories.home.to_string_lossy());
    let mut text = path.to_string_lossy().into_owned();
    for (names, value) in [(["$PWD", "${PWD}"], directory), (["$HOME", "${HOME}"], home)] {
        for name in names {
            text = text.replace(name, &value);
        }
    }
    text.into()
}

/// Where links lead that the user's account starts from: start-up files in the home, settings, programs on `PATH`, and hooks
/// of the repository. Only what the agent may reach without leaving its directory or the home is of interest.
fn linked_places(context: &Context, directory: &Path, repository: Option<&Repository>) -> Vec<PathBuf> {
    let home = &context.directories.home;
    let is_of_user = |place: &PathBuf| place.starts_with(home) || place.starts_with(directory);
    let path = context.environment.absolute_path().unwrap_or_default();
    let programs = std::env::split_paths(&path).filter(is_of_user);
    let hooks = repository.map(|repository| repository.hooks.clone());
    let places = [home.clone(), home.join(".config")];
    let links = places.into_iter().chain(programs).chain(hooks).flat_map(|place| {
        let is_home = place == *home;
        // In the home it is the hidden names that start something.
        let starts = move |name: &Path| !is_home || name.as_os_str().as_encoded_bytes().starts_with(b".");
        links_in(&place).filter_map(move |(name, target)| starts(&name).then_some(target))
    });
    links
        .filter(|target| is_of_user(target) && !directory.starts_with(target))
        .collect()
}

/// The programs in a directory that `PATH` names and that holds the agent's: those that are there, and those that would be
/// started instead of others.
fn programs_of_path(path: &[PathBuf], directory: &Path) -> Vec<PathBuf> {
    let (around, others): (Vec<&PathBuf>, Vec<&PathBuf>) = path.iter().partition(|place| directory.starts_with(place));
    if around.is_empty() {
        return Vec::new();
    }
    let names = |place: &PathBuf| {
        let entries = std::fs::read_dir(place).into_iter().flatten().flatten();
        entries
            .filter(|entry| is_program(&entry.path()))
            .map(|entry| entry.file_name())
            .collect::<Vec<_>>()
    };
    let programs: BTreeSet<OsString> = around.iter().chain(&others).flat_map(|place| names(place)).collect();
    around
        .iter()
        .flat_map(|place| programs.iter().map(|name| place.join(name)))
        .collect()
}

/// Where git keeps the parts of a repository.
struct Repository {
    /// Of this working tree, and of all of them.
    directories: [PathBuf; 2],
    hooks: PathBuf,
}

fn repository(context: &Context, directory: &Path) -> Option<Repository> {
    let arguments = ["rev-parse", "--git-dir", "--git-common-dir", "--git-path", "hooks"];
    let answer = context.environment.git_output(directory, &arguments)?;
    let mut places = answer.lines().map(|place| directory.join(place));
    Some(Repository {
        directories: [places.next()?, places.next()?],
        hooks: places.next()?,
    })
}

/// The files and directories in the project that git's settings name: git starts what is there.
fn programs_of_git(context: &Context, directory: &Path, repository: Option<&Repository>) -> Vec<PathBuf> {
    let list = ["config", "--null", "--list", "--show-origin"];
    let settings = context.environment.git_output(directory, &list).unwrap_or_default();
    let top = top_of_project(directory);
    let mut found = Vec::new();
    // What holds the whole project would protect everything in it.
    let mut add = |place: PathBuf| {
        let place = normal(&place);
        // That has its own protection.
        let is_known = place.components().any(|part| part.as_os_str() == ".git");
        if !is_known && place.starts_with(top) && !directory.starts_with(&place) {
            found.push(place);
        }
    };
    // The repository may have another name than `.git`.
    let directories = repository
        .into_iter()
        .flat_map(|repository| repository.directories.clone());
    directories.for_each(&mut add);
    for place in repositories_of_modules(top) {
        add(place);
    }
    let fields: Vec<&str> = settings.split('\0').collect();
    for (origin, setting) in fields.chunks_exact(2).map(|pair| (pair[0], pair[1])) {
        // Where the setting stands, under whatever name.
        let file = origin.strip_prefix("file:").map(|file| directory.join(file));
        let beside = file
            .as_deref()
            .and_then(Path::parent)
            .unwrap_or(directory)
            .to_path_buf();
        file.into_iter().for_each(&mut add);
        let (name, value) = setting.split_once('\n').unwrap_or((setting, ""));
        if !starts_programs(name) {
            continue;
        }
        let words = value.split(|c: char| c.is_whitespace() || "'\"!;&|<>()=".contains(c));
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        for word in &words {
            let home = word
                .strip_prefix("~/")
                .map(|below| context.directories.home.join(below));
            let word = home.unwrap_or_else(|| filled_in(Path::new(word), context, directory));
            let places = [directory, top, &beside].map(|base| base.join(&word));
            let is_place = |place: &PathBuf| name == "core.hookspath" || name.starts_with("include") || place.exists();
            places.into_iter().filter(is_place).for_each(&mut add);
        }
        for file in started_by_name(&words) {
            [directory, top]
                .map(|base| base.join(&file))
                .into_iter()
                .for_each(&mut add);
        }
    }
    found
}

/// The files from which a program starts what a command tells it by another name than that of the file.
fn started_by_name(words: &[&str]) -> Vec<String> {
    let name = |word: &str| word.rsplit('/').next().unwrap_or(word).to_owned();
    let files = |files: &[&str]| files.iter().map(|file| (*file).to_owned()).collect::<Vec<_>>();
    let started = words.iter().enumerate().flat_map(|(at, word)| match &*name(word) {
        "make" | "gmake" => files(&["GNUmakefile", "makefile", "Makefile"]),
        "just" => files(&["justfile", "Justfile", ".justfile"]),
        "rake" => files(&["rakefile", "Rakefile", "rakefile.rb", "Rakefile.rb"]),
        "npm" | "npx" | "pnpm" | "yarn" | "bun" | "bunx" => files(&["package.json", "node_modules"]),
        python if python.starts_with("python") => {
            let module = words[at..].windows(2).find(|pair| pair[0] == "-m").map(|pair| pair[1]);
            let module = module.map(|module| module.split('.').next().unwrap_or(module));
            module.map_or_else(Vec::new, |module| vec![module.to_owned(), format!("{module}.py")])
        }
        _ => Vec::new(),
    });
    started.collect()
}

/// Where the repositories of submodules are, as their `.git` files say.
fn repositories_of_modules(top: &Path) -> Vec<PathBuf> {
    let read = |path: &Path| std::fs::read_to_string(path).unwrap_or_default();
    let modules = read(&top.join(".gitmodules"));
    let values = modules.lines().filter_map(|line| line.split_once('='));
    let paths = values.filter(|(name, _)| name.trim().eq_ignore_ascii_case("path"));
    let repository = |(_, path): (&str, &str)| {
        let module = top.join(path.trim().trim_matches('"'));
        let place = read(&module.join(".git"));
        Some(module.join(place.strip_prefix("gitdir:")?.trim()))
    };
    paths.filter_map(repository).collect()
}

/// Whether the system would start a file.
fn is_program(path: &Path) -> bool {
    let Ok(metadata) = path.metadata() else {
        return false;
    };
    #[cfg(unix)]
    let may_be_started = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o111 != 0;
    #[cfg(not(unix))]
    let may_be_started = true;
    metadata.is_file() && may_be_started
}

/// Variables that name programs, libraries that each program loads, or settings with which shells and programs start others.
const STARTING_VARIABLES: Names = Names(
    "PATH XDG_CONFIG_HOME BASH_ENV CARGO_HOME CURL_HOME ENV GIT_ASKPASS GIT_CONFIG_GLOBAL GIT_CONFIG_SYSTEM GIT_EXEC_PATH \
     GIT_EXTERNAL_DIFF GIT_PAGER GIT_SSH GIT_TEMPLATE_DIR LD_LIBRARY_PATH LD_PRELOAD MAKEFILES MANPAGER \
     GIT_SSH_COMMAND INPUTRC LESSOPEN NPM_CONFIG_GLOBALCONFIG NPM_CONFIG_SCRIPT_SHELL NPM_CONFIG_USERCONFIG PAGER PIP_CONFIG_FILE PYTHONSTARTUP \
     RIPGREP_CONFIG_PATH RUSTC RUSTC_WORKSPACE_WRAPPER RUSTC_WRAPPER SSH_ASKPASS WGETRC ZDOTDIR npm_config_globalconfig \
     npm_config_script_shell npm_config_userconfig",
);

/// The variables that the commands of the model have from us.
pub(crate) fn exported(context: &Context) -> Vec<String> {
    let names = context
        .environment
        .iter()
        .map(|(name, _)| name.to_string_lossy().into_owned());
    names.collect()
}
