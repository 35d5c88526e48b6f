//! By what a bug is recognised: the strict key, the loose one, and what tells likeness. Compares values only.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::fingerprint::{self, Fingerprint, PartName, VERSION};

/// So many of the 64 bits may differ between messages that are like each other.
pub const MAX_DISTANCE: u32 = 14;

/// The keys of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keys {
    /// The fingerprint: whoever has the same one is the same bug.
    pub hash: String,
    /// The fingerprint of message and file alone, for reports that do not know more of the place; none without a file.
    pub loose: Option<String>,
    /// The fingerprint of the message alone. It binds nothing.
    pub message: String,
    /// The likeness of the message, 64 bits: those of messages that have most words in common differ in few.
    pub likeness: i64,
}

impl Keys {
    /// The keys of what the rules found.
    #[must_use]
    pub fn of(found: &Fingerprint) -> Self {
        let part = |name: PartName| (name.name(), found.part(name));
        let fixed = found.part(PartName::Fixed);
        let (message, file) = (part(PartName::Message), part(PartName::File));
        let is_placed = !file.1.is_empty() && fixed.is_empty();
        Self {
            hash: found.key.clone(),
            loose: is_placed.then(|| fingerprint::key([message, file])),
            message: fingerprint::key([if fixed.is_empty() { message } else { part(PartName::Fixed) }]),
            likeness: likeness(if fixed.is_empty() { message.1 } else { fixed }),
        }
    }

    /// Whether more than the file is known of the place.
    #[must_use]
    pub fn has_place(&self) -> bool {
        self.loose.as_ref() != Some(&self.hash)
    }

    /// Whether they were made by the rules of this version.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.hash.strip_prefix(VERSION).is_some_and(|rest| rest.starts_with(':'))
    }

    /// In how many of the 64 bits the likeness of two messages differs.
    #[must_use]
    pub fn distance(&self, other: &Self) -> u32 {
        distance(self.likeness, other.likeness)
    }
}

/// In how many bits two likenesses differ.
#[must_use]
pub fn distance(one: i64, other: i64) -> u32 {
    (one ^ other).count_ones()
}

/// `SimHash`: each bit is what most of the words have there. Moses Charikar, "Similarity estimation techniques from rounding
/// algorithms", 2002.
fn likeness(template: &str) -> i64 {
    let mut votes = [0_i32; 64];
    for word in template.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()) {
        let digest = Sha256::digest(word.to_lowercase());
        for (bit, vote) in votes.iter_mut().enumerate() {
            *vote += if digest[bit / 8] >> (bit % 8) & 1 == 1 { 1 } else { -1 };
        }
    }
    votes.iter().enumerate().fold(0, |bits, (bit, vote)| if *vote > 0 { bits | 1_i64 << bit } else { bits })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bug::{Fingerprinter, Report};

    fn keys(report: &Report<'_>) -> Keys {
        Keys::of(&Fingerprinter::default().fingerprint(report).0)
    }

    #[test]
    fn a_report_without_a_place_has_one_key() {
        let message = "called `Option::unwrap()` on a `None` value: cart";
        let bare = keys(&Report { message, file: Some("src/cart.rs"), ..Report::default() });
        assert_eq!(bare.loose.as_ref(), Some(&bare.hash));
        assert!(!bare.has_place() && bare.is_current());
        let placed = keys(&Report { message, file: Some("src/cart.rs"), function: Some("total"), ..Report::default() });
        assert_eq!(placed.loose, bare.loose);
        assert!(placed.has_place());
        assert_eq!(keys(&Report { message, ..Report::default() }).loose, None);
    }

    #[test]
    fn messages_with_the_same_words_are_like_each_other() {
        let of = |message| keys(&Report { message, ..Report::default() });
        let first =
            of("TypeError: Cannot read properties of undefined (reading 'items') while rendering the cart page");
        let near = of("TypeError: Cannot read properties of undefined (reading 'total') while rendering the cart page");
        let far = of("psycopg2.OperationalError: could not connect to server: Connection refused");
        assert!(first.distance(&near) <= MAX_DISTANCE, "{}", first.distance(&near));
        assert!(first.distance(&far) > MAX_DISTANCE, "{}", first.distance(&far));
    }
}
