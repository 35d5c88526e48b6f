//! `orch task`: units of work.

mod claim;
mod create;
mod handoff;
mod list;
mod note;
mod release;
mod show;
mod update;

use clap::Subcommand;

use crate::app::App;
use crate::error::CliError;

/// The verbs of `orch task`.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Create a task
    Create(create::Create),
    /// List tasks
    List(list::List),
    /// Show a task
    Show(show::Show),
    /// Change a task, its status or what it waits for
    Update(update::Update),
    /// Take the right to work on a task, or renew it
    Claim(claim::Claim),
    /// Give the right to work on a task back
    Release(release::Release),
    /// Hand the right to work on a task to somebody, who goes on with its session
    Handoff(handoff::Handoff),
    /// Leave a note for whoever works on a task next
    Note(note::Note),
}

impl Verb {
    /// Runs the verb.
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        match self {
            Self::Create(args) => args.run(app).await,
            Self::List(args) => args.run(app).await,
            Self::Show(args) => args.run(app).await,
            Self::Update(args) => args.run(app).await,
            Self::Claim(args) => args.run(app).await,
            Self::Release(args) => args.run(app).await,
            Self::Handoff(args) => args.run(app).await,
            Self::Note(args) => args.run(app).await,
        }
    }
}
