//! Whether a value is a secret or stands for one: a placeholder, a reference, a type, a word of a sentence. Finds no values.

use super::name::Kind;
use super::scan::{ALNUM, is};

/// How a value is written.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about the place")]
pub(super) struct Form {
    /// In quotes.
    pub(super) quoted: bool,
    /// Right behind the sign, as settings are written: `A=b`.
    pub(super) tight: bool,
    /// Under a name in capitals, in a list of settings or behind an option: where code does not stand.
    pub(super) plain: bool,
    /// On a line that has nothing but a name and this.
    pub(super) alone: bool,
}

/// So much of a value is looked at.
const MOST: usize = 256;

/// Values that say that there is none, or which kind.
const WORDS: [&str; 73] = [
    "null",
    "none",
    "nil",
    "undefined",
    "true",
    "false",
    "yes",
    "no",
    "on",
    "off",
    "string",
    "str",
    "text",
    "bool",
    "boolean",
    "int",
    "integer",
    "number",
    "any",
    "object",
    "optional",
    "required",
    "missing",
    "invalid",
    "incorrect",
    "wrong",
    "expired",
    "empty",
    "unset",
    "default",
    "inherit",
    "include",
    "enabled",
    "disabled",
    "auto",
    "basic",
    "bearer",
    "token",
    "password",
    "secret",
    "passwd",
    "pass",
    "key",
    "value",
    "strict",
    "ok",
    "valid",
    "failed",
    "error",
    "unknown",
    "denied",
    "rejected",
    "identifier",
    "function",
    "hidden",
    "masked",
    "removed",
    "secretstring",
    "bytes",
    "char",
    "varchar",
    "todo",
    "tbd",
    "fixme",
    "changeme",
    "change-me",
    "change_me",
    "same-origin",
    "same",
    "header",
    "self",
    "this",
    "changed",
];

/// Parts of values that stand for one.
const FILLERS: [&str; 14] = [
    "redacted",
    "filtered",
    "example",
    "placeholder",
    "your-",
    "your_",
    "yourapi",
    "xxxx",
    "****",
    "dummy",
    "replace",
    "insert-",
    "insert_",
    "...",
];

/// Beginnings of values that say where the secret is.
const REFERENCES: [&str; 14] = [
    "http://",
    "https://",
    "arn:",
    "vault:",
    "op://",
    "ssm:",
    "projects/",
    "file:",
    "env:",
    "data:",
    "secretsmanager:",
    "${{",
    "gcp:",
    "awssm:",
];

/// Whether a value under a name of this kind is a secret.
pub(super) fn is_secret(kind: Kind, value: &[u8], form: Form) -> bool {
    let value = &value[..value.len().min(MOST)];
    let least = if kind == Kind::Password { 4 } else { 8 };
    if value.len() < least
        || is_reference(value)
        || is_filler(value)
        || is_word(value)
        || is_path(value)
        || is_constant(value)
        || is_session(value)
    {
        return false;
    }
    if value.iter().any(u8::is_ascii_whitespace) {
        return false;
    }
    if !form.quoted && is_code(value) {
        return false;
    }
    match kind {
        Kind::Password => is_password(value, form),
        Kind::Secret => {
            let is_made = is_strong(value) || !is_all(value, |byte| byte.is_ascii_alphanumeric()) && value.len() >= 12;
            is_made && (form.quoted || form.tight || form.alone)
                || (form.quoted && value.len() >= 12 && !is_all(value, |byte| byte.is_ascii_alphabetic()))
                || is_strong(value) && value.len() >= 16
        }
        Kind::Token => is_strong(value) && (form.quoted || form.tight || form.alone || value.len() >= 16),
        Kind::Authorization | Kind::Cookie => is_strong(value),
    }
}

/// The key of one of orch's own sessions, `sess_TSK-001_20250113_143022`, which stands under names that speak of keys.
fn is_session(value: &[u8]) -> bool {
    let mut parts = value.rsplit(|byte| *byte == b'_').skip_while(|part| part.len() < 6);
    let mut is_number =
        |length| parts.next().is_some_and(|part| part.len() == length && is_all(part, |b| b.is_ascii_digit()));
    value.starts_with(b"sess_") && is_number(6) && is_number(8)
}

fn is_password(value: &[u8], form: Form) -> bool {
    let has_digit = value.iter().any(u8::is_ascii_digit);
    let has_sign = value.iter().any(|byte| !is(*byte, ALNUM) && !matches!(byte, b'_' | b'-' | b'.' | b':' | b'/'));
    if has_digit || has_sign {
        return form.quoted || form.tight || form.plain || form.alone || value.len() >= 8;
    }
    // words: where sentences and code may be, they are no passwords
    form.quoted || form.plain || form.alone
}

/// Whether it has digits and letters, as what machines make; a long run of letters in both cases will do.
pub(super) fn is_strong(value: &[u8]) -> bool {
    let value = &value[..value.len().min(MOST)];
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    let letters = value.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let upper = value.iter().filter(|byte| byte.is_ascii_uppercase()).count();
    digits > 0 && letters > 0 || letters >= 24 && upper >= 6 && letters - upper >= 6
}

/// Whether it names what holds the secret: a variable, a template, a place.
pub(super) fn is_reference(value: &[u8]) -> bool {
    let Some(first) = value.first() else { return true };
    let has = |part: &[u8]| memchr::memmem::find(&value[..value.len().min(MOST)], part).is_some();
    matches!(first, b'{' | b'<' | b'[' | b'(')
        || *first == b'$'
            && value[1..].iter().all(|byte| {
                is(*byte, ALNUM) || matches!(byte, b'_' | b'{' | b'}' | b'(' | b')' | b':' | b'-' | b'?' | b'.')
            })
        || *first == b'%' && value.len() > 2 && value.last() == Some(&b'%')
        || *first == b'!' && is_all(&value[1..], |byte| byte.is_ascii_alphabetic())
        || *first == b'&' && is_all(&value[1..], |byte| byte.is_ascii_alphabetic())
        || has(b"://")
        || has(b"${")
        || has(b"{{")
        || has(b"$(")
        || REFERENCES
            .iter()
            .any(|begins| value.len() >= begins.len() && value[..begins.len()].eq_ignore_ascii_case(begins.as_bytes()))
}

/// Whether it only fills the place: `xxxx`, `your-api-key`.
pub(super) fn is_filler(value: &[u8]) -> bool {
    let value = &value[..value.len().min(MOST)];
    let is_same = value.iter().all(|byte| byte.eq_ignore_ascii_case(&value[0]) || matches!(byte, b'*' | b'.' | b'-'));
    let has = |word: &&str| value.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()));
    is_same || FILLERS.iter().any(has)
}

fn is_word(value: &[u8]) -> bool {
    WORDS.iter().any(|word| value.eq_ignore_ascii_case(word.as_bytes()))
}

/// A constant: words in capitals, joined by `_`.
pub(super) fn is_constant(value: &[u8]) -> bool {
    let is_part =
        |part: &[u8]| part.len() <= 24 && part.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    value.contains(&b'_')
        && value.first().is_some_and(u8::is_ascii_uppercase)
        && value.split(|byte| *byte == b'_').all(is_part)
}

/// A path of plain names.
fn is_path(value: &[u8]) -> bool {
    let rest = value
        .strip_prefix(b"~")
        .or_else(|| value.strip_prefix(b".."))
        .or_else(|| value.strip_prefix(b"."))
        .unwrap_or(value);
    let is_name = |part: &[u8]| part.len() <= 32 && part.iter().all(|byte| is(*byte, super::scan::DOTTED));
    rest.first() == Some(&b'/') && rest.len() > 1 && rest[1..].split(|byte| *byte == b'/').all(is_name)
}

/// A call, a member, an element, a variable or a type of a programming language.
fn is_code(value: &[u8]) -> bool {
    // `::a::b`, `0x8055_0006`
    if value.starts_with(b"::") || value.starts_with(b"0x") {
        return true;
    }
    let starts_like_name = value[0].is_ascii_alphabetic() || matches!(value[0], b'_' | b'&' | b'@');
    if !starts_like_name {
        return false;
    }
    let name = value.iter().take_while(|byte| is(**byte, ALNUM) || **byte == b'_' || **byte == b'&').count();
    match value.get(name) {
        // `f(x`, `a[0`, `A::b`
        Some(b'(' | b'[') => true,
        Some(b':') => value.get(name + 1) == Some(&b':'),
        // `a.b.c`: members, and calls of them
        Some(b'.') => {
            let is_open = |byte: &u8| matches!(byte, b'(' | b'[' | b'?' | b'!');
            let is_member = |part: &[u8]| {
                part.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
                    && part.iter().take_while(|byte| !is_open(byte)).all(|byte| is(*byte, ALNUM) || *byte == b'_')
            };
            value.split(|byte| *byte == b'.').all(is_member)
        }
        // a macro
        Some(b'!') => matches!(value.get(name + 1), Some(b'(' | b'[')),
        _ => false,
    }
}

fn is_all(value: &[u8], of: impl Fn(u8) -> bool) -> bool {
    value.iter().all(|byte| of(*byte))
}
