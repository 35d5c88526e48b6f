//! The port for reading the event log.

use orch_core::event::Event;
use orch_core::operation::OperationId;
use orch_core::store::{EventFilter, EventStore, StoreError};
use sea_orm::{ColumnTrait, ConnectionTrait as _, DbBackend, EntityTrait, QueryFilter, Statement};

use crate::connection::Connection;
use crate::entity::event;
use crate::error::Place;
use crate::log::Log;
use crate::store::{SqlStore, at_most};

impl EventStore for SqlStore {
    async fn events(&self, filter: &EventFilter, limit: u64) -> Result<Vec<Event>, StoreError> {
        let mut selection = event::Entity::find();
        if !filter.archived {
            selection = selection.filter(event::Column::ArchivedAt.is_null());
        }
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
            selection = selection.filter(event::Column::EmittedAt.gte(since));
        }
        if let Some(until) = filter.until {
            selection = selection.filter(event::Column::EmittedAt.lt(until));
        }
        let selection = &selection;
        // whoever goes on after an id must not pass one that is still on its way; whoever does not sees all there is
        let is_feed = filter.after.is_some();
        let look = |log: Log| async move {
            let mut selection = selection.clone();
            if is_feed && let Some(horizon) = self.horizon(&log.db).await? {
                selection = selection.filter(event::Column::Id.lte(horizon));
            }
            let rows = log.select(selection, event::Column::Id, at_most(limit)).await;
            rows.map_err(self.place().error("reading events"))?
                .into_iter()
                .map(|row| read_event(self.place(), row))
                .collect()
        };
        self.read_log(filter.archived, look).await
    }
}

impl SqlStore {
    /// The greatest id up to which no event is still on its way: whoever reads from there on misses none.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    pub async fn settled_event_id(&self) -> Result<i64, StoreError> {
        let look = |db| async move {
            if let Some(horizon) = self.horizon(&db).await? {
                return Ok(horizon);
            }
            // one writes after the other, so what is to be seen is settled; the newest event may be archived
            let failed = self.place().error("reading events");
            let sql = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'orchestration_events'";
            let row = db.query_one_raw(Statement::from_string(DbBackend::Sqlite, sql)).await.map_err(&failed)?;
            row.map_or(Ok(0), |row| row.try_get_by_index(0)).map_err(&failed)
        };
        self.read(look).await
    }

    /// The greatest id up to which all events are committed, where several write at once: what a later statement reads up
    /// to it is all that there will be. See the migration that makes the function.
    async fn horizon(&self, db: &Connection) -> Result<Option<i64>, StoreError> {
        if db.get_database_backend() != DbBackend::Postgres {
            return Ok(None);
        }
        let failed = self.place().error("reading the log's horizon");
        let statement = Statement::from_string(DbBackend::Postgres, "SELECT orchestration_events_horizon()");
        let row = db.query_one_raw(statement).await.map_err(&failed)?;
        row.map(|row| row.try_get_by_index(0)).transpose().map_err(&failed)
    }
}

/// A row of the log as an event.
pub(crate) fn read_event(place: Place<'_>, row: event::Model) -> Result<Event, StoreError> {
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
            emitted_at: row.emitted_at,
            external: row.external.map(serde_json::from_value).transpose()?,
        })
    };
    read().map_err(|error| place.damaged(&format!("event {id}"), error))
}
