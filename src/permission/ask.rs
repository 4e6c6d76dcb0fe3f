//! An open question, and the approver that answers it.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{Action, Judgement, Policy, Withdrawal};
use crate::request::{Effect, PolicyRule};

/// Something that the policy leaves to a person.
#[derive(Debug, Clone)]
pub struct Ask {
    pub id: String,
    pub session_id: String,
    /// The subagent that asks, by name or title; none for the run's own agent.
    pub subagent: Option<String>,
    /// What it wants to do.
    pub action: Action,
    /// The tool as the engine calls it, such as `apply_patch`.
    pub tool: String,
    /// All arguments of the call, for "show everything".
    pub arguments: Value,
    /// What would change, as a unified diff, where that is known.
    pub diff: Option<String>,
    pub directory: PathBuf,
    /// Why it is asked, and what could be granted.
    pub judgement: Judgement,
    /// The rules in force. They check a pattern that the person edits.
    pub policy: Policy,
}

impl Ask {
    /// Checks that rules, once granted, allow this very call.
    ///
    /// # Errors
    ///
    /// The reason why the call would still not be allowed.
    pub fn check_grant(&self, rules: &[PolicyRule]) -> Result<(), String> {
        let mut policy = self.policy.clone();
        policy.grant(rules);
        let judgement = policy.judge(&self.action);
        match judgement.effect {
            Effect::Allow => Ok(()),
            Effect::Ask | Effect::Deny => Err(judgement.rule),
        }
    }
}

/// The approver's answer to an [`Ask`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Once,
    /// Yes, and these rules hold for the rest of the session.
    Session(Vec<PolicyRule>),
    Deny,
    /// No; the model gets this reason, and the run goes on.
    DenyBecause(String),
    /// Ctrl-C: no, and the run ends as interrupted.
    Interrupted,
    /// No approver is there, or the approver has gone.
    Nobody,
}

/// One question of the model's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ModelQuestion {
    pub question: String,
    /// A word or two as a heading.
    pub header: String,
    /// Whether several may be chosen.
    pub multiple: bool,
    /// The answers that are offered: label and description.
    pub options: Vec<QuestionOption>,
}

/// An answer that is offered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct QuestionOption {
    pub label: String,
    /// What it means; may be empty.
    pub description: String,
}

impl ModelQuestion {
    /// Reads a question as the engine words it; what is missing is empty.
    pub fn read(value: &Value) -> Self {
        let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let options = value.get("options").and_then(Value::as_array);
        Self {
            question: text(value, "question"),
            header: text(value, "header"),
            options: options
                .into_iter()
                .flatten()
                .map(|option| QuestionOption {
                    label: text(option, "label"),
                    description: text(option, "description"),
                })
                .collect(),
            multiple: value.get("multiple").and_then(Value::as_bool) == Some(true),
        }
    }
}

/// The approver's answer to the model's questions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuestionAnswer {
    /// For each question the labels chosen and the texts typed.
    Answers(Vec<Vec<String>>),
    Dismissed,
    /// Ctrl-C: the run ends as interrupted.
    Interrupted,
    /// No approver is there, or the approver has gone.
    Nobody,
}

/// An approver. Its methods block; the run calls them on a thread of their own, one question at a time.
pub trait Prompter: Send {
    /// Puts a permission to the person.
    fn ask(&mut self, ask: &Ask, withdrawal: &Withdrawal) -> Answer;
    /// Puts the model's questions to the person. `subagent` is who asks, when it is one.
    fn question(
        &mut self,
        questions: &[ModelQuestion],
        subagent: Option<&str>,
        withdrawal: &Withdrawal,
    ) -> QuestionAnswer;
}
