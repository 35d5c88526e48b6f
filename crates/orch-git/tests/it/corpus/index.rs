//! What the index says of files, and what is not in it.

use super::{lines, situation, start};

situation!(plain, Equal, [("r", None)], |s| {
    start(s, "r");
    s.write("r/a", lines("a", 21));
    s.git("r", &["add", "a"]);
    s.write("r/b", lines("b", 3));
    s.remove("r/c");
    s.write("r/new", "a\n");
    s.git("r", &["add", "new"]);
    s.write("r/untracked", "");
    s.write("r/other/deep/untracked", "");
    std::fs::create_dir_all(s.path("r/nothing/in/here")).unwrap();
});

situation!(staged_and_not, Equal, [("r", None)], |s| {
    start(s, "r");
    // both; and back again
    s.write("r/a", lines("a", 21));
    s.write("r/b", lines("b", 21));
    s.git("r", &["add", "a", "b"]);
    s.write("r/a", lines("a", 22));
    s.write("r/b", lines("b", 20));
    // new, and then gone or changed
    s.write("r/new", "a\n");
    s.write("r/new2", "a\n");
    s.git("r", &["add", "new", "new2"]);
    s.remove("r/new");
    s.write("r/new2", "b\n");
    // gone from the index only
    s.git("r", &["rm", "-q", "--cached", "dir/d"]);
    s.git("r", &["rm", "-q", "--cached", "dir/e"]);
    s.write("r/dir/e", "other\n");
});

situation!(gone_from_the_index_only, Equal, [("r", None)], |s| {
    start(s, "r");
    s.git("r", &["rm", "-q", "--cached", "dir/d"]);
    s.git("r", &["rm", "-q", "--cached", "dir/e"]);
    s.write("r/dir/e", "other\n");
});

situation!(clean, Equal, [("r", None)], |s| {
    start(s, "r");
    // the same content, another time
    s.write("r/a", lines("a", 20));
});

situation!(changed_within_the_same_instant, Equal, [("r", None)], |s| {
    s.init("r");
    for number in 0..40 {
        s.write_now(&format!("r/{number}"), "one\n");
        s.git("r", &["add", &number.to_string()]);
        s.write_now(&format!("r/{number}"), "two\n");
    }
    s.commit("r", 2, "one");
});

situation!(ignored, Equal, [("r", None)], |s| {
    start(s, "r");
    s.write("home/everywhere", "*.global\n");
    s.git("", &["config", "--global", "core.excludesFile", s.path("home/everywhere").to_str().unwrap()]);
    s.write("r/.git/info/exclude", "*.private\n");
    let rules = "*.log\n!keep.log\n/top\nbuild/\n!build/keep\nsub/*\n!sub/keep\n**/deep/**/x\n\\#hash\ntrail \\ \n[ab].z\n# no\n\na\n";
    s.write("r/.gitignore", rules);
    s.write("r/nested/.gitignore", "*\n!.gitignore\n!*.log\n");
    for name in [
        "x.log",
        "keep.log",
        "top",
        "in/top",
        "build/a",
        "build/keep",
        "sub/a",
        "sub/keep",
        "sub/dir/a",
        "p/deep/q/x",
        "deep/x",
        "#hash",
        "a.z",
        "c.z",
        "x.global",
        "x.private",
        "nested/a",
        "nested/b.log",
        "nested/in/c.log",
        "in/build/x",
        "in/a",
        "in/BUILD/x",
        "d/a/b",
    ] {
        s.write(&format!("r/{name}"), "x\n");
    }
    // tracked all the same
    s.write("r/tracked.log", "x\n");
    s.git("r", &["add", "-f", "tracked.log"]);
    s.commit("r", 2, "tracked");
    s.write("r/tracked.log", "y\n");
    s.write("r/a", "changed\n");
});

situation!(assumed_unchanged, Equal, [("r", None)], |s| {
    start(s, "r");
    s.git("r", &["update-index", "--assume-unchanged", "a", "b"]);
    s.write("r/a", "changed\n");
    s.remove("r/b");
});

situation!(left_out_of_the_work_tree, NeedsGit, [("r", None)], |s| {
    start(s, "r");
    s.git("r", &["update-index", "--skip-worktree", "a", "b", "c"]);
    s.write("r/a", "changed\n");
    s.remove("r/b");
    s.write("r/dir/d", "changed\n");
    s.git("r", &["config", "core.sparseCheckout", "true"]);
});

situation!(sparse_checkout, Equal, [("r", None)], |s| {
    start(s, "r");
    s.git("r", &["sparse-checkout", "set", "--cone", "dir/deep"]);
    s.write("r/a", "changed\n");
    s.write("r/dir/deep/new", "");
});

situation!(sparse_index, NeedsGit, [("r", None)], |s| {
    start(s, "r");
    s.write("r/other/in/x", "x\n");
    s.write("r/other/y", "x\n");
    s.commit_all("r", "more");
    s.git("r", &["sparse-checkout", "set", "--cone", "--sparse-index", "dir/deep"]);
    s.write("r/a", "changed\n");
});

situation!(announced, NeedsGit, [("r", None)], |s| {
    start(s, "r");
    s.write("r/new", "a\n");
    s.write("r/moved", lines("a", 20));
    s.remove("r/a");
    s.git("r", &["add", "-N", "new", "moved"]);
});

situation!(split_index, NeedsGit, [("r", None)], |s| {
    start(s, "r");
    s.git("r", &["update-index", "--split-index"]);
    s.write("r/a", "changed\n");
    s.write("r/new", "");
    s.git("r", &["add", "new"]);
});

situation!(other_forms_of_the_index, Equal, [("four", None), ("cached", None), ("hashless", None)], |s| {
    for folder in ["four", "cached", "hashless"] {
        start(s, folder);
    }
    s.git("four", &["update-index", "--index-version", "4"]);
    s.git("cached", &["update-index", "--force-untracked-cache"]);
    s.git("cached", &["status"]);
    s.git("hashless", &["config", "index.skipHash", "true"]);
    for folder in ["four", "cached", "hashless"] {
        s.write(&format!("{folder}/a"), "changed\n");
        s.write(&format!("{folder}/new"), "");
        s.git(folder, &["add", "new"]);
        s.write(&format!("{folder}/untracked"), "");
    }
});

situation!(index_that_is_gone, Equal, [("r", None)], |s| {
    start(s, "r");
    s.remove("r/.git/index");
});

#[cfg(unix)]
situation!(kinds_of_what_is_not_tracked, Equal, [("r", None)], |s| {
    use std::os::unix::fs::symlink;
    start(s, "r");
    symlink("nowhere", s.path("r/broken")).unwrap();
    symlink("dir", s.path("r/to-folder")).unwrap();
    symlink("/", s.path("r/to-root")).unwrap();
    // neither file nor link
    assert!(
        std::process::Command::new("/usr/bin/mkfifo").arg(s.path("r/pipe")).status().is_ok_and(|done| done.success())
    );
    let _socket = std::os::unix::net::UnixListener::bind(s.path("r/socket")).unwrap();
    s.write("r/.gitmodules", "");
    s.write("r/dir/.git-not", "");
});

situation!(settings_of_a_user, Equal, [("r", None)], |s| {
    start(s, "r");
    for (key, value) in [
        ("status.showUntrackedFiles", "no"),
        ("status.relativePaths", "false"),
        ("status.showStash", "true"),
        ("status.branch", "false"),
        ("status.aheadBehind", "false"),
        ("status.renames", "false"),
        ("diff.renames", "false"),
        ("diff.algorithm", "histogram"),
        ("diff.mnemonicPrefix", "true"),
        ("diff.noprefix", "true"),
        ("diff.context", "0"),
        ("diff.ignoreSubmodules", "all"),
        ("core.quotePath", "false"),
        ("color.ui", "always"),
        ("core.abbrev", "5"),
        ("diff.wordRegex", "."),
        ("diff.colorMoved", "zebra"),
        ("log.date", "relative"),
        ("format.pretty", "oneline"),
        ("core.checkStat", "minimal"),
        ("core.trustctime", "false"),
        ("core.preloadIndex", "false"),
        ("diff.submodule", "log"),
    ] {
        s.git("r", &["config", key, value]);
    }
    s.write("r/a", lines("a", 21));
    s.write("r/untracked", "");
    s.git("r", &["mv", "b", "moved"]);
});

// So many that git is asked.
situation!(many_files, Equal, [("r", None)], |s| {
    start(s, "r");
    for number in 0..600 {
        s.write(&format!("r/many/{}/{number}", number % 50), "a\nb\n");
    }
    s.commit_all("r", "many");
    for number in (0..600).step_by(20) {
        s.write(&format!("r/many/{}/{number}", number % 50), "a\n");
    }
    s.write("r/new", "a\n");
    s.git("r", &["add", "new"]);
});
