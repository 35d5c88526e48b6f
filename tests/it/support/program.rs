//! Where the program under test is. It builds it at most once a run, and changes nothing else.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The folders in which programs such as git are looked for.
#[expect(clippy::disallowed_methods, reason = "a sandbox clears the environment and keeps this one variable")]
pub(crate) fn search_path() -> OsString {
    std::env::var_os("PATH").unwrap_or_default()
}

/// The binary `orch`, built with the profile of these tests.
pub(crate) fn orch() -> &'static Path {
    static ORCH: OnceLock<PathBuf> = OnceLock::new();
    ORCH.get_or_init(|| {
        // target/<profile>/deps/it-<hash>
        let tests = std::env::current_exe().unwrap();
        let folder = tests.ancestors().nth(2).unwrap();
        let binary = folder.join(format!("orch{}", std::env::consts::EXE_SUFFIX));
        if !was_built() {
            build(folder);
        }
        assert!(binary.is_file(), "no program at {}", binary.display());
        binary
    })
}

/// `scripts/test` builds the program once before it runs the tests and says so.
#[expect(clippy::disallowed_methods, reason = "a test has no settings; this is a note from the script that runs it")]
fn was_built() -> bool {
    std::env::var_os("ORCH_TESTS_BUILT").is_some()
}

/// A file of the clients that `scripts/test` installs into `target/clients`. `None`, said aloud, where they are not there;
/// a failure where they must be.
#[expect(clippy::disallowed_methods, reason = "a test has no settings; this is a note from the script that runs it")]
pub(crate) fn client(path: &str) -> Option<PathBuf> {
    let file = orch().ancestors().nth(2).unwrap().join("clients").join(path);
    if file.exists() {
        return Some(file);
    }
    let required = std::env::var_os("ORCH_TESTS_CLIENTS").is_some_and(|value| value == "required");
    assert!(!required, "there is no {}; scripts/test installs it", file.display());
    let text = format!("\n*** LEFT OUT: a test that needs {path}, which scripts/test installs\n\n");
    let _ = std::io::stderr().write_all(text.as_bytes());
    None
}

fn build(folder: &Path) {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--package", "orch-cli", "--target-dir"]).arg(folder.parent().unwrap());
    if folder.ends_with("release") {
        cargo.arg("--release");
    }
    let status = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).status().unwrap();
    assert!(status.success(), "orch could not be built");
}

/// A search path on which `orch` is the program under test.
pub(crate) fn orch_folder() -> OsString {
    let mut path = OsString::from(orch().parent().unwrap());
    path.push(":");
    path.push(search_path());
    path
}
