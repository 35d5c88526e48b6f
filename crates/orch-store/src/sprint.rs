//! The port for sprints.

use orch_core::code::SprintCode;
use orch_core::event::{EntityType, NewEvent};
use orch_core::operation::Request;
use orch_core::refusal::Refusal;
use orch_core::sprint::Sprint;
use orch_core::store::{
    Answer, ChangeError, Outcome, Page, SprintChange, SprintContext, SprintStore, SprintTarget, StoreError, Window,
};
use sea_orm::sea_query::LockType;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait as _,
};
use serde_json::Value;

use crate::change::{Change, Step};
use crate::connection::Connection;
use crate::entity::sprint;
use crate::index::Belongs;
use crate::plan::Plan;
use crate::store::{SqlStore, at_most};
use crate::write::{self, Span};
use crate::{code, load};

impl SprintStore for SqlStore {
    async fn change_sprint<A: Answer>(
        &self,
        request: &Request,
        target: &SprintTarget,
        decide: impl Fn(SprintContext) -> Result<SprintChange<A>, Refusal> + Send + Sync,
    ) -> Result<Outcome<A>, ChangeError> {
        let mut change = Change::new(self, request, matches!(target, SprintTarget::New(_)));
        loop {
            match Box::pin(self.try_sprint_change(&mut change, request, target, &decide)).await {
                Ok(Step::Done(outcome)) => return Ok(outcome),
                Ok(Step::Lock) => change.lock(),
                Err(ChangeError::Store(error)) => change.again(error).await?,
                Err(refused) => return Err(refused),
            }
        }
    }

    async fn sprint(&self, code: &SprintCode) -> Result<Option<Sprint>, StoreError> {
        self.read(|db| async move { self.read_sprint(&db, code.as_str()).await }).await
    }

    async fn sprints(&self, window: Window) -> Result<Page<Sprint>, StoreError> {
        let look = |db| async move {
            let failed = self.place().error("reading sprints");
            let total = sprint::Entity::find().count(&db).await.map_err(&failed)?;
            let rows = sprint::Entity::find()
                .order_by_asc(sprint::Column::Id)
                .limit(at_most(window.limit))
                .offset(at_most(window.offset));
            let rows = rows.all(&db).await.map_err(&failed)?;
            let items = rows.into_iter().map(|row| load::sprint(self.place(), row)).collect::<Result<_, _>>()?;
            Ok(Page { items, total })
        };
        self.read(look).await
    }
}

impl SqlStore {
    async fn read_sprint(&self, db: &Connection, code: &str) -> Result<Option<Sprint>, StoreError> {
        let row = sprint::Entity::find().filter(sprint::Column::SprintCode.eq(code)).one(db).await;
        row.map_err(self.place().error("reading a sprint"))?.map(|row| load::sprint(self.place(), row)).transpose()
    }

    async fn try_sprint_change<A: Answer>(
        &self,
        change: &mut Change<'_, A>,
        request: &Request,
        target: &SprintTarget,
        decide: &(impl Fn(SprintContext) -> Result<SprintChange<A>, Refusal> + Send + Sync),
    ) -> Result<Step<A>, ChangeError> {
        let db = change.begin().await?;
        self.lock_sprint(&db, target).await?;
        if let Some(outcome) = write::earlier(&db, self, request).await? {
            return Ok(Step::Done(outcome));
        }
        if let Some(outcome) = change.found(&db).await? {
            return Ok(Step::Done(outcome));
        }
        let context = self.sprint_context(&db, target).await?;
        let (now, before) = (context.now, context.sprint.clone());
        let SprintChange { sprint, facts, answer } = decide(context)?;
        let mut plan = Plan::new(format!("sprint {}", sprint.code));
        let last = before.as_ref().map_or(0, |sprint| sprint.version);
        let wrote = Span::after(EntityType::Sprint, sprint.code.as_str(), last, facts.len());
        if !facts.is_empty() {
            save(&mut plan, before.as_ref(), &sprint);
            let events: Vec<NewEvent> = facts.into_iter().map(|fact| NewEvent { fact, session_key: None }).collect();
            let belongs = Belongs::Sprint(sprint.code.to_string());
            write::append(&mut plan, request, [(&wrote, belongs, events.as_slice())], now);
        }
        let wrote = vec![wrote];
        write::keep(&mut plan, request, &answer, &wrote, now)?;
        Ok(change.carry_out(db, plan, answer, wrote, now).await?)
    }

    /// In a transaction on PostgreSQL, waits for the turn of this sprint.
    async fn lock_sprint(&self, db: &Connection, target: &SprintTarget) -> Result<(), StoreError> {
        let SprintTarget::Existing(code) = target else { return Ok(()) };
        if db.get_database_backend() == DbBackend::Postgres && db.is_transaction() {
            let row = sprint::Entity::find().select_only().column(sprint::Column::Id);
            let row = row.filter(sprint::Column::SprintCode.eq(code.as_str())).lock(LockType::Update);
            row.into_tuple::<i64>().one(db).await.map_err(self.place().error("waiting for a sprint"))?;
        }
        Ok(())
    }

    async fn sprint_context(&self, db: &Connection, target: &SprintTarget) -> Result<SprintContext, StoreError> {
        let code = match target {
            SprintTarget::Existing(code) | SprintTarget::New(Some(code)) => code.clone(),
            SprintTarget::New(None) => {
                let is_taken = async |code: String| Ok(self.read_sprint(db, &code).await?.is_some());
                let text = code::next(db, self.place(), "SPR", is_taken).await?;
                SprintCode::new(text).map_err(|error| self.place().damaged("orchestration_sequences", error))?
            }
        };
        let now = self.time(db).await?;
        let sprint = self.read_sprint(db, code.as_str()).await?;
        let now = sprint.as_ref().map_or(now, |sprint| now.max(sprint.updated_at));
        Ok(SprintContext { code, sprint, now })
    }
}

fn save(plan: &mut Plan, before: Option<&Sprint>, new: &Sprint) {
    let row = sprint::ActiveModel {
        id: NotSet,
        sprint_code: Set(new.code.to_string()),
        title: Set(new.title.clone()),
        status: Set(new.status.to_string()),
        metadata: Set(Value::Object(new.metadata.clone())),
        version: Set(new.version),
        created_at: Set(new.created_at),
        updated_at: Set(new.updated_at),
    };
    match before {
        None => plan.add(sprint::Entity::insert(row).into_query()),
        Some(before) => plan.guard(
            sprint::Entity::update_many()
                .set(row)
                .filter(sprint::Column::SprintCode.eq(new.code.as_str()))
                .filter(sprint::Column::Version.eq(before.version))
                .into_query(),
        ),
    }
}
