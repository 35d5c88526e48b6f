//! `orch task list`.

use clap::Args;
use orch_core::code::{Actor, SprintCode, TaskType};
use orch_core::store::{TaskFilter, TaskStore};
use orch_core::task::{Priority, TaskStatus};
use serde_json::json;

use crate::app::App;
use crate::args::Part;
use crate::error::CliError;
use crate::output::{text, view};

/// Arguments of `orch task list`.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only tasks of this status; may be repeated
    #[arg(long, value_delimiter = ',')]
    status: Vec<TaskStatus>,
    /// Only tasks of this type; may be repeated
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',')]
    task_type: Vec<TaskType>,
    /// Only tasks of this priority; may be repeated
    #[arg(long, value_delimiter = ',')]
    priority: Vec<Priority>,
    /// Only tasks of this sprint
    #[arg(long)]
    sprint: Option<SprintCode>,
    /// Only tasks that this actor holds
    #[arg(long, value_name = "NAME")]
    holder: Option<Actor>,
    #[command(flatten)]
    part: Part,
}

impl List {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let filter = TaskFilter {
            status: self.status,
            task_type: self.task_type,
            priority: self.priority,
            sprint: self.sprint,
            holder: self.holder,
        };
        let page = app.store().await?.tasks(&filter, self.part.into()).await?;
        app.printer.answer(
            || {
                let tasks: Vec<_> = page.items.iter().map(view::task).collect();
                view::answer(json!({"tasks": tasks, "total": page.total}), app.id())
            },
            || text::tasks(&page.items, page.total),
        );
        Ok(())
    }
}
