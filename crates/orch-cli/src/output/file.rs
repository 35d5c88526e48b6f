//! A file that is there in whole or as it was.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use orch_store::{Existing, Scratch, sync_folder};

use crate::error::CliError;

/// A file in the making, in a folder beside its place.
pub(crate) struct NewFile {
    draft: BufWriter<File>,
    scratch: Scratch,
    target: PathBuf,
}

impl NewFile {
    /// Begins a file that will be at `target`, and that only its owner reads.
    pub(crate) fn begin(target: &Path) -> Result<Self, CliError> {
        Self::with_mode(target, 0o600)
    }

    /// Begins a file that will be at `target`, for whoever may read the one that is there; where there is none, for whoever the
    /// user lets read new files.
    pub(crate) fn begin_shared(target: &Path) -> Result<Self, CliError> {
        let file = Self::with_mode(target, 0o666)?;
        if let Ok(there) = target.metadata() {
            let set = file.draft.get_ref().set_permissions(there.permissions());
            set.map_err(|error| CliError::io("make a file beside", target, &error))?;
        }
        Ok(file)
    }

    fn with_mode(target: &Path, mode: u32) -> Result<Self, CliError> {
        let failed = |error: std::io::Error| CliError::io("make a file beside", target, &error);
        let scratch = Scratch::in_folder(folder(target)).map_err(failed)?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
        let draft = options.open(scratch.path().join("draft")).map_err(failed)?;
        Ok(Self { draft: BufWriter::with_capacity(1 << 18, draft), scratch, target: target.to_owned() })
    }

    /// What is written goes into the file.
    pub(crate) fn writer(&mut self) -> &mut (dyn Write + Send) {
        &mut self.draft
    }

    /// Puts the file into place.
    pub(crate) fn finish(self, existing: Existing) -> Result<(), CliError> {
        let target = &self.target;
        let failed = |error: std::io::Error| CliError::io("write", target, &error);
        let file = self.draft.into_inner().map_err(|error| failed(error.into_error()))?;
        file.sync_all().map_err(failed)?;
        let draft = self.scratch.path().join("draft");
        let placed = match existing {
            Existing::Replaced => std::fs::rename(draft, target),
            // a link is never made over a file
            Existing::Stays => std::fs::hard_link(draft, target),
        };
        placed.and_then(|()| sync_folder(folder(target))).map_err(failed)
    }
}

/// Makes a folder for whoever this mode of Unix lets look into it, unless it is there, so that it outlives a power cut.
pub(crate) fn make_folder(path: &Path, mode: u32) -> Result<(), CliError> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, mode);
    match builder.create(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        created => {
            created.and_then(|()| sync_folder(folder(path))).map_err(|error| CliError::io("create", path, &error))
        }
    }
}

/// The folder that a file is in.
pub(crate) fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
