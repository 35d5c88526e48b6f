//! Revisions as people write them, beside what `git rev-parse` makes of them, and commits that are not there.

use orch_core::vcs::{After, Before, VcsError, VersionControl};

use crate::sandbox::{Sandbox, isolated};

fn build(s: &Sandbox) {
    s.init("r");
    for number in 1..6 {
        s.write("r/a", format!("{number}\n"));
        s.git("r", &["add", "a"]);
        s.git_at("r", 1_000_000_000 + number, &["commit", "-q", "-m", &format!("number {number}")]);
    }
    s.git("r", &["tag", "light", "HEAD~3"]);
    s.git("r", &["tag", "-a", "-m", "tag", "heavy", "HEAD~2"]);
    s.git("r", &["branch", "side/branch", "HEAD~1"]);
    s.git("r", &["branch", "light", "HEAD"]);
    s.git("r", &["tag", "tree", "HEAD^{tree}"]);
}

fn compare(s: &Sandbox) {
    build(s);
    let repository = s.open("r");
    let hash = s.git("r", &["rev-parse", "HEAD~1"]);
    let (short, upper) = (&hash[..7], hash.to_uppercase());
    for revision in [
        "HEAD",
        "@",
        "HEAD~2",
        "HEAD^",
        "HEAD^1~1",
        "main",
        "heads/main",
        "refs/heads/main",
        "light",
        "tags/light",
        "heavy",
        "heavy^{}",
        "heavy^{commit}",
        "heavy~1",
        "side/branch",
        "HEAD@{1}",
        "main@{2}",
        ":/number 3",
        "HEAD^{/number 2}",
        &hash,
        short,
        &upper,
        "HEAD^0",
        "@~1",
    ] {
        let git =
            s.git("r", &["rev-parse", "--verify", "-q", &format!("{}^0", s.git("r", &["rev-parse", "-q", revision]))]);
        let orch = repository.commit(revision);
        assert!(matches!(&orch, Ok(commit) if commit.hash == git), "{revision}: {git} {orch:?}");
    }
    for revision in [
        "",
        " ",
        "nothing",
        "HEAD~99",
        "-1",
        "--all",
        "--output=x",
        "^HEAD",
        "HEAD~1..HEAD",
        "HEAD...main",
        "HEAD:a",
        "tree",
        "HEAD\n",
        "a\0b",
        "0123456789012345678901234567890123456789",
        ":a",
        "HEAD^{tree}",
        "main@{upstream}",
    ] {
        let orch = repository.commit(revision);
        let unknown = |error: &VcsError| matches!(error, VcsError::UnknownRevision { revision: r, shallow: false } if r == revision);
        assert!(orch.as_ref().err().is_some_and(unknown), "{revision:?}: {orch:?}");
        let orch = repository.diff(Before::Commit("HEAD"), After::Commit(revision));
        assert!(orch.as_ref().err().is_some_and(unknown), "{revision:?}: {orch:?}");
        assert!(repository.commit_diff(revision).as_ref().err().is_some_and(unknown), "{revision:?}");
    }
}

#[test]
fn with_git() {
    isolated("revision::with_git", true, compare);
}

#[test]
fn alone() {
    isolated("revision::alone", false, compare);
}

fn shallow(s: &Sandbox) {
    build(s);
    let old = s.git("r", &["rev-parse", "HEAD~3"]);
    s.git("", &["clone", "-q", "--depth", "1", &format!("file://{}", s.path("r").display()), "clone"]);
    let repository = s.open("clone");
    assert!(repository.status().unwrap().shallow);
    for error in [
        repository.diff(Before::Commit(&old), After::Commit("HEAD")).unwrap_err(),
        repository.diff(Before::Commit(&old), After::WorkTree).unwrap_err(),
        repository.commit_diff(&old).unwrap_err(),
        repository.commit("HEAD~1").unwrap_err(),
    ] {
        assert!(matches!(error, VcsError::UnknownRevision { shallow: true, .. }), "{error:?}");
        assert!(error.to_string().contains("shallow"), "{error}");
    }
    // The border of the clone is its first commit, as git has it.
    assert_eq!(repository.commit_diff("HEAD").unwrap().summary(), "1 file changed, 1 insertion(+)");
}

#[test]
fn missing_from_a_shallow_clone() {
    isolated("revision::missing_from_a_shallow_clone", true, shallow);
}

#[test]
fn missing_from_a_shallow_clone_alone() {
    isolated("revision::missing_from_a_shallow_clone_alone", false, shallow);
}

#[test]
fn files_of_a_bare_repository() {
    isolated("revision::files_of_a_bare_repository", true, |s| {
        build(s);
        s.git("", &["clone", "-q", "--bare", "r", "r.git"]);
        let error = s.open("r.git").diff(Before::Commit("HEAD"), After::WorkTree).unwrap_err();
        assert!(matches!(&error, VcsError::Unsupported { reason, .. } if reason.contains("bare")), "{error:?}");
        // One that somebody put into a work tree is not opened by chance.
        std::fs::rename(s.path("r.git"), s.path("r/sub")).unwrap();
        for start in ["r/sub", "r/sub/refs"] {
            let error = orch_git::Repository::open(&s.path(start)).unwrap_err();
            assert!(matches!(&error, VcsError::Unsupported { reason, .. } if reason.contains("inside")), "{error:?}");
        }
    });
}
