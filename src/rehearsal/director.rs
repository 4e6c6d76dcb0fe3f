//! Chooses the reply to a request.

use std::time::Duration;

use super::pattern::Pattern;
use super::script::{Afterwards, Caller, Conditions, HttpError, ReplyAction, ReplyBody, Script, ScriptedReply};
use super::wire::CompletionRequest;

/// Limit of the prompt's first line in the plain answer, in characters.
const MAX_REPEATED_CHARS: usize = 200;

/// The script, and its progress.
#[derive(Debug)]
pub(super) struct Director {
    script: Script,
    given: Vec<u64>,
    last: Option<usize>,
}

/// The answer to a request.
#[derive(Debug)]
pub(super) struct ChosenReply {
    /// Index of the reply in the script, from 0; `None` for a built-in answer.
    pub(super) reply: Option<usize>,
    pub(super) hang: Duration,
    pub(super) action: ReplyAction,
}

impl Director {
    pub(super) fn new(script: Script) -> Self {
        Self {
            given: vec![0; script.replies.len()],
            script,
            last: None,
        }
    }

    /// Chooses the reply, and counts it as used.
    pub(super) fn choose(&mut self, request: &CompletionRequest, caller: Caller) -> ChosenReply {
        let found = self
            .script
            .replies
            .iter()
            .zip(&self.given)
            .position(|(reply, given)| *given < reply.times && holds(&reply.conditions, request, caller));
        if let Some(at) = found {
            self.given[at] += 1;
            if caller == Caller::Main {
                self.last = Some(at);
            }
            return ChosenReply::of(&self.script.replies[at], at).naming_tools_of(request);
        }
        match (caller, self.script.afterwards, self.last) {
            (Caller::Main, Afterwards::Repeat, Some(at)) => {
                ChosenReply::of(&self.script.replies[at], at).naming_tools_of(request)
            }
            (Caller::Main, Afterwards::Fail, _) => {
                ChosenReply::built_in(ReplyAction::HttpError(no_reply_left(request)))
            }
            _ => ChosenReply::built_in(ReplyAction::Answer(ReplyBody::of_text(built_in_text(request, caller)))),
        }
    }
}

impl ChosenReply {
    fn of(reply: &ScriptedReply, at: usize) -> Self {
        Self {
            reply: Some(at),
            hang: reply.hang,
            action: reply.action.clone(),
        }
    }

    /// A name with `*` becomes that of the first tool on offer that it fits.
    fn naming_tools_of(mut self, request: &CompletionRequest) -> Self {
        if let ReplyAction::Answer(answer) = &mut self.action {
            for call in answer.tool_calls.iter_mut().filter(|call| call.name.contains('*')) {
                let pattern = Pattern::new(&call.name);
                if let Some(tool) = request.tools().find(|tool| pattern.matches(tool)) {
                    tool.clone_into(&mut call.name);
                }
            }
        }
        self
    }

    fn built_in(action: ReplyAction) -> Self {
        Self {
            reply: None,
            hang: Duration::ZERO,
            action,
        }
    }
}

fn holds(conditions: &Conditions, request: &CompletionRequest, caller: Caller) -> bool {
    let is = |pattern: &Option<Pattern>, text: &dyn Fn() -> Option<String>| match pattern {
        None => true,
        Some(pattern) => text().is_some_and(|text| pattern.matches(&text)),
    };
    conditions.caller.is_none_or(|wanted| wanted == caller)
        && is(&conditions.model, &|| Some(request.model.clone()))
        && is(&conditions.user, &|| Some(request.last_user()))
        && is(&conditions.tool_result, &|| request.tool_results())
        && is(&conditions.system, &|| Some(request.system()))
        && conditions
            .offers
            .as_ref()
            .is_none_or(|name| request.tools().any(|tool| name.matches(tool)))
        && is(&conditions.tool_choice, &|| request.tool_choice().map(str::to_owned))
}

fn built_in_text(request: &CompletionRequest, caller: Caller) -> String {
    match caller {
        Caller::Title => "Rehearsal".to_owned(),
        Caller::Summary => "This was a rehearsal; no model was asked.".to_owned(),
        Caller::Main | Caller::Subagent => {
            let prompt = request.last_user();
            let line = first_line(&prompt);
            if line.is_empty() {
                "This is a rehearsal: no model was asked.".to_owned()
            } else {
                format!("This is a rehearsal: no model was asked. The prompt begins: {line}")
            }
        }
    }
}

fn no_reply_left(request: &CompletionRequest) -> HttpError {
    let prompt = request.last_user();
    let line = first_line(&prompt);
    let message = format!("the rehearsal script has no reply left for: {line}");
    HttpError {
        status: axum::http::StatusCode::BAD_REQUEST,
        headers: axum::http::HeaderMap::new(),
        body: super::wire::error(&message, "rehearsal_script_ended").to_string(),
    }
}

fn first_line(text: &str) -> String {
    let line = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or_default();
    line.chars().take(MAX_REPEATED_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ask(director: &mut Director, prompt: &str, caller: Caller) -> String {
        let request = serde_json::from_value(json!({ "messages": [{ "role": "user", "content": prompt }] })).unwrap();
        match director.choose(&request, caller).action {
            ReplyAction::Answer(answer) => answer.text,
            ReplyAction::HttpError(error) => error.status.to_string(),
        }
    }

    fn director(script: &str) -> Director {
        Director::new(Script::parse(script, "test").unwrap())
    }

    #[test]
    fn replies_come_in_order_patterns_when_they_fit_and_then_the_plain_answer() {
        let mut director = director(
            "[[reply]]\ntext = 'one'\n[[reply]]\nmatch = 'fruit'\ntimes = 'always'\ntext = 'apple'\n[[reply]]\ntext = 'two'\ntimes = 2",
        );
        let prompts = ["a", "fruit", "b", "fruit", "c", "\n  d  \nsecond line"];
        let answers: Vec<String> = prompts
            .iter()
            .map(|prompt| ask(&mut director, prompt, Caller::Main))
            .collect();
        assert_eq!(
            answers,
            [
                "one",
                "apple",
                "two",
                "apple",
                "two",
                "This is a rehearsal: no model was asked. The prompt begins: d"
            ]
        );
    }

    #[test]
    fn titles_summaries_and_subagents_use_up_nothing_unless_a_reply_names_them() {
        let mut director =
            director("[[reply]]\ntext = 'main'\n[[reply]]\ncaller = 'subagent'\ntext = 'child'\ntimes = 1");
        assert_eq!(ask(&mut director, "x", Caller::Title), "Rehearsal");
        assert_eq!(
            ask(&mut director, "x", Caller::Summary),
            "This was a rehearsal; no model was asked."
        );
        assert_eq!(ask(&mut director, "x", Caller::Subagent), "child");
        assert_eq!(
            ask(&mut director, "x", Caller::Subagent),
            "This is a rehearsal: no model was asked. The prompt begins: x"
        );
        assert_eq!(ask(&mut director, "x", Caller::Main), "main");
    }

    #[test]
    fn a_reply_can_depend_on_the_tools_and_name_one_of_them() {
        let script = "[[reply]]\ntool_choice = 'required'\nstatus = 400\n[[reply]]\noffers = 'answer*'\n\
                      tool_calls = [{ name = 'answer_*', arguments = {} }]\n[[reply]]\ntext = 'none'";
        let mut director = director(script);
        let mut ask = |tools: &[&str], choice: &str| {
            let tools: Vec<_> = tools
                .iter()
                .map(|name| json!({ "function": { "name": name } }))
                .collect();
            let request = serde_json::from_value(json!({ "tools": tools, "tool_choice": choice })).unwrap();
            match director.choose(&request, Caller::Main).action {
                ReplyAction::Answer(answer) => answer.tool_calls.first().map_or(answer.text, |call| call.name.clone()),
                ReplyAction::HttpError(error) => error.status.to_string(),
            }
        };
        assert_eq!(ask(&["bash"], "auto"), "none");
        assert_eq!(ask(&["bash", "answer_7"], "required"), "400 Bad Request");
        assert_eq!(ask(&["bash", "answer_7"], "auto"), "answer_7");
    }

    #[test]
    fn a_script_says_what_comes_after_its_end() {
        let mut repeating = director("afterwards = 'repeat'\n[[reply]]\ntext = 'one'\n[[reply]]\ntext = 'two'");
        let answers: Vec<String> = (0..4).map(|_| ask(&mut repeating, "x", Caller::Main)).collect();
        assert_eq!(answers, ["one", "two", "two", "two"]);
        let mut failing = director("afterwards = 'fail'\n[[reply]]\ntext = 'one'");
        assert_eq!(ask(&mut failing, "x", Caller::Main), "one");
        assert_eq!(ask(&mut failing, "x", Caller::Main), "400 Bad Request");
    }
}
