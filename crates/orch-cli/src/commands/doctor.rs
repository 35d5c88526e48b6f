//! `orch doctor`.

use clap::Args;
use orch_store::Health;
use serde_json::{Value, json};

use crate::app::App;
use crate::error::{CliError, chain};
use crate::exit::Exit;
use crate::output::printer::visible_line;
use crate::output::view;

/// Arguments of `orch doctor`.
#[derive(Debug, Args)]
pub(crate) struct Doctor {}

/// One thing that was looked at.
struct Finding {
    name: &'static str,
    ok: bool,
    message: String,
    hint: Option<String>,
    exit: Exit,
}

impl Finding {
    fn good(name: &'static str, message: String) -> Self {
        Self { name, ok: true, message, hint: None, exit: Exit::Done }
    }

    fn bad(name: &'static str, error: CliError) -> Self {
        let message = if error.lines.is_empty() { error.message } else { error.lines.join("; ") };
        Self { name, ok: false, message, hint: error.hint, exit: error.exit }
    }
}

impl Doctor {
    /// Tells what it found on standard output; the exit code is that of the first fault.
    pub(crate) async fn run(self, app: &App) -> Result<Exit, CliError> {
        let Self {} = self;
        let mut findings = vec![project(app), store(app).await];
        findings.extend(database(app).await);
        findings.extend(search(app).await);
        findings.extend([workflow(app), repository(app), clock(app)]);
        let exit = findings.iter().find(|finding| !finding.ok).map_or(Exit::Done, |finding| finding.exit);
        app.printer.answer(
            || {
                let checks: Vec<Value> = findings
                    .iter()
                    .map(|found| json!({"name": found.name, "ok": found.ok, "message": found.message, "hint": found.hint}))
                    .collect();
                view::answer(json!({"ok": exit == Exit::Done, "checks": checks}), app.id())
            },
            || {
                let line = |found: &Finding| {
                    let hint = found.hint.as_ref().map(|hint| format!("\n    {}", visible_line(hint))).unwrap_or_default();
                    let mark = if found.ok { "✓" } else { "✗" };
                    format!("{mark} {:<13} {}{hint}\n", found.name, visible_line(&found.message))
                };
                findings.iter().map(line).collect()
            },
        );
        Ok(exit)
    }
}

fn project(app: &App) -> Finding {
    match app.project() {
        Ok(project) => Finding::good("project", project.root.display().to_string()),
        Err(error) => Finding::bad("project", error),
    }
}

async fn store(app: &App) -> Finding {
    let findings = match app.store().await {
        Ok(store) => store.check().await.map_err(CliError::from),
        Err(error) => Err(error),
    };
    match findings {
        Ok(findings) if findings.is_empty() => {
            Finding::good("store", "sound, and every state is the fold of its events".to_owned())
        }
        Ok(findings) => {
            Finding::bad("store", CliError::new(Exit::Damaged, findings.join("; ")).hint("run: orch db check"))
        }
        Err(error) => Finding::bad("store", error),
    }
}

/// What the database is set to, where there is one; that there is none has been told already.
async fn database(app: &App) -> Vec<Finding> {
    let Ok(store) = app.store().await else { return Vec::new() };
    let look = |found: Health| match found.advice {
        None => Finding::good(found.about, found.found),
        Some(advice) => Finding::bad(found.about, CliError::new(Exit::Unavailable, found.found).hint(advice)),
    };
    match store.health(app.clock.now()).await {
        Ok(health) => health.into_iter().map(look).collect(),
        Err(error) => vec![Finding::bad("database", error.into())],
    }
}

/// The server that shares answers of the search, where one is set. That it is away is no fault of the project: answers are the
/// same without it.
async fn search(app: &App) -> Option<Finding> {
    let store = app.store().await.ok()?;
    let shared = match app.search(store, false) {
        Ok(search) => search.status().await.shared?,
        Err(error) => return Some(Finding::bad("search", error)),
    };
    let message = match (shared.tally, shared.last_error) {
        (Some(tally), _) => {
            let found = tally.asked.saturating_sub(tally.missed);
            let rate = tally.hit_rate().unwrap_or_default() * 100.0;
            format!("{}: {found} of {} answers were shared ({rate:.0} %)", shared.place, tally.asked)
        }
        (None, Some(error)) => format!("{} is not used: {error}", shared.place),
        (None, None) => format!("{} is not used", shared.place),
    };
    Some(Finding::good("search", message))
}

fn workflow(app: &App) -> Finding {
    match super::workflow::project_template(app) {
        Ok((workflow, _)) => Finding::good("workflow", format!("{}: {} phases", workflow.name, workflow.phases.len())),
        Err(error) => Finding::bad("workflow", error),
    }
}

/// No repository is no fault: orch works without one.
fn repository(app: &App) -> Finding {
    match orch_git::discover(&app.start) {
        Ok(Some(place)) => Finding::good("git", place.git_dir.display().to_string()),
        Ok(None) => Finding::good("git", "no repository here; commits are not captured".to_owned()),
        Err(error) => Finding::bad("git", CliError::new(Exit::Refused, chain(&error))),
    }
}

fn clock(app: &App) -> Finding {
    let now = app.clock.now();
    let year = chrono::Datelike::year(&now);
    if (2024..2100).contains(&year) {
        Finding::good("clock", view::time(now))
    } else {
        let error = CliError::new(Exit::Refused, format!("the clock says {}", view::time(now)));
        Finding::bad("clock", error.hint("set the clock of this machine; leases and ages depend on it"))
    }
}
