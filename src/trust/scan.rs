//! Looking through a directory and those above it.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jsonc_parser::ParseOptions;
use memchr::memmem;
use serde_json::Value;

use super::evidence::{self, Evidence};
use super::{Findings, Item, ItemKind, config};
use crate::error::Failure;

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

/// Finds what code the engine would take from `directory` and the directories above it.
///
/// Above, it looks up to the root of the git working tree, or of the file system where there is none. The user's home
/// and what lies above it are the user's own and are not looked at.
///
/// # Errors
///
/// When `directory` is no directory that can be entered.
pub fn scan(directory: &Path, home: &Path) -> Result<Findings, Failure> {
    let directory = directory.canonicalize().map_err(|error| {
        Failure::usage(format!("cannot work in `{}`", directory.display()))
            .caused_by(&error)
            .hint("name an existing directory with `--directory`")
    })?;
    let home = home.canonicalize().unwrap_or_else(|_| home.to_path_buf());
    let places = places(&directory, &home);
    let mut scanner = Scanner {
        top: places.last().cloned().unwrap_or_else(|| directory.clone()),
        directory: directory.clone(),
        items: Vec::new(),
        evidence: Evidence::default(),
        entries_left: MOST_ENTRIES,
    };
    for place in &places {
        scanner.place(place);
    }
    scanner
        .items
        .sort_by(|a, b| (&a.path, a.kind, &a.summary).cmp(&(&b.path, b.kind, &b.summary)));
    scanner.items.dedup();
    Ok(Findings {
        directory,
        digest: scanner.evidence.digest(),
        items: scanner.items,
        evidence: scanner.evidence,
    })
}

/// The directories whose configuration the engine reads, nearest first.
fn places(directory: &Path, home: &Path) -> Vec<PathBuf> {
    let mut places = Vec::new();
    for place in directory.ancestors() {
        if home.starts_with(place) {
            break;
        }
        places.push(place.to_path_buf());
        if is_worktree_root(place) {
            break;
        }
    }
    places
}

/// Whether git surely takes this for the root of a working tree. Where it does not, the engine looks further up; so a
/// `.git` that is a file (a linked tree, a submodule), is incomplete or is another user's does not end the search.
fn is_worktree_root(place: &Path) -> bool {
    let git = place.join(".git");
    let Ok(metadata) = fs::symlink_metadata(&git) else {
        return false;
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        if metadata.uid() != rustix::process::geteuid().as_raw() {
            return false;
        }
    }
    metadata.is_dir() && git.join("HEAD").is_file() && git.join("objects").is_dir() && git.join("refs").is_dir()
}

struct Scanner {
    directory: PathBuf,
    /// The highest directory that is looked at: files outside are not brought along.
    top: PathBuf,
    items: Vec<Item>,
    evidence: Evidence,
    entries_left: usize,
}

impl Scanner {
    fn place(&mut self, place: &Path) {
        for name in ["opencode.json", "opencode.jsonc"] {
            self.configuration(&place.join(name), place);
        }
        for name in [".claude", ".agents"] {
            self.texts(&place.join(name).join("skills"), |name| {
                name.eq_ignore_ascii_case("SKILL.md")
            });
        }
        self.engine_directory(&place.join(".opencode"));
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
                "command" | "commands" => self.texts(&path, |name| has_ending(name, &["md"])),
                "skill" | "skills" => self.texts(&path, |name| name.eq_ignore_ascii_case("SKILL.md")),
                "opencode.json" | "opencode.jsonc" => self.configuration(&path, directory),
                _ => {}
            }
        }
        if self.items.len() > before {
            self.companions(directory);
        }
    }

    fn found(&mut self, kind: ItemKind, path: &Path, summary: impl Into<String>) {
        self.items.push(Item {
            kind,
            path: path.to_path_buf(),
            summary: summary.into(),
        });
    }

    fn unreadable(&mut self, path: &Path, why: &str) {
        // Its content, where there is one to be had; else the fact.
        let _ = self.evidence.add_file(path);
        self.evidence.add(path, "unreadable", why.as_bytes());
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

    /// Every file below `directory` whose path satisfies `wanted`, links followed, no directory twice.
    fn files(&mut self, directory: &Path, wanted: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        let mut open = vec![(directory.to_path_buf(), 0)];
        while let Some((directory, depth)) = open.pop() {
            if !directory.canonicalize().is_ok_and(|real| seen.insert(real)) {
                continue;
            }
            for path in self.list(&directory) {
                if path.is_dir() {
                    let name = path.file_name().unwrap_or_default();
                    if name == "node_modules" || name == ".git" {
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
            if path.is_dir() || !has_ending(&name, &CODE[..8]) {
                continue;
            }
            match self.evidence.add_file(&path) {
                Ok(()) => self.found(kind, &path, summary),
                Err(error) => self.unreadable(&path, &error.to_string()),
            }
        }
    }

    /// Files beside found code that it may import: no findings, but a change of them asks again.
    fn companions(&mut self, directory: &Path) {
        for path in self.files(directory, |path| has_ending(&path.to_string_lossy(), &CODE)) {
            // One that cannot be read is evidence too.
            let _ = self.evidence.add_file(&path);
        }
    }

    /// Commands and skills with shell escapes.
    fn texts(&mut self, directory: &Path, wanted: fn(&str) -> bool) {
        let name = |path: &Path| path.file_name().is_some_and(|name| wanted(&name.to_string_lossy()));
        for path in self.files(directory, name) {
            match evidence::read(&path, LARGEST_TEXT) {
                Ok(text) => {
                    if let Some(start) = memmem::find(&text, b"!`") {
                        let escape = String::from_utf8_lossy(&text[start + 2..]).into_owned();
                        let escape = escape.split('`').next().unwrap_or_default();
                        self.evidence.add(&path, "content", &text);
                        self.found(ItemKind::Command, &path, format!("runs `{escape}` when it is used"));
                    }
                }
                // A dangling link loads nothing.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => self.unreadable(&path, &error.to_string()),
            }
        }
    }

    fn configuration(&mut self, path: &Path, base: &Path) {
        let text = match evidence::read(path, LARGEST_TEXT) {
            Ok(text) => text,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => return,
            Err(error) => return self.unreadable(path, &error.to_string()),
        };
        let Ok(text) = String::from_utf8(text) else {
            return self.unreadable(path, "it is not UTF-8");
        };
        let config = match jsonc_parser::parse_to_serde_value::<Option<Value>>(&text, &ParseOptions::default()) {
            Ok(Some(Value::Object(config))) => config,
            Ok(None) => return,
            Ok(Some(_)) => return self.unreadable(path, "it is not an object"),
            Err(error) => return self.unreadable(path, &error.to_string()),
        };
        for found in config::findings(&config) {
            // Only the part that matters: the engine itself adds `$schema` to the file.
            let aspect = format!("{:?} {}", found.kind, found.summary);
            self.evidence.add(path, &aspect, found.value.to_string().as_bytes());
            for text in config::strings(&found.value) {
                self.named_files(text, base);
            }
            self.found(found.kind, path, found.summary);
        }
        let folders = config
            .get("skills")
            .and_then(|skills| skills.get("paths"))
            .unwrap_or(&Value::Null);
        for folder in config::strings(folders) {
            let folder = self.directory.join(folder);
            self.texts(&folder, |name| name.eq_ignore_ascii_case("SKILL.md"));
        }
    }

    /// Files of the directory that a finding names, as an argument, a plugin's path or `{file:…}`.
    fn named_files(&mut self, text: &str, base: &Path) {
        let included = text
            .split("{file:")
            .skip(1)
            .filter_map(|rest| rest.split_once('}').map(|(name, _)| name));
        let words = std::iter::once(text.trim_start_matches("file://")).chain(included);
        for word in words {
            for root in [base, self.directory.clone().as_path()] {
                let Ok(path) = root.join(word).canonicalize() else {
                    continue;
                };
                if !path.starts_with(&self.top) || path == self.top || path == self.directory {
                    continue;
                }
                if path.is_file() {
                    let _ = self.evidence.add_file(&path);
                } else if path.is_dir() && word.starts_with(['.', '/']) {
                    self.companions(&path);
                }
            }
        }
    }
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
            scan(&self.path(directory), &self.path("home")).unwrap()
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
            self.scan("home/work/project").digest
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
    fn the_search_ends_at_the_root_of_the_working_tree() {
        let tree = Tree::new();
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
        assert_eq!(
            summaries("home/work/project/a/b"),
            ["loads plugin `here`", "loads plugin `root`"]
        );
        // What git would not take for a repository does not end it.
        fs::remove_file(tree.path("home/work/project/.git/HEAD")).unwrap();
        assert_eq!(
            summaries("home/work/project"),
            ["loads plugin `above`", "loads plugin `root`"]
        );
    }

    #[test]
    fn the_users_home_is_the_users_own() {
        let tree = Tree::new();
        for place in ["opencode.json", "home/opencode.json", "home/work/opencode.json"] {
            tree.write(place, "{\"shell\": \"x\"}");
        }
        let count = |directory: &str| tree.scan(directory).items.len();
        assert_eq!((count("home/work"), count("home"), count("")), (1, 0, 0));
    }

    #[test]
    fn any_change_of_what_was_found_changes_the_digest_and_nothing_else_does() {
        let tree = Tree::new();
        tree.project(".opencode/plugin/a.js", "import './lib/b.js'");
        tree.project(".opencode/plugin/lib/b.js", "1");
        tree.project("mcp.js", "1");
        tree.project("prompt.md", "1");
        let config = |rest: &str| {
            let mcp = r#""mcp": {"x": {"command": ["node", "./mcp.js"], "environment": {"A": "{file:prompt.md}"}}}"#;
            tree.project("opencode.json", &format!("{{{mcp} {rest}}}"));
        };
        config("");
        let mut digests = vec![tree.digest()];
        config(", \"model\": \"a/b\", \"$schema\": \"x\"");
        tree.project("src/main.js", "1");
        tree.project(".opencode/plans/today.md", "1");
        assert_eq!(tree.digest(), digests[0]);
        for (name, text) in [
            (".opencode/plugin/a.js", "2"),
            (".opencode/plugin/lib/b.js", "2"),
            (".opencode/package.json", "{}"),
            ("mcp.js", "2"),
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
    fn a_pipe_in_the_place_of_a_plugin_does_not_hang_the_search() {
        let tree = Tree::new();
        fs::create_dir_all(tree.path("home/work/project/.opencode/plugin")).unwrap();
        let pipe = tree.path("home/work/project/.opencode/plugin/a.js");
        assert!(
            std::process::Command::new("mkfifo")
                .arg(pipe)
                .status()
                .unwrap()
                .success()
        );
        assert_eq!(tree.found(), expect(&[(ItemKind::Unreadable, ".opencode/plugin/a.js")]));
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
