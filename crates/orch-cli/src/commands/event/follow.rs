//! `orch event follow`.

use std::time::Duration;

use clap::Args;
use orch_core::store::EventStore;

use super::{line, select::Select};
use crate::app::App;
use crate::error::CliError;
use crate::output::view;

/// How many events are read at a time.
const BATCH: u64 = 1_000;

/// Arguments of `orch event follow`.
#[derive(Debug, Args)]
pub(crate) struct Follow {
    #[command(flatten)]
    select: Select,
    /// How often to look for new events, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 500, value_parser = clap::value_parser!(u64).range(10..=60_000))]
    interval: u64,
    /// Stop after this many events
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
}

impl Follow {
    /// Prints events, from the cursor on or those that are new, until it is stopped or nobody reads.
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let mut filter = self.select.filter(app);
        let store = app.store().await?;
        if filter.after.is_none() && filter.since.is_none() {
            filter.after = Some(store.settled_event_id().await?);
        }
        let mut left = self.limit.unwrap_or(u64::MAX);
        while left > 0 {
            let events = store.events(&filter, BATCH.min(left)).await?;
            for event in &events {
                filter.after = Some(event.id);
                if !app.printer.line(|| view::event(event), || line(event)) {
                    return Ok(());
                }
            }
            left -= events.len() as u64;
            if events.is_empty() {
                tokio::time::sleep(Duration::from_millis(self.interval)).await;
            }
        }
        Ok(())
    }
}
