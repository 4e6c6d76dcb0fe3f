//! What an agent may use up, what has to hold afterwards, and where it works: options of `run`.

use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

use clap::Args;

use super::choice::value;
use super::values;
use crate::request::{AgentLimits, Checks, Dollars, Limits, WorktreeChoice};
use crate::settings::Settings;

/// Options that bound an agent's work and check it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub(super) struct LimitOptions {
    /// Let the model be called at most this often, subagents included [default: no limit]
    #[arg(long, value_name = "N", value_parser = parse_count::<NonZeroU32>, help_heading = "Limits")]
    max_turns: Option<NonZeroU32>,

    /// Let at most this many tools be called, subagents included [default: no limit]
    #[arg(long, value_name = "N", value_parser = parse_count::<NonZeroU32>, help_heading = "Limits")]
    max_tool_calls: Option<NonZeroU32>,

    /// Let at most this many tokens be used, subagents included [default: no limit]
    #[arg(long, value_name = "N", value_parser = parse_count::<NonZeroU64>, help_heading = "Limits")]
    max_tokens: Option<NonZeroU64>,

    /// Let the run cost at most this many dollars, such as `0.25` [default: no limit]
    #[arg(long, alias = "max-budget-usd", value_name = "USD", help_heading = "Limits")]
    max_cost: Option<Dollars>,

    /// Succeed only if this shell command succeeds after the turn, in the agent's directory
    ///
    /// Its output goes to stderr. It runs when the turn went well; a status other than 0 makes the run end with 3.
    #[arg(long, value_name = "COMMAND", value_parser = values::parse_command, help_heading = "Checks")]
    verify: Option<String>,

    /// Succeed only if some file changed
    #[arg(long, help_heading = "Checks")]
    require_change: bool,

    /// Let the agent work in a fresh git worktree, on a branch of its own [default: a made-up name]
    ///
    /// It begins as the last commit of the repository that the directory is in. If it has changed at the end, it is kept,
    /// and the commands that take the change over are printed; if not, it is removed.
    #[arg(
        long,
        value_name = "NAME",
        num_args = 0..=1,
        require_equals = true,
        value_parser = parse_worktree_name,
        help_heading = "Engine"
    )]
    #[expect(clippy::option_option, reason = "clap's way to tell `--worktree` from its absence")]
    worktree: Option<Option<String>>,
}

/// How long a failing provider is tried again.
pub(super) fn retries(count: Option<u32>, budget: Option<Duration>, settings: &Settings) -> Limits {
    let defaults = Limits::default();
    Limits {
        max_retries: count.or(value(&settings.max_retries)).unwrap_or(defaults.max_retries),
        retry_budget: budget
            .or(value(&settings.retry_budget))
            .unwrap_or(defaults.retry_budget),
        ..defaults
    }
}

impl LimitOptions {
    /// What the agent may use up.
    pub(super) fn agent(&self, settings: &Settings) -> AgentLimits {
        AgentLimits {
            turns: self.max_turns.or(value(&settings.max_turns)),
            tool_calls: self.max_tool_calls.or(value(&settings.max_tool_calls)),
            tokens: self.max_tokens.or(value(&settings.max_tokens)),
            cost: self.max_cost.or(value(&settings.max_cost)),
        }
    }

    /// What has to hold afterwards.
    pub(super) fn checks(self) -> Checks {
        Checks {
            require_change: self.require_change,
            verify: self.verify,
        }
    }

    pub(super) fn worktree(&self) -> Option<WorktreeChoice> {
        self.worktree
            .clone()
            .map(|name| name.map_or(WorktreeChoice::Unnamed, WorktreeChoice::Named))
    }
}

fn parse_count<T: std::str::FromStr>(text: &str) -> Result<T, &'static str> {
    text.parse()
        .map_err(|_| "a whole number from 1 on is wanted; leave the option out for no limit")
}

/// Reads a name that can be part of a branch's.
fn parse_worktree_name(text: &str) -> Result<String, &'static str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let ends = |c: char| c.is_ascii_alphanumeric();
    // git refuses `.lock` at the end and `..` anywhere.
    if text.len() > 80
        || !text.chars().all(plain)
        || !text.starts_with(ends)
        || !text.ends_with(ends)
        || text.contains("..")
        || std::path::Path::new(text)
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("lock"))
    {
        return Err(
            "a name of letters, digits, `.`, `_` and `-` is wanted, which begins and ends with a letter or digit",
        );
    }
    Ok(text.to_owned())
}
