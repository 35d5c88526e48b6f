//! `orch demo`.
use crate::app::App;
use crate::error::CliError;
use clap::Args;
/// Arguments of `orch demo`.
#[derive(Debug, Args)]
pub(crate) struct Demo {}
impl Demo {
    pub(crate) fn run(self, _app: &App) -> Result<(), CliError> {
        Ok(())
    }
}
