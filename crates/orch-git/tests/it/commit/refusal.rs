//! What refuses a commit before git is asked to make one, or while it does, and that nothing is changed by it.

use std::fs;
use std::time::{Duration, Instant, SystemTime};

use orch_core::vcs::{CommitOrder, Committer, Marked, Operation, Take, VcsError};

use super::{MARK, make, order, start, state};
use crate::sandbox::{Sandbox, isolated};

/// Two branches that changed the file `a` differently; HEAD is at `main`, and `b` is changed.
fn apart(s: &Sandbox, folder: &str) {
    start(s, folder);
    s.write(&format!("{folder}/b"), "b\n");
    s.commit_all(folder, "b");
    s.git(folder, &["checkout", "-q", "-b", "side"]);
    s.write(&format!("{folder}/a"), "side\n");
    s.commit_all(folder, "side");
    s.git(folder, &["checkout", "-q", "main"]);
    s.write(&format!("{folder}/a"), "main\n");
    s.commit_all(folder, "main");
}

type Build = fn(&Sandbox, &str);
type Is = fn(&VcsError) -> bool;

fn resolve(s: &Sandbox, folder: &str) {
    s.write(&format!("{folder}/a"), "both\n");
    s.git(folder, &["add", "a"]);
}

fn is_operation(error: &VcsError, wanted: Operation) -> bool {
    matches!(error, VcsError::OperationInProgress { operation, .. } if *operation == wanted)
}

const SITUATIONS: [(&str, Build, Is); 14] = [
    (
        "merge in conflict",
        |s, folder| {
            apart(s, folder);
            s.git_stops(folder, &["merge", "side"]);
        },
        |error| matches!(error, VcsError::OperationInProgress { operation: Operation::Merge, conflicts: 1 }),
    ),
    (
        "merge that is resolved",
        |s, folder| {
            apart(s, folder);
            s.git_stops(folder, &["merge", "side"]);
            resolve(s, folder);
        },
        |error| matches!(error, VcsError::OperationInProgress { operation: Operation::Merge, conflicts: 0 }),
    ),
    (
        "merge that waits for its commit",
        |s, folder| {
            apart(s, folder);
            s.git(folder, &["merge", "-q", "--no-commit", "--no-ff", "-s", "ours", "side"]);
        },
        |error| is_operation(error, Operation::Merge),
    ),
    (
        "rebase",
        |s, folder| {
            apart(s, folder);
            s.git_stops(folder, &["rebase", "-q", "side"]);
            resolve(s, folder);
        },
        |error| is_operation(error, Operation::Rebase),
    ),
    (
        "cherry-pick",
        |s, folder| {
            apart(s, folder);
            s.git_stops(folder, &["cherry-pick", "side"]);
            resolve(s, folder);
        },
        |error| is_operation(error, Operation::CherryPick),
    ),
    (
        "revert",
        |s, folder| {
            apart(s, folder);
            s.write(&format!("{folder}/a"), "again\n");
            s.commit_all(folder, "again");
            s.git_stops(folder, &["revert", "HEAD~1"]);
            resolve(s, folder);
        },
        |error| is_operation(error, Operation::Revert),
    ),
    (
        "am",
        |s, folder| {
            apart(s, folder);
            let patch = s.git(folder, &["format-patch", "-1", "side", "-o", "../patches"]);
            s.git_stops(folder, &["am", "-q", &patch]);
        },
        |error| is_operation(error, Operation::Am),
    ),
    (
        "bisect",
        |s, folder| {
            apart(s, folder);
            s.git(folder, &["bisect", "start", "HEAD", "HEAD~2"]);
        },
        |error| is_operation(error, Operation::Bisect),
    ),
    (
        "conflicts of a stash",
        |s, folder| {
            apart(s, folder);
            s.write(&format!("{folder}/a"), "stashed\n");
            s.git(folder, &["stash", "-q"]);
            s.write(&format!("{folder}/a"), "other\n");
            s.commit_all(folder, "other");
            s.git_stops(folder, &["stash", "pop"]);
        },
        |error| matches!(error, VcsError::Unmerged { count: 1 }),
    ),
    (
        "detached",
        |s, folder| {
            apart(s, folder);
            s.git(folder, &["checkout", "-q", "--detach"]);
        },
        |error| matches!(error, VcsError::Detached),
    ),
    (
        "nothing",
        |s, folder| {
            apart(s, folder);
            s.git(folder, &["rm", "-q", "--cached", "b"]);
            s.git(folder, &["reset", "-q"]);
        },
        |error| matches!(error, VcsError::NothingToCommit { .. }),
    ),
    (
        "nobody",
        |s, folder| {
            apart(s, folder);
            s.git(folder, &["config", "--unset", "user.email"]);
        },
        |error| matches!(error, VcsError::NoIdentity { said } if said.contains("auto-detection is disabled")),
    ),
    (
        "a filter that fails",
        |s, folder| {
            apart(s, folder);
            s.git(folder, &["config", "filter.f.clean", "false"]);
            s.git(folder, &["config", "filter.f.required", "true"]);
            s.write(&format!("{folder}/.git/info/attributes"), "b filter=f\n");
        },
        |error| matches!(error, VcsError::CommitRefused { said } if said.contains("filter")),
    ),
    (
        "nothing in an unborn repository",
        |s, folder| {
            s.init(folder);
            super::identify(s, folder);
        },
        |error| matches!(error, VcsError::NothingToCommit { .. }),
    ),
];

#[test]
fn leaves_all_as_it_was() {
    isolated("commit::refusal::leaves_all_as_it_was", true, |s| {
        for (number, (name, build, is_it)) in SITUATIONS.iter().enumerate() {
            let folder = format!("r{number}");
            build(s, &folder);
            if s.path(&format!("{folder}/b")).exists() && *name != "nothing" {
                s.write(&format!("{folder}/b"), "changed\n");
            }
            for take in [Take::Known, Take::All] {
                let before = state(s, &folder);
                let error = s.open(&folder).check(&order(take.clone())).unwrap_err();
                assert!(is_it(&error), "{name}: {error:?}");
                assert_eq!(state(s, &folder), before, "{name}");
                // whoever does not look first is refused as well
                let message = format!("x\n\n{MARK}\n");
                let marked = Marked { message: &message, mark: MARK, base: None };
                let error = s.open(&folder).make(&order(take), marked).unwrap_err();
                assert!(is_it(&error), "{name}: {error:?}");
                assert_eq!(state(s, &folder), before, "{name}");
            }
        }
    });
}

#[test]
fn a_bare_repository_has_nothing_to_commit() {
    isolated("commit::refusal::a_bare_repository_has_nothing_to_commit", true, |s| {
        s.git("", &["init", "-q", "--bare", "bare"]);
        let error = s.open("bare").check(&order(Take::All)).unwrap_err();
        assert!(matches!(error, VcsError::Bare { .. }), "{error:?}");
    });
}

#[test]
fn without_a_program_there_is_no_commit() {
    isolated("commit::refusal::without_a_program_there_is_no_commit", false, |s| {
        start(s, "r");
        s.write("r/a", "two\n");
        let error = s.open("r").check(&order(Take::Known)).unwrap_err();
        assert!(matches!(&error, VcsError::Unsupported { reason, .. } if reason.contains("program")), "{error:?}");
    });
}

#[test]
fn a_lock_is_waited_for_and_never_removed() {
    isolated("commit::refusal::a_lock_is_waited_for_and_never_removed", true, |s| {
        start(s, "r");
        s.git("r", &["worktree", "add", "-q", "../linked"]);
        s.write("r/a", "two\n");
        s.write("linked/a", "two\n");
        for (folder, lock) in [
            ("r", "r/.git/index.lock"),
            ("r", "r/.git/HEAD.lock"),
            ("r", "r/.git/refs/heads/main.lock"),
            ("linked", "r/.git/worktrees/linked/index.lock"),
            ("linked", "r/.git/refs/heads/linked.lock"),
        ] {
            let path = s.path(lock);
            fs::write(&path, "held").unwrap();
            let file = fs::File::options().append(true).open(&path).unwrap();
            let now: SystemTime = file.metadata().unwrap().modified().unwrap();
            file.set_modified(now - Duration::from_secs(90)).unwrap();
            let (before, began) = (state(s, folder), Instant::now());
            let error = make(s, folder, &order(Take::Known), "x").unwrap_err();
            let waited = began.elapsed();
            let VcsError::Locked { path: named, age: Some(age) } = &error else { panic!("{error:?}") };
            assert_eq!((named, age.as_secs() / 10), (&path, 9), "{error:?}");
            assert!((Duration::from_secs(2)..Duration::from_secs(10)).contains(&waited), "{waited:?}");
            assert_eq!(fs::read(&path).unwrap(), b"held");
            assert_eq!(state(s, folder), before);
            fs::remove_file(&path).unwrap();
        }
        // one that goes away in time is no refusal
        let path = s.path("r/.git/index.lock");
        fs::write(&path, "").unwrap();
        std::thread::scope(|scope| {
            let made = scope.spawn(|| make(s, "r", &order(Take::Known), "after the lock"));
            while !s.path("r/.git/orch-commit").exists() {
                std::thread::yield_now();
            }
            fs::remove_file(&path).unwrap();
            made.join().unwrap().unwrap();
        });
    });
}

#[cfg(unix)]
#[test]
fn a_repository_of_somebody_else_is_refused_as_git_does() {
    isolated("commit::refusal::a_repository_of_somebody_else_is_refused_as_git_does", true, |s| {
        start(s, "r");
        s.write("r/a", "two\n");
        let repository = s.open("r");
        let allowed: &CommitOrder = &order(Take::Known);
        repository.check(allowed).unwrap();
        if std::os::unix::fs::chown(s.path("r"), Some(12345), None).is_err() {
            // only root can give files away
            return;
        }
        let error = orch_git::Repository::open(&s.path("r")).unwrap_err();
        assert!(matches!(error, VcsError::Owner { .. }), "{error:?}");
    });
}
