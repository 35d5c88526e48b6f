//! The tasks' artifact folders on disk. Follows no link out of a task's folder and opens nothing but plain files.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, FileType, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use orch_core::artifact::{ArtifactFile, ArtifactFolder, FolderError, Found, Written};
use orch_core::code::{ArtifactName, TaskCode};

/// The default limit for the size of one artifact: 10 MiB.
pub const MAX_BYTES: u64 = 10 * 1024 * 1024;
/// The most artifacts that one task may have.
pub const MAX_FILES: usize = 1000;
/// The most bytes that all artifacts of one task may have together: 256 MiB. They are read into memory.
pub const MAX_TOTAL_BYTES: u64 = 256 * 1024 * 1024;
/// How many names are looked at in one task's folder; links between folders could multiply them without end.
const MAX_ENTRIES: usize = 20_000;

const REASON_LINK_OUT: &str = "a link that leads out of the task's folder";
const REASON_NOT_A_FOLDER: &str = "not a folder";
const REASON_SPECIAL: &str = "not a plain file (a device, pipe or socket)";

/// Keeps artifacts as files in `<orch folder>/tasks/<task code>/`.
#[derive(Debug, Clone)]
pub struct TaskFolders {
    orch_dir: PathBuf,
    max_bytes: u64,
}

impl TaskFolders {
    /// Takes the folder `.orch` and the limit for the size of one artifact, in bytes. Touches nothing.
    #[must_use]
    pub fn new(orch_dir: PathBuf, max_bytes: u64) -> Self {
        Self { orch_dir, max_bytes }
    }
}

impl ArtifactFolder for TaskFolders {
    fn folder(&self, task: &TaskCode) -> PathBuf {
        self.orch_dir.join("tasks").join(task.as_str())
    }

    fn read(&self, task: &TaskCode) -> Result<Found, FolderError> {
        let root = self.folder(task);
        for folder in [self.orch_dir.clone(), self.orch_dir.join("tasks"), root.clone()] {
            if !is_plain_folder(&folder)? {
                return Ok(Found::default());
            }
        }
        let root = root.canonicalize().map_err(failed("find", &root))?;
        let mut walk = Walk { max_bytes: self.max_bytes, entries: 0, bytes: 0, full: false, found: Found::default() };
        walk.folder(&mut vec![root], "")?;
        Ok(walk.found)
    }

    fn write(&self, task: &TaskCode, name: &ArtifactName, content: &[u8]) -> Result<Written, FolderError> {
        let (folder, path) = self.ensure_folders(task, name, content)?;
        match fs::symlink_metadata(&path) {
            Ok(there) if there.is_symlink() => return Err(refused(&path, "a link is never written through")),
            Ok(there) if !there.is_file() => return Err(refused(&path, "not a plain file")),
            Ok(there) if there.len() == content.len() as u64 => {
                if read_file(&path, &there, self.max_bytes).is_ok_and(|kept| kept == content) {
                    return Ok(Written::Same);
                }
            }
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(failed("look at", &path)(error)),
        }
        place(&folder, &path, content, |temporary| fs::rename(temporary, &path))?;
        Ok(Written::Changed)
    }

    fn create(&self, task: &TaskCode, name: &ArtifactName, content: &[u8]) -> Result<bool, FolderError> {
        let (folder, path) = self.ensure_folders(task, name, content)?;
        let mut is_new = true;
        place(&folder, &path, content, |temporary| {
            // a link is never made over a file
            match fs::hard_link(temporary, &path) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => is_new = false,
                linked => linked?,
            }
            fs::remove_file(temporary)
        })?;
        Ok(is_new)
    }
}

impl TaskFolders {
    /// Makes the folders of an artifact that may be written. Gives its folder and its path.
    fn ensure_folders(
        &self,
        task: &TaskCode,
        name: &ArtifactName,
        content: &[u8],
    ) -> Result<(PathBuf, PathBuf), FolderError> {
        let path = self.folder(task).join(name.as_str());
        if content.len() as u64 > self.max_bytes {
            return Err(refused(&path, too_large(self.max_bytes)));
        }
        let (folders, file) = name.as_str().rsplit_once('/').unwrap_or(("", name.as_str()));
        if name.as_str().split('/').any(is_skipped) {
            return Err(refused(&path, "such a name is taken for an editor's own file and never read back"));
        }
        let mut folder = self.orch_dir.clone();
        ensure_folder(&folder)?;
        for part in ["tasks", task.as_str()].into_iter().chain(folders.split('/').filter(|part| !part.is_empty())) {
            folder.push(part);
            ensure_folder(&folder)?;
        }
        let path = folder.join(file);
        Ok((folder, path))
    }
}

/// One reading of one task's folder.
struct Walk {
    max_bytes: u64,
    entries: usize,
    bytes: u64,
    /// A limit for the whole folder was met and reported; nothing more is read.
    full: bool,
    found: Found,
}

impl Walk {
    /// Reads the last folder of the stack; the first is the task's own, all are free of links. `prefix` is the way to
    /// it in names of artifacts, ending with `/` unless empty.
    fn folder(&mut self, stack: &mut Vec<PathBuf>, prefix: &str) -> Result<(), FolderError> {
        let Some(folder) = stack.last().cloned() else { return Ok(()) };
        let mut names = Vec::new();
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if stack.len() > 1 && error.kind() == ErrorKind::PermissionDenied => {
                self.found.refused.push((prefix.to_owned(), format!("cannot be read: {error}")));
                return Ok(());
            }
            Err(error) => return Err(failed("list", &folder)(error)),
        };
        for entry in entries {
            names.push(entry.map_err(failed("list", &folder))?.file_name());
            self.entries += 1;
            if self.entries > MAX_ENTRIES {
                self.stop(prefix, format!("more than {MAX_ENTRIES} names in the task's folder"));
                return Ok(());
            }
        }
        names.sort();
        for name in names {
            if self.full {
                break;
            }
            self.entry(stack, prefix, &name)?;
        }
        Ok(())
    }

    fn entry(&mut self, stack: &mut Vec<PathBuf>, prefix: &str, name: &OsStr) -> Result<(), FolderError> {
        if is_skipped(&name.to_string_lossy()) {
            return Ok(());
        }
        let Some(text) = name.to_str() else {
            self.refuse(prefix, name, "its name is not UTF-8");
            return Ok(());
        };
        let Ok(artifact) = ArtifactName::new(format!("{prefix}{text}")) else {
            self.refuse(prefix, name, ArtifactName::EXPECTED);
            return Ok(());
        };
        let (Some(root), Some(folder)) = (stack.first(), stack.last()) else { return Ok(()) };
        let (path, there) = match resolve(root, &folder.join(name)) {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(()),
            Err(Stop::Rule(reason)) => {
                self.refuse(prefix, name, reason);
                return Ok(());
            }
            Err(Stop::Failure(error)) => return Err(error),
        };
        if there.is_dir() {
            if stack.contains(&path) {
                self.refuse(prefix, name, "a link back to a folder that it lies in");
            } else {
                stack.push(path);
                let result = self.folder(stack, &format!("{prefix}{text}/"));
                stack.pop();
                result?;
            }
            return Ok(());
        }
        match read_file(&path, &there, self.max_bytes) {
            Ok(content) => self.keep(artifact, content),
            Err(Stop::Rule(reason)) => self.refuse(prefix, name, reason),
            Err(Stop::Failure(error)) => return Err(error),
        }
        Ok(())
    }

    fn keep(&mut self, name: ArtifactName, content: Vec<u8>) {
        let bytes = self.bytes + content.len() as u64;
        if self.found.files.len() == MAX_FILES {
            self.stop(name.as_str(), format!("more than {MAX_FILES} files; this one and those after it were not read"));
        } else if bytes > MAX_TOTAL_BYTES {
            self.stop(
                name.as_str(),
                format!(
                    "more than {MAX_TOTAL_BYTES} bytes in the task's folder; this one and those after it were not read"
                ),
            );
        } else {
            self.bytes = bytes;
            self.found.files.push(ArtifactFile::new(name, content));
        }
    }

    fn refuse(&mut self, prefix: &str, name: &OsStr, reason: impl Into<String>) {
        // The debug form of a text has no control or direction characters, and shows bytes that are not UTF-8.
        #[expect(clippy::unnecessary_debug_formatting, reason = "the escapes are wanted")]
        let shown = format!("{name:?}");
        let shown = shown.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(&shown);
        self.found.refused.push((format!("{prefix}{shown}"), reason.into()));
    }

    fn stop(&mut self, shown: &str, reason: String) {
        self.full = true;
        let shown = if shown.is_empty() { "." } else { shown };
        self.found.refused.push((shown.to_owned(), reason));
    }
}

/// Why one entry does not become an artifact.
enum Stop {
    Rule(String),
    Failure(FolderError),
}

impl Stop {
    fn rule(reason: impl Into<String>) -> Self {
        Self::Rule(reason.into())
    }

    /// A file that only this user may not read is a rule of that file; a sick disk is a failure of all.
    fn from_io(doing: &'static str, path: &Path, error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::PermissionDenied | ErrorKind::NotFound => Self::Rule(format!("cannot be read: {error}")),
            _ => Self::Failure(failed(doing, path)(error)),
        }
    }
}

/// Where an entry leads and what is there. `None` if it is gone meanwhile.
fn resolve(root: &Path, path: &Path) -> Result<Option<(PathBuf, Metadata)>, Stop> {
    let mut path = path.to_owned();
    let mut there = match fs::symlink_metadata(&path) {
        Ok(there) => there,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Stop::from_io("look at", &path, error)),
    };
    if there.is_symlink() {
        path = match path.canonicalize() {
            Ok(target) => target,
            Err(error) => return Err(Stop::Rule(format!("a link that leads nowhere: {error}"))),
        };
        let Ok(inside) = path.strip_prefix(root) else { return Err(Stop::rule(REASON_LINK_OUT)) };
        if inside.iter().any(|part| is_hidden(&part.to_string_lossy())) {
            return Err(Stop::rule("a link to a hidden file or folder"));
        }
        there = fs::symlink_metadata(&path).map_err(|error| Stop::from_io("look at", &path, error))?;
    }
    if there.is_dir() || there.is_file() { Ok(Some((path, there))) } else { Err(Stop::rule(REASON_SPECIAL)) }
}

/// Reads a file that was looked at before, unless it was exchanged since.
fn read_file(path: &Path, seen: &Metadata, max_bytes: u64) -> Result<Vec<u8>, Stop> {
    if seen.len() > max_bytes {
        return Err(Stop::Rule(too_large(max_bytes)));
    }
    let stop = |error| Stop::from_io("read", path, error);
    let file = open(path).map_err(stop)?;
    let opened = file.metadata().map_err(stop)?;
    if !is_same_file(seen, &opened) {
        return Err(Stop::rule("it was exchanged while it was read"));
    }
    let mut content = Vec::new();
    // The file may grow while it is read.
    file.take(max_bytes.saturating_add(1)).read_to_end(&mut content).map_err(stop)?;
    if content.len() as u64 > max_bytes { Err(Stop::Rule(too_large(max_bytes))) } else { Ok(content) }
}

/// Opens a file that was looked at before. What was put in its place since is neither followed, if it is a link, nor waited
/// for, if it is a pipe.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags.bits().cast_signed());
    }
    options.open(path)
}

#[cfg(unix)]
fn is_same_file(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    one.dev() == other.dev() && one.ino() == other.ino()
}

#[cfg(not(unix))]
fn is_same_file(one: &Metadata, other: &Metadata) -> bool {
    one.file_type() == other.file_type()
}

/// Whether a plain folder is there; `false` if nothing is.
fn is_plain_folder(folder: &Path) -> Result<bool, FolderError> {
    match fs::symlink_metadata(folder) {
        Ok(there) => check_folder(folder, there.file_type()).map(|()| true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(failed("look at", folder)(error)),
    }
}

fn check_folder(folder: &Path, found: FileType) -> Result<(), FolderError> {
    if found.is_dir() {
        Ok(())
    } else if found.is_symlink() {
        Err(refused(folder, "a link where a folder is expected"))
    } else {
        Err(refused(folder, REASON_NOT_A_FOLDER))
    }
}

fn ensure_folder(folder: &Path) -> Result<(), FolderError> {
    if is_plain_folder(folder)? {
        return Ok(());
    }
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(folder) {
        Ok(()) => folder.parent().map_or(Ok(()), sync_folder),
        // Somebody else was quicker; what they made is checked like the rest.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => is_plain_folder(folder).map(|_| ()),
        Err(error) => Err(failed("create the folder", folder)(error)),
    }
}

/// Writes beside the file and puts it into its place, so that a reader or a crash meets the old content or the new.
fn place(
    folder: &Path,
    path: &Path,
    content: &[u8],
    put: impl FnOnce(&Path) -> io::Result<()>,
) -> Result<(), FolderError> {
    let (temporary, file) = create_temporary(folder)?;
    let written = fill(file, content)
        .map_err(failed("write", path))
        .and_then(|()| put(&temporary).map_err(failed("put a new file at", path)));
    if let Err(error) = written {
        // The first failure is the one to report.
        let _ = fs::remove_file(&temporary);
        return Err(error);
    }
    sync_folder(folder)
}

fn fill(mut file: File, content: &[u8]) -> io::Result<()> {
    file.write_all(content)?;
    file.sync_all()
}

fn create_temporary(folder: &Path) -> Result<(PathBuf, File), FolderError> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    loop {
        // The name is hidden, so a reader skips what a killed writer left.
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!(".orch-{}-{number}.tmp", std::process::id()));
        match options.open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed("create", &path)(error)),
        }
    }
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> Result<(), FolderError> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    File::open(folder).and_then(|opened| opened.sync_all()).map_err(failed("sync the folder", folder))
}

/// Folders cannot be opened for syncing here; the file system keeps its own order.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same shape as on Unix")]
fn sync_folder(_folder: &Path) -> Result<(), FolderError> {
    Ok(())
}

fn is_hidden(name: &str) -> bool {
    name.starts_with('.')
}

/// Hidden names, temporary files and what editors leave beside a file that is open or was saved.
fn is_skipped(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    is_hidden(name)
        || name.ends_with('~')
        || (name.len() > 1 && name.starts_with('#') && name.ends_with('#'))
        || ending.is_some_and(|ending| ["tmp", "swp", "swo", "swx"].contains(&ending.as_str()))
}

fn too_large(max_bytes: u64) -> String {
    format!("larger than {max_bytes} bytes")
}

fn refused(path: &Path, reason: impl Into<String>) -> FolderError {
    FolderError::Refused { path: path.to_owned(), reason: reason.into() }
}

fn failed(doing: &'static str, path: &Path) -> impl Fn(io::Error) -> FolderError {
    move |source| FolderError::Io { path: path.to_owned(), doing, source }
}

#[cfg(test)]
mod tests;
