//! Finds the frames of a stack trace, whatever language printed it. Looks at lines; judges no messages.

pub(crate) mod crash;
pub(crate) mod diagnostic;
pub(crate) mod dotnet;
pub(crate) mod go;
pub(crate) mod javascript;
pub(crate) mod jvm;
pub(crate) mod native;
pub(crate) mod php;
pub(crate) mod python;
pub(crate) mod ruby;
pub(crate) mod rust;
pub(crate) mod title;

/// The language or tool whose form of a frame was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Language {
    /// Python.
    Python,
    /// JavaScript and TypeScript, in all engines; Dart prints alike.
    JavaScript,
    /// Java, Kotlin, Scala and others on the JVM.
    Jvm,
    /// C# and others on .NET.
    DotNet,
    /// Rust.
    Rust,
    /// Go.
    Go,
    /// PHP.
    Php,
    /// Ruby.
    Ruby,
    /// C and C++, kernels: gdb, lldb, sanitizers, crash logs.
    Native,
}

impl Language {
    /// The name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::JavaScript => "javascript",
            Self::Jvm => "jvm",
            Self::DotNet => "dotnet",
            Self::Rust => "rust",
            Self::Go => "go",
            Self::Php => "php",
            Self::Ruby => "ruby",
            Self::Native => "native",
        }
    }
}

/// One frame as it was printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'t> {
    /// Whose form it has.
    pub language: Language,
    /// The function, empty if it is not known.
    pub function: &'t str,
    /// The file or module, empty if it is not known.
    pub file: &'t str,
    /// The line, 0 if it is not known.
    pub line: u32,
    /// The source line that was printed with it, or nothing.
    pub source: &'t str,
}

impl<'t> Frame<'t> {
    pub(crate) fn new(language: Language, function: &'t str, file: &'t str, line: u32) -> Self {
        Self { language, function: function.trim(), file: file.trim(), line, source: "" }
    }
}

/// The frames of one error of a chain, the innermost first.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Block<'t> {
    /// The frames.
    pub frames: Vec<Frame<'t>>,
}

/// What was found in a stack trace.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Trace<'t> {
    /// The errors of a chain, the cause of all others first.
    pub blocks: Vec<Block<'t>>,
    /// The place that a compiler or another tool names, if there are no frames.
    pub place: Option<Frame<'t>>,
    /// The title of the test that failed.
    pub test: &'t str,
    /// The line that the first frame is in, counted from 0.
    pub first: Option<usize>,
}

/// At most so many frames of one error are kept.
const MAX_FRAMES: usize = 64;
/// At most so many errors of a chain are kept.
const MAX_BLOCKS: usize = 8;
/// A line longer than this is no frame.
const MAX_LINE: usize = 4096;

/// Finds the frames in cleaned lines.
#[must_use]
pub fn parse<'t>(lines: &[&'t str]) -> Trace<'t> {
    let mut trace = Trace::default();
    let mut block = Block::default();
    let mut deepest_first = true;
    // Python prints the cause above, all others below
    let mut cause_above = false;
    let mut threads = 0;
    let mut below = false;
    for (index, line) in lines.iter().enumerate() {
        if line.len() > MAX_LINE {
            continue;
        }
        if std::mem::take(&mut below) {
            continue;
        }
        let next = lines.get(index + 1).copied().unwrap_or_default();
        if starts_block(line) {
            cause_above |= line.contains("Traceback (most recent");
            close(&mut trace, &mut block, deepest_first);
            deepest_first = true;
        } else if ends_trace(line) {
            threads += 1;
            // what stands above the first thread is of the one that failed
            if !block.frames.is_empty() && (threads > 1 || !line.trim_start().starts_with("goroutine ")) {
                break;
            }
        }
        if trace.test.is_empty()
            && let Some(title) = title::of(line).or_else(|| title::numbered(&lines[index..]))
        {
            trace.test = title;
        }
        if let Some(mut frame) = frame(line, next) {
            trace.first.get_or_insert(index);
            if frame.language == Language::Python {
                deepest_first = false;
                frame.source = source(next);
            }
            // Rust tells the place of a frame on a line of its own
            below = frame.language == Language::Rust && frame.line > 0;
            push(&mut block, frame, deepest_first);
        } else if trace.place.is_none() {
            trace.place = diagnostic::frame(line).map(|mut place| {
                place.source = diagnostic::source(lines, index, place.line);
                place
            });
        }
    }
    close(&mut trace, &mut block, deepest_first);
    if !cause_above {
        trace.blocks.reverse();
    }
    trace
}

fn push<'t>(block: &mut Block<'t>, frame: Frame<'t>, deepest_first: bool) {
    // recursion looks the same at any depth
    if let Some(last) = block.frames.last_mut()
        && last.function == frame.function
        && last.file == frame.file
        && !frame.function.is_empty()
    {
        if !deepest_first {
            *last = frame;
        }
        return;
    }
    if block.frames.len() >= MAX_FRAMES {
        if deepest_first {
            return;
        }
        block.frames.remove(0);
    }
    block.frames.push(frame);
}

fn close<'t>(trace: &mut Trace<'t>, block: &mut Block<'t>, deepest_first: bool) {
    if block.frames.is_empty() {
        return;
    }
    let mut done = std::mem::take(block);
    if !deepest_first {
        done.frames.reverse();
    }
    if trace.blocks.len() < MAX_BLOCKS {
        trace.blocks.push(done);
    }
}

fn starts_block(line: &str) -> bool {
    let line = line.trim_start_matches([' ', '\t', '|', '+', '-']);
    match line.as_bytes().first() {
        Some(b'T') => line.starts_with("Traceback (most recent call last)"),
        Some(b'C') => line.starts_with("Caused by:") || line.starts_with("Caused by ") || line.starts_with("Cause:"),
        Some(b'S') => line.starts_with("Suppressed:"),
        Some(b'[') => line.starts_with("[cause]:") || line.starts_with("[previous]"),
        Some(b'N') => line.starts_with("Next "),
        Some(b'P') => line.starts_with("Previous "),
        _ => false,
    }
}

/// Another thread begins, or another report.
fn ends_trace(line: &str) -> bool {
    let line = line.trim_start();
    match line.as_bytes().first() {
        Some(b'g') => line.starts_with("goroutine ") && line.ends_with("]:"),
        Some(b'T') => line.starts_with("Thread ") && line.contains("(Thread "),
        Some(b'f') => line.starts_with("freed by thread") || line.starts_with("failures:"),
        Some(b'p') => line.starts_with("previously allocated"),
        Some(b'P') => line.starts_with("Previous write") || line.starts_with("Previous read"),
        Some(b'a') => line.starts_with("allocated by thread"),
        Some(b'0') => line.contains(" is located "),
        _ => false,
    }
}

/// The source line that a trace prints below a frame.
fn source(next: &str) -> &str {
    let line = next.trim();
    if line.starts_with("File \"") || line.starts_with("Traceback") || !next.starts_with("  ") { "" } else { line }
}

/// The frame on a line; some are told on two.
pub(crate) fn frame<'t>(line: &'t str, next: &'t str) -> Option<Frame<'t>> {
    let text = line.trim_start_matches([' ', '\t', '|', '>']).trim_end();
    if let Some(rest) = text.strip_prefix("at ") {
        let indented = line.len() > text.len();
        return jvm::frame(rest).or_else(|| dotnet::frame(rest)).or_else(|| javascript::frame(rest, indented));
    }
    match text.as_bytes().first()? {
        b'F' if text.starts_with("File \"") => python::frame(text),
        // RSpec puts a `#` in front of Ruby's frames
        b'#' => php::frame(text)
            .or_else(|| javascript::dart(text))
            .or_else(|| native::numbered(text))
            .or_else(|| ruby::frame(text.strip_prefix("# ")?)),
        b'0'..=b'9' => rust::frame(text, next)
            .or_else(|| crash::numbered(text))
            .or_else(|| ruby::frame(text))
            .or_else(|| crash::darwin_kernel(text)),
        b'[' => native::kernel(text),
        b'f' if text.starts_with("from ") => ruby::frame(&text[5..]),
        b't' if text.starts_with("thrown in ") => None,
        _ => ruby::frame(text)
            .or_else(|| go::frame(line, next))
            .or_else(|| native::called(text))
            .or_else(|| javascript::at_sign(text))
            .or_else(|| javascript::arrow(text))
            .or_else(|| native::offset(text))
            .or_else(|| crash::module(text))
            .or_else(|| php::bare(line))
            .or_else(|| ruby::asserted(text)),
    }
}

/// Splits `path:12` or `path:12:34` into the path and the line.
pub(crate) fn split_line(text: &str) -> (&str, u32) {
    let number = |text: &str| if text.is_empty() { None } else { text.parse::<u32>().ok() };
    let Some((head, last)) = text.rsplit_once(':') else { return (text, 0) };
    let Some(last) = number(last) else { return (text, 0) };
    match head.rsplit_once(':') {
        Some((path, line)) if !path.is_empty() => match number(line) {
            Some(line) => (path, line),
            None => (head, last),
        },
        _ => (head, last),
    }
}

/// Whether a text looks like a path of a source file or a module.
pub(crate) fn is_path(text: &str) -> bool {
    !text.is_empty()
        && text.len() < 1024
        && (text.contains(['/', '\\', '.']) || text.starts_with('<'))
        && !text.contains([' ', '"', '\t'])
}

#[cfg(test)]
mod tests;
