//! Names that are close to a mistyped one.

/// The names in `known` that are most like `name`, best first, at most three.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    const ENOUGH: f64 = 0.7;
    let wanted = name.to_lowercase();
    let mut scored: Vec<(f64, &str)> = known
        .into_iter()
        .map(|candidate| {
            let lower = candidate.to_lowercase();
            let score = if lower.contains(&wanted) && wanted.len() >= 3 {
                0.95
            } else {
                strsim::jaro_winkler(&wanted, &lower)
            };
            (score, candidate)
        })
        .filter(|(score, _)| *score > ENOUGH)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    scored.truncate(3);
    scored.into_iter().map(|(_, candidate)| candidate).collect()
}

/// The names in backticks, joined by commas: "`a`, `b`".
pub fn quoted<S: AsRef<str>>(names: &[S]) -> String {
    names
        .iter()
        .map(|name| format!("`{}`", name.as_ref()))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_neighbour_and_nonsense_finds_none() {
        let known = ["build", "plan", "explore"];
        assert_eq!(nearest("biuld", known), ["build"]);
        assert_eq!(nearest("Plan", known), ["plan"]);
        assert!(nearest("zzzz", known).is_empty());
    }
}
