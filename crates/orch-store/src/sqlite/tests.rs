//! What only the inside of an open store can show: upgrades, and a disk that is full.

use std::path::Path;

use orch_core::artifact::ArtifactFile;
use orch_core::code::{ArtifactName, TaskCode};
use orch_core::draft::Draft;
use orch_core::operation::Request;
use orch_core::refusal::Refusal;
use orch_core::search::{SearchIndex as _, SearchScope, Within};
use orch_core::store::{ChangeError, TaskChange, TaskContext, TaskScope, TaskStore, TaskTarget};
use orch_core::testing::{StepClock, fixture};
use sea_orm::{DbBackend, Statement};

use super::upgrade::backup_path;
use super::*;

/// A migration that runs one statement.
struct Runs(&'static str);

impl sea_orm_migration::MigrationName for Runs {
    fn name(&self) -> &'static str {
        self.0
    }
}

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Runs {
    async fn up(&self, manager: &orch_migrations::SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(self.0).await.map(drop)
    }
}

/// The newest schema.
const KNOWN: i64 = 3;

fn list(more: &[&'static str]) -> Vec<Box<dyn MigrationTrait>> {
    let mut list = migrations();
    list.extend(more.iter().map(|sql| Box::new(Runs(sql)) as Box<dyn MigrationTrait>));
    list
}

fn clock() -> Arc<StepClock> {
    Arc::new(StepClock::new(fixture::now()))
}

async fn created(folder: &Path) -> SqliteOptions {
    let options = SqliteOptions { path: folder.join("orch.db"), busy_timeout: Duration::from_secs(30) };
    SqlStore::create(&options).await.unwrap();
    options
}

async fn number(store: &SqlStore, sql: &str) -> i64 {
    let row = store.connection().query_one_raw(Statement::from_string(DbBackend::Sqlite, sql)).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}

async fn create_with(store: &SqlStore, code: &str, size: usize) -> Result<(), ChangeError> {
    let code = TaskCode::new(code).unwrap();
    let request = Request::new(&fixture::operation(1, "tester"), "task.create", &());
    let scope = TaskScope { target: TaskTarget::New(Some(code.clone())), ..TaskScope::of(&code) };
    let file = ArtifactFile::new(ArtifactName::new("PLAN.md").unwrap(), vec![b'x'; size]);
    let decide = |context: TaskContext| -> Result<TaskChange<()>, Refusal> {
        let created = fixture::task_created(context.code.as_str());
        let mut draft = Draft::creating(created, &fixture::operation(1, "tester"), context.now);
        draft.save(&file);
        Ok(TaskChange { draft, answer: () })
    };
    store.change_task(&request, &scope, decide).await.map(drop)
}

#[tokio::test]
async fn an_older_schema_is_upgraded_after_a_backup() {
    let folder = tempfile::tempdir().unwrap();
    let options = created(folder.path()).await;
    let store = SqlStore::open(&options, clock()).await.unwrap();
    create_with(&store, "TSK-001", 1).await.unwrap();
    store.leave_open().await;
    let list = list(&["CREATE TABLE orchestration_later (id INTEGER)", "CREATE TABLE orchestration_last (id INTEGER)"]);
    let store = SqlStore::open_with(&options, clock(), &list, 1).await.unwrap();
    assert_eq!(number(&store, "PRAGMA user_version").await, KNOWN + 2);
    assert_eq!(number(&store, "SELECT count(*) FROM orchestration_last").await, 0);
    let copy = SqliteOptions { path: backup_path(&options.path, KNOWN), ..options.clone() };
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&copy.path.metadata().unwrap().permissions()) & 0o777, 0o600);
    let copy = SqlStore::open(&copy, clock()).await.unwrap();
    assert!(copy.task(&TaskCode::new("TSK-001").unwrap()).await.unwrap().is_some());
    let error = SqlStore::open(&options, clock()).await.unwrap_err();
    assert!(matches!(error, StoreError::Newer { found, known: KNOWN, .. } if found == KNOWN + 2), "{error:?}");
}

#[tokio::test]
async fn a_store_of_the_first_schema_is_upgraded() {
    assert_eq!(SqlStore::schema_version(), KNOWN);
    let folder = tempfile::tempdir().unwrap();
    let options = created(folder.path()).await;
    let store = SqlStore::open(&options, clock()).await.unwrap();
    create_with(&store, "TSK-001", 1).await.unwrap();
    for statement in [
        "DROP INDEX orchestration_bugs_code; DROP INDEX orchestration_bugs_loose; DROP INDEX orchestration_bugs_message; \
         DROP INDEX orchestration_bugs_likeness; DROP INDEX orchestration_bugs_merged",
        "ALTER TABLE orchestration_bugs DROP COLUMN bug_code; ALTER TABLE orchestration_bugs DROP COLUMN version; \
         ALTER TABLE orchestration_bugs DROP COLUMN loose_hash; ALTER TABLE orchestration_bugs DROP COLUMN message_hash; \
         ALTER TABLE orchestration_bugs DROP COLUMN likeness; ALTER TABLE orchestration_bugs DROP COLUMN merged_into",
        "INSERT INTO orchestration_bugs (bug_hash, error_message, context, created_at, updated_at) VALUES ('h', 'm', '{}', 't', 't')",
        "DROP TABLE orchestration_search; DROP TABLE orchestration_search_grams; DROP TABLE orchestration_search_words; \
         DROP TRIGGER orchestration_events_no_update; ALTER TABLE orchestration_events DROP COLUMN external; \
         CREATE TRIGGER orchestration_events_no_update BEFORE UPDATE OF id ON orchestration_events BEGIN SELECT 1; END",
        "PRAGMA user_version = 1",
    ] {
        store.connection().execute_unprepared(statement).await.unwrap();
    }
    store.leave_open().await;
    let store = SqlStore::open(&options, clock()).await.unwrap();
    assert_eq!(number(&store, "PRAGMA user_version").await, KNOWN);
    // what was there before is found
    let task = Within::all(SearchScope::Task(TaskCode::new("TSK-001").unwrap()));
    assert_eq!(store.candidates(&task, &[vec!["task".into()]], 10).await.unwrap().len(), 1);
    assert_eq!(number(&store, "SELECT bug_code = 'BUG-1' FROM orchestration_bugs").await, 1);
    assert!(backup_path(&options.path, 1).exists());
}

#[tokio::test]
async fn a_failed_upgrade_leaves_the_old_schema() {
    let folder = tempfile::tempdir().unwrap();
    let options = created(folder.path()).await;
    let list = list(&["CREATE TABLE orchestration_later (id INTEGER)", "CREATE NONSENSE"]);
    SqlStore::open_with(&options, clock(), &list, 1).await.unwrap_err();
    let store = SqlStore::open(&options, clock()).await.unwrap();
    assert_eq!(number(&store, "SELECT count(*) FROM sqlite_schema WHERE name = 'orchestration_later'").await, 0);
    assert_eq!(number(&store, "PRAGMA user_version").await, KNOWN);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_who_upgrade_at_once_do_it_once() {
    let folder = tempfile::tempdir().unwrap();
    let options = created(folder.path()).await;
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let options = options.clone();
            tokio::spawn(async move {
                let list = list(&["CREATE TABLE orchestration_later (id INTEGER)"]);
                let store = SqlStore::open_with(&options, clock(), &list, 1).await.unwrap();
                number(&store, "PRAGMA user_version").await
            })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), KNOWN + 1);
    }
    let copy = SqliteOptions { path: backup_path(&options.path, KNOWN), ..options };
    SqlStore::open(&copy, clock()).await.unwrap();
}

#[tokio::test]
async fn after_a_full_disk_everything_works_again() {
    let folder = tempfile::tempdir().unwrap();
    let options = created(folder.path()).await;
    let store = SqlStore::open(&options, clock()).await.unwrap();
    // SQLite's own limit, with the error of a full disk
    number(&store, "PRAGMA max_page_count = 1").await;
    for _ in 0..2 {
        let error = create_with(&store, "TSK-001", 1 << 20).await.unwrap_err();
        assert!(matches!(error, ChangeError::Store(StoreError::Unavailable { .. })), "{error:?}");
        number(&store, "PRAGMA max_page_count = 1").await;
    }
    assert!(store.task(&TaskCode::new("TSK-001").unwrap()).await.unwrap().is_none());
    number(&store, "PRAGMA max_page_count = 1000000").await;
    create_with(&store, "TSK-001", 1 << 20).await.unwrap();
    let other = SqlStore::open(&options, clock()).await.unwrap();
    assert!(other.task(&TaskCode::new("TSK-001").unwrap()).await.unwrap().is_some(), "it was committed");
    create_with(&other, "TSK-002", 1).await.unwrap();
}

#[tokio::test]
async fn a_connection_whose_transaction_sqlite_ended_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let options = created(folder.path()).await;
    let store = SqlStore::open(&options, clock()).await.unwrap();
    // SQLite ends a transaction by itself on FULL, IOERR and others; a ROLLBACK that sqlx does not see is the same to it
    let transaction = store.begin().await.unwrap();
    transaction.execute_unprepared("ROLLBACK").await.unwrap();
    drop(transaction);
    let transaction = store.begin().await.unwrap();
    let hurried = SqliteOptions { busy_timeout: Duration::from_millis(50), ..options };
    let other = SqlStore::open(&hurried, clock()).await.unwrap();
    let error = other.begin().await.map(drop).unwrap_err();
    assert!(matches!(error, StoreError::Busy { .. }), "a transaction has its lock from the start: {error:?}");
    drop(transaction);
    other.begin().await.unwrap();
}

/// A page in the log, as a number of bytes in a file.
const LOGGED: usize = 4096 + 24;

#[tokio::test]
async fn a_damaged_log_is_told_from_one_that_was_not_written_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let options = created(folder.path()).await;
    let store = SqlStore::open(&options, clock()).await.unwrap();
    for code in ["TSK-001", "TSK-002", "TSK-003"] {
        create_with(&store, code, 1).await.unwrap();
    }
    let (log, other) = (std::fs::read(log_path(&options.path)).unwrap(), folder.path().join("other-wal"));
    let damaged = |bytes: &[u8]| {
        std::fs::write(&other, bytes).unwrap();
        frames::damaged(&other).unwrap()
    };
    let frames = log.len() / LOGGED;
    let is_commit = |frame: usize| log[32 + (frame - 1) * LOGGED..][4..8] != [0; 4];
    let commits: Vec<usize> = (1..=frames).filter(|frame| is_commit(*frame)).collect();
    assert_eq!((commits.len(), commits.last()), (3, Some(&frames)));
    assert_eq!(damaged(&log), None);
    for at in 0..log.len() / 8 {
        // a byte in each eighth of a word, a frame after the other
        let at = at * 8 + at % 8;
        if at % 61 != 0 && at > 32 && (at - 32) % LOGGED > 24 {
            continue;
        }
        let mut bytes = log.clone();
        bytes[at] ^= 0x10;
        let frame = if at < 32 { 0 } else { 1 + (at - 32) / LOGGED };
        let found = damaged(&bytes);
        // whether a frame ends a transaction stands in the frame, so that may be what was damaged
        let is_told = found == Some(frame as u64);
        assert!(is_told || (frame >= commits[1] && found.is_none()), "byte {at} in frame {frame}: {found:?}");
    }
    for length in (0..log.len()).step_by(499) {
        assert_eq!(damaged(&log[..length]), None, "cut off at {length}");
    }
    // a part of the last transaction is there, its end too, as after a power cut
    let mut torn = log.clone();
    torn[32 + commits[1] * LOGGED..][..LOGGED].fill(0);
    assert_eq!(damaged(&torn), None);

    // a log that was begun anew has frames of the one before behind its own
    number(&store, "PRAGMA wal_checkpoint(RESTART)").await;
    create_with(&store, "TSK-004", 1).await.unwrap();
    let anew = std::fs::read(log_path(&options.path)).unwrap();
    assert_eq!(anew.len(), log.len());
    assert_ne!(anew[16..24], log[16..24]);
    assert_eq!(damaged(&anew), None);
    assert_eq!(frames::damaged(&folder.path().join("none")).unwrap(), None);
}
