//! Every example runs to its end, and every workflow beside them is sound.

#[path = "../examples/commit_work.rs"]
mod commit_work;
#[path = "../examples/custom_front_end.rs"]
mod custom_front_end;
#[path = "../examples/embed_sqlite.rs"]
mod embed_sqlite;
#[path = "../examples/log_errors.rs"]
mod log_errors;
#[path = "../examples/search_log.rs"]
mod search_log;

use orch_core::workflow::Workflow;

#[test]
fn the_sqlite_store_is_embedded() {
    embed_sqlite::main().unwrap();
}

#[test]
fn work_is_committed() {
    commit_work::main().unwrap();
}

#[test]
fn errors_are_logged() {
    log_errors::main().unwrap();
}

#[test]
fn the_log_is_searched() {
    search_log::main().unwrap();
}

#[test]
fn the_front_end_answers_itself() {
    custom_front_end::main().unwrap();
}

#[tokio::test]
async fn the_front_end_walks_through_both_phases() {
    let mut out = Vec::new();
    custom_front_end::walk(&mut "42\nYes.\n".as_bytes(), &mut out).await.unwrap();
    let out = String::from_utf8(out).unwrap();
    assert!(out.contains("[do] The work is done."), "{out}");
    assert!(out.ends_with("Agreed. End the session.\n"), "{out}");
    let error = custom_front_end::walk(&mut "42\n".as_bytes(), &mut Vec::new()).await.unwrap_err();
    assert_eq!(error.to_string(), "the input ended before the work did");
}

#[test]
fn every_workflow_is_sound() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("workflows");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        let workflow = Workflow::parse(&std::fs::read(&path).unwrap(), "unnamed")
            .unwrap_or_else(|faults| panic!("{}:\n{faults}", path.display()));
        assert_eq!(workflow.name, stem);
        seen += 1;
    }
    assert!(seen >= 3);
}
