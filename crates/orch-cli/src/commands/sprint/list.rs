//! `orch sprint list`.

use clap::Args;
use orch_core::store::SprintStore;
use serde_json::json;

use crate::app::App;
use crate::args::Part;
use crate::error::CliError;
use crate::output::{text, view};

/// Arguments of `orch sprint list`.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    part: Part,
}

impl List {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let page = app.store().await?.sprints(self.part.into()).await?;
        app.printer.answer(
            || {
                let sprints: Vec<_> = page.items.iter().map(view::sprint).collect();
                view::answer(json!({"sprints": sprints, "total": page.total}), app.id())
            },
            || {
                let rows = page
                    .items
                    .iter()
                    .map(|sprint| [sprint.code.to_string(), sprint.status.to_string(), sprint.title.clone()]);
                text::table(["SPRINT", "STATUS", "TITLE"], rows) + &text::more(page.items.len(), page.total)
            },
        );
        Ok(())
    }
}
