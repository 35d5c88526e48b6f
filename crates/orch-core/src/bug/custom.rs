//! Rules of the project's own: what to blank out, what to keep, what to file under a fixed name. Reads no settings.

use regex::{Regex, RegexBuilder};

use super::token::{Rule, Token};

/// At most so many patterns.
const MAX_PATTERNS: usize = 256;
/// The compiled size that one pattern may have, in bytes.
const MAX_SIZE: usize = 1 << 20;

/// A rule that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RuleError {
    /// The pattern is not a regular expression, or too large.
    #[error("{list}[{index}]: not a usable pattern: {pattern}")]
    Pattern {
        /// The list it is in.
        list: &'static str,
        /// Its place in the list, from 0.
        index: usize,
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        #[source]
        source: regex::Error,
    },
    /// The pattern matches where there is nothing.
    #[error("{list}[{index}]: the pattern matches the empty text: {pattern}")]
    Empty {
        /// The list it is in.
        list: &'static str,
        /// Its place in the list, from 0.
        index: usize,
        /// The pattern.
        pattern: String,
    },
    /// A fixed fingerprint needs a name of 1 to 200 characters without control characters.
    #[error("fixed[{index}]: not a usable name: {name:?}")]
    Name {
        /// Its place in the list, from 0.
        index: usize,
        /// The name.
        name: String,
    },
    /// There are too many rules.
    #[error("{count} patterns, at most {MAX_PATTERNS}")]
    Count {
        /// How many there are.
        count: usize,
    },
}

/// Compiled rules of a project. Their order in the lists decides; matching is linear in the length of the text.
#[derive(Debug, Clone, Default)]
pub struct CustomRules {
    blank: Vec<Regex>,
    keep: Vec<Regex>,
    fixed: Vec<(Regex, String)>,
}

impl CustomRules {
    /// Compiles the patterns to blank out, to keep, and those with a fixed name.
    ///
    /// # Errors
    ///
    /// All rules that cannot be used.
    pub fn new<B, K, F, P, N>(blank: B, keep: K, fixed: F) -> Result<Self, Vec<RuleError>>
    where
        B: IntoIterator<Item = P>,
        K: IntoIterator<Item = P>,
        F: IntoIterator<Item = (P, N)>,
        P: AsRef<str>,
        N: Into<String>,
    {
        let mut errors = Vec::new();
        let mut rules = Self::default();
        for (index, pattern) in blank.into_iter().enumerate() {
            compile("blank", index, pattern.as_ref())
                .map_or_else(|error| errors.push(error), |regex| rules.blank.push(regex));
        }
        for (index, pattern) in keep.into_iter().enumerate() {
            compile("keep", index, pattern.as_ref())
                .map_or_else(|error| errors.push(error), |regex| rules.keep.push(regex));
        }
        for (index, (pattern, name)) in fixed.into_iter().enumerate() {
            let name = name.into();
            if name.is_empty() || name.chars().count() > 200 || name.chars().any(char::is_control) {
                errors.push(RuleError::Name { index, name });
                continue;
            }
            compile("fixed", index, pattern.as_ref())
                .map_or_else(|error| errors.push(error), |regex| rules.fixed.push((regex, name)));
        }
        let count = rules.blank.len() + rules.keep.len() + rules.fixed.len();
        if count > MAX_PATTERNS {
            errors.push(RuleError::Count { count });
        }
        if errors.is_empty() { Ok(rules) } else { Err(errors) }
    }

    /// The fixed name of the first pattern that matches.
    #[must_use]
    pub fn fixed(&self, text: &str) -> Option<&str> {
        self.fixed.iter().find(|(pattern, _)| pattern.is_match(text)).map(|(_, name)| name.as_str())
    }

    /// The stretches that patterns decide about, in order and without overlap; what is kept goes first.
    pub(crate) fn spans(&self, text: &str) -> Vec<Token> {
        if self.blank.is_empty() && self.keep.is_empty() {
            return Vec::new();
        }
        let found = |patterns: &[Regex], rule| -> Vec<Token> {
            let matches = patterns.iter().flat_map(|pattern| pattern.find_iter(text));
            matches
                .filter(|found| !found.is_empty())
                .map(|found| Token { start: found.start(), end: found.end(), rule })
                .collect()
        };
        let mut all = found(&self.keep, Rule::Kept);
        all.extend(found(&self.blank, Rule::Custom));
        // stable: of two at the same place the one that is kept comes first
        all.sort_by_key(|token| token.start);
        let kept: Vec<Token> = all.iter().filter(|token| token.rule == Rule::Kept).copied().collect();
        let mut end = 0;
        all.retain(|token| {
            let covered = token.rule == Rule::Custom && overlaps(&kept, token);
            let free = token.start >= end && !covered;
            if free {
                end = token.end;
            }
            free
        });
        all
    }
}

/// Whether one of the sorted stretches has a byte in common with this one.
fn overlaps(sorted: &[Token], token: &Token) -> bool {
    let after = sorted.partition_point(|kept| kept.start < token.end);
    sorted[..after].iter().rev().take(4).any(|kept| kept.end > token.start)
}

fn compile(list: &'static str, index: usize, pattern: &str) -> Result<Regex, RuleError> {
    let regex = RegexBuilder::new(pattern).size_limit(MAX_SIZE).build().map_err(|source| RuleError::Pattern {
        list,
        index,
        pattern: pattern.to_owned(),
        source,
    })?;
    if regex.is_match("") {
        return Err(RuleError::Empty { list, index, pattern: pattern.to_owned() });
    }
    Ok(regex)
}
