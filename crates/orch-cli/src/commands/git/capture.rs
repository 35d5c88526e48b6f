//! `orch git capture`.

use clap::Args;
use orch_core::service::Orders;
use serde_json::json;

use crate::app::App;
use crate::error::CliError;
use crate::output::view;

/// Arguments of `orch git capture`.
#[derive(Debug, Args)]
pub(crate) struct Capture {
    /// The task
    task: Option<String>,
}

impl Capture {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let code = app.task(self.task.as_deref()).await?;
        let (store, folder, git) = (app.store().await?, app.folders()?, app.git());
        let operation = app.operation();
        let orders = Orders { operation: &operation, task: &code };
        let outcome = App::sessions(store, &folder, &git).capture_commits(orders).await?;
        let captured = &outcome.answer;
        app.printer.answer(
            || {
                let newest = captured.commits.last();
                let document = json!({"commit": newest, "captured": captured.new, "commits": captured.commits});
                view::answer(document, &outcome.operation_id)
            },
            || match captured.new {
                0 => "no new commit\n".to_owned(),
                count => format!(
                    "captured {count}, the newest is {}\n",
                    captured.commits.last().map_or("-", |commit| &commit.short_hash)
                ),
            },
        );
        Ok(())
    }
}
