//! How many times a second clients act, and how long each time takes. Knows nothing of stores.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::Asked;

/// What clients do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// Complete a phase and go back, in turns; each counts.
    Transitions,
    /// Record one event.
    Events,
    /// Take in [`BATCH`] events from elsewhere at once; each event counts.
    Batches,
}

/// How many events a batch has.
pub(crate) const BATCH: u32 = 1_000;

impl Work {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Transitions => "transitions",
            Self::Events => "events",
            Self::Batches => "batched",
        }
    }

    /// What counts each time.
    pub(crate) fn units(self) -> u32 {
        if self == Self::Batches { BATCH } else { 1 }
    }
}

/// Somebody who does one thing again and again.
pub(crate) trait Client: Send + 'static {
    /// Does it once.
    fn act(&mut self) -> impl Future<Output = anyhow::Result<()>> + Send;
}

/// What one side did: how long each time took, and how often a second in each turn.
#[derive(Debug, Default)]
pub(crate) struct Done {
    times: Vec<Duration>,
    rates: Vec<f64>,
}

impl Done {
    /// The time, in ms, that so many of a hundred needed no longer than.
    pub(crate) fn percentile(&mut self, percent: usize) -> f64 {
        self.times.sort_unstable();
        let at = (self.times.len() * percent / 100).min(self.times.len().saturating_sub(1));
        self.times.get(at).map_or(f64::NAN, |time| time.as_secs_f64() * 1_000.0)
    }
}

/// How many times as much one side does a second as the other; the median over the turns, as a disk that stalls in one of
/// them says nothing.
pub(crate) fn ratio(ours: &Done, theirs: &Done) -> f64 {
    median(ours.rates.iter().zip(&theirs.rates).map(|(ours, theirs)| ours / theirs).collect())
}

/// When a client has done enough: after so many times, or so long.
#[derive(Clone, Copy)]
enum Enough {
    Times(usize),
    Time(Duration),
}

/// All clients at once, each until it has done enough.
async fn run<C: Client>(clients: Vec<C>, enough: Enough, done: &mut Done) -> anyhow::Result<Vec<C>> {
    let begin = Instant::now();
    let mut tasks = JoinSet::new();
    for mut client in clients {
        tasks.spawn(async move {
            let mut times = Vec::new();
            while match enough {
                Enough::Times(most) => times.len() < most,
                Enough::Time(most) => begin.elapsed() < most,
            } {
                let before = Instant::now();
                client.act().await?;
                times.push(before.elapsed());
            }
            anyhow::Ok((client, times))
        });
    }
    let (mut clients, mut count) = (Vec::new(), 0_u32);
    while let Some(ended) = tasks.join_next().await {
        let (client, times) = ended??;
        count += u32::try_from(times.len())?;
        done.times.extend(times);
        clients.push(client);
    }
    done.rates.push(f64::from(count) / begin.elapsed().as_secs_f64());
    Ok(clients)
}

/// So often a client acts before it counts: a server plans a statement anew the first few times in each connection.
const WARM_UP: usize = 16;

/// Two sides in turns, after a first one that does not count.
pub(crate) async fn take_turns<A: Client, B: Client>(
    asked: &Asked,
    mut ours: Vec<A>,
    mut theirs: Vec<B>,
) -> anyhow::Result<(Done, Done)> {
    ours = run(ours, Enough::Times(WARM_UP), &mut Done::default()).await?;
    theirs = run(theirs, Enough::Times(WARM_UP), &mut Done::default()).await?;
    let (mut done, mut done_by_them) = (Done::default(), Done::default());
    for _ in 0..asked.turns {
        ours = run(ours, Enough::Time(asked.turn), &mut done).await?;
        theirs = run(theirs, Enough::Time(asked.turn), &mut done_by_them).await?;
    }
    Ok((done, done_by_them))
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_unstable_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A line of the table.
pub(crate) struct Figures;

impl Figures {
    pub(crate) const HEADER: &'static str = "  orch/s    raw/s  ratio   median ms orch, raw      p95 ms orch, raw";

    /// Rates are medians over the turns.
    pub(crate) fn of(work: Work, mut ours: Done, mut theirs: Done) -> String {
        let units = f64::from(work.units());
        format!(
            "{:>8.0} {:>8.0} {:>5.0} %   {:>12.2} {:>8.2}   {:>10.2} {:>8.2}",
            median(ours.rates.clone()) * units,
            median(theirs.rates.clone()) * units,
            ratio(&ours, &theirs) * 100.0,
            ours.percentile(50),
            theirs.percentile(50),
            ours.percentile(95),
            theirs.percentile(95),
        )
    }
}
