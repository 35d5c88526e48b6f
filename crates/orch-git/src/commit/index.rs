//! The index as it was before a commit was tried, to be put back; and one of orch's own, to try what would be committed.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use orch_core::vcs::VcsError;

use super::lock;

const DOING: &str = "put the index back as it was";

/// The content and the time of the index.
pub(super) struct Snapshot {
    path: PathBuf,
    /// Nothing where there was no index.
    content: Option<(Vec<u8>, Option<SystemTime>)>,
}

impl Snapshot {
    /// Reads the index of this work tree.
    pub(super) fn take(git_dir: &Path) -> Result<Self, VcsError> {
        let path = git_dir.join("index");
        let content = match fs::read(&path) {
            Ok(bytes) => Some((bytes, fs::metadata(&path).and_then(|file| file.modified()).ok())),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(source) => return Err(VcsError::Failed { doing: "read the index", source: Box::new(source) }),
        };
        Ok(Self { path, content })
    }

    /// Puts the index back as it was, if it is not so still. Where git was killed it does so without its lock, which git may
    /// have left behind.
    pub(super) fn restore(self, killed: bool) -> Result<(), VcsError> {
        let now = fs::read(&self.path).ok();
        if now.as_deref() == self.content.as_ref().map(|(bytes, _)| bytes.as_slice()) {
            return Ok(());
        }
        let failed = |source: std::io::Error| VcsError::Failed { doing: DOING, source: Box::new(source) };
        let held = if killed { self.path.with_file_name("orch-old-index") } else { self.path.with_extension("lock") };
        if killed {
            // what a run that was killed as well left of it
            let _ = fs::remove_file(&held);
        }
        let mut pauses = lock::Pauses::new();
        let mut file = loop {
            match OpenOptions::new().write(true).create_new(true).open(&held) {
                Ok(file) => break file,
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    if !pauses.pause_within(lock::PATIENCE) {
                        return Err(lock::locked(held));
                    }
                }
                Err(error) => return Err(failed(error)),
            }
        };
        self.write_back(&mut file, &held).map_err(|error| {
            let _ = fs::remove_file(&held);
            failed(error)
        })
    }

    fn write_back(self, file: &mut File, held: &Path) -> std::io::Result<()> {
        let Some((bytes, time)) = self.content else {
            fs::remove_file(&self.path)?;
            return fs::remove_file(held);
        };
        file.write_all(&bytes)?;
        if let Ok(old) = fs::metadata(&self.path) {
            file.set_permissions(old.permissions())?;
        }
        // Git looks into files that are as young as the index, so its time is a part of what it says.
        if let Some(time) = time {
            file.set_modified(time)?;
        }
        file.sync_all()?;
        fs::rename(held, &self.path)
    }
}

/// An index beside the real one. What a run that was killed left of it goes.
pub(super) struct Trial {
    path: PathBuf,
}

impl Trial {
    /// A copy of the real index.
    pub(super) fn copied(git_dir: &Path) -> Result<Self, VcsError> {
        let (trial, index) = (Self::empty(git_dir), git_dir.join("index"));
        match trial.copy(&index) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(VcsError::Failed { doing: "copy the index", source: Box::new(error) })
            }
            _ => Ok(trial),
        }
    }

    /// Copies the time, too: git takes a file that is older than the index for unchanged if its size is the same.
    fn copy(&self, index: &Path) -> std::io::Result<()> {
        fs::copy(index, &self.path)?;
        File::options().append(true).open(&self.path)?.set_modified(fs::metadata(index)?.modified()?)
    }

    /// None as yet.
    pub(super) fn empty(git_dir: &Path) -> Self {
        let trial = Self { path: git_dir.join("orch-trial-index") };
        trial.clear();
        trial
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn clear(&self) {
        for path in [self.path.clone(), self.path.with_extension("lock")] {
            // what is not there need not go, and what cannot go will be told by git
            let _ = fs::remove_file(path);
        }
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        self.clear();
    }
}
