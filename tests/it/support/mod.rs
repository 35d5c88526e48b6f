//! A place of its own for each test: folder, home, environment, clock, store. Of orch's commands it knows only `init`.

mod engine;
mod mcp;
mod mount;
mod program;
mod run;
mod trial;

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;

use serde_json::Value;
use tempfile::TempDir;

pub(crate) use engine::{Engine, Postgres, Sqlite};
pub(crate) use mcp::Client;
pub(crate) use mount::Mount;
pub(crate) use program::{client, orch, orch_folder};
pub(crate) use run::Run;
pub(crate) use trial::{Trials, say};

/// The instant at which the clock of every sandbox stands.
pub(crate) const NOW: &str = "2025-01-13T14:30:22Z";

/// A scratch folder with a project folder and a home, in which programs see nothing of the machine but `PATH`, and a
/// place for a store. There is none where the store's server is not installed; a test has nothing to do then.
pub(crate) struct Sandbox<E> {
    // held for its destructor, which removes the folder
    _folder: TempDir,
    base: PathBuf,
    engine: E,
}

impl<E: Engine> Sandbox<E> {
    /// A folder that is no git repository and no project.
    pub(crate) fn bare() -> Option<Self> {
        let engine = E::new()?;
        let folder = TempDir::new().unwrap();
        // macOS hands out its temporary folder through a link; answers name the real one
        let base = folder.path().canonicalize().unwrap();
        for name in ["home", "project"] {
            fs::create_dir(base.join(name)).unwrap();
        }
        Some(Self { _folder: folder, base, engine })
    }

    /// A git repository with one commit, and no project.
    pub(crate) fn repository() -> Option<Self> {
        let sandbox = Self::bare()?;
        sandbox.git(&["init", "--quiet", "--initial-branch=main"]);
        sandbox.git(&["config", "user.name", "orch tests"]);
        sandbox.git(&["config", "user.email", "tests@example.invalid"]);
        sandbox.write("README.md", "A project.\n");
        sandbox.git(&["add", "README.md"]);
        sandbox.git(&["commit", "--quiet", "-m", "Begin"]);
        Some(sandbox)
    }

    /// A git repository in which `orch init` has run.
    pub(crate) fn project() -> Option<Self> {
        let sandbox = Self::repository()?;
        sandbox.init().success();
        Some(sandbox)
    }

    /// A project with task TSK-001 in an active session of `tester`.
    pub(crate) fn started() -> Option<Self> {
        let sandbox = Self::project()?;
        sandbox.orch(&["task", "create", "x"]).success();
        sandbox.orch(&["session", "start", "TSK-001"]).success();
        Some(sandbox)
    }

    /// How many events the log has.
    pub(crate) fn events(&self) -> String {
        self.sql("SELECT count(*) FROM orchestration_events")
    }

    /// Runs `orch init --json` for a store of this kind.
    pub(crate) fn init(&self) -> Run {
        self.finish(&mut self.init_command())
    }

    /// A command that runs `orch init --json` for a store of this kind.
    pub(crate) fn init_command(&self) -> Command {
        let mut command = self.orch_command(&["init", "--json"]);
        command.args(self.engine.init_arguments());
        command
    }

    /// Keeps everything as it is now, for [`Self::go_back`]. No process may use the store.
    pub(crate) fn keep(&self) {
        self.engine.keep();
        let kept = self.base.join("kept");
        fs::create_dir(&kept).unwrap();
        self.copy(&self.base, &kept);
    }

    /// Makes everything what it was when it was kept: home, project and store.
    pub(crate) fn go_back(&self) {
        self.engine.go_back();
        for name in ["home", "project"] {
            fs::remove_dir_all(self.base.join(name)).unwrap();
        }
        self.copy(&self.base.join("kept"), &self.base);
    }

    fn copy(&self, from: &Path, to: &Path) {
        let mut copy = Command::new("cp");
        self.finish(copy.arg("-a").args([from.join("home"), from.join("project")]).arg(to)).success();
    }

    /// The project's folder.
    pub(crate) fn root(&self) -> PathBuf {
        self.base.join("project")
    }

    /// The home of the sandbox.
    pub(crate) fn home(&self) -> PathBuf {
        self.base.join("home")
    }

    /// A command that runs in the project's folder with the environment of the sandbox.
    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        let home = self.home();
        let mut command = Command::new(program.as_ref());
        command
            .current_dir(self.root())
            .env_clear()
            .env("PATH", program::search_path())
            .env("HOME", &home)
            .env("XDG_CONFIG_HOME", home.join(".config"))
            .env("XDG_CACHE_HOME", home.join(".cache"))
            .env("XDG_DATA_HOME", home.join(".local/share"))
            .env("XDG_STATE_HOME", home.join(".local/state"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_DATE", NOW)
            .env("GIT_COMMITTER_DATE", NOW)
            .env("LC_ALL", "C")
            .env("ORCH_NOW", NOW)
            .env("ORCH_ACTOR", "tester")
            .stdin(Stdio::null());
        command
    }

    /// A command that runs orch, for a test that changes something about it first.
    pub(crate) fn orch_command(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(program::orch());
        command.args(arguments);
        command
    }

    /// Runs orch.
    pub(crate) fn orch(&self, arguments: &[&str]) -> Run {
        self.finish(&mut self.orch_command(arguments))
    }

    /// Runs orch as somebody else than `tester`.
    pub(crate) fn orch_as(&self, actor: &str, arguments: &[&str]) -> Run {
        self.finish(self.orch_command(arguments).env("ORCH_ACTOR", actor))
    }

    /// Runs orch with one variable more.
    pub(crate) fn orch_with(&self, variable: (&str, &str), arguments: &[&str]) -> Run {
        self.finish(self.orch_command(arguments).env(variable.0, variable.1))
    }

    /// Starts orch and does not wait for it.
    pub(crate) fn spawn(&self, arguments: &[&str]) -> Child {
        self.orch_command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Waits for what [`Self::spawn`] started.
    pub(crate) fn wait(&self, child: Child) -> Run {
        Run::new(&child.wait_with_output().unwrap(), &self.base)
    }

    /// What a program left that somebody else waited for.
    pub(crate) fn run(&self, output: &Output) -> Run {
        Run::new(output, &self.base)
    }

    /// Runs a command to its end.
    pub(crate) fn finish(&self, command: &mut Command) -> Run {
        Run::new(&command.output().unwrap(), &self.base)
    }

    /// Runs `orch COMMAND --json`, which must succeed, and hands back the document.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let mut arguments = arguments.to_vec();
        arguments.push("--json");
        self.orch(&arguments).success().json()
    }

    /// Runs git, which must succeed, and hands back what it printed.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let run = self.finish(self.command("git").args(arguments));
        run.success().stdout.clone()
    }

    /// What git sees in the work tree: one line a file. The settings are left out, as `init` writes the address of a
    /// server into them.
    pub(crate) fn changes(&self) -> String {
        self.git(&["status", "--porcelain", "-uall", "--", ".", ":!.orch/config.yaml"])
    }

    /// Writes a file, seen from the project's folder, and the folders above it.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Adds to the project's settings, after what `init` wrote there.
    pub(crate) fn configure(&self, text: &str) {
        let path = self.root().join(".orch/config.yaml");
        let mut file = fs::File::options().create(true).append(true).open(path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    /// The store's own program, which reads SQL from standard input: one line a row, `|` between columns.
    pub(crate) fn client(&self) -> Command {
        let mut command = self.engine.client(&self.root());
        command.env("HOME", self.home()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs SQL that may fail behind orch's back.
    pub(crate) fn try_sql(&self, sql: &str) -> Run {
        let mut client = self.client().spawn().unwrap();
        client.stdin.take().unwrap().write_all(sql.as_bytes()).unwrap();
        self.wait(client)
    }

    /// Asks the store in SQL, which must succeed: one line a row, `|` between columns.
    pub(crate) fn sql(&self, sql: &str) -> String {
        self.try_sql(sql).success().stdout.trim_end().to_owned()
    }

    /// Takes the lock that every writer waits for.
    pub(crate) fn hold(&self) -> Lock {
        let mut child = self.client().spawn().unwrap();
        let hold = format!("{} SELECT 'held';\n", E::HOLD);
        child.stdin.as_mut().unwrap().write_all(hold.as_bytes()).unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "held\n");
        Lock(child)
    }

    /// Starts the MCP server, for a client of this name, as the actor `tester`.
    pub(crate) fn mcp(&self, name: &str) -> Client {
        Client::begin(&mut self.orch_command(&["mcp"]), name)
    }

    /// Waits until each of these processes waits for the one that holds the store.
    pub(crate) fn wait_until_held(&self, processes: &[Child]) {
        self.engine.wait_until_held(&self.root(), processes);
    }
}

impl Sandbox<Sqlite> {
    /// The file of the store.
    pub(crate) fn store(&self) -> PathBuf {
        Sqlite::file(&self.root())
    }
}

/// A lock on the store, held by another program than orch.
pub(crate) struct Lock(Child);

impl Lock {
    /// Lets it go.
    pub(crate) fn release(mut self) {
        drop(self.0.stdin.take());
        self.0.wait().unwrap();
    }
}

/// Runs the same thing in `count` threads at once.
pub(crate) fn at_once<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let threads: Vec<_> = (0..count)
            .map(|at| {
                scope.spawn({
                    let work = &work;
                    move || work(at)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}
