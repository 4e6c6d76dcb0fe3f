//! The two modes of records: `--output-format json`, the result record at the end; and `--output-format stream-json`, one
//! record per line, each flushed; first `init`, last `result`.

use std::io;

use super::Body;
use super::console::OutputStreams;
use super::schema::Record;
use crate::turn::{Outcome, Update};

pub(super) struct Json;

impl Body for Json {
    fn finish(&mut self, outcome: &Outcome, console: &mut OutputStreams) -> io::Result<()> {
        let mut line = Vec::new();
        Record::result(outcome).write_line(&mut line)?;
        console.out(&line)
    }
}

/// Writes each update as it arrives.
#[derive(Default)]
pub(super) struct StreamJson {
    /// Whether the engine's own events are written too.
    include_raw: bool,
    begun: bool,
    /// Records that came before `init`, which is always written first.
    early: Vec<u8>,
    /// The lines that are being built; kept for their capacity.
    lines: Vec<u8>,
}

impl StreamJson {
    pub(super) fn new(include_raw: bool) -> Self {
        Self {
            include_raw,
            ..Self::default()
        }
    }

    /// The lines that an update adds.
    pub(super) fn update_lines(&mut self, update: &Update) -> io::Result<&[u8]> {
        self.lines.clear();
        if matches!(update, Update::Raw(_)) && !self.include_raw {
            return Ok(&self.lines);
        }
        let record = Record::of(update);
        match record {
            Record::Init(_) => self.begin(&record)?,
            _ if self.begun => record.write_line(&mut self.lines)?,
            _ => record.write_line(&mut self.early)?,
        }
        Ok(&self.lines)
    }

    /// The lines that the end adds.
    pub(super) fn last_lines(&mut self, outcome: &Outcome) -> io::Result<&[u8]> {
        self.lines.clear();
        if !self.begun {
            // Consumers may rely on the first record, even when the run failed before it began.
            self.begin(&Record::init_of(outcome))?;
        }
        Record::result(outcome).write_line(&mut self.lines)?;
        Ok(&self.lines)
    }

    fn begin(&mut self, init: &Record<'_>) -> io::Result<()> {
        self.begun = true;
        init.write_line(&mut self.lines)?;
        self.lines.append(&mut self.early);
        Ok(())
    }
}

impl Body for StreamJson {
    fn update(&mut self, update: &Update, console: &mut OutputStreams) -> io::Result<()> {
        console.out(self.update_lines(update)?)
    }

    fn finish(&mut self, outcome: &Outcome, console: &mut OutputStreams) -> io::Result<()> {
        console.out(self.last_lines(outcome)?)
    }
}
