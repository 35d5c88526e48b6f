//! Benchmarks of the library on a SQLite file that lies on a disk: `cargo bench -p orch-examples`.
//!
//! Every write is durable before it counts, so these numbers are mostly the disk's. Whole processes are measured by
//! `scripts/bench-process`.

use std::sync::Arc;
use std::time::Duration;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use orch_core::code::{EventType, PhaseName, TaskCode};
use orch_core::draft::Template;
use orch_core::machine::{Complete, Ground, Start};
use orch_core::service::{Orders, RecordService, SessionService, TaskService};
use orch_core::store::TaskStore as _;
use orch_core::vcs::NoCommits;
use orch_core::workflow::{Workflow, builtin};
use orch_examples::{MachineClock, operation};
use orch_store::folder::TaskFolders;
use orch_store::{SqlStore, SqliteOptions};
use serde_json::json;
use tokio::runtime::Runtime;

fn main() {
    divan::main();
}

/// A store with one task in its first phase. The target folder is on a disk; a temporary one often is not.
struct Bench {
    runtime: Runtime,
    store: SqlStore,
    folder: TaskFolders,
    task: TaskCode,
    _scratch: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let scratch = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
        let options = SqliteOptions { path: scratch.path().join("orch.db"), busy_timeout: Duration::from_secs(30) };
        let folder = TaskFolders::new(scratch.path().to_owned(), 1 << 20);
        let (store, task) = runtime.block_on(async {
            SqlStore::create(&options).await.expect("a new store");
            let store = SqlStore::open(&options, Arc::new(MachineClock)).await.expect("the store");
            let new = serde_json::from_value(json!({
                "code": null, "title": "Add a login form", "description": "", "task_type": "feature",
                "priority": "P2", "sprint": null, "metadata": {"tags": ["ui"]}, "after": [],
            }));
            let begin = operation("bench").expect("an operation");
            let created = TaskService { store: &store }.create(&begin, &new.expect("a task")).await;
            let task = created.expect("a task").answer.task.code;
            (store, task)
        });
        let bench = Self { runtime, store, folder, task, _scratch: scratch };
        bench.start();
        bench
    }

    fn start(&self) {
        let text = builtin("default").expect("a built-in workflow").yaml;
        let workflow = Workflow::parse(text.as_bytes(), "default").expect("a workflow");
        let template = Template::new("default", text);
        let ground = Ground {
            workflow: &workflow,
            template: &template,
            settings: workflow.settings.clone(),
            lease_seconds: 86_400,
        };
        let begin = operation("bench").expect("an operation");
        let orders = Orders { operation: &begin, task: &self.task };
        self.runtime.block_on(self.sessions().start(orders, &Start::default(), &ground)).expect("a session");
    }

    fn sessions(&self) -> SessionService<'_, SqlStore> {
        SessionService { store: &self.store, folder: &self.folder, vcs: &NoCommits, auto_commit: None }
    }
}

/// Two transitions, there and back, so that the session never comes to its end.
#[divan::bench]
fn transitions(bencher: Bencher<'_, '_>) {
    let bench = Bench::new();
    let intake = PhaseName::new("intake").expect("a name");
    let asked = Complete { override_gate: true, ..Complete::default() };
    bencher.counter(ItemsCount::new(2_u32)).bench_local(|| {
        bench.runtime.block_on(async {
            let step = operation("bench").expect("an operation");
            let orders = Orders { operation: &step, task: &bench.task };
            bench.sessions().complete(orders, &asked).await.expect("completed");
            let step = operation("bench").expect("an operation");
            let orders = Orders { operation: &step, task: &bench.task };
            bench.sessions().back(orders, &intake, "once more").await.expect("went back");
        });
    });
}

#[divan::bench]
fn one_event(bencher: Bencher<'_, '_>) {
    let bench = Bench::new();
    let records = RecordService { store: &bench.store, folder: &bench.folder };
    let event = EventType::new("intake.clarified").expect("a name");
    let payload = json!({"question": "which browsers", "answer": "all"});
    bencher.counter(ItemsCount::new(1_u32)).bench_local(|| {
        let step = operation("bench").expect("an operation");
        bench.runtime.block_on(records.emit(&step, &bench.task, &event, &payload)).expect("an event")
    });
}

#[divan::bench]
fn task_show(bencher: Bencher<'_, '_>) {
    let bench = Bench::new();
    bencher.bench_local(|| bench.runtime.block_on(bench.store.task(&bench.task)).expect("a task"));
}

#[divan::bench]
fn template_parse(bencher: Bencher<'_, '_>) {
    let text = builtin("default").expect("a built-in workflow").yaml;
    bencher
        .counter(BytesCount::of_str(text))
        .bench_local(|| Workflow::parse(divan::black_box(text.as_bytes()), "default").expect("a workflow"));
}
