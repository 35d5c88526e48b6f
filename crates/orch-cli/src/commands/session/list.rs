//! `orch session list`.

use clap::Args;
use orch_core::code::TaskCode;
use orch_core::store::{SessionFilter, SessionStore};
use serde_json::json;

use crate::app::App;
use crate::args::Part;
use crate::error::CliError;
use crate::output::{text, view};

/// Arguments of `orch session list`.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only sessions of this task
    task: Option<TaskCode>,
    /// Only sessions that are running
    #[arg(long, conflicts_with = "ended")]
    active: bool,
    /// Only sessions that have ended
    #[arg(long)]
    ended: bool,
    #[command(flatten)]
    part: Part,
}

impl List {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let active = if self.active || self.ended { Some(self.active) } else { None };
        let filter = SessionFilter { task: self.task, active };
        let page = app.store().await?.sessions(&filter, self.part.into()).await?;
        app.printer.answer(
            || {
                let sessions: Vec<_> = page.items.iter().map(view::session_entry).collect();
                view::answer(json!({"sessions": sessions, "total": page.total}), app.id())
            },
            || {
                let rows = page.items.iter().map(|entry| {
                    let state = if entry.session.active { "active" } else { "ended" };
                    [
                        entry.session.key.to_string(),
                        entry.task.to_string(),
                        state.to_owned(),
                        entry.session.current_phase.to_string(),
                        view::time(entry.session.started_at),
                    ]
                });
                text::table(["SESSION", "TASK", "STATE", "PHASE", "STARTED"], rows)
                    + &text::more(page.items.len(), page.total)
            },
        );
        Ok(())
    }
}
