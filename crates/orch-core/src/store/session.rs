//! The port for looking at sessions. They are changed through their task.

use std::future::Future;

use super::{Page, StoreError, Window};
use crate::code::{SessionKey, TaskCode};
use crate::session::Session;

/// A session with the task it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionEntry {
    /// The task.
    pub task: TaskCode,
    /// The session.
    pub session: Session,
}

/// Which sessions to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionFilter {
    /// Only those of this task.
    pub task: Option<TaskCode>,
    /// Only those that are running (`true`) or ended (`false`).
    pub active: Option<bool>,
}

/// Looks at sessions.
pub trait SessionStore: Send + Sync {
    /// The session with this key.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    fn session(&self, key: &SessionKey) -> impl Future<Output = Result<Option<SessionEntry>, StoreError>> + Send;

    /// Sessions in the order of their start, which is the order in the log, whatever the clock said.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    fn sessions(
        &self,
        filter: &SessionFilter,
        window: Window,
    ) -> impl Future<Output = Result<Page<SessionEntry>, StoreError>> + Send;
}
