//! `orch next`.

use clap::Args;
use orch_core::store::{TaskStore, Window};
use serde_json::json;

use crate::app::App;
use crate::error::CliError;
use crate::output::{text, view};

/// Arguments of `orch next`.
#[derive(Debug, Args)]
pub(crate) struct Next {
    /// How many at most
    #[arg(long, default_value_t = 10)]
    limit: u64,
    /// How many to leave out first
    #[arg(long, default_value_t = 0)]
    offset: u64,
}

impl Next {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let page = app.store().await?.ready_tasks(Window { limit: self.limit, offset: self.offset }).await?;
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
