//! `orch op show`.

use clap::Args;
use orch_core::operation::OperationId;
use orch_core::store::{EventFilter, EventStore};
use serde_json::json;

use crate::app::App;
use crate::error::CliError;
use crate::output::view;

/// The most events of one operation that are shown.
const LIMIT: u64 = 10_000;

/// Arguments of `orch op show`.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The operation's id, as an answer or an error of code 10 named it
    operation: String,
}

impl Show {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let id = OperationId::new(&self.operation)?;
        let filter = EventFilter { operation: Some(id.clone()), archived: true, ..EventFilter::default() };
        let events = app.store().await?.events(&filter, LIMIT).await?;
        if events.is_empty() {
            return Err(CliError::not_found(format!("operation {id} is not in the log: it changed nothing"))
                .details(json!({"operation": id, "committed": false})));
        }
        app.printer.answer(
            || {
                let events: Vec<_> = events.iter().map(view::event).collect();
                view::answer(json!({"operation": id, "committed": true, "events": events}), app.id())
            },
            || {
                let lines: String =
                    events.iter().map(|event| format!("  {} {}\n", event.entity_code, event.event_type)).collect();
                format!("committed; it wrote:\n{lines}")
            },
        );
        Ok(())
    }
}
