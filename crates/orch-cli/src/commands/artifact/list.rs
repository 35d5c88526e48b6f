//! `orch artifact list`.

use clap::Args;
use orch_core::artifact::ArtifactFolder as _;
use orch_core::refusal::Refusal;
use orch_core::store::TaskStore;
use serde_json::{Value, json};

use crate::app::App;
use crate::error::CliError;
use crate::output::{text, view};

/// Arguments of `orch artifact list`.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// The task
    task: Option<String>,
}

impl List {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let code = app.task(self.task.as_deref()).await?;
        let task = app.store().await?.task(&code).await?.ok_or_else(|| Refusal::NoTask(code.clone()))?;
        let folders = app.folders()?;
        let found = folders.read(&code)?;
        let path = |name: &str| app.shown(&folders.folder(&code).join(name));
        let mut rows: Vec<(String, &str, u64, String)> = Vec::new();
        for (name, meta) in &task.artifacts {
            let file = found.files.iter().find(|file| file.name == *name);
            let state = match file {
                Some(file) if file.sha256 != meta.sha256 => "changed",
                _ => "saved",
            };
            rows.push((name.to_string(), state, meta.size, meta.sha256.clone()));
        }
        for file in found.files.iter().filter(|file| !task.artifacts.contains_key(&file.name)) {
            rows.push((file.name.to_string(), "new", file.content.len() as u64, file.sha256.clone()));
        }
        app.printer.answer(
            || {
                let artifacts: Vec<Value> = rows
                    .iter()
                    .map(|(name, state, size, sha256)| {
                        json!({"name": name, "state": state, "size": size, "sha256": sha256, "path": path(name)})
                    })
                    .collect();
                view::answer(json!({"artifacts": artifacts, "refused": found.refused}), app.id())
            },
            || {
                let rows = rows
                    .iter()
                    .map(|(name, state, size, _)| [name.clone(), (*state).to_owned(), size.to_string(), path(name)]);
                text::table(["ARTIFACT", "STATE", "BYTES", "PATH"], rows)
            },
        );
        for (name, reason) in &found.refused {
            app.printer.warn(&format!("{name} is refused: {reason}"));
        }
        Ok(())
    }
}
