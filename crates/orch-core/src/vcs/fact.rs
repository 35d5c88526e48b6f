//! What the log keeps of commits and pull requests. The stored form is a contract.

use crate::code::PhaseName;
use crate::event::payload;
use crate::operation::OperationId;
use crate::pull_request::PullRequest;
use crate::task::CapturedCommit;

payload!(
    /// A commit was recorded for the task.
    CommitCaptured {
        /// The commit.
        commit: CapturedCommit,
    }
);
payload!(
    /// A commit is about to be made.
    CommitIntended {
        /// The operation that the commit is known by, from its message.
        operation: OperationId,
        /// The full hash of the commit that HEAD was at; none where there was none.
        base: Option<String>,
        /// The phase that the commit will belong to.
        phase: Option<PhaseName>,
        /// The message as it was given to git.
        message: String,
    }
);
payload!(
    /// A commit was made, by the run that intended it or found after that one was killed.
    Committed {
        /// The operation that intended it.
        operation: OperationId,
        /// The commit.
        commit: CapturedCommit,
    }
);
payload!(
    /// A commit that was intended was not made.
    CommitRefused {
        /// The operation that intended it.
        operation: OperationId,
        /// Why.
        error: String,
    }
);
payload!(
    /// A pull request was linked with the task.
    PrLinked {
        /// The pull request.
        pull_request: PullRequest,
        /// The address of the one that was linked before.
        previous: Option<String>,
    }
);
