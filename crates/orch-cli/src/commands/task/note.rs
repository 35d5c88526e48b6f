//! `orch task note`.

use std::io::Read as _;
use std::path::Path;

use clap::Args;
use orch_core::code::TaskCode;
use orch_core::service::{MAX_NOTE, TaskService};
use orch_core::store::TaskStore;
use orch_store::SqlStore;
use serde_json::json;

use crate::app::App;
use crate::args::{Condition, task_and};
use crate::error::CliError;
use crate::output::view;

/// Arguments of `orch task note`.
#[derive(Debug, Args)]
pub(crate) struct Note {
    /// The task, which may be left out, and what whoever works on it next should know; - reads it from standard input
    #[arg(value_names = ["TASK", "NOTE"], num_args = 1..=2, required = true)]
    words: Vec<String>,
    #[command(flatten)]
    condition: Condition,
}

impl Note {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let (task, rest) = task_and::<1>(&self.words);
        let code = app.task(task).await?;
        let store = app.store().await?;
        let note = match rest.first().map_or("", String::as_str) {
            "-" => read(app)?,
            // whoever names a task and says nothing did not mean its code
            word if task.is_none() && is_task(store, word).await? => {
                return Err(CliError::usage(format!("{word} is a task, and the note is missing"))
                    .hint(format!("run: orch task note {word} TEXT")));
            }
            word => word.to_owned(),
        };
        let outcome = TaskService { store }.note(&app.operation_if(self.condition), &code, &note).await?;
        let task = &outcome.answer.task;
        app.printer.answer(
            || view::answer(json!({"task": view::task(task)}), &outcome.operation_id),
            || format!("Noted at {code}; whoever starts its session sees it\n"),
        );
        Ok(())
    }
}

async fn is_task(store: &SqlStore, word: &str) -> Result<bool, CliError> {
    Ok(match TaskCode::new(word) {
        Ok(code) => store.task(&code).await?.is_some(),
        Err(_) => false,
    })
}

/// What stands on standard input, and no more of it than shows that it is too long.
fn read(app: &App) -> Result<String, CliError> {
    let (mut bytes, input) = (Vec::new(), Path::new("standard input"));
    let read = app.input().take(4 * MAX_NOTE as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| CliError::io("read", input, &error))?;
    let text = String::from_utf8(bytes).map_err(|_| CliError::usage("the note is not UTF-8"))?;
    Ok(text.trim_end().to_owned())
}
