//! `orch session start`.

use clap::Args;
use orch_core::code::SessionKey;
use orch_core::machine::{Ground, Start as Asked};
use orch_core::service::Orders;

use crate::app::App;
use crate::commands::{session::print, workflow};
use crate::error::CliError;

/// Arguments of `orch session start`.
#[derive(Debug, Args)]
pub(crate) struct Start {
    /// The task
    task: Option<String>,
    /// End the active session and start anew
    #[arg(long)]
    restart: bool,
    /// Take over a session whose holder's lease has run out
    #[arg(long)]
    take_over: bool,
    /// The key of a new session; by default made of task and time
    #[arg(long, value_name = "KEY")]
    session_key: Option<SessionKey>,
}

impl Start {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let code = app.task(self.task.as_deref()).await?;
        let (workflow, template) = workflow::project_template(app)?;
        let ground = Ground {
            settings: app.settings().over(workflow.settings),
            workflow: &workflow,
            template: &template,
            lease_seconds: app.settings().lease_seconds(),
        };
        let asked = Asked { restart: self.restart, take_over: self.take_over, session_key: self.session_key };
        let (store, folder, git) = (app.store().await?, app.folders()?, app.git());
        let operation = app.operation();
        let orders = Orders { operation: &operation, task: &code };
        let done = App::sessions(store, &folder, &git).start(orders, &asked, &ground).await?;
        print(app, &done);
        Ok(())
    }
}
