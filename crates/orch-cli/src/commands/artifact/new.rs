//! `orch artifact new`.

use clap::Args;
use orch_core::artifact::{ArtifactFile, ArtifactFolder as _};
use orch_core::code::ArtifactName;
use orch_core::refusal::Refusal;
use orch_core::store::TaskStore;
use orch_core::task::Task;
use orch_core::workflow::{ArtifactSpec, Workflow, artifact_template};
use serde_json::json;

use crate::app::App;
use crate::args::task_and;
use crate::error::CliError;
use crate::input;
use crate::output::printer::visible_line;
use crate::output::view;

/// Arguments of `orch artifact new`.
#[derive(Debug, Args)]
pub(crate) struct New {
    /// The task, which may be left out, and the artifact's name
    #[arg(value_names = ["TASK", "NAME"], num_args = 1..=2, required = true)]
    words: Vec<String>,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
}

impl New {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let (task, rest) = task_and::<1>(&self.words);
        let code = app.task(task).await?;
        let name = ArtifactName::new(rest.first().cloned().unwrap_or_default())?;
        let store = app.store().await?;
        let task = store.task(&code).await?.ok_or_else(|| Refusal::NoTask(code.clone()))?;
        let folders = app.folders()?;
        let workflow = match store.pinned_template(&code).await?.filter(|_| task.active_session().is_some()) {
            Some(pinned) => Workflow::parse(pinned.content.as_bytes(), &pinned.name)
                .map_err(|faults| CliError::faults(&pinned.name, &faults))?,
            None => super::super::workflow::project_template(app)?.0,
        };
        let text = fill(&template_text(app, &workflow, &name)?, &task, app);
        let file = ArtifactFile::new(name, text.into_bytes());
        let begun = App::records(store, &folders).begin_artifact(&app.operation(), &code, &file, self.force).await?;
        let path = app.shown(&folders.folder(&code).join(file.name.as_str()));
        app.printer.answer(
            || {
                let text = String::from_utf8_lossy(&file.content);
                let artifact = json!({"name": file.name, "path": path, "size": begun.answer.size, "text": text});
                view::answer(json!({"artifact": artifact}), &begun.operation_id)
            },
            || format!("{}\n", visible_line(&path)),
        );
        Ok(())
    }
}

/// The text of the template that the workflow names for this artifact: a file in .orch/templates, or a built-in one.
fn template_text(app: &App, workflow: &Workflow, name: &ArtifactName) -> Result<String, CliError> {
    let specs =
        workflow.phases.iter().flat_map(|phase| phase.artifacts.required.iter().chain(&phase.artifacts.optional));
    let matching: Vec<&ArtifactSpec> = specs.filter(|spec| spec.pattern.matches(name)).collect();
    let Some(template) = matching.iter().find_map(|spec| spec.template.as_deref()) else {
        let about = matching.iter().find_map(|spec| spec.description.as_deref()).unwrap_or_default();
        return Ok(format!("# {{task_code}}: {{task_title}}\n\n{about}\n"));
    };
    let project = app.project()?;
    let path = project.orch_dir().join("templates").join(template);
    let shown = app.shown(&path);
    // a link would bring into the task whatever it leads to
    if path.canonicalize().is_ok_and(|target| project.root.canonicalize().is_ok_and(|root| !target.starts_with(root))) {
        return Err(CliError::refused(format!("the template {shown} is a link that leads out of the project")));
    }
    let most = app.settings().max_artifact_bytes();
    match input::plain(&path, most)? {
        Some(bytes) if bytes.len() as u64 > most => {
            Err(CliError::usage(format!("the template {shown} is larger than {most} bytes")))
        }
        Some(bytes) => {
            String::from_utf8(bytes).map_err(|_| CliError::usage(format!("the template {shown} is not UTF-8")))
        }
        None => artifact_template(template).map(ToOwned::to_owned).ok_or_else(|| {
            CliError::not_found(format!("the workflow names the template {template}, which does not exist"))
                .hint(format!("write it to {shown}"))
        }),
    }
}

fn fill(template: &str, task: &Task, app: &App) -> String {
    let phase = task.active_session().map(|session| session.current_phase.to_string()).unwrap_or_default();
    let date = app.clock.now().format("%Y-%m-%d").to_string();
    let values = [
        ("{task_code}", task.code.as_str()),
        ("{task_type}", task.task_type.as_str()),
        ("{phase}", &phase),
        ("{date}", &date),
        // last, so that nothing in a title is taken for a placeholder
        ("{task_title}", &task.title),
    ];
    values.iter().fold(template.to_owned(), |text, (placeholder, value)| text.replace(placeholder, value))
}
