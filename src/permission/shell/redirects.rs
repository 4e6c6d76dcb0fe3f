//! Redirections and here-documents.

use tree_sitter::Node;

use super::Part;
use super::syntax::{Walk, children};
use super::word::Word;

impl Walk<'_> {
    /// A redirection. Goes out: words behind it that are the command's.
    pub(super) fn redirect(&mut self, node: Node<'_>, depth: usize) -> Vec<(usize, Word)> {
        let mut extra = Vec::new();
        match node.kind() {
            "file_redirect" => {
                let mut cursor = node.walk();
                let operator = node
                    .children(&mut cursor)
                    .find(|child| !child.is_named())
                    .map_or("", |child| self.text(child));
                let mut cursor = node.walk();
                let targets: Vec<Node<'_>> = node.children_by_field_name("destination", &mut cursor).collect();
                for (index, target) in targets.into_iter().enumerate() {
                    self.inner(target, depth + 1);
                    let word = Word::read(self.text(target), &self.variables);
                    if index > 0 || operator.ends_with('-') {
                        extra.push((target.start_byte(), word));
                    } else {
                        self.file(operator, node, target, word);
                    }
                }
            }
            "heredoc_redirect" => {
                if !self.ends_where_the_shell_ends_it(node) {
                    let text = self.line.to_owned();
                    let why = "a here-document that is not understood";
                    self.script.parts.push(Part::Opaque { text, why });
                }
                let mut cursor = node.walk();
                if !cursor.goto_first_child() {
                    return extra;
                }
                loop {
                    let child = cursor.node();
                    match (cursor.field_name(), child.kind()) {
                        (Some("argument"), _) => {
                            self.inner(child, depth + 1);
                            extra.push((child.start_byte(), Word::read(self.text(child), &self.variables)));
                        }
                        (_, "heredoc_body" | "heredoc_start" | "heredoc_end" | "file_descriptor") => {
                            self.heredoc_text(child);
                            self.inner(child, depth + 1);
                        }
                        (_, "file_redirect" | "herestring_redirect") => extra.extend(self.redirect(child, depth + 1)),
                        _ => self.apart(|walk| walk.statement(child, depth + 1)),
                    }
                    if !cursor.goto_next_sibling() {
                        return extra;
                    }
                }
            }
            "herestring_redirect" => self.inner(node, depth + 1),
            _ => {
                self.opaque(node, "it is not understood");
                self.inner(node, depth + 1);
            }
        }
        extra
    }

    /// Whether a here-document is what bash takes for it: the lines after this one up to the one that is its mark. With
    /// several of them in one line, or an unusual mark, the parser finds another end.
    fn ends_where_the_shell_ends_it(&self, node: Node<'_>) -> bool {
        let kind = |kind: &str| children(node).into_iter().find(|child| child.kind() == kind);
        let (Some(start), Some(end)) = (kind("heredoc_start"), kind("heredoc_end")) else {
            return false;
        };
        let raw = self.text(start);
        let mark = match raw.chars().next() {
            Some(quote @ ('\'' | '"')) => raw.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)),
            _ => Some(raw),
        };
        let is_word = |mark: &&str| !mark.is_empty() && mark.chars().all(|c| c == '_' || c.is_ascii_alphanumeric());
        let Some(mark) = mark.filter(is_word) else {
            return false;
        };
        let after = self
            .line
            .get(start.end_byte()..)
            .unwrap_or_default()
            .find(['\n'])
            .map(|at| start.end_byte() + at + 1);
        let Some(mut at) = after else { return false };
        // To bash its text begins at the next line end, also in the middle of something else.
        let begins = kind("heredoc_body").map_or(end.start_byte(), |body| body.start_byte());
        if !self.line.get(at..begins).is_some_and(|text| text.trim().is_empty()) {
            return false;
        }
        // Another one before the end of this line has its text first, or second.
        let from = self
            .line
            .get(..start.start_byte())
            .unwrap_or_default()
            .rfind('\n')
            .map_or(0, |at| at + 1);
        if self.line[from..at].matches("<<").count() != 1 {
            return false;
        }
        let strips = self
            .text(node)
            .trim_start_matches(|c: char| c.is_ascii_digit())
            .starts_with("<<-");
        for line in self.line[at..].split_inclusive('\n') {
            let text = line.trim_end_matches('\n');
            let text = if strips { text.trim_start_matches('\t') } else { text };
            if text == mark {
                let found = at + line.trim_end_matches('\n').len();
                return end.end_byte() == found && self.text(end).trim() == mark;
            }
            at += line.len();
        }
        false
    }

    /// Backticks in a here-document are substitutions that the parser does not show.
    fn heredoc_text(&mut self, node: Node<'_>) {
        if node.kind() == "heredoc_body" {
            let quoted = node
                .parent()
                .and_then(|redirect| {
                    children(redirect)
                        .into_iter()
                        .find(|child| child.kind() == "heredoc_start")
                })
                .is_some_and(|start| self.text(start).contains(['\'', '"', '\\']));
            if !quoted && self.text(node).contains('`') {
                self.opaque(node, "a here-document with backticks");
            }
        }
    }

    fn file(&mut self, operator: &str, node: Node<'_>, target: Node<'_>, word: Word) {
        let is_descriptor = word
            .value
            .as_deref()
            .is_some_and(|value| value == "-" || value.trim_end_matches('-').chars().all(|c| c.is_ascii_digit()));
        let writes = match operator {
            ">&" | "<&" if is_descriptor => return,
            "<" => false,
            ">" | ">>" | "&>" | "&>>" | ">|" | ">&" => true,
            _ => return self.opaque(node, "a redirection that is not understood"),
        };
        // A process instead of a file: what runs there is judged on its own.
        if target.kind() == "process_substitution" {
            return;
        }
        self.script.parts.push(Part::File {
            writes,
            target: word,
            dirs: self.dirs.clone(),
        });
    }
}
