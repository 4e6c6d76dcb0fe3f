//! What decides about tool calls in a turn: the policy, the approver, and the rules that the session gets.

use std::path::PathBuf;

use super::PromptContext;
use super::names::ResolvedNames;
use super::protected;
use crate::client::types::{Rule, RuleAction};
use crate::connect::Connection;
use crate::context::Context;
use crate::engine::files::EngineFiles;
use crate::error::Failure;
use crate::permission::{self, Action, AuditLog, DecidedBy, Policy, ProgramApprover, TerminalPrompter};
use crate::request::{Approver, Effect, Preset, RunRequest};
use crate::support::state_file;
use crate::terminal::{Terminal, TerminalStyle};
use crate::turn::{Answerer, Permissions};

/// What decides in a turn, as yet without the gate: the policy, the approver, and the rules that the session needs.
///
/// # Errors
///
/// When decisions cannot be written down.
pub(super) fn permissions(
    prompt: PromptContext<'_>,
    connection: &Connection,
    names: &ResolvedNames,
    policy: Policy,
    answerer: Answerer,
) -> Result<Permissions, Failure> {
    let (context, request) = (prompt.context, prompt.request);
    let agent_rules = names.agent_rules.clone();
    let state = &context.directories.state;
    let audit = match AuditLog::open(state) {
        Ok(audit) => Some(audit),
        // All that a plain prompt has to write down is what it refused.
        Err(_) if request.permission.preset == Preset::LookOnly => None,
        Err(error) => {
            return Err(
                Failure::failed(format!("cannot write decisions down in `{}`", state.display()))
                    .caused_by(&error)
                    .hint(if state_file::is_no_file(&error) {
                        format!("move `{}` away", AuditLog::path_in(state).display())
                    } else {
                        "make the directory writable, or set `XDG_STATE_HOME`".to_owned()
                    }),
            );
        }
    };
    let mut rules = session_rules(request, connection, &agent_rules, &policy, &answerer);
    if request.permission.preset == Preset::LookOnly && connection.is_ours() {
        let kept = kept_output(context).join("*");
        rules.push(Rule::new(
            "external_directory",
            kept.to_string_lossy(),
            RuleAction::Allow,
        ));
    }
    Ok(Permissions {
        policy,
        preset: request.permission.preset,
        switch: request.permission.switch,
        gate: None,
        answerer,
        answer: None,
        agent_rules,
        session_rules: rules,
        directory: connection.directory.clone(),
        audit,
    })
}

/// The policy of the run.
pub(crate) fn policy(context: &Context, request: &RunRequest, connection: &Connection) -> Policy {
    Policy::new(&request.permission, &connection.directory, &context.directories.home)
        .with_readable(kept_output(context))
        .with_protected(protected::places(context, &connection.directory))
        .with_exported(protected::exported(context))
}

/// The rules of the session, which the engine applies after all others.
fn session_rules(
    request: &RunRequest,
    connection: &Connection,
    agent: &[Rule],
    policy: &Policy,
    answerer: &Answerer,
) -> Vec<Rule> {
    let is_ours = connection.is_ours();
    let mut rules = match request.permission.preset {
        Preset::LookOnly if is_ours || request.permission.rules.is_empty() => permission::look_only(agent),
        _ if is_ours => permission::ask_about_everything(agent, &policy.removed_tools()),
        _ => {
            let named: Vec<String> = request
                .permission
                .rules
                .iter()
                .filter(|rule| rule.effect != Effect::Deny)
                .map(|rule| rule.pattern.tool.clone())
                .collect();
            permission::ask_about_what_asks(agent, &policy.removed_tools(), &named)
        }
    };
    if !is_ours && request.permission.preset != Preset::LookOnly {
        // What a subagent does there is asked by its agent's rules alone, and those may be of any kind.
        if !allows_subagents(policy) {
            rules.push(Rule::new("task", "*", RuleAction::Deny));
        }
    }
    let questions = if answerer.takes_questions() {
        RuleAction::Allow
    } else {
        RuleAction::Deny
    };
    rules.push(Rule::new("question", "*", questions));
    rules
}

/// Where the engine keeps the long outputs of tools that it cuts, for the model to read.
fn kept_output(context: &Context) -> PathBuf {
    EngineFiles::of(context).data.join("tool-output")
}

/// The warning for a user who lets tools run on a server that is not ours.
pub(crate) fn warning_of_attached(
    request: &RunRequest,
    connection: &Connection,
    policy: &Policy,
) -> Option<&'static str> {
    if connection.is_ours() || request.permission.preset != Preset::AutoTools {
        return None;
    }
    Some(if allows_subagents(policy) {
        "this server is not ours: what its subagents do is asked about only as far as its own configuration says"
    } else {
        "this server is not ours, so its subagents could not be guarded, and are refused; `--allow task` lets them run"
    })
}

/// Whether a rule, and not a preset alone, lets subagents run.
fn allows_subagents(policy: &Policy) -> bool {
    let judgement = policy.judge(&Action::Subagent { name: "*".to_owned() });
    judgement.effect == Effect::Allow && !judgement.by_preset
}

/// The approver that the request names.
pub(crate) fn answerer(prompt: PromptContext<'_>) -> Answerer {
    let (context, request) = (prompt.context, prompt.request);
    match &request.permission.approver {
        Approver::Yes => Answerer::Yes,
        Approver::Nobody => Answerer::Nobody,
        Approver::Person => {
            let terminal = Terminal::of_process(&context.environment);
            let style = TerminalStyle::new(&terminal, request.output.color);
            match TerminalPrompter::open(prompt.display.screen().clone(), style) {
                Some(prompter) => Answerer::Somebody {
                    prompter: Box::new(prompter),
                    by: DecidedBy::Person,
                    faults: None,
                },
                None => Answerer::Nobody,
            }
        }
        Approver::Program { command, timeout } => {
            let directory = context.directory(request.connect.directory.as_deref());
            let approver = ProgramApprover::new(command, *timeout, &directory);
            Answerer::Somebody {
                faults: Some(approver.faults()),
                prompter: Box::new(approver),
                by: DecidedBy::Approver,
            }
        }
    }
}
