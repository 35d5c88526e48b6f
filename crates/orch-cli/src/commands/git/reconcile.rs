//! `orch git reconcile`.

use clap::Args;
use orch_core::service::Orders;
use serde_json::json;

use crate::app::App;
use crate::error::CliError;
use crate::output::view;

/// Arguments of `orch git reconcile`.
#[derive(Debug, Args)]
pub(crate) struct Reconcile {
    /// The task
    task: Option<String>,
}

impl Reconcile {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let code = app.task(self.task.as_deref()).await?;
        let (store, folder, git) = (app.store().await?, app.folders()?, app.git());
        let operation = app.operation();
        let orders = Orders { operation: &operation, task: &code };
        let outcome = App::sessions(store, &folder, &git).reconcile(orders).await?;
        let found = &outcome.answer;
        app.printer.answer(
            || {
                let document = json!({"commits": found.found, "reconciled": found.found.len(), "open": found.open});
                view::answer(document, &outcome.operation_id)
            },
            || {
                let hashes: Vec<&str> = found.found.iter().map(|commit| commit.short_hash.as_str()).collect();
                let told = if hashes.is_empty() { "nothing".to_owned() } else { hashes.join(", ") };
                let open = match found.open {
                    0 => String::new(),
                    open => format!("; {open} intended, but not to be found here"),
                };
                format!("found {told}{open}\n")
            },
        );
        Ok(())
    }
}
