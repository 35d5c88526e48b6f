//! Secrets in texts: finds them and puts a mark in their place, before anything is stored. Stores and prints nothing.
//!
//! Texts are read once from left to right. Words and beginnings that may announce a secret are found by one automaton;
//! each is then judged by a rule that looks a bounded way around it, or at runs of characters that are measured once. So
//! the time is in proportion to the length of the text, whatever is in it.

mod address;
mod artifact;
mod assignment;
mod custom;
mod entropy;
mod fact;
mod header;
mod name;
mod pem;
mod scan;
mod token;
mod value;
mod walk;

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

pub use custom::{CustomPatterns, PatternError};
use scan::Span;

/// How each mark begins; the name of the rule and `]` follow.
const MARK: &str = "[REDACTED:";

/// So often a text is looked at again, as a mark may bring words together that were apart.
const MAX_PASSES: usize = 4;

/// Something that looks like a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule that found it.
    pub rule: String,
    /// The line it is in, counted from 1.
    pub line: usize,
}

/// What cuts secrets out. A copy costs nothing. The default is on, without patterns of a project's own.
#[derive(Debug, Clone)]
pub struct Redactor {
    rules: Option<Arc<Rules>>,
}

#[derive(Debug, Default)]
struct Rules {
    custom: CustomPatterns,
    entropy: bool,
}

static STANDARD: LazyLock<Arc<Rules>> = LazyLock::new(Arc::default);

impl Default for Redactor {
    fn default() -> Self {
        Self { rules: Some(Arc::clone(&STANDARD)) }
    }
}

impl Redactor {
    /// One with a project's own patterns beside the rules, and one that takes whatever looks random for a secret, too, if
    /// that is wanted.
    #[must_use]
    pub fn new(custom: CustomPatterns, entropy: bool) -> Self {
        Self { rules: Some(Arc::new(Rules { custom, entropy })) }
    }

    /// One that leaves everything as it is.
    #[must_use]
    pub fn off() -> Self {
        Self { rules: None }
    }

    /// Whether it cuts anything out.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.rules.is_some()
    }

    /// The text with `[REDACTED:rule]` in place of each secret. A text that went through it once comes back as it is.
    #[must_use]
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let Some(rules) = &self.rules else { return Cow::Borrowed(text) };
        let Some(mut out) = rules.pass(text) else { return Cow::Borrowed(text) };
        for _ in 1..MAX_PASSES {
            let Some(next) = rules.pass(&out) else { break };
            out = next;
        }
        Cow::Owned(out)
    }

    /// The same of a text that is owned.
    #[must_use]
    pub fn owned(&self, text: String) -> String {
        match self.text(&text) {
            Cow::Borrowed(_) => text,
            Cow::Owned(text) => text,
        }
    }

    /// Where a text has secrets.
    #[must_use]
    pub fn findings(&self, text: &str) -> Vec<Finding> {
        let Some(rules) = &self.rules else { return Vec::new() };
        let (mut line, mut at) = (1, 0);
        let spans = rules.spans(text);
        let finding = |span: Span<'_>| {
            line += memchr::memchr_iter(b'\n', &text.as_bytes()[at..span.start]).count();
            at = span.start;
            Finding { rule: span.rule.to_owned(), line }
        };
        spans.into_iter().map(finding).collect()
    }
}

impl Rules {
    /// The secrets of a text, in order and without overlap.
    fn spans(&self, text: &str) -> Vec<Span<'_>> {
        let mut found = scan::scan(text.as_bytes()).spans;
        if self.entropy {
            entropy::scan(text.as_bytes(), &mut found);
        }
        self.custom.scan(text, &mut found);
        scan::merge(text, found)
    }

    /// The text with marks; `None` where there is nothing to cut out.
    fn pass(&self, text: &str) -> Option<String> {
        let spans = self.spans(text);
        if spans.is_empty() {
            return None;
        }
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for span in spans {
            out.push_str(&text[at..span.start]);
            out.push_str(MARK);
            out.push_str(span.rule);
            out.push(']');
            at = span.end;
        }
        out.push_str(&text[at..]);
        Some(out)
    }
}

#[cfg(test)]
mod tests;
