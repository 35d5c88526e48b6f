//! Table `orchestration_tasks`: tasks. No logic.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "orchestration_tasks")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub task_code: String,
    pub sprint_id: Option<i64>,
    pub title: String,
    pub description: String,
    pub task_type: String,
    pub status: String,
    pub priority: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub metadata: Json,
    pub version: i64,
    pub lease_holder: Option<String>,
    pub lease_seconds: Option<i64>,
    pub lease_expires_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
