//! Times on the command line, and the clock of this process. The only place that asks the system for the time.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use orch_core::clock::{Clock, FixedClock};
use std::sync::Arc;

use crate::error::CliError;

/// The system's clock.
#[derive(Debug, Clone, Copy)]
struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the clock comes in")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// The clock of this process.
pub(crate) fn clock() -> Result<Arc<dyn Clock>, CliError> {
    Ok(frozen()?.unwrap_or_else(|| Arc::new(SystemClock)))
}

/// A clock that `ORCH_NOW` (RFC 3339) stopped, for tests and reproducible transcripts.
pub(crate) fn frozen() -> Result<Option<Arc<dyn Clock>>, CliError> {
    let Some(text) = crate::config::environment("ORCH_NOW")? else { return Ok(None) };
    let now = DateTime::parse_from_rfc3339(&text)
        .map_err(|_| CliError::usage(format!("ORCH_NOW is {text:?}; expected RFC 3339")).hint("unset it"))?;
    Ok(Some(Arc::new(FixedClock(now.to_utc()))))
}

/// A time as people write it: RFC 3339, a date, or an age such as `90m`, `2h`, `3d` or `1w`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// A point in time.
    At(DateTime<Utc>),
    /// So long before now.
    Ago(TimeDelta),
}

impl Moment {
    /// The point in time, seen from `now`, but none of a year that a store cannot compare: nothing happened before the year
    /// 1 or happens after 9999.
    pub(crate) fn from(self, now: DateTime<Utc>) -> DateTime<Utc> {
        let time = match self {
            Self::At(time) => time,
            Self::Ago(age) => now.checked_sub_signed(age).unwrap_or(DateTime::<Utc>::MIN_UTC),
        };
        let begin = |year| NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default().and_time(NaiveTime::MIN).and_utc();
        time.clamp(begin(1), begin(10_000) - TimeDelta::microseconds(1))
    }
}

impl std::str::FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Ok(Self::At(time.to_utc()));
        }
        if let Ok(date) = text.parse::<NaiveDate>() {
            return Ok(Self::At(date.and_time(NaiveTime::MIN).and_utc()));
        }
        let age = text.char_indices().last().and_then(|(at, unit)| {
            let number: i64 = text[..at].parse().ok().filter(|number| *number >= 0)?;
            match unit {
                's' => TimeDelta::try_seconds(number),
                'm' => TimeDelta::try_minutes(number),
                'h' => TimeDelta::try_hours(number),
                'd' => TimeDelta::try_days(number),
                'w' => TimeDelta::try_weeks(number),
                _ => None,
            }
        });
        age.map(Self::Ago)
            .ok_or_else(|| "expected RFC 3339, a date (2025-01-13) or an age (90m, 2h, 3d, 1w)".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_time_a_date_or_an_age() {
        let now: DateTime<Utc> = "2025-01-13T14:30:22Z".parse().unwrap();
        for (text, time) in [
            ("2025-01-01T00:00:00+01:00", "2024-12-31T23:00:00Z"),
            ("2025-01-01", "2025-01-01T00:00:00Z"),
            ("90m", "2025-01-13T13:00:22Z"),
            ("1w", "2025-01-06T14:30:22Z"),
            ("106751991167d", "0001-01-01T00:00:00Z"),
            ("-262143-01-01", "0001-01-01T00:00:00Z"),
            ("+262142-12-31", "9999-12-31T23:59:59.999999Z"),
        ] {
            assert_eq!(text.parse::<Moment>().unwrap().from(now), time.parse::<DateTime<Utc>>().unwrap(), "{text}");
        }
        for text in ["", "h", "-1h", "5", "99999999999999999w", "1é"] {
            assert!(text.parse::<Moment>().is_err(), "{text}");
        }
    }
}
