//! Secrets in JSON and in the words of a command, where a name and its value are values of their own.

use serde_json::{Map, Value};

use super::name::{self, Kind};
use super::scan::ASSIGNMENT;
use super::value::{Form, is_secret};
use super::{MARK, Redactor};

/// How a text is judged that is the whole value of a name.
const WHOLE: Form = Form { quoted: true, tight: false, plain: false, alone: false };

impl Redactor {
    /// A JSON value with marks in place of the secrets in its texts. Names stay, but for what in them is a secret itself.
    #[must_use]
    pub fn json(&self, value: Value) -> Value {
        if !self.is_on() {
            return value;
        }
        match value {
            Value::String(text) => Value::String(self.owned(text)),
            Value::Array(items) => Value::Array(self.items(items)),
            Value::Object(map) => Value::Object(self.map(map)),
            other => other,
        }
    }

    /// The same of a JSON object.
    #[must_use]
    pub fn map(&self, map: Map<String, Value>) -> Map<String, Value> {
        if !self.is_on() {
            return map;
        }
        let entry = |(key, value): (String, Value)| {
            let value = match value {
                Value::String(text) => Value::String(self.named(&key, text)),
                other => self.json(other),
            };
            (self.owned(key), value)
        };
        map.into_iter().map(entry).collect()
    }

    /// The words of a command: what follows an option such as `--password` is judged as its value.
    #[must_use]
    pub fn words(&self, words: &[String]) -> Vec<String> {
        let mut option: Option<&str> = None;
        let mut out = Vec::with_capacity(words.len());
        for word in words {
            out.push(match option {
                Some(option) => self.named(option, word.clone()),
                None => self.text(word).into_owned(),
            });
            option = Some(word.as_str()).filter(|word| word.starts_with('-') && !word.contains('='));
        }
        out
    }

    fn items(&self, items: Vec<Value>) -> Vec<Value> {
        let mut option: Option<String> = None;
        let mut out = Vec::with_capacity(items.len());
        for item in items {
            let next = item.as_str().filter(|word| word.starts_with('-') && !word.contains('=')).map(ToOwned::to_owned);
            out.push(match (&option, item) {
                (Some(option), Value::String(text)) => Value::String(self.named(option, text)),
                (_, item) => self.json(item),
            });
            option = next;
        }
        out
    }

    /// The value of a name.
    fn named(&self, name: &str, text: String) -> String {
        if !self.is_on() {
            return text;
        }
        match name::kind(name.as_bytes()) {
            Some(Kind::Authorization | Kind::Cookie) => {
                // the rules for headers know schemes and attributes
                let header = format!("{name}: ");
                let whole = self.owned(format!("{header}{text}"));
                whole.strip_prefix(&header).map_or(text, ToOwned::to_owned)
            }
            Some(kind) if !text.starts_with('-') && is_secret(kind, text.as_bytes(), WHOLE) => {
                format!("{MARK}{ASSIGNMENT}]")
            }
            _ => self.owned(text),
        }
    }
}
