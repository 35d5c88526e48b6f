//! `orch session end`.

use clap::Args;
use orch_core::service::{Orders, SessionService};

use crate::app::App;
use crate::args::Condition;
use crate::commands::session::print;
use crate::error::CliError;

/// Arguments of `orch session end`.
#[derive(Debug, Args)]
pub(crate) struct End {
    /// The task
    task: Option<String>,
    /// End it from any state; the task's status stays as it is
    #[arg(long)]
    force: bool,
    /// Why it is ended by force
    #[arg(long, requires = "force")]
    reason: Option<String>,
    #[command(flatten)]
    condition: Condition,
}

impl End {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let code = app.task(self.task.as_deref()).await?;
        let (store, folder, git) = (app.store().await?, app.folders()?, app.git());
        let operation = app.operation_if(self.condition);
        let orders = Orders { operation: &operation, task: &code };
        let commits = app.commits()?;
        let service = SessionService { auto_commit: commits.at_the_end(&git), ..App::sessions(store, &folder, &git) };
        let done = if self.force {
            service.force_end(orders, self.reason.as_deref()).await?
        } else {
            service.end(orders).await?
        };
        print(app, &done);
        Ok(())
    }
}
