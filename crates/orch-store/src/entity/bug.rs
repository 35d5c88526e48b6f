//! Table `orchestration_bugs`: one row a bug. No logic.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "orchestration_bugs")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub bug_code: String,
    pub bug_hash: String,
    pub loose_hash: Option<String>,
    pub message_hash: String,
    pub likeness: i64,
    pub task_code: Option<String>,
    pub error_message: String,
    pub file_path: Option<String>,
    pub line_number: Option<i64>,
    pub stack_trace: Option<String>,
    #[sea_orm(column_type = "JsonBinary")]
    pub context: Json,
    pub resolution: Option<String>,
    pub resolved_at: Option<DateTimeUtc>,
    pub merged_into: Option<String>,
    pub version: i64,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
