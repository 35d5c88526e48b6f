//! The tries of one change: on which connection each is made, and how it goes on after one that failed. Knows nothing of
//! tasks, sprints or bugs.
//!
//! On SQLite a change is one transaction that holds the write lock from the start, and there is one try.
//!
//! On PostgreSQL the first try takes no lock: it reads in one statement and writes in one, guarded by the version that was
//! read. Whoever comes second locks the row, reads again, and writes in the same transaction, so that those who wait for
//! one row get it one after another. A try that failed before anything could have been written is made again. One whose
//! connection was lost when it may have been written is looked for first, which waits for whatever the server still does of
//! it: behind the row's lock, or behind a unique key.

use chrono::{DateTime, Utc};
use orch_core::operation::{OperationId, Request};
use orch_core::store::{Answer, Outcome, StoreError};

use crate::connection::Connection;
use crate::plan::Plan;
use crate::retry::{Patience, Trouble};
use crate::store::{Engine, SqlStore};
use crate::write::{self, Span};

/// The tries of one change.
pub(crate) struct Change<'a, A> {
    store: &'a SqlStore,
    operation: &'a OperationId,
    patience: Patience,
    locks: bool,
    /// What was sent and may have been written.
    sent: Option<(A, Vec<Span>)>,
    /// Whether the connection was lost after it was sent.
    lost: bool,
    /// The time that the last decision was made for.
    decided_for: Option<DateTime<Utc>>,
}

/// What a try came to that was not an error.
pub(crate) enum Step<A> {
    /// The change is made.
    Done(Outcome<A>),
    /// It needs a transaction.
    Lock,
}

impl<'a, A: Answer> Change<'a, A> {
    /// No try so far. With `locks` the first one takes locks already.
    pub(crate) fn new(store: &'a SqlStore, request: &'a Request, locks: bool) -> Self {
        let locks = match &store.engine {
            Engine::Sqlite { .. } => true,
            Engine::Postgres(server) => locks || !server.link.direct,
        };
        let (operation, patience) = (&request.operation.id, Patience::of(store));
        Self { store, operation, patience, locks, sent: None, lost: false, decided_for: None }
    }

    /// What to try on: a transaction, unless the first try does without.
    pub(crate) async fn begin(&self) -> Result<Connection, StoreError> {
        if self.locks { self.store.begin().await } else { Ok(self.store.connection()) }
    }

    /// Whether this try takes locks.
    pub(crate) fn locks(&self) -> bool {
        self.locks
    }

    /// The outcome of a try whose connection was lost, if it was written after all.
    pub(crate) async fn found(&mut self, db: &Connection) -> Result<Option<Outcome<A>>, StoreError> {
        let Some((_, spans)) = self.sent.as_ref().filter(|_| self.lost) else { return Ok(None) };
        let event_ids = write::ids(spans, db, self.store, self.operation).await?;
        if event_ids.is_empty() {
            return Ok(None);
        }
        Ok(self.sent.take().map(|(answer, _)| self.outcome(answer, event_ids)))
    }

    /// Carries a plan out and ends the try.
    pub(crate) async fn carry_out(
        &mut self,
        db: Connection,
        plan: Plan,
        answer: A,
        wrote: Vec<Span>,
        now: DateTime<Utc>,
    ) -> Result<Step<A>, StoreError> {
        if !plan.fits(&db) {
            return Ok(Step::Lock);
        }
        self.decided_for = Some(now);
        let place = self.store.place();
        let sent = Some((answer, wrote));
        let event_ids = if db.is_transaction() {
            let event_ids = plan.carry_out(&db, place).await?;
            self.sent = sent;
            self.store.commit(db, self.operation).await?;
            event_ids
        } else {
            self.sent = sent;
            plan.carry_out(&db, place).await?
        };
        Ok(self.sent.take().map_or(Step::Lock, |(answer, _)| Step::Done(self.outcome(answer, event_ids))))
    }

    fn outcome(&self, answer: A, event_ids: Vec<i64>) -> Outcome<A> {
        Outcome { answer, operation_id: self.operation.clone(), event_ids, replayed: false }
    }

    /// The next try takes locks.
    pub(crate) fn lock(&mut self) {
        self.locks = true;
    }

    /// Prepares another try after one that failed.
    ///
    /// # Errors
    /// The error, where there is none: the outcome is unknown if something was sent and nobody said what became of it.
    pub(crate) async fn again(&mut self, error: StoreError) -> Result<(), StoreError> {
        let trouble = Trouble::of(&error);
        match trouble {
            Trouble::Lost => self.lost |= self.sent.is_some(),
            // the server said no, so what was sent last was undone; what was lost before that is still open
            _ if !self.lost => self.sent = None,
            _ => {}
        }
        self.locks = true;
        if let Err(error) = self.patience.wait_after(error).await {
            return Err(match error {
                error if !self.lost => error,
                error => StoreError::OutcomeUnknown { operation: self.operation.clone(), source: error.into() },
            });
        }
        if trouble == Trouble::NoPartition
            && let Some(time) = self.decided_for
        {
            self.store.make_partition(time).await?;
        }
        Ok(())
    }
}
