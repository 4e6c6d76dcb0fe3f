//! What an engine tells while it works.

use serde_json::Value;

use super::types::{EngineError, MessageInfo, Part, PermissionAsk, QuestionAsk, Session, SessionStatus, TodoItem};

#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The stream is open; always the first event.
    Connected,
    /// Sent after ten seconds without another event.
    Heartbeat,
    /// The engine discarded its state of a directory.
    InstanceDisposed,
    /// A session was created or changed.
    Session(Session),
    /// A session became busy, waits, or is idle.
    Status { session_id: String, status: SessionStatus },
    /// A session is idle. Not always sent, and sent twice on errors.
    Idle { session_id: String },
    /// An error; the turn may still go on.
    Error {
        /// `None` for an error without a session.
        session_id: Option<String>,
        error: EngineError,
    },
    /// A summary replaced older messages.
    Compacted { session_id: String },
    /// A message was created or changed.
    Message(MessageInfo),
    /// A part was created or changed; contains the whole part, except text that is still open.
    Part(Part),
    /// Text was appended to a part.
    Delta {
        session_id: String,
        message_id: String,
        part_id: String,
        text: String,
        /// `false` when half of a character was cut off: the whole text of the part comes later.
        exact: bool,
    },
    /// The engine asks for a permission.
    PermissionAsked(PermissionAsk),
    /// A client answered a permission request.
    PermissionReplied {
        session_id: String,
        request_id: String,
        /// `once`, `always`, `reject`.
        reply: String,
    },
    /// The model asks the user a question.
    QuestionAsked(QuestionAsk),
    /// The to-do list changed.
    Todo { session_id: String, todos: Vec<TodoItem> },
    /// A tool changed a file.
    FileEdited { file: String },
    /// An event that we do not know or do not need.
    Unknown { kind: String },
}

/// An event, and its original JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    pub event: Event,
    /// The engine's own object, for `--include-raw`.
    pub raw: Value,
}
