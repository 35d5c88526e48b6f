//! `orch git`: commits that belong to a task.

mod capture;

use clap::Subcommand;

use crate::app::App;
use crate::error::CliError;

/// The verbs of `orch git`.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Record the newest commits for a task
    Capture(capture::Capture),
}

impl Verb {
    /// Runs the verb.
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        match self {
            Self::Capture(args) => args.run(app).await,
        }
    }
}
