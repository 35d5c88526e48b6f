//! A bot that looks into the past of a project before it begins: the search alone, over a store, with a cache in front.
//!
//! Run it with: `cargo run -p orch-examples --example search_log`

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use orch_core::search::{Search as _, SearchQuery, SearchScope, Within};
use orch_core::service::TaskService;
use orch_examples::{MachineClock, operation};
use orch_search::ContextSearch;
use orch_search::cache::{CacheSettings, Cached};
use orch_store::{SqlStore, SqliteOptions};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let folder = tempfile::tempdir()?;
    let options = SqliteOptions { path: folder.path().join("orch.db"), busy_timeout: Duration::from_secs(5) };
    SqlStore::create(&options).await?;
    let clock = Arc::new(MachineClock);
    let store = SqlStore::open(&options, clock.clone()).await?;
    for (title, description) in [
        ("Add a login form", "Blank nicknames are refused by UserService::validate."),
        ("Pay by invoice", "The settlement runs at night."),
    ] {
        let new = serde_json::from_value(serde_json::json!({
            "code": null, "title": title, "description": description, "task_type": "feature", "priority": "P2",
            "sprint": null, "metadata": {}, "after": [],
        }))?;
        TaskService { store: &store }.create(&operation("bot")?, &new).await?;
    }

    // What was written is found at once, by half a word and by a slip.
    let search = ContextSearch::new(&store, &*clock);
    let search = Cached::new(search, &store, CacheSettings::new("example", "default"));
    for text in ["userserv", "setlement"] {
        let within = Within::all(SearchScope::Project(None));
        let query = SearchQuery { within, text: text.to_owned(), limit: 3, explain: false };
        for from_cache in [false, true] {
            let answer = search.search(&query).await?;
            anyhow::ensure!(answer.from_cache == from_cache, "the second answer is the first one");
            let hit = answer.hits.first().context("something is found")?;
            writeln!(out, "{text}: {} {}", hit.event.entity_code, hit.snippet.text)?;
        }
    }
    let status = search.status().await;
    writeln!(out, "{} answers from memory, {} computed", status.memory_hits, status.misses)?;
    Ok(())
}
