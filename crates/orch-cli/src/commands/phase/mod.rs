//! `orch phase`: the current phase of a session.

mod back;
mod complete;
mod show;

use clap::Subcommand;

use crate::app::App;
use crate::error::CliError;

/// The verbs of `orch phase`.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Complete the current phase, if its gate allows it
    Complete(complete::Complete),
    /// Return to an earlier phase
    Back(back::Back),
    /// Show the current phase: what to do and what is missing
    Show(show::Show),
}

impl Verb {
    /// Runs the verb.
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        match self {
            Self::Complete(args) => args.run(app).await,
            Self::Back(args) => args.run(app).await,
            Self::Show(args) => args.run(app).await,
        }
    }
}
