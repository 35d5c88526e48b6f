//! A database of an older schema, met by many at once.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

use std::time::Duration;

use orch_store::{PostgresOptions, SqlStore};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_who_meet_the_first_schema_upgrade_it_once() {
    let Some(database) = orch_tests::postgres::database() else { return };
    let options = PostgresOptions {
        url: database.url().to_owned(),
        busy_timeout: Duration::from_secs(30),
        retry_for: Duration::from_secs(20),
        max_connections: 2,
        clock: None,
    };
    SqlStore::create_on(&options).await.unwrap();
    // the first schema again, with a row that somebody wrote by hand
    database.sql(
        "ALTER TABLE orchestration_bugs DROP COLUMN bug_code, DROP COLUMN version, DROP COLUMN loose_hash, \
         DROP COLUMN message_hash, DROP COLUMN likeness, DROP COLUMN merged_into; \
         INSERT INTO orchestration_bugs (bug_hash, error_message, context, created_at, updated_at) \
         VALUES ('h', 'm', '{}', now(), now()); \
         DELETE FROM orchestration_schema WHERE version > 1",
    );
    let mut openers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let options = options.clone();
        openers.spawn(async move { SqlStore::connect(&options).await.map(drop) });
    }
    while let Some(opened) = openers.join_next().await {
        opened.unwrap().unwrap();
    }
    assert_eq!(database.sql("SELECT count(*), max(version) FROM orchestration_schema"), "2|2");
    assert_eq!(database.sql("SELECT bug_code FROM orchestration_bugs"), "BUG-1");
}
