//! The partitions of the event log, one a month. Each is made when the first event of its month is written.

use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use orch_core::store::StoreError;
use sea_orm::ConnectionTrait as _;

use crate::store::SqlStore;

/// A month of UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Month(NaiveDate);

impl Month {
    /// The month that a time is in.
    pub(crate) fn of(time: DateTime<Utc>) -> Option<Self> {
        NaiveDate::from_ymd_opt(time.year(), time.month(), 1).map(Self)
    }

    /// The name of its partition, `orchestration_events_y2025m01`.
    pub(crate) fn table(self) -> String {
        format!("orchestration_events_y{:04}m{:02}", self.0.year(), self.0.month())
    }

    /// The month after it.
    pub(crate) fn next(self) -> Option<Self> {
        self.0.checked_add_months(Months::new(1)).map(Self)
    }

    /// Its first moment as SQL.
    pub(crate) fn begin(self) -> String {
        format!("'{}-01 00:00:00+00'", self.0.format("%Y-%m"))
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
        let (table, from, to) = (month.table(), month.begin(), next.begin());
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
