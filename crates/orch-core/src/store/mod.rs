//! The ports to storage: what a store must do, in the words of the domain. Each adapter passes the same suite,
//! `orch_core::testing::conformance` (feature `testing`). No adapter lives here.

mod batch;
mod bug;
mod error;
mod event;
mod session;
mod sprint;
mod task;

pub use batch::{BatchChange, BatchContext, BatchEvent, BatchScope, BatchStore};
pub use bug::{BugChange, BugContext, BugFilter, BugName, BugOrder, BugScope, BugStore};
pub use error::{Cause, ChangeError, StoreError};
pub use event::{ArtifactStore, EventFilter, EventStore};
pub use session::{SessionEntry, SessionFilter, SessionStore};
pub use sprint::{SprintChange, SprintContext, SprintStore, SprintTarget};
pub use task::{Related, TaskChange, TaskContext, TaskFilter, TaskScope, TaskStore, TaskTarget};

use serde::{Serialize, de::DeserializeOwned};

use crate::operation::OperationId;

/// All storage ports at once.
pub trait Store: TaskStore + SprintStore + SessionStore + EventStore + ArtifactStore + BugStore {}

impl<S: TaskStore + SprintStore + SessionStore + EventStore + ArtifactStore + BugStore> Store for S {}

/// An answer that can be kept with an idempotency key and given again.
pub trait Answer: Serialize + DeserializeOwned + Send + Sync {}

impl<A: Serialize + DeserializeOwned + Send + Sync> Answer for A {}

/// A part of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The items of this part.
    pub items: Vec<T>,
    /// How many there are in all parts.
    pub total: u64,
}

/// Which part of a list. Any numbers are taken: a limit of 0 gives the total alone, the greatest one everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// How many at most.
    pub limit: u64,
    /// How many to leave out first.
    pub offset: u64,
}

impl Default for Window {
    fn default() -> Self {
        Self { limit: 50, offset: 0 }
    }
}

/// What a change came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome<A> {
    /// The answer; with a repeated idempotency key, the first one.
    pub answer: A,
    /// The operation that made the change: the first one, where the key was repeated.
    pub operation_id: OperationId,
    /// The ids of the events it wrote, in order.
    pub event_ids: Vec<i64>,
    /// Whether the key was repeated, so that nothing was changed now.
    pub replayed: bool,
}
