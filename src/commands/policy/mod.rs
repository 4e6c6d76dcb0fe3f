//! `policy`: what would be allowed, asked and denied, and what was.
//!
//! In: the rules, as for a run. Out: what they say. Invariants: nothing is run and no engine is started.

mod call;
mod log;
mod show;

pub(super) use show::{PolicyDocument, approver_in_words, preset_rules};

use std::io::{self, Write as _};
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

use super::document::{CommandDocument, ListItem, write_document};
use super::table::{Column, Table, write_entries};
use super::write_stdout;
use crate::connect::local_directory;
use crate::context::Context;
use crate::error::{Failure, FailureKind};
use crate::permission::{JudgedPart, Policy};
use crate::prompting::protected;
use crate::request::{Effect, ListFormat, PolicyRequest, PolicyScope, Preset, SchemaName, TypedCall};
use crate::support::visible::visible;

/// Runs the command.
///
/// # Errors
///
/// When the directory does not exist, `--expect` is not met, the log cannot be read, or stdout cannot be written.
pub fn run(context: &Context, request: &PolicyRequest) -> Result<(), Failure> {
    match request {
        PolicyRequest::Show(scope) => show::run(context, scope),
        PolicyRequest::Test { scope, calls, expect } => test(context, scope, calls, *expect),
        PolicyRequest::Explain { scope, call } => explain(context, scope, call),
        PolicyRequest::Log { filter, output } => log::run(context, filter, output),
    }
}

/// What the rules say of a call.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct CallDecision {
    /// The tool as it was typed.
    tool: String,
    input: Option<String>,
    effect: Effect,
    /// The rule that decides about the call.
    rule: String,
    /// Whether no rule decides, but the preset.
    by_preset: bool,
    /// The preset of the run that was judged.
    preset: &'static str,
    /// The parts of the call, each with its own decision.
    parts: Vec<JudgedPart>,
    /// The rules that "for the rest of this session" would add.
    grant: Vec<String>,
}

impl ListItem for CallDecision {
    const LIST: SchemaName = SchemaName::PolicyTest;
}

impl CommandDocument for CallDecision {
    const TYPE: SchemaName = SchemaName::PolicyExplain;
}

impl CallDecision {
    fn of(call: &TypedCall, scope: &PolicyScope, policy: &Policy) -> Self {
        let judgement = policy.judge(&call::action(call));
        Self {
            tool: call.tool.clone(),
            input: call.input.clone(),
            effect: judgement.effect,
            rule: judgement.rule,
            by_preset: judgement.by_preset,
            preset: described(scope.permission.preset).0,
            parts: judgement.parts,
            grant: judgement.grant.iter().map(|rule| rule.pattern.to_string()).collect(),
        }
    }

    /// The call as it was typed.
    fn call(&self) -> String {
        match &self.input {
            Some(input) => format!("{}:{input}", self.tool),
            None => self.tool.clone(),
        }
    }
}

/// The run that is judged, in words.
fn run_in_words(scope: &PolicyScope) -> String {
    let (_, run) = described(scope.permission.preset);
    match &scope.tools_origin {
        Some(origin) => format!("{run}, as {} says", shown(origin)),
        None => format!("{run}: nothing sets `--auto-tools`"),
    }
}

/// The name of a preset, and the run that has it, in words.
fn described(preset: Preset) -> (&'static str, &'static str) {
    match preset {
        Preset::LookOnly => ("look-only", "a plain prompt"),
        Preset::AutoTools => ("auto-tools", "a run with `--auto-tools`"),
        Preset::ReadOnly => ("read-only", "a run with `--auto-tools --read-only`"),
    }
}

/// The agent's directory, and the policy that holds there.
fn policy_of(context: &Context, scope: &PolicyScope) -> Result<(PathBuf, Policy), Failure> {
    let directory = local_directory(&context.directory(scope.directory.as_deref()))?;
    let policy = Policy::new(&scope.permission, &directory, &context.directories.home)
        .with_protected(protected::places(context, &directory))
        .with_exported(protected::exported(context));
    Ok((directory, policy))
}

fn test(context: &Context, scope: &PolicyScope, calls: &[TypedCall], expect: Option<Effect>) -> Result<(), Failure> {
    let (_, policy) = policy_of(context, scope)?;
    let verdicts: Vec<CallDecision> = calls
        .iter()
        .map(|call| CallDecision::of(call, scope, &policy))
        .collect();
    let columns = [
        Column::Text("EFFECT"),
        Column::Flexible("CALL"),
        Column::Flexible("RULE"),
    ];
    write_entries(context, &scope.output, &verdicts, &columns, |verdict| {
        row(verdict.effect, &verdict.call(), &verdict.rule)
    })?;
    if scope.output.format == ListFormat::Text {
        let _ = writeln!(io::stderr(), "judged: {}", run_in_words(scope));
    }
    let Some(expected) = expect else {
        return Ok(());
    };
    let other: Vec<String> = verdicts
        .iter()
        .filter(|verdict| verdict.effect != expected)
        .map(|verdict| format!("`{}` is `{}`", shown(&verdict.call()), verdict.effect.as_str()))
        .collect();
    if other.is_empty() {
        return Ok(());
    }
    let mut failure = Failure::new(
        FailureKind::InvalidResult,
        format!("not every call is `{}`", expected.as_str()),
    );
    failure.causes = other;
    Err(failure.hint("`opencode-rs policy explain CALL` shows each part of a call with its rule"))
}

fn explain(context: &Context, scope: &PolicyScope, call: &TypedCall) -> Result<(), Failure> {
    let (_, policy) = policy_of(context, scope)?;
    let verdict = CallDecision::of(call, scope, &policy);
    if scope.output.format == ListFormat::Json {
        return write_document(&verdict);
    }
    let session = match (verdict.effect, verdict.grant.as_slice()) {
        (Effect::Allow | Effect::Deny, _) => String::new(),
        (Effect::Ask, []) => "for the rest of the session: nothing, it is asked each time\n".to_owned(),
        (Effect::Ask, rules) => {
            let rules: Vec<String> = rules.iter().map(|rule| shown(rule)).collect();
            format!("for the rest of the session: {}\n", rules.join(", "))
        }
    };
    let text = format!(
        "{}  {}\ndecided by: {}\nrun: {}\n{session}",
        verdict.effect.as_str(),
        shown(&verdict.call()),
        shown(&verdict.rule),
        run_in_words(scope)
    );
    write_stdout(text.as_bytes())?;
    if verdict.parts.is_empty() {
        return Ok(());
    }
    write_stdout(b"\n")?;
    let columns = [
        Column::Text("EFFECT"),
        Column::Flexible("PART"),
        Column::Flexible("RULE"),
    ];
    let parts = verdict
        .parts
        .iter()
        .map(|part| row(part.effect, &part.what, &part.rule));
    Table::new(&columns, parts).print(context, &scope.output)
}

/// A row of a table: an effect, and two texts.
fn row(effect: Effect, first: &str, second: &str) -> Vec<String> {
    vec![effect.as_str().to_owned(), shown(first), shown(second)]
}

/// Text on one line, with nothing hidden in it: where a command goes on in a new line, that is seen.
fn shown(text: &str) -> String {
    visible(text).replace('\n', "\\n").replace('\t', "\\t")
}
