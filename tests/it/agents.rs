//! `orch init --agents` and `--mcp`, `orch agents check`: which files they write, what they leave alone, and what they refuse.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;

use orch_tests::strace::Fault;
use serde_json::{Value, json};

use super::Sandbox;
use crate::support::{Client, Trials, at_once, say};

fn read(sandbox: &Sandbox, path: &str) -> String {
    fs::read_to_string(sandbox.root().join(path)).unwrap()
}

/// A path, what is told of it, and how it is made.
type Hindrance<'a> = (&'a str, &'a str, &'a dyn Fn(&Path));

/// What was done to each file.
fn effects(answer: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    answer["files"].as_array().unwrap().iter().map(|file| (text(&file["path"]), text(&file["effect"]))).collect()
}

fn effect(path: &str, effect: &str) -> (String, String) {
    (path.to_owned(), effect.to_owned())
}

#[test]
fn the_section_is_written_where_agents_read() {
    let Some(sandbox) = Sandbox::repository() else { return };
    // some are links to the common file or take it in, some are of their own
    sandbox.write(".claude/CLAUDE.md", "# Claude\r\n\r\nBe kind.\r\n");
    sandbox.write("GEMINI.md", "```\n# code\n```\n@./AGENTS.md\n");
    fs::set_permissions(sandbox.root().join(".claude/CLAUDE.md"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink("AGENTS.md", sandbox.root().join("CLAUDE.md")).unwrap();
    let refused = sandbox.orch(&["init", "--agents", "--json"]);
    assert_eq!(refused.fails_with(9).error()["message"], "CLAUDE.md is a link that leads nowhere");
    assert!(!sandbox.root().join(".orch").exists(), "what is refused changes nothing");
    sandbox.write("AGENTS.md", "# House rules\n\nNo tabs.");

    let made = sandbox.json(&["init", "--agents"]);
    assert_eq!(made["created"], true);
    assert_eq!(effects(&made), [effect("AGENTS.md", "changed"), effect(".claude/CLAUDE.md", "changed")]);
    let common = read(&sandbox, "AGENTS.md");
    assert!(common.starts_with("# House rules\n\nNo tabs.\n\n<!-- orch:begin 1 "), "{common}");
    assert!(common.contains("`orch prime`") && common.ends_with("<!-- orch:end -->\n"), "{common}");
    let own = read(&sandbox, ".claude/CLAUDE.md");
    assert!(own.starts_with("# Claude\r\n\r\nBe kind.\r\n\r\n<!-- orch:begin 1 "), "{own}");
    assert_eq!(own.matches('\n').count(), own.matches("\r\n").count(), "line ends stay those of the file");
    assert_eq!(sandbox.root().join(".claude/CLAUDE.md").metadata().unwrap().mode() & 0o777, 0o640);
    assert!(sandbox.root().join("CLAUDE.md").is_symlink());
    assert_eq!(read(&sandbox, "GEMINI.md"), "```\n# code\n```\n@./AGENTS.md\n");
    // what only looks so takes nothing in
    for text in ["```\n@AGENTS.md\n```\n", "<!-- @AGENTS.md -->\n", "@../AGENTS.md\n", "@AGENTS.mdx\n"] {
        sandbox.write("GEMINI.md", text);
        sandbox.orch(&["agents", "check"]).fails_with(4);
    }
    fs::remove_file(sandbox.root().join("GEMINI.md")).unwrap();

    let files = ["AGENTS.md", ".claude/CLAUDE.md"];
    let before = files.map(|file| (read(&sandbox, file), sandbox.root().join(file).metadata().unwrap().ino()));
    let again = sandbox.json(&["init", "--agents"]);
    assert_eq!((again["created"].as_bool(), effects(&again)[0].1.as_str()), (Some(false), "kept"));
    let after = files.map(|file| (read(&sandbox, file), sandbox.root().join(file).metadata().unwrap().ino()));
    assert_eq!(before, after, "what is current is not even written");
    // who does not ask for it gets none of it
    let Some(plain) = Sandbox::project() else { return };
    assert_eq!(plain.changes(), "");
    assert_eq!(plain.json(&["init"])["files"], json!([]));
    // a file that was made read-only was made so on purpose; root may write it all the same, but does not
    plain.write("CLAUDE.md", "# Claude\n");
    fs::set_permissions(plain.root().join("CLAUDE.md"), fs::Permissions::from_mode(0o444)).unwrap();
    let refused = plain.orch(&["init", "--agents"]);
    assert!(refused.fails_with(9).stderr.contains("CLAUDE.md is read-only"), "{refused}");
    assert_eq!(plain.changes(), "?? CLAUDE.md\n");
    fs::remove_file(plain.root().join("CLAUDE.md")).unwrap();
    // a new file is for whoever may read new files
    plain.json(&["init", "--agents"]);
    assert_eq!(plain.root().join("AGENTS.md").metadata().unwrap().mode() & 0o044, 0o044);
}

#[test]
fn a_section_that_is_not_current_is_told() {
    let Some(sandbox) = Sandbox::project() else { return };
    let states = |code: i32| -> Vec<(String, String)> {
        let run = sandbox.orch(&["agents", "check", "--json"]);
        assert_eq!(run.code, Some(code), "{run}");
        let files = if code == 0 { run.json()["files"].take() } else { run.error()["details"]["files"].take() };
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        files.as_array().unwrap().iter().map(|file| (text(&file["path"]), text(&file["state"]))).collect()
    };
    assert_eq!(states(4), [effect("AGENTS.md", "missing")]);
    sandbox.write("CLAUDE.md", "# Claude\n");
    assert_eq!(states(4), [effect("AGENTS.md", "missing"), effect("CLAUDE.md", "missing")]);
    let told = sandbox.orch(&["agents", "check"]);
    assert!(told.stderr.ends_with("hint: run: orch init --agents\n"), "{told}");
    sandbox.orch(&["init", "--agents"]).success();
    assert_eq!(states(0), [effect("AGENTS.md", "current"), effect("CLAUDE.md", "current")]);
    let current = read(&sandbox, "AGENTS.md");

    sandbox.write("AGENTS.md", &format!("before\n{}after\n", current.replace("orch prime", "orch prim")));
    assert_eq!(states(4)[0], effect("AGENTS.md", "stale"));
    sandbox.orch(&["init", "--agents"]).success();
    assert_eq!(read(&sandbox, "AGENTS.md"), format!("before\n{current}after\n"));
    // somebody has a later orch: theirs stays
    let later = current.replace("orch:begin 1 ", "orch:begin 2 ").replace("orch prime", "orch primer");
    sandbox.write("AGENTS.md", &later);
    assert_eq!(states(0)[0], effect("AGENTS.md", "newer"));
    sandbox.orch(&["init", "--agents"]).success();
    assert_eq!(read(&sandbox, "AGENTS.md"), later);
    assert_eq!(sandbox.orch(&["-C", "/", "agents", "check"]).code, Some(3), "there is no project");
}

#[test]
fn each_linked_work_tree_has_its_own_files() {
    let Some(sandbox) = Sandbox::project() else { return };
    sandbox.git(&["worktree", "add", "--quiet", "../project/linked", "-b", "other"]);
    fs::create_dir(sandbox.root().join("linked/src")).unwrap();
    sandbox.orch(&["-C", "linked/src", "agents", "check"]).fails_with(4);
    let made = sandbox.json(&["-C", "linked/src", "init", "--agents", "--mcp", "claude"]);
    assert_eq!(made["created"], false, "the store is shared");
    assert!(sandbox.root().join("linked/AGENTS.md").is_file() && sandbox.root().join("linked/.mcp.json").is_file());
    assert!(!sandbox.root().join("AGENTS.md").exists());
    sandbox.orch(&["-C", "linked/src", "agents", "check"]).success();
    sandbox.orch(&["agents", "check"]).fails_with(4);
}

#[test]
fn what_is_no_file_of_the_project_is_refused_before_anything_is_changed() {
    let elsewhere = tempfile::tempdir().unwrap();
    let outside = elsewhere.path().join("AGENTS.md");
    fs::write(&outside, "theirs\n").unwrap();
    let pipe = |path: &Path| assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    let written = |text: &'static [u8]| move |path: &Path| fs::write(path, text).unwrap();
    let cases: [Hindrance; 16] = [
        ("AGENTS.md", "leads out of the project", &|path| symlink(&outside, path).unwrap()),
        ("AGENTS.md", "leads out of the project", &|path| symlink(".git/config", path).unwrap()),
        ("AGENTS.md", "is a link that leads nowhere", &|path| symlink("none", path).unwrap()),
        ("AGENTS.md", "is a link that leads nowhere", &|path| symlink("AGENTS.md", path).unwrap()),
        ("AGENTS.md", "is no file", &|path| fs::create_dir(path).unwrap()),
        ("AGENTS.md", "is no file", &pipe),
        ("AGENTS.md", "is no file", &|path| symlink("/dev/zero", path).unwrap()),
        ("AGENTS.md", "has more than 4 MiB", &|path| fs::File::create(path).unwrap().set_len(5 << 20).unwrap()),
        ("AGENTS.md", "is not UTF-8, at byte 1", &written(b"x\xff\n")),
        ("AGENTS.md", ", line 2: a section begins that does not end", &written(b"x\n<!-- orch:begin 1 -->\n")),
        ("CLAUDE.md", ", line 1: a section ends that did not begin", &written(b"<!-- orch:end -->\n")),
        (".mcp.json", "has \"mcpServers\" more than once", &written(b"{\"mcpServers\": {}, \"mcpServers\": {}}")),
        ("AGENTS.md", "has more than 4 MiB", &|path| fs::write(path, "x".repeat((4 << 20) - 9)).unwrap()),
        (".mcp.json", "is not JSON: ", &written(b"{\"mcpServers\": {}")),
        (".mcp.json", "has no object under \"mcpServers\"", &written(b"{\"mcpServers\": 7}")),
        (".cursor", "leads out of the project", &|path| symlink(elsewhere.path(), path).unwrap()),
    ];
    for (name, problem, put) in cases {
        let Some(sandbox) = Sandbox::repository() else { return };
        let before = sandbox.git(&["status", "--porcelain", "--ignored"]);
        put(&sandbox.root().join(name));
        let there = sandbox.git(&["status", "--porcelain", "--ignored"]);
        let run = sandbox.orch(&["init", "--agents", "--mcp", "claude,cursor", "--json"]);
        let error = run.fails_with(9).error();
        // a device is outside, too
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(problem) || (name, problem) == ("AGENTS.md", "is no file"), "{problem}: {run}");
        assert!(!error["hint"].as_str().unwrap().is_empty());
        assert_eq!(sandbox.git(&["status", "--porcelain", "--ignored"]), there, "{before}\n{problem}");
        assert!(!sandbox.root().join(".orch").exists(), "{problem}");
    }
    assert_eq!(fs::read_to_string(&outside).unwrap(), "theirs\n");
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 1);
}

#[test]
fn clients_of_mcp_are_told_of_the_server() {
    let Some(sandbox) = Sandbox::project() else { return };
    let mine = "{\n  // mine\n  \"mcpServers\": {\n    \"docs\": {\"url\": \"https://example.invalid\"}\n  },\n  \"z\": 1, \"a\": 2\n}\n";
    sandbox.write(".gemini/settings.json", mine);
    sandbox.write(".codex/config.toml", "model = \"x\" # mine\n");
    let kept = r#"{"mcpServers": {"orch": {"command": "orch", "args": ["mcp", "--actor", "alice"]}}}"#;
    sandbox.write(".cursor/mcp.json", kept);
    let all = ["init", "--mcp", "claude,codex,cursor", "--mcp", "gemini", "--mcp", "vscode"];
    let made = sandbox.json(&all);
    assert_eq!(
        effects(&made),
        [
            effect(".mcp.json", "made"),
            effect(".codex/config.toml", "changed"),
            effect(".cursor/mcp.json", "kept"),
            effect(".gemini/settings.json", "changed"),
            effect(".vscode/mcp.json", "made"),
        ]
    );
    assert!(!sandbox.root().join("AGENTS.md").exists());
    let entry = json!({"command": "orch", "args": ["mcp"]});
    let document = |path: &str| -> Value { serde_json::from_str(&read(&sandbox, path)).unwrap() };
    assert_eq!(document(".mcp.json"), json!({"mcpServers": {"orch": entry}}));
    assert_eq!(
        document(".vscode/mcp.json"),
        json!({"servers": {"orch": {"type": "stdio", "command": "orch", "args": ["mcp"]}}})
    );
    assert_eq!(read(&sandbox, ".cursor/mcp.json"), kept, "an entry of one's own stays");
    let gemini = read(&sandbox, ".gemini/settings.json");
    let (before, behind) = mine.split_at(mine.find("\n  },").unwrap());
    assert!(gemini.starts_with(before) && gemini.ends_with(behind), "{gemini}");
    assert!(gemini.contains("\"orch\": {\n      \"command\": \"orch\",\n      \"args\": [\"mcp\"]\n    }"), "{gemini}");
    assert_eq!(
        read(&sandbox, ".codex/config.toml"),
        "model = \"x\" # mine\n\n[mcp_servers.orch]\ncommand = \"orch\"\nargs = [\"mcp\"]\n"
    );
    let texts = || [".mcp.json", ".codex/config.toml", ".gemini/settings.json"].map(|path| read(&sandbox, path));
    let before = texts();
    assert!(effects(&sandbox.json(&all)).iter().all(|(_, effect)| effect == "kept"));
    assert_eq!(texts(), before);
    sandbox.orch(&["init", "--mcp", "emacs"]).fails_with(2);
    assert_eq!(effects(&sandbox.json(&["init", "--mcp"])), [effect(".mcp.json", "kept")]);
    // the entry starts the server of this project
    let config = document(".mcp.json");
    let arguments: Vec<&str> =
        config["mcpServers"]["orch"]["args"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let mut client = Client::begin(&mut sandbox.orch_command(&arguments), "claude");
    assert_eq!(client.call("prime", &json!({}))["next"], "orch task create \"TITLE\"");
}

#[test]
fn promise_02_a_killed_init_leaves_the_files_of_agents_as_they_were_or_whole() {
    let Some(sandbox) = Sandbox::project() else { return };
    sandbox.write("CLAUDE.md", "# Claude\n");
    sandbox.write(".mcp.json", "{}\n");
    let files = ["AGENTS.md", "CLAUDE.md", ".mcp.json", ".codex/config.toml"];
    let texts = || files.map(|file| fs::read_to_string(sandbox.root().join(file)).ok());
    let (before, arguments) = (texts(), ["init", "--agents", "--mcp", "claude,codex"]);
    let command = sandbox.orch_command(&arguments);
    let Some(trials) = Trials::of(&sandbox, &command, 12) else { return };
    let (after, seen) = (texts(), sandbox.changes());
    for point in &trials.points {
        let run = trials.run(&command, point, Fault::Kill);
        for ((file, text), (before, after)) in files.iter().zip(texts()).zip(before.iter().zip(&after)) {
            assert!([before, after].contains(&&text), "{file} after {point:?}: {text:?}\n{run}");
        }
        let changes = sandbox.changes();
        assert!(changes.lines().all(|line| seen.contains(line)), "{point:?} leaves {changes}");
        sandbox.orch(&arguments).success();
        assert_eq!(texts(), after, "{point:?}: the same command again completes it");
    }
    say(&format!("init --agents: {} trials", trials.points.len()));
}

#[test]
fn eight_at_once_write_one_section() {
    let Some(sandbox) = Sandbox::repository() else { return };
    sandbox.write("CLAUDE.md", "# Claude\n");
    let runs = at_once(8, |_| sandbox.orch(&["init", "--agents", "--mcp", "claude,cursor,codex"]));
    for run in &runs {
        run.success();
    }
    for file in ["AGENTS.md", "CLAUDE.md"] {
        let text = read(&sandbox, file);
        assert_eq!(text.matches("orch:begin").count(), 1, "{text}");
    }
    assert_eq!(read(&sandbox, ".mcp.json").matches("\"orch\":").count(), 1);
    assert_eq!(read(&sandbox, ".codex/config.toml").matches("[mcp_servers.orch]").count(), 1);
    sandbox.orch(&["agents", "check"]).success();
    let left = sandbox.git(&["status", "--porcelain", "-uall"]);
    assert_eq!(left.lines().count(), 5, "nothing is left behind: {left}");
}
