//! The event log as one read sees it: the events at hand, and those in the archive where they are wanted.

use orch_core::store::StoreError;
use sea_orm::sea_query::{Asterisk, Expr, Order, Query, SelectStatement, UnionType};
use sea_orm::{ConnectionTrait as _, DbBackend, DbErr, FromQueryResult as _, QueryTrait as _, Select};

use crate::connection::Connection;
use crate::entity::event;
use crate::sqlite::archive::ATTACHED;
use crate::store::{Engine, SqlStore};

/// Where the archived events are.
#[derive(Debug, Clone, Copy)]
enum Archive {
    /// Nowhere, or they are not wanted.
    Left,
    /// In an attached file. Those that are on their way there may be in both for a while.
    Attached,
    /// In another table.
    Table,
}

const NOT_KEPT: &str =
    "NOT EXISTS (SELECT 1 FROM main.orchestration_events AS kept WHERE kept.id = orchestration_events.id)";

/// A connection, and what of the log is read over it.
#[derive(Clone)]
pub(crate) struct Log {
    pub(crate) db: Connection,
    archive: Archive,
}

impl Log {
    /// The events at hand.
    pub(crate) fn at_hand(db: Connection) -> Self {
        Self { db, archive: Archive::Left }
    }

    /// The whole log, where each connection sees it.
    pub(crate) fn whole(db: Connection) -> Option<Self> {
        (db.get_database_backend() == DbBackend::Postgres).then_some(Self { db, archive: Archive::Table })
    }

    /// The events of a selection, in the order of a column, which must be one of the selected ones.
    pub(crate) async fn select(
        &self,
        selection: Select<event::Entity>,
        order: event::Column,
        limit: u64,
    ) -> Result<Vec<event::Model>, DbErr> {
        let mut query = selection.into_query();
        let mut archived = query.clone();
        archived.from_clear();
        match self.archive {
            Archive::Left => {}
            Archive::Attached => {
                archived.from_as((ATTACHED, event::Entity), event::Entity).and_where(Expr::cust(NOT_KEPT));
            }
            Archive::Table => {
                archived.from_as("orchestration_events_archive", event::Entity);
            }
        }
        if !matches!(self.archive, Archive::Left) {
            // each part is put in order by itself, or the server would read and sort all of both
            let part = |mut query: SelectStatement| {
                query.order_by(order, Order::Asc).limit(limit);
                Query::select().column(Asterisk).from_subquery(query, "part").take()
            };
            query = part(query).union(UnionType::All, part(archived)).take();
        }
        query.order_by(order, Order::Asc).limit(limit);
        let rows = self.db.query_all(&query).await?;
        rows.iter().map(|row| event::Model::from_query_result(row, "")).collect()
    }

    /// The tables that events are in, each with a condition by which no event is taken twice.
    pub(crate) fn parts(&self) -> &'static [Part] {
        const AT_HAND: Part = Part { table: "orchestration_events", wanted: "1 = 1" };
        match self.archive {
            Archive::Left => &[AT_HAND],
            Archive::Attached => &[AT_HAND, Part { table: "archive.orchestration_events", wanted: NOT_KEPT }],
            Archive::Table => &[AT_HAND, Part { table: "orchestration_events_archive", wanted: "1 = 1" }],
        }
    }

    /// Whether another file is attached.
    pub(crate) fn is_attached(&self) -> bool {
        matches!(self.archive, Archive::Attached)
    }
}

/// A table with a part of the log.
pub(crate) struct Part {
    pub(crate) table: &'static str,
    pub(crate) wanted: &'static str,
}

/// What a look at the whole log found.
pub(crate) enum Looked<T> {
    /// What was looked for.
    Found(T),
    /// The archive is a file that is not there.
    Missing(StoreError),
}

impl SqlStore {
    /// Reads the log, again where a server was lost or busy.
    pub(crate) async fn read_log<T, F>(
        &self,
        archived: bool,
        look: impl Fn(Log) -> F + Send + Sync,
    ) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>> + Send,
    {
        let file = match &self.engine {
            _ if !archived => return self.read(|db| look(Log::at_hand(db))).await,
            Engine::Postgres(_) => return self.read(|db| look(Log { db, archive: Archive::Table })).await,
            Engine::Sqlite { archive, .. } => archive,
        };
        if !file.is_there() {
            let found = look(Log::at_hand(self.connection())).await?;
            // events leave after the file was made, so where none has left by now the look missed none
            match self.events_gone(&self.connection()).await? {
                0 => return Ok(found),
                gone if !file.is_there() => return Err(file.missing(gone)),
                _ => {}
            }
        }
        look(Log { db: file.attached().await?, archive: Archive::Attached }).await
    }

    /// The whole log as of one moment, however long it is read; nobody who writes waits for it. On SQLite the moment is that
    /// of the store's file: whoever reads that one first finds in the archive what has left it.
    pub(crate) async fn log_of_moment(&self) -> Result<Looked<Log>, StoreError> {
        let failed = self.place().error("beginning to read");
        let file = match &self.engine {
            Engine::Postgres(_) => {
                let db = self.moment().await?;
                // before the moment is fixed, so that no partition is moved and emptied between it and the reading
                let lock = "LOCK TABLE orchestration_events, orchestration_events_archive IN ACCESS SHARE MODE";
                db.execute_unprepared(lock).await.map_err(failed)?;
                return Ok(Looked::Found(Log { db, archive: Archive::Table }));
            }
            Engine::Sqlite { archive, .. } => archive,
        };
        if !file.is_there() {
            let db = self.moment().await?;
            match self.events_gone(&db).await? {
                0 => return Ok(Looked::Found(Log::at_hand(db))),
                gone if !file.is_there() => return Ok(Looked::Missing(file.missing(gone))),
                _ => {}
            }
        }
        let db = file.attached().await?.moment().await.map_err(failed)?;
        self.events_gone(&db).await?;
        Ok(Looked::Found(Log { db, archive: Archive::Attached }))
    }
}
