//! No program that a repository names is run, whichever way it is read.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;

use orch_core::vcs::{After, Before, VersionControl};

use crate::sandbox::{Sandbox, isolated};

/// Settings that name a program; `*` stands for it.
const SETTINGS: [(&str, &str); 21] = [
    ("core.fsmonitor", "*"),
    ("core.pager", "*"),
    ("core.editor", "*"),
    ("core.sshCommand", "*"),
    ("core.askPass", "*"),
    ("core.alternateRefsCommand", "*"),
    ("core.gitProxy", "*"),
    ("credential.helper", "*"),
    ("gpg.program", "*"),
    ("gpg.ssh.program", "*"),
    ("log.showSignature", "true"),
    ("diff.external", "*"),
    ("diff.d.command", "*"),
    ("diff.d.textconv", "*"),
    ("filter.f.clean", "*"),
    ("filter.f.smudge", "*"),
    ("filter.f.required", "true"),
    ("filter.odd=na.me.process", "*"),
    ("filter.odd=na.me.required", "true"),
    ("pager.status", "*"),
    ("uploadpack.packObjectsHook", "*"),
];

fn set_trap(s: &Sandbox, folder: &str) {
    let program = s.path("program");
    fs::write(&program, format!("#!/bin/sh\necho \"$0 $@\" >> '{}'\ncat\n", s.path("ran").display())).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let program = program.to_str().unwrap();
    for (key, value) in SETTINGS {
        s.git(folder, &["config", key, &value.replace('*', program)]);
    }
    let hooks = s.git(folder, &["rev-parse", "--path-format=absolute", "--git-path", "hooks"]);
    for hook in ["post-index-change", "reference-transaction", "fsmonitor-watchman", "query-watchman"] {
        fs::create_dir_all(&hooks).unwrap();
        fs::copy(program, format!("{hooks}/{hook}")).unwrap();
    }
}

/// Files with drivers and filters, committed, and then touched, changed, moved.
fn build(s: &Sandbox, folder: &str, options: &[&str]) {
    s.git("", &[&["init", "-q"], options, &[folder]].concat());
    s.write(&format!("{folder}/.gitattributes"), "*.f filter=f diff=d\n*.o filter=odd=na.me diff=d\n*.d diff=d\n");
    for name in ["a.f", "b.f", "a.o", "b.o", "a.d", "moved.f"] {
        s.write(&format!("{folder}/{name}"), "one\ntwo\nthree\n");
    }
    s.commit_all(folder, "one");
    s.write(&format!("{folder}/a.d"), "one\ntwo\n");
    s.commit_all(folder, "two");
}

fn change(s: &Sandbox, folder: &str) {
    for name in ["a.f", "a.o"] {
        s.write(&format!("{folder}/{name}"), "one\ntwo\nthree\n");
    }
    for name in ["b.f", "b.o"] {
        s.write(&format!("{folder}/{name}"), "one\nto\nthree\n");
    }
    fs::rename(s.path(&format!("{folder}/moved.f")), s.path(&format!("{folder}/other.f"))).unwrap();
}

fn read_all(s: &Sandbox, folder: &str) {
    let repository = s.open(folder);
    let status = repository.status().unwrap();
    let head = status.head.unwrap();
    repository.head().unwrap();
    repository.commits_since(Some(&head), 9).unwrap();
    repository.commit("HEAD~1").unwrap();
    repository.commit_diff("HEAD").unwrap();
    repository.diff(Before::Commit("HEAD~1"), After::Commit("HEAD")).unwrap();
    let diff = repository.diff(Before::Commit("HEAD"), After::WorkTree).unwrap();
    assert!(diff.files.iter().any(|file| file.path.as_bytes() == b"b.f"), "{diff:?}");
    assert!(!diff.files.iter().any(|file| file.path.as_bytes() == b"a.f"), "{diff:?}");
    let ran = fs::read_to_string(s.path("ran")).unwrap_or_default();
    assert_eq!(ran, "", "{folder}");
}

#[test]
fn promise_38_none_of_the_configuration_is_run() {
    isolated("programs::promise_38_none_of_the_configuration_is_run", true, |s| {
        for (folder, options) in
            [("r", &[][..]), ("sha256", &["--object-format=sha256"]), ("reftable", &["--ref-format=reftable"])]
        {
            build(s, folder, options);
            // The one with a staged rename is read through git, too.
            s.git(folder, &["mv", "b.o", "c.o"]);
            s.git(folder, &["mv", "c.o", "b.o"]);
            change(s, folder);
            set_trap(s, folder);
            read_all(s, folder);
            s.git(
                folder,
                &["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "rm", "-q", "--cached", "moved.f"],
            );
            let _ = fs::remove_file(s.path("ran"));
            read_all(s, folder);
            // The trap is one: whoever asks git as people do runs them.
            s.command(folder, 0).args(["diff"]).output().expect("git runs");
            fs::remove_file(s.path("ran")).expect("git ran a program");
        }
    });
}

#[test]
fn promise_38_none_of_a_submodules_configuration_is_run() {
    isolated("programs::promise_38_none_of_a_submodules_configuration_is_run", true, |s| {
        build(s, "inner", &[]);
        build(s, "middle", &[]);
        s.git("middle", &["submodule", "--quiet", "add", "../inner", "in"]);
        s.commit_all("middle", "module");
        build(s, "r", &[]);
        s.git("r", &["submodule", "--quiet", "add", "../middle", "lib"]);
        s.git("r", &["submodule", "--quiet", "update", "--init", "--recursive"]);
        s.commit_all("r", "module");
        for folder in ["r", "r/lib", "r/lib/in"] {
            change(s, folder);
            set_trap(s, folder);
        }
        read_all(s, "r");
        let status = s.open("r").status().unwrap();
        assert!(status.unstaged.iter().any(|entry| entry.path.as_bytes() == b"lib"), "{status:?}");
        // Git as people ask it runs what the innermost one names.
        for key in [
            "core.fsmonitor",
            "filter.f.clean",
            "filter.f.required",
            "filter.odd=na.me.process",
            "filter.odd=na.me.required",
        ] {
            for folder in ["r", "r/lib"] {
                s.git(folder, &["config", "--unset", key]);
            }
        }
        s.command("r", 0).args(["status"]).output().expect("git runs");
        fs::remove_file(s.path("ran")).expect("git ran a program");
    });
}

#[test]
fn of_the_environment_is_run_nor_does_it_decide() {
    isolated("programs::of_the_environment_is_run_nor_does_it_decide", true, |s| {
        if Sandbox::is_run_again() {
            // `r` needs git, and `GIT_DIR` and the rest name another repository.
            let status = s.open("r").status().unwrap();
            assert_eq!(status.branch.as_deref(), Some("right"));
            let diff = s.open("r").diff(Before::Commit("HEAD"), After::WorkTree).unwrap();
            assert_eq!(diff.summary(), "2 files changed, 1 insertion(+), 1 deletion(-)");
            assert!(!s.path("ran").exists());
            return;
        }
        build(s, "other", &[]);
        build(s, "r", &["-b", "right", "--object-format=sha256"]);
        s.git("r", &["mv", "a.f", "z.f"]);
        s.write("r/b.f", "one\nto\nthree\n");
        set_trap(s, "other");
        let (program, other) = (s.path("program"), s.path("other"));
        let (git_dir, index) = (other.join(".git"), other.join(".git/index"));
        s.run_again(
            "programs::of_the_environment_is_run_nor_does_it_decide",
            &[
                ("GIT_EXTERNAL_DIFF", &program),
                ("GIT_PAGER", &program),
                ("GIT_SSH_COMMAND", &program),
                ("GIT_DIR", &git_dir),
                ("GIT_WORK_TREE", &other),
                ("GIT_COMMON_DIR", &git_dir),
                ("GIT_INDEX_FILE", &index),
                ("GIT_OBJECT_DIRECTORY", &git_dir.join("objects")),
                ("GIT_CONFIG", &git_dir.join("config")),
                ("GIT_CEILING_DIRECTORIES", &s.path("")),
                ("GIT_ATTR_SOURCE", std::path::Path::new("HEAD")),
            ],
        );
    });
}
