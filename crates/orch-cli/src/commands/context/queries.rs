//! Many queries of a file, answered by one process.

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::path::Path;
use std::time::Instant;

use orch_core::code::{Actor, EventType};
use orch_core::search::{Hit, Search, SearchQuery, Within};
use serde::Deserialize;
use serde_json::{Value, json};

use super::search::milliseconds;
use super::within::{Scope, scope_of};
use crate::error::{CliError, chain};
use crate::output::printer::{Printer, json_line, visible_line};

/// The most bytes that a line may have.
const MAX_LINE: u64 = 1 << 20;

/// How answers are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// A JSON document a line.
    Json,
    /// A line for each hit, as TREC's tools read it: query, Q0, document, rank, score, orch.
    Trec,
}

/// A line of the file. What it does not say is as on the command line.
#[derive(Deserialize)]
struct Line {
    id: Value,
    text: String,
    scope: Option<Scope>,
    scope_id: Option<String>,
    limit: Option<usize>,
    #[serde(rename = "type")]
    event_type: Option<EventType>,
    actor: Option<Actor>,
}

/// Answers the queries of a file one after another. One that cannot be answered says so in its answer, and the next one comes.
pub(super) async fn answer(
    search: &impl Search,
    file: &Path,
    given: &SearchQuery,
    format: Format,
) -> Result<(), CliError> {
    let failed = |error: std::io::Error| CliError::io("read", file, &error);
    let mut input: Box<dyn BufRead> = if file.as_os_str() == "-" {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(BufReader::new(File::open(file).map_err(failed)?))
    };
    let (mut line, mut number) = (Vec::new(), 0_u64);
    loop {
        line.clear();
        if (&mut input).take(MAX_LINE + 1).read_until(b'\n', &mut line).map_err(failed)? == 0 {
            return Ok(());
        }
        number += 1;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let wrong = |problem: String| CliError::usage(format!("line {number} of {}: {problem}", file.display()));
        if line.len() as u64 > MAX_LINE {
            return Err(wrong(format!("it has more than {MAX_LINE} bytes")));
        }
        let line: Line = serde_json::from_slice(&line).map_err(|error| wrong(error.to_string()))?;
        let begun = Instant::now();
        let id = line.id.clone();
        let found = match query(line, given) {
            Some(query) => search.search(&query).await.map(|answer| answer.hits).map_err(|error| chain(&error)),
            None => Ok(Vec::new()),
        };
        let took = milliseconds(begun);
        let is_read = match format {
            Format::Json => answered(|| json_line(&json(&id, found, took))),
            Format::Trec => {
                let lines = trec(&id, found.map_err(wrong)?.as_slice());
                lines.into_iter().all(|line| answered(|| format!("{}\n", visible_line(&line))))
            }
        };
        if !is_read {
            return Ok(());
        }
    }
}

/// The line is the answer, whether JSON was asked for or not.
fn answered(line: impl FnOnce() -> String) -> bool {
    Printer::writing(false).line(|| Value::Null, line)
}

/// The query of a line; `None` if nothing can have the id that it names.
fn query(line: Line, given: &SearchQuery) -> Option<SearchQuery> {
    let scope = match (line.scope, line.scope_id.as_deref()) {
        (None, None) => given.within.scope.clone(),
        (scope, id) => scope_of(scope.unwrap_or(Scope::Project), id).ok()?,
    };
    let within = Within {
        scope,
        event_type: line.event_type.or_else(|| given.within.event_type.clone()),
        actor: line.actor.or_else(|| given.within.actor.clone()),
        ..given.within.clone()
    };
    let limit = line.limit.unwrap_or(given.limit).min(super::search::MOST.into());
    Some(SearchQuery { within, text: line.text, limit, explain: false })
}

/// An event as the asker knows it: by its id where it came from, else by the one here.
fn name(hit: &Hit) -> Value {
    let external = hit.event.external.as_ref().and_then(|external| external.id.clone());
    external.unwrap_or_else(|| json!(hit.event.id))
}

fn json(id: &Value, found: Result<Vec<Hit>, String>, took: f64) -> Value {
    let (hits, error) = match found {
        Ok(hits) => (hits.iter().map(name).collect(), None),
        Err(error) => (Vec::new(), Some(error)),
    };
    json!({"id": id, "hits": hits, "error": error, "ms": took})
}

fn trec(id: &Value, hits: &[Hit]) -> Vec<String> {
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let id = plain(id);
    let line = |(hit, rank): (&Hit, usize)| format!("{id} Q0 {} {rank} {:.6} orch", plain(&name(hit)), hit.score);
    hits.iter().zip(1..).map(line).collect()
}
