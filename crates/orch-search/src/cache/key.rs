//! The key of an answer: everything that the answer depends on, as one hash. It reads nothing.

use std::fmt;

use orch_core::search::{Position, SearchQuery};
use sha2::{Digest as _, Sha256};

use super::CacheSettings;
use super::entry::Kept;

/// Raised with every change of what is stored, and of how hits are found or ranked: processes of two versions may share a
/// second level, and each must get its own answers.
const VERSION: u32 = 2;

/// The key of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key([u8; 32]);

impl Key {
    pub(super) fn new<A: Kept>(settings: &CacheSettings, query: &SearchQuery, position: &Position) -> Self {
        // the limit and the explanations of a query do not change its summary
        let form = A::HAS_HITS.then_some((query.limit, query.explain));
        // white space at the ends separates nothing; inside, it may be a phrase's
        let text = query.text.trim();
        let version = (VERSION, env!("CARGO_PKG_VERSION"), A::KIND);
        Self(hash(&(version, &settings.project, &settings.ranking, &query.within, text, form, position)))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The SHA-256 of a value's JSON, in which no part can be taken for a piece of another one.
fn hash(value: &impl serde::Serialize) -> [u8; 32] {
    let mut hasher = Writer(Sha256::new());
    // neither the writer nor the types that are hashed here ever fail; if one did, what is hashed so far would be a key of
    // something else, and the entry under it would not be what is expected
    let written = serde_json::to_writer(&mut hasher, value).is_ok();
    hasher.0.update([u8::from(written)]);
    hasher.0.finalize().into()
}

struct Writer(Sha256);

impl std::io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
