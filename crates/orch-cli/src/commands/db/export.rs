//! `orch db export`.

use std::io::{BufWriter, Write as _};
use std::path::PathBuf;

use clap::Args;
use orch_store::Existing;
use orch_store::transfer::TransferError;
use serde_json::json;

use super::refuse_the_store;
use crate::app::App;
use crate::error::CliError;
use crate::output::file::NewFile;
use crate::output::printer::visible_line;
use crate::output::progress::Progress;
use crate::output::view;

/// Arguments of `orch db export`.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The file to write, in whole or not at all; standard output if left out or "-"
    ///
    /// The export is lines of JSON: a header, one line a row, and a footer by which an import knows that it is whole. It is of
    /// one moment; nobody who writes to the store waits for it. Read it with: orch db import FILE
    file: Option<PathBuf>,
}

impl Export {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let file = self.file.filter(|file| file.as_os_str() != "-");
        let Some(path) = file else {
            let mut out = BufWriter::with_capacity(1 << 18, std::io::stdout());
            export(app, &mut out).await?;
            return Ok(out.flush().map_err(TransferError::Write)?);
        };
        refuse_the_store(app, &path)?;
        let mut file = NewFile::begin(&path)?;
        let rows = export(app, file.writer()).await?;
        file.finish(Existing::Replaced)?;
        app.printer.answer(
            || {
                let mut export = json!({"rows": rows});
                view::put_path(&mut export, "file", &path);
                view::answer(json!({"export": export}), app.id())
            },
            || format!("Exported {rows} rows to {}\n", visible_line(&path.to_string_lossy())),
        );
        Ok(())
    }
}

/// Writes everything that the store holds; gives the number of rows.
pub(super) async fn export(app: &App, out: &mut (dyn std::io::Write + Send)) -> Result<u64, CliError> {
    let store = app.store().await?;
    let progress = Progress::of("rows");
    Ok(store.export(app.id(), out, &mut |done, total| progress.at(done, total)).await?)
}
