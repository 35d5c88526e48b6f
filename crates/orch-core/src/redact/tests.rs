//! What is cut out and what stays: the corpus with measured precision and recall, and what holds for any text.

mod corpus;
mod property;

use serde_json::json;

use super::*;

fn cut(text: &str) -> String {
    Redactor::default().text(text).into_owned()
}

#[test]
fn what_stands_around_a_secret_stays() {
    let token = format!("{}{}", "gh", "p_0123456789abcdefghijABCDEFGHIJ012345");
    for (text, expected) in [
        ("DB_PASSWORD=hunter2", "DB_PASSWORD=[REDACTED:assignment]"),
        (r#"{"password": "hunter2", "port": 5432}"#, r#"{"password": "[REDACTED:assignment]", "port": 5432}"#),
        ("postgres://app:hunter2@db:5432/shop", "postgres://app:[REDACTED:connection_string]@db:5432/shop"),
        ("Server=db;Password=hunter2;", "Server=db;Password=[REDACTED:connection_string];"),
        ("Authorization: Bearer 0123456789abcdef", "Authorization: Bearer [REDACTED:authorization_header]"),
        ("Authorization: Basic YWRhOmh1bnRlcjI=", "Authorization: Basic [REDACTED:authorization_header]"),
        ("deploy --password hunter2 --all", "deploy --password [REDACTED:assignment] --all"),
        (&format!("GH_TOKEN={token}"), "GH_TOKEN=[REDACTED:github_token]"),
        (&format!("é {token} é"), "é [REDACTED:github_token] é"),
        ("nothing here", "nothing here"),
    ] {
        assert_eq!(cut(text), expected);
    }
}

#[test]
fn half_a_key_is_cut_out_too() {
    let (begin, end) = (["-----BEGIN ", "PRIVATE KEY-----\n"].concat(), ["-----END ", "PRIVATE KEY-----"].concat());
    let lines = format!("{}\n", "aB3+".repeat(16)).repeat(3);
    assert_eq!(cut(&format!("key: {begin}{lines}")).trim_end(), "key: [REDACTED:private_key]");
    assert_eq!(cut(&format!("last line\n{lines}{end}\nbye")), "last line\n[REDACTED:private_key]\nbye");
}

#[test]
fn json_is_judged_by_its_names() {
    let redactor = Redactor::default();
    let value = json!({
        "password": "hunter2 ", "user": "ada", "max_tokens": 4096, "tokens": ["a", "b"], "api_key": "${API_KEY}",
        "auth": {"client_secret": "correct-horse-battery", "password": null, "token": 12},
        "headers": {"Authorization": "Bearer 0123456789abcdef"},
        "command": ["deploy", "--password", "hunter2", "--all"],
        "text": "curl -u ada:hunter2 https://example.org",
    });
    let expected = json!({
        "password": "hunter2 ", "user": "ada", "max_tokens": 4096, "tokens": ["a", "b"], "api_key": "${API_KEY}",
        "auth": {"client_secret": "[REDACTED:assignment]", "password": null, "token": 12},
        "headers": {"Authorization": "Bearer [REDACTED:authorization_header]"},
        "command": ["deploy", "--password", "[REDACTED:assignment]", "--all"],
        "text": "curl -u ada:[REDACTED:command_line] https://example.org",
    });
    let once = redactor.json(value.clone());
    assert_eq!(once, expected);
    assert_eq!(redactor.json(once.clone()), once);
    assert_eq!(Redactor::off().json(value.clone()), value);
}

#[test]
fn a_project_has_patterns_of_its_own() {
    let patterns = [(r"ACME-\d{4}", Some("acme")), (r"staff (?<secret>\w+)", None)];
    let redactor = Redactor::new(CustomPatterns::new(patterns).unwrap(), false);
    let once = redactor.text("ACME-1234 of staff ada").into_owned();
    assert_eq!(once, "[REDACTED:acme] of staff [REDACTED:custom]");
    assert_eq!(redactor.text(&once), once);
    let errors = CustomPatterns::new([("(", None), ("a*", None), ("a", Some("Not a name"))]).unwrap_err();
    assert_eq!(errors.len(), 3);
}

#[test]
fn what_looks_random_is_a_secret_only_if_that_is_asked_for() {
    let text = "value aB3dE5fG7hJ9kL1mN2pQ4rS6 of commit 3f2a9c1e8b7d6f5a4c3b2a1908f7e6d5c4b3a291";
    assert_eq!(cut(text), text);
    let redactor = Redactor::new(CustomPatterns::default(), true);
    let found = redactor.text(text);
    assert_eq!(found, "value [REDACTED:entropy] of commit 3f2a9c1e8b7d6f5a4c3b2a1908f7e6d5c4b3a291");
}

#[test]
fn findings_have_lines() {
    let found = Redactor::default().findings("a\nDB_PASSWORD=hunter2\n\ntoken=0123456789abcdef0123\n");
    let told: Vec<(&str, usize)> = found.iter().map(|finding| (finding.rule.as_str(), finding.line)).collect();
    assert_eq!(told, [("assignment", 2), ("assignment", 4)]);
}
