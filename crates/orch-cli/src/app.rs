//! One run of the program: parses, resolves settings, opens what a command needs, and ends with an exit code.

use std::cell::OnceCell;
use std::ffi::OsString;
use std::io::{IsTerminal as _, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::error::ContextValue;
use clap::{CommandFactory, FromArgMatches};
use orch_core::bug::Fingerprinter;
use orch_core::clock::Clock;
use orch_core::code::{Actor, IdempotencyKey, TaskCode};
use orch_core::operation::{Operation, OperationId};
use orch_core::redact::Redactor;
use orch_core::service::{BugService, RecordService, SessionService};
use orch_core::store::{SessionFilter, SessionStore, Window};
use orch_search::cache::{CacheSettings, Cached, RedisLevel, RedisSettings};
use orch_search::{ContextSearch, Ranking};
use orch_store::SqlStore;
use orch_store::folder::TaskFolders;

use crate::args::{Cli, Condition, Global, expand_hyphenated};
use crate::config::{self, Settings};
use crate::database::Database;
use crate::error::CliError;
use crate::exit::Exit;
use crate::git::{CommitSettings, LazyGit};
use crate::opened::OpenStore;
use crate::output::printer::{Printer, visible_line};
use crate::output::text::short;
use crate::project::Project;

/// So many characters of an argument are repeated in an error.
const MOST_TYPED: usize = 200;

/// Runs the program on these arguments and says how it ended.
pub(crate) fn main(arguments: Vec<OsString>) -> Exit {
    let arguments = expand_hyphenated(arguments);
    let json = arguments.iter().skip(1).take_while(|word| *word != "--").any(|word| word == "--json");
    let parsed = Cli::command().try_get_matches_from(arguments).and_then(|found| Cli::from_arg_matches(&found));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) if json && error.use_stderr() => {
            Printer::writing(json).error(CliError::arguments(&harmless(error)).hint("run: orch help"));
            return Exit::Usage;
        }
        Err(error) => {
            // help and version go to standard output, wrong usage, which repeats what was typed, to standard error
            if error.use_stderr() {
                Printer::writing(json).usage(&harmless(error).render().ansi().to_string());
                return Exit::Usage;
            }
            // nobody may be listening
            let _ = error.print();
            return Exit::Done;
        }
    };
    start_tracing();
    let printer = Printer::new(cli.global.json, cli.global.color);
    match run(cli, &printer) {
        Ok(exit) => exit,
        Err(error) => {
            let exit = error.exit;
            printer.error(error);
            exit
        }
    }
}

/// The same error with what was typed made visible and not longer than somebody reads; the colours are the parser's.
fn harmless(mut error: clap::Error) -> clap::Error {
    let text = |typed: &String| short(&visible_line(typed), MOST_TYPED);
    let shown = |value: &ContextValue| match value {
        ContextValue::String(typed) => Some(ContextValue::String(text(typed))),
        ContextValue::Strings(typed) => Some(ContextValue::Strings(typed.iter().map(text).collect())),
        _ => None,
    };
    let typed: Vec<_> = error.context().filter_map(|(kind, value)| Some((kind, shown(value)?))).collect();
    for (kind, value) in typed {
        error.insert(kind, value);
    }
    error
}

fn start_tracing() {
    if config::environment("ORCH_LOG").is_ok_and(|filter| filter.is_some()) {
        let filter = tracing_subscriber::EnvFilter::from_env("ORCH_LOG");
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(crate::output::log::Log::default).init();
    }
}

/// Tries whether the process may open as many files as a runtime does for itself, which would panic where it may not.
fn enough_descriptors() -> std::io::Result<()> {
    #[cfg(unix)]
    let _pairs = (0..4).map(|_| std::os::unix::net::UnixStream::pair()).collect::<Result<Vec<_>, _>>()?;
    Ok(())
}

fn run(cli: Cli, printer: &Printer) -> Result<Exit, CliError> {
    let failed = |error: std::io::Error| CliError::new(Exit::Unavailable, format!("could not start: {error}"));
    enough_descriptors().map_err(failed)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let app = App::new(&cli.global, printer.clone(), Arc::new(OpenStore::new(1)), None)?;
    let redactor = app.redactor.clone();
    let result = runtime.block_on(async {
        let result = crate::commands::run(&app, cli.command).await;
        app.leave_open().await;
        result
    });
    // a runtime waits for its threads when it is dropped; nothing is left to wait for
    runtime.shutdown_background();
    // the printer knows no patterns of a project's own
    result.map_err(|error| error.without_secrets(&redactor))
}

/// The search of the command line.
pub(crate) type StoreSearch<'a> = Cached<ContextSearch<'a, SqlStore>, &'a SqlStore>;

/// What a command may use.
pub(crate) struct App {
    /// Where the command looks, absolute.
    pub(crate) start: PathBuf,
    /// Who writes to the streams.
    pub(crate) printer: Printer,
    /// The clock of this process.
    pub(crate) clock: Arc<dyn Clock>,
    actor: Actor,
    is_actor_named: bool,
    key: Option<IdempotencyKey>,
    no_input: bool,
    id: OperationId,
    project: Option<Project>,
    settings: Settings,
    /// What cuts secrets out of all that is stored and told.
    pub(crate) redactor: Redactor,
    open: Arc<OpenStore>,
    store: OnceCell<Arc<SqlStore>>,
    input: Option<Vec<u8>>,
}

impl App {
    /// What one command may use. `open` lives as long as the process; `input` stands for standard input where that belongs
    /// to somebody else.
    pub(crate) fn new(
        global: &Global,
        printer: Printer,
        open: Arc<OpenStore>,
        input: Option<Vec<u8>>,
    ) -> Result<Self, CliError> {
        let start = global.directory.clone().unwrap_or_else(|| PathBuf::from("."));
        let start = start.canonicalize().map_err(|error| CliError::io("enter", &start, &error))?;
        let project = Project::find(&start)?;
        let settings = Settings::load(project.as_ref().map(Project::orch_dir).as_deref())?;
        let actor = match &global.actor {
            Some(actor) => actor.clone(),
            None => config::default_actor()?,
        };
        let id = new_id();
        let (clock, key) = (crate::time::clock()?, global.idempotency_key.clone());
        let no_input = global.no_input;
        let redactor = settings.redactor();
        let store = OnceCell::new();
        let is_actor_named = global.actor.is_some();
        Ok(Self {
            start,
            printer,
            clock,
            actor,
            is_actor_named,
            key,
            no_input,
            id,
            project,
            settings,
            redactor,
            open,
            store,
            input,
        })
    }

    /// What stands on standard input.
    pub(crate) fn input(&self) -> Box<dyn Read + '_> {
        match &self.input {
            Some(input) => Box::new(input.as_slice()),
            None => Box::new(std::io::stdin().lock()),
        }
    }

    /// This invocation.
    pub(crate) fn operation(&self) -> Operation {
        let (id, actor, key) = (self.id.clone(), self.actor.clone(), self.key.clone());
        Operation { id, actor, key, if_version: None, redactor: self.redactor.clone() }
    }

    /// This invocation, if a condition holds.
    pub(crate) fn operation_if(&self, condition: Condition) -> Operation {
        Operation { if_version: condition.if_version, ..self.operation() }
    }

    /// Who acts, if the command line says so.
    pub(crate) fn named_actor(&self) -> Option<Actor> {
        self.is_actor_named.then(|| self.actor.clone())
    }

    /// The id of this invocation.
    pub(crate) fn id(&self) -> &OperationId {
        &self.id
    }

    /// All settings.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The project, if the command runs in one.
    pub(crate) fn find_project(&self) -> Option<&Project> {
        self.project.as_ref()
    }

    /// Whether somebody is there to be asked.
    pub(crate) fn may_ask(&self) -> bool {
        !self.no_input && !self.printer.json && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// The project.
    pub(crate) fn project(&self) -> Result<&Project, CliError> {
        self.project.as_ref().ok_or_else(|| {
            CliError::not_found(format!("no project of orch at {} or above", self.start.display()))
                .hint("make one with: orch init")
        })
    }

    /// Which store a project has.
    pub(crate) fn database(&self, project: &Project) -> Result<Database, CliError> {
        Database::of(&self.settings, &project.orch_dir())
    }

    /// The store, opened on first use.
    pub(crate) async fn store(&self) -> Result<&SqlStore, CliError> {
        if let Some(store) = self.store.get() {
            return Ok(store);
        }
        let project = self.project()?;
        let opened =
            self.open.get(&self.database(project)?, &self.clock).await.map_err(|error| match project.above() {
                Some(above) if error.exit == Exit::NotFound => error.hint(format!(
                    "a project above is at {}; if {} is there by mistake, remove it",
                    above.display(),
                    project.orch_dir().display()
                )),
                _ => error,
            })?;
        Ok(self.store.get_or_init(|| opened))
    }

    /// The store, opened for an import.
    pub(crate) async fn unfinished_store(&self) -> Result<&SqlStore, CliError> {
        let opened = self.database(self.project()?)?.open_unfinished(&self.clock).await?;
        Ok(self.store.get_or_init(|| Arc::new(opened)))
    }

    /// Ends the use of the store without closing it.
    async fn leave_open(mut self) {
        let store = self.store.take().or(self.open.take().await);
        if let Some(store) = store.and_then(Arc::into_inner) {
            store.leave_open().await;
        }
    }

    /// The search in a store, with its cache.
    pub(crate) fn search<'a>(&'a self, store: &'a SqlStore, no_cache: bool) -> Result<StoreSearch<'a>, CliError> {
        let project = self.project()?;
        let place = self.database(project)?.to_string();
        let half_life_days = self.settings.half_life_days();
        let ranking = Ranking { half_life_days, ..Ranking::default() };
        let settings = CacheSettings {
            ttl: self.settings.cache_ttl(),
            max_bytes: self.settings.cache_bytes(),
            ..CacheSettings::new(&place, format!("{ranking:?}"))
        };
        let search = ContextSearch::new(store, &*self.clock).with_ranking(ranking);
        let cached = Cached::new(search, store, settings);
        if no_cache || self.settings.cache_ttl().is_zero() {
            return Ok(cached.switched_off());
        }
        let Some((url, ttl)) = self.settings.redis() else { return Ok(cached) };
        let note = Some(project.orch_dir().join("redis-off"));
        let level = RedisLevel::new(&RedisSettings { ttl, note, ..RedisSettings::new(url, &place) })
            .map_err(|error| CliError::usage(format!("search.redis_url is {error}")))?;
        Ok(cached.with_second_level(Arc::new(level)))
    }

    /// The folders of the tasks' artifacts.
    pub(crate) fn folders(&self) -> Result<TaskFolders, CliError> {
        Ok(TaskFolders::new(self.project()?.orch_dir(), self.settings.max_artifact_bytes()))
    }

    /// The project's repository, opened when a hook asks for it.
    pub(crate) fn git(&self) -> LazyGit {
        LazyGit::new(self.project.as_ref().map_or_else(|| self.start.clone(), |project| project.sources(&self.start)))
    }

    /// How commits are made here, as the settings say it.
    pub(crate) fn commits(&self) -> Result<CommitSettings, CliError> {
        let folder = self.project()?.orch_dir();
        Ok(CommitSettings::new(&self.settings, &folder))
    }

    /// The folder that the sources of the project are in for whoever works here.
    pub(crate) fn work_tree(&self) -> Result<PathBuf, CliError> {
        Ok(self.project()?.sources(&self.start))
    }

    /// The task that a command is about: the one named, else the only one with an active session.
    pub(crate) async fn task(&self, named: Option<&str>) -> Result<TaskCode, CliError> {
        if let Some(named) = named {
            return Ok(TaskCode::new(named)?);
        }
        if let Some(code) = config::environment("ORCH_TASK")? {
            return Ok(TaskCode::new(code)?);
        }
        let filter = SessionFilter { active: Some(true), task: None };
        let active = self.store().await?.sessions(&filter, Window { limit: 5, offset: 0 }).await?;
        match active.items.as_slice() {
            [only] if active.total == 1 => Ok(only.task.clone()),
            [] => Err(CliError::usage("no task was named and no session is active")
                .hint("name a task, set ORCH_TASK, or run: orch session start TASK")),
            several => {
                let codes: Vec<&str> = several.iter().map(|entry| entry.task.as_str()).collect();
                Err(CliError::usage(format!(
                    "no task was named and {} sessions are active: {}",
                    active.total,
                    codes.join(", ")
                ))
                .hint("name a task, or set ORCH_TASK"))
            }
        }
    }

    /// The task that something may belong to: that of ORCH_TASK, else the only one with an active session, else none.
    pub(crate) async fn task_if_any(&self) -> Result<Option<TaskCode>, CliError> {
        if let Some(code) = config::environment("ORCH_TASK")? {
            return Ok(Some(TaskCode::new(code)?));
        }
        let filter = SessionFilter { active: Some(true), task: None };
        let mut active = self.store().await?.sessions(&filter, Window { limit: 2, offset: 0 }).await?.items;
        Ok(if active.len() == 1 { active.pop().map(|entry| entry.task) } else { None })
    }

    /// The service for sessions.
    pub(crate) fn sessions<'a>(
        store: &'a SqlStore,
        folder: &'a TaskFolders,
        vcs: &'a LazyGit,
    ) -> SessionService<'a, SqlStore> {
        SessionService { store, folder, vcs, auto_commit: None }
    }

    /// The service for bugs.
    pub(crate) fn bugs<'a>(
        store: &'a SqlStore,
        folder: &'a TaskFolders,
        vcs: &'a LazyGit,
        fingerprinter: &'a Fingerprinter,
    ) -> BugService<'a, SqlStore> {
        BugService { sessions: Self::sessions(store, folder, vcs), fingerprinter }
    }

    /// The service for records.
    pub(crate) fn records<'a>(store: &'a SqlStore, folder: &'a TaskFolders) -> RecordService<'a, SqlStore> {
        RecordService { store, folder }
    }

    /// A path as it is printed: seen from the current folder if it lies below it.
    pub(crate) fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.start).unwrap_or(path).display().to_string()
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where randomness comes in")]
pub(crate) fn new_id() -> OperationId {
    OperationId::from(ulid::Ulid::new())
}
