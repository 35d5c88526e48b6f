//! `orch db backup`.

use std::path::{Path, PathBuf};

use clap::Args;
use orch_store::Existing;
use serde_json::json;

use super::export::export;
use super::refuse_the_store;
use crate::app::App;
use crate::database::Database;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::file::{NewFile, make_folder};
use crate::output::printer::visible;
use crate::output::progress::Progress;
use crate::output::view;

/// The folder in `.orch` for backups that were given no name.
const FOLDER: &str = "backups";

/// Arguments of `orch db backup`.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The file to write; by default one in .orch/backups, named after the time
    ///
    /// The backup is of one moment; whoever writes to the store goes on. Of a store in a file it is another such file, with the
    /// archive, if there is one, beside it (NAME-archive.db). Of a store on a server it is an export. Either is restored by:
    /// orch db restore FILE
    file: Option<PathBuf>,
    /// Replace a file that is there already
    #[arg(long)]
    force: bool,
}

impl Backup {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let store = app.store().await?;
        let project = app.project()?;
        let existing = if self.force { Existing::Replaced } else { Existing::Stays };
        let database = app.database(project)?;
        let ending = if matches!(database, Database::File(_)) { "db" } else { "jsonl" };
        let path = match self.file {
            Some(path) => path,
            None => named_after_the_time(app, &project.orch_dir(), ending)?,
        };
        refuse_the_store(app, &path)?;
        if existing == Existing::Stays && path.symlink_metadata().is_ok() {
            return Err(taken(&path));
        }
        let mut archive = None;
        if matches!(database, Database::File(_)) {
            let progress = Progress::of("copying the store");
            archive = store.copy_to(&path, existing).await.map_err(|error| match error {
                orch_core::store::StoreError::Conflict { what } => taken(Path::new(&what)),
                error => error.into(),
            })?;
            drop(progress);
        } else {
            let mut file = NewFile::begin(&path)?;
            export(app, file.writer()).await?;
            file.finish(existing)?;
        }
        let form = if ending == "db" { "sqlite" } else { "export" };
        app.printer.answer(
            || {
                let mut backup = json!({"form": form, "archive": null});
                view::put_path(&mut backup, "file", &path);
                if let Some(archive) = &archive {
                    view::put_path(&mut backup, "archive", archive);
                }
                view::answer(json!({"backup": backup}), app.id())
            },
            || {
                visible(&format!("Backed up to {0}\nTo restore it: orch db restore {0}\n", app.shown(&path)))
                    .into_owned()
            },
        );
        Ok(())
    }
}

fn taken(path: &Path) -> CliError {
    CliError::new(Exit::Conflict, format!("{} is there already", path.display()))
        .hint("give another name, or replace it with: --force")
}

fn named_after_the_time(app: &App, orch_dir: &Path, ending: &str) -> Result<PathBuf, CliError> {
    let folder = orch_dir.join(FOLDER);
    make_folder(&folder, 0o700)?;
    Ok(folder.join(format!("orch-{}.{ending}", app.clock.now().format("%Y%m%dT%H%M%SZ"))))
}
