//! `orch check run`.

use clap::Args;
use orch_core::code::CheckName;
use orch_core::service::CheckReport;

use super::child;
use crate::app::App;
use crate::args::task_and;
use crate::error::CliError;
use crate::exit::Exit;

/// How much of the end of the output is recorded, in bytes.
const TAIL: usize = 4_096;

/// Arguments of `orch check run`.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The task, which may be left out, and the check's name
    #[arg(value_names = ["TASK", "NAME"], num_args = 1..=2, required = true)]
    words: Vec<String>,
    /// The command with its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<String>,
}

impl Run {
    /// Runs the command with its output passed on to standard error, records it, and ends as it ended.
    pub(crate) async fn run(self, app: &App) -> Result<Exit, CliError> {
        let (task, rest) = task_and::<1>(&self.words);
        let code = app.task(task).await?;
        let name = CheckName::new(rest.first().cloned().unwrap_or_default())?;
        let (exit_code, end) = child::run(&self.command).await?;
        // before it is cut: half a secret is not known for one
        let end = app.redactor.owned(String::from_utf8_lossy(&end).into_owned());
        let mut from = end.len().saturating_sub(TAIL);
        while !end.is_char_boundary(from) {
            from += 1;
        }
        let passed = exit_code == Some(0);
        let report = CheckReport {
            name,
            passed,
            command: Some(self.command),
            exit_code,
            output_tail: Some(end[from..].to_owned()),
            note: None,
        };
        super::record(app, &code, &report).await?;
        Ok(if passed { Exit::Done } else { Exit::Child(exit_code.unwrap_or(1)) })
    }
}
