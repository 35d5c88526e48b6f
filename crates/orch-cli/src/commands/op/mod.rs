//! `orch op`: what became of an operation.

mod show;

use clap::Subcommand;

use crate::app::App;
use crate::error::CliError;

/// The verbs of `orch op`.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Say whether an operation was committed, and what it wrote
    Show(show::Show),
}

impl Verb {
    /// Runs the verb.
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        match self {
            Self::Show(args) => args.run(app).await,
        }
    }
}
