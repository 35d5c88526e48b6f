//! The errors in the output of a program, as reports. Recognises nothing itself.

use orch_core::bug::{FoundError, StoredReport, output};

/// The errors that are found in a text; a text of one line is an error itself.
pub(super) fn reports(text: &str, root: &str) -> Vec<StoredReport> {
    let found = output::find(text, Some(root));
    if found.is_empty() && text.trim().lines().count() == 1 {
        let message = text.trim().to_owned();
        return vec![StoredReport { message, project_root: Some(root.to_owned()), ..StoredReport::default() }];
    }
    let report = |found: FoundError| StoredReport {
        message: found.message,
        file: found.file,
        line: found.line,
        stack: found.stack,
        project_root: Some(root.to_owned()),
        ..StoredReport::default()
    };
    found.into_iter().map(report).collect()
}
