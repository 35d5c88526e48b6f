//! `orch phase back`.

use clap::Args;
use orch_core::code::PhaseName;
use orch_core::service::Orders;

use crate::app::App;
use crate::args::Condition;
use crate::commands::session::print;
use crate::error::CliError;

/// Arguments of `orch phase back`.
#[derive(Debug, Args)]
pub(crate) struct Back {
    /// The task
    task: Option<String>,
    /// The earlier phase
    #[arg(long, value_name = "PHASE")]
    to: PhaseName,
    /// Why
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    condition: Condition,
}

impl Back {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let code = app.task(self.task.as_deref()).await?;
        let (store, folder, git) = (app.store().await?, app.folders()?, app.git());
        let operation = app.operation_if(self.condition);
        let orders = Orders { operation: &operation, task: &code };
        let done = App::sessions(store, &folder, &git).back(orders, &self.to, &self.reason).await?;
        print(app, &done);
        Ok(())
    }
}
