//! Passwords in addresses: `scheme://user:password@host`. The host and the user stay.

use super::scan::{ADDRESS, ALNUM, Scan};
use super::value;

const RULE: &str = "connection_string";

/// Schemes whose passwords are often written without escapes, so that a slash may be part of one.
const DATABASES: [&str; 12] = [
    "postgres",
    "postgresql",
    "mysql",
    "mariadb",
    "mongodb",
    "redis",
    "rediss",
    "amqp",
    "amqps",
    "mssql",
    "sqlserver",
    "clickhouse",
];
/// How far into an address a password is looked for.
const MAX_AUTHORITY: usize = 512;

/// Judges what follows `://`, which begins at `colon`.
pub(super) fn scheme(scan: &mut Scan<'_>, colon: usize) {
    let start = colon + 3;
    let scheme = scan.back(colon, ALNUM, 16);
    if scheme == colon {
        return;
    }
    let end = scan.run(start, ADDRESS).min(start + MAX_AUTHORITY);
    let rest = &scan.text[start..end];
    let slash = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len());
    scan.steps += slash;
    let mut authority = memchr::memrchr(b'@', &rest[..slash]);
    if authority.is_none()
        && DATABASES.iter().any(|name| name.as_bytes().eq_ignore_ascii_case(&scan.text[scheme..colon]))
    {
        let query = memchr::memchr(b'?', rest).unwrap_or(rest.len());
        scan.steps += rest.len();
        authority = memchr::memrchr(b'@', &rest[..query]).filter(|_| memchr::memchr(b':', &rest[..slash]).is_some());
    }
    let Some(at) = authority else { return };
    let (user, password) = match memchr::memchr(b':', &rest[..at]) {
        Some(colon) => (colon, &rest[colon + 1..at]),
        None => (0, &rest[..at]),
    };
    let from = start + at - password.len();
    if user > 0 || rest.first() == Some(&b':') {
        if !password.is_empty() && !is_placeholder(password) {
            scan.cut_whole(from, start + at, RULE);
        }
    } else if password.len() >= 20 && value::is_strong(password) && !is_placeholder(password) {
        // a token in place of a user
        scan.cut(from, start + at, RULE);
    }
}

fn is_placeholder(password: &[u8]) -> bool {
    value::is_reference(password)
        || value::is_filler(password)
        || ["password", "passwd", "pass", "pwd", "secret", "token"]
            .iter()
            .any(|word| word.as_bytes().eq_ignore_ascii_case(password))
}
