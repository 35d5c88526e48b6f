//! What orch sends for transitions and events, as text. Where it is to PostgreSQL and orch sends something else by now, the
//! benchmark says so, and the file here is to follow.

use crate::measure::{BATCH, Work};

/// A file of SQL as orch sends it: in one line.
macro_rules! statement {
    ($path:literal) => {
        include_str!($path).split_whitespace().collect::<Vec<_>>().join(" ")
    };
}

/// The statements of one work.
#[derive(Debug, Clone)]
pub(crate) struct Statements {
    /// A task as it is looked at first.
    pub(crate) task: String,
    /// All that is read for a change.
    pub(crate) changing: String,
    /// A completed phase with its three events, a return with two, or one event.
    pub(crate) writes: Vec<Vec<String>>,
}

impl Statements {
    /// To PostgreSQL: each by itself.
    pub(crate) fn postgres(work: Work) -> Self {
        Self {
            task: statement!("postgres/task.sql"),
            changing: statement!("postgres/changing.sql"),
            writes: match work {
                Work::Transitions => {
                    vec![vec![statement!("postgres/complete.sql")], vec![statement!("postgres/back.sql")]]
                }
                Work::Events => vec![vec![statement!("postgres/emit.sql")]],
                Work::Batches => vec![vec![statement!("postgres/batch.sql").replace("…", &rows(15))]],
            },
        }
    }

    /// To SQLite: all but the first in one transaction.
    pub(crate) fn sqlite(work: Work) -> Self {
        let (task, session) = (statement!("sqlite/task_update.sql"), statement!("sqlite/session_update.sql"));
        Self {
            task: statement!("sqlite/task.sql"),
            changing: statement!("sqlite/changing.sql"),
            writes: match work {
                Work::Transitions => vec![
                    vec![task.clone(), session.clone(), statement!("sqlite/three_events.sql")],
                    vec![task, session, statement!("sqlite/two_events.sql")],
                ],
                Work::Events => vec![vec![task, statement!("sqlite/one_event.sql")]],
                Work::Batches => vec![vec![
                    task,
                    statement!("sqlite/one_event.sql").replace("(?, ?, ?, ?, ?, ?, ?, ?, ?)", &marks()),
                ]],
            },
        }
    }

    /// All of them.
    pub(crate) fn all(&self) -> impl Iterator<Item = &String> {
        [&self.task, &self.changing].into_iter().chain(self.writes.iter().flatten())
    }
}

/// The rows of a batch, with the number of the last value before them.
fn rows(last: u32) -> String {
    let row = |row: u32| (1..=9).map(|column| format!("${}", last + row * 9 + column)).collect::<Vec<_>>().join(", ");
    (0..BATCH).map(|number| format!("({})", row(number))).collect::<Vec<_>>().join(", ")
}

/// The same where values have no numbers.
fn marks() -> String {
    (0..BATCH).map(|_| "(?, ?, ?, ?, ?, ?, ?, ?, ?)").collect::<Vec<_>>().join(", ")
}
