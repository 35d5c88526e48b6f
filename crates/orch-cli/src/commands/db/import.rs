//! `orch db import`.

use std::fs::File;
use std::io::{Read, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use orch_store::transfer::TransferError;
use serde_json::json;

use crate::app::App;
use crate::error::CliError;
use crate::output::progress::Progress;
use crate::output::view;

/// Arguments of `orch db import`.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// A file that `orch db export` wrote; standard input if left out or "-"
    ///
    /// The store must be one that `orch init` just made, in a file or on a server. An import that was interrupted is finished
    /// by the same command; until then nothing else can be done with the store.
    file: Option<PathBuf>,
}

impl Import {
    /// An import of this file.
    pub(super) fn of(file: PathBuf) -> Self {
        Self { file: Some(file) }
    }

    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let path = self.file.filter(|file| file.as_os_str() != "-");
        let store = app.unfinished_store().await?;
        let file = match &path {
            Some(path) => open(app, path)?,
            None => keep(app, std::io::stdin().lock(), Path::new("standard input"))?,
        };
        let progress = Progress::of("rows");
        let done = store.import(file, &mut |done, total| progress.at(done, total)).await?;
        drop(progress);
        let (imported, skipped) = (done.imported, done.skipped);
        app.printer.answer(
            || view::answer(json!({"imported": imported, "skipped": skipped}), app.id()),
            || {
                let there = if skipped > 0 { format!("; {skipped} were there already") } else { String::new() };
                format!("Imported {imported} rows{there}\nNext: orch db check\n")
            },
        );
        Ok(())
    }
}

fn open(app: &App, path: &Path) -> Result<File, CliError> {
    let failed = |error: std::io::Error| CliError::io("read", path, &error);
    let file = File::open(path).map_err(failed)?;
    let kind = file.metadata().map_err(failed)?.file_type();
    if kind.is_file() {
        return Ok(file);
    }
    #[cfg(unix)]
    if std::os::unix::fs::FileTypeExt::is_char_device(&kind) {
        return Err(CliError::refused(format!("{} is a device", path.display())));
    }
    keep(app, file, path)
}

/// An export is read twice, first to see that it is whole; what comes through a pipe is kept in a file without a name.
fn keep(app: &App, mut input: impl Read, shown: &Path) -> Result<File, CliError> {
    let folder = app.project()?.orch_dir();
    let failed = |error: std::io::Error| CliError::io("write in", &folder, &error);
    let mut file = tempfile::tempfile_in(&folder).map_err(failed)?;
    let (mut chunk, mut is_first) = (vec![0; 1 << 16], true);
    loop {
        match input.read(&mut chunk) {
            Ok(0) => break,
            // something else might never end
            Ok(1..) if is_first && chunk[0] != b'{' => return Err(TransferError::Foreign.into()),
            Ok(read) => file.write_all(&chunk[..read]).map_err(failed)?,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(CliError::io("read", shown, &error)),
        }
        is_first = false;
    }
    file.rewind().map_err(failed)?;
    Ok(file)
}
