//! Identifiers that we choose for messages and parts.
//!
//! The engine accepts ids of a client when they begin with the right prefix, and then treats a repeated prompt with the
//! same ids as the same prompt. Its own ids ascend with time; ours do too, so that a listing sorted by id stays in order.

use std::time::{SystemTime, UNIX_EPOCH};

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A new id such as `msg_019a9c3f2b1e0000Xk3J…`: prefix, time in milliseconds as hexadecimal, 14 random characters.
///
/// # Errors
///
/// When the operating system has no randomness to give.
pub fn ascending(prefix: &str) -> Result<String, getrandom::Error> {
    let millis = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_millis());
    let mut random = [0_u8; 14];
    getrandom::fill(&mut random)?;
    let tail: String = random
        .iter()
        .map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]))
        .collect();
    Ok(format!("{prefix}_{millis:012x}{tail}"))
}
