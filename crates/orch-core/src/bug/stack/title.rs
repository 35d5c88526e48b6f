//! Titles of tests that failed, as test runners print them. A title stands for the function of a frame.

/// The title on a line, if it is one.
pub(crate) fn of(line: &str) -> Option<&str> {
    let text = line.trim();
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
            let rest = text.strip_prefix("FAILED ").or_else(|| text.strip_prefix("FAIL: "))?;
            let name = rest.split([' ', '\n']).next()?;
            rest.contains("::").then_some(name).or_else(|| text.starts_with("FAIL: ").then_some(name))
        }
        b'E' => text
            .strip_prefix("ERROR: ")
            .filter(|rest| rest.starts_with("test") && rest.contains(" ("))
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
        // jest, vitest: `● cart › adds`, ` FAIL  src/a.test.ts > cart > adds`; mocha: `1) cart adds:`
        _ => text.strip_prefix("● ").or_else(|| text.strip_prefix("✕ ")).or_else(|| text.strip_prefix("× ")).map(
            |title| title.rsplit_once(" (").filter(|(_, time)| time.ends_with("ms)")).map_or(title, |(title, _)| title),
        ),
    }
}
