//! The port for reading the event log.

use orch_core::event::Event;
use orch_core::operation::OperationId;
use orch_core::store::{EventFilter, EventStore, StoreError};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::connect::{SqlStore, at_most};
use crate::entity::event;
use crate::write::time;

impl EventStore for SqlStore {
    async fn events(&self, filter: &EventFilter, limit: u64) -> Result<Vec<Event>, StoreError> {
        let mut selection = event::Entity::find();
        if let Some(after) = filter.after {
            selection = selection.filter(event::Column::Id.gt(after));
        }
        if let Some((entity_type, code)) = &filter.entity {
            selection = selection
                .filter(event::Column::EntityType.eq(entity_type.as_str()))
                .filter(event::Column::EntityId.eq(code.as_str()));
        }
        let words = [
            (event::Column::EventType, filter.event_type.as_ref().map(AsRef::<str>::as_ref)),
            (event::Column::SessionKey, filter.session.as_ref().map(AsRef::as_ref)),
            (event::Column::Actor, filter.actor.as_ref().map(AsRef::as_ref)),
            (event::Column::CorrelationId, filter.operation.as_ref().map(OperationId::as_str)),
        ];
        for (column, word) in words {
            if let Some(word) = word {
                selection = selection.filter(column.eq(word));
            }
        }
        if let Some(since) = filter.since {
            selection = selection.filter(event::Column::EmittedAt.gte(time(since)));
        }
        if let Some(until) = filter.until {
            selection = selection.filter(event::Column::EmittedAt.lt(time(until)));
        }
        let rows = selection.order_by_asc(event::Column::Id).limit(at_most(limit)).all(&self.db).await;
        rows.map_err(self.place().error("reading events"))?.into_iter().map(|row| self.read_event(row)).collect()
    }
}

impl SqlStore {
    /// The id of the newest event; 0 where there is none.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    pub async fn last_event_id(&self) -> Result<i64, StoreError> {
        let newest = event::Entity::find().order_by_desc(event::Column::Id).one(&self.db).await;
        Ok(newest.map_err(self.place().error("reading events"))?.map_or(0, |row| row.id))
    }

    pub(crate) fn read_event(&self, row: event::Model) -> Result<Event, StoreError> {
        let id = row.id;
        let read = move || -> Result<Event, Box<dyn std::error::Error + Send + Sync>> {
            Ok(Event {
                id: row.id,
                event_type: row.event_type.parse()?,
                entity_type: row.entity_type.parse()?,
                entity_code: row.entity_id,
                seq: row.seq,
                session_key: row.session_key.map(|key| key.parse()).transpose()?,
                correlation_id: OperationId::new(&row.correlation_id)?,
                actor: row.actor.parse()?,
                payload: row.payload,
                emitted_at: row.emitted_at.parse()?,
            })
        };
        read().map_err(|error| self.place().damaged(&format!("event {id}"), error))
    }
}
