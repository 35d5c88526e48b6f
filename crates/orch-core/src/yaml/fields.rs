//! Looks into a tree for values of the right type and collects what is wrong. Knows no schema of its own.

use super::{Fault, FaultList, Kind, Node, Position, quoted};

/// A key of a map with its value.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// Where the key is.
    pub at: Position,
    /// The key.
    pub key: &'a str,
    /// The value.
    pub value: &'a Node,
}

/// A map with a fixed set of keys.
#[derive(Debug)]
pub struct Fields<'a> {
    at: Position,
    entries: Vec<Entry<'a>>,
}

impl<'a> Fields<'a> {
    /// Reads a map in which only `known` keys may stand. `what` says what the map is, for messages; faults of the
    /// map as a whole are reported at `at`. Unknown keys are faults and left out; no value at all is an empty map.
    pub fn read(node: &'a Node, at: Position, what: &str, known: &[&str], faults: &mut FaultList) -> Option<Self> {
        let mut entries = node.entries(what, faults)?;
        entries.retain(|entry| {
            let is_known = known.contains(&entry.key);
            if !is_known {
                faults.add(|| {
                    Fault::new(entry.at, format!("unknown key {} in {what}", quoted(entry.key)))
                        .expected(format!("one of {}", known.join(", ")))
                        .nearest_of(entry.key, known.iter().copied())
                });
            }
            is_known
        });
        Some(Self { at, entries })
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&'a Node> {
        self.entry(key).map(|entry| entry.value)
    }

    /// The key and its value.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<Entry<'a>> {
        self.entries.iter().find(|entry| entry.key == key).copied()
    }

    /// The value of a key; that it is missing is a fault.
    pub fn require(&self, key: &str, what: &str, faults: &mut FaultList) -> Option<&'a Node> {
        let value = self.get(key);
        if value.is_none() {
            faults.add(|| Fault::new(self.at, format!("{what} has no {key:?}")).expected(format!("the key {key:?}")));
        }
        value
    }
}

impl Node {
    /// The entries of a map with any keys; `None` with a fault if this is no map. No value is an empty map.
    pub fn entries<'a>(&'a self, what: &str, faults: &mut FaultList) -> Option<Vec<Entry<'a>>> {
        let pairs = match &self.kind {
            Kind::Map(pairs) => pairs.as_slice(),
            Kind::Null => &[],
            _ => return self.wrong(what, "a map", faults),
        };
        let mut entries = Vec::with_capacity(pairs.len());
        for (key, value) in pairs {
            match &key.kind {
                Kind::Text(text) => entries.push(Entry { at: key.at, key: text, value }),
                _ => faults.add(|| {
                    Fault::new(key.at, format!("a key of {what} is {}", key.kind.name()))
                        .expected("text; put it in quotes")
                }),
            }
        }
        Some(entries)
    }

    /// The items of a list; `None` with a fault if this is no list. No value is an empty list.
    pub fn items<'a>(&'a self, what: &str, faults: &mut FaultList) -> Option<&'a [Node]> {
        match &self.kind {
            Kind::List(items) => Some(items),
            Kind::Null => Some(&[]),
            _ => self.wrong(what, "a list", faults),
        }
    }

    /// Text; anything else is a fault.
    pub fn text<'a>(&'a self, what: &str, faults: &mut FaultList) -> Option<&'a str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) => self.wrong(what, "text; put it in quotes", faults),
            _ => self.wrong(what, "text", faults),
        }
    }

    /// `true` or `false`; anything else is a fault.
    pub fn bool(&self, what: &str, faults: &mut FaultList) -> Option<bool> {
        match self.kind {
            Kind::Bool(value) => Some(value),
            _ => self.wrong(what, "true or false", faults),
        }
    }

    /// A whole number; anything else is a fault.
    pub fn int(&self, what: &str, faults: &mut FaultList) -> Option<i64> {
        match self.kind {
            Kind::Int(value) => Some(value),
            _ => self.wrong(what, "a whole number", faults),
        }
    }

    fn wrong<T>(&self, what: &str, expected: &str, faults: &mut FaultList) -> Option<T> {
        faults.add(|| Fault::new(self.at, format!("{what} is {}", self.kind.name())).expected(expected));
        None
    }
}

impl Kind {
    /// What this is, in words, for messages.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Null => "empty",
            Self::Bool(_) => "true or false",
            Self::Int(_) => "a whole number",
            Self::Float(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }
}
