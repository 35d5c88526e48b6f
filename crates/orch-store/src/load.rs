//! From rows to the domain's values. Reads; writes nothing.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use chrono::{DateTime, Utc};
use orch_core::code::{BugCode, SprintCode, TaskCode};
use orch_core::draft::Template;
use orch_core::session::Session;
use orch_core::sprint::Sprint;
use orch_core::store::StoreError;
use orch_core::task::{ArtifactMeta, CapturedCommit, Lease, LinkedPullRequest, Note, RESERVED_METADATA, Task};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, JoinType, JsonValue, QueryFilter,
    QuerySelect, QueryTrait as _, RelationDef, Select, Statement,
};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::connection::Connection;
use crate::entity::{session, sprint, task, template};
use crate::error::Place;
use crate::store::now_of;

/// A task's row with what belongs to it in other tables.
#[derive(Debug, FromQueryResult)]
pub(crate) struct TaskRow {
    pub(crate) id: i64,
    task_code: String,
    title: String,
    description: String,
    task_type: String,
    status: String,
    priority: String,
    metadata: JsonValue,
    version: i64,
    lease_holder: Option<String>,
    lease_seconds: Option<i64>,
    lease_expires_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    sprint_code: Option<String>,
    session_state: Option<JsonValue>,
    after_codes: Option<String>,
}

/// The codes of the tasks that come first; no code has a comma in it. A part of the one statement that reads a task, so
/// that all of it is of one moment.
const AFTER: &str = "(SELECT string_agg(a.task_code, ',') FROM orchestration_task_dependencies d \
     JOIN orchestration_tasks a ON a.id = d.after_task_id WHERE d.task_id = orchestration_tasks.id)";

/// Selects tasks with their sprint's code, their latest session and the codes of the tasks that come first.
pub(crate) fn tasks() -> Select<task::Entity> {
    let to_sprint = task::Entity::belongs_to(sprint::Entity).from(task::Column::SprintId).to(sprint::Column::Id).into();
    let other = Alias::new("latest");
    let latest = Query::select()
        .expr(Expr::col((other.clone(), session::Column::Id)).max())
        .from_as(session::Entity, other.clone())
        .and_where(Expr::col((other, session::Column::TaskId)).equals((task::Entity, task::Column::Id)))
        .to_owned();
    let to_session: RelationDef =
        task::Entity::belongs_to(session::Entity).from(task::Column::Id).to(session::Column::TaskId).into();
    let to_session = to_session.on_condition(move |_, _| {
        Condition::all().add(Expr::col((session::Entity, session::Column::Id)).in_subquery(latest.clone()))
    });
    task::Entity::find()
        .join(JoinType::LeftJoin, to_sprint)
        .join(JoinType::LeftJoin, to_session)
        .column(sprint::Column::SprintCode)
        .column_as(session::Column::State, "session_state")
        .expr_as(Expr::cust(AFTER), "after_codes")
}

/// The rows of a selection as tasks, with the ids of their rows.
pub(crate) async fn read_tasks(
    db: &impl ConnectionTrait,
    place: Place<'_>,
    selection: Select<task::Entity>,
) -> Result<Vec<(i64, Task)>, StoreError> {
    let failed = place.error("reading tasks");
    let rows = selection.into_model::<TaskRow>().all(db).await.map_err(&failed)?;
    let mut tasks = Vec::with_capacity(rows.len());
    for row in rows {
        let (id, code) = (row.id, row.task_code.clone());
        tasks.push((id, row.into_task().map_err(|problem| place.damaged(&format!("task {code}"), problem))?));
    }
    Ok(tasks)
}

/// The task with this code and the id of its row.
pub(crate) async fn read_task(
    db: &impl ConnectionTrait,
    place: Place<'_>,
    code: &TaskCode,
) -> Result<Option<(i64, Task)>, StoreError> {
    static TEXTS: Texts = Texts::new();
    let failed = place.error("reading a task");
    let select = || tasks().filter(task::Column::TaskCode.eq(code.as_str())).into_query();
    let statement = TEXTS.statement(db.get_database_backend(), false, select, [code.as_str().into()]);
    let Some(row) = TaskRow::find_by_statement(statement).one(db).await.map_err(&failed)? else { return Ok(None) };
    let id = row.id;
    Ok(Some((id, row.into_task().map_err(|problem| place.damaged(&format!("task {code}"), problem))?)))
}

/// The text of a statement for each database, with a time that is given and without. It is built once: to build it takes
/// longer than all else that reading one row takes here.
struct Texts([OnceLock<String>; 4]);

impl Texts {
    const fn new() -> Self {
        Self([const { OnceLock::new() }; 4])
    }

    /// The statement with these values, in the order in which they stand in the text.
    fn statement<const N: usize>(
        &self,
        backend: DbBackend,
        is_timed: bool,
        select: impl FnOnce() -> SelectStatement,
        values: [sea_orm::Value; N],
    ) -> Statement {
        let text = &self.0[usize::from(backend == DbBackend::Postgres) * 2 + usize::from(is_timed)];
        let text = text.get_or_init(|| backend.build(&select()).sql);
        Statement::from_sql_and_values(backend, text, values)
    }
}

/// A task as a change of it needs it.
pub(crate) struct TaskForChange {
    pub(crate) id: i64,
    pub(crate) task: Task,
    /// The template that its latest session pinned, if it was asked for.
    pub(crate) template: Option<Template>,
    /// What the store's clock showed.
    pub(crate) now: DateTime<Utc>,
}

/// Columns beside those of [`TaskRow`].
#[derive(Debug, FromQueryResult)]
struct Beside {
    now: DateTime<Utc>,
    template_name: Option<String>,
    template_sha256: Option<String>,
    template_content: Option<String>,
}

/// Everything that a change of one task reads, in one statement and so of one moment.
pub(crate) async fn read_for_change(
    db: &Connection,
    place: Place<'_>,
    code: &TaskCode,
    now: Option<DateTime<Utc>>,
    with_template: bool,
) -> Result<Option<TaskForChange>, StoreError> {
    static TEXTS: Texts = Texts::new();
    let failed = place.error("reading a task");
    let backend = db.get_database_backend();
    let select = || select_for_change(code, now, with_template);
    let (with, by) = (with_template.into(), code.as_str().into());
    let statement = match now {
        Some(now) => TEXTS.statement(backend, true, select, [now.into(), with, by]),
        None => TEXTS.statement(backend, false, select, [with, by]),
    };
    let Some(row) = db.query_one_raw(statement).await.map_err(&failed)? else { return Ok(None) };
    let beside = Beside::from_query_result(&row, "").map_err(&failed)?;
    let row = TaskRow::from_query_result(&row, "").map_err(&failed)?;
    let id = row.id;
    let task = row.into_task().map_err(|problem| place.damaged(&format!("task {code}"), problem))?;
    let template = match (beside.template_name, beside.template_sha256, beside.template_content) {
        (Some(name), Some(sha256), Some(content)) => Some(Template { name, sha256, content }),
        _ => None,
    };
    Ok(Some(TaskForChange { id, task, template, now: beside.now }))
}

fn select_for_change(code: &TaskCode, now: Option<DateTime<Utc>>, with_template: bool) -> SelectStatement {
    let mut selection = tasks().filter(task::Column::TaskCode.eq(code.as_str())).into_query();
    let of_session = Expr::col((session::Entity, session::Column::TemplateSha256))
        .equals((template::Entity, template::Column::Sha256));
    selection.expr_as(now_of(now), "now").join(
        JoinType::LeftJoin,
        template::Entity,
        of_session.and(Expr::value(with_template)),
    );
    for (column, name) in [
        (template::Column::Name, "template_name"),
        (template::Column::Sha256, "template_sha256"),
        (template::Column::Content, "template_content"),
    ] {
        selection.expr_as(Expr::col((template::Entity, column)), name);
    }
    selection
}

/// An artifact as `metadata.artifacts` has it.
#[derive(Deserialize)]
struct NamedArtifact {
    name: orch_core::code::ArtifactName,
    sha256: String,
    size: u64,
    blank: bool,
    saved_at: DateTime<Utc>,
}

/// A pull request as `metadata.pull_request` has it: with the time beside its own fields.
fn linked_pull_request(mut value: Value) -> Result<LinkedPullRequest, serde_json::Error> {
    let linked_at = value.as_object_mut().and_then(|fields| fields.remove("linked_at")).unwrap_or(Value::Null);
    Ok(LinkedPullRequest {
        pull_request: serde_json::from_value(value)?,
        linked_at: serde_json::from_value(linked_at)?,
    })
}

type Problem = Box<dyn std::error::Error + Send + Sync>;

impl TaskRow {
    fn into_task(self) -> Result<Task, Problem> {
        let mut metadata = into_map(self.metadata)?;
        let mut taken = RESERVED_METADATA.map(|key| metadata.remove(key).unwrap_or(Value::Null)).into_iter().skip(1);
        let commits: Option<Vec<CapturedCommit>> = serde_json::from_value(taken.next().unwrap_or(Value::Null))?;
        let linked = taken.next().filter(|value| !value.is_null()).map(linked_pull_request).transpose()?;
        let artifacts: Option<Vec<NamedArtifact>> = serde_json::from_value(taken.next().unwrap_or(Value::Null))?;
        let blocking: Option<BTreeSet<BugCode>> = serde_json::from_value(taken.next().unwrap_or(Value::Null))?;
        let notes: Option<Vec<Note>> = serde_json::from_value(taken.next().unwrap_or(Value::Null))?;
        let named = artifacts.unwrap_or_default().into_iter().map(|named| {
            let meta =
                ArtifactMeta { sha256: named.sha256, size: named.size, blank: named.blank, saved_at: named.saved_at };
            (named.name, meta)
        });
        let lease = match (self.lease_holder, self.lease_seconds, self.lease_expires_at) {
            (Some(holder), Some(seconds), Some(expires_at)) => {
                Some(Lease { holder: holder.parse()?, seconds: u32::try_from(seconds)?, expires_at })
            }
            _ => None,
        };
        let after = self.after_codes.iter().flat_map(|codes| codes.split(','));
        let after = after.map(TaskCode::new).collect::<Result<BTreeSet<_>, _>>()?;
        Ok(Task {
            code: self.task_code.parse()?,
            sprint: self.sprint_code.map(SprintCode::new).transpose()?,
            title: self.title,
            description: self.description,
            task_type: self.task_type.parse()?,
            status: self.status.parse()?,
            priority: self.priority.parse()?,
            metadata,
            after,
            artifacts: named.collect(),
            commits: commits.unwrap_or_default(),
            pull_request: linked,
            blocking_bugs: blocking.unwrap_or_default(),
            notes: notes.unwrap_or_default(),
            session: self.session_state.map(serde_json::from_value::<Session>).transpose()?,
            lease,
            version: self.version,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

/// A sprint's row as a sprint.
pub(crate) fn sprint(place: Place<'_>, row: sprint::Model) -> Result<Sprint, StoreError> {
    let code = row.sprint_code.clone();
    let read = move || -> Result<Sprint, Problem> {
        Ok(Sprint {
            code: row.sprint_code.parse()?,
            title: row.title,
            status: row.status.parse()?,
            metadata: into_map(row.metadata)?,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    };
    read().map_err(|problem| place.damaged(&format!("sprint {code}"), problem))
}

/// A template by its hash.
pub(crate) async fn template(
    db: &impl ConnectionTrait,
    place: Place<'_>,
    session: Option<&Session>,
) -> Result<Option<Template>, StoreError> {
    let Some(session) = session else { return Ok(None) };
    let row = template::Entity::find_by_id(session.template.sha256.as_str());
    let row = row.one(db).await.map_err(place.error("reading a template"))?;
    Ok(row.map(|row| Template { name: row.name, sha256: row.sha256, content: row.content }))
}

fn into_map(value: Value) -> Result<Map<String, Value>, Problem> {
    match value {
        Value::Object(map) => Ok(map),
        other => Err(format!("its metadata is no JSON object: {other}").into()),
    }
}
