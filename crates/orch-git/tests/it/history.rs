//! The history of this project itself, each commit and pairs far apart, compared with what git says.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use orch_core::vcs::{After, Before, VersionControl};
use orch_git::Repository;

use crate::git::{compare_commit, compare_diff};
use crate::sandbox::isolated;

/// Why the checkout has no history to compare: it is a copy without one, shallow, or another user's.
fn missing(here: &Path) -> Option<String> {
    let ask = |arguments: &[&str]| {
        let asked = Command::new("git").args(arguments).current_dir(here).output().expect("git runs");
        (String::from_utf8_lossy(&asked.stdout).trim().to_owned(), String::from_utf8_lossy(&asked.stderr).into_owned())
    };
    let (count, said) = ask(&["rev-list", "--count", "HEAD"]);
    let (shallow, _) = ask(&["rev-parse", "--is-shallow-repository"]);
    let few = count.parse().unwrap_or(0) < 20;
    (few || shallow == "true").then(|| format!("{count:?} commits, shallow: {shallow:?} {said}"))
}

#[test]
fn of_this_project() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    if let Some(why) = missing(here) {
        // a print would be caught by the test harness and thrown away with the test that passes
        let text = format!("\n*** LEFT OUT: the comparison with git over the project's own history: {why}\n\n");
        let _ = std::io::stderr().write_all(text.as_bytes());
    }
    isolated("history::of_this_project", true, |s| {
        if missing(here).is_some() {
            return;
        }
        // Git's own commands, run by the sandbox, must see the folder as theirs.
        let here = here.to_str().expect("UTF-8");
        let repository = Repository::open(Path::new(here)).expect("it opens");
        let list = s.git(here, &["rev-list", "--date-order", "HEAD"]);
        let commits: Vec<&str> = list.lines().collect();
        let (root, head) = (commits[commits.len() - 1], commits[0]);

        let mut found = Vec::new();
        for commit in &commits {
            compare_commit(s, here, &repository, commit, &mut found);
        }
        for (number, commit) in commits.iter().enumerate() {
            let other = commits[number * 31 % commits.len()];
            let orch = repository.diff(Before::Commit(commit), After::Commit(other));
            compare_diff(s, here, &[commit, other], orch, &mut found);
        }
        let orch = repository.diff(Before::Commit(root), After::WorkTree);
        compare_diff(s, here, &[root], orch, &mut found);
        assert!(found.is_empty(), "{} differences in {} commits\n{}", found.len(), commits.len(), found.join("\n"));

        let since =
            s.git(here, &["rev-list", "--date-order", "--reverse", "--max-count=100000", &format!("{root}..{head}")]);
        let orch = repository.commits_since(Some(root), 100_000).expect("commits");
        assert_eq!(
            orch.iter().map(|commit| commit.hash.as_str()).collect::<Vec<_>>(),
            since.lines().collect::<Vec<_>>()
        );
    });
}
