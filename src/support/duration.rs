//! Spans of time as people write them.

use std::time::{Duration, Instant};

/// Text that is not a span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseDurationError {
    /// Not numbers with units.
    #[error("a duration is written `90` (seconds), `90s`, `5m` or `5min`, `1.5h`, `1h30m`, `2d` or `500ms`")]
    Malformed,
    /// More than can be counted.
    #[error("the duration is too long")]
    TooLong,
}

/// The units, largest first, in milliseconds.
const UNITS: [(&str, u64); 5] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1000),
    ("ms", 1),
];

/// Reads `90` (seconds), `90s`, `1.5s`, `5m` or `5min`, `1h30m`, `2d`, `500ms`. Units go from large to small, each at most once.
///
/// # Errors
///
/// When the text is not of this form, or longer than can be counted in milliseconds.
pub fn parse(text: &str) -> Result<Duration, ParseDurationError> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(ParseDurationError::Malformed);
    }
    let mut total: u64 = 0;
    let mut units = UNITS.as_slice();
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            return Err(ParseDurationError::Malformed);
        }
        let number: u64 = rest[..digits].parse().map_err(|_| ParseDurationError::TooLong)?;
        rest = &rest[digits..];
        let fraction = match rest.strip_prefix('.') {
            None => "",
            Some(behind) => {
                let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
                if digits == 0 {
                    return Err(ParseDurationError::Malformed);
                }
                rest = &behind[digits..];
                &behind[..digits]
            }
        };
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let unit = match &rest[..letters] {
            "min" => "m",
            unit => unit,
        };
        rest = &rest[letters..];
        let scale = if unit.is_empty() {
            // A bare number is seconds, and only alone: `1h30` could mean either.
            if !rest.is_empty() || units.len() != UNITS.len() {
                return Err(ParseDurationError::Malformed);
            }
            1000
        } else {
            let at = units
                .iter()
                .position(|(name, _)| *name == unit)
                .ok_or(ParseDurationError::Malformed)?;
            let scale = units[at].1;
            units = &units[at + 1..];
            scale
        };
        total = number
            .checked_mul(scale)
            .and_then(|millis| millis.checked_add(part_of(scale, fraction)))
            .and_then(|millis| total.checked_add(millis))
            .ok_or(ParseDurationError::TooLong)?;
    }
    // Deadlines are computed by adding to the clock, which overflows much earlier than the counter.
    if total > 1000 * 86_400_000 {
        return Err(ParseDurationError::TooLong);
    }
    Ok(Duration::from_millis(total))
}

/// `fraction` (the digits behind a point) of `scale`, without what is smaller than one.
fn part_of(scale: u64, fraction: &str) -> u64 {
    let mut sum = 0;
    let mut place = 1_u64;
    // Nothing behind the tenth digit can make a millisecond of a thousand days.
    for digit in fraction.bytes().take(10) {
        place *= 10;
        sum += scale * u64::from(digit - b'0') * (10_u64.pow(10) / place);
    }
    sum / 10_u64.pow(10)
}

/// Writes a span so that [`parse`] reads it back: `1h30m`, `500ms`, `0s`.
pub fn format(span: Duration) -> String {
    let mut rest = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    if rest == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    for (unit, scale) in UNITS {
        let count = rest / scale;
        rest %= scale;
        if count > 0 {
            text.push_str(&count.to_string());
            text.push_str(unit);
        }
    }
    text
}

/// Milliseconds since `start`.
pub fn millis_since(start: Instant) -> u64 {
    millis_between(start, Instant::now())
}

/// Milliseconds from one point to a later one.
pub fn millis_between(start: Instant, end: Instant) -> u64 {
    u64::try_from(end.saturating_duration_since(start).as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_documented_forms_are_read() {
        let read = |text| parse(text).map(|span| span.as_millis());
        assert_eq!(read("90"), Ok(90_000));
        assert_eq!(read("90s"), Ok(90_000));
        assert_eq!(read("1.5s"), Ok(1_500));
        assert_eq!(read("0.25h"), Ok(900_000));
        assert_eq!(read("0.0001s"), Ok(0));
        assert_eq!(read("5m"), Ok(300_000));
        assert_eq!(read("10min"), Ok(600_000));
        assert_eq!(read("1h2.5min"), Ok(3_750_000));
        assert_eq!(read("1h30m"), Ok(5_400_000));
        assert_eq!(read("500ms"), Ok(500));
        assert_eq!(read("2d"), Ok(172_800_000));
        assert_eq!(read("1s500ms"), Ok(1500));
        assert_eq!(read("0"), Ok(0));
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "", " ", "s", "-5", "1.s", ".5s", "5 m", "5M", "5x", "1h30", "30m1h", "1m1m", "1m1min", "5m ", "۵",
        ] {
            let expected = if text == "5m " {
                Ok(Duration::from_secs(300))
            } else {
                Err(ParseDurationError::Malformed)
            };
            assert_eq!(parse(text), expected, "{text:?}");
        }
        assert_eq!(parse("99999999999999999999"), Err(ParseDurationError::TooLong));
        assert_eq!(parse("18446744073709551615d"), Err(ParseDurationError::TooLong));
        assert_eq!(parse("1001d"), Err(ParseDurationError::TooLong));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(millis in 0_u64..1000 * 86_400_000) {
            let span = Duration::from_millis(millis);
            prop_assert_eq!(parse(&format(span)), Ok(span));
        }
    }
}
