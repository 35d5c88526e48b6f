//! `orch bug fingerprint`.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;

use clap::Args;
use serde_json::json;

use super::record::Record;
use crate::app::App;
use crate::error::CliError;

/// How much is printed at a time, in bytes.
const BATCH: usize = 64 * 1024;
/// How many lines that are no records are told one by one.
const TOLD: usize = 20;
/// The most bytes that a line may have.
const MAX_LINE: u64 = 8 << 20;

/// Arguments of `orch bug fingerprint`.
#[derive(Debug, Args)]
pub(crate) struct Fingerprint {
    /// Read records from standard input
    #[arg(long, required = true)]
    stdin: bool,
}

impl Fingerprint {
    pub(crate) fn run(self, app: &App) -> Result<(), CliError> {
        debug_assert!(self.stdin, "the only source there is");
        let fingerprinter = app.settings().fingerprinter();
        let mut input = BufReader::with_capacity(BATCH, std::io::stdin().lock());
        let (mut line, mut out, mut number, mut invalid) =
            (Vec::new(), String::with_capacity(BATCH + 1024), 0_usize, 0_usize);
        loop {
            line.clear();
            let read = (&mut input).take(MAX_LINE + 1).read_until(b'\n', &mut line);
            if read.map_err(|error| CliError::io("read", Path::new("standard input"), &error))? == 0 {
                break;
            }
            number += 1;
            if line.len() as u64 > MAX_LINE {
                app.printer.raw(out.as_bytes());
                return Err(CliError::usage(format!("line {number} has more than {MAX_LINE} bytes")));
            }
            let text = String::from_utf8_lossy(&line);
            match Record::parse(text.trim_end_matches(['\n', '\r'])) {
                Ok(record) => {
                    let (fingerprint, classification) = fingerprinter.fingerprint(&record.report());
                    let (key, error_type) = (fingerprint.key.as_str(), classification.error_type.name());
                    if app.printer.json {
                        out.push_str(
                            &json!({"fingerprint": key, "error_type": error_type, "rule": classification.rule})
                                .to_string(),
                        );
                    } else {
                        out.push_str(key);
                        out.push('\t');
                        out.push_str(error_type);
                    }
                }
                Err(why) => {
                    invalid += 1;
                    if invalid <= TOLD {
                        app.printer.warn(&format!("line {number}: no record: {why}"));
                    }
                    out.push_str(if app.printer.json { "{\"error\":\"invalid\"}" } else { "invalid\tunknown" });
                }
            }
            out.push('\n');
            // whoever waits for the answer to a line gets it: nothing more is there to read
            if out.len() >= BATCH || input.buffer().is_empty() {
                app.printer.raw(out.as_bytes());
                out.clear();
            }
        }
        app.printer.raw(out.as_bytes());
        match invalid {
            0 => Ok(()),
            _ => Err(CliError::usage(format!("{invalid} of {number} lines are no records"))
                .hint("a record is one JSON object a line with a message or a stack")
                .details(json!({"invalid": invalid, "lines": number}))),
        }
    }
}
