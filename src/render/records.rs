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
    /// The line that is being built; kept for its capacity.
    line: Vec<u8>,
}

impl StreamJson {
    pub(super) fn new(include_raw: bool) -> Self {
        Self {
            include_raw,
            ..Self::default()
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
        if matches!(update, Update::Raw(_)) && !self.include_raw {
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
