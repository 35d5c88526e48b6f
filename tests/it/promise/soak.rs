//! Many processes for a minute, many of them killed: what `scripts/soak` does for as long as one likes.

use super::{Engine, Sandbox};
use crate::support::Engine as _;

#[test]
fn promise_02_sixteen_processes_of_which_a_third_is_killed_leave_all_or_nothing() {
    let Some(sandbox) = Sandbox::bare() else { return };
    let mut soak = sandbox.command("python3");
    soak.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/soak"));
    soak.args(["--minutes", "1", "--workers", "16", "--kill", "30", "--store", Engine::NAME, "--dir", "."]);
    soak.arg("--orch").arg(crate::support::orch());
    let run = sandbox.finish(&mut soak);
    println!("{run}");
    run.success();
    assert!(run.stdout.contains(" 0 violations"), "{run}");
}
