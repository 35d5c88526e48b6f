//! `orch status`.

use clap::Args;
use orch_core::store::{SessionFilter, SessionStore, TaskStore, Window};
use serde_json::{Value, json};

use crate::app::App;
use crate::error::CliError;
use crate::output::printer::{bold, visible_line};
use crate::output::{text, view};

/// The most active sessions that are shown.
const SESSIONS: u64 = 20;

/// Arguments of `orch status`.
#[derive(Debug, Args)]
pub(crate) struct Status {}

impl Status {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let Self {} = self;
        let (store, folder, git) = (app.store().await?, app.folders()?, app.git());
        let filter = SessionFilter { active: Some(true), task: None };
        let active = store.sessions(&filter, Window { limit: SESSIONS, offset: 0 }).await?;
        let mut views = Vec::with_capacity(active.items.len());
        for entry in &active.items {
            views.push(App::sessions(store, &folder, &git).look(&entry.task).await?);
        }
        let ready = store.ready_tasks(Window { limit: 5, offset: 0 }).await?;
        let open_bugs = store.open_bugs().await?;
        let counts = store.task_counts().await?;
        app.printer.answer(
            || {
                let sessions: Vec<Value> = views
                    .iter()
                    .map(|shown| {
                        let mut document = view::session_view(shown);
                        document["task_code"] = json!(shown.task.code);
                        document["current_phase"] = document["session"]["current_phase"].clone();
                        if let Some(document) = document.as_object_mut() {
                            document.remove("instructions");
                        }
                        document
                    })
                    .collect();
                let ready: Vec<_> = ready.items.iter().map(|task| &task.code).collect();
                let tasks: serde_json::Map<String, Value> =
                    counts.iter().map(|(status, count)| (status.clone(), json!(count))).collect();
                let document = json!({
                    "sessions": sessions, "total": active.total, "ready": ready, "tasks": tasks, "open_bugs": open_bugs,
                });
                view::answer(document, app.id())
            },
            || {
                let mut lines = String::new();
                for shown in &views {
                    let holder = shown
                        .task
                        .lease
                        .as_ref()
                        .map(|lease| format!("  held by {}", visible_line(lease.holder.as_str())));
                    lines += &format!(
                        "{} {}{}\n",
                        bold(shown.task.code.as_str()),
                        visible_line(&shown.task.title),
                        holder.unwrap_or_default()
                    );
                    lines += &shown
                        .task
                        .session
                        .as_ref()
                        .map(|session| format!("  {}\n", text::path(session)))
                        .unwrap_or_default();
                    let missing = text::missing(&shown.missing, &shown.warnings);
                    lines += &missing.lines().map(|line| format!("  {line}\n")).collect::<String>();
                }
                if views.is_empty() {
                    lines += "no active session\n";
                }
                lines += &text::more(views.len(), active.total);
                let tasks: Vec<String> = counts.iter().map(|(status, count)| format!("{count} {status}")).collect();
                lines += &format!("\ntasks: {}\n", if tasks.is_empty() { "none".to_owned() } else { tasks.join(", ") });
                let ready: Vec<String> = ready.items.iter().map(|task| task.code.to_string()).collect();
                lines += &format!("ready: {}\n", if ready.is_empty() { "none".to_owned() } else { ready.join(", ") });
                lines + &format!("open bugs: {open_bugs}\n")
            },
        );
        Ok(())
    }
}
