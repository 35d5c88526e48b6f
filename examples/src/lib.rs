//! What the examples share: a clock, and ids for operations. No rule of orch is repeated here.

use orch_core::clock::Clock;
use orch_core::code::{Actor, InvalidName};
use orch_core::operation::{Operation, OperationId};
use orch_core::redact::Redactor;

/// The clock of the machine.
#[derive(Debug, Clone, Copy)]
pub struct MachineClock;

impl Clock for MachineClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place where the examples ask the machine for the time"
    )]
    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        chrono::Utc::now()
    }
}

/// A new operation by `actor`. Every change gets one of its own.
///
/// # Errors
/// [`InvalidName`] if `actor` is not acceptable as a name.
#[expect(clippy::disallowed_methods, reason = "this is the one place where the examples make ids")]
pub fn operation(actor: &str) -> Result<Operation, InvalidName> {
    Ok(Operation {
        if_version: None,
        id: OperationId::from(ulid::Ulid::new()),
        actor: Actor::new(actor)?,
        key: None,
        redactor: Redactor::default(),
    })
}
