//! What the model may do: the options of permissions, shared by `run` and `policy`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::choice::{choice, is_on, value};
use super::values;
use crate::error::Failure;
use crate::request::{Approver, Effect, OnDenial, PermissionRequest, PolicyRule, Preset, RuleOrigin, RulePattern};
use crate::settings::{self, Origin, Setting, Settings};
use crate::support::duration;

/// Default time limit of an approver.
const APPROVER_TIMEOUT: Duration = Duration::from_secs(60);

/// What the model may do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Permissions")]
pub struct PermissionOptions {
    /// Let the model run tools: edit files in the directory, and ask before commands
    ///
    /// Without it the model only reads. A question on the terminal takes `y` (allow once), `a` (allow this
    /// for the rest of the session), `e` (edit the pattern of `a` first), `n` (deny and stop), `r` (deny and tell the
    /// model why) and `s` (show everything), after 0.4 seconds without a key.
    #[arg(long)]
    auto_tools: bool,

    /// Allow calls that this rule matches, such as `bash:git diff *` or `edit:docs/**`; may be repeated
    #[arg(long, value_name = "RULE", value_parser = settings::rule, num_args = 1)]
    allow: Vec<RulePattern>,

    /// Ask before calls that this rule matches, even if another rule allows them; may be repeated
    #[arg(long, value_name = "RULE", value_parser = settings::rule, num_args = 1)]
    ask: Vec<RulePattern>,

    /// Deny calls that this rule matches, even if another rule allows them; may be repeated
    #[arg(long, value_name = "RULE", value_parser = settings::rule, num_args = 1)]
    deny: Vec<RulePattern>,

    /// Read rules from this TOML file
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,

    /// Answer every question about a permission with yes; what is denied stays denied
    #[arg(short, long, conflicts_with_all = ["no_input", "approver"])]
    yes: bool,

    /// Deny every change, even if a rule allows it
    #[arg(long)]
    read_only: bool,

    /// Treat this directory like the working directory; may be repeated
    #[arg(long = "add-dir", value_name = "DIR", num_args = 1)]
    pub(super) add_dirs: Vec<PathBuf>,

    /// Fail the run when any call was denied, even if the run continued
    #[arg(long)]
    fail_on_deny: bool,

    /// Let this command answer questions about permissions: JSON on its stdin, JSON from its stdout
    #[arg(long, value_name = "CMD", value_parser = values::parse_command, conflicts_with = "no_input")]
    approver: Option<String>,

    /// Deny a call that the approver has not answered after this time [default: 60s]
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    approver_timeout: Option<Duration>,
}

/// Whether a person may be asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Args)]
pub struct InputOptions {
    /// Ask no questions; deny what would be asked
    #[arg(long, help_heading = "Permissions")]
    no_input: bool,
}

impl InputOptions {
    /// Whether a flag or a setting forbids questions.
    pub(super) fn nobody(self, settings: &Settings) -> bool {
        is_on(self.no_input, &settings.no_input)
    }
}

/// What decides whether the model runs tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ToolArgs {
    /// The flag and the setting.
    AsAsked,
    /// `--plain`: they do not run.
    Plain,
}

impl PermissionOptions {
    /// What says whether tools run, in words.
    pub(super) fn tools_origin(&self, settings: &Settings, tools: ToolArgs) -> Option<String> {
        match tools {
            ToolArgs::Plain => Some("`--plain`".to_owned()),
            ToolArgs::AsAsked if self.auto_tools => Some("`--auto-tools`".to_owned()),
            ToolArgs::AsAsked => settings.auto_tools.as_ref().map(|setting| setting.origin.to_string()),
        }
    }

    /// Turns flags and settings into what was asked for.
    ///
    /// # Errors
    ///
    /// When a flag allows something in a run whose model may only look.
    pub(super) fn resolve(
        self,
        settings: &Settings,
        input: InputOptions,
        tools: ToolArgs,
    ) -> Result<PermissionRequest, Failure> {
        let auto_tools = match tools {
            ToolArgs::AsAsked => is_on(self.auto_tools, &settings.auto_tools),
            ToolArgs::Plain => false,
        };
        if !auto_tools {
            self.refuse_widening()?;
        }
        Ok(PermissionRequest {
            switched: Some(Box::new(self.request(settings, input, !auto_tools))),
            ..self.request(settings, input, auto_tools)
        })
    }

    fn request(&self, settings: &Settings, input: InputOptions, auto_tools: bool) -> PermissionRequest {
        let read_only = is_on(self.read_only, &settings.read_only);
        let preset = match (auto_tools, read_only) {
            (false, _) => Preset::LookOnly,
            (true, true) => Preset::ReadOnly,
            (true, false) => Preset::AutoTools,
        };
        let mut all = rules(Effect::Deny, &settings.deny, &self.deny, "--deny");
        all.extend(rules(Effect::Ask, &settings.ask, &self.ask, "--ask"));
        // Where nothing may be allowed, rules that allow are left out.
        if preset == Preset::AutoTools {
            all.extend(rules(Effect::Allow, &settings.allow, &self.allow, "--allow"));
        }
        let approver = self.approver(settings, input, auto_tools);
        if preset == Preset::AutoTools {
            all.extend(rules_for_own_files(settings, &approver));
        }
        let added_directories = if auto_tools {
            settings
                .add_dirs
                .iter()
                .flat_map(|setting| setting.value.clone())
                .collect()
        } else {
            Vec::new()
        };
        PermissionRequest {
            preset,
            rules: all,
            added_directories,
            approver,
            on_denial: choice(is_on(self.fail_on_deny, &settings.fail_on_deny), OnDenial::Fail),
            ..PermissionRequest::default()
        }
    }

    /// Refuses flags that allow something in a run whose model may only look.
    fn refuse_widening(&self) -> Result<(), Failure> {
        let typed = [
            ("--allow", !self.allow.is_empty()),
            ("--yes", self.yes),
            ("--approver", self.approver.is_some()),
            ("--add-dir", !self.add_dirs.is_empty()),
        ];
        match typed.into_iter().find(|(_, typed)| *typed) {
            None => Ok(()),
            Some((flag, _)) => Err(Failure::usage(format!(
                "cannot use `{flag}` without `--auto-tools`: the model may look and not touch"
            ))
            .hint(format!(
                "add `--auto-tools` to let the model run tools, or leave out `{flag}`"
            ))),
        }
    }

    /// Chooses the approver. Flags decide before settings; of two settings the higher source, of equals the narrower one.
    fn approver(&self, settings: &Settings, input: InputOptions, auto_tools: bool) -> Approver {
        if self.yes {
            return Approver::Yes;
        }
        let timeout = self
            .approver_timeout
            .or(value(&settings.approver_timeout))
            .unwrap_or(APPROVER_TIMEOUT);
        if let Some(command) = &self.approver {
            return Approver::Program {
                command: command.clone(),
                timeout,
            };
        }
        let nobody = settings.no_input.as_ref().filter(|setting| setting.value);
        match (&settings.approver, nobody) {
            _ if input.no_input => Approver::Nobody,
            (Some(program), nobody)
                if auto_tools && nobody.is_none_or(|nobody| nobody.origin.rank() < program.origin.rank()) =>
            {
                Approver::Program {
                    command: program.value.clone(),
                    timeout,
                }
            }
            (_, Some(_)) => Approver::Nobody,
            (_, None) => Approver::Person,
        }
    }
}

/// Rules that ask before the model edits a file that decides what is allowed: the policy file and the approver's program.
/// Whoever edits them decides about the next call.
fn rules_for_own_files(settings: &Settings, approver: &Approver) -> Vec<PolicyRule> {
    let asked = |pattern: String, flag| PolicyRule {
        effect: Effect::Ask,
        pattern: RulePattern {
            tool: "edit".to_owned(),
            pattern: Some(pattern),
        },
        origin: RuleOrigin::Flag(flag),
    };
    let policy = settings.policy.as_ref().map(|policy| {
        // The rule is about the file, not about a link to it.
        let path = policy.value.canonicalize().unwrap_or_else(|_| policy.value.clone());
        asked(path.to_string_lossy().into_owned(), "--policy")
    });
    let words = match approver {
        Approver::Program { command, .. } => shell_words::split(command).unwrap_or_default(),
        Approver::Person | Approver::Yes | Approver::Nobody => Vec::new(),
    };
    let programs = words
        .into_iter()
        .filter(|word| !word.starts_with('-') && word.contains(['/', '.']))
        .map(|word| asked(word.trim_start_matches("./").to_owned(), "--approver"));
    policy.into_iter().chain(programs).collect()
}

/// The rules of one effect, those of the settings first.
fn rules(
    effect: Effect,
    settings: &[Setting<Vec<RulePattern>>],
    flags: &[RulePattern],
    flag: &'static str,
) -> Vec<PolicyRule> {
    let rule = |pattern: &RulePattern, origin: RuleOrigin| PolicyRule {
        effect,
        pattern: pattern.clone(),
        origin,
    };
    let set = settings.iter().flat_map(|setting| {
        let origin = match &setting.origin {
            Origin::Project(file) | Origin::Profile(file, _) | Origin::User(file) | Origin::Policy(file) => {
                RuleOrigin::File(file.clone())
            }
            // No variable holds a list.
            Origin::Flag(_) | Origin::Environment(_) => RuleOrigin::Flag(flag),
        };
        setting.value.iter().map(move |pattern| rule(pattern, origin.clone()))
    });
    let typed = flags.iter().map(|pattern| rule(pattern, RuleOrigin::Flag(flag)));
    set.chain(typed).collect()
}
