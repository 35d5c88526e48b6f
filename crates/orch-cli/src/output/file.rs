//! A file that is there in whole or as it was, and that only its owner reads.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use orch_store::Existing;
use tempfile::NamedTempFile;

use crate::error::CliError;

/// A file in the making, under another name in the same folder.
pub(crate) struct NewFile {
    draft: BufWriter<NamedTempFile>,
    target: PathBuf,
}

impl NewFile {
    /// Begins a file that will be at `target`.
    pub(crate) fn begin(target: &Path) -> Result<Self, CliError> {
        let draft = tempfile::Builder::new().prefix(".orch-new-").tempfile_in(folder(target));
        let draft = draft.map_err(|error| CliError::io("make a file beside", target, &error))?;
        Ok(Self { draft: BufWriter::with_capacity(1 << 18, draft), target: target.to_owned() })
    }

    /// What is written goes into the file.
    pub(crate) fn writer(&mut self) -> &mut (dyn Write + Send) {
        &mut self.draft
    }

    /// Puts the file into place.
    pub(crate) fn finish(self, existing: Existing) -> Result<(), CliError> {
        let target = &self.target;
        let failed = |error: std::io::Error| CliError::io("write", target, &error);
        let draft = self.draft.into_inner().map_err(|error| failed(error.into_error()))?;
        draft.as_file().sync_all().map_err(failed)?;
        let placed = match existing {
            Existing::Replaced => draft.persist(target),
            Existing::Stays => draft.persist_noclobber(target),
        };
        placed.map_err(|error| failed(error.error))?;
        std::fs::File::open(folder(target)).and_then(|folder| folder.sync_all()).map_err(failed)
    }
}

/// The folder that a file is in.
pub(crate) fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
