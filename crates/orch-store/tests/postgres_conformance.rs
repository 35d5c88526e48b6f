//! The PostgreSQL store passes the suite that every store passes, on a real server.

use std::sync::Arc;
use std::time::Duration;

use orch_core::testing::StepClock;
use orch_store::{PostgresOptions, SqlStore};

async fn open(clock: Arc<StepClock>) -> Option<SqlStore> {
    let database = orch_tests::postgres::database()?;
    let options = PostgresOptions {
        url: database.url().to_owned(),
        busy_timeout: Duration::from_secs(30),
        retry_for: Duration::from_secs(5),
        max_connections: 8,
        clock: Some(clock),
    };
    // the database outlives this function; it goes with the server
    std::mem::forget(database);
    SqlStore::create_on(&options).await.expect("a new store");
    Some(SqlStore::connect(&options).await.expect("the store"))
}

orch_core::store_conformance!(open, always, stepped, search);
