//! Commits the work of a task in a git repository, with its hooks, from a tool that embeds orch-git.
//!
//! Run it with: `cargo run -p orch-examples --example commit_work`

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use anyhow::Context as _;
use orch_core::code::TaskType;
use orch_core::service::{Committing, Orders, ServiceError, SessionService, TaskService};
use orch_core::task::{NewTask, Priority};
use orch_core::testing::MemoryStore;
use orch_core::vcs::{CommitOrder, MessageTemplate, Take, VcsError};
use orch_examples::{MachineClock, operation};
use orch_git::Repository;
use orch_store::folder::TaskFolders;

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();

    // A real tool opens the repository that its user works in. That there is none is a state like any other.
    let scratch = tempfile::tempdir()?;
    if orch_git::discover(scratch.path())?.is_none() {
        writeln!(out, "no repository yet")?;
    }
    git(scratch.path(), &["init", "--quiet"])?;
    git(scratch.path(), &["config", "user.name", "Ada"])?;
    git(scratch.path(), &["config", "user.email", "ada@example.org"])?;
    let repository = Repository::open(scratch.path())?;

    let store = MemoryStore::new(Arc::new(MachineClock));
    let folder = TaskFolders::new(scratch.path().join(".orch"), 1 << 20);
    let new = NewTask {
        code: None,
        title: "Say hello".into(),
        description: String::new(),
        task_type: TaskType::new("feature")?,
        priority: Priority::P2,
        sprint: None,
        metadata: serde_json::Map::new(),
        after: std::collections::BTreeSet::new(),
    };
    let task = TaskService { store: &store }.create(&operation("ada")?, &new).await?.answer.task.code;

    // With `auto_commit` set to the same, the end of a session would commit as well.
    let sessions = SessionService { store: &store, folder: &folder, vcs: &repository, auto_commit: None };
    let template = MessageTemplate::parse("{task_type}: {task_title} ({task_code})")?;
    let order = CommitOrder { take: Take::All, ..CommitOrder::default() };
    let committing = Committing { committer: &repository, order: &order, template: &template };

    std::fs::write(scratch.path().join("hello.txt"), "Hello.\n")?;
    let attempt = operation("ada")?;
    let done = sessions.commit(Orders { operation: &attempt, task: &task }, committing).await?;
    let commit = &done.outcome.answer.commit;
    writeln!(out, "{} {}", commit.short_hash, commit.message.lines().next().context("a subject")?)?;

    // A refusal is a value, and it changes nothing.
    let attempt = operation("ada")?;
    match sessions.commit(Orders { operation: &attempt, task: &task }, committing).await {
        Err(ServiceError::Vcs(nothing @ VcsError::NothingToCommit { .. })) => writeln!(out, "{nothing}")?,
        other => anyhow::bail!("there was nothing left to commit, but: {other:?}"),
    }
    Ok(())
}

fn git(folder: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    let status = Command::new("git").current_dir(folder).args(arguments).status()?;
    anyhow::ensure!(status.success(), "git {arguments:?} failed");
    Ok(())
}
