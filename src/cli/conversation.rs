//! Which session a prompt goes to: options that `run` and `chat` share.

use std::time::Duration;

use clap::Args;

use super::choice::{choice, is_on, value};
use super::values;
use crate::error::Failure;
use crate::request::{
    BusySession, ConnectRequest, DEFAULT_CONVERSATION, KEEP_FOR, LONGEST_CONVERSATION_NAME, Manner, RehearsalChoice,
    ServerChoice, SessionChoice, SessionLifetime, SessionStart, Verbosity, Warmth,
};
use crate::settings::Settings;
use crate::support::duration;

/// Which session a prompt goes to.
///
/// A session that goes on keeps its model, agent and variant, unless flags name others; settings count for new ones.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Conversation")]
pub(super) struct ConversationOptions {
    /// Keep the conversation: the next `-k` in this directory continues it
    ///
    /// The server that answers is kept warm too, so that the next prompt need not wait for one. A conversation continues
    /// with the model, the agent and the variant that it used last, unless flags name others; settings and defaults count
    /// for new conversations.
    #[arg(short, long)]
    keep: bool,

    /// Keep it under this name; implies `-k` [default: default]
    #[arg(long, value_name = "NAME", value_parser = parse_name)]
    name: Option<String>,

    /// Stop the kept server after this time without use [default: 30m]
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    keep_for: Option<Duration>,

    /// Start the kept conversation over; the old session stays in the engine's store
    #[arg(long, conflicts_with_all = ["latest", "session", "fork"])]
    new: bool,

    /// Continue the session of this directory that was used last
    #[arg(short = 'c', long = "continue", conflicts_with = "session")]
    latest: bool,

    /// Continue (resume) this session: its id or the beginning of it, its title, or the name of a kept conversation
    #[arg(short, short_alias = 'r', long, alias = "resume", value_name = "ID|NAME", value_parser = values::parse_name)]
    session: Option<String>,

    /// Continue a copy of the session; with `-k`, the copy is kept from now on
    #[arg(long)]
    fork: bool,

    /// Fail instead of waiting when another command is at work on the conversation
    #[arg(long)]
    no_wait: bool,

    /// Give the session this title [default: made from its first prompt]
    #[arg(long, value_name = "TEXT", value_parser = values::parse_name)]
    pub(super) title: Option<String>,

    /// Delete the session when the command ends
    #[arg(long, conflicts_with_all = ["keep", "name"])]
    ephemeral: bool,
}

impl ConversationOptions {
    /// Which session.
    ///
    /// # Errors
    ///
    /// When an option has nothing to work on.
    pub(super) fn choice(&self) -> Result<SessionChoice, Failure> {
        let is_kept = self.is_kept();
        let start = match &self.session {
            Some(session) => SessionStart::Named(session.clone()),
            None if self.latest => SessionStart::Latest,
            None if is_kept && !self.new => SessionStart::Kept,
            None => SessionStart::New,
        };
        if self.new && !is_kept {
            return Err(
                Failure::usage("cannot use `--new` without `--keep`: every other prompt is a new session")
                    .hint("leave it out, or add `-k`"),
            );
        }
        if self.keep_for.is_some() && !is_kept {
            return Err(Failure::usage("cannot use `--keep-for` without `--keep`: no server is kept").hint("add `-k`"));
        }
        if self.fork && start == SessionStart::New {
            return Err(Failure::usage("cannot use `--fork` without a session to copy")
                .hint("add `--continue`, `--session` or `--keep`"));
        }
        if self.ephemeral && start != SessionStart::New && !self.fork {
            return Err(Failure::usage(
                "cannot use `--ephemeral` with a session that is there: it would be deleted, with all that is in it",
            )
            .hint("add `--fork` to continue a copy, which is then deleted"));
        }
        Ok(SessionChoice {
            start,
            manner: choice(self.fork, Manner::Fork),
            keep_as: is_kept.then(|| self.name.clone().unwrap_or_else(|| DEFAULT_CONVERSATION.to_owned())),
            waiting: choice(self.no_wait, BusySession::Refused),
        })
    }

    /// Whether the session is deleted afterwards. Settings never delete a session that existed before.
    pub(super) fn lifetime(&self, settings: &Settings, session: &SessionChoice) -> SessionLifetime {
        let is_ours =
            session.keep_as.is_none() && (session.start == SessionStart::New || session.manner == Manner::Fork);
        let is_ephemeral = self.ephemeral || is_ours && is_on(false, &settings.ephemeral);
        choice(is_ephemeral, SessionLifetime::Ephemeral)
    }

    /// Keeps the server too, where one is started.
    ///
    /// # Errors
    ///
    /// When flags ask for a kept server and for a private one.
    pub(super) fn keep_warm(
        &self,
        settings: &Settings,
        fresh: bool,
        connect: &mut ConnectRequest,
    ) -> Result<(), Failure> {
        let keep_for = if self.is_kept() {
            self.keep_for.or(value(&settings.keep_for)).unwrap_or(KEEP_FOR)
        } else if let Some(keep_for) = value(&settings.keep_warm)
            // A script begins anew with each run, and a trace shows the start of a server.
            && !matches!(connect.rehearsal, RehearsalChoice::Script(_))
            && connect.verbosity != Verbosity::Trace
        {
            keep_for
        } else {
            return Ok(());
        };
        if self.is_kept() && fresh {
            return Err(Failure::usage(
                "cannot use `--fresh` with `--keep`: one is a server that goes, the other one that stays",
            )
            .hint("leave out one of them"));
        }
        if connect.warmth == Warmth::IfThere && matches!(connect.server, ServerChoice::Start { .. }) {
            connect.warmth = Warmth::Keep { keep_for };
        }
        Ok(())
    }

    pub(super) fn continues_latest(&self) -> bool {
        self.latest
    }

    fn is_kept(&self) -> bool {
        self.keep || self.name.is_some()
    }
}

/// Reads the name of a conversation.
fn parse_name(text: &str) -> Result<String, String> {
    let name = values::parse_name(text)?;
    if name.len() > LONGEST_CONVERSATION_NAME {
        return Err(format!("a name has at most {LONGEST_CONVERSATION_NAME} bytes"));
    }
    Ok(name)
}
