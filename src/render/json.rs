//! `--output-format json`: the result record, at the end.

use std::io;

use super::Body;
use super::console::OutputStreams;
use super::schema::Record;
use crate::turn::{Outcome, Update};

pub(super) struct Json;

impl Body for Json {
    fn update(&mut self, _update: &Update, _console: &mut OutputStreams) -> io::Result<()> {
        Ok(())
    }

    fn finish(&mut self, outcome: &Outcome, console: &mut OutputStreams) -> io::Result<()> {
        let mut line = Vec::new();
        Record::result(outcome).write_line(&mut line)?;
        console.out(&line)
    }
}
