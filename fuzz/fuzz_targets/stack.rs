//! Fuzzes stack traces and outputs of tools: frames are parts of the text, errors are within their limits and told again alike.
#![no_main]

use libfuzzer_sys::fuzz_target;
use orch_core::bug::output::{self, MAX_ERRORS};
use orch_core::bug::stack::{self, Frame};

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let lines: Vec<&str> = text.split('\n').collect();
    let trace = stack::parse(&lines);
    assert_eq!(stack::parse(&lines), trace);
    assert!(trace.first.is_none_or(|first| first < lines.len()));
    assert_eq!(trace.first.is_some(), !trace.blocks.is_empty(), "{trace:?}");
    assert!(trace.blocks.len() <= 8 && trace.blocks.iter().all(|block| (1..=64).contains(&block.frames.len())));
    assert!(text.contains(trace.test));
    let frames = trace.blocks.iter().flat_map(|block| &block.frames).chain(&trace.place);
    for Frame { function, file, source, .. } in frames {
        for part in [function, file, source] {
            assert!(lines.iter().any(|line| line.contains(part)), "{part:?} is on no line");
        }
    }

    let found = output::find(&text, Some("/srv/app"));
    assert!(found.len() <= MAX_ERRORS);
    for report in &found {
        assert!(!report.message.is_empty());
        assert!(report.stack.as_ref().is_none_or(|stack| stack.len() <= 64 * 1024));
    }
    assert_eq!(output::find(&text, Some("/srv/app")), found);
});
