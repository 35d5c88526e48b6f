//! Where the log goes that `ORCH_LOG` asks for: to standard error, without secrets. Formats nothing.

use std::io::{self, Write};

use orch_core::redact::Redactor;

/// One line of the log, written when it is complete.
#[derive(Default)]
pub(crate) struct Log {
    line: Vec<u8>,
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let line = String::from_utf8_lossy(&self.line);
        let written = io::stderr().lock().write_all(Redactor::default().text(&line).as_bytes());
        self.line.clear();
        written
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        // with standard error closed there is nobody left to tell
        let _ = self.flush();
    }
}
