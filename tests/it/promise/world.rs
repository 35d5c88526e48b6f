//! A project with one of everything, and every command of orch with arguments that it takes there. No promise is tested here,
//! only that no command is forgotten.

use std::fs;
use std::os::unix::ffi::OsStringExt as _;

use super::Sandbox;

/// Text that moves, hides or overwrites what a terminal shows: CSI, OSC, bell, C1, DEL, bidi, line ends of Unicode, tags.
pub(super) const NASTY: &str =
    "N\u{1b}[2J\u{1b}]0;x\u{7}\u{9b}31m\u{7f}\u{8}\u{202e}\u{2066}\u{85}\u{2028}\r\u{200b}\u{feff}\u{e0041}";
/// The same, as far as it may stand in a name on one line.
pub(super) const NASTY_NAME: &str = "N\u{202e}x\u{2066}y\u{2028}\u{200f}z";

/// A command, its arguments, and whether a run of it with them leaves the store as it was.
pub(super) struct Command {
    pub(super) words: &'static str,
    pub(super) arguments: &'static [&'static str],
    pub(super) reads: bool,
}

const fn reads(words: &'static str, arguments: &'static [&'static str]) -> Command {
    Command { words, arguments, reads: true }
}

const fn writes(words: &'static str, arguments: &'static [&'static str]) -> Command {
    Command { words, arguments, reads: false }
}

/// Commands that are not among [`COMMANDS`]: two want another store than the one that is there, and one talks a protocol.
const APART: [&str; 3] = ["orch-db-import.1", "orch-db-restore.1", "orch-mcp.1"];

/// Every command but [`APART`], in an order in which all succeed in [`world`]; `{operation}` is the id of one.
pub(super) const COMMANDS: &[Command] = &[
    reads("status", &[]),
    reads("next", &[]),
    reads("prime", &[]),
    reads("doctor", &[]),
    reads("sprint list", &[]),
    reads("sprint show", &["SPR-001"]),
    reads("task list", &[]),
    reads("task show", &["TSK-001"]),
    reads("session list", &[]),
    reads("session status", &["TSK-001"]),
    reads("phase show", &["TSK-001"]),
    reads("artifact list", &["TSK-001"]),
    reads("artifact get", &["TSK-001", "NOTE.md"]),
    reads("bug list", &[]),
    reads("bug show", &["BUG-001"]),
    reads("bug explain", &["KeyError: user 17"]),
    reads("bug fingerprint", &["--stdin"]),
    reads("context search", &["N"]),
    reads("git status", &[]),
    reads("git show", &[]),
    reads("git diff", &["HEAD~1"]),
    reads("git parse-pr", &["https://github.com/owner/repository/pull/7"]),
    reads("git changes", &["TSK-001"]),
    reads("event list", &[]),
    reads("event follow", &["--after", "0", "--limit", "5"]),
    reads("event export", &[]),
    reads("workflow show", &[]),
    reads("workflow check", &[]),
    reads("workflow list", &[]),
    reads("workflow schema", &[]),
    reads("config show", &[]),
    reads("op show", &["{operation}"]),
    reads("db check", &[]),
    reads("db export", &[]),
    reads("completions", &["bash"]),
    reads("man", &["--folder", "man"]),
    writes("init", &[]),
    writes("init", &["--agents", "--mcp", "claude,codex,cursor,gemini,vscode"]),
    reads("agents check", &[]),
    writes("db migrate", &[]),
    writes("db backup", &["--force", "backup"]),
    writes("sprint create", &["a sprint"]),
    writes("sprint update", &["SPR-001", "--status", "active"]),
    writes("task create", &["a task", "--code", "TSK-900"]),
    writes("task update", &["TSK-900", "--priority", "P1"]),
    writes("task claim", &["TSK-900"]),
    writes("task note", &["TSK-900", "a note"]),
    writes("task handoff", &["TSK-900", "--to", "bob"]),
    writes("task release", &["TSK-900", "--actor", "bob"]),
    writes("artifact new", &["TSK-001", "PLAN.md"]),
    writes("artifact put", &["TSK-001", "EMPTY.md"]),
    writes("check record", &["TSK-001", "lint", "--pass"]),
    writes("check run", &["TSK-001", "tests", "--", "true"]),
    writes("approval record", &["TSK-001", "--actor", "ann"]),
    writes("bug log", &["TypeError: x is not a function", "--file", "src/a.js", "--line", "7"]),
    writes("bug merge", &["BUG-002", "BUG-001"]),
    writes("bug resolve", &["BUG-002", "--resolution", "done"]),
    writes("event emit", &["TSK-001", "one.done"]),
    writes("event import", &["--create-missing", "-"]),
    writes("event reindex", &[]),
    writes("event archive", &["--before", "1999-01-01"]),
    writes("git capture", &["TSK-001"]),
    writes("git link-pr", &["TSK-001", "https://github.com/owner/repository/pull/7"]),
    writes("git commit", &["TSK-001", "--all"]),
    writes("git reconcile", &["TSK-001"]),
    writes("workflow init", &["--force"]),
    writes("phase complete", &["TSK-001"]),
    writes("phase back", &["TSK-001", "--to", "one", "--reason", "again"]),
    writes("session end", &["TSK-001", "--force", "--reason", "enough"]),
    writes("session start", &["TSK-900"]),
    writes("demo", &["--folder", "../demo"]),
];

impl Command {
    /// The words and arguments, with the id of an operation of this store.
    pub(super) fn line(&self, operation: &str) -> Vec<String> {
        let words = self.words.split(' ').chain(self.arguments.iter().copied());
        words.map(|word| word.replace("{operation}", operation)).collect()
    }
}

/// A project in which each field that takes text has `text` in it, and each name `name`: sprint, task in a session of a workflow
/// of its own, artifact, check, approval, bug, event, commits, branch, paths and settings. The id is that of an operation.
pub(super) fn world(text: &str, name: &str) -> Option<(Sandbox, String)> {
    let sandbox = Sandbox::project()?;
    let (quoted, quoted_name, missing) = (yaml(text), yaml(name), yaml(&format!("{name}?")));
    let subject = yaml(&text.replace(['{', '}'], ""));
    sandbox.configure(&format!("git:\n  commit_message_template: {subject}\nbugs:\n  blank: [{quoted_name}]\n"));
    sandbox.write(
        ".orch/workflow.yaml",
        &format!(
            "name: {quoted_name}\nphases:\n  one:\n    order: 1\n    goal: {quoted}\n    description: {quoted}\n    \
             next_step: {quoted}\n    events: [one.done]\n    artifacts:\n      required: [NOTE.md]\n      \
             optional: [{{name: {quoted_name}, description: {quoted}}}]\n    validation: {{warn_if_missing: [{missing}]}}\n  \
             two:\n    order: 2\n    goal: {quoted}\n"
        ),
    );
    let title = format!("title {text}");
    let meta = format!("{name}={text}");
    let as_name = |arguments: &[&str]| {
        let arguments = [["--json", "--actor", name].as_slice(), arguments].concat();
        sandbox.orch(&arguments).success().json()
    };
    as_name(&["sprint", "create", &title, "--meta", &meta]);
    // the texts of a run have no ids
    let mut create =
        sandbox.orch_command(&["--json", "--actor", name, "task", "create", &title, "--description", text]);
    let made = create.args(["--sprint", "SPR-001", "--meta", &meta]).output().unwrap();
    let made: serde_json::Value = serde_json::from_slice(&made.stdout).unwrap();
    sandbox.json(&["session", "start", "TSK-001"]);
    sandbox.write("input", &format!("artifact {text}"));
    let artifact = format!("{name}.md");
    for target in [&artifact, "NOTE.md"] {
        as_name(&["artifact", "put", "TSK-001", target, "--file", "input"]);
    }
    as_name(&["check", "record", "TSK-001", "lint", "--pass", "--note", text]);
    as_name(&["check", "run", "TSK-001", "echo", "--", "echo", text]);
    as_name(&["approval", "record", "TSK-001", "--note", text]);
    as_name(&["task", "note", "TSK-001", text]);
    for message in ["ValueError: first", "OSError: second"] {
        let message = format!("{message} {text}");
        let (file, context) = (format!("src/{text}.py"), format!("{name}={text}"));
        as_name(&["bug", "log", &message, "--file", &file, "--line", "3", "--context", &context, "--note", text]);
    }
    let payload = serde_json::json!({ name: text, "list": [text] }).to_string();
    as_name(&["event", "emit", "TSK-001", "one.done", "--payload", &payload]);
    sandbox.git(&["checkout", "--quiet", "-b", &format!("b{}", name.replace(' ', "-"))]);
    // a name has 255 bytes
    let file: String = text.chars().filter(|c| *c != '/').take(60).collect();
    let path = sandbox.root().join(format!("committed {file}"));
    fs::write(path, "x").unwrap();
    sandbox.git(&["add", "."]);
    let author = format!("{name} <n@example.invalid>");
    sandbox.git(&["commit", "--quiet", "--cleanup=verbatim", "--author", &author, "-m", &title]);
    as_name(&["git", "capture", "TSK-001"]);
    fs::write(sandbox.root().join(format!("untracked {file}")), "x").unwrap();
    let odd = std::ffi::OsString::from_vec([b"bytes \xff\x9b".as_slice(), file.as_bytes()].concat());
    fs::write(sandbox.root().join(odd), "x").unwrap();
    Some((sandbox, made["operation_id"].as_str().unwrap().to_owned()))
}

/// A text as YAML writes it in ASCII.
fn yaml(text: &str) -> String {
    let escape = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        ' '..='~' => c.to_string(),
        _ => format!("\\U{:08x}", u32::from(c)),
    };
    format!("\"{}\"", text.chars().map(escape).collect::<String>())
}

/// Plain text and names.
pub(super) fn plain() -> Option<(Sandbox, String)> {
    world("some N text", "name")
}

#[test]
fn every_command_is_known_here() {
    let Some(sandbox) = Sandbox::bare() else { return };
    sandbox.orch(&["man", "--folder", "man"]).success();
    let pages = fs::read_dir(sandbox.root().join("man")).unwrap();
    let mut pages: Vec<String> = pages.map(|page| page.unwrap().file_name().into_string().unwrap()).collect();
    pages.sort();
    let listed: Vec<String> =
        COMMANDS.iter().map(|command| format!("orch-{}.1", command.words.replace(' ', "-"))).collect();
    for page in &pages {
        let stem = format!("{}-", page.trim_end_matches(".1"));
        let is_noun = pages.iter().any(|other| other.starts_with(&stem) && !page.contains("git-"));
        assert!(is_noun || listed.contains(page) || APART.contains(&page.as_str()), "{page} is not in the list");
    }
}
