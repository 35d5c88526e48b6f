//! One report of an error, as a caller hands it in, and which of its lines are the message. Decides nothing about it.

use std::borrow::Cow;

use super::clean;
use super::stack::{self, Trace};

/// A report of an error. All but the message or the stack may be missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Report<'t> {
    /// What the error says; may be the whole output of a tool.
    pub message: &'t str,
    /// The file that the caller names.
    pub file: Option<&'t str>,
    /// The line in that file, counted from 1.
    pub line: Option<u32>,
    /// The stack trace or the output that the message is from.
    pub stack: Option<&'t str>,
    /// The folder of the project on the machine of the report.
    pub project_root: Option<&'t str>,
    /// The function around the line, if the caller looked it up with [`look`](super::source::look). It counts where
    /// neither a test nor a frame of the stack names one.
    pub function: Option<&'t str>,
    /// The text of the line, if the caller looked it up. It counts where no function is known.
    pub source_line: Option<&'t str>,
}

/// A report without what terminals and loggers put around it.
#[derive(Debug)]
pub(crate) struct Cleaned<'t> {
    pub(crate) message: Cow<'t, str>,
    pub(crate) stack: Cow<'t, str>,
}

impl<'t> Cleaned<'t> {
    pub(crate) fn new(report: &Report<'t>) -> Self {
        Self { message: clean::control(report.message), stack: clean::control(report.stack.unwrap_or_default()) }
    }

    /// The lines of the stack, else of the message, without prefixes, and the frames in them.
    pub(crate) fn trace(&self) -> (Vec<&str>, Trace<'_>) {
        let lines = lines(if self.stack.trim().is_empty() { &self.message } else { &self.stack });
        let trace = stack::parse(&lines);
        (lines, trace)
    }
}

/// So many lines of an output are looked at; what comes after them is another error.
const MAX_LINES: usize = 4000;

/// The lines of a cleaned text without stamps and levels.
pub(crate) fn lines(text: &str) -> Vec<&str> {
    let bare = |line| {
        let prefix = clean::prefix(line);
        // `ERROR: test_cart (cart.Test)` is the title of a test
        let levelled = prefix.end > prefix.stamps && stack::title::of(&line[prefix.stamps..]).is_some();
        &line[if levelled { prefix.stamps } else { prefix.end }..]
    };
    text.split('\n').take(MAX_LINES).map(bare).collect()
}

/// What of a message is put into the template: the lines before the stack and the values that differ from run to run.
pub(crate) fn head<'t>(message: &'t str, stack: &[&'t str], trace: &Trace<'_>) -> Cow<'t, str> {
    if message.trim().is_empty() {
        return Cow::Borrowed(header(stack, trace));
    }
    if !message.trim_end().contains('\n') {
        let message = message[clean::prefix(message).end..].trim();
        return match more(message, stack) {
            Some(more) => Cow::Owned(format!("{message}\n{more}")),
            None => Cow::Borrowed(message),
        };
    }
    let lines = lines(message);
    let own = stack::parse(&lines);
    let begins_with_stack = lines
        .iter()
        .find(|line| !line.trim().is_empty())
        .is_some_and(|line| line.trim_start().starts_with("Traceback (most recent"));
    if begins_with_stack || own.first == Some(0) {
        return Cow::Borrowed(header(&lines, &own));
    }
    let mut out = String::new();
    for line in lines.iter().take(own.first.unwrap_or(usize::MAX)) {
        let line = line.trim();
        if line.is_empty() || is_value(line) || is_snippet(line) {
            continue;
        }
        if line.starts_with("stack backtrace:") || line.starts_with("goroutine ") && line.ends_with("]:") {
            break;
        }
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(line);
    }
    Cow::Owned(out)
}

/// What an output says about a message on the line below it: the reason under the banner of a crash, the detail of a
/// database.
fn more<'t>(message: &str, stack: &[&'t str]) -> Option<&'t str> {
    let at = stack.iter().take(64).position(|line| line.trim().ends_with(message))?;
    let next = stack.get(at + 1)?.trim();
    let banner = message.starts_with("# ") && next.strip_prefix("# ").is_some_and(|reason| !reason.trim().is_empty());
    (banner || next.starts_with("DETAIL:")).then_some(next)
}

/// The line of an output that says what happened: the last one behind Python's frames, else the first one.
fn header<'t>(lines: &[&'t str], trace: &Trace<'_>) -> &'t str {
    let python = trace
        .blocks
        .last()
        .is_some_and(|block| block.frames.first().is_some_and(|frame| frame.language == stack::Language::Python));
    let speaks = |line: &&&str| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with("Traceback (most recent") && !line.starts_with("stack backtrace")
    };
    if python {
        let raised = lines.iter().rev().filter(speaks).find(|line| !line.starts_with([' ', '\t']));
        return raised.map_or("", |line| line.trim());
    }
    lines.iter().find(speaks).map_or("", |line| line.trim())
}

/// What a test expected and got, on a line of its own.
fn is_value(line: &str) -> bool {
    const LABELS: [&str; 16] = [
        "Expected:",
        "Received:",
        "expected:",
        "received:",
        "actual:",
        "Actual:",
        "got:",
        "Got:",
        "want:",
        "left:",
        "right:",
        "Expected value:",
        "Received value:",
        "Expected length:",
        "Received length:",
        "Received array:",
    ];
    LABELS.iter().any(|label| line.starts_with(label))
}

/// A line of source that a tool printed.
fn is_snippet(line: &str) -> bool {
    let line = line.trim_start_matches(['>', ' ']);
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    (digits > 0 && line[digits..].trim_start().starts_with('|'))
        || line.starts_with('|')
        || (!line.is_empty() && line.bytes().all(|byte| matches!(byte, b'^' | b'~' | b' ' | b'|' | b'-')))
}

/// The class of the exception that a stack names in front of the message, where the message itself has none.
pub(crate) fn class<'t>(head: &str, lines: &[&'t str]) -> Option<&'t str> {
    let first = head.lines().next().unwrap_or_default();
    if first.len() < 4 || leading_class(first).is_some() {
        return None;
    }
    let line = lines.iter().take(64).chain(lines.iter().rev().take(16)).find(|line| {
        line.len() > first.len() + 2 && line.trim_end().ends_with(first) && leading_class(line.trim_start()).is_some()
    })?;
    leading_class(line.trim_start()).filter(|class| line.trim().len() <= class.len() + first.len() + 3)
}

/// `java.lang.IllegalStateException` of `java.lang.IllegalStateException: text`.
pub(crate) fn leading_class(line: &str) -> Option<&str> {
    let end = line
        .bytes()
        .position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'$' | b'\\' | b':')))
        .unwrap_or(line.len());
    let name = line[..end].trim_end_matches(':');
    let simple = name.rsplit(['.', ':', '\\', '$']).next().unwrap_or(name);
    let ends = ["Error", "Exception", "Warning", "Interrupt", "Fault", "Exit", "Failure", "Err"]
        .iter()
        .any(|end| simple.ends_with(end));
    let shaped = simple.starts_with(|c: char| c.is_ascii_uppercase());
    (ends && shaped && name.len() < 200).then_some(name)
}
