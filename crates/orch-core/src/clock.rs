//! Time as an argument. No clock of its own: whoever runs orch brings one.

use chrono::{DateTime, SubsecRound, Utc};

/// Where "now" comes from.
///
/// Stores decide whose clock counts: an embedded store uses the clock it was opened with, a server its own.
pub trait Clock: Send + Sync {
    /// The current time, UTC.
    fn now(&self) -> DateTime<Utc>;
}

/// Cuts a time to whole microseconds, the precision that every store keeps.
#[must_use]
pub fn to_micros(time: DateTime<Utc>) -> DateTime<Utc> {
    time.trunc_subsecs(6)
}

/// A clock that always tells the same time: for tests and reproducible demonstrations.
#[derive(Debug, Clone, Copy)]
pub struct FixedClock(pub DateTime<Utc>);

impl Clock for FixedClock {
    fn now(&self) -> DateTime<Utc> {
        self.0
    }
}
