//! The lines of an input of events, one after another. Says what each is; imports nothing.

use std::io::{BufRead, Read as _};
use std::path::Path;

use orch_core::import::{Beginning, ImportedEvent, MAX_LINE};
use orch_core::refusal::Refusal;

use crate::error::CliError;

/// The lines of an input.
pub(super) struct Lines<R> {
    input: R,
    line: Vec<u8>,
    /// The number of the line that was read last.
    pub(super) number: u64,
    /// All lines so far.
    pub(super) beginning: Beginning,
    leave_out_others: bool,
}

/// What a line is.
pub(super) enum Line {
    /// An event.
    Event(Box<ImportedEvent>),
    /// An event of something that is neither a task nor a sprint.
    Other,
    /// Nothing.
    Blank,
    /// There is none any more.
    End,
}

impl<R: BufRead> Lines<R> {
    /// No line so far.
    pub(super) fn new(input: R, beginning: Beginning, leave_out_others: bool) -> Self {
        Self { input, line: Vec::new(), number: 0, beginning, leave_out_others }
    }

    /// How long the line is that was read last, in bytes.
    pub(super) fn len(&self) -> usize {
        self.line.len()
    }

    /// The next line; `path` is for errors.
    pub(super) fn next(&mut self, path: &Path) -> Result<Line, CliError> {
        self.line.clear();
        let most = u64::try_from(MAX_LINE).unwrap_or(u64::MAX);
        let read = (&mut self.input).take(most + 1).read_until(b'\n', &mut self.line);
        if read.map_err(|error| CliError::io("read", path, &error))? == 0 {
            return Ok(Line::End);
        }
        self.number += 1;
        self.beginning.add(&self.line);
        let refused = |refusal| Refusal::AtLine { line: self.number, refusal: Box::new(refusal) };
        if self.line.len() > MAX_LINE {
            let problem = format!("has more than {MAX_LINE} bytes");
            return Err(refused(Refusal::Invalid { what: "event", problem }).into());
        }
        if self.line.iter().all(u8::is_ascii_whitespace) {
            return Ok(Line::Blank);
        }
        let event = ImportedEvent::parse(&self.line, self.leave_out_others).map_err(refused)?;
        Ok(event.map_or(Line::Other, |event| Line::Event(Box::new(event))))
    }
}
