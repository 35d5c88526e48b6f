//! What can go wrong in a store, as facts. Words and exit codes are made of it by the command line.

use crate::operation::OperationId;
use crate::refusal::Refusal;

/// The cause of an error, from whatever library the adapter uses.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A store that could not do what it was asked. But for [`StoreError::OutcomeUnknown`], nothing was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Somebody else was first, again and again, or a unique key is taken.
    #[error("{what} was changed by somebody else or exists already")]
    Conflict {
        /// What it is about.
        what: String,
    },
    /// An idempotency key was used for another request.
    #[error("the idempotency key was used for another request, {first}")]
    KeyReused {
        /// The operation that used it first.
        first: OperationId,
    },
    /// The bounded wait for a lock is over.
    #[error("the store is busy")]
    Busy {
        /// The cause.
        #[source]
        source: Cause,
    },
    /// There is no store at this place.
    #[error("there is no store at {place}")]
    NoStore {
        /// Its file or server, without any password.
        place: String,
    },
    /// The store cannot be reached or written.
    #[error("the store {place} is not available: {reason}")]
    Unavailable {
        /// Its file or server, without any password.
        place: String,
        /// Why.
        reason: String,
        /// The cause.
        #[source]
        source: Option<Cause>,
    },
    /// The store is damaged, or not one of orch's.
    #[error("{place} is damaged or not a store of orch: {reason}")]
    Damaged {
        /// Its file or server, without any password.
        place: String,
        /// Why.
        reason: String,
    },
    /// The store was written by a newer version.
    #[error("{place} has schema {found}; this program knows up to {known}")]
    Newer {
        /// Its file or server, without any password.
        place: String,
        /// The schema version it has.
        found: i64,
        /// The newest schema version that the program knows.
        known: i64,
    },
    /// An import into the store began and was not finished: what it holds is a part of something.
    #[error("an import into {place} is unfinished")]
    Unfinished {
        /// Its file or server, without any password.
        place: String,
    },
    /// The connection was lost at commit: the change is whole or absent.
    #[error("the outcome of operation {operation} is unknown")]
    OutcomeUnknown {
        /// The operation to ask for.
        operation: OperationId,
        /// The cause.
        #[source]
        source: Cause,
    },
    /// Anything else: a defect of the adapter.
    #[error("the store failed while {doing}")]
    Failed {
        /// What it was doing.
        doing: &'static str,
        /// The cause.
        #[source]
        source: Cause,
    },
}

/// A change that was not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// The rules refuse it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store could not make it.
    #[error(transparent)]
    Store(#[from] StoreError),
}
