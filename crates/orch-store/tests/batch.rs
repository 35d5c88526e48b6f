//! Batches of events on both databases, and by way of a pooler: whole or absent, once, and the state their fold.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;

use orch_core::code::{IdempotencyKey, TaskCode};
use orch_core::import::ImportedEvent;
use orch_core::operation::Operation;
use orch_core::refusal::Refusal;
use orch_core::service::{BatchAnswer, EventBatch, ImportService, ServiceError, TaskService};
use orch_core::store::{BatchStore, EventFilter, EventStore, Outcome, StoreError, TaskStore};
use orch_core::testing::{StepClock, fixture};
use orch_store::{PostgresOptions, SqlStore, SqliteOptions};
use orch_tests::pgbouncer::Bouncer;
use orch_tests::postgres::Database;
use orch_tests::proxy::{Cut, Proxy};

/// A store with what must outlive it.
struct Home {
    store: SqlStore,
    clock: Arc<StepClock>,
    _folder: Option<tempfile::TempDir>,
    _pool: Option<Bouncer>,
    _database: Option<Database>,
}

async fn homes() -> Vec<Home> {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::new(StepClock::new(fixture::now())));
    let options = SqliteOptions { path: folder.path().join("orch.db"), busy_timeout: Duration::from_secs(30) };
    SqlStore::create(&options).await.unwrap();
    let store = SqlStore::open(&options, clock.clone()).await.unwrap();
    let mut homes = vec![Home { store, clock, _folder: Some(folder), _pool: None, _database: None }];
    for pooled in [false, true] {
        let Some(database) = orch_tests::postgres::database() else { continue };
        let pool = if pooled { Bouncer::start(&database) } else { None };
        let clock = Arc::new(StepClock::new(fixture::now()));
        let options = PostgresOptions {
            url: pool.as_ref().map_or(database.url(), Bouncer::url).to_owned(),
            busy_timeout: Duration::from_secs(30),
            retry_for: Duration::from_secs(5),
            max_connections: 4,
            clock: Some(clock.clone()),
        };
        SqlStore::create_on(&options).await.unwrap();
        let store = SqlStore::connect(&options).await.unwrap();
        homes.push(Home { store, clock, _folder: None, _pool: pool, _database: Some(database) });
    }
    homes
}

fn operation(number: u128, key: Option<&str>) -> Operation {
    Operation { key: key.map(|key| IdempotencyKey::new(key).unwrap()), ..fixture::operation(number, "tester") }
}

/// Events of some tasks in turn, each a day after the other.
fn events(first: u64, count: u64) -> Vec<(u64, ImportedEvent)> {
    let event = |n: u64| {
        let at = fixture::now() + chrono::TimeDelta::days(i64::try_from(n).unwrap());
        let text = serde_json::json!({
            "event_type": "note", "task": format!("T-{}", n % 3), "sprint": "S-1", "created_at": at, "payload": {"n": n},
        });
        (n, ImportedEvent::parse(text.to_string().as_bytes(), false).unwrap().unwrap())
    };
    (first..first + count).map(event).collect()
}

async fn import(
    home: &Home,
    operation: &Operation,
    events: &[(u64, ImportedEvent)],
) -> Result<Outcome<BatchAnswer>, ServiceError> {
    let batch = EventBatch { events, create_missing: true };
    ImportService { store: &home.store }.batch(operation, batch).await
}

async fn all(home: &Home) -> Vec<orch_core::event::Event> {
    home.store.events(&EventFilter { after: Some(0), ..EventFilter::default() }, 10_000).await.unwrap()
}

#[tokio::test]
async fn a_batch_is_appended_once() {
    for home in homes().await {
        let key = IdempotencyKey::new("k").unwrap();
        assert!(home.store.kept_keys(std::slice::from_ref(&key)).await.unwrap().is_empty());
        // 100 days are in four months
        let first = import(&home, &operation(1, Some("k")), &events(0, 100)).await.unwrap();
        assert_eq!(first.answer, BatchAnswer { imported: 100, created_tasks: 3, created_sprints: 1 });
        assert!(!first.replayed);
        assert!(home.store.kept_keys(std::slice::from_ref(&key)).await.unwrap().contains(&key));
        let again = import(&home, &operation(2, Some("k")), &events(0, 100)).await.unwrap();
        assert_eq!((again.answer, again.replayed, again.operation_id), (first.answer, true, first.operation_id));
        let log = all(&home).await;
        assert_eq!(log.len(), 104);
        assert!(log.windows(2).all(|two| two[0].id < two[1].id));
        let own: Vec<_> = log.iter().filter(|event| event.entity_code == "T-1").map(|event| event.seq).collect();
        assert_eq!(own, (1..=34).collect::<Vec<_>>());
        assert_eq!(home.store.check().await.unwrap(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_batch_goes_on_from_what_is_there() {
    for home in homes().await {
        import(&home, &operation(1, None), &events(50, 3)).await.unwrap();
        let code = TaskCode::new("T-0").unwrap();
        home.clock.advance(200 * 86_400);
        TaskService { store: &home.store }.claim(&operation(2, None), &code, 60).await.unwrap();
        let claimed = home.store.task(&code).await.unwrap().unwrap();
        // older events come after what is there, at its time; they renew the holder's lease from then on
        import(&home, &operation(3, None), &events(0, 6)).await.unwrap();
        let task = home.store.task(&code).await.unwrap().unwrap();
        assert_eq!((task.version, task.updated_at), (claimed.version + 2, claimed.updated_at));
        assert_eq!(task.lease, claimed.lease);
        let before = all(&home).await;
        assert_eq!(home.store.check().await.unwrap(), Vec::<String>::new());
        // a batch with a task that is not there is absent as a whole
        let mut events = events(60, 5);
        events[4].1.entity = orch_core::import::Entity::Task(TaskCode::new("NONE").unwrap());
        let batch = EventBatch { events: &events, create_missing: false };
        let refused = ImportService { store: &home.store }.batch(&operation(4, Some("k")), batch).await.unwrap_err();
        let ServiceError::Refused(Refusal::AtLine { line: 64, refusal }) = refused else { panic!("{refused:?}") };
        assert!(matches!(*refusal, Refusal::NoTask(_)));
        assert_eq!(all(&home).await, before);
    }
}

#[tokio::test]
async fn batches_at_once_come_one_after_another() {
    for home in homes().await {
        import(&home, &operation(1, None), &events(0, 3)).await.unwrap();
        let run = async |number: u128| {
            for round in 0..5 {
                let events = events(u64::try_from(number).unwrap() * 100 + round * 10, 10);
                import(&home, &operation(number * 10 + u128::from(round), None), &events).await.unwrap();
            }
        };
        tokio::join!(run(1), run(2), run(3), run(4));
        assert_eq!(all(&home).await.len(), 3 + 4 + 200);
        assert_eq!(home.store.check().await.unwrap(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_key_of_another_request_is_refused() {
    for home in homes().await {
        let new = orch_core::task::NewTask {
            code: None,
            title: "x".into(),
            description: String::new(),
            task_type: fixture::task("x").task_type,
            priority: orch_core::task::Priority::P2,
            sprint: None,
            metadata: serde_json::Map::new(),
            after: std::collections::BTreeSet::new(),
        };
        TaskService { store: &home.store }.create(&operation(1, Some("k")), &new).await.unwrap();
        let refused = import(&home, &operation(2, Some("k")), &events(0, 3)).await.unwrap_err();
        assert!(matches!(refused, ServiceError::Store(StoreError::KeyReused { .. })), "{refused:?}");
    }
}

#[tokio::test]
async fn a_store_moves_by_way_of_a_pooler() {
    let mut exports = Vec::new();
    let mut homes = homes().await.into_iter();
    let first = homes.next().unwrap();
    import(&first, &operation(1, Some("k")), &events(0, 100)).await.unwrap();
    let id = operation(9, None).id;
    let mut out = Vec::new();
    first.store.export(&id, &mut out, &mut |_, _| {}).await.unwrap();
    for home in homes {
        home.store.import(Cursor::new(out.clone()), &mut |_, _| {}).await.unwrap();
        let mut again = Vec::new();
        home.store.export(&id, &mut again, &mut |_, _| {}).await.unwrap();
        exports.push(again.split(|byte| *byte == b'\n').skip(1).collect::<Vec<_>>().concat());
        import(&home, &operation(2, None), &events(100, 3)).await.unwrap();
        assert_eq!(home.store.check().await.unwrap(), Vec::<String>::new());
    }
    assert!(
        exports.iter().all(|export| *export == out.split(|byte| *byte == b'\n').skip(1).collect::<Vec<_>>().concat())
    );
}

/// A store on a server, by way of a wire that can be cut.
async fn wired() -> Option<(Home, Proxy)> {
    let database = orch_tests::postgres::database()?;
    let proxy = Proxy::start(&database);
    let clock = Arc::new(StepClock::new(fixture::now()));
    let options = PostgresOptions {
        url: proxy.url().to_owned(),
        busy_timeout: Duration::from_secs(30),
        retry_for: Duration::from_secs(20),
        max_connections: 1,
        clock: Some(clock.clone()),
    };
    SqlStore::create_on(&options).await.unwrap();
    let store = SqlStore::connect(&options).await.unwrap();
    Some((Home { store, clock, _folder: None, _pool: None, _database: Some(database) }, proxy))
}

#[tokio::test]
async fn a_batch_whose_connection_breaks_is_there_once() {
    let Some((home, proxy)) = wired().await else { return };
    import(&home, &operation(1, None), &events(0, 30)).await.unwrap();
    let mut number: u32 = 2;
    for cut in [Cut::Request, Cut::Answer] {
        for needle in ["\"emitted_at\":", "COMMIT"] {
            proxy.cut_at(needle, 0, cut);
            let key = format!("k{number}");
            let batch = events(u64::from(number) % 10, 10);
            let outcome = import(&home, &operation(number.into(), Some(&key)), &batch).await.unwrap();
            assert!(!proxy.is_armed() && !outcome.replayed, "{cut:?} {needle}");
            number += 1;
        }
    }
    assert_eq!(all(&home).await.len(), 4 + 30 + 40);
    assert_eq!(home.store.check().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn an_import_whose_connection_breaks_goes_on() {
    let first = homes().await.into_iter().next().unwrap();
    import(&first, &operation(1, Some("k")), &events(0, 20)).await.unwrap();
    let id = operation(9, None).id;
    let mut out = Vec::new();
    first.store.export(&id, &mut out, &mut |_, _| {}).await.unwrap();
    let rows = |export: &[u8]| export.split(|byte| *byte == b'\n').skip(1).collect::<Vec<_>>().concat();
    for cut in [Cut::Request, Cut::Answer] {
        for (needle, skip) in [
            ("INSERT INTO orchestration_sequences", 1),
            ("json_to_recordset", 0),
            ("json_to_recordset", 1),
            ("INSERT INTO orchestration_events", 1),
            ("DELETE FROM orchestration_sequences", 0),
            ("DELETE FROM orchestration_sequences", 1),
        ] {
            let Some((home, proxy)) = wired().await else { return };
            proxy.cut_at(needle, skip, cut);
            home.store.import(Cursor::new(out.clone()), &mut |_, _| {}).await.unwrap();
            assert!(!proxy.is_armed(), "{cut:?} {needle} {skip}");
            let mut again = Vec::new();
            home.store.export(&id, &mut again, &mut |_, _| {}).await.unwrap();
            assert_eq!(rows(&again), rows(&out), "{cut:?} {needle} {skip}");
        }
    }
}
