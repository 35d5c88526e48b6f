//! What a batch writes: each kind of row in one statement, however many there are. Decides nothing.

use std::borrow::Cow;
use std::collections::BTreeMap;

use orch_core::code::{ProjectCode, TaskCode};
use orch_core::event::Fact;
use orch_core::import::{Entity, External};
use orch_core::operation::Request;
use orch_core::sprint::Sprint;
use orch_core::store::{BatchChange, BatchEvent, StoreError};
use orch_core::task::Task;
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use serde::Serialize;
use serde_json::{Map, Value};

use super::Before;
use crate::connection::Connection;
use crate::index::{self, Belongs, Indexed};
use crate::store::SqlStore;
use crate::task::save::belongs;
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
    external: Option<&'a External>,
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
    run.count_projects(&change.projects).await?;
    let events: Vec<EventRow<'_>> = change.events.iter().map(|event| event_row(request, event)).collect();
    // what is in the events is looked at while the database writes them
    let indexed = async {
        let pairs = change.events.iter().zip(&events);
        pairs.map(|(event, row)| indexed(event, row, &change.tasks)).collect::<Vec<Indexed>>()
    };
    let (ids, indexed) = tokio::join!(run.insert_events(&events), indexed);
    index::write(db, store.place(), &ids?, &indexed).await
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
        external: event.external.as_ref(),
    }
}

/// What is indexed of an event, whose row is this.
fn indexed(event: &BatchEvent, row: &EventRow<'_>, tasks: &BTreeMap<TaskCode, Task>) -> Indexed {
    let belongs = match &event.entity {
        Entity::Task(code) => tasks.get(code).map_or(Belongs::None, belongs),
        Entity::Sprint(code) => Belongs::Sprint(code.to_string()),
        Entity::Project(_) => Belongs::None,
    };
    let project = event.external.as_ref().and_then(|external| external.project.as_ref());
    Indexed {
        session: row.session_key.map(str::to_owned),
        project: project.map(ToString::to_string),
        ..Indexed::new(belongs, &row.event_type, row.actor, &row.payload)
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

    /// Inserts events, and gives their ids in order.
    async fn insert_events(self, rows: &[EventRow<'_>]) -> Result<Vec<i64>, StoreError> {
        let failed = self.store.place().error("writing a batch");
        let sql = insert(self.backend, EVENTS, &columns(EVENTS, &["id", "archived_at"]));
        let statement =
            Statement::from_sql_and_values(self.backend, format!("{sql} RETURNING id"), [list(rows)?.into()]);
        let rows = self.db.query_all_raw(statement).await.map_err(&failed)?;
        let ids: Result<Vec<i64>, _> = rows.iter().map(|row| row.try_get_by_index(0)).collect();
        let mut ids = ids.map_err(&failed)?;
        ids.sort_unstable();
        Ok(ids)
    }

    /// Keeps how many events there are of each project itself.
    async fn count_projects(self, projects: &BTreeMap<ProjectCode, i64>) -> Result<(), StoreError> {
        let failed = self.store.place().error("counting the events of a project");
        let sql = "INSERT INTO orchestration_sequences AS counted (name, value) VALUES ($1, $2) \
                   ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        for (code, events) in projects {
            let values = [project_events(code).into(), (*events).into()];
            let statement = Statement::from_sql_and_values(self.backend, sql, values);
            self.db.execute_raw(statement).await.map_err(&failed)?;
        }
        Ok(())
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
        let statement = Statement::from_sql_and_values(self.backend, sql, [list(rows)?.into()]);
        let done = self.db.execute_raw(statement).await.map_err(self.store.place().error("writing a batch"))?;
        // somebody else was first where a row was not written
        if done.rows_affected() == rows.len() as u64 {
            Ok(())
        } else {
            Err(StoreError::Conflict { what: format!("a row of {table}") })
        }
    }
}

/// Rows as the one value of a statement.
fn list(rows: &[impl Serialize]) -> Result<String, StoreError> {
    serde_json::to_string(rows).map_err(|error| StoreError::Failed { doing: "writing a batch", source: error.into() })
}

/// The name of the number that counts the events of a project itself. No code has a space in it.
pub(super) fn project_events(code: &ProjectCode) -> String {
    format!("events of {code}")
}

/// The columns of a table but these.
fn columns(table: &str, without: &[&str]) -> Vec<Column> {
    let all = TABLES.iter().filter(|other| other.name == table).flat_map(|table| table.columns);
    all.copied().filter(|column| !without.contains(&column.name)).collect()
}
