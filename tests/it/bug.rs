//! Bugs from the command line: logging, counting, what a phase waits for, regressions, merges, rules.

use std::fs::File;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::Sandbox;
use crate::support::Run;

const MESSAGE: &str = "TypeError: cart.total is not a function";

/// Runs orch with this text on its standard input.
fn fed(sandbox: &Sandbox, arguments: &[&str], text: &str) -> Run {
    let path = sandbox.home().join("input");
    std::fs::write(&path, text).unwrap();
    sandbox.finish(sandbox.orch_command(arguments).stdin(File::open(path).unwrap()))
}

fn log(sandbox: &Sandbox, function: &str, more: &[&str]) -> Value {
    let stack = format!("{MESSAGE}\n    at {function} (src/cart.js:42:7)");
    let arguments = [&["bug", "log", MESSAGE, "--stack-trace", &stack], more].concat();
    sandbox.json(&arguments)
}

/// A project with a session of one task, whose gate misses nothing but what bugs add.
fn shop() -> Option<Sandbox> {
    let sandbox = Sandbox::project()?;
    sandbox
        .write(".orch/workflow.yaml", "phases:\n  build: {order: 1, goal: built}\n  ship: {order: 2, goal: shipped}\n");
    sandbox.orch(&["task", "create", "Shop"]).success();
    sandbox.orch(&["session", "start", "TSK-001"]).success();
    Some(sandbox)
}

#[test]
fn the_command_of_the_design_logs_and_its_queries_find_it() {
    let Some(sandbox) = Sandbox::project() else { return };
    sandbox.orch(&["task", "create", "x"]).success();
    let arguments = [
        "bug-log",
        "Undefined variable: foo",
        "--task-code=TSK-001",
        "--file=app/Services/Test.php",
        "--line=42",
        "--stack-trace=#0 app/Services/Test.php(42): App\\Services\\Test->run()",
        "--context",
        "environment=staging",
        "--context",
        "attempt=3",
    ];
    let first = sandbox.json(&arguments);
    assert_eq!(
        (&first["new"], &first["regression"], &first["action"]),
        (&json!(true), &json!(false), &json!("continue"))
    );
    assert_eq!((&first["occurrence_count"], &first["similar"], &first["others"]), (&json!(1), &json!([]), &json!([])));
    let bug = &first["bug"];
    assert_eq!((&bug["bug_code"], &bug["file_path"]), (&json!("BUG-001"), &json!("app/Services/Test.php")));
    assert_eq!((&bug["line_number"], &bug["task_code"]), (&json!(42), &json!("TSK-001")));
    let context = &bug["context"];
    assert_eq!((&context["environment"], &context["attempt"]), (&json!("staging"), &json!(3)));
    assert_eq!((&context["occurrence_count"], &context["error_type"]), (&json!(1), &json!("type")));
    let second = sandbox.json(&arguments);
    assert_eq!((&second["new"], &second["occurrence_count"]), (&json!(false), &json!(2)));
    let counted = "SELECT bug_hash, context->>'error_type', context->>'environment', context->>'last_task_code', error_message FROM orchestration_bugs WHERE CAST(context->>'occurrence_count' AS bigint) > 1";
    let hash = bug["bug_hash"].as_str().unwrap();
    assert_eq!(sandbox.sql(counted), format!("{hash}|type|staging|TSK-001|Undefined variable: foo"));
    assert_eq!(sandbox.json(&["status"])["open_bugs"], 1);
    let events = sandbox.json(&["event", "list", "--bug", "BUG-001"]);
    assert_eq!(events["events"].as_array().unwrap().len(), 2);
    assert_eq!(events["events"][1]["event_type"], "orchestration.bug.logged");
    sandbox.orch(&["db", "check"]).success();
}

#[test]
fn a_phase_waits_for_a_bug_that_is_to_be_fixed_now() {
    let Some(sandbox) = shop() else { return };
    // without a name it is the task of the only session
    assert_eq!(log(&sandbox, "checkout", &["--action", "fix-now"])["bug"]["blocks"], json!(["TSK-001"]));
    let refused = sandbox.orch(&["phase", "complete", "TSK-001", "--json"]);
    assert_eq!(refused.fails_with(4).error()["details"]["missing"]["bugs"], json!(["BUG-001"]));
    let told = sandbox.orch(&["phase", "complete"]);
    assert!(told.fails_with(4).stderr.contains("✗ Bug to be fixed first: BUG-001"), "{told}");
    assert_eq!(sandbox.json(&["session", "status"])["missing"]["bugs"], json!(["BUG-001"]));
    let resolved = sandbox.json(&["bug", "resolve", "BUG-001", "--resolution", "called total()"]);
    assert_eq!(
        (&resolved["bug"]["status"], &resolved["bug"]["resolution"]),
        (&json!("resolved"), &json!("called total()"))
    );
    assert_eq!(sandbox.json(&["phase", "complete", "TSK-001"])["completed"], "build");
    // an override passes it, and says what was missing
    log(&sandbox, "pay", &["--action", "fix-now"]);
    sandbox.orch(&["phase", "complete", "TSK-001"]).fails_with(4);
    sandbox.orch(&["phase", "complete", "TSK-001", "--override", "--reason", "known"]).success();
    let missing = "SELECT payload->'missing'->'bugs'->>0 FROM orchestration_events WHERE event_type = 'orchestration.phase.override'";
    assert_eq!(sandbox.sql(missing), "BUG-002");
    sandbox.orch(&["db", "check"]).success();
}

#[test]
fn a_bug_that_comes_back_is_a_regression() {
    let Some(sandbox) = Sandbox::project() else { return };
    log(&sandbox, "checkout", &[]);
    sandbox.orch(&["bug", "resolve", "BUG-001", "--resolution", "fixed"]).success();
    assert_eq!(sandbox.json(&["bug", "list"])["total"], 0);
    let back = log(&sandbox, "checkout", &[]);
    assert_eq!((&back["regression"], &back["occurrence_count"]), (&json!(true), &json!(2)));
    assert_eq!(back["earlier_resolution"], "fixed");
    assert_eq!((&back["bug"]["status"], &back["bug"]["regressions"]), (&json!("open"), &json!(1)));
    let words = sandbox.sql("SELECT event_type FROM orchestration_events WHERE entity_type = 'bug' ORDER BY seq");
    let words: Vec<&str> = words.lines().map(|word| word.rsplit('.').next().unwrap()).collect();
    assert_eq!(words, ["logged", "resolved", "regressed", "logged"]);
    sandbox.orch(&["db", "check"]).success();
}

#[test]
fn merged_bugs_count_on_as_one() {
    let Some(sandbox) = shop() else { return };
    for function in ["checkout", "pay", "pay"] {
        log(&sandbox, function, &["--action", "fix-now"]);
    }
    let similar = sandbox.json(&["bug", "show", "BUG-001"])["similar"].take();
    assert_eq!(similar[0]["bug_code"], "BUG-002");
    let merged = sandbox.json(&["bug", "merge", "BUG-001", "BUG-002"]);
    assert_eq!((&merged["bug"]["bug_code"], &merged["bug"]["occurrence_count"]), (&json!("BUG-001"), &json!(3)));
    let again = log(&sandbox, "pay", &[]);
    assert_eq!((&again["bug"]["bug_code"], &again["occurrence_count"]), (&json!("BUG-001"), &json!(4)));
    let shown = sandbox.json(&["bug", "show", "BUG-001"]);
    assert_eq!((&shown["merged"], &shown["occurrences"][0]["count"]), (&json!(["BUG-002"]), &json!(4)));
    assert_eq!(sandbox.json(&["bug", "show", "BUG-002"])["bug"]["merged_into"], "BUG-001");
    sandbox.orch(&["bug", "merge", "BUG-002", "BUG-001"]).fails_with(2);
    sandbox.orch(&["bug", "resolve", "BUG-002", "--resolution", "fixed"]).success();
    assert_eq!(sandbox.json(&["phase", "complete", "TSK-001"])["completed"], "build");
    sandbox.orch(&["db", "check"]).success();
}

#[test]
fn promise_13_sixty_four_processes_at_once_count_exactly() {
    let Some(sandbox) = Sandbox::project() else { return };
    let lines = ["checkout", "pay"].map(|function| format!("{MESSAGE}\n    at {function} (src/cart.js:42:7)"));
    let spawn = |at: usize| sandbox.spawn(&["bug", "log", MESSAGE, "--stack-trace", &lines[usize::from(at % 4 == 3)]]);
    let processes: Vec<Child> = (0..64).map(spawn).collect();
    for process in processes {
        sandbox.wait(process).success();
    }
    let counts = "SELECT context->>'occurrence_count', version, (SELECT count(*) FROM orchestration_events WHERE entity_id = bug_code AND event_type = 'orchestration.bug.logged') FROM orchestration_bugs ORDER BY 1";
    assert_eq!(sandbox.sql(counts), "16|16|16\n48|48|48");
    sandbox.orch(&["db", "check"]).success();
}

#[test]
fn the_same_key_counts_once() {
    let Some(sandbox) = Sandbox::project() else { return };
    let first = log(&sandbox, "checkout", &["--idempotency-key", "k"]);
    assert_eq!(log(&sandbox, "checkout", &["--idempotency-key", "k"]), first);
    assert_eq!(sandbox.json(&["bug", "show", "BUG-001"])["bug"]["occurrence_count"], 1);
    sandbox.orch(&["bug", "log", "another", "--idempotency-key", "k"]).fails_with(2);
    // what orch looked up in the source is nothing that the caller said
    let at = ["bug", "log", "it broke", "--file", "a.py", "--line", "2", "--idempotency-key", "l"];
    sandbox.write("a.py", "def f():\n    boom()\n");
    let first = sandbox.json(&at);
    sandbox.write("a.py", "def g():\n    bang()\n");
    assert_eq!(sandbox.json(&at), first);
}

#[test]
fn the_errors_in_the_output_of_a_compiler_are_logged() {
    let Some(sandbox) = Sandbox::project() else { return };
    sandbox.write("src/lib.rs", "pub fn one() -> u8 {\n    \"1\"\n}\n\npub fn two() {\n    three();\n}\n");
    let compile = || {
        let rustc = Command::new("rustc")
            .args(["--crate-type", "lib", "--emit", "metadata", "-o", "out", "src/lib.rs"])
            .current_dir(sandbox.root())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        fed(&sandbox, &["bug", "log", "-", "--json"], &String::from_utf8(rustc.stderr).unwrap()).success().json()
    };
    let first = compile();
    let bugs: Vec<&Value> = std::iter::once(&first).chain(first["others"].as_array().unwrap()).collect();
    assert_eq!(bugs.len(), 2, "{first:#}");
    assert!(bugs.iter().all(|entry| entry["bug"]["file_path"] == "src/lib.rs" && entry["new"] == true), "{first:#}");
    // code above moves, the bugs do not
    sandbox
        .write("src/lib.rs", "//! A lib.\n\npub fn one() -> u8 {\n    \"1\"\n}\n\npub fn two() {\n    three();\n}\n");
    let second = compile();
    assert_eq!((&second["new"], &second["occurrence_count"]), (&json!(false), &json!(2)), "{second:#}");
    assert_eq!(second["others"][0]["occurrence_count"], 2, "{second:#}");
    // an output without errors logs nothing, a single line is an error itself
    sandbox.write("src/lib.rs", "//! A lib.\n");
    for output in ["", "   Compiling shop v0.1.0\n    Finished `dev` profile\n", "    Finished `dev` profile in 0.1s\n"]
    {
        let nothing = fed(&sandbox, &["bug", "log", "-", "--json"], output);
        assert_eq!(nothing.success().json()["bug"], json!(null), "{output}");
    }
    let line = fed(&sandbox, &["bug", "log", "-", "--json"], "disk quota exceeded\n");
    assert_eq!(line.success().json()["bug"]["error_message"], "disk quota exceeded");
}

#[test]
fn a_bug_at_a_line_is_in_the_function_around_it() {
    let Some(sandbox) = Sandbox::project() else { return };
    let source = "def total(cart):\n    return sum(cart)\n\ndef pay(cart):\n    return cart.pay()\n";
    sandbox.write("shop/cart.py", source);
    let at = |line: &str| sandbox.json(&["bug", "log", "it broke", "--file", "shop/cart.py", "--line", line]);
    assert_eq!(at("5")["bug"]["place"], "pay");
    assert_eq!(at("2")["bug"]["place"], "total");
    sandbox.write("shop/cart.py", &format!("import math\n\n{source}"));
    assert_eq!((&at("7")["bug"]["bug_code"], &at("4")["bug"]["bug_code"]), (&json!("BUG-001"), &json!("BUG-002")));
    // what is outside of the project is not read
    let outside = sandbox.home().join("secret.py");
    std::fs::write(&outside, "def secret():\n    boom()\n").unwrap();
    let path = outside.to_str().unwrap();
    assert_eq!(sandbox.json(&["bug", "log", "it broke", "--file", path, "--line", "2"])["bug"]["place"], json!(null));
}

#[test]
fn bugs_are_listed_by_what_is_asked() {
    let Some(sandbox) = shop() else { return };
    for function in ["checkout", "checkout", "pay"] {
        log(&sandbox, function, &[]);
    }
    sandbox.orch(&["bug", "log", "connection refused by the database", "--note", "after the upgrade"]).success();
    sandbox.orch(&["bug", "resolve", "BUG-002", "--resolution", "x"]).success();
    let codes = |arguments: &[&str]| {
        let list = sandbox.json(&[&["bug", "list", "--order", "code"], arguments].concat());
        list["bugs"]
            .as_array()
            .unwrap()
            .iter()
            .map(|bug| bug["bug_code"].as_str().unwrap()[4..].to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(codes(&[]), ["001", "003"]);
    assert_eq!(codes(&["--all"]), ["001", "002", "003"]);
    assert_eq!(codes(&["--status", "resolved"]), ["002"]);
    assert_eq!(codes(&["--min-count", "2"]), ["001"]);
    assert_eq!(codes(&["--task", "TSK-001", "--limit", "1"]), ["001"]);
    assert_eq!(codes(&["--task", "TSK-404"]), [] as [&str; 0]);
    assert_eq!(codes(&["--since", "2100-01-01"]), [] as [&str; 0]);
    let kind = sandbox.json(&["bug", "show", "BUG-003"]);
    assert_eq!(kind["bug"]["notes"][0]["text"], "after the upgrade");
    assert_eq!(codes(&["--type", kind["bug"]["error_type"].as_str().unwrap()]), ["003"]);
    let table = sandbox.orch(&["bug", "list", "--all"]);
    assert!(table.success().stdout.starts_with("BUG "), "{table}");
    assert!(sandbox.orch(&["bug", "show", "BUG-001"]).success().stdout.contains("seen:        2 times"));
}

#[test]
fn what_cannot_be_logged_is_refused_and_nothing_is_kept() {
    let Some(sandbox) = Sandbox::project() else { return };
    for (arguments, code) in [
        (&["bug", "log"][..], 2),
        (&["bug", "log", " "], 2),
        (&["bug", "log", "x", "--action", "later"], 2),
        (&["bug", "log", "x", "--action", "fix-now"], 2),
        (&["bug", "log", "x", "--action", "context"], 2),
        (&["bug", "log", "x", "--context", "novalue"], 2),
        (&["bug", "log", "x", "--context", "occurrence_count=7"], 2),
        (&["bug", "log", "x", "--line", "3"], 2),
        (&["bug", "log", "x", "--stack-file", "nowhere"], 3),
        (&["bug", "log", "x", "--task-code", "TSK-404"], 3),
        (&["bug", "log", "-", "--stack-file", "-"], 2),
        (&["bug", "show", "BUG-404"], 3),
        (&["bug", "show", "b1:00"], 2),
        (&["bug", "resolve", "BUG-404", "--resolution", "x"], 3),
        (&["bug", "merge", "BUG-404", "BUG-405"], 3),
    ] {
        let run = sandbox.orch(arguments);
        assert_eq!(run.code, Some(code), "{arguments:?}: {run}");
        assert!(!run.stderr.is_empty());
    }
    assert_eq!(sandbox.sql("SELECT count(*) FROM orchestration_bugs"), "0");
    log(&sandbox, "checkout", &[]);
    sandbox.orch(&["bug", "resolve", "BUG-001", "--resolution", " "]).fails_with(2);
    sandbox.orch(&["bug", "merge", "BUG-001", "BUG-001"]).fails_with(2);
    let hostile = fed(&sandbox, &["bug", "log", "-", "--file", "a\u{1b}[2J.rs"], "nul \0 and \u{1b}[2J escape\n");
    assert!(!hostile.success().stdout.contains('\u{1b}'), "{hostile}");
    sandbox.orch(&["db", "check"]).success();
}

#[test]
fn a_projects_own_rules_count() {
    let Some(sandbox) = Sandbox::project() else { return };
    let say = |message: &str| sandbox.json(&["bug", "log", message, "--file", "a.js"])["bug"]["bug_code"].take();
    assert_ne!(say("shard alpha is full"), say("shard beta is full"));
    sandbox.configure("bugs:\n  blank: ['shard \\w+']\n  fixed:\n    - {pattern: 'quota', name: over quota}\n");
    assert_eq!(say("shard gamma is full"), say("shard delta is full"));
    assert_eq!(say("quota of ann"), say("no quota left at all"));
    // those that were recorded before get the keys that the rules find now
    let migrated = sandbox.json(&["db", "migrate"]);
    assert_eq!(migrated["bugs"]["merged"], 2, "{migrated:#}");
    assert_eq!(
        sandbox.sql(
            "SELECT sum(CAST(context->>'occurrence_count' AS bigint)) FROM orchestration_bugs WHERE merged_into IS NULL"
        ),
        "6"
    );
    sandbox.orch(&["db", "check"]).success();
    let user = sandbox.home().join(".config/orch/config.yaml");
    std::fs::create_dir_all(user.parent().unwrap()).unwrap();
    std::fs::write(user, "bugs:\n  blank:\n    - '('\n    - 'x*'\n  fixed: [{pattern: a}]\n").unwrap();
    let wrong = sandbox.orch(&["bug", "list"]);
    let told = &wrong.fails_with(2).stderr;
    for place in [":3:7: ", ":4:7: ", ":5:11: "] {
        assert!(told.contains(place), "{place} in {told}");
    }
}

#[test]
fn bugs_of_older_rules_keep_their_counts() {
    let Some(sandbox) = Sandbox::project() else { return };
    for function in ["checkout", "checkout", "pay"] {
        log(&sandbox, function, &[]);
    }
    sandbox.sql("UPDATE orchestration_bugs SET bug_hash = 'b0:' || substr(bug_hash, 4)");
    let again = log(&sandbox, "checkout", &[]);
    assert_eq!((&again["new"], &again["occurrence_count"]), (&json!(false), &json!(3)));
    assert_eq!(sandbox.sql("SELECT count(*) FROM orchestration_bugs WHERE bug_hash LIKE 'b1:%'"), "2");
    assert_eq!(log(&sandbox, "pay", &[])["occurrence_count"], 2);
    sandbox.orch(&["db", "check"]).success();
}

#[test]
fn on_a_terminal_it_asks_what_to_do() {
    let Some(sandbox) = shop() else { return };
    let answer = |text: &str, arguments: &[&str]| {
        // `script` gives the program a terminal of its own
        let program = sandbox.orch_command(arguments);
        let words: Vec<String> = std::iter::once(program.get_program())
            .chain(program.get_args())
            .map(|word| format!("'{}'", word.to_str().unwrap()))
            .collect();
        let path = sandbox.home().join("typed");
        std::fs::write(&path, text).unwrap();
        let mut script = sandbox.command("script");
        script.args(["-qec", &words.join(" "), "/dev/null"]).current_dir(sandbox.root());
        sandbox.finish(script.stdin(File::open(path).unwrap()))
    };
    let fix = answer("f\n", &["bug", "log", MESSAGE, "--file", "a.js"]);
    assert!(fix.success().stdout.contains("fix now") && fix.stdout.contains("waits for BUG-001"), "{fix}");
    let note = answer("p\nseen after lunch\n", &["bug", "log", MESSAGE, "--file", "a.js"]);
    note.success();
    let shown = sandbox.json(&["bug", "show", "BUG-001"]);
    assert_eq!(shown["bug"]["notes"][0]["text"], "seen after lunch");
    let silent = answer("", &["bug", "log", MESSAGE, "--file", "a.js", "--no-input"]);
    assert!(!silent.success().stdout.contains("What now?"), "{silent}");
    assert_eq!(sandbox.json(&["bug", "show", "BUG-001"])["bug"]["occurrence_count"], 3);
}

#[test]
fn hooks_of_the_phase_run_when_a_bug_is_found() {
    let Some(sandbox) = Sandbox::project() else { return };
    let workflow = "phases:\n  build: {order: 1, goal: built, hooks: {on_bug_found: [git.capture_commit_hash]}}\n";
    sandbox.write(".orch/workflow.yaml", workflow);
    sandbox.write("a.txt", "a");
    sandbox.git(&["add", "a.txt"]);
    sandbox.git(&["commit", "-qm", "first"]);
    sandbox.orch(&["task", "create", "Shop"]).success();
    sandbox.orch(&["session", "start", "TSK-001"]).success();
    log(&sandbox, "checkout", &[]);
    let task = sandbox.json(&["task", "show", "TSK-001"]);
    assert_eq!(task["task"]["metadata"]["commits"][0]["phase"], "build");
}
