//! What holds of any message: values do not count, codes and symbols do, and a template is its own template.

use proptest::prelude::*;
use proptest::strategy::Union;

use super::samples;
use crate::bug::{Fingerprinter, Report, normalize};

fn template(text: &str) -> String {
    normalize::template(text, "/srv/shop")
}

fn key(message: &str) -> String {
    let report = Report { message, project_root: Some("/srv/shop"), ..Report::default() };
    Fingerprinter::default().fingerprint(&report).0.key
}

/// Words that say nothing about what is beside them.
fn plain() -> impl Strategy<Value = String> {
    let words = [
        "cart", "gave", "late", "shelf", "refused", "again", "lost", "was", "the", "upstream", "order", "closed",
        "while", "cannot", "Failed", "Lost", "sending", "worker", "batch", "stopped",
    ];
    proptest::sample::select(words.to_vec()).prop_map(str::to_owned)
}

/// A sentence with a gap.
fn sentence() -> impl Strategy<Value = (String, String)> {
    let part = || proptest::collection::vec(plain(), 1..5).prop_map(|words| words.join(" "));
    let around = [(" ", " "), (" (", ") "), (" [", "] "), (" ", ", "), (": ", "; "), (" ", "")];
    (part(), part(), proptest::sample::select(around.to_vec())).prop_map(|(before, after, (open, close))| {
        let after = if close.is_empty() { String::new() } else { after };
        (format!("{before}{open}"), format!("{close}{after}"))
    })
}

/// Two values of one class.
type Pair = (&'static str, String, String);

fn class(name: &'static str, pattern: &'static str) -> BoxedStrategy<Pair> {
    (pattern, pattern).prop_map(move |(a, b)| (name, a, b)).boxed()
}

/// Values of one class in any of its forms.
fn forms(name: &'static str, patterns: &'static [&'static str]) -> BoxedStrategy<Pair> {
    let one = || Union::new(patterns.iter().map(Strategy::boxed));
    (one(), one()).prop_map(move |(a, b)| (name, a, b)).boxed()
}

const OCTET: &str = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";

fn ip4(port: &str) -> BoxedStrategy<String> {
    let pattern = format!("{OCTET}\\.{OCTET}\\.{OCTET}\\.{OCTET}{port}");
    proptest::string::string_regex(&pattern).unwrap().boxed()
}

fn values() -> Union<BoxedStrategy<Pair>> {
    let both = |name: &'static str, one: fn() -> BoxedStrategy<String>| {
        (one(), one()).prop_map(move |(a, b)| (name, a, b)).boxed()
    };
    Union::new([
        forms(
            "time",
            &[
                "(19|20)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9])[T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{3}|,[0-9]{3}|\\.[0-9]{6})?(Z|\\+0[0-9]:00|-0[0-9]00)?",
                "(Mon|Tue|Sun), (0[1-9]|[12][0-9]) (Jan|Feb|May|Oct) 20[0-9]{2} ([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9] (GMT|UTC)",
                "(0[1-9]|[12][0-9])/(Jan|Feb|May|Oct)/20[0-9]{2}:([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9] \\+0[0-9]00",
                "(Jan|Feb|May|Oct) (0[1-9]|[12][0-9]) ([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]",
                "(0[1-9]|[12][0-9])/(0[1-9]|1[0-2])/20[0-9]{2}",
                "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{3})?",
                "20[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9])T([01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]Z",
            ],
        ),
        forms(
            "duration",
            &[
                "[1-9][0-9]{0,4}(ms|s|us|ns)",
                "[0-9]{1,3}\\.[0-9]{1,3}s",
                "[1-9][0-9]{0,2} (seconds|ms|minutes|hours)",
                "[1-9]h[1-5][0-9]m",
            ],
        ),
        forms(
            "size",
            &[
                "[1-9][0-9]{0,4} ?(KB|MB|KiB|GiB)",
                "[0-9]{1,4}\\.[0-9] ?(KB|MB|GB)",
                "[1-9][0-9]{0,8} bytes",
                "[1-9][0-9]?%",
            ],
        ),
        class("uuid", "[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
        class("uuid", "[0-9A-F]{8}-[0-9A-F]{4}-[1-8][0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}"),
        forms(
            "hash",
            &["[0-9a-f]{38}[a-f][0-9]", "[0-9a-f]{62}[a-f][0-9]", "[0-9a-f]{5}[a-f][0-9]", "[0-9a-f]{30}[a-f][0-9]"],
        ),
        class("hex", "0x[0-9a-f]{8,16}"),
        both("ip", || ip4("")),
        both("ip", || ip4(":[1-9][0-9]{1,4}")),
        forms(
            "ip",
            &[
                "[0-9a-f]{4}:[0-9a-f]{4}:[1-9a-f]{1,4}:[1-9a-f]{1,4}:[1-9a-f]{1,4}:[1-9a-f]{1,4}:[1-9a-f]{1,4}:[0-9]{1,4}",
                "2001:db8::[1-9a-f]{1,4}",
                "fe80::[1-9][0-9a-f]{3}:[0-9a-f]{4}",
            ],
        ),
        class("ip", "\\[2001:db8::[0-9a-f]{1,4}\\]:[1-9][0-9]{3}"),
        class("mac", "([0-9a-f]{2}:){5}[0-9a-f]{2}"),
        class("mac", "([0-9A-F]{2}-){5}[0-9A-F]{2}"),
        class(
            "url",
            "(https?|wss|postgres|redis)://[a-z]{2,8}\\.[a-z]{2,8}\\.(com|io|test)(:[1-9][0-9]{2,3})?/v1/items",
        ),
        class("url", "https://(api|10\\.0\\.0\\.[1-9]|localhost)(:[1-9][0-9]{2,3})?/v1/items\\?id=[0-9]{1,4}"),
        class("e-mail", "[a-z]{1,8}([.+_-][a-z0-9]{1,5})?@[a-z]{1,8}\\.(com|org|co\\.uk)"),
        class("home", "(/home/[a-z]{2,8}|/Users/[a-z]{2,8}|/root)/app/config\\.toml"),
        class("home", "C:\\\\Users\\\\[a-z]{2,8}\\\\app\\\\config\\.toml"),
        class("temporary", "/tmp/[a-zA-Z0-9_]{3,10}"),
        class("temporary", "/var/folders/[a-z0-9]{2}/[a-z0-9_]{10}/T/[a-z0-9]{4,8}"),
        class("process", "pid [1-9][0-9]{0,6}"),
        class("process", "pid=[1-9][0-9]{0,6}"),
        class("process", "\\[[1-9][0-9]{1,6}\\]"),
        class("thread", "thread [1-9][0-9]{0,3}"),
        class("thread", "(pool|exec)-[1-9]-thread-[1-9][0-9]{0,2}")
            .prop_map(|(name, a, _)| {
                let b = a.replace(|c: char| c.is_ascii_digit(), "7");
                (name, a, b)
            })
            .boxed(),
        class("count", "[1-9][0-9]{0,2} items"),
        class("count", "(0|[1-9][0-9]{0,8}|[1-9][0-9]{0,2},[0-9]{3}) items"),
        class("count", "#[1-9][0-9]{0,5}"),
        class("float", "-?[0-9]{1,4}\\.[0-9]{1,6}"),
        class("version", "[0-9]{1,2}\\.[0-9]{1,2}\\.[0-9]{1,3}"),
        class("quoted", "value '[kwz0-9][a-z0-9 ]{0,9}'"),
        class("quoted", "invalid input \"[kwz0-9][a-z0-9 ]{0,11}\""),
        class("quoted", "Duplicate entry '[kwz0-9][a-z0-9@.-]{1,12}' for key 'users\\.email'"),
        class("keyed", "id=k[a-z]{1,5}"),
        class("keyed", "user_id=[1-9][0-9]{0,5}"),
        class("keyed", "key \\(id\\)=\\([1-9][0-9]{0,4}\\)"),
    ])
}

/// Codes and symbols: a sentence with a gap, and what may stand in it.
fn signals() -> Union<BoxedStrategy<(String, String)>> {
    let of = |carriers: &[&'static str], pattern: &'static str| {
        (proptest::sample::select(carriers.to_vec()), pattern, pattern)
            .prop_filter("two", |(_, a, b)| a != b)
            .prop_map(|(carrier, a, b)| (carrier.replace("{}", &a), carrier.replace("{}", &b)))
            .boxed()
    };
    let chosen = |carriers: &[&'static str], values: &[&'static str]| {
        let one = || proptest::sample::select(values.to_vec());
        (proptest::sample::select(carriers.to_vec()), one(), one())
            .prop_filter("two", |(_, a, b)| a != b)
            .prop_map(|(carrier, a, b)| (carrier.replace("{}", a), carrier.replace("{}", b)))
            .boxed()
    };
    Union::new([
        of(&["error[{}]: mismatched types", "rustc gave {} here"], "E0[1-7][0-9]{2}"),
        of(&["src/a.ts(1,2): error {}: not assignable", "error {}: x"], "TS[12][0-9]{3}"),
        of(&["error {}: not found", "a.cs(1,2): error {}: x"], "CS[01][0-9]{3}"),
        of(&["SQLSTATE[{}]: oops", "SQLSTATE {}", "ERROR: oops (SQLSTATE {})"], "[02-57][0-9][0-9P][0-9]{2}"),
        of(&["{}: no such thing"], "ORA-0[0-9]{4}"),
        of(
            &[
                "request failed with status {}",
                "HTTP {}",
                "status code {}",
                "status: {}",
                "got HTTP status {} from upstream",
            ],
            "[1-5][0-9]{2}",
        ),
        of(&["exit code {}", "exit status: {}", "process exited with code {}", "exit status {}"], "[1-9][0-9]{0,2}"),
        of(&["[Errno {}] oops", "oops (os error {})", "errno {}", "killed by signal {}"], "[1-9][0-9]?"),
        chosen(
            &["{}: oops, open 'x'", "connect {} upstream", "code={} of cart", "write failed ({})"],
            &[
                "ENOENT",
                "EACCES",
                "EPIPE",
                "ECONNREFUSED",
                "ECONNRESET",
                "ETIMEDOUT",
                "EADDRINUSE",
                "EMFILE",
                "ENOSPC",
                "EEXIST",
            ],
        ),
        chosen(
            &["{}: cart is closed", "Uncaught {}: cart is closed", "raised {} while closing"],
            &[
                "TypeError",
                "ValueError",
                "KeyError",
                "java.lang.IllegalStateException",
                "java.io.IOException",
                "acme.CartError",
                "RuntimeException",
            ],
        ),
        of(
            &[
                "'Cart' object has no attribute '{}'",
                "No module named '{}'",
                "column \"{}\" does not exist",
                "relation \"{}\" does not exist",
                "no such table: {}",
                "name '{}' is not defined",
                "{} is not defined",
                "cart.{} is not a function",
                "violates unique constraint \"{}\"",
                "Unknown column '{}' in 'field list'",
                "undefined method `{}' for nil",
                "cannot find type `{}` in this scope",
                "Undefined variable: {}",
                "undefined: {}",
                "package {} is not in std",
                "KeyError: '{}'",
                "unexpected argument '--{}' found",
                "Cannot read properties of undefined (reading '{}')",
                "cannot find symbol: method {}()",
            ],
            "[a-z]{3,8}(_[a-z]{2,5})?",
        ),
        of(&["cannot open src/{}.rs", "syntax error in lib/{}.py"], "[a-z]{3,8}"),
    ])
}

/// What loggers, terminals and pipes put in front of a line.
fn prefixes() -> impl Strategy<Value = String> {
    prop_oneof![
        "20[0-9]{2}-0[1-9]-[12][0-9]T[01][0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]{3})?Z (ERROR|error|WARN) ",
        "20[0-9]{2}-0[1-9]-[12][0-9] [01][0-9]:[0-5][0-9]:[0-5][0-9],[0-9]{3} (ERROR|WARNING) \\[[a-z]{2,8}-[0-9]{1,2}\\] com\\.acme\\.[A-Z][a-z]{2,6} - ",
        "\\[20[0-9]{2}-0[1-9]-[12][0-9] [01][0-9]:[0-5][0-9]:[0-5][0-9]\\] (ERROR|error): ",
        "(Jan|Feb|Mar) [12][0-9] [01][0-9]:[0-5][0-9]:[0-5][0-9] [a-z]{2,8} [a-z]{2,8}\\[[1-9][0-9]{0,4}\\]: ",
        "[a-z]{2,6}_[1-9]  \\| ",
        "\\[ {0,4}[0-9]{1,5}\\.[0-9]{6}\\] ",
        "E0[1-9][12][0-9] [01][0-9]:[0-5][0-9]:[0-5][0-9]\\.[0-9]{6} {1,4}[1-9][0-9]{1,4} [a-z]{2,8}\\.cc:[1-9][0-9]{0,3}\\] ",
        "\u{1b}\\[(0|1|31|1;33)m",
    ]
}

/// Pieces that rules look for, put side by side without sense. Something is always between two of them: where the ends
/// of two tokens touch, as in `value 'k'https://b.io/`, the second look may draw the line between them elsewhere.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => values().prop_map(|(_, text, _)| text),
        2 => signals().prop_map(|(text, _)| text),
        4 => plain(),
        2 => "[a-zA-Z0-9_$]{1,12}",
        2 => "[:;,.!?='\"`/\\\\<>(){}\\[\\]@#*&|~^+-]{1,3}",
        1 => "\\PC{1,4}",
        1 => proptest::sample::select(vec!["<num>", "<str>", "<val>", "<path>/", "<time>", "<id>", "user ", "status ", "error ", "code=", "for ", " from 1", "host=", "Mar 9 "]).prop_map(str::to_owned),
    ];
    let glue = proptest::sample::select(vec![
        " ", "  ", "\t", "\n", ", ", ": ", "; ", " - ", " [", "] ", " (", ") ", "=", "/", ".", ":", "-", "|", "\"",
    ]);
    proptest::collection::vec((piece, glue), 0..10).prop_map(|pieces| pieces.into_iter().map(|(a, b)| a + b).collect())
}

proptest! {
    #![proptest_config(samples(300))]

    #[test]
    fn values_do_not_count((before, after) in sentence(), (name, a, b) in values()) {
        let of = |value: &str| format!("{before}{value}{after}");
        let (first, second) = (of(&a), of(&b));
        prop_assert_eq!(template(&first), template(&second), "{}: {:?} {:?}", name, first, second);
        prop_assert_eq!(key(&first), key(&second));
    }

    #[test]
    fn codes_and_symbols_count((first, second) in signals(), (before, after) in (plain(), plain())) {
        for (first, second) in [(first.clone(), second.clone()), (format!("{before} {after}: {first}"), format!("{before} {after}: {second}"))] {
            prop_assert_ne!(template(&first), template(&second), "{:?} {:?}", first, second);
            prop_assert_ne!(key(&first), key(&second));
        }
    }

    #[test]
    fn what_is_around_a_line_does_not_count(prefix in prefixes(), (before, after) in sentence()) {
        let plain = format!("{before}7{after}");
        let first = format!("{prefix}{plain}");
        prop_assert_eq!(key(&first), key(&plain), "{:?}", first);
        let coloured = format!("\u{1b}[1;31m{before}\u{1b}[0m7{after}\r\n");
        prop_assert_eq!(key(&coloured), key(&plain));
    }

    #[test]
    fn the_folder_of_a_project_does_not_count(root in "/(home|builds|srv)/[a-z]{2,8}/[a-z]{2,8}", (before, after) in sentence()) {
        let of = |root: &str| {
            let message = format!("{before}{root}/src/cart.py{after}");
            let report = Report { message: &message, project_root: Some(root), ..Report::default() };
            Fingerprinter::default().fingerprint(&report).0.key
        };
        prop_assert_eq!(of(&root), of("/srv/shop"));
        prop_assert_eq!(of(&root), of("C:\\work\\shop"));
    }

    #[test]
    fn place_counts(a in "[a-z]{3,8}", b in "[a-z]{3,8}") {
        prop_assume!(a != b);
        let of = |file: &str, function: &str| {
            let stack = format!("Traceback (most recent call last):\n  File \"/srv/shop/{file}.py\", line 3, in {function}\n    x()\nValueError: no");
            let report = Report { message: "ValueError: no", stack: Some(&stack), project_root: Some("/srv/shop"), ..Report::default() };
            Fingerprinter::default().fingerprint(&report).0.key
        };
        prop_assert_ne!(of(&a, "add"), of(&b, "add"));
        prop_assert_ne!(of("cart", &a), of("cart", &b));
    }

    #[test]
    fn a_template_is_its_own_template(text in soup()) {
        let once = template(&text);
        let twice = template(&once);
        prop_assert_eq!(&twice, &once, "of {:?}", text);
    }
}
