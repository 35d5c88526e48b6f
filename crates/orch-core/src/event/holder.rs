//! What the log keeps of who works on a task, and of what they leave for others. The stored form is a contract.

use crate::code::Actor;

payload!(
    /// Somebody took the right to work on a task, or renewed it.
    TaskClaimed {
        /// Who.
        holder: Actor,
        /// How long the lease lasts after the holder's last act, in seconds.
        lease_seconds: u32,
        /// Who held it before, with a lease that had run out.
        from: Option<Actor>,
    }
);
payload!(
    /// The right to work on a task was handed to somebody.
    TaskHandedOver {
        /// Who held it, if anybody did.
        from: Option<Actor>,
        /// Who has it now.
        to: Actor,
        /// How long the lease lasts after the holder's last act, in seconds.
        lease_seconds: u32,
        /// What they should know.
        note: Option<String>,
    }
);
payload!(
    /// Somebody left a note for whoever works on the task next.
    TaskNoted {
        /// The note.
        note: String,
    }
);
payload!(
    /// Somebody gave the right to work on a task back.
    TaskReleased {
        /// Who held it.
        holder: Actor,
    }
);
