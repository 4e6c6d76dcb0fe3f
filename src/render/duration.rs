//! Durations, for people.

/// Formats milliseconds as "120 ms", "4.2 s", "2 min 5 s".
pub(super) fn milliseconds(millis: u64) -> String {
    match millis {
        0..1_000 => format!("{millis} ms"),
        1_000..60_000 => {
            let tenths = millis / 100;
            match tenths % 10 {
                0 => format!("{} s", tenths / 10),
                rest => format!("{}.{rest} s", tenths / 10),
            }
        }
        _ => {
            let seconds = millis / 1_000;
            format!("{} min {} s", seconds / 60, seconds % 60)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_has_the_unit_that_fits() {
        let table = [0, 999, 1_000, 4_250, 59_999, 60_000, 125_400].map(milliseconds);
        assert_eq!(
            table,
            ["0 ms", "999 ms", "1 s", "4.2 s", "59.9 s", "1 min 0 s", "2 min 5 s"]
        );
    }
}
