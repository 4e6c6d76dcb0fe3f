//! Identifiers that we choose for messages and parts.
//!
//! The engine accepts ids of a client when they begin with the right prefix, and then treats a repeated prompt with the
//! same ids as the same prompt. Ours are made in the engine's own scheme: engines below 1.18.15 answer a prompt only when
//! its id sorts behind the id of the last answer.

use std::sync::atomic::{AtomicU64, Ordering};

use super::timestamp::now_ms;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Ids that the scheme has room for in one millisecond.
const IDS_PER_MILLISECOND: u64 = 0x1000;
/// The scheme keeps 48 bits of the time, so its ids begin anew every 795 days, last on 14 August 2026.
const TIME_BITS: u64 = (1 << 48) - 1;

/// A new id such as `msg_22316fe49001Xk3J…`: prefix, 12 hexadecimal digits of time and counter, 14 random characters.
///
/// Ids of one process ascend in the order in which they are made, whatever the clock does.
///
/// # Errors
///
/// When the operating system has no randomness to give.
pub fn ascending(prefix: &str) -> Result<String, getrandom::Error> {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let first = now_ms() * IDS_PER_MILLISECOND + 1;
    let last = LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(first.max(last + 1)));
    let number = first.max(last.unwrap_or(0) + 1) & TIME_BITS;
    let mut random = [0_u8; 14];
    getrandom::fill(&mut random)?;
    let tail: String = random
        .iter()
        .map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]))
        .collect();
    Ok(format!("{prefix}_{number:012x}{tail}"))
}

#[cfg(test)]
mod tests {
    use std::time::{SystemTime, UNIX_EPOCH};

    use super::*;

    #[test]
    fn ids_ascend_and_hold_the_time_as_the_engine_writes_it() {
        let before = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
        // More than one millisecond has room for.
        let ids: Vec<String> = (0..10_000).map(|_| ascending("msg").unwrap()).collect();
        assert!(ids.is_sorted_by(|left, right| left < right));
        let number = u64::from_str_radix(&ids[0][4..16], 16).unwrap();
        let of_clock = u64::try_from(before).unwrap() * 0x1000 % (1 << 48);
        // Other tests of this process make ids too, and ids never go back.
        assert!(
            number > of_clock && number - of_clock < 60_000 * 0x1000,
            "{number:x} {of_clock:x}"
        );
        assert_eq!(ids[0].len(), "msg_".len() + 26);
    }
}
