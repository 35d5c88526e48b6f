//! The house rules that a machine can check. Each rule lists offenders, and is shown a bad sample so that it can fail.

use std::fs;
use std::path::{Path, PathBuf};

/// The most lines of a file before its tests.
const LINES: usize = 450;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The Rust files below some folders of the workspace, with their text; paths seen from the root.
fn sources(folders: &[&str]) -> Vec<(String, String)> {
    let mut open: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() && !path.ends_with("target") {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let shown = path.strip_prefix(root()).unwrap().display().to_string();
                found.push((shown, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(!found.is_empty());
    found
}

/// The text before the tests.
fn body(text: &str) -> &str {
    text.find("\n#[cfg(test)]\nmod ").map_or(text, |end| &text[..end])
}

fn offenders(files: &[(String, String)], rule: impl Fn(&str, &str) -> Option<String>) -> Vec<String> {
    files.iter().filter_map(|(path, text)| rule(path, text).map(|problem| format!("{path}: {problem}"))).collect()
}

fn first_line(_: &str, text: &str) -> Option<String> {
    (!text.starts_with("//! ")).then(|| "line 1 does not say what the file is".to_owned())
}

fn size(path: &str, text: &str) -> Option<String> {
    let lines = body(text).lines().count();
    (lines > LINES && !path.ends_with("tests.rs") && !path.contains("/tests/"))
        .then(|| format!("{lines} lines before the tests"))
}

fn name(path: &str, _: &str) -> Option<String> {
    let banned = ["util", "utils", "common", "helper", "helpers", "manager", "imp", "misc"];
    let bad = Path::new(path).components().any(|part| {
        let part = part.as_os_str().to_string_lossy();
        banned.contains(&part.strip_suffix(".rs").unwrap_or(&part))
    });
    bad.then(|| "a name that says nothing".to_owned())
}

/// A rule that only one file may use a word.
fn only_in(word: &'static str, allowed: &'static str) -> impl Fn(&str, &str) -> Option<String> {
    move |path, text| {
        let line = text.lines().position(|line| !line.trim_start().starts_with("//") && line.contains(word))?;
        (path != allowed).then(|| format!("line {}: only {allowed} names {word}", line + 1))
    }
}

fn silent(path: &str, text: &str) -> Option<String> {
    if path.contains("orch-cli") || path.ends_with("tests.rs") || path.contains("/tests/") {
        return None;
    }
    let loud = ["println!", "eprintln!", "process::exit", "dbg!"];
    let line = body(text).lines().position(|line| loud.iter().any(|word| line.contains(word)))?;
    Some(format!("line {}: a library does not print or exit", line + 1))
}

fn shows(rule: impl Fn(&str, &str) -> Option<String>, path: &str, bad: &str) {
    assert!(rule(path, bad).is_some(), "the rule lets a bad sample pass");
}

#[test]
fn every_file_says_what_it_is() {
    shows(first_line, "a.rs", "use std::fs;\n");
    assert_eq!(offenders(&sources(&["crates", "migrations", "examples", "tests"]), first_line), [""; 0]);
}

#[test]
fn no_room_grows_too_large() {
    shows(size, "a.rs", &"x\n".repeat(LINES + 1));
    assert_eq!(offenders(&sources(&["crates", "migrations"]), size), [""; 0]);
}

#[test]
fn names_say_something() {
    shows(name, "crates/x/src/util.rs", "");
    shows(name, "crates/x/src/helpers/mod.rs", "");
    assert_eq!(offenders(&sources(&["crates", "migrations", "tests"]), name), [""; 0]);
}

#[test]
fn one_file_names_each_confined_library() {
    let files = sources(&["crates", "migrations"]);
    for (word, allowed) in [("serde_yaml::", "crates/orch-core/src/yaml.rs"), ("git2::", "crates/orch-git/src/repo.rs")]
    {
        shows(only_in(word, allowed), "other.rs", &format!("use {word}x;\n"));
        assert_eq!(offenders(&files, only_in(word, allowed)), [""; 0]);
    }
}

#[test]
fn libraries_neither_print_nor_exit() {
    shows(silent, "crates/orch-core/src/a.rs", "fn a() {\n    println!(\"x\");\n}\n");
    assert_eq!(offenders(&sources(&["crates", "migrations"]), silent), [""; 0]);
}

#[test]
fn migrations_never_import_entities() {
    let rule = |_: &str, text: &str| text.contains("orch_store").then(|| "imports the store".to_owned());
    shows(rule, "a.rs", "use orch_store::entity;\n");
    assert_eq!(offenders(&sources(&["migrations"]), rule), [""; 0]);
}

#[test]
fn each_dependency_has_a_reason() {
    let without = |text: &str| -> Vec<String> {
        let section = text.split("[workspace.dependencies]").nth(1).unwrap_or_default();
        let lines: Vec<&str> = section.split("\n[").next().unwrap_or_default().lines().collect();
        let bare = lines.windows(2).filter(|pair| {
            pair[1].contains('=')
                && !pair[1].contains("path = ")
                && !pair[1].starts_with('#')
                && !pair[0].starts_with("# ")
        });
        bare.map(|pair| pair[1].to_owned()).collect()
    };
    assert_eq!(without("[workspace.dependencies]\nserde = \"1\"\n"), ["serde = \"1\""]);
    assert_eq!(without(&fs::read_to_string(root().join("Cargo.toml")).unwrap()), [""; 0]);
}

#[test]
fn the_picture_of_the_house_is_true() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    for folder in [
        "crates/orch-core",
        "crates/orch-store",
        "crates/orch-search",
        "crates/orch-git",
        "crates/orch-cli",
        "migrations",
        "examples",
        "tests",
    ] {
        let name = folder.rsplit('/').next().unwrap();
        assert!(text.contains(name) && root().join(folder).is_dir(), "{folder}");
    }
}
