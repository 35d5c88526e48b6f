//! Files, documents and texts that were made to do harm: bombs, links, devices, depth, size, and the syntax of databases.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::json;

use super::Sandbox;
use super::world::plain;
use crate::support::Run;

/// Runs orch and says how many KiB of memory it had at most, which the shell's `ulimit` cannot tell.
fn measured(sandbox: &Sandbox, arguments: &[&str]) -> (Run, u64) {
    let mut command = sandbox.orch_command(arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    // both streams are read to their end before the process is waited for, so its peak can still be asked for
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let peak = || {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).map(str::to_owned);
        line.and_then(|line| line.trim().trim_end_matches(" kB").trim().parse::<u64>().ok())
    };
    let mut most = 0;
    let mut error = child.stderr.take().unwrap();
    let mut buffer = [0_u8; 4096];
    while let Ok(count @ 1..) = error.read(&mut buffer) {
        err.extend_from_slice(&buffer[..count]);
        most = peak().unwrap_or(most).max(most);
    }
    child.stdout.take().unwrap().read_to_end(&mut out).unwrap();
    let status = child.wait().unwrap();
    let output = std::process::Output { status, stdout: out, stderr: err };
    (sandbox.run(&output), most)
}

/// Writes to the standard input of orch, which may stop reading before the end.
fn fed(sandbox: &Sandbox, arguments: &[&str], input: &[u8]) -> Run {
    let mut command = sandbox.orch_command(arguments);
    let mut child: Child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || drop(stdin.write_all(input)));
        sandbox.wait(child)
    })
}

/// Texts of YAML that are small or large, deep, or refer to themselves; with the place that has to be told.
fn bombs() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let level = |n: usize| format!("a{n}: &a{n} [{}]\n", [format!("*a{}", n - 1).as_str(); 9].join(", "));
    let aliases = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n") + &(1..12).map(level).collect::<String>();
    let keys: String = (0..20_000).map(|n| format!("k{n}: 1\n")).collect();
    vec![
        ("an alias bomb", aliases.into_bytes(), ":1:"),
        ("depth 65", ("[".repeat(65) + &"]".repeat(65)).into_bytes(), ":1:65"),
        ("depth 100,000", "[".repeat(100_000).into_bytes(), ":1:65"),
        ("depth in blocks", "- ".repeat(100_000).into_bytes(), ":1:"),
        ("more than 256 KiB", vec![b'#'; 256 * 1024 + 1], ":1:1"),
        ("100 MB", vec![b'a'; 100 << 20], ":1:1"),
        ("many keys", keys.into_bytes(), ":1:1"),
        ("a tag", b"name: x\nphases: !python/object:os.system {}\n".to_vec(), ":2:9"),
        ("a merge key", b"name: x\n<<: {a: 1}\n".to_vec(), ":2:1"),
        ("a duplicate key", b"name: x\nname: y\n".to_vec(), ":2:1"),
        ("an unknown key", b"name: x\n  \nphasess: {}\n".to_vec(), ":3:1"),
        ("bytes", b"name: x\nphases: \xff\n".to_vec(), ":2:9"),
        ("NUL", b"name: \0\n".to_vec(), ":1:7"),
        ("nothing", Vec::new(), ""),
    ]
}

#[test]
fn promise_25_no_yaml_costs_much_and_faults_have_places() {
    let Some(sandbox) = Sandbox::started() else { return };
    // what the program takes without any of it, in KiB
    let (_, plain) = measured(&sandbox, &["task", "show", "nope"]);
    let before = sandbox.events();
    for (name, text, place) in bombs() {
        for (file, arguments) in [
            ("bomb.yaml", ["workflow", "check", "bomb.yaml"].as_slice()),
            (".orch/workflow.yaml", &["session", "start", "TSK-002"]),
            (".orch/workflow.yaml", &["workflow", "show"]),
        ] {
            fs::write(sandbox.root().join(file), &text).unwrap();
            let (run, most) = measured(&sandbox, arguments);
            run.fails_with(2);
            assert!(run.stderr.contains(&format!("{file}{place}")), "{name}: {run}");
            assert!(run.stderr.len() < 64 << 10, "{name}: {} bytes of faults", run.stderr.len());
            println!("{name} in {file}: {most} KiB at most, {plain} KiB without");
            // 64 MiB is promised of the optimised program
            assert!(most < 128 << 10, "{name}: {most} KiB");
        }
        fs::remove_file(sandbox.root().join(".orch/workflow.yaml")).unwrap();
    }
    assert_eq!(sandbox.events(), before);
}

#[test]
fn promise_25_settings_are_read_as_carefully() {
    let Some(sandbox) = Sandbox::started() else { return };
    let own = fs::read(sandbox.root().join(".orch/config.yaml")).unwrap_or_default();
    for (name, text, place) in bombs() {
        if name == "nothing" {
            continue;
        }
        for file in [sandbox.root().join(".orch/config.yaml"), sandbox.home().join(".config/orch/config.yaml")] {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, &text).unwrap();
            let (run, most) = measured(&sandbox, &["task", "list"]);
            run.fails_with(2);
            assert!(run.stderr.contains("config.yaml:"), "{name}: {run}");
            assert!(place.len() < 4 || run.stderr.contains(&format!("config.yaml{}", &place[..2])), "{name}: {run}");
            assert!(most < 128 << 10, "{name}: {most} KiB");
            fs::remove_file(&file).unwrap();
        }
        fs::write(sandbox.root().join(".orch/config.yaml"), &own).unwrap();
    }
    sandbox.orch(&["task", "list"]).success();
}

/// Makes at each path something that is no plain file of the project, and hands them back with what they are.
fn not_files(folder: &Path, outside: &Path) -> Vec<(&'static str, String)> {
    let pipe = folder.join("pipe.md");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let listener = std::os::unix::net::UnixListener::bind(folder.join("socket.md")).unwrap();
    drop(listener);
    fs::create_dir(folder.join("folder.md")).unwrap();
    for (name, target) in [
        ("zero.md", Path::new("/dev/zero")),
        ("null.md", Path::new("/dev/null")),
        ("memory.md", Path::new("/proc/self/mem")),
        ("outside.md", outside),
        ("nowhere.md", Path::new("no/such/file")),
        ("itself.md", Path::new("itself.md")),
        ("git.md", Path::new("../../../.git/config")),
        ("store.md", Path::new("../../config.yaml")),
    ] {
        symlink(target, folder.join(name)).unwrap();
    }
    symlink(outside.parent().unwrap(), folder.join("out")).unwrap();
    ["pipe", "socket", "folder", "zero", "null", "memory", "outside", "nowhere", "itself", "git", "store"]
        .map(|name| (name, format!("{name}.md")))
        .into_iter()
        .chain([("a file behind a linked folder", "out/secret".to_owned())])
        .collect()
}

#[test]
fn promise_26_no_artifact_leads_out_or_is_a_device() {
    let Some(sandbox) = Sandbox::started() else { return };
    let secret = sandbox.home().join("secret");
    fs::write(&secret, "the secret outside").unwrap();
    let folder = sandbox.root().join(".orch/tasks/TSK-001");
    fs::create_dir_all(&folder).unwrap();
    let names = not_files(&folder, &secret);
    // whatever lies there, the folder is read without waiting and without following
    let listed = sandbox.orch(&["artifact", "list", "TSK-001", "--json"]);
    assert!(!listed.success().stdout.contains("the secret outside"));
    sandbox.write(
        ".orch/workflow.yaml",
        "name: w\nphases:\n  one:\n    order: 1\n    goal: x\n    artifacts: {required: ['*.md', 'out/*']}\n  two: {order: 2, goal: y}\n",
    );
    sandbox.orch(&["session", "end", "TSK-001", "--force"]).success();
    sandbox.orch(&["session", "start", "TSK-001"]).success();
    let refused = sandbox.orch(&["phase", "complete", "TSK-001"]);
    assert!(refused.fails_with(4).stderr.contains("Artifact refused"), "{refused}");
    sandbox.orch(&["session", "end", "TSK-001", "--force"]).success();
    let kept = sandbox.sql("SELECT count(*) FROM orchestration_artifacts");
    for (what, name) in names {
        sandbox.orch(&["artifact", "get", "TSK-001", &name]).fails_with(3);
        let written = fed(&sandbox, &["artifact", "put", "TSK-001", &name], b"text");
        let new = fed(&sandbox, &["artifact", "new", "TSK-001", &name, "--force"], b"");
        assert_ne!(new.code, Some(0), "{what}: {new}");
        assert!(matches!(new.code, Some(2..=9)), "{what}: {new}");
        // the store has it, and says that the folder has not
        assert!(matches!(written.code, Some(0 | 9 | 10)), "{what}: {written}");
    }
    assert_eq!(fs::read_to_string(&secret).unwrap(), "the secret outside");
    assert_eq!(kept, "0");
    assert!(fs::read_to_string(sandbox.root().join(".git/config")).unwrap().contains("orch tests"));
}

#[test]
fn promise_26_no_name_leads_out() {
    let Some(sandbox) = Sandbox::started() else { return };
    let before = sandbox.events();
    let long = "x".repeat(300);
    for name in [
        "../x",
        "../../x",
        "/etc/passwd",
        "a/../../x",
        ".git/config",
        "a/.git/x",
        "./x",
        "a//b",
        "a\\b",
        "..",
        ".",
        "a/",
        "-x",
        " x",
        "x\u{7f}",
        "x\ny",
        long.as_str(),
        "a/b/c/d/e/f/g/h/i",
        "",
    ] {
        for arguments in [
            ["artifact", "put", "TSK-001", name].as_slice(),
            &["artifact", "get", "TSK-001", name],
            &["artifact", "new", "TSK-001", name],
        ] {
            sandbox.orch(arguments).fails_with(2);
        }
    }
    for code in ["../x", "a/b", "..", "/x", ".git", "a\\b", "x\u{0085}", "a b", long.as_str()] {
        for arguments in [
            ["task", "create", "x", "--code", code].as_slice(),
            &["sprint", "create", "x", "--code", code],
            &["session", "start", "TSK-001", "--restart", "--session-key", code],
            &["artifact", "list", code],
        ] {
            sandbox.orch(arguments).fails_with(2);
        }
    }
    assert_eq!(sandbox.events(), before);
    assert_eq!(sandbox.changes(), "", "no file was made");
}

#[test]
fn promise_26_files_of_a_project_are_plain_and_stay_inside() {
    let Some(sandbox) = Sandbox::started() else { return };
    let secret = sandbox.home().join("secret");
    fs::write(&secret, "the secret outside").unwrap();
    let templates = sandbox.root().join(".orch/templates");
    fs::create_dir_all(&templates).unwrap();
    let pipe = |path: &Path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    let template = templates.join("TASK.md");
    symlink(&secret, &template).unwrap();
    let run = sandbox.orch(&["artifact", "new", "TSK-001", "TASK.md"]);
    assert!(!run.fails_with(9).stderr.contains("the secret outside"), "{run}");
    fs::remove_file(&template).unwrap();
    symlink("/dev/zero", &template).unwrap();
    sandbox.orch(&["artifact", "new", "TSK-001", "TASK.md"]).fails_with(9);
    fs::remove_file(&template).unwrap();
    pipe(&template);
    sandbox.orch(&["artifact", "new", "TSK-001", "TASK.md"]).fails_with(9);
    let workflow = sandbox.root().join(".orch/workflow.yaml");
    for make in [pipe, |path: &Path| symlink("/dev/zero", path).unwrap(), |path: &Path| fs::create_dir(path).unwrap()] {
        make(&workflow);
        sandbox.orch(&["workflow", "check"]).fails_with(9);
        fs::remove_file(&workflow).or_else(|_| fs::remove_dir(&workflow)).unwrap();
    }
    let settings = sandbox.root().join(".orch/config.yaml");
    let kept = fs::read(&settings).ok();
    for make in [pipe, |path: &Path| symlink("/dev/zero", path).unwrap(), |path: &Path| fs::create_dir(path).unwrap()] {
        let _ = fs::remove_file(&settings);
        make(&settings);
        sandbox.orch(&["task", "list"]).fails_with(9);
        fs::remove_file(&settings).or_else(|_| fs::remove_dir(&settings)).unwrap();
    }
    if let Some(kept) = kept {
        fs::write(&settings, kept).unwrap();
    }
    for target in [".git/config", "no/such/folder/x"] {
        let run = sandbox.orch(&["db", "backup", target]);
        assert!(matches!(run.code, Some(2..=9)), "{target}: {run}");
    }
    sandbox.orch(&["db", "check"]).success();
}

#[test]
fn promise_26_sizes_are_limited() {
    let Some(sandbox) = Sandbox::started() else { return };
    let before = sandbox.events();
    let ten = vec![b'x'; (10 << 20) + 1];
    let text = String::from_utf8(ten.clone()).unwrap();
    fs::write(sandbox.root().join("big"), &ten).unwrap();
    sandbox.orch(&["artifact", "put", "TSK-001", "x.md", "--file", "big"]).fails_with(2);
    sandbox.orch(&["artifact", "put", "TSK-001", "x.md", "--file", "/dev/zero"]).fails_with(2);
    fed(&sandbox, &["artifact", "put", "TSK-001", "x.md"], &ten).fails_with(2);
    fs::create_dir_all(sandbox.root().join(".orch/tasks/TSK-001")).unwrap();
    fs::write(sandbox.root().join(".orch/tasks/TSK-001/TASK.md"), &ten).unwrap();
    let run = sandbox.orch(&["phase", "complete", "TSK-001"]);
    assert!(run.fails_with(4).stderr.contains("refused"), "{run}");
    // one argument of a process has at most 128 KiB on Linux
    let long = &text[..120_000];
    for arguments in [
        ["task", "create", long].as_slice(),
        &["sprint", "create", long],
        &["task", "update", "TSK-001", "--title", long],
        &["check", "record", "TSK-001", "lint", "--pass", "--note", long],
        &["approval", "record", "TSK-001", "--note", long],
        &["phase", "complete", "TSK-001", "--override", "--reason", long],
        &["session", "end", "TSK-001", "--force", "--reason", long],
        &["bug", "log", "x", "--note", long],
        &["task", "create", "x", "--actor", long],
        &["task", "create", "x", "--code", long],
        &["task", "create", "x", "--idempotency-key", long],
    ] {
        let run = sandbox.orch(arguments);
        assert!(run.fails_with(2).stderr.len() < 4096, "{} bytes are told", run.stderr.len());
    }
    assert_eq!(sandbox.events(), before);
    // the text of an error is cut, not refused, as its beginning says what it is
    fed(&sandbox, &["bug", "log", "-"], &[b"ValueError: x ".as_slice(), &ten].concat()).success();
    sandbox.orch(&["context", "search", long]).success();
}

#[test]
fn promise_04_deep_and_endless_documents_are_refused() {
    let Some(sandbox) = Sandbox::started() else { return };
    let before = sandbox.events();
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        // an argument has at most 128 KiB
        let deep = open.repeat(20_000) + "1" + &close.repeat(20_000);
        sandbox.orch(&["event", "emit", "TSK-001", "intake.clarified", "--payload", &deep]).fails_with(2);
        let deep = open.repeat(100_000) + "1" + &close.repeat(100_000);
        let line = format!("{{\"event_type\":\"note\",\"task\":\"TSK-001\",\"payload\":{deep}}}\n");
        fed(&sandbox, &["event", "import", "-"], line.as_bytes()).fails_with(2);
        fed(&sandbox, &["db", "import", "-"], deep.as_bytes()).fails_with(2);
        fed(&sandbox, &["bug", "fingerprint", "--stdin"], deep.as_bytes());
    }
    for number in ["1e400", "-1e400", "NaN", "Infinity", "01", "+1", "1."] {
        sandbox.orch(&["event", "emit", "TSK-001", "intake.clarified", "--payload", number]).fails_with(2);
    }
    for endless in ["/dev/zero", "/proc/self/mem"] {
        for arguments in [
            ["event", "import", endless].as_slice(),
            &["db", "import", endless],
            &["context", "search", "--queries", endless],
        ] {
            let run = sandbox.orch(arguments);
            assert!(matches!(run.code, Some(2..=9)), "{arguments:?}: {run}");
        }
    }
    assert_eq!(sandbox.events(), before);
    // as large as they may be, numbers come back as they were
    let numbers = json!([u64::MAX, i64::MIN, 1.797_693_134_862_315_7e308, 5e-324, 0.1]);
    let payload = numbers.to_string();
    sandbox.orch(&["event", "emit", "TSK-001", "intake.clarified", "--payload", &payload]).success();
    let listed = sandbox.json(&["event", "list", "TSK-001", "--type", "intake.clarified"]);
    assert_eq!(listed["events"][0]["payload"], numbers);
}

const METACHARACTERS: [&str; 22] = [
    "'",
    "\"",
    "''",
    "\"\"",
    ";",
    "--",
    "/* */",
    "%",
    "_",
    "*",
    "NEAR(",
    "NEAR(a b, 2)",
    "^",
    ":",
    "(",
    ")",
    "{ }",
    "AND",
    "OR NOT",
    "a:b OR c*",
    "\\",
    "'; DROP TABLE orchestration_events; --",
];

#[test]
fn promise_30_no_text_is_syntax_of_a_search_or_a_filter() {
    let Some((sandbox, _)) = plain() else { return };
    let before = sandbox.events();
    for (nth, text) in METACHARACTERS.into_iter().enumerate() {
        for arguments in [
            ["context", "search", "--", text].as_slice(),
            &["context", "search", "--summary", "--", text],
            &["context", "search", "--", "N", text, text],
        ] {
            let run = sandbox.orch(&[&["--json"], arguments].concat());
            run.success().json();
        }
        let filters: [&[&str]; 13] = [
            &["event", "list", "--by", text],
            &["event", "list", "--type", text],
            &["event", "list", "--since", text],
            &["event", "list", text],
            &["event", "list", "--session", text],
            &["task", "list", "--type", text],
            &["task", "list", "--sprint", text],
            &["bug", "list", "--task", text],
            &["bug", "show", text],
            &["session", "list", text],
            &["sprint", "show", text],
            &["context", "search", "N", "--scope", "task", "--id", text],
            &["op", "show", text],
        ];
        // each of them with a third of the texts
        for arguments in filters.into_iter().skip(nth % 3).step_by(3) {
            let run = sandbox.orch(arguments);
            assert!(matches!(run.code, Some(0 | 2 | 3)), "{arguments:?}: {run}");
            assert!(!run.stderr.to_lowercase().contains("syntax"), "{run}");
        }
    }
    assert_eq!(sandbox.events(), before);
    // what stands for anything elsewhere stands for itself here
    let listed = sandbox.json(&["event", "list", "--by", "%"]);
    assert_eq!(listed["events"], json!([]));
    sandbox.orch(&["task", "create", "a", "--actor", "a%b_c"]).success();
    assert_eq!(sandbox.json(&["event", "list", "--by", "a%b_c"])["events"].as_array().unwrap().len(), 1);
    assert_eq!(sandbox.json(&["event", "list", "--by", "axbxc"])["events"], json!([]));
}

#[test]
fn promise_29_an_address_is_understood_or_refused_and_no_token_repeated() {
    let Some(sandbox) = Sandbox::started() else { return };
    let before = sandbox.events();
    for url in [
        "https://user:hunter2Qx@github.com/o/r/pull/1",
        "https://hunter2Qx@github.com/o/r/pull/1",
        "https://github.com@evil.example/o/r/pull/1?t=hunter2Qx",
        "https://github.com.evil.example/o/r/pull/hunter2Qx",
        "https://github.com/o/r/pull/1/../2",
        "https://github.com/o/r/pull/1%2f..%2f2",
        "https://github.com/o/r/pull/0",
        "https://github.com/o/r/pull/99999999999999999999",
        "https://github.com\\@evil.example/o/r/pull/1",
        "http://github.com/o/r/pull/1",
        "https://gіthub.com/o/r/pull/1",
        "https://xn--gthub-n4a.com/o/r/pull/1",
        "https://127.0.0.1/o/r/pull/1",
        "https://[::1]/o/r/pull/1",
        "https://localhost/o/r/pull/1",
        "javascript:alert(1)",
        "file:///etc/passwd",
        " https://github.com/o/r/pull/1",
        "https://github.com/o/r/pull/1\u{202e}",
        "",
    ] {
        for arguments in [["git", "parse-pr", url].as_slice(), &["git", "link-pr", "TSK-001", url]] {
            let run = sandbox.orch(arguments);
            run.fails_with(9);
            assert!(!run.stderr.contains("hunter2Qx"), "{run}");
        }
    }
    assert_eq!(sandbox.events(), before);
    let read = sandbox.json(&["git", "parse-pr", "https://GitHub.com:443/o/r/pull/7/files?token=hunter2Qx#x"]);
    assert_eq!(read["pull_request"]["url"], "https://github.com/o/r/pull/7");
    assert!(!read.to_string().contains("hunter2Qx"));
}
