//! Crashes of native programs: sanitizers, signals, failed assertions, debuggers, and gtest. Parses no frames.

use super::block::Block;
use super::line::{Line, speaking, until};
use crate::bug::stack::{diagnostic, native};

/// A crash of a native program.
pub(super) fn look(lines: &[Line<'_>], at: usize) -> Option<Block> {
    let text = lines[at].text;
    if text.contains("Sanitizer: ") {
        return sanitizer(lines, at);
    }
    if text.contains("runtime error: ") {
        return undefined(lines, at);
    }
    debugger(lines, at)
        .or_else(|| terminated(lines, at))
        .or_else(|| assertion(text).map(|message| Block::new(message, at, at + 1)))
        .or_else(|| signal(text).map(|message| Block::new(message, at, at + 1)))
        .or_else(|| heap(text).map(|message| Block::new(message, at, at + 1)))
        .or_else(|| engine(lines, at))
        .or_else(|| cmake(lines, at))
}

/// `==12==ERROR: AddressSanitizer: …` up to its summary.
fn sanitizer(lines: &[Line<'_>], at: usize) -> Option<Block> {
    let text = lines[at].trimmed();
    let (before, report) = text.split_once("ERROR: ").or_else(|| text.split_once("WARNING: "))?;
    let numbered = before.strip_prefix("==").map(|rest| rest.trim_end_matches('='));
    let known = before.is_empty() || numbered.is_some_and(|id| id.bytes().all(|byte| byte.is_ascii_digit()));
    let (tool, _) = report.split_once(": ")?;
    if !known || !tool.ends_with("Sanitizer") || tool.contains(' ') {
        return None;
    }
    let ends = |line: &Line<'_>| line.text.starts_with("SUMMARY: ") || line.text.ends_with("==ABORTING");
    let summary = until(lines, at + 1, 4000, ends);
    let to = (summary + 1).min(lines.len());
    // the bytes in memory that are printed below
    let aborted = until(lines, to, 64, |line| line.text.ends_with("==ABORTING"));
    let next = if aborted < lines.len().min(to + 64) { aborted + 1 } else { to };
    Some(Block { next, ..Block::new(text, at, to) })
}

/// `a.c:4:27: runtime error: signed integer overflow: …` and frames, if they are printed.
fn undefined(lines: &[Line<'_>], at: usize) -> Option<Block> {
    let text = lines[at].text;
    let (place, _) = text.split_once(": runtime error: ")?;
    diagnostic::placed(place)?;
    Some(Block::new(&text[place.len() + 2..], at, frames(lines, at + 1)))
}

/// The line behind numbered frames.
fn frames(lines: &[Line<'_>], at: usize) -> usize {
    until(lines, at, 1000, |line| native::numbered(line.trimmed()).is_none())
}

/// `Program received signal SIGSEGV, Segmentation fault.` and the frames below.
fn debugger(lines: &[Line<'_>], at: usize) -> Option<Block> {
    let text = lines[at].text;
    let (before, signal) = text.split_once(" signal SIG")?;
    if !(before.ends_with("received") || before.ends_with("terminated with")) {
        return None;
    }
    let (name, message) = signal.split_once(", ")?;
    if !matches!(name, "SEGV" | "ABRT" | "BUS" | "ILL" | "FPE" | "TRAP" | "SYS") {
        return None;
    }
    // the place and the source line stand between
    let first = until(lines, at + 1, 16, |line| line.text.starts_with("#0 "));
    let to = if lines.get(first).is_some_and(|line| line.text.starts_with("#0 ")) {
        until(lines, first, 1000, |line| !(line.text.starts_with('#') || line.text.starts_with("    ")))
    } else {
        at + 1
    };
    Some(Block::new(message.trim_end_matches('.'), at, to))
}

/// `terminate called after throwing an instance of 'std::out_of_range'` and what it says.
fn terminated(lines: &[Line<'_>], at: usize) -> Option<Block> {
    let rest = lines[at].text.split_once("terminate called after throwing an instance of '")?.1;
    let class = rest.split('\'').next()?;
    let what = speaking(lines, at + 1, 1).and_then(|line| lines[line].trimmed().strip_prefix("what():"));
    Some(match what {
        Some(what) => Block::new(format!("{class}: {}", what.trim()), at, at + 2),
        None => Block::new(class, at, at + 1),
    })
}

/// ``a.out: a.c:3: main: Assertion `x' failed.``, `Assertion failed: (x), function f, file a.c, line 3.`
fn assertion(text: &str) -> Option<&str> {
    if let Some(at) = text.find(": Assertion `")
        && text.ends_with("failed.")
    {
        return Some(&text[at + 2..]);
    }
    (text.starts_with("Assertion failed: ") && text.contains(", file ")).then_some(text)
}

/// What a shell or cargo says of a program that a signal ended.
fn signal(text: &str) -> Option<&str> {
    if let Some((_, rest)) = text.split_once("(signal: ")
        && let Some((_, name)) = rest.split_once(", ")
        && ["SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE"].iter().any(|bad| name.starts_with(bad))
    {
        return name.split(')').next();
    }
    for crash in
        ["Segmentation fault", "segmentation fault", "Bus error", "Illegal instruction", "Floating point exception"]
    {
        let Some(at) = text.find(crash) else { continue };
        // `bash: line 1: 2602 Segmentation fault      ./a`, `zsh: segmentation fault  ./a`
        let before = text[..at].trim_end();
        let shell = before.is_empty()
            || (before.ends_with(|c: char| c.is_ascii_digit()) && before.contains(": "))
            || ["bash:", "zsh:", "sh:", "fish:"].contains(&before);
        let behind = &text[at + crash.len()..];
        let ends = behind.is_empty() || behind.starts_with(" (core dumped)") || behind.starts_with("  ");
        if shell && ends {
            return Some(&text[at..at + crash.len()]);
        }
    }
    None
}

/// What the C library says before it aborts.
fn heap(text: &str) -> Option<&str> {
    const SAYS: [&str; 8] = [
        "double free or corruption",
        "free(): ",
        "malloc(): ",
        "malloc_consolidate(): ",
        "realloc(): ",
        "corrupted size vs. prev_size",
        "munmap_chunk(): ",
        "*** stack smashing detected ***",
    ];
    let known = SAYS.iter().any(|says| text.starts_with(says)) && text.len() < 80;
    known.then(|| text.split(": terminated").next().unwrap_or(text))
}

/// `FATAL ERROR: Reached heap limit …` of node, `# Fatal error in a.cc, line 7` of V8 with the reason and frames below.
fn engine(lines: &[Line<'_>], at: usize) -> Option<Block> {
    let text = lines[at].text;
    if !(text.starts_with("FATAL ERROR: ") || text.starts_with("# Fatal error in ")) {
        return None;
    }
    let to = until(lines, at + 1, 200, |line| line.text.is_empty());
    Some(Block::new(text, at, to))
}

/// `CMake Error at CMakeLists.txt:3 (find_package):` and the text below.
fn cmake(lines: &[Line<'_>], at: usize) -> Option<Block> {
    let text = lines[at].text;
    if !text.starts_with("CMake Error at ") || !text.ends_with("):") {
        return None;
    }
    let first = speaking(lines, at + 1, 3)?;
    let to = until(lines, first, 64, |line| line.text.is_empty());
    Some(Block::new(lines[first].trimmed(), at, to))
}

/// `[ RUN      ] Cart.Adds`, its failure, and `[  FAILED  ] Cart.Adds (0 ms)`.
pub(super) fn gtest(lines: &[Line<'_>], at: usize) -> Option<Block> {
    let name = lines[at].text.strip_prefix("[ RUN      ] ")?;
    let ends = |line: &Line<'_>| {
        line.text.starts_with("[ RUN ")
            || line.text.starts_with("[       OK ]")
            || line.text.starts_with("[  FAILED  ] ")
    };
    let failed = until(lines, at + 1, 5000, ends);
    let rest = lines.get(failed)?.text.strip_prefix("[  FAILED  ] ")?;
    if rest != name && !rest.strip_prefix(name)?.starts_with([' ', ',']) {
        return None;
    }
    let first = until(lines, at + 1, failed - at - 1, |line| line.text.ends_with(": Failure"));
    let message = speaking(&lines[..failed], first + 1, 4).map_or("", |line| lines[line].trimmed());
    (first < failed).then(|| Block::new(message, first, failed + 1).of_test(failed, failed + 1))
}
