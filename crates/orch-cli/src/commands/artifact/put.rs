//! `orch artifact put`.

use std::io::Read as _;
use std::path::PathBuf;

use clap::Args;
use orch_core::artifact::ArtifactFile;
use orch_core::code::ArtifactName;
use serde_json::json;

use crate::app::App;
use crate::args::Condition;
use crate::args::task_and;
use crate::error::CliError;
use crate::output::view;

/// Arguments of `orch artifact put`.
#[derive(Debug, Args)]
pub(crate) struct Put {
    /// The task, which may be left out, and the artifact's name
    #[arg(value_names = ["TASK", "NAME"], num_args = 1..=2, required = true)]
    words: Vec<String>,
    /// The file to read; by default standard input
    #[arg(long, value_name = "PATH")]
    file: Option<PathBuf>,
    #[command(flatten)]
    condition: Condition,
}

impl Put {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let (task, rest) = task_and::<1>(&self.words);
        let code = app.task(task).await?;
        let name = ArtifactName::new(rest.first().cloned().unwrap_or_default())?;
        let most = app.settings().max_artifact_bytes();
        let mut content = Vec::new();
        let read = match &self.file {
            Some(path) => std::fs::File::open(path).and_then(|file| file.take(most + 1).read_to_end(&mut content)),
            None => app.input().take(most + 1).read_to_end(&mut content),
        };
        let source = self.file.clone().unwrap_or_else(|| "standard input".into());
        read.map_err(|error| CliError::io("read", &source, &error))?;
        if content.len() as u64 > most {
            return Err(CliError::usage(format!("{} is larger than {most} bytes", source.display()))
                .hint("raise files.max_artifact_bytes in .orch/config.yaml"));
        }
        let (store, folder) = (app.store().await?, app.folders()?);
        let file = ArtifactFile::new(name, content);
        let outcome =
            App::records(store, &folder).put_artifact(&app.operation_if(self.condition), &code, &file).await?;
        if let Some(warning) = app.redactor.warning(&file) {
            app.printer.warn(&warning);
        }
        app.printer.answer(
            || {
                let saved = json!({"name": file.name, "sha256": file.sha256, "size": file.content.len()});
                let document = json!({"artifact": saved, "task": view::task(&outcome.answer.task)});
                view::answer(document, &outcome.operation_id)
            },
            || format!("Saved {} of {code} ({} bytes)\n", file.name, file.content.len()),
        );
        Ok(())
    }
}
