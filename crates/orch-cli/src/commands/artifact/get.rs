//! `orch artifact get`.

use clap::Args;
use orch_core::artifact::ArtifactFolder as _;
use orch_core::code::ArtifactName;
use orch_core::refusal::Refusal;
use orch_core::store::{ArtifactStore, TaskStore};
use serde_json::json;

use crate::app::App;
use crate::args::task_and;
use crate::error::CliError;
use crate::output::view;

/// Arguments of `orch artifact get`.
#[derive(Debug, Args)]
pub(crate) struct Get {
    /// The task, which may be left out, and the artifact's name
    #[arg(value_names = ["TASK", "NAME"], num_args = 1..=2, required = true)]
    words: Vec<String>,
}

impl Get {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let (task, rest) = task_and::<1>(&self.words);
        let code = app.task(task).await?;
        let name = ArtifactName::new(rest.first().cloned().unwrap_or_default())?;
        let store = app.store().await?;
        let Some(content) = store.artifact(&code, &name).await? else {
            store.task(&code).await?.ok_or_else(|| Refusal::NoTask(code.clone()))?;
            let file = app.folders()?.folder(&code).join(name.as_str());
            let error = CliError::from(Refusal::NoArtifact { task: code, name: name.to_string() });
            if file.is_file() {
                return Err(error.hint(format!("it is not saved yet, and only a file: {}", app.shown(&file))));
            }
            return Err(error);
        };
        if !app.printer.json {
            app.printer.raw(&content);
            return Ok(());
        }
        let mut artifact = json!({
            "task_code": code, "name": name, "size": content.len(),
            "sha256": orch_core::artifact::sha256_hex(&content), "text": String::from_utf8_lossy(&content),
        });
        if std::str::from_utf8(&content).is_err() {
            artifact["text_b64"] = json!(view::base64(&content));
        }
        app.printer.answer(|| view::answer(json!({"artifact": artifact}), app.id()), String::new);
        Ok(())
    }
}
