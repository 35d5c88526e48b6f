//! The index on PostgreSQL: terms and grams as arrays of hashes, and the lexicon. Ranks nothing.

use orch_core::search::grams;
use orch_core::store::StoreError;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};
use serde::Serialize;

use super::{Belongs, Indexed, words};
use crate::error::Place;

/// An event's row, but for its id.
#[derive(Serialize)]
struct Row<'a> {
    session: Option<&'a str>,
    task: Option<&'a str>,
    sprint: Option<&'a str>,
    look: bool,
    project: Option<&'a str>,
    terms: String,
}

#[derive(Serialize)]
struct Entry<'a> {
    word: &'a str,
    term: &'a str,
    n: i64,
    grams: String,
}

/// The rows and the words of events, as `orchestration_index` takes them.
pub(crate) fn given(rows: &[Indexed]) -> Result<[String; 2], StoreError> {
    let failed = |error: serde_json::Error| StoreError::Failed { doing: "indexing events", source: error.into() };
    let events: Vec<Row<'_>> = rows.iter().map(row).collect();
    let words: Vec<Entry<'_>> = words(rows)
        .into_iter()
        .map(|(word, term, n)| Entry { word, term, n, grams: hashes(grams(word).iter().map(String::as_str)) })
        .collect();
    Ok([serde_json::to_string(&events).map_err(failed)?, serde_json::to_string(&words).map_err(failed)?])
}

fn row(row: &Indexed) -> Row<'_> {
    let (task, sprint, look) = match &row.belongs {
        Belongs::Task { task, sprint } => (Some(task.as_str()), sprint.as_deref(), false),
        Belongs::TaskOnRecord(task) => (Some(task.as_str()), None, true),
        Belongs::Sprint(sprint) => (None, Some(sprint.as_str()), false),
        Belongs::None => (None, None, false),
    };
    let marks = [type_term(&row.event_type), actor_term(&row.actor)];
    let terms = row.analysis.terms().into_iter().chain(marks.iter().map(String::as_str));
    Row { session: row.session.as_deref(), task, sprint, look, project: row.project.as_deref(), terms: hashes(terms) }
}

/// Writes the index of events that are there already.
pub(super) async fn write(
    db: &impl ConnectionTrait,
    place: Place<'_>,
    ids: &[i64],
    rows: &[Indexed],
) -> Result<(), StoreError> {
    let [events, words] = given(rows)?;
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let sql = "SELECT orchestration_index($1::bigint[], $2::json, $3::json)";
    let values = [format!("{{{}}}", ids.join(",")).into(), events.into(), words.into()];
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
    db.execute_raw(statement).await.map(drop).map_err(place.error("indexing events"))
}

/// The events of a task and its bugs belong to the sprint that the task is in.
pub(super) async fn move_task(db: &impl ConnectionTrait, task: &str) -> Result<(), DbErr> {
    db.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, MOVE, [task.into()])).await.map(drop)
}

const MOVE: &str = "UPDATE orchestration_search SET sprint_code = (SELECT sprint_code FROM orchestration_tasks AS task \
     JOIN orchestration_sprints AS sprint ON sprint.id = task.sprint_id WHERE task.task_code = $1) WHERE task_code = $1";

/// The term of an event's type as a whole. No word has a separator in it.
pub(crate) fn type_term(event_type: &str) -> String {
    format!("type {event_type}")
}

/// The term of an actor as a whole.
pub(crate) fn actor_term(actor: &str) -> String {
    format!("actor {actor}")
}

/// An array of PostgreSQL with the hash of each text.
pub(crate) fn hashes<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let hashes: Vec<String> = texts.map(|text| hash(text).to_string()).collect();
    format!("{{{}}}", hashes.join(","))
}

/// FNV-1a of 32 bits (Fowler, Noll, Vo). It is stored, so it never changes.
fn hash(text: &str) -> i32 {
    let hash = text.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash.cast_signed()
}

#[cfg(test)]
mod tests {
    use super::hash;

    #[test]
    fn a_hash_stays_what_it_is() {
        // the published values of FNV-1a
        assert_eq!(hash("").cast_unsigned(), 0x811c_9dc5);
        assert_eq!(hash("foobar").cast_unsigned(), 0xbf9c_f968);
    }
}
