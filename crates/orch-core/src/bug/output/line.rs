//! The lines of an output without the stamps in front, and the level that a logger gave each. Judges no words.

use crate::bug::clean;

/// What is behind it in a line is not looked at.
const MAX_LINE: usize = 4096;

/// How bad a logger says a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// No logger wrote the line.
    None,
    /// An error behind a stamp: `2025-03-09 21:14:05 ERROR …`.
    Stamped,
    /// A word of that kind at the start of a line: `[ERROR] …`, `ERROR: …`.
    Bare,
    /// Less than an error.
    Less,
}

/// One line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'t> {
    /// The line without stamps, with its level and its indent.
    pub(super) text: &'t str,
    /// Where in it the level ends.
    body: u16,
    /// The level.
    pub(super) level: Level,
}

impl<'t> Line<'t> {
    fn new(raw: &'t str) -> Self {
        let raw = step(&raw[..raw.floor_char_boundary(MAX_LINE)]);
        let prefix = clean::prefix(raw);
        let mut text = raw[prefix.stamps..].trim_end();
        let mut body = (prefix.end - prefix.stamps).min(text.len());
        let mut logged = prefix.logged;
        // PostgreSQL names its process between stamp and level
        if body == 0
            && prefix.stamps > 0
            && let Some(process) = process(text)
        {
            text = &text[process..];
            body = clean::prefix(text).end;
            logged = body > 0;
        }
        // what GitHub puts in front of a line that it shows in red
        if let Some(rest) = text.strip_prefix("##[error]") {
            text = rest;
        }
        let level = if raw[..prefix.stamps].contains(":FATAL:") || raw[..prefix.stamps].contains(":ERROR:") {
            // Chromium's loggers keep the level inside the stamp
            Level::Stamped
        } else {
            level(&text[..body], &text[body..], logged)
        };
        Self { text, body: u16::try_from(body).unwrap_or(0), level }
    }

    /// The line without its level.
    pub(super) fn body(&self) -> &'t str {
        &self.text[usize::from(self.body)..]
    }

    /// The line without its indent.
    pub(super) fn trimmed(&self) -> &'t str {
        self.text.trim_start()
    }

    /// How far it is indented.
    pub(super) fn indent(&self) -> usize {
        self.text.len() - self.trimmed().len()
    }
}

/// Without the names of the job and of its step, which GitHub's client puts in front of a stamp, each with a tab, and
/// without the step and the seconds of a container's build: `#12 0.345 text`.
fn step(raw: &str) -> &str {
    let raw = raw.strip_prefix('\u{feff}').unwrap_or(raw);
    if let Some((step, rest)) = raw.strip_prefix('#').and_then(|rest| rest.split_once(' '))
        && let Some((seconds, text)) = rest.split_once(' ')
        && seconds.contains('.')
        && step.bytes().chain(seconds.bytes()).all(|byte| byte.is_ascii_digit() || byte == b'.')
    {
        return text;
    }
    let mut parts = raw.splitn(3, '\t').skip(2).map(|rest| rest.strip_prefix('\u{feff}').unwrap_or(rest));
    parts.next().filter(|rest| rest.starts_with("20") && clean::prefix(rest).stamps > 0).unwrap_or(raw)
}

/// The end of `[30231] ` or `[30231-1] `.
fn process(text: &str) -> Option<usize> {
    let close = text.strip_prefix('[')?.find("] ")?;
    let id = &text[1..=close];
    (!id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')).then_some(close + 3)
}

fn level(prefix: &str, body: &str, logged: bool) -> Level {
    let word = prefix.trim_start_matches([' ', '[', '<', '(']);
    let letters = word.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (word, end) = word.split_at(letters);
    if word.is_empty() {
        return Level::None;
    }
    let upper = word.bytes().all(|byte| byte.is_ascii_uppercase());
    let bad = ["error", "err", "fatal", "critical", "crit", "severe", "alert", "emerg", "emergency"]
        .iter()
        .any(|bad| word.eq_ignore_ascii_case(bad));
    if !bad {
        return Level::Less;
    }
    // `error handling works` behind the stamp of a CI is no level
    let marked = upper || end.starts_with([':', ']', '>', ')']) || crate::bug::report::leading_class(body).is_some();
    match (logged, marked) {
        (true, true) => Level::Stamped,
        (false, _) if upper => Level::Bare,
        _ => Level::None,
    }
}

/// The lines of a text that has no control sequences.
pub(super) fn split(text: &str) -> Vec<Line<'_>> {
    text.split('\n').map(Line::new).collect()
}

/// The first line from `at` on that is not empty, at most `reach` lines away.
pub(super) fn speaking(lines: &[Line<'_>], at: usize, reach: usize) -> Option<usize> {
    (at..lines.len().min(at.saturating_add(reach))).find(|at| !lines[*at].text.is_empty())
}

/// The first line from `at` on for which `end` holds, else the end of the output; at most `reach` lines away.
pub(super) fn until(lines: &[Line<'_>], at: usize, reach: usize, mut end: impl FnMut(&Line<'_>) -> bool) -> usize {
    let last = lines.len().min(at.saturating_add(reach));
    (at..last).find(|at| end(&lines[*at])).unwrap_or(last)
}

/// The line behind what a database adds to a message: the detail, the hint, the place in the statement.
pub(super) fn details(lines: &[Line<'_>], at: usize) -> usize {
    const LABELS: [&str; 6] = ["DETAIL:", "HINT:", "LINE ", "CONTEXT:", "QUERY:", "^"];
    until(lines, at, 8, |line| !LABELS.iter().any(|label| line.trimmed().starts_with(label)))
}
