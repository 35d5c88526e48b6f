//! PostgreSQL: a fresh database for each test that wants one, on a server that all tests of a run share, or a server of
//! a test's own. It knows nothing of orch's tables.

mod cluster;
mod server;
mod shared;

use std::path::PathBuf;
use std::process::{Command, Output};

use crate::machine::{self, random_word};
pub(crate) use cluster::USER;
use cluster::{Address, Programs};
pub use server::Server;

/// A database on a real server. It is dropped with this value, whoever is still connected to it.
#[derive(Debug)]
pub struct Database {
    address: Address,
    name: String,
    url: String,
    /// Whether this value made it; then it also takes it away.
    is_own: bool,
}

/// Makes an empty database on the server that all tests share, and starts that server if nobody has yet. `None` where
/// PostgreSQL is not installed.
#[must_use]
pub fn database() -> Option<Database> {
    let address = shared::address()?;
    let name = format!("test_{}", random_word());
    Database::of_server(&address).sql(&format!("CREATE DATABASE {name} TEMPLATE template0"));
    Some(Database::new(address, name, true))
}

impl Database {
    fn new(address: Address, name: String, is_own: bool) -> Self {
        let url = address.url(&name);
        Self { address, name, url, is_own }
    }

    /// The database that each server begins with.
    fn of_server(address: &Address) -> Self {
        Self::new(address.clone(), "postgres".to_owned(), false)
    }

    /// The address, with user and password: `postgres://user:password@127.0.0.1:port/name`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The name of the database.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The port of the server on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port
    }

    /// The password as it is, not as it stands in an address: a test can look for places where it leaked.
    #[must_use]
    pub fn password(&self) -> &str {
        &self.address.password
    }

    /// The address of a database of this server by way of another port.
    pub(crate) fn url_through(&self, port: u16, name: &str) -> String {
        Address { port, ..self.address.clone() }.url(name)
    }

    /// Keeps a copy of the database as it is now, for [`Self::go_back`]. Nobody may be connected.
    pub fn keep(&self) {
        let name = &self.name;
        let server = Self::of_server(&self.address);
        server.sql(&format!("DROP DATABASE IF EXISTS {name}_kept"));
        server.sql(&format!("CREATE DATABASE {name}_kept TEMPLATE {name}"));
    }

    /// Makes the database what it was when it was kept. Whoever is still connected is thrown out.
    pub fn go_back(&self) {
        let name = &self.name;
        let server = Self::of_server(&self.address);
        server.sql(&format!("DROP DATABASE {name} WITH (FORCE)"));
        server.sql(&format!("CREATE DATABASE {name} TEMPLATE {name}_kept"));
    }

    /// A psql without headers and with UTC as its zone, one line a row and `|` between columns. It gets `-c` or
    /// standard input from the caller, and stops at the first error.
    #[must_use]
    pub fn psql(&self) -> Command {
        psql(&self.url)
    }

    /// Runs SQL that must succeed, and hands back the rows as [`Self::psql`] prints them, without the last line break.
    #[expect(clippy::must_use_candidate, reason = "often called for what it does")]
    pub fn sql(&self, query: &str) -> String {
        machine::run(self.psql().args(["-c", query]))
    }

    /// Runs SQL that may fail.
    #[must_use]
    pub fn try_sql(&self, query: &str) -> Output {
        self.psql().args(["-c", query]).output().expect("psql runs")
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if self.is_own {
            for name in [self.name.clone(), format!("{}_kept", self.name)] {
                let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                // the folder of the server goes anyway; a test that failed is not to fail twice
                let _ = Self::of_server(&self.address).psql().args(["-c", &drop]).output();
            }
        }
    }
}

/// Makes a folder for a server beside PostgreSQL; it goes with the rest of the run, at the latest.
pub(crate) fn scratch_folder(name: &str) -> Option<PathBuf> {
    let shared = shared::shared()?;
    let folder = shared.base.join(name);
    shared.account.make_folder(&folder).expect("the folder of the run is ours");
    Some(folder)
}

/// See [`Database::psql`].
pub(crate) fn psql(url: &str) -> Command {
    let programs = Programs::find().expect("whoever has an address has found the programs");
    let mut command = machine::command(&programs.psql);
    command.env("PGTZ", "UTC").env("PGCONNECT_TIMEOUT", "30");
    command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url]);
    command
}
