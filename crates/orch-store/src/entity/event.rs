//! Table `orchestration_events`: the event log. No logic.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "orchestration_events")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub event_type: String,
    pub entity_type: String,
    pub entity_id: String,
    pub seq: i64,
    pub session_key: Option<String>,
    pub correlation_id: String,
    pub actor: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub payload: Json,
    pub emitted_at: DateTimeUtc,
    pub archived_at: Option<DateTimeUtc>,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub external: Option<Json>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
