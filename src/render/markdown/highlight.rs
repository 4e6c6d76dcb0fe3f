//! Colours in code. The grammars are loaded when the first block in a known language begins.

use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxSet};

use super::style::{MarkdownStyle, Span};

/// Limit of a line, in bytes: a longer line is data rather than code, and slow to parse.
const MAX_LINE_BYTES: usize = 1_000;
/// Limit of coloured lines in a block; the rest is shown without colours.
const MAX_LINES: usize = 5_000;

/// The colour of each scope. Later lines win over earlier lines.
const COLORS: &[(&str, MarkdownStyle)] = &[
    ("comment", MarkdownStyle::DIM),
    ("string", MarkdownStyle::GREEN),
    ("constant", MarkdownStyle::CYAN),
    ("keyword", MarkdownStyle::MAGENTA),
    ("keyword.operator", MarkdownStyle::PLAIN),
    ("storage", MarkdownStyle::MAGENTA),
    ("entity.name.function", MarkdownStyle::BLUE),
    ("support.function", MarkdownStyle::BLUE),
    ("variable.function", MarkdownStyle::BLUE),
    ("entity.name.type", MarkdownStyle::YELLOW),
    ("entity.name.class", MarkdownStyle::YELLOW),
    ("entity.name.struct", MarkdownStyle::YELLOW),
    ("support.type", MarkdownStyle::YELLOW),
    ("entity.name.tag", MarkdownStyle::BLUE),
    ("entity.other.attribute-name", MarkdownStyle::CYAN),
    ("constant.character.escape", MarkdownStyle::CYAN),
    ("markup.inserted", MarkdownStyle::GREEN),
    ("markup.deleted", MarkdownStyle::RED),
    ("markup.heading", MarkdownStyle::BOLD),
    ("meta.diff.range", MarkdownStyle::CYAN),
];

/// The grammars, loaded when needed.
#[derive(Default)]
pub(super) struct Highlighter {
    loaded: Option<Loaded>,
    block: Option<CodeBlock>,
}

struct Loaded {
    grammars: SyntaxSet,
    colors: Vec<(Scope, MarkdownStyle)>,
}

struct CodeBlock {
    parser: ParseState,
    scopes: ScopeStack,
    lines: usize,
}

impl Highlighter {
    /// Begins a block in `language`, as the fence names it.
    pub(super) fn begin(&mut self, language: &str) {
        self.block = None;
        let Some(token) = known_as(language) else { return };
        let loaded = self.loaded.get_or_insert_with(Loaded::new);
        self.block = loaded.grammars.find_syntax_by_token(token).map(|grammar| CodeBlock {
            parser: ParseState::new(grammar),
            scopes: ScopeStack::new(),
            lines: 0,
        });
    }

    /// The coloured pieces of the next line, which has no line feed.
    pub(super) fn line(&mut self, line: &str) -> Vec<Span> {
        let plain = || vec![Span::new(line, MarkdownStyle::PLAIN)];
        let (Some(loaded), Some(block)) = (&self.loaded, &mut self.block) else {
            return plain();
        };
        block.lines += 1;
        if line.len() > MAX_LINE_BYTES || block.lines > MAX_LINES {
            self.block = None;
            return plain();
        }
        let with_feed = format!("{line}\n");
        let Ok(changes) = block.parser.parse_line(&with_feed, &loaded.grammars) else {
            self.block = None;
            return plain();
        };
        let mut spans: Vec<Span> = Vec::new();
        let mut from = 0;
        for (at, change) in changes {
            let at = at.min(line.len());
            loaded.push(&block.scopes, line.get(from..at).unwrap_or_default(), &mut spans);
            from = at;
            if block.scopes.apply(&change).is_err() {
                self.block = None;
                return plain();
            }
        }
        loaded.push(&block.scopes, line.get(from..).unwrap_or_default(), &mut spans);
        spans
    }
}

impl Loaded {
    fn new() -> Self {
        Self {
            grammars: SyntaxSet::load_defaults_newlines(),
            colors: COLORS
                .iter()
                .filter_map(|(name, style)| Some((Scope::new(name).ok()?, *style)))
                .collect(),
        }
    }

    fn push(&self, scopes: &ScopeStack, text: &str, spans: &mut Vec<Span>) {
        if text.is_empty() {
            return;
        }
        let style = self.style(scopes);
        match spans.last_mut() {
            Some(span) if span.style == style => span.text.push_str(text),
            _ => spans.push(Span::new(text, style)),
        }
    }

    /// The colour of the innermost scope that has a colour.
    fn style(&self, scopes: &ScopeStack) -> MarkdownStyle {
        scopes
            .as_slice()
            .iter()
            .rev()
            .find_map(|scope| {
                let matching = self.colors.iter().rev().find(|(prefix, _)| prefix.is_prefix_of(*scope));
                matching.map(|(_, style)| *style)
            })
            .unwrap_or_default()
    }
}

/// The grammars' name of a language; `None` for plain text.
fn known_as(language: &str) -> Option<&str> {
    match language {
        "" | "text" | "txt" | "plain" | "plaintext" | "output" | "console" => None,
        "typescript" | "ts" | "tsx" | "jsx" | "mjs" | "cjs" => Some("js"),
        "shell" | "zsh" | "shellscript" => Some("sh"),
        "jsonc" | "json5" | "jsonl" => Some("json"),
        "golang" => Some("go"),
        "rs" => Some("rust"),
        "py3" | "python3" => Some("python"),
        "c#" | "csharp" => Some("cs"),
        "patch" => Some("diff"),
        other => Some(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_that_is_known_has_colours_and_another_has_none() {
        let mut highlighter = Highlighter::default();
        highlighter.begin("text");
        assert!(highlighter.loaded.is_none());
        assert_eq!(highlighter.line("let x"), [Span::new("let x", MarkdownStyle::PLAIN)]);
        highlighter.begin("rust");
        let spans = highlighter.line("let x = \"s\"; // why");
        assert!(spans.contains(&Span::new("let", MarkdownStyle::MAGENTA)), "{spans:?}");
        assert!(spans.contains(&Span::new("\"s\"", MarkdownStyle::GREEN)), "{spans:?}");
        assert!(spans.contains(&Span::new("// why", MarkdownStyle::DIM)), "{spans:?}");
        highlighter.begin("no-such-language");
        assert_eq!(highlighter.line("let x"), [Span::new("let x", MarkdownStyle::PLAIN)]);
    }

    #[test]
    fn no_grammar_fails_on_code_of_another_language() {
        let lines = [
            "fn main() { let x = \"a\\n\" + 'b'; } // why /* not */",
            "<a href=\"x\">&amp;</a> <?php echo $x; ?> %{y} #{z} {{ w }}",
            "def f(x): return [i ** 2 for i in x] # ü 漢",
            "SELECT * FROM t WHERE a = 'b'; -- end",
            "",
            "\t- key: [1, 2] \\begin{x} $a^2$ ``` @@ -1 +1 @@",
        ];
        let mut highlighter = Highlighter::default();
        for name in [
            "rust", "python", "js", "sh", "json", "html", "sql", "yaml", "diff", "markdown",
        ] {
            highlighter.begin(name);
            assert!(highlighter.block.is_some(), "{name}");
            for line in lines {
                let text: String = highlighter.line(line).into_iter().map(|span| span.text).collect();
                assert_eq!(text, line, "{name}");
            }
        }
    }
}
