use super::*;
use crate::bug::token::Token;

fn template_of(text: &str) -> String {
    let mut out = Vec::new();
    template(text, "/srv/shop", &[], &mut out, &mut ());
    String::from_utf8(out).unwrap()
}

#[track_caller]
fn all_become(texts: &[&str], expected: &str) {
    for text in texts {
        assert_eq!(template_of(text), expected, "{text}");
    }
}

#[track_caller]
fn stay(texts: &[&str]) {
    for text in texts {
        assert_eq!(template_of(text), *text);
    }
}

#[test]
fn addresses_of_the_web_and_of_people() {
    all_become(
        &[
            "see http://a.test now",
            "see https://u:p@a.test:8080/x/y.js?q=1&r=two#top now",
            "see wss://[2001:db8::1]:80/feed now",
            "see postgres://u@db/app now",
        ],
        "see <url> now",
    );
    all_become(&["of a@b.io,", "of first.last+tag@mail.b.co.uk,", "of a_b-c@x9.de,"], "of <email>,");
    stay(&["ping @someone", "package @scope/name"]);
    assert_eq!(template_of("com.acme.Foo@1a2b3c4d: gone"), "com.acme.Foo@<hex>: gone");
}

#[test]
fn addresses_of_machines() {
    all_become(
        &[
            "from 10.0.0.1 on",
            "from 10.0.0.1:8080 on",
            "from ::1 on",
            "from fe80::1%eth0 on",
            "from ::ffff:192.0.2.7 on",
            "from 10.0.0.1 (a.b.test) on",
            "from 10.0.0.1 () on",
        ],
        "from <ip> on",
    );
    stay(&["Vec::push(x)", "Dad::add()", "std::fs::read"]);
    all_become(&["mac 00:11:43:e3:ba:c3.", "mac 00-11-43-E3-BA-C3.", "mac 0000:00:1f.2."], "mac <mac>.");
    all_become(&["to mail.example.org:25", "to 1-2-3-4.dsl.example.net", "to pc7.corp.example.com.mx"], "to <host>");
    stay(&["com.acme.shop.Cart failed", "module a.b.c is gone", "cart.rs is here"]);
}

#[test]
fn ids() {
    all_become(
        &[
            "id 00000000-0000-0000-0000-000000000000",
            "id 4b0c1a9e-77d2-4f1b-9a55-0c2d8e6f7a31",
            "id F3A1B2C4-0000-4D5E-8F90-ABCDEF012345",
        ],
        "id <uuid>",
    );
    all_become(&["at 0x7ffd1234", "at 0xDEADBEEF"], "at <hex>");
    all_become(&["address 0x0", "address 0x00000018"], "address <null>");
    all_become(&["commit 1f3d5b7", "commit 9c1185a5c5e9fc54612808977ee8f548b2258d31"], "commit <hash>");
    assert_eq!(template_of("key jA9kKQwz022479Zu"), "key <random>");
    all_become(&["on worker17 now", "on worker_b31 now"], "on <id> now");
    stay(&["decade and facade", "sha256 of utf8", "x86_64-linux", "an i32 or u8"]);
}

#[test]
fn times_and_spans() {
    all_become(
        &[
            "at 2025-03-09T21:14:05.123456Z ok",
            "at 2025-03-09 21:14:05,417 ok",
            "at 2025-03-09 21:14:05-0500 ok",
            "at 2025-03-09 ok",
            "at 20250309T211405Z ok",
            "at 20250309 211405 ok",
            "at Sun, 09 Mar 2025 21:14:05 GMT ok",
            "at Sun Mar  9 21:14:05 2025 ok",
            "at Sun Mar 09 2025 21:14:05 GMT+0100 (CET) ok",
            "at 09/Mar/2025:21:14:05 +0000 ok",
            "at Mar 09, 2025 ok",
            "at 21:14:05 ok",
            "at datetime.datetime(2025, 3, 9, 21, 14) ok",
        ],
        "at <time> ok",
    );
    all_become(&["in 3ms.", "in 2.5 seconds.", "in 1h20m.", "in 90 ms.", "in 0.250s."], "in <duration>.");
    all_become(
        &["of 5.8 KB,", "of 12 bytes,", "of 1 byte,", "of 80%,", "of 3MiB,", "of 20250309 bytes,"],
        "of <size>,",
    );
    // a place is no time
    assert_eq!(template_of("main.c:12:30"), "main.c:<num>:<num>");
    stay(&["may be sat on"]);
}

#[test]
fn numbers() {
    all_become(&["took 7 tries", "took -48213 tries", "took 1,234,567 tries", "took 1.5e-7 tries"], "took <num> tries");
    assert_eq!(template_of("(5) #9 3:9"), "(<num>) #<num> <num>:<num>");
    assert_eq!(template_of("lib 1.2.3-beta.4 of v10.20.30"), "lib <version> of v<version>");
    assert_eq!(template_of("got 1, 2, 3"), template_of("got 1, 2, 3, 4, 5"));
    assert_eq!(template_of("got 1,2"), template_of("got 1,2,3"));
}

#[test]
fn codes_stay() {
    stay(&[
        "status 404",
        "status: 500",
        "HTTP 502",
        "HTTP status 503",
        "statusCode=404",
        "404 Not Found",
        "exit code 137",
        "exit status: 101",
        "exited with code 2",
        "[Errno 13] Permission denied",
        "os error 2",
        "signal 11",
        "SQLSTATE[23505]",
        "SQLSTATE 42P01",
        "error[E0308]",
        "TS2304: x",
        "CS0246",
        "ORA-00942",
        "ER_DUP_ENTRY",
        "utf-8 and utf-16",
        "http/2",
        "TLSv1.2",
    ]);
    assert_eq!(template_of("HRESULT = 0x800f0805"), "HRESULT = 0x800f0805");
    assert_eq!(template_of("error: 5 tests"), "error: <num> tests");
}

#[test]
fn quotes_by_context() {
    stay(&[
        "'Cart' object has no attribute 'total'",
        "name 'foo' is not defined",
        "relation \"orders\" does not exist",
        "unsupported operand type(s) for +: 'int' and 'str'",
        "No module named 'acme.shop'",
        "KeyError: 'currency'",
        "unexpected argument '--debug' found",
        "don't do that",
        "it's 'its' own",
    ]);
    assert_eq!(
        template_of("invalid literal for int() with base 10: 'kwame'"),
        "invalid literal for int() with base <num>: '<str>'"
    );
    assert_eq!(
        template_of("invalid input syntax for type integer: \"abc\""),
        "invalid input syntax for type integer: '<str>'"
    );
    assert_eq!(
        template_of("Duplicate entry 'a b' for key 'users.email'"),
        "Duplicate entry '<str>' for key 'users.email'"
    );
    assert_eq!(template_of("failed for user \"bob\""), "failed for user '<str>'");
    assert_eq!(template_of("\"<x1>\" is not valid JSON"), "'<str>' is not valid JSON");
    assert_eq!(template_of("Key (id)=(bob, 7) already exists"), "Key (id)=(<val>) already exists");
}

/// A run of spaces is one space in the template, so it is one to every rule.
#[test]
fn spaces_do_not_count() {
    for text in [
        "session opened for user ada by root",
        "invalid user  from 10.0.0.1",
        "password for ada from 10.0.0.1",
        "took 7 ms, 3 MB",
        "404 Not Found",
        "GET /items/7 HTTP/1.1",
        "attribute 'total'",
        "input 'a b' here",
        "could not read: 'x y'",
        "'abc' is not valid JSON",
        "from 10.0.0.1 (a.b.test) on",
    ] {
        let once = template_of(text);
        assert_eq!(template_of(&text.replace(' ', "   ")), once, "{text}");
        assert_eq!(template_of(&text.replace(' ', "\t")), once, "{text}");
    }
}

#[test]
fn what_is_masked_once_is_read_the_same_again() {
    for text in [
        "1_0user 'w2 x'",
        "5user bob",
        "ada@b.com438 x",
        "ada@b.com.146$f x",
        "E_4T9",
        "invalid input \"z o\"é'{",
        "shelf='[ [ invalid input \"z o\" *",
        "user \"C:\\Users\\bob\\a.txt, invalid input \"z9\":",
    ] {
        let once = template_of(text);
        assert_eq!(template_of(&once), once, "{text}");
    }
}

#[test]
fn keys_and_values() {
    assert_eq!(
        template_of("uid=7 name='Ola' flag=True ok=false rhost=a.b"),
        "uid=<val> name='<str>' flag=<bool> ok=<bool> rhost=<host>"
    );
    stay(&["code=ECONNREFUSED", "ready = true", "kind=Timeout", "T=u32"]);
    assert_eq!(template_of("box=Rect(0, 0 - 9, 9) x"), "box=<val> x");
}

#[test]
fn accounts() {
    all_become(&["session opened for user ada", "session opened for user test"], "session opened for user <name>");
    all_become(&["password for root from 10.0.0.1", "password for ada from 10.0.0.2"], "password for <name> from <ip>");
    stay(&["unknown user", "user data is missing"]);
}

#[test]
fn paths() {
    all_become(
        &[
            "open /home/ada/app/a.txt.",
            "open /Users/bob/src/app/a.txt.",
            "open C:\\Users\\bob\\a.txt.",
            "open file:///var/x/a.txt.",
        ],
        "open <path>/a.txt.",
    );
    all_become(&["open /srv/shop/src/a.rs", "open src/a.rs", "open ./src/a.rs", "open src\\a.rs"], "open src/a.rs");
    all_become(&["in /srv/shop", "in ."], "in .");
    all_become(&["made /tmp/app-x1f3", "made /var/tmp/app_abcdefgh"], "made <path>");
    all_become(&["in /srv/shop/node_modules/a/b.js", "in /opt/x/node_modules/a/b.js"], "in node_modules/a/b.js");
    stay(&["GET /settings", "and/or", "route /items/new"]);
    assert_eq!(template_of("GET /items/7?x=1 HTTP/1.1"), "GET <url> HTTP/1.1");
}

#[test]
fn decisions_are_recorded() {
    let mut tokens: Vec<Token> = Vec::new();
    let text = "status 404 after 7 tries of 'x y' by a@b.io";
    template(text, "", &[], &mut Vec::new(), &mut tokens);
    let found: Vec<(&str, &str)> =
        tokens.iter().map(|token| (token.rule.name(), &text[token.start..token.end])).collect();
    assert_eq!(found, [("code", "404"), ("number", "7"), ("email", "a@b.io")]);
}

#[test]
fn long_and_strange_texts_end() {
    for unit in
        ["a.", "1.", "'", "\"", "a@", "/", "0x", "::", "1:", "(", "=a", "<", "-1", "\\", "Mar 1 ", "é", "a.b@", "1-2-"]
    {
        let text = unit.repeat(1_000_000 / unit.len());
        let out = template_of(&text);
        assert!(out.len() <= TEMPLATE_LIMIT, "{unit}");
    }
}
