//! The first migration: all tables, their indexes, and the guards of the event log. Is never changed once released.
//!
//! Times are `timestamptz` on PostgreSQL and text on SQLite: RFC 3339, UTC, always with microseconds and `Z`, so that they
//! sort as they follow each other. Text sorts by its bytes on both, and letters of different case differ.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::postgres;

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
        let connection = manager.get_connection();
        let kinds = Kinds(manager.get_database_backend());
        for table in [
            kinds.sprints(),
            kinds.tasks(),
            dependencies(),
            kinds.templates(),
            kinds.sessions(),
            kinds.artifacts(),
            kinds.bugs(),
            kinds.operations(),
            kinds.sequences(),
        ] {
            manager.create_table(table).await?;
        }
        match kinds.0 {
            DbBackend::Postgres => connection.execute_unprepared(postgres::EVENTS).await.map(drop)?,
            _ => manager.create_table(kinds.events()).await?,
        }
        for (name, table, columns) in INDEXES {
            let mut index = Index::create();
            index.name(*name).table(*table);
            for column in *columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        connection.execute_unprepared(ONE_ACTIVE_SESSION).await?;
        match kinds.0 {
            DbBackend::Postgres => {
                for statement in [postgres::EVENT_GUARDS, postgres::FEED, postgres::ONLY_IF] {
                    connection.execute_unprepared(statement).await?;
                }
            }
            _ => {
                for guard in EVENT_GUARDS {
                    connection.execute_unprepared(guard).await?;
                }
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

/// The types of columns that the two databases have under different names.
#[derive(Clone, Copy)]
struct Kinds(DbBackend);

impl Kinds {
    fn text(self, name: &'static str) -> ColumnDef {
        self.optional_text(name).not_null().take()
    }

    fn optional_text(self, name: &'static str) -> ColumnDef {
        let mut column = ColumnDef::new(name);
        if self.0 == DbBackend::Postgres {
            column.custom("text COLLATE \"C\"");
        } else {
            column.text();
        }
        column
    }

    fn time(self, name: &'static str) -> ColumnDef {
        self.optional_time(name).not_null().take()
    }

    fn optional_time(self, name: &'static str) -> ColumnDef {
        let mut column = ColumnDef::new(name);
        if self.0 == DbBackend::Postgres {
            column.timestamp_with_time_zone();
        } else {
            column.text();
        }
        column
    }

    fn sprints(self) -> TableCreateStatement {
        let mut code = self.text("sprint_code");
        code.unique_key();
        table(
            "orchestration_sprints",
            vec![
                id(),
                code,
                self.text("title"),
                self.text("status"),
                json("metadata"),
                number("version"),
                self.time("created_at"),
                self.time("updated_at"),
            ],
        )
    }

    fn tasks(self) -> TableCreateStatement {
        let mut code = self.text("task_code");
        code.unique_key();
        table(
            "orchestration_tasks",
            vec![
                id(),
                code,
                ColumnDef::new("sprint_id").big_integer().take(),
                self.text("title"),
                self.text("description"),
                self.text("task_type"),
                self.text("status"),
                self.text("priority"),
                json("metadata"),
                number("version"),
                self.optional_text("lease_holder"),
                ColumnDef::new("lease_seconds").big_integer().take(),
                self.optional_time("lease_expires_at"),
                self.time("created_at"),
                self.time("updated_at"),
            ],
        )
        .foreign_key(&mut references("sprint_id", "orchestration_sprints", "id"))
        .take()
    }

    fn templates(self) -> TableCreateStatement {
        let mut sha256 = self.text("sha256");
        sha256.primary_key();
        table("orchestration_templates", vec![sha256, self.text("name"), self.text("content")])
    }

    fn sessions(self) -> TableCreateStatement {
        let mut key = self.text("session_key");
        key.unique_key();
        table(
            "orchestration_sessions",
            vec![
                id(),
                key,
                number("task_id"),
                flag("active"),
                self.text("current_phase"),
                self.text("template_sha256"),
                json("state"),
                self.time("started_at"),
                self.optional_time("ended_at"),
            ],
        )
        .foreign_key(&mut references("task_id", "orchestration_tasks", "id"))
        .foreign_key(&mut references("template_sha256", "orchestration_templates", "sha256"))
        .take()
    }

    fn artifacts(self) -> TableCreateStatement {
        table(
            "orchestration_artifacts",
            vec![
                id(),
                number("task_id"),
                self.text("name"),
                self.text("content"),
                self.text("encoding"),
                self.text("sha256"),
                number("size"),
                flag("blank"),
                self.time("saved_at"),
            ],
        )
        .index(Index::create().unique().name("orchestration_artifacts_name").col("task_id").col("name"))
        .foreign_key(&mut references("task_id", "orchestration_tasks", "id"))
        .take()
    }

    fn events(self) -> TableCreateStatement {
        table(
            "orchestration_events",
            vec![
                id(),
                self.text("event_type"),
                self.text("entity_type"),
                self.text("entity_id"),
                number("seq"),
                self.optional_text("session_key"),
                self.text("correlation_id"),
                self.text("actor"),
                json("payload"),
                self.time("emitted_at"),
                self.optional_time("archived_at"),
            ],
        )
        .index(Index::create().unique().name("orchestration_events_seq").col("entity_type").col("entity_id").col("seq"))
        .take()
    }

    fn bugs(self) -> TableCreateStatement {
        let mut hash = self.text("bug_hash");
        hash.unique_key();
        table(
            "orchestration_bugs",
            vec![
                id(),
                hash,
                self.optional_text("task_code"),
                self.text("error_message"),
                self.optional_text("file_path"),
                ColumnDef::new("line_number").big_integer().take(),
                self.optional_text("stack_trace"),
                json("context"),
                self.optional_text("resolution"),
                self.optional_time("resolved_at"),
                self.time("created_at"),
                self.time("updated_at"),
            ],
        )
    }

    fn operations(self) -> TableCreateStatement {
        let mut id = self.text("operation_id");
        id.primary_key();
        let mut key = self.text("idempotency_key");
        key.unique_key();
        table(
            "orchestration_operations",
            vec![id, key, self.text("fingerprint"), json("answer"), self.time("created_at")],
        )
    }

    fn sequences(self) -> TableCreateStatement {
        let mut name = self.text("name");
        name.primary_key();
        table("orchestration_sequences", vec![name, number("value")])
    }
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

fn dependencies() -> TableCreateStatement {
    table("orchestration_task_dependencies", vec![number("task_id"), number("after_task_id")])
        .primary_key(Index::create().col("task_id").col("after_task_id"))
        .foreign_key(&mut references("task_id", "orchestration_tasks", "id"))
        .foreign_key(&mut references("after_task_id", "orchestration_tasks", "id"))
        .take()
}
