//! `/help`, `/diff`, `/todo`, `/cost`, `/expand`, `/copy`, `/save`: looking at what there is.

use std::path::Path;

use std::fmt::Write as _;
use std::io::Write as _;

use clap::ValueEnum as _;

use super::conversation::context_of;
use super::dialog::Dialog;
use super::sessions::text_of;
use crate::chat::{SlashCommand, copy_sequence, dollars, short};
use crate::client::types::{MessageWithParts, TodoItem};
use crate::commands::write_file;
use crate::error::Failure;
use crate::support::named_file::IfPresent;
use crate::terminal::{Stream, one_line, sanitize};
use crate::turn::{ToolCall, Usage};

/// How many lines of a tool's output, or of a diff, are shown.
const MOST_LINES: usize = 1_000;

/// What else can be typed, with what it does.
const KEYS: [(&str, &str); 12] = [
    (
        "!COMMAND",
        "run a shell command; its output goes along with your next prompt",
    ),
    (
        "!!COMMAND",
        "run one that wants the terminal for itself; nothing goes along",
    ),
    (
        "@FILE, @\"FILE\"",
        "attach a file, where it stands in a prompt; \\@ is a plain @",
    ),
    ("\\/, \\!", "begin a prompt with / or !"),
    ("Alt-Enter, Ctrl-J", "begin a new line; so does Enter after a backslash"),
    ("Tab, Ctrl-R", "complete; search what you typed before"),
    ("a space first", "keep the line out of the history"),
    ("Esc", "cancel the turn; leave a list"),
    ("Ctrl-C", "cancel the turn; at an empty prompt, twice, leave"),
    ("Ctrl-Z", "suspend the dialog; `fg` in the shell comes back to it"),
    ("Ctrl-D", "leave"),
    ("during an answer", "what you type waits for the prompt"),
];
/// The widths of a command and of its description in `/help`.
const USAGE_WIDTH: usize = 18;
const HELP_WIDTH: usize = 18;

impl Dialog<'_, '_> {
    pub(super) fn help(&self, typed: &str) {
        if typed == "keys" {
            for (keys, help) in KEYS {
                self.entry_of_list(keys, USAGE_WIDTH, help);
            }
            return;
        }
        let own = SlashCommand::value_variants();
        let columns = self.terminal.columns().saturating_sub(1);
        let width = USAGE_WIDTH + 2 + HELP_WIDTH;
        if columns < 2 * width + 2 {
            for command in own {
                self.entry_of_list(&command.usage(), USAGE_WIDTH, &command.help());
            }
        } else {
            let cell = |command: &SlashCommand| format!("{:USAGE_WIDTH$}  {}", command.usage(), command.help());
            let (left, right) = own.split_at(own.len().div_ceil(2));
            for (at, command) in left.iter().enumerate() {
                let beside = right.get(at).map(cell).unwrap_or_default();
                self.print(format!("{:width$}  {beside}", cell(command)).trim_end());
            }
        }
        let commands = self.chat.link.as_ref().map_or(&[][..], |link| &link.commands);
        let theirs: Vec<String> = commands
            .iter()
            .filter(|command| SlashCommand::find(&command.name).is_none())
            .map(|command| format!("/{}", command.name))
            .collect();
        if !theirs.is_empty() {
            self.say(&format!("of the engine: {}", theirs.join(", ")));
        }
        self.note("/help keys shows the keys, and what else can be typed");
    }

    pub(super) async fn diff(&mut self) -> Result<(), Failure> {
        let (client, id) = (self.client()?, self.session()?);
        let reading = async {
            let mut diffs = Vec::new();
            for message in client.messages_after(&id, None).await? {
                if message.info.role == "user" {
                    diffs.extend(client.diff(&id, &message.info.id).await?);
                }
            }
            Ok(diffs)
        };
        let diffs = self.waiting(Box::pin(reading)).await?;
        if diffs.is_empty() {
            self.note("this session changed no file, as far as the engine knows; it compares in git repositories only");
            return Ok(());
        }
        let mut shown = 0;
        for diff in &diffs {
            let count = |lines: Option<u64>| lines.map_or_else(|| "?".to_owned(), |lines| lines.to_string());
            let (added, deleted) = (count(diff.additions), count(diff.deletions));
            let head = format!("{} {} (+{added} -{deleted})", diff.status, diff.file);
            self.print(&self.paint("1", &one_line(&head, self.terminal.columns().saturating_sub(1))));
            for line in sanitize(&diff.patch).lines() {
                shown += 1;
                if shown > MOST_LINES {
                    self.note("there is more; `git diff` shows it");
                    return Ok(());
                }
                self.print(&match line.as_bytes().first() {
                    _ if line.starts_with("+++") || line.starts_with("---") => self.dim(line),
                    Some(b'+') => self.paint("32", line),
                    Some(b'-') => self.paint("31", line),
                    Some(b'@') => self.paint("36", line),
                    _ => line.to_owned(),
                });
            }
        }
        Ok(())
    }

    pub(super) async fn todo(&mut self) -> Result<(), Failure> {
        let (client, id) = (self.client()?, self.session()?);
        let items = self.waiting(async { Ok(client.todo::<TodoItem>(&id).await?) }).await?;
        if items.is_empty() {
            self.note("the agent has no list of things to do");
        }
        for item in items {
            self.say(&format!("{} {}", item.mark(), item.content));
        }
        Ok(())
    }

    pub(super) async fn cost(&mut self) -> Result<(), Failure> {
        let messages = self.messages(&self.session()?).await?;
        let answers: Vec<&MessageWithParts> = messages.iter().filter(|message| message.info.is_assistant()).collect();
        let mut usage = Usage::default();
        let mut cost = 0.0;
        for message in &answers {
            usage += Usage::from(&message.info.tokens);
            cost += message.info.cost;
        }
        let line = |name: &str, value: String| self.print(&format!("  {name:<12} {value}"));
        line("model calls", answers.len().to_string());
        let (input, cached) = (short(usage.input), short(usage.cache_read));
        line("tokens in", format!("{input}, and {cached} from cache"));
        let (output, reasoning) = (short(usage.output), short(usage.reasoning));
        line("tokens out", format!("{output}, and {reasoning} for reasoning"));
        if let Some(last) = answers.last() {
            let of = match self.chat.standing.limit {
                0 => String::new(),
                limit => format!(" of {}", short(limit)),
            };
            line("context", format!("{}{of}", short(context_of(&last.info))));
        }
        let known = (cost > 0.0).then(|| dollars(cost));
        line("cost", known.unwrap_or_else(|| "unknown, or nothing".to_owned()));
        self.note("without what subagents used");
        Ok(())
    }

    pub(super) fn expand(&self, typed: &str) {
        let from_end = match typed {
            "" => Some(1),
            typed => typed.parse::<usize>().ok().filter(|number| *number > 0),
        };
        let call = from_end
            .and_then(|number| self.chat.calls.len().checked_sub(number))
            .and_then(|at| self.chat.calls.get(at));
        let Some(call) = call else {
            self.note(match self.chat.calls.len() {
                0 => "no tool was called yet",
                _ => "that many tools were not called; 1 is the last one",
            });
            return;
        };
        self.note(&head_of(call));
        let output = call.output.as_deref().or(call.error.as_deref()).unwrap_or_default();
        let clean = sanitize(output);
        let lines = clean.lines().count();
        for line in clean.lines().take(MOST_LINES) {
            self.print(line);
        }
        if lines > MOST_LINES {
            self.note(&format!("and {} more lines", lines - MOST_LINES));
        }
        if clean.trim().is_empty() {
            self.note("it said nothing");
        }
    }

    pub(super) fn copy(&self) {
        if self.chat.answer.is_empty() {
            self.note("there is no answer yet");
        } else if !self.terminal.can_redraw(Stream::Stderr) {
            self.note("this terminal has no clipboard; `/save` writes a file");
        } else if let Some(sequence) = copy_sequence(&self.chat.answer) {
            let mut stderr = std::io::stderr().lock();
            let _ = stderr.write_all(sequence.as_bytes()).and_then(|()| stderr.flush());
            drop(stderr);
            self.note("the last answer is handed to the terminal's clipboard");
        } else {
            self.note("the answer is longer than terminals copy; `/save` writes a file");
        }
    }

    pub(super) async fn save(&mut self, typed: &str) -> Result<(), Failure> {
        let id = self.session()?;
        let messages = self.messages(&id).await?;
        let title = self.chat.session.as_ref().map_or("", |held| held.title.as_str());
        let text = transcript(title, &messages);
        let name = if typed.is_empty() {
            format!("{id}.md")
        } else {
            typed.to_owned()
        };
        let path = self.chat.directory.join(&name);
        let failure = |error: std::io::Error| {
            let exists = error.kind() == std::io::ErrorKind::AlreadyExists;
            let failure = Failure::cannot_write(Path::new(&name), &error);
            failure.hint_if(exists, "name another file: `/save FILE`")
        };
        // Nothing of the person's is overwritten.
        write_file(path.clone(), text.into_bytes(), IfPresent::Refuse)
            .await
            .map_err(failure)?;
        self.note(&format!("wrote {}", path.display()));
        Ok(())
    }
}

fn head_of(call: &ToolCall) -> String {
    let what = call.input.get("command").and_then(|command| command.as_str());
    let what = what.or(call.title.as_deref()).unwrap_or_default();
    format!("{} {what}", call.tool)
}

fn transcript(title: &str, messages: &[MessageWithParts]) -> String {
    let mut text = format!("# {}\n", one_line(title, 200));
    for message in messages {
        let said = text_of(message);
        if said.is_empty() {
            continue;
        }
        let is_user = message.info.role == "user";
        let who = if is_user { "User" } else { "Assistant" };
        // Writing to a string cannot fail.
        let _ = write!(text, "\n## {who}\n\n{}\n", said.trim_end());
    }
    text
}
