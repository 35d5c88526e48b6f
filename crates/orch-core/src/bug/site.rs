//! Where a bug sits: which frame of a trace is the place, and what of the stack goes into the fingerprint. Hashes nothing.

use super::function;
use super::path::{self, Place};
use super::report::Report;
use super::stack::{Frame, Language, Trace, dotnet, jvm, native};

/// Why the place is what it is. The first rule that has something to say decides, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlaceRule {
    /// The title of the failed test.
    Test,
    /// The function of the frame that the caller's file and line name.
    FrameAtLine,
    /// The function of the innermost frame of the project.
    OwnFrame,
    /// The function around the line, as the caller found it in the source.
    SourceFunction,
    /// The text of the source line.
    SourceLine,
    /// The bare line, as nothing better is known and the message is a common one.
    Line,
    /// Nothing is known.
    Unknown,
}

impl PlaceRule {
    /// The name of the rule.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::FrameAtLine => "frame-at-line",
            Self::OwnFrame => "own-frame",
            Self::SourceFunction => "source-function",
            Self::SourceLine => "source-line",
            Self::Line => "line",
            Self::Unknown => "unknown",
        }
    }
}

/// What goes into the fingerprint beside the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The file, relative to the project.
    pub file: String,
    /// The function, or what stands for it.
    pub place: String,
    /// Why.
    pub place_rule: PlaceRule,
    /// The frames that count, one a line.
    pub stack: String,
    /// Whether one of these is of the project.
    pub own: bool,
}

struct Judged<'f, 't> {
    frame: &'f Frame<'t>,
    function: String,
    file: String,
    place: Place,
}

/// How many frames count where none is of the project.
const FOREIGN_FRAMES: usize = 3;

/// Finds the site of a report. `generic` says that the message alone tells little.
pub(crate) fn find(report: &Report<'_>, trace: &Trace<'_>, generic: bool) -> Site {
    let root = report.project_root.unwrap_or_default();
    let frames: Vec<Judged<'_, '_>> =
        trace.blocks.iter().flat_map(|block| &block.frames).map(|frame| judge(frame, root)).collect();
    let given = report.file.map(|file| path::relative(file, root).0).filter(|file| !file.is_empty());
    let own = own(&frames);
    // the innermost frame of the project says more than the caller's line in the same file
    let here = given.as_deref().filter(|file| own.is_none_or(|own| own.file != **file || is_nameless(&own.function)));
    let here = here.and_then(|file| at_line(&frames, file, report.line));
    let file = given
        .or_else(|| own.map(|own| own.file.clone()).filter(|file| !file.is_empty()))
        .or_else(|| trace.place.map(|place| path::relative(place.file, root).0))
        .unwrap_or_default();
    let (place, place_rule) = place(report, trace, here, own, generic);
    Site { file, place, place_rule, stack: signature(&frames, own), own: own.is_some() }
}

/// The innermost frame of the project; else the innermost one that is not known to be of something else.
fn own<'j, 'f, 't>(frames: &'j [Judged<'f, 't>]) -> Option<&'j Judged<'f, 't>> {
    let useful = |judged: &&Judged<'_, '_>| !native::is_machinery(&judged.function);
    frames
        .iter()
        .filter(useful)
        .find(|judged| judged.place == Place::Own && !(is_nameless(&judged.function) && judged.file.is_empty()))
        .or_else(|| {
            frames.iter().filter(useful).find(|judged| {
                judged.place == Place::Elsewhere && !is_nameless(&judged.function) && !is_nameless(&judged.file)
            })
        })
}

/// The frame that a report of this trace is about, as it was printed; without frames the place that a tool names.
pub(crate) fn frame<'t>(trace: &Trace<'t>, root: &str) -> Option<Frame<'t>> {
    let frames: Vec<Judged<'_, '_>> =
        trace.blocks.iter().flat_map(|block| &block.frames).map(|frame| judge(frame, root)).collect();
    own(&frames).map(|judged| *judged.frame).filter(|frame| !frame.file.is_empty()).or(trace.place)
}

fn judge<'f, 't>(frame: &'f Frame<'t>, root: &str) -> Judged<'f, 't> {
    let function = match frame.language {
        Language::DotNet => dotnet::name(frame.function),
        _ => function::name(frame.function),
    };
    let (file, mut place) = path::relative(frame.file, root);
    match frame.language {
        Language::Jvm => place = if jvm::is_foreign(frame.function) { Place::Foreign } else { Place::Own },
        Language::DotNet if dotnet::is_foreign(frame.function) => place = Place::Foreign,
        _ if frame.file.is_empty() || frame.file == "?" => place = Place::Elsewhere,
        // a library without its sources
        Language::Native if frame.line == 0 && !frame.file.contains('.') => place = Place::Elsewhere,
        Language::Native
            if frame.line == 0
                && (frame.file.contains(".so")
                    || frame.file.contains(".dylib")
                    || frame.file.to_ascii_lowercase().ends_with(".dll")) =>
        {
            place = if place == Place::Own { Place::Elsewhere } else { place };
        }
        _ => {}
    }
    Judged { frame, function, file, place }
}

/// The frame in the file that the caller names, best the one at its line.
fn at_line<'j, 'f, 't>(frames: &'j [Judged<'f, 't>], file: &str, line: Option<u32>) -> Option<&'j Judged<'f, 't>> {
    let same = |judged: &&Judged<'_, '_>| {
        judged.file == file
            || (judged.file.len() > file.len()
                && judged.file.ends_with(file)
                && judged.file.as_bytes()[judged.file.len() - file.len() - 1] == b'/')
            || (file.len() > judged.file.len()
                && !judged.file.is_empty()
                && file.ends_with(judged.file.as_str())
                && file.as_bytes()[file.len() - judged.file.len() - 1] == b'/')
    };
    frames.iter().find(|judged| same(judged) && Some(judged.frame.line) == line).or_else(|| frames.iter().find(same))
}

/// What stands for the line, the best that is known: see [`PlaceRule`], whose order is the order of preference.
fn place(
    report: &Report<'_>,
    trace: &Trace<'_>,
    here: Option<&Judged<'_, '_>>,
    own: Option<&Judged<'_, '_>>,
    generic: bool,
) -> (String, PlaceRule) {
    if !trace.test.is_empty() {
        return (words(trace.test), PlaceRule::Test);
    }
    let named = |judged: &&Judged<'_, '_>| !is_nameless(&judged.function);
    if let Some(here) = here.filter(named) {
        return (here.function.clone(), PlaceRule::FrameAtLine);
    }
    if here.is_none()
        && let Some(own) = own.filter(named)
    {
        return (own.function.clone(), PlaceRule::OwnFrame);
    }
    // a trace names the function as it was compiled, so it goes before what a look at the source says
    if let Some(around) = report.function.map(function::name).filter(|around| !is_nameless(around)) {
        return (around, PlaceRule::SourceFunction);
    }
    let printed = here.or(own).map(|judged| judged.frame.source).filter(|source| !source.is_empty());
    let printed = printed.or_else(|| trace.place.map(|place| place.source).filter(|source| !source.is_empty()));
    if let Some(source) = report.source_line.filter(|line| !line.trim().is_empty()).or(printed) {
        return (words(source), PlaceRule::SourceLine);
    }
    match report.line {
        Some(line) if generic && here.is_none() && own.is_none() => (line.to_string(), PlaceRule::Line),
        _ => (String::new(), PlaceRule::Unknown),
    }
}

/// One frame of the project, the innermost; for native code also where it crashed. Without one the innermost three.
fn signature(frames: &[Judged<'_, '_>], own: Option<&Judged<'_, '_>>) -> String {
    let mut out = String::new();
    let mut add = |judged: &Judged<'_, '_>| {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&judged.function);
        out.push('@');
        out.push_str(&judged.file);
    };
    let useful = || frames.iter().filter(|judged| !native::is_machinery(&judged.function));
    if let Some(own) = own {
        let crash = useful().next().filter(|crash| {
            !std::ptr::eq(*crash, own) && !is_nameless(&crash.function) && crash.frame.language == Language::Native
        });
        if let Some(crash) = crash {
            add(crash);
        }
        add(own);
    } else {
        // the event loop is below every error
        let silent = |judged: &Judged<'_, '_>| {
            (judged.function.is_empty() && judged.file.is_empty()) || judged.file.starts_with("node:")
        };
        useful().filter(|judged| !silent(judged)).take(FOREIGN_FRAMES).for_each(add);
    }
    out
}

fn is_nameless(function: &str) -> bool {
    matches!(
        function,
        "" | "?"
            | "??"
            | "<module>"
            | "<anonymous>"
            | "anonymous"
            | "Object.<anonymous>"
            | "<main>"
            | "{main}"
            | "<top (required)>"
            | "<unknown>"
            | "Anonymous function"
    )
}

/// A text with single spaces.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
