//! `orch workflow schema`.

use clap::Args;
use orch_core::workflow::json_schema;

use crate::app::App;
use crate::error::CliError;

/// Arguments of `orch workflow schema`.
#[derive(Debug, Args)]
pub(crate) struct Schema {}

impl Schema {
    /// Prints the schema as it is: editors read it, so nothing is wrapped around it.
    #[expect(clippy::unnecessary_wraps, reason = "every verb has the same form")]
    pub(crate) fn run(self, app: &App) -> Result<(), CliError> {
        let Self {} = self;
        app.printer.raw(format!("{:#}\n", json_schema()).as_bytes());
        Ok(())
    }
}
