//! Asking: a person at a real terminal, and a program in a person's place.

mod approver;
mod device;
mod layout;
mod pages;
mod permission;
mod person;
mod question;

use opencode_rs::permission::{Action, Ask, JudgedPart, Judgement, Policy};
use opencode_rs::request::{Effect, PermissionRequest, PolicyRule, Preset, RuleOrigin};
use serde_json::json;

/// A shell command that the preset asks about.
fn shell(command: &str) -> Ask {
    Ask {
        id: "per_1".to_owned(),
        session_id: "ses_1".to_owned(),
        subagent: None,
        action: Action::Shell {
            command: command.to_owned(),
            workdir: None,
        },
        tool: "bash".to_owned(),
        arguments: json!({"command": command, "description": "does it"}),
        diff: None,
        directory: "/work/proj".into(),
        judgement: Judgement {
            effect: Effect::Ask,
            rule: "the preset: bash asks".to_owned(),
            by_preset: true,
            parts: vec![JudgedPart {
                what: command.to_owned(),
                effect: Effect::Ask,
                rule: "the preset: bash asks".to_owned(),
            }],
            grant: vec![grant("bash:git status *")],
        },
        policy: policy(&[]),
    }
}

/// The policy of `--auto-tools` with these `--deny` rules.
fn policy(denied: &[&str]) -> Policy {
    let rules = denied.iter().map(|pattern| PolicyRule {
        effect: Effect::Deny,
        pattern: pattern.parse().unwrap(),
        origin: RuleOrigin::Flag("--deny"),
    });
    let request = PermissionRequest {
        preset: Preset::AutoTools,
        rules: rules.collect(),
        ..PermissionRequest::default()
    };
    Policy::new(&request, "/work/proj".as_ref(), "/home/me".as_ref())
}

fn grant(pattern: &str) -> PolicyRule {
    PolicyRule {
        effect: Effect::Allow,
        pattern: pattern.parse().unwrap(),
        origin: RuleOrigin::Granted,
    }
}

/// A change of a file, with a diff of so many changed lines.
fn edit(lines: usize) -> Ask {
    let added: String = (1..=lines).map(|line| format!("+line {line}\n")).collect();
    Ask {
        action: Action::Edit {
            paths: vec!["src/a.rs".to_owned()],
        },
        tool: "write".to_owned(),
        arguments: json!({"filePath": "src/a.rs"}),
        diff: Some(format!("--- src/a.rs\n+++ src/a.rs\n@@ -0,0 +1,{lines} @@\n{added}")),
        ..shell("")
    }
}
