//! A project's own rules for bugs and secrets, in the sections `bugs` and `redaction`: lists in a file, JSON in a variable,
//! kept as JSON. Applies none.

use orch_core::bug::CustomRules;
use orch_core::redact::CustomPatterns;
use orch_core::yaml::{Fault, FaultList, Fields, Kind, Node};
use serde_json::{Value, json};

/// A list of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    /// Patterns.
    Patterns,
    /// Patterns with a name each.
    Named,
    /// Patterns of secrets, with or without a name.
    Secrets,
}

impl List {
    const fn expected(self) -> &'static str {
        match self {
            Self::Patterns => "a list of regular expressions",
            Self::Named => "a list of {pattern, name}",
            Self::Secrets => "a list of regular expressions or {pattern, name}",
        }
    }

    /// Reads the list from a file.
    pub(super) fn read_node(self, key: &str, node: &Node, faults: &mut FaultList) -> Option<String> {
        let items = node.items(key, faults)?;
        let mut rules = Vec::with_capacity(items.len());
        for item in items {
            let rule = match self {
                Self::Patterns => json!(item.text(key, faults)?),
                Self::Secrets if matches!(item.kind, Kind::Text(_)) => json!({"pattern": item.text(key, faults)?}),
                Self::Named | Self::Secrets => {
                    let fields = Fields::read(item, item.at, key, &["pattern", "name"], faults)?;
                    let pattern = fields.require("pattern", key, faults)?.text("pattern", faults)?;
                    let name = fields.require("name", key, faults)?.text("name", faults)?;
                    json!({"pattern": pattern, "name": name})
                }
            };
            match self.check(std::slice::from_ref(&rule)) {
                Ok(()) => rules.push(rule),
                Err(problem) => faults.add(|| Fault::new(item.at, format!("{key}: {problem}"))),
            }
        }
        debug_assert!(matches!(node.kind, Kind::List(_)), "only a list has items");
        Some(Value::Array(rules).to_string())
    }

    /// Reads the list from the JSON of a variable.
    pub(super) fn read_text(self, text: &str) -> Result<String, String> {
        let expected = || format!("{} as JSON", self.expected());
        let rules: Vec<Value> = serde_json::from_str(text).map_err(|_| expected())?;
        self.check(&rules).map_err(|problem| format!("{}: {problem}", expected()))?;
        Ok(Value::Array(rules).to_string())
    }

    fn check(self, rules: &[Value]) -> Result<(), String> {
        if self == Self::Secrets {
            let named: Option<Vec<_>> = rules.iter().map(secret).collect();
            let named = named.ok_or_else(|| self.expected().to_owned())?;
            return CustomPatterns::new(named).map(|_| ()).map_err(|errors| told(&errors));
        }
        let text = |value: &Value| value.as_str().map(ToOwned::to_owned).ok_or_else(|| self.expected().to_owned());
        let (mut patterns, mut named) = (Vec::new(), Vec::new());
        for rule in rules {
            match self {
                Self::Patterns => patterns.push(text(rule)?),
                _ => named.push((text(&rule["pattern"])?, text(&rule["name"])?)),
            }
        }
        CustomRules::new(patterns, Vec::new(), named).map(|_| ()).map_err(|errors| told(&errors))
    }
}

fn told<E: std::error::Error>(errors: &[E]) -> String {
    let told = errors.iter().map(|error| crate::error::chain(error).split_whitespace().collect::<Vec<_>>().join(" "));
    told.collect::<Vec<_>>().join("; ")
}

/// A pattern of a secret and its name, from a text or an object.
fn secret(rule: &Value) -> Option<(String, Option<String>)> {
    match rule {
        Value::String(pattern) => Some((pattern.clone(), None)),
        Value::Object(fields) => {
            let name = match fields.get("name") {
                None => None,
                Some(name) => Some(name.as_str()?.to_owned()),
            };
            Some((fields.get("pattern")?.as_str()?.to_owned(), name))
        }
        _ => None,
    }
}

/// The patterns of secrets of a list that was checked.
pub(super) fn patterns(list: Option<&str>) -> CustomPatterns {
    let rules: Vec<Value> = list.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    CustomPatterns::new(rules.iter().filter_map(secret).collect::<Vec<_>>()).unwrap_or_default()
}

/// The rules of lists that were checked.
pub(super) fn rules(blank: Option<&str>, keep: Option<&str>, fixed: Option<&str>) -> CustomRules {
    let list = |text: Option<&str>| -> Vec<Value> {
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    };
    let patterns = |text| list(text).iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect::<Vec<String>>();
    let named = list(fixed)
        .into_iter()
        .filter_map(|rule| Some((rule["pattern"].as_str()?.to_owned(), rule["name"].as_str()?.to_owned())));
    // each list was compiled when it was read; what is left is that all together are too many
    CustomRules::new(patterns(blank), patterns(keep), named.collect::<Vec<_>>()).unwrap_or_default()
}
