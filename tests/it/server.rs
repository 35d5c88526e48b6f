//! What becomes of commands when the server is away, silent, closed, or not what it should be; and where its password goes.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use orch_tests::pgbouncer::Bouncer;
use orch_tests::postgres::{self, Server};
use orch_tests::proxy::{Cut, Proxy};

use serde_json::json;

use super::Sandbox;
use crate::support::{Client, Run};

/// Nobody waits longer than a second.
const HURRY: (&str, &str) = ("ORCH_STORAGE_RETRY_SECONDS", "1");

/// A repository without a project, and one more database for it.
fn bare() -> Option<(Sandbox, postgres::Database)> {
    Some((Sandbox::repository()?, postgres::database()?))
}

fn init(sandbox: &Sandbox, url: &str) -> Run {
    sandbox.orch_with(HURRY, &["init", "--database-url", url])
}

/// The password as it stands in an address.
fn secret(url: &str) -> &str {
    url.split([':', '@']).nth(2).unwrap()
}

#[test]
fn promise_28_the_password_is_kept_where_only_its_owner_reads_it() {
    let Some((sandbox, database)) = bare() else { return };
    let made = init(&sandbox, database.url());
    made.success();
    assert_eq!(sandbox.git(&["status", "--porcelain", "-uall"]), "?? .orch/config.yaml\n");
    let config = fs::read_to_string(sandbox.root().join(".orch/config.yaml")).unwrap();
    let kept = sandbox.root().join(".orch/database-url");
    assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_to_string(&kept).unwrap(), database.url());
    let shown = sandbox.orch(&["config", "show", "--json"]);
    for text in [&made.stdout, &made.stderr, &config, &shown.stdout, &sandbox.orch(&["doctor"]).stdout] {
        assert!(!text.contains(secret(database.url())) && !text.contains(database.password()), "{text}");
    }
    // whoever has the settings from the repository brings a password of their own
    fs::remove_file(&kept).unwrap();
    sandbox.orch_with(HURRY, &["task", "create", "x"]).fails_with(7);
    sandbox.orch_with(("PGPASSWORD", database.password()), &["task", "create", "x"]).success();
    let passfile = sandbox.home().join("pgpass");
    let escaped = database.password().replace('\\', r"\\").replace(':', r"\:");
    fs::write(&passfile, format!("127.0.0.1:*:*:orch:{escaped}\n")).unwrap();
    fs::set_permissions(&passfile, fs::Permissions::from_mode(0o600)).unwrap();
    sandbox.orch_with(("PGPASSFILE", passfile.to_str().unwrap()), &["task", "create", "y"]).success();
    let mut command = sandbox.orch_command(&["task", "create", "z"]);
    let port = database.port().to_string();
    command.env("ORCH_STORAGE_DATABASE_URL", "postgres:///").env("PGHOST", "127.0.0.1").env("PGPORT", port);
    command.env("PGUSER", "orch").env("PGDATABASE", database.name()).env("PGPASSWORD", database.password());
    sandbox.finish(&mut command).success();
    assert_eq!(database.sql("SELECT count(*) FROM orchestration_tasks"), "3");
}

#[test]
fn init_says_what_it_cannot_do_and_may_be_repeated() {
    let Some((sandbox, database)) = bare() else { return };
    for url in ["orch.db", "mysql://h/d", "postgres//x"] {
        init(&sandbox, url).fails_with(2);
    }
    let wrong = database.url().replacen(secret(database.url()), "wrong", 1);
    let refused = init(&sandbox, &wrong);
    assert!(refused.fails_with(7).stderr.contains("refused the login"), "{refused}");
    assert!(!sandbox.root().join(".orch/config.yaml").exists());
    init(&sandbox, database.url()).success();
    assert_eq!(sandbox.orch(&["init", "--json"]).success().json()["created"], false);
    init(&sandbox, database.url()).success();
    let Some(other) = postgres::database() else { return };
    assert!(init(&sandbox, other.url()).fails_with(5).stderr.contains("orch db export"));
    let Some(file) = crate::sqlite::Sandbox::project() else { return };
    assert!(file.orch(&["init", "--database-url", other.url()]).fails_with(5).stderr.contains("orch db export"));
    assert_eq!(other.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "0");
}

#[test]
fn settings_that_are_there_stay() {
    let Some((sandbox, database)) = bare() else { return };
    sandbox
        .write(".orch/config.yaml", "# ours\nworkflow:\n  lease_minutes: 5\nstorage:\n  retry_seconds: 3\nfiles: {}");
    init(&sandbox, database.url()).success();
    let rows = sandbox.json(&["config", "show"])["settings"].clone();
    let value = |key: &str| rows.as_array().unwrap().iter().find(|row| row["key"] == key).unwrap()["value"].clone();
    assert_eq!((value("workflow.lease_minutes"), value("storage.retry_seconds")), ("5".into(), "3".into()));
    assert!(value("storage.database_url").as_str().unwrap().ends_with(database.name()));
    assert!(fs::read_to_string(sandbox.root().join(".orch/config.yaml")).unwrap().starts_with("# ours\n"));
}

#[test]
fn promise_09_a_database_that_is_not_ours_or_newer_stays_as_it_is() {
    let Some((sandbox, database)) = bare() else { return };
    init(&sandbox, database.url()).success();
    database.sql("INSERT INTO orchestration_schema (version) VALUES (99)");
    for arguments in [["task", "create", "x"].as_slice(), &["db", "migrate"], &["db", "check"], &["init"]] {
        let run = sandbox.orch(arguments);
        assert!(run.fails_with(8).stderr.contains("has schema 99; this program knows up to"), "{run}");
    }
    let Some(empty) = postgres::database() else { return };
    let run = sandbox.orch_with(("ORCH_STORAGE_DATABASE_URL", empty.url()), &["task", "list"]);
    let told = &run.fails_with(3).stderr;
    assert!(told.contains("make one with: orch init") && !told.contains(secret(empty.url())), "{run}");
    assert_eq!(empty.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "0");
}

#[test]
fn promise_35_while_the_server_is_away_commands_say_so_and_afterwards_all_is_there() {
    let (Some((sandbox, _)), Some(mut server)) = (bare(), Server::start()) else { return };
    init(&sandbox, server.url()).success();
    sandbox.orch(&["task", "create", "x"]).success();
    server.stop_immediate();
    for arguments in [["task", "create", "y"].as_slice(), &["task", "show", "TSK-001"], &["doctor"]] {
        let run = sandbox.orch_with(HURRY, &[arguments, &["--json"]].concat());
        run.fails_with(7);
        assert!(
            run.to_string().contains("no server answers there") && !run.to_string().contains(secret(server.url())),
            "{run}"
        );
    }
    // one that comes back in time is waited for
    let waiting = sandbox.spawn(&["task", "create", "y"]);
    server.start_again();
    sandbox.wait(waiting).success();
    assert_eq!(sandbox.json(&["task", "list"])["total"], 2);
    sandbox.orch(&["db", "check"]).success();
}

#[test]
fn promise_35_an_unknown_outcome_is_told_and_can_be_asked_for() {
    let (Some((sandbox, _)), Some(mut server)) = (bare(), Server::start()) else { return };
    let proxy = Proxy::start(server.database());
    init(&sandbox, proxy.url()).success();
    sandbox.orch(&["task", "create", "x"]).success();
    for (cut, change) in [(Cut::Answer, "n=1"), (Cut::Request, "n=2")] {
        proxy.cut_at("orchestration_only_if", 1, cut);
        let arguments = ["task", "update", "TSK-001", "--meta", change, "--idempotency-key", change, "--json"];
        let mut command = sandbox.orch_command(&arguments);
        let child = command.env(HURRY.0, HURRY.1);
        let child = child.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
        while proxy.is_armed() {
            std::thread::yield_now();
        }
        server.stop_immediate();
        let run = sandbox.wait(child);
        assert_eq!(run.fails_with(10).error()["code"], "outcome_unknown", "{run}");
        server.start_again();
        // the same key again: the first answer if it was made, else it is made now
        sandbox.orch(&arguments).success();
        sandbox.orch(&arguments).success();
        let count = format!(
            "SELECT count(*) FROM orchestration_events WHERE payload->'changes'->'metadata'->>'n' = '{}'",
            &change[2..]
        );
        assert_eq!(server.database().sql(&count), "1", "{cut:?}");
    }
}

#[test]
fn promise_36_a_task_walks_through_all_phases_behind_a_pooler() {
    let Some((sandbox, database)) = bare() else { return };
    let Some(bouncer) = Bouncer::start(&database) else { return };
    init(&sandbox, bouncer.url()).success();
    sandbox.orch(&["task", "create", "x", "--type", "chore"]).success();
    sandbox.orch(&["session-start", "TSK-001"]).success();
    for _ in 0..3 {
        sandbox.orch(&["phase-complete", "TSK-001", "--override"]).success();
    }
    sandbox.orch(&["session-end", "TSK-001"]).success();
    assert_eq!(sandbox.json(&["task", "show", "TSK-001"])["task"]["status"], "completed");
    sandbox.orch(&["db", "check"]).success();
    let doctor = sandbox.orch(&["doctor"]);
    assert!(doctor.stdout.contains("by way of a pooler"), "{doctor}");
}

#[test]
fn doctor_names_the_setting_to_change() {
    let Some(sandbox) = Sandbox::project() else { return };
    // the servers of the tests need not outlive a crash of the machine
    let run = sandbox.orch(&["doctor"]);
    let told = &run.fails_with(7).stdout;
    assert!(told.contains("✗ durability") && told.contains("set fsync = on in postgresql.conf"), "{run}");
    let read_only = sandbox.orch_with(("PGOPTIONS", "-c default_transaction_read_only=on"), &["doctor"]);
    assert!(read_only.stdout.contains("✗ writing") && read_only.stdout.contains("storage.database_url"), "{read_only}");
}

#[test]
fn promise_36_the_servers_durability_is_never_lowered() {
    let Some((sandbox, database)) = bare() else { return };
    let proxy = Proxy::start(&database);
    init(&sandbox, proxy.url()).success();
    sandbox.orch(&["task", "create", "x"]).success();
    sandbox.orch(&["session-start", "TSK-001"]).success();
    sandbox.orch(&["bug", "log", "Error: no"]).success();
    sandbox.write("events.jsonl", "{\"event_type\":\"note\",\"task\":\"TSK-001\",\"payload\":{}}\n");
    sandbox.orch(&["event", "import", "events.jsonl"]).success();
    sandbox.orch(&["db", "migrate"]).success();
    assert!(proxy.was_asked("orchestration_events") && proxy.was_asked("COMMIT"));
    for setting in ["synchronous_commit", "fsync", "full_page_writes", "UNLOGGED", "wal_level"] {
        assert!(!proxy.was_asked(setting), "{setting}");
    }
}

/// Makes certificates, and a server that takes no connection without TLS. Gives the file of the authority.
fn secure(sandbox: &Sandbox, server: &Server) -> String {
    let folder = sandbox.home();
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    let openssl = |arguments: &[&str]| {
        let run = sandbox.finish(sandbox.command("openssl").current_dir(&folder).args(arguments));
        run.success();
    };
    openssl(
        &[
            &["req", "-x509", "-days", "2", "-subj", "/CN=an authority", "-keyout", "ca.key", "-out", "ca.crt"],
            &key[..],
        ]
        .concat(),
    );
    openssl(&[&["req", "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.csr"], &key[..]].concat());
    fs::write(folder.join("names"), "subjectAltName=IP:127.0.0.1\n").unwrap();
    let sign =
        ["x509", "-req", "-days", "2", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names"];
    openssl(&[&sign[..], &["-in", "server.csr", "-out", "server.crt"]].concat());
    let database = server.database();
    for name in ["server.crt", "server.key"] {
        let text = fs::read_to_string(folder.join(name)).unwrap();
        let lines = format!("SELECT unnest(string_to_array('{}', E'\\n'))", text.trim());
        database.sql(&format!("COPY ({lines}) TO PROGRAM 'umask 077; cat > {name}'"));
    }
    database.sql("COPY (SELECT 'hostssl all all all scram-sha-256') TO PROGRAM 'cat > pg_hba.conf'");
    database.sql("ALTER SYSTEM SET ssl = on");
    database.sql("SELECT pg_reload_conf()");
    folder.join("ca.crt").to_str().unwrap().to_owned()
}

#[test]
fn a_connection_is_as_secure_as_it_was_asked_to_be() {
    let (Some((sandbox, _)), Some(server)) = (bare(), Server::start()) else { return };
    let authority = secure(&sandbox, &server);
    let (url, verified) = (server.url().to_owned(), format!("sslmode=verify-full&sslrootcert={authority}"));
    // the server hears of its new settings a moment later
    while init(&sandbox, &format!("{url}?sslmode=disable")).code == Some(0) {
        fs::remove_dir_all(sandbox.root().join(".orch")).unwrap();
    }
    assert!(init(&sandbox, &format!("{url}?{verified}")).success().stdout.contains("sslmode=verify-full"));
    sandbox.orch(&["task", "create", "x"]).success();
    let other =
        |query: &str| sandbox.orch_with(("ORCH_STORAGE_DATABASE_URL", &format!("{url}?{query}")), &["task", "list"]);
    other("sslmode=require").success();
    let began = std::time::Instant::now();
    let stranger = other("sslmode=verify-full");
    assert!(stranger.fails_with(7).stderr.contains("no secure connection"), "{stranger}");
    assert!(began.elapsed().as_secs() < 15, "a certificate that was refused is not tried again and again");
}

#[test]
fn a_server_of_mcp_outlives_the_database() {
    let (Some((sandbox, _)), Some(mut server)) = (bare(), Server::start()) else { return };
    init(&sandbox, server.url()).success();
    let mut command = sandbox.orch_command(&["mcp"]);
    let mut client = Client::begin(command.env(HURRY.0, HURRY.1), "steady");
    client.call("task_create", &json!({"title": "x"}));
    server.stop_immediate();
    for tool in ["task_show", "task_update"] {
        let error = client.fails(tool, &json!({"task": "TSK-001"}));
        assert_eq!(error["code"], "unavailable", "{error}");
        assert!(!error.to_string().contains(secret(server.url())), "{error}");
    }
    server.start_again();
    client.call("task_create", &json!({"title": "y"}));
    assert_eq!(client.call("task_list", &json!({}))["total"], 2);
    // one that comes back in time is waited for
    let mut patient = sandbox.mcp("patient");
    patient.call("task_show", &json!({"task": "TSK-001"}));
    server.kill();
    let waiting = patient.send_call("task_create", &json!({"title": "z"}));
    server.start_again();
    assert_eq!(patient.answer(waiting)["task"], "TSK-003");
}
