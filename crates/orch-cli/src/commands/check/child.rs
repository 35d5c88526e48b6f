//! Runs a command for somebody else: passes on what it prints, and ends it where orch is to end. Records nothing.

use std::io::{PipeReader, Read as _, Write as _};
use std::process::{Command, Stdio};

use tokio::sync::oneshot;

use crate::error::CliError;
use crate::exit::Exit;

/// How much of the end of the output is kept, in bytes: enough to cut secrets out before it is made shorter.
const KEPT: usize = 16 * 1024;

/// Runs a command; its exit code, none where a signal ended it, and the end of what it printed.
///
/// A signal that would end orch is handed on to all processes of the command; a second one ends them at once.
pub(super) async fn run(command: &[String]) -> Result<(Option<i32>, Vec<u8>), CliError> {
    let failed = |error: std::io::Error| {
        CliError::usage(format!("could not run {}: {error}", command.join(" "))).hint("nothing was recorded")
    };
    // from here on no signal ends orch alone
    let mut signals = signal::Signals::new().map_err(failed)?;
    // one pipe for both streams keeps their order
    let (reader, writer) = std::io::pipe().map_err(failed)?;
    let mut started = Command::new(&command[0]);
    started.args(&command[1..]).stdin(Stdio::null());
    started.stdout(writer.try_clone().map_err(failed)?).stderr(writer);
    let mut child = signal::in_a_group(&mut started).spawn().map_err(failed)?;
    // it holds the writing end of the pipe
    drop(started);
    let group = signal::Group::of(&child);
    let (ends, mut ended) = oneshot::channel();
    std::thread::spawn(move || {
        let tail = pass_on(reader);
        // nobody waits for it only where orch has ended
        let _ = ends.send((child.wait(), tail));
    });
    let mut interrupted = None;
    loop {
        tokio::select! {
            result = &mut ended => {
                let (status, tail) = result.map_err(|error| failed(std::io::Error::other(error)))?;
                let status = status.map_err(failed)?;
                return match interrupted {
                    None => Ok((status.code(), tail)),
                    // as a shell tells that a signal ended a command
                    Some(signal) => Err(CliError::new(Exit::Child(128 + signal), "the check was interrupted")
                        .hint("nothing was recorded")),
                };
            }
            signal = signals.next() => {
                group.send(signal, interrupted.is_some());
                interrupted = Some(signal);
            }
        }
    }
}

/// Writes what comes through the pipe to standard error, and keeps the end of it.
fn pass_on(mut reader: PipeReader) -> Vec<u8> {
    let mut tail = Vec::new();
    let mut buffer = [0_u8; 8_192];
    while let Ok(count @ 1..) = reader.read(&mut buffer) {
        // with standard error closed, the output is recorded all the same
        let _ = std::io::stderr().write_all(&buffer[..count]);
        tail.extend_from_slice(&buffer[..count]);
        if tail.len() > 2 * KEPT {
            tail.drain(..tail.len() - KEPT);
        }
    }
    tail
}

#[cfg(unix)]
mod signal {
    use std::os::unix::process::CommandExt as _;
    use std::process::{Child, Command};

    use rustix::process::{Pid, Signal, kill_process_group};
    use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

    /// The signals that would end orch.
    pub(super) struct Signals([Stream; 4]);

    impl Signals {
        pub(super) fn new() -> std::io::Result<Self> {
            let [hangup, interrupt, quit, terminate] =
                [SignalKind::hangup(), SignalKind::interrupt(), SignalKind::quit(), SignalKind::terminate()];
            Ok(Self([signal(hangup)?, signal(interrupt)?, signal(quit)?, signal(terminate)?]))
        }

        /// The number of the next one.
        pub(super) async fn next(&mut self) -> i32 {
            let Self([hangup, interrupt, quit, terminate]) = self;
            tokio::select! {
                _ = hangup.recv() => Signal::HUP.as_raw(),
                _ = interrupt.recv() => Signal::INT.as_raw(),
                _ = quit.recv() => Signal::QUIT.as_raw(),
                _ = terminate.recv() => Signal::TERM.as_raw(),
            }
        }
    }

    /// A command whose processes can be told together.
    pub(super) fn in_a_group(command: &mut Command) -> &mut Command {
        command.process_group(0)
    }

    /// A child and all that it starts.
    pub(super) struct Group(Pid);

    impl Group {
        pub(super) fn of(child: &Child) -> Self {
            Self(Pid::from_child(child))
        }

        /// Hands a signal on, or ends all at once.
        pub(super) fn send(&self, number: i32, at_once: bool) {
            let signal = if at_once { None } else { Signal::from_named_raw(number) };
            // it may have ended meanwhile
            let _ = kill_process_group(self.0, signal.unwrap_or(Signal::KILL));
        }
    }
}

#[cfg(not(unix))]
mod signal {
    use std::process::{Child, Command};

    /// There are none here: whatever ends orch ends its console's processes.
    pub(super) struct Signals;

    impl Signals {
        pub(super) fn new() -> std::io::Result<Self> {
            Ok(Self)
        }

        pub(super) async fn next(&mut self) -> i32 {
            std::future::pending().await
        }
    }

    pub(super) fn in_a_group(command: &mut Command) -> &mut Command {
        command
    }

    pub(super) struct Group;

    impl Group {
        pub(super) fn of(_: &Child) -> Self {
            Self
        }

        pub(super) fn send(&self, _: i32, _: bool) {}
    }
}
