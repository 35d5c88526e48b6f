//! Which store a project has: a file, or a database on a server whose password is kept apart from its address.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use orch_core::clock::Clock;
use orch_store::{Created, Existing, PostgresOptions, SqlStore, SqliteOptions};
use url::Url;

use crate::app::App;
use crate::config::{self, Settings};
use crate::error::CliError;
use crate::exit::Exit;
use crate::input;
use crate::output::file::NewFile;

/// The file in the folder `.orch` with the whole address, password and all. Only its owner reads it, and git does not see it.
const SECRET: &str = "database-url";
/// The most bytes of an address that are read.
const MAX_SECRET: u64 = 64 * 1024;

/// The store of a project.
#[derive(Debug, Clone)]
pub(crate) enum Database {
    /// A SQLite file.
    File(SqliteOptions),
    /// A PostgreSQL database.
    Server(PostgresOptions),
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(options) => write!(f, "{}", options.path.display()),
            Self::Server(options) => f.write_str(&without_password(&options.url)),
        }
    }
}

impl Database {
    /// The store that the settings name.
    pub(crate) fn of(settings: &Settings, orch_dir: &Path) -> Result<Self, CliError> {
        let Some(url) = settings.database_url() else {
            let path = settings.store_path(orch_dir);
            return Ok(Self::File(SqliteOptions { path, busy_timeout: settings.busy_timeout() }));
        };
        let secret = if settings.is_database_of(orch_dir) { read_secret(&orch_dir.join(SECRET))? } else { None };
        let url = match secret {
            // the project's file may have been changed since
            Some(secret) if without_password(&secret) == without_password(url) => secret,
            _ => url.to_owned(),
        };
        Ok(Self::server(url, settings))
    }

    fn server(url: String, settings: &Settings) -> Self {
        Self::Server(PostgresOptions {
            url,
            busy_timeout: settings.busy_timeout(),
            retry_for: settings.retry_for(),
            max_connections: 1,
            // the clock of this process was made of it before
            clock: crate::time::frozen().ok().flatten(),
        })
    }

    /// Makes the store where there is none.
    pub(crate) async fn create(&self) -> Result<Created, CliError> {
        Ok(match self {
            Self::File(options) => SqlStore::create(options).await?,
            Self::Server(options) => SqlStore::create_on(options).await?,
        })
    }

    /// Opens the store for so many calls at once. A server has a clock of its own.
    pub(crate) async fn open(&self, clock: &Arc<dyn Clock>, connections: u32) -> Result<SqlStore, CliError> {
        Ok(match self {
            Self::File(options) => SqlStore::open_for(options, Arc::clone(clock), connections).await?,
            Self::Server(options) => {
                SqlStore::connect(&PostgresOptions { max_connections: connections, ..options.clone() }).await?
            }
        })
    }

    /// Opens the store for an import, also where one was not finished.
    pub(crate) async fn open_unfinished(&self, clock: &Arc<dyn Clock>) -> Result<SqlStore, CliError> {
        Ok(match self {
            Self::File(options) => SqlStore::open_unfinished(options, Arc::clone(clock)).await?,
            Self::Server(options) => SqlStore::connect_unfinished(options).await?,
        })
    }
}

/// A database that `orch init` was told of.
pub(crate) struct NewDatabase {
    /// How it is reached.
    pub(crate) database: Database,
    /// The whole address, where it holds a password.
    secret: Option<String>,
    /// What the project's settings will say, if they do not say it already.
    settings_text: Option<String>,
}

impl NewDatabase {
    /// Looks at the address, and at what the project has already. Writes nothing.
    pub(crate) fn new(url: &str, app: &App, orch_dir: &Path) -> Result<Self, CliError> {
        let parsed = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "postgres" | "postgresql"));
        if parsed.is_none() {
            return Err(CliError::usage("--database-url is no address of a PostgreSQL database")
                .hint("an address has the form postgres://USER:PASSWORD@HOST:PORT/DATABASE"));
        }
        let settings = app.settings();
        let address = without_password(url);
        match settings.database_url() {
            Some(known) if without_password(known) != address => {
                return Err(CliError::new(
                    Exit::Conflict,
                    format!("the project has its store at {}", without_password(known)),
                )
                .hint(
                    "move it with: orch db export FILE, then orch db import FILE in a project of the other database",
                ));
            }
            None if settings.store_path(orch_dir).symlink_metadata().is_ok() => {
                return Err(CliError::new(Exit::Conflict, "the project has its store in a file already")
                    .hint("move it with: orch db export FILE, then orch db import FILE in a project of the database"));
            }
            _ => {}
        }
        let settings_text = config::with_database(&orch_dir.join(config::FILE), &address)?;
        let secret = (url != address).then(|| url.to_owned());
        Ok(Self { database: Database::server(url.to_owned(), settings), secret, settings_text })
    }

    /// Writes the address to the project's settings, and the password, if there is one, where only its owner reads it.
    pub(crate) fn remember(&self, orch_dir: &Path) -> Result<(), CliError> {
        for (name, text) in [(SECRET, &self.secret), (config::FILE, &self.settings_text)] {
            let Some(text) = text else { continue };
            let path = orch_dir.join(name);
            let mut file = NewFile::begin(&path)?;
            file.writer().write_all(text.as_bytes()).map_err(|error| CliError::io("write", &path, &error))?;
            file.finish(Existing::Replaced)?;
        }
        Ok(())
    }
}

fn read_secret(path: &Path) -> Result<Option<String>, CliError> {
    let text = input::plain(path, MAX_SECRET)?.map(String::from_utf8).transpose();
    let text = text.map_err(|_| CliError::usage(format!("{} is not UTF-8", path.display())))?;
    Ok(text.map(|text| text.trim().to_owned()))
}

/// An address as it may be printed and shared.
pub(crate) fn without_password(url: &str) -> String {
    let Ok(mut parsed) = Url::parse(url) else { return "an address that cannot be read".to_owned() };
    // an address without a host has no password either
    let _ = parsed.set_password(None);
    let open: Vec<(String, String)> = parsed
        .query_pairs()
        .filter(|(key, _)| key != "password")
        .map(|(key, value)| (key.into(), value.into()))
        .collect();
    if parsed.query_pairs().count() != open.len() {
        parsed.set_query(None);
        if !open.is_empty() {
            parsed.query_pairs_mut().extend_pairs(open);
        }
    }
    parsed.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_left_out() {
        for (url, shown) in [
            ("postgres://me:secret@db.example/orch", "postgres://me@db.example/orch"),
            (
                "postgres://me@db.example:5433/orch?sslmode=require",
                "postgres://me@db.example:5433/orch?sslmode=require",
            ),
            ("postgres://h/d?user=me&password=secret&x=1", "postgres://h/d?user=me&x=1"),
            ("postgres:///orch?password=secret", "postgres:///orch"),
            ("secret", "an address that cannot be read"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }
}
