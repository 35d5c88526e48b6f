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
        let (store, folder, git) = (app.store().await?, app.folders()?, app.git());
        let fingerprinter = app.settings().fingerprinter();
        let service = App::bugs(store, &folder, &git, &fingerprinter);
        let bugs = service.rekey(&app.operation().following(), true).await?;
        let version = SqlStore::schema_version();
        app.printer.answer(
            || {
                let bugs = json!({"looked_at": bugs.looked_at, "rekeyed": bugs.changed, "merged": bugs.merged});
                view::answer(json!({"schema_version": version, "bugs": bugs}), app.id())
            },
            || {
                format!(
                    "The store has schema {version}\n{} bugs looked at, {} with other keys, {} merged\n",
                    bugs.looked_at, bugs.changed, bugs.merged
                )
            },
        );
        Ok(Exit::Done)
    }
}
