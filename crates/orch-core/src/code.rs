//! Names and codes: text that was checked once and is safe to store, print and use in a path. No I/O, no look-ups.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A text that is not a valid name of its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {kind}: {value:?}; expected {expected}")]
pub struct InvalidName {
    /// What the text was meant to be, for example `task code`.
    pub kind: &'static str,
    /// The text as given, cut after 80 characters.
    pub value: String,
    /// The rule, in words.
    pub expected: &'static str,
}

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $expected:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The rule that this name follows, in words.
            pub const EXPECTED: &'static str = $expected;

            /// Checks a text and makes it this kind of name.
            ///
            /// # Errors
            /// [`InvalidName`] with the rule, if the text does not follow it.
            pub fn new(text: impl Into<String>) -> Result<Self, InvalidName> {
                let text = text.into();
                let valid: fn(&str) -> bool = $valid;
                if valid(&text) {
                    Ok(Self(text))
                } else {
                    Err(InvalidName {
                        kind: $kind,
                        value: text.chars().take(80).collect(),
                        expected: $expected,
                    })
                }
            }

            /// The text itself.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidName;
            fn from_str(text: &str) -> Result<Self, InvalidName> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidName;
            fn try_from(text: String) -> Result<Self, InvalidName> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

name_type!(
    /// The code of a task, for example `TSK-001`. It also names the task's folder.
    TaskCode, "task code", "1 to 64 letters, digits or any of -_.'%+@#=~, beginning with a letter or digit", is_code
);
name_type!(
    /// The code of a sprint, for example `SPR-001`.
    SprintCode, "sprint code", "1 to 64 letters, digits or any of -_.'%+@#=~, beginning with a letter or digit", is_code
);
name_type!(
    /// The code of a bug, for example `BUG-001`.
    BugCode, "bug code", "1 to 64 letters, digits or any of -_.'%+@#=~, beginning with a letter or digit", is_code
);
name_type!(
    /// The code of a project that events were imported from, for example `P-1`.
    ProjectCode, "project code", "1 to 64 letters, digits or any of -_.'%+@#=~, beginning with a letter or digit", is_code
);
name_type!(
    /// The key of a session, for example `sess_TSK-ABC123_20250113_143022`.
    SessionKey, "session key", "1 to 128 letters, digits or any of -_.'%+@#=~, beginning with a letter or digit",
    |text| is_word(text, 128, CODE) && begins_alphanumeric(text)
);
name_type!(
    /// The name of a phase, for example `intake`.
    PhaseName, "phase name", "1 to 64 letters, digits, '-' or '_', beginning with a letter", is_identifier
);
name_type!(
    /// The type of a task, for example `bug_fix`; it selects the variant of the workflow.
    TaskType, "task type", "1 to 64 letters, digits, '-' or '_', beginning with a letter", is_identifier
);
name_type!(
    /// The name of a check, for example `tests`.
    CheckName, "check name", "1 to 100 letters, digits, '-', '_', '.', ':' or '/', beginning with a letter or digit",
    |text| is_word(text, 100, b"-_.:/") && begins_alphanumeric(text)
);
name_type!(
    /// Who acts: the name of an agent or a person.
    Actor, "actor", "1 to 128 characters without control characters",
    |text| is_line(text, 128)
);
name_type!(
    /// The type of an event, dotted, for example `execute.step_complete`.
    EventType, "event type", "1 to 128 letters, digits, '-' or '_' in parts joined by '.'",
    |text| is_word(text, 128, b"-_.") && text.split('.').all(|part| !part.is_empty())
);
name_type!(
    /// The name of an artifact: a relative path inside the task's folder, `/` between its parts.
    ArtifactName, "artifact name",
    "a relative path of at most 255 bytes and 8 parts, without '..', hidden parts, back-slashes or control characters",
    is_artifact_name
);
name_type!(
    /// A dotted path into a task's columns, then its metadata, for example `priority` or `estimate.hours`.
    FieldPath, "field path", "1 to 200 characters: keys joined by '.', none empty",
    |text| is_line(text, 200) && text.split('.').all(|key| !key.trim().is_empty())
);
name_type!(
    /// The key by which a caller makes a command safe to repeat.
    IdempotencyKey, "idempotency key", "1 to 200 printable ASCII characters",
    |text| (1..=200).contains(&text.len()) && text.bytes().all(|b| (b' '..=b'~').contains(&b))
);

fn is_word(text: &str, most: usize, also: &[u8]) -> bool {
    (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || also.contains(&b))
}

fn begins_alphanumeric(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
}

/// Codes come from other systems, too; what a path, a list or a shell's word would end at is in none. The key of a session
/// holds the code of its task.
const CODE: &[u8] = b"-_.'%+@#=~";

fn is_code(text: &str) -> bool {
    is_word(text, 64, CODE) && begins_alphanumeric(text) && !text.contains("..") && !text.ends_with('.')
}

fn is_identifier(text: &str) -> bool {
    is_word(text, 64, b"-_") && text.starts_with(|c: char| c.is_ascii_alphabetic())
}

fn is_line(text: &str, most: usize) -> bool {
    let length = text.chars().count();
    (1..=most).contains(&length) && !text.trim().is_empty() && !text.chars().any(char::is_control)
}

fn is_artifact_name(text: &str) -> bool {
    (1..=255).contains(&text.len())
        && text.split('/').count() <= 8
        && text.split('/').all(|part| !part.is_empty() && !part.starts_with('.') && part.trim() == part)
        && !text.contains('\\')
        && !text.starts_with('-')
        && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_safe_in_a_path() {
        for good in ["TSK-001", "a", "v1.2_x-Y"] {
            assert!(TaskCode::new(good).is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "a..b", "-a", "a/b", "a\\b", "a b", "é", "a.", "a\0", &"x".repeat(65)] {
            assert!(TaskCode::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn artifact_names_stay_inside() {
        for good in ["PLAN.md", "adr/ADR-1.md", "mit Leerzeichen.md", "日本.md"] {
            assert!(ArtifactName::new(good).is_ok(), "{good}");
        }
        for bad in
            ["", "/etc/passwd", "../x", "a/../b", "a//b", ".git/config", "a/.hidden", "a\\b", "a\nb", "-rf", "a/"]
        {
            assert!(ArtifactName::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_refusal_names_the_rule() {
        let error = PhaseName::new("9lives").unwrap_err();
        assert_eq!(
            error.to_string(),
            "not a valid phase name: \"9lives\"; expected 1 to 64 letters, digits, '-' or '_', beginning with a letter"
        );
        assert!(EventType::new("a..b").is_err());
        assert!(serde_json::from_str::<TaskCode>("\"../x\"").is_err());
    }
}
