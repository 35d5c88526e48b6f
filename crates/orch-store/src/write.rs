//! What every change writes beside its entity: its events, and the answer under its idempotency key.

use chrono::{DateTime, SecondsFormat, Utc};
use orch_core::event::{EntityType, NewEvent};
use orch_core::operation::{OperationId, Request};
use orch_core::store::{Answer, Outcome, StoreError};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryTrait as _};
use serde::{Deserialize, Serialize};

use crate::connection::Connection;
use crate::entity::{event, operation};
use crate::index::{self, Belongs, Indexed};
use crate::log::Log;
use crate::plan::Plan;
use crate::store::SqlStore;

/// A time as SQLite has it: RFC 3339, UTC, always with microseconds, so that text sorts as time does.
pub(crate) fn time_text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// The events that one change wrote: some that follow each other in the log of one entity. Hooks write further events of
/// the same operation, so its id does not tell them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Span {
    entity_type: EntityType,
    code: String,
    first: i64,
    last: i64,
}

impl Span {
    /// `count` events after number `last` of an entity.
    pub(crate) fn after(entity_type: EntityType, code: &str, last: i64, count: usize) -> Self {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        Self { entity_type, code: code.to_owned(), first: last + 1, last: last.saturating_add(count) }
    }

    /// The ids of those of them that are in the log, archived or not, and were written by this operation.
    pub(crate) async fn ids(
        &self,
        db: &Connection,
        store: &SqlStore,
        operation: &OperationId,
    ) -> Result<Vec<i64>, StoreError> {
        let look = |log: Log| async move {
            let wrote = event::Entity::find()
                .filter(event::Column::EntityType.eq(self.entity_type.as_str()))
                .filter(event::Column::EntityId.eq(&*self.code))
                .filter(event::Column::Seq.between(self.first, self.last))
                .filter(event::Column::CorrelationId.eq(operation.as_str()));
            let rows = log.select(wrote, event::Column::Seq, u64::MAX >> 1).await;
            let rows = rows.map_err(store.place().error("looking events up"))?;
            Ok(rows.into_iter().map(|row| row.id).collect::<Vec<i64>>())
        };
        let at_hand = look(Log::at_hand(db.clone())).await?;
        if at_hand.len() as u64 == (self.last + 1).abs_diff(self.first) {
            return Ok(at_hand);
        }
        match Log::whole(db.clone()) {
            Some(whole) => look(whole).await,
            None => store.read_log(true, look).await,
        }
    }
}

/// All ids of some spans, in order; empty where none of them was written.
pub(crate) async fn ids(
    spans: &[Span],
    db: &Connection,
    store: &SqlStore,
    operation: &OperationId,
) -> Result<Vec<i64>, StoreError> {
    let mut ids = Vec::new();
    for span in spans {
        ids.extend(span.ids(db, store, operation).await?);
    }
    ids.sort_unstable();
    Ok(ids)
}

/// What is kept under an idempotency key: the stored form of an answer.
#[derive(Serialize, Deserialize)]
struct Kept<A> {
    answer: A,
    wrote: Span,
    /// Where the change was of more than one entity.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    others: Vec<Span>,
}

/// The outcome of an earlier request with the same idempotency key.
pub(crate) async fn earlier<A: Answer>(
    db: &Connection,
    store: &SqlStore,
    request: &Request,
) -> Result<Option<Outcome<A>>, StoreError> {
    let Some(key) = &request.operation.key else { return Ok(None) };
    let place = store.place();
    let failed = place.error("looking an idempotency key up");
    let known = operation::Entity::find().filter(operation::Column::IdempotencyKey.eq(key.as_str()));
    let Some(known) = known.one(db).await.map_err(&failed)? else { return Ok(None) };
    let operation_id =
        OperationId::new(&known.operation_id).map_err(|error| place.damaged("orchestration_operations", error))?;
    if known.fingerprint != request.fingerprint {
        return Err(StoreError::KeyReused { first: operation_id });
    }
    let Kept { answer, wrote, mut others } =
        serde_json::from_value(known.answer).map_err(|error| place.damaged("orchestration_operations", error))?;
    others.push(wrote);
    let event_ids = ids(&others, db, store, &operation_id).await?;
    Ok(Some(Outcome { answer, operation_id, event_ids, replayed: true }))
}

/// Keeps the answer under the request's idempotency key, if it has one. At least one span says what was written, even if that
/// is nothing.
pub(crate) fn keep<A: Answer>(
    plan: &mut Plan,
    request: &Request,
    answer: &A,
    wrote: &[Span],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let (Some(key), Some((first, others))) = (&request.operation.key, wrote.split_first()) else { return Ok(()) };
    let answer = serde_json::to_value(Kept { answer, wrote: first.clone(), others: others.to_vec() })
        .map_err(|error| StoreError::Failed { doing: "keeping an answer", source: error.into() })?;
    let row = operation::ActiveModel {
        operation_id: Set(request.operation.id.to_string()),
        idempotency_key: Set(key.to_string()),
        fingerprint: Set(request.fingerprint.clone()),
        answer: Set(answer),
        created_at: Set(now),
    };
    plan.add(operation::Entity::insert(row).into_query());
    Ok(())
}

/// Appends the events of one or more entities to the plan, each with the place where it is searched for.
pub(crate) fn append<'e>(
    plan: &mut Plan,
    request: &Request,
    written: impl IntoIterator<Item = (&'e Span, Belongs, &'e [NewEvent])>,
    now: DateTime<Utc>,
) {
    let (mut rows, mut index) = (Vec::new(), Vec::new());
    for (span, belongs, events) in written {
        for (new, seq) in events.iter().zip(span.first..) {
            let (event_type, payload) = (new.fact.event_type().to_string(), new.fact.payload());
            let session_key = new.session_key.as_ref().map(ToString::to_string);
            let belongs = match span.entity_type {
                EntityType::Bug => index::task_in(&payload).map_or(belongs.clone(), Belongs::TaskOnRecord),
                _ => belongs.clone(),
            };
            let indexed = Indexed::new(belongs, &event_type, request.operation.actor.as_str(), &payload);
            index.push(Indexed { session: session_key.clone(), ..indexed });
            rows.push(event::ActiveModel {
                event_type: Set(event_type),
                entity_type: Set(span.entity_type.to_string()),
                entity_id: Set(span.code.clone()),
                seq: Set(seq),
                session_key: Set(session_key),
                correlation_id: Set(request.operation.id.to_string()),
                actor: Set(request.operation.actor.to_string()),
                payload: Set(payload),
                emitted_at: Set(now),
                ..Default::default()
            });
        }
    }
    if !rows.is_empty() {
        plan.append(event::Entity::insert_many(rows).into_query(), index);
    }
}
