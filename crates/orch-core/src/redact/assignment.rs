//! Values under names that say that they are secret: settings, JSON, YAML, code, options, elements. Judges no value itself.

use super::name::{self, Kind};
use super::scan::{ALNUM, ASSIGNMENT, BARE, DOTTED, Scan, is};
use super::value::{Form, is_secret};

/// A name has at most so many bytes before the word that ends it.
const MAX_NAME: usize = 48;
/// A value has at most so many bytes.
const MAX_VALUE: usize = 4096;

/// A name and what stands around it.
struct Named {
    kind: Kind,
    start: usize,
    end: usize,
}

/// Judges a name that ends with a word such as `password`, which lies between these places.
pub(super) fn name(scan: &mut Scan<'_>, word: usize, end: usize) {
    let next = scan.byte(end);
    // the name goes on; a dot may end a sentence
    let is_ended = !is(next, DOTTED) || next == b'.' && !is(scan.byte(end + 1), DOTTED);
    if !is_ended {
        return;
    }
    let start = scan.back(word, DOTTED, MAX_NAME);
    // `${PASSWORD:-…}`
    if scan.before(start) == b'{' && start > 1 && scan.byte(start - 2) == b'$' {
        return;
    }
    let Some(kind) = name::kind(&scan.text[start..end]) else {
        if scan.goes_on(word, "pass") && end - word == 4 && start == word {
            pass(scan, end);
        }
        return;
    };
    let named = Named { kind, start, end };
    if scan.before(start) == b'<' && next == b'>' {
        return element(scan, &named);
    }
    if scan.byte(start) == b'-' && matches!(next, b' ' | b'\t') {
        let at = scan.blanks(end);
        let form = Form { plain: true, tight: true, ..Form::default() };
        return judge(scan, &named, at, form);
    }
    separated(scan, &named);
}

/// `name = value` in all its forms.
fn separated(scan: &mut Scan<'_>, named: &Named) {
    let mut at = named.end;
    // `"name"`, `['name']`, `\"name\"`
    let closed = closers(scan, at);
    at = scan.blanks(closed);
    let equals = match (scan.byte(at), scan.byte(at + 1)) {
        (b':', b':') | (b'=', b'=' | b'~') => return,
        (b':', b'=') | (b'=', b'>') => {
            at += 2;
            true
        }
        (b'=', _) => {
            at += 1;
            true
        }
        (b':', _) => {
            at += 1;
            false
        }
        // `key="ApiKey" value="…"`
        _ if closed > named.end && at > closed && scan.goes_on(at, "value=") => {
            at += 6;
            true
        }
        _ => return spoken(scan, named, at),
    };
    let gap = scan.blanks(at);
    let is_upper = scan.text[named.start..named.end].iter().all(|byte| !byte.is_ascii_lowercase());
    let is_listed = matches!(scan.before(named.start), b';' | b'&' | b'?');
    let tight = gap == at && closed == named.end;
    let begins_line = begins_line(scan, named.start);
    let form = Form {
        quoted: false,
        tight: tight && equals,
        plain: tight && (is_upper || equals && (is_listed || begins_line)),
        alone: begins_line && !equals,
    };
    if !equals && let Some(value) = typed(scan, gap) {
        return judge(scan, named, value, form);
    }
    judge(scan, named, gap, form);
}

/// Where quotes and brackets around a name end.
fn closers(scan: &mut Scan<'_>, end: usize) -> usize {
    let mut at = end;
    while at - end < 6 && matches!(scan.byte(at), b'\\' | b'"' | b'\'' | b'`' | b']') {
        at += 1;
    }
    scan.steps += at - end + 1;
    at
}

/// Whether there is nothing before a name on its line but blanks, quotes and marks of lists and diffs, or `export`.
fn begins_line(scan: &mut Scan<'_>, start: usize) -> bool {
    let from = start.saturating_sub(48);
    scan.steps += start - from;
    let before = &scan.text[from..start];
    let line = memchr::memrchr(b'\n', before).map_or(before, |at| &before[at + 1..]);
    if line.len() == before.len() && from > 0 {
        return false;
    }
    let rest = line.trim_ascii_start();
    let rest = rest.strip_prefix(b"export ").or_else(|| rest.strip_prefix(b"ENV ")).unwrap_or(rest);
    rest.iter().all(|byte| {
        matches!(byte, b' ' | b'\t' | b'-' | b'+' | b'"' | b'\'' | b'{' | b':' | b'$' | b'\\' | b'>' | b'<')
    })
}

/// The value behind a type: `: &str = "…"`.
fn typed(scan: &mut Scan<'_>, at: usize) -> Option<usize> {
    let most = scan.text.len().min(at + 40);
    let rest = &scan.text[at.min(most)..most];
    scan.steps += rest.len();
    let equals =
        rest.iter().position(|byte| matches!(byte, b'=' | b'\n' | b'"' | b'\'' | b',' | b';' | b'(' | b'{'))?;
    let is_type = rest[equals] == b'=' && equals > 0 && rest[equals - 1] == b' ' && rest.get(equals + 1) != Some(&b'=');
    is_type.then(|| scan.blanks(at + equals + 1))
}

/// A name, then a value in quotes, without a sign between: `invalid token "…"`. Or the line of a `.netrc`.
fn spoken(scan: &mut Scan<'_>, named: &Named, at: usize) {
    if at == named.end {
        return;
    }
    let is_netrc = named.kind == Kind::Password && {
        let from = named.start.saturating_sub(80);
        scan.steps += named.start - from;
        let mut words = scan.text[from..named.start].rsplit(|byte| *byte == b' ').filter(|word| !word.is_empty());
        words.next().is_some() && words.next() == Some(b"login")
    };
    if is_netrc {
        judge(scan, named, at, Form { plain: true, tight: true, ..Form::default() });
    } else if matches!(scan.byte(at), b'"' | b'\'' | b'`') && named.kind != Kind::Password {
        let (from, to) = quoted(scan, at, at + 1);
        let value = &scan.text[from..to];
        if value.len() >= 16 && is_secret(named.kind, value, Form { quoted: true, ..Form::default() }) {
            scan.cut(from, to, ASSIGNMENT);
        }
    }
}

/// `<password>value</password>`
fn element(scan: &mut Scan<'_>, named: &Named) {
    let from = named.end + 1;
    let most = scan.text.len().min(from + 256);
    let Some(length) = memchr::memchr2(b'<', b'\n', &scan.text[from..most]) else { return };
    scan.steps += length;
    if !scan.goes_on(from + length, "</") {
        return;
    }
    let form = Form { quoted: true, ..Form::default() };
    if is_secret(named.kind, &scan.text[from..from + length], form) {
        scan.cut(from, from + length, ASSIGNMENT);
    }
}

/// `pass:value`, as OpenSSL has it.
fn pass(scan: &mut Scan<'_>, end: usize) {
    if scan.byte(end) != b':' {
        return;
    }
    let to = value_end(scan, end + 1);
    let value = &scan.text[end + 1..to];
    if super::value::is_strong(value) && is_secret(Kind::Password, value, Form { plain: true, ..Form::default() }) {
        scan.cut(end + 1, to, ASSIGNMENT);
    }
}

/// Judges the value that begins at `at`, in quotes or not.
fn judge(scan: &mut Scan<'_>, named: &Named, at: usize, form: Form) {
    if matches!(named.kind, Kind::Authorization | Kind::Cookie) {
        return;
    }
    let mut open = at;
    // prefixes of strings: `b"…"`, `f'…'`, `r"…"`, `\"…\"`
    if matches!(scan.byte(open), b'b' | b'f' | b'r' | b'u' | b'@') && matches!(scan.byte(open + 1), b'"' | b'\'') {
        open += 1;
    }
    while open - at < 5 && scan.byte(open) == b'\\' {
        open += 1;
    }
    let (from, to, form) = if matches!(scan.byte(open), b'"' | b'\'' | b'`') {
        let (from, to) = quoted(scan, at, open + 1);
        (from, to, Form { quoted: true, ..form })
    } else {
        let to = value_end(scan, at);
        let after = scan.blanks(to);
        let is_last = matches!(scan.byte(after), b'\n' | b'\r' | b'#') || after >= scan.text.len();
        let plain = form.plain || form.tight && scan.byte(to) == b';';
        (at, to, Form { alone: form.alone && is_last, plain, ..form })
    };
    let value = &scan.text[from..to];
    scan.steps += value.len().min(256) * 4;
    let behind_dash = form.plain && !form.quoted && value.first() == Some(&b'-');
    // capitals behind an option say what is to be put there
    let is_option = scan.byte(named.start) == b'-' && !value.is_empty();
    let is_capital = is_option && value.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'_');
    if !behind_dash && !is_capital && !repeats_name(scan, named, value) && is_secret(named.kind, value, form) {
        let rule =
            if scan.byte(to) == b';' || scan.before(named.start) == b';' { "connection_string" } else { ASSIGNMENT };
        scan.cut(from, to, rule);
    }
}

/// Whether a value is the name once more, as in `password=password` or `DB_PASSWORD: dbPassword`.
fn repeats_name(scan: &Scan<'_>, named: &Named, value: &[u8]) -> bool {
    let is_name = value.iter().all(|byte| is(*byte, ALNUM) || *byte == b'_');
    let has_digit = value.iter().any(u8::is_ascii_digit);
    // what people think up has digits, too, but no words that `_` joins
    is_name
        && (!has_digit || value.contains(&b'_'))
        && value.len() < 64
        && (name::kind(value).is_some() || scan.text[named.start..named.end].eq_ignore_ascii_case(value))
}

/// A value in quotes, from `from` on; `at` is where the quote and what escapes it begin.
fn quoted(scan: &mut Scan<'_>, at: usize, from: usize) -> (usize, usize) {
    let quote = scan.byte(from - 1);
    let escaped = from - 1 > at && scan.byte(from - 2) == b'\\';
    let most = scan.text.len().min(from + MAX_VALUE);
    let mut end = from;
    while end < most {
        let byte = scan.text[end];
        if byte == b'\n' || byte == quote && !escaped {
            break;
        }
        if byte == b'\\' {
            if escaped && matches!(scan.byte(end + 1), b'"' | b'\'' | b'\\' | b'`') {
                break;
            }
            end += 1;
        }
        end += 1;
    }
    let end = end.min(most);
    scan.steps += end - from;
    (from, end)
}

/// The end of a value without quotes: what follows `=` there is another one, unless it pads base64.
fn value_end(scan: &mut Scan<'_>, at: usize) -> usize {
    let end = scan.run(at, BARE).min(at + MAX_VALUE);
    let mut stop = at;
    while stop < end {
        let Some(equals) = memchr::memchr(b'=', &scan.text[stop..end]) else { break };
        let equals = stop + equals;
        scan.steps += equals - stop;
        let after = scan.text[equals..end].iter().take_while(|byte| **byte == b'=').count();
        if equals + after < end && equals > at {
            // in the middle: `a=b=c` has the value `b`, but `abc=` in base64 goes on to the end
            return equals;
        }
        stop = equals + after;
    }
    let mut end = end;
    while end > at && matches!(scan.text[end - 1], b'.' | b':' | b')') {
        end -= 1;
    }
    end
}
