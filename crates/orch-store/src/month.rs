//! A month of UTC, the part of the log that is archived as a whole.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveTime, Utc};

/// A month of UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(NaiveDate);

impl Month {
    /// The month that a time is in.
    #[must_use]
    pub fn of(time: DateTime<Utc>) -> Option<Self> {
        NaiveDate::from_ymd_opt(time.year(), time.month(), 1).map(Self)
    }

    /// The month after it.
    pub(crate) fn next(self) -> Option<Self> {
        self.0.checked_add_months(Months::new(1)).map(Self)
    }

    /// Its first moment.
    pub(crate) fn begin(self) -> DateTime<Utc> {
        self.0.and_time(NaiveTime::MIN).and_utc()
    }
}

/// As in `2025-01`.
impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m"))
    }
}

impl FromStr for Month {
    type Err = chrono::ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        format!("{text}-01").parse().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_of_utc() {
        for (time, month, end) in [
            ("2024-12-31T23:59:59.999999Z", "2024-12", "2025-01-01T00:00:00Z"),
            ("2025-01-01T00:30:00+01:00", "2024-12", "2025-01-01T00:00:00Z"),
            ("2024-02-29T00:00:00Z", "2024-02", "2024-03-01T00:00:00Z"),
        ] {
            let time = DateTime::parse_from_rfc3339(time).unwrap().to_utc();
            let found = Month::of(time).unwrap();
            assert_eq!(found.to_string(), month);
            assert_eq!(month.parse::<Month>().unwrap(), found);
            assert_eq!(found.next().unwrap().begin(), DateTime::parse_from_rfc3339(end).unwrap());
        }
        assert!("2025-13".parse::<Month>().is_err());
    }
}
