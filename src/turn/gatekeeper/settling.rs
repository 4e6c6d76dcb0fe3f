//! Carries decisions out, and records them.

use super::super::state::TurnState;
use super::super::update::{PermissionRecord, QuestionRecord, Update};
use super::decision::GateDecision;
use super::order::FileAccess;
use super::{AskSource, Gatekeeper, REFUSAL_DELAY};
use crate::client::types::QuestionAsk;
use crate::permission::{Action, Ask, AuditEntry, DecidedBy, Decision, ModelQuestion};

impl Gatekeeper {
    /// Records a decision, then carries it out, so that every call that runs has been logged.
    pub(super) fn settle(
        &mut self,
        ask: Ask,
        source: AskSource,
        decision: GateDecision,
        state: &TurnState,
        out: &mut Vec<Update>,
    ) {
        let allowed = decision.result == Decision::Allowed;
        let permission = ask.action.tool().to_owned();
        let is_repeat = matches!(ask.action, Action::Repeat { .. });
        let record = PermissionRecord {
            id: ask.id,
            parent_session_id: state.parent_of(&ask.session_id).map(str::to_owned),
            subagent: !state.is_root(&ask.session_id),
            session_id: ask.session_id,
            permission: permission.clone(),
            tool: ask.tool,
            patterns: ask.action.subjects(),
            decision: decision.result,
            by: decision.by,
            scope: decision.scope,
            rule: ask.judgement.rule,
            reason: decision.reason,
        };
        self.write_down(&record, out);
        // The result does not list what a preset allows: it is no one's choice.
        if !(allowed && decision.by == DecidedBy::Preset) {
            self.records.push(record.clone());
            out.push(Update::Permission(record));
        }
        match source {
            AskSource::Gate(call) if allowed => {
                self.passed
                    .add(&call.session_id, &call.call_id, &permission, decision.by);
                self.order.begin(&call, FileAccess::of(&ask.action, &self.policy));
                call.pass();
            }
            AskSource::Gate(call) => {
                self.passed.remove(&call.session_id, &call.call_id, &permission);
                match decision.message {
                    Some(message) => call.refuse(message),
                    None => self.held.push(call),
                }
            }
            AskSource::Engine(request) => {
                if allowed && is_repeat {
                    self.repeatable.insert((request.session_id, request.tool.call_id));
                }
                self.reply(&request.id, allowed, decision.message);
            }
        }
    }

    /// Appends a decision to the audit log. Warns once when the log cannot be written.
    pub(super) fn write_down(&mut self, record: &PermissionRecord, out: &mut Vec<Update>) {
        let Some(audit) = &self.audit else {
            return;
        };
        let entry = AuditEntry {
            session_id: record.session_id.clone(),
            directory: self.directory.to_string_lossy().into_owned(),
            tool: record.tool.clone(),
            permission: record.permission.clone(),
            patterns: record.patterns.clone(),
            decision: record.decision,
            by: record.by,
            rule: record.rule.clone(),
            scope: (record.decision == Decision::Allowed).then_some(record.scope),
            subagent: record.subagent,
            ..AuditEntry::now()
        };
        if let Err(error) = audit.append(&entry)
            && !std::mem::replace(&mut self.warned, true)
        {
            out.push(Update::Warning(format!(
                "cannot write decisions down in `{}`: {error}",
                audit.path().display()
            )));
        }
    }

    /// Answers a request of the engine: `once`, or `reject` with the message for the model. A `reject` without a
    /// message ends the model's turn.
    ///
    /// A `reject` also rejects all other requests of its session, without a message, which would end the turn. So a
    /// `reject` is sent late: the engine takes the replies that allow a call first.
    pub(super) fn reply(&mut self, request: &str, allowed: bool, message: Option<String>) {
        self.watch.answering(request, allowed);
        let (client, request) = (self.client.clone(), request.to_owned());
        let allowing = self.allowing.clone();
        if allowed {
            allowing.send_modify(|count| *count += 1);
        }
        self.replies.spawn(async move {
            let sent = if allowed {
                let sent = client.allow_permission_once(&request).await;
                allowing.send_modify(|count| *count -= 1);
                sent
            } else {
                if message.is_some() {
                    tokio::time::sleep(REFUSAL_DELAY).await;
                    let _ = allowing.subscribe().wait_for(|count| *count == 0).await;
                }
                client.reject_permission(&request, message.as_deref()).await
            };
            if let Err(error) = sent {
                tracing::debug!(%error, request, "cannot answer a permission");
            }
        });
    }

    /// Sends the answers to the model's questions. Without answers the engine dismisses the questions and ends the
    /// model's turn.
    pub(super) fn answer(
        &mut self,
        ask: &QuestionAsk,
        questions: Vec<ModelQuestion>,
        answers: Option<Vec<Vec<String>>>,
        state: &TurnState,
        out: &mut Vec<Update>,
    ) {
        let (client, id, given) = (self.client.clone(), ask.id.clone(), answers.clone());
        self.replies.spawn(async move {
            let sent = match &given {
                Some(answers) => client.answer_question(&id, answers).await,
                None => client.reject_question(&id).await,
            };
            if let Err(error) = sent {
                tracing::debug!(%error, "cannot answer a question");
            }
        });
        out.push(Update::Question(QuestionRecord {
            id: ask.id.clone(),
            session_id: ask.session_id.clone(),
            parent_session_id: state.parent_of(&ask.session_id).map(str::to_owned),
            questions,
            answers,
            subagent: !state.is_root(&ask.session_id),
        }));
    }
}
