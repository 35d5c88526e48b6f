//! Frames of JavaScript and TypeScript in V8, `SpiderMonkey` and `JavaScriptCore`, and of Dart.

use super::{Frame, Language, is_path, split_line};

/// The frame behind `at `: `f (a.js:1:2)`, `a.js:1:2`, `async f (…)`, `f (eval at g (a.js:1:2), <anonymous>:3:4)`.
pub(crate) fn frame(rest: &str, indented: bool) -> Option<Frame<'_>> {
    let rest = rest.trim_end_matches([',', '{', ' ']);
    if let Some(open) = rest.find(" (")
        && rest.ends_with(')')
    {
        let inner = &rest[open + 2..rest.len() - 1];
        let (file, line) = location(inner);
        let language = if line == 0 && !indented_source(file) { Language::Native } else { Language::JavaScript };
        return Some(Frame::new(language, &rest[..open], file, line));
    }
    let (file, line) = split_line(rest.strip_prefix("async ").unwrap_or(rest));
    if line > 0 && (is_path(file) || !file.contains(' ')) {
        return Some(Frame::new(Language::JavaScript, "", file, line));
    }
    // `at a_function`
    let name = !rest.is_empty()
        && rest.len() < 200
        && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_$.<>:[]".contains(&byte));
    (indented && name).then(|| Frame::new(Language::JavaScript, rest, "", 0))
}

/// Whether a file without a line may be one of JavaScript; crash reports print libraries in this form.
fn indented_source(file: &str) -> bool {
    let end = file.rsplit('.').next().unwrap_or_default();
    matches!(end, "js" | "ts" | "mjs" | "cjs" | "jsx" | "tsx" | "vue" | "svelte" | "html" | "dart" | "coffee")
}

/// The file and line in the brackets of a frame, of evaluated code those of the call of `eval`.
fn location(inner: &str) -> (&str, u32) {
    if inner.starts_with("eval at ")
        && let Some(open) = inner.rfind('(')
    {
        let end = inner[open..].find(')').map_or(inner.len(), |end| open + end);
        return split_line(&inner[open + 1..end]);
    }
    let (file, line) = split_line(inner);
    if matches!(file, "?" | "<anonymous>" | "native" | "unknown source" | "Unknown script code") {
        ("", line)
    } else {
        (file, line)
    }
}

/// `f@http://host/a.js:1:2`, `@a.js:3`.
pub(crate) fn at_sign(text: &str) -> Option<Frame<'_>> {
    let (function, location) = text.rsplit_once('@')?;
    // a scope may have an `@` of its own
    let (function, location) = match text.split_once('@') {
        Some((first, rest)) if rest.contains("://") && !first.contains(' ') => (first, rest),
        _ => (function, location),
    };
    let (file, line) = split_line(location);
    let name = !function.contains([' ', ':']) || function.starts_with("obj[");
    (line > 0 && name && (is_path(file) || file.contains("://"))).then(|| {
        let function = function.trim_end_matches(['/', '<']);
        let function = function.rsplit('/').next().unwrap_or(function);
        Frame::new(Language::JavaScript, function, file, line)
    })
}

/// `❯ add src/cart.test.ts:12:5`, `❯ src/cart.test.ts:12:5` of Vitest.
pub(crate) fn arrow(text: &str) -> Option<Frame<'_>> {
    let rest = text.strip_prefix("❯ ")?;
    let (function, location) = rest.rsplit_once(' ').unwrap_or(("", rest));
    let (file, line) = split_line(location);
    (line > 0 && is_path(file)).then(|| Frame::new(Language::JavaScript, function, file, line))
}

/// `#0      main.<anonymous closure> (file:///a.dart:28:20)`.
pub(crate) fn dart(text: &str) -> Option<Frame<'_>> {
    let rest = text.strip_prefix('#')?.trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = rest.strip_prefix("  ")?.trim_start();
    let open = rest.rfind(" (")?;
    let inner = rest[open + 2..].strip_suffix(')')?;
    let (file, line) = split_line(inner);
    let dart = file.starts_with("dart:") || file.starts_with("package:") || file.strip_suffix(".dart").is_some();
    dart.then(|| Frame::new(Language::JavaScript, &rest[..open], file, line))
}
