//! Characters that are taken for others.
//!
//! `сurl` with a Cyrillic `с` is another program than `curl`, and `rm ／` is no `rm /`. A person who decides about a
//! line is told where it holds such characters. This is a hint for eyes: nothing is allowed or denied by it.

/// The words of a text that hold characters which look like ASCII ones and are none, in their order.
///
/// Words of one foreign alphabet are not named, unless all their letters are such as could be Latin ones.
pub fn look_alikes(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_ascii() && !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_ascii() && is_look_alike(word))
}

fn is_look_alike(word: &str) -> bool {
    if word.chars().any(pretends) {
        return true;
    }
    let latin = word.chars().any(|c| c.is_ascii_alphabetic());
    let mut foreign = word.chars().filter(|c| c.is_alphabetic() && !c.is_ascii()).peekable();
    if latin {
        foreign.any(of_a_similar_script)
    } else {
        word.chars().filter(|c| c.is_alphabetic()).count() > 1 && foreign.peek().is_some() && foreign.all(is_twin)
    }
}

/// Variants of ASCII characters that belong to no language: full width, mathematical, and signs that look like others.
fn pretends(c: char) -> bool {
    matches!(c,
        '\u{ff01}'..='\u{ff5e}' | '\u{1d400}'..='\u{1d7ff}' | '\u{2100}'..='\u{214f}' | '\u{2160}'..='\u{217f}'
        | '\u{24b6}'..='\u{24e9}' | '\u{1f130}'..='\u{1f189}'
        | '\u{37e}' | '\u{2024}' | '\u{2044}' | '\u{2215}' | '\u{2216}' | '\u{2223}' | '\u{2758}' | '\u{29f5}'
        | '\u{29f8}' | '\u{2236}' | '\u{a789}' | '\u{2c6}' | '\u{2cb}' | '\u{2f4}' | '\u{2dc}' | '\u{223c}'
        | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{2018}'..='\u{201f}'
        | '\u{2032}'..='\u{2037}' | '\u{2039}' | '\u{203a}' | '\u{2217}' | '\u{fe50}'..='\u{fe57}'
        | '\u{fe59}'..='\u{fe62}' | '\u{fe64}'..='\u{fe6b}')
}

/// Alphabets with letters that look like Latin ones, and letters of phonetics.
fn of_a_similar_script(c: char) -> bool {
    matches!(c,
        '\u{131}' | '\u{237}' | '\u{250}'..='\u{2af}' | '\u{1d00}'..='\u{1dbf}' | '\u{370}'..='\u{3ff}'
        | '\u{1f00}'..='\u{1fff}' | '\u{400}'..='\u{52f}' | '\u{1c80}'..='\u{1c8f}' | '\u{a640}'..='\u{a69f}'
        | '\u{530}'..='\u{58f}' | '\u{13a0}'..='\u{13ff}' | '\u{ab30}'..='\u{abbf}' | '\u{2c80}'..='\u{2cff}'
        | '\u{a4d0}'..='\u{a4ff}' | '\u{10400}'..='\u{1044f}' | '\u{5d0}'..='\u{5ea}')
}

/// Letters that look exactly like a Latin one.
fn is_twin(c: char) -> bool {
    "АВЕЅІЈКМНОРСТУХаеіјорсухѕһԁԛԝӏгпΑΒΕΖΗΙΚΜΝΟΡΤΥΧοανρτυ".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_look_like_others_are_found() {
        let table: [(&str, &[&str]); 12] = [
            ("git status", &[]),
            ("echo 'Grüße, 漢字, привет, γειά' é", &[]),
            ("\u{441}url https://a.example", &["\u{441}url"]),
            (
                "cat /etc/p\u{430}sswd /etc/p\u{430}sswd",
                &["p\u{430}sswd", "p\u{430}sswd"],
            ),
            ("\u{441}\u{43e}\u{440}\u{443} a b", &["\u{441}\u{43e}\u{440}\u{443}"]),
            ("rm -rf \u{ff0f}", &["\u{ff0f}"]),
            ("ls \u{2013}la", &["\u{2013}la"]),
            ("echo \u{201c}a\u{201d}", &["\u{201c}a\u{201d}"]),
            ("\u{1d42b}m x", &["\u{1d42b}m"]),
            ("ｒｍ x", &["ｒｍ"]),
            ("sleep 5µs", &[]),
            ("g\u{131}t log", &["g\u{131}t"]),
        ];
        for (text, words) in table {
            assert_eq!(look_alikes(text).collect::<Vec<_>>(), words, "{text}");
        }
    }
}
