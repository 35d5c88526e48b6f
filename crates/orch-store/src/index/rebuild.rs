//! The index of a log that is there already: for an older store, after an import, and when somebody asks for it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use orch_core::event::EntityType;
use orch_core::store::StoreError;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select, Statement,
};
use serde_json::json;

use super::{Indexed, words};
use crate::entity::{bug, event};
use crate::error::Place;
use crate::event::read_event;
use crate::retry::Patience;
use crate::store::SqlStore;

/// So many events are indexed in one transaction.
const BATCH: u64 = 2_000;

impl SqlStore {
    /// Indexes all events at hand anew, batch by batch. Whoever writes or searches meanwhile is held up no longer than a batch
    /// takes, and finds what they found before. `tell` hears how many events are done. The answer is their number.
    ///
    /// # Errors
    /// [`StoreError`] if it came to an end too early; it may be repeated.
    pub async fn reindex(&self, tell: impl Fn(u64) + Send + Sync) -> Result<u64, StoreError> {
        let mut counts = HashMap::<String, i64>::new();
        let (mut done, mut after) = (0, i64::MIN);
        loop {
            let mut patience = Patience::of(self);
            let batch = loop {
                match self.reindex_after(after).await {
                    Ok(batch) => break batch,
                    Err(error) => patience.wait_after(error).await.map(drop)?,
                }
            };
            let Some((last, rows)) = batch else { break };
            for (word, _, events) in words(&rows) {
                *counts.entry(word.to_owned()).or_default() += events;
            }
            after = last;
            done += rows.len() as u64;
            tell(done);
        }
        self.finish_reindex(&counts).await?;
        Ok(done)
    }

    async fn reindex_after(&self, after: i64) -> Result<Option<(i64, Vec<Indexed>)>, StoreError> {
        let db = self.begin().await?;
        let events = event::Entity::find().filter(event::Column::Id.gt(after));
        let (ids, rows) = indexed(&db, self.place(), events).await?;
        let Some(last) = ids.last().copied() else { return Ok(None) };
        super::remove(&db, self.place(), &ids).await?;
        super::write(&db, self.place(), &ids, &rows).await?;
        db.commit().await.map_err(self.place().error("committing"))?;
        Ok(Some((last, rows)))
    }

    /// Puts the counts right, which were added to, and takes out what is of no event any more.
    async fn finish_reindex(&self, counts: &HashMap<String, i64>) -> Result<(), StoreError> {
        let failed = self.place().error("counting words");
        let counts: Vec<(&String, &i64)> = counts.iter().collect();
        for part in counts.chunks(10_000) {
            let db = self.begin().await?;
            let sql = match db.get_database_backend() {
                DbBackend::Postgres => {
                    "UPDATE orchestration_search_words AS known SET events = (given.value->>1)::bigint \
                     FROM json_array_elements($1::json) AS given WHERE known.word = given.value->>0"
                }
                _ => {
                    "UPDATE orchestration_search_words AS known SET events = given.value->>1 FROM json_each($1) AS given \
                     WHERE known.word = given.value->>0"
                }
            };
            let given = json!(part).to_string();
            let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, [given.into()]);
            db.execute_raw(statement).await.map_err(&failed)?;
            db.commit().await.map_err(self.place().error("committing"))?;
        }
        let db = self.begin().await?;
        let gone = match db.get_database_backend() {
            DbBackend::Postgres => {
                "DELETE FROM orchestration_search AS indexed WHERE NOT EXISTS \
                 (SELECT FROM orchestration_events WHERE id = indexed.event_id)"
            }
            _ => {
                "DELETE FROM orchestration_search WHERE rowid IN (SELECT id FROM orchestration_search_docsize \
                 EXCEPT SELECT id FROM orchestration_events)"
            }
        };
        db.execute_unprepared(gone).await.map_err(&failed)?;
        super::count_up(&db, self.place()).await?;
        db.commit().await.map_err(self.place().error("committing"))
    }
}

/// The schema that has the first index.
const FIRST: usize = 3;

/// Whether the index is new with an upgrade.
pub(crate) fn is_new(from: i64, to: usize) -> bool {
    usize::try_from(from).is_ok_and(|from| from > 0 && from < FIRST) && to >= FIRST
}

/// Indexes all events of a store that has no index yet.
pub(crate) async fn fill(db: &impl ConnectionTrait, place: Place<'_>) -> Result<(), StoreError> {
    // an archive has events alone, and is not searched
    let tables = ["orchestration_tasks", "orchestration_sprints", "orchestration_bugs"];
    let filled = tables.map(|table| format!("EXISTS (SELECT 1 FROM {table})")).join(" OR ");
    let sql = format!("SELECT {filled}");
    let failed = place.error("indexing events");
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await.map_err(&failed)?;
    let is_store: bool = row.map_or(Ok(false), |row| row.try_get_by_index(0)).map_err(&failed)?;
    if !is_store {
        return Ok(());
    }
    let mut after = i64::MIN;
    loop {
        let (ids, rows) = indexed(db, place, event::Entity::find().filter(event::Column::Id.gt(after))).await?;
        let Some(last) = ids.last() else { return Ok(()) };
        super::write(db, place, &ids, &rows).await?;
        after = *last;
    }
}

/// What is to be indexed of some events, at most a batch, with their ids in order.
pub(super) async fn indexed(
    db: &impl ConnectionTrait,
    place: Place<'_>,
    events: Select<event::Entity>,
) -> Result<(Vec<i64>, Vec<Indexed>), StoreError> {
    let failed = place.error("reading events to index");
    let rows = events.order_by_asc(event::Column::Id).limit(BATCH).all(db).await.map_err(&failed)?;
    let of_bugs = rows.iter().filter(|row| row.entity_type == EntityType::Bug.as_str());
    let bugs: BTreeSet<&str> = of_bugs.map(|row| row.entity_id.as_str()).collect();
    let mut tasks = BTreeMap::new();
    if !bugs.is_empty() {
        let found = bug::Entity::find()
            .select_only()
            .columns([bug::Column::BugCode, bug::Column::TaskCode])
            .filter(bug::Column::BugCode.is_in(bugs))
            .into_tuple::<(String, Option<String>)>();
        tasks.extend(found.all(db).await.map_err(&failed)?);
    }
    let mut ids = Vec::with_capacity(rows.len());
    let mut indexed = Vec::with_capacity(rows.len());
    for row in rows {
        let event = read_event(place, row)?;
        ids.push(event.id);
        indexed.push(Indexed::of_event(&event, tasks.get(&event.entity_code).cloned().flatten()));
    }
    Ok((ids, indexed))
}
