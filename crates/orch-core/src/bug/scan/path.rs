//! Paths: the project's folder is cut off, other folders go, names of files stay. Asks no file system.

use super::Scan;
use crate::bug::byte::{self, DIGIT, STOP, WORD};
use crate::bug::token::{Record, Rule};

/// Folders at the root of a file system; two parts behind another first word are a route of a web application.
const TOP: [&[u8]; 24] = [
    b"home",
    b"Users",
    b"root",
    b"tmp",
    b"var",
    b"opt",
    b"srv",
    b"mnt",
    b"usr",
    b"etc",
    b"private",
    b"builds",
    b"workspace",
    b"app",
    b"data",
    b"nix",
    b"run",
    b"media",
    b"Volumes",
    b"Applications",
    b"Library",
    b"lib",
    b"proc",
    b"sys",
];

/// Folders of dependencies, which a project may have in its own folder or elsewhere.
const DEPENDENCIES: [&[u8]; 3] = [b"/node_modules/", b"/site-packages/", b"/dist-packages/"];
/// Folders whose content lives for one run.
const TEMPORARY: [&[u8]; 5] = [b"/tmp/", b"/var/folders/", b"/Temp/", b"\\Temp\\", b"/dev/shm/"];

fn find(path: &[u8], part: &[u8]) -> Option<usize> {
    memchr::memmem::find(path, part)
}

fn is_slash(byte: u8) -> bool {
    matches!(byte, b'/' | b'\\')
}

impl<R: Record> Scan<'_, R> {
    /// At `/`, `\`, `~` or `.`.
    pub(super) fn slash(&mut self, byte: u8) {
        let before = self.before();
        let joins =
            byte::is(before, WORD) || matches!(before, b'/' | b'\\' | b'.' | b')' | b']' | b'>' | b'}' | b'*' | b'-');
        match byte {
            b'.' if !joins && self.relative_dots() => {}
            // a fraction without its zero
            b'.' if !joins && byte::is(self.peek(1), DIGIT) => {
                let end = byte::run(self.text, self.at + 1, DIGIT);
                if byte::is(self.byte(end), WORD) || self.byte(end) == b'.' {
                    self.punctuation(byte);
                } else {
                    self.mask(end, Rule::Number);
                }
            }
            b'/' if joins => self.punctuation(b'/'),
            b'/' => self.absolute(self.at),
            b'\\' if !joins && self.peek(1) == b'\\' && byte::is(self.peek(2), WORD) => self.absolute(self.at),
            b'\\' if byte::is(before, WORD) && byte::is(self.peek(1), WORD) => {
                self.out.push(b'/');
                self.at += 1;
            }
            b'~' if !joins && is_slash(self.peek(1)) => self.absolute(self.at + 1),
            _ => self.punctuation(byte),
        }
    }

    /// Drops `./` and `../` in front of a path.
    fn relative_dots(&mut self) -> bool {
        let mut end = self.at;
        loop {
            let dots = byte_run_of(self.text, end, b'.');
            if !(1..=2).contains(&(dots - end)) || !is_slash(self.byte(dots)) {
                break;
            }
            end = dots + 1;
        }
        let some = end > self.at && byte::is(self.byte(end), WORD);
        if some {
            self.record.token(self.at, end, Rule::Root);
            self.at = end;
        }
        some
    }

    /// A path from a root; its first slash is at `first`.
    pub(super) fn absolute(&mut self, first: usize) {
        if let Some(end) = self.below_root() {
            self.record.token(self.at, end, Rule::Root);
            self.at = end;
            if end >= self.text.len() || byte::is(self.text[end], STOP) {
                self.out.push(b'.');
            }
            return;
        }
        let horizon = (self.at + 4 * super::AHEAD).min(self.text.len());
        let (mut end, mut last, mut parts) = (first + 1, first, 0);
        while end < horizon {
            let byte = self.text[end];
            if is_slash(byte) {
                if end > last + 1 {
                    parts += 1;
                }
                last = end;
            } else if byte::is(byte, STOP) || (byte == b':' && end > first + 1) {
                break;
            }
            end += 1;
        }
        parts += usize::from(end > last + 1);
        let top = self.text[(first + 1).min(end)..end].split(|byte| is_slash(*byte)).next().unwrap_or_default();
        let system = TOP.contains(&top) || first > self.at;
        if parts < 2 || (parts == 2 && !system) {
            return self.punctuation(self.text[self.at]);
        }
        let path = &self.text[self.at..end];
        if let Some(inner) = DEPENDENCIES.iter().find_map(|folder| find(path, folder)) {
            // as it is written relative to the project
            self.record.token(self.at, self.at + inner + 1, Rule::Root);
            self.at += inner + 1;
            return;
        }
        let name = &self.text[last + 1..end];
        if TEMPORARY.iter().any(|folder| find(path, folder).is_some()) && !name.contains(&b'.') {
            // who made it chose its name at random
            return self.mask(end, Rule::Path);
        }
        self.mask(last, Rule::Path);
        self.out.push(b'/');
        self.at = last + 1;
    }

    /// Where the path goes on behind the project's folder, if it lies in there.
    fn below_root(&self) -> Option<usize> {
        let end = self.at + self.root.len();
        if self.root.len() < 2 || end > self.text.len() {
            return None;
        }
        let same = self.text[self.at..end].iter().zip(self.root).all(|(a, b)| a == b || (is_slash(*a) && is_slash(*b)));
        match self.byte(end) {
            byte if !same || byte::is(byte, WORD) => None,
            byte if is_slash(byte) => Some(end + 1),
            byte if end == self.text.len() || byte::is(byte, STOP) || byte == b':' => Some(end),
            _ => None,
        }
    }
}

fn byte_run_of(text: &[u8], mut at: usize, byte: u8) -> usize {
    while at < text.len() && text[at] == byte {
        at += 1;
    }
    at
}
