//! What is SQLite's own and no other store's: files, locks between processes, and the tables as people query them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use orch_core::artifact::ArtifactFile;
use orch_core::clock::FixedClock;
use orch_core::code::{ArtifactName, IdempotencyKey};
use orch_core::operation::Operation;
use orch_core::store::{
    ArtifactStore, ChangeError, EventFilter, EventStore, StoreError, TaskFilter, TaskStore, Window,
};
use orch_core::testing::fixture;
use orch_store::{Created, SqlStore, SqliteOptions};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};
use work::{change, code, count, count_up, create, operation, start};

mod work;

/// The folder that a child process works in; see [`children`].
const FOLDER: &str = "ORCH_TEST_FOLDER";

fn options(folder: &Path) -> SqliteOptions {
    SqliteOptions { path: folder.join("orch.db"), busy_timeout: Duration::from_secs(30) }
}

fn clock() -> Arc<FixedClock> {
    Arc::new(FixedClock(fixture::now()))
}

async fn open(folder: &Path) -> SqlStore {
    SqlStore::open(&options(folder), clock()).await.unwrap()
}

/// A folder with a new store in it.
async fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(SqlStore::create(&options(folder.path())).await.unwrap(), Created::New);
    folder
}

/// The same file through another library's eyes.
async fn raw(folder: &Path) -> DatabaseConnection {
    Database::connect(format!("sqlite://{}", options(folder).path.display())).await.unwrap()
}

async fn query(db: &DatabaseConnection, sql: &str) -> String {
    let row = db.query_one_raw(Statement::from_string(DbBackend::Sqlite, sql)).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}

/// Runs the test `name` of this file in `number` processes at once and waits for all of them.
fn children(name: &str, number: usize, folder: &Path) {
    let spawn = |_| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args([name, "--exact", "--nocapture"]).env(FOLDER, folder).spawn().unwrap()
    };
    let running: Vec<_> = (0..number).map(spawn).collect();
    for mut child in running {
        assert!(child.wait().unwrap().success());
    }
}

/// The folder to work in, if this is such a process.
#[expect(clippy::disallowed_methods, reason = "a test has no other way to hand something to itself in another process")]
fn folder_of_child() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_eight_who_create_at_once_one_does() {
    let folder = tempfile::tempdir().unwrap();
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let options = options(folder.path());
            tokio::spawn(async move {
                let created = SqlStore::create(&options).await.unwrap();
                let store = SqlStore::open(&options, clock()).await.unwrap();
                create(&store, None).await.unwrap();
                created
            })
        })
        .collect();
    let mut made = 0;
    for task in tasks {
        made += usize::from(task.await.unwrap() == Created::New);
    }
    assert_eq!(made, 1);
    let store = open(folder.path()).await;
    assert_eq!(store.tasks(&TaskFilter::default(), Window::default()).await.unwrap().total, 8);
    let others: Vec<_> = names(folder.path()).into_iter().filter(|name| !name.starts_with("orch.db")).collect();
    assert!(others.is_empty(), "{others:?}");
}

/// What each process of [`processes_lose_nothing`] does; nothing when it is run as a test.
#[tokio::test]
async fn child_writes() {
    let Some(folder) = folder_of_child() else { return };
    SqlStore::create(&options(&folder)).await.unwrap();
    for _ in 0..25 {
        // as a command does it: open, one change, gone without closing
        let store = open(&folder).await;
        match create(&store, Some("TSK-900")).await {
            Ok(_) | Err(ChangeError::Refused(_)) => {}
            Err(error) => panic!("{error:?}"),
        }
        change(&store, &operation(), "TSK-900", count_up).await.unwrap();
        create(&store, None).await.unwrap();
        store.leave_open().await;
    }
}

#[tokio::test]
async fn processes_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    children("child_writes", 8, folder.path());
    let store = open(folder.path()).await;
    assert_eq!(count(&store, "TSK-900").await, 200);
    // 200 codes that were given out, all different, and the one that was asked for
    assert_eq!(store.tasks(&TaskFilter::default(), Window::default()).await.unwrap().total, 201);
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn stores_on_one_file_lose_nothing() {
    let folder = folder().await;
    create(&open(folder.path()).await, Some("TSK-900")).await.unwrap();
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let folder = folder.path().to_owned();
            tokio::spawn(async move {
                let store = open(&folder).await;
                for _ in 0..200 {
                    change(&store, &operation(), "TSK-900", count_up).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(count(&open(folder.path()).await, "TSK-900").await, 1600);
}

/// What the process of [`a_process_that_is_killed_leaves_the_whole_or_nothing`] does until it is killed.
#[tokio::test]
async fn child_writes_for_ever() {
    let Some(folder) = folder_of_child() else { return };
    let store = open(&folder).await;
    loop {
        let outcome = change(&store, &operation(), "TSK-900", count_up).await.unwrap();
        std::fs::write(folder.join("told"), outcome.answer.to_string()).unwrap();
    }
}

#[tokio::test]
async fn a_process_that_is_killed_leaves_the_whole_or_nothing() {
    let folder = folder().await;
    create(&open(folder.path()).await, Some("TSK-900")).await.unwrap();
    for round in 0..10 {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let mut child = command.args(["child_writes_for_ever", "--exact"]).env(FOLDER, folder.path()).spawn().unwrap();
        tokio::time::sleep(Duration::from_millis(60 + 17 * round)).await;
        child.kill().unwrap();
        child.wait().unwrap();
        let store = open(folder.path()).await;
        assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
        let version = store.task(&code("TSK-900")).await.unwrap().unwrap().version;
        let told = std::fs::read_to_string(folder.path().join("told")).unwrap_or_default();
        assert!(version >= told.parse().unwrap_or(0), "{told} was told, {version} is there");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_check_beside_writers_finds_nothing() {
    let folder = folder().await;
    create(&open(folder.path()).await, Some("TSK-900")).await.unwrap();
    let path = folder.path().to_owned();
    let writer = tokio::spawn(async move {
        let store = open(&path).await;
        for _ in 0..300 {
            change(&store, &operation(), "TSK-900", count_up).await.unwrap();
        }
    });
    let store = open(folder.path()).await;
    while !writer.is_finished() {
        assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    }
    writer.await.unwrap();
}

#[tokio::test]
async fn a_store_beside_another_one_does_not_take_its_locks() {
    // closing any descriptor of a file drops all locks of the process on it; without its lock, another process may take
    // the log away from under the first store
    let folder = folder().await;
    let first = open(folder.path()).await;
    create(&first, Some("TSK-900")).await.unwrap();
    open(folder.path()).await.leave_open().await;
    children("child_takes_the_log_away", 1, folder.path());
    change(&first, &operation(), "TSK-900", count_up).await.unwrap();
    assert_eq!(count(&open(folder.path()).await, "TSK-900").await, 1);
}

/// What the other process tries, which is only possible while nobody has the database open.
#[tokio::test]
async fn child_takes_the_log_away() {
    let Some(folder) = folder_of_child() else { return };
    let db = raw(&folder).await;
    let error = db.execute_unprepared("PRAGMA journal_mode = DELETE").await.unwrap_err().to_string();
    assert!(error.contains("locked"), "{error}");
}

#[tokio::test]
async fn what_is_not_a_store_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = options(folder.path()).path;
    let other = {
        let other = folder.path().join("other.db");
        let db = Database::connect(format!("sqlite://{}?mode=rwc", other.display())).await.unwrap();
        db.execute_unprepared("CREATE TABLE theirs (id)").await.unwrap();
        db.close().await.unwrap();
        std::fs::read(other).unwrap()
    };
    for (bytes, expected) in [
        (Vec::new(), "empty"),
        (b"SQLite".to_vec(), "not"),
        (b"SQLite format 3\0".to_vec(), "cut off"),
        (vec![7; 5000], "not"),
        (other, "another program"),
    ] {
        std::fs::write(&path, &bytes).unwrap();
        let error = SqlStore::open(&options(folder.path()), clock()).await.unwrap_err();
        let StoreError::Damaged { reason, .. } = &error else { panic!("{error:?}") };
        assert!(reason.contains(expected), "{reason}");
        assert_eq!(SqlStore::create(&options(folder.path())).await.unwrap(), Created::Existing);
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
        assert_eq!(names(folder.path()), ["orch.db", "other.db"]);
    }
    std::fs::remove_file(&path).unwrap();
    let error = SqlStore::open(&options(folder.path()), clock()).await.unwrap_err();
    assert!(matches!(error, StoreError::NoStore { .. }), "{error:?}");
    assert_eq!(names(folder.path()), ["other.db"]);
}

#[tokio::test]
async fn a_damaged_store_stays_as_it_is() {
    let folder = folder().await;
    let store = open(folder.path()).await;
    for _ in 0..20 {
        create(&store, None).await.unwrap();
    }
    drop(store);
    let db = raw(folder.path()).await;
    db.execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await.unwrap();
    db.close().await.unwrap();
    let path = options(folder.path()).path;
    let whole = std::fs::read(&path).unwrap();
    let cut = whole[..8192].to_vec();
    let mut scribbled = whole.clone();
    scribbled[4096..].fill(0x5a);
    for bytes in [cut, scribbled] {
        std::fs::write(&path, &bytes).unwrap();
        let error = async {
            let store = SqlStore::open(&options(folder.path()), clock()).await?;
            store.tasks(&TaskFilter::default(), Window::default()).await
        };
        let error = error.await.unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
    }
}

#[tokio::test]
async fn a_newer_store_stays_as_it_is() {
    let folder = folder().await;
    let db = raw(folder.path()).await;
    db.execute_unprepared("PRAGMA user_version = 4711").await.unwrap();
    db.close().await.unwrap();
    let before = std::fs::read(options(folder.path()).path).unwrap();
    let error = SqlStore::open(&options(folder.path()), clock()).await.unwrap_err();
    let known = SqlStore::schema_version();
    assert!(matches!(error, StoreError::Newer { found: 4711, known: named, .. } if named == known), "{error:?}");
    assert_eq!(std::fs::read(options(folder.path()).path).unwrap(), before);
}

#[cfg(unix)]
#[tokio::test]
async fn a_store_is_private_and_no_link() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let folder = folder().await;
    let path = options(folder.path()).path;
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let elsewhere = tempfile::tempdir().unwrap();
    symlink(&path, elsewhere.path().join("orch.db")).unwrap();
    SqlStore::open(&options(elsewhere.path()), clock()).await.unwrap_err();
    assert_eq!(SqlStore::create(&options(elsewhere.path())).await.unwrap(), Created::Existing);
}

#[tokio::test]
async fn a_store_that_was_left_open_opens_again() {
    let folder = folder().await;
    for number in 1..=5 {
        let store = open(folder.path()).await;
        let made = create(&store, None).await.unwrap();
        assert_eq!(made.answer, code(&format!("TSK-{number:03}")));
        store.leave_open().await;
    }
    assert!(folder.path().join("orch.db-wal").metadata().unwrap().len() > 0);
}

/// What each process of [`commands_one_after_another_write_the_log_back_seldom_but_do`] does: one command.
#[tokio::test]
async fn child_creates_one() {
    let Some(folder) = folder_of_child() else { return };
    let store = open(&folder).await;
    create(&store, None).await.unwrap();
    store.leave_open().await;
}

#[tokio::test]
async fn commands_one_after_another_write_the_log_back_seldom_but_do() {
    let folder = folder().await;
    let (mut size, mut restarts) = (0, 0);
    for _ in 0..60 {
        children("child_creates_one", 1, folder.path());
        let log = folder.path().join("orch.db-wal").metadata().map_or(0, |log| log.len());
        restarts += u32::from(log < size);
        assert!(log < 3 << 19, "the log is never long: {log}");
        size = log;
    }
    assert!((1..=4).contains(&restarts), "{restarts}");
}

#[tokio::test]
async fn codes_skip_what_was_asked_for() {
    let folder = folder().await;
    let store = open(folder.path()).await;
    create(&store, Some("TSK-002")).await.unwrap();
    let mut made = Vec::new();
    for _ in 0..3 {
        made.push(create(&store, None).await.unwrap().answer.to_string());
    }
    assert_eq!(made, ["TSK-001", "TSK-003", "TSK-004"]);
}

#[tokio::test]
async fn a_key_belongs_to_one_request_in_other_processes_too() {
    let folder = folder().await;
    create(&open(folder.path()).await, Some("TSK-900")).await.unwrap();
    let key = IdempotencyKey::new("again").unwrap();
    let keyed = Operation { key: Some(key), ..operation() };
    let first = change(&open(folder.path()).await, &keyed, "TSK-900", count_up).await.unwrap();
    let keyed = Operation { id: operation().id, ..keyed };
    let second = change(&open(folder.path()).await, &keyed, "TSK-900", count_up).await.unwrap();
    assert!(second.replayed);
    assert_eq!((second.answer, &second.event_ids), (first.answer, &first.event_ids));
    assert_eq!(second.operation_id, first.operation_id);
    let error = change(&open(folder.path()).await, &keyed, "TSK-901", count_up).await.unwrap_err();
    assert!(matches!(error, ChangeError::Store(StoreError::KeyReused { .. })), "{error:?}");
    assert_eq!(count(&open(folder.path()).await, "TSK-900").await, 1);
}

#[tokio::test]
async fn the_log_refuses_to_be_changed() {
    let folder = folder().await;
    create(&open(folder.path()).await, Some("TSK-900")).await.unwrap();
    let db = raw(folder.path()).await;
    for sql in [
        "DELETE FROM orchestration_events",
        "UPDATE orchestration_events SET payload = '{}'",
        "UPDATE orchestration_events SET actor = 'mallory'",
        "UPDATE orchestration_events SET id = 7",
    ] {
        let error = db.execute_unprepared(sql).await.unwrap_err().to_string();
        assert!(error.contains("events are never"), "{error}");
    }
    db.execute_unprepared("UPDATE orchestration_events SET archived_at = emitted_at").await.unwrap();
}

#[tokio::test]
async fn people_can_query_the_tables() {
    let folder = folder().await;
    let store = open(folder.path()).await;
    create(&store, Some("TSK-001")).await.unwrap();
    let started = change(&store, &operation(), "TSK-001", start).await.unwrap();
    let db = raw(folder.path()).await;
    for (sql, expected) in [
        ("SELECT metadata->>'$.session.current_phase' FROM orchestration_tasks", "intake"),
        ("SELECT metadata->'session'->>'session_key' FROM orchestration_tasks", "sess_TSK-001_20250113_143022"),
        ("SELECT created_at FROM orchestration_tasks", "2025-01-13T14:30:22.000000Z"),
        ("SELECT emitted_at FROM orchestration_events", "2025-01-13T14:30:22.000000Z"),
        ("SELECT typeof(metadata) FROM orchestration_tasks", "text"),
        ("SELECT payload->'template'->>'name' FROM orchestration_events ORDER BY id DESC", "default"),
        ("SELECT current_phase FROM orchestration_sessions WHERE active", "intake"),
        ("SELECT entity_id FROM orchestration_events", "TSK-001"),
        ("PRAGMA journal_mode", "wal"),
        ("PRAGMA integrity_check", "ok"),
    ] {
        assert_eq!(query(&db, sql).await, expected, "{sql}");
    }
    let ids = store.events(&EventFilter::default(), 10).await.unwrap();
    assert_eq!(ids.last().map(|event| event.id), started.event_ids.last().copied());
}

#[tokio::test]
async fn two_sessions_never_run_at_once() {
    let folder = folder().await;
    let store = open(folder.path()).await;
    create(&store, Some("TSK-001")).await.unwrap();
    change(&store, &operation(), "TSK-001", start).await.unwrap();
    let db = raw(folder.path()).await;
    let sql = "INSERT INTO orchestration_sessions (session_key, task_id, active, current_phase, template_sha256, state, \
         started_at) SELECT 'other', task_id, 1, 'intake', template_sha256, state, started_at FROM orchestration_sessions";
    let error = db.execute_unprepared(sql).await.unwrap_err().to_string();
    assert!(error.contains("UNIQUE"), "{error}");
}

#[tokio::test]
async fn contents_come_back_byte_for_byte() {
    let folder = folder().await;
    let store = open(folder.path()).await;
    create(&store, Some("TSK-900")).await.unwrap();
    let db = raw(folder.path()).await;
    for (bytes, encoding) in [
        (b"# Plan\r\n\xc3\xa4\n".to_vec(), "utf8"),
        (b"NUL \0 inside".to_vec(), "base64"),
        (vec![0xff, 0xfe, 0x80], "base64"),
        (Vec::new(), "utf8"),
        ("\u{feff}\u{2028}\u{202e}".as_bytes().to_vec(), "utf8"),
    ] {
        let name = ArtifactName::new("PLAN.md").unwrap();
        let file = ArtifactFile::new(name.clone(), bytes.clone());
        change(&store, &operation(), "TSK-900", |draft| assert!(draft.save(&file))).await.unwrap();
        assert_eq!(store.artifact(&code("TSK-900"), &name).await.unwrap(), Some(bytes));
        assert_eq!(query(&db, "SELECT encoding FROM orchestration_artifacts").await, encoding);
    }
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_check_names_what_was_changed_by_hand() {
    let folder = folder().await;
    let store = open(folder.path()).await;
    for code in ["TSK-900", "TSK-901", "TSK-902", "TSK-903", "TSK-904", "TSK-905"] {
        create(&store, Some(code)).await.unwrap();
        change(&store, &operation(), code, count_up).await.unwrap();
        change(&store, &operation(), code, count_up).await.unwrap();
    }
    let file = ArtifactFile::new(ArtifactName::new("PLAN.md").unwrap(), b"plan".to_vec());
    change(&store, &operation(), "TSK-903", |draft| assert!(draft.save(&file))).await.unwrap();
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    let db = raw(folder.path()).await;
    for guard in ["orchestration_events_no_delete", "orchestration_events_no_update"] {
        db.execute_unprepared(&format!("DROP TRIGGER {guard}")).await.unwrap();
    }
    for (sql, code) in [
        ("UPDATE orchestration_tasks SET title = 'other' WHERE task_code = 'TSK-901'", "TSK-901"),
        ("UPDATE orchestration_tasks SET status = 'lost' WHERE task_code = 'TSK-902'", "TSK-902"),
        ("UPDATE orchestration_artifacts SET content = 'other'", "TSK-903"),
        ("DELETE FROM orchestration_events WHERE entity_id = 'TSK-904' AND seq = 2", "TSK-904"),
        ("UPDATE orchestration_events SET entity_id = 'TSK-999' WHERE entity_id = 'TSK-905' AND seq = 3", "TSK-999"),
    ] {
        db.execute_unprepared(sql).await.unwrap();
        let findings = store.check().await.unwrap();
        assert!(findings.iter().any(|finding| finding.contains(code)), "{sql}: {findings:?}");
    }
    assert!(!store.check().await.unwrap().iter().any(|finding| finding.contains("TSK-900")));
}
