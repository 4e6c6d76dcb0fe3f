//! From the tree of a line to the parts that are judged one by one: its commands and redirections, each with the
//! directories that it may run in.
//!
//! Invariants: each command of the tree is in a part, also one that may not run.

use std::path::{Path, PathBuf};

use super::super::spelling::normal;
use super::programs::is_plain_format;
use super::tree::{self, AndOrList, CommandList, Connector, Pipeline, Redirect, SimpleCommand, Stage, WordPart};
use super::word::{ShellWord, Variables};
use super::{Dirs, LinePart, ShellCommand, ShellContext};
use crate::support::names::Names;

const MOST_PARTS: usize = 200;
/// Directories that we keep apart.
const MOST_DIRS: usize = 4;
/// Words of a loop that we go through.
const MOST_ROUNDS: usize = 8;

/// The parts of a line, or none when there are too many.
pub(crate) fn parts(line: &str, list: &CommandList, around: ShellContext<'_>) -> Option<Vec<LinePart>> {
    let mut walk = LineWalk {
        line,
        parts: Vec::new(),
        variables: Variables::default(),
        dirs: Some(vec![around.start.to_path_buf()]),
        goes_on: false,
    };
    for (name, value) in [("HOME", around.home), ("PWD", around.start)] {
        // Whatever else the line does with the name, by whatever command, makes it unknown.
        let read = line.matches(&format!("${name}")).count() + line.matches(&format!("${{{name}}}")).count();
        let moves = name == "PWD" && changes_directory(list);
        if line.matches(name).count() == read && !moves {
            let value = value.to_string_lossy().into_owned();
            walk.variables.values.insert(name.to_owned(), vec![value.clone()]);
            walk.variables
                .certain
                .insert(name.to_owned(), ShellWord::literal(&value));
        }
    }
    walk.learn(list);
    walk.list(list);
    (walk.parts.len() <= MOST_PARTS).then_some(walk.parts)
}

struct LineWalk<'a> {
    line: &'a str,
    parts: Vec<LinePart>,
    variables: Variables,
    dirs: Dirs,
    /// Whether what is walked runs in the background.
    goes_on: bool,
}

impl LineWalk<'_> {
    /// Learns what values the line gives to names, before anything is read with them.
    fn learn(&mut self, list: &CommandList) {
        each_command(list, &mut |command| {
            let mut remember = |name: &str, word: &tree::WordNode| {
                let values = self.variables.values.entry(name.to_owned()).or_default();
                if values.len() < MOST_ROUNDS {
                    values.push(ShellWord::of(word, &Variables::default()).text().to_owned());
                }
            };
            match command {
                tree::CommandNode::Simple(simple) => {
                    for assignment in &simple.assignments {
                        remember(&assignment.name, &assignment.value);
                    }
                }
                tree::CommandNode::For { variable, words, .. } => {
                    words.iter().for_each(|word| remember(variable, word));
                }
                _ => {}
            }
        });
    }

    fn list(&mut self, list: &CommandList) {
        for item in &list.items {
            // A change of directory may fail: the next command may be here or there.
            self.maybe(|walk| walk.item(item));
        }
    }

    fn item(&mut self, item: &AndOrList) {
        let before = self.dirs.clone();
        let around = self.goes_on;
        self.goes_on |= item.in_background;
        self.pipeline(&item.first);
        for (connector, pipeline) in &item.rest {
            match connector {
                Connector::And => self.pipeline(pipeline),
                // What stands behind it may run without it.
                Connector::Or => {
                    self.dirs = either(before.clone(), self.dirs.take());
                    self.maybe(|walk| walk.pipeline(pipeline));
                }
            }
        }
        self.goes_on = around;
        if item.in_background {
            self.dirs = before;
        }
    }

    /// Something that may not happen: afterwards the directory is the one before or the one after.
    fn maybe(&mut self, visit: impl FnOnce(&mut Self)) {
        let before = self.dirs.clone();
        visit(self);
        self.dirs = either(before, self.dirs.take());
    }

    /// Something in a shell of its own.
    fn apart(&mut self, visit: impl FnOnce(&mut Self)) {
        let before = self.dirs.clone();
        visit(self);
        self.dirs = before;
    }

    fn pipeline(&mut self, pipeline: &Pipeline) {
        if let [stage] = pipeline.stages.as_slice() {
            return match pipeline.is_negated {
                // What follows runs when it fails.
                true => self.maybe(|walk| walk.stage(stage, None)),
                false => self.stage(stage, None),
            };
        }
        let mut feeds = None;
        for stage in &pipeline.stages {
            // What is redirected reads something else.
            let reads_other =
                |redirect: &Redirect| !matches!(redirect, Redirect::File { writes: true, .. } | Redirect::Copy { .. });
            let given = feeds.take().filter(|_| !stage.redirects.iter().any(reads_other));
            self.apart(|walk| walk.stage(stage, given));
            // Redirections may send its messages along.
            let is_simple = matches!(stage.command, tree::CommandNode::Simple(_)) && stage.redirects.is_empty();
            feeds = match self.parts.last() {
                Some(LinePart::Command(command)) if is_simple => Some(command.clone()),
                _ => None,
            };
        }
    }

    /// A command; `feeds` is the command before it in a pipeline.
    fn stage(&mut self, stage: &Stage, feeds: Option<ShellCommand>) {
        if self.parts.len() > MOST_PARTS {
            return;
        }
        for redirect in &stage.redirects {
            self.redirect(redirect);
        }
        match &stage.command {
            tree::CommandNode::Simple(simple) => self.simple(simple, feeds),
            tree::CommandNode::Group(list) => self.list(list),
            tree::CommandNode::Subshell(list) => self.apart(|walk| walk.list(list)),
            tree::CommandNode::If(branches, otherwise) => {
                for (condition, body) in branches {
                    self.maybe(|walk| walk.list(condition));
                    self.maybe(|walk| walk.list(body));
                }
                if let Some(list) = otherwise {
                    self.maybe(|walk| walk.list(list));
                }
            }
            tree::CommandNode::Loop { condition, body, .. } => {
                self.forget_directory(&[condition, body]);
                self.maybe(|walk| walk.list(condition));
                self.maybe(|walk| walk.list(body));
            }
            tree::CommandNode::For { variable, words, body } => self.for_loop(variable, words, body),
            tree::CommandNode::Test(words) => {
                let words: Vec<ShellWord> = words.iter().map(|word| self.word(word)).collect();
                let mut command = self.command("[[", Vec::new());
                command.words = std::iter::once(ShellWord::literal("[[")).chain(words).collect();
                self.parts.push(LinePart::Command(command));
            }
        }
    }

    /// What is done over and over may begin in whatever directory it ends in.
    fn forget_directory(&mut self, lists: &[&CommandList]) {
        if lists.iter().any(|list| changes_directory(list)) {
            self.dirs = None;
        }
    }

    fn for_loop(&mut self, variable: &str, words: &[tree::WordNode], body: &CommandList) {
        self.forget_directory(&[body]);
        let words: Vec<ShellWord> = words.iter().map(|word| self.word(word)).collect();
        // Programs may see the variable, as they see `PATH`.
        let command = self.command(
            &format!("for {variable} in"),
            vec![(variable.to_owned(), variable.to_owned())],
        );
        self.parts.push(LinePart::Command(command));
        self.variables.certain.remove(variable);
        let is_certain = !words.is_empty()
            && words.len() <= MOST_ROUNDS
            && words.iter().all(|word| word.value.is_some())
            && !sets_variables(body, variable);
        let rounds = if is_certain {
            words.iter().map(Some).collect()
        } else {
            vec![None]
        };
        for word in rounds {
            if let Some(word) = word {
                self.variables.certain.insert(variable.to_owned(), word.clone());
            }
            self.maybe(|walk| walk.list(body));
        }
        self.variables.certain.remove(variable);
    }

    fn command(&self, raw: &str, assignments: Vec<(String, String)>) -> ShellCommand {
        ShellCommand {
            raw: raw.to_owned(),
            words: Vec::new(),
            assignments,
            dirs: self.dirs.clone(),
            feeds: None,
            goes_on: self.goes_on,
        }
    }

    fn simple(&mut self, simple: &SimpleCommand, feeds: Option<ShellCommand>) {
        let words: Vec<ShellWord> = simple.words.iter().map(|word| self.word(word)).collect();
        let mut assignments = Vec::new();
        for assignment in &simple.assignments {
            self.word(&assignment.value);
            assignments.push((assignment.name.clone(), assignment.raw.clone()));
        }
        if words.is_empty() && assignments.is_empty() {
            return;
        }
        let mut command = self.command(&simple.raw, assignments);
        command.words = words;
        command.feeds = feeds.map(Box::new);
        self.change_directory(&command);
        self.parts.push(LinePart::Command(command));
    }

    /// A word; the commands whose output it holds are parts of their own.
    fn word(&mut self, word: &tree::WordNode) -> ShellWord {
        for part in &word.parts {
            if let WordPart::Output { list, .. } = part {
                self.apart(|walk| walk.list(list));
            }
        }
        ShellWord::of(word, &self.variables)
    }

    fn redirect(&mut self, redirect: &Redirect) {
        match redirect {
            Redirect::File { writes, target, .. } => {
                let target = self.word(target);
                self.parts.push(LinePart::File {
                    writes: *writes,
                    target,
                    dirs: self.dirs.clone(),
                });
            }
            // What it becomes is given to the program, as an argument would be.
            Redirect::Text(word) => {
                let target = self.word(word);
                if target.value.is_none() {
                    self.parts.push(LinePart::File {
                        writes: false,
                        target,
                        dirs: self.dirs.clone(),
                    });
                }
            }
            Redirect::Copy { .. } | Redirect::Document => {}
        }
    }

    fn change_directory(&mut self, command: &ShellCommand) {
        let mut words = command
            .words
            .iter()
            .skip_while(|word| stands_before_builtin(word.text()));
        match words.next().map(ShellWord::text) {
            Some("cd") => {}
            Some("pushd" | "popd") => return self.dirs = None,
            _ => return,
        }
        let rest: Vec<&ShellWord> = words.filter(|word| !matches!(word.text(), "--" | "-L")).collect();
        let target = match rest.as_slice() {
            [] => self
                .variables
                .certain
                .get("HOME")
                .and_then(ShellWord::known)
                .map(str::to_owned),
            [word] => word.known().filter(|value| !value.starts_with('-')).map(str::to_owned),
            _ => None,
        };
        let searches = self.line.contains("CDPATH") || command.assignments.iter().any(|(name, _)| name == "HOME");
        self.dirs = match (&self.dirs, target) {
            (Some(dirs), Some(target)) if !searches => {
                // Bash takes `..` out of the text first.
                let dirs: Vec<PathBuf> = dirs.iter().map(|dir| normal(&dir.join(Path::new(&target)))).collect();
                // What is not there yet may come to be a link, unless the line just makes it a directory.
                let is_made = self.line.contains("mkdir") && !self.line.contains("ln");
                (is_made || dirs.iter().all(|dir| dir.is_dir())).then_some(dirs)
            }
            _ => None,
        };
    }
}

fn either(one: Dirs, other: Dirs) -> Dirs {
    let (mut one, other) = (one?, other?);
    for dir in other {
        if !one.contains(&dir) {
            one.push(dir);
        }
    }
    (one.len() <= MOST_DIRS).then_some(one)
}

/// Calls `visit` with each command of a list, those within commands and words included.
fn each_command(list: &CommandList, visit: &mut dyn FnMut(&tree::CommandNode)) {
    fn word(word: &tree::WordNode, visit: &mut dyn FnMut(&tree::CommandNode)) {
        for part in &word.parts {
            if let WordPart::Output { list, .. } = part {
                each_command(list, visit);
            }
        }
    }
    fn pipelines(item: &AndOrList) -> impl Iterator<Item = &Pipeline> {
        std::iter::once(&item.first).chain(item.rest.iter().map(|(_, pipeline)| pipeline))
    }
    for stage in list
        .items
        .iter()
        .flat_map(pipelines)
        .flat_map(|pipeline| &pipeline.stages)
    {
        visit(&stage.command);
        for redirect in &stage.redirects {
            if let Redirect::File { target: text, .. } | Redirect::Text(text) = redirect {
                word(text, visit);
            }
        }
        match &stage.command {
            tree::CommandNode::Simple(simple) => {
                simple.words.iter().for_each(|text| word(text, visit));
                simple
                    .assignments
                    .iter()
                    .for_each(|assignment| word(&assignment.value, visit));
            }
            tree::CommandNode::Test(words) => words.iter().for_each(|text| word(text, visit)),
            tree::CommandNode::Group(list) | tree::CommandNode::Subshell(list) => each_command(list, visit),
            tree::CommandNode::If(branches, otherwise) => {
                for (condition, body) in branches {
                    each_command(condition, visit);
                    each_command(body, visit);
                }
                if let Some(list) = otherwise {
                    each_command(list, visit);
                }
            }
            tree::CommandNode::Loop { condition, body, .. } => {
                each_command(condition, visit);
                each_command(body, visit);
            }
            tree::CommandNode::For { words, body, .. } => {
                words.iter().for_each(|text| word(text, visit));
                each_command(body, visit);
            }
        }
    }
}

/// The words from the program on that `command` or `builtin` runs, however these are quoted.
fn behind_command(words: &[tree::WordNode]) -> impl Iterator<Item = &tree::WordNode> {
    words
        .iter()
        .skip_while(|word| stands_before_builtin(&word.literal().unwrap_or_default()))
}

/// Whether a word is `command` or `builtin`, or one of their options.
fn stands_before_builtin(word: &str) -> bool {
    matches!(word, "command" | "builtin") || word.starts_with('-')
}

fn changes_directory(list: &CommandList) -> bool {
    let mut found = false;
    each_command(list, &mut |command| {
        if let tree::CommandNode::Simple(simple) = command {
            let moves = |word: &tree::WordNode| {
                word.literal()
                    .is_none_or(|text| matches!(text.as_str(), "cd" | "pushd" | "popd"))
            };
            found |= behind_command(&simple.words).next().is_some_and(moves);
        }
    });
    found
}

/// Programs of the shell that give variables values.
const SETTERS: Names = Names("declare export getopts local mapfile read readarray readonly typeset unset");

/// Whether a list may give a variable another value.
fn sets_variables(list: &CommandList, variable: &str) -> bool {
    let mut found = false;
    each_command(list, &mut |command| match command {
        tree::CommandNode::Simple(simple) => {
            let sets = |word: &tree::WordNode| word.literal().is_none_or(|text| SETTERS.contains(text.as_str()));
            let mut words = behind_command(&simple.words);
            found |= words.next().is_some_and(|word| {
                sets(word)
                    || word.literal().as_deref() == Some("printf")
                        && !is_plain_format(words.next().and_then(tree::WordNode::literal).as_deref())
            }) || simple.assignments.iter().any(|assignment| assignment.name == variable);
        }
        tree::CommandNode::For { variable: other, .. } => found |= other == variable,
        _ => {}
    });
    found
}
