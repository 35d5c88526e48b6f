//! `orch prime`.

use clap::Args;
use orch_core::code::TaskCode;
use orch_core::store::{SessionFilter, SessionStore, TaskFilter, TaskStore, Window};
use orch_core::task::TaskStatus;

use crate::app::App;
use crate::config;
use crate::error::CliError;
use crate::output::brief::{Brief, MOST};

/// Arguments of `orch prime`.
#[derive(Debug, Args)]
pub(crate) struct Prime {
    /// The task; by default ORCH_TASK, then the only one that you hold, then the only one with an active session
    task: Option<String>,
}

/// As many as a brief has room for.
const FEW: Window = Window { limit: MOST as u64, offset: 0 };

impl Prime {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let brief = match self.task.or(config::environment("ORCH_TASK")?) {
            Some(named) => of_task(app, &TaskCode::new(named)?).await?,
            None => of_actor(app).await?,
        };
        app.printer.answer(|| brief.document(app.id()), || brief.text());
        Ok(())
    }
}

async fn of_task(app: &App, code: &TaskCode) -> Result<Brief, CliError> {
    let (store, folder, git) = (app.store().await?, app.folders()?, app.git());
    let sessions = App::sessions(store, &folder, &git);
    let (shown, decisions) = (sessions.look(code).await?, sessions.decisions(code, MOST).await?);
    let ready = store.ready_tasks(FEW).await?.items;
    Ok(Brief::of_task(&app.operation().actor, app.clock.now(), &shown, &decisions, &ready))
}

async fn of_actor(app: &App) -> Result<Brief, CliError> {
    let (store, actor) = (app.store().await?, app.operation().actor);
    let open = vec![TaskStatus::Pending, TaskStatus::InProgress, TaskStatus::Blocked];
    let own = TaskFilter { holder: Some(actor.clone()), status: open, ..TaskFilter::default() };
    let own = store.tasks(&own, FEW).await?.items;
    if let [only] = own.as_slice() {
        return of_task(app, &only.code).await;
    }
    let mut others = Vec::new();
    if own.is_empty() {
        let active = SessionFilter { active: Some(true), task: None };
        for entry in store.sessions(&active, FEW).await?.items {
            others.extend(store.task(&entry.task).await?);
        }
    }
    if let [only] = others.as_slice() {
        return of_task(app, &only.code).await;
    }
    let ready = store.ready_tasks(FEW).await?.items;
    Ok(Brief::of_project(&actor, app.clock.now(), &own, &others, &ready))
}
