//! The state of a work tree, as the `git` program says.

use orch_core::vcs::{ChangeKind, Conflict, ConflictEntry, Operation, RepoPath, Status, StatusEntry};

use super::{Program, Trouble, refusal, unexpected};
use crate::operation;

const DOING: &str = "read the status";

const ARGUMENTS: [&str; 7] = [
    "status",
    "--porcelain=v2",
    "--branch",
    "-z",
    "--untracked-files=all",
    "--ignore-submodules=none",
    "--ahead-behind",
];

impl Program {
    pub(crate) fn status(&self) -> Result<Status, Trouble> {
        let mut status = if self.bare() { self.bare_status()? } else { self.files()? };
        // A branch may have the name that git has for none.
        if status.branch.as_deref().is_none_or(|name| name == "(detached)") {
            status.branch = self.branch()?;
        }
        status.detached = status.branch.is_none();
        if status.detached {
            // Git would name the upstream of the branch that was left.
            (status.upstream, status.ahead, status.behind) = (None, None, None);
        }
        status.unborn = status.head.is_none();
        status.shallow = self.is_shallow();
        status.operation = match operation::in_progress(&self.place.git_dir) {
            None | Some(Operation::Bisect) => self.picking()?.or_else(|| operation::in_progress(&self.place.git_dir)),
            known => known,
        };
        Ok(status)
    }

    fn files(&self) -> Result<Status, Trouble> {
        let said = self.ask(DOING, &ARGUMENTS, &self.without_filters()?)?;
        if said.code != Some(0) {
            return Err(refusal(DOING, &self.folder, said.error));
        }
        parse(&said.out).ok_or_else(|| unexpected(DOING))
    }

    fn bare_status(&self) -> Result<Status, Trouble> {
        Ok(Status { bare: true, head: self.object("HEAD")?, ..Status::default() })
    }

    /// With reftable these heads are no files.
    fn picking(&self) -> Result<Option<Operation>, Trouble> {
        if !self.place.common_dir.join("reftable").exists() {
            return Ok(None);
        }
        for (name, operation) in [("CHERRY_PICK_HEAD", Operation::CherryPick), ("REVERT_HEAD", Operation::Revert)] {
            if self.object(name)?.is_some() {
                return Ok(Some(operation));
            }
        }
        Ok(None)
    }
}

/// Reads all but the branch. Headers and kinds of lines that are not known are passed over, as git asks for.
fn parse(out: &[u8]) -> Option<Status> {
    let mut status = Status::default();
    let mut lines = out.split(|&byte| byte == 0).filter(|line| !line.is_empty());
    while let Some(line) = lines.next() {
        let (kind, rest) = line.split_at_checked(2)?;
        match kind {
            b"# " => header(&mut status, rest)?,
            b"1 " => changed(&mut status, rest, 8, None)?,
            b"2 " => changed(&mut status, rest, 9, Some(&lines.next()?.into()))?,
            b"u " => {
                let (code, path) = (rest.get(..2)?, field(rest, 10)?);
                status.conflicted.push(ConflictEntry { path: path.into(), status: conflict(code)? });
            }
            b"? " => status.untracked.push(rest.into()),
            _ => {}
        }
    }
    sort(&mut status);
    Some(status)
}

fn sort(status: &mut Status) {
    status.staged.sort_by(|a, b| a.path.cmp(&b.path));
    status.unstaged.sort_by(|a, b| a.path.cmp(&b.path));
    status.conflicted.sort_by(|a, b| a.path.cmp(&b.path));
    status.untracked.sort();
}

/// What follows after that many fields, blanks included.
fn field(line: &[u8], before: usize) -> Option<&[u8]> {
    line.splitn(before, |&byte| byte == b' ').nth(before - 1)
}

fn header(status: &mut Status, line: &[u8]) -> Option<()> {
    let line = String::from_utf8_lossy(line);
    let (key, value) = line.split_once(' ')?;
    match key {
        "branch.oid" => status.head = (value != "(initial)").then(|| value.to_owned()),
        "branch.head" => status.branch = Some(value.to_owned()),
        "branch.upstream" => status.upstream = Some(value.to_owned()),
        "branch.ab" => {
            let (ahead, behind) = value.split_once(' ')?;
            status.ahead = Some(ahead.strip_prefix('+')?.parse().ok()?);
            status.behind = Some(behind.strip_prefix('-')?.parse().ok()?);
        }
        _ => {}
    }
    Some(())
}

fn changed(status: &mut Status, line: &[u8], fields: usize, old: Option<&RepoPath>) -> Option<()> {
    let path = RepoPath::from(field(line, fields)?);
    let sides = [(line.first()?, &mut status.staged), (line.get(1)?, &mut status.unstaged)];
    for (&letter, list) in sides.into_iter().filter(|(letter, _)| **letter != b'.') {
        let kind = ChangeKind::of_letter(letter)?;
        let moved = matches!(kind, ChangeKind::Renamed | ChangeKind::Copied);
        list.push(StatusEntry { path: path.clone(), old_path: old.filter(|_| moved).cloned(), status: kind });
    }
    Some(())
}

fn conflict(code: &[u8]) -> Option<Conflict> {
    Some(match code {
        b"DD" => Conflict::BothDeleted,
        b"AU" => Conflict::AddedByUs,
        b"UD" => Conflict::DeletedByThem,
        b"UA" => Conflict::AddedByThem,
        b"DU" => Conflict::DeletedByUs,
        b"AA" => Conflict::BothAdded,
        b"UU" => Conflict::BothModified,
        _ => return None,
    })
}
