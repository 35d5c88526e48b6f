//! Which artifacts a phase asks for: names and globs. Reads no folder; a caller brings the names that exist.

use std::fmt;

use globset::{Glob, GlobBuilder, GlobSet};
use serde::{Deserialize, Serialize};

use crate::code::ArtifactName;

/// The artifacts of a phase.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifacts {
    /// What must be there before the phase may be completed.
    pub required: Vec<ArtifactSpec>,
    /// What may be there.
    pub optional: Vec<ArtifactSpec>,
}

/// One artifact, or a family of them, that a phase asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactSpec {
    /// Its name, or a glob such as `ADR-*.md`.
    pub pattern: ArtifactPattern,
    /// What belongs into it.
    pub description: Option<String>,
    /// The name of the template from which it is begun. It follows the rule of [`ArtifactName`].
    pub template: Option<String>,
}

/// The name of an artifact or a glob over such names.
///
/// In a glob `*` stands for any characters but `/`, `?` for one ASCII character, `[ab]` for one of a set of ASCII
/// characters, `[!ab]` for one outside of it, and `{a,b}` for one of several texts. The other rules are those of
/// [`ArtifactName`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ArtifactPattern(String);

/// A text that is neither the name of an artifact nor a glob over such names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid artifact name or glob: {value:?}; {reason}")]
#[non_exhaustive]
pub struct InvalidPattern {
    /// The text as given, cut after 80 characters.
    pub value: String,
    /// What is wrong with it.
    pub reason: String,
}

impl ArtifactPattern {
    /// Checks a text and makes it a pattern.
    ///
    /// # Errors
    /// [`InvalidPattern`] with the reason.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidPattern> {
        let text = text.into();
        match reason_against(&text) {
            None => Ok(Self(text)),
            Some(reason) => Err(InvalidPattern { value: text.chars().take(80).collect(), reason }),
        }
    }

    /// The text itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True if the pattern may stand for more than one name.
    #[must_use]
    pub fn is_glob(&self) -> bool {
        is_glob(&self.0)
    }

    /// True if a name is the one meant, or one of those meant. Upper and lower case differ.
    #[must_use]
    pub fn matches(&self, name: &ArtifactName) -> bool {
        if !self.is_glob() {
            return self.0 == name.as_str();
        }
        // Part by part, so that neither `*` nor a set such as `[!a]` can stand for a `/`.
        let parts = || self.0.split('/').zip(name.as_str().split('/'));
        self.0.split('/').count() == name.as_str().split('/').count()
            && parts()
                .all(|(pattern, part)| if is_glob(pattern) { part_matches(pattern, part) } else { pattern == part })
    }
}

fn is_glob(text: &str) -> bool {
    text.contains(['*', '?', '[', ']', '{', '}'])
}

fn part_glob(part: &str) -> Result<Glob, globset::Error> {
    GlobBuilder::new(part).backslash_escape(false).build()
}

fn part_matches(pattern: &str, part: &str) -> bool {
    // A set and not a matcher: the matcher panics where the expression cannot be compiled.
    part_glob(pattern).and_then(|glob| GlobSet::builder().add(glob).build()).is_ok_and(|set| set.is_match(part))
}

fn reason_against(text: &str) -> Option<String> {
    if ArtifactName::new(text).is_err() {
        return Some(format!("expected {}", ArtifactName::EXPECTED));
    }
    if text.contains("**") {
        return Some(String::from("`**` is not supported; name the folders one by one"));
    }
    let mut inside = None;
    for c in text.chars() {
        match (c, inside) {
            ('{', Some('{')) => return Some(String::from("`{` inside `{…}`")),
            ('/', Some(open)) => return Some(format!("`/` inside `{open}…`, or `{open}` is never closed")),
            // The glob library compares bytes, which would cut such a character into pieces.
            (c, Some('[')) if !c.is_ascii() => return Some(format!("{c:?} inside `[…]`, which holds ASCII only")),
            ('{' | '[', None) => inside = Some(c),
            ('}', Some('{')) | (']', Some('[')) => inside = None,
            _ => {}
        }
    }
    let error = text.split('/').filter(|part| is_glob(part)).find_map(|part| part_glob(part).err())?;
    Some(error.kind().to_string())
}

impl fmt::Display for ArtifactPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl std::str::FromStr for ArtifactPattern {
    type Err = InvalidPattern;
    fn from_str(text: &str) -> Result<Self, InvalidPattern> {
        Self::new(text)
    }
}

impl TryFrom<String> for ArtifactPattern {
    type Error = InvalidPattern;
    fn try_from(text: String) -> Result<Self, InvalidPattern> {
        Self::new(text)
    }
}

impl From<ArtifactPattern> for String {
    fn from(pattern: ArtifactPattern) -> Self {
        pattern.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_means_what_it_says() {
        for (pattern, name, wanted) in [
            ("PLAN.md", "PLAN.md", true),
            ("PLAN.md", "plan.md", false),
            ("PLAN.md", "x/PLAN.md", false),
            ("ADR-*.md", "ADR-1.md", true),
            ("ADR-*.md", "ADR-.md", true),
            ("ADR-*.md", "ADR-1/x.md", false),
            ("ADR-*.md", "a/ADR-1.md", false),
            ("adr/*", "adr/1.md", true),
            ("adr/*", "adr/1/2.md", false),
            ("*/PLAN.md", "a/PLAN.md", true),
            ("ADR-??.md", "ADR-01.md", true),
            ("ADR-é*.md", "ADR-éé.md", true),
            ("ADR-?.md", "ADR-é.md", false),
            ("[!a].md", "b.md", true),
            ("x[!a]y", "x/y", false),
            ("[A-C].md", "B.md", true),
            ("{PLAN,TASK}.md", "TASK.md", true),
            ("{PLAN,TASK}.md", "PLAN,TASK.md", false),
        ] {
            let pattern = ArtifactPattern::new(pattern).unwrap();
            assert_eq!(pattern.matches(&ArtifactName::new(name).unwrap()), wanted, "{pattern} {name}");
        }
    }

    #[test]
    fn a_pattern_stays_inside() {
        for bad in [
            "",
            "/x",
            "../*.md",
            "a/../b",
            ".git/*",
            "a/.*",
            "a\\*",
            "-*",
            "**",
            "a/**/b",
            "[",
            "a]b[",
            "[b-a]",
            "{a",
            "{a/b,c}",
            "[/]",
            "{{a,b},c}",
            "[é].md",
            "*\n",
            "*/",
        ] {
            assert!(ArtifactPattern::new(bad).is_err(), "{bad:?}");
        }
        assert!(ArtifactPattern::new("{".repeat(120) + &"}".repeat(120)).is_err());
        assert!(ArtifactPattern::new("{a,b}".repeat(50)).is_ok());
        assert!(serde_json::from_str::<ArtifactPattern>("\"../*\"").is_err());
        assert_eq!(
            ArtifactPattern::new("[b-a]").unwrap_err().to_string(),
            "not a valid artifact name or glob: \"[b-a]\"; invalid range; 'b' > 'a'"
        );
    }
}
