//! `orch db migrate`.

use clap::Args;
use orch_store::SqlStore;
use serde_json::json;

use crate::app::App;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::view;

/// Arguments of `orch db migrate`.
#[derive(Debug, Args)]
pub(crate) struct Migrate {}

impl Migrate {
    pub(crate) async fn run(self, app: &App) -> Result<Exit, CliError> {
        let Self {} = self;
        // opening a store upgrades it
        app.store().await?;
        let version = SqlStore::schema_version();
        app.printer.answer(
            || view::answer(json!({"schema_version": version}), app.id()),
            || format!("The store has schema {version}\n"),
        );
        Ok(Exit::Done)
    }
}
