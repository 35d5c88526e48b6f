//! What a program printed and how it ended, made fit for snapshots. It runs nothing.

use std::fmt;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

/// The end of a program. The texts name the sandbox `[ROOT]` and every operation id `[OPERATION]`.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
    /// The exit code; `None` after a signal.
    pub(crate) code: Option<i32>,
}

impl Run {
    pub(super) fn new(output: &Output, base: &Path) -> Self {
        let text = |bytes: &[u8]| redact(&String::from_utf8_lossy(bytes), base);
        Self { stdout: text(&output.stdout), stderr: text(&output.stderr), code: output.status.code() }
    }

    /// Insists on exit code 0.
    #[track_caller]
    pub(crate) fn success(&self) -> &Self {
        self.fails_with(0)
    }

    /// Insists on an exit code.
    #[track_caller]
    pub(crate) fn fails_with(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// Standard output as one JSON document.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        document(&self.stdout)
    }

    /// Standard error as one JSON document, the error inside it.
    #[track_caller]
    pub(crate) fn error(&self) -> Value {
        document(&self.stderr)["error"].take()
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.code.map_or_else(|| "signal".to_owned(), |code| code.to_string());
        write!(f, "{}", self.stdout)?;
        if !self.stderr.is_empty() {
            write!(f, "-- standard error\n{}", self.stderr)?;
        }
        write!(f, "-- exit {code}")
    }
}

#[track_caller]
fn document(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in: {text}"))
}

/// Replaces what differs between two runs: the scratch folder and operation ids (26 digits of Crockford's base 32).
fn redact(text: &str, base: &Path) -> String {
    let root = base.join("project");
    let text = text.replace(root.to_str().unwrap(), "[ROOT]").replace(base.to_str().unwrap(), "[BASE]");
    let is_digit = |c: char| c.is_ascii_digit() || (c.is_ascii_uppercase() && !"ILOU".contains(c));
    let (mut out, mut rest) = (String::with_capacity(text.len()), text.as_str());
    while !rest.is_empty() {
        let word = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let (head, tail) = rest.split_at(word);
        let is_id = head.len() == 26 && head.starts_with('0') && head.chars().all(is_digit);
        out.push_str(if is_id { "[OPERATION]" } else { head });
        let separator = tail.find(|c: char| c.is_ascii_alphanumeric()).unwrap_or(tail.len());
        out.push_str(&tail[..separator]);
        rest = &tail[separator..];
    }
    out
}

#[test]
fn folders_and_operation_ids_are_redacted() {
    let base = Path::new("/tmp/x");
    assert_eq!(
        redact("at /tmp/x/project/a, /tmp/x/home: 01M85K3F0CB8837KXZN9FN3S9V.", base),
        "at [ROOT]/a, [BASE]/home: [OPERATION]."
    );
    assert_eq!(redact("sess_TSK-001_20250113_143022", base), "sess_TSK-001_20250113_143022");
}
