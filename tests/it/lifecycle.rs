//! A task from its first sentence to its end, through the real program, in a real repository.

use super::Sandbox;

/// What each phase of the built-in workflow needs before it may be completed.
const NEEDS: [(&str, Option<&str>); 5] = [
    ("intake", Some("TASK.md")),
    ("research", Some("RESEARCH.md")),
    ("plan", Some("PLAN.md")),
    ("execute", None),
    ("review", Some("CHANGES.md")),
];

fn artifact(sandbox: &Sandbox, name: &str) {
    sandbox.write(&format!(".orch/tasks/TSK-001/{name}"), "# Text\n");
}

fn commit(sandbox: &Sandbox, subject: &str) {
    sandbox.write("README.md", subject);
    sandbox.git(&["commit", "--quiet", "--all", "-m", subject]);
}

/// Compares with a snapshot that has one name for all stores: they give the same answers.
fn on_each_store(assert: impl FnOnce()) {
    insta::with_settings!({prepend_module_to_snapshot => false}, { assert() });
}

#[test]
fn a_task_walks_through_all_six_phases() {
    let Some(sandbox) = Sandbox::project() else { return };
    let mut transcript = String::new();
    let mut say = |arguments: &[&str], code: i32| {
        let run = sandbox.orch(arguments);
        transcript.push_str(&format!("$ orch {}\n{}\n\n", arguments.join(" "), run.fails_with(code)));
    };
    say(&["task", "create", "Add a login form", "--priority", "P1"], 0);
    say(&["session-start", "TSK-001"], 0);
    say(&["phase-complete", "TSK-001"], 4);
    for (phase, needed) in NEEDS {
        if let Some(name) = needed {
            artifact(&sandbox, name);
        }
        commit(&sandbox, &format!("Work of phase {phase}"));
        say(&["phase-complete", "TSK-001"], 0);
    }
    say(&["phase-complete", "TSK-001"], 0);
    say(&["session-end", "TSK-001"], 0);
    say(&["task", "show", "TSK-001"], 0);
    say(&["status"], 0);
    say(&["db", "check"], 0);
    on_each_store(|| insta::assert_snapshot!("lifecycle_for_people", transcript));
    assert_eq!(sandbox.changes(), "", "git sees nothing of orch's own files");
    assert_eq!(sandbox.sql("SELECT metadata->'session'->>'current_phase' FROM orchestration_tasks"), "close");
    assert_eq!(
        sandbox.sql("SELECT metadata->'commits'->0->>'phase', metadata->'commits'->1->>'phase', metadata->'commits'->2->>'phase', metadata->'commits'->3 FROM orchestration_tasks"),
        "execute|review|close|"
    );
}

#[test]
fn programs_get_the_same_as_documents() {
    let Some(sandbox) = Sandbox::project() else { return };
    let mut documents = Vec::new();
    documents.push(sandbox.json(&["task", "create", "Add a login form"]));
    documents.push(sandbox.json(&["session-start", "TSK-001"]));
    let refused = sandbox.orch(&["phase-complete", "TSK-001", "--json"]);
    documents.push(refused.fails_with(4).error());
    artifact(&sandbox, "TASK.md");
    documents.push(sandbox.json(&["phase-complete", "TSK-001", "--phase", "intake"]));
    documents.push(sandbox.json(&["phase-complete", "TSK-001", "--phase", "intake"]));
    documents.push(sandbox.json(&["event", "list", "TSK-001", "--limit", "3"]));
    on_each_store(|| insta::assert_json_snapshot!("lifecycle_for_programs", documents));
}

#[test]
fn the_commands_of_the_first_design_work_word_for_word() {
    let Some(sandbox) = Sandbox::project() else { return };
    sandbox.orch(&["task", "create", "x"]).success();
    sandbox.orch(&["session-start", "TSK-001"]).success();
    let overridden = sandbox.json(&["phase-complete", "TSK-001", "--override"]);
    assert_eq!((&overridden["completed"], &overridden["overridden"]), (&"intake".into(), &true.into()));
    let event = "SELECT payload->'missing'->>'artifacts' FROM orchestration_events WHERE event_type = 'orchestration.phase.override'";
    assert_eq!(sandbox.sql(event), r#"["TASK.md"]"#);
    sandbox.orch(&["session-end", "TSK-001"]).fails_with(5);
    sandbox.orch(&["session-end", "TSK-001", "--force"]).success();
    assert_eq!(sandbox.sql("SELECT status FROM orchestration_tasks"), "in_progress");
    assert_eq!(sandbox.json(&["task", "show", "TSK-001"])["task"]["metadata"]["session"]["active"], false);
}

#[test]
fn outside_a_repository_hooks_are_quiet_and_harm_nothing() {
    let Some(sandbox) = Sandbox::bare() else { return };
    sandbox.init().success();
    sandbox.orch(&["task", "create", "x", "--type", "chore"]).success();
    sandbox.orch(&["session-start", "TSK-001"]).success();
    sandbox.orch(&["phase-complete", "TSK-001", "--override"]).success();
    let run = sandbox.orch(&["phase-complete", "TSK-001", "--override"]);
    assert_eq!(run.success().stderr, "git.capture_commit_hash: there is no repository\n");
    let failed = "SELECT count(*) FROM orchestration_events WHERE event_type = 'orchestration.hook.failed'";
    assert_eq!(sandbox.sql(failed), "0");
    let commit = sandbox.orch(&["git", "commit", "TSK-001"]);
    assert!(commit.fails_with(3).stderr.contains("no repository"), "{commit}");
    sandbox.orch(&["phase-complete", "TSK-001"]).success();
    let ended = sandbox.orch_with(("ORCH_GIT_AUTO_COMMIT", "true"), &["session-end", "TSK-001"]);
    assert!(ended.success().stderr.starts_with("git.auto_commit: there is no repository\n"), "{ended}");
    assert_eq!(sandbox.sql(failed), "0");
    sandbox.orch(&["db", "check"]).success();
}

#[test]
fn a_session_keeps_the_template_it_started_with() {
    let Some(sandbox) = Sandbox::project() else { return };
    sandbox.orch(&["workflow", "init", "minimal"]).success();
    assert_eq!(sandbox.changes(), "?? .orch/workflow.yaml\n");
    sandbox.orch(&["task", "create", "x"]).success();
    assert_eq!(sandbox.json(&["session-start", "TSK-001"])["session"]["current_phase"], "todo");
    sandbox.write(".orch/workflow.yaml", "phases: broken\n");
    sandbox.orch(&["workflow", "check"]).fails_with(2);
    assert_eq!(sandbox.json(&["phase-complete", "TSK-001"])["session"]["current_phase"], "doing");
    sandbox.orch(&["task", "create", "y"]).success();
    let refused = sandbox.orch(&["session-start", "TSK-002"]);
    assert!(refused.fails_with(2).stderr.contains(".orch/workflow.yaml:1:9: "), "{refused}");
}

#[test]
fn artifacts_are_written_back_at_the_end() {
    let Some(sandbox) = Sandbox::project() else { return };
    sandbox.orch(&["task", "create", "x", "--type", "chore"]).success();
    sandbox.orch(&["session-start", "TSK-001"]).success();
    artifact(&sandbox, "TASK.md");
    for _ in 0..3 {
        sandbox.orch(&["phase-complete", "TSK-001"]).success();
    }
    std::fs::remove_file(sandbox.root().join(".orch/tasks/TSK-001/TASK.md")).unwrap();
    sandbox.orch(&["session-end", "TSK-001"]).success();
    let text = std::fs::read_to_string(sandbox.root().join(".orch/tasks/TSK-001/TASK.md")).unwrap();
    assert_eq!(text, "# Text\n");
    assert_eq!(sandbox.orch(&["artifact", "get", "TSK-001", "TASK.md"]).success().stdout, text);
}

#[test]
fn a_linked_work_tree_shares_the_store_of_the_main_one() {
    let Some(sandbox) = Sandbox::project() else { return };
    sandbox.orch(&["workflow", "init"]).success();
    sandbox.git(&["add", ".orch/workflow.yaml"]);
    sandbox.git(&["commit", "--quiet", "-m", "Keep the workflow"]);
    sandbox.git(&["worktree", "add", "--quiet", "../linked"]);
    sandbox.orch(&["task", "create", "x"]).success();
    let listed = sandbox.json(&["-C", "../linked", "task", "list"]);
    assert_eq!(listed["total"], 1);
    // many keep them inside of the main one; they have a HEAD of their own all the same
    sandbox.git(&["worktree", "add", "--quiet", "-b", "other", "trees/other"]);
    std::fs::create_dir(sandbox.root().join("trees/other/src")).unwrap();
    for folder in ["trees/other", "trees/other/src"] {
        assert_eq!(sandbox.json(&["-C", folder, "task", "list"])["total"], 1);
        assert_eq!(sandbox.json(&["-C", folder, "git", "status"])["branch"], "other");
    }
    assert_eq!(sandbox.json(&["-C", "trees", "git", "status"])["branch"], "main");
}

#[test]
fn a_begun_artifact_is_not_overwritten_by_whoever_repeats_it() {
    let Some(sandbox) = Sandbox::started() else { return };
    let begin = ["artifact", "new", "PLAN.md", "--json", "--idempotency-key", "k"];
    let path = sandbox.root().join(".orch/tasks/TSK-001/PLAN.md");
    let first = sandbox.orch(&begin).success().json();
    std::fs::write(&path, "# Mine\n").unwrap();
    assert_eq!(sandbox.orch(&begin).success().json(), first);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "# Mine\n");
    let other = sandbox.orch(&["artifact", "new", "PLAN.md"]);
    assert!(other.fails_with(5).stderr.contains("--force"), "{other}");
    // whoever was killed before the file was written has it with the next try
    std::fs::remove_file(&path).unwrap();
    assert_eq!(sandbox.orch(&begin).success().json(), first);
    assert_eq!(std::fs::metadata(&path).unwrap().len(), first["artifact"]["size"].as_u64().unwrap());
    sandbox.orch(&["artifact", "new", "PLAN.md", "--force", "--idempotency-key", "k"]).fails_with(2);
    sandbox.orch(&["artifact", "new", "PLAN.md", "--force"]).success();
    sandbox.orch(&["db", "check"]).success();
}
