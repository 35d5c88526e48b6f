//! Who uses a store in a file. Whoever has it open holds the folder that it is in, together with others; whoever exchanges the
//! files holds it alone. A hold ends with its process, however that ends. It opens no file of the store.

use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::Path;
use std::time::Instant;

use orch_core::store::StoreError;

use super::{LOG_WAIT, SqliteOptions};
use crate::retry::jittered;
use crate::scratch::folder_of;

/// The folder, held as long as this lives.
pub(crate) struct Hold {
    _folder: Option<File>,
}

impl Hold {
    /// Holds the store together with others, who may be waited for while one exchanges it.
    pub(super) async fn shared(options: &SqliteOptions) -> Result<Self, StoreError> {
        let folder = match File::open(folder_of(&options.path)) {
            Ok(folder) => folder,
            // no folder, no store; and one that nobody may look into, or a system where folders are not opened, is used
            // without a hold
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied) => {
                return Ok(Self { _folder: None });
            }
            Err(error) => return Err(unavailable(&options.path, error)),
        };
        match wait(options, || folder.try_lock_shared()).await {
            // some network file systems have no locks; there only the exchange is refused
            Err(TryLockError::Error(_)) => Ok(Self { _folder: None }),
            Err(TryLockError::WouldBlock) => Err(busy()),
            Ok(()) => Ok(Self { _folder: Some(folder) }),
        }
    }

    /// Holds the store alone.
    pub(super) async fn alone(options: &SqliteOptions) -> Result<Self, StoreError> {
        let folder = File::open(folder_of(&options.path)).map_err(|error| unavailable(&options.path, error))?;
        match wait(options, || folder.try_lock()).await {
            Err(TryLockError::Error(error)) => Err(unavailable(&options.path, error)),
            Err(TryLockError::WouldBlock) => Err(busy()),
            Ok(()) => Ok(Self { _folder: Some(folder) }),
        }
    }
}

async fn wait(options: &SqliteOptions, attempt: impl Fn() -> Result<(), TryLockError>) -> Result<(), TryLockError> {
    let deadline = Instant::now() + options.busy_timeout;
    loop {
        match attempt() {
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => tokio::time::sleep(jittered(LOG_WAIT)).await,
            done => return done,
        }
    }
}

fn busy() -> StoreError {
    StoreError::Busy { source: "another process uses it".into() }
}

fn unavailable(path: &Path, error: std::io::Error) -> StoreError {
    StoreError::Unavailable {
        place: path.display().to_string(),
        reason: format!("its folder cannot be held: {error}"),
        source: Some(error.into()),
    }
}
