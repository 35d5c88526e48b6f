//! How often a change on PostgreSQL waits for the server: a network is slower than either end.

use std::path::Path;
use std::time::Duration;

use orch_core::code::{EventType, PhaseName};
use orch_core::draft::Template;
use orch_core::machine::{Complete, Ground, Start};
use orch_core::operation::Operation;
use orch_core::service::{Orders, RecordService, SessionService, TaskService};
use orch_core::testing::fixture;
use orch_core::vcs::NoCommits;
use orch_core::workflow::{Workflow, builtin};
use orch_store::folder::TaskFolders;
use orch_store::{PostgresOptions, SqlStore};
use orch_tests::proxy::Proxy;
use serde_json::json;

fn numbered() -> impl FnMut(bool) -> Operation {
    let mut number = 0;
    move |repeatable| {
        number += 1;
        let key = repeatable.then(|| format!("key-{number}").parse().expect("a key"));
        Operation { key, ..fixture::operation(number, "tester") }
    }
}

#[tokio::test]
async fn a_transition_and_an_event_take_three_round_trips_at_most() {
    let Some(database) = orch_tests::postgres::database() else { return };
    let proxy = Proxy::start(&database);
    let options = PostgresOptions {
        url: proxy.url().to_owned(),
        busy_timeout: Duration::from_secs(30),
        retry_for: Duration::from_secs(5),
        max_connections: 1,
        clock: None,
    };
    SqlStore::create_on(&options).await.expect("a new store");
    let store = SqlStore::connect(&options).await.expect("the store");
    let folder = TaskFolders::new(Path::new("none").to_owned(), 1 << 20);
    let mut next = numbered();

    let created = TaskService { store: &store };
    let new = serde_json::from_value(json!({
        "code": null, "title": "Add a login form", "description": "", "task_type": "feature",
        "priority": "P2", "sprint": null, "metadata": {}, "after": [],
    }));
    let task = created.create(&next(false), &new.expect("a task")).await.expect("a task").answer.task.code;
    let text = builtin("default").expect("a built-in workflow").yaml;
    let workflow = Workflow::parse(text.as_bytes(), "default").expect("a workflow");
    let template = Template::new("default", text);
    let ground =
        Ground { workflow: &workflow, template: &template, settings: workflow.settings.clone(), lease_seconds: 3_600 };
    let sessions = SessionService { store: &store, folder: &folder, vcs: &NoCommits, auto_commit: None };
    let records = RecordService { store: &store, folder: &folder };
    let operation = next(false);
    let orders = Orders { operation: &operation, task: &task };
    sessions.start(orders, &Start::default(), &ground).await.expect("a session");

    let asked = Complete { override_gate: true, ..Complete::default() };
    let intake = PhaseName::new("intake").expect("a name");
    let clarified = EventType::new("intake.clarified").expect("a name");
    let payload = json!({"question": "which browsers"});
    for repeatable in [false, true] {
        let mut counts = Vec::new();
        // the first time each statement is prepared, with a round trip of its own
        for _ in 0..2 {
            counts.clear();
            let _ = proxy.round_trips();
            let operation = next(repeatable);
            let orders = Orders { operation: &operation, task: &task };
            sessions.complete(orders, &asked).await.expect("completed");
            counts.push(("complete", proxy.round_trips()));
            let operation = next(repeatable);
            let orders = Orders { operation: &operation, task: &task };
            sessions.back(orders, &intake, "once more").await.expect("went back");
            counts.push(("back", proxy.round_trips()));
            records.emit(&next(repeatable), &task, &clarified, &payload).await.expect("an event");
            counts.push(("emit", proxy.round_trips()));
        }
        assert!(counts.iter().all(|(_, count)| *count <= 3), "with a key: {repeatable}: {counts:?}");
    }
}
