//! The errors in the output of a program, as reports. Recognises nothing itself.

use orch_core::bug::{ErrorType, Fingerprinter, FoundError, Report, StoredReport, output};

/// The errors that are found in a text. A text of one line is an error itself, if the rules know its type.
pub(super) fn reports(text: &str, root: &str, fingerprinter: &Fingerprinter) -> Vec<StoredReport> {
    let found = output::find(text, Some(root));
    let line = text.trim();
    if found.is_empty() && line.lines().count() == 1 {
        let (_, classification) = fingerprinter.fingerprint(&Report { message: line, ..Report::default() });
        let is_error = classification.error_type != ErrorType::Unknown;
        let report = || StoredReport {
            message: line.to_owned(),
            project_root: Some(root.to_owned()),
            ..StoredReport::default()
        };
        return is_error.then(report).into_iter().collect();
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
