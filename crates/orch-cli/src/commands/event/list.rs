//! `orch event list`.

use clap::Args;
use orch_core::store::EventStore;
use serde_json::json;

use super::{line, select::Select};
use crate::app::App;
use crate::error::CliError;
use crate::output::view;

/// Arguments of `orch event list`.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    select: Select,
    /// How many at most
    #[arg(long, default_value_t = 100)]
    limit: u64,
}

impl List {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let filter = self.select.filter(app);
        let store = app.store().await?;
        // without a cursor everything is shown, also what is ahead of an event that is still on its way; the cursor is not
        let settled = if filter.after.is_some() { i64::MAX } else { store.settled_event_id().await? };
        let events = store.events(&filter, self.limit).await?;
        let cursor = events.last().map(|event| event.id).or(filter.after).unwrap_or(0).min(settled);
        app.printer.answer(
            || {
                let events: Vec<_> = events.iter().map(view::event).collect();
                view::answer(json!({"events": events, "cursor": cursor.to_string()}), app.id())
            },
            || {
                let lines: String = events.iter().map(line).collect();
                let full = events.len() as u64 == self.limit;
                lines + &if full { format!("more with: --after {cursor}\n") } else { String::new() }
            },
        );
        Ok(())
    }
}
