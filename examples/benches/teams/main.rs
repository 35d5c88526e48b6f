//! Benchmarks of many at once on both stores, side by side with the raw driver: `cargo bench -p orch-examples --bench teams`.
//!
//! PostgreSQL is a server of its own whose commits are durable, SQLite a file in the target folder. The raw driver is sqlx
//! with the statements that orch sends, their values at hand: it builds no JSON, decides nothing, and each client keeps one
//! connection. For a batch it is one INSERT of many rows, as one would write it, and the task's row. Both sides work on the same database, in turns, so that a busy moment of the machine hits both.
//!
//! Arguments, after `--`: `growth` compares a small log with a large one; `--seconds N` for each figure, `--turns N`,
//! `--store sqlite|postgres`, `--clients 1,8,64`, `--events N` for the large log.

#![expect(clippy::print_stdout, reason = "the table is all that this program is for")]

mod growth;
mod measure;
mod raw;
mod sql;
mod team;

use std::time::Duration;

use anyhow::{Context as _, bail};
use measure::{Client as _, Figures, Work, take_turns};
use orch_tests::postgres::{Database, Server};
use orch_tests::proxy::Proxy;
use raw::Driver;
use sql::Statements;
use team::{Place, Team};

/// What was asked for.
pub(crate) struct Asked {
    is_growth: bool,
    turn: Duration,
    turns: u32,
    clients: Vec<usize>,
    events: u64,
    stores: Vec<String>,
}

impl Asked {
    fn read(mut words: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let (mut seconds, mut turns) = (10.0, 10);
        let mut asked = Self {
            is_growth: false,
            turn: Duration::ZERO,
            turns,
            clients: vec![1, 8, 64],
            events: 10_000_000,
            stores: vec!["postgres".into(), "sqlite".into()],
        };
        while let Some(word) = words.next() {
            let mut value = || words.next().with_context(|| format!("{word} needs a value"));
            match word.as_str() {
                "growth" => asked.is_growth = true,
                "--seconds" => seconds = value()?.parse()?,
                "--turns" => turns = value()?.parse()?,
                "--events" => asked.events = value()?.parse()?,
                "--clients" => asked.clients = value()?.split(',').map(str::parse).collect::<Result<_, _>>()?,
                "--store" => asked.stores = vec![value()?],
                // what cargo says to every benchmark
                "--bench" => {}
                other => bail!("{other} is no argument of this benchmark"),
            }
        }
        asked.turns = turns;
        asked.turn = Duration::from_secs_f64(seconds / f64::from(turns.max(1)));
        Ok(asked)
    }
}

fn main() -> anyhow::Result<()> {
    let asked = Asked::read(std::env::args().skip(1))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        for store in &asked.stores {
            let (server, place) = match store.as_str() {
                "postgres" => {
                    let Some(server) = Server::start_durable() else { continue };
                    let place = Place::Server(server.url().to_owned());
                    (Some(server), place)
                }
                "sqlite" => (None, Place::file()?),
                other => bail!("{other} is no store"),
            };
            if asked.is_growth {
                growth::compare(&asked, store, &place).await?;
                continue;
            }
            side_by_side(&asked, store, &place).await?;
            if let Some(server) = server {
                round_trips(server.database()).await?;
            }
        }
        Ok(())
    })
}

async fn side_by_side(asked: &Asked, store: &str, place: &Place) -> anyhow::Result<()> {
    println!("{:8} {:12} {:>7}  {}", "store", "work", "clients", Figures::HEADER);
    place.create().await?;
    for clients in &asked.clients {
        let team = Team::open(place, *clients).await?;
        let driver = Driver::open(place, *clients).await?;
        for work in [Work::Transitions, Work::Events, Work::Batches] {
            // a batch is one client's work
            if work == Work::Batches && *clients > 1 {
                continue;
            }
            let ours = team.clients(work, *clients).await?;
            let theirs = driver.clients(work, &team, *clients).await?;
            let (ours, theirs) = take_turns(asked, ours, theirs).await?;
            println!("{store:8} {:12} {clients:>7}  {}", work.name(), Figures::of(work, ours, theirs));
        }
        driver.close().await;
    }
    Ok(())
}

/// Counts on a wire how often one client waits for the server, and looks whether the raw driver sends what orch sends.
async fn round_trips(database: &Database) -> anyhow::Result<()> {
    let proxy = Proxy::start(database);
    for work in [Work::Transitions, Work::Events] {
        let _ = proxy.round_trips();
        // a connection of its own, in which each statement is prepared anew
        let team = Team::open(&Place::Server(proxy.url().to_owned()), 1).await?;
        let mut client = team.clients(work, 1).await?.remove(0);
        // there and back
        for _ in 0..2 {
            client.act().await?;
        }
        let statements = Statements::postgres(work);
        let needed = statements.all().filter(|statement| work == Work::Transitions || **statement != statements.task);
        for statement in needed.filter(|statement| !proxy.was_asked(statement)) {
            println!("orch sends something else by now than: {statement}");
        }
        let mut trips = Vec::new();
        for _ in 0..2 {
            let _ = proxy.round_trips();
            client.act().await?;
            trips.push(proxy.round_trips().to_string());
        }
        println!("postgres {:12} round trips there and back: {}", work.name(), trips.join(", "));
    }
    Ok(())
}
