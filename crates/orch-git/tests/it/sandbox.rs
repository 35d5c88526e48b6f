//! A scratch folder whose git knows no settings but its own, and tests in processes that know no others either.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use orch_git::{Place, Repository, discover};
use tempfile::TempDir;

/// Where [`isolated`] tells its child what it needs to know.
const ROOT: &str = "ORCH_TEST_ROOT";
const SEARCH: &str = "ORCH_TEST_PATH";
const AGAIN: &str = "ORCH_TEST_AGAIN";

/// A scratch folder, and the git program in it.
pub(crate) struct Sandbox {
    root: PathBuf,
    _folder: Option<TempDir>,
}

/// Runs a test in a process of its own, in which git's settings are the sandbox's for the library too. `name` is the
/// test's full name. Without `program` no `git` can be found there but by the sandbox.
#[expect(clippy::disallowed_methods, reason = "how the test talks to itself in another process")]
pub(crate) fn isolated(name: &str, program: bool, test: impl FnOnce(&Sandbox)) {
    if let Some(root) = std::env::var_os(ROOT) {
        return test(&Sandbox { root: root.into(), _folder: None });
    }
    let sandbox = Sandbox::new();
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    sandbox.isolate(&mut command).args(["--exact", name, "--nocapture"]).env(ROOT, &sandbox.root);
    let search = std::env::var_os("PATH").expect("a PATH");
    command.env(SEARCH, &search);
    if program {
        sandbox.count_calls(&search);
    }
    command.env("PATH", sandbox.path("bin"));
    let output = command.output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

impl Sandbox {
    /// Whether this is what [`Sandbox::run_again`] runs.
    #[expect(clippy::disallowed_methods, reason = "how the test talks to itself in another process")]
    pub(crate) fn is_run_again() -> bool {
        std::env::var_os(AGAIN).is_some()
    }

    /// Runs a test that [`isolated`] runs once more, in the same folder, with further variables.
    pub(crate) fn run_again(&self, name: &str, variables: &[(&str, &Path)]) {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        self.isolate(&mut command).args(["--exact", name, "--nocapture"]).env(ROOT, &self.root).env(AGAIN, "1");
        let output = command.envs(variables.iter().copied()).output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.contains("1 passed"), "{said}");
    }

    pub(crate) fn new() -> Self {
        let folder = TempDir::new().expect("a scratch folder");
        let root = folder.path().canonicalize().expect("a path");
        fs::create_dir(root.join("home")).expect("a home");
        Self { root, _folder: Some(folder) }
    }

    /// Makes a git that can be found in `bin`, which notes each call.
    #[cfg(unix)]
    fn count_calls(&self, search: &OsStr) {
        use std::os::unix::fs::PermissionsExt;
        let (search, calls) = (search.to_str().expect("UTF-8"), self.path("calls"));
        let script = format!("#!/bin/sh\necho \"$*\" >> '{}'\nPATH='{search}' exec git \"$@\"\n", calls.display());
        self.write("bin/git", script);
        fs::set_permissions(self.path("bin/git"), fs::Permissions::from_mode(0o755)).expect("a program");
    }

    /// How often orch called the git program so far.
    pub(crate) fn calls(&self) -> usize {
        fs::read(self.path("calls")).map_or(0, |calls| String::from_utf8_lossy(&calls).lines().count())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Takes away from a command whatever it may know of another git.
    #[expect(clippy::disallowed_methods, reason = "how the test talks to itself in another process")]
    pub(crate) fn isolate<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GIT_")) {
            command.env_remove(name);
        }
        if let Some(search) = std::env::var_os(SEARCH) {
            command.env("PATH", search);
        }
        command
            .env("HOME", self.path("home"))
            .env_remove("XDG_CONFIG_HOME")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", self.path("home/.gitconfig"))
            .stdin(Stdio::null())
    }

    /// Git in a folder; the clock is frozen at `seconds`.
    pub(crate) fn command(&self, folder: &str, seconds: u64) -> Command {
        let mut command = Command::new("git");
        self.isolate(&mut command)
            .current_dir(self.path(folder))
            .args([
                "-c",
                "protocol.file.allow=always",
                "-c",
                "init.defaultBranch=main",
                "-c",
                "advice.detachedHead=false",
            ])
            .args(["-c", "gc.auto=0", "-c", "maintenance.auto=false"])
            .env("GIT_EDITOR", "true")
            .env("GIT_AUTHOR_NAME", "Ada")
            .env("GIT_AUTHOR_EMAIL", "ada@example.org")
            .env("GIT_COMMITTER_NAME", "Grace")
            .env("GIT_COMMITTER_EMAIL", "grace@example.org")
            .env("GIT_AUTHOR_DATE", "1000000000 +0200")
            .env("GIT_COMMITTER_DATE", format!("@{seconds} +0000"));
        command
    }

    /// Runs git, which must succeed.
    pub(crate) fn git_at(&self, folder: &str, seconds: u64, arguments: &[&str]) -> Vec<u8> {
        let output = self.command(folder, seconds).args(arguments).output().expect("git runs");
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    pub(crate) fn git(&self, folder: &str, arguments: &[&str]) -> String {
        String::from_utf8(self.git_at(folder, 1_000_000_000, arguments)).expect("UTF-8").trim_end().to_owned()
    }

    /// Runs git, which must fail, as it does with a conflict.
    pub(crate) fn git_stops(&self, folder: &str, arguments: &[&str]) {
        let output = self.command(folder, 1_000_000_000).args(arguments).output().expect("git runs");
        assert!(!output.status.success(), "git {arguments:?} went well");
    }

    pub(crate) fn init(&self, name: &str) {
        self.git("", &["init", "-q", name]);
    }

    pub(crate) fn commit(&self, folder: &str, seconds: u64, message: &str) {
        self.git_at(folder, seconds, &["commit", "-q", "--allow-empty", "-m", message]);
    }

    /// Stages everything and commits it.
    pub(crate) fn commit_all(&self, folder: &str, message: &str) {
        self.git(folder, &["add", "-A"]);
        self.commit(folder, 1_000_000_000, message);
    }

    /// Writes a file, and its folders. It gets a time of its own long ago: what is as young as the index is looked into
    /// by git, and by orch through git.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        static CLOCK: AtomicU64 = AtomicU64::new(1_000_000_000);
        self.write_now(name, content);
        let file = fs::File::options().append(true).open(self.path(name)).expect("it is there");
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(CLOCK.fetch_add(1, Ordering::Relaxed));
        file.set_modified(time).expect("another time");
    }

    /// Writes a file, and its folders.
    pub(crate) fn write_now(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, content).expect("a file");
    }

    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).expect("it was there");
    }

    pub(crate) fn open(&self, name: &str) -> Repository {
        Repository::open(&self.path(name)).expect("it opens")
    }

    pub(crate) fn discover(&self, name: &str) -> Option<Place> {
        discover(&self.path(name)).expect("it can be told")
    }

    /// Stores a commit object as it is, whatever git thinks of it, and lets HEAD's branch point at it.
    pub(crate) fn raw_commit(&self, folder: &str, bytes: &[u8]) {
        fs::write(self.path("raw"), bytes).expect("a file");
        let file = self.path("raw");
        let file = file.to_str().expect("UTF-8");
        let hash = self.git(folder, &["hash-object", "-t", "commit", "-w", "--literally", file]);
        self.git(folder, &["update-ref", "HEAD", &hash]);
    }

    /// Runs [`crate::repository::child`] in a process of its own with further variables and gives what `discover` said
    /// there.
    pub(crate) fn discover_in_child(&self, start: &Path, variables: &[(&str, &Path)]) -> String {
        let answer = self.path("answer");
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        self.isolate(&mut command).args(["--exact", "repository::child"]).stdout(Stdio::null());
        let status = command
            .env("ORCH_TEST_START", start)
            .env("ORCH_TEST_ANSWER", &answer)
            .envs(variables.iter().copied())
            .status()
            .expect("it runs");
        assert!(status.success());
        fs::read_to_string(answer).expect("an answer")
    }
}
