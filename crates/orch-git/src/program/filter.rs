//! The filters of a repository and of the submodules in it, by name, so that none of their programs is run.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;

use memchr::memmem;

use super::{Program, Trouble, command, os_string, run};

const DOING: &str = "look for filters";

/// How deep submodules in submodules are looked into; git itself asks them one by one.
const DEPTH: usize = 16;

impl Program {
    /// Settings that take every filter's programs away. They are no arguments, as a filter's name may hold anything.
    pub(super) fn without_filters(&self) -> Result<Vec<(OsString, OsString)>, Trouble> {
        let mut names = BTreeSet::new();
        self.collect_names(&mut names)?;
        let mut settings = Vec::new();
        for name in names {
            for (key, value) in [("clean", ""), ("smudge", ""), ("process", ""), ("required", "false")] {
                let key = [b"filter.", name.as_slice(), b".", key.as_bytes()].concat();
                settings.push((os_string(&key), value.into()));
            }
        }
        Ok(settings)
    }

    fn collect_names(&self, names: &mut BTreeSet<Vec<u8>>) -> Result<(), Trouble> {
        let arguments = ["config", "-z", "--name-only", "--get-regexp", FILTERS];
        add_names(&self.ask(DOING, &arguments, &[])?.out, names);
        if !self.may_have_submodules() {
            return Ok(());
        }
        let entries = self.read(DOING, &["ls-files", "--stage", "-z"])?;
        in_submodules(&self.folder, &entries, names, DEPTH)
    }

    /// Whether the bytes of a submodule's mode are anywhere in the index, or in the part of it that it shares.
    fn may_have_submodules(&self) -> bool {
        let git_dir = &self.place.git_dir;
        let Ok(index) = std::fs::read(git_dir.join("index")) else { return git_dir.join("index").exists() };
        let shares = memmem::find(&index, b"link").is_some();
        shares || memmem::find(&index, &0o160_000_u32.to_be_bytes()).is_some()
    }
}

const FILTERS: &str = r"^filter\.";

fn add_names(keys: &[u8], names: &mut BTreeSet<Vec<u8>>) {
    let keys = keys.split(|&byte| byte == 0).filter_map(|key| key.strip_prefix(b"filter."));
    names.extend(keys.filter_map(|key| key.iter().rposition(|&byte| byte == b'.').map(|dot| key[..dot].to_vec())));
}

/// Git asks a submodule in a process of its own, to which these settings are handed on.
fn in_submodules(above: &Path, entries: &[u8], names: &mut BTreeSet<Vec<u8>>, depth: usize) -> Result<(), Trouble> {
    for entry in entries.split(|&byte| byte == 0).filter(|entry| entry.starts_with(b"160000 ")) {
        let Some(tab) = entry.iter().position(|&byte| byte == b'\t') else { continue };
        let folder = above.join(os_string(&entry[tab + 1..]));
        if depth == 0 || !folder.join(".git").exists() {
            continue;
        }
        let ask = |arguments: &[&str]| {
            let mut command = command(&folder, false);
            command.args(arguments);
            run(DOING, command)
        };
        add_names(&ask(&["config", "-z", "--name-only", "--get-regexp", FILTERS])?.out, names);
        in_submodules(&folder, &ask(&["ls-files", "--stage", "-z"])?.out, names, depth - 1)?;
    }
    Ok(())
}
