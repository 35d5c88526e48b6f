//! Fingerprints of JSON records from standard input, one a line, as `orch bug fingerprint --stdin` prints them.

use std::io::{BufRead, Write};

use orch_core::bug::{Fingerprinter, Report};

fn main() -> std::io::Result<()> {
    let fingerprinter = Fingerprinter::default();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let show = std::env::args().nth(1).is_some();
    for line in std::io::stdin().lock().lines() {
        let record: serde_json::Value = serde_json::from_str(&line?)?;
        let text = |name: &str| record[name].as_str();
        let report = Report {
            message: text("message").unwrap_or_default(),
            file: text("file"),
            line: record["line"].as_u64().and_then(|line| line.try_into().ok()),
            stack: text("stack"),
            project_root: text("project_root"),
            ..Report::default()
        };
        let (fingerprint, classification) = fingerprinter.fingerprint(&report);
        if show {
            let parts: Vec<String> =
                fingerprint.parts.iter().map(|part| format!("{}={:?}", part.name.name(), part.value)).collect();
            writeln!(
                out,
                "{}\t{}\t{}\t{}",
                &fingerprint.key[..11],
                classification.error_type.name(),
                classification.rule,
                parts.join(" ")
            )?;
        } else {
            writeln!(out, "{}\t{}", fingerprint.key, classification.error_type.name())?;
        }
    }
    Ok(())
}
