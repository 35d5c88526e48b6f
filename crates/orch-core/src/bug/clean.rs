//! Takes away what terminals, pipes and loggers put around a text: control sequences, stamps, levels. Judges no words.

use std::borrow::Cow;

use super::byte::{self, DIGIT, LETTER, UPPER, WORD};
use super::words::{self, DAY, LEVEL, MONTH};

const ESC: u8 = 0x1b;

/// The text without control sequences, NUL and carriage returns.
#[must_use]
pub(crate) fn control(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let Some(first) = memchr::memchr3(ESC, b'\r', 0, bytes) else {
        return Cow::Borrowed(text);
    };
    let mut out = Vec::with_capacity(bytes.len());
    out.extend_from_slice(&bytes[..first]);
    let mut at = first;
    while at < bytes.len() {
        match bytes[at] {
            ESC => at = sequence(bytes, at),
            0 => at += 1,
            b'\r' => {
                // a lone one goes back to write over the line
                let behind = bytes.get(at + 1).copied();
                if behind.is_some_and(|next| next != b'\n' && next != b'\r') && at > 0 {
                    out.push(b'\n');
                }
                at += 1;
            }
            _ => {
                let next = memchr::memchr3(ESC, b'\r', 0, &bytes[at..]).map_or(bytes.len(), |next| at + next);
                out.extend_from_slice(&bytes[at..next]);
                at = next;
            }
        }
    }
    Cow::Owned(String::from_utf8(out).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

/// The end of the control sequence that begins at `at`.
fn sequence(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at + 1) {
        Some(b'[') => {
            let mut end = at + 2;
            while bytes.get(end).is_some_and(|byte| (0x20..0x40).contains(byte)) {
                end += 1;
            }
            end + usize::from(bytes.get(end).is_some_and(|byte| (0x40..0x7f).contains(byte)))
        }
        Some(b']' | b'P' | b'^' | b'_') => {
            let mut end = at + 2;
            while let Some(byte) = bytes.get(end) {
                match *byte {
                    7 => return end + 1,
                    ESC if bytes.get(end + 1) == Some(&b'\\') => return end + 2,
                    ESC | b'\n' => return end,
                    _ => end += 1,
                }
            }
            end
        }
        Some(b'(' | b')' | b'#') => (at + 3).min(next_char(bytes, at + 2)),
        Some(byte) if byte.is_ascii() && *byte != ESC => at + 2,
        _ => at + 1,
    }
}

fn next_char(bytes: &[u8], mut at: usize) -> usize {
    at += 1;
    while bytes.get(at).is_some_and(|byte| byte & 0xc0 == 0x80) {
        at += 1;
    }
    at.min(bytes.len())
}

/// What stands in front of a line and is not of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Prefix {
    /// Where the line itself begins.
    pub(crate) end: usize,
    /// Where the stamps end; a level may stand behind them.
    pub(crate) stamps: usize,
    /// Whether a logger wrote it: there was a stamp and a level.
    pub(crate) logged: bool,
}

/// Finds the stamps, levels and names of loggers in front of a line.
pub(crate) fn prefix(line: &str) -> Prefix {
    let text = line.as_bytes();
    let (mut at, mut stamped, mut logged, mut stamps, mut served) = (0, false, false, None, false);
    // a line has a stamp of its logger, and another one of whoever ran it
    for _ in 0..6 {
        if let Some(end) = stamp(text, at) {
            (at, stamped) = (end, true);
            // the spaces of an indented line belong to the line
            if text.get(at) == Some(&b' ') {
                at += 1;
            }
        } else if let Some(end) = level(text, at, stamped && !logged) {
            stamps.get_or_insert(at);
            (at, logged) = (end, logged || stamped);
        } else if at == 0
            && let Some(end) = service(text)
        {
            (at, served) = (end, true);
        } else {
            break;
        }
    }
    if logged && let Some(end) = logger(text, at) {
        at = end;
    }
    if at >= text.len() && !stamped && !served {
        at = 0;
    }
    Prefix { end: at, stamps: stamps.unwrap_or(at).min(at), logged }
}

fn get(text: &[u8], at: usize) -> u8 {
    text.get(at).copied().unwrap_or(0)
}

fn spaces(text: &[u8], mut at: usize) -> usize {
    while get(text, at) == b' ' || get(text, at) == b'\t' {
        at += 1;
    }
    at
}

fn digits(text: &[u8], at: usize) -> usize {
    byte::run(text, at, DIGIT).saturating_sub(at)
}

/// `2025-03-09T21:14:05.123Z`, `[  12.345678]`, `Mar  9 21:14:05 host name[12]:`; the end, without the space behind.
fn stamp(text: &[u8], start: usize) -> Option<usize> {
    if let Some(end) = glog(text, start) {
        return Some(end);
    }
    let open = matches!(get(text, start), b'[' | b'(');
    let at = start + usize::from(open);
    let mut end = date(text, at)
        .or_else(|| clock(text, at).filter(|end| open || get(text, *end) == b' '))
        .or_else(|| if open { uptime(text, at) } else { None })
        .or_else(|| if open { None } else { syslog(text, at) })?;
    if open {
        end = spaces(text, end);
        if !matches!(get(text, end), b']' | b')') {
            return None;
        }
        end += 1;
        // `[00058.247] 05208.08054>`
        let (a, b) = (byte::run(text, end + 1, DIGIT), end + 1);
        if get(text, end) == b' ' && a > b && get(text, a) == b'.' {
            let c = byte::run(text, a + 1, DIGIT);
            if get(text, c) == b'>' {
                end = c + 1;
            }
        }
    }
    (end >= text.len() || matches!(text[end], b' ' | b'\t' | b':' | b'|' | b'[' | b'-' | b',')).then_some(end)
}

/// `E0309 21:14:05.123456  1234 file.cc:12]` of glog and its kin, `[0309/211405:ERROR:file.cc(12)]` of Chromium.
fn glog(text: &[u8], start: usize) -> Option<usize> {
    let class = matches!(get(text, start), b'I' | b'W' | b'E' | b'F')
        && digits(text, start + 1) == 4
        && get(text, start + 5) == b' ';
    let class = class && digits(text, start + 6) == 2 && get(text, start + 8) == b':';
    let head = &text[start.min(text.len())..(start + 160).min(text.len())];
    let chromium = head.first() == Some(&b'[') && {
        let inner = head.get(1..).unwrap_or_default();
        let stamp =
            inner.iter().position(|byte| !(byte::is(*byte, DIGIT) || matches!(byte, b':' | b'/' | b'.'))).unwrap_or(0);
        stamp > 10 && inner[..stamp].contains(&b'/') && byte::is(get(inner, stamp), UPPER)
    };
    if !class && !chromium {
        return None;
    }
    let close = memchr::memchr(b']', head)?;
    let place = matches!(head[close.saturating_sub(1)], b'0'..=b'9' | b')');
    place.then_some(start + close + 1)
}

/// A date and a time of day.
fn date(text: &[u8], at: usize) -> Option<usize> {
    let sep = get(text, at + 4);
    let ymd =
        digits(text, at) == 4 && matches!(sep, b'-' | b'/') && digits(text, at + 5) == 2 && get(text, at + 7) == sep;
    let dmy = digits(text, at) == 2 && matches!(get(text, at + 2), b'/' | b'-' | b'.') && digits(text, at + 3) == 2;
    let whole = (ymd && digits(text, at + 8) == 2) || (dmy && digits(text, at + 6) == 4);
    if !whole {
        return None;
    }
    let end = at + 10;
    if !matches!(get(text, end), b'T' | b' ' | b't' | b'_') {
        return None;
    }
    clock(text, end + 1)
}

/// `21:14:05,123 +0200`.
fn clock(text: &[u8], at: usize) -> Option<usize> {
    let right = digits(text, at) == 2
        && get(text, at + 2) == b':'
        && digits(text, at + 3) == 2
        && get(text, at + 5) == b':'
        && digits(text, at + 6) == 2;
    if !right {
        return None;
    }
    let mut end = at + 8;
    if matches!(get(text, end), b'.' | b',') && digits(text, end + 1) > 0 {
        end = byte::run(text, end + 1, DIGIT);
    }
    if get(text, end) == b'Z' {
        end += 1;
    } else {
        let zone = end + usize::from(get(text, end) == b' ');
        if matches!(get(text, zone), b'+' | b'-') {
            let hours = digits(text, zone + 1);
            if hours == 4 {
                end = zone + 5;
            } else if hours == 2 && get(text, zone + 3) == b':' {
                end = zone + 6;
            }
        } else if text[zone.min(text.len())..].starts_with(b"UTC") {
            end = zone + 3;
        }
    }
    Some(end.min(text.len()))
}

/// `  12.345678` of a kernel.
fn uptime(text: &[u8], at: usize) -> Option<usize> {
    let at = spaces(text, at);
    let whole = byte::run(text, at, DIGIT);
    let end = byte::run(text, whole + 1, DIGIT);
    (whole > at && get(text, whole) == b'.' && end > whole + 3).then_some(end)
}

/// `Mar  9 21:14:05 host name[12]:`.
fn syslog(text: &[u8], at: usize) -> Option<usize> {
    let mut at = at;
    let mut name = byte::run(text, at, LETTER);
    if name - at == 3 && words::flags(text, at, name) & DAY != 0 {
        at = spaces(text, name);
        name = byte::run(text, at, LETTER);
    }
    if name - at != 3 || words::flags(text, at, name) & MONTH == 0 {
        return None;
    }
    let day = spaces(text, name);
    let days = digits(text, day);
    if day == name || !(1..=2).contains(&days) || get(text, day + days) != b' ' {
        return None;
    }
    let end = clock(text, day + days + 1)?;
    // the host, then who wrote it
    let host = end + 1;
    let host_end =
        memchr::memchr(b' ', &text[host.min(text.len())..(host + 64).min(text.len())]).map(|len| host + len)?;
    let tag = host_end + 1;
    let mut tag_end = tag;
    while tag_end < text.len()
        && (byte::is(text[tag_end], WORD) || matches!(text[tag_end], b'-' | b'.' | b'/' | b'(' | b')'))
    {
        tag_end += 1;
    }
    if get(text, tag_end) == b'[' {
        tag_end = byte::run(text, tag_end + 1, DIGIT) + 1;
    }
    Some(if get(text, tag_end) == b':' && tag_end > tag { tag_end + 1 } else { end })
}

/// `ERROR`, `[error]`, `ERROR:`, `<err>`; a bare word only behind a stamp.
fn level(text: &[u8], at: usize, bare: bool) -> Option<usize> {
    let start = spaces(text, at);
    if start > at + 1 && !bare {
        return None;
    }
    let open = matches!(get(text, start), b'[' | b'<' | b'(');
    let word = start + usize::from(open);
    let end = byte::run(text, word, LETTER).min(word + 12);
    let flags = words::flags(text, word, end);
    if flags & LEVEL == 0 || byte::is(get(text, end), WORD) {
        return None;
    }
    let upper = text[word..end].iter().all(|byte| byte::is(*byte, UPPER));
    let lower = !byte::is(text[word], UPPER);
    let name = &text[word..end];
    if open {
        let close = spaces(text, end);
        let closed = matches!(get(text, close), b']' | b'>' | b')');
        return (closed && (upper || lower || bare)).then(|| {
            let end = close + 1;
            spaces(text, end + usize::from(get(text, end) == b':'))
        });
    }
    // an exception may be called `Error`, and a panic says so
    let is_name = name.eq_ignore_ascii_case(b"panic") || name.eq_ignore_ascii_case(b"exception");
    match get(text, end) {
        b':' if (upper || lower) && !is_name && get(text, end + 1) == b' ' => Some(spaces(text, end + 1)),
        b' ' | b'\t' | b'|' | b'-' if bare => Some(spaces(text, end)),
        _ => None,
    }
}

/// `[main] com.acme.Job - `, `worker.py:12 - `: the thread and the logger, behind a level.
fn logger(text: &[u8], at: usize) -> Option<usize> {
    let mut end = spaces(text, at);
    for _ in 0..2 {
        if get(text, end) == b'[' {
            let close = memchr::memchr(b']', &text[end..(end + 64).min(text.len())])?;
            end = spaces(text, end + close + 1);
        }
    }
    let name = end;
    while end < text.len() && end < name + 100 && (byte::is(text[end], WORD) || matches!(text[end], b'.' | b':' | b'/'))
    {
        end += 1;
    }
    if end > name && text[end.min(text.len())..].starts_with(b" - ") {
        return Some(end + 3);
    }
    (text[name.min(text.len())..].starts_with(b"- ")).then_some(name + 2)
}

/// `web_1  | ` of compose, `[web] ` is left alone.
fn service(text: &[u8]) -> Option<usize> {
    let mut end = 0;
    while end < text.len() && end < 48 && (byte::is(text[end], WORD) || matches!(text[end], b'-' | b'.')) {
        end += 1;
    }
    let bar = spaces(text, end);
    let counted = end > 2 && byte::is(text[end - 1], DIGIT) && matches!(text[end - 2], b'_' | b'-');
    let bare = bar + 1 >= text.len();
    (counted && bar > end && get(text, bar) == b'|' && (bare || text[bar + 1] == b' '))
        .then_some((bar + 2).min(text.len()))
}
