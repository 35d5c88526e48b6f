//! A part of an output that tells of one error, in numbers of lines. Holds no text but the message.

/// How much a block says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// All that was printed about an error.
    Whole,
    /// A line of a test runner's summary, which counts only if the test's own report is missing.
    Summary,
    /// A line of a logger, which counts only if the error was not told before.
    Logged,
}

/// A part of an output that tells of one error, or of none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    /// What happened; nothing if the lines are only to be skipped.
    pub(super) message: Option<String>,
    /// The line with the title of the test.
    pub(super) title: Option<usize>,
    /// The first line of the error.
    pub(super) from: usize,
    /// The line behind its last one.
    pub(super) to: usize,
    /// The line to go on with.
    pub(super) next: usize,
    /// How much it says.
    pub(super) kind: Kind,
}

impl Block {
    /// The lines of one error.
    pub(super) fn new(message: impl Into<String>, from: usize, to: usize) -> Self {
        let message = Some(message.into()).filter(|message| !message.trim().is_empty());
        Self { message, title: None, from, to, next: to, kind: Kind::Whole }
    }

    /// Lines that tell of no error.
    pub(super) fn skip(from: usize, next: usize) -> Self {
        Self { message: None, title: None, from, to: from, next, kind: Kind::Whole }
    }

    /// The same error in the report of a test.
    pub(super) fn of_test(self, title: usize, next: usize) -> Self {
        Self { title: Some(title), next, ..self }
    }
}
