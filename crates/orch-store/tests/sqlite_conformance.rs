//! The SQLite store passes the suite that every store passes, on real files.

use std::sync::Arc;
use std::time::Duration;

use orch_core::testing::StepClock;
use orch_store::{SqlStore, SqliteOptions};

async fn open(clock: Arc<StepClock>) -> SqlStore {
    // left behind on purpose: the store outlives this function, and the system clears its temporary files
    let path = tempfile::tempdir().expect("a folder").keep().join("orch.db");
    let options = SqliteOptions { path, busy_timeout: Duration::from_secs(30) };
    SqlStore::create(&options).await.expect("a new store");
    SqlStore::open(&options, clock).await.expect("the store")
}

orch_core::store_conformance!(open, always, stepped, search);
