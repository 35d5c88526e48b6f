//! What a change of a task writes: its row, its sessions, dependencies and artifacts. Decides nothing.

use std::collections::BTreeMap;

use orch_core::code::TaskCode;
use orch_core::draft::{Draft, Template};
use orch_core::event::{Fact, NewEvent};
use orch_core::session::Session;
use orch_core::store::StoreError;
use orch_core::task::Task;
use sea_orm::sea_query::{Expr, ExprTrait as _, InsertStatement, OnConflict, Query, UpdateStatement};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _, QueryTrait as _,
};
use serde_json::Value;

use crate::artifact;
use crate::connection::Connection;
use crate::entity::{dependency, session, sprint, task, template};
use crate::index::Belongs;
use crate::plan::Plan;
use crate::store::SqlStore;

/// Adds what a draft changes to the plan. A new task gets its row at once, because what follows refers to it.
pub(crate) async fn save(
    store: &SqlStore,
    db: &Connection,
    plan: &mut Plan,
    before: Option<(i64, &Task)>,
    draft: &Draft,
) -> Result<(), StoreError> {
    let task = draft.task();
    let base = task.version - i64::try_from(draft.events().len()).unwrap_or(i64::MAX);
    if base != before.map_or(0, |(_, task)| task.version) {
        return Err(StoreError::Conflict { what: format!("task {}", task.code) });
    }
    let mut row = model(task);
    if before.is_none_or(|(_, before)| before.sprint != task.sprint) {
        row.sprint_id = Set(sprint_id(store, db, task).await?);
    }
    let id = if let Some((id, before)) = before {
        if before.sprint != task.sprint {
            plan.move_events(task.code.as_str());
        }
        plan.guard(update(id, before, row));
        id
    } else {
        let inserted = task::Entity::insert(row).exec(db).await;
        inserted.map_err(store.place().error("saving a task"))?.last_insert_id
    };
    if let Some(new) = draft.template() {
        plan.add(insert_template(new));
    }
    save_sessions(plan, id, before.and_then(|(_, task)| task.session.as_ref()), draft)?;
    save_dependencies(plan, id, before.map(|(_, task)| task), task);
    // of an artifact that was saved twice the last content stays
    let contents: BTreeMap<_, _> = draft.contents().iter().map(|file| (&file.name, file)).collect();
    for file in contents.into_values() {
        plan.add(artifact::save(id, file, draft.now()));
    }
    Ok(())
}

/// Where the events of a task are searched for.
pub(crate) fn belongs(task: &Task) -> Belongs {
    Belongs::Task { task: task.code.to_string(), sprint: task.sprint.as_ref().map(ToString::to_string) }
}

async fn sprint_id(store: &SqlStore, db: &Connection, task: &Task) -> Result<Option<i64>, StoreError> {
    let Some(code) = &task.sprint else { return Ok(None) };
    let id = sprint::Entity::find().select_only().column(sprint::Column::Id);
    let id = id.filter(sprint::Column::SprintCode.eq(code.as_str())).into_tuple().one(db).await;
    id.map_err(store.place().error("reading a sprint"))
}

fn model(task: &Task) -> task::ActiveModel {
    task::ActiveModel {
        id: NotSet,
        task_code: Set(task.code.to_string()),
        sprint_id: NotSet,
        title: Set(task.title.clone()),
        description: Set(task.description.clone()),
        task_type: Set(task.task_type.to_string()),
        status: Set(task.status.to_string()),
        priority: Set(task.priority.to_string()),
        metadata: Set(Value::Object(task.full_metadata())),
        version: Set(task.version),
        lease_holder: Set(task.lease.as_ref().map(|lease| lease.holder.to_string())),
        lease_seconds: Set(task.lease.as_ref().map(|lease| i64::from(lease.seconds))),
        lease_expires_at: Set(task.lease.as_ref().map(|lease| lease.expires_at)),
        created_at: Set(task.created_at),
        updated_at: Set(task.updated_at),
    }
}

/// An update that finds its row only where nobody changed it since it was read.
fn update(id: i64, before: &Task, row: task::ActiveModel) -> UpdateStatement {
    let update = task::Entity::update_many().set(row).filter(task::Column::Id.eq(id));
    update.filter(task::Column::Version.eq(before.version)).into_query()
}

/// Templates are kept once per content.
fn insert_template(new: &Template) -> InsertStatement {
    let row = template::ActiveModel {
        sha256: Set(new.sha256.clone()),
        name: Set(new.name.clone()),
        content: Set(new.content.clone()),
    };
    let keep = OnConflict::column(template::Column::Sha256).do_nothing().to_owned();
    template::Entity::insert(row).on_conflict(keep).into_query()
}

fn save_sessions(plan: &mut Plan, task_id: i64, before: Option<&Session>, draft: &Draft) -> Result<(), StoreError> {
    let sessions = draft.left_sessions().iter().chain(&draft.task().session);
    let changed: Vec<&Session> = sessions.filter(|session| Some(*session) != before).collect();
    if changed.len() > 1 {
        // only one may be active at any time, so the one that ends comes first
        plan.keep_order();
    }
    for session in changed {
        // a session that begins is a new row, so that a key used twice is refused
        let begins = |new: &NewEvent| {
            matches!(new.fact, Fact::SessionStarted(_)) && new.session_key.as_ref() == Some(&session.key)
        };
        let mut row = session_model(task_id, session)?;
        if draft.events().iter().any(begins) {
            plan.add(session::Entity::insert(row).into_query());
        } else {
            // what a session began with stays; a template that somebody removed does not keep the session from ending
            (row.task_id, row.template_sha256, row.started_at) = (NotSet, NotSet, NotSet);
            let this = session::Column::SessionKey.eq(session.key.as_str());
            plan.add(session::Entity::update_many().set(row).filter(this).into_query());
        }
    }
    Ok(())
}

fn session_model(task_id: i64, session: &Session) -> Result<session::ActiveModel, StoreError> {
    let state = serde_json::to_value(session)
        .map_err(|error| StoreError::Failed { doing: "saving a session", source: error.into() })?;
    Ok(session::ActiveModel {
        id: NotSet,
        session_key: Set(session.key.to_string()),
        task_id: Set(task_id),
        active: Set(session.active),
        current_phase: Set(session.current_phase.to_string()),
        template_sha256: Set(session.template.sha256.clone()),
        state: Set(state),
        started_at: Set(session.started_at),
        ended_at: Set(session.ended_at),
    })
}

/// Only what differs is written, so that no row is removed and made again by one statement.
fn save_dependencies(plan: &mut Plan, id: i64, before: Option<&Task>, task: &Task) {
    let none = std::collections::BTreeSet::new();
    let old = before.map_or(&none, |before| &before.after);
    let ids = |codes: Vec<&str>| {
        Query::select()
            .expr(Expr::value(id))
            .column(task::Column::Id)
            .from(task::Entity)
            .and_where(Expr::col(task::Column::TaskCode).is_in(codes))
            .to_owned()
    };
    let gone: Vec<&str> = old.difference(&task.after).map(TaskCode::as_str).collect();
    if !gone.is_empty() {
        let these = Expr::tuple([Expr::col(dependency::Column::TaskId), Expr::col(dependency::Column::AfterTaskId)]);
        let delete = Query::delete().from_table(dependency::Entity).and_where(these.in_subquery(ids(gone))).to_owned();
        plan.add(delete);
    }
    let new: Vec<&str> = task.after.difference(old).map(TaskCode::as_str).collect();
    if !new.is_empty() {
        let mut insert = Query::insert();
        insert.into_table(dependency::Entity).columns([dependency::Column::TaskId, dependency::Column::AfterTaskId]);
        // a list of columns and a selection of as many always fit
        if insert.select_from(ids(new)).is_ok() {
            plan.add(insert);
        }
    }
}
