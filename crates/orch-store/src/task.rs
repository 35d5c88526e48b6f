//! The port for tasks.

use std::collections::BTreeMap;

use orch_core::code::TaskCode;
use orch_core::draft::Template;
use orch_core::event::EntityType;
use orch_core::operation::Request;
use orch_core::refusal::Refusal;
use orch_core::store::{
    Answer, ChangeError, Outcome, Page, Related, StoreError, TaskChange, TaskContext, TaskFilter, TaskScope, TaskStore,
    TaskTarget, Window,
};
use orch_core::task::Task;
use sea_orm::sea_query::{Expr, ExprTrait as _, LockType, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait as _, DbBackend, EntityTrait, FromQueryResult, PaginatorTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, Statement,
};

use crate::change::{Change, Step};
use crate::connection::Connection;
use crate::entity::{dependency, sprint, task};
use crate::plan::Plan;
use crate::store::{SqlStore, at_most};
use crate::write::{self, Span};
use crate::{code, load};

pub(crate) mod save;

impl TaskStore for SqlStore {
    async fn change_task<A: Answer>(
        &self,
        request: &Request,
        scope: &TaskScope,
        decide: impl Fn(TaskContext) -> Result<TaskChange<A>, Refusal> + Send + Sync,
    ) -> Result<Outcome<A>, ChangeError> {
        // what is decided on more than one row is decided under locks
        let alone = matches!(scope.target, TaskTarget::Existing(_)) && scope.related.is_empty();
        let mut change = Change::new(self, request, !alone);
        loop {
            // on the heap, so that whoever changes a task need not hold all of it
            match Box::pin(self.try_change(&mut change, request, scope, &decide)).await {
                Ok(Step::Done(outcome)) => return Ok(outcome),
                Ok(Step::Lock) => change.lock(),
                Err(ChangeError::Store(error)) => change.again(error).await?,
                Err(refused) => return Err(refused),
            }
        }
    }

    async fn task(&self, code: &TaskCode) -> Result<Option<Task>, StoreError> {
        let look = |db| async move { load::read_task(&db, self.place(), code).await };
        Ok(self.read(look).await?.map(|(_, task)| task))
    }

    async fn pinned_template(&self, code: &TaskCode) -> Result<Option<Template>, StoreError> {
        let look = |db| async move {
            let task = load::read_task(&db, self.place(), code).await?;
            load::template(&db, self.place(), task.and_then(|(_, task)| task.session).as_ref()).await
        };
        self.read(look).await
    }

    async fn tasks(&self, filter: &TaskFilter, window: Window) -> Result<Page<Task>, StoreError> {
        let mut wanted = Condition::all();
        let words = [
            (task::Column::Status, filter.status.iter().map(ToString::to_string).collect::<Vec<_>>()),
            (task::Column::TaskType, filter.task_type.iter().map(ToString::to_string).collect()),
            (task::Column::Priority, filter.priority.iter().map(ToString::to_string).collect()),
        ];
        for (column, words) in words.into_iter().filter(|(_, words)| !words.is_empty()) {
            wanted = wanted.add(column.is_in(words));
        }
        if let Some(code) = &filter.sprint {
            let id = Query::select()
                .column(sprint::Column::Id)
                .from(sprint::Entity)
                .and_where(sprint::Column::SprintCode.eq(code.as_str()))
                .to_owned();
            wanted = wanted.add(task::Column::SprintId.in_subquery(id));
        }
        if let Some(holder) = &filter.holder {
            wanted = wanted.add(task::Column::LeaseHolder.eq(holder.as_str()));
        }
        self.page(wanted, &[task::Column::Id], window).await
    }

    async fn ready_tasks(&self, window: Window) -> Result<Page<Task>, StoreError> {
        let unfinished = Query::select()
            .column((dependency::Entity, dependency::Column::TaskId))
            .from(dependency::Entity)
            .inner_join(
                task::Entity,
                Expr::col((task::Entity, task::Column::Id))
                    .equals((dependency::Entity, dependency::Column::AfterTaskId)),
            )
            .and_where(task::Column::Status.ne("completed"))
            .to_owned();
        let free = Condition::any()
            .add(task::Column::LeaseHolder.is_null())
            .add(Expr::col((task::Entity, task::Column::LeaseExpiresAt)).lte(self.now()));
        let ready = Condition::all()
            .add(task::Column::Status.eq("pending"))
            .add(free)
            .add(task::Column::Id.not_in_subquery(unfinished));
        self.page(ready, &[task::Column::Priority, task::Column::Id], window).await
    }
}

#[derive(Debug, FromQueryResult)]
struct RelatedRow {
    task_code: String,
    status: String,
    waits: bool,
}

impl SqlStore {
    async fn page(&self, wanted: Condition, order: &[task::Column], window: Window) -> Result<Page<Task>, StoreError> {
        let mut selection = load::tasks().filter(wanted.clone());
        for column in order {
            selection = selection.order_by_asc(*column);
        }
        let selection = &selection.limit(at_most(window.limit)).offset(at_most(window.offset));
        let count = &task::Entity::find().filter(wanted);
        let look = |db| async move {
            let total = count.clone().count(&db).await.map_err(self.place().error("counting tasks"))?;
            let items = load::read_tasks(&db, self.place(), selection.clone()).await?;
            Ok(Page { items: items.into_iter().map(|(_, task)| task).collect(), total })
        };
        self.read(look).await
    }

    async fn try_change<A: Answer>(
        &self,
        change: &mut Change<'_, A>,
        request: &Request,
        scope: &TaskScope,
        decide: &(impl Fn(TaskContext) -> Result<TaskChange<A>, Refusal> + Send + Sync),
    ) -> Result<Step<A>, ChangeError> {
        // a transaction that is dropped is rolled back, so every `?` leaves the store as it was
        let db = change.begin().await?;
        self.lock_task(&db, scope).await?;
        // without locks a key that is there already stops the write, so nobody has to look for it first
        let looks_later = !change.locks();
        if !looks_later && let Some(outcome) = write::earlier(&db, self, request).await? {
            return Ok(Step::Done(outcome));
        }
        if let Some(outcome) = change.found(&db).await? {
            return Ok(Step::Done(outcome));
        }
        let (row, context) = self.context(&db, scope).await?;
        let before = context.task.clone();
        let TaskChange { draft, answer } = match decide(context) {
            Err(refusal) if looks_later => {
                let earlier = write::earlier(&db, self, request).await?;
                return earlier.map(Step::Done).ok_or_else(|| refusal.into());
            }
            decided => decided?,
        };
        let mut plan = Plan::new(format!("task {}", draft.task().code));
        let (last, count) = (before.as_ref().map_or(0, |task| task.version), draft.events().len());
        let wrote = Span::after(EntityType::Task, draft.task().code.as_str(), last, count);
        if count > 0 {
            save::save(self, &db, &mut plan, row.zip(before.as_ref()), &draft).await?;
            write::append(&mut plan, request, [(&wrote, save::belongs(draft.task()), draft.events())], draft.now());
        }
        let wrote = vec![wrote];
        write::keep(&mut plan, request, &answer, &wrote, draft.now())?;
        Ok(change.carry_out(db, plan, answer, wrote, draft.now()).await?)
    }

    /// In a transaction on PostgreSQL, waits for the turn of this task, and of everything that depends on dependencies.
    async fn lock_task(&self, db: &Connection, scope: &TaskScope) -> Result<(), StoreError> {
        if db.get_database_backend() != DbBackend::Postgres || !db.is_transaction() {
            return Ok(());
        }
        let failed = self.place().error("waiting for a task");
        if !scope.related.is_empty() {
            // whoever closes a circle of dependencies reads rows that others change
            let lock = "LOCK TABLE orchestration_task_dependencies IN SHARE ROW EXCLUSIVE MODE";
            db.execute_unprepared(lock).await.map_err(&failed)?;
        }
        if let TaskTarget::Existing(code) = &scope.target {
            let row = task::Entity::find().select_only().column(task::Column::Id);
            let row = row.filter(task::Column::TaskCode.eq(code.as_str())).lock(LockType::Update);
            row.into_tuple::<i64>().one(db).await.map_err(&failed)?;
        }
        Ok(())
    }

    /// The state that a decision is made on, and the id of the target's row.
    async fn context(&self, db: &Connection, scope: &TaskScope) -> Result<(Option<i64>, TaskContext), StoreError> {
        let place = self.place();
        let code = match &scope.target {
            TaskTarget::Existing(code) | TaskTarget::New(Some(code)) => code.clone(),
            TaskTarget::New(None) => {
                let is_taken = async |code: String| {
                    let code = TaskCode::new(code).map_err(|error| place.damaged("orchestration_sequences", error))?;
                    Ok(load::read_task(db, place, &code).await?.is_some())
                };
                let text = code::next(db, place, "TSK", is_taken).await?;
                TaskCode::new(text).map_err(|error| place.damaged("orchestration_sequences", error))?
            }
        };
        let read = load::read_for_change(db, place, &code, self.given_time(), scope.template).await?;
        let (row, task, template, now) = match read {
            Some(read) => (Some(read.id), Some(read.task), read.template, read.now),
            None => (None, None, None, self.time(db).await?),
        };
        let sprint_exists = match &scope.sprint {
            Some(code) => {
                let row = sprint::Entity::find().filter(sprint::Column::SprintCode.eq(code.as_str())).count(db).await;
                row.map_err(place.error("reading a sprint"))? > 0
            }
            None => true,
        };
        let related = self.related(db, row, scope).await?;
        // the clock may have been set back; what comes later is never earlier
        let now = task.as_ref().map_or(now, |task: &Task| std::cmp::max(now, task.updated_at));
        Ok((row, TaskContext { code, task, template, related, sprint_exists, now }))
    }

    async fn related(
        &self,
        db: &Connection,
        target: Option<i64>,
        scope: &TaskScope,
    ) -> Result<BTreeMap<TaskCode, Related>, StoreError> {
        let mut related = BTreeMap::new();
        for code in &scope.related {
            let statement = Statement::from_sql_and_values(
                db.get_database_backend(),
                "WITH RECURSIVE waiting(id) AS (\
                   SELECT task_id FROM orchestration_task_dependencies WHERE after_task_id = $1 \
                   UNION \
                   SELECT d.task_id FROM orchestration_task_dependencies d JOIN waiting w ON d.after_task_id = w.id) \
                 SELECT task_code, status, id IN (SELECT id FROM waiting) AS waits \
                 FROM orchestration_tasks WHERE task_code = $2",
                [target.unwrap_or(0).into(), code.as_str().into()],
            );
            let row = RelatedRow::find_by_statement(statement).one(db).await;
            let Some(row) = row.map_err(self.place().error("reading dependencies"))? else { continue };
            let status =
                row.status.parse().map_err(|error| self.place().damaged(&format!("task {}", row.task_code), error))?;
            related.insert(code.clone(), Related { status, waits_for_target: row.waits });
        }
        Ok(related)
    }
}
