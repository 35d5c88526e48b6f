//! `orch bug log`.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use orch_core::bug::{BugAction, StoredReport, output, source};
use orch_core::code::TaskCode;
use orch_core::service::{LoggedBug, Logging};
use orch_core::store::BugStore as _;
use serde_json::{Value, json};

use super::print;
use crate::app::App;
use crate::commands::metadata;
use crate::error::{CliError, chain};
use crate::output::view;

/// The largest input that is read, in bytes.
pub(super) const MOST: u64 = 64 * 1024 * 1024;
/// The largest source file that is looked into, in bytes.
const MOST_SOURCE: u64 = 8 * 1024 * 1024;
/// So many bugs that may be the same are shown.
pub(super) const SIMILAR: u64 = 5;

/// Arguments of `orch bug log`.
#[derive(Debug, Args)]
pub(crate) struct Log {
    /// What the error says; - for the output of a program on standard input
    message: Option<String>,
    /// The task that it was met in; by default ORCH_TASK, else the only task with an active session
    #[arg(long, visible_alias = "task", value_name = "TASK")]
    task_code: Option<TaskCode>,
    /// The file that the error is in
    #[arg(long, value_name = "PATH")]
    file: Option<String>,
    /// The line in that file
    #[arg(long, value_name = "N", requires = "file")]
    line: Option<u32>,
    /// The stack trace
    #[arg(long, visible_alias = "stack", value_name = "TEXT")]
    stack_trace: Option<String>,
    /// A file with the stack trace, - for standard input
    #[arg(long, value_name = "PATH", conflicts_with = "stack_trace")]
    stack_file: Option<PathBuf>,
    /// A value of your own to keep with it, JSON or text; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    context: Vec<String>,
    /// What to do: continue, fix-now (the task's phase waits until the bug is resolved) or context (with a note)
    #[arg(long)]
    action: Option<BugAction>,
    /// What you know about it
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// The folder of the project on the machine of the report; by default this project
    #[arg(long, value_name = "DIR")]
    project_root: Option<String>,
}

impl Log {
    pub(crate) async fn run(mut self, app: &App) -> Result<(), CliError> {
        let context = metadata("--context", &self.context)?;
        let reports = self.reports(app)?;
        if reports.is_empty() {
            app.printer.note(
                "no error was found in the input, and nothing was logged; to log a text as it is: orch bug log MESSAGE",
            );
            app.printer.answer(|| view::answer(json!({"bug": null, "others": []}), app.id()), String::new);
            return Ok(());
        }
        let task = match self.task_code.take() {
            Some(code) => Some(code),
            None => app.task_if_any().await?,
        };
        let is_asked = self.action.is_none() && self.note.is_none() && app.may_ask();
        let (action, note) = match self.action {
            _ if is_asked => ask(app, &reports, task.as_ref())?,
            Some(action) => (action, self.note.take()),
            None if self.note.is_some() => (BugAction::Context, self.note.take()),
            None => (BugAction::Continue, None),
        };
        let (store, folder, git) = (app.store().await?, app.folders()?, app.git());
        let fingerprinter = app.settings().fingerprinter();
        let service = App::bugs(store, &folder, &git, &fingerprinter);
        let how = Logging { task, action, note, context };
        let (outcome, hooks) = service.log(&app.operation(), &reports, &how).await?;
        for report in &hooks {
            app.printer.note(&crate::output::text::hook(report));
        }
        let mut entries = Vec::with_capacity(outcome.answer.bugs.len());
        for logged in &outcome.answer.bugs {
            // a bug that is known was compared when it was new
            let similar = if logged.new { store.like_bugs(&logged.bug.keys, SIMILAR).await } else { Ok(Vec::new()) };
            // the error is logged, so what fails now is no failure of the command
            let similar = similar.unwrap_or_else(|error| {
                app.printer.warn(&format!("similar bugs could not be looked up: {}", chain(&error)));
                Vec::new()
            });
            entries.push((logged, similar));
        }
        app.printer.answer(
            || {
                let mut documents = entries.iter().map(|(logged, similar)| document(logged, similar));
                let mut first = documents.next().unwrap_or_default();
                first["action"] = json!(how.action);
                first["others"] = documents.collect();
                view::answer(first, &outcome.operation_id)
            },
            || {
                let told = entries.iter().map(|(logged, similar)| print::logged(logged, similar)).collect::<String>();
                told + &print::action(&how, &outcome.answer.bugs)
            },
        );
        Ok(())
    }

    /// The errors that are to be logged.
    fn reports(&self, app: &App) -> Result<Vec<StoredReport>, CliError> {
        let root = match &self.project_root {
            Some(root) => root.clone(),
            None => app.work_tree()?.to_string_lossy().into_owned(),
        };
        let stack = match &self.stack_file {
            Some(path) => Some(read(app, path)?),
            None => self.stack_trace.clone(),
        };
        let from_input = self.message.as_deref() == Some("-");
        if from_input && self.stack_file.as_deref() == Some(Path::new("-")) {
            return Err(CliError::usage("standard input can be read once").hint("give the message as an argument"));
        }
        if self.message.is_none() && stack.is_none() {
            return Err(CliError::usage("no message was given")
                .hint("orch bug log MESSAGE, or the output of a program: cargo test 2>&1 | orch bug log -"));
        }
        if !from_input || stack.is_some() || self.file.is_some() {
            let message =
                if from_input { read(app, Path::new("-"))? } else { self.message.clone().unwrap_or_default() };
            let mut report = StoredReport {
                message,
                file: self.file.clone(),
                line: self.line,
                stack,
                project_root: Some(root),
                ..StoredReport::default()
            };
            look_into_source(app, &mut report);
            return Ok(vec![report]);
        }
        let mut reports = output::find(&read(app, Path::new("-"))?, Some(&root));
        for report in &mut reports {
            look_into_source(app, report);
        }
        Ok(reports)
    }
}

/// Notes the function and the text of the line that a report names, if the file is one of the project.
fn look_into_source(app: &App, report: &mut StoredReport) {
    let (Some(file), Some(line)) = (&report.file, report.line) else { return };
    let Ok(root) = app.work_tree() else { return };
    let Ok(root) = root.canonicalize() else { return };
    let found = [app.start.join(file), root.join(file)].into_iter().find_map(|path| path.canonicalize().ok());
    let Some(path) = found.filter(|path| path.starts_with(&root) && path.is_file()) else { return };
    let mut bytes = Vec::new();
    let read = std::fs::File::open(&path).and_then(|file| file.take(MOST_SOURCE).read_to_end(&mut bytes));
    // what cannot be read is no reason not to log the error
    if read.is_ok()
        && let Some(place) = source::look(file, &String::from_utf8_lossy(&bytes), line)
    {
        (report.function, report.source_line) = (place.function, Some(place.text));
    }
}

/// Asks what to do.
fn ask(app: &App, reports: &[StoredReport], task: Option<&TaskCode>) -> Result<(BugAction, Option<String>), CliError> {
    let first = reports.first().map(|report| report.message.lines().next().unwrap_or_default().to_owned());
    app.printer.note(&first.unwrap_or_default());
    let choices = [
        ("f", "fix now: the phase waits until it is resolved"),
        ("c", "log and continue"),
        ("p", "provide context: say what you know about it"),
    ];
    let choices = if task.is_some() { &choices[..] } else { &choices[1..] };
    match app.printer.choose("What now?", choices, "c")? {
        "f" => Ok((BugAction::FixNow, None)),
        "p" => match app.printer.ask("What do you know about it?")? {
            note if note.trim().is_empty() => Ok((BugAction::Continue, None)),
            note => Ok((BugAction::Context, Some(note))),
        },
        _ => Ok((BugAction::Continue, None)),
    }
}

fn document(logged: &LoggedBug, similar: &[orch_core::bug::Bug]) -> Value {
    json!({
        "bug": view::bug(&logged.bug),
        "new": logged.new,
        "regression": logged.regression,
        "earlier_resolution": logged.earlier_resolution,
        "occurrence_count": logged.bug.occurrence_count,
        "similar": similar.iter().map(view::bug_in_list).collect::<Vec<_>>(),
    })
}

/// The text of a file, or of standard input for `-`.
pub(super) fn read(app: &App, path: &Path) -> Result<String, CliError> {
    let (mut bytes, input) = (Vec::new(), path == Path::new("-"));
    let result = if input {
        app.input().take(MOST).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(MOST).read_to_end(&mut bytes))
    };
    let name = if input { Path::new("standard input") } else { path };
    result.map_err(|error| CliError::io("read", name, &error))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
