//! A front-end of one's own for a workflow of one's own: it shows each phase, and asks for what the gate misses.
//!
//! By hand: `cargo run -p orch-examples --example custom_front_end -- -`. Without `-` it answers itself.

use std::io::{BufRead, Write};
use std::sync::Arc;

use orch_core::artifact::ArtifactFolder as _;
use orch_core::code::{ArtifactName, TaskCode};
use orch_core::draft::Template;
use orch_core::gate::Missing;
use orch_core::machine::{Complete, Ground, Start};
use orch_core::service::{Orders, RecordService, SessionService, TaskService};
use orch_core::task::NewTask;
use orch_core::testing::MemoryStore;
use orch_core::vcs::NoCommits;
use orch_core::workflow::Workflow;
use orch_examples::{MachineClock, operation};
use orch_store::folder::TaskFolders;
use serde_json::json;

const WORKFLOW: &str = include_str!("../workflows/two-steps.yaml");
/// What is answered where nobody sits at the keyboard: the result, and a word of approval.
const SCRIPT: &str = "The answer is 42.\nI agree.\n";

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> anyhow::Result<()> {
    if std::env::args().nth(1).as_deref() == Some("-") {
        walk(&mut std::io::stdin().lock(), &mut std::io::stdout()).await
    } else {
        walk(&mut SCRIPT.as_bytes(), &mut std::io::stdout()).await
    }
}

/// Walks one task through the workflow; one line of `input` for each thing that a gate misses.
pub(crate) async fn walk(input: &mut impl BufRead, out: &mut impl Write) -> anyhow::Result<()> {
    let scratch = tempfile::tempdir()?;
    let store = MemoryStore::new(Arc::new(MachineClock));
    let folder = TaskFolders::new(scratch.path().to_owned(), 1 << 20);
    let sessions = SessionService { store: &store, folder: &folder, vcs: &NoCommits, auto_commit: None };
    let records = RecordService { store: &store, folder: &folder };

    let workflow = Workflow::parse(WORKFLOW.as_bytes(), "two-steps")?;
    let template = Template::new(&workflow.name, WORKFLOW);
    let ground =
        Ground { workflow: &workflow, template: &template, settings: workflow.settings.clone(), lease_seconds: 600 };

    // requests are plain data, so they can also come from JSON
    let new: NewTask = serde_json::from_value(json!({
        "code": null, "title": "Answer the question", "description": "", "task_type": "question",
        "priority": "P2", "sprint": null, "metadata": {}, "after": [],
    }))?;
    let task = TaskService { store: &store }.create(&operation("asker")?, &new).await?.answer.task.code;
    let start = operation("worker")?;
    sessions.start(Orders { operation: &start, task: &task }, &Start::default(), &ground).await?;

    loop {
        let view = sessions.look(&task).await?;
        let Some(instructions) = view.instructions else { break };
        writeln!(out, "[{}] {}", instructions.phase, instructions.goal)?;
        supply(&view.missing, &task, &folder, &records, input, out).await?;
        let step = operation("worker")?;
        let orders = Orders { operation: &step, task: &task };
        match instructions.next_phase {
            Some(_) => sessions.complete(orders, &Complete::default()).await?,
            None => sessions.end(orders).await?,
        };
        writeln!(out, "    {}", instructions.next_step)?;
    }
    Ok(())
}

/// Asks for every artifact that is missing, and for the approval.
async fn supply(
    missing: &Missing,
    task: &TaskCode,
    folder: &TaskFolders,
    records: &RecordService<'_, MemoryStore>,
    input: &mut impl BufRead,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    for name in &missing.artifacts {
        let text = ask(&format!("content of {name}"), input, out)?;
        folder.write(task, &ArtifactName::new(name.clone())?, text.as_bytes())?;
    }
    if missing.approval {
        let note = ask("a note of approval", input, out)?;
        records.approve(&operation("reviewer")?, task, Some(&note)).await?;
    }
    Ok(())
}

fn ask(what: &str, input: &mut impl BufRead, out: &mut impl Write) -> anyhow::Result<String> {
    write!(out, "    {what}? ")?;
    out.flush()?;
    let mut line = String::new();
    anyhow::ensure!(input.read_line(&mut line)? > 0, "the input ended before the work did");
    writeln!(out)?;
    Ok(line.trim_end().to_owned())
}
