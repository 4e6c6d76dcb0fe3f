//! A strict reader of a small part of the shell.
//!
//! In: a line, as the model wrote it for bash. Out: its tree, or where and why it is not understood. Always
//! true: of a line that is accepted, bash runs the commands of the tree, with the arguments and redirections that the
//! tree says, and nothing else. Rejecting is always right; each thing that is accepted has one meaning in every bash.
//!
//! ```text
//! line      = list
//! list      = { newline } item { ( ";" | "&" | newline ) { newline } item } [ ";" | "&" ] { newline }
//! item      = pipeline { ( "&&" | "||" ) { newline } pipeline }
//! pipeline  = [ "!" | "time" ] stage { ( "|" | "|&" ) { newline } stage }
//! stage     = simple | compound { redirect }
//! simple    = { NAME "=" word | redirect } { word | redirect }          at least one of them
//! compound  = "{" list "}"  |  "(" list ")"  |  "[[" test "]]"
//!           | "if" list "then" list { "elif" list "then" list } [ "else" list ] "fi"
//!           | ( "while" | "until" ) list "do" list "done"
//!           | "for" NAME "in" { word } ( ";" | newline ) "do" list "done"   NAME begins in lower case
//! test      = [ "!" ] ( word | unary word | word binary word )          the operators of UNARY_TESTS and BINARY_TESTS
//! redirect  = [ "0" | "1" | "2" ] ( "<" | ">" | ">>" | ">|" | "<<<" ) word
//!           | ( "&>" | "&>>" ) word  |  [ "1" | "2" ] ">&" ( "0" | "1" | "2" )
//!           | ( "<<" | "<<-" ) mark                                      with its text behind the next newline
//! mark      = "'" LETTERS "'" | '"' LETTERS '"' | LETTERS                without quotes: no `$`, "`" or `\` in the text
//! word      = { plain | "'" any "'" | '"' { any | "\" ( '"' | "$" | "`" | "\" ) | expansion } '"'
//!             | "\" punctuation | "*" | "?" | "[" | "~" | expansion }    "~" alone or before "/", at the beginning
//! expansion = "$" NAME | "${" NAME "}" | "$?" | "$(" list ")"
//! plain     = letters, digits, characters beyond ASCII, and  _ - . / : , + @ % = ^ ] ! # { } ~
//! ```
//!
//! Blanks separate, `#` at the beginning of a word starts a comment, and a line end behind `\` is a blank where one
//! stands before it. Refused although the grammar would take it: characters that a person does not see; braces that
//! bash would expand; `~` behind `=` or `:`; a pattern as a program or as the target of a redirection; `=` after
//! `&>>`; words of the shell's grammar that are not above; two here-documents before one line end; a here-document that
//! is open where `$(` or quotes hold a line end; anything nested deeper than [`DEEPEST`].

use super::tree::{
    AndOrList, Assignment, CommandList, CommandNode, Connector, Pipeline, Redirect, SimpleCommand, Stage, WordNode,
    WordPart,
};
use crate::support::names::Names;
use crate::support::visible::{is_odd_space, is_unseen};

/// The longest line that is read, in bytes.
const LONGEST: usize = 48 * 1024;
const DEEPEST: usize = 24;

/// Words of the shell's own grammar.
const RESERVED: Names =
    Names("! [[ ]] { } case coproc do done elif else esac fi for function if in select then time until while");

/// Operators of `[` and `[[` that look at one word. Not `-v` and `-R`, which compute an index.
pub(crate) const UNARY_TESTS: Names = Names("-n -z -e -f -d -s -r -w -x -L -h -p -S -b -c -k -t -N");
/// Operators of `[` and `[[` that compare two words as texts or files.
pub(crate) const BINARY_TESTS: Names = Names("= == != -nt -ot -ef");
/// Operators that compare numbers. Behind `[[` they evaluate what is not a plain number.
pub(crate) const NUMBER_TESTS: Names = Names("-eq -ne -lt -le -gt -ge");

/// Why a line is not understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Objection {
    /// Where in the line, in bytes.
    pub at: usize,
    pub why: &'static str,
}

type Reading<T> = Result<T, Objection>;

/// Reads a line. A line of blanks and comments is an empty list.
pub fn read(line: &str) -> Result<CommandList, Objection> {
    if line.len() > LONGEST {
        return Err(Objection {
            at: LONGEST,
            why: "it is too long",
        });
    }
    let unseen = |c: char| !matches!(c, '\n' | '\t') && (is_unseen(c) || is_odd_space(c));
    if let Some((at, _)) = line.char_indices().find(|(_, c)| unseen(*c)) {
        return Err(Objection {
            at,
            why: "it has characters that nobody sees",
        });
    }
    let mut reader = LineReader {
        line,
        at: 0,
        depth: 0,
        document: None,
        has_documents: false,
        in_output: false,
    };
    let list = reader.list(&[])?;
    match reader.peek() {
        None => Ok(list),
        Some(_) => reader.objection("it does not fit what stands before it"),
    }
}

struct LineReader<'a> {
    line: &'a str,
    at: usize,
    depth: usize,
    /// The here-document whose text begins behind the next line end.
    document: Option<HereDocument>,
    /// Whether there was a here-document in the innermost `$( … )`.
    has_documents: bool,
    in_output: bool,
}

struct HereDocument {
    mark: String,
    strips_tabs: bool,
    is_quoted: bool,
}

impl<'a> LineReader<'a> {
    fn rest(&self) -> &'a str {
        &self.line[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    fn objection<T>(&self, why: &'static str) -> Reading<T> {
        Err(Objection { at: self.at, why })
    }

    fn expect(&mut self, text: &str, why: &'static str) -> Reading<()> {
        if self.take(text) { Ok(()) } else { self.objection(why) }
    }

    /// Passes blanks, line ends behind `\`, and a comment.
    fn blanks(&mut self) {
        let mut is_behind_blank = false;
        loop {
            if self.take(" ") || self.take("\t") || (is_behind_blank && self.take("\\\n")) {
                is_behind_blank = true;
            } else {
                break;
            }
        }
        // What old versions of bash make of a comment within `$( … )` is not certain.
        if self.rest().starts_with('#') && !self.in_output {
            self.at += self.rest().find('\n').unwrap_or(self.rest().len());
        }
    }

    /// Passes blanks and line ends, and the text of a here-document behind one.
    fn line_ends(&mut self) -> Reading<()> {
        loop {
            self.blanks();
            if !self.take("\n") {
                return Ok(());
            }
            if let Some(document) = self.document.take() {
                self.text_of(&document)?;
            }
        }
    }

    fn text_of(&mut self, document: &HereDocument) -> Reading<()> {
        while !self.rest().is_empty() {
            let line = self.rest().split_inclusive('\n').next().unwrap_or_default();
            let text = line.strip_suffix('\n').unwrap_or(line);
            let text = if document.strips_tabs {
                text.trim_start_matches('\t')
            } else {
                text
            };
            if text == document.mark {
                // The line end belongs to the list.
                self.at += line.trim_end_matches('\n').len();
                return Ok(());
            }
            // Within `$( … )` some versions of bash end the text at the mark alone, and some at a bracket.
            let is_doubtful = self.in_output
                && (text.starts_with(&document.mark)
                    || (cfg!(target_os = "macos") && text.contains([')', '(', '\'', '"', '`', '\\'])));
            if is_doubtful || (!document.is_quoted && text.contains(['$', '`', '\\'])) {
                return self.objection("a here-document that the shell would expand");
            }
            self.at += line.len();
        }
        self.objection("a here-document without an end")
    }

    /// The word that begins here, when nothing in it is quoted.
    fn bare_word(&self) -> &'a str {
        let ends = |c: char| c.is_ascii_whitespace() || ";&|()<>".contains(c);
        let rest = self.rest();
        &rest[..rest.find(ends).unwrap_or(rest.len())]
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.bare_word() == word;
        if found {
            self.at += word.len();
        }
        found
    }

    fn expect_word(&mut self, word: &str) -> Reading<()> {
        if self.take_word(word) {
            Ok(())
        } else {
            self.objection("a word of the shell's grammar is missing")
        }
    }

    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Reading<T>) -> Reading<T> {
        if self.depth >= DEEPEST {
            return self.objection("it is nested too deeply");
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// Commands up to the end, a `)`, or one of these words in the place of a command.
    fn list(&mut self, ends: &[&str]) -> Reading<CommandList> {
        let mut list = CommandList::default();
        loop {
            self.line_ends()?;
            if matches!(self.peek(), None | Some(')')) || ends.contains(&self.bare_word()) {
                break;
            }
            let mut item = self.item()?;
            self.blanks();
            // The shell takes `;&>` for `;&` and `>`.
            if self.rest().starts_with(";&") {
                return self.objection("it belongs to `case`");
            }
            let has_end = if self.rest().starts_with('&') {
                self.at += 1;
                item.in_background = true;
                true
            } else {
                self.take(";") || self.rest().starts_with('\n')
            };
            list.items.push(item);
            if !has_end {
                break;
            }
        }
        if self.document.is_some() {
            return self.objection("a here-document without an end");
        }
        Ok(list)
    }

    /// Commands of a compound command: at least one.
    fn body(&mut self, ends: &[&str]) -> Reading<CommandList> {
        let list = self.list(ends)?;
        if list.items.is_empty() {
            return self.objection("a command is missing");
        }
        Ok(list)
    }

    fn item(&mut self) -> Reading<AndOrList> {
        let first = self.pipeline()?;
        let mut rest = Vec::new();
        loop {
            self.blanks();
            let connector = if self.take("&&") {
                Connector::And
            } else if self.take("||") {
                Connector::Or
            } else {
                return Ok(AndOrList {
                    first,
                    rest,
                    in_background: false,
                });
            };
            self.line_ends()?;
            rest.push((connector, self.pipeline()?));
        }
    }

    fn pipeline(&mut self) -> Reading<Pipeline> {
        let is_negated = self.take_word("!");
        if !is_negated && self.take_word("time") {
            // Bash 5.2 does not know it there.
            if self.in_output {
                return self.objection("`time` in a substitution");
            }
            self.blanks();
            if self.rest().starts_with('-') {
                return self.objection("an option of `time`");
            }
        }
        self.blanks();
        let mut stages = vec![self.stage()?];
        loop {
            self.blanks();
            if self.rest().starts_with("||") || !self.take("|") {
                return Ok(Pipeline { is_negated, stages });
            }
            if self.take("&")
                && let Some(stage) = stages.last_mut()
            {
                stage.redirects.push(Redirect::Copy { descriptor: 2, from: 1 });
            }
            self.line_ends()?;
            stages.push(self.stage()?);
        }
    }

    fn stage(&mut self) -> Reading<Stage> {
        self.nested(|reader| {
            let Some(command) = reader.compound()? else {
                return reader.simple();
            };
            let mut redirects = Vec::new();
            loop {
                reader.blanks();
                match reader.redirect()? {
                    Some(redirect) => redirects.push(redirect),
                    // Bash knows no word of its grammar directly after that redirection: `{ a; } >b done`.
                    None if !redirects.is_empty() && !matches!(reader.bare_word().chars().next(), None | Some('#')) => {
                        return reader.objection("a word after a redirection of several commands");
                    }
                    None => return Ok(Stage { command, redirects }),
                }
            }
        })
    }

    fn compound(&mut self) -> Reading<Option<CommandNode>> {
        if self.rest().starts_with("((") {
            return self.objection("it may be computing");
        }
        if self.take("(") {
            let list = self.body(&[])?;
            self.expect(")", "a `(` without an end")?;
            return Ok(Some(CommandNode::Subshell(list)));
        }
        let command = match self.bare_word() {
            "{" => {
                self.at += 1;
                let list = self.body(&["}"])?;
                self.expect_word("}")?;
                CommandNode::Group(list)
            }
            "if" => self.branches()?,
            word @ ("while" | "until") => {
                self.at += word.len();
                let condition = self.body(&["do"])?;
                let body = self.do_group()?;
                CommandNode::Loop {
                    until: word == "until",
                    condition,
                    body,
                }
            }
            "for" => self.for_loop()?,
            "[[" => CommandNode::Test(self.test()?),
            word if RESERVED.contains(word) => {
                return self.objection("a word of the shell's grammar that is not understood");
            }
            _ => return Ok(None),
        };
        Ok(Some(command))
    }

    fn do_group(&mut self) -> Reading<CommandList> {
        self.expect_word("do")?;
        let body = self.body(&["done"])?;
        self.expect_word("done")?;
        Ok(body)
    }

    fn branches(&mut self) -> Reading<CommandNode> {
        self.expect_word("if")?;
        let mut branches = Vec::new();
        let mut otherwise = None;
        loop {
            let condition = self.body(&["then"])?;
            self.expect_word("then")?;
            branches.push((condition, self.body(&["elif", "else", "fi"])?));
            if self.take_word("elif") {
                continue;
            }
            if self.take_word("else") {
                otherwise = Some(self.body(&["fi"])?);
            }
            self.expect_word("fi")?;
            return Ok(CommandNode::If(branches, otherwise));
        }
    }

    fn for_loop(&mut self) -> Reading<CommandNode> {
        self.expect_word("for")?;
        self.blanks();
        let variable = self.bare_word().to_owned();
        // Bash and programs set or read other names: `_`, `REPLY`, `PATH`.
        if !is_name(&variable) || !variable.starts_with(|c: char| c.is_ascii_lowercase()) {
            return self.objection("a loop without a plain variable");
        }
        self.at += variable.len();
        self.blanks();
        self.expect_word("in")?;
        let mut words = Vec::new();
        loop {
            self.blanks();
            if self.take(";") || self.rest().starts_with('\n') {
                break;
            }
            words.push(self.word()?);
        }
        self.line_ends()?;
        let body = self.do_group()?;
        Ok(CommandNode::For { variable, words, body })
    }

    fn test(&mut self) -> Reading<Vec<WordNode>> {
        self.expect_word("[[")?;
        let mut words = Vec::new();
        loop {
            self.blanks();
            if self.take_word("]]") {
                break;
            }
            words.push(self.word()?);
        }
        // Quoted, none of them is an operator.
        let typed: Vec<&str> = words.iter().map(|word| word.raw.as_str()).collect();
        let typed = typed.strip_prefix(&["!"]).unwrap_or(&typed);
        let is_operand = |word: &str| !word.starts_with(['!', '-']);
        let is_number = |text: &str| text.bytes().all(|c| c.is_ascii_digit());
        let is_fine = match typed {
            [word] => is_operand(word),
            [operator, _] => UNARY_TESTS.contains(operator),
            [one, operator, other] if is_operand(one) => {
                BINARY_TESTS.contains(operator)
                    || (NUMBER_TESTS.contains(operator) && is_number(one) && is_number(other))
            }
            _ => false,
        };
        if is_fine {
            Ok(words)
        } else {
            self.objection("a test that is not understood")
        }
    }

    fn simple(&mut self) -> Reading<Stage> {
        let mut command = SimpleCommand::default();
        let mut redirects = Vec::new();
        let mut pieces = Vec::new();
        loop {
            self.blanks();
            if let Some(redirect) = self.redirect()? {
                redirects.push(redirect);
                continue;
            }
            if matches!(self.peek(), None | Some('\n' | ';' | '&' | '|' | ')')) {
                break;
            }
            let start = self.at;
            if command.words.is_empty() {
                if RESERVED.contains(self.bare_word()) {
                    return self.objection("a word of the shell's grammar where a program is expected");
                }
                if let Some(assignment) = self.assignment()? {
                    pieces.push(&self.line[start..self.at]);
                    command.assignments.push(assignment);
                    continue;
                }
            }
            let word = self.word()?;
            if command.words.is_empty() {
                self.may_be_program(&word)?;
            }
            pieces.push(&self.line[start..self.at]);
            command.words.push(word);
        }
        if command.words.is_empty() && command.assignments.is_empty() && redirects.is_empty() {
            return self.objection("a command is missing");
        }
        if let [first, second, ..] = command.words.as_slice()
            && first.literal().as_deref() == Some("command")
            && !second
                .literal()
                .is_some_and(|text| !text.starts_with('-') || matches!(text.as_str(), "-v" | "-V"))
        {
            return self.objection("an option of `command`");
        }
        command.raw = pieces.join(" ");
        Ok(Stage {
            command: CommandNode::Simple(command),
            redirects,
        })
    }

    fn may_be_program(&self, word: &WordNode) -> Reading<()> {
        if word.parts.iter().any(|part| matches!(part, WordPart::Glob(_))) {
            return self.objection("a pattern in the place of a program");
        }
        // `%1` is a job; a line that begins with `-` or `+` is an option of the shell that is given the line.
        match word.parts.first() {
            Some(WordPart::Text(text)) if text.starts_with(['%', '-', '+']) => {
                self.objection("no name of a program begins like that")
            }
            _ => Ok(()),
        }
    }

    fn assignment(&mut self) -> Reading<Option<Assignment>> {
        let start = self.at;
        let Some((name, _)) = self.bare_word().split_once('=') else {
            return Ok(None);
        };
        if !is_name(name) {
            return match name.strip_suffix('+').is_some_and(is_name) {
                true => self.objection("it appends to a variable"),
                false => Ok(None),
            };
        }
        self.at += name.len() + 1;
        let ends_here = matches!(
            self.peek(),
            None | Some(' ' | '\t' | '\n' | ';' | '&' | '|' | ')' | '<' | '>')
        );
        let value = match ends_here {
            true => WordNode::default(),
            false if self.rest().starts_with('~') => return self.objection("a `~` that the shell may expand"),
            false => self.word()?,
        };
        Ok(Some(Assignment {
            name: name.to_owned(),
            value,
            raw: self.line[start..self.at].to_owned(),
        }))
    }

    fn redirect(&mut self) -> Reading<Option<Redirect>> {
        let digits = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        let operator = &self.rest()[digits..];
        let both = digits == 0 && operator.starts_with("&>");
        if !both && !operator.starts_with(['<', '>']) {
            return Ok(None);
        }
        let descriptor = match &self.rest()[..digits] {
            "" => None,
            "0" => Some(0),
            "1" => Some(1),
            "2" => Some(2),
            _ => return self.objection("a redirection of an unusual descriptor"),
        };
        self.at += digits;
        for operator in ["<>", "<&", "&>&", ">>&"] {
            if self.rest().starts_with(operator) {
                return self.objection("a redirection that is not understood");
            }
        }
        let (writes, appends) = if self.take("<<<") {
            self.blanks();
            let word = self.word()?;
            return match descriptor {
                None | Some(0) => Ok(Some(Redirect::Text(word))),
                _ => self.objection("a redirection that is not understood"),
            };
        } else if self.take("<<") {
            return match descriptor {
                None | Some(0) => self.document().map(Some),
                _ => self.objection("a redirection that is not understood"),
            };
        } else if self.take(">&") {
            let from = match self.bare_word() {
                "0" => 0,
                "1" => 1,
                "2" => 2,
                // Bash expands the name of a file twice here.
                _ => return self.objection("a redirection that is not understood"),
            };
            self.at += 1;
            return match descriptor.unwrap_or(1) {
                0 => self.objection("a redirection that is not understood"),
                descriptor => Ok(Some(Redirect::Copy { descriptor, from })),
            };
        } else if self.take("&>>") || self.take(">>") {
            (true, true)
        } else if self.take("&>") || self.take(">|") || self.take(">") {
            (true, false)
        } else {
            (!self.take("<"), false)
        };
        self.blanks();
        // After another redirection bash takes `NAME=` here for an assignment, and refuses the line.
        if both && appends && self.bare_word().contains('=') {
            return self.objection("a redirection that is not understood");
        }
        let target = self.word()?;
        if target.parts.iter().any(|part| matches!(part, WordPart::Glob(_))) {
            return self.objection("a redirection to a pattern");
        }
        Ok(Some(Redirect::File {
            descriptor: descriptor.unwrap_or(u8::from(writes)),
            writes,
            appends,
            both,
            target,
        }))
    }

    fn document(&mut self) -> Reading<Redirect> {
        let strips_tabs = self.take("-");
        self.blanks();
        let raw = self.bare_word();
        let quoted = ['\'', '"']
            .into_iter()
            .find_map(|quote| raw.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)));
        let mark = quoted.unwrap_or(raw);
        if mark.is_empty() || !mark.chars().all(|c| c == '_' || c.is_ascii_alphanumeric()) {
            return self.objection("a here-document with an unusual mark");
        }
        self.at += raw.len();
        if is_descriptor(raw, self.rest()) {
            return self.objection("a number that the shell takes for a descriptor");
        }
        let document = HereDocument {
            mark: mark.to_owned(),
            strips_tabs,
            is_quoted: quoted.is_some(),
        };
        self.has_documents = true;
        match self.document.replace(document) {
            None => Ok(Redirect::Document),
            Some(_) => self.objection("two here-documents in one line"),
        }
    }

    fn word(&mut self) -> Reading<WordNode> {
        let start = self.at;
        let mut word = WordReader::default();
        // The character before this one, when it is not quoted.
        let mut before = None;
        let mut has_braces = false;
        while let Some(c) = self.peek() {
            if c.is_ascii_whitespace() || ";&|()<>".contains(c) {
                break;
            }
            let is_first = self.at == start;
            self.at += c.len_utf8();
            match c {
                '#' if is_first => return self.objection("a comment that not every shell understands"),
                '\'' => {
                    let Some(end) = self.rest().find('\'') else {
                        return self.objection("a quote without an end");
                    };
                    let text = &self.rest()[..end];
                    self.may_hold(text)?;
                    word.text(text);
                    self.at += end + 1;
                }
                '"' => self.quoted(&mut word)?,
                '\\' => match self.peek() {
                    Some(c) if c.is_ascii_punctuation() => {
                        word.text(c.encode_utf8(&mut [0; 4]));
                        self.at += 1;
                    }
                    _ => return self.objection("an escape that is not understood"),
                },
                '$' => self.expansion(&mut word, false)?,
                '*' | '?' | '[' => word.parts.push(WordPart::Glob(c)),
                ']' if word.parts.contains(&WordPart::Glob('[')) => word.parts.push(WordPart::Glob(c)),
                '~' if is_first && matches!(self.bare_word(), "") => word.parts.push(WordPart::Home),
                '~' if is_first && self.rest().starts_with('/') => word.parts.push(WordPart::Home),
                '~' if is_first || matches!(before, Some('=' | ':')) => {
                    return self.objection("a `~` that the shell may expand");
                }
                '{' | '}' => {
                    has_braces = true;
                    word.character(c);
                }
                '_' | '-' | '.' | '/' | ':' | ',' | '+' | '@' | '%' | '=' | '^' | ']' | '!' | '#' | '~' => {
                    word.character(c);
                }
                c if c.is_ascii_alphanumeric() || !c.is_ascii() => word.character(c),
                _ => {
                    self.at -= c.len_utf8();
                    return self.objection("a character that is not understood");
                }
            }
            before = (!matches!(c, '\'' | '"' | '\\')).then_some(c);
        }
        let raw = &self.line[start..self.at];
        if raw.is_empty() {
            return self.objection("a word is missing");
        }
        if is_descriptor(raw, self.rest()) {
            return self.objection("a number that the shell takes for a descriptor");
        }
        if has_braces && (raw.contains([',', '<', '>']) || raw.contains("..") || self.rest().starts_with(['<', '>'])) {
            return self.objection("braces that the shell may expand");
        }
        let mut parts = word.parts;
        if raw == "[" {
            parts = vec![WordPart::Text(raw.to_owned())];
        }
        Ok(WordNode {
            raw: raw.to_owned(),
            parts,
        })
    }

    /// Whether a text may stand in quotes here.
    fn may_hold(&self, text: &str) -> Reading<()> {
        match &self.document {
            Some(_) if text.contains('\n') => self.objection("a line end in quotes before a here-document"),
            _ => Ok(()),
        }
    }

    fn quoted(&mut self, word: &mut WordReader) -> Reading<()> {
        // Even nothing in quotes is a word.
        word.text("");
        while let Some(c) = self.peek() {
            self.at += c.len_utf8();
            match c {
                '"' => return Ok(()),
                '\\' => match self.peek() {
                    Some(c @ ('$' | '`' | '"' | '\\')) => {
                        self.at += 1;
                        word.character(c);
                    }
                    Some('\n') | None => return self.objection("a line end behind `\\` in quotes"),
                    Some(_) => word.character('\\'),
                },
                '`' => return self.objection("backticks"),
                '$' => self.expansion(word, true)?,
                '\n' => {
                    self.may_hold("\n")?;
                    word.character(c);
                }
                c => word.character(c),
            }
        }
        self.objection("a quote without an end")
    }

    /// What follows a `$`.
    fn expansion(&mut self, word: &mut WordReader, quoted: bool) -> Reading<()> {
        if self.rest().starts_with("((") {
            return self.objection("it computes");
        }
        if self.take("?") {
            word.parts.push(WordPart::Status { quoted });
            return Ok(());
        }
        if self.take("(") {
            let list = self.output()?;
            word.parts.push(WordPart::Output { list, quoted });
            return Ok(());
        }
        let is_braced = self.take("{");
        let ends = |c: char| c != '_' && !c.is_ascii_alphanumeric();
        let name = &self.rest()[..self.rest().find(ends).unwrap_or(self.rest().len())];
        if is_name(name) {
            self.at += name.len();
            if is_braced {
                self.expect("}", "an expansion that is not understood")?;
            }
            word.parts.push(WordPart::Variable {
                name: name.to_owned(),
                quoted,
            });
            return Ok(());
        }
        if quoted
            && !is_braced
            && matches!(
                self.peek(),
                Some('"' | ' ' | '|' | ')' | '/' | ',' | '.' | ':' | ';' | '%')
            )
        {
            word.character('$');
            return Ok(());
        }
        self.objection("an expansion that is not understood")
    }

    fn output(&mut self) -> Reading<CommandList> {
        if self.document.is_some() {
            return self.objection("a substitution before a here-document");
        }
        let outer = std::mem::replace(&mut self.in_output, true);
        let had_documents = std::mem::take(&mut self.has_documents);
        let list = self.nested(|reader| reader.list(&[]))?;
        self.in_output = outer;
        // Bash 5.2 writes what `$( … )` holds anew and reads that: a here-document can then take what stands behind it.
        if self.has_documents && !is_one_simple_command(&list) {
            return self.objection("a here-document and more in a substitution");
        }
        self.has_documents |= had_documents;
        self.expect(")", "a `$(` without an end")?;
        Ok(list)
    }
}

/// The parts of a word, as they come to be known.
#[derive(Default)]
struct WordReader {
    parts: Vec<WordPart>,
}

impl WordReader {
    fn text(&mut self, text: &str) {
        match self.parts.last_mut() {
            Some(WordPart::Text(before)) => before.push_str(text),
            _ => self.parts.push(WordPart::Text(text.to_owned())),
        }
    }

    fn character(&mut self, c: char) {
        self.text(c.encode_utf8(&mut [0; 4]));
    }
}

fn is_one_simple_command(list: &CommandList) -> bool {
    match &list.items[..] {
        [item] => {
            item.rest.is_empty()
                && !item.in_background
                && !item.first.is_negated
                && matches!(&item.first.stages[..], [stage] if matches!(stage.command, CommandNode::Simple(_)))
        }
        _ => false,
    }
}

/// Whether a word is the number of a descriptor, because a redirection touches it.
fn is_descriptor(raw: &str, behind: &str) -> bool {
    raw.bytes().all(|c| c.is_ascii_digit()) && behind.starts_with(['<', '>'])
}

/// Whether a text can be the name of a variable.
pub(crate) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic())
        && text.chars().all(|c| c == '_' || c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_of_the_grammar_is_accepted() {
        for line in [
            "",
            "# nothing",
            "git status",
            "git status # nothing\nls",
            "a && b || c; d & e | f |& g",
            "a |\n b &&\n\n c",
            "! a",
            "time a",
            "( a; b )",
            "{ a; b; } > x 2>&1",
            "if a; then b; elif c; then d; else e; fi",
            "while a; do b; done < x",
            "until a\ndo b\ndone",
            "for f in a *.b \"c d\"; do e \"$f\"; done",
            "[ -f x ] && [[ $a == b ]] && [[ ! -d x ]] && [[ 1 -eq 2 ]]",
            "A=1 B=\"$C\" d",
            "a \\\n  b",
            "a 'b\nc' \"d\ne\" \\; \"\\$f $\" ${g} $? ~ ~/h",
            "a > b >> c < d &> e &>> f 2> g <<< h",
            "cat <<'E' | b\n$(c) `d`\nE\ne",
            "cat <<-E\n\ta\n\tE",
            "a \"$(cat <<'E'\nit's\nE\n)\"",
            "a {} + b{c} d@{0}",
        ] {
            assert!(read(line).is_ok(), "{line:?}: {:?}", read(line));
        }
    }

    #[test]
    fn everything_else_is_rejected() {
        for line in [
            "a;;b",
            "a &&",
            "| a",
            "a (",
            "a )",
            "{ a }",
            "( )",
            "if a; then b",
            "case a in b) c;; esac",
            "select a in b; do c; done",
            "function a { b; }",
            "a() { b; }",
            "coproc a",
            "! ! a",
            "time -p a",
            "((1))",
            "a $((1))",
            "a $[1]",
            "a=(b)",
            "a+=b",
            "a[0]=b",
            "a `b`",
            "a $'b'",
            "a $\"b\"",
            "a $\nb",
            "a ${b:-c}",
            "a \"${b:-'$(c)'}\"",
            "a $1 $@",
            "a <(b)",
            "a >(b)",
            "a >& 'b'",
            "a >&b",
            "a 2>&-",
            "a <> b",
            "> a &>> b=c",
            "for a in b; do (c) >d done",
            "a 3> b",
            "a > *",
            "a > ",
            "*a b",
            "a {b,c}",
            "a {1..3}",
            "a {b}>c",
            "a b=~/c",
            "a ~b",
            "a\n\\\nb",
            "a\\\nb",
            "a \\ b",
            "a \"b",
            "a 'b",
            "a \\",
            "[[ a -eq b ]]",
            "[[ -v a ]]",
            "[[ a\n]]",
            "[[ a && b ]]",
            "[[ a =~ b ]]",
            "cat <<E\n$a\nE",
            "cat <<E",
            "cat <<'A' <<'B'\nA\nB",
            "cat <<'E' 'a\nb'\nE",
            "cat <<'E' $(a)\nE",
            "$(# a\nb)",
            "a\u{200b}b",
            "a\u{a0}b",
            "a\0b",
            "a\rb",
        ] {
            assert!(read(line).is_err(), "{line:?}: {:?}", read(line));
        }
        let deep = "( ".repeat(40) + "a" + &" )".repeat(40);
        assert!(read(&deep).is_err());
    }
}
