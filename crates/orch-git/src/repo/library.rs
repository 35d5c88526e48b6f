//! libgit2 in one repository, and how far its answers can be trusted. Runs no program.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use git2::{FileMode, Index};
use orch_core::vcs::VcsError;

use super::Place;

/// Whether the library has to answer though git may say something else, as there is nobody else to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// It need not: where its answer may not be git's, it gives `None`.
    First,
    /// It has to.
    Alone,
}

impl Asked {
    /// Passes an answer on, if it is surely git's or there is no other.
    pub(super) fn weigh<T>(self, answer: T, sure: bool) -> Option<T> {
        (sure || self == Self::Alone).then_some(answer)
    }
}

/// An open repository.
pub(super) struct Library {
    inner: Mutex<git2::Repository>,
    pub(super) place: Place,
}

/// Marks in an index entry, of which the library does not know all that git does with them.
const INTENT_TO_ADD: u16 = 1 << 13;
const SKIP_WORKTREE: u16 = 1 << 14;

impl Library {
    pub(super) fn new(inner: git2::Repository, place: Place) -> Self {
        Self { inner: Mutex::new(inner), place }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, git2::Repository> {
        // Reading leaves nothing half done, so a panic in another thread spoils nothing.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the index has so many files that git, which does not check its sum and reads files in several threads, is
    /// faster though it has to be started.
    pub(super) fn is_large(&self) -> bool {
        const MANY: u32 = 500;
        let mut header = [0; 12];
        let read = File::open(self.place.git_dir.join("index")).and_then(|mut file| file.read_exact(&mut header));
        let [.., a, b, c, d] = header;
        read.is_ok() && header.starts_with(b"DIRC") && u32::from_be_bytes([a, b, c, d]) > MANY
    }

    /// Whether git shows other objects than are stored (`git replace`, grafts). The library does not know of them.
    pub(super) fn has_replacements(&self) -> bool {
        let common = &self.place.common_dir;
        let loose = || common.join("refs/replace").read_dir().is_ok_and(|mut entries| entries.next().is_some());
        common.join("info/grafts").exists() || loose() || packed_replacements(&common.join("packed-refs"))
    }
}

fn packed_replacements(file: &Path) -> bool {
    const WORD: &[u8] = b" refs/replace/";
    std::fs::read(file).is_ok_and(|packed| packed.windows(WORD.len()).any(|window| window == WORD))
}

/// The index as it is on disk now; the library keeps the one that it read.
pub(super) fn fresh_index(repository: &git2::Repository) -> Result<Index, VcsError> {
    let doing = failed("read the index");
    let mut index = repository.index().map_err(&doing)?;
    index.read(false).map_err(doing)?;
    Ok(index)
}

/// Whether the library compares this index with the files on disk as git does: not with submodules, whose settings say
/// what of them counts; not with files that are only announced or left out of the work tree; nor with files as young as
/// the index, which git looks into where the library trusts a clock that is finer than git's.
pub(super) fn is_plain(index: &Index) -> bool {
    let written = index.path().and_then(|path| path.metadata().ok()?.modified().ok());
    let written = written.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    let Some(written) = written.and_then(|time| i32::try_from(time.as_secs()).ok()) else {
        return index.is_empty();
    };
    index.iter().all(|entry| {
        entry.mode != u32::from(FileMode::Commit)
            && entry.flags_extended & (INTENT_TO_ADD | SKIP_WORKTREE) == 0
            && entry.mtime.seconds() < written
    })
}

/// Makes an error of the library one of the port.
pub(super) fn failed(doing: &'static str) -> impl Fn(git2::Error) -> VcsError {
    move |source| VcsError::Failed { doing, source: Box::new(source) }
}
