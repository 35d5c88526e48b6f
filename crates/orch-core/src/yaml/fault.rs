//! What is wrong in a YAML file, and where. Knows no schema and reads no file.

use std::fmt;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// How many faults one report lists; what follows is only counted, so that hostile input stays cheap.
pub const MAX_FAULTS: usize = 100;

/// The longest text for which a nearest name is looked for.
const MAX_NEAREST_CHARS: usize = 64;

/// The most names that are compared with a mistyped one.
const MAX_CANDIDATES: usize = 256;

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// The line; the first one is 1.
    pub line: usize,
    /// The column in characters; the first one is 1.
    pub column: usize,
}

impl Position {
    /// The beginning of a text.
    pub const START: Self = Self { line: 1, column: 1 };
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// One thing that is wrong, with its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{at}: {}", self.sentence())]
#[non_exhaustive]
pub struct Fault {
    /// Where it is.
    pub at: Position,
    /// What is wrong. Text from the file is quoted, cut and escaped.
    pub message: String,
    /// What would be right.
    pub expected: Option<String>,
    /// The valid name that is nearest to the one given.
    pub nearest: Option<String>,
}

impl Fault {
    /// Makes a fault that says only what is wrong.
    #[must_use]
    pub fn new(at: Position, message: impl Into<String>) -> Self {
        Self { at, message: message.into(), expected: None, nearest: None }
    }

    /// Adds what would be right.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// Adds the nearest of some valid names, if one is near enough to be meant.
    #[must_use]
    pub fn nearest_of<'a>(mut self, text: &str, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.nearest = nearest(text, names).map(str::to_owned);
        self
    }

    /// The fault without its place.
    fn sentence(&self) -> String {
        let mut line = self.message.clone();
        if let Some(expected) = &self.expected {
            let _ = write!(line, "; expected {expected}");
        }
        if let Some(nearest) = &self.nearest {
            let _ = write!(line, "; did you mean {nearest:?}?");
        }
        line
    }
}

/// Everything that is wrong with a file, in the order of the file. Never empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{}", self.lines(""))]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Sorts faults by their place. `None` if there are none.
    #[must_use]
    pub fn new(mut faults: Vec<Fault>) -> Option<Self> {
        faults.sort_by_key(|fault| fault.at);
        (!faults.is_empty()).then_some(Self(faults))
    }

    /// The faults, sorted by their place.
    #[must_use]
    pub fn as_slice(&self) -> &[Fault] {
        &self.0
    }

    /// One line a fault, as `FILE:LINE:COLUMN: …`. The name of the file is printed as given.
    #[must_use]
    pub fn render(&self, file: &str) -> String {
        self.lines(&format!("{file}:"))
    }

    fn lines(&self, prefix: &str) -> String {
        self.0.iter().map(|fault| format!("{prefix}{fault}")).collect::<Vec<_>>().join("\n")
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

impl IntoIterator for Faults {
    type Item = Fault;
    type IntoIter = std::vec::IntoIter<Fault>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// Collects faults up to [`MAX_FAULTS`].
#[derive(Debug, Default)]
pub struct FaultList {
    faults: Vec<Fault>,
    uncounted: usize,
}

impl FaultList {
    /// Adds a fault. It is only made if there is still room for it.
    pub fn add(&mut self, fault: impl FnOnce() -> Fault) {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(fault());
        } else {
            self.uncounted += 1;
        }
    }

    /// True as long as nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }

    /// Adds what another list holds, but for faults at a place that already has one: a second complaint
    /// about the same value is mostly a consequence of the first.
    pub fn add_elsewhere(&mut self, other: Self) {
        let taken: std::collections::HashSet<Position> = self.faults.iter().map(|fault| fault.at).collect();
        self.uncounted += other.uncounted;
        for fault in other.faults {
            if !taken.contains(&fault.at) {
                self.add(|| fault);
            }
        }
    }

    /// The faults, sorted, with a last line that says how many more there are.
    #[must_use]
    pub fn into_faults(self) -> Vec<Fault> {
        let Self { mut faults, uncounted } = self;
        faults.sort_by_key(|fault| fault.at);
        if uncounted > 0
            && let Some(last) = faults.last()
        {
            faults.push(Fault::new(last.at, format!("{uncounted} more faults are not listed")));
        }
        faults
    }
}

/// A text from a file, quoted and cut for a message; control and bidi characters are escaped.
#[must_use]
pub fn quoted(text: &str) -> String {
    const MOST: usize = 80;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

/// The name nearest to a text, if it is near enough to be what was meant.
fn nearest<'a>(text: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = text.chars().take(MAX_NEAREST_CHARS + 1).count();
    if length > MAX_NEAREST_CHARS {
        return None;
    }
    let lower = text.to_lowercase();
    names
        .into_iter()
        .take(MAX_CANDIDATES)
        .filter(|name| name.len() <= 4 * MAX_NEAREST_CHARS)
        .map(|name| (strsim::damerau_levenshtein(&lower, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance * 5 <= length.max(name.chars().count()) * 2)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_near() {
        let names = ["required", "optional", "plan", "review"];
        for (text, wanted) in [
            ("requird", Some("required")),
            ("Plan", Some("plan")),
            ("paln", Some("plan")),
            ("reveiw", Some("review")),
            ("zzz", None),
            ("", None),
        ] {
            assert_eq!(nearest(text, names), wanted, "{text}");
        }
        assert_eq!(nearest(&"x".repeat(100), ["x"]), None);
    }

    #[test]
    fn a_fault_reads_as_one_line() {
        let fault = Fault::new(Position { line: 3, column: 5 }, "unknown key \"requird\"")
            .expected("one of required, optional")
            .nearest_of("requird", ["required", "optional"]);
        assert_eq!(
            fault.to_string(),
            "3:5: unknown key \"requird\"; expected one of required, optional; did you mean \"required\"?"
        );
        assert_eq!(quoted("a\u{202e}\u{1b}[0m\n"), r#""a\u{202e}\u{1b}[0m\n""#);
        assert_eq!(quoted(&"é".repeat(100)).chars().count(), 83);
    }

    #[test]
    fn a_list_stops_growing() {
        let mut list = FaultList::default();
        for line in (1..=150).rev() {
            list.add(|| Fault::new(Position { line, column: 1 }, "x"));
        }
        let faults = list.into_faults();
        assert_eq!(faults.len(), MAX_FAULTS + 1);
        assert_eq!(faults[0].at.line, 51);
        assert_eq!(faults[MAX_FAULTS].to_string(), "150:1: 50 more faults are not listed");
    }
}
