//! Looking the store over: damage, states that are not the fold of their events, and the counts of a status screen.

use orch_core::event::EntityType;
use orch_core::fold::{fold_sprint, fold_task};
use orch_core::store::{EventFilter, EventStore, SprintStore, StoreError, TaskFilter, TaskStore, Window};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Statement,
};

use crate::connect::SqlStore;
use crate::entity::{bug, task};

/// How many entities are read at a time.
const BATCH: u64 = 100;

impl SqlStore {
    /// Everything that is wrong with the store, a sentence each: what SQLite finds, broken references, and each task and
    /// sprint whose row is not the fold of its events.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read at all.
    pub async fn check(&self) -> Result<Vec<String>, StoreError> {
        let mut findings = self.pragma("PRAGMA integrity_check", |text| text != "ok").await?;
        findings.extend(self.pragma("PRAGMA foreign_key_check", |_| true).await?);
        if findings.is_empty() {
            self.check_tasks(&mut findings).await?;
            self.check_sprints(&mut findings).await?;
        }
        Ok(findings)
    }

    async fn pragma(&self, pragma: &str, is_bad: fn(&str) -> bool) -> Result<Vec<String>, StoreError> {
        let failed = self.place().error("checking the store");
        let statement = Statement::from_string(sea_orm::DbBackend::Sqlite, pragma);
        let rows = self.db.query_all_raw(statement).await.map_err(&failed)?;
        let mut bad = Vec::new();
        for row in rows {
            let text: String = row.try_get_by_index(0).map_err(&failed)?;
            if is_bad(&text) {
                bad.push(format!("{pragma}: {text}"));
            }
        }
        Ok(bad)
    }

    async fn check_tasks(&self, findings: &mut Vec<String>) -> Result<(), StoreError> {
        let mut offset = 0;
        loop {
            let page = self.tasks(&TaskFilter::default(), Window { limit: BATCH, offset }).await?;
            for task in &page.items {
                let events = self.log_of(EntityType::Task, task.code.as_str()).await?;
                match fold_task(&events) {
                    Ok(Some(folded)) if folded == *task => {}
                    Ok(_) => findings.push(format!("task {} is not the fold of its events", task.code)),
                    Err(error) => findings.push(format!("the log of task {}: {error}", task.code)),
                }
            }
            if page.items.is_empty() {
                return Ok(());
            }
            offset += BATCH;
        }
    }

    async fn check_sprints(&self, findings: &mut Vec<String>) -> Result<(), StoreError> {
        let mut offset = 0;
        loop {
            let page = self.sprints(Window { limit: BATCH, offset }).await?;
            for sprint in &page.items {
                let events = self.log_of(EntityType::Sprint, sprint.code.as_str()).await?;
                match fold_sprint(&events) {
                    Ok(Some(folded)) if folded == *sprint => {}
                    Ok(_) => findings.push(format!("sprint {} is not the fold of its events", sprint.code)),
                    Err(error) => findings.push(format!("the log of sprint {}: {error}", sprint.code)),
                }
            }
            if page.items.is_empty() {
                return Ok(());
            }
            offset += BATCH;
        }
    }

    async fn log_of(&self, entity_type: EntityType, code: &str) -> Result<Vec<orch_core::event::Event>, StoreError> {
        let filter = EventFilter { entity: Some((entity_type, code.to_owned())), ..EventFilter::default() };
        self.events(&filter, u64::from(u32::MAX)).await
    }

    /// How many tasks there are of each status that occurs, by the status's word.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    pub async fn task_counts(&self) -> Result<Vec<(String, i64)>, StoreError> {
        task::Entity::find()
            .select_only()
            .column(task::Column::Status)
            .column_as(task::Column::Id.count(), "count")
            .group_by(task::Column::Status)
            .order_by_asc(task::Column::Status)
            .into_tuple()
            .all(&self.db)
            .await
            .map_err(self.place().error("counting tasks"))
    }

    /// How many bugs are not resolved.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    pub async fn open_bugs(&self) -> Result<u64, StoreError> {
        let open = bug::Entity::find().filter(bug::Column::ResolvedAt.is_null()).count(&self.db).await;
        open.map_err(self.place().error("counting bugs"))
    }
}
