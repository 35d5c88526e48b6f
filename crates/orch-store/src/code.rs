//! Codes that are given out in order and never again. Runs inside the transaction that uses the code.

use orch_core::store::StoreError;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, DatabaseTransaction, EntityTrait};

use crate::entity::sequence;
use crate::error::Place;

/// The next number of a sequence whose code is free; the number is taken with the transaction.
pub(crate) async fn next<F>(
    transaction: &DatabaseTransaction,
    place: Place<'_>,
    name: &str,
    mut is_taken: impl FnMut(String) -> F,
) -> Result<String, StoreError>
where
    F: Future<Output = Result<bool, StoreError>>,
{
    let failed = place.error("giving out a code");
    let last = sequence::Entity::find_by_id(name).one(transaction).await.map_err(&failed)?;
    let mut value = last.map_or(0, |row| row.value);
    let code = loop {
        value += 1;
        let code = format!("{name}-{value:03}");
        if !is_taken(code.clone()).await? {
            break code;
        }
    };
    let row = sequence::ActiveModel { name: Set(name.to_owned()), value: Set(value) };
    let replace = OnConflict::column(sequence::Column::Name).update_column(sequence::Column::Value).to_owned();
    sequence::Entity::insert(row).on_conflict(replace).exec_without_returning(transaction).await.map_err(&failed)?;
    Ok(code)
}
