//! Which calls may not run at the same time: a file is judged by where its path leads, and a command that exchanges files
//! beside it would make it lead elsewhere.

use std::time::{Duration, Instant};

use super::super::state::TurnState;
use super::super::tools::is_final;
use crate::gate::GateCall;
use crate::permission::{Action, Policy};

/// How long a call that no event announces counts as running.
const UNANNOUNCED: Duration = Duration::from_secs(10);

/// What a call does with the names of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileAccess {
    /// It reads or writes files by their names.
    ByName,
    /// It may exchange them.
    Exchanges,
    Neither,
}

impl FileAccess {
    pub(super) fn of(action: &Action, policy: &Policy) -> Self {
        match action {
            Action::Shell { .. } if policy.allows_every_command() => Self::Neither,
            Action::Shell { .. } | Action::Edit { .. } if policy.exchanges_files(action) => Self::Exchanges,
            Action::Shell { .. } | Action::Read { .. } | Action::Edit { .. } | Action::Search { .. } => Self::ByName,
            _ => Self::Neither,
        }
    }
}

#[derive(Debug)]
struct RunningCall {
    session_id: String,
    call_id: String,
    access: FileAccess,
    since: Instant,
}

#[derive(Debug, Default)]
pub(super) struct CallOrder {
    /// Calls that have passed and not ended.
    running: Vec<RunningCall>,
    /// Calls that are judged when those have ended.
    pub(super) waiting: Vec<GateCall>,
}

impl CallOrder {
    pub(super) fn must_wait(&self, access: FileAccess) -> bool {
        let conflicts = |other: FileAccess| match access {
            FileAccess::ByName => other == FileAccess::Exchanges,
            FileAccess::Exchanges => other != FileAccess::Neither,
            FileAccess::Neither => false,
        };
        self.running.iter().any(|call| conflicts(call.access))
    }

    pub(super) fn begin(&mut self, call: &GateCall, access: FileAccess) {
        if access != FileAccess::Neither && !call.call_id.is_empty() {
            self.running.push(RunningCall {
                session_id: call.session_id.clone(),
                call_id: call.call_id.clone(),
                access,
                since: Instant::now(),
            });
        }
    }

    /// Forgets the calls that have ended; all of them when nothing says any more which have.
    pub(super) fn forget_ended(&mut self, is_lost: bool, state: &TurnState) {
        let runs = |running: &RunningCall| {
            let mut calls = state.tools.calls.iter().rev();
            let call = calls.find(|call| call.session_id == running.session_id && call.call_id == running.call_id);
            call.map_or(running.since.elapsed() < UNANNOUNCED, |call| !is_final(call.status))
        };
        self.running.retain(|call| !is_lost && runs(call));
    }
}
