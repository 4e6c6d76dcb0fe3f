//! From the syntax tree to the parts of a line.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};

use tree_sitter::{Node, Parser};

use super::super::paths::normal;
use super::word::{Variables, Word};
use super::{Command, Dirs, Part, Script, Surroundings, lexis};

/// Statements within statements that we follow.
const DEEPEST: usize = 60;
/// Parts that we judge.
const MOST_PARTS: usize = 200;
/// Directories that we keep apart.
const MOST_DIRS: usize = 4;

thread_local! {
    /// Parsers are costly to make and keep nothing between lines.
    static PARSER: RefCell<Parser> = RefCell::new(Parser::new());
}

/// Takes a line apart.
pub(crate) fn read(line: &str, around: Surroundings<'_>) -> Script {
    let opaque = |why| Part::Opaque {
        text: line.to_owned(),
        why,
    };
    let mut script = Script::default();
    if let Some(why) = lexis::objection(line) {
        script.parts.push(opaque(why));
        if lexis::is_hopeless(line) {
            return script;
        }
    }
    let tree = PARSER.with_borrow_mut(|parser| {
        parser.set_language(&tree_sitter_bash::LANGUAGE.into()).ok()?;
        parser.parse(in_ascii(line), None)
    });
    let Some(tree) = tree else {
        script.parts.push(opaque("it cannot be parsed"));
        return script;
    };
    if tree.root_node().has_error() {
        script.parts.push(opaque("it cannot be parsed"));
    }
    if overlooks(tree.root_node(), line) {
        script.parts.push(opaque("the parser overlooks a substitution"));
    }
    let mut walk = Walk {
        line,
        script,
        variables: Variables::new(),
        dirs: Some(vec![around.start.to_path_buf()]),
        around,
    };
    walk.learn(tree.root_node());
    walk.statement(tree.root_node(), 0);
    if walk.script.parts.len() > MOST_PARTS {
        walk.script.parts.push(opaque("too many commands to be judged"));
    }
    walk.script
}

/// The line with every other character as so many `%` as it has bytes, so that all places stay what they are.
///
/// The scanner of the grammar is C, and asks `isdigit` about whatever stands there; a character beyond the table of that
/// is read from memory that is not ours. To bash all of them are parts of words, and so is `%`; where it is an operator,
/// bash would refuse the line, and we ask.
fn in_ascii(line: &str) -> String {
    let mut ascii = String::with_capacity(line.len());
    for c in line.chars() {
        if c.is_ascii() {
            ascii.push(c);
        } else {
            ascii.extend(std::iter::repeat_n('%', c.len_utf8()));
        }
    }
    ascii
}

pub(super) struct Walk<'a> {
    pub(super) line: &'a str,
    pub(super) script: Script,
    pub(super) variables: Variables,
    pub(super) dirs: Dirs,
    around: Surroundings<'a>,
}

impl<'a> Walk<'a> {
    pub(super) fn text(&self, node: Node<'_>) -> &'a str {
        self.line.get(node.byte_range()).unwrap_or_default()
    }

    pub(super) fn opaque(&mut self, node: Node<'_>, why: &'static str) {
        let text = self.text(node).to_owned();
        self.script.parts.push(Part::Opaque { text, why });
    }

    /// Learns what names the line defines, before anything is read with them.
    fn learn(&mut self, root: Node<'_>) {
        let home = self.around.home.to_string_lossy().into_owned();
        let start = self.around.start.to_string_lossy().into_owned();
        for (name, value) in [("HOME", home), ("PWD", start)] {
            // Whatever else the line does with the name, by whatever command, makes it unknown.
            let read =
                self.line.matches(&format!("${name}")).count() + self.line.matches(&format!("${{{name}}}")).count();
            let known = self.line.matches(name).count() == read;
            let moves = name == "PWD" && ["cd", "pushd", "popd"].iter().any(|word| self.line.contains(word));
            let values = if known && !moves { vec![value] } else { Vec::new() };
            self.variables.insert(name.to_owned(), values);
        }
        let mut cursor = root.walk();
        loop {
            let node = cursor.node();
            match node.kind() {
                "variable_assignment" => {
                    let name = node.child_by_field_name("name").map(|name| self.text(name));
                    let value = node.child_by_field_name("value").map_or("", |value| self.text(value));
                    if let Some(name) = name {
                        self.remember(name, value);
                    }
                }
                "for_statement" => {
                    if let Some(name) = node.child_by_field_name("variable").map(|name| self.text(name)) {
                        let mut values = node.walk();
                        let texts: Vec<&str> = node
                            .children_by_field_name("value", &mut values)
                            .map(|value| self.text(value))
                            .collect();
                        for text in texts {
                            self.remember(name, text);
                        }
                    }
                }
                "function_definition" => {
                    if let Some(name) = node.child_by_field_name("name") {
                        let name = self.text(name).to_owned();
                        self.script.shadowed.push(name);
                    }
                }
                _ => {}
            }
            if cursor.goto_first_child() {
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return;
                }
            }
        }
    }

    fn remember(&mut self, name: &str, value: &str) {
        let word = Word::read(value, &Variables::new());
        let values = self.variables.entry(name.to_owned()).or_default();
        if values.len() < 8 {
            values.push(word.text().to_owned());
        }
    }

    /// A statement, or what holds statements.
    pub(super) fn statement(&mut self, node: Node<'_>, depth: usize) {
        if self.script.parts.len() > MOST_PARTS {
            return;
        }
        if depth > DEEPEST {
            return self.opaque(node, "nested too deeply to be judged");
        }
        if !node.is_named() {
            return;
        }
        match node.kind() {
            "program" | "do_group" => self.sequence(node, depth),
            "compound_statement" if self.text(node).starts_with("((") => self.arithmetic(node, depth),
            "compound_statement" => self.sequence(node, depth),
            "comment" => {}
            "subshell" if self.text(node).starts_with("((") => {
                self.opaque(node, "it may be computing");
                self.apart(|walk| walk.sequence(node, depth));
            }
            "subshell" => self.apart(|walk| walk.sequence(node, depth)),
            "pipeline" => {
                for child in children(node) {
                    self.apart(|walk| walk.statement(child, depth + 1));
                }
            }
            "list" => self.list(node, depth),
            "negated_command" | "if_statement" | "elif_clause" | "else_clause" => self.maybe(|walk| {
                walk.sequence(node, depth);
            }),
            "while_statement" => {
                self.forget_dirs_in_loop(node);
                self.maybe(|walk| walk.sequence(node, depth));
            }
            "for_statement" => {
                self.forget_dirs_in_loop(node);
                // The variable may be one that programs see, such as `PATH`.
                if let Some(name) = node.child_by_field_name("variable").map(|name| self.text(name)) {
                    self.script.parts.push(Part::Command(Command {
                        raw: format!("for {name} in"),
                        words: Vec::new(),
                        assignments: vec![(name.to_owned(), name.to_owned())],
                        dirs: self.dirs.clone(),
                    }));
                }
                for child in children(node) {
                    match child.kind() {
                        "do_group" => self.maybe(|walk| walk.statement(child, depth + 1)),
                        _ => self.inner(child, depth + 1),
                    }
                }
            }
            "c_style_for_statement" => {
                self.forget_dirs_in_loop(node);
                self.opaque(node, "it computes");
                for child in children(node) {
                    match child.kind() {
                        "do_group" | "compound_statement" => self.maybe(|walk| walk.statement(child, depth + 1)),
                        _ => self.inner(child, depth + 1),
                    }
                }
            }
            "case_statement" => self.maybe(|walk| {
                for child in children(node) {
                    match child.kind() {
                        "case_item" => walk.case_item(child, depth + 1),
                        _ => walk.inner(child, depth + 1),
                    }
                }
            }),
            "function_definition" => {
                self.forget_dirs_in_loop(node);
                self.maybe(|walk| {
                    for child in children(node) {
                        if child.kind() != "word" {
                            walk.statement_or_redirect(child, depth + 1);
                        }
                    }
                });
            }
            "redirected_statement" => self.redirected(node, depth),
            "command" => self.simple(&[node], depth),
            "variable_assignment" | "variable_assignments" => self.simple(&[node], depth),
            "declaration_command" | "unset_command" => self.declaration(node, depth),
            "test_command" => self.test(node, depth),
            "file_redirect" | "heredoc_redirect" | "herestring_redirect" => {
                self.redirect(node, depth);
            }
            _ => {
                self.opaque(node, "it is not understood");
                self.inner(node, depth + 1);
            }
        }
    }

    fn statement_or_redirect(&mut self, node: Node<'_>, depth: usize) {
        self.statement(node, depth);
    }

    /// Statements one after the other. A change of directory may fail: the next one may be here or there.
    fn sequence(&mut self, node: Node<'_>, depth: usize) {
        for child in children(node) {
            self.maybe(|walk| walk.statement(child, depth + 1));
        }
    }

    /// Something that may not happen: afterwards the directory is the one before or the one after.
    fn maybe(&mut self, visit: impl FnOnce(&mut Self)) {
        let before = self.dirs.clone();
        visit(self);
        self.dirs = either(before, self.dirs.take());
    }

    /// Something in a shell of its own.
    pub(super) fn apart(&mut self, visit: impl FnOnce(&mut Self)) {
        let before = self.dirs.clone();
        visit(self);
        self.dirs = before;
    }

    /// What is done over and over, or later, may begin in whatever directory it ends in.
    fn forget_dirs_in_loop(&mut self, node: Node<'_>) {
        if ["cd", "pushd", "popd"]
            .iter()
            .any(|word| self.text(node).contains(word))
        {
            self.dirs = None;
        }
    }

    fn list(&mut self, node: Node<'_>, depth: usize) {
        let before = self.dirs.clone();
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            if child.is_named() {
                self.statement(child, depth + 1);
            } else if self.text(child) == "||" {
                self.dirs = either(before.clone(), self.dirs.take());
            }
        }
    }

    fn case_item(&mut self, node: Node<'_>, depth: usize) {
        let mut cursor = node.walk();
        if !cursor.goto_first_child() {
            return;
        }
        loop {
            let child = cursor.node();
            if cursor.field_name() == Some("value") {
                self.inner(child, depth + 1);
            } else {
                self.maybe(|walk| walk.statement(child, depth + 1));
            }
            if !cursor.goto_next_sibling() {
                return;
            }
        }
    }

    fn redirected(&mut self, node: Node<'_>, depth: usize) {
        let body = node.child_by_field_name("body");
        let redirects: Vec<Node<'_>> = children(node)
            .into_iter()
            .filter(|child| Some(child.id()) != body.map(|body| body.id()))
            .collect();
        match body {
            Some(body) if !matches!(body.kind(), "command" | "variable_assignment" | "variable_assignments") => {
                self.maybe(|walk| walk.statement(body, depth + 1));
                for redirect in redirects {
                    if !self.redirect(redirect, depth + 1).is_empty() {
                        self.opaque(node, "words follow a redirection");
                    }
                }
            }
            // The parser takes words after a redirection for its targets; to the shell they are the command's.
            Some(body) => {
                let mut nodes = vec![body];
                nodes.extend(redirects);
                self.simple(&nodes, depth);
            }
            None => self.simple(&redirects, depth),
        }
    }

    /// A simple command: the nodes that its words, assignments and redirections are in.
    fn simple(&mut self, nodes: &[Node<'_>], depth: usize) {
        let mut words: Vec<(usize, Word)> = Vec::new();
        let mut assignments = Vec::new();
        let (mut from, mut to) = (usize::MAX, 0);
        let mut ends: Vec<(usize, usize)> = Vec::new();
        let mut later = Vec::new();
        let before = self.script.parts.len();
        for node in nodes {
            from = from.min(node.start_byte());
            if node.kind() != "heredoc_redirect" {
                to = to.max(node.end_byte());
            }
            let parts = match node.kind() {
                "command" | "variable_assignments" => {
                    let mut cursor = node.walk();
                    node.children(&mut cursor).collect()
                }
                _ => vec![*node],
            };
            for part in parts {
                match part.kind() {
                    "variable_assignment" => {
                        self.inner(part, depth + 1);
                        assignments.push(self.assignment(part));
                    }
                    "file_redirect" | "heredoc_redirect" | "herestring_redirect" => {
                        let extra = self.redirect(part, depth + 1);
                        words.extend(extra);
                        if part.kind() == "heredoc_redirect" {
                            later.push(part);
                        }
                    }
                    "subshell" => {
                        self.opaque(part, "it is not understood");
                        self.statement(part, depth + 1);
                    }
                    _ => {
                        self.inner(part, depth + 1);
                        ends.push((part.start_byte(), part.end_byte()));
                        words.push((part.start_byte(), Word::read(self.text(part), &self.variables)));
                    }
                }
            }
        }
        words.sort_by_key(|(at, _)| *at);
        ends.sort_unstable();
        let raw = self.line.get(from..to).unwrap_or_default().trim().to_owned();
        // Words touch only when the parser cuts them in another way than the shell does.
        let touching = ends.windows(2).any(|pair| pair[0].1 >= pair[1].0);
        if touching || words.iter().any(|(_, word)| word.is_broken) {
            self.script.parts.push(Part::Opaque {
                text: raw.clone(),
                why: "its words are not understood",
            });
        }
        let words: Vec<Word> = words.into_iter().map(|(_, word)| word).collect();
        if words.first().is_some_and(|word| word.raw.starts_with("[[")) {
            self.script.parts.push(Part::Opaque {
                text: raw.clone(),
                why: "a test that is not understood",
            });
        }
        if words.is_empty() && assignments.is_empty() {
            return;
        }
        let command = Command {
            raw,
            words,
            assignments,
            dirs: self.dirs.clone(),
        };
        self.change_directory(&command);
        // The command stands before what its own words and redirections hold.
        self.script.parts.insert(before, Part::Command(command));
    }

    fn assignment(&mut self, node: Node<'_>) -> (String, String) {
        let name = node.child_by_field_name("name").map_or("", |name| self.text(name));
        let is_array = node
            .child_by_field_name("value")
            .is_some_and(|value| value.kind() == "array");
        // An index is computed, also one in the list of elements.
        if name.contains('[') || (is_array && self.text(node).contains('[')) {
            self.opaque(node, "it sets an element of an array");
        }
        (name.to_owned(), self.text(node).to_owned())
    }

    /// `export`, `declare`, `unset` and their like.
    fn declaration(&mut self, node: Node<'_>, depth: usize) {
        let mut words = Vec::new();
        let mut assignments = Vec::new();
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            self.inner(child, depth + 1);
            if child.kind() == "variable_assignment" {
                assignments.push(self.assignment(child));
            }
            words.push(Word::read(self.text(child), &self.variables));
        }
        let raw = self.text(node).trim().to_owned();
        // Names that stand for others, numbers that are computed, functions: what comes later means something else.
        if words
            .iter()
            .skip(1)
            .any(|word| word.may_be_option() && !matches!(word.text(), "-x" | "-r" | "-g"))
            || raw.contains('[')
        {
            self.opaque(node, "it changes what names mean");
        }
        self.script.parts.push(Part::Command(Command {
            raw,
            words,
            assignments,
            dirs: self.dirs.clone(),
        }));
    }

    /// `[ ... ]`, `[[ ... ]]`. It runs nothing, unless it computes.
    fn test(&mut self, node: Node<'_>, depth: usize) {
        let text = self.text(node).to_owned();
        self.inner(node, depth + 1);
        if text.starts_with("((") {
            return self.arithmetic(node, depth);
        }
        if self.test_computes(&text) {
            return self.opaque(node, "it computes with what it does not know");
        }
        self.script.parts.push(Part::Command(Command {
            raw: text.clone(),
            words: text.split_whitespace().map(Word::literal).collect(),
            assignments: Vec::new(),
            dirs: self.dirs.clone(),
        }));
    }

    /// Whether a test evaluates something that is not a plain number: the value of a variable, or an index.
    fn test_computes(&self, text: &str) -> bool {
        let numbers = ["-eq", "-ne", "-lt", "-le", "-gt", "-ge"];
        let is_number = |word: &str| {
            word.trim_matches(['(', ')', '"', '\'', '-'])
                .chars()
                .all(|c| c.is_ascii_digit())
        };
        let tokens: Vec<&str> = text.split_whitespace().collect();
        let words: Vec<Word> = tokens.iter().map(|raw| Word::read(raw, &self.variables)).collect();
        let named = |word: &Word, name: &str| word.text().trim_start_matches(['(', '!']) == name;
        if words.iter().any(|word| named(word, "-v") || named(word, "-R")) {
            return true;
        }
        let computes = words.iter().enumerate().any(|(at, word)| {
            numbers.contains(&word.text())
                && !(at > 0 && is_number(tokens[at - 1]) && tokens.get(at + 1).is_some_and(|next| is_number(next)))
        });
        if text.starts_with("[[") {
            return computes;
        }
        // In single brackets an operator may come out of a variable, and one word become several.
        let is_unknown = |word: &Word| word.value.is_none() && !word.is_broken;
        let splits = words
            .iter()
            .any(|word| is_unknown(word) && !word.raw.starts_with(['"', '\'']) && word.raw != "$?" && word.raw != "$#");
        let inner = words.get(1..words.len().saturating_sub(1)).unwrap_or_default();
        let operators = inner
            .windows(2)
            .any(|pair| is_unknown(&pair[0]) && (is_unknown(&pair[1]) || pair[1].text().contains('[')));
        let by_operator = matches!(inner, [first, _] if is_unknown(first));
        (computes && text.contains(['$', '`'])) || splits || operators || by_operator
    }

    /// Computing evaluates the values of variables, and those may hold commands.
    fn arithmetic(&mut self, node: Node<'_>, depth: usize) {
        if self
            .text(node)
            .trim_start_matches('$')
            .contains(|c: char| c.is_ascii_alphabetic() || matches!(c, '$' | '`' | '_'))
        {
            self.opaque(node, "it computes with names");
        }
        for child in children(node) {
            self.inner(child, depth + 1);
        }
    }

    /// What runs inside of a word.
    pub(super) fn inner(&mut self, node: Node<'_>, depth: usize) {
        if depth > DEEPEST {
            return self.opaque(node, "nested too deeply to be judged");
        }
        match node.kind() {
            "command_substitution" => {
                let text = self.text(node);
                // What the parser takes for a subshell is arithmetic to bash, and quotes protect nothing in there.
                if text.starts_with("$((") {
                    self.opaque(node, "it may be computing");
                }
                // The next backtick ends it, whatever quotes are between; the parser minds the quotes.
                if text.starts_with('`') && text[1..].trim_end_matches('`').contains(['\\', '`']) {
                    self.opaque(node, "backticks within backticks");
                }
                self.apart(|walk| walk.sequence(node, depth));
            }
            "process_substitution" => self.apart(|walk| walk.sequence(node, depth)),
            "arithmetic_expansion" => self.arithmetic(node, depth),
            "expansion" => {
                if !is_plain_expansion(self.text(node)) {
                    self.opaque(node, "an expansion that is not understood");
                }
                for child in children(node) {
                    self.inner(child, depth + 1);
                }
            }
            // A plain number, or all of them.
            "subscript" if is_plain_element(self.text(node)) => {}
            "subscript" => {
                self.opaque(node, "an element of an array");
                for child in children(node) {
                    self.inner(child, depth + 1);
                }
            }
            // Statements in the place of words.
            "command" | "pipeline" | "list" | "redirected_statement" | "subshell" | "compound_statement" => {
                self.apart(|walk| walk.statement(node, depth + 1));
            }
            _ => {
                for child in children(node) {
                    self.inner(child, depth + 1);
                }
            }
        }
    }

    /// Follows `cd`.
    fn change_directory(&mut self, command: &Command) {
        let mut words = command
            .words
            .iter()
            .skip_while(|word| matches!(word.text(), "builtin" | "command"));
        match words.next().map(Word::text) {
            Some("cd") => {}
            Some("pushd" | "popd" | "eval" | "source" | ".") => return self.dirs = None,
            _ => return,
        }
        let rest: Vec<&Word> = words
            .filter(|word| !matches!(word.text(), "--" | "-P" | "-L"))
            .collect();
        let target = match rest.as_slice() {
            [] => self.variables.get("HOME").and_then(|values| values.first()).cloned(),
            [word] if !word.has_glob && !word.has_braces => word.value.clone().filter(|value| !value.starts_with('-')),
            _ => None,
        };
        let commands_elsewhere = command
            .assignments
            .iter()
            .any(|(name, _)| name == "CDPATH" || name == "HOME");
        self.dirs = match (&self.dirs, target) {
            (Some(dirs), Some(target)) if !commands_elsewhere => {
                let dirs: Vec<PathBuf> = dirs.iter().map(|dir| arrive(dir, Path::new(&target))).collect();
                // What is not there yet may come to be a link, unless the line just makes it a directory.
                let is_made = self.line.contains("mkdir") && !self.line.contains("ln");
                (is_made || dirs.iter().all(|dir| dir.exists())).then_some(dirs)
            }
            _ => None,
        };
    }
}

/// Whether there is a substitution in the line for which the tree has no node. In some here-documents, for one, the parser
/// takes them for text; to bash they run.
fn overlooks(root: Node<'_>, line: &str) -> bool {
    let mut marks = BTreeSet::new();
    let mut texts: Vec<Range<usize>> = Vec::new();
    let mut cursor = root.walk();
    'tree: loop {
        let node = cursor.node();
        let range = node.byte_range();
        let text = line.get(range.clone()).unwrap_or_default();
        match node.kind() {
            "command_substitution" | "expansion" | "arithmetic_expansion" => {
                marks.insert(range.start);
                if text.starts_with('`') {
                    marks.insert(range.end - 1);
                }
            }
            "raw_string" | "ansi_c_string" | "comment" => texts.push(range),
            "heredoc_redirect" => {
                let start = children(node).into_iter().find(|child| child.kind() == "heredoc_start");
                let end = children(node).into_iter().find(|child| child.kind() == "heredoc_end");
                if let (Some(start), Some(end)) = (start, end)
                    && line
                        .get(start.byte_range())
                        .unwrap_or_default()
                        .contains(['\'', '"', '\\'])
                    && let Some(at) = line.get(start.end_byte()..).unwrap_or_default().find('\n')
                {
                    texts.push(start.end_byte() + at..end.start_byte());
                }
            }
            _ => {}
        }
        if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                break 'tree;
            }
        }
    }
    let bytes = line.as_bytes();
    (0..bytes.len()).any(|at| {
        let opens = bytes[at] == b'`' || (bytes[at] == b'$' && matches!(bytes.get(at + 1), Some(b'(' | b'{' | b'[')));
        opens
            && !marks.contains(&at)
            && bytes[..at].iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 0
            && !texts.iter().any(|text| text.contains(&at))
    })
}

/// Where `cd` leads: bash takes `..` out of the text first.
fn arrive(from: &Path, target: &Path) -> PathBuf {
    normal(&from.join(target))
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

pub(super) fn children<'t>(node: Node<'t>) -> Vec<Node<'t>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).collect()
}

/// `name[0]`, `name[@]`.
fn is_plain_element(text: &str) -> bool {
    let index = text.split_once('[').and_then(|(_, rest)| rest.strip_suffix(']'));
    index.is_some_and(|index| {
        matches!(index, "@" | "*") || (!index.is_empty() && index.chars().all(|c| c.is_ascii_digit()))
    })
}

/// `${name}` and the forms of it that only cut or replace text.
fn is_plain_expansion(text: &str) -> bool {
    let Some(inner) = text.strip_prefix("${").and_then(|text| text.strip_suffix('}')) else {
        return false;
    };
    let inner = match inner.strip_prefix('#') {
        Some(rest) if !rest.is_empty() => rest,
        _ => inner,
    };
    let name = inner
        .find(|c: char| c != '_' && !c.is_ascii_alphanumeric())
        .unwrap_or(inner.len());
    let rest = &inner[name..];
    name > 0
        && (rest.is_empty()
            || is_plain_element(inner)
            || rest.starts_with(['-', '+', '?', '%', '#', '/', '^', ','])
            || [":-", ":+", ":?"].iter().any(|start| rest.starts_with(start)))
}
