//! orch-migrations
