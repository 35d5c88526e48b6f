//! The first migration: all tables, their indexes, and the guards of the event log. Is never changed once released.
//!
//! Times are text: RFC 3339, UTC, always with microseconds and `Z`, so that they sort as they follow each other.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// Makes all tables.
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0001_tables"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            sprints(),
            tasks(),
            dependencies(),
            templates(),
            sessions(),
            artifacts(),
            events(),
            bugs(),
            operations(),
            sequences(),
        ] {
            manager.create_table(table).await?;
        }
        for (name, table, columns) in INDEXES {
            let mut index = Index::create();
            index.name(*name).table(*table);
            for column in *columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        let connection = manager.get_connection();
        connection.execute_unprepared(ONE_ACTIVE_SESSION).await?;
        if manager.get_database_backend() == DbBackend::Sqlite {
            for guard in EVENT_GUARDS {
                connection.execute_unprepared(guard).await?;
            }
        }
        Ok(())
    }
}

const INDEXES: &[(&str, &str, &[&str])] = &[
    ("orchestration_tasks_status", "orchestration_tasks", &["status", "priority", "id"]),
    ("orchestration_tasks_sprint", "orchestration_tasks", &["sprint_id"]),
    ("orchestration_task_dependencies_after", "orchestration_task_dependencies", &["after_task_id"]),
    ("orchestration_sessions_task", "orchestration_sessions", &["task_id", "id"]),
    ("orchestration_sessions_active", "orchestration_sessions", &["active", "id"]),
    ("orchestration_events_correlation", "orchestration_events", &["correlation_id"]),
    ("orchestration_events_session", "orchestration_events", &["session_key"]),
    ("orchestration_bugs_task", "orchestration_bugs", &["task_code"]),
];

// The schema builder has no partial indexes for SQLite in every version; both databases read this form.
const ONE_ACTIVE_SESSION: &str = "CREATE UNIQUE INDEX orchestration_sessions_one_active \
     ON orchestration_sessions (task_id) WHERE active";

// The log is the audit trail: no statement, not even one typed by hand, changes or removes what is in it.
const EVENT_GUARDS: [&str; 2] = [
    "CREATE TRIGGER orchestration_events_no_delete BEFORE DELETE ON orchestration_events \
     BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END",
    "CREATE TRIGGER orchestration_events_no_update BEFORE UPDATE OF id, event_type, entity_type, entity_id, seq, \
     session_key, correlation_id, actor, payload, emitted_at ON orchestration_events \
     BEGIN SELECT RAISE(ABORT, 'events are never changed'); END",
];

fn id() -> ColumnDef {
    ColumnDef::new("id").big_integer().not_null().auto_increment().primary_key().take()
}

fn text(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).text().not_null().take()
}

fn optional_text(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).text().take()
}

fn number(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().not_null().take()
}

fn flag(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).boolean().not_null().take()
}

/// JSON: `jsonb` on PostgreSQL, JSON text on SQLite.
fn json(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).json_binary().not_null().take()
}

fn references(column: &'static str, table: &'static str, key: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().from_col(column).to_tbl(table).to_col(key).to_owned()
}

fn table(name: &'static str, columns: Vec<ColumnDef>) -> TableCreateStatement {
    let mut table = Table::create();
    table.table(name);
    for column in columns {
        table.col(column);
    }
    table.take()
}

fn sprints() -> TableCreateStatement {
    let mut code = text("sprint_code");
    code.unique_key();
    table(
        "orchestration_sprints",
        vec![
            id(),
            code,
            text("title"),
            text("status"),
            json("metadata"),
            number("version"),
            text("created_at"),
            text("updated_at"),
        ],
    )
}

fn tasks() -> TableCreateStatement {
    let mut code = text("task_code");
    code.unique_key();
    table(
        "orchestration_tasks",
        vec![
            id(),
            code,
            ColumnDef::new("sprint_id").big_integer().take(),
            text("title"),
            text("description"),
            text("task_type"),
            text("status"),
            text("priority"),
            json("metadata"),
            number("version"),
            optional_text("lease_holder"),
            ColumnDef::new("lease_seconds").big_integer().take(),
            optional_text("lease_expires_at"),
            text("created_at"),
            text("updated_at"),
        ],
    )
    .foreign_key(&mut references("sprint_id", "orchestration_sprints", "id"))
    .take()
}

fn dependencies() -> TableCreateStatement {
    table("orchestration_task_dependencies", vec![number("task_id"), number("after_task_id")])
        .primary_key(Index::create().col("task_id").col("after_task_id"))
        .foreign_key(&mut references("task_id", "orchestration_tasks", "id"))
        .foreign_key(&mut references("after_task_id", "orchestration_tasks", "id"))
        .take()
}

fn templates() -> TableCreateStatement {
    let mut sha256 = text("sha256");
    sha256.primary_key();
    table("orchestration_templates", vec![sha256, text("name"), text("content")])
}

fn sessions() -> TableCreateStatement {
    let mut key = text("session_key");
    key.unique_key();
    table(
        "orchestration_sessions",
        vec![
            id(),
            key,
            number("task_id"),
            flag("active"),
            text("current_phase"),
            text("template_sha256"),
            json("state"),
            text("started_at"),
            optional_text("ended_at"),
        ],
    )
    .foreign_key(&mut references("task_id", "orchestration_tasks", "id"))
    .foreign_key(&mut references("template_sha256", "orchestration_templates", "sha256"))
    .take()
}

fn artifacts() -> TableCreateStatement {
    table(
        "orchestration_artifacts",
        vec![
            id(),
            number("task_id"),
            text("name"),
            text("content"),
            text("encoding"),
            text("sha256"),
            number("size"),
            flag("blank"),
            text("saved_at"),
        ],
    )
    .index(Index::create().unique().name("orchestration_artifacts_name").col("task_id").col("name"))
    .foreign_key(&mut references("task_id", "orchestration_tasks", "id"))
    .take()
}

fn events() -> TableCreateStatement {
    table(
        "orchestration_events",
        vec![
            id(),
            text("event_type"),
            text("entity_type"),
            text("entity_id"),
            number("seq"),
            optional_text("session_key"),
            text("correlation_id"),
            text("actor"),
            json("payload"),
            text("emitted_at"),
            optional_text("archived_at"),
        ],
    )
    .index(Index::create().unique().name("orchestration_events_seq").col("entity_type").col("entity_id").col("seq"))
    .take()
}

fn bugs() -> TableCreateStatement {
    let mut hash = text("bug_hash");
    hash.unique_key();
    table(
        "orchestration_bugs",
        vec![
            id(),
            hash,
            optional_text("task_code"),
            text("error_message"),
            optional_text("file_path"),
            ColumnDef::new("line_number").big_integer().take(),
            optional_text("stack_trace"),
            json("context"),
            optional_text("resolution"),
            optional_text("resolved_at"),
            text("created_at"),
            text("updated_at"),
        ],
    )
}

fn operations() -> TableCreateStatement {
    let mut id = text("operation_id");
    id.primary_key();
    let mut key = text("idempotency_key");
    key.unique_key();
    table("orchestration_operations", vec![id, key, text("fingerprint"), json("answer"), text("created_at")])
}

fn sequences() -> TableCreateStatement {
    let mut name = text("name");
    name.primary_key();
    table("orchestration_sequences", vec![name, number("value")])
}
