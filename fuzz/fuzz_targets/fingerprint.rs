//! Fuzzes fingerprints: any report has a key of the right form, always the same one, and an explanation of it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use orch_core::bug::{Fingerprinter, PartName, Report, VERSION, normalize};

fuzz_target!(|data: &[u8]| {
    // message, file, line, stack, root and function, with a byte between them that no text has
    let text = String::from_utf8_lossy(data);
    let mut fields = text.split('\u{1}');
    let message = fields.next().unwrap_or_default();
    let mut field = || fields.next().filter(|field| !field.is_empty());
    let report = Report {
        message,
        file: field(),
        line: field().and_then(|line| line.parse().ok()),
        stack: field(),
        project_root: field(),
        function: field(),
        source_line: field(),
    };
    let fingerprinter = Fingerprinter::default();
    let (fingerprint, classification) = fingerprinter.fingerprint(&report);
    let digits = fingerprint.key.strip_prefix(VERSION).and_then(|key| key.strip_prefix(':')).expect("a version");
    assert!(digits.len() == 64 && digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')));
    assert!(fingerprint.parts.iter().all(|part| !part.value.is_empty()));
    assert!(fingerprint.part(PartName::Message).len() <= 2048);
    assert!(!classification.rule.is_empty());

    let explanation = fingerprinter.explain(&report);
    assert_eq!(explanation.fingerprint, fingerprint);
    assert_eq!(explanation.classification, classification);
    let mut end = 0;
    for decision in &explanation.decisions {
        let token = decision.token;
        assert!(token.start >= end && token.end >= token.start, "{token:?} after {end}");
        assert_eq!(explanation.text.get(token.start..token.end), Some(decision.text.as_str()));
        end = token.end;
    }

    let root = report.project_root.unwrap_or_default();
    let once = normalize::template(message, root);
    assert!(once.len() <= 2048);
    assert_eq!(normalize::template(message, root), once);
});
