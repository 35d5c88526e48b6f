//! `orch prime`.

use clap::Args;
use orch_core::code::TaskCode;
use orch_core::store::{SessionFilter, SessionStore, TaskFilter, TaskStore, Window};
use orch_core::task::Task;

use crate::app::App;
use crate::config;
use crate::error::CliError;
use crate::output::brief::{Brief, MOST};

/// Arguments of `orch prime`.
#[derive(Debug, Args)]
pub(crate) struct Prime {
    /// The task; by default ORCH_TASK, then the only one that you hold
    task: Option<String>,
}

impl Prime {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let actor = app.operation().actor;
        let filter = TaskFilter { holder: Some(actor.clone()), ..TaskFilter::default() };
        let brief = match self.task.or(config::environment("ORCH_TASK")?) {
            Some(named) => of_task(app, &TaskCode::new(named)?).await?,
            None => match app.store().await?.tasks(&filter, FEW).await?.items.as_slice() {
                [only] => of_task(app, &only.code).await?,
                several => of_project(app, several).await?,
            },
        };
        app.printer.answer(|| brief.document(app.id()), || brief.text());
        Ok(())
    }
}

/// As many as a brief has room for.
const FEW: Window = Window { limit: MOST as u64, offset: 0 };

async fn of_task(app: &App, code: &TaskCode) -> Result<Brief, CliError> {
    let (store, folder, git) = (app.store().await?, app.folders()?, app.git());
    let sessions = App::sessions(store, &folder, &git);
    let (shown, decisions) = (sessions.look(code).await?, sessions.decisions(code, MOST).await?);
    Ok(Brief::of_task(&app.operation().actor, app.clock.now(), &shown, &decisions))
}

/// What there is for whoever holds none, or several.
async fn of_project(app: &App, own: &[Task]) -> Result<Brief, CliError> {
    let store = app.store().await?;
    let mut others = Vec::new();
    if own.is_empty() {
        let filter = SessionFilter { active: Some(true), task: None };
        for entry in store.sessions(&filter, FEW).await?.items {
            others.extend(store.task(&entry.task).await?);
        }
    }
    let ready = store.ready_tasks(FEW).await?.items;
    Ok(Brief::of_project(&app.operation().actor, app.clock.now(), own, &others, &ready))
}
