//! Headers and options of programs that say who asks: `Authorization`, cookies, `curl -u`. Keeps the scheme and the name.

use super::name::Kind;
use super::scan::{BARE, BASE64, Scan, TOKEN};
use super::value::{self, Form};

const RULE: &str = "authorization_header";
/// A header has at most so many bytes.
const MAX_HEADER: usize = 8192;
/// How far an option may be from the name of its program.
const MAX_COMMAND: usize = 200;

/// Judges what follows the name of the header, which ends at `end`.
pub(super) fn authorization(scan: &mut Scan<'_>, end: usize) {
    let Some(at) = header_value(scan, end) else { return };
    let word = scan.run(at, TOKEN);
    let next = scan.blanks(word);
    if next == word || !scan.text[at..word].iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-') {
        let to = scan.run(at, BARE);
        return credentials(scan, at, to, 16);
    }
    let to = if scan.goes_on(at, "digest ") || scan.goes_on(at, "aws4") {
        scan.line_end(next, MAX_HEADER)
    } else {
        scan.run(next, BARE)
    };
    credentials(scan, next, to, 8);
}

fn credentials(scan: &mut Scan<'_>, from: usize, to: usize, least: usize) {
    let value = &scan.text[from..to.min(from + MAX_HEADER)];
    scan.steps += value.len().min(256) * 4;
    let is_made = value::is_strong(value) || value.len() >= 16 && value.last() == Some(&b'=');
    if value.len() >= least
        && is_made
        && !value::is_constant(value)
        && !value::is_reference(value)
        && !value::is_filler(value)
    {
        scan.cut_whole(from, from + value.len(), RULE);
    }
}

/// Where the value of a header begins, whose name ends at `end`: behind `:`, `=` or `=>`, quotes, blanks.
fn header_value(scan: &mut Scan<'_>, end: usize) -> Option<usize> {
    let mut at = end;
    let mut separators = 0;
    while at - end < 16 {
        match scan.byte(at) {
            b':' | b'=' => separators += 1,
            b'"' | b'\'' | b'`' | b'\\' | b' ' | b']' | b'>' | b',' if separators > 0 || scan.byte(at) != b' ' => {}
            b' ' if matches!(scan.byte(at + 1), b':' | b'=') => {}
            _ => break,
        }
        at += 1;
    }
    scan.steps += at - end + 1;
    (separators > 0 && at - end < 16).then_some(at)
}

/// `Bearer …` wherever it stands: words may follow it in a sentence, so it must look made.
pub(super) fn bearer(scan: &mut Scan<'_>, start: usize, end: usize) {
    if super::scan::is(scan.before(start), TOKEN) {
        return;
    }
    let from = scan.blanks(end);
    let to = scan.run(from, BARE);
    credentials(scan, from, to, 16);
}

/// `Basic …` wherever it stands: what follows must be a name and a password in base64.
pub(super) fn basic(scan: &mut Scan<'_>, start: usize, end: usize) {
    let to = scan.run(end, BASE64);
    scan.steps += (to - end).min(256);
    if !super::scan::is(scan.before(start), TOKEN) && to - end >= 12 && holds_colon(&scan.text[end..to.min(end + 256)])
    {
        scan.cut_whole(end, to, RULE);
    }
}

/// Whether base64 is printable text with a colon.
fn holds_colon(text: &[u8]) -> bool {
    let value = |byte: &u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    };
    let (mut bits, mut count, mut colon) = (0_u32, 0, false);
    for byte in text.iter().map_while(value) {
        bits = bits << 6 | u32::from(byte);
        count += 6;
        if count >= 8 {
            count -= 8;
            let plain = (bits >> count) & 0xff;
            if plain < 0x20 || plain == 0x7f {
                return false;
            }
            colon |= plain == u32::from(b':');
        }
    }
    colon
}

/// The value of a header with cookies: all of it, from the first `name=value` on.
pub(super) fn cookie(scan: &mut Scan<'_>, end: usize) {
    if scan.byte(end) == b's' {
        return;
    }
    let Some(at) = header_value(scan, end) else { return };
    let name = scan.run(at, TOKEN);
    if name == at || scan.byte(name) != b'=' {
        return;
    }
    let first = scan.run(name + 1, BARE);
    let value = &scan.text[name + 1..first];
    if value.len() < 8 || value::is_reference(value) || value::is_filler(value) || !value::is_strong(value) {
        return;
    }
    let line = scan.line_end(first, MAX_HEADER);
    let rest = &scan.text[first..line];
    let quote = rest.iter().position(|byte| matches!(byte, b'"' | b'\'' | b'`' | b'\\')).unwrap_or(rest.len());
    scan.cut_whole(at, first + quote, "cookie");
}

/// `curl -u name:password`
pub(super) fn user(scan: &mut Scan<'_>, start: usize, end: usize) {
    if !command_has(scan, start, &["curl", "wget", "http"]) {
        return;
    }
    let at = if matches!(scan.byte(end), b'"' | b'\'') { end + 1 } else { end };
    let to = scan.run(at, BARE);
    let Some(colon) = memchr::memchr(b':', &scan.text[at..to]) else { return };
    scan.steps += to - at;
    let from = at + colon + 1;
    judge(scan, from, to);
}

/// `mysql -pPASSWORD`, `sshpass -p PASSWORD`, `docker login -p PASSWORD`
pub(super) fn option(scan: &mut Scan<'_>, start: usize, end: usize) {
    let line = scan.line_end(end, MAX_COMMAND);
    let Some(at) = memchr::memmem::find(&scan.text[end..line], b" -p") else { return };
    scan.steps += line - end;
    let after = end + at + 3;
    // MySQL takes the next word for the name of a database
    let is_mysql = scan.goes_on(start, "mysql");
    let from = if is_mysql { after } else { scan.blanks(after) };
    let open = usize::from(matches!(scan.byte(from), b'"' | b'\''));
    if is_mysql || from > after {
        let to = scan.run(from + open, BARE);
        judge(scan, from + open, to);
    }
}

fn judge(scan: &mut Scan<'_>, from: usize, to: usize) {
    let form = Form { plain: true, tight: true, ..Form::default() };
    let value = &scan.text[from.min(to)..to];
    scan.steps += value.len().min(256) * 4;
    if value::is_secret(Kind::Password, value, form) {
        scan.cut(from, to, "command_line");
    }
}

/// Whether one of these programs is named before, on the same line.
fn command_has(scan: &mut Scan<'_>, at: usize, names: &[&str]) -> bool {
    let from = at.saturating_sub(MAX_COMMAND);
    let before = &scan.text[from..at];
    scan.steps += before.len();
    let line = memchr::memrchr(b'\n', before).map_or(before, |end| &before[end + 1..]);
    names.iter().any(|name| memchr::memmem::find(line, name.as_bytes()).is_some())
}
