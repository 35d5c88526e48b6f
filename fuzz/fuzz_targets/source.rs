//! Fuzzes the look at a source file: any text has the lines it has, in every language.
#![no_main]

use libfuzzer_sys::fuzz_target;
use orch_core::bug::source;

const NAMES: [&str; 12] =
    ["src/a.rs", "a.py", "a.tsx", "A.java", "a.kt", "a.go", "a.php", "a.rb", "a.cc", "A.cs", "a.swift", "a.txt"];

fuzz_target!(|data: &[u8]| {
    let Some(([name, line], text)) = data.split_first_chunk() else { return };
    let text = String::from_utf8_lossy(text);
    let name = NAMES[usize::from(*name) % NAMES.len()];
    let there = *line > 0 && text.split_inclusive('\n').count() >= usize::from(*line);
    let place = source::look(name, &text, u32::from(*line));
    assert_eq!(place.is_some(), there);
    if let Some(place) = place {
        assert!(place.text.len() <= 512 && !place.text.contains('\n'));
        assert!(place.function.is_none_or(|function| !function.is_empty()));
    }
});
