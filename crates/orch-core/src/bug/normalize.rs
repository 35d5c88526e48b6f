//! From a message to its template, with or without a note of every decision. Hashes nothing.

use super::clean;
use super::custom::CustomRules;
use super::scan;
use super::token::{Record, Token};

/// A text, its template, and what rules decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Normalized {
    /// The cleaned text that the tokens point into.
    pub text: String,
    /// The text without what differs from run to run.
    pub template: String,
    /// What rules decided, from left to right.
    pub tokens: Vec<Token>,
}

/// The template of a message: control sequences and loggers' prefixes are taken away, then each token is looked at once.
#[must_use]
pub fn template(message: &str, project_root: &str) -> String {
    let mut out = Vec::with_capacity(message.len().min(scan::TEMPLATE_LIMIT) + 32);
    append(message, project_root, &mut out);
    into_string(out)
}

/// As [`template`], appended to a buffer that is used again and again.
pub fn append(message: &str, project_root: &str, out: &mut Vec<u8>) {
    let cleaned = clean::control(message);
    let start = clean::prefix(&cleaned).end;
    scan::template(&cleaned[start..], folder(project_root), &[], out, &mut ());
}

/// As [`template`], with all decisions.
#[must_use]
pub fn normalize(message: &str, project_root: &str, rules: &CustomRules) -> Normalized {
    let cleaned = clean::control(message);
    let text = &cleaned[clean::prefix(&cleaned).end..];
    let mut tokens = Vec::new();
    let template = apply(text, project_root, rules, &mut tokens);
    Normalized { text: text.to_owned(), template, tokens }
}

/// The template of a text that is clean already.
pub(crate) fn apply<R: Record>(text: &str, project_root: &str, rules: &CustomRules, record: &mut R) -> String {
    let mut out = Vec::with_capacity(text.len().min(scan::TEMPLATE_LIMIT) + 32);
    scan::template(text, folder(project_root), &rules.spans(text), &mut out, record);
    into_string(out)
}

fn folder(root: &str) -> &str {
    root.trim_end_matches(['/', '\\'])
}

fn into_string(out: Vec<u8>) -> String {
    String::from_utf8(out).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
