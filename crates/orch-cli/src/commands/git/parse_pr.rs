//! `orch git parse-pr`.

use clap::Args;
use orch_core::pull_request::PullRequest;
use serde_json::json;

use crate::app::App;
use crate::error::CliError;
use crate::output::{text, view};

/// Arguments of `orch git parse-pr`.
#[derive(Debug, Args)]
pub(crate) struct ParsePr {
    /// The address of the pull request, merge request or change
    url: String,
}

impl ParsePr {
    pub(crate) fn run(self, app: &App) -> Result<(), CliError> {
        let pull_request = PullRequest::parse(&self.url)?;
        app.printer.answer(
            || view::answer(json!({"pull_request": pull_request}), app.id()),
            || text::pull_request(&pull_request) + "\n",
        );
        Ok(())
    }
}
