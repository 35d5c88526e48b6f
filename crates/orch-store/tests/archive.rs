//! Whole months of the log are archived on both stores in the same way, also beside writers and where a run is killed.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use orch_core::code::{IdempotencyKey, TaskCode};
use orch_core::draft::Draft;
use orch_core::event::{Event, Fact, TaskUpdated};
use orch_core::operation::{Operation, Request};
use orch_core::store::{
    ChangeError, EventFilter, EventStore, Outcome, StoreError, TaskChange, TaskContext, TaskScope, TaskStore,
    TaskTarget,
};
use orch_core::task::TaskChanges;
use orch_core::testing::{StepClock, fixture};
use orch_store::{Archived, PostgresOptions, SqlStore, SqliteOptions};
use orch_tests::postgres::Database;

/// Where a child process finds the store.
const PLACE: &str = "ORCH_TEST_PLACE";

/// A place with a store.
enum Place {
    File(tempfile::TempDir),
    Server(Database),
}

impl Place {
    /// A new store in a file, and one on a server where there is one.
    async fn each() -> Vec<Self> {
        let mut places = vec![Self::File(tempfile::tempdir().unwrap())];
        places.extend(orch_tests::postgres::database().map(Self::Server));
        for place in &places {
            create(&place.name()).await;
        }
        places
    }

    fn name(&self) -> String {
        match self {
            Self::File(folder) => folder.path().join("orch.db").display().to_string(),
            Self::Server(database) => database.url().to_owned(),
        }
    }

    async fn open(&self, clock: &Arc<StepClock>) -> SqlStore {
        open(&self.name(), clock).await
    }

    /// Asks the database itself.
    fn sql(&self, sql: &str) -> String {
        match self {
            Self::File(_) => sqlite3(&self.name(), sql),
            Self::Server(database) => database.sql(sql),
        }
    }
}

fn sqlite3(file: &str, sql: &str) -> String {
    let output = Command::new("sqlite3").args(["-batch", "-bail", file, sql]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

fn file(name: &str) -> SqliteOptions {
    SqliteOptions { path: name.into(), busy_timeout: Duration::from_secs(30) }
}

fn server(name: &str, clock: &Arc<StepClock>) -> PostgresOptions {
    PostgresOptions {
        url: name.to_owned(),
        busy_timeout: Duration::from_secs(30),
        retry_for: Duration::from_secs(5),
        max_connections: 4,
        clock: Some(clock.clone()),
    }
}

async fn create(name: &str) {
    if name.starts_with("postgres:") {
        SqlStore::create_on(&server(name, &clock("2024-10-01T00:00:00Z"))).await.unwrap();
    } else {
        SqlStore::create(&file(name)).await.unwrap();
    }
}

async fn open(name: &str, clock: &Arc<StepClock>) -> SqlStore {
    if name.starts_with("postgres:") {
        SqlStore::connect(&server(name, clock)).await.unwrap()
    } else {
        SqlStore::open(&file(name), clock.clone()).await.unwrap()
    }
}

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn clock(text: &str) -> Arc<StepClock> {
    Arc::new(StepClock::new(time(text)))
}

fn operation() -> Operation {
    static NUMBER: AtomicU64 = AtomicU64::new(1);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    fixture::operation(u128::from(std::process::id()) << 64 | u128::from(number), "tester")
}

/// Changes a task, or makes it.
async fn change(store: &SqlStore, operation: &Operation, name: &str) -> Result<Outcome<i64>, ChangeError> {
    let request = Request::new(operation, "task.change", &name);
    let code = TaskCode::new(name).unwrap();
    let mut scope = TaskScope::of(&code);
    if store.task(&code).await?.is_none() {
        scope.target = TaskTarget::New(Some(code.clone()));
    }
    let decide = |context: TaskContext| {
        let draft = match context.task {
            None => Draft::creating(fixture::task_created(name), operation, context.now),
            Some(task) => {
                let mut draft = Draft::on(task, operation, context.now);
                let mut changes = TaskChanges::default();
                changes.metadata.insert("count".into(), draft.task().version.into());
                draft.record(Fact::TaskUpdated(TaskUpdated { changes, previous: TaskChanges::default() }));
                draft
            }
        };
        let answer = draft.task().version;
        Ok(TaskChange { draft, answer })
    };
    store.change_task(&request, &scope, decide).await
}

/// Writes events of each of these times, one of each task.
async fn history(store: &SqlStore, clock: &StepClock, times: &[&str], tasks: &[&str]) {
    for at in times {
        clock.set(time(at));
        for task in tasks {
            change(store, &operation(), task).await.unwrap();
        }
    }
}

async fn events(store: &SqlStore, filter: EventFilter) -> Vec<Event> {
    store.events(&filter, 1_000_000).await.unwrap()
}

async fn ids(store: &SqlStore, archived: bool) -> Vec<i64> {
    events(store, EventFilter { archived, ..EventFilter::default() }).await.iter().map(|event| event.id).collect()
}

async fn archive(store: &SqlStore, before: &str) -> (u64, Vec<String>) {
    let Archived { events, months } = store.archive(time(before), |_| {}).await.unwrap();
    (events, months.iter().map(ToString::to_string).collect())
}

async fn is_sound(store: &SqlStore) {
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

const TIMES: [&str; 5] = [
    "2024-11-30T23:59:59Z",
    "2024-12-01T00:00:00Z",
    "2024-12-31T23:59:59.999999Z",
    "2025-01-01T00:00:00Z",
    "2025-01-13T14:30:22Z",
];

#[tokio::test]
async fn whole_months_are_archived() {
    for place in Place::each().await {
        let clock = clock("2024-11-01T00:00:00Z");
        let store = place.open(&clock).await;
        history(&store, &clock, &TIMES, &["TSK-001", "TSK-002"]).await;
        let all = events(&store, EventFilter::default()).await;
        assert_eq!(all.len(), 10);
        // a month that is not over before the moment stays whole
        let before = time("2024-12-31T23:59:59Z");
        let planned = store.archivable(before).await.unwrap();
        assert_eq!((planned.events, planned.months.len()), (2, 1));
        assert_eq!(ids(&store, false).await.len(), 10, "a look changes nothing");
        assert_eq!(archive(&store, "2024-12-31T23:59:59Z").await, (2, vec!["2024-11".into()]));
        assert_eq!(archive(&store, "2024-12-31T23:59:59Z").await, (0, vec![]));
        is_sound(&store).await;
        assert_eq!(archive(&store, "2025-01-01T00:00:00Z").await, (4, vec!["2024-12".into()]));
        // the running month stays, whatever is asked for
        assert_eq!(archive(&store, "2030-01-01T00:00:00Z").await, (0, vec![]));
        assert_eq!(events(&store, EventFilter::default()).await, all[6..]);
        assert_eq!(events(&store, EventFilter { archived: true, ..EventFilter::default() }).await, all);
        assert_eq!(store.settled_event_id().await.unwrap(), all[9].id);
        is_sound(&store).await;
        // another process, another year: nothing is at hand, and ids go on
        clock.set(time("2026-07-01T00:00:00Z"));
        let store = place.open(&clock).await;
        assert_eq!(archive(&store, "2025-02-01T00:00:00Z").await, (4, vec!["2025-01".into()]));
        assert_eq!(ids(&store, false).await, Vec::<i64>::new());
        assert_eq!(store.settled_event_id().await.unwrap(), all[9].id);
        let written = change(&store, &operation(), "TSK-001").await.unwrap();
        assert_eq!(written.answer, 6);
        assert!(written.event_ids[0] > all[9].id);
        is_sound(&store).await;
    }
}

#[tokio::test]
async fn archived_events_are_read_as_a_feed() {
    for place in Place::each().await {
        let clock = clock("2024-11-01T00:00:00Z");
        let store = place.open(&clock).await;
        history(&store, &clock, &TIMES, &["TSK-001", "TSK-002", "TSK-003"]).await;
        // a late one, with the greatest id of all
        history(&store, &clock, &["2024-11-15T00:00:00Z"], &["TSK-004"]).await;
        clock.set(time("2025-01-14T00:00:00Z"));
        let all = events(&store, EventFilter::default()).await;
        archive(&store, "2025-01-01T00:00:00Z").await;
        let mut read = Vec::new();
        let mut after = Some(0);
        loop {
            let filter = EventFilter { after, archived: true, ..EventFilter::default() };
            let part = store.events(&filter, 2).await.unwrap();
            let Some(last) = part.last() else { break };
            after = Some(last.id);
            read.extend(part);
        }
        assert_eq!(read, all);
        let since = EventFilter { since: Some(time("2024-12-01T00:00:00Z")), archived: true, ..EventFilter::default() };
        assert_eq!(events(&store, since).await.len(), 12);
        let entity = Some((orch_core::event::EntityType::Task, "TSK-004".to_owned()));
        let one = EventFilter { entity, ..EventFilter::default() };
        assert_eq!(events(&store, one.clone()).await, []);
        assert_eq!(events(&store, EventFilter { archived: true, ..one }).await, all[15..]);
    }
}

#[tokio::test]
async fn late_events_follow_their_month() {
    for place in Place::each().await {
        let clock = clock("2024-11-01T00:00:00Z");
        let store = place.open(&clock).await;
        history(&store, &clock, &TIMES, &["TSK-001"]).await;
        assert_eq!(archive(&store, "2025-01-01T00:00:00Z").await.0, 3);
        for round in 1..4 {
            // the clock of a task never goes back, so late events are those of another one
            history(&store, &clock, &["2024-12-24T12:00:00Z"], &["TSK-002"]).await;
            clock.set(time("2025-01-14T00:00:00Z"));
            assert_eq!(ids(&store, false).await.len(), 3, "a late event is at hand");
            is_sound(&store).await;
            assert_eq!(archive(&store, "2025-01-01T00:00:00Z").await, (1, vec!["2024-12".into()]));
            assert_eq!(ids(&store, false).await.len(), 2);
            assert_eq!(ids(&store, true).await.len(), 5 + round);
            is_sound(&store).await;
        }
    }
}

#[tokio::test]
async fn an_answer_is_given_again_with_its_archived_events() {
    for place in Place::each().await {
        let clock = clock("2024-11-01T00:00:00Z");
        let store = place.open(&clock).await;
        let mut keyed = operation();
        keyed.key = Some(IdempotencyKey::new("once").unwrap());
        let first = change(&store, &keyed, "TSK-001").await.unwrap();
        clock.set(time("2025-01-14T00:00:00Z"));
        archive(&store, "2025-01-01T00:00:00Z").await;
        let again = change(&store, &keyed, "TSK-001").await.unwrap();
        assert!(again.replayed);
        assert_eq!(again.event_ids, first.event_ids);
        let filter = EventFilter { operation: Some(keyed.id), archived: true, ..EventFilter::default() };
        assert_eq!(events(&store, filter).await.len(), 1);
    }
}

#[tokio::test]
async fn archived_events_are_guarded_and_checked() {
    for place in Place::each().await {
        let clock = clock("2024-11-01T00:00:00Z");
        let store = place.open(&clock).await;
        history(&store, &clock, &TIMES, &["TSK-001"]).await;
        archive(&store, "2025-01-01T00:00:00Z").await;
        let (file, table, drop) = match store.archive_path() {
            Some(path) => (path.display().to_string(), "orchestration_events", "DROP TRIGGER "),
            None => (
                String::new(),
                "orchestration_events_archive",
                "ALTER TABLE orchestration_events_archive DISABLE TRIGGER ",
            ),
        };
        let run = |sql: &str| match &place {
            Place::File(_) => Command::new("sqlite3").args(["-bail", &file, sql]).output().unwrap(),
            Place::Server(database) => database.try_sql(sql),
        };
        assert_eq!(place.sql("SELECT count(*) FROM orchestration_events"), "2");
        let marked = run(&format!("SELECT count(*) FROM {table} WHERE archived_at LIKE '2025-01-13%'")
            .replace("archived_at", "CAST(archived_at AS text)"));
        assert_eq!(String::from_utf8_lossy(&marked.stdout).trim(), "3");
        for sql in [format!("DELETE FROM {table}"), format!("UPDATE {table} SET actor = 'mallory'")] {
            let refused = run(&sql);
            assert!(String::from_utf8_lossy(&refused.stderr).contains("events are never"), "{refused:?}");
        }
        let still = run(&format!("DELETE FROM {table} WHERE seq = 2"));
        assert!(!still.status.success());
        for guard in ["no_delete", "no_update"] {
            let prefix = if file.is_empty() { "orchestration_events_archive_" } else { "orchestration_events_" };
            assert!(run(&format!("{drop}{prefix}{guard}")).status.success());
        }
        assert!(run(&format!("UPDATE {table} SET seq = 1 WHERE seq = 4")).status.success());
        let double = format!(
            "INSERT INTO {table} SELECT 1000, event_type, entity_type, entity_id, 4, session_key, correlation_id, actor, payload, emitted_at, archived_at, external FROM {table} WHERE seq = 1"
        );
        assert!(run(&double).status.success());
        let findings = store.check().await.unwrap();
        assert!(findings.iter().any(|finding| finding.contains("event 4 is there twice")), "{findings:?}");
        assert!(run(&format!("DELETE FROM {table} WHERE id = 1000 OR seq = 2")).status.success());
        let findings = store.check().await.unwrap();
        assert!(findings.iter().any(|finding| finding.contains("event 2 is missing")), "{findings:?}");
        let counted =
            findings.iter().any(|finding| finding.contains("the archive has 2 events, and 3 were moved into it"));
        assert_eq!(counted, !file.is_empty(), "{findings:?}");
    }
}

#[tokio::test]
async fn an_archive_that_is_lost_is_noticed() {
    let place = Place::File(tempfile::tempdir().unwrap());
    create(&place.name()).await;
    let clock = clock("2024-11-01T00:00:00Z");
    let store = place.open(&clock).await;
    history(&store, &clock, &TIMES, &["TSK-001"]).await;
    assert_eq!(archive(&store, "2024-11-01T00:00:00Z").await.0, 0);
    let path = store.archive_path().unwrap().to_owned();
    assert!(path.ends_with("orch-archive.db") && !path.exists(), "no file without need");
    assert_eq!(archive(&store, "2024-12-01T00:00:00Z").await.0, 1);
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions()) & 0o777, 0o600);
    let marks = "PRAGMA application_id; PRAGMA user_version";
    assert_eq!(sqlite3(path.to_str().unwrap(), marks), place.sql(marks));
    store.leave_open().await;
    let away = path.with_extension("away");
    std::fs::rename(&path, &away).unwrap();

    let store = place.open(&clock).await;
    let lost = |error: StoreError| {
        let text = error.to_string();
        assert!(text.contains("orch-archive.db") && text.contains("missing, and with it 1 archived event"), "{text}");
        assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
    };
    let whole = EventFilter { archived: true, ..EventFilter::default() };
    lost(store.events(&whole, 10).await.unwrap_err());
    lost(store.archive(time("2025-01-01T00:00:00Z"), |_| {}).await.unwrap_err().source);
    let findings = store.check().await.unwrap();
    assert!(findings.len() == 1 && findings[0].contains("missing, and with it 1 archived event"), "{findings:?}");
    // what needs no archived event goes on
    assert_eq!(ids(&store, false).await.len(), 4);
    change(&store, &operation(), "TSK-001").await.unwrap();
    assert!(!path.exists(), "no other file is put in its place");

    std::fs::rename(&away, &path).unwrap();
    is_sound(&store).await;
    assert_eq!(ids(&store, true).await.len(), 6);
}

#[tokio::test]
async fn no_partition_is_read_to_be_moved() {
    let Some(database) = orch_tests::postgres::database() else { return };
    let place = Place::Server(database);
    create(&place.name()).await;
    let clock = clock("2024-11-01T00:00:00Z");
    change(&place.open(&clock).await, &operation(), "TSK-001").await.unwrap();
    let Place::Server(database) = &place else { return };
    let told = database.try_sql(
        "SET client_min_messages = debug1; ALTER TABLE orchestration_events DETACH PARTITION orchestration_events_y2024m11; \
         ALTER TABLE orchestration_events_archive ATTACH PARTITION orchestration_events_y2024m11 \
             FOR VALUES FROM ('2024-11-01 00:00:00+00') TO ('2024-12-01 00:00:00+00')",
    );
    let told = String::from_utf8_lossy(&told.stderr);
    let implied = "\"orchestration_events_y2024m11\" is implied by existing constraints";
    assert!(told.contains(implied), "{told}");
}

/// What the process of [`a_run_that_is_killed_loses_nothing`] does until it is killed.
#[tokio::test]
async fn child_archives() {
    let Some(place) = place_of_child() else { return };
    let store = open(&place, &clock("2025-01-14T00:00:00Z")).await;
    store.archive(time("2025-01-01T00:00:00Z"), |_| {}).await.unwrap();
}

#[expect(clippy::disallowed_methods, reason = "a test has no other way to hand something to itself in another process")]
fn place_of_child() -> Option<String> {
    std::env::var(PLACE).ok()
}

/// Tasks of some months with many events each, which the database itself makes. Their states are the folds of them.
async fn fill(place: &Place, months: &[&str], each: usize) {
    let numbers = match place {
        Place::File(_) => {
            format!("WITH RECURSIVE n(seq) AS (SELECT 2 UNION ALL SELECT seq + 1 FROM n WHERE seq < {each})")
        }
        Place::Server(_) => format!("WITH n(seq) AS (SELECT * FROM generate_series(2, {each}))"),
    };
    for month in months {
        let (at, task) = (format!("{month}-15T00:00:00Z"), format!("TSK-{}", month.replace('-', "")));
        let clock = clock(&at);
        let store = place.open(&clock).await;
        change(&store, &operation(), &task).await.unwrap();
        place.sql(&format!(
            "{numbers} INSERT INTO orchestration_events (event_type, entity_type, entity_id, seq, correlation_id, actor, \
             payload, emitted_at) SELECT 'plan.step', entity_type, entity_id, n.seq, correlation_id, actor, \
             '{{\"text\": \"so many steps\"}}', emitted_at FROM orchestration_events, n WHERE entity_id = '{task}'; \
             UPDATE orchestration_tasks SET version = {each} WHERE task_code = '{task}'"
        ));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_is_killed_loses_nothing() {
    for place in Place::each().await {
        fill(&place, &["2024-10", "2024-11", "2024-12"], 2_000).await;
        let clock = clock("2025-01-14T00:00:00Z");
        change(&place.open(&clock).await, &operation(), "TSK-001").await.unwrap();
        let all = ids(&place.open(&clock).await, true).await;
        assert_eq!(all.len(), 6_001);
        let mut rounds = 0;
        loop {
            let mut command = Command::new(std::env::current_exe().unwrap());
            let mut child = command.args(["child_archives", "--exact"]).env(PLACE, place.name()).spawn().unwrap();
            tokio::time::sleep(Duration::from_millis(40 + 31 * rounds % 400)).await;
            child.kill().unwrap();
            let finished = child.wait().unwrap().success();
            let store = place.open(&clock).await;
            assert_eq!(ids(&store, true).await, all, "round {rounds}");
            if rounds % 4 == 0 {
                is_sound(&store).await;
            }
            rounds += 1;
            if finished || rounds == 12 {
                break;
            }
        }
        let store = place.open(&clock).await;
        archive(&store, "2025-01-01T00:00:00Z").await;
        assert_eq!(ids(&store, false).await.len(), 1);
        assert_eq!(ids(&store, true).await, all);
        is_sound(&store).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_and_readers_go_on() {
    for place in Place::each().await {
        fill(&place, &["2024-11", "2024-12"], 4_000).await;
        let clock = clock("2025-01-14T00:00:00Z");
        let before = ids(&place.open(&clock).await, true).await;
        let done = Arc::new(AtomicBool::new(false));
        let beside = |act: &'static str| {
            let (name, clock, done, before) = (place.name(), clock.clone(), done.clone(), before.clone());
            tokio::spawn(async move {
                let store = open(&name, &clock).await;
                let mut longest = Duration::ZERO;
                while !done.load(Ordering::Relaxed) {
                    let began = Instant::now();
                    match act {
                        "check" => is_sound(&store).await,
                        "read" => {
                            let found = ids(&store, true).await;
                            assert_eq!(found[..before.len()], before, "none is missing, none is there twice");
                        }
                        task => {
                            change(&store, &operation(), task).await.unwrap();
                            longest = longest.max(began.elapsed());
                        }
                    }
                }
                longest
            })
        };
        let others = ["TSK-001", "TSK-002", "read", "check"].map(beside);
        let store = place.open(&clock).await;
        let archived = archive(&store, "2025-01-01T00:00:00Z").await;
        done.store(true, Ordering::Relaxed);
        assert_eq!(archived, (8_000, vec!["2024-11".to_owned(), "2024-12".to_owned()]));
        for other in others {
            let longest = other.await.unwrap();
            assert!(longest < Duration::from_secs(5), "a writer waited for {longest:?}");
        }
        is_sound(&store).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_may_archive_at_once() {
    for place in Place::each().await {
        fill(&place, &["2024-11", "2024-12"], 2_000).await;
        let clock = clock("2025-01-14T00:00:00Z");
        let all = ids(&place.open(&clock).await, true).await;
        let runs: Vec<_> = (0..4)
            .map(|_| {
                let (name, clock) = (place.name(), clock.clone());
                tokio::spawn(async move { archive(&open(&name, &clock).await, "2025-01-01T00:00:00Z").await.0 })
            })
            .collect();
        let mut sum = 0;
        for run in runs {
            sum += run.await.unwrap();
        }
        assert_eq!(sum, 4_000, "each event is told of once");
        let store = place.open(&clock).await;
        assert_eq!(ids(&store, true).await, all);
        is_sound(&store).await;
    }
}
