//! Files that are damaged: bits that flipped, pages that were overwritten, and files that were cut off. A command works rightly
//! where the damage does not touch it, else it ends with exit code 8; none panics, none begins anew, and what is damaged stays
//! byte for byte.

use std::fs;
use std::path::PathBuf;

use super::Sandbox;
use crate::support::say;

/// How many damages are tried of each kind.
const TRIALS: u64 = 70;

/// Numbers that look random and are the same in each run: <https://prng.di.unimi.it/splitmix64.c>
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((word ^ (word >> 31)) % most as u64).unwrap()
    }
}

/// A store with some of everything in it, all of it in its file.
fn filled() -> Sandbox {
    let sandbox = Sandbox::project().unwrap();
    for number in 0..12 {
        let text = format!("Task {number} {}", "words to be found ".repeat(20));
        sandbox.orch(&["task", "create", &text[..150], "--description", &text]).success();
    }
    sandbox.orch(&["session", "start", "TSK-001"]).success();
    sandbox.write(".orch/tasks/TSK-001/TASK.md", &"# Task\n".repeat(2_000));
    sandbox.orch(&["phase", "complete", "TSK-001"]).success();
    for file in ["a.rs", "b.rs"] {
        sandbox.orch(&["bug", "log", "it broke", "--file", file]).success();
    }
    sandbox
}

fn file(sandbox: &Sandbox, name: &str) -> PathBuf {
    sandbox.root().join(".orch").join(name)
}

/// Damages a file in many ways, and runs commands on each. Gives how many of them `db check` found.
fn damage_everywhere(sandbox: &Sandbox, name: &str, damage: impl Fn(&mut Vec<u8>, &mut Random)) -> u64 {
    sandbox.keep();
    let mut found = 0;
    for seed in 0..TRIALS {
        sandbox.go_back();
        let mut bytes = fs::read(file(sandbox, name)).unwrap();
        damage(&mut bytes, &mut Random(seed));
        fs::write(file(sandbox, name), &bytes).unwrap();
        let evidence = fs::read(sandbox.store()).unwrap();
        for (at, arguments) in [
            ["db", "check"].as_slice(),
            &["task", "list"],
            &["init"],
            &["context", "search", "words"],
            &["event", "export"],
            &["status"],
            &["task", "create", "New"],
        ]
        .into_iter()
        .enumerate()
        {
            let run = sandbox.orch(arguments);
            let told = format!("{name}, damage {seed}, {arguments:?}: {run}");
            assert!(matches!(run.code, Some(0 | 8)), "{told}");
            assert!(run.code == Some(0) || run.stderr.contains("orch db restore"), "{told}");
            assert!(!run.stdout.contains("Made a project"), "{told}");
            found += u64::from(at == 0 && run.code == Some(8));
            if arguments[0] != "task" || run.code == Some(8) {
                assert!(fs::read(sandbox.store()).unwrap() == evidence, "the file was changed: {told}");
            }
        }
    }
    say(&format!("{name}: {TRIALS} damages, {found} found"));
    found
}

#[test]
fn promise_08_flipped_bits_are_damage_or_do_no_harm() {
    let sandbox = filled();
    sandbox.sql("PRAGMA wal_checkpoint(TRUNCATE)");
    let found = damage_everywhere(&sandbox, "orch.db", |bytes, random| {
        let page = random.below(bytes.len() / 4096) * 4096;
        for _ in 0..=random.below(40) {
            bytes[page + random.below(4096)] ^= 1 << random.below(8);
        }
    });
    // pages have room in which nothing is
    assert!(found * 3 > TRIALS, "{found}");
}

#[test]
fn promise_08_pages_that_were_overwritten_are_found() {
    let sandbox = filled();
    sandbox.sql("PRAGMA wal_checkpoint(TRUNCATE)");
    let found = damage_everywhere(&sandbox, "orch.db", |bytes, random| {
        let page = random.below(bytes.len() / 4096) * 4096;
        let fill = [0x00, 0x5a, 0xff][random.below(3)];
        bytes[page..page + 4096].fill(fill);
    });
    assert_eq!(found, TRIALS);
}

#[test]
fn promise_08_a_file_that_was_cut_off_is_damaged() {
    let sandbox = filled();
    sandbox.sql("PRAGMA wal_checkpoint(TRUNCATE)");
    let found = damage_everywhere(&sandbox, "orch.db", |bytes, random| {
        let pages = bytes.len() / 4096;
        let page = random.below(pages) * 4096;
        // at a page or inside of one
        bytes.truncate(page + random.below(2) * random.below(4096));
    });
    assert_eq!(found, TRIALS);
}

/// The log has the newest commits. A damage in what was committed before the last of them is noticed; in the last one it looks as
/// a power cut before its end does, and takes it back.
#[test]
fn promise_08_damage_of_the_log_is_found() {
    let sandbox = Sandbox::project().unwrap();
    let tasks = 12;
    for _ in 0..tasks {
        sandbox.orch(&["task", "create", "x"]).success();
    }
    let log = fs::read(file(&sandbox, "orch.db-wal")).unwrap();
    let frame = 24 + 4096;
    let commits: Vec<usize> = (32..log.len()).step_by(frame).filter(|at| log[at + 4..at + 8] != [0; 4]).collect();
    assert!(commits.len() > 10, "{} commits", commits.len());
    let last_begins = commits[commits.len() - 2] + frame;
    sandbox.keep();
    let mut found = 0;
    for seed in 0..TRIALS {
        sandbox.go_back();
        let mut random = Random(seed);
        let mut bytes = log.clone();
        let at = if seed % 10 == 0 { random.below(32) } else { random.below(bytes.len()) };
        match seed % 3 {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at..(at + 512).min(log.len())].fill(0),
            _ => bytes[at..(at + 4096).min(log.len())].iter_mut().for_each(|byte| *byte ^= 0x5a),
        }
        fs::write(file(&sandbox, "orch.db-wal"), &bytes).unwrap();
        let is_last = at >= last_begins || bytes == log;
        for arguments in
            [["db", "check"].as_slice(), &["task", "list", "--json"], &["init"], &["task", "create", "New"]]
        {
            let run = sandbox.orch(arguments);
            let told = format!("damage {seed} at {at} of {last_begins}, {arguments:?}: {run}");
            assert!(run.code == Some(8) || (is_last && run.code == Some(0)), "{told}");
            if run.code == Some(8) {
                assert!(run.stderr.contains("orch db restore"), "{told}");
                assert!(fs::read(file(&sandbox, "orch.db-wal")).unwrap() == bytes, "the evidence was changed: {told}");
            } else if arguments.contains(&"list") {
                assert!(run.json()["total"].as_u64().unwrap() >= tasks - 1, "{told}");
            }
            found += u64::from(arguments[0] == "db" && run.code == Some(8));
        }
    }
    say(&format!("orch.db-wal: {TRIALS} damages, {found} found"));
    // some fall into the last commit, some put zeros where there are zeros
    assert!(found * 2 > TRIALS, "{found}");
}

#[test]
fn promise_08_a_row_that_is_not_the_fold_of_its_events_is_found() {
    let sandbox = filled();
    sandbox.sql("PRAGMA wal_checkpoint(TRUNCATE)");
    sandbox.sql("UPDATE orchestration_tasks SET priority = 'P0' WHERE task_code = 'TSK-003'");
    let run = sandbox.orch(&["db", "check"]);
    assert!(run.fails_with(8).stderr.contains("task TSK-003 is not the fold of its events"), "{run}");
}

#[test]
fn promise_08_damage_of_the_search_index_is_found() {
    let sandbox = filled();
    // behind the index's back
    sandbox.sql("DELETE FROM orchestration_search_data WHERE id > 10");
    let run = sandbox.orch(&["db", "check"]);
    assert!(run.fails_with(8).stderr.contains("orchestration_search"), "{run}");
}
