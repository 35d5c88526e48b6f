//! `orch init`.

use std::path::Path;

use clap::Args;
use orch_core::store::StoreError;
use orch_store::{Created, Existing};
use serde_json::{Value, json};

use crate::agents::{self, Client, Effect, Plan};
use crate::app::App;
use crate::database::{Database, NewDatabase};
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::file::{NewFile, make_folder};
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
    /// Tell coding agents how to work with orch: in AGENTS.md, and in CLAUDE.md and GEMINI.md where they are
    ///
    /// The section stands between two marks and is brought up to date by the same command; everything else in the files stays.
    /// See also: orch agents check
    #[arg(long)]
    agents: bool,
    /// Enter the server `orch mcp` into the settings that a client of MCP has in the project, unless it is there; without a client
    /// into .mcp.json
    #[arg(long, value_name = "CLIENT", value_enum, value_delimiter = ',', num_args = 0..=1, default_missing_value = "claude")]
    mcp: Vec<Client>,
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
        let plans = agents::plan(&project.sources(&app.start), self.agents, &self.mcp)?;
        refuse_remains(app, &database, &folder)?;
        make_folder(&folder, 0o700)?;
        write_ignored(&folder.join(".gitignore"))?;
        let created = database.create().await?;
        if created == Created::Existing {
            // an existing store is opened once, so that one that is damaged or foreign is not called ready
            database.open(&app.clock, 1).await?.leave_open().await;
        }
        if let Some(named) = &named {
            named.remember(&folder)?;
        }
        let new = created == Created::New;
        let files = carry_out(app, &plans, new || named.is_some())?;
        let store = database.to_string();
        app.printer.answer(
            || {
                let mut place = json!({ "store": store });
                view::put_path(&mut place, "root", &project.root);
                view::put_path(&mut place, "folder", &folder);
                let files: Vec<Value> = files.iter().map(file_view).collect();
                view::answer(json!({"project": place, "created": new, "files": files}), app.id())
            },
            || {
                let what = if new { "Made" } else { "There is already" };
                let (root, store) = (visible_line(&project.root.to_string_lossy()), visible_line(&store));
                let files: String = files.iter().map(file_line).collect();
                format!(
                    "{what} a project at {root}\nStore: {store}\n{files}Next: orch task create \"Your first task\"\n"
                )
            },
        );
        Ok(())
    }
}

/// Changes the files that agents read. Where the project or one of them was changed before, it is not known what a failure left.
fn carry_out(app: &App, plans: &[Plan], is_changed: bool) -> Result<Vec<(String, Effect)>, CliError> {
    let mut done: Vec<(String, Effect)> = Vec::new();
    for plan in plans {
        let effect = plan.carry_out().map_err(|mut error| {
            if is_changed || done.iter().any(|(_, effect)| *effect != Effect::Kept) {
                error.exit = Exit::Unknown;
                return error
                    .hint("mend what the message names, then repeat the command: what was done stays as it is");
            }
            error
        })?;
        done.push((app.shown(&plan.whole_path()), effect));
    }
    Ok(done)
}

fn file_view((path, effect): &(String, Effect)) -> Value {
    json!({"path": path, "effect": effect.word()})
}

fn file_line((path, effect): &(String, Effect)) -> String {
    let what = match effect {
        Effect::Made => "made",
        Effect::Changed => "brought up to date",
        Effect::Kept => "as it should be",
    };
    format!("{}: {what}\n", visible_line(path))
}

/// What git is not to see is written once; who changed it since meant it.
fn write_ignored(path: &Path) -> Result<(), CliError> {
    if path.symlink_metadata().is_ok() {
        return Ok(());
    }
    let mut file = NewFile::begin(path)?;
    file.writer().write_all(GITIGNORE.as_bytes()).map_err(|error| CliError::io("write", path, &error))?;
    match file.finish(Existing::Stays) {
        // somebody else was first
        Err(error) if error.exit != Exit::Conflict => Err(error),
        _ => Ok(()),
    }
}

/// Artifacts without a store are those of a store that is gone.
fn refuse_remains(app: &App, database: &Database, folder: &Path) -> Result<(), CliError> {
    let Database::File(options) = database else { return Ok(()) };
    let tasks = folder.join("tasks");
    let is_used = std::fs::read_dir(&tasks).is_ok_and(|mut tasks| tasks.next().is_some());
    if !is_used || options.path.symlink_metadata().is_ok() {
        return Ok(());
    }
    let (store, tasks) = (app.shown(&options.path), app.shown(&tasks));
    Err(StoreError::Damaged { place: store, reason: format!("the file is missing, but {tasks} is there") }.into())
}
