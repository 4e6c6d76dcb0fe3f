//! What a guard says to its owner, a line of JSON each, over the socket that is the guard's stdin.

use std::fmt;

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum EngineExit {
    /// It left with this status.
    Code(i32),
    Signal(i32),
    /// Nobody knows: its guard is gone too.
    Unknown,
}

impl fmt::Display for EngineExit {
    /// "it …", as the end of a sentence.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "it exited with status {code}"),
            Self::Signal(9) => write!(f, "it was killed (signal 9; the system may be out of memory)"),
            Self::Signal(signal) => write!(f, "it was ended by signal {signal}"),
            Self::Unknown => write!(f, "it is gone, and so is the process that watched it"),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::server) enum GuardReport {
    Started(u32),
    /// The guard could not do its work, and why.
    Failed(String),
    Ended(EngineExit),
    /// The engine, everything that it started, and its temporary directory are gone.
    Clean,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::lines::json_line;

    #[test]
    fn every_report_survives_the_way_over_the_socket() {
        for report in [
            GuardReport::Started(17),
            GuardReport::Failed("cannot create `/x`: no space".to_owned()),
            GuardReport::Ended(EngineExit::Code(3)),
            GuardReport::Ended(EngineExit::Signal(9)),
            GuardReport::Ended(EngineExit::Unknown),
            GuardReport::Clean,
        ] {
            let line = String::from_utf8(json_line(&report).unwrap()).unwrap();
            assert_eq!(serde_json::from_str::<GuardReport>(&line).unwrap(), report);
        }
        assert!(serde_json::from_str::<GuardReport>("something else").is_err());
    }
}
