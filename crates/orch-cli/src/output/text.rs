//! Texts for people: tables, a task, a session and its instructions. Makes text; prints nothing.

use std::fmt::Write as _;

use anstyle::AnsiColor;
use comfy_table::{ContentArrangement, Table, presets};
use orch_core::gate::Missing;
use orch_core::instructions::{ArtifactState, Instructions};
use orch_core::pull_request::PullRequest;
use orch_core::service::{HookReport, SessionAnswer};
use orch_core::session::Session;
use orch_core::task::{Lease, Note, Task};

use super::printer::{bold, paint, visible, visible_line};
use super::view;

/// How many notes are shown where a session begins.
const SHOWN_NOTES: usize = 5;

/// Rows under headings; nothing but `none` where there are no rows.
pub(crate) fn table<const N: usize>(headings: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled).set_header(headings);
    for row in rows {
        table.add_row(row.map(|cell| visible_line(&cell)));
    }
    if table.is_empty() {
        return "none\n".to_owned();
    }
    let lines = table.to_string();
    lines.lines().fold(String::new(), |mut text, line| {
        let _ = writeln!(text, "{}", line.strip_prefix(' ').unwrap_or(line).trim_end());
        text
    })
}

/// A list of tasks.
pub(crate) fn tasks(tasks: &[Task], total: u64) -> String {
    let rows = tasks.iter().map(|task| {
        let phase = task.active_session().map(|session| session.current_phase.to_string());
        [
            task.code.to_string(),
            task.priority.to_string(),
            task.status.to_string(),
            task.task_type.to_string(),
            phase.unwrap_or_else(|| "-".into()),
            short(&task.title, 60),
        ]
    });
    table(["TASK", "PRIO", "STATUS", "TYPE", "PHASE", "TITLE"], rows) + &more(tasks.len(), total)
}

/// A line that says how many were left out.
pub(crate) fn more(shown: usize, total: u64) -> String {
    let left = total.saturating_sub(shown as u64);
    if left == 0 { String::new() } else { format!("{left} more; see --limit and --offset\n") }
}

/// A text, cut after so many characters.
pub(crate) fn short(text: &str, most: usize) -> String {
    if text.chars().count() <= most { text.to_owned() } else { text.chars().take(most - 1).chain(['…']).collect() }
}

fn field(text: &mut String, name: &str, value: &str) {
    let _ = writeln!(text, "{:<12} {}", format!("{name}:"), visible(value));
}

/// A task with all it has.
pub(crate) fn task(task: &Task) -> String {
    let mut text = format!("{} {}\n", bold(task.code.as_str()), visible_line(&task.title));
    field(&mut text, "type", task.task_type.as_str());
    field(&mut text, "status", task.status.as_str());
    field(&mut text, "priority", task.priority.as_str());
    if let Some(sprint) = &task.sprint {
        field(&mut text, "sprint", sprint.as_str());
    }
    if !task.after.is_empty() {
        let codes: Vec<&str> = task.after.iter().map(orch_core::code::TaskCode::as_str).collect();
        field(&mut text, "after", &codes.join(", "));
    }
    if let Some(session) = &task.session {
        let state = if session.active { format!("in {}", session.current_phase) } else { "ended".to_owned() };
        field(&mut text, "session", &format!("{} ({state})", session.key));
    }
    if let Some(holder) = &task.lease {
        field(&mut text, "held by", &lease(holder));
    }
    for (name, meta) in &task.artifacts {
        field(&mut text, "artifact", &format!("{name} ({} bytes)", meta.size));
    }
    for commit in &task.commits {
        let phase = commit.phase.as_ref().map_or("-", |phase| phase.as_str());
        let subject = commit.message.lines().next().unwrap_or_default();
        field(&mut text, "commit", &format!("{} {phase} {}", commit.short_hash, visible_line(subject)));
    }
    if let Some(linked) = &task.pull_request {
        field(&mut text, "pull request", &linked.pull_request.url);
    }
    if !task.blocking_bugs.is_empty() {
        let codes: Vec<&str> = task.blocking_bugs.iter().map(orch_core::code::BugCode::as_str).collect();
        field(&mut text, "waits for", &codes.join(", "));
    }
    for note in &task.notes {
        let from = visible_line(note.from.as_str());
        field(&mut text, "note", &format!("{from}, {}: {}", view::time(note.at), visible_line(&note.text)));
    }
    for (key, value) in &task.metadata {
        field(&mut text, "metadata", &format!("{} = {value}", visible_line(key)));
    }
    field(&mut text, "version", &task.version.to_string());
    field(&mut text, "updated", &view::time(task.updated_at));
    if !task.description.is_empty() {
        let _ = writeln!(text, "\n{}", visible(&task.description));
    }
    text
}

/// `github owner/repository #12, https://…`.
pub(crate) fn pull_request(pull_request: &PullRequest) -> String {
    let PullRequest { provider, repository, number, url, .. } = pull_request;
    format!("{provider} {} #{number}, {url}", visible_line(repository))
}

fn lease(lease: &Lease) -> String {
    format!("{} until {}", lease.holder, view::time(lease.expires_at))
}

/// The phases of a session with what became of them.
pub(crate) fn path(session: &Session) -> String {
    let steps = session.phases.iter().map(|phase| {
        let record = session.phase_history.iter().find(|record| record.phase == *phase);
        match record {
            Some(record) if record.skipped => format!("- {phase}"),
            Some(record) if record.overridden => format!("! {phase}"),
            Some(_) => format!("✓ {phase}"),
            None if session.active && session.current_phase == *phase => bold(&format!("▶ {phase}")),
            None => format!("· {phase}"),
        }
    });
    steps.collect::<Vec<_>>().join("  ")
}

/// What a gate misses, a line each.
pub(crate) fn missing(missing: &Missing, warnings: &[String]) -> String {
    let mut text = String::new();
    let mut line = |what: &str, name: &str| {
        let _ = writeln!(text, "{} {what}{}", paint(AnsiColor::Red, "✗"), visible_line(name));
    };
    missing.artifacts.iter().for_each(|name| line("Required artifact missing: ", name));
    missing.fields.iter().for_each(|name| line("Required field missing: ", name));
    missing.checks.iter().for_each(|name| line("Check not passed: ", name));
    missing.bugs.iter().for_each(|name| line("Bug open: ", name));
    if missing.approval {
        line("Approval missing", "");
    }
    text + &self::warnings(warnings)
}

fn warnings(warnings: &[String]) -> String {
    warnings.iter().fold(String::new(), |mut text, warning| {
        let _ = writeln!(text, "{} {}", paint(AnsiColor::Yellow, "⚠"), visible_line(warning));
        text
    })
}

/// What others left for whoever works on a task, newest last; older ones are told by their number.
pub(crate) fn notes(notes: &[Note]) -> String {
    let shown = &notes[notes.len().saturating_sub(SHOWN_NOTES)..];
    let mut text = String::new();
    if shown.len() < notes.len() {
        let _ = writeln!(text, "{} older notes: orch task show", notes.len() - shown.len());
    }
    for note in shown {
        let to = note.to.as_ref().map(|to| format!(" to {}", visible_line(to.as_str()))).unwrap_or_default();
        let from = visible_line(note.from.as_str());
        let _ = writeln!(text, "✎ {from}{to}, {}: {}", view::time(note.at), visible_line(&note.text));
    }
    text
}

/// What to do in a phase.
pub(crate) fn instructions(instructions: &Instructions) -> String {
    let mut text = format!("\n{} {}\n", bold(&format!("Phase {}:", instructions.phase)), visible(&instructions.goal));
    if !instructions.description.is_empty() {
        let _ = writeln!(text, "\n{}", visible(instructions.description.trim_end()));
    }
    let list = |text: &mut String, heading: &str, states: &[ArtifactState]| {
        if !states.is_empty() {
            let _ = writeln!(text, "\n{heading}:");
        }
        for state in states {
            let mark = if state.present { paint(AnsiColor::Green, "✓") } else { "·".to_owned() };
            let about = state.description.as_deref().map(|about| format!(" - {}", visible_line(about)));
            let _ = writeln!(text, "  {mark} {}{}", visible_line(&state.path), about.unwrap_or_default());
        }
    };
    list(&mut text, "Required artifacts", &instructions.artifacts.required);
    list(&mut text, "Optional artifacts", &instructions.artifacts.optional);
    let rules = &instructions.validation;
    let mut rule = |heading: &str, names: Vec<String>| {
        if !names.is_empty() {
            let _ = writeln!(text, "{heading}: {}", visible_line(&names.join(", ")));
        }
    };
    rule("Required fields", rules.required_fields.iter().map(ToString::to_string).collect());
    rule("Required checks", rules.checks.iter().map(ToString::to_string).collect());
    rule("Events", instructions.events.iter().map(ToString::to_string).collect());
    if rules.require_approval {
        let _ = writeln!(text, "An approval is required: orch approval record");
    }
    let _ = writeln!(text, "\nWhen done: {}", bold(&visible_line(&instructions.complete_with)));
    text
}

/// The answer of a command that moved a session.
pub(crate) fn session_answer(answer: &SessionAnswer) -> String {
    let mut text = String::new();
    let done = paint(AnsiColor::Green, "✓");
    match &answer.completion {
        Some(completion) if completion.already => {
            let _ = writeln!(text, "{done} Phase {} was completed before; nothing was changed", completion.phase);
        }
        Some(completion) => {
            let how = if completion.overridden { " (gate overridden)" } else { "" };
            let _ = writeln!(text, "{done} Phase {} completed{how}", completion.phase);
            for phase in &completion.skipped {
                let _ = writeln!(text, "- Phase {phase} skipped");
            }
        }
        None if !answer.session.active => {
            let how = if answer.session.forced { " by force" } else { "" };
            let _ = writeln!(
                text,
                "{done} Session {} ended{how}; {} is {}",
                answer.session.key, answer.task, answer.status
            );
        }
        None => {
            let how = if answer.resumed { "resumed" } else { "active" };
            let _ = writeln!(
                text,
                "{done} Session {} {how}: {} {}",
                answer.session.key,
                answer.task,
                visible_line(&answer.title)
            );
        }
    }
    text += &warnings(&answer.warnings);
    if answer.completion.is_none() && answer.session.active {
        text += &notes(&answer.notes);
    }
    let _ = writeln!(text, "{}", path(&answer.session));
    match &answer.instructions {
        Some(next) if answer.session.has_left(&next.phase) => {
            let _ = writeln!(text, "\nThat was the last phase. End the session: {}", bold(&next.complete_with));
        }
        Some(next) => text += &instructions(next),
        None => {}
    }
    text
}

/// How a hook went, for standard error.
pub(crate) fn hook(report: &HookReport) -> String {
    match &report.outcome {
        Ok(done) => format!("{}: {done}", report.hook),
        Err(error) => format!("hook {} failed: {error}; what was done before it stands", report.hook),
    }
}
