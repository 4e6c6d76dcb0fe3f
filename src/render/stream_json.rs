//! `--output-format stream-json`: one record per line, each flushed; first `init`, last `result`.

use std::io;

use super::Body;
use super::console::OutputStreams;
use super::schema::Record;
use crate::turn::{Outcome, Update};

/// Whether the engine's own events are written too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RawEvents {
    LeftOut,
    Included,
}

/// Writes each update as it arrives.
pub(super) struct StreamJson {
    raw: RawEvents,
    begun: bool,
    /// Records that came before `init`, which is always written first.
    early: Vec<u8>,
    /// The line that is being built; kept for its capacity.
    line: Vec<u8>,
}

impl StreamJson {
    pub(super) fn new(raw: RawEvents) -> Self {
        Self {
            raw,
            begun: false,
            early: Vec::new(),
            line: Vec::new(),
        }
    }

    fn begin(&mut self, init: &Record<'_>, console: &mut OutputStreams) -> io::Result<()> {
        self.begun = true;
        self.write(init, console)?;
        console.out(&std::mem::take(&mut self.early))
    }

    fn write(&mut self, record: &Record<'_>, console: &mut OutputStreams) -> io::Result<()> {
        self.line.clear();
        record.write_line(&mut self.line)?;
        console.out(&self.line)
    }
}

impl Body for StreamJson {
    fn update(&mut self, update: &Update, console: &mut OutputStreams) -> io::Result<()> {
        if matches!(update, Update::Raw(_)) && self.raw == RawEvents::LeftOut {
            return Ok(());
        }
        let record = Record::of(update);
        match record {
            Record::Init(_) => self.begin(&record, console),
            _ if self.begun => self.write(&record, console),
            _ => Ok(record.write_line(&mut self.early)?),
        }
    }

    fn finish(&mut self, outcome: &Outcome, console: &mut OutputStreams) -> io::Result<()> {
        if !self.begun {
            // Consumers may rely on the first record, even when the run failed before it began.
            self.begin(&Record::init_of(outcome), console)?;
        }
        self.write(&Record::result(outcome), console)
    }
}
