//! The documents that programs read and write, by name.

use super::words;

/// A document with a JSON Schema. That of a command is named as its `type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaName {
    Result,
    StreamJson,
    ApproverRequest,
    ApproverPermission,
    ApproverQuestion,
    Settings,
    ProjectSettings,
    PolicyFile,
    Script,
    AuditLog,
    Agents,
    Config,
    ConfigFiles,
    Doctor,
    Engine,
    EngineProbe,
    EngineVerify,
    Engines,
    Export,
    Models,
    Policy,
    PolicyExplain,
    PolicyLog,
    PolicyTest,
    Rehearsal,
    Server,
    ServerStop,
    Servers,
    Session,
    SessionAbort,
    SessionChanges,
    SessionCompact,
    SessionDelete,
    SessionShare,
    Sessions,
    Todo,
}

words! {
    SchemaName: Result = "result", StreamJson = "stream-json", ApproverRequest = "approver-request",
        ApproverPermission = "approver-permission", ApproverQuestion = "approver-question", Settings = "settings",
        ProjectSettings = "project-settings", PolicyFile = "policy-file", Script = "script", AuditLog = "audit-log",
        Agents = "agents", Config = "config", ConfigFiles = "config_files", Doctor = "doctor", Engine = "engine",
        EngineProbe = "engine_probe", EngineVerify = "engine_verify", Engines = "engines", Export = "export",
        Models = "models", Policy = "policy", PolicyExplain = "policy_explain", PolicyLog = "policy_log",
        PolicyTest = "policy_test", Rehearsal = "rehearsal", Server = "server", ServerStop = "server_stop",
        Servers = "servers", Session = "session", SessionAbort = "session_abort", SessionChanges = "session_changes",
        SessionCompact = "session_compact", SessionDelete = "session_delete", SessionShare = "session_share",
        Sessions = "sessions", Todo = "todo";
}

impl SchemaName {
    /// What the document is, in one line.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Result => "How a run ended: printed by `--output-format json`, and the last line of `stream-json`",
            Self::StreamJson => "A line of `--output-format stream-json`: the first is `init`, the last is `result`",
            Self::ApproverRequest => "What the program of `--approver` reads from stdin: one line",
            Self::ApproverPermission => "What the program of `--approver` answers to a `permission`, on stdout",
            Self::ApproverQuestion => "What the program of `--approver` answers to a `question`, on stdout",
            Self::Settings => "The user's settings: `config.toml`",
            Self::ProjectSettings => "The settings of a project: `.opencode-rs.toml`",
            Self::PolicyFile => "Rules: the file of `--policy`",
            Self::Script => "The script of `--rehearse`",
            Self::AuditLog => "A line of `audit.jsonl`, the log of decisions in the state directory",
            Self::Agents => "Printed by `agents`",
            Self::Config => "Printed by `config show`",
            Self::ConfigFiles => "Printed by `config path`",
            Self::Doctor => "Printed by `doctor`",
            Self::Engine => "Printed by `engine which` and `engine install`",
            Self::EngineProbe => "Printed by `engine probe`",
            Self::EngineVerify => "Printed by `engine verify`",
            Self::Engines => "Printed by `engine list`",
            Self::Export => "A conversation as the engine has it: printed by `session show` and `session export`",
            Self::Models => "Printed by `models`",
            Self::Policy => "Printed by `policy show`",
            Self::PolicyExplain => "Printed by `policy explain`",
            Self::PolicyLog => "Printed by `policy log`",
            Self::PolicyTest => "Printed by `policy test`",
            Self::Rehearsal => "Printed by `rehearse`, on one line",
            Self::Server => "Printed by `server start`",
            Self::ServerStop => "Printed by `server stop`",
            Self::Servers => "Printed by `server list` and `server status`",
            Self::Session => "Printed by `session rename`, `fork`, `revert`, `unrevert` and `import`",
            Self::SessionAbort => "Printed by `session abort`",
            Self::SessionChanges => "Printed by `session diff`",
            Self::SessionCompact => "Printed by `session compact`",
            Self::SessionDelete => "Printed by `session delete` and `session prune`",
            Self::SessionShare => "Printed by `session share` and `session unshare`",
            Self::Sessions => "Printed by `session list`",
            Self::Todo => "Printed by `session todo`",
        }
    }
}
