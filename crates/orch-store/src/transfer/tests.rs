//! Whole stores moved between both databases, and imports that were interrupted, disturbed or refused.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::time::Duration;

use orch_core::artifact::ArtifactFile;
use orch_core::bug::{BugAction, Fingerprinter, StoredReport};
use orch_core::code::{ArtifactName, IdempotencyKey, TaskCode};
use orch_core::draft::{Draft, Template};
use orch_core::event::{Fact, SessionStarted};
use orch_core::operation::Request;
use orch_core::refusal::Refusal;
use orch_core::service::{BugService, Logging, SessionService, SprintService, TaskService, TaskUpdate};
use orch_core::sprint::NewSprint;
use orch_core::store::{BugName, TaskChange, TaskContext, TaskScope, TaskStore};
use orch_core::task::{NewTask, Priority, TaskChanges};
use orch_core::testing::{StepClock, fixture};
use orch_core::vcs::NoCommits;
use sea_orm::{ConnectionTrait, Statement};

use super::table::{Kind, TABLES};
use super::*;
use crate::folder::TaskFolders;
use crate::{PostgresOptions, SqlStore, SqliteOptions};

/// A place for a store. A server's database goes with it.
enum Home {
    Folder(tempfile::TempDir),
    Database(orch_tests::postgres::Database),
}

impl Home {
    async fn file() -> Self {
        let folder = tempfile::tempdir().unwrap();
        SqlStore::create(&file_options(&folder)).await.unwrap();
        Self::Folder(folder)
    }

    async fn server() -> Option<Self> {
        let database = orch_tests::postgres::database()?;
        SqlStore::create_on(&server_options(&database)).await.unwrap();
        Some(Self::Database(database))
    }

    async fn both() -> Vec<Self> {
        [Some(Self::file().await), Self::server().await].into_iter().flatten().collect()
    }

    async fn open(&self) -> Result<SqlStore, StoreError> {
        match self {
            Self::Folder(folder) => SqlStore::open(&file_options(folder), clock()).await,
            Self::Database(database) => SqlStore::connect(&server_options(database)).await,
        }
    }

    async fn open_unfinished(&self) -> SqlStore {
        match self {
            Self::Folder(folder) => SqlStore::open_unfinished(&file_options(folder), clock()).await.unwrap(),
            Self::Database(database) => SqlStore::connect_unfinished(&server_options(database)).await.unwrap(),
        }
    }
}

fn clock() -> Arc<StepClock> {
    Arc::new(StepClock::new(fixture::now()))
}

fn file_options(folder: &tempfile::TempDir) -> SqliteOptions {
    SqliteOptions { path: folder.path().join("orch.db"), busy_timeout: Duration::from_secs(30) }
}

fn server_options(database: &orch_tests::postgres::Database) -> PostgresOptions {
    PostgresOptions {
        url: database.url().to_owned(),
        busy_timeout: Duration::from_secs(30),
        retry_for: Duration::from_secs(5),
        max_connections: 1,
        clock: Some(clock()),
    }
}

async fn rows(store: &SqlStore, sql: &str) -> Vec<Vec<String>> {
    let db = store.connection();
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
    let text = |row: &sea_orm::QueryResult, column: &String| {
        let flag = |row: &sea_orm::QueryResult| row.try_get::<bool>("", column).map(|flag| flag.to_string());
        let number = |row: &sea_orm::QueryResult| row.try_get::<i64>("", column).map(|number| number.to_string());
        row.try_get::<String>("", column).or_else(|_| number(row)).or_else(|_| flag(row)).unwrap_or_default()
    };
    rows.iter().map(|row| row.column_names().iter().map(|column| text(row, column)).collect()).collect()
}

async fn execute(store: &SqlStore, sql: &str) {
    store.connection().execute_unprepared(sql).await.unwrap();
}

async fn export(store: &SqlStore) -> String {
    let mut out = Vec::new();
    let operation = fixture::operation(99, "tester");
    store.export(&operation.id, &mut out, &mut |_, _| {}).await.unwrap();
    String::from_utf8(out).unwrap()
}

async fn import(store: &SqlStore, text: &str) -> Result<Imported, TransferError> {
    store.import(Cursor::new(text.as_bytes()), &mut |_, _| {}).await
}

/// All but where it came from.
fn content(export: &str) -> &str {
    export.split_once('\n').unwrap().1
}

/// Rows in every table, with what is hard to move.
async fn fill(store: &SqlStore) {
    let operation = |number, key: &str| {
        let mut operation = fixture::operation(number, "Ünï \"quoted\" \\ back");
        operation.key = IdempotencyKey::new(key).ok();
        operation
    };
    let new = NewSprint { code: None, title: "日本 \u{1f680}\t\"\\".into(), metadata: metadata() };
    SprintService { store }.create(&operation(1, "s1"), &new).await.unwrap();
    for number in 2..12 {
        let after = TaskCode::new(format!("TSK-{:03}", number - 2)).unwrap();
        let new = NewTask {
            code: None,
            title: format!("Task {number}\u{7f}\u{202e}"),
            description: "lines\r\n\u{1}".into(),
            task_type: fixture::task("x").task_type,
            priority: Priority::P1,
            sprint: Some("SPR-001".parse().unwrap()),
            metadata: metadata(),
            after: (number > 2).then_some(after).into_iter().collect(),
        };
        TaskService { store }.create(&operation(number, &format!("t{number}")), &new).await.unwrap();
    }
    let changes = TaskChanges { title: Some("Another".into()), ..TaskChanges::default() };
    let update = TaskUpdate { changes, status: None };
    let code = TaskCode::new("TSK-001").unwrap();
    TaskService { store }.update(&operation(20, "u"), &code, &update).await.unwrap();
    TaskService { store }.claim(&operation(21, "c"), &code, 60).await.unwrap();
    let request = Request::new(&fixture::operation(22, "tester"), "x", &());
    let decide = |context: TaskContext| {
        let task = context.task.ok_or(Refusal::NoTask(context.code))?;
        let mut draft = Draft::on(task, &fixture::operation(1, "tester"), context.now);
        let session = fixture::session();
        draft.pin(Template { name: "default".into(), sha256: "0".repeat(64), content: "phases: []".into() });
        let started = SessionStarted {
            template: session.template.clone(),
            settings: session.settings,
            phases: session.phases.clone(),
            lease_seconds: 3600,
        };
        draft.record_in(Some(session.key), Fact::SessionStarted(started));
        for (name, content) in [("a.md", &b"# text\n"[..]), ("b.bin", &[0, 255, 1]), ("c.md", b"")] {
            draft.save(&ArtifactFile::new(ArtifactName::new(name).unwrap(), content.to_vec()));
        }
        Ok(TaskChange { draft, answer: () })
    };
    store.change_task(&request, &TaskScope::of(&code), decide).await.unwrap();
    let folder = TaskFolders::new("none".into(), 1 << 20);
    let sessions = SessionService { store, folder: &folder, vcs: &NoCommits, auto_commit: None };
    let bugs = BugService { sessions, fingerprinter: &Fingerprinter::default() };
    let report = |file: &str| StoredReport {
        message: "it \"broke\"\t\\ \u{1f680}\u{1}".into(),
        file: Some(file.into()),
        line: Some(u32::MAX),
        ..StoredReport::default()
    };
    let how = Logging { task: Some(code), action: BugAction::FixNow, note: Some("né".into()), context: metadata() };
    bugs.log(&operation(23, "b"), &[report("a.rs"), report("b.rs")], &how).await.unwrap();
    let [one, other] = ["BUG-001", "BUG-002"].map(|name| BugName::new(name).unwrap());
    bugs.merge(&operation(24, "m"), &one, &other).await.unwrap();
}

fn metadata() -> serde_json::Map<String, serde_json::Value> {
    let text = "{\"z\": 1.0, \"a\": [1e16, -0.0, 1e300, 18446744073709551615, null, true], \"\": {\"é\": \"\\\\\"}}";
    serde_json::from_str(text).unwrap()
}

/// Fails after some bytes of its second reading.
struct Breaks {
    content: Cursor<Vec<u8>>,
    left: Option<usize>,
    after: usize,
}

impl Breaks {
    fn new(text: &str, after: usize) -> Self {
        Self { content: Cursor::new(text.as_bytes().to_vec()), left: None, after }
    }
}

impl Read for Breaks {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let Some(left) = &mut self.left else { return self.content.read(buffer) };
        if *left == 0 {
            return Err(std::io::Error::other("the disk is gone"));
        }
        let most = buffer.len().min(*left);
        let read = self.content.read(&mut buffer[..most])?;
        *left -= read;
        Ok(read)
    }
}

impl Seek for Breaks {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.left = Some(self.after);
        self.content.seek(to)
    }
}

/// An import that was interrupted when about this share of it was read.
async fn interrupt(home: &Home, text: &str, at: usize) {
    let store = home.open_unfinished().await;
    let error = store.import(Breaks::new(text, at), &mut |_, _| {}).await.unwrap_err();
    assert!(matches!(error, TransferError::Read(_)), "{error}");
}

#[tokio::test]
async fn the_description_is_the_schema() {
    for home in Home::both().await {
        let store = home.open().await.unwrap();
        let (columns, keys) = match &home {
            Home::Folder(_) => (
                "SELECT m.name AS t, c.name AS c, c.type AS k, c.\"notnull\" = 0 AND c.pk = 0 AS o \
                 FROM sqlite_schema m, pragma_table_info(m.name) c \
                 WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE 'orchestration_search%'",
                "SELECT m.name AS t, c.name AS c FROM sqlite_schema m, pragma_table_info(m.name) c \
                 WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' \
                 AND m.name NOT LIKE 'orchestration_search%' AND c.pk > 0 ORDER BY m.name, c.pk",
            ),
            Home::Database(_) => (
                "SELECT table_name::text AS t, column_name::text AS c, data_type::text AS k, is_nullable = 'YES' AS o \
                 FROM information_schema.columns JOIN pg_class p ON p.oid = table_name::text::regclass \
                 WHERE table_schema = 'public' AND NOT relispartition \
                   AND table_name NOT LIKE 'orchestration_search%' \
                   AND table_name NOT IN ('orchestration_schema', 'orchestration_events_archive')",
                "SELECT conrelid::regclass::text AS t, attname::text AS c \
                 FROM pg_constraint, unnest(conkey) WITH ORDINALITY AS k (number, place), pg_attribute \
                 WHERE contype = 'p' AND attrelid = conrelid AND attnum = number AND connamespace = 'public'::regnamespace \
                   AND conrelid::regclass::text NOT LIKE 'orchestration_events%' \
                   AND conrelid::regclass::text NOT LIKE 'orchestration_search%' \
                   AND conrelid::regclass::text <> 'orchestration_schema' ORDER BY 1, place",
            ),
        };
        let real: BTreeMap<(String, String), (Kind, bool)> = rows(&store, columns)
            .await
            .into_iter()
            .map(|row| {
                let kind = match row[2].to_lowercase().as_str() {
                    "text" if row[1].ends_with("_at") => Kind::Time,
                    "text" => Kind::Text,
                    "timestamp with time zone" => Kind::Time,
                    "integer" | "bigint" => Kind::Number,
                    "boolean" => Kind::Flag,
                    kind if kind.starts_with("json") => Kind::Json,
                    other => panic!("{row:?}: {other}"),
                };
                ((row[0].clone(), row[1].clone()), (kind, row[3] == "true" || row[3] == "1"))
            })
            .collect();
        let described = TABLES.iter().flat_map(|table| {
            table
                .columns
                .iter()
                .map(|column| ((table.name.to_owned(), column.name.to_owned()), (column.kind, column.optional)))
        });
        assert_eq!(described.collect::<BTreeMap<_, _>>(), real);
        let mut described: Vec<Vec<String>> = TABLES
            .iter()
            .flat_map(|table| table.key.iter().map(|column| vec![table.name.to_owned(), (*column).to_owned()]))
            .collect();
        described.sort_by(|one, other| one[0].cmp(&other[0]));
        if matches!(home, Home::Database(_)) {
            // a partitioned table's key must have the partition's column in it
            described.retain(|row| row[0] != "orchestration_events");
        }
        assert_eq!(described, rows(&store, keys).await);
    }
}

#[tokio::test]
async fn a_store_is_moved_there_and_back() {
    let first = Home::file().await;
    let store = first.open().await.unwrap();
    fill(&store).await;
    let exported = export(&store).await;
    for table in TABLES {
        assert!(exported.contains(&format!("{{\"table\":\"{}\"", table.name)), "{}", table.name);
    }
    let mut homes = vec![first];
    let mut last = exported.clone();
    for to_server in [true, false, true] {
        let Some(home) = (if to_server { Home::server().await } else { Some(Home::file().await) }) else { continue };
        let store = home.open().await.unwrap();
        let total = last.lines().count() as u64 - 2;
        assert_eq!(import(&store, &last).await.unwrap(), Imported { imported: total, skipped: 0 });
        // it is there; once more changes nothing
        assert_eq!(import(&store, &last).await.unwrap(), Imported { imported: 0, skipped: total });
        last = export(&store).await;
        assert_eq!(content(&last), content(&exported));
        assert_eq!(home.open().await.unwrap().check().await.unwrap(), Vec::<String>::new());
        homes.push(home);
    }
    // life goes on in each of them, with ids above those that came
    let mut after = Vec::new();
    for home in &homes {
        let store = home.open().await.unwrap();
        let new = NewTask { code: None, ..new_task() };
        let outcome = TaskService { store: &store }.create(&fixture::operation(50, "x"), &new).await.unwrap();
        assert_eq!(outcome.answer.task.code.as_str(), "TSK-011");
        let bugs = "INSERT INTO orchestration_bugs (bug_hash, error_message, context, created_at, updated_at) \
                    VALUES ('i', 'm', '{}', '2025-01-13T14:30:22.000001Z', '2025-01-13T14:30:22.999999Z')";
        execute(&store, bugs).await;
        after.push(content(&export(&store).await).to_owned());
    }
    assert!(after.iter().all(|export| *export == after[0]));
}

fn new_task() -> NewTask {
    NewTask {
        code: None,
        title: "New".into(),
        description: String::new(),
        task_type: fixture::task("x").task_type,
        priority: Priority::P2,
        sprint: None,
        metadata: serde_json::Map::new(),
        after: std::collections::BTreeSet::new(),
    }
}

#[tokio::test]
async fn an_interrupted_import_is_finished() {
    let source = Home::file().await;
    let store = source.open().await.unwrap();
    fill(&store).await;
    let text = export(&store).await;
    for share in [1, 3, 7] {
        for home in Home::both().await {
            interrupt(&home, &text, text.len() * share / 8).await;
            let error = home.open().await.unwrap_err();
            assert!(matches!(error, StoreError::Unfinished { .. }), "{error}");
            let store = home.open_unfinished().await;
            let other = export(&source.open().await.unwrap()).await.replace("01", "02");
            let other = other.lines().next().map(|header| format!("{header}\n{}", content(&text))).unwrap();
            let error = import(&store, &other).await.unwrap_err();
            assert!(matches!(error, TransferError::OtherImport { .. }), "{error}");
            let done = import(&store, &text).await.unwrap();
            assert!(share == 1 || (done.skipped > 0 && done.imported > 0), "{done:?}");
            let store = home.open().await.unwrap();
            assert_eq!(content(&export(&store).await), content(&text));
            assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
        }
    }
}

#[tokio::test]
async fn a_row_with_another_content_is_a_conflict() {
    let source = Home::file().await;
    fill(&source.open().await.unwrap()).await;
    let text = export(&source.open().await.unwrap()).await;
    for home in Home::both().await {
        interrupt(&home, &text, text.len() * 7 / 8).await;
        let store = home.open_unfinished().await;
        execute(&store, "UPDATE orchestration_tasks SET title = 'another' WHERE id = 3").await;
        let error = import(&store, &text).await.unwrap_err();
        match error {
            TransferError::Conflict { table: "orchestration_tasks", key, line: 5 } => assert_eq!(key, "3"),
            error => panic!("{error:?}"),
        }
        assert!(matches!(home.open().await, Err(StoreError::Unfinished { .. })));
    }
}

#[tokio::test]
async fn a_row_that_no_footer_knows_is_noticed() {
    let source = Home::file().await;
    fill(&source.open().await.unwrap()).await;
    let text = export(&source.open().await.unwrap()).await;
    for home in Home::both().await {
        interrupt(&home, &text, text.len() / 8).await;
        let store = home.open_unfinished().await;
        execute(&store, "INSERT INTO orchestration_sequences (name, value) VALUES ('X', 1)").await;
        let error = import(&store, &text).await.unwrap_err();
        assert!(matches!(error, TransferError::Disturbed { .. }), "{error:?}");
        assert!(matches!(home.open().await, Err(StoreError::Unfinished { .. })));
    }
}

#[tokio::test]
async fn other_work_is_left_alone() {
    let source = Home::file().await;
    fill(&source.open().await.unwrap()).await;
    let text = export(&source.open().await.unwrap()).await;
    for home in Home::both().await {
        let store = home.open().await.unwrap();
        TaskService { store: &store }.create(&fixture::operation(50, "x"), &new_task()).await.unwrap();
        let before = export(&store).await;
        let error = import(&store, &text).await.unwrap_err();
        assert!(matches!(error, TransferError::Occupied { .. }), "{error:?}");
        assert_eq!(export(&home.open().await.unwrap()).await, before);
    }
}

#[tokio::test]
async fn what_is_not_whole_is_not_begun() {
    let source = Home::file().await;
    fill(&source.open().await.unwrap()).await;
    let text = export(&source.open().await.unwrap()).await;
    let cut = &text[..text.len() / 2];
    for home in Home::both().await {
        let store = home.open().await.unwrap();
        for bad in [cut, "", "{}\n", &text.replace("Another", "Mother")] {
            import(&store, bad).await.unwrap_err();
        }
        assert_eq!(import(&home.open().await.unwrap(), &text).await.unwrap().skipped, 0);
    }
}

#[tokio::test]
async fn what_the_database_refuses_is_told_with_its_line() {
    let source = Home::file().await;
    fill(&source.open().await.unwrap()).await;
    let text = export(&source.open().await.unwrap()).await;
    // a forged export: a hash that fits, and a task of a sprint that is not there
    let rows = content(&text).rsplit_once("{\"footer\"").unwrap().0.replace("\"sprint_id\":1", "\"sprint_id\":2");
    let digest = orch_core::artifact::sha256_hex(rows.as_bytes());
    let mut last: line::Last = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    last.footer.sha256 = digest;
    let forged = format!("{}\n{rows}{}\n", text.lines().next().unwrap(), serde_json::to_string(&last).unwrap());
    for home in Home::both().await {
        let error = import(&home.open().await.unwrap(), &forged).await.unwrap_err();
        assert!(matches!(error, TransferError::Malformed { line: 3, .. }), "{error:?}");
        assert!(matches!(home.open().await, Err(StoreError::Unfinished { .. })));
    }
}

#[tokio::test]
async fn archived_events_are_exported_too() {
    let Some(home) = Home::server().await else { return };
    let store = home.open().await.unwrap();
    fill(&store).await;
    let before = export(&store).await;
    execute(
        &store,
        "ALTER TABLE orchestration_events DETACH PARTITION orchestration_events_y2025m01; \
         ALTER TABLE orchestration_events_archive ATTACH PARTITION orchestration_events_y2025m01 \
             FOR VALUES FROM ('2025-01-01 00:00:00+00') TO ('2025-02-01 00:00:00+00')",
    )
    .await;
    assert_eq!(rows(&store, "SELECT count(*) FROM orchestration_events").await, [["0"]]);
    assert_eq!(export(&store).await, before);
}
