//! The port for sprints. One write method is one transaction.

use std::future::Future;

use chrono::{DateTime, Utc};

use super::{Answer, ChangeError, Outcome, Page, StoreError, Window};
use crate::code::SprintCode;
use crate::event::Fact;
use crate::operation::Request;
use crate::refusal::Refusal;
use crate::sprint::Sprint;

/// The sprint that a change is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SprintTarget {
    /// One that exists.
    Existing(SprintCode),
    /// A new one, with the given code or the next free one (`SPR-001`, …; never one that was given out).
    New(Option<SprintCode>),
}

/// The state that a decision is made on, read in the transaction that will write.
#[derive(Debug, Clone)]
pub struct SprintContext {
    /// The code of the target; for a new sprint the one it will have.
    pub code: SprintCode,
    /// The target; `None` if there is no such sprint.
    pub sprint: Option<Sprint>,
    /// The store's clock, whole microseconds; never before the target's last event, even if the clock went back.
    pub now: DateTime<Utc>,
}

/// A decision: the sprint after its new facts, and the answer.
#[derive(Debug, Clone)]
pub struct SprintChange<A> {
    /// The sprint as it will be: the fold of its events with `facts`.
    pub sprint: Sprint,
    /// The new facts. Without any, nothing is written but the answer under its idempotency key.
    pub facts: Vec<Fact>,
    /// What the caller is told.
    pub answer: A,
}

/// Stores sprints with their events.
pub trait SprintStore: Send + Sync {
    /// Makes one change to one sprint in one transaction; as [`super::TaskStore::change_task`].
    ///
    /// # Errors
    /// As [`super::TaskStore::change_task`].
    fn change_sprint<A: Answer>(
        &self,
        request: &Request,
        target: &SprintTarget,
        decide: impl Fn(SprintContext) -> Result<SprintChange<A>, Refusal> + Send + Sync,
    ) -> impl Future<Output = Result<Outcome<A>, ChangeError>> + Send;

    /// The sprint with this code.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    fn sprint(&self, code: &SprintCode) -> impl Future<Output = Result<Option<Sprint>, StoreError>> + Send;

    /// Sprints in the order of their creation, which is the order in the log, whatever the clock said.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    fn sprints(&self, window: Window) -> impl Future<Output = Result<Page<Sprint>, StoreError>> + Send;
}
