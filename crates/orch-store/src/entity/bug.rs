//! Table `orchestration_bugs`: bugs, as far as they are counted here. No logic.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "orchestration_bugs")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub bug_hash: String,
    pub resolved_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
