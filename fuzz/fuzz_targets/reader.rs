//! The shell reader never panics; where it objects is a place in the line; it reads the same twice; and a tree, printed
//! in one certain way and read again, is the same tree.
//!
//! `cargo install cargo-fuzz`, then in the root of the checkout, with a stable Rust:
//! `RUSTC_BOOTSTRAP=1 cargo fuzz run reader -- -max_total_time=3600`. The files of the reader are compiled alone, so that
//! this takes seconds.
#![no_main]
#![allow(dead_code, reason = "the reader serves more than this target")]

use std::fmt::Write;

use libfuzzer_sys::fuzz_target;
use permission::shell::reader::read;
use permission::shell::tree::{
    AndOrList, CommandList, CommandNode, Connector, Pipeline, Redirect, Stage, WordNode, WordPart,
};

#[path = "../../src/permission"]
mod permission {
    pub(crate) mod shell {
        pub(crate) mod reader;
        pub(crate) mod tree;
    }
}

#[path = "../../src/support"]
mod support {
    pub(crate) mod names;
    pub(crate) mod visible;
}

fuzz_target!(|line: &str| {
    let result = read(line);
    assert_eq!(read(line), result);
    match result {
        Err(objection) => assert!(line.is_char_boundary(objection.at), "{objection:?}"),
        Ok(list) => {
            let printed = print(&list);
            match read(&printed) {
                Ok(again) => assert_eq!(without_spelling(again), without_spelling(list), "{printed:?}"),
                // The printed line can be longer, and deeper by its quotes.
                Err(objection) => assert!(
                    printed.len() > 48 * 1024 || objection.why.contains("deep"),
                    "{printed:?}: {objection:?}"
                ),
            }
        }
    }
});

/// One item a line; everything quoted that can be.
fn print(list: &CommandList) -> String {
    let mut text = String::new();
    print_list(list, &mut text);
    text
}

fn print_list(list: &CommandList, text: &mut String) {
    for item in &list.items {
        print_item(item, text);
    }
}

fn print_item(item: &AndOrList, text: &mut String) {
    print_pipeline(&item.first, text);
    for (connector, pipeline) in &item.rest {
        text.push_str(match connector {
            Connector::And => " && ",
            Connector::Or => " || ",
        });
        print_pipeline(pipeline, text);
    }
    // Each here-document of the item is empty: the reader takes one before a line end.
    text.push_str(if item.in_background { " &\n" } else { "\n" });
}

fn print_pipeline(pipeline: &Pipeline, text: &mut String) {
    if pipeline.is_negated {
        text.push_str("! ");
    }
    for (at, stage) in pipeline.stages.iter().enumerate() {
        if at > 0 {
            text.push_str(" | ");
        }
        print_stage(stage, text);
    }
}

fn print_stage(stage: &Stage, text: &mut String) {
    match &stage.command {
        CommandNode::Simple(command) => {
            for assignment in &command.assignments {
                write!(text, "{}=", assignment.name).unwrap();
                print_word(&assignment.value, text);
                text.push(' ');
            }
            for word in &command.words {
                print_word(word, text);
                text.push(' ');
            }
        }
        CommandNode::Group(list) => print_between("{\n", list, "} ", text),
        CommandNode::Subshell(list) => print_between("(\n", list, ") ", text),
        CommandNode::If(branches, otherwise) => {
            for (at, (condition, body)) in branches.iter().enumerate() {
                print_between(if at == 0 { "if\n" } else { "elif\n" }, condition, "then\n", text);
                print_list(body, text);
            }
            if let Some(body) = otherwise {
                print_between("else\n", body, "", text);
            }
            text.push_str("fi ");
        }
        CommandNode::Loop { until, condition, body } => {
            print_between(if *until { "until\n" } else { "while\n" }, condition, "do\n", text);
            print_between("", body, "done ", text);
        }
        CommandNode::For { variable, words, body } => {
            write!(text, "for {variable} in ").unwrap();
            for word in words {
                print_word(word, text);
                text.push(' ');
            }
            print_between("\ndo\n", body, "done ", text);
        }
        CommandNode::Test(words) => {
            // Operators are what they are only when they are not quoted.
            text.push_str("[[ ");
            for word in words {
                write!(text, "{} ", word.raw).unwrap();
            }
            text.push_str("]] ");
        }
    }
    for redirect in &stage.redirects {
        print_redirect(redirect, text);
    }
}

fn print_between(begin: &str, list: &CommandList, end: &str, text: &mut String) {
    text.push_str(begin);
    print_list(list, text);
    text.push_str(end);
}

fn print_redirect(redirect: &Redirect, text: &mut String) {
    match redirect {
        Redirect::File {
            descriptor,
            writes,
            appends,
            both,
            target,
        } => {
            match (both, writes) {
                (true, _) => text.push_str(if *appends { "&>> " } else { "&> " }),
                (_, true) if *appends => write!(text, "{descriptor}>> ").unwrap(),
                (_, true) => write!(text, "{descriptor}> ").unwrap(),
                (_, false) => write!(text, "{descriptor}< ").unwrap(),
            }
            print_word(target, text);
            text.push(' ');
        }
        Redirect::Copy { descriptor, from } => write!(text, "{descriptor}>&{from} ").unwrap(),
        // The tree does not hold its text: a here-string stands for it.
        Redirect::Document => text.push_str("<<< DOCUMENT "),
        Redirect::Text(word) => {
            text.push_str("<<< ");
            print_word(word, text);
            text.push(' ');
        }
    }
}

fn print_word(word: &WordNode, text: &mut String) {
    // What is not quoted depends on its neighbours: such a word stays as it was typed.
    let can_be_quoted = word.parts.iter().all(|part| match part {
        WordPart::Text(_) => true,
        WordPart::Variable { quoted, .. } | WordPart::Status { quoted } => *quoted,
        WordPart::Glob(_) | WordPart::Home | WordPart::Output { .. } => false,
    });
    if !can_be_quoted {
        text.push_str(&word.raw);
        return;
    }
    for part in &word.parts {
        match part {
            WordPart::Text(part) => write!(text, "'{}'", part.replace('\'', "'\\''")).unwrap(),
            WordPart::Variable { name, .. } => write!(text, "\"${{{name}}}\"").unwrap(),
            WordPart::Status { .. } => text.push_str("\"$?\""),
            WordPart::Glob(_) | WordPart::Home | WordPart::Output { .. } => {}
        }
    }
}

/// The tree without how it was typed, and without empty texts, which only quotes make.
fn without_spelling(mut list: CommandList) -> CommandList {
    for item in &mut list.items {
        let rest = item.rest.iter_mut().map(|(_, pipeline)| pipeline);
        for stage in std::iter::once(&mut item.first)
            .chain(rest)
            .flat_map(|pipeline| &mut pipeline.stages)
        {
            strip_stage(stage);
        }
    }
    list
}

fn strip_list(list: &mut CommandList) {
    *list = without_spelling(std::mem::take(list));
}

fn strip_stage(stage: &mut Stage) {
    match &mut stage.command {
        CommandNode::Simple(command) => {
            command.raw.clear();
            for assignment in &mut command.assignments {
                assignment.raw.clear();
                strip_word(&mut assignment.value);
            }
            command.words.iter_mut().for_each(strip_word);
        }
        CommandNode::Group(list) | CommandNode::Subshell(list) => strip_list(list),
        CommandNode::If(branches, otherwise) => {
            for (condition, body) in branches {
                strip_list(condition);
                strip_list(body);
            }
            otherwise.iter_mut().for_each(strip_list);
        }
        CommandNode::Loop { condition, body, .. } => {
            strip_list(condition);
            strip_list(body);
        }
        CommandNode::For { words, body, .. } => {
            words.iter_mut().for_each(strip_word);
            strip_list(body);
        }
        CommandNode::Test(words) => words.iter_mut().for_each(strip_word),
    }
    for redirect in &mut stage.redirects {
        match redirect {
            Redirect::File { target: word, .. } | Redirect::Text(word) => strip_word(word),
            Redirect::Document => {
                let parts = vec![WordPart::Text("DOCUMENT".to_owned())];
                *redirect = Redirect::Text(WordNode {
                    raw: String::new(),
                    parts,
                });
            }
            Redirect::Copy { .. } => {}
        }
    }
}

fn strip_word(word: &mut WordNode) {
    word.raw.clear();
    for part in &mut word.parts {
        if let WordPart::Output { list, .. } = part {
            strip_list(list);
        }
    }
    word.parts
        .retain(|part| !matches!(part, WordPart::Text(text) if text.is_empty()));
}
