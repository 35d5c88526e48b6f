//! `orch git changes`.

use clap::Args;
use orch_core::artifact::ArtifactFile;
use orch_core::code::ArtifactName;
use serde_json::{Value, json};

use crate::app::App;
use crate::error::CliError;
use crate::output::{repository, view};

/// The document's name.
const DOCUMENT: &str = "CHANGES.md";

/// Arguments of `orch git changes`.
#[derive(Debug, Args)]
pub(crate) struct Changes {
    /// The task
    task: Option<String>,
    /// The commit that the work began at; by default the one that the session began at, or the first that was
    /// recorded for the task
    #[arg(long, value_name = "COMMIT")]
    since: Option<String>,
    /// Save the document as the task's CHANGES.md
    #[arg(long)]
    write: bool,
}

impl Changes {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let code = app.task(self.task.as_deref()).await?;
        let (store, folder, git) = (app.store().await?, app.folders()?, app.git());
        let today = app.clock.now().date_naive();
        let changed = App::sessions(store, &folder, &git).changes(&code, self.since.as_deref(), today).await?;
        if changed.base.is_none() {
            app.printer
                .warn("no commit is recorded for the task, so only uncommitted work is told; name one: --since COMMIT");
        }
        let mut operation = app.id().clone();
        if self.write {
            let content = changed.document.clone().into_bytes();
            let file = ArtifactFile::new(ArtifactName::new(DOCUMENT)?, content);
            operation = App::records(store, &folder).put_artifact(&app.operation(), &code, &file).await?.operation_id;
            app.printer.note(&format!("saved as {DOCUMENT} of {code}"));
        }
        app.printer.answer(
            || {
                let hash = |commit: &Option<orch_core::vcs::Commit>| -> Value {
                    commit.as_ref().map_or(Value::Null, |commit| json!(commit.hash))
                };
                let document = json!({
                    "task_code": code,
                    "base": hash(&changed.base),
                    "head": hash(&changed.head),
                    "committed": repository::diff(&changed.committed),
                    "uncommitted": repository::diff(&changed.uncommitted),
                    "untracked": changed.untracked.iter().map(repository::untracked).collect::<Vec<_>>(),
                    "document": changed.document,
                    "written": self.write,
                });
                view::answer(document, &operation)
            },
            || changed.document.clone(),
        );
        Ok(())
    }
}
