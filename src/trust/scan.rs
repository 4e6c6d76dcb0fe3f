//! Looking through a directory and those above it.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jsonc_parser::ParseOptions;
use serde_json::{Map, Value};

use super::evidence::Evidence;
use super::project::TrustedProject;
use super::substitution::substitute;
use super::template::{Mention, Template};
use super::{Findings, ItemKind, TrustItem, UserPlaces, config, lazy_fetch};
use crate::context::Environment;
use crate::engine::files::{CONFIG_NAMES, EngineFiles};
use crate::error::Failure;
use crate::store::may_hold_account;
use crate::support::brought::Brought;
use crate::support::git_settings::starts_programs;
use crate::support::{instruction_files, state_file};

/// Larger configuration files and commands are not looked through: they are findings by themselves.
const LARGEST_TEXT: u64 = 1024 * 1024;
/// How many entries of directories are looked at, and how deep.
const MOST_ENTRIES: usize = 20_000;
const DEEPEST: usize = 16;
/// Endings of files that an engine, or what it starts, may run or import.
const CODE: [&str; 18] = [
    "js", "ts", "mjs", "cjs", "mts", "cts", "jsx", "tsx", "json", "jsonc", "wasm", "node", "sh", "bash", "py", "rb",
    "pl", "so",
];

/// Finds what the engine would take from `directory` and the directories above it: code, and configuration that reads
/// outside of the project.
///
/// All directories up to `/` are looked at, whatever git says: what ends the engine's search can be forged. Only the user's
/// home is left out, where it lies above `directory`: what is in it is the user's own. A home, and other directories that
/// the environment calls the user's, are looked through where they came with the project.
///
/// # Errors
///
/// When `directory` is no directory that can be entered.
pub fn scan(directory: &Path, user: &UserPlaces) -> Result<Findings, Failure> {
    scan_with(directory, user, Brought::new(directory, &user.home))
}

/// The same for a copy of `original`: what the environment names in the original is looked through, too.
///
/// # Errors
///
/// Those of [`scan`].
pub fn scan_copy(directory: &Path, original: &Path, user: &UserPlaces) -> Result<Findings, Failure> {
    let brought = Brought::new(directory, &user.home).in_copy(Brought::new(original, &user.home));
    scan_with(directory, user, brought)
}

fn scan_with(directory: &Path, user: &UserPlaces, brought: Brought) -> Result<Findings, Failure> {
    let directory = directory.canonicalize().map_err(|error| {
        Failure::usage(format!("cannot work in `{}`", directory.display()))
            .caused_by(&error)
            .hint("name an existing directory with `--directory`")
    })?;
    let project = TrustedProject::new(&directory, &user.home, &brought);
    let mut scanner = Scanner {
        items: Vec::new(),
        evidence: Evidence::default(),
        entries_left: MOST_ENTRIES,
        loaded: HashSet::new(),
        project,
        brought,
    };
    for place in directory.ancestors() {
        let is_own_home = place == scanner.project.home && scanner.brought.home().is_none();
        if place == directory || !is_own_home {
            scanner.place(place);
        }
    }
    scanner.user(user);
    scanner
        .items
        .sort_by(|a, b| (&a.path, a.kind, &a.summary).cmp(&(&b.path, b.kind, &b.summary)));
    scanner.items.dedup();
    Ok(Findings {
        directory,
        items: scanner.items,
        evidence: scanner.evidence,
        is_state_own: !scanner.brought.holds(&user.state),
    })
}

/// What a Markdown file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MarkdownUse {
    Agent,
    Command,
    Skill,
}

impl MarkdownUse {
    fn is_named(self, name: &str) -> bool {
        match self {
            Self::Agent | Self::Command => has_ending(name, &["md"]),
            Self::Skill => name.eq_ignore_ascii_case("SKILL.md"),
        }
    }
}

struct Scanner {
    project: TrustedProject,
    brought: Brought,
    items: Vec<TrustItem>,
    evidence: Evidence,
    entries_left: usize,
    /// Directories whose code is part of the evidence.
    loaded: HashSet<PathBuf>,
}

impl Scanner {
    fn place(&mut self, place: &Path) {
        for name in ["opencode.json", "opencode.jsonc"] {
            self.configuration(&place.join(name), place);
        }
        for path in self.project.leading_outside(place) {
            self.tells(&path, "instructions", &path);
        }
        // The engine would wait for ever for what a pipe says.
        for path in instruction_files::NAMES.iter().map(|name| place.join(name)) {
            if path.metadata().is_ok_and(|found| !found.is_file() && !found.is_dir()) {
                self.unreadable(&path, "it is not a regular file");
            }
        }
        for found in lazy_fetch::programs(place) {
            self.evidence
                .add(&found.path, ItemKind::Remote, &found.key, found.value.as_bytes());
            let summary = format!("git may run what `{}` says, for objects that are missing", found.key);
            self.found(ItemKind::Remote, &found.path, summary);
        }
        self.foreign_skills(place);
        self.engine_directory(&place.join(".opencode"));
    }

    /// What the engine, and we, take from the user's directories, where they came with the project.
    fn user(&mut self, user: &UserPlaces) {
        let mut instructions = Vec::new();
        let mut directories = Vec::new();
        if let Some(home) = self.brought.home().map(Path::to_path_buf) {
            self.foreign_skills(&home);
            instructions.push(home.join(".claude/CLAUDE.md"));
            directories.push(home.join(".opencode"));
            for name in [".gitconfig", ".config/git/config"] {
                let path = home.join(name);
                if names_programs(&path) {
                    self.whole(&path, ItemKind::Remote, "has settings of git, which can name programs");
                }
            }
            // An engine that came along is code of the directory, too.
            self.programs(&home.join(".opencode/bin"));
        }
        let engine = &user.engine;
        if self.brought.holds(&engine.config) {
            let old = engine.config.join("config");
            if old.exists() {
                self.whole(
                    &old,
                    ItemKind::Setting,
                    "has settings in an old form, which the engine takes over",
                );
            }
            instructions.push(engine.config.join("AGENTS.md"));
            directories.push(engine.config.clone());
        }
        // The engine reads these names from the directory that it works in.
        let named = |name: &Option<PathBuf>| name.as_ref().map(|name| self.project.directory.join(name));
        let is_brought = |place: &PathBuf| self.brought.decides(place);
        let file = named(&engine.named_config).filter(is_brought);
        if let Some(directory) = named(&engine.named_directory).filter(is_brought) {
            instructions.push(directory.join("AGENTS.md"));
            directories.push(directory);
        }
        if let Some(file) = file {
            self.configuration(&file, file.parent().unwrap_or(Path::new("/")));
        }
        for directory in directories {
            self.engine_directory(&directory);
            self.configuration(&directory.join("config.json"), &directory);
        }
        for path in instructions {
            if self.project.leads_outside(&path) {
                self.tells(&path, "instructions", &path);
            }
        }
        self.users_configuration(engine);
        self.engine_data(engine);
        for directory in [
            engine.data.join("bin"),
            engine.cache.join("bin"),
            engine.cache.join("packages"),
        ] {
            if self.brought.holds(&directory) {
                self.programs(&directory);
            }
        }
        for engine in user.engines.installed() {
            if self.brought.holds(&engine.path) && !engine.is_installed_here() {
                self.whole(&engine.path, ItemKind::Plugin, "an engine that was not installed here");
            }
        }
    }

    /// Files that the engine writes by itself, and that make it run or fetch something when somebody else has written them.
    fn engine_data(&mut self, engine: &EngineFiles) {
        let catalog = engine.cache.join("models.json");
        if self.brought.holds(&catalog) && catalog.exists() {
            self.whole(
                &catalog,
                ItemKind::Provider,
                "says which packages and addresses providers have",
            );
        }
        let credentials = engine.credentials();
        if self.brought.holds(&credentials) && names_remote_configuration(&credentials) {
            self.whole(
                &credentials,
                ItemKind::Remote,
                "fetches configuration, which can name programs",
            );
        }
        let database = engine.database().filter(|database| self.brought.holds(database));
        if let Some(database) = database.filter(|database| may_hold_account(database)) {
            self.evidence.add(&database, ItemKind::Remote, "account", b"");
            self.found(
                ItemKind::Remote,
                &database,
                "may hold an account, whose configuration is fetched",
            );
        }
        let snapshots = engine.data.join("snapshot");
        if self.brought.holds(&snapshots) {
            let is_settings = |path: &Path| path.file_name().is_some_and(|name| name == "config");
            for path in self.files(&snapshots, |path| !path.ends_with("objects"), is_settings) {
                if names_programs(&path) {
                    self.whole(&path, ItemKind::Remote, "has settings of git, which can name programs");
                }
            }
        }
    }

    /// What the user's own configuration makes of the project. Language servers, formatters and MCP servers that the engine
    /// starts are looked for in the project, or take settings and modules from it. Instructions may be links out of it.
    fn users_configuration(&mut self, engine: &EngineFiles) {
        let in_project = |name: &PathBuf| self.project.directory.join(name);
        let directories = [Some(engine.config.clone()), Some(engine.home.join(".opencode"))];
        let directories = directories
            .into_iter()
            .chain([engine.named_directory.as_ref().map(in_project)]);
        let files = directories
            .flatten()
            .flat_map(|place| CONFIG_NAMES.map(|name| place.join(name)));
        // The last one is in an old form, which is no JSON.
        let others = [
            engine.named_config.as_ref().map(in_project),
            Some(engine.config.join("config")),
        ];
        for file in files.chain(others.into_iter().flatten()).collect::<Vec<_>>() {
            let Some(text) = read_users_file(&file) else { continue };
            let config = parse_users_configuration(&text);
            let key = config
                .as_ref()
                .map_or_else(|| mentioned_starting_key(&text), starting_key);
            if let Some(key) = key {
                let directory = self.project.directory.clone();
                self.evidence.add(&directory, ItemKind::Tool, key, b"");
                let summary = format!("programs of your configuration (`{key}`) may run code of this project");
                self.found(ItemKind::Tool, &directory, summary);
            }
            let Some(config) = config else { continue };
            let instructions = config.get("instructions").map(config::strings).unwrap_or_default();
            for pattern in instructions.into_iter().filter(|pattern| !leaves(pattern)) {
                self.linked_instructions(&file, pattern);
            }
        }
    }

    /// A directory of programs that are run without being named.
    fn programs(&mut self, directory: &Path) {
        let files = self.files(directory, |_| true, |_| true);
        for path in &files {
            let _ = self.evidence.add_file(path);
        }
        if !files.is_empty() {
            self.found(ItemKind::Plugin, directory, "holds programs that run with the engine");
        }
    }

    fn foreign_skills(&mut self, place: &Path) {
        for name in [".claude", ".agents"] {
            self.texts(&place.join(name).join("skills"), MarkdownUse::Skill);
        }
    }

    fn engine_directory(&mut self, directory: &Path) {
        let before = self.items.len();
        for path in self.list(directory) {
            // Case is ignored, since file systems of macOS and Windows do so.
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .to_ascii_lowercase();
            match name.as_str() {
                "plugin" | "plugins" => self.code(&path, ItemKind::Plugin, "a plugin, runs inside the engine"),
                "tool" | "tools" => self.code(&path, ItemKind::Tool, "a tool, runs inside the engine"),
                "agent" | "agents" | "mode" | "modes" => self.texts(&path, MarkdownUse::Agent),
                "command" | "commands" => self.texts(&path, MarkdownUse::Command),
                "skill" | "skills" => self.texts(&path, MarkdownUse::Skill),
                "opencode.json" | "opencode.jsonc" => self.configuration(&path, directory),
                ".npmrc" => self.whole(&path, ItemKind::Remote, "decides where packages come from"),
                "package.json" => self.packages(&path),
                _ => {}
            }
        }
        if self.items.len() > before {
            self.companions(directory);
        }
    }

    fn found(&mut self, kind: ItemKind, path: &Path, summary: impl Into<String>) {
        self.items.push(TrustItem {
            kind,
            path: path.to_path_buf(),
            summary: summary.into(),
        });
    }

    /// A finding that is a whole file.
    fn whole(&mut self, path: &Path, kind: ItemKind, summary: &str) {
        match self.evidence.add_file(path) {
            Ok(()) => self.found(kind, path, summary),
            Err(error) => self.unreadable(path, &error.to_string()),
        }
    }

    /// Something at `path` that gives the model the text of a file outside of the project.
    fn tells(&mut self, path: &Path, key: &str, file: &Path) {
        let file = file.canonicalize().unwrap_or_else(|_| file.to_path_buf());
        self.reads(path, key, "tells the model what stands in", &file.to_string_lossy());
    }

    fn reads(&mut self, path: &Path, key: &str, how: &str, what: &str) {
        self.evidence
            .add(path, ItemKind::Reading, &format!("{key} {what}"), b"");
        self.found(ItemKind::Reading, path, format!("{how} `{what}`"));
    }

    fn unreadable(&mut self, path: &Path, why: &str) {
        // Its content, where there is one to be had; else the fact.
        let _ = self.evidence.add_file(path);
        self.evidence.add(path, ItemKind::Unreadable, "", b"");
        self.found(ItemKind::Unreadable, path, format!("cannot be looked through: {why}"));
    }

    /// The entries of a directory, sorted; nothing if there is no such directory.
    fn list(&mut self, directory: &Path) -> Vec<PathBuf> {
        let entries = match fs::read_dir(directory) {
            Ok(entries) => entries,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Vec::new();
            }
            Err(error) => {
                self.unreadable(directory, &error.kind().to_string());
                return Vec::new();
            }
        };
        let mut paths = Vec::new();
        for entry in entries {
            match entry {
                Ok(entry) if self.entries_left > 0 => {
                    self.entries_left -= 1;
                    paths.push(entry.path());
                }
                Ok(_) => {
                    self.unreadable(directory, "there are too many files");
                    break;
                }
                Err(error) => self.unreadable(directory, &error.kind().to_string()),
            }
        }
        paths.sort();
        paths
    }

    /// Every file below `directory` whose path satisfies `wanted`, links followed, no directory twice; those that `entered`
    /// refuses are left out.
    fn files(
        &mut self,
        directory: &Path,
        entered: impl Fn(&Path) -> bool,
        wanted: impl Fn(&Path) -> bool,
    ) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        let mut open = vec![(directory.to_path_buf(), 0)];
        while let Some((directory, depth)) = open.pop() {
            if !directory.canonicalize().is_ok_and(|real| seen.insert(real)) {
                continue;
            }
            for path in self.list(&directory) {
                if path.is_dir() {
                    if !entered(&path) {
                        continue;
                    }
                    if depth == DEEPEST {
                        self.unreadable(&path, "it is nested too deeply");
                    } else {
                        open.push((path, depth + 1));
                    }
                } else if wanted(&path) {
                    found.push(path);
                }
            }
        }
        found
    }

    /// Files right inside `directory` that the engine loads.
    fn code(&mut self, directory: &Path, kind: ItemKind, summary: &str) {
        for path in self.list(directory) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            // The engine takes `.ts` and `.js`; the others cost one question more and may be next year's.
            if !path.is_dir() && has_ending(&name, &CODE[..8]) {
                self.whole(&path, kind, summary);
            }
        }
    }

    /// Files beside found code that it may import: no findings, but a change of them asks again. What the engine writes
    /// there by itself is no change.
    fn companions(&mut self, directory: &Path) {
        let is_ours = |path: &Path| !path.ends_with("node_modules") && !path.ends_with(".git");
        for path in self.files(directory, is_ours, |path| has_ending(&path.to_string_lossy(), &CODE)) {
            if !is_written_by_the_engine(&path) {
                // An unreadable file is evidence too.
                let _ = self.evidence.add_file(&path);
            }
        }
    }

    /// The packages of an engine's directory. The engine itself writes one with its own package alone.
    fn packages(&mut self, path: &Path) {
        match state_file::read_foreign(path, LARGEST_TEXT) {
            Ok(text) if serde_json::from_slice(&text).is_ok_and(|package| is_engines_package(&package)) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            _ => self.whole(path, ItemKind::Remote, "has packages installed"),
        }
    }

    fn texts(&mut self, directory: &Path, kind: MarkdownUse) {
        let named = |path: &Path| {
            path.file_name()
                .is_some_and(|name| kind.is_named(&name.to_string_lossy()))
        };
        for path in self.files(directory, |_| true, named) {
            match state_file::read_foreign(&path, LARGEST_TEXT) {
                Ok(text) => self.text(&path, &text, kind),
                // A dangling link loads nothing.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => self.unreadable(&path, &error.to_string()),
            }
        }
    }

    fn text(&mut self, path: &Path, text: &[u8], kind: MarkdownUse) {
        if self.project.leads_outside(path) {
            self.tells(path, "text", path);
        }
        let before = self.items.len();
        if let Some(language) = strange_front_matter(text) {
            let summary = format!("its head is `{language}`, which the engine may run when it loads it");
            self.found(ItemKind::FrontMatter, path, summary);
        }
        match std::str::from_utf8(text).ok().filter(|text| !text.contains('\0')) {
            Some(text) if kind != MarkdownUse::Agent => {
                let template = Template::new(text);
                if let Some(command) = template.command() {
                    self.found(ItemKind::Command, path, format!("runs `{command}` when it is used"));
                }
                self.mentions(path, &template);
            }
            Some(_) => {}
            None => self.unreadable(path, "it is not UTF-8"),
        }
        if self.items.len() > before {
            self.evidence.add(path, ItemKind::Command, "content", text);
        }
    }

    /// The files that the text of a command or a skill names: the engine reads them when it is used.
    fn mentions(&mut self, path: &Path, template: &Template) {
        for mention in template.mentions() {
            match mention {
                Mention::Any(name) => self.reads(path, "mention", "reads any file as", &format!("@{name}")),
                Mention::Named(name) => {
                    if let Some(read) = self.project.mentioned_outside(&name) {
                        self.tells(path, "mention", &read);
                    }
                }
            }
        }
    }

    fn configuration(&mut self, path: &Path, base: &Path) {
        let text = match state_file::read_foreign(path, LARGEST_TEXT) {
            Ok(text) => text,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => return,
            Err(error) => return self.unreadable(path, &error.to_string()),
        };
        let Ok(text) = String::from_utf8(text) else {
            return self.unreadable(path, "it is not UTF-8");
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let project = &self.project;
        let substituted = substitute(text, base, &project.home, |path| {
            let path = project.inside(path)?;
            String::from_utf8(state_file::read_foreign(&path, LARGEST_TEXT).ok()?).ok()
        });
        for name in &substituted.variables {
            self.evidence.add(path, ItemKind::Variable, name, b"");
            self.found(
                ItemKind::Variable,
                path,
                format!("reads the environment variable `{name}`"),
            );
        }
        for name in &substituted.files {
            self.reads(path, "file", "reads the file", name);
        }
        let text = &substituted.text;
        let config = match jsonc_parser::parse_to_serde_value::<Option<Value>>(text, &ParseOptions::default()) {
            Ok(Some(Value::Object(config))) => config,
            Ok(None) => return,
            Ok(Some(_)) => return self.unreadable(path, "it is not an object"),
            Err(error) => return self.unreadable(path, &error.to_string()),
        };
        for found in config::findings(&config) {
            // Only the part that matters: the engine itself adds `$schema` to the file.
            self.evidence
                .add(path, found.kind, &found.key, found.value.to_string().as_bytes());
            for text in config::strings(&found.value) {
                self.named_files(text, base);
            }
            self.found(found.kind, path, found.summary);
        }
        self.configured_reading(path, &config);
    }

    /// The instructions, skills and commands of a configuration.
    fn configured_reading(&mut self, path: &Path, config: &Map<String, Value>) {
        let texts = |key: &str| config.get(key).map(config::strings).unwrap_or_default();
        for pattern in texts("instructions") {
            if !config::is_address(pattern) {
                self.instructions(path, pattern);
            }
        }
        let skills = match config.get("skills") {
            Some(Value::Object(skills)) => skills.get("paths"),
            other => other,
        };
        for folder in skills.map(config::strings).unwrap_or_default() {
            if config::is_address(folder) {
                continue;
            }
            if leaves(folder) {
                self.reads(path, "skills", "reads skills in", folder);
                continue;
            }
            self.texts(
                &self.project.directory.join(folder.trim_start_matches("./")),
                MarkdownUse::Skill,
            );
        }
        for key in ["command", "commands"] {
            for text in texts(key) {
                self.mentions(path, &Template::new(text));
            }
        }
    }

    /// The engine looks for a pattern in the directory and in those above.
    fn instructions(&mut self, path: &Path, pattern: &str) {
        let parts = path_parts(pattern);
        let project = &self.project;
        let highest = match parts.first() {
            // It goes into every directory: the engine stops where git says that the repository ends.
            Some(&"**") => project.is_repository().then_some(&*project.root),
            _ => Some(Path::new("/")),
        };
        // Braces and classes can spell `..` and whole paths; a search of everything could not be looked after.
        let Some(highest) = highest
            .filter(|_| !leaves(pattern) && !pattern.contains(['\\', '(', ')', '!', '{', '}', '[', ']']))
            .map(Path::to_path_buf)
        else {
            return self.reads(path, "instructions", "tells the model what stands in", pattern);
        };
        self.instructions_below(path, &parts, &highest);
    }

    /// Files of the project that the user's own configuration names, where they lead out of it.
    fn linked_instructions(&mut self, path: &Path, pattern: &str) {
        let parts = path_parts(pattern);
        let root = self.project.root.clone();
        if !parts.is_empty() {
            self.instructions_below(path, &parts, &root);
        }
    }

    /// Finds what a pattern of `path` names in the directory and in those above, up to `highest`, that lies outside.
    fn instructions_below(&mut self, path: &Path, parts: &[&str], highest: &Path) {
        let places = self.project.directory.ancestors();
        let bases: Vec<PathBuf> = places
            .take_while(|place| place.starts_with(highest))
            .map(Path::to_path_buf)
            .collect();
        for base in bases {
            let mut matches = Vec::new();
            self.expand(&base, parts, DEEPEST, &mut matches);
            for read in matches {
                if self.project.inside(&read).is_none() && !self.project.is_instruction_file(&read) && read.exists() {
                    self.tells(path, "instructions", &read);
                }
            }
        }
    }

    /// What a pattern may match below `directory`. Where it is not sure, it does.
    fn expand(&mut self, directory: &Path, parts: &[&str], depth: usize, matches: &mut Vec<PathBuf>) {
        let Some((first, rest)) = parts.split_first() else {
            return;
        };
        let wild = ['*', '?'];
        let Some((before, after)) = first
            .find(wild)
            .zip(first.rfind(wild))
            .map(|(start, end)| (&first[..start], &first[end + 1..]))
        else {
            let path = directory.join(first);
            if rest.is_empty() {
                matches.push(path);
            } else if path.is_dir() {
                self.expand(&path, rest, depth, matches);
            }
            return;
        };
        if depth == 0 {
            return self.unreadable(directory, "it is nested too deeply");
        }
        let deep = *first == "**";
        if deep {
            self.expand(directory, rest, depth, matches);
        }
        for path in self.list(directory) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if deep {
                // Measured with engine 1.18.33: behind a link to a directory, the rest of the pattern is looked for.
                if path.is_dir() && !path.is_symlink() {
                    self.expand(&path, parts, depth - 1, matches);
                } else if rest.is_empty() || path.is_dir() && self.project.is_beyond(&path) {
                    matches.push(path);
                } else if path.is_dir() {
                    self.expand(&path, rest, depth - 1, matches);
                }
            } else if name.starts_with(before) && name.ends_with(after) {
                if rest.is_empty() {
                    matches.push(path);
                } else if path.is_dir() {
                    self.expand(&path, rest, depth - 1, matches);
                }
            }
        }
    }

    /// Files of the project that a finding names, in an argument or as a plugin's path, and what lies beside and below
    /// them: they may load that.
    fn named_files(&mut self, text: &str, base: &Path) {
        let is_between = |c: char| c.is_whitespace() || "'\"`;|&()<>=${}".contains(c);
        let words: Vec<&str> = [text].into_iter().chain(text.split(is_between)).collect();
        for word in words.into_iter().filter(|word| !word.is_empty()) {
            let word = word.trim_start_matches("file://");
            for root in [base.to_path_buf(), self.project.directory.clone()] {
                let Ok(path) = root.join(word).canonicalize() else {
                    continue;
                };
                if path.is_file() && path.starts_with(&self.project.root) {
                    let _ = self.evidence.add_file(&path);
                    if let Some(beside) = path.parent() {
                        self.loaded_from(beside);
                    }
                } else if path.is_dir() && word.starts_with(['.', '/']) {
                    self.loaded_from(&path);
                }
            }
        }
    }

    /// The code in a directory of the project. All of the project would ask again after every change.
    fn loaded_from(&mut self, directory: &Path) {
        let project = &self.project;
        let is_part = directory.starts_with(&project.root) && !project.directory.starts_with(directory);
        if is_part && self.loaded.insert(directory.to_path_buf()) {
            self.companions(directory);
        }
    }
}

/// The names in a pattern for paths.
fn path_parts(pattern: &str) -> Vec<&str> {
    pattern.split('/').filter(|part| !matches!(*part, "" | ".")).collect()
}

/// A file of the user's own, if it can be read.
fn read_users_file(file: &Path) -> Option<String> {
    String::from_utf8(state_file::read_foreign(file, LARGEST_TEXT).ok()?).ok()
}

/// The configuration in a text, if it is one before anything is put in for `{env:…}` and `{file:…}`.
fn parse_users_configuration(text: &str) -> Option<Map<String, Value>> {
    match jsonc_parser::parse_to_serde_value(text, &ParseOptions::default()) {
        Ok(Value::Object(config)) => Some(config),
        _ => None,
    }
}

/// The key by which the engine may start programs in the project, in a text that is no configuration yet.
fn mentioned_starting_key(text: &str) -> Option<&'static str> {
    ["lsp", "formatter", "mcp"].into_iter().find(|key| text.contains(key))
}

/// The key of a configuration by which the engine starts programs in the project.
fn starting_key(config: &Map<String, Value>) -> Option<&'static str> {
    let is_on = |key: &&str| !matches!(config.get(*key), None | Some(Value::Null | Value::Bool(false)));
    let is_local =
        |server: &Value| server.get("command").is_some() && server.get("enabled") != Some(&Value::Bool(false));
    let has_servers = || config.get("mcp")?.as_object()?.values().any(is_local).then_some("mcp");
    ["lsp", "formatter"].into_iter().find(is_on).or_else(has_servers)
}

/// Whether a file with git's settings has one that starts programs. Git itself says which it has.
fn names_programs(settings: &Path) -> bool {
    if !settings.exists() {
        return false;
    }
    let mut git = Environment::of_process().git(settings.parent().unwrap_or(Path::new("/")));
    git.args(["config", "--null", "--list", "--file"]).arg(settings);
    match git.output() {
        Ok(output) if output.status.success() => {
            let settings = String::from_utf8_lossy(&output.stdout).into_owned();
            // The engine switches off what watches files in its own repositories.
            let is_off = |setting: &str| setting == "core.fsmonitor\nfalse";
            let mut settings = settings.split('\0').filter(|setting| !is_off(setting));
            settings.any(|setting| starts_programs(setting.lines().next().unwrap_or_default()))
        }
        _ => true,
    }
}

/// Whether a file with credentials has one of the kind that brings configuration from the address that it is for. What
/// cannot be read may.
fn names_remote_configuration(credentials: &Path) -> bool {
    let text = match state_file::read_foreign(credentials, LARGEST_TEXT) {
        Ok(text) => text,
        Err(error) => return error.kind() != io::ErrorKind::NotFound,
    };
    let is_plain = |kind: &Value| matches!(kind.as_str(), Some("api" | "oauth"));
    let credentials = serde_json::from_slice::<Map<String, Value>>(&text);
    !credentials.is_ok_and(|all| all.values().all(|one| one.get("type").is_some_and(is_plain)))
}

/// Whether the engine writes such a list of packages: its own package, from a registry.
fn is_engines_package(package: &Value) -> bool {
    let Some(package) = package.as_object() else {
        return false;
    };
    package.iter().all(|(name, value)| match name.as_str() {
        "name" | "version" | "type" | "private" | "description" | "license" => true,
        "dependencies" => value.as_object().is_some_and(|packages| {
            packages.iter().all(|(name, version)| {
                let version = version.as_str().unwrap_or("/");
                name == "@opencode-ai/plugin" && !version.contains([':', '/'])
            })
        }),
        _ => false,
    })
}

/// Whether a file in an engine's directory is what the engine writes there: the list of its own package, and where npm's
/// registry keeps what that needs.
fn is_written_by_the_engine(path: &Path) -> bool {
    let read = |path: &Path| -> Option<Value> {
        serde_json::from_slice(&state_file::read_foreign(path, LARGEST_TEXT).ok()?).ok()
    };
    if path.ends_with(".opencode/package.json") {
        return read(path).is_some_and(|package| is_engines_package(&package));
    }
    let is_from_npm = |lock: Value| {
        let packages = lock.get("packages").and_then(Value::as_object);
        packages.is_some_and(|packages| {
            packages.iter().all(|(name, package)| {
                let address = package.get("resolved").and_then(Value::as_str);
                name.is_empty() || address.is_some_and(|address| address.starts_with("https://registry.npmjs.org/"))
            })
        })
    };
    path.ends_with(".opencode/package-lock.json")
        && read(&path.with_file_name("package.json")).is_some_and(|package| is_engines_package(&package))
        && read(path).is_some_and(is_from_npm)
}

/// Whether a path in a configuration is more than a way down.
fn leaves(path: &str) -> bool {
    path.starts_with(['/', '~']) || path.contains("..") || Path::new(path).is_absolute()
}

/// What the head of a Markdown file is written in, unless that is YAML, which only says things. Measured with engine
/// 1.18.33: a head that begins with `---js` is run when the file is loaded, also after two byte order marks. So whatever
/// cannot be seen before the head does not hide it.
fn strange_front_matter(text: &[u8]) -> Option<String> {
    let start = text.iter().position(u8::is_ascii_graphic)?;
    let head = text[start..].strip_prefix(b"---")?;
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let language = String::from_utf8_lossy(line).trim().to_owned();
    let is_plain = language.starts_with('-') || matches!(language.as_str(), "" | "yaml" | "yml");
    (!is_plain).then_some(language)
}

fn has_ending(name: &str, endings: &[&str]) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(_, ending)| endings.iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use tempfile::TempDir;

    use super::*;

    struct Tree {
        root: TempDir,
    }

    impl Tree {
        /// `home/` and the git working tree `home/work/project/`.
        fn new() -> Self {
            let tree = Self {
                root: tempfile::tempdir().unwrap(),
            };
            tree.write("home/work/project/.git/HEAD", "ref: x");
            for name in ["objects", "refs"] {
                fs::create_dir(tree.path("home/work/project/.git").join(name)).unwrap();
            }
            tree
        }

        fn path(&self, name: &str) -> PathBuf {
            self.root.path().canonicalize().unwrap().join(name)
        }

        fn write(&self, name: &str, text: &str) {
            let path = self.path(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        fn project(&self, name: &str, text: &str) {
            self.write(&format!("home/work/project/{name}"), text);
        }

        fn scan(&self, directory: &str) -> Findings {
            self.scan_as(&self.path(directory), &self.path("home"))
        }

        /// The account's home is `home/`.
        fn scan_as(&self, directory: &Path, home: &Path) -> Findings {
            let brought = Brought::with_account(directory, home, Some(&self.path("home")));
            scan_with(directory, &UserPlaces::in_home(home), brought).unwrap()
        }

        /// Kinds and paths (below the project) of the findings.
        fn found(&self) -> Vec<(ItemKind, String)> {
            let project = self.path("home/work/project");
            self.scan("home/work/project")
                .items
                .iter()
                .map(|item| {
                    let path = item.path.strip_prefix(&project).unwrap();
                    (item.kind, path.to_string_lossy().into_owned())
                })
                .collect()
        }

        fn digest(&self) -> String {
            self.scan("home/work/project").evidence.digest()
        }
    }

    fn expect(list: &[(ItemKind, &str)]) -> Vec<(ItemKind, String)> {
        list.iter().map(|(kind, path)| (*kind, (*path).to_owned())).collect()
    }

    #[test]
    fn plugins_and_tools_are_found_and_what_lies_beside_them_is_not() {
        let tree = Tree::new();
        for name in [
            ".opencode/plugin/a.js",
            ".opencode/plugins/b.ts",
            ".opencode/plugins/.hidden.mjs",
            ".opencode/tool/c.ts",
            ".opencode/tools/d.js",
            ".opencode/plugin/README.md",
            ".opencode/plugin/below/e.js",
            ".opencode/agent/f.md",
            ".opencode/themes/g.json",
            "plugin/h.js",
        ] {
            tree.project(name, "!`x`");
        }
        assert_eq!(
            tree.found(),
            expect(&[
                (ItemKind::Plugin, ".opencode/plugin/a.js"),
                (ItemKind::Plugin, ".opencode/plugins/.hidden.mjs"),
                (ItemKind::Plugin, ".opencode/plugins/b.ts"),
                (ItemKind::Tool, ".opencode/tool/c.ts"),
                (ItemKind::Tool, ".opencode/tools/d.js"),
            ])
        );
    }

    #[test]
    fn commands_and_skills_are_found_with_shell_escapes_only() {
        let tree = Tree::new();
        tree.project(".opencode/command/deep/er/a.md", "look: !`git log`");
        tree.project(".opencode/commands/b.md", "say `x`");
        tree.project(".opencode/skills/s/SKILL.md", "!`x`");
        tree.project(".claude/skills/t/SKILL.md", "!`x`");
        tree.project(".opencode/agent/v.md", "!`x`");
        tree.project(".agents/skills/u/notes.md", "!`x`");
        assert_eq!(
            tree.found(),
            expect(&[
                (ItemKind::Command, ".claude/skills/t/SKILL.md"),
                (ItemKind::Command, ".opencode/command/deep/er/a.md"),
                (ItemKind::Command, ".opencode/skills/s/SKILL.md"),
            ])
        );
        assert_eq!(
            tree.scan("home/work/project").items[1].summary,
            "runs `git log` when it is used"
        );
    }

    #[test]
    fn configuration_is_read_in_all_four_places() {
        let tree = Tree::new();
        for name in [
            "opencode.json",
            "opencode.jsonc",
            ".opencode/opencode.json",
            ".opencode/opencode.jsonc",
        ] {
            tree.project(name, "{\n// comment\n\"plugin\": [\"x\"],}");
        }
        assert_eq!(
            tree.found(),
            expect(&[
                (ItemKind::Plugin, ".opencode/opencode.json"),
                (ItemKind::Plugin, ".opencode/opencode.jsonc"),
                (ItemKind::Plugin, "opencode.json"),
                (ItemKind::Plugin, "opencode.jsonc"),
            ])
        );
    }

    #[test]
    fn what_cannot_be_understood_is_a_finding_and_its_content_counts() {
        let tree = Tree::new();
        tree.project("opencode.json", "{\"plugin\": [");
        assert_eq!(tree.found(), expect(&[(ItemKind::Unreadable, "opencode.json")]));
        let before = tree.digest();
        tree.project("opencode.json", "{\"plugin\": [[");
        assert_ne!(tree.digest(), before);
        tree.project("opencode.json", &"[".repeat(100_000));
        assert_eq!(tree.found(), expect(&[(ItemKind::Unreadable, "opencode.json")]));
    }

    #[test]
    fn the_search_goes_up_to_the_root_of_the_file_system_whatever_git_says() {
        let tree = Tree::new();
        tree.write("opencode.json", "{\"plugin\": [\"top\"]}");
        tree.write("home/opencode.json", "{\"plugin\": [\"home\"]}");
        tree.write("home/work/opencode.json", "{\"plugin\": [\"above\"]}");
        tree.project("opencode.json", "{\"plugin\": [\"root\"]}");
        tree.project("a/b/opencode.json", "{\"plugin\": [\"here\"]}");
        let summaries = |directory: &str| -> Vec<String> {
            tree.scan(directory)
                .items
                .into_iter()
                .map(|item| item.summary)
                .collect()
        };
        // The home is the user's own, but where the agent works in it.
        assert_eq!(
            summaries("home/work/project/a/b"),
            ["above", "here", "root", "top"].map(|name| format!("loads plugin `{name}`"))
        );
        assert_eq!(summaries("home"), ["loads plugin `home`", "loads plugin `top`"]);
        assert_eq!(summaries(""), ["loads plugin `top`"]);
    }

    #[test]
    fn a_home_that_was_brought_along_is_looked_through() {
        let tree = Tree::new();
        tree.project(".home/.config/opencode/plugin/a.js", "");
        tree.project(".home/.config/opencode/config.json", "{\"shell\": \"x\"}");
        tree.project(".home/.claude/skills/s/SKILL.md", "!`x`");
        let project = tree.path("home/work/project");
        let found = |directory: &str, home: &str| -> Vec<ItemKind> {
            let findings = tree.scan_as(&project.join(directory), &project.join(home));
            findings.items.into_iter().map(|item| item.kind).collect()
        };
        let kinds = [ItemKind::Command, ItemKind::Shell, ItemKind::Plugin];
        fs::create_dir_all(project.join("src")).unwrap();
        assert_eq!(
            (found("", ".home"), found("src", ".home")),
            (kinds.to_vec(), kinds.to_vec())
        );
        assert_eq!(found("", "../.."), []);
        // What the engine writes there by itself is a finding where it runs or fetches something.
        for (name, text, kind) in [
            (".cache/opencode/models.json", "{}", Some(ItemKind::Provider)),
            (".config/opencode/config", "plugin = []", Some(ItemKind::Setting)),
            (
                ".local/share/opencode/auth.json",
                r#"{"p": {"type": "api", "key": "x"}}"#,
                None,
            ),
            (
                ".local/share/opencode/auth.json",
                r#"{"p": {"type": "wellknown"}}"#,
                Some(ItemKind::Remote),
            ),
            (".local/share/opencode/opencode.db", "", Some(ItemKind::Remote)),
            (
                ".local/share/opencode/snapshot/a/b/config",
                "[core]\nfsmonitor = false\n",
                None,
            ),
            (
                ".local/share/opencode/snapshot/a/b/config",
                "[filter \"x\"]\nclean = x\n",
                Some(ItemKind::Remote),
            ),
            (".local/share/opencode/bin/rg", "", Some(ItemKind::Plugin)),
        ] {
            let tree = Tree::new();
            tree.project(&format!(".home/{name}"), text);
            let project = tree.path("home/work/project");
            let items = tree.scan_as(&project, &project.join(".home")).items;
            let kinds: Vec<_> = items.into_iter().map(|item| item.kind).collect();
            assert_eq!(kinds, Vec::from_iter(kind), "{name} {text}");
            tree.write(&format!("home/{name}"), text);
            assert_eq!(tree.scan_as(&project, &tree.path("home")).items, [], "{name}");
        }
        // An engine that we have installed here is no finding; a copy of it is.
        #[cfg(unix)]
        {
            let tree = Tree::new();
            let engine = ".home/.local/share/opencode-rs/engines/1.18.33-linux-x64";
            let found = || {
                let project = tree.path("home/work/project");
                let items = tree.scan_as(&project, &project.join(".home")).items;
                items.into_iter().map(|item| item.kind).collect::<Vec<_>>()
            };
            tree.project(&format!("{engine}/opencode"), "");
            assert_eq!(found(), [ItemKind::Plugin]);
            let path = tree.path("home/work/project").join(engine).join("opencode");
            let mark = crate::support::file_mark::file_mark(&path.metadata().unwrap());
            let receipt = serde_json::json!({
                "schema_version": 1, "version": "1.18.33", "target": "linux-x64", "source": "", "url": "", "archive": "",
                "executable": "", "size": 0, "mark": mark, "installed_at": "",
            });
            tree.project(&format!("{engine}/receipt.json"), &receipt.to_string());
            assert_eq!(found(), []);
            fs::copy(&path, path.with_extension("copy")).unwrap();
            fs::rename(path.with_extension("copy"), &path).unwrap();
            assert_eq!(found(), [ItemKind::Plugin]);
        }
        // A checkout that is said to be the home.
        tree.project("opencode.json", "{\"shell\": \"x\"}");
        assert_eq!(
            (found("", ""), found("src", "")),
            (vec![ItemKind::Shell], vec![ItemKind::Shell])
        );
    }

    #[test]
    fn what_the_environment_names_in_the_project_is_looked_through() {
        let tree = Tree::new();
        let plugin = "{\"plugin\": [\"x\"]}";
        tree.project("ci/one.json", plugin);
        tree.project("ci/more/opencode.json", plugin);
        tree.project("ci/more/tool/t.js", "");
        tree.write("home/one.json", plugin);
        let project = tree.path("home/work/project");
        let scan = |file: &str, directory: &str| {
            let mut user = UserPlaces::in_home(&tree.path("home"));
            user.engine.named_config = Some(file.into());
            user.engine.named_directory = Some(directory.into());
            let brought = Brought::with_account(&project, &user.home, Some(&user.home));
            let findings = scan_with(&project, &user, brought).unwrap();
            let path = |item: TrustItem| item.path.strip_prefix(&project).unwrap().to_string_lossy().into_owned();
            findings.items.into_iter().map(path).collect::<Vec<_>>()
        };
        let all = ["ci/more/opencode.json", "ci/more/tool/t.js", "ci/one.json"];
        assert_eq!(scan("ci/one.json", "ci/more"), all);
        let absolute = |name: &str| project.join(name).to_string_lossy().into_owned();
        assert_eq!(scan(&absolute("ci/one.json"), &absolute("ci/more")), all);
        // The user's own, unless the project leads there.
        let own = tree.path("home/one.json");
        assert_eq!(scan(&own.to_string_lossy(), "none"), [""; 0]);
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(own, project.join("link.json")).unwrap();
            assert_eq!(scan("link.json", "none"), ["link.json"]);
        }
    }

    #[test]
    fn a_project_is_asked_about_where_the_user_lets_the_engine_start_its_programs() {
        let tree = Tree::new();
        for (config, expected) in [
            ("{}", vec![]),
            ("{\"lsp\": false}", vec![]),
            ("{\"lsp\": true, /* all */}", vec![(ItemKind::Tool, "")]),
            ("{\"formatter\": {\"x\": {}}}", vec![(ItemKind::Tool, "")]),
            ("{\"lsp\": {env:LSP}}", vec![(ItemKind::Tool, "")]),
            (
                "{\"mcp\": {\"x\": {\"type\": \"remote\", \"url\": \"https://e.invalid\"}}}",
                vec![],
            ),
            (
                "{\"mcp\": {\"x\": {\"command\": [\"npx\", \"y\"], \"enabled\": false}}}",
                vec![],
            ),
            (
                "{\"mcp\": {\"x\": {\"command\": [\"npx\", \"y\"]}}}",
                vec![(ItemKind::Tool, "")],
            ),
            (
                "{\"instructions\": [\"CONTRIBUTING.md\", \"rules/*.md\", \"../x\", \"~/own.md\"]}",
                vec![],
            ),
        ] {
            tree.write("home/.config/opencode/opencode.jsonc", config);
            assert_eq!(tree.found(), expect(&expected), "{config}");
        }
        #[cfg(unix)]
        {
            tree.write("home/secret", "");
            tree.write(
                "home/.config/opencode/opencode.jsonc",
                "{\"instructions\": [\"CONTRIBUTING.md\", \"rules/*.md\"]}",
            );
            for name in ["CONTRIBUTING.md", "rules/a.md"] {
                let link = tree.path("home/work/project").join(name);
                fs::create_dir_all(link.parent().unwrap()).unwrap();
                std::os::unix::fs::symlink(tree.path("home/secret"), &link).unwrap();
                let kinds: Vec<_> = tree
                    .scan("home/work/project")
                    .items
                    .into_iter()
                    .map(|item| item.kind)
                    .collect();
                assert_eq!(kinds, [ItemKind::Reading], "{name}");
                fs::remove_file(link).unwrap();
            }
        }
    }

    #[test]
    fn a_pattern_for_every_directory_ends_where_git_says_that_the_repository_does() {
        let tree = Tree::new();
        let kinds = |pattern: &str| {
            tree.project("opencode.json", &format!("{{\"instructions\": [\"{pattern}\"]}}"));
            let findings = tree.scan("home/work/project/docs");
            findings.items.into_iter().map(|item| item.kind).collect::<Vec<_>>()
        };
        tree.project("docs/AGENTS.md", "");
        assert_eq!(kinds("**/AGENTS.md"), [ItemKind::Reading]);
        let project = tree.path("home/work/project");
        fs::remove_dir_all(project.join(".git")).unwrap();
        let git = std::process::Command::new("git")
            .arg("init")
            .arg("-q")
            .arg(&project)
            .status();
        assert!(git.unwrap().success());
        for (pattern, wanted) in [
            ("**/AGENTS.md", vec![]),
            ("./**/*.md", vec![]),
            ("../**/AGENTS.md", vec![ItemKind::Reading]),
            ("/**/AGENTS.md", vec![ItemKind::Reading]),
            ("~/**/AGENTS.md", vec![ItemKind::Reading]),
        ] {
            assert_eq!(kinds(pattern), wanted, "{pattern}");
        }
        #[cfg(unix)]
        {
            tree.write("home/secret", "");
            std::os::unix::fs::symlink(tree.path("home/secret"), project.join("docs/x.md")).unwrap();
            assert_eq!(kinds("**/*.md"), [ItemKind::Reading]);
        }
    }

    #[test]
    fn a_partial_clone_that_runs_programs_is_found() {
        let tree = Tree::new();
        let clone = "[remote \"origin\"]\nurl = https://e.invalid/x\npromisor = true\n";
        tree.project(".git/config", clone);
        assert_eq!(tree.found(), []);
        tree.project(".git/config", &format!("{clone}uploadpack = touch x;"));
        assert_eq!(tree.found(), expect(&[(ItemKind::Remote, ".git/config")]));
    }

    #[test]
    fn what_is_read_inside_of_the_project_is_none_of_our_business() {
        let tree = Tree::new();
        for name in ["docs/a.md", "docs/deep/b.md", "prompts/p.txt", "skills/s/SKILL.md"] {
            tree.project(name, "text \"and\" {env:X}");
        }
        tree.project(
            "opencode.json",
            "\u{feff}{\r\n// {file:/etc/passwd}\r\n\"agent\": {\"x\": {\"prompt\": \"{file:./prompts/p.txt}\"}},\r\n\
             \"instructions\": [\"docs/*.md\", \"./docs/**/*.md\", \"docs/?.md\", \"none.md\"],\
             \"skills\": {\"paths\": [\"./skills\"]}}",
        );
        tree.project(
            ".opencode/command/c.md",
            "Look at @docs/a.md, mail@example.invalid and @nobody.",
        );
        tree.project(
            ".opencode/agent/a.md",
            "---\nmode: all\n---\n{file:/etc/passwd} !`x` @/etc/passwd",
        );
        tree.project(
            ".opencode/package.json",
            "{\"dependencies\": {\"@opencode-ai/plugin\": \"1.18.33\"}}",
        );
        assert_eq!(tree.found(), []);
    }

    #[test]
    fn what_reads_outside_or_secrets_is_found() {
        for (config, summary) in [
            (r#"{"model": "{env:TOKEN}"}"#, "reads the environment variable `TOKEN`"),
            ("{} // {env:TOKEN}", "reads the environment variable `TOKEN`"),
            (r#"{"username": "{file:../out}"}"#, "reads the file `../out`"),
            (r#"{"username": "{file:~/out}"}"#, "reads the file `~/out`"),
            (r#"{"username": "{file:none}"}"#, "reads the file `none`"),
            (r#"{"username": "{file:prod.env}"}"#, "reads the file `prod.env`"),
            (r#"{"username": "{file:.git/HEAD}"}"#, "reads the file `.git/HEAD`"),
            (
                r#"{"instructions": ["/etc/passwd"]}"#,
                "tells the model what stands in `/etc/passwd`",
            ),
            (
                r#"{"instructions": ["~/out"]}"#,
                "tells the model what stands in `~/out`",
            ),
            (
                r#"{"instructions": ["a/{x,../../out}"]}"#,
                "tells the model what stands in `a/{x,../../out}`",
            ),
            (
                r#"{"instructions": ["{/etc/passwd,x}"]}"#,
                "tells the model what stands in `{/etc/passwd,x}`",
            ),
            (
                r#"{"instructions": [".{.,x}/out"]}"#,
                "tells the model what stands in `.{.,x}/out`",
            ),
            (
                r#"{"instructions": ["{,x}/etc/passwd"]}"#,
                "tells the model what stands in `{,x}/etc/passwd`",
            ),
            (
                r#"{"instructions": ["docs/{.,x}{.,x}/out"]}"#,
                "tells the model what stands in `docs/{.,x}{.,x}/out`",
            ),
            (
                r#"{"instructions": ["[.][.]/out"]}"#,
                "tells the model what stands in `[.][.]/out`",
            ),
            (r#"{"instructions": ["**/x"]}"#, "tells the model what stands in `**/x`"),
            (
                r#"{"instructions": ["prod.*"]}"#,
                "tells the model what stands in `PROJECT/prod.env`",
            ),
            (
                r#"{"instructions": ["id_*"]}"#,
                "tells the model what stands in `PROJECT/id_rsa`",
            ),
            (
                r#"{"instructions": ["above"]}"#,
                "tells the model what stands in `WORK/above`",
            ),
            (r#"{"skills": ["../x"]}"#, "reads skills in `../x`"),
            (
                r#"{"command": {"c": {"template": "see @~/out"}}}"#,
                "tells the model what stands in `HOME/out`",
            ),
            (
                r#"{"command": {"c": {"template": "see @~$9/out"}}}"#,
                "reads any file as `@~$…/out`",
            ),
            (
                r#"{"command": {"c": {"template": "see !$9`x`"}}}"#,
                "command `/c` runs shell commands: `see !$9`x``",
            ),
        ] {
            let tree = Tree::new();
            tree.write("home/work/above", "");
            tree.write("home/out", "");
            tree.project("prod.env", "");
            tree.project("id_rsa", "");
            tree.project("opencode.json", config);
            let findings = tree.scan("home/work/project");
            let [item] = &findings.items[..] else {
                panic!("{config}: {findings:?}");
            };
            let shown = item
                .summary
                .replace(&*tree.path("home/work/project").to_string_lossy(), "PROJECT")
                .replace(&*tree.path("home/work").to_string_lossy(), "WORK")
                .replace(&*tree.path("home").to_string_lossy(), "HOME");
            assert_eq!(shown, summary);
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_out_of_the_project_are_found_wherever_text_is_read() {
        use std::os::unix::fs::symlink;
        for (name, config) in [
            ("AGENTS.md", ""),
            ("CLAUDE.md", ""),
            ("CONTEXT.md", ""),
            ("../AGENTS.md", ""),
            (".opencode/agent/a.md", ""),
            (".opencode/modes/a.md", ""),
            (".opencode/command/a.md", ""),
            (".claude/skills/s/SKILL.md", ""),
            ("docs/a.md", r#"{"instructions": ["docs/*.md"]}"#),
            ("docs/deep/er/a.md", r#"{"instructions": ["docs/**/*.md"]}"#),
            ("docs/a.md", r#"{"agent": {"x": {"prompt": "{file:docs/a.md}"}}}"#),
            ("skills/s/SKILL.md", r#"{"skills": {"paths": ["skills"]}}"#),
        ] {
            let tree = Tree::new();
            tree.write("home/secret", "");
            tree.project("inside.md", "");
            tree.project("opencode.json", config);
            let link = tree.path("home/work/project").join(name);
            fs::create_dir_all(link.parent().unwrap()).unwrap();
            symlink(tree.path("home/secret"), &link).unwrap();
            let kinds = |tree: &Tree| -> Vec<ItemKind> {
                let findings = tree.scan("home/work/project");
                findings.items.into_iter().map(|item| item.kind).collect()
            };
            assert_eq!(kinds(&tree), [ItemKind::Reading], "{name} {config}");
            fs::remove_file(&link).unwrap();
            symlink(tree.path("home/work/project/inside.md"), &link).unwrap();
            assert_eq!(kinds(&tree), [], "{name} {config}");
            // Prose for agents also lies in hidden directories, but not in git's.
            for (target, wanted) in [(".ai/rules.md", vec![]), (".git/rules.md", vec![ItemKind::Reading])] {
                tree.project(target, "");
                fs::remove_file(&link).unwrap();
                symlink(tree.path("home/work/project").join(target), &link).unwrap();
                assert_eq!(kinds(&tree), wanted, "{name} {config} {target}");
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_linked_directory_that_a_pattern_goes_through_is_followed() {
        use std::os::unix::fs::symlink;
        for pattern in ["docs/**/a*", "docs/*/**/a.md", "docs/**/*.md"] {
            let tree = Tree::new();
            tree.write("home/outside/a.md", "");
            tree.project("inside/a.md", "");
            tree.project("docs/deep/b.md", "");
            tree.project("opencode.json", &format!("{{\"instructions\": [{pattern:?}]}}"));
            let project = tree.path("home/work/project");
            symlink("../inside", project.join("docs/link")).unwrap();
            assert_eq!(tree.found(), [], "{pattern}");
            symlink(tree.path("home/outside"), project.join("docs/deep/link")).unwrap();
            assert_eq!(
                tree.found(),
                expect(&[(ItemKind::Reading, "opencode.json")]),
                "{pattern}"
            );
        }
    }

    #[test]
    fn a_head_that_the_engine_would_run_is_found() {
        for (text, found) in [
            ("---js\n{}\n---\n", true),
            ("\u{feff}--- JavaScript\r\n{}", true),
            ("\u{feff}\u{feff}---js\n{}\n---\n", true),
            ("\u{feff} \u{200b}\r\n\u{feff}---js\n{}\n---\n", true),
            ("---coffee", true),
            ("---\nname: js\n---", false),
            ("--- yaml\r\nname: x", false),
            ("----js\n", false),
            ("text\n---js\n", false),
        ] {
            for name in [
                ".opencode/agents/deep/a.md",
                ".opencode/command/a.md",
                ".agents/skills/s/SKILL.md",
            ] {
                let tree = Tree::new();
                tree.project(name, text);
                let wanted: &[_] = if found { &[(ItemKind::FrontMatter, name)] } else { &[] };
                assert_eq!(tree.found(), expect(wanted), "{text:?}");
            }
        }
    }

    #[test]
    fn a_text_in_another_encoding_is_a_finding() {
        let tree = Tree::new();
        tree.write("x", "");
        let path = tree.path("home/work/project/.opencode/agent/a.md");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        for text in [&b"\xff\xfe-\0-\0-\0j\0s\0"[..], b"caf\xe9", b"a\0b"] {
            fs::write(&path, text).unwrap();
            assert_eq!(tree.found(), expect(&[(ItemKind::Unreadable, ".opencode/agent/a.md")]));
        }
    }

    #[test]
    fn a_skill_that_is_used_as_a_command_reads_what_it_mentions() {
        let tree = Tree::new();
        tree.write("home/out", "");
        tree.project(
            ".claude/skills/s/SKILL.md",
            "---\nname: s\n---\nsee @~/out and @scope/package",
        );
        tree.project(".opencode/command/c.md", "see @$9/etc/passwd");
        assert_eq!(
            tree.found(),
            expect(&[
                (ItemKind::Reading, ".claude/skills/s/SKILL.md"),
                (ItemKind::Reading, ".opencode/command/c.md"),
            ])
        );
    }

    #[test]
    fn packages_of_the_engines_directory_are_found() {
        let tree = Tree::new();
        tree.project(".opencode/.npmrc", "registry=https://e.invalid/");
        tree.project(
            ".opencode/package.json",
            "{\"dependencies\": {\"x\": \"git+https://e.invalid/x\"}}",
        );
        assert_eq!(
            tree.found(),
            expect(&[
                (ItemKind::Remote, ".opencode/.npmrc"),
                (ItemKind::Remote, ".opencode/package.json")
            ])
        );
    }

    #[test]
    fn the_digest_is_made_of_facts_and_of_nothing_that_we_word() {
        let tree = Tree::new();
        tree.project(".opencode/plugin/a.js", "code");
        tree.project(".opencode/agent/a.md", "---js\n{}");
        tree.project(".opencode/command/a.md", "!`x`");
        tree.project("opencode.jsonc", "{\"plugin\": [");
        tree.project(
            "opencode.json",
            r#"{"mcp": {"x": {"command": ["node", "mcp.js"]}}, "share": "auto", "username": "{env:A} {file:/b}",
            "instructions": ["../c"], "formatter": true, "provider": {"p": {"npm": "x"}}}"#,
        );
        assert_eq!(tree.scan("home/work/project").items.len(), 11);
        // A change here asks every user again.
        assert_eq!(
            tree.digest(),
            "bac21bff4f2dd324efb14766f76abda0aa1ea066e23d133f50f5808440ab63e7"
        );
    }

    #[test]
    fn any_change_of_what_was_found_changes_the_digest_and_nothing_else_does() {
        let tree = Tree::new();
        tree.project(".opencode/plugin/a.js", "import './lib/b.js'");
        tree.project(".opencode/plugin/lib/b.js", "1");
        tree.project("mcp.js", "1");
        tree.project("prompt.md", "1");
        tree.project("run.sh", "1");
        tree.project("my/plug.js", "import './helper.js'");
        tree.project("my/helper.js", "1");
        let config = |rest: &str| {
            let mcp = r#""mcp": {"x": {"command": ["node", "./mcp.js"], "environment": {"A": "{file:prompt.md}"}},
                "y": {"command": ["sh", "-c", "exec sh ./run.sh; true"]}}, "plugin": ["./my/plug.js"]"#;
            tree.project("opencode.json", &format!("{{{mcp} {rest}}}"));
        };
        config("");
        let mut digests = vec![tree.digest()];
        config(", \"model\": \"a/b\", \"$schema\": \"x\"");
        tree.project("src/main.js", "1");
        tree.project(".opencode/plans/today.md", "1");
        // What the engine writes beside a plugin.
        let plugin = r#"{"dependencies": {"@opencode-ai/plugin": "1.18.33"}}"#;
        let lock = r#"{"packages": {"": {}, "node_modules/zod": {"resolved": "https://registry.npmjs.org/zod.tgz"}}}"#;
        tree.project(".opencode/package.json", plugin);
        tree.project(".opencode/package-lock.json", lock);
        tree.project(".opencode/bun.lock", "1");
        tree.project(".opencode/.gitignore", "node_modules");
        tree.project(".opencode/node_modules/zod/index.js", "1");
        assert_eq!(tree.digest(), digests[0]);
        tree.project(
            ".opencode/package-lock.json",
            &lock.replace("registry.npmjs.org", "e.invalid"),
        );
        digests.push(tree.digest());
        for (name, text) in [
            (".opencode/plugin/a.js", "2"),
            (".opencode/plugin/lib/b.js", "2"),
            (".opencode/package.json", r#"{"dependencies": {"x": "1"}}"#),
            ("mcp.js", "2"),
            ("run.sh", "2"),
            ("my/helper.js", "2"),
            ("prompt.md", "2"),
            (".opencode/tool/t.ts", ""),
        ] {
            tree.project(name, text);
            digests.push(tree.digest());
        }
        config(", \"shell\": \"sh\"");
        digests.push(tree.digest());
        let different: HashSet<_> = digests.iter().collect();
        assert_eq!(different.len(), digests.len());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_loops_end() {
        use std::os::unix::fs::symlink;
        let tree = Tree::new();
        tree.write("elsewhere/plugin/a.js", "1");
        tree.write("elsewhere/command/c.md", "!`x`");
        symlink(tree.path("elsewhere"), tree.path("home/work/project/.opencode")).unwrap();
        symlink(tree.path("elsewhere"), tree.path("elsewhere/command/loop")).unwrap();
        symlink("nowhere", tree.path("elsewhere/command/dangling.md")).unwrap();
        let found = tree.found();
        assert!(
            found.contains(&(ItemKind::Plugin, ".opencode/plugin/a.js".to_owned())),
            "{found:?}"
        );
        assert!(
            found.contains(&(ItemKind::Command, ".opencode/command/c.md".to_owned())),
            "{found:?}"
        );
        let before = tree.digest();
        tree.write("elsewhere/plugin/a.js", "2");
        assert_ne!(tree.digest(), before);
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_hangs_neither_the_search_nor_the_engine() {
        let tree = Tree::new();
        fs::create_dir_all(tree.path("home/work/project/.opencode/plugin")).unwrap();
        let names = [".opencode/plugin/a.js", "AGENTS.md"];
        for name in names {
            let pipe = tree.path("home/work/project").join(name);
            let made = std::process::Command::new("mkfifo").arg(pipe).status();
            assert!(made.unwrap().success());
        }
        assert_eq!(tree.found(), expect(&names.map(|name| (ItemKind::Unreadable, name))));
    }

    #[test]
    fn a_directory_without_anything_costs_next_to_nothing() {
        let tree = Tree::new();
        tree.scan("home/work/project");
        // The best of some, since the machine may be busy.
        let best = (0..20)
            .map(|_| {
                let started = Instant::now();
                assert_eq!(tree.scan("home/work/project").items, []);
                started.elapsed()
            })
            .min()
            .unwrap();
        assert!(best < Duration::from_millis(1), "{best:?}");
    }
}
