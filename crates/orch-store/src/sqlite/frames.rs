//! Whether a log (`-wal`) was damaged after it was written. SQLite itself takes a log up to the first frame that does not add
//! up, as a power cut leaves one, and says nothing of what stands behind it. Only reads.
//!
//! The format: <https://sqlite.org/fileformat2.html#walformat>. Each frame's checksum goes on from that of the frame before,
//! and a frame that ends a transaction says so. Once there is a frame behind such an end, whoever wrote it had seen the end as
//! committed, and so everything before it had been whole: a frame before it that does not add up now was damaged.

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read, Seek as _};
use std::path::Path;

/// Length of the log's header, in bytes.
const HEADER: usize = 32;
/// Length of a frame's header, in bytes.
const FRAME_HEADER: usize = 24;
/// The first word of a log whose checksums take words with the least byte first. Where the greatest is first, it is one more.
const MAGIC: u32 = 0x377f_0682;
/// The page of a store, in bytes, where the header does not say it.
const PAGE: usize = 4096;
/// So often a log that looks damaged is read anew, until it looks the same twice: others write to it.
const TRIES: usize = 5;

/// The first frame that is damaged, from 1, or 0 for the header; `None` where the log is as it was written, or not there.
pub(super) fn damaged(log: &Path) -> io::Result<Option<u64>> {
    let mut file = match File::open(log) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let mut earlier = None;
    for _ in 0..TRIES {
        let seen = look(&mut file)?;
        let (_, Some(damaged)) = seen else { return Ok(None) };
        // a frame that was being written is whole by now, and a log that was begun anew has another header
        if earlier == Some(seen) {
            return Ok(Some(damaged));
        }
        earlier = Some(seen);
    }
    Ok(None)
}

/// The header, and the first damaged frame.
fn look(file: &mut File) -> io::Result<([u8; HEADER], Option<u64>)> {
    let mut header = [0; HEADER];
    file.rewind()?;
    if !is_filled(file, &mut header)? {
        return Ok((header, None));
    }
    let log = Log::read(&header);
    let (mut frame, mut reader) = (vec![0; FRAME_HEADER + log.page], BufReader::with_capacity(1 << 18, file));
    let (mut number, mut bad, mut last) = (0, (!log.is_sound).then_some(0), log.begin);
    while is_filled(&mut reader, &mut frame)? {
        number += 1;
        let here = End::of_frame(&frame);
        // behind the end of a log that was begun anew are frames of the one before, with other salts
        let is_of_log = here.salts == last.salts && (!log.is_sound || here.salts == log.begin.salts);
        let is_linked = is_of_log && log.sum(last.sum, &[&frame[..8], &frame[FRAME_HEADER..]]) == here.sum;
        match bad {
            None if !is_linked => bad = Some(number),
            Some(bad) if is_linked && last.is_commit => return Ok((header, Some(bad))),
            _ => {}
        }
        last = here;
    }
    Ok((header, None))
}

/// Reads as much as fits; `false` where the file ends before.
fn is_filled(reader: &mut impl Read, frame: &mut [u8]) -> io::Result<bool> {
    match reader.read_exact(frame) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        read => read.map(|()| true),
    }
}

/// Where the next frame goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct End {
    salts: [u32; 2],
    sum: [u32; 2],
    is_commit: bool,
}

impl End {
    fn of_frame(frame: &[u8]) -> Self {
        Self {
            salts: [word(frame, 8), word(frame, 12)],
            sum: [word(frame, 16), word(frame, 20)],
            // the length of the file after the transaction
            is_commit: word(frame, 4) != 0,
        }
    }
}

/// What the header says.
struct Log {
    is_sound: bool,
    is_little: bool,
    page: usize,
    begin: End,
}

impl Log {
    fn read(header: &[u8; HEADER]) -> Self {
        let magic = word(header, 0);
        let begin = End {
            salts: [word(header, 16), word(header, 20)],
            sum: [word(header, 24), word(header, 28)],
            is_commit: false,
        };
        let page = usize::try_from(word(header, 8)).unwrap_or_default();
        let mut log = Self { is_sound: true, is_little: magic != MAGIC + 1, page, begin };
        log.is_sound = magic & !1 == MAGIC
            && page.is_power_of_two()
            && (512..=65_536).contains(&page)
            && log.sum([0, 0], &[&header[..24]]) == begin.sum;
        if !log.is_sound {
            log.page = PAGE;
        }
        log
    }

    /// The checksum of these parts, each a multiple of eight bytes, going on from another.
    fn sum(&self, from: [u32; 2], parts: &[&[u8]]) -> [u32; 2] {
        let [mut first, mut second] = from;
        for pair in parts.iter().flat_map(|part| part.chunks_exact(8)) {
            let (mut left, mut right) = (word(pair, 0), word(pair, 4));
            if self.is_little {
                (left, right) = (left.swap_bytes(), right.swap_bytes());
            }
            first = first.wrapping_add(left).wrapping_add(second);
            second = second.wrapping_add(right).wrapping_add(first);
        }
        [first, second]
    }
}

/// The four bytes at a place, the greatest first.
fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
