//! Differences, as the `git` program says: its list and its counts in one call.

use std::ffi::OsString;

use orch_core::vcs::{ChangeKind, Diff, FileChange, RepoPath};

use super::{Program, Trouble, line, os_string, refusal, unexpected};

const DOING: &str = "compare files";

impl Program {
    /// Compares two commits by their full hashes. Instead of the first there may be nothing, instead of the second the
    /// files on disk.
    pub(crate) fn compare(&self, from: Option<&str>, to: Option<&str>) -> Result<Diff, Trouble> {
        let empty = if from.is_none() { self.empty_tree()? } else { String::new() };
        let sides = [Some(from.unwrap_or(&empty)), to];
        // Only files on disk pass through filters.
        let settings = if to.is_none() { self.without_filters()? } else { Vec::new() };
        let mut arguments = vec!["diff", "--no-ext-diff", "--no-textconv", "--no-color"];
        arguments.extend(["--raw", "--numstat", "-z", "-M", "--no-abbrev"]);
        arguments.extend(sides.iter().flatten());
        arguments.push("--");
        let said = self.ask(DOING, &arguments, &settings)?;
        if said.code != Some(0) {
            for hash in [from, to].into_iter().flatten() {
                self.resolve(hash)?;
            }
            return Err(refusal(DOING, &self.folder, said.error));
        }
        let listed = parse(&said.out).ok_or_else(|| unexpected(DOING))?;
        let mut files = Vec::new();
        for Listed { file, stored } in listed {
            let same = match stored {
                Some(_) if !file.binary => file.insertions == 0 && file.deletions == 0,
                Some(hash) => self.is_stored(&file.path, &hash, &settings)?,
                None => false,
            };
            if !same {
                files.push(file);
            }
        }
        Ok(Diff::of_files(files))
    }

    /// Whether a file on disk would be stored under this hash.
    fn is_stored(&self, path: &RepoPath, hash: &[u8], settings: &[(OsString, OsString)]) -> Result<bool, Trouble> {
        let arguments = [OsString::from("hash-object"), "--".into(), os_string(path.as_bytes())];
        let said = self.ask(DOING, &arguments, settings)?;
        Ok(said.code == Some(0) && said.out.strip_suffix(b"\n") == Some(hash))
    }

    fn empty_tree(&self) -> Result<String, Trouble> {
        let format = line(&self.read(DOING, &["rev-parse", "--show-object-format"])?);
        Ok(match format.as_str() {
            "sha256" => "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
            _ => "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
        }
        .to_owned())
    }
}

/// A file in git's list.
#[derive(Debug, PartialEq)]
struct Listed {
    file: FileChange,
    /// The hash of what is stored, if git has not compared it with the file on disk but seen that its time is another.
    stored: Option<Vec<u8>>,
}

/// Reads the list of files and then the counts, which are in the same order but may lack some.
fn parse(out: &[u8]) -> Option<Vec<Listed>> {
    let mut tokens = out.split(|&byte| byte == 0).filter(|token| !token.is_empty()).peekable();
    let mut files = Vec::new();
    while let Some(head) = tokens.next_if(|token| token.starts_with(b":")) {
        let fields: Vec<&[u8]> = head[1..].split(|&byte| byte == b' ').collect();
        let [old_mode, new_mode, old, new, status] = fields[..] else { return None };
        let kind = ChangeKind::of_letter(*status.first()?)?;
        let moved = matches!(kind, ChangeKind::Renamed | ChangeKind::Copied);
        let old_path = if moved { Some(tokens.next()?.into()) } else { None };
        let path = tokens.next()?.into();
        let seen = kind == ChangeKind::Modified && old_mode == new_mode && new.iter().all(|&digit| digit == b'0');
        files.push(Listed {
            file: FileChange { path, old_path, kind, insertions: 0, deletions: 0, binary: false },
            stored: seen.then(|| old.to_vec()),
        });
    }
    let mut from = 0;
    while let Some(counts) = tokens.next() {
        let mut parts = counts.splitn(3, |&byte| byte == b'\t');
        let (insertions, deletions, path) = (parts.next()?, parts.next()?, parts.next()?);
        // With a rename both paths follow.
        let (old, new) = if path.is_empty() { (Some(tokens.next()?), tokens.next()?) } else { (None, path) };
        let same = |listed: &Listed| {
            listed.file.path.as_bytes() == new && listed.file.old_path.as_ref().map(RepoPath::as_bytes) == old
        };
        let at = from + files[from..].iter().position(same)?;
        let file = &mut files[at].file;
        file.binary = insertions == b"-";
        if !file.binary {
            (file.insertions, file.deletions) = (number(insertions)?, number(deletions)?);
        }
        from = at + 1;
    }
    Some(files)
}

fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_is_read() {
        let out = b":100644 100644 aa bb M\0a\nb\0:100644 100644 aa bb R090\0:old\0-new\0:100644 000000 aa 00 D\0bin\0\
            1\t2\ta\nb\x003\t0\t\0:old\0-new\0-\t-\tbin\0";
        let files: Vec<_> = parse(out).unwrap().into_iter().map(|listed| listed.file).collect();
        let said: Vec<_> = files.iter().map(|f| (f.path.text(), f.kind, f.insertions, f.deletions, f.binary)).collect();
        assert_eq!(
            said,
            [
                ("a\nb".into(), ChangeKind::Modified, 1, 2, false),
                ("-new".into(), ChangeKind::Renamed, 3, 0, false),
                ("bin".into(), ChangeKind::Deleted, 0, 0, true),
            ]
        );
        assert_eq!(files[1].old_path, Some(":old".into()));
        assert_eq!(parse(b""), Some(Vec::new()));
        assert_eq!(parse(b"nonsense\0"), None);
    }
}
