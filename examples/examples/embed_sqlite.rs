//! Embeds the SQLite store and the services in another tool: no `orch` program, no process, no git repository.
//!
//! Run it with: `cargo run -p orch-examples --example embed_sqlite`

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use orch_core::artifact::ArtifactFolder as _;
use orch_core::code::{ArtifactName, TaskType};
use orch_core::draft::Template;
use orch_core::event::EntityType;
use orch_core::machine::{Complete, Ground, Start};
use orch_core::refusal::Refusal;
use orch_core::service::{Orders, ServiceError, SessionService, TaskService};
use orch_core::store::{EventFilter, EventStore as _};
use orch_core::task::{NewTask, Priority};
use orch_core::vcs::NoCommits;
use orch_core::workflow::{Workflow, builtin};
use orch_examples::{MachineClock, operation};
use orch_store::folder::TaskFolders;
use orch_store::{SqlStore, SqliteOptions};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> anyhow::Result<()> {
    let mut out = std::io::stdout();

    // A real tool uses the folder `.orch` of its project; then the program `orch` works on the same store.
    let project = tempfile::tempdir()?;
    let options = SqliteOptions { path: project.path().join("orch.db"), busy_timeout: Duration::from_secs(30) };
    SqlStore::create(&options).await?;
    let store = SqlStore::open(&options, Arc::new(MachineClock)).await?;
    let folder = TaskFolders::new(project.path().to_owned(), 1 << 20);

    let new = NewTask {
        code: None,
        title: "Add a login form".into(),
        description: String::new(),
        task_type: TaskType::new("feature")?,
        priority: Priority::P1,
        sprint: None,
        metadata: serde_json::Map::new(),
        after: BTreeSet::new(),
    };
    let tasks = TaskService { store: &store };
    let task = tasks.create(&operation("importer")?, &new).await?.answer.task.code;

    // The session keeps the text of the workflow, so the text and what was read from it go together.
    let text = builtin("default").context("the default workflow is built in")?.yaml;
    let workflow = Workflow::parse(text.as_bytes(), "default")?;
    let template = Template::new(&workflow.name, text);
    let ground =
        Ground { workflow: &workflow, template: &template, settings: workflow.settings.clone(), lease_seconds: 3_600 };
    let sessions = SessionService { store: &store, folder: &folder, vcs: &NoCommits, auto_commit: None };
    // Every change is an operation of its own, and all its events carry the id.
    let begin = operation("ada")?;
    sessions.start(Orders { operation: &begin, task: &task }, &Start::default(), &ground).await?;

    // A refusal is a value that lists everything at once, and it changes nothing.
    let attempt = operation("ada")?;
    let orders = Orders { operation: &attempt, task: &task };
    match sessions.complete(orders, &Complete::default()).await {
        Err(ServiceError::Refused(Refusal::GateNotMet { phase, missing, .. })) => {
            writeln!(out, "{phase} is not complete: {missing:?}")?;
        }
        other => anyhow::bail!("the gate was expected to refuse, but: {other:?}"),
    }

    folder.write(&task, &ArtifactName::new("TASK.md")?, b"# A login form\n")?;
    let attempt = operation("ada")?;
    let done = sessions.complete(Orders { operation: &attempt, task: &task }, &Complete::default()).await?;
    writeln!(out, "now in {}", done.outcome.answer.session.current_phase)?;

    let filter = EventFilter { entity: Some((EntityType::Task, task.to_string())), ..EventFilter::default() };
    for event in store.events(&filter, 100).await? {
        writeln!(out, "{:>2} {:<10} {}", event.seq, event.actor, event.event_type)?;
    }
    Ok(())
}
