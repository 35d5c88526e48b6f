//! Repositories made by the git program, read by orch-git, and compared with what git says. Uses no network.

use std::fs;
use std::path::Path;

use orch_core::vcs::{After, Before, Commit, Head, VersionControl};
use orch_git::{GitError, Place, Repository, discover};

use crate::sandbox::Sandbox;

/// Not a test of its own: what [`Sandbox::discover_in_child`] runs.
#[expect(clippy::disallowed_methods, reason = "how the test talks to itself in another process")]
#[test]
fn child() {
    if let (Some(start), Some(answer)) = (std::env::var_os("ORCH_TEST_START"), std::env::var_os("ORCH_TEST_ANSWER")) {
        let said = match discover(Path::new(&start)) {
            Ok(place) => format!("{place:?}"),
            Err(error) => format!("error: {error}"),
        };
        fs::write(answer, said).expect("a file");
    }
}

fn at(head: Head) -> (Commit, Option<String>) {
    match head {
        Head::At { commit, branch } => (commit, branch),
        Head::Unborn { .. } => panic!("HEAD has a commit"),
    }
}

fn hashes(commits: &[Commit]) -> Vec<&str> {
    commits.iter().map(|commit| commit.hash.as_str()).collect()
}

#[test]
fn plain_repository() {
    let sandbox = Sandbox::new();
    sandbox.init("r");
    sandbox.commit("r", 1_700_000_000, "Add the parser\n\nWith a body.\n");
    fs::create_dir_all(sandbox.path("r/a/b")).unwrap();
    fs::write(sandbox.path("r/a/file"), "").unwrap();

    let top = sandbox.path("r");
    let place = Place {
        work_tree: Some(top.clone()),
        main_work_tree: Some(top.clone()),
        git_dir: top.join(".git"),
        common_dir: top.join(".git"),
    };
    for start in ["r", "r/a/b", "r/a/file"] {
        assert_eq!(sandbox.discover(start), Some(place.clone()), "{start}");
    }

    let (commit, branch) = at(sandbox.open("r/a").head().unwrap());
    assert_eq!(branch.as_deref(), Some("main"));
    assert_eq!(commit.hash, sandbox.git("r", &["log", "-1", "--format=%H"]));
    assert_eq!(commit.short_hash, sandbox.git("r", &["rev-parse", "--short", "HEAD"]));
    assert_eq!(commit.message.trim_end(), sandbox.git("r", &["log", "-1", "--format=%B"]));
    assert_eq!(commit.author, sandbox.git("r", &["log", "-1", "--format=%an <%ae>"]));
    assert_eq!(commit.committed_at.to_rfc3339(), "2023-11-14T22:13:20+00:00");
}

#[test]
fn unborn_head_has_a_branch_and_no_commits() {
    let sandbox = Sandbox::new();
    sandbox.git("", &["init", "-q", "-b", "feature/x", "r"]);
    let repository = sandbox.open("r");
    assert_eq!(repository.head().unwrap(), Head::Unborn { branch: Some("feature/x".to_owned()) });
    assert_eq!(repository.commits_since(None, 10).unwrap(), []);
    assert_eq!(repository.commits_since(Some("0123456789012345678901234567890123456789"), 10).unwrap(), []);
}

#[test]
fn detached_head_has_no_branch() {
    let sandbox = Sandbox::new();
    sandbox.init("r");
    sandbox.commit("r", 1, "one");
    sandbox.git("r", &["checkout", "-q", "--detach"]);
    let (commit, branch) = at(sandbox.open("r").head().unwrap());
    assert_eq!((commit.hash, branch), (sandbox.git("r", &["rev-parse", "HEAD"]), None));
}

#[test]
fn behind_a_branch_that_is_a_link_is_the_branch() {
    let sandbox = Sandbox::new();
    sandbox.init("r");
    sandbox.commit("r", 1, "one");
    sandbox.git("r", &["symbolic-ref", "refs/heads/alias", "refs/heads/main"]);
    sandbox.git("r", &["symbolic-ref", "HEAD", "refs/heads/alias"]);
    let git = sandbox.git("r", &["branch", "--show-current"]);
    assert_eq!(at(sandbox.open("r").head().unwrap()).1, Some(git));
}

#[test]
fn packed_references_are_read() {
    let sandbox = Sandbox::new();
    sandbox.init("r");
    sandbox.commit("r", 1, "one");
    sandbox.git("r", &["gc", "-q"]);
    assert!(!sandbox.path("r/.git/refs/heads/main").exists());
    assert_eq!(at(sandbox.open("r").head().unwrap()).0.hash, sandbox.git("r", &["rev-parse", "HEAD"]));
}

#[test]
fn linked_work_tree_knows_the_main_one() {
    let sandbox = Sandbox::new();
    sandbox.init("main");
    sandbox.commit("main", 1, "one");
    sandbox.git("main", &["worktree", "add", "-q", "-b", "side", "../linked"]);
    sandbox.commit("linked", 2, "two");

    let main = sandbox.path("main");
    assert_eq!(
        sandbox.discover("linked"),
        Some(Place {
            work_tree: Some(sandbox.path("linked")),
            main_work_tree: Some(main.clone()),
            git_dir: main.join(".git/worktrees/linked"),
            common_dir: main.join(".git"),
        })
    );
    let (commit, branch) = at(sandbox.open("linked").head().unwrap());
    assert_eq!((commit.message.as_str(), branch.as_deref()), ("two\n", Some("side")));
    assert_eq!(at(sandbox.open("main").head().unwrap()).0.message, "one\n");
}

#[test]
fn linked_work_tree_of_a_bare_repository_has_no_main_one() {
    let sandbox = Sandbox::new();
    sandbox.init("source");
    sandbox.commit("source", 1, "one");
    sandbox.git("", &["clone", "-q", "--bare", "source", "bare.git"]);
    sandbox.git("bare.git", &["worktree", "add", "-q", "../linked"]);
    let place = sandbox.discover("linked").unwrap();
    assert_eq!(place.work_tree, Some(sandbox.path("linked")));
    assert_eq!(place.main_work_tree, None);
    assert_eq!(place.common_dir, sandbox.path("bare.git"));
}

#[test]
fn git_folder_apart_from_its_work_tree() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("apart")).unwrap();
    sandbox.git("", &["init", "-q", "--separate-git-dir=apart/folder", "r"]);
    sandbox.commit("r", 1, "one");
    sandbox.git("r", &["worktree", "add", "-q", "../linked"]);
    let place = sandbox.discover("r").unwrap();
    assert_eq!(place.work_tree, Some(sandbox.path("r")));
    assert_eq!(place.main_work_tree, Some(sandbox.path("r")));
    assert_eq!(place.git_dir, sandbox.path("apart/folder"));
    // Nothing leads from the git folder to the main work tree, and `apart` must not be taken for it.
    assert_eq!(sandbox.discover("linked").unwrap().main_work_tree, None);
}

#[test]
fn submodule_is_its_own_repository() {
    let sandbox = Sandbox::new();
    for name in ["inner", "outer"] {
        sandbox.init(name);
        sandbox.commit(name, 1, name);
    }
    sandbox.git("outer", &["submodule", "--quiet", "add", "../inner", "lib/inner"]);
    let place = sandbox.discover("outer/lib/inner").unwrap();
    let git_dir = sandbox.path("outer/.git/modules/lib/inner");
    assert_eq!(
        place,
        Place {
            work_tree: Some(sandbox.path("outer/lib/inner")),
            main_work_tree: Some(sandbox.path("outer/lib/inner")),
            git_dir: git_dir.clone(),
            common_dir: git_dir.clone(),
        }
    );
    assert_eq!(sandbox.discover("outer/lib").unwrap().work_tree, Some(sandbox.path("outer")));
    assert_eq!(at(sandbox.open("outer/lib/inner").head().unwrap()).0.message, "inner\n");

    sandbox.git("outer/lib/inner", &["worktree", "add", "-q", "--detach", "../../../linked"]);
    let linked = sandbox.discover("linked").unwrap();
    assert_eq!(linked.main_work_tree, Some(sandbox.path("outer/lib/inner")));
    assert_eq!(linked.common_dir, git_dir);
}

#[test]
fn bare_repository_has_no_work_tree() {
    let sandbox = Sandbox::new();
    sandbox.git("", &["init", "-q", "--bare", "r.git"]);
    let git_dir = sandbox.path("r.git");
    let place = Place { work_tree: None, main_work_tree: None, git_dir: git_dir.clone(), common_dir: git_dir };
    assert_eq!(sandbox.discover("r.git"), Some(place.clone()));
    assert_eq!(sandbox.discover("r.git/refs"), Some(place));
}

#[test]
fn no_repository() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.discover("home"), None);
    assert!(matches!(Repository::open(&sandbox.path("home")), Err(GitError::NotARepository { path })
        if path == sandbox.path("home")));
    assert!(matches!(discover(&sandbox.path("missing")), Err(GitError::Failed { .. })));
    // An empty `.git` folder is none either, as git has it.
    fs::create_dir_all(sandbox.path("empty/.git")).unwrap();
    assert_eq!(sandbox.discover("empty"), None);
}

#[cfg(unix)]
#[test]
fn a_link_in_the_way_is_resolved() {
    let sandbox = Sandbox::new();
    sandbox.init("r");
    fs::create_dir(sandbox.path("r/sub")).unwrap();
    std::os::unix::fs::symlink(sandbox.path("r/sub"), sandbox.path("link")).unwrap();
    assert_eq!(sandbox.discover("link").unwrap().work_tree, Some(sandbox.path("r")));
}

#[test]
fn commits_since_follow_git_with_a_merge() {
    let sandbox = Sandbox::new();
    sandbox.init("r");
    sandbox.commit("r", 100, "base");
    let base = sandbox.git("r", &["rev-parse", "HEAD"]);
    sandbox.git("r", &["checkout", "-q", "-b", "side"]);
    sandbox.commit("r", 200, "side 1");
    sandbox.commit("r", 400, "side 2");
    sandbox.git("r", &["checkout", "-q", "main"]);
    sandbox.commit("r", 300, "main 1");
    sandbox.git_at("r", 500, &["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    // The clock went back: a child older than its parent.
    sandbox.commit("r", 50, "late");

    let repository = sandbox.open("r");
    let range = format!("{base}..HEAD");
    let git = sandbox.git("r", &["log", "--date-order", "--reverse", "--format=%H", &range]);
    let commits = repository.commits_since(Some(&base), 100).unwrap();
    assert_eq!(hashes(&commits), git.lines().collect::<Vec<_>>());
    let messages: Vec<_> = commits.iter().map(|commit| commit.message.trim_end()).collect();
    assert_eq!(messages, ["side 1", "main 1", "side 2", "merge", "late"]);

    let git = sandbox.git("r", &["log", "--date-order", "-n", "2", "--reverse", "--format=%H", &range]);
    assert_eq!(hashes(&repository.commits_since(Some(&base), 2).unwrap()), git.lines().collect::<Vec<_>>());
    assert_eq!(repository.commits_since(Some(&base), 0).unwrap(), []);

    let head = sandbox.git("r", &["rev-parse", "HEAD"]);
    assert_eq!(repository.commits_since(Some(&head), 100).unwrap(), []);
    // A base beside HEAD, as after a rebase.
    sandbox.git("r", &["reset", "-q", "--hard", &base]);
    sandbox.commit("r", 600, "other");
    assert_eq!(
        hashes(&repository.commits_since(Some(&head), 100).unwrap()),
        [sandbox.git("r", &["rev-parse", "HEAD"])]
    );
}

#[test]
fn an_unknown_base_gives_the_head() {
    let sandbox = Sandbox::new();
    sandbox.init("r");
    sandbox.commit("r", 1, "one");
    sandbox.commit("r", 2, "two");
    let repository = sandbox.open("r");
    let head = sandbox.git("r", &["rev-parse", "HEAD"]);
    let tree = sandbox.git("r", &["rev-parse", "HEAD^{tree}"]);
    let short = sandbox.git("r", &["rev-parse", "--short", "HEAD~"]);
    let absent = "0123456789012345678901234567890123456789";
    for base in [None, Some(absent), Some("main~1"), Some(""), Some("--all"), Some(&tree), Some(&short)] {
        assert_eq!(hashes(&repository.commits_since(base, 10).unwrap()), [head.as_str()], "{base:?}");
    }
}

#[test]
fn an_open_repository_sees_new_commits() {
    let sandbox = Sandbox::new();
    sandbox.init("r");
    sandbox.commit("r", 1, "one");
    let repository = sandbox.open("r");
    let base = at(repository.head().unwrap()).0.hash;
    sandbox.commit("r", 2, "two");
    sandbox.git("r", &["gc", "-q"]);
    sandbox.commit("r", 3, "three");
    let messages: Vec<_> = repository.commits_since(Some(&base), 10).unwrap().into_iter().map(|c| c.message).collect();
    assert_eq!(messages, ["two\n", "three\n"]);
    // And what was staged in the meantime, whichever is asked first.
    sandbox.write("r/a", "a\n");
    sandbox.git("r", &["add", "a"]);
    assert_eq!(repository.diff(Before::Commit("HEAD"), After::WorkTree).unwrap().files_changed, 1);
    sandbox.write("r/b", "b\n");
    sandbox.git("r", &["add", "b"]);
    assert_eq!(repository.status().unwrap().staged.len(), 2);
}

#[test]
fn messages_in_other_encodings_become_utf8() {
    let sandbox = Sandbox::new();
    sandbox.init("r");
    fs::write(sandbox.path("latin1"), b"Gr\xfc\xdfe\n").unwrap();
    let file = sandbox.path("latin1");
    let arguments = ["commit", "-q", "--allow-empty", "-F", file.to_str().unwrap()];
    sandbox.git_at("r", 1, &[&["-c", "i18n.commitEncoding=ISO-8859-1"], &arguments[..]].concat());
    let (commit, _) = at(sandbox.open("r").head().unwrap());
    assert_eq!(commit.message, "Gr\u{fc}\u{df}e\n");
    assert_eq!(commit.message.trim_end(), sandbox.git("r", &["log", "-1", "--encoding=UTF-8", "--format=%B"]));
    // The same bytes without the header are broken UTF-8.
    let tree = sandbox.git("r", &["rev-parse", "HEAD^{tree}"]);
    let header = format!("tree {tree}\nauthor A <a@b> 0 +0000\ncommitter A <a@b> 0 +0000\n\n");
    sandbox.raw_commit("r", &[header.as_bytes(), b"Gr\xfc\xdfe\n"].concat());
    assert_eq!(at(sandbox.open("r").head().unwrap()).0.message, "Gr\u{fffd}\u{fffd}e\n");
}

#[test]
fn odd_dates_and_names_do_not_fail() {
    let sandbox = Sandbox::new();
    sandbox.init("r");
    let tree = sandbox.git("r", &["hash-object", "-t", "tree", "-w", "/dev/null"]);
    for (author, committer, name, time) in [
        ("A <a@b> 0 +0000", "A <a@b> -86400 +0000", "A <a@b>", "1969-12-31T00:00:00+00:00"),
        ("A <a@b> 0 +0000", "A <a@b> 0 +0500", "A <a@b>", "1970-01-01T00:00:00+00:00"),
        ("A <a@b> 0 +0000", "A <a@b> 1000000000", "A <a@b>", "2001-09-09T01:46:40+00:00"),
        ("A <a@b> 0 +0000", "A <a@b> 9000000000000000000 +0000", "A <a@b>", "1970-01-01T00:00:00+00:00"),
        (" <> 0 +0000", "A <a@b>", " <>", "1970-01-01T00:00:00+00:00"),
    ] {
        let text = format!("tree {tree}\nauthor {author}\ncommitter {committer}\n\nodd\n");
        sandbox.raw_commit("r", text.as_bytes());
        let (commit, _) = at(sandbox.open("r").head().unwrap());
        assert_eq!((commit.author.as_str(), commit.committed_at.to_rfc3339().as_str()), (name, time), "{committer}");
        assert_eq!(commit.message, "odd\n");
    }
}

#[test]
fn the_folder_decides_not_the_environment() {
    let sandbox = Sandbox::new();
    sandbox.init("r");
    sandbox.init("other");
    let other = sandbox.path("other");
    let git_dir = other.join(".git");
    let said = sandbox.discover_in_child(
        &sandbox.path("r"),
        &[("GIT_DIR", &git_dir), ("GIT_WORK_TREE", &other), ("GIT_COMMON_DIR", &git_dir)],
    );
    assert_eq!(said, format!("{:?}", sandbox.discover("r")));
}

#[cfg(unix)]
#[test]
fn another_users_repository_is_refused_with_gits_hint() {
    let sandbox = Sandbox::new();
    sandbox.init("r");
    fs::create_dir(sandbox.path("r/sub")).unwrap();
    // Only root may give files away; for anyone else there is nothing to test here.
    if std::os::unix::fs::chown(sandbox.path("r"), Some(4711), None).is_err() {
        return;
    }
    let top = sandbox.path("r");
    let said = sandbox.discover_in_child(&top.join("sub"), &[]);
    assert!(said.starts_with("error: the repository"), "{said}");
    assert!(said.ends_with(&format!("git config --global --add safe.directory {}", top.display())), "{said}");

    sandbox.git("", &["config", "--global", "--add", "safe.directory", top.to_str().unwrap()]);
    assert!(sandbox.discover_in_child(&top, &[]).starts_with("Some"));
}
