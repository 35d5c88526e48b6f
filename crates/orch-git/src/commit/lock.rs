//! Locks: orch's own, so that one commit is made at a time, and those of git, which are waited for and never removed.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use orch_core::vcs::VcsError;

/// How long a lock of git is waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// How long another run of orch is waited for, whose hooks may be slow.
const TURN: Duration = Duration::from_secs(30);

/// The file that orch locks. It stays; the lock on it ends with the process.
const FILE: &str = "orch-commit";

/// The right to make a commit in a repository and its linked work trees. It ends when this is dropped.
pub(super) struct Turn {
    _file: File,
}

impl Turn {
    /// Waits for it.
    pub(super) fn wait(common_dir: &Path) -> Result<Self, VcsError> {
        let failed = |source| VcsError::Failed { doing: "lock the repository", source };
        let path = common_dir.join(FILE);
        let opened = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path);
        let mut file = opened.map_err(|error| failed(Box::new(error)))?;
        let mut pauses = Pauses::new();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if pauses.pause_within(TURN) => {}
                Err(TryLockError::WouldBlock) => return Err(VcsError::CommitUnderWay { age: age(&path) }),
                Err(TryLockError::Error(error)) => return Err(failed(Box::new(error))),
            }
        }
        // Its time says since when it is held. Nobody needs that to go on.
        let _ = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
        Ok(Self { _file: file })
    }
}

/// Waits until none of these locks of git is there.
pub(super) fn wait_until_free(locks: &[PathBuf]) -> Result<(), VcsError> {
    let mut pauses = Pauses::new();
    loop {
        match locks.iter().find(|path| path.symlink_metadata().is_ok()) {
            None => return Ok(()),
            Some(_) if pauses.pause_within(PATIENCE) => {}
            Some(held) => return Err(locked(held.clone())),
        }
    }
}

/// A lock that is held, with its age.
pub(super) fn locked(path: PathBuf) -> VcsError {
    let age = age(&path);
    VcsError::Locked { path, age }
}

fn age(path: &Path) -> Option<Duration> {
    path.symlink_metadata().ok()?.modified().ok()?.elapsed().ok()
}

/// Pauses of uneven length, so that those who wait do not come at the same time.
pub(super) struct Pauses {
    began: Instant,
    number: u64,
}

impl Pauses {
    pub(super) fn new() -> Self {
        Self { began: Instant::now(), number: u64::from(std::process::id()) }
    }

    /// Pauses, unless all pauses together would be longer than that.
    pub(super) fn pause_within(&mut self, most: Duration) -> bool {
        if self.began.elapsed() >= most {
            return false;
        }
        // a step of a linear congruential generator; no secret depends on it
        self.number = self.number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        std::thread::sleep(Duration::from_millis(10 + (self.number >> 33) % 40));
        true
    }
}
