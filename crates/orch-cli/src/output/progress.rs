//! How far long work is, for a person who looks on: on standard error, and only where that is a terminal.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A line that tells how far the work is. It is gone when the work is done.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// A line for work on things of this name.
    pub(crate) fn of(things: &'static str) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{msg}: {human_pos} {wide_bar} {per_sec}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(things);
        Self(bar)
    }

    /// So many are done, and of how many if that is known.
    pub(crate) fn at(&self, done: u64, total: Option<u64>) {
        if let Some(total) = total {
            self.0.set_length(total);
        }
        self.0.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
