//! The house rules: each a function from sources to the places that break it. Reads no files.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{Offence, Source, is_word};

/// What a file may have in lines that are not tests. The aim is 400; above this it holds more than one noun.
pub(crate) const MAX_LINES: usize = 450;

const VAGUE_NAMES: [&str; 8] = ["util", "utils", "common", "helper", "helpers", "manager", "imp", "misc"];

/// Crates that one file alone may name, and the folder of its parts, so that another one can take their place.
const CONFINED: [(&str, &str); 2] =
    [("serde_yaml", "crates/orch-core/src/yaml.rs"), ("git2", "crates/orch-git/src/repo.rs")];

/// The packages that only do what they are called for: they neither print nor end the program.
const LIBRARIES: [&str; 5] = [
    "crates/orch-core/src/",
    "crates/orch-store/src/",
    "crates/orch-search/src/",
    "crates/orch-git/src/",
    "migrations/src/",
];

/// Text about paths of other machines, which redaction and normalization have to know.
const ABOUT_PATHS: [&str; 2] = ["crates/orch-core/src/bug/", "crates/orch-core/src/redact"];

fn in_crates(source: &Source) -> bool {
    source.is_rust()
        && (["migrations/src/", "tests/src/"].iter().any(|folder| source.path.starts_with(folder))
            || source.path.strip_prefix("crates/").is_some_and(|rest| rest.split('/').nth(1) == Some("src")))
}

/// Line 1 of a file says what it is and what it must not do.
pub(crate) fn first_lines(sources: &[Source]) -> Vec<Offence> {
    let silent = |source: &&Source| {
        let first = source.text.lines().next().unwrap_or_default();
        first.strip_prefix("//! ").is_none_or(|says| says.trim().is_empty())
    };
    // a module's tests are described by the module
    let described = |source: &&Source| in_crates(source) && !source.is_test();
    sources
        .iter()
        .filter(described)
        .filter(silent)
        .map(|s| s.offence(1, "does not begin with `//! ` and words"))
        .collect()
}

/// One file, one noun.
pub(crate) fn file_lengths(sources: &[Source]) -> Vec<Offence> {
    let sources = sources.iter().filter(|source| in_crates(source) && !source.is_test());
    sources
        .filter(|source| source.plain_lines() > MAX_LINES)
        .map(|source| {
            let lines = source.plain_lines();
            source.offence(MAX_LINES + 1, format!("{lines} lines without its tests, at most {MAX_LINES}"))
        })
        .collect()
}

/// A module is named after what is in it.
pub(crate) fn module_names(sources: &[Source]) -> Vec<Offence> {
    let mut offences = Vec::new();
    for source in sources.iter().filter(|source| source.is_rust()) {
        for part in source.path.trim_end_matches(".rs").split('/') {
            if VAGUE_NAMES.contains(&part) {
                offences.push(source.offence(1, format!("`{part}` says nothing about what is inside")));
            }
        }
        for name in VAGUE_NAMES {
            // a block in this file; one in a file of its own was found above
            for line in source.lines_with(&format!("mod {name}")) {
                if source.code.lines().nth(line - 1).is_some_and(|text| text.trim_end().ends_with('{')) {
                    offences.push(source.offence(line, format!("`{name}` says nothing about what is inside")));
                }
            }
        }
    }
    offences
}

/// Some crates are named by one file and its parts only.
pub(crate) fn confined_crates(sources: &[Source]) -> Vec<Offence> {
    let mut offences = Vec::new();
    for (name, home) in CONFINED {
        let parts = home.replace(".rs", "/");
        for source in sources.iter().filter(|source| source.path != home && !source.path.starts_with(&parts)) {
            for line in source.lines_with(name) {
                offences.push(source.offence(line, format!("only {home} may name {name}")));
            }
        }
    }
    offences
}

/// A library answers its caller: it writes to no stream and ends no program.
pub(crate) fn quiet_libraries(sources: &[Source]) -> Vec<Offence> {
    let mut offences = Vec::new();
    let in_library = |source: &&Source| LIBRARIES.iter().any(|folder| source.path.starts_with(folder));
    for source in sources.iter().filter(in_library).filter(|source| !source.is_test()) {
        for word in ["println", "eprintln", "print", "eprint", "dbg", "process::exit", "process::abort"] {
            let call = if word.contains("::") { word.to_owned() } else { format!("{word}!") };
            for line in source.lines_with(word) {
                let text = source.code.lines().nth(line - 1).unwrap_or_default();
                if text.contains(&call) && line <= source.plain_lines() {
                    offences.push(source.offence(line, format!("a library has no `{call}`")));
                }
            }
        }
    }
    offences
}

/// No text names a folder of somebody's machine. `root` is where the repository lies on this one.
pub(crate) fn machine_paths(sources: &[Source], root: &str) -> Vec<Offence> {
    // put together, so that this file does not break its own rule
    let homes = [concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/Us", "ers/"), concat!("C:\\Us", "ers\\")];
    let mut offences = Vec::new();
    for source in sources {
        let about_paths = source.is_test() || ABOUT_PATHS.iter().any(|place| source.path.starts_with(place));
        let checked = if source.is_rust() { source.plain_lines() } else { usize::MAX };
        for (index, line) in source.text.lines().enumerate() {
            // `/a/home/b` is a path inside of something, `/home/b` is one of a machine
            let whole = |marker: &str| {
                line.match_indices(marker).any(|(at, _)| {
                    let before = &line[..at];
                    !before.ends_with(is_word) && !before.ends_with(['.', '}', ']', '~', '*'])
                })
            };
            // a short root, such as the one of a container, is a word that stands for other things
            let here = root.matches('/').count() > 1 && line.contains(root);
            if here || (!about_paths && index < checked && homes.iter().any(|marker| whole(marker))) {
                offences.push(source.offence(index + 1, "names a folder of one machine"));
            }
        }
    }
    offences
}

/// Each dependency of the workspace has its reason in the line above.
pub(crate) fn dependency_reasons(sources: &[Source]) -> Vec<Offence> {
    let Some(manifest) = sources.iter().find(|source| source.path == "Cargo.toml") else { return Vec::new() };
    let (mut offences, mut inside, mut above, mut said) = (Vec::new(), false, "", "");
    for (index, line) in manifest.text.lines().enumerate() {
        if line.starts_with('[') {
            inside = line.trim() == "[workspace.dependencies]";
        } else if inside
            && let Some((name, value)) = line.split_once('=')
            && !line.starts_with(['#', ' '])
        {
            let name = name.trim();
            // our own packages are explained in ARCHITECTURE.md; serde_json goes with serde
            let kin = !said.is_empty() && name.starts_with(said) && !above.is_empty();
            if above.starts_with('#') {
                said = name;
            } else if !kin && !value.contains("path =") {
                offences.push(manifest.offence(index + 1, format!("`{name}` has no reason in the line above")));
            }
        }
        above = line.trim();
    }
    offences
}

/// A migration stays as it was when it ran: it knows neither today's entities nor today's rules.
pub(crate) fn frozen_migrations(sources: &[Source]) -> Vec<Offence> {
    let mut offences = Vec::new();
    for source in sources.iter().filter(|source| source.path.starts_with("migrations/src/")) {
        for word in ["orch_store", "orch_core", "entity"] {
            for line in source.lines_with(word) {
                offences.push(source.offence(line, format!("a migration does not name `{word}`")));
            }
        }
    }
    offences
}

/// The tree drawn in ARCHITECTURE.md names only folders that exist. `exists` is asked with paths from the root.
pub(crate) fn drawn_folders(sources: &[Source], exists: impl Fn(&str) -> bool) -> Vec<Offence> {
    let Some(page) = sources.iter().find(|source| source.path == "ARCHITECTURE.md") else { return Vec::new() };
    let (mut offences, mut in_tree, mut fenced) = (Vec::new(), false, false);
    // the folders that the line is inside of, with their indentation
    let mut parents: Vec<(usize, String)> = Vec::new();
    for (index, line) in page.text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            parents.clear();
        } else if !fenced && line.starts_with('#') {
            in_tree = line.to_lowercase().contains("tree");
        } else if fenced && in_tree {
            let drawn = line.trim_start_matches([' ', '│', '├', '└', '─', '|', '`', '-', '+']);
            let Some(name) = drawn.split_whitespace().next() else { continue };
            let indent = line.chars().count() - drawn.chars().count();
            parents.retain(|(outer, _)| *outer < indent);
            if !name.contains('/') || name.contains(['*', '<', '{', '(']) {
                continue;
            }
            let path = parents.last().map(|(_, outer)| outer.as_str()).unwrap_or_default().to_owned() + name;
            if !exists(path.trim_end_matches('/')) {
                offences.push(page.offence(index + 1, format!("{path} does not exist")));
            }
            if path.ends_with('/') {
                parents.push((indent, path));
            }
        }
    }
    offences
}

/// How many promises there are.
const PROMISES: usize = 42;
/// What orch does not do yet, so that there is nothing to promise: deliver webhooks.
const OPEN: usize = 32;

/// Each promise has a row in `docs/promises.md`, which names the tests that are called `promise_NN_…`, each of which exists, and
/// none of which is left out.
pub(crate) fn promises(sources: &[Source]) -> Vec<Offence> {
    let Some(page) = sources.iter().find(|source| source.path == "docs/promises.md") else { return Vec::new() };
    let mut offences = Vec::new();
    let mut tests = BTreeMap::new();
    for source in sources.iter().filter(|source| source.is_rust()) {
        for (index, line) in source.code.lines().enumerate() {
            let named = line.trim_start().trim_start_matches("async ").strip_prefix("fn promise_");
            if let Some((name, _)) = named.and_then(|rest| rest.split_once('(')) {
                tests.insert(format!("promise_{name}"), source.offence(index + 1, "is not in docs/promises.md"));
            }
        }
    }
    let mut rows = BTreeSet::new();
    for (index, line) in page.text.lines().enumerate() {
        let Some(number) = line.strip_prefix("| ").and_then(|row| row.split(' ').next()?.parse::<usize>().ok()) else {
            continue;
        };
        rows.insert(number);
        let names: Vec<&str> = line.split('`').filter(|word| word.starts_with("promise_")).collect();
        if names.is_empty() && number != OPEN {
            offences.push(page.offence(index + 1, format!("promise {number} has no test")));
        }
        for name in names {
            if tests.remove(name).is_none() || !name.starts_with(&format!("promise_{number:02}_")) {
                offences.push(page.offence(index + 1, format!("there is no {name}, or it is of another promise")));
            }
        }
    }
    let missing = (1..=PROMISES).filter(|number| !rows.contains(number));
    offences.extend(missing.map(|number| page.offence(1, format!("promise {number} has no row"))));
    offences.extend(tests.into_values());
    offences
}
