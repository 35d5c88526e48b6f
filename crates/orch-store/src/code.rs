//! Codes that are given out in order and never again. Runs inside the transaction that uses the code.

use orch_core::store::StoreError;
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict};
use sea_orm::{ActiveValue::Set, ConnectionTrait as _, EntityTrait as _, QueryTrait as _};

use crate::connection::Connection;
use crate::entity::sequence;
use crate::error::Place;

/// The next number of a sequence whose code is free; the number is taken with the transaction.
pub(crate) async fn next<F>(
    db: &Connection,
    place: Place<'_>,
    name: &str,
    mut is_taken: impl FnMut(String) -> F,
) -> Result<String, StoreError>
where
    F: Future<Output = Result<bool, StoreError>>,
{
    let failed = place.error("giving out a code");
    // one statement, so that of two who ask at once one waits for the other
    let count_up = OnConflict::column(sequence::Column::Name)
        .value(sequence::Column::Value, Expr::col((sequence::Entity, sequence::Column::Value)).add(1))
        .to_owned();
    let first = sequence::ActiveModel { name: Set(name.to_owned()), value: Set(1) };
    let mut statement = sequence::Entity::insert(first).on_conflict(count_up).into_query();
    statement.returning_col(sequence::Column::Value);
    loop {
        let row = db.query_one(&statement).await.map_err(&failed)?;
        let value = row.map_or(Ok(0), |row| row.try_get_by_index::<i64>(0)).map_err(&failed)?;
        let code = format!("{name}-{value:03}");
        if !is_taken(code.clone()).await? {
            return Ok(code);
        }
    }
}
