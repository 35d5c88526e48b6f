//! The port for many events at once. It is not a part of [`super::Store`]: a store that imports nothing does without it.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

use chrono::{DateTime, Utc};

use super::{Answer, ChangeError, Outcome, StoreError};
use crate::code::{Actor, IdempotencyKey, ProjectCode, SessionKey, SprintCode, TaskCode};
use crate::event::Fact;
use crate::import::{Entity, External};
use crate::operation::Request;
use crate::refusal::Refusal;
use crate::sprint::Sprint;
use crate::task::Task;

/// The tasks, sprints and projects that a batch speaks of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchScope {
    /// The tasks.
    pub tasks: BTreeSet<TaskCode>,
    /// The sprints.
    pub sprints: BTreeSet<SprintCode>,
    /// The projects.
    pub projects: BTreeSet<ProjectCode>,
}

/// The state that a decision is made on, read in the transaction that will write.
#[derive(Debug, Clone)]
pub struct BatchContext {
    /// The tasks of the scope that exist.
    pub tasks: BTreeMap<TaskCode, Task>,
    /// The sprints of the scope that exist.
    pub sprints: BTreeMap<SprintCode, Sprint>,
    /// How many events there are of each project of the scope itself.
    pub projects: BTreeMap<ProjectCode, i64>,
    /// The store's clock, whole microseconds.
    pub now: DateTime<Utc>,
}

/// An event of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchEvent {
    /// What it is about.
    pub entity: Entity,
    /// Its number among the events of that task, sprint or project.
    pub seq: i64,
    /// What happened.
    pub fact: Fact,
    /// Who acted.
    pub actor: Actor,
    /// The session it happened in.
    pub session_key: Option<SessionKey>,
    /// When.
    pub at: DateTime<Utc>,
    /// What it was where it comes from.
    pub external: Option<External>,
}

/// A decision: the tasks and sprints after their new events, the events in their order, and the answer.
#[derive(Debug, Clone)]
pub struct BatchChange<A> {
    /// The tasks of the scope as they will be: each the fold of its events. Of one that was there before, a batch changes
    /// the version, the time of the last event and the end of the lease.
    pub tasks: BTreeMap<TaskCode, Task>,
    /// The sprints of the scope as they will be; as with tasks.
    pub sprints: BTreeMap<SprintCode, Sprint>,
    /// How many events there will be of each project itself.
    pub projects: BTreeMap<ProjectCode, i64>,
    /// The new events, in the order of the log.
    pub events: Vec<BatchEvent>,
    /// What the caller is told.
    pub answer: A,
}

/// Appends many events at once.
pub trait BatchStore: Send + Sync {
    /// Those of some idempotency keys under which an answer is kept.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    fn kept_keys(
        &self,
        keys: &[IdempotencyKey],
    ) -> impl Future<Output = Result<BTreeSet<IdempotencyKey>, StoreError>> + Send;

    /// Appends a batch in one transaction: it is whole or absent. As [`super::TaskStore::change_task`], but for many tasks and
    /// sprints. The ids of the events are not given.
    ///
    /// # Errors
    /// As [`super::TaskStore::change_task`].
    fn append_batch<A: Answer>(
        &self,
        request: &Request,
        scope: &BatchScope,
        decide: impl Fn(BatchContext) -> Result<BatchChange<A>, Refusal> + Send + Sync,
    ) -> impl Future<Output = Result<Outcome<A>, ChangeError>> + Send;
}
