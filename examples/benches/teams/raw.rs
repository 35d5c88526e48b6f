//! The side of the raw driver: clients that send the statements of orch with values that are at hand.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use chrono::{DateTime, SecondsFormat, Utc};
use orch_core::operation::OperationId;
use orch_examples::operation;
use serde_json::Value as Json;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgPoolOptions};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions as _, PgPool, Postgres, Sqlite, SqlitePool};

use crate::measure::{Client, Work};
use crate::sql::Statements;
use crate::team::{Member, Place, Seen, Team};

const PATIENCE: Duration = Duration::from_secs(30);

/// The driver of one database.
pub(crate) enum Driver {
    Postgres(PgPool),
    Sqlite(SqlitePool),
}

impl Driver {
    /// With as many connections as orch has, and with its settings.
    pub(crate) async fn open(place: &Place, clients: usize) -> anyhow::Result<Self> {
        Ok(match place {
            Place::Server(url) => {
                let options: PgConnectOptions = url.parse()?;
                let pool = PgPoolOptions::new().max_connections(u32::try_from(clients)?).acquire_timeout(PATIENCE);
                Self::Postgres(pool.connect_with(options.disable_statement_logging()).await?)
            }
            Place::File(folder) => {
                let options = SqliteConnectOptions::new()
                    .filename(Place::path(folder))
                    .busy_timeout(PATIENCE)
                    .foreign_keys(true)
                    .synchronous(SqliteSynchronous::Full)
                    .pragma("trusted_schema", "OFF")
                    .pragma("cell_size_check", "ON")
                    .pragma("wal_autocheckpoint", "512")
                    .disable_statement_logging();
                let pool = SqlitePoolOptions::new().max_connections(1).acquire_timeout(PATIENCE);
                Self::Sqlite(pool.test_before_acquire(false).connect_with(options).await?)
            }
        })
    }

    pub(crate) async fn close(self) {
        match self {
            Self::Postgres(pool) => pool.close().await,
            Self::Sqlite(pool) => pool.close().await,
        }
    }

    /// So many clients, each with a task of its own that orch made and moved once, to have the values.
    pub(crate) async fn clients(&self, work: Work, team: &Team, count: usize) -> anyhow::Result<Vec<Runner>> {
        let mut clients = Vec::new();
        for mut member in team.clients(work, count).await? {
            clients.push(self.client(work, &mut member).await?);
        }
        Ok(clients)
    }

    async fn client(&self, work: Work, member: &mut Member) -> anyhow::Result<Runner> {
        let mut version = member.look(0).await?.task.version;
        let mut steps = Vec::new();
        for _ in 0..(if work == Work::Transitions { 2 } else { 1 }) {
            member.act().await?;
            let seen = member.look(version).await?;
            version = seen.task.version;
            steps.push(Step::of(&seen)?);
        }
        let code = member.task.as_str().to_owned();
        let (line, statements, id) = match self {
            Self::Postgres(pool) => {
                let id = sqlx::query_scalar("SELECT id FROM orchestration_tasks WHERE task_code = $1").bind(&code);
                let id = id.fetch_one(pool).await?;
                (Line::Postgres(pool.acquire().await?), Statements::postgres(work), id)
            }
            Self::Sqlite(pool) => {
                let id = sqlx::query_scalar("SELECT id FROM orchestration_tasks WHERE task_code = ?").bind(&code);
                (Line::Sqlite(pool.clone()), Statements::sqlite(work), id.fetch_one(pool).await?)
            }
        };
        Ok(Runner { line, script: Script { statements, work, id, code, version, steps, next: 0 } })
    }
}

/// How a client's statements get to the database. To a server each has a connection; the one to a file is everybody's.
enum Line {
    Postgres(PoolConnection<Postgres>),
    Sqlite(SqlitePool),
}

/// The values of one change.
struct Step {
    title: String,
    priority: String,
    status: String,
    holder: String,
    lease_seconds: i64,
    key: String,
    phase: String,
    template: String,
    metadata: Json,
    state: Json,
    now: DateTime<Utc>,
    events: Vec<(String, Json)>,
}

impl Step {
    fn of(seen: &Seen) -> anyhow::Result<Self> {
        let (task, session) = (&seen.task, seen.task.session.as_ref().context("a session")?);
        let lease = task.lease.as_ref().context("a lease")?;
        Ok(Self {
            title: task.title.clone(),
            priority: task.priority.to_string(),
            status: task.status.to_string(),
            holder: lease.holder.to_string(),
            lease_seconds: lease.seconds.into(),
            key: session.key.to_string(),
            phase: session.current_phase.to_string(),
            template: session.template.sha256.clone(),
            metadata: Json::Object(task.full_metadata()),
            state: serde_json::to_value(session)?,
            now: task.updated_at,
            events: seen.events.iter().map(|event| (event.event_type.to_string(), event.payload.clone())).collect(),
        })
    }
}

/// A value that is bound.
#[derive(Clone, Copy)]
enum Value<'a> {
    Text(&'a str),
    Number(i64),
    Small(i32),
    Flag(bool),
    Time(DateTime<Utc>),
    NoTime,
    Json(&'a Json),
}

fn to_postgres<'a>(sql: &'a str, values: &[Value<'a>]) -> Query<'a, Postgres, PgArguments> {
    values.iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, value| match *value {
        Value::Text(text) => query.bind(text),
        Value::Number(number) => query.bind(number),
        Value::Small(number) => query.bind(number),
        Value::Flag(flag) => query.bind(flag),
        Value::Time(time) => query.bind(time),
        Value::NoTime => query.bind(None::<DateTime<Utc>>),
        Value::Json(json) => query.bind(sqlx::types::Json(json)),
    })
}

fn to_sqlite<'a>(sql: &'a str, values: &[Value<'a>]) -> Query<'a, Sqlite, SqliteArguments> {
    values.iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, value| match *value {
        Value::Text(text) => query.bind(text),
        Value::Number(number) => query.bind(number),
        Value::Small(number) => query.bind(number),
        Value::Flag(flag) => query.bind(flag),
        Value::Time(time) => query.bind(time.to_rfc3339_opts(SecondsFormat::Micros, true)),
        Value::NoTime => query.bind(None::<String>),
        Value::Json(json) => query.bind(sqlx::types::Json(json)),
    })
}

/// A client of the driver.
pub(crate) struct Runner {
    line: Line,
    script: Script,
}

/// What a client sends.
struct Script {
    statements: Statements,
    work: Work,
    id: i64,
    code: String,
    version: i64,
    steps: Vec<Step>,
    next: usize,
}

impl Script {
    fn step(&self) -> &Step {
        &self.steps[self.next]
    }

    fn writes(&self) -> &[String] {
        &self.statements.writes[self.next]
    }

    /// Only a phase that is completed is looked at first.
    fn looks_first(&self) -> bool {
        self.work == Work::Transitions && self.next == 0
    }

    fn after(&self) -> i64 {
        self.version + i64::try_from(self.step().events.len()).unwrap_or_default()
    }

    fn task(&self) -> Vec<Value<'_>> {
        let step = self.step();
        vec![
            Value::Text(&self.code),
            Value::Text(&step.title),
            Value::Text(""),
            Value::Text("feature"),
            Value::Text(&step.status),
            Value::Text(&step.priority),
            Value::Json(&step.metadata),
            Value::Number(self.after()),
            Value::Text(&step.holder),
            Value::Number(step.lease_seconds),
            Value::Time(step.now),
            Value::Time(step.now),
            Value::Time(step.now),
            Value::Number(self.id),
            Value::Number(self.version),
        ]
    }

    fn session(&self) -> Vec<Value<'_>> {
        let step = self.step();
        vec![
            Value::Text(&step.key),
            Value::Number(self.id),
            Value::Flag(true),
            Value::Text(&step.phase),
            Value::Text(&step.template),
            Value::Json(&step.state),
            Value::Time(step.now),
            Value::NoTime,
            Value::Text(&step.key),
        ]
    }

    fn events<'a>(&'a self, operation: &'a OperationId) -> Vec<Value<'a>> {
        let step = self.step();
        let row = |(seq, (event, payload)): (i64, &'a (String, Json))| {
            [
                Value::Text(event),
                Value::Text("task"),
                Value::Text(&self.code),
                Value::Number(seq),
                Value::Text(&step.key),
                Value::Text(operation.as_str()),
                Value::Text(&step.holder),
                Value::Json(payload),
                Value::Time(step.now),
            ]
        };
        (self.version + 1..).zip(&step.events).flat_map(row).collect()
    }
}

impl Client for Runner {
    async fn act(&mut self) -> anyhow::Result<()> {
        let Self { line, script } = self;
        let operation = operation("bench")?.id;
        let (statements, code) = (&script.statements, Value::Text(&script.code));
        match line {
            Line::Postgres(connection) => {
                if script.looks_first() {
                    to_postgres(&statements.task, &[code]).fetch_all(&mut **connection).await?;
                }
                let values = [Value::Flag(true), code];
                to_postgres(&statements.changing, &values).fetch_all(&mut **connection).await?;
                let mut values = script.task();
                if script.work == Work::Transitions {
                    values.extend(script.session());
                }
                values.extend(script.events(&operation));
                values.extend([Value::Small(1), Value::Number(0)]);
                to_postgres(&script.writes()[0], &values).fetch_all(&mut **connection).await?;
            }
            Line::Sqlite(pool) => {
                if script.looks_first() {
                    to_sqlite(&statements.task, &[code]).fetch_all(&*pool).await?;
                }
                let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
                let values = [Value::Time(script.step().now), Value::Flag(true), code];
                to_sqlite(&statements.changing, &values).fetch_all(&mut *transaction).await?;
                let [task, session @ .., events] = script.writes() else { bail!("a change without events") };
                let done = to_sqlite(task, &script.task()).execute(&mut *transaction).await?;
                ensure!(done.rows_affected() == 1, "the version is another one");
                for session in session {
                    to_sqlite(session, &script.session()).execute(&mut *transaction).await?;
                }
                to_sqlite(events, &script.events(&operation)).fetch_all(&mut *transaction).await?;
                transaction.commit().await?;
            }
        }
        script.version = script.after();
        script.next = (script.next + 1) % script.steps.len();
        Ok(())
    }
}
