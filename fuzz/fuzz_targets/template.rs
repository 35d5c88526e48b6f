//! Fuzzes workflow files: each is understood or refused, with places that exist, and what is understood can be worked with.
#![no_main]

use std::path::PathBuf;

use libfuzzer_sys::fuzz_target;
use orch_core::artifact::{ArtifactFolder, FolderError, Found, Written};
use orch_core::code::{ArtifactName, TaskCode};
use orch_core::instructions::instruct;
use orch_core::testing::fixture;
use orch_core::visible::is_hidden;
use orch_core::workflow::{Faults, Workflow};
use orch_core::yaml::MAX_FAULTS;

/// A folder that is somewhere and holds nothing.
struct Nowhere;

impl ArtifactFolder for Nowhere {
    fn folder(&self, task: &TaskCode) -> PathBuf {
        PathBuf::from("tasks").join(task.as_str())
    }

    fn read(&self, _: &TaskCode) -> Result<Found, FolderError> {
        Ok(Found::default())
    }

    fn write(&self, _: &TaskCode, _: &ArtifactName, _: &[u8]) -> Result<Written, FolderError> {
        Ok(Written::Same)
    }

    fn create(&self, _: &TaskCode, _: &ArtifactName, _: &[u8]) -> Result<bool, FolderError> {
        Ok(false)
    }
}

fuzz_target!(|data: &[u8]| match Workflow::parse(data, "fuzzed") {
    Ok(workflow) => understood(&workflow),
    Err(faults) => refused(data, &faults),
});

fn understood(workflow: &Workflow) {
    assert!(!workflow.name.is_empty() && !workflow.phases.is_empty());
    assert!(workflow.phases.is_sorted_by(|one, other| one.order < other.order), "each has its place");
    for phase in &workflow.phases {
        assert_eq!(workflow.phase(&phase.name), Some(phase), "a name is that of one phase");
    }
    for (task_type, phases) in &workflow.variants {
        assert!(!phases.is_empty() && phases.iter().all(|name| workflow.phase(name).is_some()));
        assert_eq!(&workflow.phases_for(task_type), phases);
    }
    // sessions keep it as JSON for ever
    let kept = serde_json::to_string(workflow).expect("it can be kept");
    assert_eq!(serde_json::from_str::<Workflow>(&kept).expect("it can be read again"), *workflow);
    let (task, mut session) = (fixture::task("TSK-001"), fixture::session());
    session.phases = workflow.phases.iter().map(|phase| phase.name.clone()).collect();
    for phase in &workflow.phases {
        session.current_phase = phase.name.clone();
        let told = instruct(phase, &task, &session, &Found::default(), &Nowhere);
        assert_eq!(told.artifacts.required.len(), phase.artifacts.required.len());
        assert!(told.artifacts.required.iter().all(|artifact| !artifact.present));
    }
}

fn refused(data: &[u8], faults: &Faults) {
    let lines = String::from_utf8_lossy(data).split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']).count();
    let faults = faults.as_slice();
    assert!((1..=MAX_FAULTS + 1).contains(&faults.len()));
    assert!(faults.is_sorted_by_key(|fault| fault.at));
    for fault in faults {
        assert!((1..=lines + 1).contains(&fault.at.line) && fault.at.column >= 1, "{fault}");
        let told = fault.to_string();
        assert!(told.len() < 2000 && !told.contains('\n') && !told.contains(is_hidden), "{told:?}");
    }
}
