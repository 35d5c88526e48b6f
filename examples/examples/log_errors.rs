//! A build tool that logs the errors of its output: one record for each, however often and wherever it occurs.
//!
//! Run it with: `cargo run -p orch-examples --example log_errors`

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use orch_core::bug::{BugAction, Fingerprinter, output};
use orch_core::service::{BugService, Logging, SessionService};
use orch_core::testing::MemoryStore;
use orch_core::vcs::NoCommits;
use orch_examples::{MachineClock, operation};
use orch_store::folder::TaskFolders;

/// What the tool printed when it was run twice; somebody added lines above the faulty one.
fn runs() -> [String; 2] {
    [7, 12].map(|line| {
        format!(
            "   Compiling shop v0.1.0 (/srv/shop)\nerror[E0308]: mismatched types\n --> src/cart.rs:{line}:5\n  |\n\
             {line} |     \"1\"\n  |     ^^^ expected `u32`, found `&str`\n\nerror: could not compile `shop` (lib) due to 1 \
             previous error\n"
        )
    })
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let store = MemoryStore::new(Arc::new(MachineClock));
    let folder = TaskFolders::new(PathBuf::from("unused"), 1 << 20);
    let sessions = SessionService { store: &store, folder: &folder, vcs: &NoCommits, auto_commit: None };
    // A project's own rules would go into this.
    let fingerprinter = Fingerprinter::default();
    let bugs = BugService { sessions, fingerprinter: &fingerprinter };
    let how = Logging { task: None, action: BugAction::Continue, note: None, context: serde_json::Map::new() };
    for printed in runs() {
        let found = output::find(&printed, Some("/srv/shop"));
        let (outcome, _) = bugs.log(&operation("builder")?, &found, &how).await?;
        for logged in &outcome.answer.bugs {
            let (bug, new) = (&logged.bug, logged.new);
            writeln!(out, "{} new: {new}, seen: {}, {}", bug.code, bug.occurrence_count, bug.error_message)?;
        }
        anyhow::ensure!(outcome.answer.bugs.len() == 1, "the output tells of one error");
    }
    let explanation = fingerprinter.explain(&output::find(&runs()[0], None)[0].as_report());
    for part in &explanation.fingerprint.parts {
        writeln!(out, "{}: {}", part.name.name(), part.value)?;
    }
    Ok(())
}
