//! A database of an older schema, met by many at once.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

use std::time::Duration;

use orch_core::code::TaskCode;
use orch_core::search::{SearchIndex as _, SearchScope, Within};
use orch_store::{PostgresOptions, SqlStore};

use work::create;

#[expect(dead_code, reason = "other tests do more work")]
mod work;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn promise_36_eight_who_meet_the_first_schema_upgrade_it_once() {
    let Some(database) = orch_tests::postgres::database() else { return };
    let options = PostgresOptions {
        url: database.url().to_owned(),
        busy_timeout: Duration::from_secs(30),
        retry_for: Duration::from_secs(20),
        max_connections: 2,
        clock: None,
    };
    SqlStore::create_on(&options).await.unwrap();
    let store = SqlStore::connect(&options).await.unwrap();
    create(&store, Some("TSK-001")).await.unwrap();
    // the first schema again, with a row that somebody wrote by hand
    database.sql(
        "ALTER TABLE orchestration_bugs DROP COLUMN bug_code, DROP COLUMN version, DROP COLUMN loose_hash, \
         DROP COLUMN message_hash, DROP COLUMN likeness, DROP COLUMN merged_into; \
         INSERT INTO orchestration_bugs (bug_hash, error_message, context, created_at, updated_at) \
         VALUES ('h', 'm', '{}', now(), now()); \
         DROP FUNCTION orchestration_index; DROP TABLE orchestration_search, orchestration_search_words; \
         DROP TRIGGER orchestration_events_no_update ON orchestration_events; \
         ALTER TABLE orchestration_events DROP COLUMN external; \
         ALTER TABLE orchestration_events_archive DROP COLUMN external; \
         CREATE TRIGGER orchestration_events_no_update BEFORE UPDATE OF id ON orchestration_events \
             FOR EACH ROW EXECUTE FUNCTION orchestration_events_guard(); \
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
    assert_eq!(database.sql("SELECT count(*), max(version) FROM orchestration_schema"), "3|3");
    assert_eq!(database.sql("SELECT bug_code FROM orchestration_bugs"), "BUG-1");
    // what was there before is found
    let task = Within::all(SearchScope::Task(TaskCode::new("TSK-001").unwrap()));
    assert_eq!(store.candidates(&task, &[vec!["task".into()]], 10).await.unwrap().len(), 1);
}
