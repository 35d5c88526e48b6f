//! The errors in the output of a compiler, a test runner or a program that crashed. Makes no fingerprints of its own: each
//! error is cut out as if it had been reported alone.

mod block;
mod compiler;
mod dotnet;
mod go;
mod javascript;
mod line;
mod linker;
mod log;
mod native;
mod numbered;
mod php;
mod python;
mod ruby;
mod rust;
mod section;
mod trace;

use std::collections::HashSet;

use self::block::{Block, Kind};
use self::line::Line;
use super::classify::ErrorType;
use super::clean;
use super::fact::StoredReport;
use super::fingerprint::Fingerprinter;
use super::report;
use super::{site, stack};

/// At most so many errors of one output are told.
pub const MAX_ERRORS: usize = 200;
/// So many bytes of a stack are kept.
const MAX_STACK: usize = 64 * 1024;

/// The errors in an output, in order; of those with the same fingerprint the first. The folder of the project tells its
/// frames from those of others. An output of which all went well has none. A text of one line is an error itself, if the
/// rules know its type.
#[must_use]
pub fn find(text: &str, project_root: Option<&str>) -> Vec<StoredReport> {
    let cleaned = clean::control(text);
    let lines = line::split(&cleaned);
    let mut sieve = Sieve::new(project_root);
    let scene = log::Scene::of(&lines);
    let mut at = 0;
    while at < lines.len() && sieve.found.len() < MAX_ERRORS {
        let block = section::look(&lines, at).or_else(|| plain(&lines, at)).or_else(|| log::look(&lines, at, &scene));
        at = match block {
            Some(block) => {
                let next = block.next.max(at + 1);
                sieve.add(&lines, block);
                next
            }
            None => at + 1,
        };
    }
    let line = cleaned.trim();
    if sieve.found.is_empty() && !line.contains('\n') {
        let report = StoredReport { message: line.to_owned(), ..sieve.report() };
        let (_, classification) = sieve.fingerprinter.fingerprint(&report.as_report());
        if classification.error_type != ErrorType::Unknown {
            return vec![report];
        }
    }
    sieve.found
}

/// The error that begins on a line, outside the report of a test.
fn plain(lines: &[Line<'_>], at: usize) -> Option<Block> {
    if lines[at].text.is_empty() {
        return None;
    }
    python::look(lines, at)
        .or_else(|| rust::look(lines, at))
        .or_else(|| go::look(lines, at))
        .or_else(|| native::look(lines, at))
        .or_else(|| php::look(lines, at))
        .or_else(|| ruby::look(lines, at))
        .or_else(|| compiler::look(lines, at))
        .or_else(|| linker::look(lines, at))
        .or_else(|| javascript::look(lines, at))
        .or_else(|| trace::look(lines, at))
}

/// Lets each error through once.
struct Sieve<'t> {
    root: Option<&'t str>,
    fingerprinter: Fingerprinter,
    found: Vec<StoredReport>,
    keys: HashSet<String>,
    messages: HashSet<String>,
    titles: HashSet<String>,
}

impl<'t> Sieve<'t> {
    fn new(root: Option<&'t str>) -> Self {
        Self {
            root,
            fingerprinter: Fingerprinter::default(),
            found: Vec::new(),
            keys: HashSet::new(),
            messages: HashSet::new(),
            titles: HashSet::new(),
        }
    }

    /// A report that says nothing yet.
    fn report(&self) -> StoredReport {
        StoredReport { project_root: self.root.map(ToOwned::to_owned), ..StoredReport::default() }
    }

    fn add(&mut self, lines: &[Line<'_>], block: Block) {
        let Some(message) = block.message else { return };
        let told = match block.kind {
            Kind::Whole => false,
            Kind::Summary => python::told(lines[block.from].text, &self.titles),
            Kind::Logged => self.messages.contains(&message),
        };
        if told {
            return;
        }
        if let Some(title) = block.title.and_then(|title| stack::title::of(lines[title].text)) {
            self.titles.insert(title.to_owned());
        }
        let stack = excerpt(lines, block.title, block.from, block.to);
        let mut error = StoredReport { message, stack: Some(stack), ..self.report() };
        let place = error.stack.as_deref().and_then(|stack| place(stack, self.root.unwrap_or_default()));
        if let Some((file, line)) = place {
            (error.file, error.line) = (Some(file), line);
        }
        if self.keys.insert(self.fingerprinter.fingerprint(&error.as_report()).0.key) {
            self.messages.insert(error.message.clone());
            self.found.push(error);
        }
    }
}

/// The lines of an error as one text.
fn excerpt(lines: &[Line<'_>], title: Option<usize>, from: usize, to: usize) -> String {
    let mut out = String::new();
    let title = title.filter(|title| !(from..to).contains(title));
    for line in title.into_iter().chain(from..to.min(lines.len())) {
        let text = lines[line].text;
        if out.len() + text.len() > MAX_STACK {
            break;
        }
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(text);
    }
    out.truncate(out.trim_end().len());
    out
}

/// The place that the fingerprint is about, as it was printed.
fn place(stack: &str, root: &str) -> Option<(String, Option<u32>)> {
    let lines = report::lines(stack);
    let frame = site::frame(&stack::parse(&lines), root)?;
    Some((frame.file.to_owned(), Some(frame.line).filter(|line| *line > 0)))
}

#[cfg(test)]
mod tests;
