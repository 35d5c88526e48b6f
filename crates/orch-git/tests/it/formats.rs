//! Repositories in formats that libgit2 cannot open: read through the `git` program, or plainly refused.

use orch_core::vcs::{After, Before, Head, VcsError, VersionControl};
use orch_git::{Repository, discover};

use crate::git::differences;
use crate::sandbox::{Sandbox, isolated};

const FORMATS: [(&str, &str); 2] = [("--object-format=sha256", "sha256"), ("--ref-format=reftable", "reftable")];

fn build(s: &Sandbox, option: &str, name: &str) {
    s.git("", &["init", "-q", option, name]);
    s.write(&format!("{name}/a"), "a\nb\nc\n");
    s.write(&format!("{name}/old"), "a\nb\nc\nd\ne\n");
    s.commit_all(name, "Add a\n\nWith a body, gr\u{fc}n.");
    s.write(&format!("{name}/a"), "a\nx\nc\n");
    s.git(name, &["mv", "old", "new\nname"]);
    s.commit_all(name, "second");
    s.write(&format!("{name}/a"), "a\n");
    s.git(name, &["add", "a"]);
    s.write(&format!("{name}/b"), "a\n");
}

#[test]
fn with_git() {
    isolated("formats::with_git", true, |s| {
        for (option, name) in FORMATS {
            build(s, option, name);
            let found = differences(s, name, None);
            assert!(found.is_empty(), "{}", found.join("\n"));
            // The same parts as of a repository that libgit2 opens.
            let place = s.discover(&format!("{name}/.git/refs")).unwrap();
            assert_eq!(place, s.discover(name).unwrap());
            assert_eq!(place.work_tree, Some(s.path(name)));
            assert_eq!(place.git_dir, s.path(name).join(".git"));

            let repository = s.open(name);
            let Head::At { commit, branch } = repository.head().unwrap() else { panic!("HEAD has a commit") };
            assert_eq!(branch.as_deref(), Some("main"));
            assert_eq!(commit.hash, s.git(name, &["rev-parse", "HEAD"]));
            let first = repository.commit("HEAD~1").unwrap();
            assert_eq!(first.message, "Add a\n\nWith a body, gr\u{fc}n.\n");
            assert_eq!(repository.commits_since(Some(&first.hash), 9).unwrap(), std::slice::from_ref(&commit));
            assert_eq!(repository.commits_since(Some("HEAD~1"), 9).unwrap(), [commit]);
            assert_eq!(repository.diff(Before::Nothing, After::WorkTree).unwrap().files_changed, 2);
            for name in ["nothing", "", "-x", "HEAD~9", "^HEAD", "HEAD~1..HEAD", "HEAD:a"] {
                assert!(
                    matches!(repository.commit(name), Err(VcsError::UnknownRevision { shallow: false, .. })),
                    "{name}"
                );
            }
        }
    });
}

#[test]
fn unborn_detached_linked_and_bare() {
    isolated("formats::unborn_detached_linked_and_bare", true, |s| {
        for (option, name) in FORMATS {
            let (unborn, bare) = (format!("{name}-unborn"), format!("{name}.git"));
            s.git("", &["init", "-q", option, "-b", "feature/x", &unborn]);
            assert!(differences(s, &unborn, None).is_empty());
            let head = s.open(&unborn).head().unwrap();
            assert_eq!(head, Head::Unborn { branch: Some("feature/x".to_owned()) });
            assert_eq!(s.open(&unborn).commits_since(None, 9).unwrap(), []);

            build(s, option, name);
            s.git(name, &["stash", "-q"]);
            s.git(name, &["checkout", "-q", "--detach"]);
            assert!(differences(s, name, None).is_empty());
            s.git(name, &["worktree", "add", "-q", "-b", "side", &format!("../{name}-linked")]);
            let linked = s.discover(&format!("{name}-linked")).unwrap();
            assert_eq!(linked.main_work_tree, Some(s.path(name)));
            assert_eq!(linked.common_dir, s.path(name).join(".git"));
            let found = differences(s, &format!("{name}-linked"), None);
            assert!(found.is_empty(), "{}", found.join("\n"));

            s.git(
                "",
                &[
                    "clone",
                    "-q",
                    "--bare",
                    "--ref-format",
                    if name == "reftable" { name } else { "files" },
                    name,
                    &bare,
                ],
            );
            assert_eq!(s.discover(&bare).unwrap().work_tree, None);
            let found = differences(s, &bare, None);
            assert!(found.is_empty(), "{}", found.join("\n"));
        }
    });
}

#[test]
fn operations() {
    isolated("formats::operations", true, |s| {
        for (option, name) in FORMATS {
            build(s, option, name);
            s.git(name, &["stash", "-q"]);
            s.git(name, &["checkout", "-q", "-b", "side", "HEAD~1"]);
            s.write(&format!("{name}/a"), "other\n");
            s.commit_all(name, "side");
            for (arguments, operation, end) in [
                (["merge", "main"], "merge", ["merge", "--abort"]),
                (["cherry-pick", "main"], "cherry-pick", ["cherry-pick", "--abort"]),
                (["revert", "HEAD~1"], "revert", ["revert", "--abort"]),
                (["rebase", "main"], "rebase", ["rebase", "--abort"]),
            ] {
                s.git_stops(name, &arguments);
                let found = differences(s, name, Some(operation));
                assert!(found.is_empty(), "{name}: {}", found.join("\n"));
                s.git(name, &end);
            }
        }
    });
}

#[test]
fn without_git_they_are_refused_plainly() {
    isolated("formats::without_git_they_are_refused_plainly", false, |s| {
        for ((option, name), word) in FORMATS.into_iter().zip(["sha256", "refStorage"]) {
            build(s, option, name);
            for error in [discover(&s.path(name)).err(), Repository::open(&s.path(name)).err()] {
                match error {
                    Some(VcsError::Unsupported { path, reason }) => {
                        assert_eq!(path, s.path(name));
                        assert!(reason.contains(word), "{reason}");
                        assert!(reason.ends_with("only the `git` program can read it, and there is none"), "{reason}");
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
    });
}

#[test]
fn partial_clone() {
    isolated("formats::partial_clone", true, |s| {
        build(s, "--object-format=sha1", "source");
        s.git("source", &["stash", "-q"]);
        s.git("source", &["config", "uploadpack.allowFilter", "true"]);
        let url = format!("file://{}", s.path("source").display());
        s.git("", &["clone", "-q", "--filter=blob:none", &url, "r"]);
        s.write("r/new", "");
        let status = s.open("r").status().unwrap();
        assert_eq!(status.untracked, ["new".into()]);
        assert_eq!(status.upstream.as_deref(), Some("origin/main"));
        assert_eq!(s.open("r").commit("HEAD~1").unwrap().hash, s.git("r", &["rev-parse", "HEAD~1"]));
        // Git would fetch what is missing, by a program that the remote's settings may name.
        let error = s.open("r").commit_diff("HEAD").unwrap_err();
        assert!(matches!(error, VcsError::Failed { .. }), "{error:?}");
        s.git("r", &["show", "--stat", "HEAD"]);
        assert!(s.open("r").commit_diff("HEAD").is_ok());
    });
}

#[cfg(unix)]
#[test]
fn another_users() {
    isolated("formats::another_users", true, |s| {
        build(s, "--object-format=sha256", "r");
        // Only root may give files away; for anyone else there is nothing to test here.
        if std::os::unix::fs::chown(s.path("r"), Some(4711), None).is_err() {
            return;
        }
        let error = discover(&s.path("r/.git/..")).unwrap_err();
        assert!(matches!(&error, VcsError::Owner { path } if *path == s.path("r")), "{error:?}");
        s.git("", &["config", "--global", "--add", "safe.directory", s.path("r").to_str().unwrap()]);
        assert!(discover(&s.path("r")).unwrap().is_some());
    });
}
