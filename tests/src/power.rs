//! A disk that loses power: from what a program changed, as `strace` recorded it, which files are left if all that was not
//! synced is lost, or any part of it. It knows nothing of what is in the files.
//!
//! What is synced is all that `fsync` promises and no more: a file's content with the file, its name with its folder. A rename
//! happens or does not; whatever else was not synced may be there or not, one by one.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::strace::{Call, bytes};

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Node {
    Folder,
    /// The content of this number.
    File(usize),
}

/// Something that was changed and not synced.
#[derive(Debug, Clone)]
enum Change {
    /// Bytes of a content, from a position on.
    Data { content: usize, at: usize, bytes: Vec<u8> },
    /// The length of a content.
    Length { content: usize, length: usize },
    /// Names that are given and taken at once. A folder that is renamed takes along what is in it.
    Names { taken: Option<PathBuf>, given: Option<(PathBuf, Node)> },
}

/// The files below a folder, as they are on the disk and as programs see them.
#[derive(Debug, Clone)]
pub struct Disk {
    root: PathBuf,
    contents: Vec<Vec<u8>>,
    names: BTreeMap<PathBuf, Node>,
    /// As programs see them.
    seen: BTreeMap<PathBuf, Node>,
    pending: Vec<Change>,
    /// How far files were written that are written from the beginning to the end, by their content.
    written: HashMap<usize, usize>,
}

impl Disk {
    /// Takes the files below a folder for synced.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn of(root: &Path) -> io::Result<Self> {
        let root = root.to_owned();
        let (names, seen) = (BTreeMap::new(), BTreeMap::new());
        let mut disk = Self { root, contents: Vec::new(), names, seen, pending: Vec::new(), written: HashMap::new() };
        let mut folders = vec![disk.root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    disk.names.insert(path.clone(), Node::Folder);
                    folders.push(path);
                } else {
                    disk.names.insert(path.clone(), Node::File(disk.contents.len()));
                    disk.contents.push(fs::read(path)?);
                }
            }
        }
        disk.seen = disk.names.clone();
        Ok(disk)
    }

    /// Whether a call makes something durable.
    #[must_use]
    pub fn is_sync(&self, call: &Call) -> bool {
        matches!(call.name.as_str(), "fsync" | "fdatasync") && self.target(call).is_some()
    }

    /// How many changes are not synced.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Carries a call out.
    ///
    /// # Panics
    /// If it changes something below the folder in a way that is not known here.
    pub fn apply(&mut self, call: &Call) {
        if call.result.is_none_or(|result| result < 0) {
            return;
        }
        let arguments = split(&call.arguments);
        let number = |at: usize| arguments.get(at).and_then(|text| text.parse::<usize>().ok());
        match call.name.as_str() {
            "open" | "openat" => self.open(call, &arguments),
            "pwrite64" => {
                if let (Some(content), Some(at)) = (self.content(call), number(3)) {
                    self.pending.push(Change::Data { content, at, bytes: text(arguments[1]) });
                }
            }
            "write" => {
                if let Some(content) = self.content(call) {
                    self.append(content, &text(arguments[1]));
                }
            }
            "copy_file_range" => {
                let from = self.file_at(&path_of(arguments[0], &self.root)).map(|content| self.now(content));
                let to = self.file_at(&path_of(arguments[2], &self.root));
                if let (Some(to), Some(from)) = (to, from) {
                    // a whole file in one call, as the one after it says
                    if call.result.is_some_and(|copied| copied > 0) {
                        self.append(to, &from);
                    }
                }
            }
            "ftruncate" => {
                if let (Some(content), Some(length)) = (self.content(call), number(1)) {
                    self.pending.push(Change::Length { content, length });
                }
            }
            "fsync" | "fdatasync" => self.sync(call),
            _ => self.rename(call, &arguments),
        }
    }

    fn open(&mut self, call: &Call, arguments: &[&str]) {
        let Some(path) = self.target(call) else { return };
        let flags = arguments.iter().find(|text| text.contains("O_")).copied().unwrap_or_default();
        match self.seen.get(&path) {
            None if flags.contains("O_CREAT") => {
                self.contents.push(Vec::new());
                self.give(None, path, Node::File(self.contents.len() - 1));
            }
            Some(Node::File(content)) if flags.contains("O_TRUNC") => {
                self.pending.push(Change::Length { content: *content, length: 0 });
            }
            _ => {}
        }
    }

    fn rename(&mut self, call: &Call, arguments: &[&str]) {
        let paths: Vec<PathBuf> = paths(arguments, &self.root);
        let (Some(first), last) = (paths.first().cloned(), paths.last().cloned().unwrap_or_default()) else { return };
        if !first.starts_with(&self.root) && !last.starts_with(&self.root) {
            return;
        }
        match call.name.as_str() {
            "mkdir" | "mkdirat" => self.give(None, last, Node::Folder),
            "rename" | "renameat" | "renameat2" => {
                if let Some(node) = self.seen.get(&first).copied() {
                    self.give(Some(first), last, node);
                }
            }
            "link" | "linkat" => {
                if let Some(node) = self.seen.get(&first).copied() {
                    self.give(None, last, node);
                }
            }
            "unlink" | "unlinkat" | "rmdir" => {
                self.seen.remove(&last);
                self.pending.push(Change::Names { taken: Some(last), given: None });
            }
            "chmod" | "fchmod" | "fchmodat" => {}
            other => panic!("{other}({}) is not known here", call.arguments),
        }
    }

    fn give(&mut self, taken: Option<PathBuf>, path: PathBuf, node: Node) {
        let change = Change::Names { taken, given: Some((path, node)) };
        name(&mut self.seen, &change);
        self.pending.push(change);
    }

    fn append(&mut self, content: usize, bytes: &[u8]) {
        let at = self.written.entry(content).or_default();
        self.pending.push(Change::Data { content, at: *at, bytes: bytes.to_vec() });
        *at += bytes.len();
    }

    fn sync(&mut self, call: &Call) {
        let Some(path) = self.target(call) else { return };
        let node = if path == self.root { Some(Node::Folder) } else { self.seen.get(&path).copied() };
        let is_in = |named: &Path| named.parent() == Some(&path);
        let mut kept = Vec::new();
        for change in std::mem::take(&mut self.pending) {
            let is_synced = match &change {
                Change::Data { content, .. } | Change::Length { content, .. } => node == Some(Node::File(*content)),
                Change::Names { taken, given } => {
                    taken.as_deref().is_some_and(is_in) || given.as_ref().is_some_and(|(given, _)| is_in(given))
                }
            };
            if is_synced {
                settle(&mut self.contents, &mut self.names, &change);
            } else {
                kept.push(change);
            }
        }
        self.pending = kept;
    }

    /// What is on the disk if of the changes that are not synced those happened which `happened` says, by their number.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, happened: impl Fn(usize) -> bool) -> io::Result<()> {
        let (mut contents, mut names) = (self.contents.clone(), self.names.clone());
        for (_, change) in self.pending.iter().enumerate().filter(|(at, _)| happened(*at)) {
            settle(&mut contents, &mut names, change);
        }
        for entry in fs::read_dir(&self.root)? {
            let path = entry?.path();
            if path.is_dir() { fs::remove_dir_all(path)? } else { fs::remove_file(path)? }
        }
        // in the order of paths, a folder comes before what is in it; what is in a lost one is lost
        for (path, node) in &names {
            let is_lost = !path.parent().is_some_and(Path::is_dir);
            match node {
                _ if is_lost => {}
                Node::Folder => fs::create_dir(path)?,
                Node::File(content) => fs::write(path, &contents[*content])?,
            }
        }
        Ok(())
    }

    /// A content as programs see it.
    fn now(&self, content: usize) -> Vec<u8> {
        let (mut contents, mut names) = (self.contents.clone(), BTreeMap::new());
        for change in &self.pending {
            settle(&mut contents, &mut names, change);
        }
        std::mem::take(&mut contents[content])
    }

    fn content(&self, call: &Call) -> Option<usize> {
        self.target(call).and_then(|path| self.file_at(&path))
    }

    fn file_at(&self, path: &Path) -> Option<usize> {
        match self.seen.get(path) {
            Some(Node::File(content)) => Some(*content),
            _ => None,
        }
    }

    /// The file or folder that a call is about, if it lies below the root. The index of SQLite's log is no file that counts:
    /// it is shared memory, and made anew.
    fn target(&self, call: &Call) -> Option<PathBuf> {
        let path = PathBuf::from(call.files().into_iter().next()?);
        (path.starts_with(&self.root) && !path.to_string_lossy().ends_with("-shm")).then_some(path)
    }
}

/// Lets a change be on the disk.
fn settle(contents: &mut [Vec<u8>], names: &mut BTreeMap<PathBuf, Node>, change: &Change) {
    match change {
        Change::Data { content, at, bytes } => {
            let content = &mut contents[*content];
            content.resize(content.len().max(at + bytes.len()), 0);
            content[*at..at + bytes.len()].copy_from_slice(bytes);
        }
        Change::Length { content, length } => contents[*content].resize(*length, 0),
        Change::Names { .. } => name(names, change),
    }
}

fn name(names: &mut BTreeMap<PathBuf, Node>, change: &Change) {
    let Change::Names { taken, given } = change else { return };
    let Some((path, node)) = given else {
        names.retain(|name, _| Some(name) != taken.as_ref());
        return;
    };
    if let Some(taken) = taken {
        let inside: Vec<_> =
            names.iter().filter(|(name, _)| name.starts_with(taken)).map(|(name, _)| name.clone()).collect();
        for name in inside {
            if let (Some(node), Ok(rest)) = (names.remove(&name), name.strip_prefix(taken))
                && rest != Path::new("")
            {
                names.insert(path.join(rest), node);
            }
        }
    }
    names.insert(path.clone(), *node);
}

/// Arguments one by one. Texts are in hexadecimal, so they hold no comma and no bracket.
fn split(arguments: &str) -> Vec<&str> {
    arguments.split(", ").collect()
}

fn text(argument: &str) -> Vec<u8> {
    bytes(argument.trim_matches('"'))
}

/// The path of a descriptor, or the path itself.
fn path_of(argument: &str, folder: &Path) -> PathBuf {
    let inside = argument.split_once('<').map(|(_, path)| path.trim_end_matches('>'));
    let path = String::from_utf8_lossy(&text(inside.unwrap_or(argument))).into_owned();
    folder.join(path)
}

/// Every path among the arguments, those in a folder that was opened joined to it.
fn paths(arguments: &[&str], root: &Path) -> Vec<PathBuf> {
    let mut folder = root.to_owned();
    let mut paths = Vec::new();
    for argument in arguments {
        if argument.contains('<') {
            folder = path_of(argument, root);
        } else if argument.starts_with('"') {
            paths.push(path_of(argument, &folder));
        }
    }
    paths
}
