//! `orch event export`.

use clap::Args;
use orch_core::store::EventStore;

use super::{line, select::Select};
use crate::app::App;
use crate::error::CliError;
use crate::output::view;

/// How many events are read at a time.
const BATCH: u64 = 1_000;

/// Arguments of `orch event export`.
#[derive(Debug, Args)]
pub(crate) struct Export {
    #[command(flatten)]
    select: Select,
}

impl Export {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let mut filter = self.select.filter(app);
        filter.after = filter.after.or(Some(0));
        let printer = crate::output::printer::Printer::writing(true);
        loop {
            let events = app.store().await?.events(&filter, BATCH).await?;
            let Some(last) = events.last() else { return Ok(()) };
            filter.after = Some(last.id);
            // events from before secrets were cut out may hold some, and an export leaves the store
            let mut events = events.into_iter().map(|event| {
                let payload = app.redactor.json(event.payload);
                orch_core::event::Event { payload, ..event }
            });
            if !events.all(|event| printer.line(|| view::event(&event), || line(&event))) {
                return Ok(());
            }
        }
    }
}
