//! The branch that a branch follows, and how far both are apart, by way of libgit2.

use git2::{ErrorCode, Repository};
use orch_core::vcs::VcsError;

use super::library::failed;

/// The places where git looks for a short name, in its order.
const RULES: [(&str, &str); 6] = [
    ("", ""),
    ("refs/", ""),
    ("refs/tags/", ""),
    ("refs/heads/", ""),
    ("refs/remotes/", ""),
    ("refs/remotes/", "/HEAD"),
];

/// What a branch follows.
pub(super) struct Upstream {
    /// Its name as git shortens it.
    pub(super) name: String,
    /// Commits that only the branch has, and commits that only the upstream has, if both are there.
    pub(super) apart: Option<(u64, u64)>,
}

/// What the branch of that short name follows, if anything.
pub(super) fn of_branch(repository: &Repository, branch: &str) -> Result<Option<Upstream>, VcsError> {
    let doing = failed("read the upstream of the branch");
    let local = format!("refs/heads/{branch}");
    let full = match repository.branch_upstream_name(&local) {
        Ok(name) => String::from_utf8_lossy(&name).into_owned(),
        Err(error) if error.code() == ErrorCode::NotFound => return Ok(None),
        Err(error) => return Err(doing(error)),
    };
    let commit = |name: &str| {
        repository.find_reference(name).and_then(|found| found.peel_to_commit()).map(|commit| commit.id()).ok()
    };
    let apart = match (commit(&local), commit(&full)) {
        (Some(ours), Some(theirs)) => {
            let (ahead, behind) = repository.graph_ahead_behind(ours, theirs).map_err(doing)?;
            Some((ahead as u64, behind as u64))
        }
        _ => None,
    };
    Ok(Some(Upstream { name: shortened(repository, &full), apart }))
}

/// The shortest name that git would not look for elsewhere first.
fn shortened(repository: &Repository, full: &str) -> String {
    for (number, (before, after)) in RULES.iter().enumerate().rev() {
        let Some(short) = full.strip_prefix(before).and_then(|rest| rest.strip_suffix(after)) else { continue };
        let taken =
            |(before, after): &(&str, &str)| repository.find_reference(&format!("{before}{short}{after}")).is_ok();
        if !short.is_empty() && !RULES[..number].iter().any(taken) {
            return short.to_owned();
        }
    }
    full.to_owned()
}
