//! The first level: what this process keeps, bounded by bytes and age, made once for all who ask at the same time. It knows
//! nothing of queries, and starts no thread.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;

use super::key::Key;

/// The library refuses 1,000 years; nobody wants more than one.
const MAX_TTL: Duration = Duration::from_hours(24 * 365);

/// About how many bytes an entry takes beside its value.
const OVERHEAD: usize = 256;

#[derive(Debug)]
pub(super) struct Memory {
    cache: Cache<Key, Arc<[u8]>>,
}

impl Memory {
    pub(super) fn new(ttl: Duration, max_bytes: u64) -> Self {
        let weigh = |_: &Key, value: &Arc<[u8]>| u32::try_from(value.len() + OVERHEAD).unwrap_or(u32::MAX);
        let cache = Cache::builder().max_capacity(max_bytes).weigher(weigh).time_to_live(ttl.min(MAX_TTL));
        Self { cache: cache.build() }
    }

    /// The value under a key. If there is none, it is made by one of those who ask at once; the others wait for it, and get
    /// nothing where nothing is made.
    pub(super) async fn get_or_make(
        &self,
        key: Key,
        make: impl Future<Output = Option<Arc<[u8]>>> + Send,
    ) -> Option<Arc<[u8]>> {
        self.cache.optionally_get_with(key, make).await
    }

    pub(super) async fn forget(&self, key: &Key) {
        self.cache.invalidate(key).await;
    }

    /// How many entries there are, and about how many bytes they have.
    pub(super) async fn size(&self) -> (u64, u64) {
        self.cache.run_pending_tasks().await;
        (self.cache.entry_count(), self.cache.weighted_size())
    }
}
