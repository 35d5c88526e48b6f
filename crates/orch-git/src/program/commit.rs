//! Commits and HEAD, as the `git` program says.

use chrono::DateTime;
use orch_core::vcs::{Commit, Head, VcsError};

use super::{Program, Trouble, line, unexpected};
use crate::repo::Family;

const FIELDS: &str = "--format=format:%H%x00%h%x00%ct%x00%an%x00%ae%x00%B";

impl Program {
    pub(crate) fn head(&self) -> Result<Head, Trouble> {
        let branch = self.branch()?;
        Ok(match self.object("HEAD")? {
            Some(hash) => Head::At { commit: self.one(&hash)?, branch },
            None => Head::Unborn { branch },
        })
    }

    pub(crate) fn commits_since(&self, base: Option<&str>, limit: usize) -> Result<Vec<Commit>, Trouble> {
        let Some(head) = self.object("HEAD")? else {
            return Ok(Vec::new());
        };
        if limit == 0 {
            return Ok(Vec::new());
        }
        let known = match base {
            Some(hash) if is_hash(hash) => self.object(hash)?.filter(|found| found.eq_ignore_ascii_case(hash)),
            _ => None,
        };
        let Some(base) = known else {
            return Ok(vec![self.one(&head)?]);
        };
        let limit = format!("--max-count={limit}");
        let mut commits = self.log(&["--date-order", &limit, &head, &format!("^{base}")])?;
        commits.reverse();
        Ok(commits)
    }

    pub(crate) fn commit(&self, revision: &str) -> Result<Commit, Trouble> {
        let hash = self.resolve(revision)?;
        self.one(&hash)
    }

    /// The full hash of the commit that a revision names.
    pub(crate) fn resolve(&self, revision: &str) -> Result<String, Trouble> {
        let unknown = || {
            let shallow = self.is_shallow();
            VcsError::UnknownRevision { revision: revision.to_owned(), shallow }
        };
        // An object first, and then its commit: `:/text` takes everything behind it for the text.
        let object = if revision.contains('\0') { None } else { self.verified(revision)? };
        let commit = match object {
            Some(object) => self.object(&object)?,
            None => None,
        };
        Ok(commit.ok_or_else(unknown)?)
    }

    /// A commit and its first parent.
    pub(crate) fn family(&self, revision: &str) -> Result<Family, Trouble> {
        let commit = self.resolve(revision)?;
        let arguments = ["rev-list", "--parents", "--max-count=1", &commit];
        let said = line(&self.read("read the parents of a commit", &arguments)?);
        Ok(Family { parent: said.split(' ').nth(1).map(str::to_owned), commit })
    }

    pub(super) fn is_shallow(&self) -> bool {
        std::fs::metadata(self.place.common_dir.join("shallow")).is_ok_and(|file| file.len() > 0)
    }

    /// The branch that HEAD names, without `refs/heads/`.
    pub(super) fn branch(&self) -> Result<Option<String>, Trouble> {
        let said = self.ask("read HEAD", &["symbolic-ref", "--quiet", "HEAD"], &[])?;
        if said.code != Some(0) {
            return Ok(None);
        }
        let name = line(&said.out);
        Ok(Some(name.strip_prefix("refs/heads/").unwrap_or(&name).to_owned()))
    }

    /// The commit of an object or a reference with a plain name.
    pub(super) fn object(&self, name: &str) -> Result<Option<String>, Trouble> {
        self.verified(&format!("{name}^{{commit}}"))
    }

    fn verified(&self, name: &str) -> Result<Option<String>, Trouble> {
        let arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options", name];
        let said = self.ask("look up a revision", &arguments, &[])?;
        let hash = line(&said.out);
        Ok((said.code == Some(0) && is_hash(&hash)).then_some(hash))
    }

    fn one(&self, hash: &str) -> Result<Commit, Trouble> {
        self.log(&["--max-count=1", hash])?.pop().ok_or_else(|| unexpected("read a commit"))
    }

    fn log(&self, which: &[&str]) -> Result<Vec<Commit>, Trouble> {
        const DOING: &str = "walk through the history";
        let mut arguments = vec![
            "log",
            "-z",
            "--no-show-signature",
            "--no-color",
            "--no-patch",
            "--encoding=UTF-8",
            "--abbrev=7",
            FIELDS,
        ];
        arguments.extend(which);
        arguments.push("--");
        let out = self.read(DOING, &arguments)?;
        if out.is_empty() {
            return Ok(Vec::new());
        }
        let fields: Vec<&[u8]> = out.split(|&byte| byte == 0).collect();
        let (commits, []) = fields.as_chunks() else {
            return Err(unexpected(DOING));
        };
        Ok(commits.iter().map(value).collect())
    }
}

fn is_hash(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn value([hash, short_hash, seconds, name, mail, message]: &[&[u8]; 6]) -> Commit {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let seconds = text(seconds).parse().ok();
    Commit {
        hash: text(hash),
        short_hash: text(short_hash),
        message: text(message),
        author: format!("{} <{}>", text(name), text(mail)),
        committed_at: seconds.and_then(|at| DateTime::from_timestamp(at, 0)).unwrap_or(DateTime::UNIX_EPOCH),
    }
}
