//! The port to a second level of the cache, which processes share, and what is known of one. It has no adapter here.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::time::Duration;

/// An answer that is waited for; a second level is chosen by a setting, so its methods must not depend on its type.
pub type Waiting<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Keeps bytes under keys, for all processes. It may forget any of them at any time, and give wrong ones. Whatever goes wrong
/// there is counted, not told: a cache never fails.
pub trait SecondLevel: fmt::Debug + Send + Sync {
    /// The bytes under a key, if they can be had soon.
    fn get<'a>(&'a self, key: &'a str) -> Waiting<'a, Option<Vec<u8>>>;

    /// Keeps bytes under a key, if that can be done soon. Only what is nowhere is put, so this also counts a miss.
    fn put<'a>(&'a self, key: &'a str, value: &'a [u8]) -> Waiting<'a, ()>;

    /// What is known of it; asks it what was counted there.
    fn status(&self) -> Waiting<'_, SharedStatus>;
}

/// What a second level did since it was opened by this process, and what is counted there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SharedStatus {
    /// Its address, without any password.
    pub place: String,
    /// How often it was asked, or given something.
    pub asked: u64,
    /// How often that went wrong.
    pub errors: u64,
    /// For how long it has been off, if it is.
    pub off_for: Option<Duration>,
    /// What went wrong last.
    pub last_error: Option<SharedError>,
    /// What all processes together counted there; `None` if it cannot be asked.
    pub tally: Option<Tally>,
}

impl SharedStatus {
    /// One that was never asked.
    #[must_use]
    pub fn new(place: impl Into<String>) -> Self {
        Self { place: place.into(), asked: 0, errors: 0, off_for: None, last_error: None, tally: None }
    }
}

/// What all processes counted in a second level since it began to count, at most a day ago.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// How often an answer was asked for.
    pub asked: u64,
    /// How often it was computed, as it was not there.
    pub missed: u64,
}

impl Tally {
    /// The part that was found, from 0 to 1; `None` if nothing was asked for.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "it is a rate")]
    pub fn hit_rate(&self) -> Option<f64> {
        let found = self.asked.saturating_sub(self.missed);
        (self.asked > 0).then(|| found as f64 / self.asked as f64)
    }
}

/// What went wrong with a second level. Nothing of what the server said is in it but an error's code, so that no server can
/// bring text of its own, or a password that it was sent, to a screen or a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SharedError {
    /// It did not answer in time.
    #[error("no answer within {within:?}")]
    Silent {
        /// How long was waited.
        within: Duration,
    },
    /// It answered, but took longer than it is worth.
    #[error("its answers take too long")]
    Slow,
    /// There is no connection, or it broke.
    #[error("no connection: {kind}")]
    NoConnection {
        /// What the system says.
        kind: io::ErrorKind,
    },
    /// It does not take the user or the password.
    #[error("user or password refused")]
    Denied,
    /// It answered with an error.
    #[error("it answers {code}")]
    Answered {
        /// The code, for example `OOM`.
        code: String,
    },
    /// Another process noted a short while ago that it does not answer.
    #[error("another process got no answer")]
    Noted,
    /// What answers is no Redis server.
    #[error("what answers there is no Redis server")]
    Nonsense,
}
