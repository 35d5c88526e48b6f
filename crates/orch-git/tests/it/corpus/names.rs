//! Names of files that are hard to pass on.

use super::{lines, situation};
use crate::sandbox::Sandbox;

const NAMES: [&str; 16] = [
    "new\nline",
    "quote\"d",
    "back\\slash",
    "-leading",
    "--output=x",
    ":(top)magic",
    ":!not",
    "*.glob?[a]",
    " blank ",
    "tab\there",
    "\u{1b}[31mred",
    "gr\u{fc}n",
    "gru\u{308}n",
    "\u{202e}bidi",
    "a -> b",
    "HEAD",
];

fn odd(s: &Sandbox) {
    s.init("r");
    for name in NAMES {
        s.write(&format!("r/{name}"), lines(name, 10));
        s.write(&format!("r/{name}.d/{name}"), lines(name, 5));
        s.write(&format!("r/{name}.gone"), "gone\n");
    }
    s.commit_all("r", "names");
    for (number, name) in NAMES.iter().enumerate() {
        s.write(&format!("r/{name}"), lines(name, 11));
        s.write(&format!("r/{name}.d/untracked{name}"), "");
        if number % 2 == 0 {
            s.git("r", &["--literal-pathspecs", "add", "--", name]);
        }
        s.remove(&format!("r/{name}.gone"));
    }
}

situation!(odd_names, Equal, [("r", None)], |s| {
    odd(s);
});

situation!(odd_names_renamed, Equal, [("r", None)], |s| {
    odd(s);
    s.commit_all("r", "more");
    for name in NAMES {
        s.git("r", &["--literal-pathspecs", "mv", "--", name, &format!("{name}\nmoved")]);
    }
    s.commit("r", 3, "moved");
    for name in NAMES {
        s.git("r", &["--literal-pathspecs", "mv", "--", &format!("{name}\nmoved"), name]);
    }
});

#[cfg(unix)]
situation!(names_that_are_not_utf8, Equal, [("r", None)], |s| {
    use std::os::unix::ffi::OsStrExt;
    let path = |name: &[u8]| s.path("r").join(std::ffi::OsStr::from_bytes(name));
    s.init("r");
    for name in [&b"gr\xfcn"[..], b"\xff\xfe", b"ok"] {
        std::fs::write(path(name), "one\n").unwrap();
    }
    s.commit_all("r", "bytes");
    for name in [&b"gr\xfcn"[..], b"\xff\xfe", b"new\xe4"] {
        std::fs::write(path(name), "two\n").unwrap();
    }
});
