//! `orch sprint`: named sets of tasks.

mod create;
mod list;
mod show;
mod update;

use clap::Subcommand;

use crate::app::App;
use crate::error::CliError;

/// The verbs of `orch sprint`.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Create a sprint
    Create(create::Create),
    /// List sprints
    List(list::List),
    /// Show a sprint
    Show(show::Show),
    /// Change a sprint
    Update(update::Update),
}

impl Verb {
    /// Runs the verb.
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        match self {
            Self::Create(args) => args.run(app).await,
            Self::List(args) => args.run(app).await,
            Self::Show(args) => args.run(app).await,
            Self::Update(args) => args.run(app).await,
        }
    }
}
