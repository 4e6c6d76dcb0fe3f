//! The first line and `/status`: where things stand.

use super::dialog::Dialog;
use super::tools::in_few_words;
use crate::prompting::names::ResolvedNames;
use crate::request::{ServerChoice, Verbosity};
use crate::terminal::joined;

/// The names that the next prompt is sent with, as far as they are known.
#[derive(Debug, Default)]
pub(super) struct NamesInUse {
    pub(super) model: Option<String>,
    pub(super) agent: Option<String>,
    pub(super) variant: Option<String>,
}

impl Dialog<'_, '_> {
    /// The session keeps its names until the person chooses others.
    pub(super) async fn names_in_use(&self) -> NamesInUse {
        let wanted = &self.chat.run.names;
        let (typed, standing) = (wanted.typed, &self.chat.standing);
        let resolved: Option<ResolvedNames> = self.try_names(wanted).await.ok();
        let (model, agent, variant) = resolved.map_or((None, None, None), |names| {
            (names.model.map(|model| model.to_string()), names.agent, names.variant)
        });
        let kept = |is_typed: bool, kept: &Option<String>, resolved: Option<String>| match kept {
            Some(kept) if !is_typed => Some(kept.clone()),
            _ => resolved,
        };
        NamesInUse {
            model: kept(typed.model, &standing.model, model),
            agent: kept(typed.agent, &standing.agent, agent),
            variant: kept(typed.variant || typed.model, &standing.variant, variant),
        }
    }

    pub(super) async fn greet(&self) {
        if self.chat.run.output.verbosity == Verbosity::Quiet {
            return;
        }
        let facts = [
            format!("opencode-rs {}", env!("CARGO_PKG_VERSION")),
            self.names_in_use()
                .await
                .model
                .unwrap_or_else(|| "no model yet".to_owned()),
            self.directory(),
            in_few_words(&self.chat.run.permission),
            "/help".to_owned(),
            "Ctrl-D leaves".to_owned(),
        ];
        self.facts(&facts);
    }

    /// Facts in a dim line, or several where one is too short.
    pub(super) fn facts(&self, facts: &[String]) {
        for line in joined(facts, self.terminal.columns().saturating_sub(1)) {
            self.print(&self.dim(&line));
        }
    }

    /// The directory, with `~` for the home.
    fn directory(&self) -> String {
        let (directory, home) = (&self.chat.directory, &self.chat.context.directories.home);
        match directory.strip_prefix(home) {
            Ok(rest) if rest.as_os_str().is_empty() => "~".to_owned(),
            Ok(rest) => format!("~/{}", rest.display()),
            Err(_) => directory.display().to_string(),
        }
    }

    pub(super) async fn status(&self) {
        let names = self.names_in_use().await;
        let unknown = |name: Option<String>| name.unwrap_or_else(|| "not known yet".to_owned());
        let session = self.chat.session.as_ref();
        let permission = &self.chat.run.permission;
        let grants = self.chat.grants().len();
        let mut facts = vec![
            ("model", unknown(names.model)),
            ("agent", unknown(names.agent)),
            ("effort", names.variant.unwrap_or_else(|| "the model's own".to_owned())),
            ("directory", self.chat.directory.display().to_string()),
            (
                "session",
                session.map_or_else(
                    || "a new one begins with the next prompt".to_owned(),
                    |session| format!("{} ({})", session.title, session.id),
                ),
            ),
            ("may do", in_few_words(permission)),
            (
                "rules",
                format!(
                    "{}, and {grants} for this session; see /permissions",
                    permission.rules.len()
                ),
            ),
        ];
        if let Some(link) = &self.chat.link {
            let connection = &link.ready.connection;
            let server = match &self.chat.run.connect.server {
                ServerChoice::Attach(url) => format!("attached to {}", url.origin().ascii_serialization()),
                ServerChoice::Start { .. } if connection.lease.is_some() => "warm: it stays for a while".to_owned(),
                ServerChoice::Start { .. } => "started for this dialog".to_owned(),
            };
            facts.push(("server", server));
            let path = connection
                .engine
                .path
                .as_deref()
                .map_or_else(String::new, |path| format!(" ({path})"));
            facts.push(("engine", format!("{}{path}", connection.engine.version)));
        }
        for (name, fact) in facts {
            self.fact(name, &fact);
        }
    }
}
