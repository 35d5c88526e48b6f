//! Where HEAD stands and where the repository lies.

use super::{lines, situation, start};

situation!(unborn, Equal, [("r", None), ("used", None)], |s| {
    s.git("", &["init", "-q", "-b", "feature/x", "r"]);
    s.init("used");
    s.write("used/staged", "a\n");
    s.git("used", &["add", "staged"]);
    s.write("used/staged", "a\nb\n");
    s.write("used/dir/untracked", "a\n");
});

situation!(detached, Equal, [("r", None)], |s| {
    start(s, "r");
    s.git("r", &["checkout", "-q", "--detach"]);
    s.write("r/a", "changed\n");
});

situation!(orphan_branch, Equal, [("r", None)], |s| {
    start(s, "r");
    s.git("r", &["checkout", "-q", "--orphan", "other"]);
    s.git("r", &["rm", "-q", "--cached", "a"]);
});

situation!(linked_work_tree, Equal, [("r", None), ("linked", None)], |s| {
    start(s, "r");
    s.git("r", &["worktree", "add", "-q", "-b", "side", "../linked"]);
    s.write("linked/new", "a\n");
    s.git("linked", &["add", "new"]);
    s.write("linked/a", "changed\n");
    s.write("r/.git/info/exclude", "hidden\n");
    s.write("linked/hidden", "");
});

situation!(work_tree_elsewhere, Equal, [("r", None)], |s| {
    start(s, "r");
    s.write("r/a", "changed\n");
    std::fs::rename(s.path("r/.git"), s.path("apart")).unwrap();
    s.write("r/.git", format!("gitdir: {}\n", s.path("apart").display()));
});

situation!(submodules, NeedsGit, [("r", None), ("r/lib/inner", None), ("r/moved", None)], |s| {
    start(s, "inner");
    start(s, "r");
    for name in ["lib/inner", "moved", "untracked", "deep", "gone"] {
        s.git("r", &["submodule", "--quiet", "add", "../inner", name]);
    }
    s.commit("r", 2, "modules");
    s.write("r/lib/inner/a", "dirty\n");
    s.write("r/untracked/new", "new\n");
    s.write("r/moved/a", "moved\n");
    s.commit_all("r/moved", "moved");
    s.git("r", &["add", "moved"]);
    s.commit("r", 3, "module moved");
    s.write("r/moved/a", "moved again\n");
    s.commit_all("r/moved", "moved again");
    s.git("r", &["rm", "-q", "gone"]);
});

situation!(submodule_that_settings_hide, NeedsGit, [("r", None)], |s| {
    start(s, "inner");
    start(s, "r");
    s.git("r", &["submodule", "--quiet", "add", "../inner", "lib"]);
    s.git("r", &["config", "-f", ".gitmodules", "submodule.lib.ignore", "all"]);
    s.commit_all("r", "module");
    s.write("r/lib/a", "moved\n");
    s.commit_all("r/lib", "moved");
    s.git("r", &["add", "-f", "lib"]);
    s.git("r", &["commit", "-q", "--allow-empty", "-m", "hidden"]);
    s.write("r/lib/new", "");
});

situation!(repository_inside, Equal, [("r", None), ("r/inside", None)], |s| {
    start(s, "r");
    start(s, "r/inside");
    s.write("r/inside/new", "a\n");
    s.init("r/new/empty");
    s.write("r/new/file", "a\n");
    s.write("r/new/empty/file", "a\n");
});

situation!(bare, Equal, [("r.git", None), ("empty.git", None)], |s| {
    start(s, "source");
    s.write("source/a", lines("a", 30));
    s.commit_all("source", "more");
    s.git("", &["clone", "-q", "--bare", "source", "r.git"]);
    s.git("", &["init", "-q", "--bare", "empty.git"]);
});

situation!(bare_with_attributes, Equal, [("r.git", None)], |s| {
    start(s, "source");
    s.write("source/.gitattributes", "a -diff\n");
    s.write("source/a", lines("a", 30));
    s.commit_all("source", "more");
    s.git("", &["clone", "-q", "--bare", "source", "r.git"]);
});

situation!(
    upstream,
    Equal,
    [("same", None), ("apart", None), ("gone", None), ("local", None), ("unborn", None)],
    |s| {
        start(s, "r");
        for name in ["same", "apart", "gone", "local"] {
            s.git("", &["clone", "-q", "r", name]);
        }
        s.commit("r", 5, "theirs");
        s.commit("r", 6, "theirs too");
        s.git("apart", &["fetch", "-q"]);
        for second in 7..10 {
            s.commit("apart", second, "ours");
        }
        s.git("gone", &["update-ref", "-d", "refs/remotes/origin/main"]);
        s.git("local", &["checkout", "-q", "-b", "side", "--track", "main"]);
        s.commit("local", 8, "side");
        s.init("empty");
        s.git("", &["clone", "-q", "empty", "unborn"]);
    }
);

situation!(upstream_with_a_name_that_is_taken, Equal, [("branch", None), ("tag", None), ("detached", None)], |s| {
    start(s, "r");
    for name in ["branch", "tag", "detached"] {
        s.git("", &["clone", "-q", "r", name]);
    }
    s.git("branch", &["branch", "origin/main"]);
    s.git("tag", &["tag", "origin/main"]);
    s.git("detached", &["checkout", "-q", "--detach", "main"]);
});

situation!(shallow_clone, Equal, [("r", None)], |s| {
    start(s, "source");
    for number in 1..5 {
        s.write("source/a", lines("a", number * 10));
        s.commit_all("source", "more");
    }
    let url = format!("file://{}", s.path("source").display());
    s.git("", &["clone", "-q", "--depth", "2", &url, "r"]);
    s.write("r/a", "changed\n");
});

situation!(shared_objects_and_packed_references, Equal, [("r", None)], |s| {
    start(s, "source");
    s.git("source", &["tag", "-a", "-m", "tag", "v1"]);
    s.git("", &["clone", "-q", "-s", "source", "r"]);
    s.write("r/a", "changed\n");
    s.commit_all("r", "more");
    s.git("r", &["pack-refs", "--all"]);
    s.git("r", &["repack", "-q", "-d"]);
});

situation!(branch_that_is_a_link, Equal, [("r", None)], |s| {
    start(s, "r");
    s.git("r", &["symbolic-ref", "refs/heads/alias", "refs/heads/main"]);
    s.git("r", &["symbolic-ref", "HEAD", "refs/heads/alias"]);
});
