//! The fingerprint: SHA-256 over named parts, each with its length in front. Stores nothing.

use sha2::{Digest, Sha256};

use super::custom::CustomRules;
use super::report::{self, Cleaned, Report};
use super::site::{self, PlaceRule, Site};
use super::token::{Record, Token};
use super::{classify, normalize};

/// The version of the rules, in front of each key. A change of any rule that changes keys changes it.
pub const VERSION: &str = "b1";

/// The parts that go into a fingerprint, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PartName {
    /// The name that a rule of the project fixes; then there are no other parts.
    Fixed,
    /// The template of the message, with the class of the exception.
    Message,
    /// The file, relative to the project.
    File,
    /// The function, or what stands for it.
    Place,
    /// The frames that count.
    Stack,
}

impl PartName {
    /// The name, as it is hashed and shown.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Message => "message",
            Self::File => "file",
            Self::Place => "place",
            Self::Stack => "stack",
        }
    }
}

/// One part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Which one.
    pub name: PartName,
    /// What was hashed.
    pub value: String,
}

/// What two reports of the same bug have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    /// `b1:` and 64 hexadecimal digits.
    pub key: String,
    /// What was hashed, in order. Parts that are empty are left out.
    pub parts: Vec<Part>,
}

impl Fingerprint {
    /// Hashes parts.
    #[must_use]
    pub fn of(parts: Vec<Part>) -> Self {
        let key = key(parts.iter().map(|part| (part.name.name(), part.value.as_str())));
        Self { key, parts }
    }

    /// The value of a part, empty if it is left out.
    #[must_use]
    pub fn part(&self, name: PartName) -> &str {
        self.parts.iter().find(|part| part.name == name).map_or("", |part| &part.value)
    }
}

/// The key of named parts, with the version in front.
pub fn key<'t>(parts: impl IntoIterator<Item = (&'t str, &'t str)>) -> String {
    let mut hash = Sha256::new();
    // parts and their names cannot run into each other: each has its length in front
    let mut put = |text: &str| {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    };
    put(VERSION);
    for (name, value) in parts {
        put(name);
        put(value);
    }
    let digest = hash.finalize();
    let mut key = String::with_capacity(VERSION.len() + 65);
    key.push_str(VERSION);
    key.push(':');
    for byte in digest {
        for half in [byte >> 4, byte & 15] {
            key.push(char::from(b"0123456789abcdef"[usize::from(half)]));
        }
    }
    key
}

/// All that the rules find out about a report.
pub(crate) struct Finding {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) site: Option<Site>,
    pub(crate) classification: classify::Classification,
    pub(crate) text: String,
}

/// Makes fingerprints by the built-in rules and a project's own.
#[derive(Debug, Clone, Default)]
pub struct Fingerprinter {
    rules: CustomRules,
}

impl Fingerprinter {
    /// With rules of a project.
    #[must_use]
    pub fn new(rules: CustomRules) -> Self {
        Self { rules }
    }

    /// The fingerprint and the type of a report.
    #[must_use]
    pub fn fingerprint(&self, report: &Report<'_>) -> (Fingerprint, classify::Classification) {
        let finding = self.find(report, &mut ());
        (finding.fingerprint, finding.classification)
    }

    pub(crate) fn find<R: Record>(&self, report: &Report<'_>, record: &mut R) -> Finding {
        let cleaned = Cleaned::new(report);
        let (lines, trace) = cleaned.trace();
        let head = report::head(&cleaned.message, &lines, &trace);
        let classification = classify::classify(&head, &cleaned.message, &cleaned.stack, &lines, &trace);
        let text = match report::class(&head, &lines) {
            Some(class) => format!("{class}: {head}"),
            None => head.into_owned(),
        };
        if let Some(name) = self.rules.fixed(&text) {
            let parts = vec![Part { name: PartName::Fixed, value: name.to_owned() }];
            return Finding { fingerprint: Fingerprint::of(parts), site: None, classification, text };
        }
        let template = normalize::apply(&text, report.project_root.unwrap_or_default(), &self.rules, record);
        let generic = is_generic(&template);
        let site = site::find(report, &trace, generic);
        let values = [
            (PartName::Message, template),
            (PartName::File, site.file.clone()),
            (PartName::Place, site.place.clone()),
            (PartName::Stack, site.stack.clone()),
        ];
        let parts = values
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| Part { name, value })
            .collect();
        Finding { fingerprint: Fingerprint::of(parts), site: Some(site), classification, text }
    }

    pub(crate) fn explain_parts(&self, report: &Report<'_>) -> (Finding, Vec<Token>) {
        let mut tokens = Vec::new();
        let finding = self.find(report, &mut tokens);
        (finding, tokens)
    }
}

/// Whether a message is one that very different bugs have: it names no symbol of the program.
fn is_generic(template: &str) -> bool {
    const COMMON: [&str; 12] = [
        "division by zero",
        "divide by zero",
        "called `option::unwrap()` on a `none` value",
        "assertion failed",
        "null pointer dereference",
        "segmentation fault",
        "index out of range",
        "index out of bounds",
        "stack overflow",
        "nullpointerexception",
        "assertionerror",
        "nil pointer dereference",
    ];
    let lower = template.to_lowercase();
    COMMON.iter().any(|common| lower.contains(common)) && template.len() < 200
}

/// The name of the rule that chose a place.
#[must_use]
pub fn place_rule(site: &Site) -> &'static str {
    match site.place_rule {
        PlaceRule::Unknown if site.own => "none",
        rule => rule.name(),
    }
}
