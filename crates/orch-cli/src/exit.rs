//! The exit codes. Scripts rely on them; a code is never given another meaning.

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, and durable.
    Done,
    /// A defect of orch.
    Defect,
    /// Wrong usage or input.
    Usage,
    /// The named thing does not exist.
    NotFound,
    /// A gate is not met.
    Gate,
    /// Conflict: not in that state, or somebody else was first.
    Conflict,
    /// The bounded wait for a lock is over.
    Busy,
    /// The store or a folder is not available.
    Unavailable,
    /// The store is damaged, not one of orch's, or of a newer version.
    Damaged,
    /// Refused for safety or by policy.
    Refused,
    /// The connection was lost at commit.
    Unknown,
    /// The exit code of a command that orch ran for the caller.
    Child(i32),
}

impl Exit {
    /// The number that the process exits with.
    pub(crate) fn number(self) -> i32 {
        match self {
            Self::Done => 0,
            Self::Defect => 1,
            Self::Usage => 2,
            Self::NotFound => 3,
            Self::Gate => 4,
            Self::Conflict => 5,
            Self::Busy => 6,
            Self::Unavailable => 7,
            Self::Damaged => 8,
            Self::Refused => 9,
            Self::Unknown => 10,
            Self::Child(code) => code,
        }
    }

    /// The word in JSON errors.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Defect => "internal",
            Self::Usage => "usage",
            Self::NotFound => "not_found",
            Self::Gate => "gate_not_met",
            Self::Conflict => "conflict",
            Self::Busy => "busy",
            Self::Unavailable => "unavailable",
            Self::Damaged => "damaged",
            Self::Refused => "refused",
            Self::Unknown => "outcome_unknown",
            Self::Child(_) => "check_failed",
        }
    }
}
