//! What is kept of an answer: JSON that names its key. Whatever does not belong to the query is not read. It does no I/O.
//!
//! The second level is not trusted with more than it must be: bytes that are not of this form, that were kept for another
//! query, or in which a hit lies outside of the scope or the filters, are no answer. Who can write to the second level and
//! means to, can forge answers all the same, as the text of an event is not compared with the log.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use orch_core::code::{Actor, EventType};
use orch_core::event::{EntityType, Event};
use orch_core::search::{SearchAnswer, SearchQuery, SearchScope, SearchSummary, Snippet, Within};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::key::Key;

/// The most bytes that are written to a second level or taken from there.
pub(super) const MAX_SHARED_BYTES: usize = 4 << 20;

/// An answer that can be kept.
pub(super) trait Kept: Serialize + DeserializeOwned + Send + Sync {
    /// The word for its kind.
    const KIND: &'static str;
    /// Whether it lists hits.
    const HAS_HITS: bool;
    /// Whether it can be an answer to the query.
    fn belongs_to(&self, query: &SearchQuery) -> bool;
    /// Notes that it was computed earlier.
    fn note_that_it_was_kept(&mut self);
}

#[derive(Serialize)]
struct Written<'a, A> {
    key: String,
    answer: &'a A,
}

#[derive(Deserialize)]
struct Read<A> {
    key: String,
    answer: A,
}

/// The bytes to keep. An answer that JSON has no form for is not kept.
pub(super) fn write<A: Kept>(answer: &A, key: &Key) -> Option<Vec<u8>> {
    serde_json::to_vec(&Written { key: key.to_string(), answer }).ok()
}

/// The answer in bytes that were kept under a key, if it is one to this query.
pub(super) fn read<A: Kept>(bytes: &[u8], key: &Key, query: &SearchQuery) -> Option<A> {
    let Read { key: written, mut answer } = serde_json::from_slice::<Read<A>>(bytes).ok()?;
    if written != key.to_string() || !answer.belongs_to(query) {
        return None;
    }
    answer.note_that_it_was_kept();
    Some(answer)
}

impl Kept for SearchAnswer {
    const KIND: &'static str = "search";
    const HAS_HITS: bool = true;

    fn belongs_to(&self, query: &SearchQuery) -> bool {
        let ids: BTreeSet<i64> = self.hits.iter().map(|hit| hit.event.id).collect();
        self.hits.len() <= query.limit
            && ids.len() == self.hits.len()
            && self.hits.iter().all(|hit| {
                is_within(&hit.event, &query.within)
                    && is_sound(&hit.snippet)
                    && (query.explain || hit.explanation.is_empty())
            })
    }

    fn note_that_it_was_kept(&mut self) {
        self.from_cache = true;
    }
}

impl Kept for SearchSummary {
    const KIND: &'static str = "summary";
    const HAS_HITS: bool = false;

    fn belongs_to(&self, query: &SearchQuery) -> bool {
        let Within { event_type, actor, since, until, .. } = &query.within;
        let types = |wanted: &EventType| self.event_types.keys().all(|found| found == wanted);
        let actors = |wanted: &Actor| self.actors.keys().all(|found| found == wanted);
        event_type.as_ref().is_none_or(types)
            && actor.as_ref().is_none_or(actors)
            && [self.first, self.last].into_iter().flatten().all(|at| is_between(at, *since, *until))
    }

    fn note_that_it_was_kept(&mut self) {}
}

/// Whether an event can lie within. Which task a bug belongs to, and which sprint a task, the event alone does not say.
fn is_within(event: &Event, within: &Within) -> bool {
    let is_in_scope = match &within.scope {
        SearchScope::Session(key) => event.session_key.as_ref() == Some(key),
        SearchScope::Task(code) => match event.entity_type {
            EntityType::Task => event.entity_code == code.as_str(),
            EntityType::Bug => true,
            EntityType::Sprint | EntityType::Project => false,
        },
        SearchScope::Sprint(code) => match event.entity_type {
            EntityType::Sprint => event.entity_code == code.as_str(),
            EntityType::Task | EntityType::Bug => true,
            EntityType::Project => false,
        },
        SearchScope::Project(None) => true,
        SearchScope::Project(Some(_)) => event.external.is_some() || event.entity_type == EntityType::Project,
    };
    is_in_scope
        && within.event_type.as_ref().is_none_or(|wanted| event.event_type == *wanted)
        && within.actor.as_ref().is_none_or(|wanted| event.actor == *wanted)
        && is_between(event.emitted_at, within.since, within.until)
}

fn is_between(at: DateTime<Utc>, since: Option<DateTime<Utc>>, until: Option<DateTime<Utc>>) -> bool {
    since.is_none_or(|since| since <= at) && until.is_none_or(|until| at < until)
}

/// Whether the marks lie in the text, in order, so that whoever shows it can cut it there.
fn is_sound(snippet: &Snippet) -> bool {
    let mut end = 0;
    snippet.marks.iter().all(|mark| {
        let in_order = end <= mark.start && mark.start <= mark.end;
        end = mark.end;
        in_order && snippet.text.get(mark.clone()).is_some()
    })
}
