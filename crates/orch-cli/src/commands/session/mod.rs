//! `orch session`: runs of a task through its workflow.

mod end;
mod list;
mod start;
mod status;

use clap::Subcommand;
use orch_core::service::Done;

use crate::app::App;
use crate::error::CliError;
use crate::output::{text, view};

/// The verbs of `orch session`.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Start a session, or resume the active one and show what to do
    Start(start::Start),
    /// End a session whose last phase is done
    End(end::End),
    /// Show a session, what its gate misses and what to do
    Status(status::Status),
    /// List sessions
    List(list::List),
}

impl Verb {
    /// Runs the verb.
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        match self {
            Self::Start(args) => args.run(app).await,
            Self::End(args) => args.run(app).await,
            Self::Status(args) => args.run(app).await,
            Self::List(args) => args.run(app).await,
        }
    }
}

/// Prints what a command did to a session; what its hooks did goes to standard error.
pub(super) fn print(app: &App, done: &Done) {
    let answer = &done.outcome.answer;
    app.printer.answer(
        || view::answer(view::session_answer(answer), &done.outcome.operation_id),
        || text::session_answer(answer),
    );
    for report in &done.hooks {
        match report.outcome {
            Ok(_) => app.printer.note(&text::hook(report)),
            Err(_) => app.printer.warn(&text::hook(report)),
        }
    }
}
