//! Looking the store over: damage, states that are not the fold of their events, and the counts of a status screen.
//! Repairs nothing.

use orch_core::artifact::sha256_hex;
use orch_core::bug::fold_bug;
use orch_core::code::TaskCode;
use orch_core::event::{EntityType, Event};
use orch_core::fold::{FoldError, fold_sprint, fold_task};
use orch_core::store::StoreError;
use orch_core::task::Task;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    Statement,
};

use crate::connection::Connection;
use crate::entity::{artifact, bug, event, sprint, task};
use crate::log::{Log, Looked, Part};
use crate::store::SqlStore;
use crate::{artifact as contents, bug as bugs, load};

/// Whether an event is of something that is not there. Each read of an entity finds its own events, so nothing else would
/// notice.
const ORPHANED: &str = "(entity_type = 'task' AND entity_id NOT IN (SELECT task_code FROM orchestration_tasks)) \
     OR (entity_type = 'sprint' AND entity_id NOT IN (SELECT sprint_code FROM orchestration_sprints)) \
     OR (entity_type = 'bug' AND entity_id NOT IN (SELECT bug_code FROM orchestration_bugs))";

impl SqlStore {
    /// Everything that is wrong with the store, a sentence each: what SQLite itself finds, broken references, each task,
    /// sprint and bug whose row is not the fold of its events, and artifacts whose content is not what their task says.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read at all.
    pub async fn check(&self) -> Result<Vec<String>, StoreError> {
        // one moment for all that is read, or a change in the middle would look like damage; writers do not wait for it
        let log = match self.log_of_moment().await? {
            Looked::Found(log) => log,
            Looked::Missing(error) => return Ok(vec![error.to_string()]),
        };
        let moment = &log.db;
        let mut findings = Vec::new();
        if moment.get_database_backend() == DbBackend::Sqlite {
            // FTS5 remembers what it saw before, and the check alone does not make it look again
            for table in ["orchestration_search", "orchestration_search_grams"] {
                self.rows(
                    moment,
                    &format!("SELECT CAST(rowid AS text) FROM {table} WHERE {table} MATCH '\"0\"' LIMIT 1"),
                )
                .await?;
            }
            findings = self.rows(moment, "PRAGMA integrity_check").await?;
            findings.retain(|text| text != "ok");
            let broken = self.rows(moment, "PRAGMA foreign_key_check").await?;
            findings.extend(broken.iter().map(|table| format!("a row of {table} refers to one that is not there")));
        }
        // what a damaged file says of its rows means nothing
        if findings.is_empty() {
            self.check_tasks(&log, &mut findings).await?;
            self.check_sprints(&log, &mut findings).await?;
            self.check_bugs(&log, &mut findings).await?;
            for Part { table, .. } in log.parts() {
                let orphans = format!("SELECT DISTINCT entity_type || ' ' || entity_id FROM {table} WHERE {ORPHANED}");
                let orphans = self.rows(moment, &orphans).await?;
                findings.extend(orphans.iter().map(|text| format!("{text} has events but no row")));
            }
            findings.extend(self.check_archive(&log).await?);
        }
        Ok(findings)
    }

    /// The first column of what a statement gives.
    async fn rows(&self, moment: &Connection, sql: &str) -> Result<Vec<String>, StoreError> {
        let failed = self.place().error("checking the store");
        let statement = Statement::from_string(moment.get_database_backend(), sql);
        let rows = moment.query_all_raw(statement).await.map_err(&failed)?;
        rows.iter().map(|row| row.try_get_by_index(0).map_err(&failed)).collect()
    }

    async fn check_tasks(&self, log: &Log, findings: &mut Vec<String>) -> Result<(), StoreError> {
        let codes = task::Entity::find().select_only().column(task::Column::TaskCode).order_by_asc(task::Column::Id);
        let codes: Vec<String> =
            codes.into_tuple().all(&log.db).await.map_err(self.place().error("checking the store"))?;
        for code in codes {
            let Ok(valid) = TaskCode::new(&code) else {
                findings.push(format!("task {code:?} has no valid code"));
                continue;
            };
            let stored = load::read_task(&log.db, self.place(), &valid).await;
            let events = self.log_of(log, EntityType::Task, &code).await;
            // a row that cannot be read is a finding; a store that cannot is the end of the check
            let (Some(Some((id, stored))), Some(events)) = (found(stored, findings)?, found(events, findings)?) else {
                continue;
            };
            findings.extend(difference(&format!("task {code}"), fold_task(&events), &stored));
            self.check_artifacts(&log.db, id, &stored, findings).await?;
        }
        Ok(())
    }

    async fn check_artifacts(
        &self,
        moment: &Connection,
        id: i64,
        stored: &Task,
        findings: &mut Vec<String>,
    ) -> Result<(), StoreError> {
        for (name, meta) in &stored.artifacts {
            let row = artifact::Entity::find()
                .filter(artifact::Column::TaskId.eq(id))
                .filter(artifact::Column::Name.eq(name.as_str()))
                .one(moment)
                .await
                .map_err(self.place().error("checking the store"))?;
            let content = row.and_then(|row| contents::content(self.place(), row).ok());
            if content.is_none_or(|content| sha256_hex(&content) != meta.sha256) {
                findings.push(format!("artifact {name} of task {}: its content is missing or another", stored.code));
            }
        }
        Ok(())
    }

    async fn check_sprints(&self, log: &Log, findings: &mut Vec<String>) -> Result<(), StoreError> {
        let rows = sprint::Entity::find().order_by_asc(sprint::Column::Id).all(&log.db).await;
        for row in rows.map_err(self.place().error("checking the store"))? {
            let code = row.sprint_code.clone();
            let stored = load::sprint(self.place(), row);
            let events = self.log_of(log, EntityType::Sprint, &code).await;
            if let (Some(stored), Some(events)) = (found(stored, findings)?, found(events, findings)?) {
                findings.extend(difference(&format!("sprint {code}"), fold_sprint(&events), &stored));
            }
        }
        Ok(())
    }

    async fn check_bugs(&self, log: &Log, findings: &mut Vec<String>) -> Result<(), StoreError> {
        let rows = bug::Entity::find().order_by_asc(bug::Column::Id).all(&log.db).await;
        for row in rows.map_err(self.place().error("checking the store"))? {
            let code = row.bug_code.clone();
            let stored = bugs::read(self.place(), row);
            let events = self.log_of(log, EntityType::Bug, &code).await;
            if let (Some((_, stored)), Some(events)) = (found(stored, findings)?, found(events, findings)?) {
                findings.extend(difference(&format!("bug {code}"), fold_bug(&events), &stored));
            }
        }
        Ok(())
    }

    /// The whole log of one entity. A gap in its numbers is an event that is missing.
    async fn log_of(&self, log: &Log, entity_type: EntityType, code: &str) -> Result<Vec<Event>, StoreError> {
        let events = event::Entity::find()
            .filter(event::Column::EntityType.eq(entity_type.as_str()))
            .filter(event::Column::EntityId.eq(code));
        let rows = log.select(events, event::Column::Seq, u64::MAX >> 1).await;
        let rows = rows.map_err(self.place().error("checking the store"))?;
        let damaged = |reason| Err(self.place().damaged(&format!("the log of {entity_type} {code}"), reason));
        let numbered = rows.into_iter().zip(1..).map(|(row, seq)| match row.seq {
            found if found == seq => crate::event::read_event(self.place(), row),
            found if found < seq => damaged(format!("event {found} is there twice")),
            found => damaged(format!("event {seq} is missing before event {found}")),
        });
        numbered.collect()
    }

    /// How many tasks there are of each status that occurs, by the status's word.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    pub async fn task_counts(&self) -> Result<Vec<(String, i64)>, StoreError> {
        let look = |db| async move {
            let counts = task::Entity::find()
                .select_only()
                .column(task::Column::Status)
                .column_as(task::Column::Id.count(), "count")
                .group_by(task::Column::Status)
                .order_by_asc(task::Column::Status)
                .into_tuple()
                .all(&db);
            counts.await.map_err(self.place().error("counting tasks"))
        };
        self.read(look).await
    }

    /// How many bugs are open.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    pub async fn open_bugs(&self) -> Result<u64, StoreError> {
        let look = |db| async move {
            let open = bug::Entity::find().filter(bug::Column::ResolvedAt.is_null());
            let open = open.filter(bug::Column::MergedInto.is_null()).count(&db).await;
            open.map_err(self.place().error("counting bugs"))
        };
        self.read(look).await
    }
}

/// The value; or a finding, where it is the value that is damaged and not the whole store.
fn found<T>(result: Result<T, StoreError>, findings: &mut Vec<String>) -> Result<Option<T>, StoreError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(StoreError::Damaged { reason, .. }) => {
            findings.push(reason);
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn difference<T: PartialEq>(name: &str, folded: Result<Option<T>, FoldError>, stored: &T) -> Option<String> {
    match folded {
        Ok(Some(folded)) if folded == *stored => None,
        Ok(_) => Some(format!("{name} is not the fold of its events")),
        Err(error) => Some(format!("the log of {name}: {error}")),
    }
}
