//! Measures the ranking with judged queries: writes runs and answers for the scorers, and says how long queries take. Ranks
//! nothing itself.
//!
//! ```text
//! evaluate run     DOCUMENTS QUERIES LIMIT   # {"id", "text"} a line; writes a run in TREC form
//! evaluate checks  EVENTS QUERIES            # writes the answers, a JSON object a line
//! evaluate time    EVENTS QUERIES            # says how long the queries take beside the index
//! evaluate explain EVENTS QUERY              # says how the best hits came about
//! ```
//!
//! The files are JSON lines, not compressed. Figures of the ranking may follow: `pair=0.3`.

mod corpus;
mod index;

use std::collections::BTreeMap;
use std::io::{BufWriter, Write, stdout};
use std::time::Instant;

use chrono::{DateTime, Utc};
use orch_core::clock::FixedClock;
use orch_core::search::{Search, SearchQuery, SearchScope, Within};
use orch_search::{ContextSearch, Ranking};
use serde_json::{Value, json};

use corpus::{Result, documents, events, lines, scope};
use index::Corpus;

fn main() -> Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let ranking = ranking(&mut arguments)?;
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    match arguments[..] {
        ["run", docs, queries, limit] => runtime.block_on(run(docs, queries, limit.parse()?, ranking)),
        ["checks", log, queries] => runtime.block_on(checks(log, queries, ranking)),
        ["time", log, queries] => runtime.block_on(time(log, queries, ranking)),
        ["explain", log, text] => runtime.block_on(explain(log, text, ranking)),
        _ => Err("see the head of this file".into()),
    }
}

fn text<'a>(row: &'a Value, key: &str) -> Result<&'a str> {
    row[key].as_str().ok_or_else(|| format!("no {key} in {row}").into())
}

fn query(scope: SearchScope, text: &str, limit: usize) -> SearchQuery {
    SearchQuery { within: Within::all(scope), text: text.to_owned(), limit, explain: false }
}

/// Takes the figures of the ranking out of the arguments.
fn ranking(arguments: &mut Vec<String>) -> Result<Ranking> {
    let mut ranking = Ranking::default();
    let (figures, others) = std::mem::take(arguments).into_iter().partition(|argument| argument.contains('='));
    *arguments = others;
    let figures: Vec<String> = figures;
    for figure in figures {
        let (name, value) = figure.split_once('=').unwrap_or_default();
        let place = match name {
            "k1" => &mut ranking.k1,
            "b" => &mut ranking.b,
            "title" => &mut ranking.title,
            "lead" => &mut ranking.lead,
            "hollow" => &mut ranking.hollow,
            "whole" => &mut ranking.whole,
            "pair" => &mut ranking.pair,
            "literal" => &mut ranking.literal,
            "recency" => &mut ranking.recency,
            "least_share" => &mut ranking.least_share,
            "candidates" => {
                ranking.candidates = value.parse()?;
                continue;
            }
            "postings" => {
                ranking.postings = value.parse()?;
                continue;
            }
            other => return Err(format!("no figure is called {other}").into()),
        };
        *place = value.parse()?;
    }
    Ok(ranking)
}

fn clock(corpus: &Corpus) -> FixedClock {
    FixedClock(corpus.last().unwrap_or(DateTime::<Utc>::UNIX_EPOCH))
}

async fn run(docs: &str, queries: &str, limit: usize, ranking: Ranking) -> Result<()> {
    let (corpus, names) = documents(docs)?;
    let clock = clock(&corpus);
    let search = ContextSearch::new(&corpus, &clock).with_ranking(ranking);
    let mut out = BufWriter::new(stdout().lock());
    for row in lines(queries)? {
        let row = row?;
        let answer = search.search(&query(SearchScope::Project(None), text(&row, "text")?, limit)).await?;
        for (rank, hit) in answer.hits.iter().enumerate() {
            let document = &names[usize::try_from(hit.event.id)?];
            writeln!(out, "{} Q0 {document} {} {:.6} orch", text(&row, "id")?, rank + 1, hit.score)?;
        }
    }
    Ok(())
}

async fn checks(log: &str, queries: &str, ranking: Ranking) -> Result<()> {
    let corpus = events(log)?;
    let clock = clock(&corpus);
    let search = ContextSearch::new(&corpus, &clock).with_ranking(ranking);
    let mut out = BufWriter::new(stdout().lock());
    for row in lines(queries)? {
        let row = row?;
        let limit = usize::try_from(row["limit"].as_u64().unwrap_or(20))?;
        let scope = scope(text(&row, "scope")?, text(&row, "scope_id")?)?;
        let begin = Instant::now();
        let answer = search.search(&query(scope, text(&row, "text")?, limit)).await?;
        let ms = begin.elapsed().as_secs_f64() * 1e3;
        let hits: Vec<i64> = answer.hits.iter().map(|hit| hit.event.id).collect();
        writeln!(out, "{}", json!({"id": row["id"], "hits": hits, "error": null, "ms": ms}))?;
    }
    Ok(())
}

async fn time(log: &str, queries: &str, ranking: Ranking) -> Result<()> {
    let corpus = events(log)?;
    let clock = clock(&corpus);
    let search = ContextSearch::new(&corpus, &clock).with_ranking(ranking);
    let mut times: BTreeMap<String, Vec<(f64, String)>> = BTreeMap::new();
    let (mut calls, mut most_calls) = (0, 0);
    for round in 0..2 {
        for row in lines(queries)? {
            let row = row?;
            let (word, kind) = (text(&row, "scope")?, text(&row, "kind")?);
            let query = query(scope(word, text(&row, "scope_id")?)?, text(&row, "text")?, 20);
            let (before, in_index, begin) = (corpus.calls(), corpus.milliseconds(), Instant::now());
            let answer = search.search(&query).await?;
            let ms = begin.elapsed().as_secs_f64() * 1e3 - (corpus.milliseconds() - in_index);
            if round == 0 {
                // the first round warms up
                continue;
            }
            let called = corpus.calls() - before;
            (calls, most_calls) = (calls + called, most_calls.max(called));
            if kind == "none" && !answer.hits.is_empty() {
                writeln!(stdout(), "{} has hits: {}", row, answer.hits[0].snippet.text)?;
            }
            if kind != "none" && answer.hits.is_empty() {
                writeln!(stdout(), "{row} has no hits")?;
            }
            for key in [word, kind, "all"] {
                times.entry(key.to_owned()).or_default().push((ms, query.text.clone()));
            }
        }
    }
    for (key, mut times) in times {
        times.sort_by(|one, other| one.0.total_cmp(&other.0));
        let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)].0;
        let (worst, text) = &times[times.len() - 1];
        writeln!(
            stdout(),
            "{key:10} {:4} p50 {:6.2} p95 {:6.2} p99 {:6.2} max {worst:6.2} ({text})",
            times.len(),
            at(50),
            at(95),
            at(99)
        )?;
    }
    writeln!(stdout(), "calls: {calls} in all, at most {most_calls}; in the index: {:.0} ms", corpus.milliseconds())?;
    Ok(())
}

async fn explain(log: &str, text: &str, ranking: Ranking) -> Result<()> {
    let corpus = events(log)?;
    let clock = clock(&corpus);
    let search = ContextSearch::new(&corpus, &clock).with_ranking(ranking);
    let query = SearchQuery { explain: true, ..query(SearchScope::Project(None), text, 10) };
    let answer = search.search(&query).await?;
    for hit in answer.hits {
        writeln!(stdout(), "{:8.3} {} {:?}", hit.score, hit.event.id, hit.snippet)?;
        for part in hit.explanation {
            writeln!(stdout(), "         {:8.3} {}", part.value, part.what)?;
        }
    }
    Ok(())
}
