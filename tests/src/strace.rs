//! Programs that are killed, or refused by the system, in the middle of what they write: `strace` records their calls and
//! then stops or fails one of them. It knows nothing of what the programs do.
//!
//! A call is found again by its name, its file and its number among the calls of its thread: that is how strace counts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

use crate::machine::{self, random_word};

/// Every call that changes something on disk, or tells somebody else. Those that a machine does not have are left out.
const CALLS: &str = "?open,?openat,?creat,?write,?pwrite64,?writev,?pwritev,?fsync,?fdatasync,?ftruncate,?truncate,\
     ?fallocate,?rename,?renameat,?renameat2,?link,?linkat,?symlink,?symlinkat,?unlink,?unlinkat,?rmdir,?mkdir,?mkdirat,\
     ?chmod,?fchmod,?fchmodat,?copy_file_range,?sendfile,?sendto,?sendmsg";

/// Calls that only open a file are recorded for the count, but change nothing.
const OPENING: [&str; 2] = ["open", "openat"];

/// One call of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The number of the thread or process.
    pub thread: u32,
    /// Its name, such as `pwrite64`.
    pub name: String,
    /// What stands between its parentheses.
    pub arguments: String,
    /// What it gave back. `None` where the program did not live to see it.
    pub result: Option<i64>,
}

impl Call {
    /// The files that it names, by descriptor or by path, but not the current folder. What it writes may look like one.
    #[must_use]
    pub fn files(&self) -> Vec<String> {
        let current = self.arguments.strip_prefix("AT_FDCWD<").and_then(|rest| rest.split_once('>'));
        let mut rest = current.map_or(self.arguments.as_str(), |(_, rest)| rest);
        let mut files = Vec::new();
        while let Some(at) = rest.find(['"', '<']) {
            let closing = if rest.as_bytes()[at] == b'"' { '"' } else { '>' };
            let text = &rest[at + 1..];
            let Some(end) = text.find(closing) else { break };
            files.push(plain(&text[..end]));
            rest = &text[end + 1..];
        }
        files
    }

    /// Whether it changes something outside the program: not a call that only reads, and not a note from thread to thread.
    #[must_use]
    pub fn changes_something(&self) -> bool {
        if OPENING.contains(&self.name.as_str()) {
            return self.arguments.contains("O_CREAT") || self.arguments.contains("O_TRUNC");
        }
        !self.arguments.contains("<anon_inode:") && !self.arguments.contains("<pipe:")
    }
}

/// A call that a program will make again when it is run again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// Its name.
    pub name: String,
    /// Its number, from 1 on, among the calls of this name in one thread, and on this file, if one is named.
    pub number: u32,
    /// The file, unless its name is another one in each run.
    pub file: Option<String>,
}

/// What happens at a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The program is killed before the call does anything.
    Kill,
    /// The call fails with this error, such as `ENOSPC`, and does nothing.
    Error(&'static str),
    /// The same, and so do all calls of the kind after it.
    ErrorFromThenOn(&'static str),
}

/// The program `strace`, where it is allowed to trace.
#[derive(Debug, Clone)]
pub struct Strace {
    program: PathBuf,
}

impl Strace {
    /// Looks for the program. `None` where it is not installed, or where the system lets nobody be traced.
    #[must_use]
    pub fn find() -> Option<Self> {
        let works = |program: &PathBuf| {
            let tried = machine::command(program).args(["-f", "-o", "/dev/null", "/bin/true"]).output();
            tried.is_ok_and(|output| output.status.success())
        };
        let found = machine::find("strace", &[]).filter(works);
        if found.is_none() {
            machine::left_out("strace that may trace", "strace");
        }
        found.map(|program| Self { program })
    }

    /// Runs a command and records what it changes, in the order in which its calls began. With `data`, texts are whole
    /// and every byte of them is in hexadecimal.
    ///
    /// The command has nothing as its standard input.
    #[must_use]
    pub fn record(&self, command: &Command, data: bool) -> Vec<Call> {
        let log = env::temp_dir().join(format!("orch-strace-{}", random_word()));
        let mut traced = self.command(command, |strace| {
            strace.arg("-y").arg("-o").arg(&log).arg("-e").arg(format!("trace={CALLS}"));
            strace.args(if data { ["-xx", "-s", "67108864"] } else { ["-s", "256", "-q"] });
        });
        let output = traced.output().expect("strace runs");
        let text = fs::read_to_string(&log).expect("strace writes its log");
        let _ = fs::remove_file(&log);
        assert!(!text.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        parse(&text)
    }

    /// Runs a command and hands back the calls in which it, or whatever it runs, reaches for another machine.
    #[must_use]
    pub fn connections(&self, command: &Command) -> Vec<String> {
        let log = env::temp_dir().join(format!("orch-strace-{}", random_word()));
        let mut traced = self.command(command, |strace| {
            strace.args(["-q", "-e", "trace=connect,sendto,sendmsg,bind", "-o"]).arg(&log);
        });
        traced.output().expect("strace runs");
        let text = fs::read_to_string(&log).expect("strace writes its log");
        let _ = fs::remove_file(&log);
        text.lines().filter(|line| line.contains("AF_INET")).map(ToOwned::to_owned).collect()
    }

    /// Every place in a record at which something can happen to what is changed, once each and in order. Files whose path
    /// `varies` says are called otherwise in each run are found by the number of the call alone.
    #[must_use]
    pub fn points(calls: &[Call], varies: impl Fn(&str) -> bool) -> Vec<Point> {
        let mut all = BTreeMap::<(u32, &str), u32>::new();
        let mut of_file = BTreeMap::<(u32, &str, String), u32>::new();
        let mut seen = BTreeSet::new();
        let mut points = Vec::new();
        for call in calls {
            let number = all.entry((call.thread, &call.name)).or_default();
            *number += 1;
            let mut point = Point { name: call.name.clone(), number: *number, file: None };
            let file = call.files().into_iter().next().filter(|file| file.starts_with('/') && !varies(file));
            if let Some(file) = file {
                let number = of_file.entry((call.thread, &call.name, file.clone())).or_default();
                *number += 1;
                point = Point { number: *number, file: Some(file), ..point };
            }
            if call.changes_something() && seen.insert(point.clone()) {
                points.push(point);
            }
        }
        points
    }

    /// A command in which something happens at a point.
    #[must_use]
    pub fn with_fault(&self, command: &Command, point: &Point, fault: Fault) -> Command {
        let (what, more) = match fault {
            Fault::Kill => ("signal=SIGKILL".to_owned(), ""),
            Fault::Error(error) => (format!("error={error}"), ""),
            Fault::ErrorFromThenOn(error) => (format!("error={error}"), "+"),
        };
        self.command(command, |strace| {
            strace.args(["-q", "-o", "/dev/null"]);
            strace.arg("-e").arg(format!("trace={}", point.name));
            strace.arg("-e").arg(format!("inject={}:{what}:when={}{more}", point.name, point.number));
            if let Some(file) = &point.file {
                strace.arg("-P").arg(file);
            }
        })
    }

    /// The same command, traced with its threads and its children.
    fn command(&self, command: &Command, options: impl FnOnce(&mut Command)) -> Command {
        let mut traced = machine::command(&self.program);
        traced.env_clear();
        for (name, value) in command.get_envs() {
            if let Some(value) = value {
                traced.env(name, value);
            }
        }
        if let Some(folder) = command.get_current_dir() {
            traced.current_dir(folder);
        }
        // not with `--seccomp-bpf`, which is quicker but delivers no signal at the beginning of a call
        traced.arg("-f");
        options(&mut traced);
        traced.arg("--").arg(command.get_program()).args(command.get_args());
        traced
    }
}

/// Lines have the form `THREAD  NAME(ARGUMENTS) = RESULT`. A call during which another thread did something is cut in two.
fn parse(text: &str) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    for line in text.lines() {
        let Some((thread, rest)) = line.trim_start().split_once(' ') else { continue };
        let (Ok(thread), rest) = (thread.parse(), rest.trim_start()) else { continue };
        if let Some(rest) = rest.strip_prefix("<... ") {
            let Some((name, end)) = rest.split_once(" resumed>") else { continue };
            let begun = calls.iter_mut().rev().find(|call| call.thread == thread && call.name == name);
            let Some(begun) = begun else { continue };
            let (arguments, result) = ending(end);
            begun.arguments += arguments;
            begun.result = result;
        } else if let Some((name, rest)) = rest.split_once('(')
            && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_')
        {
            let (arguments, result) = match rest.strip_suffix(" <unfinished ...>") {
                Some(begun) => (begun, None),
                None => ending(rest),
            };
            calls.push(Call { thread, name: name.to_owned(), arguments: arguments.to_owned(), result });
        }
    }
    calls
}

fn ending(text: &str) -> (&str, Option<i64>) {
    let Some((arguments, result)) = text.rsplit_once(") ") else { return (text, None) };
    let result = result.trim_start().strip_prefix("= ").unwrap_or("?");
    let number = result.split([' ', '<']).next().unwrap_or_default();
    (arguments, number.parse().ok())
}

/// A text of strace as it was: bytes in hexadecimal are put back.
fn plain(text: &str) -> String {
    String::from_utf8_lossy(&bytes(text)).into_owned()
}

/// The bytes of a text that was recorded in hexadecimal.
#[must_use]
pub fn bytes(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 4);
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        let digits = rest.strip_prefix("\\x").and_then(|rest| rest.get(..2));
        if let Some(byte) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            bytes.push(byte);
            rest = &rest[4..];
        } else {
            bytes.extend_from_slice(char.to_string().as_bytes());
            rest = &rest[char.len_utf8()..];
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_strace_writes_is_read() {
        let calls = parse(
            "7  openat(AT_FDCWD</p>, \"/p/a\", O_RDWR|O_CREAT, 0600) = 6</p/a>\n\
             8  pwrite64(6</p/a>, \"\\x61\\x3e\", 2, 4) = 2\n\
             7  fsync(6</p/a> <unfinished ...>\n\
             8  write(4<anon_inode:[eventfd]>, \"\\1\", 8) = 8\n\
             7  <... fsync resumed>) = -1 EIO (Input/output error)\n\
             7  openat(AT_FDCWD</p>, \"/p/a\", O_RDONLY) = 7</p/a>\n\
             8  fsync(6</p/a>)          = ?\n\
             7  +++ killed by SIGKILL +++\n",
        );
        let results: Vec<_> = calls.iter().map(|call| (call.name.as_str(), call.result)).collect();
        let expected = [
            ("openat", Some(6)),
            ("pwrite64", Some(2)),
            ("fsync", Some(-1)),
            ("write", Some(8)),
            ("openat", Some(7)),
            ("fsync", None),
        ];
        assert_eq!(results, expected);
        assert_eq!(calls[0].files(), ["/p/a"]);
        assert_eq!(calls[1].files(), ["/p/a", "a>"]);
        assert_eq!(bytes("\\x61\\x00b"), b"a\0b");
    }

    #[test]
    fn a_point_is_a_call_that_changes_something() {
        let calls = parse(
            "7  openat(AT_FDCWD</p>, \"/p/a\", O_RDONLY) = 6</p/a>\n\
             7  openat(AT_FDCWD</p>, \"/p/a\", O_RDWR|O_CREAT, 0600) = 6</p/a>\n\
             7  write(4<anon_inode:[eventfd]>, \"\\1\", 8) = 8\n\
             7  write(6</p/tmp-x>, \"a\", 1) = 1\n",
        );
        let points = Strace::points(&calls, |file| file.contains("tmp-"));
        assert_eq!(points.len(), 2);
        assert_eq!(points[1], Point { name: "write".into(), number: 2, file: None });
    }
}
