//! Patterns of a project's own for what only it knows to be secret. Reads no settings.

use regex::{Regex, RegexBuilder};

use super::scan::Span;

/// At most so many patterns.
const MAX_PATTERNS: usize = 256;
/// The compiled size that one pattern may have, in bytes.
const MAX_SIZE: usize = 1 << 20;
/// The name of a pattern that has none.
const UNNAMED: &str = "custom";

/// A pattern that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// It is not a regular expression, or too large.
    #[error("patterns[{index}]: not a usable pattern: {pattern}")]
    Pattern {
        /// Its place in the list, from 0.
        index: usize,
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        #[source]
        source: regex::Error,
    },
    /// It matches where there is nothing.
    #[error("patterns[{index}]: the pattern matches the empty text: {pattern}")]
    Empty {
        /// Its place in the list, from 0.
        index: usize,
        /// The pattern.
        pattern: String,
    },
    /// A name consists of 1 to 40 small letters, digits and `_`.
    #[error("patterns[{index}]: not a usable name: {name:?}")]
    Name {
        /// Its place in the list, from 0.
        index: usize,
        /// The name.
        name: String,
    },
    /// There are too many patterns.
    #[error("{count} patterns, at most {MAX_PATTERNS}")]
    Count {
        /// How many there are.
        count: usize,
    },
}

/// Compiled patterns of a project. Matching is linear in the length of the text.
#[derive(Debug, Clone, Default)]
pub struct CustomPatterns(Vec<(Regex, String)>);

impl CustomPatterns {
    /// Compiles patterns, each with a name for its mark or without one. Where a pattern has a group with the name `secret`,
    /// what that group matches is cut out, else all that the pattern matches.
    ///
    /// # Errors
    ///
    /// All patterns that cannot be used.
    pub fn new<P, N>(patterns: impl IntoIterator<Item = (P, Option<N>)>) -> Result<Self, Vec<PatternError>>
    where
        P: AsRef<str>,
        N: Into<String>,
    {
        let (mut compiled, mut errors) = (Vec::new(), Vec::new());
        for (index, (pattern, name)) in patterns.into_iter().enumerate() {
            let name = name.map_or_else(|| UNNAMED.to_owned(), Into::into);
            let is_plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
            if name.is_empty() || name.len() > 40 || !is_plain {
                errors.push(PatternError::Name { index, name });
                continue;
            }
            let pattern = pattern.as_ref().to_owned();
            match RegexBuilder::new(&pattern).size_limit(MAX_SIZE).build() {
                Ok(regex) if regex.is_match("") => errors.push(PatternError::Empty { index, pattern }),
                Ok(regex) => compiled.push((regex, name)),
                Err(source) => errors.push(PatternError::Pattern { index, pattern, source }),
            }
        }
        if compiled.len() > MAX_PATTERNS {
            errors.push(PatternError::Count { count: compiled.len() });
        }
        if errors.is_empty() { Ok(Self(compiled)) } else { Err(errors) }
    }

    /// Adds what the patterns find, but nothing of a mark that is there already.
    pub(super) fn scan<'r>(&'r self, text: &str, found: &mut Vec<Span<'r>>) {
        if self.0.is_empty() {
            return;
        }
        for (from, to) in gaps(text) {
            for (regex, name) in &self.0 {
                let matches = regex.captures_iter(&text[from..to]);
                let spans = matches.filter_map(|found| found.name("secret").or_else(|| found.get(0)));
                let spans = spans.filter(|found| !found.is_empty());
                found.extend(spans.map(|part| Span { start: from + part.start(), end: from + part.end(), rule: name }));
            }
        }
    }
}

/// What lies between the marks of a text.
fn gaps(text: &str) -> Vec<(usize, usize)> {
    let (mut gaps, mut at) = (Vec::new(), 0);
    for (start, mark) in text.match_indices(super::MARK) {
        let Some(length) =
            text[start + mark.len()..].bytes().position(|byte| byte == b']').filter(|length| *length <= 40)
        else {
            continue;
        };
        if start >= at {
            gaps.push((at, start));
            at = start + mark.len() + length + 1;
        }
    }
    gaps.push((at, text.len()));
    gaps
}
