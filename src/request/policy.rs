//! What the rules say, without running anything.

use std::path::PathBuf;

use super::{Effect, ListOutput, PermissionRequest};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyRequest {
    /// `policy show`: the rules in force.
    Show(PolicyScope),
    /// `policy test`: what would happen to calls, a line each.
    Test {
        scope: PolicyScope,
        calls: Vec<TypedCall>,
        /// `--expect`: what has to come out of each.
        expect: Option<Effect>,
    },
    /// `policy explain`: what would happen to each part of a call.
    Explain { scope: PolicyScope, call: TypedCall },
    /// `policy log`: what was decided.
    Log { filter: LogFilter, output: ListOutput },
}

/// The rules that are looked at, and where they would hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyScope {
    /// `-d`: the agent's working directory; the current one without it.
    pub directory: Option<PathBuf>,
    /// What the model may do.
    pub permission: PermissionRequest,
    /// What says whether tools run, in words: a flag, a variable, a file; none when nothing does.
    pub tools_origin: Option<String>,
    pub output: ListOutput,
}

/// A tool call as a person types it: `TOOL`, or `TOOL:INPUT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedCall {
    pub tool: String,
    /// Its most important argument, or all of them as a JSON object; as typed.
    pub input: Option<String>,
}

/// Which decisions of the audit log are shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// At most so many, the newest; none is all.
    pub limit: Option<usize>,
    /// Only those of this session.
    pub session: Option<String>,
    /// Only what was allowed, or only what was denied.
    pub allowed: Option<bool>,
}
