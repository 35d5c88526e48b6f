//! A bug as a row, and a row as a bug. Decides nothing.

use chrono::{DateTime, Utc};
use orch_core::bug::record::RESERVED_CONTEXT;
use orch_core::bug::{Bug, BugDraft, Keys};
use orch_core::store::StoreError;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryTrait as _,
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::entity::bug;
use crate::error::Place;
use crate::plan::Plan;

/// Adds what a draft changes to the plan.
pub(super) fn save(plan: &mut Plan, row: Option<i64>, draft: &BugDraft) -> Result<(), StoreError> {
    let bug = draft.bug();
    let count = i64::try_from(draft.events().len()).unwrap_or(i64::MAX);
    if draft.before().checked_add(count) != Some(bug.version) {
        return Err(StoreError::Conflict { what: format!("bug {}", bug.code) });
    }
    match row {
        None => plan.add(bug::Entity::insert(model(bug)).into_query()),
        Some(id) => {
            let update = bug::Entity::update_many().set(model(bug)).filter(bug::Column::Id.eq(id));
            plan.guard(update.filter(bug::Column::Version.eq(draft.before())).into_query());
        }
    }
    Ok(())
}

fn model(bug: &Bug) -> bug::ActiveModel {
    bug::ActiveModel {
        id: NotSet,
        bug_code: Set(bug.code.to_string()),
        bug_hash: Set(bug.keys.hash.clone()),
        loose_hash: Set(bug.keys.loose.clone()),
        message_hash: Set(bug.keys.message.clone()),
        likeness: Set(bug.keys.likeness),
        task_code: Set(bug.task.as_ref().map(ToString::to_string)),
        error_message: Set(bug.error_message.clone()),
        file_path: Set(bug.file_path.clone()),
        line_number: Set(bug.line_number.map(i64::from)),
        stack_trace: Set(bug.stack_trace.clone()),
        context: Set(Value::Object(bug.full_context())),
        resolution: Set(bug.resolution.clone()),
        resolved_at: Set(bug.resolved_at),
        merged_into: Set(bug.merged_into.as_ref().map(ToString::to_string)),
        version: Set(bug.version),
        created_at: Set(bug.created_at),
        updated_at: Set(bug.updated_at),
    }
}

type Problem = Box<dyn std::error::Error + Send + Sync>;

/// A row as a bug, with the row's id.
pub(crate) fn read(place: Place<'_>, row: bug::Model) -> Result<(i64, Bug), StoreError> {
    let (id, code) = (row.id, row.bug_code.clone());
    Ok((id, into_bug(row).map_err(|problem| place.damaged(&format!("bug {code}"), problem))?))
}

fn into_bug(row: bug::Model) -> Result<Bug, Problem> {
    let Value::Object(mut context) = row.context else { return Err("its context is no JSON object".into()) };
    let mut own: Map<String, Value> = RESERVED_CONTEXT
        .iter()
        .filter_map(|key| context.remove(*key).map(|value| ((*key).to_owned(), value)))
        .collect();
    Ok(Bug {
        code: row.bug_code.parse()?,
        keys: Keys { hash: row.bug_hash, loose: row.loose_hash, message: row.message_hash, likeness: row.likeness },
        task: row.task_code.map(|code| code.parse()).transpose()?,
        last_task: take(&mut own, "last_task_code")?,
        error_message: row.error_message,
        file_path: row.file_path,
        line_number: row.line_number.map(u32::try_from).transpose()?,
        place: take(&mut own, "place")?,
        stack_trace: row.stack_trace,
        error_type: take(&mut own, "error_type")?,
        type_rule: take(&mut own, "type_rule")?,
        occurrence_count: take(&mut own, "occurrence_count")?,
        captured_at: take::<DateTime<Utc>>(&mut own, "captured_at")?,
        last_seen: take::<DateTime<Utc>>(&mut own, "last_seen")?,
        regressions: take(&mut own, "regressions")?,
        blocks: take(&mut own, "blocks")?,
        notes: take(&mut own, "notes")?,
        context,
        resolution: row.resolution,
        resolved_at: row.resolved_at,
        merged_into: row.merged_into.map(|code| code.parse()).transpose()?,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

fn take<T: DeserializeOwned>(own: &mut Map<String, Value>, key: &str) -> Result<T, Problem> {
    serde_json::from_value(own.remove(key).unwrap_or(Value::Null)).map_err(|error| format!("{key}: {error}").into())
}
