//! A log, and a search in it that counts how often it computes. No store and no server.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use orch_core::code::{EventType, TaskCode};
use orch_core::event::{EntityType, Event};
use orch_core::search::{
    Hit, KnownWord, LookUp, Position, ScorePart, Search, SearchAnswer, SearchIndex, SearchQuery, SearchScope,
    SearchSummary, Snippet, Within,
};
use orch_core::store::StoreError;
use orch_core::testing::fixture;
use orch_search::cache::{CacheSettings, Cached};
use tokio::sync::Semaphore;

/// A log that can be written, and changed in ways that no log allows.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) log: Mutex<Vec<Event>>,
    pub(crate) computed: AtomicU64,
    pub(crate) looked: AtomicU64,
    pub(crate) is_settled: AtomicBool,
    pub(crate) is_broken: AtomicBool,
    /// Writes an event in the middle of each search.
    pub(crate) is_busy: AtomicBool,
    /// One permit lets all searches through.
    pub(crate) gate: Semaphore,
}

impl World {
    pub(crate) fn new() -> Arc<Self> {
        let world = Self {
            log: Mutex::default(),
            computed: AtomicU64::new(0),
            looked: AtomicU64::new(0),
            is_settled: AtomicBool::new(true),
            is_broken: AtomicBool::new(false),
            is_busy: AtomicBool::new(false),
            gate: Semaphore::new(1),
        };
        Arc::new(world)
    }

    /// One with three tasks of a few events each.
    pub(crate) fn with_events() -> Arc<Self> {
        let world = Self::new();
        for number in 0..12 {
            world.write(number % 3, &format!("login form ü {number}"));
        }
        world
    }

    pub(crate) fn write(&self, task: u64, text: &str) {
        let mut log = self.log.lock().unwrap();
        let id = i64::try_from(log.len()).unwrap() + 1;
        log.push(Event {
            id,
            event_type: EventType::new(if id % 2 == 0 { "note.even" } else { "note.odd" }).unwrap(),
            entity_type: EntityType::Task,
            entity_code: code(task).to_string(),
            seq: id,
            session_key: None,
            correlation_id: fixture::operation(1, "tester").id,
            actor: fixture::actor("tester"),
            payload: serde_json::json!({ "text": text, "part": 0.1 + 0.2 }),
            emitted_at: fixture::now() + chrono::Duration::nanoseconds(id),
            external: None,
        });
    }

    pub(crate) fn computed(&self) -> u64 {
        self.computed.load(Ordering::SeqCst)
    }

    fn matching(&self, query: &SearchQuery) -> Vec<Event> {
        let mut events = self.log.lock().unwrap().clone();
        events.retain(|event| {
            is_within(event, &query.within) && event.payload["text"].as_str().unwrap().contains(&query.text)
        });
        events.reverse();
        events
    }

    async fn begin(&self) -> Result<(), StoreError> {
        let _permit = self.gate.acquire().await.unwrap();
        self.computed.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        if self.is_busy.load(Ordering::SeqCst) {
            self.write(0, "login meanwhile");
        }
        if self.is_broken.load(Ordering::SeqCst) {
            return Err(StoreError::NoStore { place: "here".into() });
        }
        Ok(())
    }

    /// What the search says without a cache.
    pub(crate) fn answer(&self, query: &SearchQuery) -> SearchAnswer {
        let events = self.matching(query);
        let total = u64::try_from(events.len()).unwrap();
        let hits = events.into_iter().take(query.limit).map(|event| hit(event, query.explain)).collect();
        SearchAnswer { hits, total, total_is_exact: true, from_cache: false }
    }

    fn summarise(&self, query: &SearchQuery) -> SearchSummary {
        let events = self.matching(query);
        let mut summary = SearchSummary { total_is_exact: true, ..SearchSummary::default() };
        for event in &events {
            summary.total += 1;
            *summary.event_types.entry(event.event_type.clone()).or_default() += 1;
            *summary.actors.entry(event.actor.clone()).or_default() += 1;
        }
        summary.last = events.first().map(|event| event.emitted_at);
        summary.first = events.last().map(|event| event.emitted_at);
        summary
    }
}

#[expect(clippy::cast_precision_loss, reason = "a score")]
fn hit(event: Event, explain: bool) -> Hit {
    let text = event.payload["text"].as_str().unwrap().to_owned();
    let score = 1.0 / (event.id as f64 + 0.1);
    let explanation = if explain { vec![ScorePart { what: "text".into(), value: score }] } else { Vec::new() };
    Hit { score, snippet: Snippet { marks: vec![0..1, 2..3], text }, explanation, event }
}

fn is_within(event: &Event, within: &Within) -> bool {
    let is_in_scope = match &within.scope {
        SearchScope::Task(code) => event.entity_code == code.as_str(),
        SearchScope::Project(None) => true,
        _ => false,
    };
    is_in_scope && within.event_type.as_ref().is_none_or(|wanted| event.event_type == *wanted)
}

pub(crate) fn code(task: u64) -> TaskCode {
    TaskCode::new(format!("TSK-{task:03}")).unwrap()
}

pub(crate) fn query(scope: SearchScope, text: &str) -> SearchQuery {
    SearchQuery { within: Within::all(scope), text: text.into(), limit: 5, explain: false }
}

/// A query in everything.
pub(crate) fn anywhere(text: &str) -> SearchQuery {
    query(SearchScope::Project(None), text)
}

/// An answer as it would be if it had been computed just now.
pub(crate) fn fresh(answer: &SearchAnswer) -> SearchAnswer {
    SearchAnswer { from_cache: false, ..answer.clone() }
}

/// The search in a world.
#[derive(Debug)]
pub(crate) struct Engine(pub(crate) Arc<World>);

impl Search for Engine {
    async fn search(&self, query: &SearchQuery) -> Result<SearchAnswer, StoreError> {
        self.0.begin().await?;
        Ok(self.0.answer(query))
    }

    async fn summary(&self, query: &SearchQuery) -> Result<SearchSummary, StoreError> {
        self.0.begin().await?;
        Ok(self.0.summarise(query))
    }
}

impl SearchIndex for World {
    async fn position(&self, scope: &SearchScope) -> Result<Option<Position>, StoreError> {
        self.looked.fetch_add(1, Ordering::SeqCst);
        let events = self.log.lock().unwrap().clone();
        let within = Within::all(scope.clone());
        // as long as it is the same, every query has the same answer
        let texts = events.iter().filter(|event| is_within(event, &within)).map(|event| (event.id, &event.payload));
        let position = Position(texts.map(|(id, payload)| format!("{id} {payload}\n")).collect());
        Ok(self.is_settled.load(Ordering::SeqCst).then_some(position))
    }

    async fn size(&self) -> Result<u64, StoreError> {
        Ok(0)
    }

    async fn look_up(&self, _: &[LookUp], _: usize) -> Result<Vec<Vec<KnownWord>>, StoreError> {
        Ok(Vec::new())
    }

    async fn candidates(&self, _: &Within, _: &[Vec<String>], _: usize) -> Result<Vec<i64>, StoreError> {
        Ok(Vec::new())
    }

    async fn documents(&self, _: &[i64]) -> Result<Vec<Event>, StoreError> {
        Ok(Vec::new())
    }

    async fn count(&self, _: &Within) -> Result<SearchSummary, StoreError> {
        Ok(SearchSummary::default())
    }
}

pub(crate) type Cache = Cached<Engine, Arc<World>>;

/// A cache in front of a world, as one process has it.
pub(crate) fn cache(world: &Arc<World>) -> Cache {
    Cached::new(Engine(Arc::clone(world)), Arc::clone(world), CacheSettings::new("a project", "a ranking"))
}
