//! Errors of compilers that name a file and a line: GCC, Clang, Swift, javac, TypeScript, C#, MSVC, Kotlin, Scala, Maven.

use super::block::Block;
use super::line::{Level, Line, details};
use crate::bug::stack::diagnostic;

/// Between the place and the message. Behind the last three stands a code.
const MARKS: [&str; 8] = [
    ": error: ",
    ": fatal error: ",
    ": Error: ",
    ": syntax error: ",
    ": ERROR:  ",
    ": error ",
    ": fatal error ",
    " - error ",
];
const CODED: usize = 5;

/// Programs that report errors without a place.
const TOOLS: [&str; 15] = [
    "clang", "clang++", "gcc", "g++", "cc", "c++", "ld.lld", "ld64.lld", "lld", "rust-lld", "wasm-ld", "cc1plus",
    "swiftc", "nvcc", "psql",
];

/// An error of a compiler.
pub(super) fn look(lines: &[Line<'_>], at: usize) -> Option<Block> {
    let text = lines[at].text;
    let message = marked(text).or_else(|| levelled(&lines[at])).or_else(|| kotlin(text)).or_else(|| tool(text));
    if let Some(message) = message {
        let to = end(lines, at).max(details(lines, at + 1));
        let message = message.strip_suffix(']').and_then(project).unwrap_or(message);
        return Some(match detail(&lines[at + 1..to]) {
            Some(detail) => Block::new(format!("{message}: {detail}"), at, to),
            None => Block::new(message, at, to),
        });
    }
    // GHC tells the error below
    let place = text.strip_suffix(": error:").or_else(|| text.split_once(": error: [").map(|(place, _)| place))?;
    diagnostic::placed(place)?;
    Some(Block::new(lines.get(at + 1)?.trimmed(), at, end(lines, at)))
}

/// `a.c:1:2: error: text`, `a.ts(1,2): error TS2304: text`, `a.ts:1:2 - error TS2304: text`.
fn marked(text: &str) -> Option<&str> {
    let (number, at) =
        MARKS.iter().enumerate().filter_map(|(i, mark)| Some((i, text.find(mark)?))).min_by_key(|x| x.1)?;
    let place = text[..at].trim_start();
    // MSBuild counts its projects: `1>a.cpp(3): error C2065: …`
    let place = place.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix('>').unwrap_or(place);
    let place = place.trim_end();
    // a test of Go may log the word
    diagnostic::placed(place)
        .or_else(|| diagnostic::parenthesized(place))
        .filter(|found| !super::go::is_source(found.file))?;
    let message = &text[at + MARKS[number].len()..];
    if number < CODED {
        return Some(message).filter(|message| !message.starts_with('['));
    }
    let (code, _) = message.split_once(':')?;
    let digits = code.trim_start_matches(|c: char| c.is_ascii_uppercase());
    let coded = digits.len() < code.len() && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    coded.then(|| &text[at + MARKS[number].find("error").unwrap_or(0)..])
}

/// `[ERROR] /src/A.java:[12,5] text` of Maven, `[error] /src/A.scala:12:5: text` of sbt.
fn levelled<'t>(line: &Line<'t>) -> Option<&'t str> {
    let text = line
        .text
        .strip_prefix("[error] ")
        .or_else(|| Some(line.body()).filter(|_| matches!(line.level, Level::Bare | Level::Stamped)))?;
    if let Some((_, rest)) = text.split_once(":[")
        && diagnostic::bracketed(text).is_some()
    {
        return rest.split_once("] ").map(|(_, message)| message);
    }
    let (place, message) = text.split_once(": ")?;
    let source = diagnostic::placed(place)?;
    (place.len() > source.file.len() && !message.starts_with("warning")).then_some(message)
}

/// `e: file:///src/A.kt:12:5 text`, `e: /src/A.kt: (12, 5): text`.
fn kotlin(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("e: ")?;
    diagnostic::kotlin(rest)?;
    rest.split_once("): ").or_else(|| rest.split_once(' ')).map(|(_, message)| message)
}

/// `clang: error: text`.
fn tool(text: &str) -> Option<&str> {
    let (name, message) = text.split_once(": error: ").or_else(|| text.split_once(": fatal error: "))?;
    let name = name.rsplit('/').next().unwrap_or(name);
    (TOOLS.contains(&name) && !super::log::is_consequence(message)).then_some(message)
}

/// Without the project that `MSBuild` names at the end: `text [/src/a.csproj`.
fn project(text: &str) -> Option<&str> {
    let (message, project) = text.rsplit_once(" [")?;
    let project = project.split("::").next().unwrap_or(project);
    project.ends_with("proj").then_some(message)
}

/// What javac did not find stands below: `symbol:   method add(int)`.
fn detail<'t>(below: &[Line<'t>]) -> Option<&'t str> {
    below.iter().take(6).find_map(|line| line.body().trim().strip_prefix("symbol:")).map(str::trim)
}

/// The line behind the source and the notes that are printed with an error.
fn end(lines: &[Line<'_>], at: usize) -> usize {
    let mut end = at + 1;
    let last = lines.len().min(at + 24);
    while end < last {
        let line = &lines[end];
        let caret = |at: usize| lines.get(at).is_some_and(|line| line.trimmed().starts_with(['^', '~']));
        let text =
            line.text.strip_prefix("[ERROR] ").or_else(|| line.text.strip_prefix("[error] ")).unwrap_or(line.text);
        let inner = text.starts_with([' ', '\t']) && marked(text).is_none();
        // javac prints the source as it is; tsc numbers it
        let numbered = line.text.starts_with(|c: char| c.is_ascii_digit()) && !line.text.contains(':');
        if !(inner || numbered || caret(end) || caret(end + 1)) {
            break;
        }
        end += 1;
    }
    end
}
