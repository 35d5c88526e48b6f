//! What a word of the query stands for in the log. Looks nothing up and ranks nothing.

use orch_core::search::KnownWord;

/// How a word of the log comes to stand for one of the query, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum How {
    /// It is the same.
    Exact,
    /// It is another form of it.
    Stem,
    /// It begins with it.
    Prefix,
    /// It has it inside.
    Inside,
    /// It is nearly the same.
    Typo,
}

impl How {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Stem => "stem",
            Self::Prefix => "prefix",
            Self::Inside => "inside",
            Self::Typo => "typo",
        }
    }
}

/// How much a word counts that is not the same: by the share of it that was typed where it has more letters.
pub(crate) fn quality(how: How, typed: &str, found: &str) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "words are short")]
    let share = || typed.len() as f64 / found.len().max(1) as f64;
    match how {
        How::Exact => 1.0,
        How::Stem => 0.9,
        How::Prefix => 0.35 + 0.4 * share(),
        How::Inside => 0.2 + 0.3 * share(),
        How::Typo => 0.4,
    }
}

/// A word of the log that stands for one of the query.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Form {
    pub(crate) known: KnownWord,
    pub(crate) how: How,
}

/// A word of the query, and all that stands for it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Group {
    pub(crate) word: String,
    pub(crate) term: String,
    /// Which word of the query it is; none where it was made of two or of a part of one.
    pub(crate) place: Option<usize>,
    /// What it counts beside others, 1 for a plain word.
    pub(crate) weight: f64,
    /// Whether it only holds a sentence together: it tells the better of two events, but finds none.
    pub(crate) hollow: bool,
    /// In about how many events it is, itself or another form of it.
    pub(crate) events: u64,
    /// Whether words that begin with it count.
    pub(crate) prefix: bool,
    /// Whether words that have it inside count.
    pub(crate) inside: bool,
    /// The groups of the parts that it is the whole of.
    pub(crate) covers: Vec<usize>,
    /// What else stands for it.
    pub(crate) guesses: Vec<Form>,
}

impl Group {
    /// The terms under which events of the group are found.
    pub(crate) fn terms(&self) -> Vec<String> {
        let own = (self.events > 0).then(|| self.term.clone());
        let mut terms: Vec<String> =
            own.into_iter().chain(self.guesses.iter().map(|form| form.known.term.clone())).collect();
        terms.sort_unstable();
        terms.dedup();
        terms
    }

    /// In about how many events it is, guesses too.
    pub(crate) fn size(&self) -> u64 {
        self.guesses.iter().fold(self.events, |sum, form| sum.saturating_add(form.known.events))
    }

    /// What a match counts: the inverse document frequency of BM25, never negative, times the weight. Where the word itself
    /// is nowhere, that of what stands for it.
    pub(crate) fn idf(&self, of: u64) -> f64 {
        let events = if self.events > 0 { self.events } else { self.size() };
        #[expect(clippy::cast_precision_loss, reason = "a count of events is far below 2^52")]
        let (all, with) = (of.max(events) as f64, events as f64);
        self.weight * (1.0 + (all - with + 0.5) / (with + 0.5)).ln()
    }
}
