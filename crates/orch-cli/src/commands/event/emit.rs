//! `orch event emit`.

use clap::Args;
use orch_core::code::EventType;
use serde_json::{Value, json};

use crate::app::App;
use crate::args::Condition;
use crate::args::task_and;
use crate::error::CliError;
use crate::output::view;

/// Arguments of `orch event emit`.
#[derive(Debug, Args)]
pub(crate) struct Emit {
    /// The task, which may be left out, and the event's type
    #[arg(value_names = ["TASK", "TYPE"], num_args = 1..=2, required = true)]
    words: Vec<String>,
    /// The payload, a JSON document
    #[arg(long, value_name = "JSON", default_value = "{}")]
    payload: String,
    #[command(flatten)]
    condition: Condition,
}

impl Emit {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let (task, rest) = task_and::<1>(&self.words);
        let code = app.task(task).await?;
        let event_type = EventType::new(rest.first().cloned().unwrap_or_default())?;
        let payload: Value = serde_json::from_str(&self.payload)
            .map_err(|error| CliError::usage(format!("the payload is not JSON: {error}")))?;
        let (store, folder) = (app.store().await?, app.folders()?);
        let outcome =
            App::records(store, &folder).emit(&app.operation_if(self.condition), &code, &event_type, &payload).await?;
        let (answer, id) = (&outcome.answer, outcome.event_ids.first().copied());
        app.printer.answer(
            || {
                let session = answer.task.session.as_ref().map(|session| session.key.clone());
                let event = json!({
                    "id": id, "event_type": answer.event_type, "entity_type": "task", "entity_code": code,
                    "session_key": session, "correlation_id": outcome.operation_id,
                    "payload": answer.payload, "emitted_at": view::time(answer.task.updated_at),
                });
                view::answer(json!({"event": event}), &outcome.operation_id)
            },
            || format!("Emitted {} for {code}\n", answer.event_type),
        );
        Ok(())
    }
}
