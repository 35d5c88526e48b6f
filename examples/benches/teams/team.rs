//! The side of orch: a store and clients that each have a task and a session of their own.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use orch_core::code::{EventType, PhaseName, TaskCode};
use orch_core::draft::Template;
use orch_core::event::{EntityType, Event};
use orch_core::import::{Entity, ImportedEvent};
use orch_core::machine::{Complete, Ground, Start};
use orch_core::service::{EventBatch, ImportService, Orders, RecordService, SessionService, TaskService};
use orch_core::store::{EventFilter, EventStore as _, TaskStore as _};
use orch_core::task::Task;
use orch_core::vcs::NoCommits;
use orch_core::workflow::{Workflow, builtin};
use orch_examples::{MachineClock, operation};
use orch_store::folder::TaskFolders;
use orch_store::{PostgresOptions, SqlStore, SqliteOptions};
use serde_json::{Value, json};
use sqlx::{Connection as _, Executor as _};
use tempfile::TempDir;

use crate::measure::{BATCH, Client, Work};

const PATIENCE: Duration = Duration::from_secs(30);

/// Where the tables are.
pub(crate) enum Place {
    /// The address of a database.
    Server(String),
    /// A folder with a file. The target folder is on a disk; a temporary one often is not.
    File(TempDir),
}

impl Place {
    pub(crate) fn file() -> anyhow::Result<Self> {
        Ok(Self::File(tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?))
    }

    pub(crate) fn path(folder: &TempDir) -> PathBuf {
        folder.path().join("orch.db")
    }

    fn sqlite(folder: &TempDir) -> SqliteOptions {
        SqliteOptions { path: Self::path(folder), busy_timeout: PATIENCE }
    }

    fn postgres(url: &str, clients: usize) -> anyhow::Result<PostgresOptions> {
        Ok(PostgresOptions {
            url: url.to_owned(),
            busy_timeout: PATIENCE,
            retry_for: PATIENCE,
            max_connections: u32::try_from(clients)?,
            clock: None,
        })
    }

    /// Another place of the same kind.
    pub(crate) async fn beside(&self) -> anyhow::Result<Self> {
        let Self::Server(url) = self else { return Self::file() };
        sqlx::postgres::PgConnection::connect(url).await?.execute("CREATE DATABASE beside").await?;
        let (server, _) = url.rsplit_once('/').context("an address with a database")?;
        Ok(Self::Server(format!("{server}/beside")))
    }

    /// Makes the tables.
    pub(crate) async fn create(&self) -> anyhow::Result<()> {
        match self {
            Self::Server(url) => SqlStore::create_on(&Self::postgres(url, 1)?).await?,
            Self::File(folder) => SqlStore::create(&Self::sqlite(folder)).await?,
        };
        Ok(())
    }
}

/// One store for all clients.
#[derive(Clone)]
pub(crate) struct Team {
    store: Arc<SqlStore>,
    folder: Arc<TaskFolders>,
}

impl Team {
    pub(crate) async fn open(place: &Place, clients: usize) -> anyhow::Result<Self> {
        let store = match place {
            Place::Server(url) => SqlStore::connect(&Place::postgres(url, clients)?).await?,
            Place::File(folder) => SqlStore::open(&Place::sqlite(folder), Arc::new(MachineClock)).await?,
        };
        // nobody writes a file, so no folder needs to be there
        let folder = TaskFolders::new(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("none"), 1 << 20);
        Ok(Self { store: Arc::new(store), folder: Arc::new(folder) })
    }

    /// So many clients, each with a new task in its first phase.
    pub(crate) async fn clients(&self, work: Work, count: usize) -> anyhow::Result<Vec<Member>> {
        let mut clients = Vec::new();
        for _ in 0..count {
            clients.push(Member::join(self.clone(), work).await?);
        }
        Ok(clients)
    }
}

/// What a client finds in the store.
pub(crate) struct Seen {
    pub(crate) task: Task,
    pub(crate) events: Vec<Event>,
}

/// A client of orch.
pub(crate) struct Member {
    team: Team,
    pub(crate) task: TaskCode,
    work: Work,
    is_ahead: bool,
    intake: PhaseName,
    event: EventType,
    payload: Value,
    batch: Vec<(u64, ImportedEvent)>,
}

impl Member {
    async fn join(team: Team, work: Work) -> anyhow::Result<Self> {
        let new = serde_json::from_value(json!({
            "code": null, "title": "Add a login form", "description": "", "task_type": "feature",
            "priority": "P2", "sprint": null, "metadata": {"tags": ["ui"]}, "after": [],
        }))?;
        let created = TaskService { store: &*team.store }.create(&operation("bench")?, &new).await?;
        let task = created.answer.task.code;
        let imported = ImportedEvent {
            entity: Entity::Task(task.clone()),
            event_type: EventType::new("intake.clarified")?,
            at: None,
            actor: None,
            session_key: None,
            payload: json!({"question": "which browsers", "answer": "all"}),
            sprint: None,
            external: None,
        };
        let member = Self {
            batch: (0..BATCH.into()).map(|line| (line, imported.clone())).collect(),
            task,
            work,
            is_ahead: false,
            intake: PhaseName::new("intake")?,
            event: EventType::new("intake.clarified")?,
            payload: json!({"question": "which browsers", "answer": "all"}),
            team,
        };
        let text = builtin("default").map(|builtin| builtin.yaml).unwrap_or_default();
        let workflow = Workflow::parse(text.as_bytes(), "default")?;
        let template = Template::new("default", text);
        let ground = Ground {
            workflow: &workflow,
            template: &template,
            settings: workflow.settings.clone(),
            lease_seconds: 86_400,
        };
        let begin = operation("bench")?;
        member.sessions().start(member.orders(&begin), &Start::default(), &ground).await?;
        Ok(member)
    }

    /// The client's task and its events after this number.
    pub(crate) async fn look(&self, after: i64) -> anyhow::Result<Seen> {
        let task = self.team.store.task(&self.task).await?.context("the task")?;
        let filter = EventFilter { entity: Some((EntityType::Task, self.task.to_string())), ..EventFilter::default() };
        let mut events = self.team.store.events(&filter, 10_000).await?;
        events.retain(|event| event.seq > after);
        Ok(Seen { task, events })
    }

    fn sessions(&self) -> SessionService<'_, SqlStore> {
        SessionService { store: &*self.team.store, folder: &*self.team.folder, vcs: &NoCommits, auto_commit: None }
    }

    fn orders<'a>(&'a self, operation: &'a orch_core::operation::Operation) -> Orders<'a> {
        Orders { operation, task: &self.task }
    }
}

impl Client for Member {
    async fn act(&mut self) -> anyhow::Result<()> {
        let step = operation("bench")?;
        match self.work {
            Work::Transitions if self.is_ahead => {
                self.sessions().back(self.orders(&step), &self.intake, "once more").await?;
                self.is_ahead = false;
            }
            Work::Transitions => {
                let asked = Complete { override_gate: true, ..Complete::default() };
                self.sessions().complete(self.orders(&step), &asked).await?;
                self.is_ahead = true;
            }
            Work::Events => {
                let records = RecordService { store: &*self.team.store, folder: &*self.team.folder };
                records.emit(&step, &self.task, &self.event, &self.payload).await?;
            }
            Work::Batches => {
                let batch = EventBatch { events: &self.batch, create_missing: false };
                ImportService { store: &*self.team.store }.batch(&step, batch).await?;
            }
        }
        Ok(())
    }
}
