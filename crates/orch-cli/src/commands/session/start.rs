//! `orch session start`.

use clap::Args;
use orch_core::code::SessionKey;
use orch_core::machine::{Ground, Start as Asked};
use orch_core::refusal::Refusal;
use orch_core::service::{Done, Orders, ServiceError};

use crate::app::App;
use crate::args::Condition;
use crate::commands::{session::print, workflow};
use crate::error::CliError;

/// Arguments of `orch session start`.
#[derive(Debug, Args)]
pub(crate) struct Start {
    /// The task
    task: Option<String>,
    /// End the active session and start anew
    #[arg(long)]
    restart: bool,
    /// Take over a session whose holder's lease has run out
    #[arg(long)]
    take_over: bool,
    /// The key of a new session; by default made of task and time
    #[arg(long, value_name = "KEY")]
    session_key: Option<SessionKey>,
    #[command(flatten)]
    condition: Condition,
}

impl Start {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let code = app.task(self.task.as_deref()).await?;
        let project = workflow::project_template(app);
        let asked = Asked { restart: self.restart, take_over: self.take_over, session_key: self.session_key };
        let lease_seconds = app.settings().lease_seconds();
        let (store, folder, git) = (app.store().await?, app.folders()?, app.git());
        let operation = app.operation_if(self.condition);
        let orders = Orders { operation: &operation, task: &code };
        let service = App::sessions(store, &folder, &git);
        let done = match project {
            Ok((workflow, template)) => {
                let settings = app.settings().over(workflow.settings.clone());
                let ground = Ground { workflow: &workflow, template: &template, settings, lease_seconds };
                service.start(orders, &asked, &ground).await?
            }
            Err(unreadable) => match service.resume(orders, &asked, lease_seconds).await {
                Err(ServiceError::Refused(Refusal::NoActiveSession { .. } | Refusal::NoTask(_))) => {
                    return Err(unreadable);
                }
                resumed => with_warning(resumed?, &unreadable),
            },
        };
        print(app, &done);
        Ok(())
    }
}

/// A session goes on by the template that it began with, whatever became of the project's.
fn with_warning(mut done: Done, unreadable: &CliError) -> Done {
    let answer = &mut done.outcome.answer;
    answer.warnings.push(format!(
        "The project's workflow cannot be used now ({}); this session keeps template {} as it was",
        unreadable.message, answer.session.template.name
    ));
    done
}
