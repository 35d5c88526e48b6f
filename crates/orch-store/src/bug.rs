//! The port for bugs: a change over as many bugs and tasks as the decision speaks of. Decides nothing.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use orch_core::bug::{Bug, BugDraft, Keys, decide, keys};
use orch_core::code::{BugCode, TaskCode};
use orch_core::draft::Draft;
use orch_core::event::{EntityType, NewEvent};
use orch_core::operation::Request;
use orch_core::refusal::Refusal;
use orch_core::store::{
    Answer, BugChange, BugContext, BugFilter, BugName, BugOrder, BugScope, BugStore, ChangeError, Outcome, Page,
    StoreError, Window,
};
use orch_core::task::Task;
use sea_orm::sea_query::LockType;
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait as _, DbBackend, EntityTrait as _, PaginatorTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use crate::change::{Change, Step};
use crate::connection::Connection;
use crate::entity::{bug, task};
use crate::index::{self, Belongs};
use crate::plan::Plan;
use crate::store::{SqlStore, at_most};
use crate::task::save;
use crate::write::{self, Span};
use crate::{code, load};

mod filter;
mod row;

pub(crate) use row::read;

/// What a decision is made on, and the rows that it is in.
struct Looked {
    context: BugContext,
    bugs: BTreeMap<BugCode, i64>,
    tasks: BTreeMap<TaskCode, i64>,
    /// Whether something has to be drawn or locked first.
    incomplete: bool,
}

impl BugStore for SqlStore {
    async fn change_bugs<A: Answer>(
        &self,
        request: &Request,
        scope: &BugScope,
        decide: impl Fn(BugContext) -> Result<BugChange<A>, Refusal> + Send + Sync,
    ) -> Result<Outcome<A>, ChangeError> {
        // one known bug is the common case; whatever touches more rows is decided under locks
        let alone = scope.names.len() + scope.reports.len() == 1;
        let mut change = Change::new(self, request, !alone);
        loop {
            match Box::pin(self.try_bug_change(&mut change, request, scope, &decide)).await {
                Ok(Step::Done(outcome)) => return Ok(outcome),
                Ok(Step::Lock) => change.lock(),
                Err(ChangeError::Store(error)) => change.again(error).await?,
                Err(refused) => return Err(refused),
            }
        }
    }

    async fn bugs_named(&self, name: &BugName, limit: u64) -> Result<Vec<Bug>, StoreError> {
        let look = |db| async move {
            let selection = bug::Entity::find().filter(filter::named(name)).order_by_asc(bug::Column::BugHash);
            let found = self.read_bugs(&db, selection.limit(at_most(limit))).await?;
            Ok(found.into_iter().map(|(_, bug)| bug).collect())
        };
        self.read(look).await
    }

    async fn bugs(&self, wanted: &BugFilter, order: BugOrder, window: Window) -> Result<Page<Bug>, StoreError> {
        let look = |db: Connection| async move {
            let selection = bug::Entity::find().filter(filter::wanted(db.get_database_backend(), wanted));
            let total = selection.clone().count(&db).await.map_err(self.place().error("counting bugs"))?;
            if window.limit == 0 {
                return Ok(Page { items: Vec::new(), total });
            }
            let selection = filter::ordered(selection, order).order_by_asc(bug::Column::Id);
            let selection = selection.limit(at_most(window.limit)).offset(at_most(window.offset));
            let found = self.read_bugs(&db, selection).await?;
            Ok(Page { items: found.into_iter().map(|(_, bug)| bug).collect(), total })
        };
        self.read(look).await
    }

    async fn like_bugs(&self, wanted: &Keys, limit: u64) -> Result<Vec<Bug>, StoreError> {
        let look = |db: Connection| async move {
            let failed = self.place().error("reading bugs");
            // both are read from an index alone, whatever else the rows hold
            let same = bug::Entity::find().select_only().column(bug::Column::Id);
            let same = same.filter(bug::Column::MessageHash.eq(&*wanted.message)).into_tuple::<i64>();
            let same: BTreeSet<i64> = same.all(&db).await.map_err(&failed)?.into_iter().collect();
            let all = bug::Entity::find().select_only().column(bug::Column::Likeness).column(bug::Column::Id);
            let all = all.into_tuple::<(i64, i64)>().all(&db).await.map_err(&failed)?;
            let mut near: Vec<(u32, i64)> = all
                .into_iter()
                .map(|(likeness, id)| match keys::distance(likeness, wanted.likeness) {
                    _ if same.contains(&id) => (0, id),
                    distance => (1 + distance, id),
                })
                .filter(|(rank, _)| *rank <= 1 + keys::MAX_DISTANCE)
                .collect();
            near.sort_unstable();
            // those that are left out below must not take the place of others
            near.truncate(usize::try_from(limit).unwrap_or(usize::MAX).saturating_mul(4).saturating_add(16));
            let ids = near.iter().map(|(_, id)| *id);
            let other =
                bug::Entity::find().filter(bug::Column::Id.is_in(ids)).filter(bug::Column::MergedInto.is_null());
            let mut found: BTreeMap<i64, Bug> = self.read_bugs(&db, other).await?.into_iter().collect();
            let mut like: Vec<Bug> = near.iter().filter_map(|(_, id)| found.remove(id)).collect();
            like.retain(|bug| bug.keys.hash != wanted.hash);
            like.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            Ok(like)
        };
        self.read(look).await
    }

    async fn bug_days(&self, code: &BugCode) -> Result<Vec<(NaiveDate, u64)>, StoreError> {
        let look = |db: Connection| async move {
            let statement = filter::days(db.get_database_backend(), code);
            let failed = self.place().error("counting occurrences");
            let rows = db.query_all_raw(statement).await.map_err(&failed)?;
            let day = |row: &sea_orm::QueryResult| -> Result<(String, i64), sea_orm::DbErr> {
                Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))
            };
            let read = |row| {
                let (day, count) = day(row).map_err(&failed)?;
                let day = day.parse().map_err(|error| self.place().damaged("orchestration_events", error))?;
                Ok((day, count.unsigned_abs()))
            };
            rows.iter().map(read).collect()
        };
        self.read(look).await
    }
}

impl SqlStore {
    async fn try_bug_change<A: Answer>(
        &self,
        change: &mut Change<'_, A>,
        request: &Request,
        scope: &BugScope,
        decide: &(impl Fn(BugContext) -> Result<BugChange<A>, Refusal> + Send + Sync),
    ) -> Result<Step<A>, ChangeError> {
        // a transaction that is dropped is rolled back, so every `?` leaves the store as it was
        let db = change.begin().await?;
        if change.locks() {
            if let Some(outcome) = write::earlier(&db, self, request).await? {
                return Ok(Step::Done(outcome));
            }
            if let Some(outcome) = change.found(&db).await? {
                return Ok(Step::Done(outcome));
            }
        }
        let Looked { context, bugs: rows, tasks: task_rows, incomplete } = self.bug_context(&db, scope).await?;
        if incomplete {
            return Ok(Step::Lock);
        }
        let (now, before) = (context.now, context.tasks.clone());
        let BugChange { bugs, tasks, answer } = match decide(context) {
            // without locks nobody has looked for an earlier answer yet
            Err(_) if !change.locks() => return Ok(Step::Lock),
            decided => decided?,
        };
        let what = bugs.iter().map(|draft| draft.bug().code.as_str()).collect::<Vec<_>>().join(", ");
        let mut plan = Plan::new(format!("bug {what}"));
        for draft in &bugs {
            row::save(&mut plan, rows.get(&draft.bug().code).copied(), draft)?;
        }
        for draft in &tasks {
            let code = &draft.task().code;
            let row = task_rows.get(code).copied().zip(before.get(code));
            save::save(self, &db, &mut plan, row, draft).await?;
        }
        let written: Vec<(Span, Belongs, &[NewEvent])> =
            bugs.iter().map(bug_span).chain(tasks.iter().map(task_span)).collect();
        let events = written.iter().map(|(span, belongs, events)| (span, belongs.clone(), *events));
        write::append(&mut plan, request, events, now);
        let mut wrote: Vec<Span> = written.into_iter().map(|(span, ..)| span).collect();
        if wrote.is_empty() {
            wrote.push(Span::after(EntityType::Bug, "", 0, 0));
        }
        write::keep(&mut plan, request, &answer, &wrote, now)?;
        Ok(change.carry_out(db, plan, answer, wrote, now).await?)
    }

    /// The bugs and tasks of a scope. In a transaction on PostgreSQL it waits for the turn of each, bugs first.
    async fn bug_context(&self, db: &Connection, scope: &BugScope) -> Result<Looked, StoreError> {
        let mut found: Vec<(i64, Bug)> = Vec::new();
        let mut wanted = filter::of_scope(scope);
        loop {
            let selection = bug::Entity::find().filter(wanted).order_by_asc(bug::Column::Id);
            found.extend(self.read_bugs(db, locked(db, selection)).await?);
            let known = |code: &&BugCode| found.iter().any(|(_, bug)| bug.code == **code);
            let into = found.iter().filter_map(|(_, bug)| bug.merged_into.as_ref());
            let missing: Vec<&str> = into.filter(|code| !known(code)).map(BugCode::as_str).collect();
            if missing.is_empty() {
                break;
            }
            wanted = Condition::all().add(bug::Column::BugCode.is_in(missing));
        }
        let rows = found.iter().map(|(id, bug)| (bug.code.clone(), *id)).collect();
        let bugs: Vec<Bug> = found.into_iter().map(|(_, bug)| bug).collect();
        let blocked = bugs.iter().flat_map(|bug| &bug.blocks);
        let spoken_of: BTreeSet<&str> = scope.tasks.iter().chain(blocked).map(TaskCode::as_str).collect();
        let mut tasks: Vec<(i64, Task)> = Vec::new();
        if !spoken_of.is_empty() {
            let of_scope = task::Column::TaskCode.is_in(spoken_of);
            if db.is_transaction() && db.get_database_backend() == DbBackend::Postgres {
                let lock = task::Entity::find().select_only().column(task::Column::Id).filter(of_scope.clone());
                let lock = lock.order_by_asc(task::Column::Id).lock(LockType::Update).into_tuple::<i64>();
                lock.all(db).await.map_err(self.place().error("waiting for tasks"))?;
            }
            tasks = load::read_tasks(db, self.place(), load::tasks().filter(of_scope)).await?;
        }
        let new = decide::new_bugs(&bugs, &scope.reports);
        // a code is drawn with the transaction that uses it
        let incomplete = new > 0 && !db.is_transaction();
        let codes = if incomplete { Vec::new() } else { self.bug_codes(db, new).await? };
        let last = bugs.iter().map(|bug| bug.updated_at).chain(tasks.iter().map(|(_, task)| task.updated_at)).max();
        let now = self.time(db).await?;
        let now = last.map_or(now, |last: DateTime<Utc>| last.max(now));
        let task_rows = tasks.iter().map(|(id, task)| (task.code.clone(), *id)).collect();
        let tasks = tasks.into_iter().map(|(_, task)| (task.code.clone(), task)).collect();
        let context = BugContext { bugs, codes, tasks, now };
        Ok(Looked { context, bugs: rows, tasks: task_rows, incomplete })
    }

    async fn bug_codes(&self, db: &Connection, count: usize) -> Result<Vec<BugCode>, StoreError> {
        let place = self.place();
        let is_taken = async |code: String| {
            let known = bug::Entity::find().filter(bug::Column::BugCode.eq(code)).count(db).await;
            Ok(known.map_err(place.error("reading bugs"))? > 0)
        };
        let mut codes = Vec::with_capacity(count);
        for _ in 0..count {
            let text = code::next(db, place, "BUG", is_taken).await?;
            codes.push(BugCode::new(text).map_err(|error| place.damaged("orchestration_sequences", error))?);
        }
        Ok(codes)
    }

    pub(crate) async fn read_bugs(
        &self,
        db: &Connection,
        selection: sea_orm::Select<bug::Entity>,
    ) -> Result<Vec<(i64, Bug)>, StoreError> {
        let rows = selection.all(db).await.map_err(self.place().error("reading bugs"))?;
        rows.into_iter().map(|row| row::read(self.place(), row)).collect()
    }
}

/// In a transaction on PostgreSQL, a selection that waits for the turn of each row; SQLite has one writer at a time.
fn locked(db: &Connection, selection: sea_orm::Select<bug::Entity>) -> sea_orm::Select<bug::Entity> {
    let waits = db.is_transaction() && db.get_database_backend() == DbBackend::Postgres;
    if waits { selection.lock(LockType::Update) } else { selection }
}

fn bug_span(draft: &BugDraft) -> (Span, Belongs, &[NewEvent]) {
    let bug = draft.bug();
    let span = Span::after(EntityType::Bug, bug.code.as_str(), draft.before(), draft.events().len());
    (span, index::bug_belongs(bug.task.as_ref().map(ToString::to_string)), draft.events())
}

fn task_span(draft: &Draft) -> (Span, Belongs, &[NewEvent]) {
    let count = i64::try_from(draft.events().len()).unwrap_or(i64::MAX);
    let before = draft.task().version - count;
    let span = Span::after(EntityType::Task, draft.task().code.as_str(), before, draft.events().len());
    (span, save::belongs(draft.task()), draft.events())
}
