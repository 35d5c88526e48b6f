//! Answers that were computed before: a search with two levels of cache in front. It ranks nothing, and no query fails for it.
//!
//! An answer is kept under the log's position in its scope. Whoever asks after a write asks under another position, so that
//! nothing that is found here is ever older than the log, and nothing is taken away by hand. Old entries go by their age.
//!
//! Scores depend on the time of the query in one way: new events weigh a little more. An answer from here has the scores of
//! the moment at which it was computed, at most [`CacheSettings::ttl`] ago, and with a second level that level's time to
//! live more. With a half-life of 14 days, one hour changes a score by less than 0.05 %, all in the same direction. Two hits
//! whose scores are nearer than that may stand in the other order than in a fresh answer, and at the end of a list one may
//! have the other's place; what matches depends on the log alone.
//!
//! ```
//! # use std::sync::Arc;
//! # use orch_core::search::{Search, SearchIndex};
//! use orch_search::cache::{CacheSettings, Cached, SecondLevel};
//!
//! fn cached<S: Search, P: SearchIndex>(search: S, index: Arc<P>, shared: Option<Arc<dyn SecondLevel>>) -> impl Search {
//!     let cached = Cached::new(search, index, CacheSettings::new("the store's id", "half-life 14 d"));
//!     match shared {
//!         Some(shared) => cached.with_second_level(shared),
//!         None => cached,
//!     }
//! }
//! ```

mod entry;
mod key;
mod level;
mod memory;
#[cfg(feature = "redis")]
mod redis;

use std::fmt;
use std::future::Future;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use orch_core::search::{Position, Search, SearchAnswer, SearchIndex, SearchQuery, SearchSummary};
use orch_core::store::StoreError;

use self::entry::Kept;
use self::key::Key;
pub use self::level::{SecondLevel, SharedError, SharedStatus, Tally, Waiting};
use self::memory::Memory;
#[cfg(feature = "redis")]
pub use self::redis::{Limits, RedisAddressError, RedisLevel, RedisSettings};

/// What a cache needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheSettings {
    /// What tells this project's log from all others that may use the same second level, for example the id of its store.
    pub project: String,
    /// Whatever else an answer depends on, for example the half-life of events. Another text never gets the same answer.
    pub ranking: String,
    /// How long an answer is kept in this process; at most a year.
    pub ttl: Duration,
    /// How many bytes the answers in this process may have together. With 0 none is kept.
    pub max_bytes: u64,
}

impl CacheSettings {
    /// One hour and 32 MiB.
    #[must_use]
    pub fn new(project: impl Into<String>, ranking: impl Into<String>) -> Self {
        let (project, ranking) = (project.into(), ranking.into());
        Self { project, ranking, ttl: Duration::from_hours(1), max_bytes: 32 << 20 }
    }
}

/// What a cache did since it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheStatus {
    /// Whether it is used at all: see [`Cached::switched_off`].
    pub is_on: bool,
    /// How many answers came from this process, those included that were being computed for somebody else.
    pub memory_hits: u64,
    /// How many answers came from the second level.
    pub shared_hits: u64,
    /// How many answers were computed, as they were nowhere.
    pub misses: u64,
    /// How many were computed without a look, as the position of the log was not settled.
    pub unsettled: u64,
    /// How many values of the second level were not what they should be.
    pub rejected: u64,
    /// How many answers this process keeps.
    pub entries: u64,
    /// About how many bytes they have.
    pub bytes: u64,
    /// The second level, if there is one.
    pub shared: Option<SharedStatus>,
}

#[derive(Debug, Default)]
struct Counts {
    memory_hits: AtomicU64,
    shared_hits: AtomicU64,
    misses: AtomicU64,
    unsettled: AtomicU64,
    rejected: AtomicU64,
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// A search that gives an answer again as long as the log stands where it stood.
///
/// Equal queries at once are computed once. Errors are not kept: whoever waited for one that failed asks for himself.
pub struct Cached<S, P> {
    search: S,
    index: P,
    settings: CacheSettings,
    memory: Memory,
    shared: Option<Arc<dyn SecondLevel>>,
    is_on: bool,
    counts: Counts,
}

impl<S: fmt::Debug, P> fmt::Debug for Cached<S, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Cached");
        debug.field("search", &self.search).field("settings", &self.settings).field("shared", &self.shared);
        debug.field("is_on", &self.is_on).finish_non_exhaustive()
    }
}

impl<S: Search, P> Cached<S, P>
where
    P: Deref<Target: SearchIndex> + Send + Sync,
{
    /// Puts a cache in front of a search. The index is a reference to the one that the search reads.
    #[must_use]
    pub fn new(search: S, index: P, settings: CacheSettings) -> Self {
        let memory = Memory::new(settings.ttl, settings.max_bytes);
        Self { search, index, settings, memory, shared: None, is_on: true, counts: Counts::default() }
    }

    /// Adds a second level that other processes use, too.
    #[must_use]
    pub fn with_second_level(self, shared: Arc<dyn SecondLevel>) -> Self {
        Self { shared: Some(shared), ..self }
    }

    /// Computes every answer, and keeps none.
    #[must_use]
    pub fn switched_off(self) -> Self {
        Self { is_on: false, ..self }
    }

    /// The search behind the cache.
    #[must_use]
    pub fn inner(&self) -> &S {
        &self.search
    }

    /// What the cache did. Asks the second level what other processes counted there, within its limits.
    pub async fn status(&self) -> CacheStatus {
        let shared = match &self.shared {
            Some(shared) => Some(shared.status().await),
            None => None,
        };
        let (entries, bytes) = self.memory.size().await;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        CacheStatus {
            is_on: self.is_on,
            memory_hits: read(&self.counts.memory_hits),
            shared_hits: read(&self.counts.shared_hits),
            misses: read(&self.counts.misses),
            unsettled: read(&self.counts.unsettled),
            rejected: read(&self.counts.rejected),
            entries,
            bytes,
            shared,
        }
    }

    /// Where the log stands; `None` where that is not known, for whatever reason. If the store cannot be read, the search
    /// itself says so.
    async fn position(&self, query: &SearchQuery) -> Option<Position> {
        self.index.position(&query.within.scope).await.ok().flatten()
    }

    async fn answer<A, F>(&self, query: &SearchQuery, compute: impl Fn() -> F + Send + Sync) -> Result<A, StoreError>
    where
        A: Kept,
        F: Future<Output = Result<A, StoreError>> + Send,
    {
        if !self.is_on {
            return compute().await;
        }
        let Some(position) = self.position(query).await else {
            count(&self.counts.unsettled);
            return compute().await;
        };
        let key = Key::new::<A>(&self.settings, query, &position);
        let mut made = None;
        let bytes = self.memory.get_or_make(key, self.make(&key, query, &position, &compute, &mut made)).await;
        match made {
            Some(Made::Computed { result, is_settled }) => {
                if !is_settled {
                    self.memory.forget(&key).await;
                }
                return result;
            }
            Some(Made::Found(answer)) => return Ok(answer),
            None => {}
        }
        // it was there, or somebody else made it meanwhile
        if let Some(answer) = bytes.and_then(|bytes| entry::read(&bytes, &key, query)) {
            count(&self.counts.memory_hits);
            Ok(answer)
        } else {
            count(&self.counts.misses);
            compute().await
        }
    }

    /// Gets what is to be kept in this process from the second level, or computes it.
    async fn make<A, F>(
        &self,
        key: &Key,
        query: &SearchQuery,
        position: &Position,
        compute: impl Fn() -> F + Send + Sync,
        made: &mut Option<Made<A>>,
    ) -> Option<Arc<[u8]>>
    where
        A: Kept,
        F: Future<Output = Result<A, StoreError>> + Send,
    {
        let name = key.to_string();
        if let Some(shared) = &self.shared
            && let Some(bytes) = shared.get(&name).await
        {
            if let Some(answer) = entry::read(&bytes, key, query) {
                count(&self.counts.shared_hits);
                *made = Some(Made::Found(answer));
                return Some(bytes.into());
            }
            count(&self.counts.rejected);
        }
        count(&self.counts.misses);
        let result = compute().await;
        let bytes = result.as_ref().ok().and_then(|answer| entry::write(answer, key));
        // the log may have gone on while it was read; then the answer is one to somewhat later, and belongs to no position
        let is_settled = bytes.is_some() && self.position(query).await.as_ref() == Some(position);
        *made = Some(Made::Computed { result, is_settled });
        if is_settled
            && let (Some(shared), Some(bytes)) = (&self.shared, &bytes)
            && bytes.len() <= entry::MAX_SHARED_BYTES
        {
            shared.put(&name, bytes).await;
        }
        bytes.map(Into::into)
    }
}

/// What became of a query that was not answered from memory.
enum Made<A> {
    Computed {
        result: Result<A, StoreError>,
        /// Whether the log stands where it stood when the query came.
        is_settled: bool,
    },
    Found(A),
}

impl<S: Search, P> Search for Cached<S, P>
where
    P: Deref<Target: SearchIndex> + Send + Sync,
{
    async fn search(&self, query: &SearchQuery) -> Result<SearchAnswer, StoreError> {
        Box::pin(self.answer(query, || self.search.search(query))).await
    }

    async fn summary(&self, query: &SearchQuery) -> Result<SearchSummary, StoreError> {
        Box::pin(self.answer(query, || self.search.summary(query))).await
    }
}
