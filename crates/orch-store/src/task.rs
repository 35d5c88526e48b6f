//! The port for tasks.

use std::collections::BTreeMap;

use orch_core::code::TaskCode;
use orch_core::draft::{Draft, Template};
use orch_core::event::{EntityType, Fact, NewEvent};
use orch_core::operation::Request;
use orch_core::refusal::Refusal;
use orch_core::session::Session;
use orch_core::store::{
    Answer, ChangeError, Outcome, Page, Related, StoreError, TaskChange, TaskContext, TaskFilter, TaskScope, TaskStore,
    TaskTarget, Window,
};
use orch_core::task::Task;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, FromQueryResult, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, Statement,
};
use serde_json::Value;

use crate::connect::{SqlStore, at_most};
use crate::entity::{dependency, session, sprint, task, template};
use crate::write::{self, Stream, time};
use crate::{artifact, code, load};

impl TaskStore for SqlStore {
    async fn change_task<A: Answer>(
        &self,
        request: &Request,
        scope: &TaskScope,
        decide: impl Fn(TaskContext) -> Result<TaskChange<A>, Refusal> + Send + Sync,
    ) -> Result<Outcome<A>, ChangeError> {
        let transaction = self.begin().await?;
        // a transaction that is dropped is rolled back, so every `?` leaves the store as it was
        if let Some(outcome) = write::earlier(&transaction, self.place(), request).await? {
            return Ok(outcome);
        }
        let (row, context) = self.context(&transaction, scope).await?;
        let before = context.task.clone();
        let change = decide(context)?;
        let event_ids = self.save(&transaction, request, row, before.as_ref(), &change.draft).await?;
        write::keep(&transaction, self.place(), request, &change.answer, &event_ids, change.draft.now()).await?;
        self.commit(transaction, &request.operation.id).await?;
        Ok(Outcome { answer: change.answer, operation_id: request.operation.id.clone(), event_ids, replayed: false })
    }

    async fn task(&self, code: &TaskCode) -> Result<Option<Task>, StoreError> {
        Ok(load::read_task(&self.db, self.place(), code).await?.map(|(_, task)| task))
    }

    async fn pinned_template(&self, code: &TaskCode) -> Result<Option<Template>, StoreError> {
        let task = self.task(code).await?;
        load::template(&self.db, self.place(), task.and_then(|task| task.session).as_ref()).await
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
            .add(task::Column::LeaseExpiresAt.lte(time(self.now())));
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
        let count = task::Entity::find().filter(wanted.clone()).count(&self.db).await;
        let total = count.map_err(self.place().error("counting tasks"))?;
        let mut selection = load::tasks().filter(wanted);
        for column in order {
            selection = selection.order_by_asc(*column);
        }
        let selection = selection.limit(at_most(window.limit)).offset(at_most(window.offset));
        let items = load::read_tasks(&self.db, self.place(), selection).await?;
        Ok(Page { items: items.into_iter().map(|(_, task)| task).collect(), total })
    }

    /// The state that a decision is made on, and the id of the target's row.
    async fn context(
        &self,
        transaction: &DatabaseTransaction,
        scope: &TaskScope,
    ) -> Result<(Option<i64>, TaskContext), StoreError> {
        let place = self.place();
        let code = match &scope.target {
            TaskTarget::Existing(code) | TaskTarget::New(Some(code)) => code.clone(),
            TaskTarget::New(None) => {
                let is_taken = async |code: String| {
                    let code = TaskCode::new(code).map_err(|error| place.damaged("orchestration_sequences", error))?;
                    Ok(load::read_task(transaction, place, &code).await?.is_some())
                };
                let text = code::next(transaction, place, "TSK", is_taken).await?;
                TaskCode::new(text).map_err(|error| place.damaged("orchestration_sequences", error))?
            }
        };
        let (row, task) = load::read_task(transaction, place, &code).await?.unzip();
        let session = task.as_ref().and_then(|task| task.session.as_ref()).filter(|_| scope.template);
        let template = load::template(transaction, place, session).await?;
        let sprint_exists = match &scope.sprint {
            Some(code) => self.sprint_id(transaction, code.as_str()).await?.is_some(),
            None => true,
        };
        let related = self.related(transaction, row, scope).await?;
        // the clock may have been set back; what comes later is never earlier
        let now = task.as_ref().map_or(self.now(), |task: &Task| std::cmp::max(self.now(), task.updated_at));
        Ok((row, TaskContext { code, task, template, related, sprint_exists, now }))
    }

    async fn sprint_id(&self, transaction: &DatabaseTransaction, code: &str) -> Result<Option<i64>, StoreError> {
        let row = sprint::Entity::find().filter(sprint::Column::SprintCode.eq(code)).one(transaction).await;
        Ok(row.map_err(self.place().error("reading a sprint"))?.map(|row| row.id))
    }

    async fn related(
        &self,
        transaction: &DatabaseTransaction,
        target: Option<i64>,
        scope: &TaskScope,
    ) -> Result<BTreeMap<TaskCode, Related>, StoreError> {
        let mut related = BTreeMap::new();
        for code in &scope.related {
            let statement = Statement::from_sql_and_values(
                transaction.get_database_backend(),
                "WITH RECURSIVE waiting(id) AS (\
                   SELECT task_id FROM orchestration_task_dependencies WHERE after_task_id = $1 \
                   UNION \
                   SELECT d.task_id FROM orchestration_task_dependencies d JOIN waiting w ON d.after_task_id = w.id) \
                 SELECT task_code, status, id IN (SELECT id FROM waiting) AS waits \
                 FROM orchestration_tasks WHERE task_code = $2",
                [target.unwrap_or(0).into(), code.as_str().into()],
            );
            let row = RelatedRow::find_by_statement(statement).one(transaction).await;
            let Some(row) = row.map_err(self.place().error("reading dependencies"))? else { continue };
            let status =
                row.status.parse().map_err(|error| self.place().damaged(&format!("task {}", row.task_code), error))?;
            related.insert(code.clone(), Related { status, waits_for_target: row.waits });
        }
        Ok(related)
    }

    async fn save(
        &self,
        transaction: &DatabaseTransaction,
        request: &Request,
        row: Option<i64>,
        before: Option<&Task>,
        draft: &Draft,
    ) -> Result<Vec<i64>, StoreError> {
        if draft.events().is_empty() {
            return Ok(Vec::new());
        }
        let task = draft.task();
        let base = task.version - i64::try_from(draft.events().len()).unwrap_or(i64::MAX);
        if base != before.map_or(0, |task| task.version) {
            return Err(StoreError::Conflict { what: format!("task {}", task.code) });
        }
        let id = self.save_row(transaction, row, before, task).await?;
        if let Some(template) = draft.template() {
            self.save_template(transaction, template).await?;
        }
        let old_session = before.and_then(|task| task.session.as_ref());
        for session in draft.left_sessions().iter().chain(&task.session) {
            if Some(session) != old_session {
                // a session that begins is a new row, so that a key used twice is refused
                let begins = |new: &NewEvent| {
                    matches!(new.fact, Fact::SessionStarted(_)) && new.session_key.as_ref() == Some(&session.key)
                };
                let is_new = draft.events().iter().any(begins);
                self.save_session(transaction, id, is_new, session).await?;
            }
        }
        self.save_dependencies(transaction, id, before, task).await?;
        for file in draft.contents() {
            artifact::save(transaction, self.place(), id, file, draft.now()).await?;
        }
        let stream = Stream {
            entity_type: EntityType::Task,
            code: task.code.as_str(),
            last_seq: before.map_or(0, |task| task.version),
        };
        write::append(transaction, self.place(), request, &stream, draft.events(), draft.now()).await
    }

    async fn save_row(
        &self,
        transaction: &DatabaseTransaction,
        row: Option<i64>,
        before: Option<&Task>,
        task: &Task,
    ) -> Result<i64, StoreError> {
        let failed = self.place().error("saving a task");
        let sprint_id = match &task.sprint {
            Some(code) => self.sprint_id(transaction, code.as_str()).await?,
            None => None,
        };
        let model = task::ActiveModel {
            id: NotSet,
            task_code: Set(task.code.to_string()),
            sprint_id: Set(sprint_id),
            title: Set(task.title.clone()),
            description: Set(task.description.clone()),
            task_type: Set(task.task_type.to_string()),
            status: Set(task.status.to_string()),
            priority: Set(task.priority.to_string()),
            metadata: Set(Value::Object(task.full_metadata())),
            version: Set(task.version),
            lease_holder: Set(task.lease.as_ref().map(|lease| lease.holder.to_string())),
            lease_seconds: Set(task.lease.as_ref().map(|lease| i64::from(lease.seconds))),
            lease_expires_at: Set(task.lease.as_ref().map(|lease| time(lease.expires_at))),
            created_at: Set(time(task.created_at)),
            updated_at: Set(time(task.updated_at)),
        };
        let Some((id, before)) = row.zip(before) else {
            let inserted = task::Entity::insert(model).exec(transaction).await.map_err(&failed)?;
            return Ok(inserted.last_insert_id);
        };
        let updated = task::Entity::update_many()
            .set(model)
            .filter(task::Column::Id.eq(id))
            .filter(task::Column::Version.eq(before.version))
            .exec(transaction)
            .await
            .map_err(&failed)?;
        match updated.rows_affected {
            1 => Ok(id),
            _ => Err(StoreError::Conflict { what: format!("task {}", task.code) }),
        }
    }

    async fn save_template(&self, transaction: &DatabaseTransaction, new: &Template) -> Result<(), StoreError> {
        let row = template::ActiveModel {
            sha256: Set(new.sha256.clone()),
            name: Set(new.name.clone()),
            content: Set(new.content.clone()),
        };
        let keep = OnConflict::column(template::Column::Sha256).do_nothing().to_owned();
        let inserted = template::Entity::insert(row).on_conflict(keep).exec_without_returning(transaction).await;
        inserted.map(drop).map_err(self.place().error("pinning a template"))
    }

    async fn save_session(
        &self,
        transaction: &DatabaseTransaction,
        task_id: i64,
        is_new: bool,
        new: &Session,
    ) -> Result<(), StoreError> {
        let failed = self.place().error("saving a session");
        let state = serde_json::to_value(new)
            .map_err(|error| StoreError::Failed { doing: "saving a session", source: error.into() })?;
        let model = session::ActiveModel {
            id: NotSet,
            session_key: Set(new.key.to_string()),
            task_id: Set(task_id),
            active: Set(new.active),
            current_phase: Set(new.current_phase.to_string()),
            template_sha256: Set(new.template.sha256.clone()),
            state: Set(state),
            started_at: Set(time(new.started_at)),
            ended_at: Set(new.ended_at.map(time)),
        };
        if is_new {
            session::Entity::insert(model).exec_without_returning(transaction).await.map_err(&failed)?;
        } else {
            let key = session::Column::SessionKey.eq(new.key.as_str());
            session::Entity::update_many().set(model).filter(key).exec(transaction).await.map_err(&failed)?;
        }
        Ok(())
    }

    async fn save_dependencies(
        &self,
        transaction: &DatabaseTransaction,
        id: i64,
        before: Option<&Task>,
        task: &Task,
    ) -> Result<(), StoreError> {
        if before.map_or(task.after.is_empty(), |before| before.after == task.after) {
            return Ok(());
        }
        let failed = self.place().error("saving dependencies");
        let old = dependency::Entity::delete_many().filter(dependency::Column::TaskId.eq(id));
        old.exec(transaction).await.map_err(&failed)?;
        let codes = task.after.iter().map(TaskCode::as_str);
        let ids: Vec<i64> = task::Entity::find()
            .select_only()
            .column(task::Column::Id)
            .filter(task::Column::TaskCode.is_in(codes))
            .into_tuple()
            .all(transaction)
            .await
            .map_err(&failed)?;
        if !ids.is_empty() {
            let rows =
                ids.into_iter().map(|after| dependency::ActiveModel { task_id: Set(id), after_task_id: Set(after) });
            dependency::Entity::insert_many(rows).exec_without_returning(transaction).await.map_err(&failed)?;
        }
        Ok(())
    }
}
