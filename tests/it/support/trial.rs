//! One command run again and again from the same state, each time with something happening in the middle of it. It judges
//! nothing.

use std::process::Command;

use orch_tests::strace::{Fault, Point, Strace};

use super::{Engine, Run, Sandbox};

/// Names that are another one in each run: drafts of files, numbered or random.
const VARYING: [&str; 3] = ["/.orch-", "/tmp_", "/objects/"];

/// Writes to the middle of a file, or to a server, follow each other by the dozen, and what a kill leaves after one is much as
/// after the next.
const MANY: [&str; 3] = ["pwrite64", "write", "sendto"];

/// Whether every place is tried, and not an even choice of those that are alike.
#[expect(clippy::disallowed_methods, reason = "a test has no settings; this is a note from whoever runs it")]
fn is_thorough() -> bool {
    std::env::var_os("ORCH_TESTS_FAULTS").is_some_and(|value| value == "all")
}

/// A command, and the places in it where something can happen.
pub(crate) struct Trials<'a, E> {
    sandbox: &'a Sandbox<E>,
    strace: Strace,
    /// Where something can happen, in order.
    pub(crate) points: Vec<Point>,
}

impl<'a, E: Engine> Trials<'a, E> {
    /// Keeps the sandbox as it is, and runs the command once to see where something can happen to it. What that run did is
    /// still there. Of the writes that are alike, about `most` are kept. `None` where nothing can be traced.
    pub(crate) fn of(sandbox: &'a Sandbox<E>, command: &Command, most: usize) -> Option<Self> {
        let strace = Strace::find()?;
        sandbox.keep();
        let calls = strace.record(command, false);
        let mut points = Strace::points(&calls, |file| VARYING.iter().any(|part| file.contains(part)));
        let is_one_of_many = |point: &Point| MANY.contains(&point.name.as_str());
        let alike = points.iter().filter(|point| is_one_of_many(point)).count();
        if alike > most && !is_thorough() {
            let mut at = 0;
            points.retain(|point| {
                at += usize::from(is_one_of_many(point));
                // the last of each stretch of equal length
                !is_one_of_many(point) || at * most / alike != (at - 1) * most / alike
            });
        }
        assert!(!points.is_empty(), "{command:?} writes nothing");
        Some(Self { sandbox, strace, points })
    }

    /// Goes back to what was kept and runs the command with something happening at a point.
    pub(crate) fn run(&self, command: &Command, point: &Point, fault: Fault) -> Run {
        self.sandbox.go_back();
        self.sandbox.finish(&mut self.strace.with_fault(command, point, fault))
    }
}

/// Says how much was tried, for whoever asks to see what passing tests print.
#[expect(clippy::print_stdout, reason = "the harness shows it on demand")]
pub(crate) fn say(text: &str) {
    println!("{text}");
}
