//! What a person has to know to decide: who asks for what, where, and why it is asked.

use super::parts::part_lines;
use crate::asking::{StyledLine, TextStyle};
use crate::permission::preset::plain_reason;
use crate::permission::{Action, Ask};
use crate::support::look_alike::look_alikes;
use crate::support::visible::is_hidden;

/// With fewer rows the heading is cut, and the model's own words are left out.
const ROOMY: usize = 8;
/// The look-alikes that are named.
const MOST_WORDS: usize = 3;

/// The characters of a name or a path in the heading.
const LONGEST_NAME: usize = 40;

/// What stands above the answers.
#[derive(Debug)]
pub(super) struct Facts {
    heading: StyledLine,
    /// A command, a diff, paths, an address.
    content: Vec<(TextStyle, String)>,
    /// What the model says of a command.
    description: Option<StyledLine>,
    /// Warnings, then the directory, the reason and the parts.
    meta: Vec<StyledLine>,
}

/// The facts that there is room for.
#[derive(Debug)]
pub(super) struct ShownFacts {
    pub(super) rows: Vec<StyledLine>,
    pub(super) whole: bool,
}

/// The rows of the content that fit.
struct ContentRows {
    head: Vec<StyledLine>,
    tail: Vec<StyledLine>,
    /// Lines that are not there as a whole.
    cut_lines: usize,
}

impl Facts {
    pub(super) fn new(ask: &Ask) -> Self {
        let content = content(ask);
        let mut meta = notes(ask, &content);
        meta.push(place(ask));
        let reason = plain_reason(&ask.judgement.rule);
        meta.push(StyledLine::labelled("why: ", &reason));
        meta.extend(part_lines(ask));
        Self {
            heading: heading(ask),
            content,
            description: description(ask),
            meta,
        }
    }

    /// All that fits into `room` rows, with at most `most` of them for the content, and a row that says what is left out.
    ///
    /// Of a long content the head and the tail are shown: the end of a command is as good a place to hide something as any.
    pub(super) fn rows(&self, columns: usize, room: usize, most: usize) -> ShownFacts {
        let room = room.max(2);
        let (mut rows, mut whole) = self.heading.wrap(columns, if room < ROOMY { 1 } else { 3 });
        if !whole {
            rows = vec![self.heading.cut(columns)];
        }
        let left = room - rows.len();
        // The model's own words never take the room of what they are about.
        let description = self.description.iter().filter(|_| room >= ROOMY);
        let mut meta: Vec<StyledLine> = description.map(|line| line.cut(columns)).collect();
        meta.extend(self.meta.iter().flat_map(|line| line.wrap(columns, room).0));
        let content = self.content_rows(columns, left.saturating_sub(meta.len()).min(most));
        if content.cut_lines == 0 && content.head.len() + meta.len() <= left {
            rows.extend(content.head);
            rows.extend(meta);
            return ShownFacts { rows, whole };
        }
        whole = false;
        // One row is for what is left out. The content gets what it needs before the rest gets more than half.
        let left = left - 1;
        let for_meta = meta.len().min(left / 2);
        let content = self.content_rows(columns, (left - for_meta).min(most));
        let for_meta = meta.len().min(left - content.head.len() - content.tail.len());
        let more = match content.cut_lines {
            0 | 1 => "… more (s shows all)".to_owned(),
            lines => format!("… {lines} more lines (s shows all)"),
        };
        rows.extend(content.head);
        rows.push(StyledLine::of(TextStyle::Warning, &more).cut(columns));
        rows.extend(content.tail);
        rows.extend(meta.into_iter().take(for_meta));
        ShownFacts { rows, whole }
    }

    /// The content, or its first and its last rows, in at most `room` rows.
    fn content_rows(&self, columns: usize, room: usize) -> ContentRows {
        let (head, whole_lines) = self.first_rows(columns, room);
        if whole_lines == self.content.len() {
            return ContentRows {
                head,
                tail: Vec::new(),
                cut_lines: 0,
            };
        }
        let for_tail = room / 2;
        let (head, first_lines) = self.first_rows(columns, room - for_tail);
        let (tail, last_lines) = self.last_rows(columns, for_tail);
        ContentRows {
            head,
            tail,
            cut_lines: self.content.len() - first_lines - last_lines,
        }
    }

    /// The first rows of the content, and how many of its lines are in them as a whole.
    fn first_rows(&self, columns: usize, room: usize) -> (Vec<StyledLine>, usize) {
        let mut rows = Vec::new();
        for (index, (look, text)) in self.content.iter().enumerate() {
            if rows.len() >= room {
                return (rows, index);
            }
            // More cannot be shown, and a line may be a megabyte.
            let end = text
                .char_indices()
                .nth(columns * room)
                .map_or(text.len(), |(end, _)| end);
            let (some, whole) = content_line(*look, &text[..end]).wrap(columns, room - rows.len());
            rows.extend(some);
            if !whole || end < text.len() {
                return (rows, index);
            }
        }
        (rows, self.content.len())
    }

    /// The last rows of the content, and how many of its lines are in them as a whole.
    fn last_rows(&self, columns: usize, room: usize) -> (Vec<StyledLine>, usize) {
        let mut rows = Vec::new();
        for (index, (look, text)) in self.content.iter().rev().enumerate() {
            if rows.len() >= room {
                return (rows, index);
            }
            // A line that is cut here has more rows than there is room for, and the first of them is dropped.
            let start = text
                .char_indices()
                .rev()
                .nth(columns * room)
                .map_or(0, |(start, _)| start);
            let (mut some, _) = content_line(*look, &text[start..]).wrap(columns, usize::MAX);
            let extra = some.len().saturating_sub(room - rows.len());
            some.drain(..extra);
            some.extend(std::mem::take(&mut rows));
            rows = some;
            if extra > 0 || start > 0 {
                return (rows, index);
            }
        }
        (rows, self.content.len())
    }

    /// Everything, the arguments of the call included.
    pub(super) fn all(&self, ask: &Ask) -> Vec<StyledLine> {
        let mut lines = vec![self.heading.clone()];
        lines.extend(self.content.iter().map(|(look, text)| content_line(*look, text)));
        lines.push(StyledLine::new(0));
        lines.extend(self.description.clone());
        lines.extend(self.meta.iter().cloned());
        lines.push(StyledLine::labelled("session: ", &ask.session_id));
        lines.push(StyledLine::labelled("tool: ", &ask.tool));
        for rule in &ask.judgement.grant {
            let rule = rule.pattern.to_string();
            lines.push(StyledLine::labelled("can be allowed for the session: ", &rule));
        }
        lines.push(StyledLine::new(0));
        lines.push(StyledLine::of(TextStyle::Strong, "arguments of the call"));
        let arguments = serde_json::to_string_pretty(&ask.arguments).unwrap_or_default();
        lines.extend(arguments.lines().map(|line| content_line(TextStyle::Plain, line)));
        lines
    }
}

/// The first subject, or the tool, in one line.
pub(super) fn subject(ask: &Ask) -> String {
    let mut subjects = ask.action.subjects().into_iter();
    let first = subjects.next().unwrap_or_else(|| ask.tool.clone());
    match subjects.count() {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

fn content_line(look: TextStyle, text: &str) -> StyledLine {
    let line = StyledLine::new(4).own(TextStyle::Plain, "  ");
    // The line ends of another system are seen, and are no alarm.
    match text.strip_suffix('\r') {
        Some(text) => line.code(look, text).own(TextStyle::Faint, "\\r"),
        None => line.code(look, text),
    }
}

/// Whether a path leaves room for the rest of the heading.
fn is_short(path: &str) -> bool {
    path.chars().count() <= LONGEST_NAME
}

fn heading(ask: &Ask) -> StyledLine {
    let line = match &ask.subagent {
        Some(name) => StyledLine::new(2)
            .own(TextStyle::Strong, "subagent \"")
            .foreign(TextStyle::Strong, &name.chars().take(LONGEST_NAME).collect::<String>())
            .own(TextStyle::Strong, "\""),
        None => StyledLine::of(TextStyle::Strong, "opencode"),
    };
    let wants = |what: &str| {
        line.clone()
            .own(TextStyle::Strong, " wants to ")
            .own(TextStyle::Strong, what)
    };
    match &ask.action {
        Action::Shell { .. } => wants("run a shell command"),
        Action::Read { .. } => wants("read"),
        Action::Edit { paths } => match paths.as_slice() {
            [path] if is_short(path) => wants("change ").foreign(TextStyle::Strong, path),
            [_] => wants("change a file"),
            paths => wants(&format!("change {} files", paths.len())),
        },
        Action::Search { tool, .. } => wants("search files with ").foreign(TextStyle::Strong, tool),
        Action::Fetch { .. } => wants("fetch from the web"),
        Action::Subagent { .. } => wants("start a subagent"),
        Action::Outside { .. } => wants("use what is outside of its directory"),
        Action::Repeat { tool } => wants("repeat the same call once more: ").foreign(TextStyle::Strong, tool),
        Action::Other { tool, .. } => wants("use the tool ").foreign(TextStyle::Strong, tool),
    }
}

fn content(ask: &Ask) -> Vec<(TextStyle, String)> {
    let plain = |text: &str| -> Vec<(TextStyle, String)> {
        text.split('\n')
            .map(|line| (TextStyle::Plain, line.to_owned()))
            .collect()
    };
    // A line end in it is written out.
    let one = |text: &str| (TextStyle::Plain, text.to_owned());
    match &ask.action {
        // Blank lines at its end would take the place of the tail that matters.
        Action::Shell { command, .. } => plain(command.trim_end_matches(['\n', ' ', '\t'])),
        Action::Edit { paths } => {
            let mut lines: Vec<_> = match paths.as_slice() {
                // It is in the heading.
                [path] if is_short(path) => Vec::new(),
                paths => paths.iter().map(|path| one(path)).collect(),
            };
            match &ask.diff {
                Some(diff) => lines.extend(diff_lines(diff)),
                None => lines.extend(arguments(ask)),
            }
            lines
        }
        Action::Search { path, pattern, .. } => {
            let mut lines = vec![one(pattern)];
            lines.extend(path.iter().map(|path| one(&format!("in {path}"))));
            lines
        }
        Action::Repeat { .. } | Action::Other { .. } | Action::Subagent { .. } => {
            let mut lines: Vec<_> = ask.action.subjects().iter().map(|subject| one(subject)).collect();
            lines.extend(arguments(ask));
            lines
        }
        Action::Read { .. } | Action::Fetch { .. } => ask.action.subjects().iter().map(|text| one(text)).collect(),
        Action::Outside { paths } => {
            let mut lines: Vec<_> = paths.iter().map(|path| one(path)).collect();
            lines.extend(arguments(ask));
            lines
        }
    }
}

fn arguments(ask: &Ask) -> Vec<(TextStyle, String)> {
    if ask.arguments.as_object().is_none_or(serde_json::Map::is_empty) {
        return Vec::new();
    }
    let text = serde_json::to_string_pretty(&ask.arguments).unwrap_or_default();
    text.lines().map(|line| (TextStyle::Plain, line.to_owned())).collect()
}

/// The lines of a unified diff, each with its look. What a hunk says of its length decides where it ends: a removed line
/// `-- a` is no heading.
fn diff_lines(diff: &str) -> Vec<(TextStyle, String)> {
    let mut lines = Vec::new();
    let (mut old, mut new) = (0_u64, 0_u64);
    for line in diff.strip_suffix('\n').unwrap_or(diff).split('\n') {
        let inside = old > 0 || new > 0;
        let look = match line.as_bytes().first() {
            Some(b'+') if inside => {
                new = new.saturating_sub(1);
                TextStyle::Added
            }
            Some(b'-') if inside => {
                old = old.saturating_sub(1);
                TextStyle::Removed
            }
            Some(b'\\') => TextStyle::Faint,
            _ if inside => {
                old = old.saturating_sub(1);
                new = new.saturating_sub(1);
                TextStyle::Plain
            }
            Some(b'@') => {
                (old, new) = hunk(line).unwrap_or_default();
                TextStyle::Place
            }
            Some(b'-') if line.starts_with("--- ") => TextStyle::Strong,
            Some(b'+') if line.starts_with("+++ ") => TextStyle::Strong,
            // A piece with an unknown place has no lengths.
            Some(b'+') => TextStyle::Added,
            Some(b'-') => TextStyle::Removed,
            // What the engine writes above a diff says nothing new.
            Some(b'I') if line.starts_with("Index: ") => continue,
            Some(b'=') if line.bytes().all(|byte| byte == b'=') => continue,
            _ => TextStyle::Plain,
        };
        lines.push((look, line.to_owned()));
    }
    lines
}

/// The lengths in `@@ -1,3 +1,4 @@`.
fn hunk(line: &str) -> Option<(u64, u64)> {
    let mut words = line.strip_prefix("@@ -")?.split(' ');
    let length = |range: &str| range.split_once(',').map_or(Some(1), |(_, length)| length.parse().ok());
    let old = length(words.next()?)?;
    let new = length(words.next()?.strip_prefix('+')?)?;
    Some((old, new))
}

fn place(ask: &Ask) -> StyledLine {
    let directory = ask.directory.to_string_lossy();
    let line = StyledLine::new(4).own(TextStyle::Faint, "in ");
    match &ask.action {
        Action::Shell {
            workdir: Some(workdir), ..
        } => line
            .foreign(TextStyle::Plain, workdir)
            .own(TextStyle::Faint, " (the working directory is ")
            .foreign(TextStyle::Plain, &directory)
            .own(TextStyle::Faint, ")"),
        _ => line.foreign(TextStyle::Plain, &directory),
    }
}

/// What the model says of a command, marked as its words.
fn description(ask: &Ask) -> Option<StyledLine> {
    let Action::Shell { .. } = ask.action else {
        return None;
    };
    let text = ask.arguments.get("description")?.as_str()?.trim();
    (!text.is_empty()).then(|| {
        StyledLine::new(4)
            .own(TextStyle::Faint, "the model says: ")
            .foreign(TextStyle::Faint, text)
    })
}

/// What eyes alone would not find.
fn notes(ask: &Ask, content: &[(TextStyle, String)]) -> Vec<StyledLine> {
    let mut texts: Vec<&str> = content
        .iter()
        .map(|(_, text)| text.strip_suffix('\r').unwrap_or(text))
        .collect();
    let subjects = ask.action.subjects();
    texts.extend(subjects.iter().map(String::as_str));
    if let Action::Shell {
        workdir: Some(workdir), ..
    } = &ask.action
    {
        texts.push(workdir);
    }
    let mut notes = Vec::new();
    let hidden = |c: char| is_hidden(c) && c != '\r';
    if texts.iter().any(|text| text.contains(hidden)) {
        notes.push(StyledLine::new(6).own(TextStyle::Warning, "note: ").own(
            TextStyle::Plain,
            "it holds characters that cannot be seen; they are written as \\u{...}",
        ));
    }
    let mut words: Vec<&str> = Vec::new();
    for word in texts.iter().flat_map(|text| look_alikes(text)) {
        if !words.contains(&word) {
            words.push(word);
        }
        if words.len() > MOST_WORDS {
            break;
        }
    }
    if !words.is_empty() {
        let mut line = StyledLine::new(6)
            .own(TextStyle::Warning, "note: ")
            .own(TextStyle::Plain, "it holds letters or signs that look like others: ");
        for (index, word) in words.iter().take(MOST_WORDS).enumerate() {
            line = line.own(TextStyle::Plain, if index > 0 { ", " } else { "" });
            for c in word.chars() {
                line = if c.is_ascii() {
                    line.foreign(TextStyle::Plain, c.encode_utf8(&mut [0; 4]))
                } else {
                    line.own(TextStyle::Hidden, &c.escape_unicode().to_string())
                };
            }
        }
        notes.push(if words.len() > MOST_WORDS {
            line.own(TextStyle::Plain, ", ...")
        } else {
            line
        });
    }
    notes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::permission::{JudgedPart, Judgement, Policy};
    use crate::request::{Effect, PermissionRequest};

    fn ask(action: Action, diff: Option<String>, parts: usize) -> Ask {
        let rule = "the preset: bash asks".to_owned();
        let part = JudgedPart {
            what: "part".to_owned(),
            effect: Effect::Ask,
            rule: rule.clone(),
        };
        Ask {
            id: "per_1".to_owned(),
            session_id: "ses_1".to_owned(),
            subagent: None,
            action,
            tool: "tool".to_owned(),
            arguments: json!({}),
            diff,
            directory: "/work".into(),
            judgement: Judgement {
                effect: Effect::Ask,
                rule,
                by_preset: true,
                parts: vec![part; parts],
                grant: Vec::new(),
            },
            policy: Policy::new(&PermissionRequest::default(), "/work".as_ref(), "/home".as_ref()),
        }
    }

    #[test]
    fn a_hunk_says_how_long_it_is() {
        assert_eq!(hunk("@@ -1,3 +2,4 @@ fn main"), Some((3, 4)));
        assert_eq!(hunk("@@ -1 +0,0 @@"), Some((1, 0)));
        assert_eq!(hunk("@@ fn main"), None);
        let looks = |diff: &str| diff_lines(diff).into_iter().map(|(look, _)| look).collect::<Vec<_>>();
        assert_eq!(
            looks("Index: a\n=====\n--- a\n+++ a\n@@ -1,2 +1 @@\n--- x\n y\n+++ b\n\\ No newline\n"),
            [
                TextStyle::Strong,
                TextStyle::Strong,
                TextStyle::Place,
                TextStyle::Removed,
                TextStyle::Plain,
                TextStyle::Strong,
                TextStyle::Faint
            ]
        );
    }

    proptest! {
        #[test]
        fn whatever_is_asked_fits_and_its_two_ends_are_seen(
            text in "(.|\n|\t){1,300}",
            diff in proptest::option::of("([-+ @].{0,20}\n){0,60}"),
            parts in 0_usize..20,
            columns in 11_usize..120,
            room in 3_usize..60,
            most in 3_usize..40,
        ) {
            let actions = [
                Action::Shell { command: text.clone(), workdir: Some(text.clone()) },
                Action::Edit { paths: vec![text.clone()] },
                Action::Fetch { url: text.clone() },
                Action::Other { tool: text.clone(), subject: None },
            ];
            for action in actions {
                let ask = ask(action, diff.clone(), parts);
                let facts = Facts::new(&ask);
                let shown = facts.rows(columns, room, most);
                let rows = shown.rows;
                prop_assert!(rows.len() <= room, "{} rows in {room}", rows.len());
                for row in &rows {
                    prop_assert!(row.width() <= columns, "{} in {columns}: {row:?}", row.width());
                    prop_assert!(!row.text().contains(|c: char| is_hidden(c) || c == '\n' || c == '\t'));
                }
                if let Some((look, first)) = facts.content.first() {
                    let first = content_line(*look, first).wrap(columns, 1).0;
                    prop_assert!(rows.contains(&first[0]));
                }
                if let Some((look, last)) = facts.content.last().filter(|(_, last)| room > ROOMY && !last.ends_with([' ', '\t'])) {
                    // The tail of a long line is wrapped by itself, and so may break elsewhere.
                    let last = content_line(*look, last).wrap(columns, usize::MAX).0;
                    let end = last[last.len() - 1].text();
                    let end = end.trim();
                    let is_end = |row: &StyledLine| {
                        let row = row.text();
                        row.trim().ends_with(end) || (!row.trim().is_empty() && end.ends_with(row.trim()))
                    };
                    prop_assert!(rows[1..].iter().any(is_end), "{end:?} in {rows:#?}");
                }
                let whole_meta = facts.meta.iter().all(|line| line.wrap(columns, 99).0.iter().all(|row| rows.contains(row)));
                let whole_content = facts.content.iter().all(|(look, text)| {
                    content_line(*look, text).wrap(columns, usize::MAX).0.iter().all(|row| rows.contains(row))
                });
                prop_assert!(!shown.whole || (whole_meta && whole_content));
                prop_assert!(!facts.all(&ask).is_empty());
            }
        }
    }
}
