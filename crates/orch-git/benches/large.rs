//! Status and diff of a repository with 50,000 files beside the `git` command: `cargo bench -p orch-git`.
//!
//! First a table in which both take turns, so that a busy moment of the machine hits both, with the ratio of the medians;
//! then orch alone. orch opens the repository each time, as a command does; git is started each time, as it has to be.

#![expect(clippy::print_stdout, reason = "the table is all that this program is for")]

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime};

use divan::Bencher;
use orch_core::vcs::{After, Before, VersionControl};
use orch_git::Repository;
use tempfile::TempDir;

const TURNS: usize = 15;

/// Changed and new files; the same with a staged rename; and so few files that orch reads them in process.
static PLAIN: LazyLock<TempDir> = LazyLock::new(|| build(50_000, false));
static RENAMED: LazyLock<TempDir> = LazyLock::new(|| build(50_000, true));
static FEW: LazyLock<TempDir> = LazyLock::new(|| build(400, false));

fn main() {
    compare();
    divan::main();
}

fn git(folder: &Path, arguments: &[&str]) -> Vec<u8> {
    let mut command = Command::new("git");
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
        command.env_remove(name);
    }
    let output = command
        .current_dir(folder)
        .args(["-c", "core.fsmonitor=false", "-c", "gc.auto=0", "-c", "maintenance.auto=false"])
        .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org"])
        .args(arguments)
        .env("GIT_OPTIONAL_LOCKS", "0")
        .stdin(Stdio::null())
        .output()
        .expect("git runs");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn build(files: usize, renamed: bool) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let root = folder.path();
    git(root, &["init", "-q"]);
    let write = |name: &str, round: u64| {
        // Older than the index, as files are after a while.
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000 + round);
        let path = root.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        let text: String = (0..30_u64).map(|line| format!("line {line} of {name} {}\n", line * round / 20)).collect();
        fs::write(&path, text).expect("a file");
        fs::File::options().append(true).open(path).and_then(|file| file.set_modified(time)).expect("a time");
    };
    let name = |number: usize| format!("dir{}/sub{}/file{number}.txt", number % 20, number % 500);
    for number in 0..files {
        write(&name(number), 0);
    }
    git(root, &["add", "-A"]);
    git(root, &["commit", "-q", "-m", "one"]);
    for number in (0..files).step_by(50) {
        write(&name(number), 1);
    }
    git(root, &["add", "-A"]);
    git(root, &["commit", "-q", "-m", "two"]);
    git(root, &["repack", "-q", "-a", "-d"]);
    for number in (7..files).step_by(500) {
        fs::write(root.join(name(number)), "changed\n").expect("a file");
    }
    for number in 0..100 {
        fs::write(root.join(format!("dir3/new{number}")), "new\n").expect("a file");
    }
    if renamed {
        git(root, &["mv", &name(1), "dir1/moved.txt"]);
    }
    folder
}

fn open(folder: &TempDir) -> Repository {
    Repository::open(folder.path()).expect("it opens")
}

fn read_status(folder: &TempDir) -> usize {
    let status = open(folder).status().expect("a status");
    status.unstaged.len() + status.untracked.len()
}

fn compare_work_tree(folder: &TempDir) -> u64 {
    open(folder).diff(Before::Commit("HEAD"), After::WorkTree).expect("a diff").files_changed
}

fn compare_commits(folder: &TempDir) -> u64 {
    open(folder).diff(Before::Commit("HEAD~1"), After::Commit("HEAD")).expect("a diff").files_changed
}

const STATUS: &[&str] =
    &["status", "--porcelain=v2", "--branch", "-z", "--untracked-files=all", "--ignore-submodules=none"];
const WORK_TREE: &[&str] = &["diff", "--no-ext-diff", "--no-textconv", "--raw", "--numstat", "-z", "-M", "HEAD", "--"];
const COMMITS: &[&str] =
    &["diff", "--no-ext-diff", "--no-textconv", "--raw", "--numstat", "-z", "-M", "HEAD~1", "HEAD", "--"];

fn compare() {
    println!("{:<38}{:>10}{:>10}{:>8}", "50,000 files, medians in ms", "git", "orch", "ratio");
    row("status", &PLAIN, STATUS, |folder| _ = black_box(read_status(folder)));
    row("diff of a commit and the work tree", &PLAIN, WORK_TREE, |folder| _ = black_box(compare_work_tree(folder)));
    row("diff of two commits, 1000 files", &PLAIN, COMMITS, |folder| _ = black_box(compare_commits(folder)));
    row("status, a rename staged", &RENAMED, STATUS, |folder| _ = black_box(read_status(folder)));
    row("diff of the work tree, a rename staged", &RENAMED, WORK_TREE, |folder| {
        _ = black_box(compare_work_tree(folder));
    });
    println!("400 files, read in process");
    row("status", &FEW, STATUS, |folder| _ = black_box(read_status(folder)));
    row("diff of a commit and the work tree", &FEW, WORK_TREE, |folder| _ = black_box(compare_work_tree(folder)));
    row("diff of two commits, 8 files", &FEW, COMMITS, |folder| _ = black_box(compare_commits(folder)));
}

fn row(name: &str, folder: &TempDir, arguments: &[&str], orch: impl Fn(&TempDir)) {
    let (mut theirs, mut ours) = (Vec::new(), Vec::new());
    // The first turn warms the caches of the file system.
    for turn in 0..=TURNS {
        let git = took(|| _ = black_box(git(folder.path(), arguments)));
        let orch = took(|| orch(folder));
        if turn > 0 {
            theirs.push(git);
            ours.push(orch);
        }
    }
    let (git, orch) = (median(theirs), median(ours));
    println!("{name:<38}{:>10.1}{:>10.1}{:>8.2}", git * 1e3, orch * 1e3, orch / git);
}

fn took(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64()
}

#[divan::bench(sample_count = 10)]
fn status(bencher: Bencher) {
    bencher.bench_local(|| read_status(&PLAIN));
}

#[divan::bench(sample_count = 10)]
fn diff_of_the_work_tree(bencher: Bencher) {
    bencher.bench_local(|| compare_work_tree(&PLAIN));
}

#[divan::bench(sample_count = 10)]
fn diff_of_two_commits(bencher: Bencher) {
    bencher.bench_local(|| compare_commits(&PLAIN));
}
