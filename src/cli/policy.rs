//! `policy`: what would be allowed, asked and denied, and what was.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::options::ListOptions;
use super::permission::{InputOptions, PermissionOptions, ToolArgs};
use super::values;
use crate::error::Failure;
use crate::request::{Effect, LogFilter, PolicyRequest, PolicyScope, TypedCall};
use crate::settings::Settings;

pub(super) const EXAMPLES: &str = "\
Examples:
  opencode-rs policy show
  opencode-rs policy test --auto-tools \"bash:git push\" edit:docs/a.md webfetch:https://docs.rs/
  opencode-rs policy explain --auto-tools \"bash:cargo test && git push\"
  opencode-rs policy log --decision denied";

const SHOW_EXAMPLES: &str = "\
Examples:
  opencode-rs policy show
  opencode-rs policy show --auto-tools --policy ci.toml --allow \"bash:cargo *\"
  opencode-rs policy show --plain --output-format json";

const TEST_EXAMPLES: &str = "\
Examples:
  opencode-rs policy test read:.env edit:docs/a.md
  opencode-rs policy test --auto-tools \"bash:git push\" webfetch:https://docs.rs/ todowrite
  opencode-rs policy test --auto-tools --policy ci.toml --expect deny \"bash:rm -rf /\" edit:../x
  opencode-rs policy test --auto-tools 'bash:{\"command\": \"make\", \"workdir\": \"/tmp\"}'";

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  opencode-rs policy explain --auto-tools \"bash:cargo test && git push\"
  opencode-rs policy explain --auto-tools --allow \"bash:cargo *\" \"bash:cargo test > log.txt\"";

const LOG_EXAMPLES: &str = "\
Examples:
  opencode-rs policy log
  opencode-rs policy log --decision denied --limit 10
  opencode-rs policy log --output-format json | jq -r '.items[].patterns[]'";

#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct PolicyArgs {
    #[command(subcommand)]
    command: PolicyCommand,
}

#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
enum PolicyCommand {
    /// Show the rules in force, each with its origin
    ///
    /// They are those of the run that settings and options describe: a plain prompt, or one with `--auto-tools`. Nothing is
    /// run.
    #[command(after_help = SHOW_EXAMPLES)]
    Show(ScopeOptions),
    /// Show the decision for each tool call, one line each
    ///
    /// The answer is for the run that settings and options describe: a plain prompt, or one with `--auto-tools`. Nothing is
    /// run, and no engine is started. Exit status: 0, or 3 when `--expect` is not met.
    #[command(after_help = TEST_EXAMPLES)]
    Test(TestOptions),
    /// Show the decision for each part of a tool call, with the rule that decides
    ///
    /// The answer is for the run that settings and options describe: a plain prompt, or one with `--auto-tools`. Nothing is
    /// run, and no engine is started.
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain(ExplainOptions),
    /// Show what was allowed and denied, the newest last
    #[command(after_help = LOG_EXAMPLES)]
    Log(LogOptions),
}

/// The rules that are looked at, and where they would hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
struct ScopeOptions {
    /// Judge a plain prompt, whatever the settings say
    #[arg(long, conflicts_with = "auto_tools", help_heading = "Permissions")]
    plain: bool,

    #[command(flatten)]
    permission: PermissionOptions,

    #[command(flatten)]
    input: InputOptions,

    #[command(flatten)]
    list: ListOptions,

    /// Judge for this directory, with its project settings [default: the current one]
    #[arg(short, long, value_name = "DIR", help_heading = "Settings")]
    directory: Option<PathBuf>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
struct TestOptions {
    /// Judge these calls, each `TOOL` or `TOOL:INPUT`, such as `bash:git push`
    ///
    /// INPUT is the command of `bash`, the path of `read`, `edit`, `list` and `grep`, the pattern of `glob`, the address
    /// of `webfetch`, the name of an agent for `task` or of a `skill`; or all arguments as a JSON object.
    #[arg(value_name = "CALL", value_parser = values::parse_call, required = true)]
    calls: Vec<TypedCall>,

    /// Exit with status 3 unless this comes out of each call
    #[arg(long, value_name = "EFFECT", value_parser = values::word::<Effect>(), help_heading = "Output")]
    expect: Option<Effect>,

    #[command(flatten)]
    scope: ScopeOptions,
}

#[derive(Debug, Clone, PartialEq, Eq, Args)]
struct ExplainOptions {
    /// Judge this call, `TOOL` or `TOOL:INPUT`, such as `bash:make && git push`
    #[arg(value_name = "CALL", value_parser = values::parse_call)]
    call: TypedCall,

    #[command(flatten)]
    scope: ScopeOptions,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
struct LogOptions {
    /// Show at most so many decisions, the newest; 0 shows all
    #[arg(long, value_name = "N", default_value_t = 50, help_heading = "Output")]
    limit: usize,

    /// Show only the decisions of this session
    #[arg(long, value_name = "ID", value_parser = values::parse_name, help_heading = "Output")]
    session: Option<String>,

    /// Show only what was allowed, or only what was denied
    #[arg(long, value_name = "DECISION", value_parser = ["allowed", "denied"], help_heading = "Output")]
    decision: Option<String>,

    #[command(flatten)]
    list: ListOptions,
}

impl PolicyArgs {
    fn scope(&self) -> Option<&ScopeOptions> {
        match &self.command {
            PolicyCommand::Show(scope) => Some(scope),
            PolicyCommand::Test(options) => Some(&options.scope),
            PolicyCommand::Explain(options) => Some(&options.scope),
            PolicyCommand::Log(_) => None,
        }
    }

    pub(super) fn directory(&self) -> Option<&PathBuf> {
        self.scope()?.directory.as_ref()
    }

    /// What the model may do.
    pub(super) fn permission(&self) -> Option<&PermissionOptions> {
        self.scope().map(|scope| &scope.permission)
    }

    /// Turns flags and settings into what was asked for.
    ///
    /// # Errors
    ///
    /// When a flag allows something in a run whose model may only look.
    pub fn resolve(self, settings: &Settings) -> Result<PolicyRequest, Failure> {
        Ok(match self.command {
            PolicyCommand::Show(scope) => PolicyRequest::Show(scope.resolve(settings)?),
            PolicyCommand::Test(options) => PolicyRequest::Test {
                scope: options.scope.resolve(settings)?,
                calls: options.calls,
                expect: options.expect,
            },
            PolicyCommand::Explain(options) => PolicyRequest::Explain {
                scope: options.scope.resolve(settings)?,
                call: options.call,
            },
            PolicyCommand::Log(options) => PolicyRequest::Log {
                filter: LogFilter {
                    limit: (options.limit > 0).then_some(options.limit),
                    session: options.session,
                    allowed: options.decision.map(|word| word == "allowed"),
                },
                output: options.list.resolve(settings),
            },
        })
    }
}

impl ScopeOptions {
    fn resolve(self, settings: &Settings) -> Result<PolicyScope, Failure> {
        let tools = if self.plain { ToolArgs::Plain } else { ToolArgs::AsAsked };
        Ok(PolicyScope {
            tools_origin: self.permission.tools_origin(settings, tools),
            directory: self.directory,
            output: self.list.resolve(settings),
            permission: self.permission.resolve(settings, self.input, tools)?,
        })
    }
}
