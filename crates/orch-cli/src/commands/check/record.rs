//! `orch check record`.

use clap::{ArgGroup, Args};
use orch_core::code::CheckName;
use orch_core::service::CheckReport;

use crate::app::App;
use crate::args::task_and;
use crate::error::CliError;
use crate::exit::Exit;

/// Arguments of `orch check record`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("result").required(true).args(["pass", "fail"]))]
pub(crate) struct Record {
    /// The task, which may be left out, and the check's name
    #[arg(value_names = ["TASK", "NAME"], num_args = 1..=2, required = true)]
    words: Vec<String>,
    /// The check passed
    #[arg(long)]
    pass: bool,
    /// The check failed
    #[arg(long)]
    fail: bool,
    /// What to say about it
    #[arg(long)]
    note: Option<String>,
}

impl Record {
    pub(crate) async fn run(self, app: &App) -> Result<Exit, CliError> {
        let (task, rest) = task_and::<1>(&self.words);
        let code = app.task(task).await?;
        let report = CheckReport {
            name: CheckName::new(rest.first().cloned().unwrap_or_default())?,
            passed: self.pass,
            command: None,
            exit_code: None,
            output_tail: None,
            note: self.note,
        };
        super::record(app, &code, &report).await?;
        Ok(Exit::Done)
    }
}
