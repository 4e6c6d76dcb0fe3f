//! What a guard says to its owner, one line each, over the socket that is the guard's stdin.

use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::server) enum GuardReport {
    Started(u32),
    /// The guard could not do its work, and why.
    Failed(String),
    Ended(EngineExit),
    /// The engine, everything that it started, and its temporary directory are gone.
    Clean,
}

impl GuardReport {
    /// The line, with its end.
    pub(in crate::server) fn to_line(&self) -> String {
        match self {
            Self::Started(pid) => format!("started {pid}\n"),
            Self::Failed(reason) => format!("failed {}\n", reason.replace(['\n', '\r'], " ")),
            Self::Ended(EngineExit::Code(code)) => format!("exited {code}\n"),
            Self::Ended(EngineExit::Signal(signal)) => format!("killed {signal}\n"),
            Self::Ended(EngineExit::Unknown) => "lost\n".to_owned(),
            Self::Clean => "clean\n".to_owned(),
        }
    }

    /// Reads a line; `None` for one that is not ours.
    pub(in crate::server) fn parse(line: &str) -> Option<Self> {
        let line = line.trim_end();
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        Some(match word {
            "started" => Self::Started(rest.parse().ok()?),
            "failed" => Self::Failed(rest.to_owned()),
            "exited" => Self::Ended(EngineExit::Code(rest.parse().ok()?)),
            "killed" => Self::Ended(EngineExit::Signal(rest.parse().ok()?)),
            "lost" => Self::Ended(EngineExit::Unknown),
            "clean" => Self::Clean,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(GuardReport::parse(&report.to_line()), Some(report));
        }
        assert_eq!(GuardReport::parse("something else"), None);
    }
}
