//! The port for looking at sessions.

use orch_core::code::{SessionKey, TaskCode};
use orch_core::store::{Page, SessionEntry, SessionFilter, SessionStore, StoreError, Window};
use sea_orm::{
    ColumnTrait, EntityTrait, JoinType, JsonValue, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use crate::connection::Connection;
use crate::entity::{session, task};
use crate::store::{SqlStore, at_most};

impl SessionStore for SqlStore {
    async fn session(&self, key: &SessionKey) -> Result<Option<SessionEntry>, StoreError> {
        let selection = &sessions().filter(session::Column::SessionKey.eq(key.as_str()));
        let look = |db| async move { self.read_sessions(&db, selection.clone()).await };
        Ok(self.read(look).await?.pop())
    }

    async fn sessions(&self, filter: &SessionFilter, window: Window) -> Result<Page<SessionEntry>, StoreError> {
        let mut selection = sessions();
        if let Some(code) = &filter.task {
            selection = selection.filter(task::Column::TaskCode.eq(code.as_str()));
        }
        if let Some(active) = filter.active {
            selection = selection.filter(session::Column::Active.eq(active));
        }
        let counted = &selection.clone();
        let selection =
            &selection.order_by_asc(session::Column::Id).limit(at_most(window.limit)).offset(at_most(window.offset));
        let look = |db| async move {
            let total = counted.clone().count(&db).await.map_err(self.place().error("counting sessions"))?;
            Ok(Page { items: self.read_sessions(&db, selection.clone()).await?, total })
        };
        self.read(look).await
    }
}

fn sessions() -> Select<session::Entity> {
    let to_task = session::Entity::belongs_to(task::Entity).from(session::Column::TaskId).to(task::Column::Id).into();
    session::Entity::find().join(JoinType::InnerJoin, to_task)
}

impl SqlStore {
    async fn read_sessions(
        &self,
        db: &Connection,
        selection: Select<session::Entity>,
    ) -> Result<Vec<SessionEntry>, StoreError> {
        let rows: Vec<(String, JsonValue)> = selection
            .select_only()
            .column(task::Column::TaskCode)
            .column(session::Column::State)
            .into_tuple()
            .all(db)
            .await
            .map_err(self.place().error("reading sessions"))?;
        let entry = |(code, state): (String, JsonValue)| {
            let damaged = |error: &dyn std::fmt::Display| self.place().damaged(&format!("a session of {code}"), error);
            Ok(SessionEntry {
                session: serde_json::from_value(state).map_err(|error| damaged(&error))?,
                task: TaskCode::new(code.clone()).map_err(|error| damaged(&error))?,
            })
        };
        rows.into_iter().map(entry).collect()
    }
}
