//! Search in the event log: what is asked, what is found, and the two ports: to whoever answers, and to the index that a
//! store keeps of its events. Ranks nothing and does no I/O.

mod analysis;
mod gram;
mod leaf;
mod letter;
mod term;
mod token;

pub use analysis::{Analysis, MAX_TERMS, analyse};
pub use gram::{grams, neighbours, pieces};
pub use leaf::{Field, Leaf, MAX_LEAF, MAX_TEXT, leaves};
pub use term::term;
pub use token::{MAX_WORD, Token, tokens};

use std::collections::BTreeMap;
use std::future::Future;
use std::ops::Range;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::code::{Actor, EventType, PhaseName, ProjectCode, SessionKey, SprintCode, TaskCode};
use crate::event::{Event, OWN_PREFIX};
use crate::store::StoreError;

/// Where is searched. There is no query without a scope, and nothing from outside of it is ever found.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "scope", content = "id", rename_all = "lowercase")]
pub enum SearchScope {
    /// The events of one session.
    Session(SessionKey),
    /// The events of one task and of its bugs.
    Task(TaskCode),
    /// The events of one sprint and of the tasks that are in it now.
    Sprint(SprintCode),
    /// All events; with a code, those that were imported from that project.
    Project(Option<ProjectCode>),
}

impl SearchScope {
    /// Its word: `session`, `task`, `sprint` or `project`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Session(_) => "session",
            Self::Task(_) => "task",
            Self::Sprint(_) => "sprint",
            Self::Project(_) => "project",
        }
    }

    /// The key or code of what is searched in.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Session(key) => Some(key.as_str()),
            Self::Task(code) => Some(code.as_str()),
            Self::Sprint(code) => Some(code.as_str()),
            Self::Project(code) => code.as_ref().map(AsRef::as_ref),
        }
    }
}

/// A scope, and which of its events count; what is `None` does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Within {
    /// The scope.
    pub scope: SearchScope,
    /// Only events of this type.
    pub event_type: Option<EventType>,
    /// Only events by this actor.
    pub actor: Option<Actor>,
    /// Only events at this time or later.
    pub since: Option<DateTime<Utc>>,
    /// Only events before this time.
    pub until: Option<DateTime<Utc>>,
}

impl Within {
    /// All events of a scope.
    #[must_use]
    pub fn all(scope: SearchScope) -> Self {
        Self { scope, event_type: None, actor: None, since: None, until: None }
    }
}

/// A query.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SearchQuery {
    /// Where.
    pub within: Within,
    /// What is looked for, as it was typed; no character of it is an operator but quotes around a phrase. Without any word
    /// the newest events are the answer.
    pub text: String,
    /// How many hits at most.
    pub limit: usize,
    /// Whether each hit says what its score is made of.
    pub explain: bool,
}

/// A piece of a hit's text in which the matches are marked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snippet {
    /// The piece.
    pub text: String,
    /// Where in it, in bytes, something matches: in order, without overlap.
    pub marks: Vec<Range<usize>>,
}

/// One part of a score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScorePart {
    /// What it is for, for example `validation (stem)` or `recency`.
    pub what: String,
    /// What it adds, or multiplies by where it says so.
    pub value: f64,
}

/// An event that was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// The event.
    pub event: Event,
    /// How well it matches; greater is better. Comparable within one answer only.
    pub score: f64,
    /// Where it matches.
    pub snippet: Snippet,
    /// What the score is made of, where that was asked for.
    pub explanation: Vec<ScorePart>,
}

/// The answer to a query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SearchAnswer {
    /// The hits, best first.
    pub hits: Vec<Hit>,
    /// How many events were found to match.
    pub total: u64,
    /// Whether the total is of all events in the scope, or of those only that were looked at.
    pub total_is_exact: bool,
    /// Whether it was computed earlier.
    pub from_cache: bool,
}

/// What the events that match a query have in common.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchSummary {
    /// How many there are.
    pub total: u64,
    /// Whether the total is of all events in the scope, or of those only that were looked at.
    pub total_is_exact: bool,
    /// How many of each type.
    pub event_types: BTreeMap<EventType, u64>,
    /// How many in each phase, where the payload says which under `phase`.
    pub phases: BTreeMap<PhaseName, u64>,
    /// How many by each actor.
    pub actors: BTreeMap<Actor, u64>,
    /// When the first one happened.
    pub first: Option<DateTime<Utc>>,
    /// When the last one happened.
    pub last: Option<DateTime<Utc>>,
}

/// The phase that an event of orch's own happened in, as far as it says so itself: in its type, as
/// `orchestration.phase.plan.end`, or in the field `phase` of its payload. The payload of a custom event is its own affair.
#[must_use]
pub fn phase_of(event_type: &EventType, field: Option<&str>) -> Option<PhaseName> {
    let own = event_type.as_str().strip_prefix(OWN_PREFIX)?;
    let named = own.strip_prefix("phase.").and_then(|rest| rest.rsplit_once('.'));
    let name = named.map(|(phase, _)| phase).or(field)?;
    PhaseName::new(name).ok()
}

impl SearchSummary {
    /// Counts an event in.
    pub fn add(&mut self, event: &Event) {
        self.total += 1;
        *self.event_types.entry(event.event_type.clone()).or_default() += 1;
        *self.actors.entry(event.actor.clone()).or_default() += 1;
        if let Some(phase) = phase_of(&event.event_type, event.payload.get("phase").and_then(serde_json::Value::as_str))
        {
            *self.phases.entry(phase).or_default() += 1;
        }
        self.first = Some(self.first.map_or(event.emitted_at, |first| first.min(event.emitted_at)));
        self.last = Some(self.last.map_or(event.emitted_at, |last| last.max(event.emitted_at)));
    }
}

/// Answers queries.
pub trait Search: Send + Sync {
    /// Finds the events that match best.
    ///
    /// # Errors
    /// [`StoreError`] if the log cannot be read. No text is an error.
    fn search(&self, query: &SearchQuery) -> impl Future<Output = Result<SearchAnswer, StoreError>> + Send;

    /// Says what the events that match have in common; the limit of the query does not count.
    ///
    /// # Errors
    /// [`StoreError`] if the log cannot be read.
    fn summary(&self, query: &SearchQuery) -> impl Future<Output = Result<SearchSummary, StoreError>> + Send;
}

/// How a word is looked up in the lexicon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookUp {
    /// All words under the [`term`] of this one, whether or not it is one of them.
    Exact(String),
    /// Words that begin so.
    Prefix(String),
    /// Words that have this in them; of at least three characters. They have all of its [`pieces`].
    Inside(String),
    /// Words that share one of this one's [`neighbours`]. Some of them may be unlike it.
    Near(String),
}

/// A word of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownWord {
    /// The word as [`analyse`] gives it.
    pub word: String,
    /// The term that it is indexed under.
    pub term: String,
    /// In about how many events it is.
    pub events: u64,
}

/// Where the log stands in a scope: it changes with each event there, and with each task that enters or leaves a sprint. As long
/// as it is the same, a query finds the same events.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Position(pub String);

/// The index that a store keeps of its events, each written in the transaction of its event. Archived events are not in it.
pub trait SearchIndex: Send + Sync {
    /// The position in a scope; `None` while it is not settled, as an event with a lesser id is still on its way.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    fn position(&self, scope: &SearchScope) -> impl Future<Output = Result<Option<Position>, StoreError>> + Send;

    /// About how many events there are in the whole store.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    fn size(&self) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// Looks words up, at most `limit` for each, those in most events first: an answer for each word, in their order.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    fn look_up(
        &self,
        words: &[LookUp],
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Vec<KnownWord>>, StoreError>> + Send;

    /// The ids of the newest events that have, of each list of terms, at least one; at most `limit`, newest first. Without
    /// any list these are the newest events; a list without a term is one that no event has.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    fn candidates(
        &self,
        within: &Within,
        all_of: &[Vec<String>],
        limit: usize,
    ) -> impl Future<Output = Result<Vec<i64>, StoreError>> + Send;

    /// As [`SearchIndex::candidates`] for each of some plans: lists of terms, and how many at most. For a store on a server it
    /// pays to answer them in one go.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    fn candidates_each(
        &self,
        within: &Within,
        plans: &[(Vec<Vec<String>>, usize)],
    ) -> impl Future<Output = Result<Vec<Vec<i64>>, StoreError>> + Send {
        async move {
            let mut found = Vec::with_capacity(plans.len());
            for (all_of, limit) in plans {
                found.push(self.candidates(within, all_of, *limit).await?);
            }
            Ok(found)
        }
    }

    /// The events with these ids, at most 1,000, in any order; one that is not there any more is left out.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    fn documents(&self, ids: &[i64]) -> impl Future<Output = Result<Vec<Event>, StoreError>> + Send;

    /// What all events have in common.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    fn count(&self, within: &Within) -> impl Future<Output = Result<SearchSummary, StoreError>> + Send;
}
