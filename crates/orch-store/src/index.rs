//! The index of the event log, as it is written: what is kept of each event, in the transaction of the event. Is read by
//! `search`; decides nothing of what is in an event, the core does.

use std::collections::HashMap;

use orch_core::event::{EntityType, Event};
use orch_core::search::{Analysis, analyse};
use orch_core::store::StoreError;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::Value;

use crate::error::Place;

pub(crate) mod postgres;
pub(crate) mod rebuild;
pub(crate) mod sqlite;

/// The task that an event belongs to, and how its sprint is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Belongs {
    /// To a task; whoever writes it knows its sprint.
    Task { task: String, sprint: Option<String> },
    /// To a task that is there already, whose sprint has to be looked up.
    TaskOnRecord(String),
    /// To a sprint.
    Sprint(String),
    /// To the store as a whole.
    None,
}

/// What is indexed of one event.
#[derive(Debug, Clone)]
pub(crate) struct Indexed {
    pub(crate) belongs: Belongs,
    pub(crate) session: Option<String>,
    pub(crate) project: Option<String>,
    pub(crate) event_type: String,
    pub(crate) actor: String,
    pub(crate) analysis: Analysis,
}

impl Indexed {
    /// An event that happened in no session and came from no other project.
    pub(crate) fn new(belongs: Belongs, event_type: &str, actor: &str, payload: &Value) -> Self {
        Self {
            belongs,
            session: None,
            project: None,
            event_type: event_type.to_owned(),
            actor: actor.to_owned(),
            analysis: analyse(event_type, payload),
        }
    }

    /// An event of the log, and the task of its bug, if it is of one.
    pub(crate) fn of_event(event: &Event, task_of_bug: Option<String>) -> Self {
        let belongs = match event.entity_type {
            EntityType::Task => Belongs::TaskOnRecord(event.entity_code.clone()),
            EntityType::Sprint => Belongs::Sprint(event.entity_code.clone()),
            EntityType::Bug => bug_belongs(task_in(&event.payload).or(task_of_bug)),
            EntityType::Project => Belongs::None,
        };
        let external = event.external.as_ref();
        Self {
            session: event.session_key.as_ref().map(ToString::to_string),
            project: external.and_then(|external| external.project.as_ref()).map(ToString::to_string),
            ..Self::new(belongs, event.event_type.as_str(), event.actor.as_str(), &event.payload)
        }
    }
}

/// Where an event of a bug belongs: to the task in which it happened, else to that of the bug.
pub(crate) fn bug_belongs(task: Option<String>) -> Belongs {
    task.map_or(Belongs::None, Belongs::TaskOnRecord)
}

/// The task in which a bug was met, where its event says so.
pub(crate) fn task_in(payload: &Value) -> Option<String> {
    payload.get("task_code").and_then(Value::as_str).map(str::to_owned)
}

/// All words of some events by rising order, each with its term and in how many of them it is.
pub(crate) fn words(rows: &[Indexed]) -> Vec<(&str, &str, i64)> {
    let mut counts: HashMap<&str, (&str, i64)> = HashMap::new();
    for (word, term) in rows.iter().flat_map(|row| row.analysis.words()) {
        counts.entry(word).or_insert((term, 0)).1 += 1;
    }
    let mut words: Vec<_> = counts.into_iter().map(|(word, (term, events))| (word, term, events)).collect();
    words.sort_unstable();
    words
}

/// Writes the index of events that are there already: their ids in the order of the rows.
pub(crate) async fn write(
    db: &impl ConnectionTrait,
    place: Place<'_>,
    ids: &[i64],
    rows: &[Indexed],
) -> Result<(), StoreError> {
    if ids.len() != rows.len() {
        let problem = format!("{} ids were drawn for {} events", ids.len(), rows.len());
        return Err(place.damaged("orchestration_events", problem));
    }
    if rows.is_empty() {
        return Ok(());
    }
    match db.get_database_backend() {
        DbBackend::Postgres => postgres::write(db, place, ids, rows).await,
        _ => sqlite::write(db, place, ids, rows).await,
    }
}

/// Takes events out of the index. Their words stay, and stay counted.
pub(crate) async fn remove(db: &impl ConnectionTrait, place: Place<'_>, ids: &[i64]) -> Result<(), StoreError> {
    let sql = match db.get_database_backend() {
        DbBackend::Postgres => {
            "DELETE FROM orchestration_search WHERE event_id IN \
             (SELECT value::bigint FROM json_array_elements_text($1::json) AS given)"
        }
        _ => "DELETE FROM orchestration_search WHERE rowid IN (SELECT value FROM json_each($1))",
    };
    let ids = serde_json::Value::from(ids).to_string();
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, [ids.into()]);
    db.execute_raw(statement).await.map(drop).map_err(place.error("indexing events"))
}

/// The events that a task and its bugs had before belong to the sprint that the task is in now.
pub(crate) async fn move_task(db: &impl ConnectionTrait, place: Place<'_>, task: &str) -> Result<(), StoreError> {
    match db.get_database_backend() {
        DbBackend::Postgres => postgres::move_task(db, task).await.map_err(place.error("moving a task"))?,
        _ => sqlite::move_task(db, place, task).await?,
    }
    count_up(db, place).await
}

/// Says that answers may differ from now on although no event was added.
pub(crate) async fn count_up(db: &impl ConnectionTrait, place: Place<'_>) -> Result<(), StoreError> {
    let statement = Statement::from_string(db.get_database_backend(), COUNT_UP);
    db.execute_raw(statement).await.map(drop).map_err(place.error("changing the index"))
}

/// The number of times that the index was changed other than by adding events, among the numbers that only grow.
pub(crate) const GENERATION: &str = "search_generation";
const COUNT_UP: &str = "INSERT INTO orchestration_sequences AS counted (name, value) VALUES ('search_generation', 1) \
     ON CONFLICT (name) DO UPDATE SET value = counted.value + 1";
