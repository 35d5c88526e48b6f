//! Fuzzes addresses of pull requests: understood or refused. What is understood is itself read again; what is refused is not
//! repeated.
#![no_main]

use libfuzzer_sys::fuzz_target;
use orch_core::pull_request::{MAX_LENGTH, PullRequest};

/// Stands for a password; no reason has these characters in this order.
const SECRET: &str = "hunter2Qx";

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    if let Ok(read) = PullRequest::parse(&text) {
        assert!(read.url.starts_with("https://") && read.url.is_ascii() && read.url.len() <= MAX_LENGTH);
        assert!(!read.url.contains(['?', '#', '\\', '"', '<', ' ']), "{}", read.url);
        let authority = read.url["https://".len()..].split('/').next().expect("a first part");
        assert_eq!(authority.split(':').next(), Some(read.host.as_str()));
        assert!(!authority.contains('@') && !read.host.bytes().any(|byte| byte.is_ascii_uppercase()));
        assert!(read.url.split('/').skip(3).all(|part| !part.is_empty() && part != "." && part != ".."));
        assert!(read.number > 0 && !read.repository.is_empty());
        assert_eq!(PullRequest::parse(&read.url).as_ref(), Ok(&read));
        let word = serde_json::to_string(&read).expect("it can be kept");
        assert_eq!(serde_json::from_str::<PullRequest>(&word).expect("it can be read again"), read);
    }
    // with a password in the place for one, and elsewhere: refused and not repeated, or dropped
    for with_secret in [
        text.replacen("://", &format!("://{SECRET}@"), 1),
        text.replacen("://", &format!("://user:{SECRET}@"), 1),
        format!("{text}?token={SECRET}"),
        format!("{text}#{SECRET}"),
    ] {
        match PullRequest::parse(&with_secret) {
            Ok(read) => assert!(text.contains(SECRET) || !format!("{read:?}").contains(SECRET), "{read:?}"),
            Err(error) => assert!(!format!("{error} {error:?}").contains(SECRET), "{error:?}"),
        }
    }
});
