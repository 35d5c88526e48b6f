//! Outputs of real tools, shortened, and the errors in them.

use proptest::prelude::*;

use super::*;
use crate::bug::{Fingerprinter, PartName, Report};

mod compilers;
mod crashes;
mod runners;
mod scripts;
mod suites;

const ROOT: &str = "/srv/shop";

/// Message, file, line, and the place that goes into the fingerprint.
type Expected<'t> = (&'t str, &'t str, u32, &'t str);

/// What is found, however the output was piped.
#[track_caller]
fn finds(text: &str, expected: &[Expected<'_>]) {
    let found = find(text, Some(ROOT));
    let fingerprinter = Fingerprinter::default();
    let places: Vec<String> = found
        .iter()
        .map(|error| {
            let explanation = fingerprinter.explain(&error.as_report());
            // as if somebody had reported it alone
            if explanation.place_rule != "line" {
                let alone = Report {
                    message: &error.message,
                    stack: error.stack.as_deref(),
                    project_root: Some(ROOT),
                    ..Report::default()
                };
                assert_eq!(fingerprinter.fingerprint(&alone).0, explanation.fingerprint, "{error:?}");
            }
            explanation.fingerprint.part(PartName::Place).to_owned()
        })
        .collect();
    let told: Vec<Expected<'_>> = found
        .iter()
        .zip(&places)
        .map(|(error, place)| {
            (
                error.message.as_str(),
                error.file.as_deref().unwrap_or_default(),
                error.line.unwrap_or_default(),
                place.as_str(),
            )
        })
        .collect();
    assert_eq!(told, expected, "{text}");
    let messages: Vec<&str> = found.iter().map(|error| error.message.as_str()).collect();
    for (name, piped) in [
        ("CI", prefixed(text, "2025-01-02T03:04:05.1234567Z ")),
        ("compose", prefixed(text, "web_1  | ")),
        ("GitHub's client", prefixed(text, "build\tRun the tests\t2025-01-02T03:04:05.1234567Z ")),
        ("container build", prefixed(text, "#12 0.345 ")),
        ("CRLF", text.replace('\n', "\r\n")),
        ("twice", format!("{text}\n\n{text}")),
    ] {
        let piped = find(&piped, Some(ROOT));
        let piped: Vec<&str> = piped.iter().map(|error| error.message.as_str()).collect();
        assert_eq!(piped, messages, "{name}: {text}");
    }
}

fn prefixed(text: &str, prefix: &str) -> String {
    text.lines().map(|line| format!("{prefix}{line}\n")).collect()
}

#[test]
fn a_run_that_went_well_has_no_errors() {
    for text in [
        "",
        "\n\n",
        "error handling tests passed\n0 errors\nno errors found\nFound 0 errors. Watching for file changes.",
        "Error: just text that was printed\nTypeError: printed, too\nValueError\n",
        "   Compiling thiserror v1.0.1\n   Compiling error-chain v0.12.4\n    Finished `dev` profile in 0.01s",
        "running 2 tests\ntest errors::panic_is_told ... ok\ntest error_handling_works ... ok\n\ntest result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 9 filtered out; finished in 0.00s",
        "test tests::dies - should panic ... ok\ntest result: ok. 1 passed; 0 failed",
        "warning: unused variable: `error`\n --> src/main.rs:3:9\n  |\n3 | fn take(error: Vec<i32>) {}\n  |         ^^^^^ help: if this is intentional, prefix it with an underscore: `_error`\n  |\n\nwarning: `shop` (bin \"shop\") generated 1 warning",
        "ok.c: In function ‘main’:\nok.c:1:29: warning: unused variable ‘error’ [-Wunused-variable]\n    1 | int main(void) { int error; }\n      |                      ^~~~~",
        "============================= test session starts ==============================\ncollected 10 items / 9 deselected / 1 selected\n\ntest_shop.py::T::test_error_handling PASSED [100%]\n\n======================= 1 passed, 9 deselected in 0.01s ========================",
        "test_error (ut.T.test_error) ... ok\n\n----------------------------------------------------------------------\nRan 1 test in 0.000s\n\nOK",
        "PASS src/error.test.ts\n  cart\n    ✓ throws an Error: when empty (1 ms)\n    ○ skipped TypeError\n\nTests:       1 passed, 1 total",
        "  console.error\n    Error: printed only\n        at Object.<anonymous> (/srv/shop/con.test.js:1:41)\n\n      at Object.error (con.test.js:1:35)\n\nPASS ./con.test.js\n  ✓ ok prints (29 ms)",
        "stderr | v/con.test.mjs > ok prints\nError: printed only\n    at /srv/shop/v/con.test.mjs:2:41\n\n ✓ v/con.test.mjs (1 test) 17ms",
        "=== RUN   TestError\n    cart_test.go:9: error: as expected\n--- PASS: TestError (0.00s)\nPASS\nok  \texample.com/errors\t0.002s\n# a comment\nsee main.go:3: here",
        "[INFO] Scanning for projects...\n[INFO] Tests run: 3, Failures: 0, Errors: 0, Skipped: 0\n[WARNING] an error was ignored\n[INFO] BUILD SUCCESS",
        "added 331 packages in 19s\nnpm warn deprecated error@1.0.0: gone\n3 vulnerabilities (1 low, 2 high)\nnpm warn install-scripts 1 package has install scripts",
        "(node:9) Warning: Accessing non-existent property\n    at foo (/srv/shop/a.js:3:5)\nTrace: here\n    at foo (/srv/shop/a.js:3:5)",
        "\"main\" #1 prio=5 os_prio=0 tid=0x1 nid=0x2 runnable\n   java.lang.Thread.State: RUNNABLE\n\tat com.acme.Cart.add(Cart.java:7)",
        "2025-03-09 21:14:05,123 INFO [main] com.acme.Job - 0 errors, error rate 0.0\n2025-03-09T21:14:05Z WARN error budget is low\n2025-01-02T03:04:05Z error handling tests passed",
        "error: could not compile `shop` (bin \"shop\") due to 5 previous errors; 1 warning emitted\nerror: aborting due to 2 previous errors\nerror: test failed, to rerun pass `--lib`\nerror: 2 targets failed:\n    `--lib`\nerror: could not compile `cart` (lib) due to 1 previous error\nwarning: unused\n --> src/a.rs:1:2\n\nmake: *** [Makefile:3: x.o] Error 1\ncollect2: error: ld returned 1 exit status\nclang: error: linker command failed with exit code 1 (use -v to see invocation)",
        "/srv/shop/a.js\n  3:4  error  'x' is not defined  no-undef\n\n✖ 1 problem (1 error, 0 warnings)",
        "Build succeeded.\n    0 Warning(s)\n    0 Error(s)",
        "if errors:\n    raise ValueError(\"x\")\nat least one error\n  at home\npanic: is a word\nSegmentation fault handling is tested",
    ] {
        assert_eq!(find(text, Some(ROOT)), [], "{text}");
        assert_eq!(find(&prefixed(text, "2025-01-02T03:04:05.1234567Z "), Some(ROOT)), [], "{text}");
    }
}

#[test]
fn loggers_say_which_of_their_lines_is_an_error() {
    let text = "2025-03-09 21:14:05,123 ERROR [main] com.acme.Job - cannot reach the store
2025-03-09 21:14:05,123 INFO [main] com.acme.Job - job 7
2025-03-09 21:14:05,124 ERROR [main] com.acme.Job - job broke
java.lang.IllegalStateException: no cart
\tat com.acme.Job.run(Job.java:7)
\tat java.base/java.lang.Thread.run(Thread.java:829)
2025-03-09T21:14:05.000000Z ERROR shop::cart: cannot load id=12
2025-03-09T21:14:05.000000Z ERROR shop::cart: cannot load id=13
CRITICAL: disk full
[ERROR] cannot connect to redis
ERROR:shop.cart:no such cart
2025-03-09 21:14:05,125 FATAL no cart is left
2025-03-09 21:14:05,125 ERROR no cart is left
[0507/072017:FATAL:font_list.cc(299)] Check failed: space_width_ > 0
2024-01-01 12:00:00.000 UTC [123] ERROR:  duplicate key value violates unique constraint \"carts_pkey\"
2024-01-01 12:00:00.000 UTC [123] DETAIL:  Key (id)=(7) already exists.
psql:sql/a.sql:1: ERROR:  relation \"order_lines\" does not exist
LINE 1: select sku, qty from order_lines where id = 42;
                             ^";
    finds(
        text,
        &[
            ("cannot reach the store", "", 0, ""),
            ("java.lang.IllegalStateException: no cart", "Job.java", 7, "com.acme.Job.run"),
            ("shop::cart: cannot load id=12", "", 0, ""),
            ("disk full", "", 0, ""),
            ("cannot connect to redis", "", 0, ""),
            ("no such cart", "", 0, ""),
            ("no cart is left", "", 0, ""),
            ("Check failed: space_width_ > 0", "", 0, ""),
            ("duplicate key value violates unique constraint \"carts_pkey\"", "", 0, ""),
            ("relation \"order_lines\" does not exist", "psql:sql/a.sql", 1, ""),
        ],
    );
}

#[test]
fn colours_change_nothing() {
    let plain = " FAIL  v/cart.test.mjs > cart > throws\nTypeError: Cannot read properties of undefined (reading 'length')\n ❯ add v/cart.test.mjs:2:39\n ❯ v/cart.test.mjs:5:26\n\n⎯⎯⎯⎯⎯[2/4]⎯\n";
    let coloured = "\u{1b}[41m\u{1b}[1m FAIL \u{1b}[22m\u{1b}[49m v/cart.test.mjs\u{1b}[2m > \u{1b}[22mcart\u{1b}[2m > \u{1b}[22mthrows\n\u{1b}[31m\u{1b}[1mTypeError\u{1b}[22m: Cannot read properties of undefined (reading 'length')\u{1b}[39m\n\u{1b}[36m \u{1b}[2m❯\u{1b}[22m add v/cart.test.mjs:\u{1b}[2m2:39\u{1b}[22m\u{1b}[39m\n\u{1b}[90m \u{1b}[2m❯\u{1b}[22m v/cart.test.mjs:\u{1b}[2m5:26\u{1b}[22m\u{1b}[39m\n\n\u{1b}[31m\u{1b}[2m⎯⎯⎯⎯⎯[2/4]⎯\u{1b}[22m\u{1b}[39m\n";
    assert_eq!(find(plain, None), find(coloured, None));
    assert_eq!(find(plain, None).len(), 1);
}

#[test]
fn so_many_errors_of_so_much_text_are_told() {
    let text: String = (0..1000)
        .map(|n| {
            let name: String = format!("{n:04}").bytes().map(|digit| char::from(digit - b'0' + b'a')).collect();
            format!("src/{name}.c:1:2: error: '{name}' undeclared\n")
        })
        .collect();
    assert_eq!(find(&text, None).len(), MAX_ERRORS);
    let frames = "    at add (/srv/shop/a.js:1:2)\n".repeat(10_000);
    let found = find(&format!("TypeError: x\n{frames}"), None);
    assert!(found.len() == 1 && found[0].stack.as_ref().is_some_and(|stack| stack.len() <= MAX_STACK));
    let long = format!("ERROR: long {}\n", "é".repeat(100_000));
    assert!(find(&long, None)[0].message.len() <= 4096);
}

proptest! {
    #[test]
    fn any_text_is_taken(text in "\\PC{0,400}", root in proptest::option::of("/[a-z]{1,8}")) {
        let found = find(&text, root.as_deref());
        prop_assert_eq!(&found, &find(&text, root.as_deref()));
    }

    #[test]
    fn lines_of_tools_in_any_order_are_taken(picks in prop::collection::vec(0..LINES.len(), 0..40)) {
        let text: Vec<&str> = picks.iter().map(|pick| LINES[*pick]).collect();
        let text = text.join("\n");
        let found = find(&text, Some(ROOT));
        prop_assert!(found.len() <= picks.len());
        for error in &found {
            prop_assert!(!error.message.is_empty());
        }
    }
}

/// Lines that begin or go on with something.
const LINES: [&str; 42] = [
    "",
    "Traceback (most recent call last):",
    "  File \"a.py\", line 1, in f",
    "KeyError: 'k'",
    "E   KeyError: 'k'",
    "____ test_a ____",
    "====",
    "----",
    "FAIL: test_a (b)",
    "ERROR: test_a (b)",
    "----------",
    "thread 'a' panicked at src/a.rs:1:2:",
    "note: run with",
    "stack backtrace:",
    "   0: a::b",
    "             at ./a.rs:1:2",
    "error: x",
    "error[E0001]: x",
    " --> a.rs:1:2",
    "---- a::b stdout ----",
    "failures:",
    "--- FAIL: TestA (0.00s)",
    "    a_test.go:1: x",
    "panic: x",
    "goroutine 1 [running]:",
    "● a › b",
    "FAIL  a > b",
    "1) a",
    "   b:",
    "TypeError: x",
    "    at f (a.js:1:2) {",
    "}",
    "Caused by: x.Y: z",
    "\tat a.B.c(B.java:1)",
    "==1==ERROR: AddressSanitizer: x on y",
    "SUMMARY: x",
    "a.c:1:2: error: x",
    "PHP Fatal error:  x in /a.php:1",
    "Stack trace:",
    "a.rb:1:in `f': x (E)",
    "not ok 1 - a",
    "[ RUN      ] a.b",
];
