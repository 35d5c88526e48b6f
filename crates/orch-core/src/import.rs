//! Events that come from elsewhere, one JSON document a line: what a line may say, and by what it is known again. Reads no
//! file.

use chrono::{DateTime, Datelike, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::clock::to_micros;
use crate::code::{Actor, EventType, IdempotencyKey, InvalidName, ProjectCode, SessionKey, SprintCode, TaskCode};
use crate::event::{EntityType, MAX_PAYLOAD, OWN_PREFIX};
use crate::operation::hex;
use crate::refusal::Refusal;
use crate::service::check_json;

/// The most bytes that a line may have. A payload of the greatest size fits, however it is escaped.
pub const MAX_LINE: usize = 8 << 20;
/// The most bytes that the id of an event may have where it comes from.
const MAX_ID: usize = 1_000;
/// The most characters that are told of what is wrong.
const MAX_TOLD: usize = 400;
/// The years in which an event may have happened: each of their months takes room on a server.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=2100;

/// What an event is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entity {
    /// A task.
    Task(TaskCode),
    /// A sprint.
    Sprint(SprintCode),
    /// A project that the events come from.
    Project(ProjectCode),
}

impl Entity {
    /// Its type.
    #[must_use]
    pub fn entity_type(&self) -> EntityType {
        match self {
            Self::Task(_) => EntityType::Task,
            Self::Sprint(_) => EntityType::Sprint,
            Self::Project(_) => EntityType::Project,
        }
    }

    /// Its code.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Task(code) => code.as_str(),
            Self::Sprint(code) => code.as_str(),
            Self::Project(code) => code.as_str(),
        }
    }
}

/// What an imported event was where it came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct External {
    /// Its id there, a text or a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Value>,
    /// The project it belonged to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<ProjectCode>,
}

/// An event that came from elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportedEvent {
    /// What it is about.
    pub entity: Entity,
    /// Its type, which is none of orch's own.
    pub event_type: EventType,
    /// When it happened, if that is known.
    pub at: Option<DateTime<Utc>>,
    /// Who acted, if that is known.
    pub actor: Option<Actor>,
    /// The session it happened in.
    pub session_key: Option<SessionKey>,
    /// What happened.
    pub payload: Value,
    /// The sprint of its task, for a task that is not there yet.
    pub sprint: Option<SprintCode>,
    /// What it was where it comes from.
    pub external: Option<External>,
}

/// A line as it is written. Fields that are not here say nothing to orch.
#[derive(Deserialize)]
struct Line {
    id: Option<Value>,
    project: Option<String>,
    event_type: String,
    #[serde(alias = "emitted_at")]
    created_at: Option<String>,
    entity_type: Option<String>,
    #[serde(alias = "entity_code")]
    entity_id: Option<String>,
    task: Option<String>,
    sprint: Option<String>,
    actor: Option<String>,
    session_key: Option<String>,
    #[serde(default = "empty")]
    payload: Value,
}

fn empty() -> Value {
    Value::Object(Map::new())
}

impl ImportedEvent {
    /// Reads a line. `None` where it is about neither a task nor a sprint nor a project, and such lines are left out.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] with what is wrong.
    pub fn parse(line: &[u8], leave_out_others: bool) -> Result<Option<Self>, Refusal> {
        let line: Line =
            serde_json::from_slice(line).map_err(|error| refused("event", &format!("cannot be read: {error}")))?;
        let is_task = |kind: &str| kind == EntityType::Task.as_str();
        let is_sprint = |kind: &str| kind == EntityType::Sprint.as_str();
        let is_project = |kind: &str| kind == EntityType::Project.as_str();
        let sprint = line.sprint.map(SprintCode::new).transpose().map_err(invalid)?;
        let entity = match (line.task, line.entity_type.as_deref(), line.entity_id) {
            (Some(code), ..) => Entity::Task(TaskCode::new(code).map_err(invalid)?),
            (None, Some(kind), Some(code)) if is_task(kind) => Entity::Task(TaskCode::new(code).map_err(invalid)?),
            (None, Some(kind), Some(code)) if is_sprint(kind) => {
                Entity::Sprint(SprintCode::new(code).map_err(invalid)?)
            }
            (None, Some(kind), Some(code)) if is_project(kind) => {
                Entity::Project(ProjectCode::new(code).map_err(invalid)?)
            }
            (None, Some(kind), Some(_)) if leave_out_others && !kind.is_empty() => return Ok(None),
            (None, Some(kind), _) => {
                let problem =
                    format!("is about a {kind:?}; expected a task, a sprint or a project, with its entity_id");
                return Err(refused("event", &problem));
            }
            (None, None, _) => {
                return Err(refused("event", "names neither a task nor an entity_type and an entity_id"));
            }
        };
        let event_type = EventType::new(line.event_type).map_err(invalid)?;
        if event_type.as_str().starts_with(OWN_PREFIX) {
            let problem = format!("{event_type} is orch's own; it comes from orch alone");
            return Err(Refusal::Invalid { what: "event type", problem });
        }
        let payload = without_nul(line.payload);
        check_json("payload", &payload, MAX_PAYLOAD)?;
        let project = line.project.map(ProjectCode::new).transpose().map_err(invalid)?;
        let project = match &entity {
            Entity::Project(code) => project.or(Some(code.clone())),
            _ => project,
        };
        let id = line.id.filter(|id| !id.is_null()).map(external_id).transpose()?;
        let external = (id.is_some() || project.is_some()).then_some(External { id, project });
        Ok(Some(Self {
            entity,
            event_type,
            at: line.created_at.as_deref().map(time).transpose()?,
            actor: line.actor.map(Actor::new).transpose().map_err(invalid)?,
            session_key: line.session_key.map(SessionKey::new).transpose().map_err(invalid)?,
            payload,
            sprint,
            external,
        }))
    }
}

/// A payload with U+FFFD for each NUL: no database keeps those in text, and what happened elsewhere cannot be said anew.
fn without_nul(payload: Value) -> Value {
    let plain = |text: String| if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text };
    match payload {
        Value::String(text) => Value::String(plain(text)),
        Value::Array(list) => list.into_iter().map(without_nul).collect(),
        Value::Object(map) => map.into_iter().map(|(key, value)| (plain(key), without_nul(value))).collect(),
        other => other,
    }
}

fn external_id(id: Value) -> Result<Value, Refusal> {
    let problem = match &id {
        Value::String(text) if text.len() > MAX_ID => format!("has {} bytes; expected at most {MAX_ID}", text.len()),
        Value::String(text) if text.contains('\0') => "has a NUL character in it".to_owned(),
        Value::String(_) | Value::Number(_) => return Ok(id),
        other => format!("{other} is neither a text nor a number"),
    };
    Err(refused("id", &problem))
}

fn time(text: &str) -> Result<DateTime<Utc>, Refusal> {
    let wrong = |problem: String| refused("created_at", &problem);
    let time = DateTime::parse_from_rfc3339(text)
        .map_err(|_| wrong(format!("{text:?} is no time such as 2025-01-13T14:30:22Z")))?
        .to_utc();
    if YEARS.contains(&time.year()) {
        return Ok(to_micros(time));
    }
    Err(wrong(format!("{text:?} is not of the years {} to {}", YEARS.start(), YEARS.end())))
}

/// What is wrong, cut where it repeats more of the line than anybody reads.
fn refused(what: &'static str, problem: &str) -> Refusal {
    let problem = match problem.char_indices().nth(MAX_TOLD) {
        Some((end, _)) => format!("{}…", &problem[..end]),
        None => problem.to_owned(),
    };
    Refusal::Invalid { what, problem }
}

fn invalid(name: InvalidName) -> Refusal {
    let InvalidName { kind, value, expected } = name;
    Refusal::Invalid { what: kind, problem: format!("{value:?} is not one; expected {expected}") }
}

/// The lines of an input from its beginning on, by what they say: whoever meets the same beginning again knows that it is
/// imported, however it was cut into batches, and whatever follows.
#[derive(Debug, Clone)]
pub struct Beginning(Sha256);

impl Beginning {
    /// No line so far. What is imported under another key of the caller's is another input.
    #[must_use]
    pub fn new(key: Option<&IdempotencyKey>) -> Self {
        let mut hash = Sha256::new();
        hash.update(key.map_or("", IdempotencyKey::as_str));
        hash.update("\n");
        Self(hash)
    }

    /// One line more.
    pub fn add(&mut self, line: &[u8]) {
        self.0.update(line.strip_suffix(b"\n").unwrap_or(line));
        self.0.update("\n");
    }

    /// The key under which the import of all lines so far is kept.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn key(&self) -> IdempotencyKey {
        let text = format!("event-import:{}", hex(&self.0.clone().finalize()));
        IdempotencyKey::new(text).unwrap_or_else(|_| unreachable!("the key is short and printable"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Option<ImportedEvent>, Refusal> {
        ImportedEvent::parse(text.as_bytes(), false)
    }

    #[test]
    fn a_line_names_its_task_or_sprint() {
        for (line, code) in [
            (r#"{"event_type":"note","task":"T-1"}"#, "T-1"),
            (r#"{"event_type":"note","task":"T-1","entity_type":"bug","entity_id":"B-1","sprint":"S-1"}"#, "T-1"),
            (r#"{"event_type":"note","task":null,"entity_type":"task","entity_id":"T-1"}"#, "T-1"),
            (r#"{"event_type":"note","entity_type":"sprint","entity_code":"S-1","more":[1]}"#, "S-1"),
            (r#"{"event_type":"note","task":null,"entity_type":"project","entity_id":"P-1"}"#, "P-1"),
        ] {
            assert_eq!(parse(line).unwrap().unwrap().entity.code(), code, "{line}");
        }
        let other = r#"{"event_type":"note","task":null,"entity_type":"team","entity_id":"T-1"}"#;
        assert!(parse(other).is_err());
        assert_eq!(ImportedEvent::parse(other.as_bytes(), true), Ok(None));
    }

    #[test]
    fn a_line_says_what_it_was_elsewhere() {
        for (more, id, project) in [
            ("", None, None),
            (r#","id":17,"project":"P-1""#, Some(Value::from(17)), Some("P-1")),
            (r#","id":"36e1162a7989","project":null"#, Some(Value::from("36e1162a7989")), None),
        ] {
            let line = format!(r#"{{"event_type":"note","task":"T-1"{more}}}"#);
            let external = parse(&line).unwrap().unwrap().external;
            assert_eq!(external.as_ref().and_then(|external| external.id.clone()), id, "{line}");
            let found = external.and_then(|external| external.project);
            assert_eq!(found.as_ref().map(ProjectCode::as_str), project, "{line}");
        }
    }

    #[test]
    fn what_no_database_keeps_is_made_visible() {
        let line = r#"{"event_type":"note","task":"T-1","payload":{"a\u0000":["\u0000b"]}}"#;
        let payload = parse(line).unwrap().unwrap().payload;
        assert_eq!(payload, serde_json::json!({"a\u{fffd}": ["\u{fffd}b"]}));
    }

    #[test]
    fn what_orch_cannot_keep_is_refused() {
        let long = "x".repeat(MAX_PAYLOAD);
        for (line, told) in [
            ("{".to_owned(), "cannot be read"),
            ("[]".to_owned(), "cannot be read"),
            (r#"{"task":"T-1"}"#.to_owned(), "missing field `event_type`"),
            (r#"{"event_type":"note"}"#.to_owned(), "names neither"),
            (r#"{"event_type":"a..b","task":"T-1"}"#.to_owned(), "event type"),
            (r#"{"event_type":"orchestration.task.created","task":"T-1"}"#.to_owned(), "orch's own"),
            (r#"{"event_type":"note","task":"../x"}"#.to_owned(), "task code"),
            (format!(r#"{{"event_type":"note","task":"T-1","payload":"{long}"}}"#), "at most"),
            (r#"{"event_type":"note","task":"T-1","created_at":"yesterday"}"#.to_owned(), "no time"),
            (r#"{"event_type":"note","task":"T-1","created_at":"0001-01-01T00:00:00Z"}"#.to_owned(), "years"),
            (r#"{"event_type":"note","task":"T-1","session_key":"a b"}"#.to_owned(), "session key"),
            (r#"{"event_type":"note","task":"T-1","actor":""}"#.to_owned(), "actor"),
            (r#"{"event_type":"note","task":"T-1","id":[1]}"#.to_owned(), "neither a text nor a number"),
            (r#"{"event_type":"note","task":"T-1","project":"a b"}"#.to_owned(), "project code"),
        ] {
            let refusal = parse(&line).unwrap_err().to_string();
            assert!(refusal.contains(told), "{told}: {refusal}");
        }
    }

    #[test]
    fn a_refusal_is_short_whatever_the_line_says() {
        let long = "x".repeat(100_000);
        for line in [
            format!("\"{long}\""),
            format!(r#"{{"event_type":"note","entity_type":"{long}","entity_id":"x"}}"#),
            format!(r#"{{"event_type":"note","task":"T-1","created_at":"{long}"}}"#),
            format!(r#"{{"event_type":"note","task":"T-1","id":["{long}"]}}"#),
            format!(r#"{{"event_type":"note","task":"{long}"}}"#),
        ] {
            let refusal = parse(&line).unwrap_err().to_string();
            assert!(refusal.len() < 2_000, "{} bytes", refusal.len());
        }
    }

    proptest::proptest! {
        #[test]
        fn any_line_is_understood_or_refused_in_short(
            line in "\\PC{0,40}|\\{\"event_type\":\"[a-z.]{1,6}\",\"task\":\"[A-Z./-]{0,5}\",\"payload\":[\\[\\]{}:,\"a0-9.eu\\\\-]{0,12}\\}",
        ) {
            match parse(&line) {
                Ok(event) => proptest::prop_assert!(event.is_some(), "a line was left out"),
                Err(refusal) => proptest::prop_assert!(refusal.to_string().len() < 2_000),
            }
        }
    }

    #[test]
    fn a_beginning_is_known_by_its_lines() {
        let key = |lines: &[&str]| {
            let mut beginning = Beginning::new(None);
            for line in lines {
                beginning.add(line.as_bytes());
            }
            beginning.key()
        };
        assert_eq!(key(&["a\n", "b"]), key(&["a", "b\n"]));
        assert_ne!(key(&["a", "b"]), key(&["b", "a"]));
        assert_ne!(key(&["a", "b"]), key(&["ab"]));
        assert_ne!(Beginning::new(None).key(), Beginning::new(Some(&key(&[]))).key());
    }
}
