//! `orch git link-pr`.

use clap::Args;
use orch_core::pull_request::PullRequest;
use serde_json::json;

use crate::app::App;
use crate::args::Condition;
use crate::args::task_and;
use crate::error::CliError;
use crate::output::{text, view};

/// Arguments of `orch git link-pr`.
#[derive(Debug, Args)]
pub(crate) struct LinkPr {
    /// The task, which may be left out, and the address of the pull request, merge request or change
    #[arg(value_names = ["TASK", "URL"], num_args = 1..=2, required = true)]
    words: Vec<String>,
    #[command(flatten)]
    condition: Condition,
}

impl LinkPr {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let (task, rest) = task_and::<1>(&self.words);
        let pull_request = PullRequest::parse(rest.first().map_or("", String::as_str))?;
        let code = app.task(task).await?;
        let (store, folder) = (app.store().await?, app.folders()?);
        let outcome = App::records(store, &folder)
            .link_pull_request(&app.operation_if(self.condition), &code, &pull_request)
            .await?;
        let linked = outcome.answer.task.pull_request.as_ref();
        app.printer.answer(
            || {
                let linked = linked.map(orch_core::task::LinkedPullRequest::public);
                view::answer(json!({"pull_request": linked}), &outcome.operation_id)
            },
            || format!("{code} is linked with {}\n", text::pull_request(&pull_request)),
        );
        Ok(())
    }
}
