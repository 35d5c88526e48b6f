//! `orch artifact`: named documents of a task.

mod get;
mod list;
mod new;
mod put;

use clap::Subcommand;

use crate::app::App;
use crate::error::CliError;

/// The verbs of `orch artifact`.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Write an artifact from the template that the workflow names
    New(new::New),
    /// Save an artifact from a file or from standard input
    Put(put::Put),
    /// Print an artifact as it was last saved
    Get(get::Get),
    /// List the artifacts of a task, saved ones and files
    List(list::List),
}

impl Verb {
    /// Runs the verb.
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        match self {
            Self::New(args) => args.run(app).await,
            Self::Put(args) => args.run(app).await,
            Self::Get(args) => args.run(app).await,
            Self::List(args) => args.run(app).await,
        }
    }
}
