//! Moments as text.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, SecondsFormat, Utc};

/// A moment as RFC 3339 writes it, in UTC, to the millisecond: `2026-02-28T23:59:59.999Z`.
///
/// A clock that is set before 1970 gives the beginning of that year.
pub fn rfc3339(moment: SystemTime) -> String {
    DateTime::<Utc>::from(moment.max(UNIX_EPOCH)).to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Milliseconds since 1970; 0 for a clock that is set before.
pub fn now_ms() -> u64 {
    u64::try_from(since_1970(SystemTime::now()).as_millis()).unwrap_or(u64::MAX)
}

/// The time from the beginning of 1970 to a moment; none for a moment before.
pub fn since_1970(moment: SystemTime) -> Duration {
    moment.duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Reads what [`rfc3339`] writes; `None` for anything else.
pub fn parse_rfc3339(text: &str) -> Option<SystemTime> {
    let moment = DateTime::parse_from_rfc3339(text)
        .ok()
        .filter(|_| text.ends_with('Z'))?;
    Some(SystemTime::from(moment)).filter(|moment| *moment >= UNIX_EPOCH)
}

/// Reads the time that HTTP's headers have, such as `Sun, 06 Nov 1994 08:49:37 GMT`; `None` for anything else.
pub fn parse_http_date(text: &str) -> Option<SystemTime> {
    let moment = DateTime::parse_from_rfc2822(text)
        .ok()
        .filter(|_| text.ends_with(" GMT"))?;
    Some(moment.into())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn moments_are_written_as_the_calendar_has_them() {
        // The seconds are those of `date -u -d TEXT +%s`.
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_799_999, "2000-02-29T23:59:59.999Z"),
            (1_709_164_800_001, "2024-02-29T00:00:00.001Z"),
            (1_767_225_599_000, "2025-12-31T23:59:59.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] {
            let moment = UNIX_EPOCH + Duration::from_millis(millis);
            assert_eq!(rfc3339(moment), text);
            assert_eq!(parse_rfc3339(text), Some(moment));
        }
        assert_eq!(rfc3339(UNIX_EPOCH - Duration::from_secs(5)), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn what_is_no_moment_is_not_read() {
        for text in [
            "",
            "now",
            "2026-01-01",
            "2026-13-01T00:00:00.000Z",
            "2026-01-01T00:00:00.000",
            "1969-01-01T00:00:00Z",
        ] {
            assert_eq!(parse_rfc3339(text), None, "{text}");
        }
    }
}
