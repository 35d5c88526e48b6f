//! `orch mcp`.

use clap::Args;

use crate::app::App;
use crate::error::CliError;
use crate::mcp::{self, Tools};

/// Arguments of `orch mcp`.
#[derive(Debug, Args)]
pub(crate) struct Mcp {
    /// Which tools the client is shown
    #[arg(long, value_enum, value_name = "WHICH", default_value = "all")]
    tools: Tools,
}

impl Mcp {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        mcp::serve(app, self.tools).await
    }
}
