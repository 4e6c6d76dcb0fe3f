use opencode_rs::permission::{ModelQuestion, QuestionOption};
use opencode_rs::render::schema::Record;
use opencode_rs::turn::{
    ChangeStatus, Decision, FileChange, QuestionRecord, TurnStatus, Update, Verification, Worktree,
};
use serde_json::json;

use super::{delta, early_failure, edit_call, golden, outcome, permission, retry, started, text, todo, void};

fn line(record: &Record<'_>) -> String {
    let mut line = Vec::new();
    record.write_line(&mut line).unwrap();
    String::from_utf8(line).unwrap()
}

#[test]
fn every_record_is_as_its_golden_file_says() {
    let session_id = || "ses_1".to_owned();
    let cases = [
        ("init", Update::Started(Box::new(started()))),
        ("text", text("prt_1", "a \"piece\"\n")),
        ("reasoning", Update::Reasoning(delta("prt_2", "hm"))),
        ("tool", Update::Tool(edit_call())),
        ("permission", Update::Permission(permission(Decision::Allowed))),
        ("retry", Update::Retry(retry())),
        (
            "status_busy",
            Update::Status(TurnStatus::Busy {
                session_id: session_id(),
            }),
        ),
        (
            "status_idle",
            Update::Status(TurnStatus::Idle {
                session_id: session_id(),
            }),
        ),
        (
            "status_compacted",
            Update::Status(TurnStatus::Compacted {
                session_id: session_id(),
            }),
        ),
        (
            "status_subagent_started",
            Update::Status(TurnStatus::SubagentStarted {
                session_id: "ses_2".to_owned(),
                parent_id: session_id(),
            }),
        ),
        ("status_text_void", void("prt_1")),
        (
            "status_waiting",
            Update::Status(TurnStatus::Waiting { pid: Some(4711) }),
        ),
        (
            "status_at_work",
            Update::Status(TurnStatus::AtWork {
                session_id: session_id(),
            }),
        ),
        (
            "status_replaced",
            Update::Status(TurnStatus::Replaced {
                conversation: "default".to_owned(),
                session_id: session_id(),
            }),
        ),
        ("status_disconnected", Update::Status(TurnStatus::Disconnected)),
        ("status_reconnected", Update::Status(TurnStatus::Reconnected)),
        ("todo", Update::Todo(todo())),
        (
            "file_change",
            Update::FileChange(FileChange {
                path: "/proj/a.rs".to_owned(),
                status: Some(ChangeStatus::Added),
                additions: None,
                deletions: Some(0),
            }),
        ),
        ("warning", Update::Warning("take care".to_owned())),
        (
            "raw",
            Update::Raw(json!({"type": "server.heartbeat", "properties": {}})),
        ),
    ];
    for (name, update) in cases {
        golden(&format!("records/{name}.json"), &line(&Record::of(&update)));
    }
    golden("records/result.json", &line(&Record::result(&outcome())));
    let mut checked = outcome();
    checked.checks.require_change = Some(true);
    checked.checks.verify = Some(Verification {
        command: "cargo test".to_owned(),
        exit_code: Some(0),
        duration_ms: 1200,
    });
    checked.worktree = Some(Worktree {
        path: "/state/worktrees/proj-1".to_owned(),
        branch: "opencode-rs/1".to_owned(),
        base: "0123abcd".to_owned(),
        kept: true,
        notes: vec!["for people".to_owned()],
    });
    golden("records/result_checked.json", &line(&Record::result(&checked)));
    golden("records/result_failed.json", &line(&Record::result(&early_failure())));
    golden("records/init_unknown.json", &line(&Record::init_of(&early_failure())));
}

#[test]
fn a_question_is_as_its_golden_file_says() {
    let question = QuestionRecord {
        id: "que_1".to_owned(),
        session_id: "ses_1".to_owned(),
        parent_session_id: None,
        questions: vec![ModelQuestion {
            question: "Which one?".to_owned(),
            header: "Choice".to_owned(),
            multiple: false,
            options: vec![QuestionOption {
                label: "A".to_owned(),
                description: "the first".to_owned(),
            }],
        }],
        answers: Some(vec![vec!["A".to_owned()]]),
        subagent: false,
    };
    golden("records/question.json", &line(&Record::of(&Update::Question(question))));
}
