//! `orch phase complete`.

use clap::Args;
use orch_core::code::PhaseName;
use orch_core::machine::Complete as Asked;
use orch_core::service::Orders;

use crate::app::App;
use crate::args::Condition;
use crate::commands::session::print;
use crate::error::CliError;

/// Arguments of `orch phase complete`.
#[derive(Debug, Args)]
pub(crate) struct Complete {
    /// The task
    task: Option<String>,
    /// Complete it whatever the gate says; recorded with what was missing
    #[arg(long = "override")]
    override_gate: bool,
    /// Why the gate is overridden or phases are skipped
    #[arg(long)]
    reason: Option<String>,
    /// Complete only if this is the current phase; makes a repeated call safe
    #[arg(long, value_name = "PHASE")]
    phase: Option<PhaseName>,
    /// Go on in this later phase, if the settings allow it
    #[arg(long, value_name = "PHASE")]
    skip_to: Option<PhaseName>,
    #[command(flatten)]
    condition: Condition,
}

impl Complete {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let code = app.task(self.task.as_deref()).await?;
        let asked =
            Asked { phase: self.phase, override_gate: self.override_gate, skip_to: self.skip_to, reason: self.reason };
        let (store, folder, git) = (app.store().await?, app.folders()?, app.git());
        let operation = app.operation_if(self.condition);
        let orders = Orders { operation: &operation, task: &code };
        let done = App::sessions(store, &folder, &git).complete(orders, &asked).await?;
        print(app, &done);
        Ok(())
    }
}
