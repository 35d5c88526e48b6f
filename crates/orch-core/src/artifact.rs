//! Artifacts of a task as files, and the port to the folder they lie in. Opens no file itself.

use std::io;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use crate::code::{ArtifactName, TaskCode};
use crate::operation::hex;

/// One artifact as it was read from the task's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtifactFile {
    /// The path inside the task's folder.
    pub name: ArtifactName,
    /// The bytes of the file.
    pub content: Vec<u8>,
    /// The SHA-256 of the content, 64 lower-case hexadecimal digits.
    pub sha256: String,
}

impl ArtifactFile {
    /// An artifact with this content.
    #[must_use]
    pub fn new(name: ArtifactName, content: Vec<u8>) -> Self {
        let sha256 = sha256_hex(&content);
        Self { name, content, sha256 }
    }

    /// Whether the content is nothing but white space.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.content.iter().all(u8::is_ascii_whitespace)
    }
}

/// What a task's folder holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// The artifacts, sorted by folder and name.
    pub files: Vec<ArtifactFile>,
    /// What was left out: the name made visible (no control characters), and why.
    pub refused: Vec<(String, String)>,
}

/// What a write did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// The file is new or has new content.
    Changed,
    /// The file had this content already and was not touched.
    Same,
}

/// Why a task's folder could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// A rule forbids it.
    #[error("{} is refused: {reason}", path.display())]
    Refused {
        /// The path that the rule is about.
        path: PathBuf,
        /// The rule, in words.
        reason: String,
    },
    /// The file system failed.
    #[error("could not {doing} {}", path.display())]
    Io {
        /// The path that was worked on.
        path: PathBuf,
        /// What was tried, as it follows "could not".
        doing: &'static str,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

/// The folders in which tasks keep their artifacts.
pub trait ArtifactFolder: Send + Sync {
    /// Where the artifacts of a task lie or would lie. Touches nothing.
    fn folder(&self, task: &TaskCode) -> PathBuf;

    /// Reads all artifacts of a task. A missing folder is an empty one.
    ///
    /// # Errors
    /// [`FolderError::Refused`] if the folder itself breaks a rule, [`FolderError::Io`] if the file system fails.
    /// A single file that breaks a rule is no error: it is listed in [`Found::refused`].
    fn read(&self, task: &TaskCode) -> Result<Found, FolderError>;

    /// Writes one artifact, durably and whole or not at all.
    ///
    /// # Errors
    /// [`FolderError::Refused`] if a rule forbids it, [`FolderError::Io`] if the file system fails. Either way the file
    /// is as it was; only when syncing its folder is what failed may the new content already be in place.
    fn write(&self, task: &TaskCode, name: &ArtifactName, content: &[u8]) -> Result<Written, FolderError>;

    /// Writes a new artifact, durably and whole. Whatever is there in its place stays, and `false` says so.
    ///
    /// # Errors
    /// As [`ArtifactFolder::write`].
    fn create(&self, task: &TaskCode, name: &ArtifactName, content: &[u8]) -> Result<bool, FolderError>;
}

/// The SHA-256 of some bytes as 64 lower-case hexadecimal digits.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_the_known_ones() {
        // FIPS 180-2, appendix B, and the empty text.
        for (text, hash) in [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ] {
            assert_eq!(sha256_hex(text.as_bytes()), hash);
        }
    }
}
