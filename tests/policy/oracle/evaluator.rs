//! Computes from the tree of a line what bash must do.
//!
//! Goes out: the commands with their arguments, or why that cannot be computed: the line depends on variables of bash's
//! own, on time, or never ends. Commands print nothing, so each `$( … )` is empty.

use std::collections::{BTreeMap, BTreeSet};

use opencode_rs::permission::shell::tree::{
    AndOrList, Assignment, CommandList, CommandNode, Connector, Pipeline, Redirect, SimpleCommand, Stage, WordNode,
    WordPart,
};

use super::bash::{FAILING, MOST_SUCCESSES, READER, RECORDED, Record, Surroundings};

/// A line that takes more steps never ends.
const MOST_STEPS: usize = 3000;

type Result<T> = std::result::Result<T, &'static str>;

#[derive(Debug)]
pub(super) struct Expected {
    pub(super) records: Vec<Record>,
    pub(super) files: BTreeSet<String>,
    /// Whether the order is certain.
    pub(super) is_ordered: bool,
}

impl Expected {
    pub(super) fn difference(&self, seen: &[Record], files: &BTreeSet<String>) -> Option<String> {
        let is_same = |one: &Record, other: &Record| {
            one.words == other.words
                && one.variables == other.variables
                && (one.input.is_none() || one.input == other.input)
        };
        let mut left = seen.to_vec();
        // First those whose input is known: the others take any.
        let (known, unknown): (Vec<_>, Vec<_>) = self
            .records
            .iter()
            .partition(|record| record.input.is_some() || self.is_ordered);
        for record in known.into_iter().chain(unknown) {
            match left.iter().position(|other| is_same(record, other)) {
                Some(at) if at == 0 || !self.is_ordered => drop(left.remove(at)),
                _ => return Some(format!("it does not run {:?} there", record.words)),
            }
        }
        if let Some(record) = left.first() {
            return Some(format!("it runs {:?} too", record.words));
        }
        (self.files != *files).then(|| "other files".to_owned())
    }
}

pub(super) fn evaluate(list: &CommandList, surroundings: &Surroundings) -> Result<Expected> {
    let mut world = World {
        surroundings: surroundings.clone(),
        records: Vec::new(),
        files: BTreeSet::new(),
        read: BTreeSet::new(),
        is_ordered: true,
        steps: 0,
    };
    let mut shell = Shell {
        variables: BTreeMap::from([
            ("HOME".to_owned(), surroundings.home.clone()),
            ("PWD".to_owned(), surroundings.directory.clone()),
        ]),
        status: 0,
        input: Input::Empty,
        is_unopened: false,
    };
    shell.list(list, &mut world)?;
    if !world.is_ordered && world.records.len() > MOST_SUCCESSES {
        return Err("which command fails is a matter of time");
    }
    if !world.is_ordered && world.read.intersection(&world.files).next().is_some() {
        return Err("whether a file is there is a matter of time");
    }
    Ok(Expected {
        records: world.records,
        files: world.files,
        is_ordered: world.is_ordered,
    })
}

/// What all processes of a line share.
struct World {
    surroundings: Surroundings,
    records: Vec<Record>,
    /// Files that are there.
    files: BTreeSet<String>,
    /// Files that the line looks for.
    read: BTreeSet<String>,
    is_ordered: bool,
    steps: usize,
}

/// What standard input holds.
#[derive(Clone)]
enum Input {
    Empty,
    Text(String),
    Unknown,
}

/// A process of the shell.
#[derive(Clone)]
struct Shell {
    variables: BTreeMap<String, String>,
    status: u8,
    input: Input,
    /// The last command was compound, and its redirections failed: bash does not negate that.
    is_unopened: bool,
}

/// What a path is in the directory where the line runs.
enum Place {
    /// `/dev/null`
    Null,
    Directory,
    File(String),
    /// Nothing can be there.
    Nowhere,
}

impl World {
    fn step(&mut self) -> Result<()> {
        self.steps += 1;
        if self.steps > MOST_STEPS {
            return Err("it does not end");
        }
        Ok(())
    }

    fn place(&self, path: &str) -> Result<Place> {
        let Surroundings { home, directory } = &self.surroundings;
        let (folder, name) = match path.strip_prefix(home.as_str()) {
            Some("" | "/") => return Ok(Place::Directory),
            Some(rest) if rest.starts_with('/') => (home, &rest[1..]),
            Some(_) => return Err("a path beside the home"),
            None => (directory, path),
        };
        Ok(match name {
            "/dev/null" if folder == directory => Place::Null,
            "" => Place::Nowhere,
            "." | ".." => Place::Directory,
            name if name == directory => Place::Directory,
            name if name.starts_with(directory.as_str()) => return Err("a path beside the directory"),
            name if name.len() > 200 => return Err("a long name"),
            name if name.contains('/') => Place::Nowhere,
            name => Place::File(format!("{folder}/{name}")),
        })
    }

    fn exists(&mut self, file: &str) -> bool {
        self.read.insert(file.to_owned());
        self.files.contains(file)
    }
}

impl Shell {
    fn list(&mut self, list: &CommandList, world: &mut World) -> Result<()> {
        for item in &list.items {
            if item.in_background {
                world.is_ordered = false;
                let mut shell = self.clone();
                if matches!(shell.input, Input::Text(_)) {
                    shell.input = Input::Unknown;
                }
                shell.item(item, world)?;
                self.status = 0;
            } else {
                self.item(item, world)?;
            }
        }
        Ok(())
    }

    fn item(&mut self, item: &AndOrList, world: &mut World) -> Result<()> {
        self.pipeline(&item.first, world)?;
        for (connector, pipeline) in &item.rest {
            if (*connector == Connector::And) == (self.status == 0) {
                self.pipeline(pipeline, world)?;
            }
        }
        Ok(())
    }

    fn pipeline(&mut self, pipeline: &Pipeline, world: &mut World) -> Result<()> {
        self.is_unopened = false;
        if let [stage] = &pipeline.stages[..] {
            self.stage(stage, world)?;
        } else {
            world.is_ordered = false;
            let mut last = 0;
            for (at, stage) in pipeline.stages.iter().enumerate() {
                let mut shell = self.clone();
                if at > 0 {
                    // Messages of bash can come through the pipe.
                    shell.input = Input::Unknown;
                }
                shell.stage(stage, world)?;
                last = shell.status;
            }
            self.status = last;
        }
        if pipeline.is_negated && !self.is_unopened {
            self.status = u8::from(self.status == 0);
        }
        Ok(())
    }

    fn stage(&mut self, stage: &Stage, world: &mut World) -> Result<()> {
        world.step()?;
        if let CommandNode::Simple(command) = &stage.command {
            return self.simple(command, &stage.redirects, world);
        }
        let outer = self.input.clone();
        if self.redirects(&stage.redirects, world)? {
            if stage.redirects.iter().any(is_input) {
                // Who reads first takes it all.
                self.input = Input::Unknown;
            }
            self.compound(&stage.command, world)?;
            self.is_unopened = false;
        } else {
            self.is_unopened = true;
            self.status = 1;
        }
        self.input = outer;
        Ok(())
    }

    fn compound(&mut self, command: &CommandNode, world: &mut World) -> Result<()> {
        match command {
            CommandNode::Simple(_) => {}
            CommandNode::Group(list) => self.list(list, world)?,
            CommandNode::Subshell(list) => {
                let mut shell = self.clone();
                shell.list(list, world)?;
                self.status = shell.status;
            }
            CommandNode::If(branches, otherwise) => {
                for (condition, body) in branches {
                    self.list(condition, world)?;
                    if self.status == 0 {
                        return self.list(body, world);
                    }
                }
                self.status = 0;
                if let Some(body) = otherwise {
                    self.list(body, world)?;
                }
            }
            CommandNode::Loop { until, condition, body } => {
                let mut status = 0;
                loop {
                    world.step()?;
                    self.list(condition, world)?;
                    if (self.status == 0) == *until {
                        break;
                    }
                    self.list(body, world)?;
                    status = self.status;
                }
                self.status = status;
            }
            CommandNode::For { variable, words, body } => {
                is_ordinary(variable)?;
                let fields = self.fields(words, world)?;
                let mut status = 0;
                for field in fields {
                    world.step()?;
                    self.variables.insert(variable.clone(), field);
                    self.list(body, world)?;
                    status = self.status;
                }
                self.status = status;
            }
            CommandNode::Test(words) => self.status = self.test(words, world)?,
        }
        Ok(())
    }

    fn simple(&mut self, command: &SimpleCommand, redirects: &[Redirect], world: &mut World) -> Result<()> {
        let mut has_output = false;
        let mut words = Vec::new();
        for word in &command.words {
            has_output |= holds_output(word);
            match takes_assignments(command) && is_assignment(&word.raw) {
                true => words.push(self.text(word, world)?),
                false => words.extend(self.fields(std::slice::from_ref(word), world)?),
            }
        }
        let outer = self.variables.clone();
        for (at, Assignment { name, value, .. }) in command.assignments.iter().enumerate() {
            is_ordinary(name)?;
            if at > 0 && holds_output(value) && !words.is_empty() {
                // Only the first command in there sees the variables before it.
                return Err("a substitution among the variables of one command");
            }
            has_output |= holds_output(value);
            let text = self.text(value, world)?;
            self.variables.insert(name.clone(), text);
        }
        let Some(program) = words.first().cloned() else {
            for redirect in redirects {
                if let Redirect::File { target: word, .. } | Redirect::Text(word) = redirect
                    && holds_output(word)
                {
                    has_output = true;
                }
            }
            let input = self.input.clone();
            let is_open = self.redirects(redirects, world)?;
            self.input = input;
            let reads_input = redirects.iter().any(|redirect| {
                matches!(
                    redirect,
                    Redirect::File {
                        descriptor: 0,
                        writes: false,
                        ..
                    }
                )
            });
            if !is_open && reads_input {
                // In a pipeline bash forks for it, and forgets that it failed.
                return Err("the status of an input that cannot be opened, without a command");
            } else if !is_open {
                self.status = 1;
            } else if !has_output {
                // Substitutions leave theirs.
                self.status = 0;
            }
            return Ok(());
        };
        // Redirections do not see the variables of the command.
        let inner = std::mem::replace(&mut self.variables, outer);
        let input = self.input.clone();
        let is_open = self.redirects(redirects, world)?;
        let outer = std::mem::replace(&mut self.variables, inner);
        if program.starts_with('%') && command.words[0].literal().is_none() {
            return Err("bash may take it for a job");
        }
        let status = match is_open {
            true => self.run(&program, words, world)?,
            false => 1,
        };
        self.variables = outer;
        self.input = input;
        self.status = status;
        Ok(())
    }

    fn run(&self, program: &str, words: Vec<String>, world: &mut World) -> Result<u8> {
        if program == "printf" {
            return Err("it names the builtin that records");
        }
        if program.contains('/') {
            return match world.place(program)? {
                Place::Null | Place::Directory => Ok(126),
                Place::File(file) if world.exists(&file) => Ok(126),
                Place::File(_) | Place::Nowhere => Ok(127),
            };
        }
        let input = match (&self.input, program) {
            (Input::Empty, READER) => Some(String::new()),
            (Input::Text(text), READER) => Some(text.trim_end_matches('\n').to_owned()),
            _ => None,
        };
        let is_failing = program == FAILING;
        let value = |name: &str| self.variables.get(name).cloned().unwrap_or_default();
        world.records.push(Record {
            words,
            variables: RECORDED.map(value),
            input,
        });
        Ok(u8::from(is_failing || world.records.len() > MOST_SUCCESSES))
    }

    /// Whether all of them can be done.
    fn redirects(&mut self, redirects: &[Redirect], world: &mut World) -> Result<bool> {
        for redirect in redirects {
            match redirect {
                Redirect::Copy { .. } => {}
                Redirect::Document => self.input = Input::Unknown,
                Redirect::Text(word) => self.input = Input::Text(self.text(word, world)?),
                Redirect::File {
                    descriptor,
                    writes,
                    target,
                    ..
                } => {
                    let fields = self.fields(std::slice::from_ref(target), world)?;
                    let [path] = &fields[..] else {
                        return Ok(false);
                    };
                    let is_open = match world.place(path)? {
                        Place::Null => true,
                        Place::Directory => !writes,
                        Place::Nowhere => false,
                        Place::File(file) if *writes => {
                            world.files.insert(file);
                            true
                        }
                        Place::File(file) => world.exists(&file),
                    };
                    if !is_open {
                        return Ok(false);
                    }
                    if *descriptor == 0 {
                        self.input = match path.as_str() {
                            "/dev/null" => Input::Empty,
                            _ => Input::Unknown,
                        };
                    }
                }
            }
        }
        Ok(true)
    }

    fn value(&self, name: &str) -> Result<String> {
        if !matches!(name, "HOME" | "PWD") {
            is_ordinary(name)?;
        }
        Ok(self.variables.get(name).cloned().unwrap_or_default())
    }

    /// The value of a part, and whether it is cut at blanks.
    fn part(&mut self, part: &WordPart, world: &mut World) -> Result<(String, bool)> {
        Ok(match part {
            WordPart::Text(text) => (text.clone(), false),
            WordPart::Glob(c) => (c.to_string(), false),
            WordPart::Home => (world.surroundings.home.clone(), false),
            WordPart::Variable { name, quoted } => (self.value(name)?, !quoted),
            WordPart::Status { .. } => (self.status.to_string(), false),
            WordPart::Output { list, quoted } => {
                let mut shell = self.clone();
                world.step()?;
                shell.list(list, world)?;
                self.status = shell.status;
                (String::new(), !quoted)
            }
        })
    }

    /// The text of a word, without word splitting.
    fn text(&mut self, word: &WordNode, world: &mut World) -> Result<String> {
        let mut text = String::new();
        for part in &word.parts {
            text.push_str(&self.part(part, world)?.0);
        }
        Ok(text)
    }

    fn fields(&mut self, words: &[WordNode], world: &mut World) -> Result<Vec<String>> {
        let mut fields = Vec::new();
        for word in words {
            let mut field: Option<String> = None;
            for part in &word.parts {
                let (value, is_cut) = self.part(part, world)?;
                if !is_cut {
                    field.get_or_insert_default().push_str(&value);
                    continue;
                }
                for c in value.chars() {
                    match c {
                        ' ' | '\t' | '\n' => fields.extend(field.take()),
                        c => field.get_or_insert_default().push(c),
                    }
                }
            }
            fields.extend(field);
        }
        Ok(fields)
    }

    fn test(&mut self, words: &[WordNode], world: &mut World) -> Result<u8> {
        let is_negated = words.len() > 1 && words[0].raw == "!";
        let result = match &words[usize::from(is_negated)..] {
            [word] => !self.text(word, world)?.is_empty(),
            [operator, word] => {
                let text = self.text(word, world)?;
                unary(&operator.raw, &text, world)?
            }
            [one, operator, other] => {
                let one = self.text(one, world)?;
                self.binary(&one, &operator.raw, other, world)?
            }
            _ => return Err("a long test"),
        };
        Ok(u8::from(result == is_negated))
    }

    fn binary(&mut self, one: &str, operator: &str, other: &WordNode, world: &mut World) -> Result<bool> {
        let mut pattern = Vec::new();
        for part in &other.parts {
            let (value, is_pattern) = match part {
                WordPart::Glob(c) => (c.to_string(), true),
                part => self.part(part, world)?,
            };
            if is_pattern && value.contains(['[', '\\', '(']) {
                return Err("a pattern that the test does not know");
            }
            pattern.extend(value.chars().map(|c| (c, is_pattern && matches!(c, '*' | '?'))));
        }
        let other: String = pattern.iter().map(|(c, _)| *c).collect();
        let one_as_chars: Vec<char> = one.chars().collect();
        Ok(match operator {
            "=" | "==" => matches(&pattern, &one_as_chars),
            "!=" => !matches(&pattern, &one_as_chars),
            "-nt" | "-ot" | "-ef" => {
                for path in [one, &other] {
                    match world.place(path)? {
                        Place::Nowhere => {}
                        Place::File(file) if !world.exists(&file) => {}
                        _ => return Err("a comparison of files"),
                    }
                }
                false
            }
            _ => {
                let (Some(one), Some(other)) = (digits(one)?, digits(&other)?) else {
                    return Ok(false);
                };
                match operator {
                    "-eq" => one == other,
                    "-ne" => one != other,
                    "-lt" => one < other,
                    "-le" => one <= other,
                    "-gt" => one > other,
                    "-ge" => one >= other,
                    _ => return Err("an operator that the test does not know"),
                }
            }
        })
    }
}

/// A number as bash reads it. `None` when bash complains.
fn digits(text: &str) -> Result<Option<u64>> {
    if text.len() > 15 {
        return Err("a large number");
    }
    Ok(match text.strip_prefix('0') {
        Some("") => Some(0),
        Some(rest) => u64::from_str_radix(rest, 8).ok(),
        None => text.parse().ok(),
    })
}

fn matches(pattern: &[(char, bool)], text: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((('*', true), rest)) => (0..=text.len()).any(|at| matches(rest, &text[at..])),
        Some(((c, is_any), rest)) => text
            .split_first()
            .is_some_and(|(first, others)| (*is_any || first == c) && matches(rest, others)),
    }
}

fn unary(operator: &str, text: &str, world: &mut World) -> Result<bool> {
    let place = match operator {
        "-n" => return Ok(!text.is_empty()),
        "-z" => return Ok(text.is_empty()),
        "-t" => return Ok(false),
        _ => world.place(text)?,
    };
    Ok(match place {
        Place::Nowhere => false,
        Place::File(file) => match (world.exists(&file), operator) {
            (false, _) => false,
            (true, "-e" | "-f" | "-r" | "-w") => true,
            (true, "-s" | "-N") => return Err("the length of a file"),
            (true, _) => false,
        },
        Place::Directory => match operator {
            "-e" | "-d" => true,
            "-f" | "-L" | "-h" | "-p" | "-S" | "-b" | "-c" => false,
            _ => return Err("the rights of a directory"),
        },
        Place::Null => matches!(operator, "-e" | "-r" | "-w" | "-c"),
    })
}

fn is_input(redirect: &Redirect) -> bool {
    match redirect {
        Redirect::File { descriptor, .. } => *descriptor == 0,
        Redirect::Copy { .. } => false,
        Redirect::Document | Redirect::Text(_) => true,
    }
}

fn holds_output(word: &WordNode) -> bool {
    word.parts.iter().any(|part| matches!(part, WordPart::Output { .. }))
}

/// Whether bash does not cut the values of arguments that look like assignments.
fn takes_assignments(command: &SimpleCommand) -> bool {
    command.words.first().is_some_and(|word| {
        matches!(
            word.raw.as_str(),
            "declare" | "typeset" | "local" | "export" | "readonly" | "alias"
        )
    })
}

fn is_assignment(raw: &str) -> bool {
    raw.split_once('=').is_some_and(|(name, _)| {
        let name = name.strip_suffix('+').unwrap_or(name);
        name.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic())
            && name.chars().all(|c| c == '_' || c.is_ascii_alphanumeric())
    })
}

/// Whether bash does nothing on its own with a variable. Those of bash are in capitals.
fn is_ordinary(name: &str) -> Result<()> {
    let is_ordinary = name == "FOO"
        || (!name.starts_with('_')
            && !matches!(name, "auto_resume" | "histchars")
            && (name.len() == 1 || name.contains(|c: char| c.is_ascii_lowercase())));
    if is_ordinary {
        Ok(())
    } else {
        Err("a variable of bash's own")
    }
}
