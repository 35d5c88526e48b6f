//! `orch init`.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use clap::Args;
use orch_store::Created;
use serde_json::json;

use crate::app::App;
use crate::database::NewDatabase;
use crate::error::CliError;
use crate::output::printer::visible_line;
use crate::output::view;
use crate::project::Project;

/// What git is not to see: everything but what people write by hand.
const GITIGNORE: &str = "*\n!workflow.yaml\n!config.yaml\n!templates/\n!templates/**\n";

/// Arguments of `orch init`.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Keep the project in a PostgreSQL database, for a team: postgres://USER:PASSWORD@HOST:PORT/DATABASE
    ///
    /// What the address does not say is taken from PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE, PGSSLMODE and PGPASSFILE.
    /// The address is written to .orch/config.yaml, without the password; the password to a file beside it that only you can
    /// read and git does not see.
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
}

impl Init {
    /// Makes what is not there yet; what is there stays as it is.
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let project = Project::place(&app.start)?;
        let folder = project.orch_dir();
        let named = self.database_url.as_deref().map(|url| NewDatabase::new(url, app, &folder)).transpose()?;
        let database = match &named {
            Some(named) => named.database.clone(),
            None => app.database(&project)?,
        };
        make_folder(&folder)?;
        write_new(&folder.join(".gitignore"), GITIGNORE)?;
        let created = database.create().await?;
        if created == Created::Existing {
            // an existing store is opened once, so that one that is damaged or foreign is not called ready
            database.open(&app.clock, 1).await?.leave_open().await;
        }
        if let Some(named) = &named {
            named.remember(&folder)?;
        }
        let new = created == Created::New;
        let store = database.to_string();
        app.printer.answer(
            || {
                let mut place = json!({ "store": store });
                view::put_path(&mut place, "root", &project.root);
                view::put_path(&mut place, "folder", &folder);
                view::answer(json!({"project": place, "created": new}), app.id())
            },
            || {
                let what = if new { "Made" } else { "There is already" };
                let (root, store) = (visible_line(&project.root.to_string_lossy()), visible_line(&store));
                format!("{what} a project at {root}\nStore: {store}\nNext: orch task create \"Your first task\"\n")
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
