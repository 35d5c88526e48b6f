//! `orch prime`.

use clap::Args;
use orch_core::code::TaskCode;
use orch_core::store::{SessionFilter, SessionStore, TaskStore, Window};
use orch_core::task::Task;

use crate::app::App;
use crate::config;
use crate::error::CliError;
use crate::output::brief::{Brief, MOST};

/// So many active sessions are looked through for those of whoever asks.
const SESSIONS: u64 = 50;

/// Arguments of `orch prime`.
#[derive(Debug, Args)]
pub(crate) struct Prime {
    /// The task; by default ORCH_TASK, then the only one you hold, then the only one with an active session
    task: Option<String>,
}

/// What there is to tell about.
enum Subject {
    Task(TaskCode),
    Project { own: Vec<Task>, others: Vec<Task> },
}

impl Prime {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let (store, folder, git) = (app.store().await?, app.folders()?, app.git());
        let brief = match self.subject(app).await? {
            Subject::Task(code) => {
                let sessions = App::sessions(store, &folder, &git);
                Brief::of_task(&sessions.look(&code).await?, &sessions.decisions(&code, MOST).await?)
            }
            Subject::Project { own, others } => {
                let ready = store.ready_tasks(Window { limit: MOST as u64, offset: 0 }).await?;
                Brief::of_project(&own, &others, &ready.items)
            }
        };
        app.printer.answer(|| brief.document(app.id()), || brief.text(&app.operation().actor));
        Ok(())
    }

    async fn subject(self, app: &App) -> Result<Subject, CliError> {
        if let Some(named) = self.task.or(config::environment("ORCH_TASK")?) {
            return Ok(Subject::Task(TaskCode::new(named)?));
        }
        let (store, actor) = (app.store().await?, app.operation().actor);
        let filter = SessionFilter { active: Some(true), task: None };
        let active = store.sessions(&filter, Window { limit: SESSIONS, offset: 0 }).await?;
        let (mut own, mut others) = (Vec::new(), Vec::new());
        for entry in &active.items {
            let Some(task) = store.task(&entry.task).await? else { continue };
            let is_own = task.lease.as_ref().is_some_and(|lease| lease.holder == actor);
            if is_own { own.push(task) } else { others.push(task) }
        }
        Ok(match (own.as_slice(), others.as_slice()) {
            ([only], _) | ([], [only]) => Subject::Task(only.code.clone()),
            _ => Subject::Project { own, others },
        })
    }
}
