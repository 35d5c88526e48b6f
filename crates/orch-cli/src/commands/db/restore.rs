//! `orch db restore`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use orch_core::store::StoreError;
use orch_store::SqlStore;
use serde_json::json;

use super::{import, refuse_the_store};
use crate::app::App;
use crate::database::Database;
use crate::error::CliError;
use crate::output::progress::Progress;
use crate::output::view;

/// Arguments of `orch db restore`.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// A file that `orch db backup` made
    ///
    /// Of a store in a file: the backup is looked over first, and one of an older version is upgraded; an archive beside it
    /// (NAME-archive.db) is restored with it. Then the files of the old store, damaged or not, are moved to a folder beside them,
    /// .orch/orch.db.replaced-TIME, where they stay until you remove it, and the backup takes their place. Where there is no
    /// store any more it is the same. If it is interrupted, the same command finishes it. Other commands of orch must have ended;
    /// other programs that have the file open, such as sqlite3, are not noticed, so end them first.
    ///
    /// Of a store on a server it is what `orch db import` does: the database must be one that `orch init` just made.
    file: PathBuf,
}

impl Restore {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let Database::File(options) = app.database(app.project()?)? else {
            return import::Import::of(self.file).run(app).await;
        };
        refuse_the_store(app, &self.file)?;
        let progress = Progress::of("looking the backup over");
        let restored = SqlStore::restore(&options, &self.file, Arc::clone(&app.clock)).await;
        drop(progress);
        let restored = restored.map_err(|error| self.told(app, error))?;
        let store = &options.path;
        let (replaced, archive) = (&restored.replaced, &restored.archive);
        app.printer.answer(
            || {
                let done = json!({"file": self.file, "store": store, "archive": archive, "replaced": replaced});
                view::answer(json!({"restored": done}), app.id())
            },
            || {
                let kept =
                    replaced.as_ref().map(|folder| format!("The files that were there are in {}\n", app.shown(folder)));
                format!(
                    "Restored {} from {}\n{}Next: orch status\n",
                    app.shown(store),
                    app.shown(&self.file),
                    kept.unwrap_or_default()
                )
            },
        );
        Ok(())
    }

    /// An error about the backup, not about the store.
    fn told(&self, app: &App, error: StoreError) -> CliError {
        let is_of_backup = match &error {
            StoreError::NoStore { .. } => {
                return CliError::not_found(format!("there is no file {}", app.shown(&self.file)))
                    .hint("give a file that orch db backup made, such as one in .orch/backups");
            }
            StoreError::Damaged { place, .. } | StoreError::Newer { place, .. } | StoreError::Unfinished { place } => {
                *place == self.file.display().to_string()
            }
            _ => false,
        };
        let told = CliError::from(error);
        if is_of_backup {
            told.hint("the store was not touched; give another backup (an export is read by: orch db import)")
        } else {
            told
        }
    }
}
