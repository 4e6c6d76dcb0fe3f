//! Files that run by themselves, widen what may run, or hold secrets.
//!
//! In: an absolute path, and where the home and our own files are. Out: why an edit of it has to be asked
//! about, and whether reading it has to. Invariants: a path is judged by what it is called and where it is, never by
//! what is in it; a link has to be followed before, and both of its ends asked about.

use std::path::{Path, PathBuf};

use super::spelling::{follow, slashed};
use crate::support::names::Names;
use crate::support::secret_files::{self, SecretLikelihood, last_name, names};

/// Directories whose files run, or widen what may run, without anybody starting them.
const RUNNING_DIRECTORIES: Names = Names(
    ".git .hg .svn .jj .githooks .git-hooks .husky .lefthook .opencode .claude .codex .cursor .gemini .windsurf \
     .continue .roo .kiro .amazonq .trae .junie .factory .qwen .kilocode .agents .helix .venv \
     .vscode .idea .zed .fleet .devcontainer .direnv .mise .ssh .cargo .bundle .yarn .vim .nvim .emacs.d .config .bin",
);

/// Files that do. In lower case.
const RUNNING_FILES: Names = Names(
    "opencode.json opencode.jsonc .opencode-rs.toml .mcp.json .aider.conf.yml .envrc .direnvrc .rtx.toml \
     .gitconfig .gitmodules .gitattributes .git-credentials \
     .hgrc .pre-commit-config.yaml .overcommit.yml .devcontainer.json .gitpod.yml \
     .profile .bashrc .bash_profile .bash_login .bash_logout .bash_aliases .bash_completion .zshrc .zshenv \
     .zprofile .zlogin .zlogout .kshrc .mkshrc .cshrc .tcshrc .login .logout .inputrc .xprofile .xinitrc .xsession \
     .xsessionrc .xserverrc .pam_environment .npmrc .yarnrc .yarnrc.yml .pnpmfile.cjs .pnpmfile.mjs .pnp.cjs \
     .pnp.loader.mjs .condarc .gemrc .gdbinit .lldbinit .pdbrc .pythonrc .irbrc .pryrc .rprofile .renviron \
     .ocamlinit .ghci .sqliterc .psqlrc .vimrc .gvimrc .nvimrc .nvim.lua .exrc .emacs .dir-locals.el .tmux.conf \
     sitecustomize.py usercustomize.py .screenrc .curlrc .netrc .lintstagedrc .huskyrc .rvmrc .gdbearlyinit .iex.exs .octaverc .autoenv .autoenv.zsh .crush.json crush.json .lvimrc .dir-locals-2.el .tool-versions rust-toolchain \
     rust-toolchain.toml bunfig.toml",
);

/// Tools that start programs on their own; their settings are files of these names, hidden or not.
const RUNNING_TOOLS: Names = Names("lefthook lefthook-local mise simple-git-hooks");

/// Ends of the names of files of VS Code and Python that do.
const RUNNING_ENDS: [&str; 2] = [".code-workspace", ".pth"];

/// Places of the home, in lower case, from which shells, desktops and programs start something.
const STARTING_PLACES: Names = Names(
    ".config .gitlab-runner .local/bin .local/lib .local/share/applications .local/share/autostart \
     .local/share/bash-completion .local/share/dbus-1 .local/share/fish .local/share/gnome-shell .local/share/kio \
     .local/share/kservices5 .local/share/kxmlgui5 .local/share/mime .local/share/nautilus \
     .local/share/nautilus-python .local/share/nvim .local/share/plasma .local/share/systemd .local/share/zsh \
     .cargo .rustup .emacs.d .vim .oh-my-zsh .gnupg .ssh .aws .docker .kube .githooks bin go/bin \
     documents/powershell documents/windowspowershell appdata/local/microsoft/windowsapps appdata/local/programs \
     appdata/roaming library/keychains library/launchagents library/preferences library/scripts library/services",
);
/// Those with a space in their name.
const SPACED_STARTING_PLACES: [&str; 3] = [
    "library/application scripts",
    "library/application support",
    "library/input methods",
];

/// Directories of the home that hold tool chains, with programs in a `bin` or `shims` somewhere below. In lower case.
const TOOL_CHAINS: Names = Names(
    ".asdf .bun .deno .dotnet .fnm .ghcup .jenv .krew .linuxbrew .nodenv .npm-global .nvm .pyenv .rbenv .sdkman \
     .volta .yarn",
);

/// The same of the system.
const SYSTEM_STARTING_PLACES: Names =
    Names("/etc /private/etc /var/spool/cron /var/at /private/var/at /Library/LaunchAgents /Library/LaunchDaemons");

/// Places of the system that only an agent which was sent into them may edit unasked.
const SYSTEM_PLACES: [&str; 12] = [
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib64",
    "/boot",
    "/var",
    "/Library",
    "/System",
    "C:\\Windows",
    "C:\\Program Files",
    "C:\\ProgramData",
];

/// Beginnings of the hidden names that projects have and that start nothing. A home can be a project's directory too.
const PROJECT_NAMES: Names = Names(
    ".env .git-blame-ignore-revs .gitignore .gitkeep .github .gitlab .gitea .forgejo .circleci .travis .woodpecker \
     .changeset .editorconfig .eslint .prettier .stylelint .babelrc .browserslist .swcrc .postcssrc .dockerignore \
     .npmignore .nvmrc .node-version .python-version .ruby-version .rubocop .flake8 .pylintrc .coveragerc .isort \
     .golangci .clang- .rustfmt .markdownlint .yamllint .codespell .mailmap .nojekyll .well-known",
);

/// The names in which the engine keeps credentials in its directory of data.
const ENGINE_CREDENTIALS: [&str; 2] = ["auth.json", "mcp-auth.json"];

/// Where our own files and those of the engine are.
#[derive(Debug, Clone, Default)]
pub struct ProtectedPlaces {
    /// Files and directories of this program and of the engine: rules, trust, plugins, credentials.
    pub own: Vec<PathBuf>,
    /// From where programs are started, or get settings that start others, besides what names say: `PATH`, for one.
    pub starting: Vec<PathBuf>,
    /// Files to which links of the project lead whose names say that they hold secrets.
    pub secrets: Vec<PathBuf>,
    /// Places in those of `own` that are worked in: worktrees.
    pub excepted: Vec<PathBuf>,
}

/// Why an edit is asked about; the strongest reason first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Protection {
    /// A file of our own, or of the engine. Only a rule that names this very file opens it.
    Own,
    /// It starts something in the user's account or on the system. Only a rule that names this part opens it.
    Starting(String),
    /// It runs, or widens what may run, where it is. A rule about a place has to name this part.
    Running(&'static str),
}

/// Whether a name of a file, of which some of the end may be missing, may become that of a protected one.
pub(super) fn begins_protected_name(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).trim_end_matches('X');
    name.starts_with('.') || (name.len() > 2 && RUNNING_FILES.has_beginning(name))
}

impl ProtectedPlaces {
    /// The same places under every name that they have: some are links.
    pub(super) fn followed(mut self) -> Self {
        for places in [&mut self.own, &mut self.starting, &mut self.secrets, &mut self.excepted] {
            let real: Vec<PathBuf> = places.iter().filter_map(|place| follow(place)).collect();
            places.extend(real);
        }
        self
    }

    fn is_own(&self, path: &Path) -> bool {
        let is_in = |places: &[PathBuf]| places.iter().any(|place| below(path, place).is_some());
        is_in(&self.own) && !is_in(&self.excepted)
    }

    /// Whether the engine keeps credentials in a file.
    fn holds_credentials(&self, path: &Path) -> bool {
        self.is_own(path) && last_name(path).is_some_and(|name| ENGINE_CREDENTIALS.contains(&name.as_str()))
    }

    /// Why an edit of a path is asked about. `own` are the directories of the agent.
    pub(super) fn protection(&self, path: &Path, home: &Path, own: &[&Path]) -> Option<Protection> {
        if self.is_own(path) {
            return Some(Protection::Own);
        }
        if let Some(part) = self.starting_part(path, home, own) {
            return Some(Protection::Starting(part));
        }
        let inner = own.iter().find_map(|own| path.strip_prefix(own).ok());
        protected_part(inner.unwrap_or(path)).map(Protection::Running)
    }

    /// The part of a path from which the account or the system starts something.
    fn starting_part(&self, path: &Path, home: &Path, own: &[&Path]) -> Option<String> {
        let is_sent_into = |place: &Path| {
            own.iter()
                .any(|own| below(path, own).is_some() && below(own, place).is_some())
        };
        let system = SYSTEM_STARTING_PLACES.iter().map(Path::new);
        let strict = self.starting.iter().map(PathBuf::as_path).chain(system);
        if let Some(place) = strict.into_iter().find(|place| below(path, place).is_some()) {
            return Some(slashed(place));
        }
        // Who moves or replaces a directory does that to what is in it.
        let is_in_own = own.iter().any(|own| path.starts_with(own) && path != *own);
        if is_in_own && let Some(place) = self.starting.iter().find(|place| place.starts_with(path)) {
            return Some(slashed(place));
        }
        let broad = SYSTEM_PLACES.map(Path::new).into_iter();
        if let Some(place) = broad.into_iter().find(|place| below(path, place).is_some())
            && !is_sent_into(place)
            && below(path, home).is_none()
        {
            return Some(slashed(place));
        }
        let homes = [Some(home.to_path_buf()), follow(home)];
        homes.into_iter().flatten().find_map(|home| {
            // Who moves a directory moves what is in it.
            if home.starts_with(path) && !own.iter().any(|own| own.starts_with(path)) {
                return Some(slashed(&home));
            }
            let names = below(path, &home)?;
            let inner = names.join("/");
            let is_in = |inner: &str, place: &str| {
                inner
                    .strip_prefix(place)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            let starts = |place: &&str| is_in(&inner, place) || (!inner.is_empty() && is_in(place, &inner));
            if let Some(place) = SPACED_STARTING_PLACES
                .into_iter()
                .chain(STARTING_PLACES.iter())
                .find(starts)
            {
                return Some(place.to_owned());
            }
            let (first, rest) = names.split_first()?;
            let is_of_chain = TOOL_CHAINS.contains(first) && rest.iter().any(|name| name == "bin" || name == "shims");
            let is_on_desktop = first == "desktop" && rest.last().is_some_and(|name| name.ends_with(".desktop"));
            if is_of_chain || is_on_desktop {
                return Some(first.clone());
            }
            let is_of_programs = match first.strip_prefix('.') {
                Some(_) => !PROJECT_NAMES.iter().any(|known| first.starts_with(known)),
                None => ["appdata", "library"].contains(&first.as_str()),
            };
            // The name as the path has it: a file system may tell cases apart.
            let place = home.join(path.components().nth(home.components().count())?);
            (is_of_programs && !is_sent_into(&place)).then(|| first.clone())
        })
    }

    /// Whether reading a file has to be asked about.
    pub(super) fn secret(&self, path: &Path) -> Option<SecretLikelihood> {
        if self.holds_credentials(path) || self.secrets.iter().any(|place| path.starts_with(place)) {
            return Some(SecretLikelihood::Always);
        }
        secret_files::likelihood(path)
    }
}

/// The part of a path that makes it run, or widen what may run, without anybody starting it.
pub(crate) fn protected_part(path: &Path) -> Option<&'static str> {
    let names = names(path);
    let directory = names.iter().find_map(|name| {
        let is_bare_repository = name.ends_with(".git").then_some(".git");
        let known = RUNNING_DIRECTORIES.iter().find(|known| known == name);
        known.or(is_bare_repository)
    });
    directory.or_else(|| {
        let name = names.last()?;
        let end = RUNNING_ENDS.into_iter().find(|end| name.ends_with(end));
        RUNNING_FILES
            .iter()
            .find(|known| known == name)
            .or(end)
            .or_else(|| running_tool(name))
    })
}

/// The tool that a file is the configuration of, if it is one that starts programs.
fn running_tool(name: &str) -> Option<&'static str> {
    const ENDINGS: Names = Names("toml yml yaml json js cjs mjs");
    let (stem, endings) = name.trim_start_matches('.').split_once('.')?;
    let ending = endings.rsplit('.').next().unwrap_or(endings);
    RUNNING_TOOLS
        .iter()
        .find(|tool| ENDINGS.contains(ending) && *tool == stem)
}

/// The names in a path from a place that it is in; the place itself has none.
fn below(path: &Path, place: &Path) -> Option<Vec<String>> {
    if !place.is_absolute() {
        return None;
    }
    let mut components = path.components();
    for wanted in place.components() {
        let found = components.next()?;
        let is_same = if cfg!(any(target_os = "macos", windows)) {
            found.as_os_str().to_string_lossy().to_lowercase() == wanted.as_os_str().to_string_lossy().to_lowercase()
        } else {
            found == wanted
        };
        if !is_same {
            return None;
        }
    }
    Some(names(components.as_path()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_run_on_their_own_are_known_by_name() {
        for (name, expected) in [
            (".git/hooks/pre-commit", Some(".git")),
            ("a/.GIT/config", Some(".git")),
            ("sub/opencode.json", Some("opencode.json")),
            (".envrc", Some(".envrc")),
            ("lefthook.yaml", Some("lefthook")),
            (".lefthook.json", Some("lefthook")),
            (".mise.dev.toml", Some("mise")),
            ("src/mise.rs", None),
            ("rust-toolchain", Some("rust-toolchain")),
            (".githooks/pre-push", Some(".githooks")),
            (".config/mise.toml", Some(".config")),
            (".zlogout", Some(".zlogout")),
            (".nvim.lua", Some(".nvim.lua")),
            ("server.git/hooks/update", Some(".git")),
            ("venv/lib/site-packages/a.pth", Some(".pth")),
            (".gitignore", None),
            ("package.json", None),
            ("src/git/mod.rs", None),
        ] {
            assert_eq!(protected_part(Path::new(name)), expected, "{name}");
        }
    }

    #[test]
    fn secrets_are_known_by_name_and_those_of_repositories_are_told_apart() {
        let (always, sometimes, no) = (Some(SecretLikelihood::Always), Some(SecretLikelihood::Sometimes), None);
        let places = ProtectedPlaces {
            own: vec!["/h/.local/share/opencode".into()],
            ..ProtectedPlaces::default()
        };
        for (path, expected) in [
            ("/p/.env", always),
            ("/p/.netrc", always),
            ("/p/.git-credentials", always),
            ("/p/keys/id_ed25519", always),
            ("/p/keys/id_ed25519.pub", no),
            ("/h/.ssh/work", always),
            ("/h/.ssh/work.pub", no),
            ("/h/.ssh/config", no),
            ("/h/.aws/credentials", always),
            ("/h/.docker/config.json", always),
            ("/h/.kube/config", always),
            ("/h/.bash_history", always),
            ("/h/.local/share/opencode/auth.json", always),
            ("/p/auth.json", no),
            ("/p/.git/config", sometimes),
            ("/p/.git/modules/a/config", sometimes),
            ("/p/.git/HEAD", no),
            ("/p/config", no),
            ("/p/.envrc", sometimes),
            ("/p/.npmrc", sometimes),
            ("/p/server.key", sometimes),
            ("/p/privkey.pem", sometimes),
            ("/p/cert.pem", no),
            ("/p/key.rs", no),
        ] {
            assert_eq!(places.secret(Path::new(path)), expected, "{path}");
        }
    }

    #[test]
    fn a_home_is_protected_whoever_works_in_it() {
        let home = Path::new("/h");
        let places = ProtectedPlaces {
            own: ["/h/.config/opencode", "/h/.local/state/opencode-rs", "/etc/opencode"]
                .map(PathBuf::from)
                .to_vec(),
            starting: vec!["/h/settings".into()],
            excepted: vec!["/h/.local/state/opencode-rs/worktrees".into()],
            ..ProtectedPlaces::default()
        };
        let starting = |part: &str| Some(Protection::Starting(part.to_owned()));
        let table = [
            ("/h", "src/a.rs", None),
            ("/h", ".gitignore", None),
            ("/h", ".github/workflows/ci.yml", None),
            ("/h", ".eslintrc.json", None),
            ("/h", "x/.foorc", None),
            ("/h", ".config/opencode/plugin/x.js", Some(Protection::Own)),
            ("/h", ".local/state/opencode-rs/trust.json", Some(Protection::Own)),
            ("/h", ".config/fish/config.fish", starting(".config")),
            ("/h", ".local/bin/git", starting(".local/bin")),
            (
                "/h",
                ".local/share/applications/x.desktop",
                starting(".local/share/applications"),
            ),
            ("/h", ".local/share/other/x", starting(".local")),
            ("/h", ".xprofile", starting(".xprofile")),
            ("/h", ".some-future-shell-rc", starting(".some-future-shell-rc")),
            ("/h", "bin/git", starting("bin")),
            ("/h", ".gitlab-ci.yml", None),
            ("/h", ".gitlab-runner/config.toml", starting(".gitlab-runner")),
            ("/h", ".config/autostart/x.desktop", starting(".config")),
            ("/h", "Desktop/x.desktop", starting("desktop")),
            ("/h/Desktop", "Desktop/x.desktop", starting("desktop")),
            ("/h", "Desktop/x.md", None),
            ("/h", ".cargo/bin/x", starting(".cargo")),
            ("/h/.rustup", ".rustup/toolchains/a/bin/x", starting(".rustup")),
            ("/h", "go/bin/x", starting("go/bin")),
            ("/h", "go/src/a/main.go", None),
            ("/h/.npm-global", ".npm-global/bin/x", starting(".npm-global")),
            ("/h/.bun", ".bun/bin/x", starting(".bun")),
            ("/h/.deno", ".deno/bin/x", starting(".deno")),
            ("/h/.pyenv", ".pyenv/shims/x", starting(".pyenv")),
            ("/h/.nvm", ".nvm/versions/node/v1/bin/x", starting(".nvm")),
            ("/h/.nvm", ".nvm/README.md", None),
            ("/h", "settings/x", starting("/h/settings")),
            ("/h/.config", "/h/.config/nvim/init.lua", starting(".config")),
            ("/h/.local", "/h/.local/bin/x", starting(".local/bin")),
            ("/h/.local", "/h/.local/src/x", None),
            ("/h/.tools/project", "/h/.tools/project/a", None),
            (
                "/h/.tools/project",
                "/h/.tools/project/.git/x",
                Some(Protection::Running(".git")),
            ),
            (
                "/h/.local/state/opencode-rs/worktrees/a",
                "/h/.local/state/opencode-rs/worktrees/a/src/x",
                None,
            ),
            ("/", "/etc/profile.d/x.sh", starting("/etc")),
            ("/", "/etc/opencode/opencode.json", Some(Protection::Own)),
            ("/", "/usr/bin/git", starting("/usr")),
            ("/", "/srv/a", None),
            ("/usr/src/app", "/usr/src/app/a", None),
            ("/etc/nginx", "/etc/nginx/nginx.conf", starting("/etc")),
        ];
        for (own, path, expected) in table {
            let path = home.join(path);
            let found = places.protection(&path, home, &[Path::new(own)]);
            assert_eq!(found, expected, "{} from {own}", path.display());
        }
    }
}
