//! An amount of money, exact.

use std::fmt;
use std::str::FromStr;

const PLACES: usize = 9;
/// What one dollar is, in the unit that is counted in.
const DOLLAR: u64 = 1_000_000_000;

/// Dollars, in billionths. Never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dollars(u64);

/// Why a text is no amount of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an amount of dollars above 0 is wanted, such as `2` or `0.25`")]
pub struct ParseDollarsError;

impl Dollars {
    /// The amount as a number, for comparison with sums of small prices.
    #[expect(clippy::cast_precision_loss, reason = "amounts that anybody types are exact enough")]
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / DOLLAR as f64
    }
}

impl FromStr for Dollars {
    type Err = ParseDollarsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim().trim_start_matches('$');
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() && fraction.is_empty() || !digits(whole) || !digits(fraction) || fraction.len() > PLACES {
            return Err(ParseDollarsError);
        }
        let number = |text: &str| match text {
            "" => Ok(0),
            text => text.parse::<u64>().map_err(|_| ParseDollarsError),
        };
        let fraction = number(&format!("{fraction:0<PLACES$}"))?;
        number(whole)?
            .checked_mul(DOLLAR)
            .and_then(|whole| whole.checked_add(fraction))
            .filter(|amount| *amount > 0)
            .map(Self)
            .ok_or(ParseDollarsError)
    }
}

impl fmt::Display for Dollars {
    /// Without a sign for the currency and without zeros at the end: `0.25`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.0 / DOLLAR, self.0 % DOLLAR);
        if fraction == 0 {
            return write!(f, "{whole}");
        }
        let digits = format!("{fraction:0PLACES$}");
        write!(f, "{whole}.{}", digits.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_read_exactly_and_shown_shortest() {
        for (text, shown) in [
            ("2", "2"),
            ("0.25", "0.25"),
            (".5", "0.5"),
            ("3.", "3"),
            ("$1.10", "1.1"),
            ("0.000000001", "0.000000001"),
        ] {
            assert_eq!(text.parse::<Dollars>().unwrap().to_string(), shown, "{text}");
        }
        assert!((".25".parse::<Dollars>().unwrap().as_f64() - 0.25).abs() < f64::EPSILON);
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in [
            "",
            ".",
            "0",
            "0.0",
            "-1",
            "+1",
            "1e3",
            "1,5",
            "1.2.3",
            "0.0000000001",
            "99999999999999",
            "x",
        ] {
            assert_eq!(text.parse::<Dollars>(), Err(ParseDollarsError), "{text}");
        }
    }
}
