//! What a commit takes, and what it is called.

use std::fs;

use orch_core::vcs::{Committer, KeptOut, Marked, Take, VcsError};

use super::{MARK, keeping, listed, make, names, order, start};
use crate::sandbox::isolated;

#[test]
fn what_is_staged_else_what_is_known() {
    isolated("commit::taken::what_is_staged_else_what_is_known", true, |s| {
        start(s, "r");
        s.write("r/b", "b\n");
        s.write("r/gone", "x\n");
        s.commit_all("r", "more");
        // changes and removals of known files, no new ones
        s.write("r/a", "two\n");
        s.remove("r/gone");
        s.write("r/new", "new\n");
        let made = make(s, "r", &order(Take::Known), "known").unwrap();
        assert_eq!(names(s, "r"), ["M a", "D gone"]);
        assert_eq!(made.commit.hash, s.git("r", &["rev-parse", "HEAD"]));
        assert_eq!(made.commit.message, s.git("r", &["log", "-1", "--format=%B"]) + "\n");
        assert_eq!(made.commit.author, "Ida <ida@example.org>");
        assert_eq!(s.git("r", &["status", "--porcelain"]), "?? new");
        // what is staged, and nothing else
        s.write("r/a", "three\n");
        s.write("r/b", "bb\n");
        s.git("r", &["add", "a"]);
        s.write("r/a", "four\n");
        make(s, "r", &order(Take::Known), "staged").unwrap();
        assert_eq!(names(s, "r"), ["M a"]);
        assert_eq!(s.git("r", &["show", "HEAD:a"]), "three");
        // everything
        make(s, "r", &order(Take::All), "all").unwrap();
        assert_eq!(names(s, "r"), ["M a", "M b", "A new"]);
        assert_eq!(s.git("r", &["status", "--porcelain"]), "");
    });
}

#[test]
fn listed_paths_and_nothing_else() {
    isolated("commit::taken::listed_paths_and_nothing_else", true, |s| {
        start(s, "r");
        s.write("r/.gitignore", "*.log\n");
        s.write("r/dir/known", "x\n");
        s.commit_all("r", "more");
        s.write("r/staged", "x\n");
        s.git("r", &["add", "staged"]);
        s.write("r/a", "two\n");
        s.write("r/dir/new", "x\n");
        s.write("r/dir/x.log", "x\n");
        s.remove("r/dir/known");
        make(s, "r", &listed(s, &["r/dir"]), "dir").unwrap();
        assert_eq!(names(s, "r"), ["D dir/known", "A dir/new"]);
        assert_eq!(s.git("r", &["status", "--porcelain"]), " M a\nA  staged");
        for (paths, is_it) in [
            (&["r/none"][..], (|error| matches!(error, VcsError::NoSuchPath { .. })) as fn(&VcsError) -> bool),
            (&["r/a", "home"], |error| matches!(error, VcsError::Outside { .. })),
            (&["r/../home/x"], |error| matches!(error, VcsError::Outside { .. })),
            (&["r/dir/x.log"], |error| matches!(error, VcsError::Ignored { .. })),
            (&["r/.gitignore", "r/dir"], |error| matches!(error, VcsError::NothingToCommit { .. })),
        ] {
            let before = super::state(s, "r");
            let error = make(s, "r", &listed(s, paths), "x").unwrap_err();
            assert!(is_it(&error), "{paths:?}: {error:?}");
            assert_eq!(super::state(s, "r"), before, "{paths:?}");
        }
        // the top is everything
        make(s, "r", &listed(s, &["r"]), "top").unwrap();
        assert_eq!(names(s, "r"), ["M a", "A staged"]);
    });
}

#[cfg(unix)]
#[test]
fn names_of_any_bytes_are_names() {
    use std::os::unix::ffi::OsStrExt;
    isolated("commit::taken::names_of_any_bytes_are_names", true, |s| {
        start(s, "r");
        let odd: [&[u8]; 9] =
            [b"-a", b"--all", b"line\nbreak", b"quo\"te", b":(top)x", b":!a", b"*", b"gr\xfcn", b"\xc3\xa9 \t"];
        let path = |name: &[u8]| s.path("r").join(std::ffi::OsStr::from_bytes(name));
        for (number, name) in odd.iter().enumerate() {
            fs::write(path(name), format!("{number}\n")).unwrap();
        }
        s.write("r/other", "x\n");
        let paths = odd[..4].iter().map(|name| path(name)).collect();
        make(s, "r", &order(Take::Paths(paths)), "some").unwrap();
        assert_eq!(names(s, "r").len(), 4);
        let paths = odd[4..].iter().map(|name| path(name)).collect();
        make(s, "r", &order(Take::Paths(paths)), "others").unwrap();
        assert_eq!(names(s, "r").len(), 5);
        assert_eq!(s.git("r", &["status", "--porcelain"]), "?? other");
        for name in odd {
            fs::write(path(name), "changed\n").unwrap();
        }
        make(s, "r", &order(Take::Known), "all of them").unwrap();
        assert_eq!(names(s, "r").len(), 9);
        for name in odd {
            fs::remove_file(path(name)).unwrap();
        }
        make(s, "r", &order(Take::All), "gone").unwrap();
        assert_eq!(names(s, "r").len(), 10);
    });
}

#[test]
fn the_data_of_the_store_is_never_taken() {
    isolated("commit::taken::the_data_of_the_store_is_never_taken", true, |s| {
        start(s, "r");
        s.write("r/.orch/.gitignore", "*\n!config.yaml\n");
        for name in ["orch.db", "config.yaml", "tasks/TSK-001/PLAN.md"] {
            s.write(&format!("r/.orch/{name}"), "x\n");
        }
        s.write("r/a", "two\n");
        s.write("r/.orchard", "x\n");
        make(s, "r", &keeping(s, "r", Take::All), "all").unwrap();
        assert_eq!(names(s, "r"), ["A .orch/config.yaml", "A .orchard", "M a"]);
        // known to git by force: changes of it are left out
        s.git("r", &["add", "--force", ".orch/orch.db"]);
        s.commit("r", 1, "by force");
        s.write("r/.orch/orch.db", "y\n");
        for take in [Take::Known, Take::All] {
            let error = make(s, "r", &keeping(s, "r", take), "x").unwrap_err();
            assert!(matches!(error, VcsError::NothingToCommit { .. }), "{error:?}");
        }
        s.write("r/a", "three\n");
        make(s, "r", &keeping(s, "r", Take::Known), "known").unwrap();
        assert_eq!(names(s, "r"), ["M a"]);
        // listed or staged by the user: refused
        for listed in [".orch/orch.db", ".orch"] {
            let listed = Take::Paths(vec![s.path("r").join(listed)]);
            let error = make(s, "r", &keeping(s, "r", listed), "x").unwrap_err();
            assert!(matches!(error, VcsError::KeptOut { count: 1, .. }), "{error:?}");
        }
        s.write("r/a", "four\n");
        s.git("r", &["add", ".orch/orch.db", "a"]);
        for take in [Take::Known, Take::All] {
            let before = super::state(s, "r");
            let error = make(s, "r", &keeping(s, "r", take), "x").unwrap_err();
            assert!(matches!(error, VcsError::KeptOut { count: 1, .. }), "{error:?}");
            assert_eq!(super::state(s, "r"), before);
        }
        // what is listed goes without what is staged
        let listed = Take::Paths(vec![s.path("r/a")]);
        make(s, "r", &keeping(s, "r", listed), "listed").unwrap();
        assert_eq!(names(s, "r"), ["M a"]);
        // another folder of that name is the user's
        let kept = KeptOut { folder: s.path("elsewhere/.orch"), but: Vec::new() };
        let order = orch_core::vcs::CommitOrder { kept_out: vec![kept], ..order(Take::Known) };
        make(s, "r", &order, "theirs").unwrap();
        assert_eq!(names(s, "r"), ["M .orch/orch.db"]);
    });
}

#[test]
fn what_staging_makes_nothing_is_nothing() {
    isolated("commit::taken::what_staging_makes_nothing_is_nothing", true, |s| {
        start(s, "r");
        s.git("r", &["config", "core.autocrlf", "true"]);
        s.write("r/a", "one\r\n");
        assert_eq!(s.git("r", &["status", "--porcelain"]), " M a");
        for take in [order(Take::Known), order(Take::All), listed(s, &["r/a"])] {
            let before = super::state(s, "r");
            let error = make(s, "r", &take, "x").unwrap_err();
            assert!(matches!(error, VcsError::NothingToCommit { .. }), "{error:?}");
            assert_eq!(super::state(s, "r"), before);
        }
        // whoever does not look first is told the same, and there is no empty commit
        let marked = Marked { message: &format!("x\n\n{MARK}\n"), mark: MARK, base: None };
        let before = super::state(s, "r");
        let error = s.open("r").make(&order(Take::Known), marked).unwrap_err();
        assert!(matches!(error, VcsError::NothingToCommit { .. }), "{error:?}");
        assert_eq!(super::state(s, "r"), before);
    });
}

#[test]
fn a_change_that_only_its_content_shows_is_seen() {
    isolated("commit::taken::a_change_that_only_its_content_shows_is_seen", true, |s| {
        start(s, "r");
        s.git("r", &["config", "core.trustctime", "false"]);
        let time = |name: &str| fs::metadata(s.path(name)).unwrap().modified().unwrap();
        let set =
            |name: &str, time| fs::File::options().append(true).open(s.path(name)).unwrap().set_modified(time).unwrap();
        // as if all of it had happened in one second, long ago
        let then = time("r/a");
        s.write("r/a", "two\n");
        set("r/a", then);
        set("r/.git/index", then);
        make(s, "r", &order(Take::Known), "in one second").unwrap();
        assert_eq!(s.git("r", &["show", "HEAD:a"]), "two");
    });
}

#[test]
fn the_message_is_taken_as_it_is() {
    isolated("commit::taken::the_message_is_taken_as_it_is", true, |s| {
        start(s, "r");
        s.git("r", &["config", "i18n.commitEncoding", "ISO-8859-1"]);
        s.git("r", &["config", "commit.cleanup", "strip"]);
        s.git("r", &["config", "core.editor", "false"]);
        s.write("template", "from a template\n");
        s.git("r", &["config", "commit.template", s.path("template").to_str().unwrap()]);
        for (number, subject) in
            ["#7 gr\u{fc}n \u{1f916}", "-m", "--amend", "$(touch x) `y` \"z\"", "fixup! {task_code}"].iter().enumerate()
        {
            s.write("r/a", format!("{number}\n"));
            let made = make(s, "r", &order(Take::Known), subject).unwrap();
            assert_eq!(made.commit.message, format!("{subject}\n\n{MARK}\n"));
        }
        assert_eq!(s.git("r", &["rev-list", "--count", "HEAD"]), "6");
    });
}

#[test]
fn a_commit_that_was_made_is_not_made_again() {
    isolated("commit::taken::a_commit_that_was_made_is_not_made_again", true, |s| {
        start(s, "r");
        let base = s.git("r", &["rev-parse", "HEAD"]);
        s.write("r/a", "two\n");
        let made = make(s, "r", &order(Take::Known), "once").unwrap();
        s.write("r/a", "three\n");
        s.commit_all("r", "by somebody else");
        s.write("r/a", "four\n");
        let message = format!("once\n\n{MARK}\n");
        let marked = Marked { message: &message, mark: MARK, base: Some(&base) };
        let again = s.open("r").make(&order(Take::Known), marked).unwrap();
        assert_eq!(again.commit, made.commit);
        assert_eq!(s.git("r", &["rev-list", "--count", "HEAD"]), "3");
    });
}

#[test]
fn the_first_commit_and_other_places() {
    isolated("commit::taken::the_first_commit_and_other_places", true, |s| {
        for (folder, options) in
            [("r", &[][..]), ("sha256", &["--object-format=sha256"]), ("reftable", &["--ref-format=reftable"])]
        {
            s.git("", &[&["init", "-q"], options, &[folder]].concat());
            super::identify(s, folder);
            s.write(&format!("{folder}/a"), "one\n");
            let made = make(s, folder, &order(Take::All), "first").unwrap();
            assert_eq!(made.commit.hash, s.git(folder, &["rev-parse", "HEAD"]));
            s.write(&format!("{folder}/a"), "two\n");
            make(s, folder, &order(Take::Known), "second").unwrap();
            s.write(&format!("{folder}/b"), "two\n");
            make(s, folder, &listed(s, &[&format!("{folder}/b")]), "third").unwrap();
            assert_eq!(names(s, folder), ["A b"]);
        }
        // a linked work tree has its own branch
        s.git("r", &["worktree", "add", "-q", "../linked"]);
        s.write("linked/a", "linked\n");
        let made = make(s, "linked", &order(Take::Known), "linked").unwrap();
        assert_eq!(made.commit.hash, s.git("r", &["rev-parse", "linked"]));
        assert_ne!(made.commit.hash, s.git("r", &["rev-parse", "HEAD"]));
        // a submodule is its own repository; from above it is one entry, and its dirt is none
        start(s, "inner");
        s.git("r", &["submodule", "--quiet", "add", "../inner", "lib"]);
        s.commit_all("r", "module");
        super::identify(s, "r/lib");
        s.write("r/lib/a", "dirt\n");
        for take in [Take::Known, Take::All] {
            let error = make(s, "r", &order(take), "dirt").unwrap_err();
            assert!(matches!(error, VcsError::NothingToCommit { .. }), "{error:?}");
        }
        let made = make(s, "r/lib", &order(Take::Known), "inside").unwrap();
        assert_eq!(made.commit.hash, s.git("r/lib", &["rev-parse", "HEAD"]));
        s.write("r/lib/a", "more dirt\n");
        make(s, "r", &order(Take::Known), "above").unwrap();
        assert_eq!(names(s, "r"), ["M lib"]);
        assert_eq!(s.git("r", &["rev-parse", "HEAD:lib"]), made.commit.hash);
        assert_eq!(s.git("r/lib", &["status", "--porcelain"]), " M a");
        // a repository inside is not made a submodule
        start(s, "r/found");
        s.write("r/new", "x\n");
        make(s, "r", &order(Take::All), "without it").unwrap();
        assert_eq!(names(s, "r"), ["A new"]);
        // of a detached HEAD only on demand
        s.git("linked", &["checkout", "-q", "--detach"]);
        s.write("linked/a", "detached\n");
        let allowed = orch_core::vcs::CommitOrder { allow_detached: true, ..order(Take::Known) };
        make(s, "linked", &allowed, "detached").unwrap();
        assert_eq!(names(s, "linked"), ["M a"]);
    });
}

#[test]
fn eight_at_once_are_told_their_own_commits() {
    isolated("commit::taken::eight_at_once_are_told_their_own_commits", true, |s| {
        start(s, "r");
        let commit = |number: usize| {
            let name = format!("r/file{number}");
            s.write(&name, "x\n");
            let repository = s.open("r");
            let order = listed(s, &[&name]);
            let mark = format!("Orch-Operation: {number}");
            let base = repository.check(&order).unwrap();
            let message = format!("of {number}\n\n{mark}\n");
            let marked = Marked { message: &message, mark: &mark, base: base.as_deref() };
            (repository.make(&order, marked).unwrap().commit, number)
        };
        let made: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|number| scope.spawn(move || commit(number))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        for (commit, number) in &made {
            assert_eq!(
                s.git("r", &["show", "--format=%s", "--name-only", &commit.hash]),
                format!("of {number}\n\nfile{number}")
            );
        }
        assert_eq!(s.git("r", &["rev-list", "--count", "HEAD"]), "9");
        assert_eq!(s.git("r", &["status", "--porcelain"]), "");
    });
}
