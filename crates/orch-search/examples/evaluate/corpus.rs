//! Reads documents and events of a collection. Indexes nothing.

use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader};

use chrono::{DateTime, Utc};
use orch_core::code::{Actor, EventType, ProjectCode, SessionKey, SprintCode, TaskCode};
use orch_core::event::EntityType;
use orch_core::search::SearchScope;
use serde_json::{Value, json};

use crate::index::{Corpus, Row};

/// What a step gives, or why it failed, in words.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The JSON lines of a file.
pub(crate) fn lines(path: &str) -> Result<impl Iterator<Item = Result<Value>>> {
    let file = File::open(path).map_err(|error| format!("opening {path}: {error}"))?;
    Ok(BufReader::new(file).lines().map(|line| Ok(serde_json::from_str(&line?)?)))
}

/// The documents of a set, each as one event, and their names by the id of that event.
pub(crate) fn documents(path: &str) -> Result<(Corpus, Vec<String>)> {
    let (mut corpus, mut names) = (Corpus::default(), vec![String::new()]);
    for row in lines(path)? {
        let row = row?;
        let id = i64::try_from(names.len())?;
        names.push(row["id"].as_str().ok_or("a document without id")?.to_owned());
        corpus.add(Row {
            id,
            event_type: EventType::new("note_added")?,
            entity: (EntityType::Project, "P-1".to_owned()),
            session: None,
            project: None,
            actor: Actor::new("evaluation")?,
            at: DateTime::<Utc>::UNIX_EPOCH,
            payload: json!({"text": row["text"]}).to_string(),
            scopes: Vec::new(),
        })?;
    }
    Ok((corpus, names))
}

/// The events of a log.
pub(crate) fn events(path: &str) -> Result<Corpus> {
    let mut corpus = Corpus::default();
    for row in lines(path)? {
        let row = row?;
        let text = |key: &str| row[key].as_str();
        let mut scopes = Vec::new();
        for (word, key) in [("session", "session_key"), ("task", "task"), ("sprint", "sprint"), ("project", "project")]
        {
            if let Some(id) = text(key) {
                scopes.push(scope(word, id)?);
            }
        }
        let entity_type = match text("entity_type") {
            Some("task") => EntityType::Task,
            Some("sprint") => EntityType::Sprint,
            _ => EntityType::Project,
        };
        corpus.add(Row {
            id: row["id"].as_i64().ok_or("an event without id")?,
            event_type: EventType::new(text("event_type").ok_or("no event_type")?)?,
            entity: (entity_type, valid(text("entity_id").ok_or("no entity_id")?)),
            session: text("session_key").map(|key| SessionKey::new(valid(key))).transpose()?,
            project: text("project").map(|code| ProjectCode::new(valid(code))).transpose()?,
            actor: Actor::new(row["payload"]["agent"].as_str().unwrap_or("agent"))?,
            at: text("created_at").ok_or("no created_at")?.parse()?,
            payload: row["payload"].to_string(),
            scopes,
        })?;
    }
    Ok(corpus)
}

/// The scope of a query, by its word and the id of what is searched in.
pub(crate) fn scope(word: &str, id: &str) -> Result<SearchScope> {
    let id = valid(id);
    Ok(match word {
        "session" => SearchScope::Session(SessionKey::new(id)?),
        "task" => SearchScope::Task(TaskCode::new(id)?),
        "sprint" => SearchScope::Sprint(SprintCode::new(id)?),
        _ => SearchScope::Project(Some(ProjectCode::new(id)?)),
    })
}

/// A code with other characters than a code may have, in a form of its own.
fn valid(code: &str) -> String {
    code.chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "-_.".contains(c) {
                c.to_string()
            } else {
                format!("_x{:x}_", u32::from(c))
            }
        })
        .collect()
}
