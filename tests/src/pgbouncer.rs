//! `PgBouncer` in front of a database, as many installations have it. It starts no database of its own.

use std::fs;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Stdio};

use crate::machine::{self, Account, free_port, random_word};
use crate::postgres::{self, Database};

/// How many connections to the server all clients share.
pub const POOL_SIZE: u32 = 4;

/// How often a port may be taken by somebody else before it is our own fault.
const ATTEMPTS: usize = 5;

/// A `PgBouncer` in transaction mode: a connection to the server belongs to a client for one transaction only, so that
/// nothing of a session (settings, prepared statements, locks) lasts longer. It is ended with this value.
///
/// It takes the parameters that it can keep track of, as it does by default, and refuses clients that send others.
#[derive(Debug)]
pub struct Bouncer {
    folder: PathBuf,
    process: Child,
    url: String,
    console: String,
}

impl Bouncer {
    /// Starts one in front of a database. `None` where it is not installed.
    #[must_use]
    pub fn start(database: &Database) -> Option<Self> {
        // Debian keeps it where only root looks
        let Some(program) = machine::find("pgbouncer", &[PathBuf::from("/usr/sbin")]) else {
            machine::left_out("PgBouncer", "pgbouncer");
            return None;
        };
        let account = Account::of_servers();
        let folder = postgres::scratch_folder(&format!("bouncer.{}", random_word()))?;
        let password = database.password().replace('"', "\"\"");
        let users = format!("\"{}\" \"{password}\"\n", postgres::USER);
        for attempt in 1.. {
            let port = free_port();
            for (name, text) in [("users", users.clone()), ("pgbouncer.ini", settings(database.port(), port))] {
                let path = folder.join(name);
                fs::write(&path, text).expect("a file in the folder");
                account.own(&path).expect("a file for the server");
            }
            let mut command = account.command(&program, &folder);
            // the log is in the folder; what it says on standard error is the same
            command.arg("pgbouncer.ini").stdout(Stdio::null()).stderr(Stdio::null());
            let mut process = command.spawn().expect("PgBouncer is a program");
            let ready = machine::wait_for("PgBouncer to start", || match process.try_wait() {
                Ok(None) => TcpStream::connect(("127.0.0.1", port)).is_ok().then_some(true),
                _ => Some(false),
            });
            if ready {
                let [url, console] = [database.name(), "pgbouncer"].map(|name| database.url_through(port, name));
                return Some(Self { folder, process, url, console });
            }
            let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
            assert!(attempt < ATTEMPTS, "PgBouncer does not start:\n{log}");
        }
        None
    }

    /// The address of the database by way of the pool.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Asks `PgBouncer` itself, for example `SHOW POOLS`: one line a row, `|` between columns.
    #[must_use]
    pub fn console(&self, command: &str) -> String {
        machine::run(postgres::psql(&self.console).args(["-c", command]))
    }
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn settings(server: u16, port: u16) -> String {
    let user = postgres::USER;
    format!(
        "[databases]
* = host=127.0.0.1 port={server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = users
admin_users = {user}
pool_mode = transaction
default_pool_size = {POOL_SIZE}
max_client_conn = 200
logfile = log
"
    )
}
