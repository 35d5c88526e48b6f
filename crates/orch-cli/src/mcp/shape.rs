//! What of a command's answer an agent needs, in few tokens. Texts that somebody wrote stand under `data`, so that they can be
//! told from what orch says; characters that hide others are made visible. Adds nothing of its own.

pub(super) mod artifact;
pub(super) mod bug;
pub(super) mod event;
pub(super) mod git;
pub(super) mod session;
pub(super) mod task;

use orch_core::visible::visible;
use serde_json::{Value, json};

use super::call::Page;

/// Makes an agent's answer of a command's.
pub(super) type Shape = fn(&Value, Page) -> Value;

/// So much of a text is shown where there is no page to turn.
const TEXT: usize = 1_500;

/// Drops what says nothing, and makes hidden characters visible.
pub(super) fn compact(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(visible(&text).into_owned()),
        Value::Array(items) => items.into_iter().map(compact).collect(),
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| (visible(&name).into_owned(), compact(value)));
            Value::Object(fields.filter(|(_, value)| !is_empty(value)).collect())
        }
        other => other,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// `true` where a field is true, else nothing.
fn flag(value: &Value) -> Value {
    if value.as_bool() == Some(true) { json!(true) } else { Value::Null }
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A time to the minute.
fn minute(value: &Value) -> Value {
    value.as_str().and_then(|time| time.get(..16)).map_or(Value::Null, |time| json!(format!("{time}Z")))
}

/// A text, cut after so many characters; `whole` says where all of it is.
fn cut(value: &Value, most: usize, whole: &str) -> Value {
    let Some(text) = value.as_str() else { return value.clone() };
    let count = text.chars().count();
    if count <= most {
        return value.clone();
    }
    let part: String = text.chars().take(most).collect();
    json!(format!("{part}… [{} characters more{whole}]", count - most))
}

/// The latest notes that were left at a task, the newest last.
fn agent_notes(notes: &Value) -> Value {
    let notes = items(notes);
    let line = |note: &Value| json!({"from": note["from"], "text": cut(&note["text"], 300, "")});
    notes[notes.len().saturating_sub(3)..].iter().map(line).collect()
}

fn next(page: Page, total: &Value) -> Option<String> {
    page.next(total.as_u64().and_then(|total| usize::try_from(total).ok()).unwrap_or(usize::MAX))
}

fn missing(told: &Value) -> Value {
    let mut missing = told.clone();
    if let Some(approval) = missing.get_mut("approval") {
        *approval = flag(approval);
    }
    missing
}

fn short_hash(hash: &Value) -> Option<&str> {
    hash.as_str().and_then(|hash| hash.get(..12))
}

/// Adds what was told beside the answer; it may repeat what git or a hook said.
pub(super) fn with_notes(mut document: Value, notes: &[String]) -> Value {
    if !notes.is_empty() {
        document["data"]["notes"] = json!(notes);
    }
    document
}

/// An error as the command line has it.
pub(super) fn error(document: &Value) -> Value {
    let mut error = document.clone();
    if let Some(missing_now) = error["details"].get_mut("missing") {
        *missing_now = missing(missing_now);
    }
    compact(json!({"error": error}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_nothing_is_dropped_and_what_hides_is_shown() {
        let value =
            json!({"a": null, "b": [], "c": {"d": ""}, "e": false, "f": 0, "g": "x\u{1b}[2J\u{202e}", "\u{200b}": 1});
        let shown = json!({"e": false, "f": 0, "g": "x\\u{1b}[2J\\u{202e}", "\\u{200b}": 1});
        assert_eq!(compact(value), shown);
    }

    #[test]
    fn a_long_text_says_how_much_is_missing() {
        assert_eq!(cut(&json!("äöü"), 3, ""), json!("äöü"));
        assert_eq!(cut(&json!("äöüß"), 3, "; see x"), json!("äöü… [1 characters more; see x]"));
    }
}
