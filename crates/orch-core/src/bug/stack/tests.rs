use super::*;

#[track_caller]
fn frames(text: &str, expected: &[(Language, &str, &str, u32)]) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let trace = parse(&lines);
    let found: Vec<(Language, &str, &str, u32)> = trace
        .blocks
        .iter()
        .flat_map(|block| &block.frames)
        .map(|frame| (frame.language, frame.function, frame.file, frame.line))
        .collect();
    assert_eq!(found, expected, "{text}");
    trace.blocks.len()
}

#[test]
fn python() {
    use Language::Python as P;
    let text = "Traceback (most recent call last):\n  File \"/a/main.py\", line 9, in <module>\n    run()\n  File \"/a/cart.py\", line 4, in run\n    x / 0\nZeroDivisionError: division by zero";
    frames(text, &[(P, "run", "/a/cart.py", 4), (P, "<module>", "/a/main.py", 9)]);
    // the cause comes first
    let chained = format!(
        "Traceback (most recent call last):\n  File \"c.py\", line 1, in cause\n    f()\nKeyError: 'x'\n\nDuring handling of the above exception, another exception occurred:\n\n{text}"
    );
    assert_eq!(
        frames(&chained, &[(P, "cause", "c.py", 1), (P, "run", "/a/cart.py", 4), (P, "<module>", "/a/main.py", 9)]),
        2
    );
}

#[test]
fn javascript() {
    use Language::JavaScript as J;
    frames(
        "TypeError: x\n    at add (/a/cart.js:12:5)\n    at async Cart.run (file:///a/b.mjs:3:1)\n    at /a/c.js:7:1\n    at new Shop (webpack:///./src/d.ts:1:2)",
        &[
            (J, "add", "/a/cart.js", 12),
            (J, "async Cart.run", "file:///a/b.mjs", 3),
            (J, "", "/a/c.js", 7),
            (J, "new Shop", "webpack:///./src/d.ts", 1),
        ],
    );
    frames(
        "add@http://a.test/cart.js:12:5\n@http://a.test/b.js:3:1",
        &[(J, "add", "http://a.test/cart.js", 12), (J, "", "http://a.test/b.js", 3)],
    );
    frames(
        "#0      main.<anonymous closure> (file:///a/b.dart:28:20)",
        &[(J, "main.<anonymous closure>", "file:///a/b.dart", 28)],
    );
}

#[test]
fn jvm() {
    use Language::Jvm as J;
    let text = "java.lang.IllegalStateException: x\n\tat com.acme.Cart.add(Cart.java:12)\n\tat java.base/java.lang.Thread.run(Thread.java:829)\n\tat com.acme.K$f$1.invoke(K.kt:3)\n\tat jdk.Foo.bar(Native Method)\nCaused by: java.io.IOException: y\n\tat com.acme.Disk.read(Disk.java:7)\n\t... 3 more";
    let expected = [
        (J, "com.acme.Disk.read", "Disk.java", 7),
        (J, "com.acme.Cart.add", "Cart.java", 12),
        (J, "java.lang.Thread.run", "Thread.java", 829),
        (J, "com.acme.K$f$1.invoke", "K.kt", 3),
        (J, "jdk.Foo.bar", "", 0),
    ];
    assert_eq!(frames(text, &expected), 2);
}

#[test]
fn dotnet() {
    use Language::DotNet as D;
    frames(
        "System.FormatException: x\n   at System.Int32.Parse(String s)\n   at Acme.Cart.Add(Item item) in C:\\src\\Cart.cs:line 12",
        &[(D, "System.Int32.Parse(String s)", "", 0), (D, "Acme.Cart.Add(Item item)", "C:\\src\\Cart.cs", 12)],
    );
    assert_eq!(dotnet::name("Acme.Cart.<Run>d__3.MoveNext()"), "Acme.Cart.Run");
    assert_eq!(dotnet::name("Acme.Cart.<>c__DisplayClass0_0.<Run>b__0(Item x)"), "Acme.Cart.Run");
}

#[test]
fn rust() {
    use Language::Rust as R;
    frames(
        "thread 'main' panicked at src/cart.rs:12:5:\nx\nstack backtrace:\n   0: rust_begin_unwind\n             at /rustc/abc/library/std/src/panicking.rs:1:5\n   1: shop::cart::add::h0123456789abcdef\n             at ./src/cart.rs:12:5",
        &[
            (R, "rust_begin_unwind", "/rustc/abc/library/std/src/panicking.rs", 1),
            (R, "shop::cart::add::h0123456789abcdef", "./src/cart.rs", 12),
        ],
    );
}

#[test]
fn go() {
    use Language::Go as G;
    frames(
        "panic: x\n\ngoroutine 1 [running]:\nmain.(*Cart).Add(0xc000, 0x1)\n\t/a/cart.go:12 +0x1d\nmain.main()\n\t/a/main.go:3 +0x20\n\ngoroutine 2 [select]:\nmain.other()\n\t/a/o.go:1 +0x2",
        &[(G, "main.(*Cart).Add", "/a/cart.go", 12), (G, "main.main", "/a/main.go", 3)],
    );
}

#[test]
fn php_and_ruby() {
    use Language::{Php, Ruby};
    frames(
        "#0 /a/Cart.php(12): Acme\\Cart->add(1, 'x')\n#1 [internal function]: run()\n#2 {main}",
        &[(Php, "Acme\\Cart->add", "/a/Cart.php", 12), (Php, "run", "", 0)],
    );
    frames(
        "/a/cart.rb:12:in `add': x (RuntimeError)\n\tfrom main.rb:3:in 'Object#run'\n actionpack (5.1.4) lib/a.rb:63:in `call'",
        &[(Ruby, "add", "/a/cart.rb", 12), (Ruby, "Object#run", "main.rb", 3), (Ruby, "call", "lib/a.rb", 63)],
    );
}

#[test]
fn native() {
    use Language::Native as N;
    frames(
        "#0  0x00007f in raise () from /lib/libc.so.6\n#1  add (x=1) at src/cart.c:12",
        &[(N, "raise ()", "/lib/libc.so.6", 0), (N, "add (x=1)", "src/cart.c", 12)],
    );
    frames(
        "    #0 0x4f5 in Cart::add(int) /a/cart.cc:12:3\n    #1 0x4f6 in f (/a/lib.so+0x12)",
        &[(N, "Cart::add(int)", "/a/cart.cc", 12), (N, "f", "/a/lib.so", 0)],
    );
    frames(
        "[<ffffffc0>] show_it+0x0/0x258 kernel/a.c:83\n do_it+0x10/0x20",
        &[(N, "show_it", "kernel/a.c", 83), (N, "do_it", "", 0)],
    );
    frames(
        "vpanic() at vpanic+0x1e0/frame 0xfffe\nsoo(1,2) at soo+0x10 sys/a.c:12",
        &[(N, "vpanic", "", 0), (N, "soo", "sys/a.c", 12)],
    );
}

#[test]
fn crash_logs() {
    use Language::Native as N;
    frames(
        "0   libsystem_kernel.dylib  0x00007fff __pthread_kill + 10\n1   shop  0x0000 Cart::add(int) + 12 (cart.cc:12)",
        &[(N, "__pthread_kill", "libsystem_kernel.dylib", 0), (N, "Cart::add(int)", "cart.cc", 12)],
    );
    frames("    #00 pc 0001a43c  /system/lib/libc.so (abort+12)", &[(N, "abort+12", "/system/lib/libc.so", 0)]);
    frames("ntdll!RtlUserThreadStart+0x21", &[(N, "RtlUserThreadStart", "ntdll", 0)]);
    frames(" 0  shop!Cart::add(int) [cart.cc : 12 + 0x3]", &[(N, "Cart::add(int)", "cart.cc", 12)]);
}

#[test]
fn places_of_tools() {
    let place = |text: &str| {
        let lines: Vec<&str> = text.lines().collect();
        parse(&lines).place.map(|place| (place.file.to_owned(), place.line, place.source.to_owned()))
    };
    let found = |file: &str, line, source: &str| Some((file.to_owned(), line, source.to_owned()));
    assert_eq!(place("error: x\n --> src/a.rs:4:1\n  |\n4 | struct S;\n  | ^"), found("src/a.rs", 4, "struct S;"));
    assert_eq!(place("a.c:1:2: error: x"), found("a.c", 1, ""));
    assert_eq!(place("src/a.ts(12,5): error TS2304: x"), found("src/a.ts", 12, ""));
    assert_eq!(place("PHP Fatal error:  x in /a/b.php on line 12"), found("/a/b.php", 12, ""));
    assert_eq!(place("x at script.pl line 12."), found("script.pl", 12, ""));
    assert_eq!(place("connection to 10.0.0.1:80: refused"), None);
}

#[test]
fn titles_of_tests() {
    for (line, expected) in [
        ("--- FAIL: TestCart/empty (0.00s)", Some("TestCart/empty")),
        ("---- cart::adds stdout ----", Some("cart::adds")),
        ("______ test_cart ______", Some("test_cart")),
        ("  ● cart › adds", Some("cart › adds")),
        ("thread 'cart::tests::adds' panicked at src/a.rs:1:2:", Some("cart::tests::adds")),
        ("thread 'main' panicked at src/a.rs:1:2:", None),
        ("an ordinary line", None),
    ] {
        assert_eq!(title::of(line), expected, "{line}");
    }
}

#[test]
fn any_lines_are_survived() {
    let odd = [
        "at ",
        "at (",
        "#",
        "#0",
        "#0 ",
        "#0 0x",
        "File \"",
        "File \"a\", line ",
        "0:",
        "1: ",
        "[<",
        "a:in ",
        "a:1:in `",
        " at b(",
        "x() at x+",
        "()",
        "+0x/0x",
        "!+0x",
        "thread '",
        "--- FAIL: ",
        "é",
        "(:1)",
        ") [0x",
        "f@:1",
        "::",
    ];
    for first in odd {
        for second in odd {
            let (joined, spaced) = (format!("{first}{second}"), format!(" {first}é{second}é"));
            let traces = [parse(&[first, second]), parse(&[&joined]), parse(&[&spaced])];
            assert!(traces.iter().all(|trace| trace.blocks.len() < 3));
        }
    }
}

proptest::proptest! {
    #[test]
    fn any_lines_have_frames_that_stand_in_them(
        lines in proptest::collection::vec(
            "(  File \"[a-z./]{1,8}\", line [0-9]{1,3}, in [a-z]{1,4}|\tat [a-z.]{1,9}\\([A-Z][a-z]\\.java:[0-9]{1,3}\\)|Caused by: [a-z]{0,5}|\
             [ 0-9]{1,3}: [a-z:]{1,9}|#[0-9] 0x[0-9a-f]{1,4} in [a-z]{1,5} \\(\\) at [a-z.]{1,5}:[0-9]{1,3}|\\PC{0,30})",
            0..12,
        ),
    ) {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let trace = super::parse(&lines);
        proptest::prop_assert_eq!(trace.first.is_some(), !trace.blocks.is_empty());
        for frame in trace.blocks.iter().flat_map(|block| &block.frames).chain(&trace.place) {
            for part in [frame.function, frame.file, frame.source] {
                proptest::prop_assert!(lines.iter().any(|line| line.contains(part)), "{:?} is on no line", part);
            }
        }
    }
}
