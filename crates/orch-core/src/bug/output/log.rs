//! Lines that a logger marked as errors. Whatever else speaks of an error is none.

use super::block::{Block, Kind};
use super::line::{Level, Line, details};

/// What the whole output says about its lines.
pub(super) struct Scene {
    /// Maven puts `[ERROR]` in front of all it says about a failure.
    maven: bool,
}

impl Scene {
    /// Looks through an output once.
    pub(super) fn of(lines: &[Line<'_>]) -> Self {
        let is_maven = |line: &Line<'_>| {
            (line.text.starts_with("[INFO] ")
                && (line.body().starts_with("Scanning for projects") || line.body().starts_with("BUILD ")))
                || (line.text.starts_with("[ERROR] ") && line.text.ends_with("-> [Help 1]"))
                || line.text.starts_with("[ERROR] Failed to execute goal")
        };
        Self { maven: lines.iter().any(is_maven) }
    }
}

/// A line of a logger with the level of an error.
pub(super) fn look(lines: &[Line<'_>], at: usize, scene: &Scene) -> Option<Block> {
    let line = &lines[at];
    if scene.maven && line.text.starts_with("[ERROR]") {
        return None;
    }
    let message = match line.level {
        Level::Stamped => line.body(),
        Level::Bare if line.indent() == 0 => line.body(),
        Level::None => python(line.text)?,
        _ => return None,
    };
    let message = message.trim();
    if message.len() < 4 || !message.bytes().any(|byte| byte.is_ascii_alphabetic()) || is_consequence(message) {
        return None;
    }
    // an exception below says it better
    let traced = at + 1 < lines.len() && super::plain(lines, at + 1).is_some_and(|block| block.to > at + 2);
    (!traced).then(|| Block { kind: Kind::Logged, ..Block::new(message, at, details(lines, at + 1)) })
}

/// `ERROR:shop.cart:text`, as Python's `logging` prints it unless it is told otherwise.
fn python(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("ERROR:").or_else(|| text.strip_prefix("CRITICAL:"))?;
    let (logger, message) = rest.split_once(':')?;
    let named = !logger.is_empty() && logger.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    named.then_some(message)
}

/// Whether a message only says that something failed because of the errors above.
pub(super) fn is_consequence(message: &str) -> bool {
    const STARTS: [&str; 21] = [
        "could not compile",
        "aborting due to",
        "test failed",
        "doctest failed",
        "test run failed",
        "process didn't exit successfully",
        "failed to run custom build command",
        "process completed with exit code",
        "command failed",
        "build failed",
        "build completed unsuccessfully",
        "job failed",
        "linker command failed",
        "ld returned",
        "script returned exit code",
        "exit status",
        "compilation failed",
        "one error found",
        "tests failed",
        "there were failing tests",
        "failed to execute goal",
    ];
    let head = &message[..message.floor_char_boundary(48)];
    let lower = head.to_ascii_lowercase();
    let counted = lower.trim_start_matches(|c: char| c.is_ascii_digit());
    STARTS.iter().any(|start| lower.starts_with(start))
        || (counted.len() < lower.len()
            && [" target", " error", " warning", " test", " failed", " passed"]
                .iter()
                .any(|what| counted.starts_with(what)))
}
