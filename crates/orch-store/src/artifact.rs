//! The contents of artifacts. Text stays text in its column; anything else is base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use orch_core::artifact::ArtifactFile;
use orch_core::code::{ArtifactName, TaskCode};
use orch_core::store::{ArtifactStore, StoreError};
use sea_orm::sea_query::{InsertStatement, OnConflict};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, JoinType, QueryFilter, QuerySelect, QueryTrait as _,
};

use crate::entity::{artifact, task};
use crate::error::Place;
use crate::store::SqlStore;

const TEXT: &str = "utf8";
const BYTES: &str = "base64";

impl ArtifactStore for SqlStore {
    async fn artifact(&self, code: &TaskCode, name: &ArtifactName) -> Result<Option<Vec<u8>>, StoreError> {
        let to_task =
            artifact::Entity::belongs_to(task::Entity).from(artifact::Column::TaskId).to(task::Column::Id).into();
        let selection = &artifact::Entity::find()
            .join(JoinType::InnerJoin, to_task)
            .filter(task::Column::TaskCode.eq(code.as_str()))
            .filter(artifact::Column::Name.eq(name.as_str()));
        let look = |db| async move {
            let row = selection.clone().one(&db).await.map_err(self.place().error("reading an artifact"))?;
            row.map(|row| content(self.place(), row)).transpose()
        };
        self.read(look).await
    }
}

/// The bytes that a row holds.
pub(crate) fn content(place: Place<'_>, row: artifact::Model) -> Result<Vec<u8>, StoreError> {
    match row.encoding.as_str() {
        BYTES => STANDARD.decode(row.content).map_err(|error| place.damaged(&format!("artifact {}", row.name), error)),
        _ => Ok(row.content.into_bytes()),
    }
}

/// Saves the content of an artifact in place of an earlier one.
pub(crate) fn save(task_id: i64, file: &ArtifactFile, now: DateTime<Utc>) -> InsertStatement {
    // U+0000 is text to Rust but not to PostgreSQL
    let (content, encoding) = match std::str::from_utf8(&file.content) {
        Ok(text) if !text.contains('\0') => (text.to_owned(), TEXT),
        _ => (STANDARD.encode(&file.content), BYTES),
    };
    let row = artifact::ActiveModel {
        id: NotSet,
        task_id: Set(task_id),
        name: Set(file.name.to_string()),
        content: Set(content),
        encoding: Set(encoding.to_owned()),
        sha256: Set(file.sha256.clone()),
        size: Set(i64::try_from(file.content.len()).unwrap_or(i64::MAX)),
        blank: Set(file.is_blank()),
        saved_at: Set(now),
    };
    let replace = OnConflict::columns([artifact::Column::TaskId, artifact::Column::Name])
        .update_columns([
            artifact::Column::Content,
            artifact::Column::Encoding,
            artifact::Column::Sha256,
            artifact::Column::Size,
            artifact::Column::Blank,
            artifact::Column::SavedAt,
        ])
        .to_owned();
    artifact::Entity::insert(row).on_conflict(replace).into_query()
}
