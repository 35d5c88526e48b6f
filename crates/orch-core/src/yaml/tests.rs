//! Every fault of a YAML text with its place, and texts that mean harm.

use std::time::{Duration, Instant};

use super::*;

fn faults(text: impl AsRef<[u8]>) -> Vec<String> {
    match parse(text.as_ref()) {
        Ok(tree) => panic!("no fault: {tree:?}"),
        Err(faults) => faults.iter().map(ToString::to_string).collect(),
    }
}

fn node(line: usize, column: usize, kind: Kind) -> Node {
    Node { at: Position { line, column }, kind }
}

fn text(line: usize, column: usize, text: &str) -> Node {
    node(line, column, Kind::Text(text.to_owned()))
}

#[test]
fn every_value_has_its_place() {
    let tree = parse(b"# comment\na: 1\nbb:\n  - x\n  - {k: 'v'}\nc:\nd: |\n  two\n  lines\n\"e\": !!str 5\n").unwrap();
    let wanted = node(
        2,
        1,
        Kind::Map(vec![
            (text(2, 1, "a"), node(2, 4, Kind::Int(1))),
            (
                text(3, 1, "bb"),
                node(
                    4,
                    3,
                    Kind::List(vec![text(4, 5, "x"), node(5, 5, Kind::Map(vec![(text(5, 6, "k"), text(5, 9, "v"))]))]),
                ),
            ),
            (text(6, 1, "c"), node(6, 2, Kind::Null)),
            (text(7, 1, "d"), text(8, 3, "two\nlines\n")),
            (text(10, 1, "e"), text(10, 12, "5")),
        ]),
    );
    assert_eq!(tree, wanted);
}

#[test]
fn line_ends_and_marks_do_not_shift_places() {
    let unix = parse("a: é x\nb: [1,\n 2]\n".as_bytes()).unwrap();
    assert_eq!(parse("a: é x\r\nb: [1,\r\n 2]\r\n".as_bytes()).unwrap(), unix);
    assert_eq!(parse("\u{feff}a: é x\nb: [1,\n 2]\n".as_bytes()).unwrap(), unix);
    assert_eq!(parse("---\na: 1\n...\n".as_bytes()).unwrap(), parse("\na: 1".as_bytes()).unwrap());
    for empty in ["", "\n", "# only a comment\n", "---\n", "\u{feff}"] {
        assert_eq!(parse(empty.as_bytes()).unwrap().kind, Kind::Null, "{empty:?}");
    }
}

#[test]
fn what_is_refused_is_named_with_its_place() {
    let table: &[(&[u8], &[&str])] = &[
        (
            b"a: 1\nb: 2\na: 3\nb: 4\n\"a\": 5\n",
            &[
                "3:1: duplicate key \"a\"; the first one is at 1:1",
                "4:1: duplicate key \"b\"; the first one is at 2:1",
                "5:1: duplicate key \"a\"; the first one is at 1:1",
            ],
        ),
        (b"x:\n  {1: a, 1: b}\n", &["2:10: duplicate key \"1\"; the first one is at 2:4"]),
        (
            b"a: &x 1\nb: *x\nc: *y\n",
            &[
                "1:4: anchors are not supported: \"&x\"",
                "2:4: aliases are not supported; expected the value itself",
                "3:4: aliases are not supported; expected the value itself",
            ],
        ),
        (
            b"a: !secret x\nb: !!int x\nc: !!set {}\n",
            &[
                "1:4: the tag \"!secret\" is not supported here; expected a value without a tag",
                "2:4: the tag \"!!int\" is not supported here; expected a value without a tag",
                "3:4: the tag \"!!set\" is not supported here; expected a value without a tag",
            ],
        ),
        (b"? [a]\n: b\n", &["1:3: a list or map cannot be a key; expected a key on one line"]),
        (b"a: 1\n---\nb: 2\n", &["2:1: a second document begins here; expected one document a file"]),
        (b"%YAML 1.2\n---\na: 1\n", &["1:1: directives (`%`) are not supported"]),
        (b"a: 1\nb: \xff\n", &["2:4: the text is not UTF-8; expected UTF-8 without broken bytes"]),
        (b"a: \0\nb: \x1b\n", &["1:4: control character U+0000", "2:4: control character U+001B"]),
        (b"a: \"x\\0\"\n", &["1:4: text with the control character U+0000"]),
        (b"a: [1, 2\n", &["1:4: not valid YAML: unclosed bracket '['"]),
    ];
    for (given, wanted) in table {
        assert_eq!(faults(given), *wanted, "{}", String::from_utf8_lossy(given));
    }
}

#[test]
fn the_limits_are_exact() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(parse(nested(MAX_DEPTH).as_bytes()).is_ok());
    assert_eq!(faults(nested(MAX_DEPTH + 1)), ["1:65: lists and maps are nested too deep; expected at most 64 levels"]);
    let long = |bytes: usize| "#".repeat(bytes);
    assert!(parse(long(MAX_BYTES).as_bytes()).is_ok());
    assert_eq!(faults(long(MAX_BYTES + 1)), ["1:1: the text is too long; expected at most 256 KiB"]);
}

/// Texts that were made to be slow, deep or large.
pub(crate) fn hostile() -> Vec<(&'static str, Vec<u8>)> {
    let fill = |piece: &str| piece.repeat(200 * 1024 / piece.len()).into_bytes();
    let level = |n: usize| format!("a{n}: &a{n} [{}]\n", [format!("*a{}", n - 1).as_str(); 9].join(", "));
    let bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n") + &(1..12).map(level).collect::<String>();
    let indented = |piece: &str| (0..600).map(|depth| " ".repeat(depth) + piece + "\n").collect::<String>();
    let keys = |make: &dyn Fn(usize) -> String| (0..20_000).map(make).collect::<String>().into_bytes();
    vec![
        ("alias bomb", bomb.into_bytes()),
        ("100 MB", vec![b'a'; 100 * 1024 * 1024]),
        ("open lists", fill("[")),
        ("open maps", fill("{")),
        ("open maps with keys", fill("{a: ")),
        ("depth 10,000", ("[".repeat(10_000) + &"]".repeat(10_000)).into_bytes()),
        ("closing", fill("]")),
        ("nested sequences", fill("- ")),
        ("nested sequences without end", fill("-")),
        ("complex keys", fill("? ")),
        ("complex key lines", fill("?\n")),
        ("colons", fill(": ")),
        ("anchors", fill("&a ")),
        ("anchor lines", fill("- &a x\n")),
        ("aliases", fill("*a ")),
        ("alias lines", fill("- *a\n")),
        ("tags", fill("!t ")),
        ("tag lines", fill("- !t x\n")),
        ("one anchor name", [b"a: &".as_slice(), &fill("x")].concat()),
        ("one plain scalar", fill("x")),
        ("words", fill("x ")),
        ("word lines", fill("x\n")),
        ("quoted", [b"\"".as_slice(), &fill("\\n"), b"\""].concat()),
        ("open quote", [b"\"".as_slice(), &fill("x ")].concat()),
        ("open single quote", [b"'".as_slice(), &fill("x\n")].concat()),
        ("literal", [b"a: |\n".as_slice(), &fill(" x\n")].concat()),
        ("literal of empty lines", [b"a: |\n".as_slice(), &fill("\n")].concat()),
        ("folded", [b"a: >\n".as_slice(), &fill("  x\n   y\n")].concat()),
        ("one long key", [fill("k").as_slice(), b": 1\n"].concat()),
        ("same key", fill("a: 1\n")),
        ("same long key", fill(&("k".repeat(900) + ": 1\n"))),
        ("many keys", keys(&|n| format!("k{n}: 1\n"))),
        ("many flow keys", [b"{".as_slice(), &keys(&|n| format!("k{n}: 1, ")), b"}"].concat()),
        ("indented maps", indented("k:").into_bytes()),
        ("indented lists", indented("-").into_bytes()),
        ("comments", fill("#\n")),
        ("comments in a map", [b"a:\n".as_slice(), &fill("  #\n"), b"  b: 1\n"].concat()),
        ("documents", fill("---\n")),
        ("document ends", fill("...\n")),
        ("directives", fill("%TAG !a! b\n")),
        ("tabs", fill("\t")),
        ("tab lines", fill("a:\n\tb: 1\n")),
        ("spaces", fill(" ")),
        ("line ends", fill("\r\n")),
        ("returns", fill("\r")),
        ("byte order marks", fill("\u{feff}")),
        ("NUL", vec![0; 200 * 1024]),
        ("not UTF-8", vec![0xff; 200 * 1024]),
        ("UTF-16", [0xff, 0xfe, b'a', 0].repeat(50 * 1024)),
        ("commas", [b"[".as_slice(), &fill(",")].concat()),
        ("pairs in a list", [b"[".as_slice(), &fill("a: b, "), b"]"].concat()),
        ("empty pairs in a list", [b"[".as_slice(), &fill("?,"), b"]"].concat()),
        ("empty maps in a list", [b"[".as_slice(), &fill("{},"), b"]"].concat()),
        ("empty texts in a list", [b"[".as_slice(), &fill("a,"), b"]"].concat()),
        ("digits", [b"a: ".as_slice(), &fill("9")].concat()),
        ("merge keys", fill("<<: {a: 1}\n")),
    ]
}

/// The time that any text may take. The promise of one second is about the optimised program; without optimisation
/// the parser is some eight times slower, and the machine may be shared.
pub(crate) const LIMIT: Duration = Duration::from_secs(if cfg!(debug_assertions) { 10 } else { 1 });

#[test]
fn hostile_text_is_cheap() {
    for (name, text) in hostile() {
        let begin = Instant::now();
        let result = parse(&text);
        let spent = begin.elapsed();
        assert!(spent < LIMIT, "{name}: {spent:?}");
        if let Err(faults) = result {
            let longest = faults.iter().map(|fault| fault.to_string().len()).max();
            assert!(longest < Some(1000), "{name}: {longest:?}");
            assert!(faults.len() <= MAX_FAULTS + 1, "{name}");
        }
    }
}
