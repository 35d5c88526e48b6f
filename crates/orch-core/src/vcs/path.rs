//! The name of a file in a repository, as bytes. Knows nothing of folders on disk; does no I/O.

use std::borrow::Cow;
use std::fmt;

/// A path below the top of a repository, with `/` between its parts. Git allows any bytes but NUL in it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepoPath(Vec<u8>);

impl RepoPath {
    /// Takes the bytes as they are.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The path as text. What is not UTF-8 becomes U+FFFD; line breaks and control characters stay as they are.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }

    /// Whether [`RepoPath::text`] says the same as the bytes.
    #[must_use]
    pub fn is_utf8(&self) -> bool {
        std::str::from_utf8(&self.0).is_ok()
    }
}

impl From<&str> for RepoPath {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

impl From<&[u8]> for RepoPath {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

impl fmt::Debug for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_bytes_are_a_path() {
        for (bytes, text, utf8, shown) in [
            (&b"src/lib.rs"[..], "src/lib.rs", true, "\"src/lib.rs\""),
            ("gr\u{fc}n".as_bytes(), "gr\u{fc}n", true, "\"gr\\xc3\\xbcn\""),
            (b"gr\xfcn", "gr\u{fffd}n", false, "\"gr\\xfcn\""),
            (b"a\nb\"", "a\nb\"", true, "\"a\\nb\\\"\""),
        ] {
            let path = RepoPath::from(bytes);
            assert_eq!((path.text().as_ref(), path.is_utf8(), format!("{path:?}").as_str()), (text, utf8, shown));
            assert_eq!(path.as_bytes(), bytes);
        }
    }
}
