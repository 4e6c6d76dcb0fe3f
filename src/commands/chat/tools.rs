//! `/permissions`, `/auto-tools`: what the model may do.

use super::dialog::Dialog;
use crate::chat::Choice;
use crate::commands::policy::{approver_in_words, preset_rules};
use crate::error::Failure;
use crate::request::{Approver, Effect, PermissionRequest, PolicyRule, Preset};

/// What the model may do, in few words.
pub(super) fn in_few_words(permission: &PermissionRequest) -> String {
    let asks = match permission.approver {
        Approver::Person => "you are asked about the rest",
        Approver::Yes => "nothing is asked (--yes)",
        Approver::Nobody => "the rest is denied",
        Approver::Program { .. } => "your approver answers the rest",
    };
    match permission.preset {
        Preset::LookOnly => "looks, changes nothing (/auto-tools on lets it work)".to_owned(),
        Preset::ReadOnly => format!("tools on, read-only, {asks}"),
        Preset::AutoTools => format!("tools on, {asks}"),
    }
}

const ALLOWED_FOR_SESSION: &str = "allowed for the rest of this session:";

impl Dialog<'_, '_> {
    pub(super) async fn permissions(&mut self, typed: &str) -> Result<(), Failure> {
        match typed {
            "" => self.show_permissions(),
            "forget" => self.forget_grant().await?,
            _ => {
                return Err(Failure::usage(
                    "cannot read `/permissions`: it takes nothing, or `forget`",
                ));
            }
        }
        Ok(())
    }

    fn show_permissions(&self) {
        let permission = &self.chat.run.permission;
        self.say(&in_few_words(permission));
        let mut rules: Vec<&PolicyRule> = permission.rules.iter().collect();
        rules.sort_by_key(|rule| std::cmp::Reverse(rule.effect));
        for rule in rules {
            self.say(&format!("  {rule}"));
        }
        for (effect, what) in preset_rules(permission.preset) {
            self.say(&format!("  {} {what}", effect.as_str()));
        }
        for directory in &permission.added_directories {
            self.say(&format!("  added directory: {}", directory.display()));
        }
        self.say(&format!(
            "what asks is answered by: {}",
            approver_in_words(&permission.approver)
        ));
        let grants = self.chat.grants();
        if grants.is_empty() {
            self.note("nothing more was allowed for this session");
            return;
        }
        self.say(ALLOWED_FOR_SESSION);
        for grant in &grants {
            self.say(&format!("  {}", grant.pattern));
        }
        self.note("`/permissions forget` takes one back");
    }

    async fn forget_grant(&mut self) -> Result<(), Failure> {
        let grants = self.chat.grants();
        if grants.is_empty() {
            self.note("nothing was allowed for this session");
            return Ok(());
        }
        let choices = grants
            .iter()
            .map(|grant| Choice::new(&grant.pattern.to_string(), "", None))
            .collect();
        let Some(chosen) = self.choose("take back", choices).await? else {
            return Ok(());
        };
        match grants.iter().find(|grant| grant.pattern.to_string() == chosen) {
            Some(grant) => {
                self.chat.take_grant_back(&grant.pattern);
                self.note(&format!("`{}` is asked about again", grant.pattern));
                Ok(())
            }
            None => Err(Failure::usage(format!("cannot find `{chosen}` among what was allowed"))),
        }
    }

    pub(super) async fn auto_tools(&mut self, typed: &str) -> Result<(), Failure> {
        let are_on = self.chat.run.permission.preset != Preset::LookOnly;
        let on = match typed {
            "" => {
                self.say(&in_few_words(&self.chat.run.permission));
                return Ok(());
            }
            "on" => true,
            "off" => false,
            _ => return Err(Failure::usage("cannot read `/auto-tools`: it takes `on` or `off`")),
        };
        if on == are_on {
            self.note(if on { "tools are on" } else { "tools are off" });
            return Ok(());
        }
        if on {
            for fact in self.widening() {
                self.say(&fact);
            }
            if !self.confirm("let the model run tools?").await? {
                self.note("tools stay off");
                return Ok(());
            }
        }
        self.chat.switch_tools().await;
        // An engine that only looks takes no snapshots, and `/undo` needs them.
        self.connect().await?;
        self.note(&in_few_words(&self.chat.run.permission));
        Ok(())
    }

    /// What tools may do once they are on.
    fn widening(&self) -> Vec<String> {
        let Some(wanted) = self.chat.run.permission.switched.as_deref() else {
            return Vec::new();
        };
        let mut facts = Vec::new();
        if wanted.preset == Preset::AutoTools {
            facts.push(format!(
                "The model may then edit files in `{}` and use subagents.",
                self.chat.directory.display()
            ));
            facts.push("Shell commands, the web and what is outside ask first.".to_owned());
        }
        let allowing = wanted.rules.iter().filter(|rule| rule.effect == Effect::Allow);
        facts.extend(allowing.map(|rule| format!("  {rule}")));
        facts.extend(
            wanted
                .added_directories
                .iter()
                .map(|directory| format!("  also in `{}`", directory.display())),
        );
        if wanted.approver != Approver::Person {
            facts.push(format!(
                "What asks is answered by: {}.",
                approver_in_words(&wanted.approver)
            ));
        }
        facts
    }
}
