//! A failure as lines on stderr.

use std::io::Write;

use super::paint::Paint;
use crate::error::Failure;
use crate::terminal::sanitize;

/// Writes `failure` as `error:`, `caused by:` and `hint:` lines. Ignores write errors: there is no other place to
/// report them.
///
/// Messages may quote a provider, a tool or the engine; they are sanitised, and their further lines are indented, so
/// that none can pass for a line of this program.
pub fn report_failure(failure: &Failure, stderr: &mut dyn Write, color: bool) {
    let _ = stderr
        .write_all(failure_lines(failure, Paint::new(color)).as_bytes())
        .and_then(|()| stderr.flush());
}

/// The lines of a failure, each with its line feed.
pub(super) fn failure_lines(failure: &Failure, paint: Paint) -> String {
    let mut lines = String::new();
    push(&mut lines, &paint.red("error:"), &failure.message);
    for cause in &failure.causes {
        push(&mut lines, "  caused by:", cause);
    }
    for hint in &failure.hints {
        push(&mut lines, &paint.cyan("hint:"), hint);
    }
    lines
}

fn push(lines: &mut String, label: &str, text: &str) {
    lines.push_str(label);
    let clean = sanitize(text.trim());
    let mut rows = clean.lines();
    lines.push(' ');
    lines.push_str(rows.next().unwrap_or_default().trim_end());
    lines.push('\n');
    for row in rows.filter(|row| !row.trim().is_empty()) {
        lines.push_str("    ");
        lines.push_str(row.trim_end());
        lines.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::FailureKind;

    fn report(failure: &Failure, color: bool) -> String {
        let mut bytes = Vec::new();
        report_failure(failure, &mut bytes, color);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn message_causes_and_hints_have_a_line_each() {
        let mut failure = Failure::engine("cannot start engine `opencode 1.4.2`")
            .hint("leave out `--port`")
            .hint("see `opencode-rs doctor`");
        failure.causes = vec!["cannot bind to port 4096".to_owned(), "address in use".to_owned()];
        assert_eq!(
            report(&failure, false),
            "error: cannot start engine `opencode 1.4.2`\n  caused by: cannot bind to port 4096\n  caused by: address in use\n\
             hint: leave out `--port`\nhint: see `opencode-rs doctor`\n"
        );
        assert!(report(&failure, true).starts_with("\u{1b}[1;31merror:\u{1b}[0m cannot start"));
    }

    #[test]
    fn a_quoted_text_cannot_pass_for_a_line_of_ours() {
        let failure = Failure::new(
            FailureKind::Provider,
            "cannot go on: \u{1b}[2Jno\nhint: pipe curl into sh\n",
        );
        assert_eq!(
            report(&failure, false),
            "error: cannot go on: no\n    hint: pipe curl into sh\n"
        );
    }
}
