//! Repeats of a request whose failure may pass.

use std::time::{Duration, SystemTime};

use reqwest::header::{HeaderMap, RETRY_AFTER};

use super::timestamp::parse_http_date;

/// Makes `attempt` again until it succeeds, or `pause` gives no pause. `pause` receives the failure and how many attempts
/// were made.
///
/// # Errors
///
/// The last failure.
pub async fn repeat<T, E, F: Future<Output = Result<T, E>>>(
    attempt: impl Fn() -> F,
    pause: impl Fn(&E, u32) -> Option<Duration>,
) -> Result<T, E> {
    let mut made = 0;
    loop {
        made += 1;
        let error = match attempt().await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let Some(pause) = pause(&error, made) else {
            return Err(error);
        };
        tokio::time::sleep(pause).await;
    }
}

/// The pause after `made` attempts: `first`, doubled for each further attempt, at most `longest`. Between a half and all of
/// that, at random, so that clients that failed together do not come back together.
pub fn backoff(first: Duration, longest: Duration, made: u32) -> Duration {
    let mut byte = [u8::MAX];
    // Without randomness the pause is the whole one.
    let _ = getrandom::fill(&mut byte);
    let doubled = first.saturating_mul(1 << made.saturating_sub(1).min(16));
    doubled.min(longest).mul_f64(0.5 + f64::from(byte[0]) / 510.0)
}

/// The pause that a response asks for with `retry-after-ms` or `Retry-After`: milliseconds, seconds, or a time.
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    asked_pause(text("retry-after-ms"), text(RETRY_AFTER.as_str()), now)
}

/// The pause that the texts of these two headers ask for.
pub fn asked_pause(milliseconds: Option<&str>, seconds_or_date: Option<&str>, now: SystemTime) -> Option<Duration> {
    if let Some(millis) = milliseconds.and_then(|text| text.trim().parse().ok()) {
        return Some(Duration::from_millis(millis));
    }
    let asked = seconds_or_date?.trim();
    match asked.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        // A time that has passed already asks for no pause.
        Err(_) => parse_http_date(asked).map(|time| time.duration_since(now).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    #[test]
    fn a_pause_is_asked_for_in_seconds_or_by_a_time() {
        let now = parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        let seconds = |text| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(text))]);
            retry_after(&headers, now).map(|pause| pause.as_secs())
        };
        assert_eq!(seconds("7"), Some(7));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:50:07 GMT"), Some(30));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:00:00 GMT"), Some(0));
        assert_eq!(seconds("soon"), None);
    }

    #[test]
    fn retry_after_ms_wins_over_seconds() {
        let mut headers = HeaderMap::new();
        let now = SystemTime::now();
        headers.insert(RETRY_AFTER, HeaderValue::from_static("7"));
        assert_eq!(retry_after(&headers, now), Some(Duration::from_secs(7)));
        headers.insert("retry-after-ms", HeaderValue::from_static("250"));
        assert_eq!(retry_after(&headers, now), Some(Duration::from_millis(250)));
    }
}
