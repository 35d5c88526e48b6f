//! Git as the commands use it: opened when it is needed, and what the settings say about commits. Decides nothing.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use orch_core::service::Committing;
use orch_core::vcs::{
    After, Before, Commit, CommitOrder, Committer, Diff, Head, KeptOut, Made, Marked, MessageTemplate, Status, Take,
    VcsError, VersionControl,
};

use crate::config::Settings;

/// What in the folder `.orch` is the user's to commit; all else is data of the store. `orch init` tells git the same.
const OWN_FILES: [&str; 3] = ["workflow.yaml", "config.yaml", "templates/"];

/// What commits take and how they are called.
pub(crate) struct CommitSettings {
    /// What they take.
    pub(crate) order: CommitOrder,
    /// What they are called.
    pub(crate) template: MessageTemplate,
    auto: bool,
}

impl CommitSettings {
    /// As the settings of the project with this folder `.orch` have it.
    pub(crate) fn new(settings: &Settings, folder: &Path) -> Self {
        let mut kept_out = vec![KeptOut { folder: folder.to_owned(), but: OWN_FILES.map(ToOwned::to_owned).to_vec() }];
        let store = settings.store_path(folder);
        // the file may have been put elsewhere in the work tree
        if let (Some(place), Some(name)) =
            (store.parent().and_then(|above| above.canonicalize().ok()), store.file_name())
            && !place.starts_with(folder)
        {
            kept_out.extend(["", "-wal", "-shm", "-journal"].map(|end| {
                let mut name = OsString::from(name);
                name.push(end);
                KeptOut { folder: place.join(name), but: Vec::new() }
            }));
        }
        let take = if settings.commit_all() { Take::All } else { Take::Known };
        let order = CommitOrder { take, allow_detached: false, kept_out };
        Self { order, template: settings.commit_message(), auto: settings.auto_commit() }
    }

    /// How a commit is made.
    pub(crate) fn committing<'a>(&'a self, git: &'a LazyGit) -> Committing<'a> {
        Committing { committer: git, order: &self.order, template: &self.template }
    }

    /// How the work is committed at the end of a session, if it is.
    pub(crate) fn at_the_end<'a>(&'a self, git: &'a LazyGit) -> Option<Committing<'a>> {
        self.auto.then(|| self.committing(git))
    }
}

/// A repository that is opened only when somebody looks into it.
pub(crate) struct LazyGit {
    start: PathBuf,
}

impl LazyGit {
    /// The repository that contains this folder, if there is one.
    pub(crate) fn new(start: PathBuf) -> Self {
        Self { start }
    }
}

impl VersionControl for LazyGit {
    fn head(&self) -> Result<Head, VcsError> {
        orch_git::Repository::open(&self.start)?.head()
    }

    fn commits_since(&self, base: Option<&str>, limit: usize) -> Result<Vec<Commit>, VcsError> {
        orch_git::Repository::open(&self.start)?.commits_since(base, limit)
    }

    fn status(&self) -> Result<Status, VcsError> {
        orch_git::Repository::open(&self.start)?.status()
    }

    fn diff(&self, from: Before<'_>, to: After<'_>) -> Result<Diff, VcsError> {
        orch_git::Repository::open(&self.start)?.diff(from, to)
    }

    fn commit(&self, revision: &str) -> Result<Commit, VcsError> {
        orch_git::Repository::open(&self.start)?.commit(revision)
    }

    fn commit_diff(&self, revision: &str) -> Result<Diff, VcsError> {
        orch_git::Repository::open(&self.start)?.commit_diff(revision)
    }
}

impl Committer for LazyGit {
    fn check(&self, order: &CommitOrder) -> Result<Option<String>, VcsError> {
        orch_git::Repository::open(&self.start)?.check(order)
    }

    fn make(&self, order: &CommitOrder, marked: Marked<'_>) -> Result<Made, VcsError> {
        orch_git::Repository::open(&self.start)?.make(order, marked)
    }
}
