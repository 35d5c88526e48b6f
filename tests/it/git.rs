//! The repository, and the commits and pull requests of tasks, from the command line.

use serde_json::json;

use super::Sandbox;

const URL: &str = "https://github.com/acme/shop/pull/12";

#[test]
fn a_pull_request_is_linked_once_and_replaced_by_another() {
    let Some(sandbox) = Sandbox::project() else { return };
    sandbox.orch(&["task", "create", "x"]).success();
    let linked = sandbox.json(&["git-link-pr", "TSK-001", &format!("{URL}/files?w=1#diff")]);
    let mut known = linked["pull_request"].clone();
    assert!(known["linked_at"].is_string());
    known.as_object_mut().unwrap().remove("linked_at");
    assert_eq!(
        known,
        json!({"url": URL, "provider": "github", "host": "github.com", "repository": "acme/shop", "number": 12})
    );
    let again = sandbox.json(&["git", "link-pr", "TSK-001", URL]);
    assert_eq!(again["pull_request"], linked["pull_request"]);
    let stored =
        "SELECT metadata->'pull_request'->>'number', metadata->'pull_request'->>'repository' FROM orchestration_tasks";
    assert_eq!(sandbox.sql(stored), "12|acme/shop");
    // the only task with a session need not be named
    sandbox.orch(&["session", "start", "TSK-001"]).success();
    sandbox.orch(&["git", "link-pr", "https://git.acme.dev/team/apps/shop/-/merge_requests/7"]).success();
    let events = "SELECT payload->'pull_request'->>'number', payload->>'previous' FROM orchestration_events WHERE event_type = 'orchestration.git.pr_linked' ORDER BY id";
    assert_eq!(sandbox.sql(events), format!("12|\n7|{URL}"));
    assert_eq!(sandbox.json(&["task", "show", "TSK-001"])["task"]["metadata"]["pull_request"]["provider"], "gitlab");
    sandbox.orch(&["git", "link-pr", "TSK-404", URL]).fails_with(3);
    sandbox.orch(&["db", "check"]).success();
}

#[test]
fn an_address_that_may_deceive_is_refused_and_not_repeated() {
    let Some(sandbox) = Sandbox::project() else { return };
    sandbox.orch(&["task", "create", "x"]).success();
    for address in [
        "javascript:alert(1)",
        "http://github.com/acme/shop/pull/12",
        "https://github.com.evil.org/acme/shop/pull/12",
        "https://github.com/acme/shop/pull/012",
        "https://github.com/acme/shop/pull/12\u{1b}[2J",
        "https://10.0.0.1/acme/shop/pull/12",
        "",
    ] {
        sandbox.orch(&["git", "link-pr", "TSK-001", address]).fails_with(9);
        sandbox.orch(&["git", "parse-pr", address]).fails_with(9);
    }
    let secret = sandbox.orch(&["git", "parse-pr", "https://ann:hunter2@github.com/acme/shop/pull/12"]);
    assert!(!secret.fails_with(9).stderr.contains("hunter2"), "{secret}");
    assert_eq!(sandbox.sql("SELECT count(*) FROM orchestration_events WHERE event_type LIKE '%pr_linked'"), "0");
    assert!(sandbox.orch(&["git", "parse-pr", URL]).success().stdout.contains("github acme/shop #12"));
}

#[test]
fn promise_37_status_diff_and_show_tell_what_git_tells() {
    let Some(sandbox) = Sandbox::project() else { return };
    sandbox.write("a.txt", "one\ntwo\n");
    sandbox.git(&["add", "a.txt"]);
    sandbox.git(&["commit", "-qm", "first\n\nbody"]);
    sandbox.write("a.txt", "one\n2\nthree\n");
    sandbox.git(&["mv", "a.txt", "b.txt"]);
    sandbox.write("new \u{e9}.txt", "x\n");
    let head = sandbox.git(&["rev-parse", "HEAD"]).trim().to_owned();
    let status = sandbox.json(&["git", "status"]);
    assert_eq!((&status["head"], &status["detached"], &status["unborn"]), (&json!(head), &json!(false), &json!(false)));
    let renamed = json!([{"path": "b.txt", "status": "renamed", "old_path": "a.txt"}]);
    assert_eq!(status["staged"], renamed);
    // on a server the settings are a file of the project
    let untracked = status["untracked"].as_array().unwrap().iter().filter(|entry| entry["path"] != ".orch/config.yaml");
    assert_eq!(untracked.collect::<Vec<_>>(), [&json!({"path": "new \u{e9}.txt", "status": "untracked"})]);
    assert!(sandbox.orch(&["git-status"]).success().stdout.contains("staged     renamed         a.txt -> b.txt"));
    let diff = sandbox.json(&["git", "diff", "HEAD"]);
    assert_eq!(diff["summary"], sandbox.git(&["diff", "--shortstat", "-M", "HEAD"]).trim());
    sandbox.git(&["commit", "-qam", "second"]);
    let between = sandbox.json(&["git", "diff", &head, "HEAD"]);
    assert_eq!(between["summary"], sandbox.git(&["diff", "--shortstat", "-M", &head, "HEAD"]).trim());
    let shown = sandbox.json(&["git", "show", "HEAD~1"]);
    assert_eq!((&shown["commit"]["hash"], &shown["commit"]["message"]), (&json!(head), &json!("first\n\nbody\n")));
    assert_eq!(shown["files"][0]["status"], "added");
    sandbox.orch(&["git", "show", "nowhere"]).fails_with(3);
    sandbox.orch(&["git", "diff", "-C", "HEAD"]).fails_with(2);
}

#[test]
fn a_tasks_changes_are_told_since_its_session_began() {
    let Some(sandbox) = Sandbox::project() else { return };
    sandbox.write("a.txt", "one\n");
    sandbox.git(&["add", "a.txt"]);
    sandbox.git(&["commit", "-qm", "before"]);
    sandbox.orch(&["task", "create", "Greet *all*", "--description", "Say hello."]).success();
    // without a session or a recorded commit there is only what is not committed
    let warned = sandbox.orch(&["git", "changes", "TSK-001"]);
    assert!(warned.success().stderr.contains("no commit is recorded"), "{warned}");
    sandbox.orch(&["session", "start", "TSK-001"]).success();
    let base = sandbox.git(&["rev-parse", "HEAD"]).trim().to_owned();
    sandbox.write("greet|er.txt", "hello\n");
    sandbox.git(&["add", "."]);
    sandbox.git(&["commit", "-qm", "greet: say hello"]);
    // the work began with the session, also where its first commit is the first one recorded
    sandbox.orch(&["git", "capture", "TSK-001"]).success();
    sandbox.write("a.txt", "two\n");
    let changed = sandbox.json(&["git-changes", "TSK-001", "--write"]);
    assert_eq!(changed["base"], json!(base));
    assert_eq!(changed["committed"]["summary"], sandbox.git(&["diff", "--shortstat", "-M", &base, "HEAD"]).trim());
    assert_eq!(changed["uncommitted"]["files"][0]["path"], "a.txt");
    let document = sandbox.orch(&["artifact", "get", "TSK-001", "CHANGES.md"]).success().stdout.clone();
    assert_eq!(document, changed["document"].as_str().unwrap());
    for part in
        ["# Changes of TSK-001: Greet \\*all\\*\n", "> Say hello.", "- `A` `greet|er.txt` (+1 -0)", "greet: say hello"]
    {
        assert!(document.contains(part), "{part} in {document}");
    }
    sandbox.orch(&["git", "changes", "TSK-001", "--since", "nowhere"]).fails_with(3);
    sandbox.orch(&["git", "changes", "TSK-404"]).fails_with(3);
}

#[test]
fn promise_38_reading_runs_no_program_that_the_repository_names() {
    let Some(sandbox) = Sandbox::project() else { return };
    sandbox.orch(&["task", "create", "x"]).success();
    sandbox.orch(&["session", "start", "TSK-001"]).success();
    sandbox.write("a.txt", "one\n");
    sandbox.write("b.txt", "one\n");
    sandbox.write(".gitattributes", "*.txt filter=f diff=d\n");
    sandbox.git(&["add", "--all"]);
    sandbox.git(&["commit", "-qm", "files"]);
    let (ran, program) = (sandbox.root().join("../ran"), sandbox.root().join("../program"));
    std::fs::write(&program, format!("#!/bin/sh\necho \"$0 $@\" >>'{}'\ncat\n", ran.display())).unwrap();
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    for key in ["core.fsmonitor", "core.pager", "core.editor", "diff.external", "diff.d.textconv", "diff.d.command"] {
        sandbox.git(&["config", key, program.to_str().unwrap()]);
    }
    for key in ["filter.f.clean", "filter.f.smudge", "filter.f.process", "gpg.program", "core.sshCommand"] {
        sandbox.git(&["config", key, program.to_str().unwrap()]);
    }
    sandbox.git(&["config", "log.showSignature", "true"]);
    sandbox.write("a.txt", "two\n");
    std::fs::rename(sandbox.root().join("b.txt"), sandbox.root().join("c.txt")).unwrap();
    for arguments in [
        ["git", "status"].as_slice(),
        &["git", "diff", "HEAD"],
        &["git", "show", "HEAD"],
        &["git", "changes", "TSK-001"],
        &["git", "capture", "TSK-001"],
        &["phase", "complete", "TSK-001", "--override"],
        &["status"],
        &["doctor"],
    ] {
        let run = sandbox.orch(arguments);
        assert!(run.code == Some(0) || arguments == ["doctor"], "{run}");
        assert!(!ran.exists(), "{arguments:?} ran {}", std::fs::read_to_string(&ran).unwrap());
    }
    // it is a trap: whoever asks git as people do runs them
    let _ = sandbox.finish(sandbox.command("git").args(["diff"]));
    assert!(ran.exists());
}
