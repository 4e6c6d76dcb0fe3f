//! Lines to try: by a grammar of the shell, valid and nearly valid; changed from lines that are known to be hostile or to
//! be honest; and random pieces.
//!
//! Always true: the only `/` of a line are those of `/dev/null` and those behind `~`, and no line names `printf`, by which
//! [`super::bash`] records.

use crate::policy::table::{cases, tables};

/// Numbers that follow from a seed and the number of a line (splitmix64).
struct Random(u64);

impl Random {
    fn new(seed: u64, line: u64) -> Self {
        let mut random = Self(seed ^ line.wrapping_mul(0xd134_2543_de82_ef95));
        random.next();
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

/// Pieces that mean something to a shell.
#[rustfmt::skip]
const PIECES: &[&str] = &[
    " ", " ", " ", "  ", "\t", "\n", "\n", "\\\n", " \\\n", "\\\n ", "\n\\\n", ";", ";;", "&", "&&", "|", "||", "|&",
    "(", ")", "((", "))", "{", "}", "{ ", "; }", "$(", "$(", ")", "`", "\"", "\"", "'", "'", "$'", "$\"", "\\", "\\\\",
    "\\'", "\\\"", "\\$", "\\;", "\\ ", "\\a", "\\1", "\\#", "<", ">", ">>", ">|", "<>", "<&", ">&", "&>", "&>>", ">&2",
    "2>&1", "<<<", "<<< ", "<<E\n", "<<'E'\n", "<<-E\n", "<<\"E\"\n", "<<\\E\n", "\nE\n", "\nE", "\n\tE\n", "E", "E\n",
    "<(", ">(", "#", " #", "# c\n", "!", "! ", "=", "==", " == ", "=~", " =~ ", "!=", "A=", "B=", "A+=", "FOO=", "$A",
    "${A}", "\"$A\"", "$B", "${A:-x}", "${", "$", "$?", "$1", "$@", "$#", "$$", "$((", "$[", "[", "]", "[ ", " ]",
    "[[ ", " ]]", "[[", "]]", "-n", "-f", "-z", "-e", "-eq", "-a", "-o", "-v", "-", "--", "~", "~/", "~a", ":", ",",
    ".", "..", "+", "@", "%", "^", "*", "?", "0", "1", "2", "3", "9", "10", "1>", "2>", "3>", "0<", "if ", "then ",
    "; then ", "elif ", "else ", "; else ", "fi", "; fi", "while ", "until ", "do ", "; do ", "done", "; done",
    "for a in ", "for ", " in ", "in", "case ", "esac", "select ", "function ", "coproc ", "time ", "time", "f()",
    "f() { ", "a", "a", "b", "b", "x", "rd", "rd ", "false", "true", "echo ", "export ", "cd ", "eval ", "exec ", ": ",
    "set -", "/dev/null", "{a,b}", "{a..b}", "{a}", "{A}>", "a[0]=", "A=(", "\u{e9}", "\u{4e2d}", "\u{a0}", "\r",
    "\u{b}", "\u{200b}", "-p", "_", "\\\nb", "@(", "!(", "E)", "'E'",
];

/// Lines that were once judged wrongly, or come near to such lines.
#[rustfmt::skip]
const HOSTILE: &[&str] = &[
    "(\\\n(a))", "((a)\\\n)", "$(\\\n(a))", "a $(\\\n(b))", "$\\\n(a)", "a |\\\n| b", "a &\\\n& b", "a >\\\n> b", "a <\\\n<E\nE\nb", "$(a && <<E || b\nE\nc)",
    "{ \"$(<<E\nE\na;b)\" & }", "a;&>b", "$(time until a; do b; done)", "\"$(time(a))\"", "a ~root ~+ ~- ~nobody", "a\n&& b", "a\n| b", "! ! a && b",
    "! a | false && c", "! a | b || c", "a <<E | b 'x\ny'\nE\n",
    "git status ==\nrm x", "ls == #x\ntouch c", "ls ==\nx=1 touch c", "ls ==\n\n\ntouch c", ": ==\ntouch c; ls",
    "true =~\ntouch c; ls", "echo a =~\ntouch c", "ls ==\n'touch' c", "[ -n\nbash -c 'touch c' ]; npm test",
    "[ a -a\nrm x ]", "[ a ==\nbash -c 'x' ]", "[ !\nbash x ]", "[ a | bash -c 'x' ]; ls", "[ a & bash -c 'x' ]; ls",
    "[ a = b & x ]", "[ a || bash x ]", "[ a | tee -a c ]", "[ a > 'e' ]; git status", "[ a >e ]", "[ a > \"e\"x ]",
    "[ a > $A ]", "a=\"${x:-'$(touch c)'}\"; git status", "echo \"${HOME+'`x`'}\"", "cat <<E\n${x:-'$(touch c)'}\nE",
    "[[ \"${x:-'$(a)'}\" ]]", "\"${x:-'${y[$(touch c)]}'}\"", "a=${x:-<(touch c)}; git status", "echo ${HOME:+<(x)}",
    "git status <<< $\ntouch c", "cat <<< $\n\"touch\" c", "x=$\nmake\ngit status", "x=$\n\"make\"\nls",
    "ls\n\\\ntouch c", "git status\n\\\nrm x", "ls | cat\n\\\ntouch c", "true\n\\\ntouch c\nls",
    "ls > a.txt\n\\\ntouch c", "git status >& '$(touch c)'", "git status >&a'$(x)'", "git status 1>&'x'",
    "git status >&'<(x)'", "git status >&$'\\x24(x)'", "git status >&\"\\$(touch c)\"", "{ a; } >& 'x$(b)'",
    "find . -maxdepth 0 -exe* touch c ';'", "git diff --out*", "git diff --o*", "git diff \"--\"out*", "cat prod*",
    "cat <<\\E\n$(x)\nE", "cat <<E\\\nF\n$(x)\nEF", "cat <<E <<F\na\nE\nb\nF\nx", "cat <<''\nx\n\nb",
    "cat <<-'E'\n\t\ta\n\tE\nb", "cat <<-E\n\t a\n\tE \n\tE\nb", "cat <<E && b\nx\nE\nc", "cat <<E | b\nx\nE\n",
    "cat <<E # c\nx\nE\nb", "cat <<E \\\n a\nx\nE\nb", "cat <<E; b 'x\ny'\nz\nE\nc", "cat <<E $(b\nx\nE\n)\nc",
    "$(cat <<E\nx\nE\n)", "$(cat <<E\nx\nE)\na", "$(cat <<E\nEx\nE\n) b", "(cat <<E\nx\nE\n)",
    "if cat <<E\nx\nE\nthen b; fi", "for a in $(rd <<E\nx\nE\n); do b; done", "a '\n' <<E\n'\nE\nb", "rd <<E\n\\\nE\nE",
    "rd <<E\na\\\nE\nb\nE\nc", "rd <<'E'\na\\\nE\nb", "rd <<E\nE a\n E\nE\nb", "rd <<1\nx\n1\nb", "rd <<1>a\nx\n1\nb",
    "a > 1>b", "a > 2 >b", "a <<< 1>b", "a >&1>b", "a 2>&1>b", "a 1>b2>c", "a &>1>b", "A=1>b", "a$A1>b", "a\\1>b",
    "a\"1\">b", "echo #a\nb", "echo a#b\nc", "echo $(# a\nb)", "echo $(a # )\n)", "a;#b\nc", "a&#b\nc", "(a)#b\nc",
    "a |#b\nc", "{ a; }#b\nc", "a \\\n#b\nc", "a\\\n#b\nc", "a \\\n\\\n b", "a\\\n b", "a \\\n\nb", "a; \\\n b",
    "a;\\\nb", " \\\nb", "\\\nb", "a &&\\\nb", "a && \\\nb", "a | \\\n b", "a |\n\\\nb", "if \\\na; then b; fi",
    "if a\n\\\nthen b; fi", "for a \\\nin b; do c; done", "for a in b \\\n; do c; done", "for a in b\\\n; do c; done",
    "for a in \\\nb; do c; done", "for a\nin b; do c; done", "for a in\ndo b; done", "for a in; do b; done",
    "for in in in; do $in; done", "for do in do; do $do; done", "for a in do; do $a; done",
    "for a in b c\n\ndo $a\n\ndone", "for a in b; { c; }", "for ((;;)); do a; done", "select a in b; do c; done",
    "while a; do b; done", "until ! a; do b; done", "while ! false; do break; done",
    "if a; then b; elif c; then d; else e; fi", "if false; then b; elif false; then d; else e; fi", "if ; then a; fi",
    "{ a; b; } && c", "{ a; b; } > c", "{ a }\nb", "{a; }", "{ a; }b", "{ a; } b", "(a; b) && c", "(a)b", "((a))",
    "( (a) )", "( ( a ) )", "((a); b)", "$((a))", "$((a); b)", "$( (a) )", "time a", "time -p a", "time", "time; a",
    "time\na", "time ! a", "! time a", "! a", "!a", "! ! a", "!(a)", "! (a)", "! { a; }", "a | ! b", "a | time b",
    "a && ! b", "[[ a ]]", "[[ -n ]]", "[[ -n\na ]]", "[[ a\n== a ]]", "[[ a == a* ]]", "[[ a == a ]] && b",
    "[[ a = \"$A\" ]] || b", "[[ ! -f a ]] && b", "[[ \"-f\" a ]]", "[[ a \"==\" b ]]", "[[ \"!\" a ]]", "[[ ! ]] && b",
    "[[ a -eq 1 ]]", "[[ 1 -eq 01 ]] && b", "[[ 08 -eq 8 ]] && b", "[[ a < b ]]", "[[ (a) ]]", "[[ a && b ]]",
    "[[ a ]] b", "[[ a ]]&& b", "[[ a]] b", "[[ ]] ]]", "[[ \"]]\" ]]", "[[ -f ]] ]]", "[[ a == ]] ]]", "[[ -z == ]]",
    "[[ a =~ b ]]", "[[ -n a -a b ]]", "[[ a == {a} ]]", "[[ ~ == ~ ]]", "[ a = a ] && b", "[ -n a", "[ a ]b", "[a ]",
    "a[0]=b c", "a[$(x)]=b", "A=(a b)", "A=(a\nb); c", "A+=b c", "A=b c", "A= b", "A=$B c", "A=~ b", "A=a:~ b", "a A=~",
    "A=\"a b\"; c $A", "A=\" a b \"; c x$A\"y\"$A", "A='a b' B=$A c", "A=b; (A=c; d); e $A", "A=b >$A c", "A=b; >$A c",
    "> $A c", "> \"$A\" c; d $?", "< nothing a || b", "a < nothing; b $?", "false || a", "false; a $?", "a $(false) $?",
    "A=$(false) || b", "$(false) || b", "a & b", "a & b &", "a && b & c", "a &\nb", "a & ; b", "a &| b", "a &&\n\nb",
    "a ||\n# c\nb", "a |\n\nb", "a ;; b", "a |& b", "a 2>&1 | b >c", "a >c 2>&1 &", "a &>b", "a&>b", "a &>>b", "a >& b",
    "a >&2", "a >&2b", "a >& 2", "a <&0", "a <>b", "a >|b", "a > >b", "a 3>b", "a 12>b", "a 02>b", "{a}>b", "a {b}>c",
    "a {b}<c", "a {b}&>c", "a >b{c}", "echo {a,b}", "echo {a..c}", "echo {a\",\"b}", "echo {a,$(b)}", "echo \"{\"a,b}",
    "echo {a\\,b}", "echo a{ b, c}", "echo { a; }", "echo }", "} a", "echo ~ ~/x ~a \"~\" a~", "echo a=~ a:~",
    "echo \\~", "~ a", "~/x a", "%1 a", "%x", "a %1", "\"%1\" a", "'' a", "\"\" a", "\"$A\" a", "$A a", "$A",
    "A=a; $A b", "A='a b'; $A c", "A='a;b'; $A", "A='$(b)'; echo $A", "export A=$B", "A='a b'; export B=$A",
    "A='a b'; command export B=$A", "A='a b'; \\export B=$A", "declare A=~", "declare -a A=(a b)", "readonly A=b; c $A",
    "alias a=b\na", "a() { b; }; a", "function a { b; }; a", "a () (b)", "coproc a", "coproc { a; }",
    "case a in a) b;; esac", "case a in (a) b;; *) c;; esac", "a `b`", "a \"`b`\"", "a $'b\\'c'", "a $\"b\"",
    "a $\"$(b)\"", "a \"$'b'\"", "a \"$\" b", "a $ b", "a $", "a \"$\n\" b", "a \"\\\nb\"", "a '\\'b'", "a \\\nb",
    "a \"\\a\\$\\\"\"", "a \"$(b \"$(c)\")\"", "a \"$(b ')' )\"", "a $(b ')' )", "a $(b \")\" )", "a $(b \\) )",
    "a $(case x in x) b;; esac)", "a $(<b)", "a $(b\nc)", "a $()", "a $( )b", "a <(b)", "a >(b)", "a < <(b)", "(a",
    "a)", "a;)", "$(a", "${A", "\"a", "'a", "a\n)", "then a", "do a", "done", "fi; a", "in a", "a in b", "esac", "else",
    "a then", "a; then", "FOO=a b; c", "a=b=c d", "a==b c", "=b c", "1=b c", "A=b\nc", "A=b;c", "A=b&c", "A=b|c",
    "A=b)c", "A='b\nc'; d \"$A\" $A", "a ''b \"\"c", "a '' \"\"", "a $A\"\"$A", "rd <<<x", "rd <<<$A", "rd <<<\"a  b\"",
    "A='a  b'; rd <<<$A", "rd <<< ~", "rd <<< a b", "rd <<<a <<<b", "rd <<<a <nothing", "a 0<<<b", "a 1<<<b", "a | rd",
    "rd <<E\na b\n\tc\nE", "git commit -m \"$(rd <<'E'\na $b `c`\nE\n)\"", "a -- -b; c --d=e",
    "for f in *.rs; do wc -l \"$f\"; done", "cd a && b 2>&1 | tail -20", "if [ -f a ]; then b; fi", "x \u{a0}a",
    "x \u{200b}a", "x\u{e9} a", "\u{4e2d} a",
];

/// Lines to change: the hostile ones, and those of the policy's tables.
pub(super) fn seeds() -> Vec<String> {
    let rows = tables()
        .into_iter()
        .flat_map(|table| cases(&table))
        .filter(|case| case.tool == "bash" && case.input.len() < 300)
        .map(|case| case.input);
    HOSTILE.iter().map(|line| (*line).to_owned()).chain(rows).collect()
}

/// A line of its number. The first ones are the known lines as they are.
pub(super) fn line(seed: u64, number: usize, seeds: &[String]) -> String {
    if let Some(line) = seeds.get(number) {
        return made_safe(line);
    }
    let random = &mut Random::new(seed, number as u64);
    let line = match random.below(10) {
        0..5 => {
            let mut writer = Writer::new(random);
            writer.list(3);
            let line = writer.end();
            match random.below(3) {
                0 => changed(&line, random),
                _ => line,
            }
        }
        5..8 => {
            let seed = &seeds[random.below(seeds.len())];
            match random.below(12) {
                0 => format!("{seed}{}{}", random.pick(PIECES), seeds[random.below(seeds.len())]),
                _ => changed(seed, random),
            }
        }
        8 => changed(&format!("x {} y", random.pick(PIECES)), random),
        _ => (0..1 + random.below(9)).map(|_| random.pick(PIECES)).collect(),
    };
    made_safe(&line)
}

/// Cuts a line at each change of the kind of its characters.
fn pieces(line: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut was_name = false;
    for c in line.chars() {
        let is_name = c.is_ascii_alphanumeric();
        match pieces.last_mut() {
            Some(piece) if is_name && was_name => piece.push(c),
            Some(piece) if c == '\n' && piece == "\\" => piece.push(c),
            _ => pieces.push(c.to_string()),
        }
        was_name = is_name;
    }
    pieces
}

/// With one to four pieces put in, left out, replaced, repeated or exchanged.
fn changed(line: &str, random: &mut Random) -> String {
    let mut pieces = pieces(line);
    for _ in 0..1 + random.below(4).min(random.below(4)) {
        let at = random.below(pieces.len() + 1);
        let piece = random.pick(PIECES).to_owned();
        if at == pieces.len() {
            pieces.push(piece);
            continue;
        }
        match random.below(6) {
            0 | 1 => pieces.insert(at, piece),
            2 => drop(pieces.remove(at)),
            3 => pieces[at] = piece,
            4 => {
                let other = random.below(pieces.len());
                pieces.swap(at, other);
            }
            _ => {
                let again = pieces[at].clone();
                let other = random.below(pieces.len() + 1);
                pieces.insert(other, again);
            }
        }
    }
    pieces.concat()
}

const ONLY_PATH: &str = "/dev/null";

/// Whether no name in a line can lead out of the directory, however a shell reads the line.
pub(super) fn is_safe(line: &str) -> bool {
    line == made_safe(line)
}

fn made_safe(line: &str) -> String {
    let mut safe = String::new();
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let behind = &rest[c.len_utf8()..];
        let is_path = rest
            .strip_prefix(ONLY_PATH)
            .is_some_and(|next| !next.starts_with(|c: char| c == '/' || c.is_alphanumeric()));
        if is_path {
            safe.push_str(ONLY_PATH);
            rest = &rest[ONLY_PATH.len()..];
            continue;
        }
        match c {
            '/' if !safe.ends_with('~') => safe.push('_'),
            '\0' => {}
            c => safe.push(c),
        }
        rest = behind;
    }
    safe.replace("printf", "prinf")
}

/// Writes lines by a grammar of the shell. Each place has usual things and odd ones.
struct Writer<'a> {
    random: &'a mut Random,
    text: String,
    /// Here-documents whose text follows the next line end.
    documents: Vec<String>,
    /// How often a place gets something odd, as one in so many; 0 is never.
    oddness: usize,
}

#[rustfmt::skip]
impl<'a> Writer<'a> {
    fn new(random: &'a mut Random) -> Self {
        let oddness = [0, 30, 30, 10, 3][random.below(5)];
        Self { random, text: String::new(), documents: Vec::new(), oddness }
    }

    fn end(mut self) -> String {
        if !self.documents.is_empty() {
            self.line_end();
        }
        self.text
    }

    fn put(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn is_odd(&mut self) -> bool {
        self.oddness > 0 && self.random.one_in(self.oddness)
    }

    fn choice<'b>(&mut self, usual: &[&'b str], odd: &[&'b str]) -> &'b str {
        let from = if self.is_odd() { odd } else { usual };
        self.random.pick(from)
    }

    fn pick(&mut self, usual: &[&str], odd: &[&str]) {
        let text = self.choice(usual, odd);
        match text.strip_suffix('\n') {
            Some(text) if !text.ends_with('\\') => {
                self.put(text);
                self.line_end();
            }
            _ => self.put(text),
        }
    }

    fn line_end(&mut self) {
        self.put("\n");
        for document in std::mem::take(&mut self.documents) {
            self.put(&document);
        }
    }

    /// Between two words.
    fn gap(&mut self) {
        self.pick(
            &[" ", " ", " ", " ", " ", " ", " ", " ", "  ", "\t", " \\\n", " \\\n "],
            &["\\\n", "\\\n ", "", "\n", " # c\n", " #c'\n", " \\\n\\\n", " \n", "\n\\\n", "\\\\\n"],
        );
    }

    /// Between two commands.
    fn separator(&mut self) {
        self.pick(
            &["; ", "; ", ";", "\n", "\n", "\n", " & ", "&", ";\n", "\n\n", " # c\n", ";#c\n", "\n# c'\n", "\n\t", " \\\n; ", "\n \\\n"],
            &["\n\\\n", "; \\\n", ";\\\n", " \\\n", "\\\n;", ";;", "; ;", "; #\n", "\\\n", "&\\\n", " &;", " & \\\n& ", "&\\\n&", "\n\\\n\\\n"],
        );
    }

    fn list(&mut self, depth: usize) {
        for at in 0..1 + self.random.below(3) {
            if at > 0 {
                self.separator();
            }
            self.item(depth);
        }
    }

    fn body(&mut self, depth: usize) {
        self.pick(&[" ", " ", " ", "\n", " \n", "\n\n", " # c\n", " \\\n", "\t"], &["\\\n", "", ";", "\n\\\n", "#c\n", "\\ "]);
        self.list(depth.saturating_sub(1));
        self.pick(&["; ", "; ", "; ", "\n", "\n", ";\n", " & ", "&", ";"], &[" ", " \\\n; ", "\n\\\n", "", ";;", "\\\n", " }", "&;"]);
    }

    fn item(&mut self, depth: usize) {
        self.pipeline(depth);
        while self.random.one_in(3) {
            self.pick(&[" && ", " || ", "&&", "||", " &&\n", " ||\n", " && # c\n", " \\\n&& "],
                &["\n&& ", "\n|| ", "&&\\\n", "&& \\\n", "&& & ", "|| | ", "&\\\n&", "\\\n&&", "|\\\n|", "||\n\\\n", " &&& ", "\n\n&&"]);
            self.pipeline(depth);
        }
    }

    fn pipeline(&mut self, depth: usize) {
        if self.random.one_in(8) {
            self.pick(&["! ", "! ", "time ", "! "], &["time -p ", "! ! ", "time ! ", "! time ", "!\n", "!\\\n", "! \\\n", "time\\\n", "!", "time", "time\n", "time time "]);
        }
        self.stage(depth);
        while self.random.one_in(6) {
            self.pick(&[" | ", "|", " |& ", "|&", " |\n", " | # c\n"], &["| \\\n", "|\\\n", "\n| ", "|\\\n&", "| |", "|!", " | time ", " | ! "]);
            self.stage(depth);
        }
    }

    fn stage(&mut self, depth: usize) {
        if depth == 0 || !self.random.one_in(3) {
            return self.simple(depth);
        }
        match self.random.below(14) {
            0 | 1 => {
                self.put("{");
                self.body(depth);
                self.put("}");
            }
            2 | 3 => {
                self.pick(&["(", "( ", "(\n"], &["(\\\n", "( \\\n", "((", "(#c\n", "(\\\n("]);
                self.list(depth - 1);
                self.pick(&[")", " )", "\n)", ";)", "&)"], &["))", "", ") )", "\\\n)", "#c\n)", " \\\n)"]);
            }
            4..7 => self.condition(depth),
            7 | 8 => {
                self.pick(&["while", "until"], &["while\\\n", "while ! ", "until !"]);
                self.body(depth);
                self.put("do");
                self.body(depth);
                self.put("done");
            }
            9 | 10 => self.for_loop(depth),
            11 | 12 => self.double_test(depth),
            _ => self.pick(&["{ a; }", "(b)"], &[
                "f() { a; }", "function f { b; }", "f() (a)", "coproc a", "coproc { a; }", "((1))", "((A=1))", "(( a ))", "select a in b; do c; done",
                "for ((;;)); do a; done", "A=(a b)", "a[0]=b", "f () { b; }", "case a in a) b;; esac", "case x in (x) a\nesac", "case $(a) in *) b; esac", "((a); b)", "(\\\n(a))", "((a)\\\n)", "x $(\\\n(a))",
            ]),
        }
        if self.random.one_in(5) {
            self.pick(&["", " "], &["\\\n", "a", " a", " \\\n", "}"]);
            self.redirect();
        }
    }

    fn condition(&mut self, depth: usize) {
        self.put("if");
        self.body(depth);
        self.put("then");
        self.body(depth);
        if self.random.one_in(3) {
            self.put("elif");
            self.body(depth);
            self.put("then");
            self.body(depth);
        }
        if self.random.one_in(2) {
            self.put("else");
            self.body(depth);
        }
        self.put("fi");
    }

    fn for_loop(&mut self, depth: usize) {
        self.put("for");
        self.gap();
        self.pick(&["a", "A", "B", "i"], &["in", "do", "\"a\"", "a[0]", "1a", "a\\\n", "for"]);
        self.pick(&[" ", " ", " \\\n"], &["\n", "; ", "", "\\\n"]);
        self.pick(&["in"], &["do", "in\\\n", "\"in\"", "on"]);
        for _ in 0..self.random.below(4) {
            self.gap();
            self.word(depth - 1);
        }
        self.pick(&["; ", "; ", "\n", ";\n", ";", "; # c\n", " # c\n"], &[" \\\n; ", " ", "&", "\n\\\n", ";;", "\\\n", " \\\n"]);
        self.put("do");
        self.body(depth);
        self.put("done");
    }

    fn test_word(&mut self, depth: usize) {
        if self.is_odd() {
            self.pick(&["-f", "-n", "==", "]]", "!", "(", "08", "-z", "&&", "\n"], &["=~", "\"]]\"", "{", "}", "<", "\\\n"]);
        } else if self.random.one_in(4) {
            self.pick(&["1", "01", "a*", "?", "2", "'a b'*"], &["[a]", "08", "a[1]", "-1"]);
        } else {
            self.word(depth.saturating_sub(1));
        }
    }

    fn double_test(&mut self, depth: usize) {
        self.put("[[");
        self.gap();
        if self.random.one_in(4) {
            self.pick(&["! "], &["\"!\" ", "! ! ", "!", "!\n", "! \\\n"]);
        }
        match self.random.below(4) {
            0 => self.test_word(depth),
            1 => {
                self.pick(&["-n", "-z", "-e", "-f", "-d", "-t", "-x", "-L"], &["-a", "-v", "-R", "-o", "\"-n\"", "\\-n", "-s", "-n\n", "-l", "=="]);
                self.gap();
                self.test_word(depth);
            }
            _ => {
                self.test_word(depth);
                self.gap();
                self.pick(&["==", "=", "!=", "==", "-eq", "-lt", "-nt"], &["=~", "<", "-ef", "\"==\"", "-a", "&&", "|", "\\==", "==\n", "\n=="]);
                self.gap();
                self.test_word(depth);
            }
        }
        self.gap();
        self.pick(&["]]", "]]", "]]"], &["]", "\"]]\"", "\n]]", "a ]]", "]]a", "]];;"]);
    }

    fn simple(&mut self, depth: usize) {
        while self.random.one_in(6) {
            self.assignment(depth);
            if self.random.one_in(3) {
                return;
            }
            self.gap();
        }
        if self.random.one_in(10) {
            self.redirect();
            if self.random.one_in(3) {
                return;
            }
            self.gap();
        }
        if self.is_odd() {
            self.pick(
                &["then", "do", "done", "fi", "in", "esac", "}", "{", "[[", "]]", "!", "time", "if", "case", "function", "coproc", "else"],
                &["%1", "%x", "=a", "+a", "-a", "@", "^", ",", "]", "#a", "a#", "1", "12", "!a", "{a", "a}", "{}", "{a}", "~a", "a*", "\\\n", "*"],
            );
        } else {
            match self.random.below(8) {
                0 => self.pick(&["[", "export", "declare", "cd", "set", "eval", "exec", "local", "readonly", "alias", "unset", "test", "command", "break", "return", "exit", "."],
                    &["\\export", "'export'", "ex\"port\"", "\\[", "[\\\n", "export\\\n"]),
                1 => self.word(depth),
                _ => self.pick(&["a", "b", "x", "rd", "false", "true", ":", "echo", "y", "false"], &["\"a\"", "a\\\n", "r\\d", "\\\na", "a\n\\\n", "''"]),
            }
        }
        for _ in 0..self.random.below(4) {
            self.gap();
            match self.random.below(9) {
                0 | 1 => self.redirect(),
                2 => self.assignment(depth),
                _ => self.word(depth),
            }
        }
        if self.is_odd() {
            self.pick(&[" ==", " =~", " ]", " $", " \"$\"", " -n", " !", " ="], &[" \\", " {", " }", " <", " >", " ==\n", " =~\n", " $\n"]);
        }
    }

    fn assignment(&mut self, depth: usize) {
        self.pick(&["A=", "B=", "x=", "FOO="], &["A+=", "a[0]=", "1a=", "\"A\"=", "A\\\n=", "A==", "IFS=", "A=\\\n", "A=~", "A=a:~", "A=("]);
        if !self.random.one_in(8) {
            self.word(depth);
        }
    }

    fn redirect(&mut self) {
        match self.random.below(9) {
            0 | 1 => self.document(),
            2 => self.pick(&["2>&1", ">&2", "1>&2", ">&1", ">&0"],
                &[">&x", ">&3", "0>&1", "<&0", ">&-", "2>&1x", ">& 2", ">&$A", ">&'$(x)'", "2>&\"1\"", ">&1>f", "2>&1 3", ">&'a b'", ">&\\2"]),
            _ => {
                self.pick(&["", "", "", "", "1", "2", "0"], &["3", "12", "01", "\"1\"", "a1", "{A}", "\\1", "$A1", "&", "10"]);
                self.pick(&[">", ">", ">>", ">|", "<", "<<<", "<<<", "&>", "&>>"], &["<>", ">&", "> >", "<&", ">>|", "&>&", ">\\\n>", "<\\\n<<"]);
                self.pick(&["", "", "", " ", " ", "\t", " \\\n"], &["\\\n", "\n", "  ", " #c\n"]);
                match self.random.below(5) {
                    0 => self.pick(&["/dev/null", "~", "~/f", "\"$A\"", "$A", "$B", "\"\"", "1", "2", "f$(x)", ".", "'f g'", "{f}"],
                        &["*", "$", "$(x)", "<(x)", "f{a,b}", "\\\nf", "a[1]", "~x", "$'f'", "~+", "1>f", "2<f", "1<<E"]),
                    1 => self.word(0),
                    _ => self.pick(&["f", "g", "h", "/dev/null"], &["1>f", "f>g", "f<g", "f2>g", "f&>g"]),
                }
            }
        }
        // The next redirection may touch this one.
        if self.random.one_in(12) {
            self.redirect();
        }
    }

    fn document(&mut self) {
        self.pick(&["", "", "", "0"], &["1", "2", "3"]);
        let strips = self.random.one_in(3);
        self.put(if strips { "<<-" } else { "<<" });
        self.pick(&["", "", "", " ", "\t", " \\\n"], &["\\\n", "\n", "-"]);
        let mark = self.choice(&["E", "E", "E", "EOF", "1", "E_1"], &["", "E1a", "-E", "E-"]);
        let quotes = self.choice(&["", "", "'", "'", "\""], &["\\", "''", "$'"]);
        self.put(&match quotes {
            "" => mark.to_owned(),
            "\\" => format!("\\{mark}"),
            "''" => format!("{mark}''"),
            "$'" => format!("$'{mark}'"),
            quote => format!("{quote}{mark}{quote}"),
        });
        let mut text = String::new();
        for _ in 0..self.random.below(4) {
            text.push_str(self.random.pick(&["", "", "", "", "\t", "\t\t", " "]));
            text.push_str(self.choice(
                &["a", "a b", "'", "\"", "#", "a ", "EE", "E ", " E", "Ex", ")", "(", ";", "E)", "", "x", "<<F", "''", "E;x", "E", "1"],
                &["a\\", "\\", "$A", "$(x)", "`x`", "\\E", "${A}", "$", "E\\", "\\$A"],
            ));
            text.push('\n');
        }
        if strips {
            text.push_str(self.choice(&["\t", "", "\t\t"], &[" ", "\t "]));
        }
        text.push_str(mark);
        text.push_str(self.choice(&["\n"], &["", " \n", ")\n", "x\n", "\\\n"]));
        self.documents.push(text);
        if self.is_odd() {
            self.put(" ");
            self.document();
        }
    }

    fn word(&mut self, depth: usize) {
        for _ in 0..[1, 1, 1, 1, 2, 3][self.random.below(6)] {
            match self.random.below(13) {
                0 | 1 => self.pick(&["'a b'", "''", "\"\"", "\"a b\"", "'a\nb'", "\"a\nb\"", "'$A'", "'\\'", "\"'\"", "'\"'", "'#'", "'$(x)'", "';'", "\"&\"", "'>'", "' a '"],
                    &["\"`\"", "\"", "'", "\"'$(x)'\"", "\"\\'\"", "\"\\\n\"", "\"$'a'\"", "'\\''"]),
                2 | 3 => self.pick(&["$A", "${A}", "\"$A\"", "\"${B}\"", "$B", "$?", "\"$?\"", "\"$A $B\"", "x$A", "$A$B", "$HOME", "$x", "$A-", "$A\"\"$B", "\"$A\"$B"],
                    &["$1", "$@", "$#", "$$", "${#A}", "${A:-x}", "\"${A:-$(x)}\"", "$_", "$-", "${A:-<(x)}", "\"${A:-'$(x)'}\"", "$[1]", "$A[1]", "${A[0]}", "${!A}", "${A"]),
                4 => self.pick(&["\\;", "\\$", "\\\"", "\\'", "\\\\", "\\#", "\\&", "\\~", "\\*", "\\>", "\\(", "\\|", "\\=", "\\`", "\\{", "\\$A"],
                    &["\\a", "\\ ", "\\\n", "\\1", "\\\t", "\\\u{e9}", "a\\\nb", "\\\\\n"]),
                5 => self.pick(&["~", "~/a", "a~", "*", "?", "[", "]", "a#b", "{", "}", "{}", "{a}", "..", ",", "!", "%", "{a", "b}"],
                    &["~/", "~a", "=~", ":~", "[a]", "#", "{a,b}", "{1..2}", "{\",\"}", "'{'a,b}", "{$A,b}", "{\\,a}", "~+", "~root", "@(a)", "{a,$(b)}"]),
                6 => self.pick(&["\"\\$A\"", "\"\\a\"", "\"\\\\\"", "\"$\"", "\"$ \"", "\"\\\"\"", "\"a'$A'\"", "\"#\"", "\"\\`\"", "\"~\"", "\"{a,b}\"", "\"*\""],
                    &["$'a'", "$'a\\'b'", "$'\\t'", "$\"a\"", "`x`", "$((1))", "<(x)", ">(x)", "$(<f)", "$", "\"$(\"", "\"$)\"", "\"$'a'\"", "\"`x`\"", "$(("]),
                7 if depth > 0 => self.output(depth),
                8 if depth > 0 => {
                    self.put("\"");
                    self.pick(&["a", " ", "'", "\\\"", "$A", "#", "(", ")", "$ ", ";", "", ""], &["\"", "$(", "\\\n", "`"]);
                    self.output(depth);
                    self.pick(&["a", " ", "'", "\\\"", "$A", "#", "(", ")", "$", ";", "", ""], &["\"\"", "$)", "\\\n", "`"]);
                    self.put("\"");
                }
                9 => self.pick(&["then", "do", "done", "fi", "in", "esac", "time", "if", "case", "==", "=~", "[", "else", "-f", "]]", "[[", "!"], &["{", "}", "((", "))", "=="]),
                10 => self.pick(&["-n", "a.b", "1", "2", "x=y", "a:b", "a,b", "\u{e9}", "+1", "@", "a%b", "^", "a=b c"], &["a=~", "a:~", "1>f", "a[1]", "a=(b)", "\u{a0}", "a;b", "a&b", "a\\\n"]),
                _ => self.pick(&["a", "b", "c"], &["a\\", "b\\\nc", "a\n"]),
            }
        }
    }

    fn output(&mut self, depth: usize) {
        let outer = std::mem::take(&mut self.documents);
        self.pick(&["$(", "$(", "$( ", "$(\n"], &["$(#c\n", "$(\\\n", "$( \\\n", "$((", "$(\\\n(", "$( # c\n"]);
        self.list(depth - 1);
        if !self.documents.is_empty() && !self.is_odd() {
            self.line_end();
        }
        self.pick(&[")", ")", " )", "\n)", ";)", "&)"], &[" # c\n)", " #)\n)", " \\\n)", "\\\n)", "))", "", ";;)"]);
        self.documents = outer;
    }
}
