//! The index on SQLite: lists of terms and of grams in two FTS5 tables, and the lexicon. Ranks nothing.

use std::collections::{BTreeMap, BTreeSet};

use orch_core::search::{SearchScope, Within, grams};
use orch_core::store::StoreError;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbBackend, DbErr, EntityTrait as _, QueryFilter as _, QueryResult, Statement,
};
use serde_json::json;

use super::rebuild::indexed;
use super::{Belongs, Indexed, words};
use crate::entity::event;
use crate::error::Place;

/// What a term stands for that is no word of the text. No word has these letters in it: they are nobody's.
#[derive(Clone, Copy)]
pub(crate) enum Mark {
    Session,
    Task,
    Sprint,
    Project,
    Type,
    Actor,
}

impl Mark {
    /// The term of one session, task and so on. Different texts have different terms.
    pub(crate) fn term(self, text: &str) -> String {
        let letter = match self {
            Self::Session => '\u{e001}',
            Self::Task => '\u{e002}',
            Self::Sprint => '\u{e003}',
            Self::Project => '\u{e004}',
            Self::Type => '\u{e005}',
            Self::Actor => '\u{e006}',
        };
        let mut term = String::from(letter);
        for byte in text.bytes() {
            // the tokenizer would cut at a separator, and takes capitals for small letters
            match byte {
                b'a'..=b'z' | b'0'..=b'9' => term.push(char::from(byte)),
                other => term.push_str(&format!("\u{e000}{other:02x}")),
            }
        }
        term
    }
}

/// The terms that each event has in a scope and by its filters, but for the time.
pub(crate) fn marks(within: &Within) -> Vec<String> {
    let mut marks = Vec::new();
    match &within.scope {
        SearchScope::Session(key) => marks.push(Mark::Session.term(key.as_str())),
        SearchScope::Task(code) => marks.push(Mark::Task.term(code.as_str())),
        SearchScope::Sprint(code) => marks.push(Mark::Sprint.term(code.as_str())),
        SearchScope::Project(Some(code)) => marks.push(Mark::Project.term(code.as_str())),
        SearchScope::Project(None) => {}
    }
    marks.extend(within.event_type.as_ref().map(|event_type| Mark::Type.term(event_type.as_str())));
    marks.extend(within.actor.as_ref().map(|actor| Mark::Actor.term(actor.as_str())));
    marks
}

/// Writes the index of events. The words are counted while the database is at the terms.
pub(super) async fn write(
    db: &impl ConnectionTrait,
    place: Place<'_>,
    ids: &[i64],
    rows: &[Indexed],
) -> Result<(), StoreError> {
    let (added, words) = tokio::join!(add_terms(db, ids, rows), async { words(rows) });
    added.map_err(place.error("indexing events"))?;
    add_words(db, &words).await.map_err(place.error("indexing words"))
}

/// Indexes the events of a task and its bugs anew, as they belong to another sprint.
pub(super) async fn move_task(db: &impl ConnectionTrait, place: Place<'_>, task: &str) -> Result<(), StoreError> {
    let failed = place.error("moving a task");
    let mut before = i64::MAX;
    loop {
        let sql = "SELECT rowid FROM orchestration_search WHERE orchestration_search MATCH ? AND rowid < ? \
                   ORDER BY rowid DESC LIMIT 500";
        let of_task = format!("\"{}\"", Mark::Task.term(task));
        let of_task = Statement::from_sql_and_values(DbBackend::Sqlite, sql, [of_task.into(), before.into()]);
        let rows = db.query_all_raw(of_task).await.map_err(&failed)?;
        let ids: Result<Vec<i64>, DbErr> = rows.iter().map(|row| row.try_get_by_index(0)).collect();
        let ids = ids.map_err(&failed)?;
        let Some(last) = ids.last() else { return Ok(()) };
        before = *last;
        let events = event::Entity::find().filter(event::Column::Id.is_in(ids));
        let (ids, rows) = indexed(db, place, events).await?;
        super::remove(db, place, &ids).await?;
        add_terms(db, &ids, &rows).await.map_err(&failed)?;
    }
}

async fn add_terms(db: &impl ConnectionTrait, ids: &[i64], rows: &[Indexed]) -> Result<(), DbErr> {
    let sprints = sprints(db, rows).await?;
    let mut lists = Vec::with_capacity(rows.len());
    for (id, row) in ids.iter().zip(rows) {
        let mut terms = row.analysis.terms();
        let mut marks = vec![Mark::Type.term(&row.event_type), Mark::Actor.term(&row.actor)];
        marks.extend(row.session.as_ref().map(|key| Mark::Session.term(key)));
        marks.extend(row.project.as_ref().map(|code| Mark::Project.term(code)));
        let sprint = match &row.belongs {
            Belongs::Task { task, sprint } => {
                marks.push(Mark::Task.term(task));
                sprint.as_ref()
            }
            Belongs::TaskOnRecord(task) => {
                marks.push(Mark::Task.term(task));
                sprints.get(task)
            }
            Belongs::Sprint(sprint) => Some(sprint),
            Belongs::None => None,
        };
        marks.extend(sprint.map(|sprint| Mark::Sprint.term(sprint)));
        terms.extend(marks.iter().map(String::as_str));
        lists.push((*id, terms.join(" ")));
    }
    let sql = "INSERT INTO orchestration_search (rowid, terms) SELECT value->>0, value->>1 FROM json_each(?)";
    db.execute_raw(statement(sql, &json!(lists))).await.map(drop)
}

/// The sprints of tasks whose events come without.
async fn sprints(db: &impl ConnectionTrait, rows: &[Indexed]) -> Result<BTreeMap<String, String>, DbErr> {
    let tasks: BTreeSet<&str> = rows
        .iter()
        .filter_map(|row| match &row.belongs {
            Belongs::TaskOnRecord(task) => Some(task.as_str()),
            _ => None,
        })
        .collect();
    if tasks.is_empty() {
        return Ok(BTreeMap::new());
    }
    let sql = "SELECT task_code, sprint_code FROM orchestration_tasks JOIN orchestration_sprints \
               ON orchestration_sprints.id = sprint_id WHERE task_code IN (SELECT value FROM json_each(?))";
    let rows = db.query_all_raw(statement(sql, &json!(tasks))).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}

/// Adds words, given by rising order, to the lexicon.
async fn add_words(db: &impl ConnectionTrait, words: &[(&str, &str, i64)]) -> Result<(), DbErr> {
    if words.is_empty() {
        return Ok(());
    }
    let sql = "INSERT INTO orchestration_search_words AS known (word, term, events) \
               SELECT value->>0, value->>1, value->>2 FROM json_each(?) WHERE true \
               ON CONFLICT (word) DO UPDATE SET events = known.events + excluded.events RETURNING id, word, events";
    let counted = db.query_all_raw(statement(sql, &json!(words))).await?;
    let mut new = Vec::new();
    for row in &counted {
        let (id, word, events) = counted_word(row)?;
        let given = words.binary_search_by_key(&word.as_str(), |(word, ..)| word).ok();
        // a word that was there before has been in other events, too
        if given.is_some_and(|at| words[at].2 == events) {
            let grams: Vec<String> = grams(&word).into_iter().collect();
            new.push((id, grams.join(" ")));
        }
    }
    if new.is_empty() {
        return Ok(());
    }
    let sql = "INSERT INTO orchestration_search_grams (rowid, grams) SELECT value->>0, value->>1 FROM json_each(?)";
    db.execute_raw(statement(sql, &json!(new))).await.map(drop)
}

fn counted_word(row: &QueryResult) -> Result<(i64, String, i64), DbErr> {
    Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?))
}

fn statement(sql: &str, given: &serde_json::Value) -> Statement {
    Statement::from_sql_and_values(DbBackend::Sqlite, sql, [given.to_string().into()])
}
