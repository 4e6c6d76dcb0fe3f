//! The model's own questions.

use std::time::Duration;

use opencode_rs::permission::{ModelQuestion, QuestionAnswer, QuestionOption};

use super::person::{DUMB, FANCY, Person};

const LAST: &str = "type an answer";

fn question(multiple: bool) -> ModelQuestion {
    let option = |label: &str, description: &str| QuestionOption {
        label: label.to_owned(),
        description: description.to_owned(),
    };
    ModelQuestion {
        question: "Which database?".to_owned(),
        header: "DB".to_owned(),
        options: vec![
            option("pg", "Postgres"),
            option("lite\x1b[2J", ""),
            option("none", "⚠\u{fe0f} no"),
        ],
        multiple,
    }
}

fn answers(answers: &[&[&str]]) -> QuestionAnswer {
    let own = |list: &&[&str]| list.iter().map(|&text| text.to_owned()).collect();
    QuestionAnswer::Answers(answers.iter().map(own).collect())
}

fn answer(multiple: bool, keys: &[&[u8]]) -> QuestionAnswer {
    let mut person = Person::usual();
    let asked = person.questioned(&[question(multiple)], None);
    person.sees("Esc dismisses").pauses();
    for keys in keys {
        person.presses(keys);
    }
    let answer = asked.answer();
    person.loses(LAST);
    person.expects_the_terminal_as_it_was();
    answer
}

#[test]
fn a_question_shows_its_options() {
    let mut person = Person::usual();
    let asked = person.questioned(&[question(false)], Some("explore"));
    person.sees("Esc dismisses");
    assert_eq!(
        person.contents(),
        "subagent \"explore\" asks: DB\nWhich database?\n> 1. pg  Postgres\n  2. lite\\u{1b}[2J\n  3. none  ⚠ no\n\
         \x20 4. type an answer\nEnter chooses, Esc dismisses"
    );
    person.pauses().presses(b"\r");
    assert_eq!(asked.answer(), answers(&[&["pg"]]));
    person.sees("answered");
    assert_eq!(person.contents(), "answered: DB: pg");
    person.rests();
}

#[test]
fn one_is_chosen() {
    assert_eq!(answer(false, &[b"\x1b[B\r"]), answers(&[&["lite\x1b[2J"]]));
    assert_eq!(answer(false, &[b"3"]), answers(&[&["none"]]));
    assert_eq!(answer(false, &[b"9\x1b[A\r"]), answers(&[&["pg"]]));
}

#[test]
fn several_are_chosen() {
    assert_eq!(answer(true, &[b" jj \r"]), answers(&[&["pg", "none"]]));
    assert_eq!(answer(true, &[b"131\r"]), answers(&[&["none"]]));
    assert_eq!(answer(true, &[b"1jjjj\r"]), answers(&[&["pg"]]));
}

#[test]
fn an_answer_can_be_typed() {
    let mut person = Person::usual();
    let asked = person.questioned(&[question(false)], None);
    person
        .sees("Esc dismisses")
        .pauses()
        .presses(b"4")
        .sees("answer:")
        .presses(b"\x1b")
        .sees("Esc dismisses");
    person
        .pauses()
        .presses(b"\x1b[B\r")
        .sees("answer:")
        .presses(b"my\xc3")
        .presses(b"\xbc\x1b[200~ own\n\x1b[201~\r");
    assert_eq!(asked.answer(), answers(&[&["myü own"]]));
}

#[test]
fn an_answer_can_be_typed_beside_those_that_are_chosen() {
    let mut person = Person::usual();
    let asked = person.questioned(&[question(true)], None);
    person
        .sees("Esc dismisses")
        .pauses()
        .presses(b"14")
        .sees("answer:")
        .presses(b"own\r")
        .sees("[x] 4. own");
    // Taken back, and typed again.
    person
        .presses(b" ")
        .sees("[ ] 4. type an answer")
        .presses(b" ")
        .sees("answer:")
        .presses(b"two\r")
        .sees("[x] 4. two");
    person.presses(b"\r");
    assert_eq!(asked.answer(), answers(&[&["pg", "two"]]));
}

#[test]
fn nothing_is_an_answer_only_when_it_is_said_twice() {
    let mut person = Person::usual();
    let asked = person.questioned(&[question(true)], None);
    person
        .sees("Esc dismisses")
        .pauses()
        .presses(b"\r")
        .sees("nothing is chosen");
    person
        .presses(b"j")
        .loses("nothing is chosen")
        .presses(b"\r")
        .sees("nothing is chosen")
        .presses(b"\r");
    assert_eq!(asked.answer(), answers(&[&[]]));
}

#[test]
fn several_questions_come_one_after_the_other_and_back() {
    let mut person = Person::usual();
    let second = ModelQuestion {
        question: "Really?".to_owned(),
        ..ModelQuestion::default()
    };
    let asked = person.questioned(&[question(false), second, question(true)], None);
    person
        .sees("question 1 of 3")
        .pauses()
        .presses(b"1")
        .sees("question 2 of 3")
        .sees("Really?");
    person
        .presses(b"b")
        .sees("question 1 of 3")
        .pauses()
        .presses(b"3")
        .sees("question 2 of 3");
    person
        .pauses()
        .presses(b"\r")
        .sees("answer:")
        .presses(b"yes\r")
        .sees("question 3 of 3")
        .pauses()
        .presses(b"12\r");
    assert_eq!(asked.answer(), answers(&[&["none"], &["yes"], &["pg", "lite\x1b[2J"]]));
    person.sees("answered: Really?: yes").loses(LAST);
    assert_eq!(
        person.contents(),
        "answered: DB: none\nanswered: Really?: yes\nanswered: DB: pg, lite\\u{1b}[2J"
    );
}

#[test]
fn a_question_can_be_dismissed_interrupted_and_left_alone() {
    assert_eq!(answer(false, &[b"\x1b"]), QuestionAnswer::Dismissed);
    assert_eq!(answer(true, &[b"\x03"]), QuestionAnswer::Interrupted);
    assert_eq!(answer(true, &[b"4abc\x03"]), QuestionAnswer::Interrupted);
    assert_eq!(answer(false, &[b"\x04"]), QuestionAnswer::Nobody);
}

#[test]
fn a_withdrawn_question_disappears() {
    let mut person = Person::usual();
    let asked = person.questioned(&[question(false)], None);
    person.sees("Esc dismisses");
    person.withdrawal.cancel();
    assert_eq!(asked.answer(), QuestionAnswer::Nobody);
    person.sees("no longer asked");
    assert_eq!(person.contents(), "no longer asked: DB");
}

#[test]
fn a_tiny_window_shows_the_option_that_the_cursor_is_on() {
    let mut person = Person::at(FANCY, 20, 5);
    let asked = person.questioned(&[question(false)], None);
    person.sees("> 1. pg");
    person
        .presses(b"\x1b[B")
        .sees("> 2. lite")
        .presses(b"\x1b[B")
        .sees("> 3. none")
        .loses("> 2.");
    assert!(person.contents().starts_with("opencode asks: DB\nWhich database?\n"));
    person.pauses().presses(b"\r");
    assert_eq!(asked.answer(), answers(&[&["none"]]));
}

#[test]
fn a_dumb_terminal_is_asked_without_moving_the_cursor() {
    let mut person = Person::at(DUMB, 80, 24);
    let asked = person.questioned(&[question(true)], None);
    person
        .sees("Esc dismisses")
        .pauses()
        .presses(b"1")
        .sees("[x] 1. pg")
        .presses(b"4")
        .sees("answer:")
        .presses(b"own\r");
    person.sees("[x] 4. own").presses(b"\r");
    assert_eq!(asked.answer(), answers(&[&["pg", "own"]]));
    person.sees("answered: DB: pg, own");
    assert!(!person.shown().contains('\x1b'));
}

#[test]
fn a_key_that_is_held_down_answers_no_question() {
    let three = [question(false), question(true), question(false)];
    for key in [b"1", b"\r", b" "] {
        let mut person = Person::usual();
        let asked = person.questioned(&three, None);
        person.sees("question 1 of 3");
        for _ in 0..10 {
            person.presses(key);
            assert_eq!(asked.answer_within(Duration::from_millis(120)), None);
        }
        if key != b" " {
            person.sees("too soon");
        }
        assert!(person.contents().contains("question 1 of 3"), "{}", person.contents());
        person.presses(b"\x1b");
        assert_eq!(asked.answer(), QuestionAnswer::Dismissed);
    }
}
