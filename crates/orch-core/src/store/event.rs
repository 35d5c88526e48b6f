//! The ports for reading the event log and the contents of artifacts. Both are written with a task's change only.

use std::future::Future;

use chrono::{DateTime, Utc};

use super::StoreError;
use crate::code::{Actor, ArtifactName, EventType, SessionKey, TaskCode};
use crate::event::{EntityType, Event};
use crate::operation::OperationId;

/// Which events to read; what is `None` does not count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Only those with a greater id, as a feed: an event is held back while one with a lesser id is still on its way.
    pub after: Option<i64>,
    /// Only those of this task, sprint or bug.
    pub entity: Option<(EntityType, String)>,
    /// Only those of this type.
    pub event_type: Option<EventType>,
    /// Only those of this session.
    pub session: Option<SessionKey>,
    /// Only those by this actor.
    pub actor: Option<Actor>,
    /// Only those that this operation wrote.
    pub operation: Option<OperationId>,
    /// Only those at this time or later.
    pub since: Option<DateTime<Utc>>,
    /// Only those before this time.
    pub until: Option<DateTime<Utc>>,
    /// Also those that the store has archived. A store without an archive gives the same without it.
    pub archived: bool,
}

/// Reads the event log.
pub trait EventStore: Send + Sync {
    /// At most `limit` events by rising id. Who begins with [`EventFilter::after`] at 0 and passes the last id on misses none
    /// and sees none twice, also where several write at once. Any limit and any id is taken, the greatest too.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    fn events(&self, filter: &EventFilter, limit: u64) -> impl Future<Output = Result<Vec<Event>, StoreError>> + Send;
}

/// Reads the contents of artifacts.
pub trait ArtifactStore: Send + Sync {
    /// The content of an artifact as it was last saved, byte for byte.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    fn artifact(
        &self,
        task: &TaskCode,
        name: &ArtifactName,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send;
}
