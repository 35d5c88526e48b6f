//! Fingerprints of errors and their explanations, without a project.

use std::fs::File;

use super::Sandbox;
use crate::support::Run;

/// Runs orch with this text on its standard input.
fn fed(sandbox: &Sandbox, arguments: &[&str], text: &str) -> Run {
    let path = sandbox.home().join("input");
    std::fs::write(&path, text).unwrap();
    sandbox.finish(sandbox.orch_command(arguments).stdin(File::open(path).unwrap()))
}

#[test]
fn each_line_of_a_stream_gets_its_line() {
    let Some(sandbox) = Sandbox::bare() else { return };
    let records = "{\"message\":\"gave up after 5 tries\"}\n{\"message\":\"gave up after 6 tries\",\"line\":null}\n\
                   {\"message\":null,\"stack\":\"KeyError: 'a'\"}\n";
    let run = fed(&sandbox, &["bug", "fingerprint", "--stdin"], records);
    let lines: Vec<&str> = run.success().stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{run}");
    assert_eq!(lines[0], lines[1]);
    assert!(lines[0].starts_with("b1:") && lines[0].ends_with("\tunknown"), "{run}");
    assert!(lines[2].ends_with("\truntime"), "{run}");
    assert_eq!(run.stderr, "");
}

#[test]
fn lines_that_are_no_records_are_told_and_answered() {
    let Some(sandbox) = Sandbox::bare() else { return };
    let run =
        fed(&sandbox, &["bug", "fingerprint", "--stdin"], "{\"message\":\"a\"}\nnonsense\n[1]\n\n{\"message\":\"a\"}");
    let lines: Vec<&str> = run.fails_with(2).stdout.lines().collect();
    assert_eq!(lines.len(), 5, "{run}");
    assert_eq!(lines[0], lines[4]);
    assert_eq!(lines[1..4], ["invalid\tunknown"; 3]);
    for number in [2, 3, 4] {
        assert!(run.stderr.contains(&format!("line {number}: ")), "{run}");
    }
    sandbox.orch(&["bug", "fingerprint"]).fails_with(2);
}

#[test]
fn an_explanation_shows_what_was_decided_and_where_two_errors_part() {
    let Some(sandbox) = Sandbox::bare() else { return };
    let (first, second) = ("status 404 after 7 tries", "status 500 after 8 tries");
    let document = sandbox.json(&["bug", "explain", first, second]);
    assert_eq!(document["same"], false);
    assert_eq!(document["difference"]["part"], "message");
    let tokens = &document["explanations"][0]["tokens"];
    assert_eq!(
        (&tokens[0]["rule"], &tokens[0]["kept"], &tokens[0]["text"]),
        (&"code".into(), &true.into(), &"404".into())
    );
    assert_eq!((&tokens[1]["rule"], &tokens[1]["template"]), (&"number".into(), &"<num>".into()));

    let run = sandbox.orch(&["bug-explain", first, "status 404 after 9 tries"]);
    assert!(run.success().stdout.contains("the same fingerprint"), "{run}");

    let run =
        fed(&sandbox, &["bug", "explain", "--file", "a.py", "--line", "3"], "NameError: name 'x' is not defined\n");
    assert!(run.success().stdout.contains("type     type (class: NameError)"), "{run}");

    sandbox.orch(&["bug", "explain", "-", "-"]).fails_with(2);
}
