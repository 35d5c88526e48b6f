//! The archive of the event log: whole months are moved out of the way, and can still be read.
//!
//! On SQLite they go to a file beside the store, on PostgreSQL to another table of the same database. Both count months in
//! UTC, so the same log is archived in the same way.

use std::collections::BTreeSet;
use std::path::Path;

use chrono::{DateTime, Utc};
use orch_core::store::StoreError;

use crate::month::Month;
use crate::store::{Engine, SqlStore};

/// Events that are archived.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Archived {
    /// How many.
    pub events: u64,
    /// The months they were emitted in.
    pub months: BTreeSet<Month>,
}

/// Archiving that came to an end too early. What was archived stays so; the next run archives the rest.
#[derive(Debug, thiserror::Error)]
#[error("{} events were archived before it ended", archived.events)]
pub struct ArchiveError {
    /// What was archived.
    pub archived: Archived,
    /// Whether anything at all was changed.
    pub changed: bool,
    /// What ended it.
    #[source]
    pub source: StoreError,
}

/// What a run has done so far, and whom it tells.
pub(crate) struct Run<'a> {
    pub(crate) archived: Archived,
    pub(crate) changed: bool,
    tell: &'a (dyn Fn(&Archived) + Send + Sync),
}

impl Run<'_> {
    /// Counts events of a month.
    pub(crate) fn add(&mut self, month: Month, events: u64) {
        self.changed = true;
        if events > 0 {
            self.archived.events += events;
            self.archived.months.insert(month);
        }
        (self.tell)(&self.archived);
    }
}

impl SqlStore {
    /// The events at hand of all months that are over and end at `before` or earlier: what [`SqlStore::archive`] would
    /// archive now.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    pub async fn archivable(&self, before: DateTime<Utc>) -> Result<Archived, StoreError> {
        let Some(end) = self.archive_end(before).await? else { return Ok(Archived::default()) };
        let look = |db| async move {
            match &self.engine {
                Engine::Sqlite { .. } => self.archivable_in_file(&db, end).await,
                Engine::Postgres(_) => self.archivable_on_server(&db, end).await,
            }
        };
        self.read(look).await
    }

    /// Archives the events of all months that are over and end at `before` or earlier. Whoever writes meanwhile waits a few
    /// milliseconds at most. May be repeated: it goes on where it was ended, by a kill too. `tell` hears how far it is.
    ///
    /// # Errors
    /// [`ArchiveError`] if it came to an end too early.
    pub async fn archive(
        &self,
        before: DateTime<Utc>,
        tell: impl Fn(&Archived) + Send + Sync,
    ) -> Result<Archived, ArchiveError> {
        let mut run = Run { archived: Archived::default(), changed: false, tell: &tell };
        let done = async {
            let Some(end) = self.archive_end(before).await? else { return Ok(()) };
            match &self.engine {
                Engine::Sqlite { archive, .. } => self.archive_into_file(archive, end, &mut run).await,
                Engine::Postgres(server) => self.archive_on_server(server, end, &mut run).await,
            }
        };
        match done.await {
            Ok(()) => Ok(run.archived),
            Err(source) => Err(ArchiveError { archived: run.archived, changed: run.changed, source }),
        }
    }

    /// The file that takes archived events, whether it is there or not. A copy of the store needs it, too, and is made of
    /// the store first. `None` where they stay in the database.
    #[must_use]
    pub fn archive_path(&self) -> Option<&Path> {
        match &self.engine {
            Engine::Sqlite { archive, .. } => Some(archive.path()),
            Engine::Postgres(_) => None,
        }
    }

    /// The month that archiving ends before. The month that is running is still written to.
    async fn archive_end(&self, before: DateTime<Utc>) -> Result<Option<Month>, StoreError> {
        let now = self.read(|db| async move { self.time(&db).await }).await?;
        Ok(Month::of(before.min(now)))
    }
}
