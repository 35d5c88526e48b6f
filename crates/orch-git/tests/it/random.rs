//! Work on a repository as it comes, by chance but each time the same, compared with git after every few steps.

use orch_core::vcs::{After, Before, VersionControl};

use crate::git::{compare_commit, compare_diff, compare_status};
use crate::sandbox::{Sandbox, isolated};

/// Numbers by chance, from a seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).expect("small")
    }

    fn name(&mut self) -> String {
        let folder = ["", "a/", "a/b/", "c d/", "-e/"][self.below(5)];
        format!("{folder}{}", ["one", "two", "three.txt", "gr\u{fc}n", "n\nl", "six.bin"][self.below(6)])
    }

    fn text(&mut self) -> String {
        let (from, count) = (self.below(4), self.below(60));
        (0..count).map(|line| format!("line {} of text {from}\n", line + self.below(2))).collect()
    }
}

fn step(s: &Sandbox, chance: &mut Chance) -> bool {
    let name = chance.name();
    let path = s.path("r").join(&name);
    let there = path.symlink_metadata().is_ok_and(|meta| !meta.is_dir());
    let blocked = path.is_dir() || path.ancestors().skip(1).any(std::path::Path::is_file);
    match chance.below(14) {
        0..=4 if !blocked => {
            let text = chance.text() + if name.ends_with("bin") { "\0" } else { "" };
            let _ = std::fs::remove_file(&path);
            s.write(&format!("r/{name}"), text);
        }
        5 if there => std::fs::remove_file(&path).unwrap(),
        6 if there => {
            let target = s.path("r").join(chance.name());
            if !target.exists() && target.parent().is_some_and(std::path::Path::is_dir) {
                std::fs::rename(&path, target).unwrap();
            }
        }
        7 | 8 if there => drop(s.git("r", &["--literal-pathspecs", "add", "-f", "--", &name])),
        9 => drop(s.git("r", &["add", "-A"])),
        10 if there => {
            let _ = s.command("r", 0).args(["--literal-pathspecs", "rm", "-q", "--cached", "--", &name]).output();
        }
        #[cfg(unix)]
        11 if there && !path.is_symlink() => {
            use std::os::unix::fs::PermissionsExt;
            let mode = [0o644, 0o755][chance.below(2)];
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        }
        #[cfg(unix)]
        12 if !there && !blocked => {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::os::unix::fs::symlink(["one", "a", "nowhere"][chance.below(3)], &path).unwrap();
        }
        13 => {
            s.commit("r", 1_000_000_000, "step");
            return true;
        }
        _ => {}
    }
    false
}

fn work(name: &str, seed: u64) {
    isolated(name, true, |s| {
        s.init("r");
        s.commit("r", 1, "start");
        let mut chance = Chance(seed);
        let repository = s.open("r");
        let (mut found, mut in_process, mut compared) = (Vec::new(), 0, 0);
        for number in 0..150 {
            let committed = step(s, &mut chance);
            if committed {
                compare_commit(s, "r", &repository, "HEAD", &mut found);
            }
            if committed || number % 3 == 0 {
                let calls = s.calls();
                compare_status(s, "r", &repository, None, &mut found);
                in_process += usize::from(s.calls() == calls);
                let orch = repository.diff(Before::Commit("HEAD"), After::WorkTree);
                compare_diff(s, "r", &["HEAD"], orch, &mut found);
                compared += 1;
            }
            assert!(found.is_empty(), "after step {number}:\n{}", found.join("\n"));
        }
        // Both ways were gone.
        assert!(in_process > 5 && in_process < compared, "{in_process} of {compared} in process");
        let root = s.git("r", &["rev-list", "--max-parents=0", "HEAD"]);
        let orch = repository.diff(Before::Commit(&root), After::Commit("HEAD"));
        compare_diff(s, "r", &[&root, "HEAD"], orch, &mut found);
        assert!(found.is_empty(), "{}", found.join("\n"));
    });
}

#[test]
fn work_1() {
    work("random::work_1", 0x9e37_79b9_7f4a_7c15);
}

#[test]
fn work_2() {
    work("random::work_2", 0x2545_f491_4f6c_dd1d);
}

#[test]
fn work_3() {
    work("random::work_3", 0x1234_5678_9abc_def1);
}
