//! The port for sprints.

use orch_core::code::SprintCode;
use orch_core::event::{EntityType, NewEvent};
use orch_core::operation::Request;
use orch_core::refusal::Refusal;
use orch_core::sprint::Sprint;
use orch_core::store::{
    Answer, ChangeError, Outcome, Page, SprintChange, SprintContext, SprintStore, SprintTarget, StoreError, Window,
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde_json::Value;

use crate::connect::{SqlStore, at_most};
use crate::entity::sprint;
use crate::write::{self, Stream, time};
use crate::{code, load};

impl SprintStore for SqlStore {
    async fn change_sprint<A: Answer>(
        &self,
        request: &Request,
        target: &SprintTarget,
        decide: impl Fn(SprintContext) -> Result<SprintChange<A>, Refusal> + Send + Sync,
    ) -> Result<Outcome<A>, ChangeError> {
        let transaction = self.begin().await?;
        if let Some(outcome) = write::earlier(&transaction, self.place(), request).await? {
            return Ok(outcome);
        }
        let context = self.sprint_context(&transaction, target).await?;
        let (now, before) = (context.now, context.sprint.clone());
        let change = decide(context)?;
        let mut event_ids = Vec::new();
        if !change.facts.is_empty() {
            self.save_sprint(&transaction, before.as_ref(), &change.sprint).await?;
            let events: Vec<NewEvent> =
                change.facts.into_iter().map(|fact| NewEvent { fact, session_key: None }).collect();
            let stream = Stream {
                entity_type: EntityType::Sprint,
                code: change.sprint.code.as_str(),
                last_seq: before.map_or(0, |sprint| sprint.version),
            };
            event_ids = write::append(&transaction, self.place(), request, &stream, &events, now).await?;
        }
        write::keep(&transaction, self.place(), request, &change.answer, &event_ids, now).await?;
        self.commit(transaction, &request.operation.id).await?;
        Ok(Outcome { answer: change.answer, operation_id: request.operation.id.clone(), event_ids, replayed: false })
    }

    async fn sprint(&self, code: &SprintCode) -> Result<Option<Sprint>, StoreError> {
        self.read_sprint(&self.db, code.as_str()).await
    }

    async fn sprints(&self, window: Window) -> Result<Page<Sprint>, StoreError> {
        let failed = self.place().error("reading sprints");
        let total = sprint::Entity::find().count(&self.db).await.map_err(&failed)?;
        let rows = sprint::Entity::find()
            .order_by_asc(sprint::Column::Id)
            .limit(at_most(window.limit))
            .offset(at_most(window.offset));
        let rows = rows.all(&self.db).await.map_err(&failed)?;
        let items = rows.into_iter().map(|row| load::sprint(self.place(), row)).collect::<Result<_, _>>()?;
        Ok(Page { items, total })
    }
}

impl SqlStore {
    async fn read_sprint(&self, db: &impl ConnectionTrait, code: &str) -> Result<Option<Sprint>, StoreError> {
        let row = sprint::Entity::find().filter(sprint::Column::SprintCode.eq(code)).one(db).await;
        row.map_err(self.place().error("reading a sprint"))?.map(|row| load::sprint(self.place(), row)).transpose()
    }

    async fn sprint_context(
        &self,
        transaction: &DatabaseTransaction,
        target: &SprintTarget,
    ) -> Result<SprintContext, StoreError> {
        let code = match target {
            SprintTarget::Existing(code) | SprintTarget::New(Some(code)) => code.clone(),
            SprintTarget::New(None) => {
                let is_taken = async |code: String| Ok(self.read_sprint(transaction, &code).await?.is_some());
                let text = code::next(transaction, self.place(), "SPR", is_taken).await?;
                SprintCode::new(text).map_err(|error| self.place().damaged("orchestration_sequences", error))?
            }
        };
        let sprint = self.read_sprint(transaction, code.as_str()).await?;
        let now = sprint.as_ref().map_or(self.now(), |sprint| self.now().max(sprint.updated_at));
        Ok(SprintContext { code, sprint, now })
    }

    async fn save_sprint(
        &self,
        transaction: &DatabaseTransaction,
        before: Option<&Sprint>,
        new: &Sprint,
    ) -> Result<(), StoreError> {
        let failed = self.place().error("saving a sprint");
        let model = sprint::ActiveModel {
            id: NotSet,
            sprint_code: Set(new.code.to_string()),
            title: Set(new.title.clone()),
            status: Set(new.status.to_string()),
            metadata: Set(Value::Object(new.metadata.clone())),
            version: Set(new.version),
            created_at: Set(time(new.created_at)),
            updated_at: Set(time(new.updated_at)),
        };
        let Some(before) = before else {
            return sprint::Entity::insert(model).exec_without_returning(transaction).await.map(drop).map_err(&failed);
        };
        let updated = sprint::Entity::update_many()
            .set(model)
            .filter(sprint::Column::SprintCode.eq(new.code.as_str()))
            .filter(sprint::Column::Version.eq(before.version))
            .exec(transaction)
            .await
            .map_err(&failed)?;
        match updated.rows_affected {
            1 => Ok(()),
            _ => Err(StoreError::Conflict { what: format!("sprint {}", new.code) }),
        }
    }
}
