//! The figures of the ranking, each with its reason. Ranks nothing.

/// What the score of an event is made of, and how much is looked at.
///
/// The score is `(Σ terms + Σ pairs + Σ literals) × recency`; see [`crate::ContextSearch`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranking {
    /// How soon more of the same word counts no more: `k1` of BM25. 1.2 is the value of Robertson and Zaragoza, "The
    /// Probabilistic Relevance Framework: BM25 and Beyond" (2009).
    pub k1: f64,
    /// How much a long text counts less: `b` of BM25; the source is the same.
    pub b: f64,
    /// How often a word in a title, message or summary counts, as in the BM25F of the same source.
    pub title: f64,
    /// How often a word counts among the first of a text, which say what the rest is about: the subject of a message, the
    /// title of a report, the name of a function.
    pub lead: f64,
    /// What the words of a sentence that only hold it together count at most, all of them, as a share of what the others do.
    pub hollow: f64,
    /// What an identifier as a whole counts beside its parts.
    pub whole: f64,
    /// What two words count that are as near as in the query.
    pub pair: f64,
    /// What a name with punctuation counts that stands there as it was typed.
    pub literal: f64,
    /// What the newest event has over an old one, as a share of the score.
    pub recency: f64,
    /// After how many days half of that is left.
    pub half_life_days: f64,
    /// The least share of what is asked, by weight, that an event must have where the query has but a few words.
    pub least_share: f64,
    /// How many events are read and ranked; more where more hits are asked for.
    pub candidates: usize,
    /// How many places of words are looked at to choose them; more where more hits are asked for.
    pub postings: usize,
}

impl Default for Ranking {
    fn default() -> Self {
        Self {
            k1: 1.2,
            b: 0.75,
            title: 1.0,
            lead: 1.5,
            hollow: 0.07,
            whole: 0.5,
            pair: 0.4,
            literal: 0.5,
            recency: 0.15,
            half_life_days: 14.0,
            least_share: 0.3,
            candidates: 200,
            postings: 3_000,
        }
    }
}
