//! A note from one process to the next: the server gave no answer just now. A command that ends after one query would find
//! that out anew each time. It asks no server, and does without where there is no place to write.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

/// A file whose age says when a server was found not to answer.
#[derive(Debug, Clone)]
pub(super) struct Note {
    file: Option<PathBuf>,
    /// The server it is about: one of another address is not meant.
    place: String,
}

impl Note {
    pub(super) fn new(file: Option<PathBuf>, place: &str) -> Self {
        Self { file, place: format!("{place}\n") }
    }

    /// How old the note is, if there is one that is not older than this.
    pub(super) fn age(&self, most: Duration) -> Option<Duration> {
        let file = self.file.as_ref()?;
        // after a clock that was set back there is no age, and no note
        let age = fs::metadata(file).ok()?.modified().ok()?.elapsed().ok()?;
        let is_meant = || fs::read(file).is_ok_and(|place| place == self.place.as_bytes());
        (age < most && is_meant()).then_some(age)
    }

    /// Leaves one for others.
    pub(super) fn leave(&self) {
        if let Some(file) = &self.file {
            // without it another process finds out for itself
            let _ = fs::write(file, &self.place);
        }
    }
}
