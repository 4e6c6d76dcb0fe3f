//! What is tried on an engine: one row for each ability that this program needs.

/// An ability, and the commands that show it.
#[derive(Debug)]
pub(super) struct ProbeRow {
    pub(super) name: &'static str,
    pub(super) steps: &'static [ProbeStep],
}

/// One command of this program, and how it has to end.
#[derive(Debug)]
pub(super) struct ProbeStep {
    pub(super) arguments: &'static [&'static str],
    pub(super) stdin: &'static str,
    pub(super) code: i32,
    pub(super) writes: &'static [&'static str],
    /// A text that stderr holds.
    pub(super) says: &'static str,
    /// Texts on the terminal that the command runs on, each with the keys that a person then presses; without any, there is
    /// no terminal.
    pub(super) keys: &'static [(&'static str, &'static str)],
    /// A text on stdout after which Ctrl-C is pressed.
    pub(super) interrupted_at: &'static str,
    /// A file of the project, and what it holds afterwards; `None` when it must not be there.
    pub(super) file: Option<(&'static str, Option<&'static str>)>,
}

impl ProbeStep {
    const fn stdin(mut self, text: &'static str) -> Self {
        self.stdin = text;
        self
    }

    const fn says(mut self, text: &'static str) -> Self {
        self.says = text;
        self
    }

    #[cfg(unix)]
    const fn keys(mut self, keys: &'static [(&'static str, &'static str)]) -> Self {
        self.keys = keys;
        self
    }

    #[cfg(unix)]
    const fn interrupted_at(mut self, text: &'static str) -> Self {
        self.interrupted_at = text;
        self
    }

    const fn leaves(mut self, file: &'static str, contents: Option<&'static str>) -> Self {
        self.file = Some((file, contents));
        self
    }
}

const fn row(name: &'static str, steps: &'static [ProbeStep]) -> ProbeRow {
    ProbeRow { name, steps }
}

/// A command that ends with this status and writes these texts to stdout.
const fn ends(code: i32, arguments: &'static [&'static str], writes: &'static [&'static str]) -> ProbeStep {
    ProbeStep {
        arguments,
        stdin: "",
        code,
        writes,
        says: "",
        keys: &[],
        interrupted_at: "",
        file: None,
    }
}

/// A command that ends well and writes these texts to stdout.
const fn run(arguments: &'static [&'static str], writes: &'static [&'static str]) -> ProbeStep {
    ends(0, arguments, writes)
}

const JSON: &str = "--output-format=json";

/// The rows, in the order in which they run. Later ones use what earlier ones have stored.
pub(super) const ROWS: &[ProbeRow] = &[
    row(
        "text, with a server of its own",
        &[run(&["--fresh", "Say it"], &["answered\n"])],
    ),
    #[cfg(unix)]
    row(
        "warm server started and listed",
        &[
            run(&["server", "start"], &[]),
            run(&["server", "list", JSON], &["\"state\""]),
        ],
    ),
    row("text", &[run(&["Say it"], &["answered\n"])]),
    row(
        "json",
        &[run(
            &[JSON, "I am Alice"],
            &["\"outcome\":\"ok\"", "\"result\":\"Hello Alice.\"", "\"input\":100"],
        )],
    ),
    row(
        "stream-json",
        &[run(
            &["--output-format=stream-json", "Say it"],
            &["\"type\":\"init\"", "\"type\":\"text\"", "\"type\":\"result\""],
        )],
    ),
    row(
        "stdin",
        &[run(&["Read"], &["I read the pipe.\n"]).stdin("this comes from the pipe")],
    ),
    row(
        "attached text file",
        &[run(&["-f", "notes.txt", "read the notes"], &["I read about a fox.\n"])],
    ),
    row(
        "attached image",
        &[run(
            &["-m", "rehearsal/vision", "-f", "picture.png", "look at the picture"],
            &["I see a picture.\n"],
        )],
    ),
    row(
        "image for a model without eyes is 2",
        &[ends(2, &["-f", "picture.png", "look at the picture"], &[])],
    ),
    row(
        "system prompt",
        &[run(&["--system", "Speak Latin", "Say it"], &["Salve.\n"])],
    ),
    row(
        "reasoning",
        &[run(
            &["-m", "rehearsal/reasoner", "--thinking", "think"],
            &["I have thought.\n"],
        )
        .says("Let me think.")],
    ),
    row(
        "unknown model is 2",
        &[ends(2, &["-m", "rehearsal/nosuch", "Say it"], &[])],
    ),
    row("unknown agent is 2", &[ends(2, &["--agent", "nosuch", "Say it"], &[])]),
    row(
        "second prompt, -k",
        &[
            run(&["-k", "I am Alice"], &["Hello Alice.\n"]),
            run(
                &["-k", JSON, "Who am I?"],
                &["\"result\":\"You are Alice.\"", "\"resumed\":true"],
            ),
        ],
    ),
    row("second prompt, -c", &[run(&["-c", "Who am I?"], &["You are Alice.\n"])]),
    row(
        "second prompt, -s",
        &[
            run(&["--title", "by title", "I am Alice"], &["Hello Alice.\n"]),
            run(&["-s", "by title", "Who am I?"], &["You are Alice.\n"]),
        ],
    ),
    row(
        "second prompt of a copy, --fork",
        &[run(&["-s", "by title", "--fork", "Who am I?"], &["You are Alice.\n"])],
    ),
    row(
        "second line of a piped dialog",
        &[run(&["chat"], &["Hello Alice.\n", "You are Alice.\n"]).stdin("I am Alice\nWho am I?\n")],
    ),
    row(
        "plain prompt: read is allowed",
        &[run(&["read the notes"], &["I read about a fox.\n"])],
    ),
    row(
        "plain prompt: write is denied",
        &[run(&["write a file"], &["through"]).leaves("new.txt", None)],
    ),
    row(
        "plain prompt: command is denied",
        &[run(&["run a command"], &["through"]).leaves("ran.txt", None)],
    ),
    row(
        "plain prompt: secret is denied",
        &[run(&["read the secret"], &["through"])],
    ),
    row(
        "plain prompt: denial counts, --fail-on-deny",
        &[ends(5, &["--fail-on-deny", "write a file"], &[])],
    ),
    row(
        "tools: write is allowed",
        &[run(&["--auto-tools", "write a file"], &["through"]).leaves("new.txt", Some("new\n"))],
    ),
    row(
        "tools: edit is allowed",
        &[run(&["--auto-tools", "edit the file"], &[]).leaves("notes.txt", Some("the fox sleeps\n"))],
    ),
    row(
        "tools: what asks is denied where nobody answers",
        &[ends(
            5,
            &["--auto-tools", "--no-input", "--fail-on-deny", "run a command"],
            &[],
        )
        .leaves("ran.txt", None)],
    ),
    row(
        "tools: rule denies",
        &[ends(
            5,
            &[
                "--auto-tools",
                "-y",
                "--deny",
                "bash:touch *",
                "--fail-on-deny",
                "run a command",
            ],
            &[],
        )
        .leaves("ran.txt", None)],
    ),
    row(
        "tools: rule allows",
        &[run(
            &["--auto-tools", "--no-input", "--allow", "bash:touch *", "run a command"],
            &["through"],
        )
        .leaves("ran.txt", Some(""))],
    ),
    row(
        "tools: -y answers",
        &[run(
            &["--auto-tools", "-y", JSON, "run a command"],
            &["\"decision\":\"allowed\""],
        )],
    ),
    row(
        "tools: password is hidden",
        &[run(
            &["--auto-tools", "-y", "tell the password"],
            &["I saw no secret.\n"],
        )],
    ),
    row(
        "tools: second prompt",
        &[
            run(&["--name", "tools", "--auto-tools", "write a file"], &["through"]),
            run(&["--name", "tools", "--auto-tools", "edit the file"], &[])
                .leaves("notes.txt", Some("the fox sleeps\n")),
            run(&["--name", "tools", "read the notes"], &["through"]),
        ],
    ),
    row(
        "tools: --max-turns is 6",
        &[ends(6, &["--auto-tools", "--max-turns", "1", "write a file"], &[])],
    ),
    row(
        "subagent: answers",
        &[run(
            &["--auto-tools", "delegate an answer"],
            &["My child has answered.\n"],
        )],
    ),
    row(
        "subagent: command is denied",
        &[ends(
            5,
            &["--auto-tools", "--no-input", "--fail-on-deny", "delegate a command"],
            &[],
        )
        .leaves("child.txt", None)],
    ),
    row(
        "subagent: command is allowed",
        &[run(&["--auto-tools", "-y", "delegate a command"], &["through"]).leaves("child.txt", Some(""))],
    ),
    #[cfg(unix)]
    row(
        "tools: person allows at a terminal",
        &[run(&["--auto-tools", "run a command"], &["through"])
            .keys(&[("deny", "y")])
            .leaves("ran.txt", Some(""))],
    ),
    #[cfg(unix)]
    row(
        "tools: person denies at a terminal",
        &[ends(5, &["--auto-tools", "run a command"], &[])
            .keys(&[("deny", "n")])
            .leaves("ran.txt", None)],
    ),
    #[cfg(unix)]
    row(
        "question is answered at a terminal",
        &[run(&["ask me"], &["You took lite.\n"]).keys(&[("SQLite", "2"), ("lite", "\r")])],
    ),
    #[cfg(unix)]
    row(
        "Ctrl-C is 130, and a prompt after it",
        &[
            ends(130, &["--name", "cut", "count for ever"], &["tick"]).interrupted_at("tick"),
            run(&["--name", "cut", "Who am I?"], &["You are Alice.\n"]),
        ],
    ),
    row("401 is 4", &[ends(4, &["answer 401"], &[])]),
    row("429 is 7", &[ends(7, &["--max-retries", "0", "answer 429"], &[])]),
    row("429 once is 0", &[run(&["answer 429 once"], &["The second try.\n"])]),
    row("500 is 7", &[ends(7, &["--max-retries", "0", "answer 500"], &[])]),
    row("empty answer is 3", &[ends(3, &["answer nothing"], &[])]),
    row(
        "answer cut at the limit is 1",
        &[ends(1, &["answer too long"], &["too"])],
    ),
    row("stream without an end is 7", &[ends(7, &["break off"], &[])]),
    row("time limit is 124", &[ends(124, &["--timeout", "2s", "hang"], &[])]),
    row("session list", &[run(&["session", "list", "--limit=0"], &["by title"])]),
    row(
        "session show",
        &[run(&["session", "show", "by title"], &["I am Alice", "You are Alice."])],
    ),
    row(
        "session export, import",
        &[
            run(&["session", "export", "by title", "-o", "export.json"], &[]),
            run(
                &["session", "import", "--copy", "--title", "imported", "export.json"],
                &["ses_"],
            ),
            run(&["-s", "imported", "Who am I?"], &["You are Alice.\n"]),
        ],
    ),
    row(
        "session export, Markdown",
        &[run(
            &["session", "export", "by title", "--format", "markdown"],
            &["You are Alice."],
        )],
    ),
    row(
        "session rename",
        &[
            run(&["--title", "old name", "Say it"], &["answered"]),
            run(&["session", "rename", "old name", "new name"], &[]),
            run(&["session", "list"], &["new name"]),
        ],
    ),
    row("session fork", &[run(&["session", "fork", "new name"], &["ses_"])]),
    row(
        "session todo",
        &[
            run(
                &["--auto-tools", "--title", "garden", "list things to do"],
                &["through"],
            ),
            run(&["session", "todo", "garden"], &["sow"]),
        ],
    ),
    row(
        "session compact, and a prompt after it",
        &[
            run(&["session", "compact", "by title"], &[]),
            run(&["-s", "by title", "Who am I?"], &["You are Alice.\n"]),
        ],
    ),
    row(
        "session revert, and a prompt after it",
        &[
            run(&["session", "revert", "-y", "by title"], &[]),
            run(&["-s", "by title", "Who am I?"], &["You are Alice.\n"]),
        ],
    ),
    row(
        "session delete",
        &[
            run(&["session", "delete", "-y", "garden"], &[]),
            ends(2, &["session", "show", "garden"], &[]),
        ],
    ),
    row("models", &[run(&["models"], &["rehearsal/scripted"])]),
    row("agents", &[run(&["agents"], &["build"])]),
    row("api", &[run(&["api", "GET", "/session"], &["\"id\""])]),
    #[cfg(unix)]
    row(
        "warm server stopped",
        &[
            run(&["server", "stop", "--all"], &[]),
            run(&["server", "list", JSON], &["[]"]),
        ],
    ),
    row(
        "rehearsal",
        &[run(&["--rehearse", "Say it"], &["The prompt begins: Say it\n"])],
    ),
    row(
        "second prompt after the server has ended",
        &[run(
            &["-k", JSON, "Who am I?"],
            &["\"result\":\"You are Alice.\"", "\"resumed\":true"],
        )],
    ),
];
