//! Lists that are chosen from, notes that wrap, help that fits.

use super::{PROMPT, SHARED_ENGINE, attached, rows, wait_until};
use crate::support::{LONG, Sandbox, until};

/// Waits until the last row is an empty prompt.
#[track_caller]
fn wait_for_prompt(pty: &crate::support::Pty) {
    wait_until(pty, "an empty prompt", |screen| {
        rows(screen).last().is_some_and(|row| row.trim() == ">")
    });
}

#[test]
fn a_list_of_300_models_filters_and_marks_what_is_in_use() {
    let sandbox = Sandbox::new();
    let _model = sandbox.share_engine("");
    let models: Vec<String> = (0..300)
        .map(|number| format!(r#""a-model-with-a-long-name-{number:03}": {{"name": "Number {number}"}}"#))
        .collect();
    let config = format!(
        r#"{{"provider": {{"rehearsal": {{"models": {{{}}}}}}}}}"#,
        models.join(", ")
    );
    sandbox.write("project/opencode.json", config);
    for (columns, height) in [(80, 24), (40, 12)] {
        let mut pty = attached(&sandbox, "");
        pty.resize(columns, height);
        pty.send("/model\r");
        let screen = pty.wait_for("type to filter, Enter takes, Esc leaves");
        let chosen = rows(&screen).into_iter().find(|row| row.starts_with("> rehearsal/"));
        assert!(
            chosen.is_some_and(|row| row.starts_with("> rehearsal/scripted (in use)")),
            "{screen}"
        );
        // Esc goes back, and what is typed then is typed at the prompt.
        pty.send("\u{1b}");
        wait_for_prompt(&pty);
        pty.send("/model\r");
        pty.wait_for("type to filter");
        pty.send("name 28");
        let screen = pty.wait_for("13 of 303, Enter takes, Esc leaves");
        assert!(rows(&screen).contains(&"model: name 28"), "{screen}");
        pty.send("4");
        pty.wait_for("1 of 303");
        pty.send("x");
        pty.wait_for("nothing matches, Esc leaves");
        pty.send("\r\u{7f}");
        pty.wait_for("1 of 303");
        pty.send("\r");
        wait_until(&pty, "another model", |screen| {
            let text = screen.replace('\n', " ");
            text.split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
                .contains("model rehearsal/a-model-with-a-long-name-284")
        });
        wait_for_prompt(&pty);
        // The arrows, and a list from its current entry.
        pty.send("/model\r");
        pty.wait_for("a-model-with-a-long-name-284");
        pty.wait_for("(in use)");
        pty.send("\u{1b}[A\r");
        pty.wait_for("long-name-283");
        wait_for_prompt(&pty);
        // Ctrl-C leaves a list, too.
        pty.send("/agent\r");
        pty.wait_for("> build (in use)");
        pty.send("\u{3}");
        wait_for_prompt(&pty);
        pty.send("\u{4}");
        assert_eq!(pty.finish(), 0);
    }
    sandbox.expect_nothing_left();
}

#[test]
fn an_answer_of_the_terminal_that_comes_too_late_costs_no_line() {
    let sandbox = Sandbox::new();
    let _model = sandbox.share_engine("");
    let mut pty = attached(&sandbox, "");
    pty.hold_the_next_answer();
    pty.resize(60, 30);
    wait_until(&pty, "a prompt in the new window", |_| !pty.holds_an_answer());
    pty.send("/permissions\r");
    pty.wait_for("nothing more was allowed");
    wait_for_prompt(&pty);
    pty.send("/status\r");
    pty.wait_for("  rules");
    wait_for_prompt(&pty);
    // Drawn again: the prompt has not moved.
    pty.send("kept\u{1}\u{b}");
    wait_for_prompt(&pty);
    let screen = pty.screen();
    for text in [
        "nothing more was allowed",
        "attached to http",
        "see /permissions",
        "> /status",
    ] {
        assert!(screen.contains(text), "no {text}:\n{screen}");
    }
    pty.send("\u{4}");
    assert_eq!(pty.finish(), 0);
    sandbox.expect_nothing_left();
}

#[test]
fn help_fits_and_nothing_is_cut() {
    let sandbox = Sandbox::new();
    let _model = sandbox.share_engine("");
    let mut pty = attached(&sandbox, "");
    pty.send("/help\r");
    let screen = pty.wait_for("/help keys shows the keys");
    for text in [
        "/help [keys]",
        "/new, /clear",
        "/exit, /quit, /q",
        "/auto-tools on|off",
        "of the engine: /init",
    ] {
        assert!(screen.contains(text), "no {text}:\n{screen}");
    }
    assert!(!screen.contains('…'), "{screen}");
    pty.send("/help keys\r");
    let screen = pty.wait_for("Ctrl-Z");
    assert!(!screen.contains('…'), "{screen}");
    pty.send("\u{4}");
    assert_eq!(pty.finish(), 0);

    let mut pty = attached(&sandbox, "");
    pty.resize(40, 12);
    pty.send("/help\r");
    pty.wait_for("typed");
    wait_for_prompt(&pty);
    pty.send("/help keys\r");
    wait_for_prompt(&pty);
    pty.send("/status\r");
    pty.wait_for("engine");
    wait_for_prompt(&pty);
    pty.send("/permissions\r");
    pty.wait_for("nothing more was allowed");
    wait_for_prompt(&pty);
    pty.send("/diff\r");
    pty.wait_for("there is no session yet");
    wait_for_prompt(&pty);
    let everything = pty.everything();
    assert!(!everything.contains('…'), "{everything}");
    pty.send("\u{4}");
    assert_eq!(pty.finish(), 0);
    sandbox.expect_nothing_left();
}

#[test]
fn the_first_line_and_the_status_tell_where_things_stand() {
    let sandbox = Sandbox::new();
    let _model = sandbox.share_engine("");
    let mut pty = attached(&sandbox, "");
    let screen = pty.screen().replace('\n', "");
    let directory = sandbox.project().display().to_string();
    for text in [
        "opencode-rs ",
        " · rehearsal/scripted",
        &directory,
        "looks, changes nothing (/auto-tools on lets it work)",
    ] {
        assert!(screen.contains(text), "no {text}:\n{screen}");
    }
    pty.send("/status\r");
    let screen = pty.wait_for("attached to http://127.0.0.1:");
    for (name, fact) in [
        ("model", "rehearsal/scripted"),
        ("agent", "build"),
        ("session", "a new one begins with the next prompt"),
        ("rules", "0, and 0 for this session; see /permissions"),
    ] {
        let row = rows(&screen).into_iter().find(|row| row.trim_start().starts_with(name));
        assert!(row.is_some_and(|row| row.ends_with(fact)), "{name}:\n{screen}");
    }
    // A model without levels of effort is not asked for one, and hints name what a dialog has.
    pty.send("/effort\r");
    pty.wait_for("model rehearsal/scripted has no levels of effort");
    pty.send("/effort high\r");
    wait_until(&pty, "the same again", |_| {
        pty.everything().matches("has no levels of effort").count() >= 2
    });
    pty.send("/model nosuch\r");
    pty.wait_for("hint: `/model` lists what there is");
    pty.send("/model reasoner\r");
    pty.wait_for("model rehearsal/reasoner");
    pty.send("/effort\r");
    pty.wait_for("> default (in use)");
    pty.send("high\r");
    pty.wait_for("effort high, variant high");

    pty.send("Hello\r");
    pty.wait_for("rehearsal/reasoner · build · high");
    pty.send("/rename Greetings\r");
    pty.wait_for("this session is `Greetings` now");
    pty.send("/fork\r");
    pty.wait_for("the next prompt goes to a copy");
    pty.send("Hello again\r");
    wait_until(&pty, "two answers", |_| {
        pty.everything().matches(" · build · high").count() >= 2
    });
    pty.send("/cost\r");
    pty.wait_for("model calls  2");
    // Several titles match, so the person chooses.
    pty.send("/resume greet\r");
    pty.wait_for("type to filter");
    pty.send("(\r");
    pty.wait_for("2 prompts so far");
    pty.send("/resume greet\r");
    pty.wait_for("type to filter");
    pty.send("\u{1b}");
    wait_for_prompt(&pty);
    pty.send("/clear\r");
    pty.wait_for("a new session begins");
    pty.send("/q\r");
    assert_eq!(pty.finish(), 0);

    // The session keeps its model, and the first line tells it.
    let mut pty = attached(&sandbox, "-c");
    let screen = pty.screen();
    assert!(screen.contains("rehearsal/"), "{screen}");
    pty.wait_for(PROMPT);
    pty.send("\u{4}");
    assert_eq!(pty.finish(), 0);
    sandbox.expect_nothing_left();
}

#[test]
fn tokens_cost_and_time_follow_a_plain_answer_on_a_terminal() {
    let sandbox = Sandbox::new();
    let _model =
        sandbox.share_engine("[[reply]]\ntext = \"done\"\nusage = { input = 2000, output = 100 }\ntimes = \"always\"");
    let line = format!(
        "{SHARED_ENGINE}$OPENCODE_RS -m rehearsal/scripted hi; echo; $OPENCODE_RS -q -m rehearsal/scripted hi; \
         $OPENCODE_RS -m rehearsal/scripted hi 2> log; cat log; echo the end"
    );
    let mut pty = crate::support::Pty::shell_at_once(&sandbox, "", &line);
    pty.wait_for("the end");
    assert_eq!(pty.finish(), 0);
    let screen = pty.screen();
    let costs: Vec<&str> = rows(&screen)
        .into_iter()
        .filter(|row| row.contains("tokens in"))
        .collect();
    assert_eq!(costs.len(), 1, "{screen}");
    assert!(costs[0].starts_with("2000 tokens in, 100 out · $0.0022 · "), "{screen}");
    until("three answers", LONG, || {
        (rows(&pty.screen()).iter().filter(|row| **row == "done").count() == 3).then_some(())
    });
}
