//! Merges, renames, and what else a history holds.

use super::{lines, situation, start};

situation!(merges, Equal, [("r", None)], |s| {
    start(s, "r");
    s.git("r", &["checkout", "-q", "-b", "side"]);
    s.write("r/b", lines("side", 20));
    s.commit_all("r", "side");
    s.git("r", &["checkout", "-q", "-b", "third", "main"]);
    s.write("r/c", lines("third", 20));
    s.commit_all("r", "third");
    s.git("r", &["checkout", "-q", "main"]);
    s.write("r/a", lines("main", 20));
    s.commit_all("r", "main");
    s.git("r", &["merge", "-q", "--no-ff", "-m", "two", "side"]);
    s.git("r", &["merge", "-q", "--no-ff", "-m", "three", "third"]);
});

situation!(renames, Equal, [("r", None)], |s| {
    start(s, "r");
    for number in 0..8 {
        s.write(&format!("r/many/{number}"), lines("many", 40) + &lines(&number.to_string(), 10));
    }
    s.write("r/empty", "");
    s.commit_all("r", "many");
    // exact, changed a little, changed much, a folder, swapped, an empty file
    s.git("r", &["mv", "a", "moved"]);
    s.git("r", &["mv", "b", "changed"]);
    s.write("r/changed", lines("b", 20).replace("line 3", "other") + "more\n");
    s.git("r", &["mv", "c", "rewritten"]);
    s.write("r/rewritten", lines("else", 20));
    s.git("r", &["mv", "dir", "folder"]);
    s.git("r", &["mv", "empty", "still-empty"]);
    s.commit_all("r", "renames");
    for number in 0..8 {
        let (old, new) = (format!("r/many/{number}"), format!("r/more/{}", 7 - number));
        s.write(&new, lines("many", 38) + &lines(&number.to_string(), 12));
        s.remove(&old);
    }
    s.commit_all("r", "crossed");
    s.git("r", &["mv", "moved", "back"]);
    s.write("r/back", lines("a", 15));
    s.git("r", &["add", "back"]);
    s.write("r/back", lines("a", 14));
    s.remove("r/changed");
});

situation!(renames_of_which_git_prefers_one, NeedsGit, [("r", None)], |s| {
    s.init("r");
    s.write("r/old/name", lines("text", 100));
    s.commit_all("r", "start");
    s.remove("r/old/name");
    // Git takes the one that keeps its name, even if another one is more alike.
    s.write("r/new/name", lines("text", 100).replace("line 1", "other"));
    s.write("r/new/other", lines("text", 100).replace("line 99 ", "other "));
    s.commit_all("r", "moved");
});

situation!(copies, Equal, [("r", None)], |s| {
    start(s, "r");
    s.write("r/copy", lines("a", 20));
    s.write("r/a", lines("a", 21));
    s.commit_all("r", "copy");
    s.write("r/copy2", lines("a", 21));
    s.git("r", &["add", "copy2"]);
});

situation!(copies_asked_for_by_settings, Equal, [("r", None)], |s| {
    start(s, "r");
    s.git("r", &["config", "diff.renames", "copies"]);
    s.git("r", &["config", "status.renames", "copies"]);
    s.write("r/copy", lines("a", 20));
    s.write("r/a", lines("a", 21));
    s.git("r", &["add", "."]);
});

situation!(folder_becomes_file, Equal, [("r", None)], |s| {
    start(s, "r");
    std::fs::remove_dir_all(s.path("r/dir")).unwrap();
    s.write("r/dir", lines("dir/d", 20));
    s.commit_all("r", "file");
    s.remove("r/dir");
    s.write("r/dir/again", "a\n");
    s.write("r/a.d", "");
    s.remove("r/a");
    s.write("r/a/b", "");
});

situation!(replaced_objects, NeedsGit, [("r", None)], |s| {
    start(s, "r");
    s.write("r/a", lines("a", 30));
    s.commit_all("r", "more");
    s.write("r/a", lines("a", 40));
    s.commit_all("r", "even more");
    let base = s.git("r", &["rev-parse", "HEAD~2"]);
    s.git("r", &["replace", "--graft", "HEAD", &base]);
});

situation!(large_changes, Equal, [("r", None)], |s| {
    s.init("r");
    // Lines that come again and again are where ways to compare part.
    let text = |seed: usize| -> String {
        let mut state = seed;
        (0..3000)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                format!("{}\n", (state >> 33) % 40)
            })
            .collect()
    };
    for round in 0..5 {
        for file in 0..4 {
            s.write(&format!("r/{file}"), text(file) + &text(file * 10 + round) + &text(round));
        }
        s.commit_all("r", "round");
    }
});
