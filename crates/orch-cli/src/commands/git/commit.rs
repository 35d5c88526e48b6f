//! `orch git commit`.

use std::path::PathBuf;

use clap::Args;
use orch_core::service::Orders;
use orch_core::vcs::{MessageTemplate, Take};
use serde_json::json;

use crate::app::App;
use crate::error::CliError;
use crate::output::printer::{bold, visible_line};
use crate::output::view;

/// Arguments of `orch git commit`.
///
/// Takes what is staged; where nothing is, the changes of the files that git knows. The files of the store are never taken.
/// Your hooks run, and the commit is signed where your git signs. A refused commit leaves HEAD, branches and index as they
/// were.
#[derive(Debug, Args)]
pub(crate) struct Commit {
    /// The task
    task: Option<String>,
    /// Take everything: changes, removals, and new files that are not ignored
    #[arg(long, conflicts_with = "paths")]
    all: bool,
    /// Another message than the setting git.commit_message_template; {sprint_code}, {task_code}, {task_title}, {phase} and
    /// {task_type} are put in
    #[arg(short, long, value_name = "TEMPLATE", value_parser = MessageTemplate::parse)]
    message: Option<MessageTemplate>,
    /// Commit also where HEAD is at no branch
    #[arg(long)]
    allow_detached: bool,
    /// Take these files and folders and nothing else, new files too
    #[arg(last = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

impl Commit {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let code = app.task(self.task.as_deref()).await?;
        let mut commits = app.commits()?;
        if !self.paths.is_empty() {
            commits.order.take = Take::Paths(self.paths.iter().map(|path| app.start.join(path)).collect());
        } else if self.all {
            commits.order.take = Take::All;
        }
        commits.order.allow_detached = self.allow_detached;
        commits.template = self.message.unwrap_or(commits.template);
        let (store, folder, git) = (app.store().await?, app.folders()?, app.git());
        let operation = app.operation();
        let orders = Orders { operation: &operation, task: &code };
        let done = App::sessions(store, &folder, &git).commit(orders, commits.committing(&git)).await?;
        if !done.said.is_empty() {
            app.printer.note(&done.said);
        }
        let commit = &done.outcome.answer.commit;
        app.printer.answer(
            || view::answer(json!({"commit": commit}), &done.outcome.operation_id),
            || {
                let subject = visible_line(commit.message.lines().next().unwrap_or_default());
                format!("committed {} for {code}: {subject}\n", bold(&commit.short_hash))
            },
        );
        Ok(())
    }
}
