//! A clock that goes only when it is told to. It never looks at the time of the machine.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::clock::Clock;

/// A clock that stands still between two steps; all who share it see each step.
#[derive(Debug)]
pub struct StepClock {
    time: Mutex<DateTime<Utc>>,
}

impl StepClock {
    /// A clock that shows `time`.
    #[must_use]
    pub fn new(time: DateTime<Utc>) -> Self {
        Self { time: Mutex::new(time) }
    }

    /// Puts the clock forward by this many seconds, or back where they are negative.
    pub fn advance(&self, seconds: i64) {
        *self.lock() += TimeDelta::seconds(seconds);
    }

    /// Sets the clock.
    pub fn set(&self, time: DateTime<Utc>) {
        *self.lock() = time;
    }

    fn lock(&self) -> MutexGuard<'_, DateTime<Utc>> {
        self.time.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for StepClock {
    fn now(&self) -> DateTime<Utc> {
        *self.lock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fixture;

    #[test]
    fn it_goes_when_it_is_told_to() {
        let clock = StepClock::new(fixture::now());
        assert_eq!(clock.now(), clock.now());
        clock.advance(90);
        clock.advance(-30);
        assert_eq!(clock.now() - fixture::now(), TimeDelta::seconds(60));
        clock.set(fixture::now());
        assert_eq!(clock.now(), fixture::now());
    }
}
