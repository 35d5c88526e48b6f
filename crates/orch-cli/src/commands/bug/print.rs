//! Bugs as text for people. Makes text; prints nothing.

use std::fmt::Write as _;

use anstyle::AnsiColor;
use chrono::NaiveDate;
use orch_core::bug::{Bug, BugAction, BugStatus};
use orch_core::service::{LoggedBug, Logging};

use crate::output::printer::{bold, paint, visible, visible_line};
use crate::output::text::{more, short, table};
use crate::output::view::time;

/// So many days of occurrences are shown.
const DAYS: usize = 14;

/// One line about a bug.
pub(super) fn line(bug: &Bug, what: &str) -> String {
    format!("{} {what}  {}\n", bold(bug.code.as_str()), message(bug))
}

fn message(bug: &Bug) -> String {
    let first = bug.error_message.trim().lines().next().unwrap_or_default();
    short(&visible_line(first), 120)
}

/// `src/cart.rs:42 in total`.
fn site(bug: &Bug) -> Option<String> {
    let file = bug.file_path.as_ref()?;
    let line = bug.line_number.map(|line| format!(":{line}")).unwrap_or_default();
    let place = bug.place.as_ref().map(|place| format!(" in {}", short(place, 80))).unwrap_or_default();
    Some(visible_line(&format!("{file}{line}{place}")))
}

fn times(count: i64) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

/// What became of an error that was logged.
pub(super) fn logged(logged: &LoggedBug, similar: &[Bug]) -> String {
    let bug = &logged.bug;
    let what = match (logged.new, logged.regression) {
        (true, _) => paint(AnsiColor::Yellow, "new"),
        (_, true) => paint(AnsiColor::Red, "regression"),
        _ => format!("seen {}", times(bug.occurrence_count)),
    };
    let mut text = line(bug, &what);
    if let Some(site) = site(bug) {
        let _ = writeln!(text, "  at {site}");
    }
    if logged.regression {
        let how = logged.earlier_resolution.as_deref().unwrap_or("nobody says how");
        let _ = writeln!(
            text,
            "  it was resolved ({}), and is open again; seen {}",
            visible_line(how),
            times(bug.occurrence_count)
        );
    }
    for other in similar {
        let _ = writeln!(text, "  like {}", line(other, other.status().as_str()).trim_end());
    }
    text
}

/// What happens now.
pub(super) fn action(how: &Logging, bugs: &[LoggedBug]) -> String {
    let (Some(task), BugAction::FixNow) = (&how.task, how.action) else { return String::new() };
    bugs.iter().fold(String::new(), |text, LoggedBug { bug, .. }| {
        text + &format!(
            "The phase of {task} waits for {}; when it is fixed: orch bug resolve {} --resolution \"…\"\n",
            bug.code, bug.code
        )
    })
}

/// A list of bugs.
pub(super) fn bugs(bugs: &[Bug], total: u64) -> String {
    let rows = bugs.iter().map(|bug| {
        [
            bug.code.to_string(),
            bug.status().to_string(),
            bug.occurrence_count.to_string(),
            time(bug.last_seen),
            bug.error_type.clone(),
            bug.file_path.as_deref().map_or_else(|| "-".to_owned(), |file| short(file, 40)),
            short(bug.error_message.trim().lines().next().unwrap_or_default(), 60),
        ]
    });
    table(["BUG", "STATUS", "COUNT", "LAST SEEN", "TYPE", "FILE", "MESSAGE"], rows) + &more(bugs.len(), total)
}

/// A bug with all that is known of it.
pub(super) fn bug(bug: &Bug, days: &[(NaiveDate, u64)], similar: &[Bug], merged: &[Bug]) -> String {
    let mut text = format!("{} {}\n", bold(bug.code.as_str()), message(bug));
    let mut field = |name: &str, value: String| {
        let _ = writeln!(text, "{:<12} {}", format!("{}:", visible_line(name)), visible(&value));
    };
    field("status", status(bug));
    field("type", format!("{} ({})", bug.error_type, bug.type_rule));
    if let Some(site) = site(bug) {
        field("at", site);
    }
    field(
        "seen",
        format!("{}, first {}, last {}", times(bug.occurrence_count), time(bug.captured_at), time(bug.last_seen)),
    );
    if bug.regressions > 0 {
        field("came back", times(bug.regressions));
    }
    for (name, task) in [("task", &bug.task), ("last task", &bug.last_task)] {
        if let Some(task) = task {
            field(name, task.to_string());
        }
    }
    if !bug.blocks.is_empty() {
        field("blocks", bug.blocks.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "));
    }
    if !merged.is_empty() {
        field("counts for", merged.iter().map(|other| other.code.to_string()).collect::<Vec<_>>().join(", "));
    }
    for (key, value) in &bug.context {
        field(key, value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned));
    }
    field("hash", bug.keys.hash.clone());
    if bug.error_message.trim().lines().count() > 1 {
        let _ = write!(text, "\n{}\n", visible(bug.error_message.trim()));
    }
    for note in &bug.notes {
        let _ = writeln!(text, "\n{} {}: {}", time(note.at), visible_line(note.actor.as_str()), visible(&note.text));
    }
    if let Some(stack) = &bug.stack_trace {
        let _ = write!(text, "\n{}\n", visible(stack.trim_end()));
    }
    text + &occurrences(days) + &like(similar)
}

fn status(bug: &Bug) -> String {
    match (bug.status(), &bug.merged_into, bug.resolved_at, &bug.resolution) {
        (BugStatus::Merged, Some(into), ..) => format!("merged into {into}"),
        (BugStatus::Resolved, _, Some(at), Some(how)) => format!("resolved {}: {how}", time(at)),
        (status, ..) => status.to_string(),
    }
}

fn occurrences(days: &[(NaiveDate, u64)]) -> String {
    let most = days.iter().map(|(_, count)| *count).max().unwrap_or(1).max(1);
    let shown = &days[days.len().saturating_sub(DAYS)..];
    shown.iter().fold(String::from("\n"), |mut text, (day, count)| {
        let bar = "█".repeat(usize::try_from((count * 30).div_ceil(most)).unwrap_or(30));
        let _ = writeln!(text, "{day} {count:>6} {bar}");
        text
    })
}

fn like(similar: &[Bug]) -> String {
    if similar.is_empty() {
        return String::new();
    }
    let rows = similar.iter().fold(String::new(), |text, other| text + "  " + &line(other, other.status().as_str()));
    format!("\nMaybe the same (merge with: orch bug merge A B):\n{rows}")
}
