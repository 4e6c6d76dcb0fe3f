//! Everything there is to see.

use opencode_rs::permission::Answer;

use super::person::{DUMB, FANCY, Person};
use super::{edit, shell};

const ASKED: &str = "show everything";

#[test]
fn everything_is_shown_in_pages_and_then_the_question_stands_again() {
    let mut person = Person::at(FANCY, 80, 24);
    let asked = person.asked(&edit(100));
    person.sees(ASKED).presses(b"s").sees("rows 1-23 of 11").loses(ASKED);
    assert!(person.contents().contains("+line 19"));
    person.presses(b" ").sees("rows 24-46");
    person.presses(b"\x1b[B\r").sees("rows 26-48");
    person.presses(b"\x1b[A").sees("rows 25-47");
    person.presses(b"b").sees("rows 2-24");
    person.presses(b"G").sees("(end)");
    assert!(person.contents().contains("\"filePath\": \"src/a.rs\""));
    // A window that changes does no harm.
    person.resizes(60, 12).sees("rows 93-103 of 115");
    person.presses(b"q").sees(ASKED);
    person.pauses().presses(b"y");
    assert_eq!(asked.answer(), Answer::Once);
    person.sees("allowed once");
    person.expects_the_terminal_as_it_was();
}

#[test]
fn keys_of_the_pages_answer_nothing() {
    let mut person = Person::usual();
    let asked = person.asked(&shell("git status"));
    person.sees(ASKED).presses(b"s").sees("arguments of the call");
    assert!(person.contents().contains("\"description\": \"does it\""));
    assert!(
        person
            .contents()
            .contains("can be allowed for the session: bash:git status *")
    );
    person.presses(b"yan\r\rq").sees(ASKED).presses(b"n");
    assert_eq!(asked.answer(), Answer::Deny);
}

#[test]
fn control_c_interrupts_while_pages_are_shown() {
    let mut person = Person::usual();
    let asked = person.asked(&edit(100));
    person.sees(ASKED).presses(b"s").sees("rows 1-23").presses(b"\x03");
    assert_eq!(asked.answer(), Answer::Interrupted);
    person.sees("interrupted");
    person.expects_the_terminal_as_it_was();
}

#[test]
fn a_dumb_terminal_gets_one_page_after_the_other() {
    let mut person = Person::at(DUMB, 80, 24);
    let asked = person.asked(&edit(30));
    person
        .sees(ASKED)
        .presses(b"s")
        .sees("space: on")
        .presses(b" ")
        .reads("\"filePath\"")
        .sees(ASKED);
    person.pauses().presses(b"y");
    assert_eq!(asked.answer(), Answer::Once);
    assert!(!person.shown().contains('\x1b'));
}
