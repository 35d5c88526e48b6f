//! The second migration: what recording bugs needs beside the columns that were there: codes, versions, looser keys and
//! merges. Is never changed once released.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// Adds the columns and their indexes.
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0002_bugs"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        let text = match manager.get_database_backend() {
            DbBackend::Postgres => "text COLLATE \"C\"",
            _ => "text",
        };
        for column in [
            format!("bug_code {text} NOT NULL DEFAULT ''"),
            "version bigint NOT NULL DEFAULT 0".to_owned(),
            format!("loose_hash {text}"),
            format!("message_hash {text} NOT NULL DEFAULT ''"),
            "likeness bigint NOT NULL DEFAULT 0".to_owned(),
            format!("merged_into {text}"),
        ] {
            connection.execute_unprepared(&format!("ALTER TABLE orchestration_bugs ADD COLUMN {column}")).await?;
        }
        for statement in [
            // no version before this one wrote bugs; whoever did by hand gets a code for each
            "UPDATE orchestration_bugs SET bug_code = 'BUG-' || id",
            "CREATE UNIQUE INDEX orchestration_bugs_code ON orchestration_bugs (bug_code)",
            "CREATE INDEX orchestration_bugs_loose ON orchestration_bugs (loose_hash)",
            "CREATE INDEX orchestration_bugs_message ON orchestration_bugs (message_hash)",
            "CREATE INDEX orchestration_bugs_likeness ON orchestration_bugs (likeness)",
            "CREATE INDEX orchestration_bugs_merged ON orchestration_bugs (merged_into)",
        ] {
            connection.execute_unprepared(statement).await?;
        }
        Ok(())
    }
}
