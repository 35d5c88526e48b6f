//! `orch db`: the store itself.

mod backup;
mod check;
mod export;
mod import;
mod migrate;
mod restore;

use std::path::Path;

use clap::Subcommand;

use crate::app::App;
use crate::database::Database;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::file::folder;

/// The verbs of `orch db`.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Look for damage: the file, its references, and each state against its events
    Check(check::Check),
    /// Bring the store to this program's schema; every command does so by itself
    ///
    /// Opening a store upgrades its schema by itself. Recorded bugs get the keys that the rules find now, the project's own rules
    /// included; those that turn out to be one are merged.
    Migrate(migrate::Migrate),
    /// Make a copy of the store while others write
    Backup(backup::Backup),
    /// Write everything that the store holds, to be moved to another database
    Export(export::Export),
    /// Fill a new project with what an export holds
    Import(import::Import),
    /// Put a backup in the place of the store, whose files are kept
    Restore(restore::Restore),
}

impl Verb {
    /// Runs the verb.
    pub(crate) async fn run(self, app: &App) -> Result<Exit, CliError> {
        match self {
            Self::Check(args) => return args.run(app).await,
            Self::Migrate(args) => return args.run(app).await,
            Self::Backup(args) => args.run(app).await?,
            Self::Export(args) => args.run(app).await?,
            Self::Import(args) => args.run(app).await?,
            Self::Restore(args) => args.run(app).await?,
        }
        Ok(Exit::Done)
    }
}

/// Refuses to write over the store, or the files that belong to it.
fn refuse_the_store(app: &App, path: &Path) -> Result<(), CliError> {
    let Database::File(options) = app.database(app.project()?)? else { return Ok(()) };
    let real = |path: &Path| Some(folder(path).canonicalize().ok()?.join(path.file_name()?));
    let stem = options.path.file_stem().unwrap_or_default().to_string_lossy();
    let archive = options.path.with_file_name(format!("{stem}-archive.db"));
    let own = [&options.path, &archive].into_iter().flat_map(|file| {
        ["", "-wal", "-shm"].map(|ending| {
            let mut name = real(file)?.into_os_string();
            name.push(ending);
            Some(std::path::PathBuf::from(name))
        })
    });
    let own: Vec<_> = own.flatten().collect();
    match real(path) {
        Some(path) if own.contains(&path) => {
            Err(CliError::refused(format!("{} belongs to the store itself", path.display())).hint("give another name"))
        }
        _ => Ok(()),
    }
}
