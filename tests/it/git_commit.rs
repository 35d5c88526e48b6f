//! Commits of tasks from the command line: their message, their record, the end of a session, and runs that are killed.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::thread;

use serde_json::{Value, json};

use super::Sandbox;

const EVENTS: &str =
    "SELECT event_type FROM orchestration_events WHERE event_type LIKE 'orchestration.git.%' ORDER BY id";

/// A project with a task that has an active session in `execute`.
fn in_execute() -> Option<Sandbox> {
    let sandbox = Sandbox::project()?;
    sandbox.orch(&["task", "create", "Add a form", "--type", "chore"]).success();
    sandbox.orch(&["session", "start", "TSK-001"]).success();
    sandbox.orch(&["phase", "complete", "TSK-001", "--override"]).success();
    Some(sandbox)
}

fn hook(sandbox: &Sandbox, name: &str, text: &str) {
    let path = sandbox.root().join(".git/hooks").join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn head(sandbox: &Sandbox) -> String {
    sandbox.git(&["rev-parse", "HEAD"]).trim().to_owned()
}

fn commits(sandbox: &Sandbox) -> Vec<Value> {
    let task = sandbox.json(&["task", "show", "TSK-001"]);
    task["task"]["metadata"]["commits"].as_array().cloned().unwrap_or_default()
}

/// HEAD, references, index and files as git sees them.
fn state(sandbox: &Sandbox) -> (String, Vec<u8>, String) {
    let index = fs::read(sandbox.root().join(".git/index")).unwrap();
    (sandbox.git(&["for-each-ref"]) + &head(sandbox), index, sandbox.changes())
}

#[test]
fn a_commit_is_made_and_belongs_to_the_task() {
    let Some(sandbox) = in_execute() else { return };
    sandbox.write("README.md", "Changed.\n");
    sandbox.write("new.txt", "new\n");
    let made = sandbox.json(&["git", "commit", "TSK-001"]);
    let commit = &made["commit"];
    assert_eq!(commit["hash"], json!(head(&sandbox)));
    assert_eq!(
        (&commit["phase"], &commit["author"]),
        (&json!("execute"), &json!("orch tests <tests@example.invalid>"))
    );
    assert!(made["operation_id"].is_string() && commit["captured_at"].is_string() && commit["short_hash"].is_string());
    assert_eq!(sandbox.git(&["log", "-1", "--format=%s"]), "[TSK-001] Add a form\n");
    assert!(commit["message"].as_str().unwrap().contains("\n\nOrch-Task: TSK-001\nOrch-Operation: "));
    assert_eq!(commits(&sandbox), std::slice::from_ref(commit));
    assert_eq!(sandbox.sql(EVENTS), "orchestration.git.commit_intended\norchestration.git.committed");
    assert_eq!(sandbox.changes(), "?? new.txt\n");
    // a new file is taken only where that is asked for
    let nothing = sandbox.orch(&["git", "commit", "TSK-001", "--json"]);
    let error = nothing.fails_with(9).error();
    assert_eq!(error["details"], json!({"changed": 0, "untracked": 1 + untracked_settings(&sandbox)}));
    assert!(error["hint"].as_str().unwrap().contains("--all"), "{error}");
    // the task of the only session need not be named
    sandbox.orch(&["git-commit", "--", "new.txt"]).success();
    assert_eq!(sandbox.git(&["show", "--format=", "--name-only"]), "new.txt\n");
    sandbox.write("other.txt", "new\n");
    sandbox.orch(&["git", "commit", "--all"]).success();
    assert_eq!(commits(&sandbox).len(), 3);
    sandbox.write("more.txt", "new\n");
    sandbox.orch_with(("ORCH_GIT_COMMIT_ALL", "true"), &["git", "commit"]).success();
    assert_eq!(sandbox.changes(), "");
    let tracked = sandbox.git(&["ls-files", "--", ".orch", ":!.orch/config.yaml"]);
    assert_eq!(tracked, "", "nothing of the store is ever committed");
    sandbox.orch(&["git", "commit", "TSK-404"]).fails_with(3);
    sandbox.orch(&["db", "check"]).success();
}

/// On a server the settings are a file of the project.
fn untracked_settings(sandbox: &Sandbox) -> usize {
    sandbox.git(&["ls-files", "--others", "--exclude-standard", "--", ".orch"]).lines().count()
}

#[test]
fn the_message_comes_from_a_template() {
    let Some(sandbox) = Sandbox::project() else { return };
    sandbox.orch(&["sprint", "create", "Login"]).success();
    let title = "a\nb\t{task_code}\u{1b}[2J \u{202e}x";
    sandbox.orch(&["task", "create", title, "--sprint", "SPR-001", "--type", "bug_fix"]).success();
    sandbox.orch(&["session", "start", "TSK-001"]).success();
    let template = "[{sprint_code}] TSK-{task_code} ({phase}/{task_type}): {task_title}";
    for (number, (arguments, subject)) in [
        (&["--message", template][..], "[SPR-001] TSK-001 (intake/bug_fix): a b {task_code} [2J  x"),
        (&["-m", "#1 {{x}}\n\nBody"], "#1 {x}"),
        (&[], "[TSK-001] a b {task_code} [2J  x"),
    ]
    .iter()
    .enumerate()
    {
        sandbox.write("README.md", &number.to_string());
        sandbox.orch(&[&["git", "commit", "TSK-001"], *arguments].concat()).success();
        assert_eq!(sandbox.git(&["log", "-1", "--format=%s"]).trim_end(), *subject);
    }
    sandbox.write("README.md", "by a setting");
    sandbox.orch_with(("ORCH_GIT_COMMIT_MESSAGE_TEMPLATE", "{phase}: x"), &["git", "commit"]).success();
    assert_eq!(sandbox.git(&["log", "-1", "--format=%s"]), "intake: x\n");
    // what is no template is told with the names there are, wherever it is said
    sandbox.write("README.md", "more");
    let names = "{sprint_code}, {task_code}, {task_title}, {phase}, {task_type}";
    let before = state(&sandbox);
    for run in [
        sandbox.orch(&["git", "commit", "-m", "{task}"]),
        sandbox.orch_with(("ORCH_GIT_COMMIT_MESSAGE_TEMPLATE", "{task}"), &["git", "commit"]),
    ] {
        assert!(run.fails_with(2).stderr.contains(names), "{run}");
    }
    sandbox.configure("git:\n  commit_message_template: \"{task_cod}\"\n");
    let refused = sandbox.orch(&["config", "show"]);
    assert!(refused.fails_with(2).stderr.contains(names), "{refused}");
    assert_eq!(state(&sandbox), before);
}

#[test]
fn promise_39_a_refusal_says_why_and_changes_nothing() {
    let Some(sandbox) = in_execute() else { return };
    sandbox.git(&["checkout", "-q", "-b", "side"]);
    sandbox.write("README.md", "side\n");
    sandbox.git(&["commit", "-qam", "side"]);
    sandbox.git(&["checkout", "-q", "main"]);
    sandbox.write("README.md", "main\n");
    sandbox.git(&["commit", "-qam", "main"]);
    let merge = sandbox.finish(sandbox.command("git").args(["merge", "side"]));
    assert_ne!(merge.code, Some(0));
    sandbox.write("README.md", "both\n");
    sandbox.git(&["add", "README.md"]);
    let refused = |code: i32, arguments: &[&str], words: &str| {
        let before = (state(&sandbox), sandbox.sql("SELECT count(*) FROM orchestration_events"));
        let run = sandbox.orch(&[&["git", "commit", "TSK-001"], arguments].concat());
        assert!(run.fails_with(code).stderr.contains(words), "{run}");
        let events = sandbox.sql("SELECT count(*) FROM orchestration_events");
        assert_eq!((state(&sandbox), events), before, "{words}");
    };
    refused(9, &[], "a merge is in progress");
    sandbox.git(&["commit", "-qm", "merged"]);
    refused(9, &[], "nothing to commit");
    sandbox.write("README.md", "changed\n");
    refused(3, &["--", "nowhere.txt"], "there is no file");
    refused(9, &["--", "../home"], "is not in the work tree");
    refused(9, &["--", ".orch/tasks"], "must not be committed");
    refused(2, &["--all", "--", "README.md"], "cannot be used with");
    sandbox.git(&["config", "--unset", "user.email"]);
    refused(9, &[], "git does not know who commits");
    sandbox.git(&["config", "user.email", "tests@example.invalid"]);
    let lock = sandbox.root().join(".git/index.lock");
    fs::write(&lock, "").unwrap();
    refused(6, &[], "index.lock is there, ");
    assert!(lock.exists());
    fs::remove_file(&lock).unwrap();
    sandbox.git(&["checkout", "-q", "--detach"]);
    refused(9, &[], "HEAD is at no branch");
    sandbox.orch(&["git", "commit", "--allow-detached"]).success();
    sandbox.orch(&["db", "check"]).success();
}

#[test]
fn promise_39_what_a_hook_refuses_leaves_a_trail_and_nothing_else() {
    let Some(sandbox) = in_execute() else { return };
    sandbox.write("README.md", "changed\n");
    sandbox.write("new.txt", "new\n");
    hook(&sandbox, "pre-commit", "printf 'lint: \\033[31mno\\n' >&2; exit 1");
    for arguments in [&["git", "commit"][..], &["git", "commit", "--all"], &["git", "commit", "--", "new.txt"]] {
        let before = state(&sandbox);
        let run = sandbox.orch(arguments);
        assert!(run.fails_with(9).stderr.contains("lint: \\u{1b}[31mno"), "{run}");
        assert_eq!(state(&sandbox), before);
    }
    let trail = "orchestration.git.commit_intended\norchestration.git.commit_refused";
    assert_eq!(sandbox.sql(EVENTS), [trail; 3].join("\n"));
    assert_eq!(commits(&sandbox), [] as [Value; 0]);
    // none of them is open
    assert_eq!(sandbox.json(&["git", "reconcile"])["open"], 0);
    // a key that was refused may be used again, and then it stands for one commit
    sandbox.orch(&["git", "commit", "--idempotency-key", "k"]).fails_with(9);
    hook(&sandbox, "pre-commit", "echo checked");
    let made = sandbox.orch(&["git", "commit", "--idempotency-key", "k", "--json"]);
    assert!(made.success().stderr.contains("checked"), "{made}");
    let again = sandbox.orch(&["git", "commit", "--idempotency-key", "k", "--json"]);
    assert_eq!(again.success().stdout, made.stdout);
    let other = sandbox.orch(&["git", "commit", "--all", "--idempotency-key", "k"]);
    assert!(other.fails_with(2).stderr.contains("used for another request"), "{other}");
    assert_eq!(commits(&sandbox).len(), 1);
    assert_eq!(sandbox.git(&["rev-list", "--count", "HEAD"]), "2\n");
    sandbox.orch(&["db", "check"]).success();
}

#[test]
fn promise_40_a_commit_of_a_killed_run_is_found_when_the_session_is_resumed() {
    let Some(sandbox) = in_execute() else { return };
    // git's parent is orch
    hook(&sandbox, "post-commit", "kill -9 $(ps -o ppid= -p $PPID)");
    sandbox.write("README.md", "one\n");
    assert_eq!(sandbox.orch(&["git", "commit", "TSK-001"]).code, None);
    let first = wait_for_commit(&sandbox, 2);
    assert_eq!(commits(&sandbox), [] as [Value; 0]);
    hook(&sandbox, "post-commit", "exit 0");
    let resumed = sandbox.orch(&["session", "start", "TSK-001"]);
    assert!(resumed.success().stderr.contains(&format!("git.reconcile: found {}", &first[..7])), "{resumed}");
    let found = commits(&sandbox);
    assert_eq!((&found[0]["hash"], &found[0]["phase"], found.len()), (&json!(first), &json!("execute"), 1));
    // there is no more to be found
    assert_eq!(sandbox.orch(&["session", "start", "TSK-001"]).success().stderr, "");
    // by hand, and a hook took the mark out of the message
    hook(&sandbox, "commit-msg", "sed -i -e '/^Orch-/d' \"$1\"");
    hook(&sandbox, "post-commit", "kill -9 $(ps -o ppid= -p $PPID)");
    sandbox.write("README.md", "two\n");
    assert_eq!(sandbox.orch(&["git", "commit", "TSK-001"]).code, None);
    let second = wait_for_commit(&sandbox, 3);
    let found = sandbox.json(&["git", "reconcile", "TSK-001"]);
    assert_eq!(
        (&found["commits"][0]["hash"], &found["reconciled"], &found["open"]),
        (&json!(second), &json!(1), &json!(0))
    );
    assert_eq!(sandbox.json(&["git-reconcile"])["reconciled"], 0);
    assert_eq!(commits(&sandbox).len(), 2);
    sandbox.orch(&["db", "check"]).success();
}

#[test]
fn promise_40_a_key_goes_on_where_the_killed_run_stopped() {
    let Some(sandbox) = in_execute() else { return };
    let keyed = ["git", "commit", "TSK-001", "--idempotency-key", "k", "--json"];
    // killed after the commit
    hook(&sandbox, "post-commit", "kill -9 $(ps -o ppid= -p $PPID)");
    sandbox.write("README.md", "one\n");
    assert_eq!(sandbox.orch(&keyed).code, None);
    let made = wait_for_commit(&sandbox, 2);
    hook(&sandbox, "post-commit", "exit 0");
    let again = sandbox.orch(&keyed).success().json();
    assert_eq!(again["commit"]["hash"], json!(made));
    assert_eq!(sandbox.orch(&keyed).success().json(), again);
    assert_eq!(sandbox.git(&["rev-list", "--count", "HEAD"]), "2\n");
    // killed before it
    let keyed = ["git", "commit", "TSK-001", "--idempotency-key", "l", "--json"];
    hook(&sandbox, "pre-commit", "kill -9 $(ps -o ppid= -p $PPID) $PPID");
    sandbox.write("README.md", "two\n");
    assert_eq!(sandbox.orch(&keyed).code, None);
    let _ = fs::remove_file(sandbox.root().join(".git/index.lock"));
    assert_eq!(sandbox.json(&["git", "reconcile"])["open"], 1);
    fs::remove_file(sandbox.root().join(".git/hooks/pre-commit")).unwrap();
    let after = sandbox.orch(&keyed).success().json();
    assert_eq!(after["commit"]["hash"], json!(head(&sandbox)));
    assert_eq!(sandbox.json(&["git", "reconcile"])["open"], 0);
    assert_eq!(commits(&sandbox).len(), 2);
}

/// Waits until the git of a run that was killed has made its commit, and says which it is.
fn wait_for_commit(sandbox: &Sandbox, count: usize) -> String {
    while sandbox.git(&["rev-list", "--count", "HEAD"]).trim() != count.to_string() {
        thread::yield_now();
    }
    head(sandbox)
}

#[test]
fn promise_40_eight_agents_commit_at_once() {
    let Some(sandbox) = in_execute() else { return };
    let made: Vec<String> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|agent| {
                let sandbox = &sandbox;
                scope.spawn(move || {
                    let name = format!("file{agent}.txt");
                    sandbox.write(&name, "x\n");
                    let run = sandbox
                        .orch_as(&format!("agent-{agent}"), &["git", "commit", "TSK-001", "--json", "--", &name]);
                    let hash = run.success().json()["commit"]["hash"].as_str().unwrap().to_owned();
                    assert_eq!(sandbox.git(&["show", "--format=", "--name-only", &hash]), format!("{name}\n"));
                    hash
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let sorted = |mut hashes: Vec<String>| {
        hashes.sort();
        hashes
    };
    let branch = sandbox.git(&["rev-list", "--max-count=8", "main"]).lines().map(ToOwned::to_owned).collect();
    let task = commits(&sandbox).iter().map(|commit| commit["hash"].as_str().unwrap().to_owned()).collect();
    assert_eq!((sorted(branch), sorted(task)), (sorted(made.clone()), sorted(made)));
    assert_eq!(sandbox.json(&["git", "reconcile"])["open"], 0);
    sandbox.orch(&["db", "check"]).success();
}

#[test]
fn one_key_used_at_once_makes_one_commit() {
    let Some(sandbox) = in_execute() else { return };
    sandbox.write("README.md", "changed\n");
    let keyed = ["git", "commit", "TSK-001", "--idempotency-key", "k", "--json"];
    let mut answers: Vec<Value> = thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| sandbox.orch(&keyed).success().json())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(sandbox.git(&["rev-list", "--count", "HEAD"]), "2\n");
    assert_eq!(commits(&sandbox).len(), 1);
}

#[test]
fn the_end_of_a_session_commits_where_that_is_set() {
    let Some(sandbox) = in_execute() else { return };
    sandbox.configure("git:\n  auto_commit: true\n");
    sandbox.orch(&["phase", "complete"]).success();
    sandbox.orch(&["phase", "complete"]).success();
    sandbox.write("README.md", "done\n");
    sandbox.write("new.txt", "new\n");
    let ended = sandbox.orch(&["session", "end", "TSK-001"]);
    let told = &ended.success().stderr;
    let short = &head(&sandbox)[..7];
    let (commit, capture) = (told.find("git.auto_commit: committed"), told.find("git.capture_final_commit: "));
    assert!(commit < capture && commit.is_some() && told.contains(short), "{told}");
    let last = commits(&sandbox).pop().unwrap();
    assert_eq!((&last["hash"], &last["phase"]), (&json!(head(&sandbox)), &json!("close")));
    // once, though both hooks saw it
    assert_eq!(commits(&sandbox).iter().filter(|known| known["hash"] == last["hash"]).count(), 1);
    assert_eq!(sandbox.changes(), "?? new.txt\n");
    let event = "SELECT session_key = (SELECT metadata->'session'->>'session_key' FROM orchestration_tasks) FROM orchestration_events WHERE event_type = 'orchestration.git.committed'";
    assert!(["1", "t"].contains(&sandbox.sql(event).as_str()));
}

#[test]
fn a_commit_that_fails_does_not_hold_up_the_end() {
    let Some(sandbox) = in_execute() else { return };
    let end =
        |sandbox: &Sandbox, task: &str| sandbox.orch_with(("ORCH_GIT_AUTO_COMMIT", "true"), &["session", "end", task]);
    sandbox.orch(&["phase", "complete"]).success();
    sandbox.orch(&["phase", "complete"]).success();
    sandbox.write("README.md", "done\n");
    hook(&sandbox, "pre-commit", "echo lint: no >&2; exit 1");
    let before = state(&sandbox);
    let ended = end(&sandbox, "TSK-001");
    assert!(ended.success().stderr.contains("hook git.auto_commit failed: git made no commit: lint: no"), "{ended}");
    assert_eq!(state(&sandbox), before);
    let failed = "SELECT payload->>'hook' FROM orchestration_events WHERE event_type = 'orchestration.hook.failed'";
    assert_eq!(sandbox.sql(failed), "git.auto_commit");
    assert_eq!(sandbox.sql("SELECT status FROM orchestration_tasks"), "completed");
    // nothing to commit is quiet, a forced end commits nothing, and without the setting nothing is said
    sandbox.git(&["checkout", "-q", "README.md"]);
    for (code, arguments, setting) in
        [("TSK-002", &[][..], "true"), ("TSK-003", &["--force"], "true"), ("TSK-004", &[], "false")]
    {
        sandbox.orch(&["task", "create", "x", "--type", "chore"]).success();
        sandbox.orch(&["session", "start", code]).success();
        for _ in 0..3 {
            sandbox.orch(&["phase", "complete", code, "--override"]).success();
        }
        let arguments = [&["session", "end", code], arguments].concat();
        let ended = sandbox.orch_with(("ORCH_GIT_AUTO_COMMIT", setting), &arguments);
        let said = ended.success().stderr.contains("git.auto_commit: nothing to commit");
        assert_eq!(said, code == "TSK-002", "{ended}");
    }
    assert_eq!(sandbox.sql(failed), "git.auto_commit");
    assert_eq!(state(&sandbox).0, before.0);
}

#[test]
fn a_phase_captures_all_its_commits_and_no_others() {
    let Some(sandbox) = Sandbox::project() else { return };
    let commit = |subject: &str| {
        sandbox.write("README.md", subject);
        sandbox.git(&["commit", "-qam", subject]);
        head(&sandbox)
    };
    sandbox.orch(&["task", "create", "x", "--type", "chore"]).success();
    sandbox.orch(&["task", "create", "y", "--type", "chore"]).success();
    sandbox.orch(&["session", "start", "TSK-001"]).success();
    commit("before execute");
    sandbox.orch(&["phase", "complete", "TSK-001", "--override"]).success();
    let mut made = vec![commit("one"), commit("two")];
    sandbox.write("README.md", "made by orch");
    sandbox.orch(&["git", "commit", "TSK-001"]).success();
    made.push(head(&sandbox));
    // in the same branch, for another task
    sandbox.write("README.md", "for another");
    sandbox.orch(&["git", "commit", "TSK-002"]).success();
    made.push(commit("three"));
    for _ in 0..2 {
        sandbox.orch(&["git", "capture", "TSK-001"]).success();
    }
    sandbox.orch(&["phase", "complete", "TSK-001"]).success();
    sandbox.orch(&["phase", "complete", "TSK-001"]).success();
    let of_phase = |phase: &str| {
        let commits = commits(&sandbox);
        let of_phase = commits.iter().filter(|commit| commit["phase"] == phase);
        let mut hashes: Vec<_> = of_phase.map(|commit| commit["hash"].as_str().unwrap().to_owned()).collect();
        hashes.sort();
        hashes
    };
    made.sort();
    assert_eq!(of_phase("execute"), made);
    assert_eq!(of_phase("close"), [] as [String; 0]);
    sandbox.orch(&["session", "end", "TSK-001"]).success();
    assert_eq!(of_phase("close"), [head(&sandbox)]);
    sandbox.orch(&["db", "check"]).success();
}
