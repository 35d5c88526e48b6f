//! What a batch writes: each kind of row in one statement, however many there are. Decides nothing.

use std::borrow::Cow;

use orch_core::event::Fact;
use orch_core::operation::Request;
use orch_core::sprint::Sprint;
use orch_core::store::{BatchChange, BatchEvent, StoreError};
use orch_core::task::Task;
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use serde::Serialize;
use serde_json::{Map, Value};

use super::Before;
use crate::connection::Connection;
use crate::store::SqlStore;
use crate::transfer::table::{Column, EVENTS, Kind, TABLES, insert, rows_of};
use crate::write::time_text;

/// A sprint that is new.
#[derive(Serialize)]
struct NewSprint<'a> {
    sprint_code: &'a str,
    title: &'a str,
    status: &'a str,
    metadata: &'a Map<String, Value>,
    version: i64,
    created_at: String,
    updated_at: String,
}

/// A task that is new.
#[derive(Serialize)]
struct NewTask<'a> {
    task_code: &'a str,
    sprint_code: Option<&'a str>,
    title: &'a str,
    description: &'a str,
    task_type: &'a str,
    status: &'a str,
    priority: &'a str,
    metadata: Map<String, Value>,
    version: i64,
    created_at: String,
    updated_at: String,
}

/// A task or sprint that was there before.
#[derive(Serialize)]
struct Changed {
    id: i64,
    before: i64,
    version: i64,
    lease_expires_at: Option<String>,
    updated_at: String,
}

#[derive(Serialize)]
struct EventRow<'a> {
    event_type: String,
    entity_type: &'a str,
    entity_id: &'a str,
    seq: i64,
    session_key: Option<&'a str>,
    correlation_id: &'a str,
    actor: &'a str,
    payload: Cow<'a, Value>,
    emitted_at: String,
}

const CHANGED: [Column; 5] = [
    Column { name: "id", kind: Kind::Number, optional: false },
    Column { name: "before", kind: Kind::Number, optional: false },
    Column { name: "version", kind: Kind::Number, optional: false },
    Column { name: "lease_expires_at", kind: Kind::Time, optional: true },
    Column { name: "updated_at", kind: Kind::Time, optional: false },
];

/// Writes the sprints, the tasks and the events of a batch.
pub(super) async fn write<A>(
    store: &SqlStore,
    db: &Connection,
    request: &Request,
    before: &Before,
    change: &BatchChange<A>,
) -> Result<(), StoreError> {
    let (mut new, mut changed) = (Vec::new(), Vec::new());
    for sprint in change.sprints.values() {
        match before.sprints.get(&sprint.code) {
            None => new.push(new_sprint(sprint)),
            Some((_, version)) if *version == sprint.version => {}
            Some((id, version)) => changed.push(changed_row(*id, *version, sprint.version, sprint.updated_at)),
        }
    }
    let run = Run { store, db, backend: db.get_database_backend() };
    run.insert("orchestration_sprints", &["id"], &new).await?;
    run.update("orchestration_sprints", "", &changed).await?;
    let (mut new, mut changed) = (Vec::new(), Vec::new());
    for task in change.tasks.values() {
        match before.tasks.get(&task.code) {
            None => new.push(new_task(task)),
            Some((_, version)) if *version == task.version => {}
            Some((id, version)) => changed.push(Changed {
                lease_expires_at: task.lease.as_ref().map(|lease| time_text(lease.expires_at)),
                ..changed_row(*id, *version, task.version, task.updated_at)
            }),
        }
    }
    run.insert_tasks(&new).await?;
    run.update("orchestration_tasks", "lease_expires_at", &changed).await?;
    let events: Vec<EventRow<'_>> = change.events.iter().map(|event| event_row(request, event)).collect();
    run.insert(EVENTS, &["id", "archived_at"], &events).await
}

fn new_sprint(sprint: &Sprint) -> NewSprint<'_> {
    NewSprint {
        sprint_code: sprint.code.as_str(),
        title: &sprint.title,
        status: sprint.status.as_str(),
        metadata: &sprint.metadata,
        version: sprint.version,
        created_at: time_text(sprint.created_at),
        updated_at: time_text(sprint.updated_at),
    }
}

fn new_task(task: &Task) -> NewTask<'_> {
    NewTask {
        task_code: task.code.as_str(),
        sprint_code: task.sprint.as_ref().map(AsRef::as_ref),
        title: &task.title,
        description: &task.description,
        task_type: task.task_type.as_str(),
        status: task.status.as_str(),
        priority: task.priority.as_str(),
        metadata: task.full_metadata(),
        version: task.version,
        created_at: time_text(task.created_at),
        updated_at: time_text(task.updated_at),
    }
}

fn changed_row(id: i64, before: i64, version: i64, updated_at: chrono::DateTime<chrono::Utc>) -> Changed {
    Changed { id, before, version, lease_expires_at: None, updated_at: time_text(updated_at) }
}

fn event_row<'a>(request: &'a Request, event: &'a BatchEvent) -> EventRow<'a> {
    EventRow {
        event_type: event.fact.event_type().into(),
        entity_type: event.entity.entity_type().as_str(),
        entity_id: event.entity.code(),
        seq: event.seq,
        session_key: event.session_key.as_ref().map(AsRef::as_ref),
        correlation_id: request.operation.id.as_str(),
        actor: event.actor.as_str(),
        payload: match &event.fact {
            Fact::Custom(custom) => Cow::Borrowed(&custom.payload),
            fact => Cow::Owned(fact.payload()),
        },
        emitted_at: time_text(event.at),
    }
}

/// Where rows are written.
#[derive(Clone, Copy)]
struct Run<'a> {
    store: &'a SqlStore,
    db: &'a Connection,
    backend: DbBackend,
}

impl Run<'_> {
    /// Inserts rows with all columns of a table but these, which the database fills in.
    async fn insert(self, table: &'static str, without: &[&str], rows: &[impl Serialize]) -> Result<(), StoreError> {
        let columns = columns(table, without);
        self.execute(table, insert(self.backend, table, &columns), rows).await
    }

    /// Inserts tasks, each with the row of its sprint.
    async fn insert_tasks(self, rows: &[NewTask<'_>]) -> Result<(), StoreError> {
        let table = "orchestration_tasks";
        let own = columns(table, &["id", "sprint_id", "lease_holder", "lease_seconds", "lease_expires_at"]);
        let sprint = Column { name: "sprint_code", kind: Kind::Text, optional: true };
        let names: Vec<&str> = own.iter().map(|column| column.name).collect();
        let picked: Vec<String> = own.iter().map(|column| column.picked(self.backend)).collect();
        let mut given = own.clone();
        given.push(sprint);
        let sql = format!(
            "INSERT INTO {table} ({}, sprint_id) \
             SELECT {}, (SELECT id FROM orchestration_sprints WHERE sprint_code = {}) FROM {}",
            names.join(", "),
            picked.join(", "),
            sprint.picked(self.backend),
            rows_of(self.backend, &given),
        );
        self.execute(table, sql, rows).await
    }

    /// Counts the events of what was there before, where nobody else did since it was read.
    async fn update(self, table: &'static str, lease: &str, rows: &[Changed]) -> Result<(), StoreError> {
        let [id, before, version, expires, updated] = CHANGED.map(|column| column.picked(self.backend));
        let lease = if lease.is_empty() { String::new() } else { format!(", {lease} = {expires}") };
        let sql = format!(
            "UPDATE {table} SET version = {version}, updated_at = {updated}{lease} FROM {} \
             WHERE {table}.id = {id} AND {table}.version = {before}",
            rows_of(self.backend, &CHANGED),
        );
        self.execute(table, sql, rows).await
    }

    async fn execute(self, table: &str, sql: String, rows: &[impl Serialize]) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let list = serde_json::to_string(rows)
            .map_err(|error| StoreError::Failed { doing: "writing a batch", source: error.into() })?;
        let statement = Statement::from_sql_and_values(self.backend, sql, [list.into()]);
        let done = self.db.execute_raw(statement).await.map_err(self.store.place().error("writing a batch"))?;
        // somebody else was first where a row was not written
        if done.rows_affected() == rows.len() as u64 {
            Ok(())
        } else {
            Err(StoreError::Conflict { what: format!("a row of {table}") })
        }
    }
}

/// The columns of a table but these.
fn columns(table: &str, without: &[&str]) -> Vec<Column> {
    let all = TABLES.iter().filter(|other| other.name == table).flat_map(|table| table.columns);
    all.copied().filter(|column| !without.contains(&column.name)).collect()
}
