//! Reads the files of a project, which somebody else may have put there: plain files only, and never more than is wanted.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::Path;

use crate::error::CliError;

/// What a file says, and at most one byte more than `most`, so that a caller sees that it is too long. `None` where there is
/// none. A pipe or a device, which might never end, is refused.
pub(crate) fn plain(path: &Path, most: u64) -> Result<Option<Vec<u8>>, CliError> {
    let failed = |error: std::io::Error| CliError::io("read", path, &error);
    // before it is opened, which alone would wait for whoever writes into a pipe
    match path.metadata() {
        Ok(there) if there.is_file() => {}
        Ok(_) => return Err(CliError::refused(format!("{} is not a file", path.display()))),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    }
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(most.saturating_add(1)).read_to_end(&mut bytes)).map_err(failed)?;
    Ok(Some(bytes))
}
