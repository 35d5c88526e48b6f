//! The tests that see orch from outside, as one binary. It holds no test itself.

#![expect(clippy::unwrap_used, reason = "a test ends where something that it needs is missing")]
#![expect(clippy::duplicate_mod, reason = "what holds on one store is tested on the other in the same words")]

mod program;
mod servers;
mod support;
mod tidy;

/// Everything on SQLite, and what only its file can show.
#[path = "."]
mod sqlite {
    type Engine = crate::support::Sqlite;
    pub(crate) type Sandbox = crate::support::Sandbox<Engine>;

    mod agents;
    mod archive;
    mod bug;
    mod cli;
    mod concurrency;
    mod event_import;
    mod fault {
        use super::{Engine, Sandbox};

        mod crash;
        mod damage;
        mod kill;
        mod power;
        mod restore;
        mod storage;
        mod upgrade;
    }
    mod fingerprint;
    mod git;
    mod git_commit;
    mod handover;
    mod integrity;
    mod lifecycle;
    mod mcp;
    mod prime;
    mod promise;
    mod redaction;
    mod search;
    mod store;
    mod transfer;
}

/// Everything on PostgreSQL.
#[path = "."]
mod postgres {
    type Engine = crate::support::Postgres;
    pub(crate) type Sandbox = crate::support::Sandbox<Engine>;

    mod archive;
    mod bug;
    mod cli;
    mod concurrency;
    mod event_import;
    mod fault {
        use super::{Engine, Sandbox};

        mod kill;
    }
    mod git;
    mod git_commit;
    mod handover;
    mod integrity;
    mod lifecycle;
    mod mcp;
    mod prime;
    mod promise;
    mod redaction;
    mod search;
    mod server;
    mod transfer;
}
