//! `orch event reindex`.

use clap::Args;
use serde_json::json;

use crate::app::App;
use crate::error::CliError;
use crate::output::progress::Progress;
use crate::output::view;

/// Arguments of `orch event reindex`.
///
/// The index is kept with each event, so this is needed only where somebody damaged it. Others may go on writing and searching
/// meanwhile.
#[derive(Debug, Args)]
pub(crate) struct Reindex {}

impl Reindex {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let Self {} = self;
        let progress = Progress::of("events");
        let events = app.store().await?.reindex(|done| progress.at(done, None)).await?;
        drop(progress);
        app.printer
            .answer(|| view::answer(json!({"events": events}), app.id()), || format!("Indexed {events} events\n"));
        Ok(())
    }
}
