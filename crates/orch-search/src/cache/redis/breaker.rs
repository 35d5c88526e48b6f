//! When a server that others share is asked, and for how long it may be waited for. It asks nobody, and time comes in.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::super::SharedError;

/// How often in a row a server may answer with an error before it is left alone.
const MAX_FAILURES: u32 = 3;

/// How long a server may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// To be connected.
    pub connect: Duration,
    /// For an answer that is not slow.
    pub quick: Duration,
    /// For all slow answers in a row together; then it is off.
    pub total: Duration,
    /// For how long it is off before it gets another try.
    pub off: Duration,
}

impl Default for Limits {
    /// 50 ms, 20 ms, 150 ms and 30 s.
    fn default() -> Self {
        let [connect, quick, total, off] = [50, 20, 150, 30_000].map(Duration::from_millis);
        Self { connect, quick, total, off }
    }
}

/// What became of a question.
#[derive(Debug)]
pub(super) enum Outcome {
    /// An answer.
    Answered,
    /// An answer that is an error.
    Refused(SharedError),
    /// No answer.
    Lost(SharedError),
}

/// Counts what was lost with a server, and keeps it off for a while when that is too much.
#[derive(Debug)]
pub(super) struct Breaker {
    limits: Limits,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Errors in a row.
    failures: u32,
    /// What slow answers in a row took.
    lost: Duration,
    off: Option<Off>,
    last_error: Option<SharedError>,
    errors: u64,
}

#[derive(Debug, Clone, Copy)]
struct Off {
    since: Instant,
    /// When this was found out last.
    noted: Instant,
    until: Instant,
}

impl Breaker {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, state: Mutex::default() }
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// For how long the server may be waited for now; `None` if it is off. When it was off long enough, the first who comes
    /// tries for all, and the others do without until he knows.
    pub(super) fn allowance(&self, now: Instant) -> Option<Duration> {
        let mut state = self.state();
        match &mut state.off {
            Some(off) if now < off.until => return None,
            Some(off) => off.until = now + self.limits.off,
            None => {}
        }
        Some(self.limits.total.saturating_sub(state.lost))
    }

    /// The error for which it went off since then, as somebody else found out.
    pub(super) fn went_off_since(&self, then: Instant) -> Option<SharedError> {
        let state = self.state();
        if state.off.is_some_and(|off| off.noted >= then) { state.last_error.clone() } else { None }
    }

    /// Keeps the server off for the rest of the time, as another process found so long ago that it does not answer.
    pub(super) fn heed(&self, now: Instant, age: Duration) {
        let mut state = self.state();
        let until = now + self.limits.off.saturating_sub(age);
        state.off = Some(Off { since: now.checked_sub(age).unwrap_or(now), noted: now, until });
        state.last_error = Some(SharedError::Noted);
    }

    /// Notes what became of a question, and says whether the server is off for it. A server out of memory refuses writes alone, so an answer to a write is what ends a
    /// row of errors.
    pub(super) fn note(&self, asked: Instant, now: Instant, is_write: bool, outcome: Outcome) -> bool {
        let mut state = self.state();
        let took = now.saturating_duration_since(asked);
        if took >= self.limits.quick {
            state.lost += took;
        } else {
            state.lost = Duration::ZERO;
        }
        let (error, is_over) = match outcome {
            Outcome::Answered if state.lost >= self.limits.total => (Some(SharedError::Slow), true),
            Outcome::Answered => {
                if is_write {
                    state.failures = 0;
                }
                (None, false)
            }
            Outcome::Refused(error) => {
                state.failures += 1;
                let is_over = state.failures >= MAX_FAILURES || state.lost >= self.limits.total;
                (Some(error), is_over)
            }
            Outcome::Lost(error) => (Some(error), true),
        };
        if let Some(error) = error {
            state.errors += 1;
            if is_over && state.off.is_none() {
                tracing::debug!(%error, seconds = self.limits.off.as_secs(), "the shared cache is off");
            }
            state.last_error = Some(error);
        }
        if is_over {
            let since = state.off.map_or(now, |off| off.since);
            state.off = Some(Off { since, noted: now, until: now + self.limits.off });
            // the next try gets the whole time again
            state.lost = Duration::ZERO;
        } else {
            state.off = None;
        }
        is_over
    }

    /// For how long it has been off, how many errors there were, and the last one.
    pub(super) fn report(&self, now: Instant) -> (Option<Duration>, u64, Option<SharedError>) {
        let state = self.state();
        let off_for = state.off.map(|off| now.saturating_duration_since(off.since));
        (off_for, state.errors, state.last_error.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(number: u64) -> Duration {
        Duration::from_millis(number)
    }

    /// A server that is asked, and what time it is.
    struct Bench {
        breaker: Breaker,
        now: Instant,
    }

    impl Bench {
        fn new() -> Self {
            Self { breaker: Breaker::new(Limits::default()), now: Instant::now() }
        }

        /// Asks, and hands back the allowance; the answer takes so long.
        fn ask(&mut self, took: Duration, is_write: bool, outcome: Outcome) -> Option<Duration> {
            let allowance = self.breaker.allowance(self.now)?;
            let asked = self.now;
            self.now += took;
            self.breaker.note(asked, self.now, is_write, outcome);
            Some(allowance)
        }
    }

    fn oom() -> Outcome {
        Outcome::Refused(SharedError::Answered { code: "OOM".into() })
    }

    fn silent() -> Outcome {
        Outcome::Lost(SharedError::Silent { within: ms(150) })
    }

    #[test]
    fn a_silent_server_costs_its_time_once() {
        let mut bench = Bench::new();
        assert_eq!(bench.ask(ms(150), false, silent()), Some(ms(150)));
        for _ in 0..29 {
            bench.now += ms(1000);
            assert_eq!(bench.breaker.allowance(bench.now), None);
        }
        bench.now += ms(1000);
        assert_eq!(bench.breaker.report(bench.now).0, Some(ms(30_000)));
        // one tries for all
        assert_eq!(bench.breaker.allowance(bench.now), Some(ms(150)));
        assert_eq!(bench.breaker.allowance(bench.now), None);
        bench.breaker.note(bench.now, bench.now + ms(1), false, Outcome::Answered);
        assert_eq!(bench.breaker.allowance(bench.now), Some(ms(150)));
        assert_eq!(bench.breaker.report(bench.now).0, None);
    }

    #[test]
    fn slow_answers_cost_no_more_than_silence() {
        let mut bench = Bench::new();
        assert_eq!(bench.ask(ms(90), false, Outcome::Answered), Some(ms(150)));
        assert_eq!(bench.ask(ms(19), true, Outcome::Answered), Some(ms(60)));
        assert_eq!(bench.ask(ms(90), true, Outcome::Answered), Some(ms(150)));
        assert_eq!(bench.ask(ms(60), true, Outcome::Answered), Some(ms(60)));
        assert_eq!(bench.ask(ms(1), true, Outcome::Answered), None);
        assert_eq!(bench.breaker.report(bench.now).2, Some(SharedError::Slow));
        bench.now += ms(30_000);
        assert_eq!(bench.ask(ms(60), false, Outcome::Answered), Some(ms(150)));
        // a quick answer ends the row
        assert_eq!(bench.ask(ms(1), false, Outcome::Answered), Some(ms(90)));
        assert_eq!(bench.ask(ms(1), false, Outcome::Answered), Some(ms(150)));
    }

    #[test]
    fn three_errors_in_a_row_are_enough() {
        let mut bench = Bench::new();
        for _ in 0..2 {
            assert!(bench.ask(ms(1), true, oom()).is_some());
            assert!(bench.ask(ms(1), false, Outcome::Answered).is_some());
        }
        assert!(bench.ask(ms(1), true, Outcome::Answered).is_some());
        for _ in 0..3 {
            assert!(bench.ask(ms(1), false, Outcome::Answered).is_some());
            assert!(bench.ask(ms(1), true, oom()).is_some());
        }
        assert!(bench.ask(ms(1), false, Outcome::Answered).is_none());
        let (_, errors, last) = bench.breaker.report(bench.now);
        assert_eq!((errors, last), (5, Some(SharedError::Answered { code: "OOM".into() })));
    }
}
