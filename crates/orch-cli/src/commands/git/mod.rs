//! `orch git`: commits and pull requests that belong to a task.

mod capture;
mod link_pr;
mod parse_pr;

use clap::Subcommand;

use crate::app::App;
use crate::error::CliError;

/// The verbs of `orch git`.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Record the newest commits for a task
    Capture(capture::Capture),
    /// Link a pull request with a task; nothing is fetched
    LinkPr(link_pr::LinkPr),
    /// Show which pull request an address names
    ParsePr(parse_pr::ParsePr),
}

impl Verb {
    /// Runs the verb.
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        match self {
            Self::Capture(args) => args.run(app).await,
            Self::LinkPr(args) => args.run(app).await,
            Self::ParsePr(args) => args.run(app),
        }
    }
}
