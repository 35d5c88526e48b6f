//! Hooks and signatures: they are run as the user's git runs them, and what they refuse is refused.
#![cfg(unix)]

use std::fs;
use std::process::Command;

use orch_core::vcs::{Take, VcsError};

use super::{MARK, hook, listed, make, names, order, script, start, state};
use crate::sandbox::{Sandbox, isolated};

/// The three ways of taking files, where `a` is changed and `new` is new.
fn takes(s: &Sandbox) -> Vec<orch_core::vcs::CommitOrder> {
    vec![order(Take::Known), order(Take::All), listed(s, &["r/a", "r/new"])]
}

#[test]
fn one_that_refuses_leaves_all_as_it_was() {
    isolated("commit::hook::one_that_refuses_leaves_all_as_it_was", true, |s| {
        start(s, "r");
        s.write("r/a", "two\n");
        s.write("r/new", "x\n");
        for (name, text) in [
            ("pre-commit", "echo 'lint: \x1b[31mno\x1b[0m' >&2; exit 1"),
            // one that stages what it mended, as formatters do, and refuses then
            ("pre-commit", "git add a new; echo lint: no; exit 1"),
            ("prepare-commit-msg", "echo lint: no >&2; exit 1"),
            ("commit-msg", "echo lint: no >&2; exit 1"),
            ("pre-commit", "echo lint: no >&2; kill -9 $PPID; exit 1"),
        ] {
            hook(s, "r", name, text);
            for order in takes(s) {
                let before = state(s, "r");
                let error = make(s, "r", &order, "x").unwrap_err();
                let VcsError::CommitRefused { said } = &error else { panic!("{name}: {error:?}") };
                assert!(said.contains("lint"), "{name}: {said}");
                let _ = fs::remove_file(s.path("r/.git/index.lock"));
                assert_eq!(state(s, "r"), before, "{name}: {order:?}");
            }
            // what is staged, too
            s.git("r", &["add", "new"]);
            let before = state(s, "r");
            make(s, "r", &order(Take::Known), "x").unwrap_err();
            let _ = fs::remove_file(s.path("r/.git/index.lock"));
            assert_eq!(state(s, "r"), before, "{name}");
            s.git("r", &["reset", "-q"]);
            hook(s, "r", name, "exit 0");
        }
    });
}

#[test]
fn they_change_what_is_committed_and_how_it_is_called() {
    isolated("commit::hook::they_change_what_is_committed_and_how_it_is_called", true, |s| {
        start(s, "r");
        s.git("r", &["config", "core.hooksPath", ".githooks"]);
        hook(s, "r", "pre-commit", "echo checked; echo mended > a; git add 'a*'; test -z \"$GIT_LITERAL_PATHSPECS\"");
        hook(s, "r", "commit-msg", "sed -i -e '1s/^/JIRA-7 /' \"$1\"");
        hook(s, "r", "post-commit", "echo 'posted'; exit 3");
        fs::write(s.path("r/.git/info/exclude"), ".githooks\n").unwrap();
        for (number, order) in takes(s).into_iter().enumerate() {
            s.write("r/a", format!("{number}\n"));
            s.write("r/new", format!("{number}\n"));
            let made = make(s, "r", &order, "mine").unwrap();
            assert_eq!(made.commit.message, format!("JIRA-7 mine\n\n{MARK}\n"), "{order:?}");
            assert!(made.said.contains("checked") && made.said.contains("posted"), "{}", made.said);
            assert_eq!(made.commit.hash, s.git("r", &["rev-parse", "HEAD"]));
        }
        // one that writes the whole message anew is believed, too
        hook(s, "r", "commit-msg", "echo other > \"$1\"");
        s.write("r/new", "other\n");
        let made = make(s, "r", &order(Take::Known), "mine").unwrap();
        assert_eq!((made.commit.message.as_str(), made.commit.hash), ("other\n", s.git("r", &["rev-parse", "HEAD"])));
    });
}

#[test]
fn one_that_commits_as_well_does_not_change_which_commit_is_told() {
    isolated("commit::hook::one_that_commits_as_well_does_not_change_which_commit_is_told", true, |s| {
        start(s, "r");
        hook(s, "r", "post-commit", "test -e again || { touch again; git commit -q --allow-empty -m more; }");
        s.write("r/a", "two\n");
        let made = make(s, "r", &order(Take::Known), "mine").unwrap();
        assert_eq!(made.commit.hash, s.git("r", &["rev-parse", "HEAD~1"]));
        assert_eq!(s.git("r", &["log", "-1", "--format=%s"]), "more");
    });
}

#[test]
fn what_one_leaves_running_is_not_waited_for() {
    isolated("commit::hook::what_one_leaves_running_is_not_waited_for", true, |s| {
        start(s, "r");
        hook(s, "r", "post-commit", &format!("sleep 300 & echo $! > '{}'", s.path("pid").display()));
        s.write("r/a", "two\n");
        let began = std::time::Instant::now();
        make(s, "r", &order(Take::Known), "mine").unwrap();
        assert!(began.elapsed().as_secs() < 60);
        let pid = fs::read_to_string(s.path("pid")).unwrap();
        Command::new("/bin/sh").args(["-c", &format!("kill {}", pid.trim())]).status().unwrap();
    });
}

#[test]
fn a_commit_whose_git_was_killed_after_it_is_one() {
    isolated("commit::hook::a_commit_whose_git_was_killed_after_it_is_one", true, |s| {
        start(s, "r");
        hook(s, "r", "post-commit", "kill -9 $PPID");
        s.write("r/a", "two\n");
        let made = make(s, "r", &order(Take::Known), "mine").unwrap();
        assert_eq!(made.commit.hash, s.git("r", &["rev-parse", "HEAD"]));
        assert_eq!(s.git("r", &["status", "--porcelain"]), "");
    });
}

#[test]
fn a_signature_is_made_or_there_is_no_commit() {
    isolated("commit::hook::a_signature_is_made_or_there_is_no_commit", true, |s| {
        start(s, "r");
        s.git("r", &["config", "commit.gpgSign", "true"]);
        s.git("r", &["config", "gpg.program", s.path("signer").to_str().unwrap()]);
        script(s, &s.path("signer"), "echo 'gpg: no secret key' >&2; exit 2");
        s.write("r/a", "two\n");
        s.write("r/new", "x\n");
        for order in takes(s) {
            let before = state(s, "r");
            let error = make(s, "r", &order, "x").unwrap_err();
            assert!(matches!(&error, VcsError::SigningFailed { said } if said.contains("no secret key")), "{error:?}");
            assert_eq!(state(s, "r"), before);
        }
        let works = "cat > /dev/null; echo '[GNUPG:] SIG_CREATED ' >&2; \
                     printf -- '-----BEGIN PGP SIGNATURE-----\\n\\nx\\n-----END PGP SIGNATURE-----\\n'";
        script(s, &s.path("signer"), works);
        make(s, "r", &order(Take::Known), "signed").unwrap();
        assert!(s.git("r", &["cat-file", "commit", "HEAD"]).contains("gpgsig -----BEGIN PGP SIGNATURE-----"));
    });
}

#[test]
fn a_real_key_signs() {
    isolated("commit::hook::a_real_key_signs", true, |s| {
        start(s, "r");
        let key = s.path("key");
        let made = Command::new("/usr/bin/ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key).status();
        if !made.is_ok_and(|status| status.success()) {
            // without it the signer above has to do
            return;
        }
        let public = fs::read_to_string(s.path("key.pub")).unwrap();
        fs::write(s.path("signers"), format!("ida@example.org {public}")).unwrap();
        for (name, value) in [
            ("commit.gpgSign", "true"),
            ("gpg.format", "ssh"),
            ("user.signingKey", key.to_str().unwrap()),
            ("gpg.ssh.program", "/usr/bin/ssh-keygen"),
            ("gpg.ssh.allowedSignersFile", s.path("signers").to_str().unwrap()),
        ] {
            s.git("r", &["config", name, value]);
        }
        s.write("r/a", "two\n");
        make(s, "r", &order(Take::Known), "signed").unwrap();
        s.git("r", &["verify-commit", "HEAD"]);
        fs::remove_file(&key).unwrap();
        s.write("r/a", "three\n");
        let before = state(s, "r");
        let error = make(s, "r", &order(Take::Known), "unsigned").unwrap_err();
        assert!(matches!(error, VcsError::SigningFailed { .. }), "{error:?}");
        assert_eq!(state(s, "r"), before);
    });
}

#[test]
fn the_author_may_be_named_by_variables() {
    let name = "commit::hook::the_author_may_be_named_by_variables";
    isolated(name, true, |s| {
        if Sandbox::is_run_again() {
            let made = make(s, "r", &order(Take::Known), "mine").unwrap();
            assert_eq!(made.commit.author, "Vera <vera@example.org>");
            assert_eq!(names(s, "r"), ["M a"]);
            return;
        }
        start(s, "r");
        s.git("r", &["config", "--unset", "user.name"]);
        s.git("r", &["config", "--unset", "user.email"]);
        s.write("r/a", "two\n");
        let path = std::path::Path::new;
        s.run_again(
            name,
            &[
                ("GIT_AUTHOR_NAME", path("Vera")),
                ("GIT_AUTHOR_EMAIL", path("vera@example.org")),
                ("GIT_COMMITTER_NAME", path("Cora")),
                ("GIT_COMMITTER_EMAIL", path("cora@example.org")),
                // what would lead elsewhere is not heard
                ("GIT_INDEX_FILE", path("/nowhere/index")),
                ("GIT_DIR", path("/nowhere")),
            ],
        );
    });
}
