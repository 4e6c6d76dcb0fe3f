//! Commands that run other commands.

use super::texts::program;
use super::{ShellCommand, ShellWord};
use crate::support::names::Names;

/// What a command runs besides itself.
#[derive(Debug, Default)]
pub(crate) struct Wrapper {
    /// Whether it only passes the command on: then it needs no rule of its own.
    pub(crate) is_harmless: bool,
    pub(crate) inner: Vec<WrappedCommand>,
}

/// Something that a command runs.
#[derive(Debug)]
pub(crate) enum WrappedCommand {
    Words(Vec<ShellWord>),
    Line(String),
    /// Words or lines that may be commands, depending on options that we do not follow.
    Perhaps(Vec<ShellWord>),
    /// What it reads from its input.
    Input,
    /// Something that cannot be determined.
    Unknown(&'static str),
}

/// Shells that take a line with `-c`.
pub(crate) const SHELLS: Names = Names("sh bash dash zsh ksh ash mksh rbash fish csh tcsh");

/// Programs that run what their arguments say, somewhere in them.
const RUNNERS: Names = Names(
    "sudo doas su runuser watch parallel flock strace ltrace script ssh chroot unshare nsenter setarch \
     systemd-run firejail bwrap proot fakeroot entr rlwrap unbuffer expect faketime npx bunx pnpx uvx pipx \
     docker podman kubectl nix-shell nix direnv dbus-run-session xvfb-run caffeinate arch valgrind perf gdb \
     hyperfine pkexec chpst taskset chrt prlimit cgexec",
);

/// Programs that take programs of their own language as an argument.
const INTERPRETERS: Names = Names(
    "python python2 python3 pypy3 node nodejs deno bun perl ruby php lua luajit Rscript osascript pwsh \
     powershell tclsh awk mawk nawk sed vim vi ed ex emacs gawk",
);

/// Programs of the shell that change what it makes of what follows, or run a text or a file in it.
const SHELL_CHANGING: Names = Names(
    ". alias bind builtin compgen complete compopt declare enable eval exec fc getopts hash history let local \
     mapfile popd pushd readarray readonly shopt source trap typeset unalias",
);

/// Whether a program changes what the shell makes of later words.
pub(crate) fn changes_the_shell(name: &str) -> bool {
    SHELL_CHANGING.contains(name)
}

/// What a command runs, if it runs another one.
pub(crate) fn unwrap(command: &ShellCommand) -> Option<Wrapper> {
    let words = &command.words;
    let name = program(words)?;
    let rest = &words[1..];
    let harmless = |inner: Option<&[ShellWord]>| match inner {
        Some(inner) => Wrapper {
            is_harmless: true,
            inner: vec![WrappedCommand::Words(inner.to_vec())],
        },
        // Options that we do not follow.
        None => powerful(not_understood(rest)),
    };
    match name {
        "nohup" if !rest.is_empty() => Some(harmless(skip(rest, "", "", 0))),
        "timeout" => Some(harmless(skip(rest, "v", "ks", 1))),
        "nice" => Some(harmless(skip(rest, "0123456789", "n", 0))),
        "ionice" => Some(harmless(skip(rest, "t", "cn", 0))),
        "stdbuf" => Some(harmless(skip(rest, "", "ioe", 0))),
        "setsid" => Some(harmless(skip(rest, "wfc", "", 0))),
        "command" if rest.first().is_some_and(|word| word.text().starts_with('-')) => None,
        "command" => Some(harmless(skip(rest, "", "", 0))),
        "env" => env(rest),
        "xargs" => Some(powerful(xargs(rest))),
        "busybox" | "toybox" => Some(powerful(vec![WrappedCommand::Words(rest.to_vec())])),
        "find" | "gfind" => find(rest),
        "fd" | "fdfind" => {
            let at = rest
                .iter()
                .position(|word| matches!(word.text(), "-x" | "-X" | "--exec" | "--exec-batch"))?;
            Some(powerful(vec![WrappedCommand::Words(with_unknown(&rest[at + 1..]))]))
        }
        "git" => Some(powerful(vec![WrappedCommand::Perhaps(git(rest)?)])),
        name if SHELLS.contains(name) => shell(rest),
        "parallel" => Some(powerful(vec![
            WrappedCommand::Perhaps(rest.to_vec()),
            WrappedCommand::Input,
        ])),
        "at" | "batch" | "crontab" => Some(powerful(vec![WrappedCommand::Input])),
        name if RUNNERS.contains(name) => {
            let is_known = rest.iter().all(|word| word.known().is_some());
            Some(powerful(match is_known {
                true => vec![WrappedCommand::Perhaps(rest.to_vec())],
                false => not_understood(rest),
            }))
        }
        _ => None,
    }
}

/// Whether a program reads code of its own language from its arguments.
pub(crate) fn is_interpreter(name: &str) -> bool {
    let unversioned = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    INTERPRETERS.contains(name) || INTERPRETERS.contains(unversioned)
}

fn powerful(inner: Vec<WrappedCommand>) -> Wrapper {
    Wrapper {
        is_harmless: false,
        inner,
    }
}

/// The words behind the options that we know: `flags` stand alone, `valued` take a value, `operands` come before the
/// command. None when something else is there.
fn skip<'w>(words: &'w [ShellWord], flags: &str, valued: &str, operands: usize) -> Option<&'w [ShellWord]> {
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let value = word.known()?;
        if value == "--" {
            at += 1;
            break;
        }
        if let Some(long) = value.strip_prefix("--") {
            if !matches!(long, "preserve-status" | "foreground" | "verbose")
                && !["kill-after=", "signal=", "adjustment=", "input=", "output=", "error="]
                    .iter()
                    .any(|known| long.starts_with(known))
            {
                return None;
            }
            at += 1;
        } else if let Some(short) = value.strip_prefix('-').filter(|short| !short.is_empty()) {
            let first = short.chars().next()?;
            if valued.contains(first) {
                at += if short.len() > 1 { 1 } else { 2 };
            } else if short.chars().all(|c| flags.contains(c)) {
                at += 1;
            } else {
                return None;
            }
        } else {
            break;
        }
    }
    for operand in words.get(at..at + operands)? {
        operand.known()?;
    }
    let rest = words.get(at + operands..)?;
    (!rest.is_empty()).then_some(rest)
}

fn env(rest: &[ShellWord]) -> Option<Wrapper> {
    // Alone it prints.
    let first = rest.first()?;
    let plain = first
        .known()
        .is_some_and(|value| !value.starts_with('-') && !value.contains('='));
    if plain {
        return Some(Wrapper {
            is_harmless: true,
            inner: vec![WrappedCommand::Words(rest.to_vec())],
        });
    }
    let mut at = 0;
    while let Some(value) = rest.get(at).and_then(ShellWord::known) {
        match value {
            "-i" | "-" | "-0" | "--ignore-environment" | "-v" => at += 1,
            "-u" => at += 2,
            value if value.starts_with("-u") || value.starts_with("--unset=") => at += 1,
            value if !value.starts_with('-') && value.contains('=') => at += 1,
            value if value.starts_with('-') => {
                return Some(powerful(vec![
                    WrappedCommand::Perhaps(rest.to_vec()),
                    WrappedCommand::Unknown("options of `env`"),
                ]));
            }
            _ => break,
        }
    }
    Some(powerful(match rest.get(at..) {
        Some([]) | None => Vec::new(),
        Some(inner) => vec![WrappedCommand::Words(inner.to_vec())],
    }))
}

/// The commands that `find` runs on what it finds: it ends them with `;`, or `+` behind `{}`.
fn find_actions(rest: &[ShellWord]) -> Vec<&[ShellWord]> {
    let mut actions = Vec::new();
    let mut rest = rest;
    while let Some(at) = rest
        .iter()
        .position(|word| matches!(word.text(), "-exec" | "-execdir" | "-ok" | "-okdir"))
    {
        rest = &rest[at + 1..];
        let ends = |at: &usize| {
            rest[*at].text() == ";" || (rest[*at].text() == "+" && *at > 0 && rest[*at - 1].text() == "{}")
        };
        let end = (0..rest.len()).find(ends).unwrap_or(rest.len());
        actions.push(&rest[..end]);
        rest = &rest[end..];
    }
    actions
}

/// What `find` runs on the files that it finds, when that is all that it does with them, and their names come last.
pub(crate) fn of_find(rest: &[ShellWord]) -> Option<Vec<ShellWord>> {
    let at = rest.iter().position(|word| word.text() == "-exec")?;
    match find_actions(rest).as_slice() {
        [[words @ .., last]]
            if last.text() == "{}"
                && words.iter().all(|word| !word.text().contains("{}"))
                // The action, its end, and nothing behind.
                && at + words.len() + 3 == rest.len() =>
        {
            Some(words.to_vec())
        }
        _ => None,
    }
}

struct XargsOptions<'w> {
    end: usize,
    /// The placeholder of the words from the input.
    placeholder: Option<&'w str>,
    /// Whether it adds whole lines or words of its input, and nothing else, behind the words of its program.
    is_plain: bool,
}

fn xargs_options(rest: &[ShellWord]) -> Option<XargsOptions<'_>> {
    let mut options = XargsOptions {
        end: 0,
        placeholder: None,
        is_plain: true,
    };
    while let Some(option) = rest.get(options.end).map(ShellWord::known) {
        let option = option?;
        if !option.starts_with('-') {
            break;
        }
        options.end += 1;
        if matches!(
            option,
            "-0" | "-r" | "-t" | "-x" | "-p" | "--null" | "--no-run-if-empty" | "--verbose"
        ) {
            continue;
        }
        options.is_plain &= option.starts_with("-n") || option.starts_with("-P");
        if let Some(long) = option.strip_prefix("--") {
            // Others, and their beginnings, are not followed.
            match long.split_once('=')? {
                ("replace", value) => options.placeholder = Some(value),
                ("max-args" | "max-lines" | "max-procs" | "max-chars" | "delimiter" | "eof" | "arg-file", _) => {}
                _ => return None,
            }
            continue;
        }
        let (letter, value) = option.split_at_checked(2)?;
        let value = match value {
            "" => {
                options.end += 1;
                rest.get(options.end - 1)?.known()?
            }
            value => value,
        };
        match letter {
            "-I" => options.placeholder = Some(value),
            "-n" | "-P" | "-L" | "-s" if value.bytes().all(|c| c.is_ascii_digit()) => {}
            "-d" | "-E" | "-a" => {}
            _ => return None,
        }
    }
    Some(options)
}

/// What `xargs` runs, when it puts the words of its input behind, and whether they end with a zero byte.
pub(crate) fn of_xargs(rest: &[ShellWord]) -> Option<(Vec<ShellWord>, bool)> {
    let options = xargs_options(rest).filter(|options| options.is_plain)?;
    let (options, inner) = rest.split_at(options.end);
    let is_zero = |word: &ShellWord| matches!(word.text(), "-0" | "--null");
    (!inner.is_empty()).then(|| (inner.to_vec(), options.iter().any(is_zero)))
}

/// `xargs` puts words behind those that are given, or in the place of one.
fn xargs(rest: &[ShellWord]) -> Vec<WrappedCommand> {
    let Some(options) = xargs_options(rest) else {
        return not_understood(rest);
    };
    let inner = &rest[options.end..];
    vec![WrappedCommand::Words(match options.placeholder {
        _ if inner.is_empty() => with_unknown(&[ShellWord::literal("echo")]),
        // What stands in the place of these words comes from the input.
        Some(placeholder) => {
            let fill = |word: &ShellWord| match word.text().contains(placeholder) {
                true => ShellWord::unknown(&word.raw),
                false => word.clone(),
            };
            inner.iter().map(fill).collect()
        }
        None => with_unknown(inner),
    })]
}

/// Words that may hold a command in a place that we do not know.
fn not_understood(words: &[ShellWord]) -> Vec<WrappedCommand> {
    vec![
        WrappedCommand::Perhaps(words.to_vec()),
        WrappedCommand::Unknown("it runs another program, in a way that is not followed"),
    ]
}

/// How words are shown that a program adds.
const ADDED: &str = "...";

fn with_unknown(words: &[ShellWord]) -> Vec<ShellWord> {
    let mut words = words.to_vec();
    words.push(ShellWord::unknown(ADDED));
    words
}

fn shell(rest: &[ShellWord]) -> Option<Wrapper> {
    let unknown = |why| {
        Some(powerful(vec![
            WrappedCommand::Perhaps(rest.to_vec()),
            WrappedCommand::Unknown(why),
        ]))
    };
    let mut takes_line = false;
    for word in rest {
        let Some(value) = word.value.as_deref() else {
            return unknown("it runs what it does not know");
        };
        if value == "--" {
            continue;
        }
        if value.starts_with('-') || value.starts_with('+') {
            if matches!(value, "--version" | "--help") {
                return None;
            }
            takes_line |= !value.starts_with("--") && value.contains('c');
            let known = value.starts_with('-') && value[1..].chars().all(|c| "cexulirnhmv".contains(c));
            if !known && !matches!(value, "--norc" | "--noprofile" | "--posix" | "--login") {
                return unknown("options of a shell");
            }
            continue;
        }
        // What follows a line are its `$0`, `$1`, ...
        return Some(powerful(match takes_line {
            true => vec![WrappedCommand::Line(value.to_owned())],
            false => Vec::new(),
        }));
    }
    Some(powerful(vec![WrappedCommand::Input]))
}

/// What `find` runs on what it finds.
fn find(rest: &[ShellWord]) -> Option<Wrapper> {
    let unknown = rest.iter().position(|word| word.value.is_none());
    let mut inner: Vec<WrappedCommand> = unknown
        .map(|at| WrappedCommand::Perhaps(rest[at..].to_vec()))
        .into_iter()
        .collect();
    for action in find_actions(rest) {
        let fill = |word: &ShellWord| match word.text().contains("{}") {
            true => ShellWord::unknown("{}"),
            false => word.clone(),
        };
        inner.push(match action {
            [] => WrappedCommand::Unknown("it runs what it does not know"),
            words => WrappedCommand::Words(words.iter().map(fill).collect()),
        });
    }
    (!inner.is_empty()).then(|| powerful(inner))
}

/// What git runs because of its arguments.
fn git(rest: &[ShellWord]) -> Option<Vec<ShellWord>> {
    let mut inner = Vec::new();
    let mut before = "";
    for (index, word) in rest.iter().enumerate() {
        let text = word.text();
        match (before, text) {
            ("-x" | "--exec", _) | ("foreach" | "run", _) => inner.extend(rest[index..].iter().cloned()),
            (before, text) => {
                if let Some((name, value)) = text.split_once('=')
                    && (!name.starts_with('-') && before.starts_with('-') || super::git::is_hazard(name))
                {
                    inner.push(ShellWord::literal(value.trim_start_matches('!')));
                }
            }
        }
        before = text;
    }
    (!inner.is_empty()).then_some(inner)
}
