//! The partitions of the event log, one a month. Each is made when the first event of its month is written.

use chrono::{DateTime, Datelike as _, Utc};
use orch_core::store::StoreError;
use sea_orm::ConnectionTrait as _;

use crate::month::Month;
use crate::retry::Patience;
use crate::store::SqlStore;

/// What the name of each partition begins with.
const PARTITION: &str = "orchestration_events_";

impl Month {
    /// The name of its partition, `orchestration_events_y2025m01`.
    pub(super) fn table(self) -> String {
        format!("{PARTITION}{}", self.marks())
    }

    /// The name of its partition in the archive, `orchestration_events_archive_y2025m01`.
    pub(super) fn archive_table(self) -> String {
        format!("orchestration_events_archive_{}", self.marks())
    }

    /// The month whose partition has this name.
    pub(super) fn of_table(name: &str) -> Option<Self> {
        let month: Self = name.strip_prefix(PARTITION)?.replacen('y', "", 1).replace('m', "-").parse().ok()?;
        (month.table() == name).then_some(month)
    }

    fn marks(self) -> String {
        format!("y{}", self.to_string().replace('-', "m"))
    }

    /// Its first moment and that of the next as SQL.
    pub(super) fn bounds(self) -> Option<String> {
        Some(format!("FROM ({}) TO ({})", self.literal(), self.next()?.literal()))
    }

    fn literal(self) -> String {
        format!("'{self}-01 00:00:00+00'")
    }
}

impl SqlStore {
    /// Makes the partition for events of this time, unless somebody else did. Nobody who writes elsewhere waits for it.
    ///
    /// Its check says what the partition's bounds say, so that it can be moved to the archive without being read.
    pub(crate) async fn make_partition(&self, time: DateTime<Utc>) -> Result<(), StoreError> {
        let month = Month::of(time).and_then(|month| Some((month, month.next()?)));
        let Some((month, next)) = month else {
            return Err(self.place().unavailable(format!("no event can be of the year {}", time.year())));
        };
        let mut patience = Patience::of(self);
        while let Err(error) = self.try_partition(month, next).await {
            patience.wait_after(error).await?;
        }
        Ok(())
    }

    async fn try_partition(&self, month: Month, next: Month) -> Result<(), StoreError> {
        let (table, from, to) = (month.table(), month.literal(), next.literal());
        let failed = self.place().error("making a partition");
        let db = self.begin().await?;
        let statements = format!(
            "SELECT pg_advisory_xact_lock(hashtextextended('{table}', 0)); \
             DO $$ BEGIN IF to_regclass('{table}') IS NULL THEN \
                CREATE TABLE {table} (LIKE orchestration_events INCLUDING DEFAULTS, \
                    CONSTRAINT {table}_month CHECK (emitted_at >= {from} AND emitted_at < {to}), \
                    CONSTRAINT {table}_seq UNIQUE (entity_type, entity_id, seq)); \
                CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} \
                    FOR EACH STATEMENT EXECUTE FUNCTION orchestration_events_guard(); \
                ALTER TABLE orchestration_events ATTACH PARTITION {table} FOR VALUES FROM ({from}) TO ({to}); \
             END IF; END $$;"
        );
        db.execute_unprepared(&statements).await.map_err(&failed)?;
        db.commit().await.map_err(&failed)
    }
}
