//! The port for many events at once: a batch is one transaction, guarded by the version of each task and sprint that it
//! touches. Decides nothing.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use orch_core::code::{IdempotencyKey, ProjectCode, SprintCode, TaskCode};
use orch_core::operation::{OperationId, Request};
use orch_core::refusal::Refusal;
use orch_core::store::{Answer, BatchChange, BatchContext, BatchScope, BatchStore, ChangeError, Outcome, StoreError};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DbBackend, EntityTrait as _, QueryFilter as _, QuerySelect as _, Statement,
};
use serde::{Deserialize, Serialize};

use crate::connection::Connection;
use crate::entity::{operation, sequence, sprint, task};
use crate::load;
use crate::retry::{Patience, Trouble};
use crate::store::SqlStore;

mod rows;

/// What one try has sent, whatever became of it.
#[derive(Default)]
struct Sent {
    /// The times of the events that were decided on.
    times: Vec<DateTime<Utc>>,
    /// Whether a commit was asked for.
    commit: bool,
}

/// What is kept under the key of a batch. No event is named: an answer that is given again does not name them either.
#[derive(Serialize, Deserialize)]
struct Kept<A> {
    answer: A,
}

impl BatchStore for SqlStore {
    async fn kept_keys(&self, keys: &[IdempotencyKey]) -> Result<BTreeSet<IdempotencyKey>, StoreError> {
        let look = |db: Connection| async move {
            let known = operation::Entity::find().select_only().column(operation::Column::IdempotencyKey);
            let known = known.filter(operation::Column::IdempotencyKey.is_in(keys.iter().map(IdempotencyKey::as_str)));
            let known: Vec<String> =
                known.into_tuple().all(&db).await.map_err(self.place().error("looking idempotency keys up"))?;
            let key = |text| IdempotencyKey::new(text).map_err(|error| self.place().damaged("an operation", error));
            known.into_iter().map(key).collect()
        };
        self.read(look).await
    }

    async fn append_batch<A: Answer>(
        &self,
        request: &Request,
        scope: &BatchScope,
        decide: impl Fn(BatchContext) -> Result<BatchChange<A>, Refusal> + Send + Sync,
    ) -> Result<Outcome<A>, ChangeError> {
        let mut patience = Patience::of(self);
        // whether a try was lost when it may have been written
        let mut lost = false;
        loop {
            let mut sent = Sent::default();
            let error = match Box::pin(self.try_batch_of_events(request, scope, &decide, &mut sent)).await {
                Err(ChangeError::Store(error)) => error,
                Ok(outcome) => return Ok(Outcome { replayed: outcome.replayed && !lost, ..outcome }),
                refused => return refused,
            };
            let trouble = Trouble::of(&error);
            lost |= sent.commit && trouble == Trouble::Lost;
            patience.wait_after(error).await.map_err(|error| match error {
                error if !lost => error,
                error => StoreError::OutcomeUnknown { operation: request.operation.id.clone(), source: error.into() },
            })?;
            if trouble == Trouble::NoPartition {
                self.make_partitions_for(sent.times.into_iter(), &mut BTreeSet::new()).await?;
            }
        }
    }
}

/// The rows that a batch touches, as they were.
struct Before {
    /// Ids and versions of the tasks.
    tasks: BTreeMap<TaskCode, (i64, i64)>,
    /// Ids and versions of the sprints.
    sprints: BTreeMap<SprintCode, (i64, i64)>,
}

impl SqlStore {
    async fn try_batch_of_events<A: Answer>(
        &self,
        request: &Request,
        scope: &BatchScope,
        decide: &(impl Fn(BatchContext) -> Result<BatchChange<A>, Refusal> + Send + Sync),
        sent: &mut Sent,
    ) -> Result<Outcome<A>, ChangeError> {
        // a transaction that is dropped is rolled back, so every `?` leaves the store as it was
        let db = self.begin().await?;
        self.lock_batch(&db, scope).await?;
        if let Some(outcome) = self.kept_batch(&db, request).await? {
            return Ok(outcome);
        }
        let (before, context) = self.batch_context(&db, scope).await?;
        let now = context.now;
        let change = decide(context)?;
        sent.times = change.events.iter().map(|event| event.at).collect();
        rows::write(self, &db, request, &before, &change).await?;
        let BatchChange { answer, .. } = change;
        self.keep_batch(&db, request, &answer, now).await?;
        sent.commit = true;
        self.commit(db, &request.operation.id).await?;
        let operation_id = request.operation.id.clone();
        Ok(Outcome { answer, operation_id, event_ids: Vec::new(), replayed: false })
    }

    /// On PostgreSQL, waits for the turn of these sprints and tasks, in the order that everybody keeps.
    async fn lock_batch(&self, db: &Connection, scope: &BatchScope) -> Result<(), StoreError> {
        if db.get_database_backend() != DbBackend::Postgres {
            return Ok(());
        }
        let list = |codes: Vec<&str>| serde_json::Value::from(codes).to_string();
        for (table, column, codes) in [
            ("orchestration_sprints", "sprint_code", list(scope.sprints.iter().map(SprintCode::as_str).collect())),
            ("orchestration_tasks", "task_code", list(scope.tasks.iter().map(TaskCode::as_str).collect())),
        ] {
            let sql = format!(
                "SELECT id FROM {table} WHERE {column} IN (SELECT json_array_elements_text($1::json)) \
                 ORDER BY id FOR UPDATE"
            );
            let lock = Statement::from_sql_and_values(DbBackend::Postgres, sql, [codes.into()]);
            db.query_all_raw(lock).await.map_err(self.place().error("waiting for tasks"))?;
        }
        // a project has no row, so that its first events have nothing else to wait for
        for code in &scope.projects {
            let lock = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";
            let lock = Statement::from_sql_and_values(DbBackend::Postgres, lock, [rows::project_events(code).into()]);
            db.query_all_raw(lock).await.map_err(self.place().error("waiting for a project"))?;
        }
        Ok(())
    }

    async fn kept_batch<A: Answer>(
        &self,
        db: &Connection,
        request: &Request,
    ) -> Result<Option<Outcome<A>>, StoreError> {
        let Some(key) = &request.operation.key else { return Ok(None) };
        let known = operation::Entity::find().filter(operation::Column::IdempotencyKey.eq(key.as_str()));
        let known = known.one(db).await.map_err(self.place().error("looking an idempotency key up"))?;
        let Some(known) = known else { return Ok(None) };
        let damaged = |error: &dyn std::fmt::Display| self.place().damaged("orchestration_operations", error);
        let operation_id = OperationId::new(&known.operation_id).map_err(|error| damaged(&error))?;
        if known.fingerprint != request.fingerprint {
            return Err(StoreError::KeyReused { first: operation_id });
        }
        let Kept { answer } = serde_json::from_value(known.answer).map_err(|error| damaged(&error))?;
        Ok(Some(Outcome { answer, operation_id, event_ids: Vec::new(), replayed: true }))
    }

    async fn keep_batch<A: Answer>(
        &self,
        db: &Connection,
        request: &Request,
        answer: &A,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let Some(key) = &request.operation.key else { return Ok(()) };
        let answer = serde_json::to_value(Kept { answer })
            .map_err(|error| StoreError::Failed { doing: "keeping an answer", source: error.into() })?;
        let row = operation::ActiveModel {
            operation_id: sea_orm::ActiveValue::Set(request.operation.id.to_string()),
            idempotency_key: sea_orm::ActiveValue::Set(key.to_string()),
            fingerprint: sea_orm::ActiveValue::Set(request.fingerprint.clone()),
            answer: sea_orm::ActiveValue::Set(answer),
            created_at: sea_orm::ActiveValue::Set(now),
        };
        let kept = operation::Entity::insert(row).exec_without_returning(db).await;
        kept.map(drop).map_err(self.place().error("keeping an answer"))
    }

    /// The state that a decision is made on, and the rows that it is in.
    async fn batch_context(&self, db: &Connection, scope: &BatchScope) -> Result<(Before, BatchContext), StoreError> {
        let codes = scope.tasks.iter().map(TaskCode::as_str);
        let read =
            load::read_tasks(db, self.place(), load::tasks().filter(task::Column::TaskCode.is_in(codes))).await?;
        let ids = read.iter().map(|(id, task)| (task.code.clone(), (*id, task.version))).collect();
        let tasks = read.into_iter().map(|(_, task)| (task.code.clone(), task)).collect();
        let codes = scope.sprints.iter().map(SprintCode::as_str);
        let rows = sprint::Entity::find().filter(sprint::Column::SprintCode.is_in(codes)).all(db).await;
        let rows = rows.map_err(self.place().error("reading sprints"))?;
        let (mut sprint_ids, mut sprints) = (BTreeMap::new(), BTreeMap::new());
        for row in rows {
            let (id, version) = (row.id, row.version);
            let sprint = load::sprint(self.place(), row)?;
            sprint_ids.insert(sprint.code.clone(), (id, version));
            sprints.insert(sprint.code.clone(), sprint);
        }
        let projects = self.projects(db, scope).await?;
        let now = self.time(db).await?;
        Ok((Before { tasks: ids, sprints: sprint_ids }, BatchContext { tasks, sprints, projects, now }))
    }

    /// How many events there are of each project of a scope itself.
    async fn projects(&self, db: &Connection, scope: &BatchScope) -> Result<BTreeMap<ProjectCode, i64>, StoreError> {
        let mut projects = BTreeMap::new();
        for code in &scope.projects {
            let name = rows::project_events(code);
            let known =
                sequence::Entity::find_by_id(name).one(db).await.map_err(self.place().error("reading projects"))?;
            projects.insert(code.clone(), known.map_or(0, |known| known.value));
        }
        Ok(projects)
    }
}
