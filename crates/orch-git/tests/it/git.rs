//! What the git program says, read by the tests' own means, beside what orch-git says of the same repository.

use std::collections::BTreeSet;

use orch_core::vcs::{After, Before, ChangeKind, Diff, Operation, Status, VersionControl};
use orch_git::Repository;

use crate::sandbox::Sandbox;

/// The flags that make git independent of settings.
const FLAGS: [&str; 13] = [
    "-c",
    "core.fsmonitor=false",
    "-c",
    "diff.renames=true",
    "-c",
    "diff.algorithm=myers",
    "-c",
    "diff.relative=false",
    "-c",
    "core.quotePath=true",
    "-c",
    "status.renames=true",
    "--no-pager",
];

/// What one file is said to be: the list and its letters, the path, the path before.
type Entry = (String, Vec<u8>, Option<Vec<u8>>);

/// Compares everything that can be compared in a work tree and in its history. Gives what differs.
pub(crate) fn differences(sandbox: &Sandbox, folder: &str, operation: Option<&str>) -> Vec<String> {
    let mut found = Vec::new();
    let repository = match Repository::open(&sandbox.path(folder)) {
        Ok(repository) => repository,
        Err(error) => return vec![format!("{folder}: {error}")],
    };
    compare_status(sandbox, folder, &repository, operation, &mut found);
    let commits = sandbox.git(folder, &["rev-list", "--all", "--max-count=12"]);
    let commits: Vec<&str> = commits.lines().collect();
    for commit in &commits {
        compare_commit(sandbox, folder, &repository, commit, &mut found);
        if repository.place().work_tree.is_some() {
            let orch = repository.diff(Before::Commit(commit), After::WorkTree);
            compare_diff(sandbox, folder, &[commit], orch, &mut found);
        }
        for other in &commits {
            let orch = repository.diff(Before::Commit(commit), After::Commit(other));
            compare_diff(sandbox, folder, &[commit, other], orch, &mut found);
        }
    }
    found
}

fn run(sandbox: &Sandbox, folder: &str, arguments: &[&str]) -> Vec<u8> {
    let mut command = sandbox.command(folder, 0);
    let output = command.args(FLAGS).args(arguments).env("GIT_OPTIONAL_LOCKS", "0").output().expect("git runs");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

pub(crate) fn compare_status(
    sandbox: &Sandbox,
    folder: &str,
    repository: &Repository,
    operation: Option<&str>,
    found: &mut Vec<String>,
) {
    let status = match repository.status() {
        Ok(status) => status,
        Err(error) => return found.push(format!("{folder}: status: {error:?}")),
    };
    let mut differ = |what: &str, git: &dyn std::fmt::Debug, orch: &dyn std::fmt::Debug| {
        found.push(format!("{folder}: {what}\n   git: {git:?}\n  orch: {orch:?}"));
    };
    let said = status.operation.map(Operation::as_str);
    if said != operation {
        differ("operation", &operation, &said);
    }
    let shallow = sandbox.git(folder, &["rev-parse", "--is-shallow-repository"]) == "true";
    if shallow != status.shallow {
        differ("shallow", &shallow, &status.shallow);
    }
    if sandbox.git(folder, &["rev-parse", "--is-bare-repository"]) == "true" {
        assert!(status.bare && status.is_clean());
        return;
    }
    let flags = ["--porcelain=v2", "--branch", "-z", "--untracked-files=all", "--ignore-submodules=none"];
    let out = run(sandbox, folder, &[&["status"], &flags[..]].concat());
    let (mut headers, entries) = read_status(&out);
    if headers.contains("branch.head (detached)") {
        // Git may name the upstream of the branch that was left.
        headers.retain(|line| !line.starts_with("branch.upstream") && !line.starts_with("branch.ab"));
    }
    if headers != orch_headers(&status) {
        differ("headers", &headers, &orch_headers(&status));
    }
    let orch = orch_entries(&status);
    if entries != orch {
        let show = |set: &BTreeSet<Entry>, other: &BTreeSet<Entry>| -> Vec<String> {
            set.difference(other).map(|(what, path, old)| format!("{what} {} {old:?}", path.escape_ascii())).collect()
        };
        differ("entries", &show(&entries, &orch), &show(&orch, &entries));
    }
}

fn read_status(out: &[u8]) -> (BTreeSet<String>, BTreeSet<Entry>) {
    let (mut headers, mut entries) = (BTreeSet::new(), BTreeSet::new());
    let mut records = out.split(|&byte| byte == 0).filter(|record| !record.is_empty());
    while let Some(record) = records.next() {
        let fields = |count: usize| record.splitn(count, |&byte| byte == b' ').collect::<Vec<_>>();
        match record[0] {
            b'#' => drop(headers.insert(String::from_utf8_lossy(&record[2..]).into_owned())),
            b'?' => drop(entries.insert(("untracked".to_owned(), record[2..].to_vec(), None))),
            b'u' => {
                let fields = fields(11);
                let code = format!("conflict {}", String::from_utf8_lossy(fields[1]));
                entries.insert((code, fields[10].to_vec(), None));
            }
            kind => {
                let fields = fields(if kind == b'2' { 10 } else { 9 });
                let path = fields.last().expect("a path").to_vec();
                let old = (kind == b'2').then(|| records.next().expect("a path").to_vec());
                for (list, letter) in ["staged", "unstaged"].into_iter().zip(fields[1]) {
                    let old = old.clone().filter(|_| b"RC".contains(letter));
                    if *letter != b'.' {
                        entries.insert((format!("{list} {}", char::from(*letter)), path.clone(), old));
                    }
                }
            }
        }
    }
    (headers, entries)
}

fn orch_headers(status: &Status) -> BTreeSet<String> {
    let mut headers = BTreeSet::new();
    assert_eq!(status.unborn, status.head.is_none());
    assert_eq!(status.detached, status.branch.is_none());
    headers.insert(format!("branch.oid {}", status.head.as_deref().unwrap_or("(initial)")));
    headers.insert(format!("branch.head {}", status.branch.as_deref().unwrap_or("(detached)")));
    headers.extend(status.upstream.as_ref().map(|name| format!("branch.upstream {name}")));
    if let (Some(ahead), Some(behind)) = (status.ahead, status.behind) {
        headers.insert(format!("branch.ab +{ahead} -{behind}"));
    }
    headers
}

fn orch_entries(status: &Status) -> BTreeSet<Entry> {
    let lists = [("staged", &status.staged), ("unstaged", &status.unstaged)];
    let changed = lists.into_iter().flat_map(|(list, entries)| {
        entries.iter().map(move |entry| {
            let old = entry.old_path.as_ref().map(|path| path.as_bytes().to_vec());
            (format!("{list} {}", letter(entry.status)), entry.path.as_bytes().to_vec(), old)
        })
    });
    let conflicts = status.conflicted.iter().map(|entry| {
        let code = match entry.status.as_str() {
            "both_deleted" => "DD",
            "added_by_us" => "AU",
            "deleted_by_them" => "UD",
            "added_by_them" => "UA",
            "deleted_by_us" => "DU",
            "both_added" => "AA",
            _ => "UU",
        };
        (format!("conflict {code}"), entry.path.as_bytes().to_vec(), None)
    });
    let untracked = status.untracked.iter().map(|path| ("untracked".to_owned(), path.as_bytes().to_vec(), None));
    changed.chain(conflicts).chain(untracked).collect()
}

fn letter(kind: ChangeKind) -> char {
    match kind {
        ChangeKind::Added => 'A',
        ChangeKind::Copied => 'C',
        ChangeKind::Deleted => 'D',
        ChangeKind::Modified => 'M',
        ChangeKind::Renamed => 'R',
        ChangeKind::TypeChanged => 'T',
        ChangeKind::Unmerged => 'U',
    }
}

/// Compares what a commit is and changed.
pub(crate) fn compare_commit(
    sandbox: &Sandbox,
    folder: &str,
    repository: &Repository,
    commit: &str,
    found: &mut Vec<String>,
) {
    let parents = sandbox.git(folder, &["rev-list", "--parents", "--max-count=1", commit]);
    let empty = sandbox.git(folder, &["hash-object", "-t", "tree", "/dev/null"]);
    let parent = parents.split(' ').nth(1).unwrap_or(&empty);
    compare_diff(sandbox, folder, &[parent, commit], repository.commit_diff(commit), found);
    let said = match repository.commit(commit) {
        Ok(said) => said,
        Err(error) => return found.push(format!("{folder}: commit {commit}: {error:?}")),
    };
    let git = sandbox.git(folder, &["log", "-1", "--abbrev=7", "--format=%H %h %ct %an <%ae>%n%B", commit]);
    let time = said.committed_at.timestamp();
    let orch = format!("{} {} {time} {}\n{}", said.hash, said.short_hash, said.author, said.message);
    if git.trim_end() != orch.trim_end() {
        found.push(format!("{folder}: commit {commit}\n   git: {git:?}\n  orch: {orch:?}"));
    }
}

/// Compares the sentence, the names and the counts.
pub(crate) fn compare_diff(
    sandbox: &Sandbox,
    folder: &str,
    sides: &[&str],
    orch: Result<Diff, orch_git::GitError>,
    found: &mut Vec<String>,
) {
    let orch = match orch {
        Ok(orch) => orch,
        Err(error) => return found.push(format!("{folder}: diff {sides:?}: {error:?}")),
    };
    let git = |format: &[&str]| {
        let fixed = ["diff", "--no-ext-diff", "--no-textconv", "-M"];
        run(sandbox, folder, &[&fixed[..], format, sides, &["--"]].concat())
    };
    let summary = String::from_utf8(git(&["--shortstat"])).expect("UTF-8");
    let summary = if summary.is_empty() { "0 files changed" } else { summary.trim() };
    let names = git(&["--name-status", "-z"]);
    let counts = git(&["--numstat", "-z"]);

    let (mut our_names, mut our_counts) = (BTreeSet::new(), BTreeSet::new());
    for file in &orch.files {
        let (path, old) = (file.path.as_bytes().to_vec(), file.old_path.as_ref().map(|path| path.as_bytes().to_vec()));
        our_names.insert((letter(file.kind).to_string(), path.clone(), old.clone()));
        let counted = if file.binary { "-\t-".to_owned() } else { format!("{}\t{}", file.insertions, file.deletions) };
        our_counts.insert((counted, path, old));
    }
    let mut tokens = names.split(|&byte| byte == 0).filter(|token| !token.is_empty());
    let mut git_names = BTreeSet::new();
    while let Some(letter) = tokens.next() {
        let first = tokens.next().expect("a path").to_vec();
        let (path, old) = match letter[0] {
            b'R' | b'C' => (tokens.next().expect("a path").to_vec(), Some(first)),
            _ => (first, None),
        };
        git_names.insert((char::from(letter[0]).to_string(), path, old));
    }
    let mut tokens = counts.split(|&byte| byte == 0).filter(|token| !token.is_empty());
    let mut git_counts = BTreeSet::new();
    while let Some(token) = tokens.next() {
        let parts: Vec<_> = token.splitn(3, |&byte| byte == b'\t').collect();
        let counted = format!("{}\t{}", String::from_utf8_lossy(parts[0]), String::from_utf8_lossy(parts[1]));
        let (path, old) = if parts[2].is_empty() {
            let old = tokens.next().expect("a path").to_vec();
            (tokens.next().expect("a path").to_vec(), Some(old))
        } else {
            (parts[2].to_vec(), None)
        };
        git_counts.insert((counted, path, old));
    }
    let mut differ = |what: &str, git: &dyn std::fmt::Debug, orch: &dyn std::fmt::Debug| {
        found.push(format!("{folder}: diff {sides:?} {what}\n   git: {git:?}\n  orch: {orch:?}"));
    };
    if summary != orch.summary() {
        differ("summary", &summary, &orch.summary());
    }
    let show = |set: &BTreeSet<Entry>, other: &BTreeSet<Entry>| -> Vec<String> {
        set.difference(other).map(|(what, path, old)| format!("{what} {} {old:?}", path.escape_ascii())).collect()
    };
    if git_names != our_names {
        differ("names", &show(&git_names, &our_names), &show(&our_names, &git_names));
    }
    if git_counts != our_counts {
        differ("counts", &show(&git_counts, &our_counts), &show(&our_counts, &git_counts));
    }
}
