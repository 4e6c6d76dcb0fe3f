//! What programs do besides what they are called for: options that run other programs, write files, or read elsewhere.
//!
//! Invariants: a rule with a wildcard covers none of them unless its text before the wildcard says so. A program that is
//! not here is what its rule says.

use super::super::protected::begins_protected_name;
use super::arguments::TEXTUAL;
use super::hazard::{ELSEWHERE, Hazard, RUNS, SETS, UNPACKS, WRITES};
use super::texts::{program, typed};
use super::{ShellCommand, ShellWord, git};
use crate::support::names::Names;

/// Programs, the letters of their short options, and their long ones. The sources are the programs' own manuals.
const OPTIONS: &[(Names, &str, Names, &str)] = &[
    // fd(1), rg(1)
    (Names("fd fdfind"), "xX", Names("exec exec-batch"), RUNS),
    (Names("rg"), "z", Names("pre hostname-bin search-zip"), RUNS),
    (Names("rg"), "L", Names("follow"), ELSEWHERE),
    // GNU coreutils
    (Names("wc du sort"), "", Names("files0-from"), ELSEWHERE),
    (Names("md5sum sha1sum sha256sum"), "c", Names("check"), ELSEWHERE),
    (Names("cp"), "sl", Names("symbolic-link link"), "it makes links"),
    (Names("cp mv ln install"), "S", Names("suffix"), WRITES),
    (Names("sort"), "oT", Names("output temporary-directory"), WRITES),
    (Names("sort"), "", Names("compress-program"), RUNS),
    (Names("split"), "", Names("filter"), RUNS),
    (Names("split"), "", Names("additional-suffix"), WRITES),
    (Names("date"), "s", Names("set"), WRITES),
    // tar(1), bsdtar(1), cpio(1), zip(1)
    (Names("tar"), "T", Names("files-from"), ELSEWHERE),
    (Names("bsdtar"), "T", Names(""), ELSEWHERE),
    (
        Names("tar bsdtar"),
        "IFPML",
        Names(
            "to-command checkpoint-action use-compress-program absolute-names rsh-command info-script new-volume-script \
         rmt-command transform xform checkpoint multi-volume tape-length",
        ),
        RUNS,
    ),
    (Names("zip"), "T", Names("unzip-command test"), RUNS),
    (Names("zip"), "@", Names("names-stdin"), ELSEWHERE),
    // rsync(1), scp(1), curl(1), wget(1)
    (
        Names("rsync"),
        "e",
        Names("rsh rsync-path daemon files-from write-batch"),
        RUNS,
    ),
    (Names("scp"), "oFSD", Names(""), RUNS),
    // jq(1), yq, tree(1), less(1)
    (Names("jq yq"), "fL", Names("from-file"), RUNS),
    (Names("yq"), "is", Names("inplace in-place split-exp"), WRITES),
    (Names("tree"), "o", Names(""), WRITES),
    (
        Names("less"),
        "oOkKT+",
        Names("log-file LOG-FILE lesskey-file lesskey-src lesskey-content"),
        RUNS,
    ),
    // The Cargo book, `npm help config`, pnpm.io/cli, yarnpkg.com/cli
    (Names("cargo"), "CZ", Names("config"), RUNS),
    (
        Names("npm"),
        "cC",
        Names(
            "prefix script-shell node-options call userconfig globalconfig shell editor git cache init-module init.module \
             viewer browser",
        ),
        RUNS,
    ),
    (
        Names("pnpm"),
        "cC",
        Names("dir script-shell node-options shell-mode"),
        RUNS,
    ),
    (Names("yarn"), "", Names("cwd script-shell use-yarnrc"), RUNS),
    // GNU make manual, `go help build`
    (
        Names("make gmake"),
        "fCEIp",
        Names("file makefile directory eval include-dir print-data-base"),
        RUNS,
    ),
    (
        Names("go"),
        "C",
        Names("exec toolexec vettool modfile overlay gccgoflags ldflags gcflags asmflags"),
        RUNS,
    ),
    // `pytest --help`, `mypy --help`, eslint.org, prettier.io, jestjs.io
    (
        Names("pytest"),
        "pco",
        Names("rootdir confcutdir basetemp override-ini config-file import-mode pdbcls pastebin"),
        RUNS,
    ),
    (
        Names("mypy"),
        "",
        Names("config-file python-executable install-types"),
        RUNS,
    ),
    (
        Names("eslint"),
        "cfo",
        Names("config rulesdir plugin parser format output-file resolve-plugins-relative-to"),
        RUNS,
    ),
    (Names("prettier"), "", Names("config plugin plugin-search-dir"), RUNS),
    (Names("jest"), "c", Names("config runner globalSetup transform"), RUNS),
    // psql(1), sqlite3(1), xxd(1)
    (Names("psql"), "cf", Names("command file"), RUNS),
    (Names("sqlite3"), "", Names("cmd init"), RUNS),
    (Names("xxd"), "r", Names(""), WRITES),
    // ssh(1), ssh-keygen(1), man(1), bash(1), node(1), mysql(1)
    (Names("ssh"), "oFSDLRWJIEO", Names(""), RUNS),
    (Names("ssh-keygen ssh-add"), "DPsSw", Names(""), RUNS),
    (Names("man"), "CPHp", Names("html preprocessor"), RUNS),
    (Names("jobs"), "x", Names(""), RUNS),
    (Names("node"), "r", Names(""), RUNS),
    (Names("mysql mariadb"), "e", Names(""), RUNS),
    // pandoc.org, cloc(1), xmllint(1), mikefarah.gitbook.io/yq
    (Names("pandoc"), "F", Names("filter lua-filter pdf-engine"), RUNS),
    (Names("cloc"), "", Names("vcs"), RUNS),
    (Names("xmllint"), "", Names("noent xinclude"), ELSEWHERE),
    (Names("yq"), "", Names("security-enable-system-operator"), RUNS),
];

/// Words in the names of options with which programs start others, or read settings that do.
const STARTING_WORDS: Names = Names(
    "callback cmd command compiler config configfile difftool editor eval exec execute executor hook hooks import \
     interpreter javaagent kubeconfig launcher load loader mergetool operator pager plugin plugins preload program rcfile \
     renderer require rsh run runner shell spawn ssh wrapper",
);

/// Programs whose options are known: others start nothing.
const KNOWN_OPTIONS: Names = Names("git find gfind curl wget sed gsed awk gawk mawk nawk rg fd fdfind sort cmake");

/// Programs that take a word that begins with `@` for no file with more arguments.
const WITHOUT_ARGUMENT_FILES: Names = Names(
    "bun bunx cargo curl docker fd fdfind find gh git go helm jq kubectl npm npx pip pip3 pnpm podman printf rg rsync scp \
     sed sort ssh wget yarn",
);

/// Whether an option of any program says that it starts another one. Programs take the beginning of a name, too.
fn starts_by_name(option: &str) -> bool {
    let name = option.trim_start_matches('-').split('=').next().unwrap_or_default();
    let name = name.to_ascii_lowercase();
    let (first, last) = name.rsplit_once('-').unwrap_or(("", &name));
    let is_short = !option.starts_with("--") && name.len() < 4;
    // `--no-run` keeps a program from doing it.
    if first == "no" {
        return false;
    }
    let is_beginning = !last.is_empty() && STARTING_WORDS.has_beginning(last);
    option.starts_with('-') && !is_short && (is_beginning || first.split('-').any(|word| STARTING_WORDS.contains(word)))
}

/// The harmless options of a program that has more dangerous ones: any other is a hazard.
struct HarmlessOptions {
    program: &'static str,
    short: &'static str,
    short_valued: &'static str,
    long: Names,
    long_valued: Names,
}

/// From curl(1) and wget(1).
const HARMLESS_OPTIONS: [HarmlessOptions; 2] = [
    HarmlessOptions {
        program: "curl",
        short: "sSLfIivkgGN46#",
        short_valued: "XHdAmwu",
        long: Names(
            "silent show-error location fail fail-with-body head include verbose insecure globoff get no-buffer ipv4 ipv6 \
             compressed http1.1 http2 no-progress-meter progress-bar version help",
        ),
        long_valued: Names(
            "request header data data-raw json user-agent max-time connect-timeout retry retry-delay write-out user \
             max-redirs",
        ),
    },
    HarmlessOptions {
        program: "wget",
        short: "qvcSN46",
        short_valued: "tTU",
        long: Names("quiet verbose no-verbose continue spider server-response no-check-certificate"),
        long_valued: Names("tries timeout user-agent header"),
    },
];

impl HarmlessOptions {
    /// What in the arguments is not harmless: other options, values that name files, and addresses that do.
    fn hazards(&self, words: &[ShellWord]) -> Vec<Hazard> {
        let mut found = Vec::new();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let text = word.text();
            let (is_known, value) = match (text.strip_prefix("--"), text.strip_prefix('-')) {
                (Some(long), _) => match long.split_once('=') {
                    Some((name, value)) => (self.long_valued.contains(name), Some(value)),
                    None if self.long_valued.contains(long) => (true, words.next().map(ShellWord::text)),
                    None => (self.long.contains(long), None),
                },
                (None, Some(letters)) => match letters.char_indices().find(|(_, c)| !self.short.contains(*c)) {
                    // The first that takes a value has the rest for it, or the next word.
                    Some((at, c)) if self.short_valued.contains(c) => match &letters[at + 1..] {
                        "" => (true, words.next().map(ShellWord::text)),
                        value => (true, Some(value)),
                    },
                    Some(_) => (false, None),
                    None => (true, None),
                },
                (None, None) if !self.is_plain_address(text) => {
                    found.push(Hazard::new(&word.raw, ELSEWHERE));
                    continue;
                }
                (None, None) => continue,
            };
            if !is_known {
                found.push(Hazard::new(text.split('=').next().unwrap_or(text), WRITES));
            }
            if let Some(value) = value.filter(|value| value.starts_with(['@', '<']) || value.contains("%output")) {
                found.push(Hazard::new(value, ELSEWHERE));
            }
        }
        found
    }

    /// Whether an address is one of the web, without parts that the program fills in; and for a program that names a file
    /// after it, an address that is written as that file is called.
    fn is_plain_address(&self, text: &str) -> bool {
        let lower = text.to_ascii_lowercase();
        let is_of_web = lower.starts_with("http://") || lower.starts_with("https://");
        let is_host = !text.contains(['{', '[', '@', '<'])
            && text
                .split_once(':')
                .is_none_or(|(_, port)| port.starts_with(|c: char| c.is_ascii_digit()));
        (is_of_web || is_host) && (self.program == "curl" || !text.contains('%'))
    }
}

/// Programs that write files which their arguments do not name.
pub(crate) const UNPACKERS: Names =
    Names("tar bsdtar unzip cpio 7z patch rsync gunzip unxz bunzip2 unzstd gzip xz bzip2 zstd");

/// Whether a program writes the files that its input names.
fn unpacks(name: &str, rest: &[ShellWord]) -> bool {
    let has = |short: &str, long: &'static str| !options(rest, short, &Names(long), UNPACKS).is_empty();
    let first = rest.first().map(ShellWord::text).unwrap_or_default();
    match name {
        "tar" | "bsdtar" => has("x", "extract get") || (!first.starts_with('-') && first.contains('x')),
        "cpio" => has("ip", "extract pass-through"),
        "7z" => matches!(first, "x" | "e"),
        "unzip" => !matches!(first, "-l" | "-t" | "-v" | "-Z" | "-p"),
        "patch" => !has("", "dry-run"),
        "gunzip" | "unxz" | "bunzip2" | "unzstd" => !has("c", "stdout to-stdout"),
        "gzip" | "xz" | "bzip2" | "zstd" => {
            has("drN", "decompress uncompress recursive name files filelist") && !has("c", "stdout to-stdout")
        }
        _ => false,
    }
}

/// Whether a command changes files that its arguments do not name.
pub(crate) fn changes_unnamed_files(words: &[ShellWord]) -> bool {
    match program(words) {
        Some("git") => git::changes_files(words),
        name => name.is_some_and(|name| UNPACKERS.contains(name)),
    }
}

/// Programs whose options write nothing and run nothing, so that even a name of a file that looks like one is harmless.
pub(crate) const READERS: Names = Names(
    "ls cat head tail wc grep egrep fgrep echo printf pwd which type stat du df diff cmp basename dirname \
     realpath readlink cut tr nl tac rev md5sum sha1sum sha256sum whoami id uname true false hexdump od",
);

/// Options of these make them read more than they name.
const READERS_WITH_OPTIONS: Names = Names("grep egrep fgrep diff wc du md5sum sha1sum sha256sum");

/// Programs that only read as long as no hazard is found in their arguments.
const READERS_BY_DEFAULT: Names = Names("find gfind rg sed gsed awk gawk mawk nawk sort jq");

/// Whether a command writes to nothing that its arguments name.
pub(crate) fn only_reads(words: &[ShellWord], hazards: &[Hazard]) -> bool {
    let Some(name) = program(words) else { return false };
    if READERS.contains(name) {
        return true;
    }
    let reads = READERS_BY_DEFAULT.contains(name) || (name == "git" && git::only_reads(words));
    reads && hazards.is_empty() && words.iter().all(|word| word.value.is_some())
}

/// Variables that change how a program talks, and not what it does.
const HARMLESS_VARIABLES: Names = Names(
    "LANG TZ PORT NODE_ENV NO_COLOR FORCE_COLOR CLICOLOR CLICOLOR_FORCE COLUMNS LINES TERM CI RUST_BACKTRACE RUST_LOG \
     CARGO_TERM_COLOR PYTHONUNBUFFERED",
);

/// Whether a variable that is set changes nothing but how programs talk, with a value that `make` leaves as it is.
fn is_harmless_assignment(name: &str, raw: &str) -> bool {
    is_harmless_variable(name) && !raw.contains('$')
}

/// Whether setting a variable changes nothing but how programs talk.
pub(crate) fn is_harmless_variable(name: &str) -> bool {
    HARMLESS_VARIABLES.contains(name) || name.starts_with("LC_")
}

/// What a wildcard does not cover in a command.
pub(crate) fn hazards(command: &ShellCommand) -> Vec<Hazard> {
    let mut found = Vec::new();
    for (name, raw) in &command.assignments {
        if !is_harmless_assignment(name, raw) {
            found.push(Hazard::new(raw, SETS));
        }
    }
    let words = &command.words;
    let Some(name) = program(words) else {
        return found;
    };
    let rest = &words[1..];
    let (name, rest) = module(name, rest);
    found.extend(of_patterns(name, rest));
    let shows_secret = |word: &&ShellWord| word.value.is_none() && names_secret(&word.raw);
    found.extend(
        rest.iter()
            .filter(shows_secret)
            .map(|word| Hazard::new(&word.raw, "it may show a secret")),
    );
    found.extend(of_options(name, rest));
    if unpacks(name, rest) {
        // Those are what a text says that the model may have written: the rule has to spell out which. What comes on
        // stdin cannot be spelled out.
        let is_named = match name {
            "cpio" => false,
            "patch" => !options(rest, "i", &Names("input"), UNPACKS).is_empty(),
            _ => true,
        };
        let input = if is_named { "" } else { " < its input" };
        found.push(Hazard::new(&format!("{}{input}", typed(rest)), UNPACKS));
    }
    if name == "git" {
        found.extend(git::hazards(command));
    }
    found.extend(hazards_of(name, rest));
    found
}

/// Whether a word has a variable that is named like a secret.
fn names_secret(raw: &str) -> bool {
    const PARTS: [&str; 7] = ["TOKEN", "SECRET", "KEY", "PASSW", "CREDENTIAL", "AUTH", "PRIVATE"];
    raw.split('$').skip(1).any(|text| {
        let name: String = text
            .trim_start_matches('{')
            .chars()
            .take_while(|c| *c == '_' || c.is_alphanumeric())
            .collect();
        PARTS.iter().any(|part| name.to_ascii_uppercase().contains(part))
    })
}

/// Patterns for file names where a name can be more than a file to the program.
fn of_patterns(name: &str, rest: &[ShellWord]) -> Vec<Hazard> {
    let has_options = READERS_WITH_OPTIONS.contains(name);
    if READERS.contains(name) && !has_options {
        return Vec::new();
    }
    // Whatever such a pattern matches has the name of this option, and only chooses files.
    let is_value = |word: &ShellWord| {
        has_options && (word.text().starts_with("--include=") || word.text().starts_with("--exclude="))
    };
    let is_operand = |at: usize| name == "git" && at > 1 && rest[1].text() == "--";
    let passes = |at: usize| {
        let word = &rest[at];
        !is_value(word) && ((word.may_be_option() && !is_operand(at)) || !is_file(name, rest, at))
    };
    let patterns = (0..rest.len()).filter(|at| rest[*at].has_glob && passes(*at));
    let hazard = |at: usize| Hazard::new(&rest[at].raw, "a file name can pass for something else");
    patterns.map(hazard).collect()
}

/// Options that the tables name.
fn of_options(name: &str, rest: &[ShellWord]) -> Vec<Hazard> {
    let mut found = Vec::new();
    if let Some(options) = HARMLESS_OPTIONS.iter().find(|options| options.program == name) {
        found.extend(options.hazards(rest));
    }
    if !READERS.contains(name) && !TEXTUAL.contains(name) {
        let starts = |word: &ShellWord| !KNOWN_OPTIONS.contains(name) && starts_by_name(word.text());
        let names_arguments = |word: &ShellWord| {
            word.text().len() > 1 && word.text().starts_with('@') && !WITHOUT_ARGUMENT_FILES.contains(name)
        };
        for word in rest {
            if starts(word) {
                found.push(Hazard::new(word.text().split('=').next().unwrap_or_default(), RUNS));
            } else if names_arguments(word) {
                found.push(Hazard::new(word.text(), ELSEWHERE));
            }
        }
    }
    for (_, short, long, why) in OPTIONS.iter().filter(|(known, ..)| known.contains(name)) {
        found.extend(options(rest, short, long, why));
        // These take long options behind one dash, too.
        if matches!(name, "npm" | "pnpm") {
            let shortened = |word: &&ShellWord| {
                let option = word
                    .text()
                    .strip_prefix('-')
                    .and_then(|option| option.split('=').next());
                option.is_some_and(|option| option.len() > 1 && long.has_beginning(option))
            };
            found.extend(rest.iter().filter(shortened).map(|word| Hazard::new(word.text(), why)));
        }
    }
    found
}

/// Programs that take each operand for a file, or for a text that they run in no way.
const TAKE_FILES: Names = Names(
    "rm cp mv ln mkdir rmdir touch chmod chown tee cd test [ [[ find gfind rg sort uniq shuf paste join comm fold bat less \
     strings file tree zip unzip rustfmt gofmt black flake8 mypy pylint pytest ruff eslint prettier tsc jest shellcheck",
);

/// Whether a word can only be a file to the program. Where it can be a program text, a subcommand, a setting or an address,
/// a name that a pattern matches is one, and the model chooses names of files.
fn is_file(name: &str, rest: &[ShellWord], at: usize) -> bool {
    let text = |at: usize| rest.get(at).map_or("", ShellWord::text);
    let follows_option = at > 0 && text(at - 1).starts_with('-');
    let has_subcommand = at > 0 && rest[0].known().is_some_and(|word| !word.starts_with('-'));
    match name {
        "sed" | "gsed" => at >= files_behind_script(rest, "nErsuz", ""),
        "awk" | "gawk" | "mawk" | "nawk" => at >= files_behind_script(rest, "", "F"),
        "jq" => at >= files_behind_script(rest, "rcesnSMCja", ""),
        // The archive may be on another machine.
        "tar" | "bsdtar" => at > 1 && !follows_option && text(0).chars().all(|c| "-ctzjJvfap".contains(c)),
        "rsync" | "scp" => text(at).find(['*', '?', '[']) > text(at).find('/') && text(at).contains('/'),
        "git" => git::takes_files(rest, at),
        "cargo" | "go" | "npm" | "pnpm" | "yarn" | "pip" | "pip3" | "gh" | "7z" => has_subcommand,
        _ => READERS.contains(name) || TAKE_FILES.contains(name),
    }
}

/// The index of the first word that is a file to a program whose first operand is a program text. `flags` stand alone,
/// `valued` have their value in the same word; behind any other option nothing is known to be a file.
fn files_behind_script(rest: &[ShellWord], flags: &str, valued: &str) -> usize {
    let is_flag = |word: &ShellWord| {
        let letters = word.known().and_then(|text| text.strip_prefix('-')).unwrap_or_default();
        let has_value = letters.len() > 1 && letters.starts_with(|c| valued.contains(c));
        has_value || (!letters.is_empty() && letters.chars().all(|c| flags.contains(c)))
    };
    let script = rest.iter().position(|word| !is_flag(word)).unwrap_or(rest.len());
    match rest.get(script).and_then(ShellWord::known) {
        Some(text) if !text.starts_with('-') => script + 1,
        _ => rest.len(),
    }
}

/// What a wildcard does not cover in the arguments of programs that need more than a table of options.
fn hazards_of(name: &str, rest: &[ShellWord]) -> Vec<Hazard> {
    let of = |words: &[ShellWord], is_hazard: &dyn Fn(&ShellWord) -> bool, why| -> Vec<Hazard> {
        let words = words.iter().filter(|word| is_hazard(word));
        words.map(|word| Hazard::new(&word.raw, why)).collect()
    };
    let all = |is_hazard: &dyn Fn(&ShellWord) -> bool, why| of(rest, is_hazard, why);
    let first = |is_hazard: &dyn Fn(&ShellWord) -> bool, why| of(&rest[..rest.len().min(1)], is_hazard, why);
    match name {
        "find" | "gfind" => find(rest),
        // GCC manual, `clang --help-hidden`
        "cc" | "c++" | "gcc" | "g++" | "clang" | "clang++" | "clang-tidy" => {
            const STARTING: [&str; 6] = ["-B", "-fplugin", "-specs", "-load", "-Xclang", "--specs"];
            all(
                &|word| STARTING.iter().any(|option| word.text().starts_with(option)),
                RUNS,
            )
        }
        "awk" | "gawk" | "mawk" | "nawk" => all(&|word| !is_harmless_awk(word.text()), RUNS),
        "tar" | "bsdtar" => {
            // The old way, without a dash.
            let old = |word: &ShellWord| {
                !word.text().starts_with('-') && word.text().contains(['I', 'F', 'P', 'T', 'M', 'L'])
            };
            let elsewhere = all(&|word| word.text().contains(':'), "an archive on another machine");
            first(&old, RUNS).into_iter().chain(elsewhere).collect()
        }
        // It goes where links lead.
        "ls" if !options(rest, "R", &Names("recursive"), "").is_empty() => {
            options(rest, "L", &Names("dereference"), ELSEWHERE)
        }
        "sed" | "gsed" => sed(rest),
        // A toolchain by its path.
        "cargo" | "rustc" | "rustdoc" => first(&|word| word.text().starts_with('+') && word.text().contains('/'), RUNS),
        "export" | "unset" | "read" => {
            let name = |word: &ShellWord| word.text().split(['=', '+']).next().unwrap_or_default().to_owned();
            all(
                &|word| !word.text().starts_with('-') && !is_harmless_variable(&name(word)),
                SETS,
            )
        }
        "printf" => first(&|word| !is_plain_format(word.known()), RUNS),
        "env" => {
            let sets = |text: &str| {
                text.split_once('=')
                    .is_some_and(|(name, _)| !is_harmless_variable(name))
            };
            all(&|word| word.value.is_none() || sets(word.text()), SETS)
        }
        // Parts of a name that the program puts together.
        "split" | "csplit" | "mktemp" | "gzip" | "xz" | "bzip2" | "zstd" => {
            all(&|word| begins_protected_name(word.text()), WRITES)
        }
        "jq" => all(
            &|word| brings_modules(word.text()) || shows_environment(word.text()),
            ELSEWHERE,
        ),
        // There are two programs of that name: one is `jq` for YAML, the other has its own functions.
        "yq" => all(
            &|word| {
                let text = word.text();
                brings_modules(text) || shows_environment(text) || text.contains("env") || text.contains("load")
            },
            ELSEWHERE,
        ),
        "sqlite3" => sqlite(rest),
        // What it reads may run programs.
        "psql" if options(rest, "cl", &Names("command list"), RUNS).is_empty() => {
            vec![Hazard::new(&typed(rest), RUNS)]
        }
        "go" => all(&|word| word.text() == "-w", WRITES),
        "npm" | "pnpm" | "yarn" | "pip" | "pip3" | "gh" => {
            const SETTINGS: Names = Names("config set c -g --global alias extension");
            let why = "it changes settings of the user";
            all(&|word| SETTINGS.contains(word.text()), why)
        }
        "make" | "gmake" => all(&|word| word.text().contains('=') && !word.text().starts_with('-'), SETS),
        _ => Vec::new(),
    }
}

/// Whether a program for `jq` reads others: it has a word for that, and not as the name of a field.
fn brings_modules(text: &str) -> bool {
    let is_word = |word| text.match_indices(word).any(|(at, _)| !text[..at].ends_with('.'));
    is_word("import") || is_word("include")
}

/// Whether a program for `jq` reads the variables of the environment: `env` or `$ENV`, and not as the name of a field or
/// as a text.
fn shows_environment(text: &str) -> bool {
    let is_name = |c: char| c == '_' || c.is_alphanumeric();
    let reads = |name: &str| {
        text.match_indices(name).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let after = text[at + name.len()..].chars().next();
            let is_field = before == Some('.') || after == Some(':');
            let is_text = before == Some('"') && after == Some('"');
            !is_field && !is_text && !before.is_some_and(is_name) && !after.is_some_and(is_name)
        })
    };
    // There may be white space behind the dollar.
    reads("env") || reads("ENV") || text.contains("__prog")
}

/// What in the arguments of `find` is more than a test.
fn find(words: &[ShellWord]) -> Vec<Hazard> {
    let mut found = Vec::new();
    let mut runs = false;
    for word in words {
        if runs {
            // These words are another program's.
            runs = !matches!(word.text(), ";" | "+");
        } else if word.may_be_option() && !is_find_test(word.text()) {
            runs = matches!(word.text(), "-exec" | "-execdir");
            found.push(Hazard::new(word.text(), "it acts on what it finds"));
        }
    }
    found
}

/// A question to the database in the line is harmless; what `sqlite3` reads from its input may be anything.
fn sqlite(words: &[ShellWord]) -> Vec<Hazard> {
    const POWERS: Names = Names("readfile writefile edit load_extension fsdir zipfile lsmode");
    const HARMLESS: Names =
        Names("-header -noheader -csv -json -line -list -markdown -table -box -column -readonly -batch");
    let is_question = |word: &ShellWord| {
        let text = word.text().trim().to_ascii_lowercase();
        let mut names = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        text.starts_with("select ") && !text.contains(';') && !names.any(|name| POWERS.contains(name))
    };
    // Any other option may take what looks like the database.
    let operands: Vec<&ShellWord> = words.iter().filter(|word| !HARMLESS.contains(word.text())).collect();
    if matches!(operands.as_slice(), [_, question] if is_question(question)) {
        return Vec::new();
    }
    vec![Hazard::new(words.last().map_or("sqlite3", |word| &word.raw), RUNS)]
}

/// Whether a format of `printf` sets no variable: no option, and no `%n`.
pub(super) fn is_plain_format(format: Option<&str>) -> bool {
    format.is_some_and(|format| {
        let mut conversions = format.split('%').skip(1);
        let kind = |text: &str| {
            text.trim_start_matches(|c: char| c.is_ascii_digit() || "#-+ .*'hlLjzt".contains(c))
                .chars()
                .next()
        };
        !format.starts_with('-') && !conversions.any(|text| kind(text) == Some('n'))
    })
}

/// `python3 -m pytest` is `pytest`.
fn module<'w>(name: &'w str, rest: &'w [ShellWord]) -> (&'w str, &'w [ShellWord]) {
    match rest {
        [flag, module, rest @ ..] if name.starts_with("python") && flag.text() == "-m" => (module.text(), rest),
        _ => (name, rest),
    }
}

/// Options, alone, in a bundle, with their value, and shortened.
fn options(words: &[ShellWord], short: &str, long: &Names, why: &'static str) -> Vec<Hazard> {
    let mut found = Vec::new();
    // Also behind `--`: that may be the value of an option.
    for word in words {
        let text = word.text();
        let is_hazard = if let Some(name) = text.strip_prefix("--") {
            let name = name.split('=').next().unwrap_or(name);
            !name.is_empty() && long.has_beginning(name)
        } else if let Some(letters) = text.strip_prefix('-') {
            let name = letters.split('=').next().unwrap_or(letters);
            letters.chars().any(|c| short.contains(c)) || (name.len() > 1 && long.contains(name))
        } else {
            text.starts_with('+') && short.contains('+')
        };
        if is_hazard {
            found.push(Hazard::new(text.split('=').next().unwrap_or(text), why));
        }
    }
    found
}

/// Options of `find` that only choose and print. Any other acts, or is not known.
fn is_find_test(option: &str) -> bool {
    const TESTS: Names = Names(
        "-H -P -a -amin -and -anewer -atime -cmin -cnewer -ctime -daystart -depth -empty -executable -false -gid \
     -group -iname -inum -ipath -iregex -iwholename -links -ls -maxdepth -mindepth -mmin -mount -mtime -name \
     -newer -newermt -nogroup -noleaf -not -nouser -o -or -path -perm -print -print0 -printf -prune -quit \
     -readable -regex -regextype -size -true -type -uid -user -wholename -writable -xdev -xtype",
    );
    // A number that an option takes: `-mtime -1`.
    TESTS.contains(option)
        || option
            .strip_prefix('-')
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

fn is_harmless_awk(text: &str) -> bool {
    const POWERS: [&str; 9] = [
        "system", "|", "getline", "@", "close", "ENVIRON", "ARGV", "SYMTAB", "FUNCTAB",
    ];
    // What stands between fields.
    if text.starts_with("-F") {
        return true;
    }
    let plain = text.replace(">=", "").replace("||", "");
    // Before the first action, and where nothing is printed, it compares.
    let actions = plain.split_once('{').map_or("", |(_, actions)| actions);
    let writes = actions.contains('>') && actions.contains("print");
    let option = text.starts_with('-') && !text.starts_with("-F") && !text.starts_with("-v");
    !writes && !option && !POWERS.iter().any(|power| plain.contains(power))
}

/// A program for `sed` that only prints, deletes and replaces is harmless; every other is not.
fn sed(words: &[ShellWord]) -> Vec<Hazard> {
    let mut found = Vec::new();
    let mut has_script = false;
    let mut script_next = false;
    for word in words {
        let text = word.text();
        let is_plain = matches!(
            text,
            "-n" | "-E" | "-r" | "-s" | "-u" | "-z" | "-nE" | "-nr" | "-En" | "-rn"
        );
        if script_next || (!has_script && !text.starts_with('-')) {
            script_next = false;
            has_script = true;
            if !is_harmless_script(text) {
                found.push(Hazard::new(&word.raw, RUNS));
            }
        } else if text == "-e" {
            script_next = true;
        } else if text.starts_with('-') && !is_plain {
            found.push(Hazard::new(text, WRITES));
        }
    }
    found
}

/// What stands behind the addresses of a command: `p` in `/a/,$p`. None when they are not plain.
fn after_addresses(command: &str) -> Option<&str> {
    let mut rest = command;
    loop {
        rest = match rest.strip_prefix('/') {
            Some(open) => behind_expression(open)?,
            None => rest.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '$' | '+' | '~')),
        };
        match rest.strip_prefix(',') {
            Some(next) => rest = next,
            None => return Some(rest.trim_start_matches([' ', '!'])),
        }
    }
}

/// What stands behind the expression of an address. None when it holds a bracket, in which a slash may not end it.
fn behind_expression(open: &str) -> Option<&str> {
    let mut chars = open.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => drop(chars.next()?),
            '[' => return None,
            '/' => return Some(&open[at + 1..]),
            _ => {}
        }
    }
    None
}

/// Whether each bracket of an expression ends in it, so that no `sed` takes what ends it for a part of a bracket.
fn has_whole_brackets(expression: &str) -> bool {
    const CLASSES: [&str; 6] = [
        "[:space:]",
        "[:alpha:]",
        "[:digit:]",
        "[:alnum:]",
        "[:upper:]",
        "[:lower:]",
    ];
    let expression = CLASSES
        .iter()
        .fold(expression.to_owned(), |text, class| text.replace(class, "a"));
    let mut rest = expression.as_str();
    while let Some((_, inner)) = rest.split_once('[') {
        let inner = inner.strip_prefix('^').unwrap_or(inner);
        let Some((letters, after)) = inner.split_once(']') else {
            return false;
        };
        // A `]` at the beginning and a class within are more than we read.
        if letters.is_empty() || letters.contains('[') {
            return false;
        }
        rest = after;
    }
    true
}

fn is_harmless_script(script: &str) -> bool {
    script.split([';', '\n']).all(|command| {
        let command = command.trim();
        let Some(mut action) = after_addresses(command.trim_end_matches(['}', ' '])) else {
            return false;
        };
        while let Some(inner) = action.strip_prefix('{') {
            match after_addresses(inner.trim_start()) {
                Some(inner) => action = inner,
                None => return false,
            }
        }
        if matches!(action, "" | "p" | "d" | "q" | "=" | "P" | "D" | "n" | "N" | "h" | "H" | "g" | "G" | "x") {
            return true;
        }
        let Some(rest) = action.strip_prefix('s') else {
            return false;
        };
        let Some(mark) = rest.chars().next().filter(|c| c.is_ascii_punctuation() && *c != '\\') else {
            return false;
        };
        let parts: Vec<&str> = rest[1..].split(mark).collect();
        // With an escaped mark the parts are cut wrongly: then it is not for us to say.
        matches!(parts.as_slice(), [from, to, flags]
            if has_whole_brackets(from) && !from.ends_with('\\') && !to.ends_with('\\') && flags.chars().all(|c| matches!(c, 'g' | 'p' | 'i' | 'I') || c.is_ascii_digit()))
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
            ("/a/,/b/p", true),
            ("/a/,$!d", true),
            ("/a/s/b/c/g", true),
            ("/a/,/b/e", false),
            ("/a/,/b/w x", false),
            ("/a/,/b/{p;e}", false),
            ("5{p;q}", true),
            ("/a/{s/b/c/;/d/{p;d}}", true),
            ("5{e}", false),
            ("5{w x}", false),
            ("5{s/a/b/e}", false),
            ("/[/]e x", false),
            ("s#a#b#", true),
            ("s/a/b/e", false),
            ("s/a/b/w /tmp/x", false),
            ("1e rm x", false),
            ("w x", false),
            ("s/a\\/b/c/", false),
            ("s/[a-z]*/b/", true),
            ("s/[/]/g;s/e#/x/", false),
            ("s.[.].g", false),
            ("s/[]/]/g", false),
            ("s/[[:alpha:]/]/g", false),
            ("s/[[:space:]]*$//", true),
            ("/\\.rs/p", true),
            ("/a\\/;e x;/p", false),
            ("10,+5p", true),
            ("1~2d", true),
        ] {
            assert_eq!(is_harmless_script(script), expected, "{script}");
        }
    }
}
