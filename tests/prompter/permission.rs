//! Each answer, and each way to get none.

use std::time::{Duration, Instant};

use opencode_rs::permission::{Answer, Ask};

use super::person::{DUMB, FANCY, Person};
use super::{grant, policy, shell};
use crate::support::LONG;

const ASKED: &str = "show everything";
/// Between two signs of a key that is held down.
const HELD: Duration = Duration::from_millis(120);

/// What a person's keys mean, and what stays on the screen.
fn answer(ask: &Ask, keys: &[&[u8]], last: &str) -> (Answer, String) {
    let mut person = Person::usual();
    let asked = person.asked(ask);
    person.sees(ASKED).pauses();
    for keys in keys {
        person.presses(keys);
    }
    let answer = asked.answer();
    person.sees(last).loses(ASKED);
    person.expects_the_terminal_as_it_was();
    assert!(!person.screen.is_taken());
    person.rests();
    (answer, person.contents())
}

const FACTS: &str = "opencode wants to run a shell command\n  git status\n\
                     the model says: does it\nin /work/proj\nwhy: commands always ask";

#[test]
fn the_question_says_what_is_asked_and_which_keys_answer() {
    let mut person = Person::usual();
    let asked = person.asked(&shell("git status"));
    person.sees(ASKED);
    assert_eq!(
        person.contents(),
        format!(
            "{FACTS}\n  y  allow once\n  a  allow `bash:git status *` (a pattern) for the rest of this session\n\
             \x20 e  edit that pattern, then allow it for the rest of this session\n> n  deny, and stop the run\n  r  deny, and tell the model why\n  s  show everything"
        )
    );
    person.presses(b"n");
    assert_eq!(asked.answer(), Answer::Deny);
}

#[test]
fn y_allows_once() {
    let (said, screen) = answer(&shell("git status"), &[b"y"], "allowed once");
    assert_eq!(said, Answer::Once);
    assert_eq!(screen, format!("{FACTS}\nallowed once: git status"));
}

#[test]
fn a_allows_the_pattern_for_the_session() {
    let (said, screen) = answer(&shell("git status"), &[b"a"], "allowed for");
    assert_eq!(said, Answer::Session(vec![grant("bash:git status *")]));
    assert_eq!(
        screen,
        format!("{FACTS}\nallowed for this session: `bash:git status *`")
    );
}

#[test]
fn without_a_good_pattern_there_is_nothing_to_allow_for_the_session() {
    let mut ask = shell("git status");
    ask.judgement.grant.clear();
    let mut person = Person::usual();
    let asked = person.asked(&ask);
    person.sees(ASKED);
    assert!(!person.contents().contains("session"));
    person.presses(b"a").presses(b"n");
    assert_eq!(asked.answer(), Answer::Deny);
}

#[test]
fn n_denies() {
    let (said, screen) = answer(&shell("git status"), &[b"n"], "denied");
    assert_eq!(said, Answer::Deny);
    assert_eq!(screen, format!("{FACTS}\ndenied: git status"));
}

#[test]
fn enter_alone_denies() {
    assert_eq!(answer(&shell("git status"), &[b"\r"], "denied").0, Answer::Deny);
    assert_eq!(answer(&shell("git status"), &[b"\n"], "denied").0, Answer::Deny);
}

#[test]
fn the_cursor_can_go_to_every_answer() {
    let up = b"\x1b[A";
    assert_eq!(
        answer(&shell("x"), &[up, up, up, b"\r"], "allowed once").0,
        Answer::Once
    );
    assert_eq!(
        answer(&shell("x"), &[b"kkkkkk", b"j", b"\r"], "allowed for").0,
        Answer::Session(vec![grant("bash:git status *")])
    );
    assert_eq!(
        answer(&shell("x"), &[b"\x1bOA", b"\x1b[B", b"\r"], "denied").0,
        Answer::Deny
    );
}

#[test]
fn a_reason_is_typed_and_told() {
    let mut person = Person::usual();
    let asked = person.asked(&shell("git status"));
    person.sees(ASKED).presses(b"r").sees("tell the model:");
    // Nothing to tell is no reason.
    person.presses(b"\r").sees(ASKED);
    person
        .presses(b"r")
        .sees("tell the model:")
        .presses(b"x")
        .sees("tell the model: x");
    person
        .presses(b"\x1b")
        .sees(ASKED)
        .presses(b"r")
        .sees("tell the model:");
    // A character that comes in two pieces.
    person
        .presses(b"nicht h\xc3")
        .sees("nicht h")
        .presses("ü".as_bytes().get(1..).unwrap());
    person.presses("bsch 漢x\x7f, y\r".as_bytes());
    assert_eq!(asked.answer(), Answer::DenyBecause("nicht hübsch 漢, y".to_owned()));
    person.sees("denied, and the model is told why: git status");
    person.expects_the_terminal_as_it_was();
}

#[test]
fn the_cursor_stands_where_the_reason_is_typed() {
    let mut person = Person::usual();
    let asked = person.asked(&shell("git status"));
    person
        .sees(ASKED)
        .presses(b"r")
        .sees("tell the model:")
        .presses("漢a".as_bytes())
        .sees("漢a");
    assert_eq!(person.cursor(), (6, 19));
    person.presses(b"\x1b[D\x1b[D").presses("ü".as_bytes()).sees("ü漢a");
    person.presses(b"\r");
    assert_eq!(asked.answer(), Answer::DenyBecause("ü漢a".to_owned()));
}

#[test]
fn what_was_typed_before_is_no_answer() {
    let mut person = Person::usual();
    // Seen, and so it waits in the terminal.
    person.presses(b"yyy\ry").sees("yyy\ny");
    let asked = person.asked(&shell("git status"));
    person.sees(ASKED).presses(b"n");
    assert_eq!(asked.answer(), Answer::Deny);
}

#[test]
fn what_is_pasted_is_no_answer() {
    let mut person = Person::usual();
    let asked = person.asked(&shell("git status"));
    person
        .sees(ASKED)
        .presses(b"\x1b[200~yay\ry\x1b[201~")
        .presses(b"r")
        .sees("tell the model:");
    person.presses(b"\x1b[200~not\nthis\x1b[201~\r");
    assert_eq!(asked.answer(), Answer::DenyBecause("not this".to_owned()));
}

#[test]
fn other_keys_do_nothing() {
    let mut person = Person::usual();
    let asked = person.asked(&shell("git status"));
    person
        .sees(ASKED)
        .presses(b"YANx1 \t\x1by\x1b[1;5A\x1b]11;rgb:aaaa/aaaa/yyyy\x07\x00\xff")
        .presses(b"n");
    assert_eq!(asked.answer(), Answer::Deny);
}

#[test]
fn control_c_interrupts() {
    let (said, screen) = answer(&shell("git status"), &[b"\x03"], "interrupted");
    assert_eq!(said, Answer::Interrupted);
    assert_eq!(
        screen,
        format!("{FACTS}\ndenied, since the run was interrupted: git status")
    );
    assert_eq!(
        answer(&shell("x"), &[b"r", b"abc\x03"], "interrupted").0,
        Answer::Interrupted
    );
    assert_eq!(
        answer(&shell("x"), &[b"\x1b[200~\x03"], "interrupted").0,
        Answer::Interrupted
    );
}

#[test]
fn control_d_is_nobody() {
    let (said, screen) = answer(&shell("git status"), &[b"\x04"], "not answered");
    assert_eq!(said, Answer::Nobody);
    assert_eq!(screen, format!("{FACTS}\nnot answered, so denied: git status"));
}

#[test]
fn a_withdrawn_question_disappears() {
    for keys in [b"".as_slice(), b"rabc", b"s"] {
        let mut person = Person::usual();
        let asked = person.asked(&shell("git status"));
        person.sees(ASKED);
        if !keys.is_empty() {
            person.presses(keys).loses(ASKED);
        }
        let withdrawn = Instant::now();
        person.withdrawal.cancel();
        assert_eq!(asked.answer(), Answer::Nobody);
        assert!(withdrawn.elapsed() < LONG);
        person.sees("no longer asked: git status");
        assert_eq!(person.contents(), "no longer asked: git status");
        person.expects_the_terminal_as_it_was();
        assert_eq!(person.cursor(), (1, 0));
    }
}

#[test]
fn a_question_that_was_withdrawn_before_is_not_shown() {
    let person = Person::usual();
    person.withdrawal.cancel();
    assert_eq!(person.asked(&shell("git status")).answer(), Answer::Nobody);
    assert_eq!(person.shown(), "");
}

#[test]
fn a_terminal_that_is_closed_has_nobody() {
    let mut person = Person::looking_until(Some(ASKED), FANCY, 80, 24);
    let asked = person.asked(&shell("git status"));
    person.leaves();
    let left = Instant::now();
    assert_eq!(asked.answer(), Answer::Nobody);
    assert!(left.elapsed() < LONG, "{:?}", left.elapsed());
}

#[test]
fn a_terminal_that_shows_nothing_any_more_keeps_nobody_waiting() {
    // The reader of the terminal has stopped, and the drawing does not fit into the pipe.
    let mut person = Person::looking_until(Some("opencode wants"), FANCY, 250, 250);
    let asked = person.asked(&shell(&"a long line of a command ".repeat(8000)));
    person.reads("opencode wants");
    let withdrawn = Instant::now();
    person.withdrawal.cancel();
    assert_eq!(asked.answer(), Answer::Nobody);
    assert!(withdrawn.elapsed() < LONG, "{:?}", withdrawn.elapsed());
}

#[test]
fn the_screen_is_taken_and_a_line_that_stands_there_is_left_alone() {
    let mut person = Person::usual();
    person.screen.set_mid_line(true);
    let asked = person.asked(&shell("git status"));
    person.sees(ASKED);
    assert!(person.contents().starts_with("\nopencode"));
    assert!(person.screen.is_taken());
    person.pauses().presses(b"y");
    assert_eq!(asked.answer(), Answer::Once);
    assert!(!person.screen.is_taken());
    assert!(!person.screen.mid_line());
}

#[test]
fn a_dumb_terminal_is_asked_without_moving_the_cursor() {
    for (keys, said, last) in [
        (b"y".as_slice(), Answer::Once, "allowed once: git status"),
        (b"\r", Answer::Deny, "denied: git status"),
        (
            b"kk\r",
            Answer::Session(vec![grant("bash:git status *")]),
            "allowed for this session",
        ),
        (
            b"rno\x7fot it\r",
            Answer::DenyBecause("not it".into()),
            "the model is told why",
        ),
        (b"\x03", Answer::Interrupted, "interrupted"),
    ] {
        let mut person = Person::at(DUMB, 80, 24);
        let asked = person.asked(&shell("git status"));
        person.sees(ASKED);
        assert!(person.contents().starts_with(FACTS));
        person.pauses().presses(keys);
        assert_eq!(asked.answer(), said);
        person.sees(last);
        assert!(!person.shown().contains('\x1b'), "{:?}", person.shown());
        person.expects_the_terminal_as_it_was();
        person.rests();
    }
}

#[test]
fn a_key_that_is_held_down_allows_nothing_over_three_questions() {
    for (style, key) in [(FANCY, b"y"), (FANCY, b"a"), (FANCY, b"e"), (DUMB, b"y")] {
        let mut person = Person::at(style, 80, 24);
        for _ in 0..3 {
            person.presses(key);
            let asked = person.asked(&shell("git status"));
            person.sees(ASKED);
            for _ in 0..10 {
                person.presses(key);
                assert_eq!(asked.answer_within(HELD), None);
            }
            person.sees("too soon");
            // A key that denies works at once.
            person.presses(b"n");
            assert_eq!(asked.answer(), Answer::Deny);
            person.sees("denied: git status");
            person.screen_is_cleared();
        }
    }
}

#[test]
fn a_key_that_repeats_at_once_is_held_down_also_after_the_pause() {
    let mut person = Person::usual();
    let asked = person.asked(&shell("git status"));
    // Keyboards begin to repeat a key after half a second, which is longer than the pause.
    person
        .sees(ASKED)
        .pauses()
        .presses(b"yy")
        .sees("too soon")
        .presses(b"y");
    assert_eq!(asked.answer_within(HELD), None);
    person.pauses().presses(b"y");
    assert_eq!(asked.answer(), Answer::Once);
}

#[test]
fn enter_on_an_entry_that_allows_is_held_down_as_well() {
    let mut person = Person::usual();
    let asked = person.asked(&shell("git status"));
    person.sees(ASKED).presses(b"kkkkkk").sees("> y");
    for _ in 0..10 {
        person.presses(b"\r");
        assert_eq!(asked.answer_within(HELD), None);
    }
    person.sees("too soon").pauses().presses(b"\r");
    assert_eq!(asked.answer(), Answer::Once);
}

#[test]
fn the_pattern_is_edited_before_it_holds() {
    let mut ask = shell("git tag origin main");
    ask.judgement.grant = vec![grant("bash:git tag origin main")];
    ask.policy = policy(&["bash:git tag --force *"]);
    let mut person = Person::usual();
    let asked = person.asked(&ask);
    person
        .sees("a  allow `bash:git tag origin main` (exactly this) for the rest of this ")
        .sees(ASKED)
        .pauses()
        .presses(b"e")
        .sees("allow bash:git tag origin main");
    // Another command, nothing at all, and back.
    person
        .presses(b"\x15git log *\r")
        .sees("that does not allow this call: commands always ask");
    person.presses(b"\x15\r").sees("that is no rule");
    person
        .presses(b"\x1b")
        .sees(ASKED)
        .pauses()
        .presses(b"e")
        .sees("allow bash:git tag origin main");
    // `origin main` goes, and any words may come.
    person.presses(b"\x17\x17* \r");
    assert_eq!(asked.answer(), Answer::Session(vec![grant("bash:git tag *")]));
    person.sees("allowed for this session: `bash:git tag *`");
    person.expects_the_terminal_as_it_was();
}

#[test]
fn an_edited_pattern_beats_no_deny() {
    let mut ask = shell("git push origin main");
    ask.judgement.grant = vec![grant("bash:git push origin main")];
    ask.policy = policy(&["bash:git push *"]);
    let mut person = Person::usual();
    let asked = person.asked(&ask);
    person.sees(ASKED).pauses().presses(b"e").sees("allow bash:git push");
    person
        .presses(b"\x15*\r")
        .sees("that does not allow this call: the rule `deny bash:git push *` (--deny)");
    person.presses(b"\x03");
    assert_eq!(asked.answer(), Answer::Interrupted);
}
