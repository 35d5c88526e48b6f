//! The servers that tests are given: fresh, real, and gone afterwards.

use std::process::Stdio;

use orch_tests::pgbouncer::{Bouncer, POOL_SIZE};
use orch_tests::postgres::{self, Server};
use orch_tests::redis;

#[test]
fn each_database_is_empty_and_dropped_in_the_end() {
    let (Some(one), Some(other)) = (postgres::database(), postgres::database()) else { return };
    one.sql("CREATE TABLE t(a int); INSERT INTO t VALUES (1), (2)");
    assert_eq!(one.sql("SELECT a, a > 1 FROM t"), "1|f\n2|t");
    assert_eq!(other.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "0");
    assert_eq!(one.sql("SHOW server_encoding"), "UTF8");
    // a connection that stays open does not keep it
    let mut holder = one.psql().args(["-c", "SELECT pg_sleep(60)"]).stderr(Stdio::null()).spawn().unwrap();
    let busy = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()";
    while one.sql(busy) == "0" {}
    let name = one.name().to_owned();
    drop(one);
    assert_eq!(other.sql(&format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'")), "0");
    assert!(!holder.wait().unwrap().success());
}

#[test]
fn the_password_is_needed() {
    let Some(database) = postgres::database() else { return };
    let url = database.url().replacen("orch:", "orch:x", 1);
    let output = database.psql().args(["-w", "-d", &url, "-c", "SELECT 1"]).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("password authentication failed"), "{output:?}");
    assert!(!database.url().contains(database.password()), "it is encoded in the address");
}

#[test]
fn a_server_of_ones_own_comes_back_where_it_was() {
    let Some(mut server) = Server::start() else { return };
    server.database().sql("CREATE TABLE t(a int)");
    let url = server.url().to_owned();
    let refused = |server: &Server| {
        let output = server.database().try_sql("SELECT 1");
        assert!(String::from_utf8_lossy(&output.stderr).contains("Connection refused"), "{output:?}");
    };
    for (number, stop) in [Server::stop_immediate, Server::kill].into_iter().enumerate() {
        server.database().sql("INSERT INTO t VALUES (1)");
        stop(&mut server);
        refused(&server);
        server.start_again();
        assert_eq!(server.database().sql("SELECT count(*) FROM t"), (number + 1).to_string());
    }
    assert_eq!(server.url(), url);
}

#[test]
fn a_frozen_server_is_silent_until_it_thaws() {
    let Some(mut server) = Server::start() else { return };
    server.freeze();
    let output = server.database().psql().env("PGCONNECT_TIMEOUT", "2").args(["-c", "SELECT 1"]).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("timeout expired"), "{output:?}");
    server.thaw();
    assert_eq!(server.database().sql("SELECT 1"), "1");
}

#[test]
fn clients_of_a_pool_share_its_connections() {
    let Some(database) = postgres::database() else { return };
    let Some(pool) = Bouncer::start(&database) else { return };
    let clients: Vec<_> = (0..2 * POOL_SIZE)
        .map(|_| database.psql().args(["-d", pool.url(), "-c", "SELECT 1"]).stdout(Stdio::null()).spawn().unwrap())
        .collect();
    for mut client in clients {
        assert!(client.wait().unwrap().success());
    }
    let servers = pool.console("SHOW SERVERS");
    let own = servers.lines().filter(|line| line.contains(database.name())).count();
    assert!((1..=POOL_SIZE as usize).contains(&own), "{servers}");
}

#[test]
fn a_redis_comes_back_empty_where_it_was() {
    let Some(mut server) = redis::Server::start() else { return };
    let url = server.url();
    assert!(url.contains(server.password()));
    assert_eq!(server.command(&["SET", "a", "1"]), "OK");
    server.freeze();
    server.kill();
    server.start_again();
    assert_eq!((server.command(&["GET", "a"]), server.url()), (String::new(), url));
}
