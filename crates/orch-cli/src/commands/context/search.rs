//! `orch context search`.

use std::path::PathBuf;
use std::time::Instant;

use anstyle::AnsiColor;
use clap::Args;
use orch_core::refusal::Refusal;
use orch_core::search::{Hit, Search as _, SearchAnswer, SearchQuery, SearchScope, SearchSummary, Snippet, Within};
use orch_core::store::{SprintStore as _, TaskStore as _};
use serde_json::{Value, json};

use super::queries::{self, Format};
use super::within::Where;
use crate::app::App;
use crate::error::CliError;
use crate::output::printer::{bold, paint, visible_line};
use crate::output::view;

/// The most hits that may be asked for.
pub(crate) const MOST: u16 = 1_000;

/// Arguments of `orch context search`.
#[derive(Debug, Args)]
pub(crate) struct Search {
    /// Words, the beginning or a part of one, identifiers, paths, hashes, "a phrase" in quotes; without any, the newest events
    ///
    /// Everything but the quotes around a phrase is literal text. What is archived is not searched.
    query: Vec<String>,
    #[command(flatten)]
    within: Where,
    /// How many hits at most
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=i64::from(MOST)))]
    limit: u16,
    /// Count what matches by type, phase and actor, instead of listing it
    #[arg(long, conflicts_with_all = ["explain", "queries"])]
    summary: bool,
    /// Show what the score of each hit is made of
    #[arg(long)]
    explain: bool,
    /// Compute the answer anew, and do not keep it
    #[arg(long)]
    no_cache: bool,
    /// Answer all queries of a file, one JSON document a line with id, text, and perhaps scope, scope_id and limit; "-" for
    /// standard input. The answers are JSON lines with id, hits, error and ms
    #[arg(long, value_name = "FILE", conflicts_with = "query")]
    queries: Option<PathBuf>,
    /// How to print the answers to a file of queries
    #[arg(long, value_enum, default_value = "json", requires = "queries")]
    format: Format,
}

impl Search {
    pub(crate) async fn run(self, app: &App) -> Result<(), CliError> {
        let store = app.store().await?;
        let search = app.search(store, self.no_cache)?;
        let within = self.within.within(app).await?;
        let limit = usize::from(self.limit);
        let query = SearchQuery { within, text: self.query.join(" "), limit, explain: self.explain };
        if let Some(file) = &self.queries {
            return queries::answer(&search, file, &query, self.format).await;
        }
        let begun = Instant::now();
        if self.summary {
            let summary = search.summary(&query).await?;
            let took = milliseconds(begun);
            app.is_there(&query.within.scope, summary.total).await?;
            app.printer.answer(
                || view::answer(summary_document(&query, &summary, took), app.id()),
                || summary_text(&query, &summary),
            );
        } else {
            let answer = search.search(&query).await?;
            let took = milliseconds(begun);
            app.is_there(&query.within.scope, answer.total).await?;
            app.printer.answer(|| view::answer(document(&query, &answer, took), app.id()), || text(&answer));
        }
        Ok(())
    }
}

impl App {
    /// Nothing is found in what is not there; whoever mistyped it is told so.
    async fn is_there(&self, scope: &SearchScope, found: u64) -> Result<(), CliError> {
        if found > 0 {
            return Ok(());
        }
        let store = self.store().await?;
        match scope {
            SearchScope::Task(code) if store.task(code).await?.is_none() => Err(Refusal::NoTask(code.clone()).into()),
            SearchScope::Sprint(code) if store.sprint(code).await?.is_none() => {
                Err(Refusal::NoSprint(code.clone()).into())
            }
            _ => Ok(()),
        }
    }
}

/// How long it took, in milliseconds.
pub(super) fn milliseconds(begun: Instant) -> f64 {
    (begun.elapsed().as_secs_f64() * 1e6).round() / 1e3
}

fn asked(query: &SearchQuery, took: f64) -> Value {
    let Within { scope, event_type, actor, since, until } = &query.within;
    json!({
        "query": query.text,
        "scope": scope.word(),
        "scope_id": scope.id(),
        "type": event_type,
        "actor": actor,
        "since": since.map(view::time),
        "until": until.map(view::time),
        "search_duration_ms": took,
    })
}

fn document(query: &SearchQuery, answer: &SearchAnswer, took: f64) -> Value {
    let mut document = asked(query, took);
    document["total_count"] = json!(answer.total);
    document["total_is_exact"] = json!(answer.total_is_exact);
    document["from_cache"] = json!(answer.from_cache);
    document["results"] = answer.hits.iter().map(|hit| result(hit, query.explain)).collect();
    document
}

fn result(hit: &Hit, explain: bool) -> Value {
    let event = &hit.event;
    let mut result = json!({
        "id": event.id,
        "event_type": event.event_type,
        "entity_type": event.entity_type,
        "entity_code": event.entity_code,
        "session_key": event.session_key,
        "actor": event.actor,
        "emitted_at": view::time(event.emitted_at),
        "score": (hit.score * 1e4).round() / 1e4,
        "snippet": hit.snippet.text,
        "marks": marks(&hit.snippet),
    });
    if let Some(external) = &event.external {
        result["external_id"] = json!(external.id);
        result["project"] = json!(external.project);
    }
    if explain {
        result["explanation"] = json!(hit.explanation);
    }
    result
}

/// Where the matches are, in characters: programs count in those more often than in bytes.
fn marks(snippet: &Snippet) -> Vec<[usize; 2]> {
    let characters = |bytes: usize| snippet.text[..bytes].chars().count();
    snippet.marks.iter().map(|mark| [characters(mark.start), characters(mark.end)]).collect()
}

fn text(answer: &SearchAnswer) -> String {
    let mut text = String::new();
    for hit in &answer.hits {
        let event = &hit.event;
        text += &format!(
            "{:>6}  {}  {}  {}  {}\n        {}\n",
            event.id,
            view::time(event.emitted_at),
            bold(event.event_type.as_str()),
            event.entity_code,
            visible_line(event.actor.as_str()),
            marked(&hit.snippet),
        );
        for part in &hit.explanation {
            text += &format!("        {:>9.4}  {}\n", part.value, visible_line(&part.what));
        }
    }
    let shown = answer.hits.len() as u64;
    if answer.total == 0 {
        text += "nothing found\n";
    } else if answer.total > shown {
        let about = if answer.total_is_exact { "" } else { "at least " };
        text += &format!("{shown} of {about}{} events; more with: --limit\n", answer.total);
    }
    text
}

/// A snippet with its matches in colour.
fn marked(snippet: &Snippet) -> String {
    let (mut text, mut at) = (String::new(), 0);
    for mark in &snippet.marks {
        text += &visible_line(&snippet.text[at..mark.start]);
        text += &paint(AnsiColor::Yellow, &visible_line(&snippet.text[mark.clone()]));
        at = mark.end;
    }
    text + &visible_line(&snippet.text[at..])
}

fn summary_document(query: &SearchQuery, summary: &SearchSummary, took: f64) -> Value {
    let mut document = asked(query, took);
    document["total_events"] = json!(summary.total);
    document["total_is_exact"] = json!(summary.total_is_exact);
    document["event_types"] = json!(summary.event_types);
    document["phases"] = json!(summary.phases);
    document["actors"] = json!(summary.actors);
    document["first_event"] = json!(summary.first.map(view::time));
    document["last_event"] = json!(summary.last.map(view::time));
    document["time_span_hours"] = json!(span_hours(summary));
    document
}

/// The time between the first and the last event, in hours, to three digits.
fn span_hours(summary: &SearchSummary) -> Option<f64> {
    let span = summary.last? - summary.first?;
    Some((span.as_seconds_f64() / 3.6).round() / 1e3)
}

fn summary_text(query: &SearchQuery, summary: &SearchSummary) -> String {
    let about = if summary.total_is_exact { "" } else { "at least " };
    let place = query.within.scope.id().map_or_else(String::new, |id| format!(" {id}"));
    let mut text = format!("{about}{} events in {}{place}\n", summary.total, query.within.scope.word());
    if let (Some(first), Some(last), Some(hours)) = (summary.first, summary.last, span_hours(summary)) {
        text += &format!("from {} to {}: {hours} hours\n", view::time(first), view::time(last));
    }
    let types = summary.event_types.iter().map(|(name, count)| (name.as_str(), *count));
    let phases = summary.phases.iter().map(|(name, count)| (name.as_str(), *count));
    let actors = summary.actors.iter().map(|(name, count)| (name.as_str(), *count));
    text + &counts("by type", types) + &counts("by phase", phases) + &counts("by actor", actors)
}

fn counts<'a>(heading: &str, counts: impl Iterator<Item = (&'a str, u64)>) -> String {
    let mut counts: Vec<(&str, u64)> = counts.collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    if counts.is_empty() {
        return String::new();
    }
    let lines: String = counts.iter().map(|(name, count)| format!("{count:>8}  {}\n", visible_line(name))).collect();
    format!("{heading}\n{lines}")
}
