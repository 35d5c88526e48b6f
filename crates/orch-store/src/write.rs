//! What every change writes beside its entity: its events, and the answer under its idempotency key.

use chrono::{DateTime, SecondsFormat, Utc};
use orch_core::event::{EntityType, NewEvent};
use orch_core::operation::{OperationId, Request};
use orch_core::store::{Answer, Outcome, StoreError};
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};

use crate::entity::{event, operation};
use crate::error::Place;

/// A time as it is stored: RFC 3339, UTC, always with microseconds, so that text sorts as time does.
pub(crate) fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// What is kept under an idempotency key: hooks write further events of the same operation, so the ids are kept, too.
#[derive(Serialize, Deserialize)]
struct Kept<A> {
    answer: A,
    event_ids: Vec<i64>,
}

/// The outcome of an earlier request with the same idempotency key.
pub(crate) async fn earlier<A: Answer>(
    transaction: &DatabaseTransaction,
    place: Place<'_>,
    request: &Request,
) -> Result<Option<Outcome<A>>, StoreError> {
    let Some(key) = &request.operation.key else { return Ok(None) };
    let failed = place.error("looking an idempotency key up");
    let known = operation::Entity::find().filter(operation::Column::IdempotencyKey.eq(key.as_str()));
    let Some(known) = known.one(transaction).await.map_err(&failed)? else { return Ok(None) };
    let operation_id =
        OperationId::new(&known.operation_id).map_err(|error| place.damaged("orchestration_operations", error))?;
    if known.fingerprint != request.fingerprint {
        return Err(StoreError::KeyReused { first: operation_id });
    }
    let Kept { answer, event_ids } =
        serde_json::from_value(known.answer).map_err(|error| place.damaged("orchestration_operations", error))?;
    Ok(Some(Outcome { answer, operation_id, event_ids, replayed: true }))
}

/// Keeps the answer under the request's idempotency key, if it has one.
pub(crate) async fn keep<A: Answer>(
    transaction: &DatabaseTransaction,
    place: Place<'_>,
    request: &Request,
    answer: &A,
    event_ids: &[i64],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let Some(key) = &request.operation.key else { return Ok(()) };
    let answer = serde_json::to_value(Kept { answer, event_ids: event_ids.to_vec() })
        .map_err(|error| StoreError::Failed { doing: "keeping an answer", source: error.into() })?;
    let row = operation::ActiveModel {
        operation_id: Set(request.operation.id.to_string()),
        idempotency_key: Set(key.to_string()),
        fingerprint: Set(request.fingerprint.clone()),
        answer: Set(answer),
        created_at: Set(time(now)),
    };
    let inserted = operation::Entity::insert(row).exec_without_returning(transaction).await;
    inserted.map(drop).map_err(place.error("keeping an answer"))
}

/// Which entity events belong to, and the number of the one before them.
pub(crate) struct Stream<'a> {
    pub(crate) entity_type: EntityType,
    pub(crate) code: &'a str,
    pub(crate) last_seq: i64,
}

/// Appends events and returns their ids.
pub(crate) async fn append(
    transaction: &DatabaseTransaction,
    place: Place<'_>,
    request: &Request,
    stream: &Stream<'_>,
    events: &[NewEvent],
    now: DateTime<Utc>,
) -> Result<Vec<i64>, StoreError> {
    let rows = events.iter().zip(stream.last_seq + 1..).map(|(new, seq)| event::ActiveModel {
        event_type: Set(new.fact.event_type().to_string()),
        entity_type: Set(stream.entity_type.to_string()),
        entity_id: Set(stream.code.to_owned()),
        seq: Set(seq),
        session_key: Set(new.session_key.as_ref().map(ToString::to_string)),
        correlation_id: Set(request.operation.id.to_string()),
        actor: Set(request.operation.actor.to_string()),
        payload: Set(new.fact.payload()),
        emitted_at: Set(time(now)),
        ..Default::default()
    });
    let mut ids = event::Entity::insert_many(rows)
        .exec_with_returning_keys(transaction)
        .await
        .map_err(place.error("appending events"))?;
    ids.sort_unstable();
    Ok(ids)
}
