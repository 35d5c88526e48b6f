//! Table `orchestration_sessions`: sessions. No logic.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "orchestration_sessions")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub session_key: String,
    pub task_id: i64,
    pub active: bool,
    pub current_phase: String,
    pub template_sha256: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub state: Json,
    pub started_at: DateTimeUtc,
    pub ended_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
