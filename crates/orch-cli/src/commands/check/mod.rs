//! `orch check`: results of tests, linters and the like.

mod child;
mod record;
mod run;

use clap::Subcommand;
use orch_core::code::TaskCode;
use orch_core::service::CheckReport;
use serde_json::json;

use crate::app::App;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::view;

/// The verbs of `orch check`.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Record the result of a check
    Record(record::Record),
    /// Run a command and record its result as a check
    Run(run::Run),
}

impl Verb {
    /// Runs the verb.
    pub(crate) async fn run(self, app: &App) -> Result<Exit, CliError> {
        match self {
            Self::Record(args) => args.run(app).await,
            Self::Run(args) => args.run(app).await,
        }
    }
}

/// Records a check and prints it.
async fn record(app: &App, code: &TaskCode, report: &CheckReport) -> Result<(), CliError> {
    let (store, folder) = (app.store().await?, app.folders()?);
    let outcome = App::records(store, &folder).check(&app.operation(), code, report).await?;
    // as it is recorded
    let note = report.note.as_deref().map(|note| app.redactor.text(note));
    app.printer.answer(
        || {
            let document = json!({"check": {"task_code": code, "name": report.name, "passed": report.passed,
                "exit_code": report.exit_code, "note": note}});
            view::answer(document, &outcome.operation_id)
        },
        || {
            format!(
                "{} {} of {code} {}\n",
                if report.passed { "✓" } else { "✗" },
                report.name,
                if report.passed { "passed" } else { "failed" }
            )
        },
    );
    Ok(())
}
