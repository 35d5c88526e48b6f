//! The house rules held against the repository, and against small samples that break them.

mod rule;
mod source;

use source::{Offence, Source, repository, root};

fn hold(offences: &[Offence]) {
    let list: Vec<String> = offences.iter().map(ToString::to_string).collect();
    assert!(list.is_empty(), "{} places break this rule:\n{}", list.len(), list.join("\n"));
}

/// Asserts in which lines of one file a rule finds something.
#[track_caller]
fn finds(rule: impl Fn(&[Source]) -> Vec<Offence>, path: &str, text: &str, lines: &[usize]) {
    let found: Vec<usize> = rule(&[Source::new(path, text)]).into_iter().map(|offence| offence.line).collect();
    assert_eq!(found, lines, "{path}:\n{text}");
}

#[test]
fn the_repository_is_read() {
    let sources = repository(&root());
    for path in ["Cargo.toml", "crates/orch-core/src/lib.rs", "migrations/src/lib.rs", "tests/it/tidy.rs"] {
        assert!(sources.iter().any(|source| source.path == path), "{path} was not found");
    }
    assert!(!sources.iter().any(|source| source.path.starts_with("target/")));
}

#[test]
fn files_say_what_they_are() {
    hold(&rule::first_lines(&repository(&root())));

    let path = "crates/orch-core/src/task.rs";
    finds(rule::first_lines, path, "use a;\n", &[1]);
    finds(rule::first_lines, path, "", &[1]);
    finds(rule::first_lines, path, "//! \n", &[1]);
    finds(rule::first_lines, path, "//! Tasks.\n", &[]);
    finds(rule::first_lines, "migrations/src/m1.rs", "//\n", &[1]);
    finds(rule::first_lines, "tests/src/postgres.rs", "use a;\n", &[1]);
    finds(rule::first_lines, "crates/orch-core/src/task/tests.rs", "use super::*;\n", &[]);
}

#[test]
fn files_are_short() {
    hold(&rule::file_lengths(&repository(&root())));

    let path = "crates/orch-core/src/task.rs";
    let full = "let a = 1;\n".repeat(rule::MAX_LINES);
    let tests = "#[cfg(test)]\nmod tests {\n".to_owned() + &"let a = 1;\n".repeat(1000) + "}\n";
    finds(rule::file_lengths, path, &full, &[]);
    finds(rule::file_lengths, path, &(full.clone() + &tests), &[]);
    finds(rule::file_lengths, path, &(full.clone() + "one more\n"), &[rule::MAX_LINES + 1]);
    finds(rule::file_lengths, "tests/src/postgres.rs", &(full.clone() + "one more\n"), &[rule::MAX_LINES + 1]);
    finds(rule::file_lengths, "tests/it/cli.rs", &(full.clone() + "one more\n"), &[]);
    // a gate on something else, or the words in a comment, hide nothing
    let gated = "#[cfg(test)]\nuse a;\nmod tests {}\n// #[cfg(test)]\n// mod tests {\n".to_owned() + &full;
    finds(rule::file_lengths, path, &gated, &[rule::MAX_LINES + 1]);
}

#[test]
fn modules_are_named_after_what_is_in_them() {
    hold(&rule::module_names(&repository(&root())));

    finds(rule::module_names, "crates/orch-core/src/utils.rs", "", &[1]);
    finds(rule::module_names, "crates/orch-core/src/common/task.rs", "", &[1]);
    finds(rule::module_names, "crates/orch-core/src/task.rs", "\npub mod helpers {\n}\n", &[2]);
    finds(rule::module_names, "crates/orch-core/src/task.rs", "// mod imp {\nmod important {\n", &[]);
}

#[test]
fn some_crates_are_named_in_one_file() {
    hold(&rule::confined_crates(&repository(&root())));

    let other = "crates/orch-cli/src/app.rs";
    finds(rule::confined_crates, other, "// git2\nuse git2::Oid;\n", &[2]);
    finds(rule::confined_crates, other, "let a = \"git2\";\nserde_yaml::from_str(a);\n", &[2]);
    finds(rule::confined_crates, other, "use git2_like::Oid;\nlet my_git2 = 1;\n", &[]);
    finds(rule::confined_crates, "crates/orch-git/src/repo.rs", "use git2::Oid;\n", &[]);
    finds(rule::confined_crates, "crates/orch-git/src/repo/status.rs", "use git2::Oid;\n", &[]);
    finds(rule::confined_crates, "crates/orch-git/src/program/status.rs", "use git2::Oid;\n", &[1]);
    finds(rule::confined_crates, "crates/orch-core/src/yaml.rs", "use serde_yaml as y;\n", &[]);
}

#[test]
fn libraries_are_quiet() {
    hold(&rule::quiet_libraries(&repository(&root())));

    let path = "crates/orch-store/src/task.rs";
    finds(rule::quiet_libraries, path, "/// println!()\nfn a() {\n    println!(\"a\");\n}\n", &[3]);
    finds(rule::quiet_libraries, path, "std::process::exit(1);\n", &[1]);
    finds(rule::quiet_libraries, path, "dbg!(1);\nfn print() {}\n", &[1]);
    finds(rule::quiet_libraries, path, "#[cfg(test)]\nmod tests {\n    println!();\n}\n", &[]);
    finds(rule::quiet_libraries, "crates/orch-cli/src/main.rs", "std::process::exit(1);\n", &[]);
}

#[test]
fn no_text_names_a_machine() {
    let root = root();
    hold(&rule::machine_paths(&repository(&root), &root.to_string_lossy()));

    let home = concat!("/ho", "me/");
    let found = |path: &str, text: &str, at: &[usize]| {
        finds(|sources| rule::machine_paths(sources, "/srv/build/orch"), path, text, at);
    };
    found("README.md", &format!("a\nsee `{home}somebody/orch`\n"), &[2]);
    found("scripts/test", "cd /srv/build/orch\n", &[1]);
    found("crates/orch-core/src/task.rs", &format!("//! A.\n// {home}x\n"), &[2]);
    found("README.md", &format!("$dir{home}x and a.b{home}x\n"), &[]);
    found("crates/orch-core/src/bug/normalize.rs", &format!("// {home}x\n"), &[]);
    finds(|sources| rule::machine_paths(sources, "/orch"), "README.md", "crates/orch-core\n", &[]);
}

#[test]
fn dependencies_have_reasons() {
    hold(&rule::dependency_reasons(&repository(&root())));

    let text = "[workspace.dependencies]\norch-core = { path = \"a\" }\n# why\nserde = \"1\"\nserde_json = \"1\"\n\
                tokio = \"1\"\n\nulid = \"1\"\n[profile.dev]\ndebug = false\n";
    finds(rule::dependency_reasons, "Cargo.toml", text, &[6, 8]);
}

#[test]
fn migrations_stay_as_they_were() {
    hold(&rule::frozen_migrations(&repository(&root())));

    let text = "//! Not entity.\nuse sea_orm_migration::prelude::*;\nuse orch_store::entity::task;\n";
    finds(rule::frozen_migrations, "migrations/src/m1.rs", text, &[3, 3]);
    finds(rule::frozen_migrations, "crates/orch-store/src/task.rs", text, &[]);
}

#[test]
fn the_drawn_tree_exists() {
    let root = root();
    hold(&rule::drawn_folders(&repository(&root), |path| root.join(path).exists()));

    let text = "## Who\n```\ngone/\n```\n## Tree\n```\nCargo.toml\na/   text/more\n  b/  c\n  gone/\n├── d/<verb>.rs\ngone/b/\n```\n";
    let exists = |path: &str| ["a", "a/b"].contains(&path);
    finds(|sources| rule::drawn_folders(sources, exists), "ARCHITECTURE.md", text, &[10, 12]);
    finds(|sources| rule::drawn_folders(sources, exists), "README.md", text, &[]);
}

#[test]
fn each_promise_has_its_tests() {
    let sources = repository(&root());
    assert!(sources.iter().any(|source| source.path == "docs/promises.md"));
    hold(&rule::promises(&sources));

    let mut text = String::from("# Promises\n");
    for number in 1..=42 {
        text += &format!("| {number} | told | `promise_{number:02}_x` |\n");
    }
    let code: String = (1..=42).map(|number| format!("async fn promise_{number:02}_x() {{}}\n")).collect();
    let found = |text: &str, code: &str| {
        let sources = [Source::new("docs/promises.md", text), Source::new("tests/it/a.rs", code)];
        rule::promises(&sources).iter().map(|offence| (offence.path.clone(), offence.line)).collect::<Vec<_>>()
    };
    let (page, file) = ("docs/promises.md".to_owned(), "tests/it/a.rs".to_owned());
    assert_eq!(found(&text, &code), []);
    assert_eq!(found(&text.replace("`promise_07_x`", "none"), &code), [(page.clone(), 8), (file.clone(), 7)]);
    assert_eq!(found(&text.replace("| 7 ", "| 70 "), &code), [(page.clone(), 8), (page.clone(), 1)]);
    assert_eq!(found(&text, &code.replace("promise_07_x", "seventh")), [(page, 8)]);
    assert_eq!(found(&text, &(code + "fn promise_08_y() {}\n")), [(file, 43)]);
}
