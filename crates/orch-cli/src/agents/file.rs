//! The files that agents read, in a project: which there are, what is in them, and how they are changed. Each is there in whole
//! or as it was; one that leads out of the project, or is none, is refused before anything is changed.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use orch_store::Existing;

use super::client::Client;
use super::section::{Document, State};
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::file::{NewFile, folder, make_folder};

/// The file that nearly every agent reads. It is made where it is not there.
const COMMON: &str = "AGENTS.md";
/// Files of agents that do not read [`COMMON`], or read their own instead where it is there.
const OWN: [&str; 3] = ["CLAUDE.md", ".claude/CLAUDE.md", "GEMINI.md"];
/// The most bytes of a file that is read.
const MOST: u64 = 4 << 20;
/// So often a change is made anew where somebody else changes the file at the same moment.
const TRIES: usize = 5;

/// A file of instructions, and what is in it of the section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AgentFile {
    /// Its path in the project.
    pub(crate) path: PathBuf,
    /// What is in it.
    pub(crate) state: State,
}

/// What was done to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It was not there.
    Made,
    /// It was there.
    Changed,
    /// There was nothing to do.
    Kept,
}

impl Effect {
    /// The word for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Made => "made",
            Self::Changed => "changed",
            Self::Kept => "kept",
        }
    }
}

/// What a file is to have in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Section,
    Entry(Client),
}

/// A file that is to be changed, looked over.
#[derive(Debug)]
pub(crate) struct Plan {
    path: PathBuf,
    root: PathBuf,
    wanted: Wanted,
}

/// The files of instructions of the project whose sources are in `root`.
pub(crate) fn look(root: &Path) -> Result<Vec<AgentFile>, CliError> {
    let mut files = Vec::new();
    for (path, place) in instructions(&real(root)?)? {
        let text = read(&path, &place)?.unwrap_or_default();
        let state = section(&path, &text)?.state();
        files.push(AgentFile { path, state });
    }
    Ok(files)
}

/// What is to be done so that the files of instructions have the section, where that is wanted, and the clients know the
/// server. Refuses what cannot be done.
pub(crate) fn plan(root: &Path, instructs: bool, clients: &[Client]) -> Result<Vec<Plan>, CliError> {
    let root = real(root)?;
    let plan = |path: PathBuf, wanted: Wanted| Plan { path, root: root.clone(), wanted };
    let mut plans = Vec::new();
    if instructs {
        plans.extend(instructions(&root)?.into_iter().map(|(path, _)| plan(path, Wanted::Section)));
    }
    let clients: BTreeSet<Client> = clients.iter().copied().collect();
    plans.extend(clients.into_iter().map(|client| plan(client.path(), Wanted::Entry(client))));
    for plan in &plans {
        let place = place(&plan.root, &plan.path)?;
        let is_changed = plan.updated(read(&plan.path, &place)?.as_deref())?.is_some();
        let is_read_only = || place.metadata().is_ok_and(|there| there.permissions().readonly());
        if is_changed && is_read_only() {
            return Err(CliError::refused(format!("{} is read-only", plan.path.display()))
                .hint("make it writable, then run the command again"));
        }
    }
    Ok(plans)
}

impl Plan {
    /// The path of the file.
    pub(crate) fn whole_path(&self) -> PathBuf {
        self.root.join(&self.path)
    }

    /// Carries it out.
    pub(crate) fn carry_out(&self) -> Result<Effect, CliError> {
        for _ in 0..TRIES {
            // looked for anew: somebody may have put a link there
            let place = place(&self.root, &self.path)?;
            let before = read(&self.path, &place)?;
            let Some(text) = self.updated(before.as_deref())? else { return Ok(Effect::Kept) };
            make_folder(folder(&place), 0o777)?;
            let mut file = NewFile::begin_shared(&place)?;
            file.writer().write_all(text.as_bytes()).map_err(|error| CliError::io("write", &self.path, &error))?;
            // what an editor saves from here on until the file is in its place is lost, as there is no lock that editors know
            if read(&self.path, &place)? != before {
                continue;
            }
            let (existing, effect) = match before {
                Some(_) => (Existing::Replaced, Effect::Changed),
                None => (Existing::Stays, Effect::Made),
            };
            match file.finish(existing) {
                // somebody else made it in between
                Err(error) if error.exit == Exit::Conflict => {}
                done => return done.map(|()| effect),
            }
        }
        Err(CliError::new(Exit::Busy, format!("{} is being changed all the time", self.path.display())))
    }

    fn updated(&self, text: Option<&str>) -> Result<Option<String>, CliError> {
        let text = text.unwrap_or_default();
        let updated = match self.wanted {
            Wanted::Section => section(&self.path, text)?.updated(),
            Wanted::Entry(client) => client.with_entry(text).map_err(|problem| {
                CliError::refused(format!("{} {problem}", self.path.display()))
                    .hint(format!("correct it, or put this into it yourself: {}", client.entry()))
            })?,
        };
        match updated {
            Some(text) if text.len() as u64 > MOST => Err(too_large(&self.path)),
            updated => Ok(updated),
        }
    }
}

/// The files of instructions that are to have the section, each once: a file that is a link to another one, or takes the
/// common one in, has it already.
fn instructions(root: &Path) -> Result<Vec<(PathBuf, PathBuf)>, CliError> {
    let mut files = vec![(PathBuf::from(COMMON), place(root, Path::new(COMMON))?)];
    for name in OWN {
        let path = PathBuf::from(name);
        if root.join(name).symlink_metadata().is_err() {
            continue;
        }
        let place = place(root, &path)?;
        if files.iter().any(|(_, other)| *other == place) {
            continue;
        }
        let text = read(&path, &place)?.unwrap_or_default();
        if !takes_in_common(name, &text) || section(&path, &text)?.state() != State::Missing {
            files.push((path, place));
        }
    }
    Ok(files)
}

/// Whether a file begins a line, outside of code, with the mark by which its reader takes the common file in.
fn takes_in_common(name: &str, text: &str) -> bool {
    let marks: &[&str] = if name.contains('/') { &["@../AGENTS.md"] } else { &["@AGENTS.md", "@./AGENTS.md"] };
    let mut is_code = false;
    text.lines().any(|line| {
        is_code ^= ["```", "~~~"].iter().any(|fence| line.trim_start().starts_with(fence));
        !is_code && marks.iter().any(|mark| line.split_whitespace().next() == Some(mark))
    })
}

fn section<'a>(path: &Path, text: &'a str) -> Result<Document<'a>, CliError> {
    Document::read(text).map_err(|broken| {
        let place = format!("{}, line {}", path.display(), broken.line);
        CliError::refused(format!("{place}: {}", broken.problem))
            .hint("remove the lines with <!-- orch:begin … --> and <!-- orch:end -->, and what is between them")
    })
}

fn real(root: &Path) -> Result<PathBuf, CliError> {
    root.canonicalize().map_err(|error| CliError::io("enter", root, &error))
}

/// Where a file of the project really is: links are followed, but not out of it.
fn place(root: &Path, path: &Path) -> Result<PathBuf, CliError> {
    let whole = root.join(path);
    let refused = |what: &str| {
        CliError::refused(format!("{} {what}", path.display())).hint("put a plain file there, or remove it")
    };
    let real = match whole.canonicalize() {
        Ok(real) => real,
        Err(_) if whole.symlink_metadata().is_ok() => return Err(refused("is a link that leads nowhere")),
        // the file is not there; its folder may be a link, or not be there either
        Err(_) => match folder(&whole).canonicalize() {
            Ok(real) => real.join(whole.file_name().unwrap_or_default()),
            Err(_) if folder(&whole).symlink_metadata().is_ok() => {
                return Err(refused("is behind a link that leads nowhere"));
            }
            Err(_) => whole,
        },
    };
    if !real.starts_with(root) || real.strip_prefix(root).is_ok_and(|inside| inside.starts_with(".git")) {
        return Err(refused("leads out of the project"));
    }
    match real.symlink_metadata() {
        Ok(meta) if !meta.is_file() => Err(refused("is no file")),
        Ok(meta) if meta.len() > MOST => Err(too_large(path)),
        _ => Ok(real),
    }
}

fn too_large(path: &Path) -> CliError {
    CliError::refused(format!("{} has more than 4 MiB", path.display()))
        .hint("agents read it at each start: keep less of it there")
}

/// The text of a file; `None` where it is not there.
fn read(path: &Path, place: &Path) -> Result<Option<String>, CliError> {
    match fs::read(place) {
        Ok(bytes) => String::from_utf8(bytes).map(Some).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            CliError::refused(format!("{} is not UTF-8, at byte {at}", path.display()))
                .hint("save it as UTF-8, then run the command again")
        }),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(CliError::io("read", path, &error)),
    }
}
