//! The type of an error, and the rule that decided: structure before words. The type never goes into the key.

mod class;
mod phrase;

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use super::report;
use super::stack::Trace;

/// The types of errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ErrorType {
    /// The text of a program is not well-formed.
    Syntax,
    /// Types, names or signatures do not fit.
    Type,
    /// The program failed while it ran, and no other type fits.
    Runtime,
    /// A memory fault, or exhausted memory.
    Memory,
    /// A database refused.
    Database,
    /// A connection, a name or a protocol.
    Network,
    /// A file or a folder.
    Filesystem,
    /// Rights, logins, secrets.
    Permission,
    /// It took too long.
    Timeout,
    /// A setting or an argument.
    Configuration,
    /// A package, module, library or version.
    Dependency,
    /// An assertion or a test.
    Assertion,
    /// Locks, races, threads.
    Concurrency,
    /// File handles, disk, watchers, quotas, ports.
    Resource,
    /// Nothing tells.
    Unknown,
}

impl ErrorType {
    /// The name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Type => "type",
            Self::Runtime => "runtime",
            Self::Memory => "memory",
            Self::Database => "database",
            Self::Network => "network",
            Self::Filesystem => "filesystem",
            Self::Permission => "permission",
            Self::Timeout => "timeout",
            Self::Configuration => "configuration",
            Self::Dependency => "dependency",
            Self::Assertion => "assertion",
            Self::Concurrency => "concurrency",
            Self::Resource => "resource",
            Self::Unknown => "unknown",
        }
    }
}

/// A type and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Classification {
    /// The type.
    pub error_type: ErrorType,
    /// The rule that decided, such as `phrase: no such table`.
    pub rule: String,
}

/// So much of a text is looked at.
const LOOK: usize = 4096;

static PHRASES: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::Standard)
        .build(phrase::PHRASES.iter().map(|(phrase, _)| phrase))
        .ok()
});

/// Classifies by the class of the exception, then codes, then the phrases of the message, then those of the output.
/// `message` and `output` are cleaned of control sequences only: the form of a prefix tells the tool.
pub(crate) fn classify(head: &str, message: &str, output: &str, lines: &[&str], trace: &Trace<'_>) -> Classification {
    let decided = |error_type, rule: String| Classification { error_type, rule };
    let first = head.lines().next().unwrap_or_default();
    let class = report::leading_class(first).or_else(|| report::class(head, lines));
    if let Some(class) = class
        && let Some(error_type) = class::of(class)
    {
        return decided(error_type, format!("class: {class}"));
    }
    let missing_header = class::HEADERS.iter().any(|end| first.to_ascii_lowercase().contains(end));
    if missing_header {
        return decided(ErrorType::Dependency, "a missing header".to_owned());
    }
    if let Some((phrase, error_type)) = first_phrase(head) {
        return decided(error_type, format!("phrase: {phrase}"));
    }
    if !trace.test.is_empty() {
        return decided(ErrorType::Assertion, format!("test: {}", trace.test));
    }
    if let Some((tool, error_type)) = class::tool(message).or_else(|| class::tool(output)) {
        return decided(error_type, format!("tool: {tool}"));
    }
    if let Some((phrase, error_type)) = first_phrase(output) {
        return decided(error_type, format!("phrase of the output: {phrase}"));
    }
    if trace.blocks.is_empty() && trace.place.is_some() {
        return decided(ErrorType::Type, "a compiler's diagnostic".to_owned());
    }
    if class.is_some() || !trace.blocks.is_empty() {
        return decided(ErrorType::Runtime, "a stack trace".to_owned());
    }
    decided(ErrorType::Unknown, "nothing tells".to_owned())
}

/// The phrase that comes first in the table, wherever it is in the text.
fn first_phrase(text: &str) -> Option<(&'static str, ErrorType)> {
    let mut end = text.len().min(LOOK);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let phrases = PHRASES.as_ref()?;
    let best = phrases.find_overlapping_iter(&text[..end]).map(|found| found.pattern().as_usize()).min()?;
    phrase::PHRASES.get(best).copied()
}
