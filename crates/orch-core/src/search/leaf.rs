//! The text of an event: its type and the values of its payload, within a bound. Cuts no words.

use std::borrow::Cow;

use serde_json::Value;

/// The most bytes of an event's text that count.
pub const MAX_TEXT: usize = 64 << 10;
/// The most bytes of one value that count: its beginning and its end, as an output says at its end what went wrong.
pub const MAX_LEAF: usize = 32 << 10;

/// What kind of text it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// The type of the event.
    Type,
    /// What says in short what the event is about.
    Title,
    /// Everything else.
    Body,
}

/// A text of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf<'a> {
    /// What kind it is.
    pub field: Field,
    /// The text.
    pub text: Cow<'a, str>,
}

/// The texts of an event, its type first, at most [`MAX_TEXT`] bytes of its payload. Keys are no text.
#[must_use]
pub fn leaves<'a>(event_type: &'a str, payload: &'a Value) -> Vec<Leaf<'a>> {
    let mut leaves = vec![Leaf { field: Field::Type, text: Cow::Borrowed(event_type) }];
    let mut left = MAX_TEXT;
    walk(payload, Field::Body, &mut |field, text: Cow<'a, str>| {
        let most = left.min(MAX_LEAF);
        if text.len() <= most {
            left -= text.len();
            leaves.push(Leaf { field, text });
        } else if let Cow::Borrowed(text) = text {
            let (head, tail) = (text.floor_char_boundary(most / 2), text.ceil_char_boundary(text.len() - most / 2));
            left -= most;
            leaves.extend([&text[..head], &text[tail..]].map(|part| Leaf { field, text: Cow::Borrowed(part) }));
        }
    });
    leaves
}

fn walk<'a>(value: &'a Value, field: Field, take: &mut impl FnMut(Field, Cow<'a, str>)) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| walk(value, field_of(key), take)),
        Value::Array(list) => list.iter().for_each(|value| walk(value, field, take)),
        Value::String(text) => take(field, Cow::Borrowed(text)),
        Value::Null => {}
        other => take(field, Cow::Owned(other.to_string())),
    }
}

fn field_of(key: &str) -> Field {
    match key {
        "title" | "message" | "subject" | "summary" | "name" | "headline" => Field::Title,
        _ => Field::Body,
    }
}
