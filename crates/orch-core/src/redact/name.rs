//! What a name says about its value: `DB_PASSWORD`, `clientSecret`, `x-api-key`. Looks at no value.

/// What is kept under a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Something that people think up: any word may be one.
    Password,
    /// A secret that machines or people make.
    Secret,
    /// A token or a key that machines make, so that it does not look like a word.
    Token,
    /// Who asks, and the proof of it.
    Authorization,
    /// Cookies.
    Cookie,
}

/// So many words at the end of a name count.
const WORDS: usize = 4;

/// Words before `token` that make it one of a list or of a language.
const NO_TOKEN: [&str; 24] = [
    "page",
    "next",
    "continuation",
    "sync",
    "resume",
    "change",
    "max",
    "min",
    "num",
    "unexpected",
    "expected",
    "pad",
    "eos",
    "bos",
    "unk",
    "mask",
    "special",
    "current",
    "prev",
    "previous",
    "first",
    "last",
    "end",
    "start",
];
/// Words before `key` that make it a secret.
const KEY: [&str; 22] = [
    "api",
    "access",
    "secret",
    "private",
    "encryption",
    "signing",
    "auth",
    "account",
    "master",
    "app",
    "subscription",
    "license",
    "deploy",
    "hmac",
    "jwt",
    "apikey",
    "service",
    "admin",
    "root",
    "shared",
    "session",
    "cipher",
];
/// Names without a boundary that end so are made of two words.
const JOINED: [(&str, Kind); 16] = [
    ("password", Kind::Password),
    ("passwd", Kind::Password),
    ("passphrase", Kind::Password),
    ("apikey", Kind::Token),
    ("accesskey", Kind::Token),
    ("secretkey", Kind::Token),
    ("privatekey", Kind::Token),
    ("accountkey", Kind::Token),
    ("authkey", Kind::Token),
    ("encryptionkey", Kind::Token),
    ("signingkey", Kind::Token),
    ("masterkey", Kind::Token),
    ("accesstoken", Kind::Token),
    ("authtoken", Kind::Token),
    ("refreshtoken", Kind::Token),
    ("clientsecret", Kind::Secret),
];

/// What is kept under a name; `None` where that is no secret.
pub(super) fn kind(name: &[u8]) -> Option<Kind> {
    let (words, count) = words(name);
    let word = |back: usize| words.get(back).copied().filter(|_| back < count);
    let is = |back: usize, text: &str| word(back).is_some_and(|word| word.eq_ignore_ascii_case(text.as_bytes()));
    let is_one = |back: usize, list: &[&str]| list.iter().any(|text| is(back, text));
    let last = word(0)?;
    if is_one(0, &["password", "passwd", "passphrase", "passcode", "pwd"]) || is(0, "phrase") && is(1, "pass") {
        return Some(Kind::Password);
    }
    // alone they count what went well
    if is_one(0, &["pass", "pw"]) {
        return word(1).map(|_| Kind::Password);
    }
    if is(0, "secret") {
        return Some(Kind::Secret);
    }
    if is(0, "token") {
        return (!is_one(1, &NO_TOKEN)).then_some(Kind::Token);
    }
    if is(0, "key") {
        return is_one(1, &KEY).then_some(Kind::Token);
    }
    if is(0, "base") && is(1, "key") && is(2, "secret") {
        return Some(Kind::Token);
    }
    if is(0, "authorization") {
        return Some(Kind::Authorization);
    }
    if is(0, "cookie") {
        return Some(Kind::Cookie);
    }
    let ends =
        |end: &str| last.len() >= end.len() && last[last.len() - end.len()..].eq_ignore_ascii_case(end.as_bytes());
    JOINED.iter().find(|(end, _)| ends(end)).map(|(_, kind)| *kind)
}

/// The last words of a name, the last one first, and how many there are: up to a character that joins words, or between a
/// small letter and a capital.
fn words(name: &[u8]) -> ([&[u8]; WORDS], usize) {
    let mut words: [&[u8]; WORDS] = [&[]; WORDS];
    let (mut count, mut end) = (0, name.len());
    let mut at = name.len();
    while at > 0 && count < WORDS {
        let byte = name[at - 1];
        let is_boundary = !byte.is_ascii_alphanumeric();
        let is_hump = at < end && name[at].is_ascii_uppercase() && (byte.is_ascii_lowercase() || byte.is_ascii_digit());
        if is_boundary || is_hump {
            if at < end {
                words[count] = &name[at..end];
                count += 1;
            }
            end = if is_boundary { at - 1 } else { at };
        }
        at -= 1;
    }
    if count < WORDS && end > 0 && at == 0 {
        words[count] = &name[..end];
        count += 1;
    }
    (words, count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart_by_their_last_words() {
        for (name, expected) in [
            ("password", Some(Kind::Password)),
            ("DB_PASSWORD", Some(Kind::Password)),
            ("PGPASSWORD", Some(Kind::Password)),
            ("spring.datasource.password", Some(Kind::Password)),
            ("postgresPassword", Some(Kind::Password)),
            ("pass", None),
            ("SMTP_PASS", Some(Kind::Password)),
            ("clientSecret", Some(Kind::Secret)),
            ("aws_secret_access_key", Some(Kind::Token)),
            ("AccountKey", Some(Kind::Token)),
            ("X-Api-Key", Some(Kind::Token)),
            ("APIKEY", Some(Kind::Token)),
            ("secret_key_base", Some(Kind::Token)),
            ("secret_key_base_path", None),
            ("key", None),
            ("primary_key", None),
            ("nextPageToken", None),
            ("max_tokens", None),
            ("password_file", None),
            ("Authorization", Some(Kind::Authorization)),
            ("Set-Cookie", Some(Kind::Cookie)),
            ("", None),
            ("__", None),
        ] {
            assert_eq!(kind(name.as_bytes()), expected, "{name}");
        }
    }
}
