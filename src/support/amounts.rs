//! Ages, times and sizes for people.

use std::time::Duration;

use super::duration;

/// How long ago something was, in one unit: "2 hours ago".
pub fn age(since: Duration) -> String {
    const UNITS: [(u64, &str); 4] = [
        (7 * 86_400, "weeks"),
        (86_400, "days"),
        (3600, "hours"),
        (60, "minutes"),
    ];
    let seconds = since.as_secs();
    // One week is shown as days, and likewise below: a single unit is too coarse.
    match UNITS.iter().find(|(unit, _)| seconds >= 2 * unit) {
        Some((unit, name)) => format!("{} {name} ago", seconds / unit),
        None if seconds >= 60 => "a minute ago".to_owned(),
        None => "just now".to_owned(),
    }
}

/// A span: its largest unit and, where that is small, the next one.
pub fn short(span: Duration) -> String {
    let seconds = span.as_secs();
    let rounded = match seconds {
        0..600 => seconds,
        600..36_000 => seconds / 60 * 60,
        36_000..864_000 => seconds / 3600 * 3600,
        _ => seconds / 86_400 * 86_400,
    };
    duration::format(Duration::from_secs(rounded))
}

/// An amount of memory or of a disk.
pub fn size(bytes: u64) -> String {
    match (bytes + (1 << 19)) >> 20 {
        mebibytes @ 0..10_240 => format!("{mebibytes} MiB"),
        mebibytes => format!("{} GiB", mebibytes >> 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_told_in_one_unit() {
        let told = |seconds| age(Duration::from_secs(seconds));
        assert_eq!(told(3), "just now");
        assert_eq!(told(70), "a minute ago");
        assert_eq!(told(150), "2 minutes ago");
        assert_eq!(told(5400), "90 minutes ago");
        assert_eq!(told(7200), "2 hours ago");
        assert_eq!(told(8 * 86_400), "8 days ago");
        assert_eq!(told(30 * 86_400), "4 weeks ago");
    }

    #[test]
    fn spans_are_as_exact_as_they_are_of_interest() {
        let table = [0, 59, 61, 599, 610, 3_661, 36_100, 90_000, 864_001].map(|s| short(Duration::from_secs(s)));
        assert_eq!(
            table,
            ["0s", "59s", "1m1s", "9m59s", "10m", "1h1m", "10h", "1d1h", "10d"]
        );
        assert_eq!([400 << 20, 20 << 30].map(size), ["400 MiB", "20 GiB"]);
    }
}
