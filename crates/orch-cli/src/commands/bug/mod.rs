//! `orch bug`: errors, one record for each, and why they have the fingerprint they have.

mod explain;
mod fingerprint;
mod list;
mod log;
mod merge;
mod print;
mod record;
mod resolve;
mod show;

use clap::Subcommand;
use orch_core::code::InvalidName;

use crate::app::App;
use crate::error::CliError;

/// The verbs of `orch bug`.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Log an error, or all errors in the output of a program
    ///
    /// One record is kept for one error: the same one is counted. With -, standard input is read, and each error in the output of
    /// a compiler, a test runner or a crashed program is logged: cargo test 2>&1 | orch bug log -
    Log(log::Log),
    /// List bugs
    List(list::List),
    /// Show a bug: where it is, how often it occurred, what is like it
    Show(show::Show),
    /// Say that a bug is no more
    ///
    /// Phases that waited for the bug wait no longer. If it occurs again, it is open again, and the log calls it a regression.
    Resolve(resolve::Resolve),
    /// Say that two bugs are one
    ///
    /// The first bug takes over what the second one counted, and counts on for both: later occurrences of the second are its
    /// own. What is merged stays merged.
    Merge(merge::Merge),
    /// Show which rule changed what in an error, and what went into its fingerprint
    ///
    /// A bug that is recorded is explained by its code or hash. With two messages or bugs, the first part in which their
    /// fingerprints differ is shown, too.
    Explain(explain::Explain),
    /// Print the fingerprint and the type of each error of a stream; needs no project
    ///
    /// Reads one JSON record a line, {"message", "file", "line", "stack", "project_root"}, and prints one line for each: the
    /// fingerprint, a TAB, and the type. A line that is no record gives "invalid" and a note on standard error, and the exit
    /// code is 2 at the end.
    Fingerprint(fingerprint::Fingerprint),
}

impl Verb {
    /// Runs the verb.
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        match self {
            Self::Log(args) => args.run(app).await,
            Self::List(args) => args.run(app).await,
            Self::Show(args) => args.run(app).await,
            Self::Resolve(args) => args.run(app).await,
            Self::Merge(args) => args.run(app).await,
            Self::Explain(args) => args.run(app).await,
            Self::Fingerprint(args) => args.run(app),
        }
    }
}

/// How a bug is called on the command line.
#[derive(Debug, Clone)]
struct BugName(orch_core::store::BugName);

impl std::str::FromStr for BugName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        orch_core::store::BugName::new(text).map(Self)
    }
}
