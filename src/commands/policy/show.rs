//! `policy show`: the rules in force.

use schemars::JsonSchema;
use serde::Serialize;

use super::super::document::{CommandDocument, write_document};
use super::super::table::{Column, Table};
use super::super::write_stdout;
use super::{described, policy_of, row, run_in_words, shown};
use crate::context::Context;
use crate::error::Failure;
use crate::request::{Approver, Effect, ListFormat, OnDenial, PermissionRequest, PolicyScope, Preset, SchemaName};
use crate::support::duration;

/// Runs the command.
///
/// # Errors
///
/// When the directory does not exist, or stdout cannot be written.
pub(super) fn run(context: &Context, scope: &PolicyScope) -> Result<(), Failure> {
    let (directory, _) = policy_of(context, scope)?;
    let permission = &scope.permission;
    let directories: Vec<String> = std::iter::once(&directory)
        .chain(&permission.added_directories)
        .map(|path| path.to_string_lossy().into_owned())
        .collect();
    if scope.output.format == ListFormat::Json {
        return write_document(&PolicyDocument::new(scope, directories));
    }
    let columns = [
        Column::Text("EFFECT"),
        Column::Flexible("RULE"),
        Column::Flexible("ORIGIN"),
    ];
    let rules = by_strictness(permission)
        .into_iter()
        .map(|rule| row(rule.effect, &rule.pattern.to_string(), &rule.origin.to_string()));
    let origin = format!("preset {}", described(permission.preset).0);
    let preset = preset_rules(permission.preset)
        .iter()
        .map(|(effect, what)| row(*effect, what, &origin));
    Table::new(&columns, rules.chain(preset)).print(context, &scope.output)?;
    let named = directories.iter().enumerate().map(|(at, directory)| {
        let name = if at == 0 { "directory" } else { "added" };
        (name, shown(directory))
    });
    let denials = match permission.on_denial {
        OnDenial::GoOn => "the run fails if it stops because of one",
        OnDenial::Fail => "any fails the run",
    };
    let run = std::iter::once(("run", run_in_words(scope)));
    let facts = run.chain(named).chain([
        ("answers", approver_in_words(&permission.approver)),
        ("denials", denials.to_owned()),
    ]);
    let is_terminal = context.streams.stdout_is_terminal;
    let text: String = std::iter::once("\n".to_owned())
        .chain(facts.map(|(name, fact)| match is_terminal {
            true => format!("{name:9}  {fact}\n"),
            false => format!("{name}\t{fact}\n"),
        }))
        .collect();
    write_stdout(text.as_bytes())
}

/// The rules, those that refuse first; within an effect as they came.
fn by_strictness(permission: &PermissionRequest) -> Vec<&crate::request::PolicyRule> {
    let mut rules: Vec<_> = permission.rules.iter().collect();
    rules.sort_by_key(|rule| std::cmp::Reverse(rule.effect));
    rules
}

const SECRETS: &str =
    "files that hold secrets (`*.env`, `.netrc`, private keys, ...), and whatever is outside of the directories";

/// What the preset says, in words. A rule of anybody's is stronger, where it does not widen what may only look.
pub(in crate::commands) fn preset_rules(preset: Preset) -> &'static [(Effect, &'static str)] {
    match preset {
        Preset::LookOnly => &[
            (Effect::Deny, "every tool that is not named here"),
            (Effect::Deny, SECRETS),
            (Effect::Allow, "read, glob, grep, list: inside of the directories"),
            (Effect::Allow, "question"),
        ],
        Preset::AutoTools => &[
            (
                Effect::Ask,
                "every tool that is not named here: bash, webfetch, MCP tools, ...",
            ),
            (Effect::Ask, SECRETS),
            (
                Effect::Ask,
                "edit: files that make something run, such as those in `.git` and what is hidden in the home",
            ),
            (
                Effect::Ask,
                "edit: the files of opencode-rs and of the engine, unless a rule names the very file",
            ),
            (Effect::Ask, "the same call over and over"),
            (Effect::Allow, "read, glob, grep, list, edit: inside of the directories"),
            (Effect::Allow, "task: what the subagent does is judged like all else"),
            (Effect::Allow, "todowrite, skill, question"),
        ],
        Preset::ReadOnly => &[
            (Effect::Deny, "every tool that is not named here"),
            (
                Effect::Ask,
                "read, glob, grep, list: files that hold secrets (`*.env`, ...), and outside of the directories",
            ),
            (Effect::Allow, "read, glob, grep, list: inside of the directories"),
            (Effect::Allow, "task: what the subagent does is judged like all else"),
            (Effect::Allow, "todowrite, skill, question"),
        ],
    }
}

pub(in crate::commands) fn approver_in_words(approver: &Approver) -> String {
    match approver {
        Approver::Person => "a person at the terminal; without one, what asks is denied".to_owned(),
        Approver::Yes => "yes to everything that asks (--yes)".to_owned(),
        Approver::Nobody => "nobody: what asks is denied (--no-input)".to_owned(),
        Approver::Program { command, timeout } => {
            format!("`{}`, within {}", shown(command), duration::format(*timeout))
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::commands) struct PolicyDocument {
    /// `look-only`, `auto-tools` or `read-only`.
    preset: &'static str,
    /// The flag, the file or the variable that sets `--auto-tools`; null where nothing does.
    auto_tools_from: Option<String>,
    /// The rules, those that refuse first.
    rules: Vec<RuleEntry>,
    /// What holds where no rule says anything, in words.
    preset_rules: Vec<PresetRule>,
    /// The directories that count as the agent's own.
    directories: Vec<String>,
    /// What answers a call that asks.
    approver: ApproverEntry,
    /// Whether any denial fails the run.
    fail_on_deny: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
struct RuleEntry {
    effect: Effect,
    rule: String,
    /// The flag or the file of the rule.
    origin: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct PresetRule {
    effect: Effect,
    what: &'static str,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum ApproverEntry {
    /// A person at the terminal; without one, what asks is denied.
    Person,
    /// `--yes`: everything that asks is allowed.
    Yes,
    /// `--no-input`: what asks is denied.
    Nobody,
    /// The program of `--approver`.
    Program { command: String, timeout_ms: u64 },
}

impl CommandDocument for PolicyDocument {
    const TYPE: SchemaName = SchemaName::Policy;
}

impl PolicyDocument {
    fn new(scope: &PolicyScope, directories: Vec<String>) -> Self {
        let permission = &scope.permission;
        let rules = by_strictness(permission).into_iter().map(|rule| RuleEntry {
            effect: rule.effect,
            rule: rule.pattern.to_string(),
            origin: rule.origin.to_string(),
        });
        let preset_rules = preset_rules(permission.preset)
            .iter()
            .map(|&(effect, what)| PresetRule { effect, what });
        let approver = match &permission.approver {
            Approver::Person => ApproverEntry::Person,
            Approver::Yes => ApproverEntry::Yes,
            Approver::Nobody => ApproverEntry::Nobody,
            Approver::Program { command, timeout } => ApproverEntry::Program {
                command: command.clone(),
                timeout_ms: u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX),
            },
        };
        Self {
            preset: described(permission.preset).0,
            auto_tools_from: scope.tools_origin.clone(),
            rules: rules.collect(),
            preset_rules: preset_rules.collect(),
            directories,
            approver,
            fail_on_deny: permission.on_denial == OnDenial::Fail,
        }
    }
}
