//! What holds for any text.

use proptest::prelude::*;

use super::super::*;
use super::cut;

/// Pieces that secrets and what announces them are made of, so that random texts meet many rules.
const PIECES: [&str; 56] = [
    "password",
    "PASSWORD",
    "token",
    "secret",
    "api_key",
    "key",
    "pass",
    "Authorization",
    "Bearer ",
    "basic ",
    "Cookie",
    "://",
    "postgres://",
    "https://",
    "@",
    ":",
    "=",
    ": ",
    " = ",
    "=>",
    "\"",
    "'",
    "\\\"",
    "\\",
    "\n",
    " ",
    "\t",
    "ghp_",
    "sk-",
    "AKIA",
    "eyJ",
    "hvs.",
    "SG.",
    "xoxb-",
    "hooks.slack.com/services/",
    "-----BEGIN PRIVATE KEY-----",
    "-----END PRIVATE KEY-----",
    "[REDACTED:",
    "]",
    "[REDACTED:jwt]",
    "${",
    "}",
    "<",
    ">",
    "</password>",
    "curl -u ",
    "mysql -p",
    " -p",
    "--",
    "é",
    "\u{1F600}",
    "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY",
    "hunter2",
    "word",
    ".",
    "1234567890:AA",
];

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(PIECES.as_slice()).prop_map(ToOwned::to_owned),
        1 => "[ -~]{0,40}",
        1 => "[A-Za-z0-9_+/=-]{0,70}",
        1 => "\\PC{0,4}",
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn a_second_time_changes_nothing(text in text()) {
        let once = cut(&text);
        prop_assert_eq!(cut(&once), once);
    }

    #[test]
    fn what_is_no_secret_stays(text in text()) {
        let spans = STANDARD.spans(&text);
        let mut kept = String::new();
        let mut at = 0;
        for span in &spans {
            prop_assert!(at <= span.start && span.start < span.end && span.end <= text.len());
            kept.push_str(&text[at..span.start]);
            at = span.end;
        }
        kept.push_str(&text[at..]);
        let passed = STANDARD.pass(&text).unwrap_or_else(|| text.clone());
        let mut bare = passed;
        for span in &spans {
            bare = bare.replacen(&format!("{MARK}{}]", span.rule), "", 1);
        }
        // marks that the text had itself may be taken for ours; then the lengths still agree
        prop_assert_eq!(bare.len(), kept.len());
    }

    #[test]
    fn the_time_is_in_proportion_to_the_length(pieces in prop::collection::vec(prop::sample::select(PIECES.as_slice()), 1..4)) {
        let text = pieces.concat().repeat(400);
        let steps = scan::scan(text.as_bytes()).steps;
        prop_assert!(steps <= 400 * text.len() + 10_000, "{} steps for {} bytes: {:?}", steps, text.len(), pieces);
    }
}

#[test]
fn ten_megabytes_are_read_in_proportion() {
    let steps = |text: &str| scan::scan(text.as_bytes()).steps;
    for piece in
        PIECES.iter().chain(&["password=\"", "a", "token:", "x://a:b@", "sk-sk-", "-----BEGIN PRIVATE KEY-----\nAA\n"])
    {
        let text = piece.repeat((1 << 14) / piece.len());
        assert!(steps(&text) <= 200 * text.len(), "{piece:?}: {} steps a byte", steps(&text) / text.len());
        let twice = text.repeat(2);
        assert!(steps(&twice) <= 3 * steps(&text), "{piece:?}: {} and then {}", steps(&text), steps(&twice));
    }
    let text = "password:token=\"sk-eyJ".repeat((10 << 20) / 22);
    assert!(steps(&text) <= 200 * text.len());
}
