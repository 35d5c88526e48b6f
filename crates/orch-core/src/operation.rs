//! One invocation of a command: its id, who asked, and how a repeated call is recognised. Makes no ids itself.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::code::{Actor, IdempotencyKey, InvalidName};
use crate::redact::Redactor;
use crate::refusal::Refusal;

/// The id of one operation, a ULID; every event that the operation writes carries it as `correlation_id`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OperationId(String);

impl OperationId {
    /// Reads a ULID in its 26-character text form.
    ///
    /// # Errors
    /// [`InvalidName`] if the text is not one.
    pub fn new(text: &str) -> Result<Self, InvalidName> {
        ulid::Ulid::from_string(text).map(Self::from).map_err(|_| InvalidName {
            kind: "operation id",
            value: text.chars().take(80).collect(),
            expected: "a ULID: 26 characters of Crockford's base 32",
        })
    }

    /// The text form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<ulid::Ulid> for OperationId {
    fn from(id: ulid::Ulid) -> Self {
        Self(id.to_string())
    }
}

impl TryFrom<String> for OperationId {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, InvalidName> {
        Self::new(&text)
    }
}

impl From<OperationId> for String {
    fn from(id: OperationId) -> Self {
        id.0
    }
}

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One invocation of a command that may change something.
#[derive(Debug, Clone)]
pub struct Operation {
    /// Its id.
    pub id: OperationId,
    /// Who asked for it.
    pub actor: Actor,
    /// The key under which the caller may repeat it.
    pub key: Option<IdempotencyKey>,
    /// The version that the caller read: a change of anything that has another one by now is refused.
    pub if_version: Option<i64>,
    /// What cuts secrets out of all that it writes. The default is on.
    pub redactor: Redactor,
}

impl Operation {
    /// What follows from this operation and is a change of its own, such as a hook: no repetition of it is recognised by the
    /// operation's key, and its condition was looked at.
    #[must_use]
    pub fn following(&self) -> Self {
        Self { key: None, if_version: None, ..self.clone() }
    }

    /// Refuses a change of what is not in the version that the caller read. `what` is its code.
    pub(crate) fn expects(&self, what: &str, version: i64) -> Result<(), Refusal> {
        match self.if_version {
            Some(expected) if expected != version => {
                Err(Refusal::VersionChanged { what: what.to_owned(), expected, found: version })
            }
            _ => Ok(()),
        }
    }
}

/// An operation together with what was asked: what a store needs to recognise a repeated call.
#[derive(Debug, Clone)]
pub struct Request {
    /// The operation.
    pub operation: Operation,
    /// The name of the request, for example `phase.complete`.
    pub name: &'static str,
    /// SHA-256 over the request's name and arguments, in hex; empty without an idempotency key.
    pub fingerprint: String,
}

impl Request {
    /// Binds an operation to the request it carries out. The actor does not count, as whoever goes on with somebody's work may
    /// repeat a call; where a request is about whoever acts, such as a claim, they are among its arguments. Nor do secrets
    /// count: a hash of one could be guessed.
    ///
    /// # Panics
    /// Never: `arguments` are plain data, which always have a JSON form.
    #[must_use]
    pub fn new(operation: &Operation, name: &'static str, arguments: &impl Serialize) -> Self {
        let fingerprint = match operation.key {
            Some(_) => {
                let mut hash = Sha256::new();
                hash.update((name.len() as u64).to_be_bytes());
                hash.update(name);
                let arguments = serde_json::to_string(arguments).unwrap_or_default();
                hash.update(operation.redactor.text(&arguments).as_bytes());
                hex(&hash.finalize())
            }
            None => String::new(),
        };
        Self { operation: operation.clone(), name, fingerprint }
    }
}

/// Lower-case hex of some bytes.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        for nibble in [byte >> 4, byte & 15] {
            text.push(char::from(b"0123456789abcdef"[usize::from(nibble)]));
        }
        text
    })
}
