//! The schema as a list of migrations, oldest first. Names no entity and opens no database.

mod m0001_tables;
mod m0002_bugs;
mod m0003_search;
mod postgres;

pub use sea_orm_migration::{MigrationTrait, SchemaManager};

use sea_orm_migration::MigratorTrait;

/// The list of migrations. A store records how many of them its database has seen; that number is the schema's version.
#[derive(Debug, Clone, Copy)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(m0001_tables::Migration), Box::new(m0002_bugs::Migration), Box::new(m0003_search::Migration)]
    }
}

/// All migrations, oldest first.
#[must_use]
pub fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    Migrator::migrations()
}
