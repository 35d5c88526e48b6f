//! What is told of secrets in artifacts. They are documents: their hash is over their content, and they are written back to
//! files, so nothing is cut out of them.

use super::Redactor;
use crate::artifact::ArtifactFile;

/// So many places are told.
const MAX_TOLD: usize = 3;

impl Redactor {
    /// What whoever saves this artifact should know of secrets in it.
    #[must_use]
    pub fn warning(&self, file: &ArtifactFile) -> Option<String> {
        let findings = self.findings(std::str::from_utf8(&file.content).ok()?);
        if findings.is_empty() {
            return None;
        }
        let told = findings.iter().take(MAX_TOLD).map(|finding| format!("{} in line {}", finding.rule, finding.line));
        let more = if findings.len() > MAX_TOLD { ", and more" } else { "" };
        let told = told.collect::<Vec<_>>().join(", ");
        Some(format!(
            "{} holds what looks like a secret ({told}{more}); artifacts are stored as they are, so take it out",
            file.name
        ))
    }
}
