//! `orch init`.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use clap::Args;
use orch_store::{Created, SqlStore};
use serde_json::json;

use crate::app::App;
use crate::error::CliError;
use crate::output::view;
use crate::project::Project;

/// What git is not to see: everything but what people write by hand.
const GITIGNORE: &str = "*\n!workflow.yaml\n!config.yaml\n!templates/\n!templates/**\n";

/// Arguments of `orch init`.
#[derive(Debug, Args)]
pub(crate) struct Init {}

impl Init {
    /// Makes what is not there yet; what is there stays as it is.
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let Self {} = self;
        let project = Project::place(&app.start)?;
        let folder = project.orch_dir();
        make_folder(&folder)?;
        write_new(&folder.join(".gitignore"), GITIGNORE)?;
        let options = app.store_options(&project);
        let created = SqlStore::create(&options, Arc::clone(&app.clock)).await?;
        if created == Created::Existing {
            // an existing store is opened once, so that one that is damaged or foreign is not called ready
            SqlStore::open(&options, Arc::clone(&app.clock)).await?.leave_open().await;
        }
        let new = created == Created::New;
        app.printer.answer(
            || {
                let place = json!({"root": project.root, "folder": folder, "store": options.path});
                view::answer(json!({"project": place, "created": new}), app.id())
            },
            || {
                let what = if new { "Made" } else { "There is already" };
                let store = options.path.display();
                format!(
                    "{what} a project at {}\nStore: {store}\nNext: orch task create \"Your first task\"\n",
                    project.root.display()
                )
            },
        );
        Ok(())
    }
}

fn make_folder(folder: &Path) -> Result<(), CliError> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(CliError::io("create", folder, &error)),
        _ => Ok(()),
    }
}

fn write_new(path: &Path, text: &str) -> Result<(), CliError> {
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(mut file) => file
            .write_all(text.as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(|error| CliError::io("write", path, &error)),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(CliError::io("create", path, &error)),
    }
}
