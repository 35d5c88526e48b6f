//! `orch workflow`: workflow templates.

mod check;
mod init;
mod list;
mod schema;
mod show;

use std::path::{Path, PathBuf};

use clap::Subcommand;
use orch_core::draft::Template;
use orch_core::workflow::{BUILTIN, Workflow, builtin};
use orch_core::yaml;

use crate::app::App;
use crate::error::CliError;
use crate::input;

/// The name of the built-in template that is used where nothing else is said.
const DEFAULT: &str = "default";

/// The verbs of `orch workflow`.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Write a built-in template to .orch/workflow.yaml, to be edited
    Init(init::Init),
    /// Show the template that the next session will start with
    Show(show::Show),
    /// Check a template and tell every fault
    Check(check::Check),
    /// List the built-in templates
    List(list::List),
    /// Print the JSON schema of templates, for editors
    Schema(schema::Schema),
}

impl Verb {
    /// Runs the verb.
    pub(crate) fn run(self, app: &App) -> Result<(), CliError> {
        match self {
            Self::Init(args) => args.run(app),
            Self::Show(args) => args.run(app),
            Self::Check(args) => args.run(app),
            Self::List(args) => args.run(app),
            Self::Schema(args) => args.run(app),
        }
    }
}

/// Where the text of a template comes from.
enum Source {
    File(PathBuf),
    BuiltIn(&'static str),
}

/// The template that the settings ask for, else the project's file, else the built-in one.
fn source(app: &App) -> Result<Source, CliError> {
    let own = app.find_project().map(|project| project.orch_dir().join("workflow.yaml"));
    match app.settings().template() {
        Some(name) => named(app, name),
        None => Ok(own.filter(|path| path.symlink_metadata().is_ok()).map_or(Source::BuiltIn(DEFAULT), Source::File)),
    }
}

/// A template by the name of a built-in one, or by its file.
fn named(app: &App, name: &str) -> Result<Source, CliError> {
    if let Some(known) = builtin(name) {
        return Ok(Source::BuiltIn(known.name));
    }
    let root = app.find_project().map_or(&app.start, |project| &project.root);
    let path = root.join(name);
    if path.symlink_metadata().is_ok() {
        return Ok(Source::File(path));
    }
    let names: Vec<&str> = BUILTIN.iter().map(|known| known.name).collect();
    Err(CliError::not_found(format!("there is no template {name}, neither built in nor at {}", path.display()))
        .hint(format!("built in are: {}", names.join(", "))))
}

/// The template that a new session starts with, read and as it will be pinned.
pub(crate) fn project_template(app: &App) -> Result<(Workflow, Template), CliError> {
    read(app, &source(app)?)
}

fn read(app: &App, source: &Source) -> Result<(Workflow, Template), CliError> {
    let (name, shown, bytes) = match source {
        Source::BuiltIn(name) => {
            let yaml = builtin(name).map(|known| known.yaml).unwrap_or_default();
            ((*name).to_owned(), (*name).to_owned(), yaml.as_bytes().to_vec())
        }
        Source::File(path) => {
            let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            (stem, app.shown(path), bytes_of(path)?)
        }
    };
    let workflow = Workflow::parse(&bytes, &name).map_err(|faults| CliError::faults(&shown, &faults))?;
    let template = Template::new(&workflow.name, &String::from_utf8_lossy(&bytes));
    Ok((workflow, template))
}

/// A template, or as much of it as tells that it is too long.
fn bytes_of(path: &Path) -> Result<Vec<u8>, CliError> {
    input::plain(path, yaml::MAX_BYTES as u64)?
        .ok_or_else(|| CliError::not_found(format!("there is no template at {}", path.display())))
}
