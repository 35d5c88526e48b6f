//! Private keys in PEM. Public keys and certificates are none.

use super::scan::{ALNUM, BASE64, Scan};

const RULE: &str = "private_key";
/// A line of a key may have so many bytes.
const MAX_LINE: usize = 128;

/// Judges the end of a line such as `-----BEGIN RSA PRIVATE KEY-----`, and cuts out what comes up to the line that ends the
/// key; also where the one or the other is missing, as in the end of an output.
pub(super) fn pem(scan: &mut Scan<'_>, end: usize) {
    let Some(dashes) = title(scan, end) else { return };
    let is_begin = scan.goes_on(dashes, "-----BEGIN ");
    if is_begin {
        let body = key_end(scan, end);
        // a text about keys names the line and goes on in words
        if body > end + 16 {
            let close = closing(scan, body);
            scan.cut_whole(dashes, close, RULE);
        }
    } else if scan.goes_on(dashes, "-----END ") {
        let begin = key_begin(scan, dashes);
        if dashes - begin > 32 {
            scan.cut_whole(begin, end, RULE);
        }
    }
}

/// Where the dashes before the words are.
fn title(scan: &mut Scan<'_>, end: usize) -> Option<usize> {
    let from = end.saturating_sub(64);
    scan.steps += 64;
    let words = &scan.text[from..end - 5];
    let at = words.windows(5).rposition(|part| part == b"-----")?;
    Some(from + at)
}

/// Where the lines of a key end that begin at `at`: base64, and headers such as `Proc-Type: 4,ENCRYPTED`. Line ends may be
/// written as `\n`, also with several backslashes.
fn key_end(scan: &mut Scan<'_>, at: usize) -> usize {
    let (mut at, mut end) = (at, at);
    loop {
        let next = line_break(scan, at);
        let header = scan.run(next, BASE64);
        let is_header = scan.byte(header) == b':' && header - next < 40 && header > next;
        let line = if is_header { header_end(scan, header) } else { header };
        // words are shorter than the lines of a key, but for its last one
        let is_short = line - next < 16 && !is_header;
        if is_short && (line == next || !ends_after(scan, line)) || line - next > MAX_LINE * 64 {
            return end;
        }
        if line > next {
            // dashes are of the alphabet that addresses use
            if scan.text[next..line].starts_with(b"-----") {
                return end;
            }
            let dashes = memchr::memmem::find(&scan.text[next..line], b"-----");
            scan.steps += line - next;
            if let Some(dashes) = dashes {
                return next + dashes;
            }
            end = line;
        }
        at = line;
    }
}

/// Whether the line that ends a key is next.
fn ends_after(scan: &mut Scan<'_>, line: usize) -> bool {
    let at = line_break(scan, line);
    scan.goes_on(at, "-----END ")
}

fn header_end(scan: &mut Scan<'_>, at: usize) -> usize {
    let most = scan.text.len().min(at + MAX_LINE);
    let length = scan.text[at..most].iter().position(|byte| matches!(byte, b'\n' | b'\r' | b'\\' | b'"'));
    scan.steps += MAX_LINE;
    length.map_or(most, |length| at + length)
}

/// Where line ends, blanks, quotes and marks of lists end.
fn line_break(scan: &mut Scan<'_>, at: usize) -> usize {
    let mut end = at;
    loop {
        match scan.byte(end) {
            b'\n' | b'\r' | b' ' | b'\t' | b'\\' | b'|' | b'>' => end += 1,
            b'n' | b'r' if scan.before(end) == b'\\' => end += 1,
            _ => break,
        }
        if end - at > 256 {
            break;
        }
    }
    scan.steps += end - at;
    end
}

/// Behind the line that ends the key, if that is next.
fn closing(scan: &mut Scan<'_>, body: usize) -> usize {
    let at = line_break(scan, body);
    if !scan.goes_on(at, "-----END ") {
        return body;
    }
    let most = scan.text.len().min(at + 80);
    scan.steps += 80;
    let end = scan.text[at + 9..most].windows(5).position(|part| part == b"-----");
    end.map_or(body, |end| at + 9 + end + 5)
}

/// Where the lines of base64 before the line that ends a key begin. A key has at most so many lines.
fn key_begin(scan: &mut Scan<'_>, dashes: usize) -> usize {
    let (mut at, mut begin) = (dashes, dashes);
    for _ in 0..100 {
        let mut end = at;
        while end > 0 && at - end < 8 && matches!(scan.text[end - 1], b'\n' | b'\r' | b' ' | b'\t') {
            end -= 1;
        }
        let line = scan.back(end, BASE64, MAX_LINE);
        let is_alone = line == 0 || !super::scan::is(scan.text[line - 1], ALNUM) && scan.text[line - 1] <= b' ';
        if end == at && at != dashes || line == end || !is_alone || (end - line < 40 && begin != dashes) {
            return begin;
        }
        begin = line;
        at = line;
    }
    begin
}
