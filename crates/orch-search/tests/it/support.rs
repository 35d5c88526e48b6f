//! A store in memory with a log to search in. Checks nothing itself.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use orch_core::clock::FixedClock;
use orch_core::search::{Search, SearchAnswer, SearchQuery, SearchScope, Within};
use orch_core::testing::conformance::Bench;
use orch_core::testing::conformance::fact::note;
use orch_core::testing::{MemoryStore, StepClock, fixture};
use orch_search::ContextSearch;
use serde_json::{Value, json};

/// Everything.
pub(crate) const EVERYWHERE: SearchScope = SearchScope::Project(None);

/// A log of notes, each a minute after the one before.
pub(crate) struct Log {
    pub(crate) bench: Bench<MemoryStore>,
}

impl Log {
    /// A log of one task with these notes.
    pub(crate) async fn of(texts: &[&str]) -> Self {
        let clock = Arc::new(StepClock::new(fixture::now()));
        let log = Self { bench: Bench::new(MemoryStore::new(clock.clone()), clock) };
        log.bench.create("T-1").await;
        for text in texts {
            log.add("T-1", "note_added", &json!({ "text": text })).await;
        }
        log
    }

    pub(crate) async fn add(&self, task: &str, event_type: &str, payload: &Value) {
        self.bench.clock.advance(60);
        self.bench.change(task, |draft| note(draft, event_type, payload.clone())).await;
    }

    /// When the searches happen.
    pub(crate) fn now() -> DateTime<Utc> {
        fixture::now() + TimeDelta::hours(5)
    }

    pub(crate) async fn answer(&self, query: &SearchQuery) -> SearchAnswer {
        let clock = FixedClock(Self::now());
        let search = ContextSearch::new(self.bench.store.as_ref(), &clock);
        search.search(query).await.expect("no text is an error")
    }

    /// The texts of the notes that a query finds, best first.
    pub(crate) async fn find(&self, text: &str) -> Vec<String> {
        let answer = self.answer(&query(text, EVERYWHERE)).await;
        let text = |payload: &Value| payload["text"].as_str().unwrap_or_default().to_owned();
        answer.hits.iter().map(|hit| text(&hit.event.payload)).collect()
    }
}

pub(crate) fn query(text: &str, scope: SearchScope) -> SearchQuery {
    SearchQuery { within: Within::all(scope), text: text.to_owned(), limit: 20, explain: true }
}
