//! The port of context search to the index: candidates, words and counts, of one database or the other. Ranks nothing.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use orch_core::code::{Actor, EventType};
use orch_core::event::Event;
use orch_core::search::{KnownWord, LookUp, Position, SearchIndex, SearchScope, SearchSummary, Within, phase_of};
use orch_core::store::StoreError;
use sea_orm::sea_query::Value;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DbBackend, DbErr, EntityTrait as _, QueryFilter as _, QueryResult,
    Statement,
};

use crate::connection::Connection;
use crate::entity::event;
use crate::event::read_event;
use crate::store::SqlStore;

mod postgres;
mod sqlite;

/// A statement's text as it grows, with its values.
struct Sql {
    backend: DbBackend,
    text: String,
    values: Vec<Value>,
}

impl Sql {
    fn new(backend: DbBackend, text: &str) -> Self {
        Self { backend, text: text.to_owned(), values: Vec::new() }
    }

    fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Adds a value and its place in the text.
    fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        match self.backend {
            DbBackend::Postgres => self.text.push_str(&format!("${}", self.values.len())),
            _ => self.text.push('?'),
        }
        self
    }

    /// Keeps the events of a time, `event` being a row of the log.
    fn at_the_time(&mut self, within: &Within) {
        if let Some(since) = within.since {
            self.push(" AND event.emitted_at >= ").bind(since);
        }
        if let Some(until) = within.until {
            self.push(" AND event.emitted_at < ").bind(until);
        }
    }

    fn statement(self) -> Statement {
        Statement::from_sql_and_values(self.backend, self.text, self.values)
    }
}

impl SearchIndex for SqlStore {
    async fn position(&self, scope: &SearchScope) -> Result<Option<Position>, StoreError> {
        let look = |db: Connection| async move {
            let statement = match db.get_database_backend() {
                DbBackend::Postgres => postgres::position(scope),
                _ => sqlite::position(scope),
            };
            let row = self.fetch(&db, statement).await?.into_iter().next();
            let Some(row) = row else { return Ok(None) };
            let read = || -> Result<(i64, i64, bool, Option<String>), DbErr> {
                let (last, generation) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
                Ok((last, generation, row.try_get_by_index(2)?, row.try_get_by_index(3)?))
            };
            let (last, generation, settled, operation) = read().map_err(self.failed())?;
            // two stores that were one, as a backup that is written to, go on with the same ids, but by other operations
            let operation = operation.unwrap_or_default();
            Ok(settled.then(|| Position(format!("{last}.{generation}.{operation}"))))
        };
        self.read(look).await
    }

    async fn size(&self) -> Result<u64, StoreError> {
        let look = |db: Connection| async move {
            let sql = "SELECT coalesce(max(id), 0) FROM orchestration_events";
            let rows = self.fetch(&db, Statement::from_string(db.get_database_backend(), sql)).await?;
            let last: Option<i64> =
                rows.first().map(|row| row.try_get_by_index(0)).transpose().map_err(self.failed())?;
            Ok(last.unwrap_or(0).unsigned_abs())
        };
        self.read(look).await
    }

    async fn look_up(&self, words: &[LookUp], limit: usize) -> Result<Vec<Vec<KnownWord>>, StoreError> {
        let look = |db: Connection| async move {
            let mut found: Vec<Vec<KnownWord>> = words.iter().map(|_| Vec::new()).collect();
            let statement = match db.get_database_backend() {
                DbBackend::Postgres => postgres::look_up(words, limit),
                _ => sqlite::look_up(words, limit),
            };
            if let Some(statement) = statement {
                for row in self.fetch(&db, statement).await? {
                    let (number, word) = known_word(&row).map_err(self.failed())?;
                    if let Some(list) = usize::try_from(number).ok().and_then(|number| found.get_mut(number)) {
                        list.push(word);
                    }
                }
            }
            Ok(found)
        };
        self.read(look).await
    }

    async fn candidates(&self, within: &Within, all_of: &[Vec<String>], limit: usize) -> Result<Vec<i64>, StoreError> {
        let found = self.candidates_each(within, &[(all_of.to_vec(), limit)]).await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn candidates_each(
        &self,
        within: &Within,
        plans: &[(Vec<Vec<String>>, usize)],
    ) -> Result<Vec<Vec<i64>>, StoreError> {
        if plans.is_empty() {
            return Ok(Vec::new());
        }
        let look = |db: Connection| async move {
            let statement = match db.get_database_backend() {
                DbBackend::Postgres => {
                    let frequent = self.frequent(&db, plans).await?;
                    Some(postgres::candidates_each(within, plans, &frequent))
                }
                _ => sqlite::candidates_each(within, plans),
            };
            let mut found: Vec<Vec<i64>> = plans.iter().map(|_| Vec::new()).collect();
            if let Some(statement) = statement {
                for row in self.fetch(&db, statement).await? {
                    let read =
                        || -> Result<(i64, String), DbErr> { Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?)) };
                    let (number, ids) = read().map_err(self.failed())?;
                    if let Some(list) = usize::try_from(number).ok().and_then(|number| found.get_mut(number)) {
                        // without any, the text is empty, which is no number
                        list.extend(ids.split(',').filter_map(|id| id.parse::<i64>().ok()));
                    }
                }
            }
            Ok(found)
        };
        self.read(look).await
    }

    async fn documents(&self, ids: &[i64]) -> Result<Vec<Event>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let look = |db: Connection| async move {
            let events = event::Entity::find().filter(event::Column::ArchivedAt.is_null());
            let rows = events.filter(event::Column::Id.is_in(ids.iter().copied())).all(&db).await;
            rows.map_err(self.failed())?.into_iter().map(|row| read_event(self.place(), row)).collect()
        };
        self.read(look).await
    }

    async fn count(&self, within: &Within) -> Result<SearchSummary, StoreError> {
        let look = |db: Connection| async move {
            let statement = match db.get_database_backend() {
                DbBackend::Postgres => postgres::count(within),
                _ => sqlite::count(within),
            };
            let mut summary = SearchSummary { total_is_exact: true, ..SearchSummary::default() };
            for row in self.fetch(&db, statement).await? {
                let counted = Counted::read(&row).map_err(self.failed())?;
                counted.add_to(&mut summary).map_err(|error| self.place().damaged("orchestration_events", error))?;
            }
            Ok(summary)
        };
        self.read(look).await
    }
}

/// What a part of the log has in common.
struct Counted {
    event_type: String,
    actor: String,
    phase: Option<String>,
    events: i64,
    first: DateTime<Utc>,
    last: DateTime<Utc>,
}

/// What is counted of events, `event` being a row of the log.
const COUNTED: &str = "event.event_type, event.actor, count(*), min(event.emitted_at), max(event.emitted_at)";

impl Counted {
    fn read(row: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            event_type: row.try_get_by_index(0)?,
            actor: row.try_get_by_index(1)?,
            events: row.try_get_by_index(2)?,
            first: row.try_get_by_index(3)?,
            last: row.try_get_by_index(4)?,
            phase: row.try_get_by_index(5)?,
        })
    }

    fn add_to(self, summary: &mut SearchSummary) -> Result<(), orch_core::code::InvalidName> {
        let events = self.events.unsigned_abs();
        let event_type = EventType::new(self.event_type)?;
        summary.total += events;
        if let Some(phase) = phase_of(&event_type, self.phase.as_deref()) {
            add(&mut summary.phases, phase, events);
        }
        add(&mut summary.event_types, event_type, events);
        add(&mut summary.actors, Actor::new(self.actor)?, events);
        summary.first = Some(summary.first.map_or(self.first, |first| first.min(self.first)));
        summary.last = Some(summary.last.map_or(self.last, |last| last.max(self.last)));
        Ok(())
    }
}

fn add<K: Ord>(counts: &mut BTreeMap<K, u64>, key: K, events: u64) {
    *counts.entry(key).or_default() += events;
}

impl SqlStore {
    fn failed(&self) -> impl Fn(DbErr) -> StoreError + '_ {
        self.place().error("searching")
    }

    async fn fetch(&self, db: &Connection, statement: Statement) -> Result<Vec<QueryResult>, StoreError> {
        db.query_all_raw(statement).await.map_err(self.failed())
    }

    /// Which plans are frequent: see [`postgres::candidates_each`].
    async fn frequent(&self, db: &Connection, plans: &[(Vec<Vec<String>>, usize)]) -> Result<Vec<bool>, StoreError> {
        let lists = plans.iter().flat_map(|(all_of, _)| all_of).map(Vec::as_slice);
        let mut counts = Vec::new();
        if let Some(statement) = postgres::frequency(lists) {
            for row in self.fetch(db, statement).await? {
                counts.push(row.try_get_by_index::<i64>(0).map_err(self.failed())?);
            }
        }
        let mut counts = counts.into_iter();
        let is_frequent = |(all_of, _): &(Vec<Vec<String>>, usize)| {
            counts.by_ref().take(all_of.len()).min().is_none_or(|least| least > postgres::FREQUENT)
        };
        Ok(plans.iter().map(is_frequent).collect())
    }
}

/// The number of the look-up and a word that it found.
fn known_word(row: &QueryResult) -> Result<(i64, KnownWord), DbErr> {
    let events: i64 = row.try_get_by_index(3)?;
    let word =
        KnownWord { word: row.try_get_by_index(1)?, term: row.try_get_by_index(2)?, events: events.unsigned_abs() };
    Ok((row.try_get_by_index(0)?, word))
}

/// A number for each list that the database is asked about: positions in it are small.
fn number(index: usize) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}
