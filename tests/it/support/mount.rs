//! File systems of a test's own, where the system lets them be mounted: full ones, and such that can only be read.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

/// A file system of a test's own, taken away with the value.
pub(crate) struct Mount {
    at: String,
}

impl Mount {
    /// Mounts what `arguments` say. `None` where nobody may.
    pub(crate) fn new(at: &Path, arguments: &[&str]) -> Option<Self> {
        let at = at.to_str().unwrap().to_owned();
        let done = Command::new("mount").args(arguments).arg(&at).output();
        if done.as_ref().is_ok_and(|output| output.status.success()) {
            return Some(Self { at });
        }
        // a print would be caught by the test harness and thrown away with the test that passes
        let text =
            format!("\n*** LEFT OUT: a test that needs a file system of its own; nothing can be mounted: {done:?}\n\n");
        let _ = std::io::stderr().write_all(text.as_bytes());
        None
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.at).output();
    }
}
