//! Titles of tests that failed, as test runners print them. A title stands for the function of a frame.

/// The title on a line, if it is one.
pub(crate) fn of(line: &str) -> Option<&str> {
    let text = line.trim();
    // Gradle: `CartTest > adds() FAILED`
    if let Some(title) = text.strip_suffix(" FAILED")
        && title.contains(" > ")
    {
        return Some(title);
    }
    match text.as_bytes().first()? {
        // go test: `--- FAIL: TestCart/empty (0.00s)`; cargo test: `---- cart::adds stdout ----`
        b'-' => {
            if let Some(rest) = text.strip_prefix("--- FAIL: ") {
                return rest.split(" (").next();
            }
            let rest = text.strip_prefix("---- ")?.strip_suffix(" ----")?;
            rest.strip_suffix(" stdout").or_else(|| rest.strip_suffix(" stderr"))
        }
        // pytest: `______ test_cart ______`
        b'_' => {
            let title = text.trim_matches('_');
            (text.len() > title.len() + 4 && title.len() > 2 && title.starts_with(' ') && title.ends_with(' '))
                .then(|| title.trim())
        }
        // pytest: `FAILED tests/test_cart.py::test_empty - …`
        b'F' => {
            if let Some(rest) = text.strip_prefix("FAIL ") {
                // Vitest: `FAIL  src/a.test.ts > cart > adds`; nextest: `FAIL [   0.009s] (1/9) shop cart::adds`
                return match rest.trim_start().strip_prefix('[') {
                    Some(nextest) => nextest.contains("s] ").then(|| nextest.rsplit(' ').next()).flatten(),
                    None => rest.split_once(" > ").map(|(_, title)| title),
                };
            }
            let rest = text.strip_prefix("FAILED ").or_else(|| text.strip_prefix("FAIL: "))?;
            let name = rest.split([' ', '\n']).next()?;
            rest.contains("::").then_some(name).or_else(|| text.starts_with("FAIL: ").then_some(name))
        }
        // unittest: `ERROR: test_empty (cart.Test.test_empty)`; pytest: `ERROR tests/test_cart.py::test_empty - …`
        b'E' => text
            .strip_prefix("ERROR: ")
            .filter(|rest| rest.starts_with("test") && rest.contains(" ("))
            .or_else(|| text.strip_prefix("ERROR ").filter(|rest| rest.contains(".py::")))
            .and_then(|rest| rest.split(' ').next()),
        // gtest: `[  FAILED  ] Cart.Adds (1 ms)`
        b'[' => text
            .strip_prefix("[  FAILED  ] ")
            .and_then(|rest| rest.split([' ', ',']).next())
            .filter(|name| name.contains('.')),
        // rust: `thread 'cart::tests::adds' panicked at …`
        b't' => {
            let name = text.strip_prefix("thread '")?.split('\'').next()?;
            (name.contains("::") && text.contains("panicked at")).then_some(name)
        }
        // TAP: `not ok 1 - adds`
        b'n' => {
            let rest = text.strip_prefix("not ok ")?.trim_start_matches(|c: char| c.is_ascii_digit());
            rest.strip_prefix(" - ")
        }
        // Jest: `● cart › adds`, node: `✖ adds (1.2ms)`
        _ => ["● ", "✕ ", "× ", "✖ "].iter().find_map(|mark| text.strip_prefix(mark)).map(|title| {
            title.rsplit_once(" (").filter(|(_, time)| time.ends_with("ms)")).map_or(title, |(title, _)| title)
        }),
    }
}

/// The title in a numbered report: that of `RSpec`, of `PHPUnit`, of minitest, or of Mocha.
pub(crate) fn numbered<'t>(lines: &[&'t str]) -> Option<&'t str> {
    own_line(lines)
        .or_else(|| mocha_end(lines).and_then(|end| lines.get(end)).and_then(|last| last.trim().strip_suffix(':')))
}

/// `1) Cart adds` above `Failure/Error: …`; `1) Tests\\CartTest::adds`; `1) Failure:` above `CartTest#adds [cart.rb:3]:`.
pub(crate) fn own_line<'t>(lines: &[&'t str]) -> Option<&'t str> {
    let text = lines.first()?.trim_start();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = text[digits..].strip_prefix(") ").filter(|_| digits > 0)?;
    let below = lines.get(1).map_or("", |line| line.trim());
    let word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'\\' | b'_' | b':' | b'#' | b'?' | b'!');
    if matches!(rest, "Failure:" | "Error:") {
        let name = below.split([' ', ':']).next()?;
        return (name.contains('#') && name.bytes().all(word)).then_some(name);
    }
    if below.starts_with("Failure/Error:") {
        return Some(rest);
    }
    let name = rest.split(" with data set ").next()?;
    (name.contains("::") && name.bytes().all(word)).then_some(name)
}

/// The line that the title ends on that Mocha prints on several lines, each deeper: `1) cart`, below it `adds:`.
pub(crate) fn mocha_end(lines: &[&str]) -> Option<usize> {
    let first = lines.first()?;
    let text = first.trim_start();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 || !text[digits..].starts_with(") ") {
        return None;
    }
    let mut indent = first.len() - text.len();
    for (index, line) in lines.iter().enumerate().skip(1).take(6) {
        let text = line.trim();
        let deeper = line.len() - line.trim_start().len();
        if text.is_empty() || deeper <= indent {
            return None;
        }
        if text.ends_with(':') {
            return Some(index);
        }
        indent = deeper;
    }
    None
}
