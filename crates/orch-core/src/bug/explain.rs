//! Why a report has its fingerprint, and where two reports part. Prints nothing.

use super::classify::Classification;
use super::fingerprint::{Fingerprint, Fingerprinter, PartName, place_rule};
use super::report::Report;
use super::token::{Rule, Token};

/// What was decided about one token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The rule.
    pub rule: Rule,
    /// Where the token is in the message.
    pub token: Token,
    /// The token.
    pub text: String,
    /// What stands for it in the template.
    pub template: String,
}

/// Why a report has its fingerprint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The message that was looked at, without what loggers and terminals put around it.
    pub text: String,
    /// What rules decided, from left to right.
    pub decisions: Vec<Decision>,
    /// The fingerprint with its parts.
    pub fingerprint: Fingerprint,
    /// The rule that chose the place.
    pub place_rule: &'static str,
    /// The type and the rule that decided.
    pub classification: Classification,
}

/// The first part in which two fingerprints differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The part.
    pub name: PartName,
    /// Its value in the first report.
    pub first: String,
    /// Its value in the second one.
    pub second: String,
    /// The first byte that differs.
    pub at: usize,
}

impl Fingerprinter {
    /// Explains the fingerprint of a report.
    #[must_use]
    pub fn explain(&self, report: &Report<'_>) -> Explanation {
        let (finding, tokens) = self.explain_parts(report);
        let decisions = tokens
            .into_iter()
            .map(|token| {
                let text = finding.text.get(token.start..token.end).unwrap_or_default().to_owned();
                let template = if token.rule.keeps() { text.clone() } else { token.rule.placeholder().to_owned() };
                Decision { rule: token.rule, token, text, template }
            })
            .collect();
        Explanation {
            decisions,
            place_rule: finding.site.as_ref().map_or("fixed", place_rule),
            text: finding.text,
            fingerprint: finding.fingerprint,
            classification: finding.classification,
        }
    }
}

/// The first part in which two fingerprints differ, or nothing if they are the same.
#[must_use]
pub fn difference(first: &Fingerprint, second: &Fingerprint) -> Option<Difference> {
    let names = [PartName::Fixed, PartName::Message, PartName::File, PartName::Place, PartName::Stack];
    names.into_iter().find_map(|name| {
        let (a, b) = (first.part(name), second.part(name));
        (a != b).then(|| {
            let same = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
            let at = (0..=same).rev().find(|at| a.is_char_boundary(*at) && b.is_char_boundary(*at)).unwrap_or(0);
            Difference { name, first: a.to_owned(), second: b.to_owned(), at }
        })
    })
}
