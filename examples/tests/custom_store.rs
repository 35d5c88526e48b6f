//! The store of the example keeps what every store promises.

#[path = "../examples/custom_store.rs"]
mod custom_store;

use std::sync::Arc;

use custom_store::AuditedStore;
use orch_core::store::Store;
use orch_core::testing::{MemoryStore, StepClock};

async fn open(clock: Arc<StepClock>) -> impl Store {
    AuditedStore::new(MemoryStore::new(clock))
}

orch_core::store_conformance!(open);

#[test]
fn the_example_runs() {
    custom_store::main().unwrap();
}
