//! Options that make a harmless program run others, or write elsewhere.

use super::texts::program;
use super::{Command, Word, git};

/// Something in a command that a wildcard does not cover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hazard {
    /// What a rule has to say before its first wildcard, to cover it.
    pub(crate) named_by: String,
    /// What it is.
    pub(crate) why: &'static str,
}

impl Hazard {
    /// Whether a text, which is the beginning of a rule, names it.
    pub(crate) fn is_named_in(&self, text: &str) -> bool {
        let named = self.named_by.as_str();
        let starts = |word: &str| {
            word.strip_prefix(named)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
        };
        text.split_whitespace().any(starts) || (named.contains(char::is_whitespace) && text.contains(named))
    }

    pub(super) fn new(named_by: &str, why: &'static str) -> Self {
        Self {
            named_by: named_by.to_owned(),
            why,
        }
    }
}

pub(super) const RUNS: &str = "it can run other programs";
pub(super) const WRITES: &str = "it can write other files";
pub(super) const ELSEWHERE: &str = "it can read files that the line does not name";

/// Programs, their short options, and their long ones.
const OPTIONS: &[(&str, &str, &[&str], &str)] = &[
    ("fd", "xX", &["exec", "exec-batch"], RUNS),
    ("rg", "z", &["pre", "hostname-bin", "search-zip"], RUNS),
    ("rg", "L", &["follow"], ELSEWHERE),
    ("wc", "", &["files0-from"], ELSEWHERE),
    ("du", "", &["files0-from"], ELSEWHERE),
    ("sort", "", &["files0-from"], ELSEWHERE),
    ("tar", "T", &["files-from"], ELSEWHERE),
    ("bsdtar", "T", &[], ELSEWHERE),
    ("cp", "sl", &["symbolic-link", "link"], "it makes links"),
    (
        "tar",
        "IFP",
        &[
            "to-command",
            "checkpoint-action",
            "use-compress-program",
            "absolute-names",
            "rsh-command",
            "info-script",
            "new-volume-script",
            "rmt-command",
            "transform",
            "xform",
            "checkpoint",
        ],
        RUNS,
    ),
    ("bsdtar", "IFP", &["use-compress-program"], RUNS),
    (
        "rsync",
        "e",
        &["rsh", "rsync-path", "daemon", "files-from", "write-batch"],
        RUNS,
    ),
    ("scp", "oFSD", &[], RUNS),
    ("sftp", "oFSDb", &[], RUNS),
    (
        "curl",
        "oOKTDcE",
        &[
            "output",
            "output-dir",
            "remote-name",
            "remote-name-all",
            "config",
            "upload-file",
            "dump-header",
            "cookie-jar",
            "trace",
            "trace-ascii",
            "libcurl",
            "engine",
            "stderr",
            "etag-save",
            "hsts",
            "alt-svc",
            "create-dirs",
            "netrc-file",
        ],
        WRITES,
    ),
    (
        "wget",
        "OoaPei",
        &[
            "output-document",
            "output-file",
            "append-output",
            "directory-prefix",
            "execute",
            "config",
            "use-askpass",
            "input-file",
            "post-file",
            "body-file",
            "save-cookies",
            "warc-file",
        ],
        WRITES,
    ),
    (
        "sort",
        "oT",
        &["output", "compress-program", "temporary-directory"],
        WRITES,
    ),
    ("split", "", &["filter"], RUNS),
    ("tree", "o", &[], WRITES),
    ("yq", "i", &["inplace"], WRITES),
    (
        "less",
        "oOkKT+",
        &["log-file", "LOG-FILE", "lesskey-file", "lesskey-src", "lesskey-content"],
        RUNS,
    ),
    ("more", "+", &[], RUNS),
    (
        "man",
        "PHClE",
        &[
            "pager",
            "html",
            "config-file",
            "local-file",
            "troff-device",
            "preprocessor",
        ],
        RUNS,
    ),
    ("vim", "cSsuwWPi+", &["cmd", "startuptime"], RUNS),
    ("vi", "cSsuwWPi+", &["cmd"], RUNS),
    ("nvim", "cSsuwWPil+", &["cmd", "headless"], RUNS),
    ("view", "cSsuwWPi+", &["cmd"], RUNS),
    ("cargo", "CZ", &["config"], RUNS),
    (
        "npm",
        "cC",
        &[
            "prefix",
            "script-shell",
            "node-options",
            "call",
            "userconfig",
            "globalconfig",
            "shell",
            "editor",
            "git",
            "cache",
        ],
        RUNS,
    ),
    (
        "pnpm",
        "cC",
        &["dir", "script-shell", "node-options", "shell-mode"],
        RUNS,
    ),
    ("yarn", "", &["cwd", "script-shell", "use-yarnrc"], RUNS),
    (
        "make",
        "fCEI",
        &["file", "makefile", "directory", "eval", "include-dir"],
        RUNS,
    ),
    (
        "gmake",
        "fCEI",
        &["file", "makefile", "directory", "eval", "include-dir"],
        RUNS,
    ),
    (
        "go",
        "C",
        &[
            "exec",
            "toolexec",
            "vettool",
            "modfile",
            "overlay",
            "gccgoflags",
            "ldflags",
            "gcflags",
            "asmflags",
        ],
        RUNS,
    ),
    (
        "pytest",
        "pco",
        &[
            "rootdir",
            "confcutdir",
            "basetemp",
            "override-ini",
            "config-file",
            "import-mode",
            "pdbcls",
            "pastebin",
        ],
        RUNS,
    ),
    ("mypy", "", &["config-file", "python-executable", "install-types"], RUNS),
    (
        "eslint",
        "cfo",
        &[
            "config",
            "rulesdir",
            "plugin",
            "parser",
            "format",
            "output-file",
            "resolve-plugins-relative-to",
        ],
        RUNS,
    ),
    ("prettier", "", &["config", "plugin", "plugin-search-dir"], RUNS),
    ("jest", "c", &["config", "runner", "globalSetup", "transform"], RUNS),
    ("gcc", "B", &["specs", "wrapper"], RUNS),
    ("clang", "B", &["config"], RUNS),
    ("rustc", "C", &["codegen"], RUNS),
    ("zip", "T", &["unzip-command", "test"], RUNS),
    ("date", "s", &["set", "file"], WRITES),
    ("journalctl", "", &["vacuum-size", "vacuum-time", "rotate"], WRITES),
    ("gh", "", &["exec"], RUNS),
    ("sqlite3", "", &["cmd", "init"], RUNS),
    ("psql", "cf", &["command", "file"], RUNS),
    ("mysql", "e", &["execute"], RUNS),
    ("xxd", "r", &[], WRITES),
    ("openssl", "", &["engine", "config"], RUNS),
    ("file", "C", &["compile"], WRITES),
    ("ps", "", &[], RUNS),
    ("dmesg", "cC", &[], WRITES),
    ("hostname", "F", &["file"], WRITES),
    ("uniq", "", &[], WRITES),
    ("jq", "fL", &["from-file"], RUNS),
    ("ip", "b", &["batch"], RUNS),
    ("tcpdump", "wz", &[], RUNS),
];

/// Programs whose options write nothing and run nothing, so that even a name of a file that looks like one is harmless.
pub(crate) const READERS: [&str; 37] = [
    "ls",
    "cat",
    "head",
    "tail",
    "wc",
    "grep",
    "egrep",
    "fgrep",
    "echo",
    "printf",
    "pwd",
    "which",
    "type",
    "stat",
    "du",
    "df",
    "diff",
    "cmp",
    "basename",
    "dirname",
    "realpath",
    "readlink",
    "cut",
    "tr",
    "nl",
    "tac",
    "rev",
    "md5sum",
    "sha1sum",
    "sha256sum",
    "whoami",
    "id",
    "uname",
    "true",
    "false",
    "hexdump",
    "od",
];

/// Programs that only read as long as no hazard is found in their arguments.
const READERS_BY_DEFAULT: [&str; 12] = [
    "find", "gfind", "rg", "sed", "gsed", "awk", "gawk", "mawk", "nawk", "sort", "jq", "file",
];

/// Subcommands of git that only read as long as no hazard is found in their arguments.
const READING_GIT: [&str; 14] = [
    "blame",
    "cat-file",
    "describe",
    "diff",
    "grep",
    "log",
    "ls-files",
    "ls-tree",
    "merge-base",
    "rev-list",
    "rev-parse",
    "shortlog",
    "show",
    "status",
];

/// Whether a command writes to nothing that its arguments name.
pub(crate) fn only_reads(words: &[Word], hazards: &[Hazard]) -> bool {
    let Some(name) = program(words) else { return false };
    if READERS.contains(&name) {
        return true;
    }
    let reads = READERS_BY_DEFAULT.contains(&name)
        || (name == "git" && git::subcommand(words).is_some_and(|at| READING_GIT.contains(&words[at].text())));
    reads && hazards.is_empty() && words.iter().all(|word| word.value.is_some())
}

/// Variables that change how a program talks, and not what it does.
const HARMLESS_VARIABLES: [&str; 14] = [
    "LANG",
    "TZ",
    "NO_COLOR",
    "FORCE_COLOR",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "COLUMNS",
    "LINES",
    "TERM",
    "CI",
    "RUST_BACKTRACE",
    "RUST_LOG",
    "CARGO_TERM_COLOR",
    "PYTHONUNBUFFERED",
];

/// Whether setting a variable changes nothing but how programs talk.
pub(crate) fn is_harmless_variable(name: &str) -> bool {
    HARMLESS_VARIABLES.contains(&name) || name.starts_with("LC_")
}

/// What a wildcard does not cover in a command.
pub(crate) fn hazards(command: &Command) -> Vec<Hazard> {
    let mut found = Vec::new();
    for (name, raw) in &command.assignments {
        if !is_harmless_variable(name) {
            found.push(Hazard::new(raw, "it sets a variable for a program"));
        }
    }
    let words = &command.words;
    let Some(name) = program(words) else {
        return found;
    };
    let rest = &words[1..];
    let (name, rest) = module(name, rest);
    if !READERS.contains(&name) {
        let options = rest.iter().take_while(|word| word.text() != "--");
        for word in options {
            if word.has_glob && word.text().starts_with(['*', '?', '[']) {
                found.push(Hazard::new(&word.raw, "a file name can pass for an option"));
            }
        }
    }
    for (_, short, long, why) in OPTIONS.iter().filter(|(known, ..)| *known == name) {
        found.extend(options(rest, short, long, why));
    }
    match name {
        "git" => found.extend(git::hazards(command)),
        "find" | "gfind" => {
            for word in rest {
                let text = word.text();
                if ["-exec", "-ok", "-delete", "-fprint", "-fls", "-files0-from"]
                    .iter()
                    .any(|action| text.starts_with(action))
                {
                    found.push(Hazard::new(text, "it acts on what it finds"));
                }
            }
        }
        "awk" | "gawk" | "mawk" | "nawk" => {
            for word in rest {
                let text = word.text().replace(">=", "").replace("||", "");
                // Where nothing is printed it compares.
                let writes = text.contains('>') && text.contains("print");
                if writes
                    || [
                        "system", "|", "getline", "@", "close", "ENVIRON", "ARGV", "SYMTAB", "FUNCTAB",
                    ]
                    .iter()
                    .any(|part| text.contains(part))
                    || (text.starts_with('-') && !text.starts_with("-F") && !text.starts_with("-v"))
                {
                    found.push(Hazard::new(&word.raw, RUNS));
                }
            }
        }
        // The old way, without a dash.
        "tar" | "bsdtar" => {
            if let Some(word) = rest
                .first()
                .filter(|word| !word.text().starts_with('-') && word.text().contains(['I', 'F', 'P', 'T']))
            {
                found.push(Hazard::new(&word.raw, RUNS));
            }
            for word in rest.iter().filter(|word| word.text().contains(':')) {
                found.push(Hazard::new(&word.raw, "an archive on another machine"));
            }
        }
        "sed" | "gsed" => found.extend(sed(rest)),
        // A toolchain by its path.
        "cargo" | "rustc" | "rustdoc" => {
            if let Some(word) = rest
                .first()
                .filter(|word| word.text().starts_with('+') && word.text().contains('/'))
            {
                found.push(Hazard::new(&word.raw, RUNS));
            }
        }
        "export" | "declare" | "typeset" | "readonly" | "local" | "unset" | "read" | "getopts" => {
            found.extend(variables(rest));
        }
        "printf" => {
            if let Some(word) = rest.first().filter(|word| word.text().starts_with("-v")) {
                found.push(Hazard::new(&word.raw, "it sets a variable"));
            }
        }
        "test" | "[" => {
            if let Some(word) = rest.iter().find(|word| matches!(word.text(), "-v" | "-R")) {
                found.push(Hazard::new(&word.raw, "it computes"));
            }
        }
        "make" | "gmake" => {
            for word in rest
                .iter()
                .filter(|word| word.text().contains('=') && !word.text().starts_with('-'))
            {
                found.push(Hazard::new(&word.raw, "it sets a variable for a program"));
            }
        }
        _ => {}
    }
    found
}

/// `python3 -m pytest` is `pytest`.
fn module<'w>(name: &'w str, rest: &'w [Word]) -> (&'w str, &'w [Word]) {
    match rest {
        [flag, module, rest @ ..] if name.starts_with("python") && flag.text() == "-m" => (module.text(), rest),
        _ => (name, rest),
    }
}

/// Options, alone, in a bundle, with their value, and shortened.
fn options(words: &[Word], short: &str, long: &[&str], why: &'static str) -> Vec<Hazard> {
    let mut found = Vec::new();
    for word in words.iter().take_while(|word| word.text() != "--") {
        let text = word.text();
        let is_hazard = if let Some(name) = text.strip_prefix("--") {
            let name = name.split('=').next().unwrap_or(name);
            !name.is_empty() && long.iter().any(|known| known.starts_with(name))
        } else if let Some(letters) = text.strip_prefix('-') {
            let name = letters.split('=').next().unwrap_or(letters);
            letters.chars().any(|c| short.contains(c)) || (name.len() > 1 && long.contains(&name))
        } else {
            text.starts_with('+') && short.contains('+')
        };
        if is_hazard {
            found.push(Hazard::new(text.split('=').next().unwrap_or(text), why));
        }
    }
    found
}

fn variables(words: &[Word]) -> Vec<Hazard> {
    words
        .iter()
        .filter(|word| !word.text().starts_with('-'))
        .filter(|word| {
            let name = word.text().split(['=', '+']).next().unwrap_or_default();
            !is_harmless_variable(name)
        })
        .map(|word| Hazard::new(&word.raw, "it sets a variable for programs"))
        .collect()
}

/// A program for `sed` that only prints, deletes and replaces is harmless; every other is not.
fn sed(words: &[Word]) -> Vec<Hazard> {
    let mut found = Vec::new();
    let mut has_script = false;
    let mut script_next = false;
    for word in words {
        let text = word.text();
        if script_next {
            script_next = false;
            has_script = true;
            if !is_harmless_script(text) {
                found.push(Hazard::new(&word.raw, RUNS));
            }
        } else if matches!(
            text,
            "-n" | "-E" | "-r" | "-s" | "-u" | "-z" | "-nE" | "-nr" | "-En" | "-rn"
        ) {
        } else if text == "-e" {
            script_next = true;
        } else if text.starts_with('-') {
            found.push(Hazard::new(text, WRITES));
        } else if !has_script {
            has_script = true;
            if !is_harmless_script(text) {
                found.push(Hazard::new(&word.raw, RUNS));
            }
        }
    }
    found
}

fn is_harmless_script(script: &str) -> bool {
    script.split([';', '\n']).all(|command| {
        let command = command.trim();
        let after_address = command.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, ',' | '$' | '!' | ' '));
        if matches!(after_address, "" | "p" | "d" | "q" | "=" | "P" | "D" | "n" | "N" | "h" | "H" | "g" | "G" | "x") {
            return true;
        }
        let Some(rest) = after_address.strip_prefix('s') else {
            // `/address/p`
            return after_address
                .strip_prefix('/')
                .and_then(|rest| rest.split_once('/'))
                .is_some_and(|(address, action)| !address.contains('\\') && matches!(action, "p" | "d" | "=" | "!d" | "!p"));
        };
        let Some(mark) = rest.chars().next().filter(|c| c.is_ascii_punctuation() && *c != '\\') else {
            return false;
        };
        let parts: Vec<&str> = rest[1..].split(mark).collect();
        // With an escaped mark the parts are cut wrongly: then it is not for us to say.
        matches!(parts.as_slice(), [from, to, flags]
            if !from.ends_with('\\') && !to.ends_with('\\') && flags.chars().all(|c| matches!(c, 'g' | 'p' | 'i' | 'I') || c.is_ascii_digit()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_that_run_or_write_are_told_from_those_that_do_not() {
        for (script, expected) in [
            ("s/a/b/g", true),
            ("1,5p", true),
            ("/x/d", true),
            ("s#a#b#", true),
            ("s/a/b/e", false),
            ("s/a/b/w /tmp/x", false),
            ("1e rm x", false),
            ("w x", false),
            ("s/a\\/b/c/", false),
        ] {
            assert_eq!(is_harmless_script(script), expected, "{script}");
        }
    }
}
