//! A small log and a large one: what a transition takes in each.

use std::time::Instant;

use sqlx::{ConnectOptions as _, Connection as _, Executor as _};

use crate::Asked;
use crate::measure::{Work, ratio, take_turns};
use crate::team::{Place, Team};

const SMALL: u64 = 10_000;
/// How many events the tasks have that the log is filled with.
const EVENTS_A_TASK: u64 = 100;

/// Fills two databases and has one client work on each, in turns.
pub(crate) async fn compare(asked: &Asked, store: &str, place: &Place) -> anyhow::Result<()> {
    let small = place.beside().await?;
    place.create().await?;
    small.create().await?;
    for (place, events) in [(&small, SMALL), (place, asked.events)] {
        let begin = Instant::now();
        fill(place, events).await?;
        println!("{store}: {events} events in {:.0} s", begin.elapsed().as_secs_f64());
    }
    let (few, many) = (Team::open(&small, 1).await?, Team::open(place, 1).await?);
    println!("{:8} {:12} median ms small, large   p95 ms small, large   ratio of medians, of rates", "store", "work");
    for work in [Work::Transitions, Work::Events] {
        let (mut few, mut many) = take_turns(asked, few.clients(work, 1).await?, many.clients(work, 1).await?).await?;
        let rates = ratio(&few, &many);
        let (a, b) = (few.percentile(50), many.percentile(50));
        let (c, d) = (few.percentile(95), many.percentile(95));
        println!("{store:8} {:12} {a:>16.2} {b:>8.2} {c:>12.2} {d:>8.2} {:>17.2} {rates:>10.2}", work.name(), b / a);
    }
    Ok(())
}

/// Events of the last twelve months, of tasks that exist only in the log: no other task meets them.
async fn fill(place: &Place, events: u64) -> anyhow::Result<()> {
    match place {
        Place::Server(url) => {
            let options: sqlx::postgres::PgConnectOptions = url.parse()?;
            let mut connection = options.disable_statement_logging().connect().await?;
            connection.execute(sqlx::raw_sql(MONTHS)).await?;
            // a part at a time, each as short as a statement of an import
            for part in parts(events) {
                let sql = include_str!("postgres/fill.sql");
                let query = sqlx::query(sql).bind(i64::try_from(part.0)?).bind(i64::try_from(part.1)?);
                query.bind(i64::try_from(EVENTS_A_TASK)?).bind(i64::try_from(events)?).execute(&mut connection).await?;
            }
            connection.execute("VACUUM (FREEZE, ANALYZE) orchestration_events").await?;
            connection.execute("CHECKPOINT").await?;
            connection.close().await?;
        }
        Place::File(folder) => {
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(Place::path(folder));
            let options = options.synchronous(sqlx::sqlite::SqliteSynchronous::Off).disable_statement_logging();
            let mut connection = options.pragma("cache_size", "-500000").connect().await?;
            for part in parts(events) {
                let sql = include_str!("sqlite/fill.sql");
                let query = sqlx::query(sql).bind(i64::try_from(part.0)?).bind(i64::try_from(part.1)?);
                query.bind(i64::try_from(EVENTS_A_TASK)?).bind(i64::try_from(events)?).execute(&mut connection).await?;
            }
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").await?;
            connection.close().await?;
        }
    }
    Ok(())
}

/// The numbers from 0 to `events`, in parts.
fn parts(events: u64) -> impl Iterator<Item = (u64, u64)> {
    const PART: u64 = 500_000;
    (0..events.div_ceil(PART)).map(move |part| (part * PART, (part * PART + PART).min(events) - 1))
}

/// The partitions that the store would have made, one a month.
const MONTHS: &str = include_str!("postgres/months.sql");
