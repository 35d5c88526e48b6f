//! `orch sprint show`.

use clap::Args;
use orch_core::code::SprintCode;
use orch_core::refusal::Refusal;
use orch_core::store::{SprintStore, TaskFilter, TaskStore, Window};
use serde_json::json;

use crate::app::App;
use crate::error::CliError;
use crate::output::printer::{bold, visible_line};
use crate::output::{text, view};

/// Arguments of `orch sprint show`.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The sprint
    sprint: SprintCode,
}

impl Show {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let store = app.store().await?;
        let sprint = store.sprint(&self.sprint).await?.ok_or_else(|| Refusal::NoSprint(self.sprint.clone()))?;
        let filter = TaskFilter { sprint: Some(self.sprint), ..TaskFilter::default() };
        let tasks = store.tasks(&filter, Window::default()).await?;
        app.printer.answer(
            || {
                let codes: Vec<_> = tasks.items.iter().map(|task| &task.code).collect();
                let document = json!({"sprint": view::sprint(&sprint), "tasks": codes, "total": tasks.total});
                view::answer(document, app.id())
            },
            || {
                let heading =
                    format!("{} {} ({})\n", bold(sprint.code.as_str()), visible_line(&sprint.title), sprint.status);
                heading + &text::tasks(&tasks.items, tasks.total)
            },
        );
        Ok(())
    }
}
