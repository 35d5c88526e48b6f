//! What git is in the middle of.

use super::{lines, situation, start};
use crate::sandbox::Sandbox;

/// `main` and `side` changed the same line of `a`; `side` has one more commit.
fn apart(s: &Sandbox) {
    start(s, "r");
    s.git("r", &["checkout", "-q", "-b", "side"]);
    s.write("r/a", "side\n");
    s.commit_all("r", "side");
    s.write("r/b", lines("b", 30));
    s.commit_all("r", "side too");
    s.git("r", &["checkout", "-q", "main"]);
    s.write("r/a", "main\n");
    s.commit_all("r", "main");
}

situation!(merge, NeedsGit, [("r", Some("merge"))], |s| {
    apart(s);
    s.git_stops("r", &["merge", "side"]);
});

situation!(merge_that_is_resolved, Equal, [("r", Some("merge"))], |s| {
    apart(s);
    s.git_stops("r", &["merge", "side"]);
    s.write("r/a", "both\n");
    s.git("r", &["add", "a"]);
});

situation!(merge_that_only_waits, Equal, [("r", Some("merge"))], |s| {
    apart(s);
    s.git("r", &["merge", "-q", "--no-commit", "--no-ff", "-s", "ours", "side"]);
});

situation!(every_conflict, NeedsGit, [("r", Some("merge"))], |s| {
    s.init("r");
    for name in ["both", "we_delete", "they_delete", "both_rename", "kept"] {
        s.write(&format!("r/{name}"), lines(name, 10));
    }
    s.commit_all("r", "base");
    for (branch, other) in [("side", "main"), ("main", "side")] {
        if branch == "side" {
            s.git("r", &["checkout", "-q", "-b", "side"]);
        } else {
            s.git("r", &["checkout", "-q", "main"]);
        }
        s.write("r/both", format!("{branch}\n"));
        s.write("r/both_add", format!("{branch}\n"));
        s.git("r", &["mv", "both_rename", &format!("renamed_{branch}")]);
        let (gone, changed) =
            if branch == "main" { ("we_delete", "they_delete") } else { ("they_delete", "we_delete") };
        s.remove(&format!("r/{gone}"));
        s.write(&format!("r/{changed}"), format!("not {other}\n"));
        s.commit_all("r", branch);
    }
    s.git_stops("r", &["merge", "side"]);
});

situation!(rebase, NeedsGit, [("r", Some("rebase"))], |s| {
    apart(s);
    s.git_stops("r", &["rebase", "-q", "side"]);
});

situation!(rebase_with_patches, NeedsGit, [("r", Some("rebase"))], |s| {
    apart(s);
    s.git_stops("r", &["rebase", "-q", "--apply", "side"]);
});

situation!(rebase_that_stops_to_edit, Equal, [("r", Some("rebase"))], |s| {
    apart(s);
    s.git("r", &["checkout", "-q", "side"]);
    s.git("r", &["-c", "sequence.editor=sed -i -e s/^pick/edit/", "rebase", "-q", "-i", "HEAD~2"]);
    s.write("r/c", "changed\n");
});

situation!(cherry_pick, NeedsGit, [("r", Some("cherry-pick"))], |s| {
    apart(s);
    s.git_stops("r", &["cherry-pick", "side~1"]);
});

situation!(cherry_pick_between_two, Equal, [("r", Some("cherry-pick"))], |s| {
    apart(s);
    s.git_stops("r", &["cherry-pick", "side~2..side"]);
    s.write("r/a", "both\n");
    s.commit_all("r", "by hand");
});

situation!(revert, NeedsGit, [("r", Some("revert"))], |s| {
    apart(s);
    s.write("r/a", "main again\n");
    s.commit_all("r", "main again");
    s.git_stops("r", &["revert", "HEAD~1"]);
});

situation!(am, Equal, [("r", Some("am"))], |s| {
    apart(s);
    let patch = s.git("r", &["format-patch", "-1", "side~1", "-o", ".."]);
    s.git_stops("r", &["am", "-q", &patch]);
});

situation!(bisect, Equal, [("r", Some("bisect"))], |s| {
    start(s, "r");
    for second in 2..8 {
        s.commit("r", second, "more");
    }
    s.git("r", &["bisect", "start", "HEAD", "HEAD~6"]);
});
