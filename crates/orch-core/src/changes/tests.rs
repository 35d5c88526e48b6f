use proptest::prelude::*;

use super::*;
use crate::code::PhaseName;
use crate::pull_request::PullRequest;
use crate::task::LinkedPullRequest;
use crate::vcs::ChangeKind;

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2025, 1, 13).unwrap()
}

fn file_at(kind: ChangeKind, path: impl AsRef<[u8]>) -> FileChange {
    let path = RepoPath::new(path.as_ref());
    FileChange { kind, path, old_path: None, insertions: 0, deletions: 0, binary: false }
}

fn commit_of(short_hash: &str, message: &str, phase: Option<&str>, author: &str) -> CapturedCommit {
    CapturedCommit {
        hash: short_hash.into(),
        short_hash: short_hash.into(),
        captured_at: chrono::DateTime::UNIX_EPOCH,
        phase: phase.and_then(|phase| PhaseName::new(phase).ok()),
        message: message.into(),
        author: author.into(),
    }
}

fn task(title: &str, description: &str, commits: Vec<CapturedCommit>, url: Option<&str>) -> Task {
    let linked = url.map(|url| {
        let mut pull_request = PullRequest::parse("https://github.com/acme/shop/pull/7").unwrap();
        pull_request.url = url.into();
        LinkedPullRequest { pull_request, linked_at: chrono::DateTime::UNIX_EPOCH }
    });
    let mut task = crate::testing::fixture::task("TSK-001");
    (task.title, task.description) = (title.into(), description.into());
    (task.commits, task.pull_request) = (commits, linked);
    task
}

fn document(task: &Task, between: Option<(&str, &str)>, diffs: [&Diff; 2], untracked: &[RepoPath]) -> String {
    let [committed, uncommitted] = diffs;
    render(&Changes { task, date: day(), between, committed, uncommitted, untracked })
}

#[test]
fn a_document_tells_everything() {
    let mut renamed = file_at(ChangeKind::Renamed, "new.rs");
    renamed.old_path = Some("old\n.rs".into());
    let committed = Diff {
        files_changed: 6,
        insertions: 11,
        deletions: 5,
        files: vec![
            FileChange { insertions: 10, deletions: 2, ..file_at(ChangeKind::Modified, "src/cart.rs") },
            FileChange { insertions: 1, ..file_at(ChangeKind::Added, "a `b` | [c](d).md") },
            renamed,
            FileChange { binary: true, ..file_at(ChangeKind::Added, "logo.png") },
            FileChange { deletions: 3, ..file_at(ChangeKind::Deleted, b"caf\xe9.txt") },
            file_at(ChangeKind::TypeChanged, "link"),
        ],
    };
    let left = Diff {
        files_changed: 1,
        insertions: 1,
        deletions: 0,
        files: vec![file_at(ChangeKind::Unmerged, "src/sum.rs")],
    };
    let commits = vec![
        commit_of("0123abc", "cart: add `sum`, fix #12\n\nMore.", Some("execute"), "Ada <ada@example.com>"),
        commit_of("4567def", "\n", None, ""),
    ];
    let overview = "A cart has a sum.\r\n\r\n# Not a heading\n- no item of ours\n```\nVec<T>\n<!-- \\<i>";
    let url = "https://github.com/acme/shop/pull/7";
    let task = task("Sums <b>of</b> *carts*", overview, commits, Some(url));
    let text = document(&task, Some(("0123abc", "4567def")), [&committed, &left], &["\u{202e}txt.exe".into()]);
    insta::assert_snapshot!(text, @r##"
    # Changes of TSK-001: Sums \<b\>of\</b\> \*carts\*

    - Task: TSK-001
    - Date: 2025-01-13
    - Pull request: <https://github.com/acme/shop/pull/7>

    ## Overview

    > A cart has a sum.
    >
    > # Not a heading
    > - no item of ours
    > ```
    > Vec\<T>
    > \<!-- \<i>

    ## Modified files

    - `M` `src/cart.rs` (+10 -2)
    - `A` ``a `b` | [c](d).md`` (+1 -0)
    - `R` `"old\n.rs"` → `new.rs`
    - `A` `logo.png` (binary)
    - `D` `"caf\351.txt"` (+0 -3)
    - `T` `link`

    ## Diff summary

    6 files changed, 11 insertions(+), 5 deletions(-)

    From `0123abc` to `4567def`.

    ## Related commits

    - `0123abc` cart: add \`sum\`, fix \#12 (execute, Ada)
    - `4567def` (no message)

    ## Uncommitted work

    - `U` `src/sum.rs`
    - `?` `"\342\200\256txt.exe"`

    1 file changed, 1 insertion(+)
    "##);
    let nothing = Diff::default();
    let bare = self::task("Greet", "", Vec::new(), None);
    insta::assert_snapshot!(document(&bare, None, [&nothing, &nothing], &[]), @"
    # Changes of TSK-001: Greet

    - Task: TSK-001
    - Date: 2025-01-13

    ## Overview

    The task has no description.

    ## Modified files

    None.

    ## Diff summary

    Nothing changed.

    ## Related commits

    None.
    ");
}

#[test]
fn text_stays_what_it_is() {
    for (text, escaped) in [
        ("snake_case and _emphasis_", "snake_case and \\_emphasis\\_"),
        ("# no heading", "\\# no heading"),
        ("- no item", "\\- no item"),
        ("+ no item", "\\+ no item"),
        ("12. no item", "12\\. no item"),
        ("12) no item, 3. neither", "12\\) no item, 3. neither"),
        ("=== no heading", "\\=== no heading"),
        ("> no quotation -> at all", "\\> no quotation -\\> at all"),
        ("a | b, ~~c~~, R&D & &amp;", "a \\| b, \\~\\~c\\~\\~, R\\&D & \\&amp;"),
        ("![x](y) <script> `z` $a$ C#", "!\\[x\\](y) \\<script\\> \\`z\\` \\$a\\$ C\\#"),
        ("back\\slash\\", "back\\\\slash\\\\"),
        (" one\nline\tonly\r\u{202e} ", "one\\\\nline only\\\\u{d}\\\\u{202e}"),
    ] {
        assert_eq!(markdown::inline(text), escaped, "{text:?}");
    }
    for (bytes, code) in [
        (&b"src/a.rs"[..], "`src/a.rs`"),
        (b"a`b``c", "```a`b``c```"),
        (b"`", "`` ` ``"),
        (b" a ", "`  a  `"),
        (b"  ", "`  `"),
        (b"", "`\"\"`"),
        (b"a\nb\x1b\"\\", "`\"a\\nb\\033\\\"\\\\\"`"),
        (b"caf\xe9", "`\"caf\\351\"`"),
        ("a\u{202e}b é".as_bytes(), "`\"a\\342\\200\\256b é\"`"),
    ] {
        assert_eq!(markdown::code(bytes), code, "{bytes:?}");
    }
    for (text, quotation) in [
        ("a < b, <T>", "> a < b, \\<T>\n"),
        ("\\<i> \\\\<i> </i>", "> \\<i> \\\\\\<i> \\</i>\n"),
        ("# a\r\n\n\rb", "> # a\n>\n> \\u{d}b\n"),
    ] {
        assert_eq!(markdown::quote(text), quotation, "{text:?}");
    }
    assert_eq!(markdown::link("https://a.example/x"), "<https://a.example/x>");
    assert_eq!(markdown::link("https://a.example/> [x](y)"), "https://a.example/\\> \\[x\\](y)");
    assert_eq!(markdown::link("javascript:alert(1)"), "javascript:alert(1)");
}

/// A line as a reader of Markdown takes it who looks at its beginning alone.
fn kind(line: &str) -> &'static str {
    let line = line.trim_start();
    let after_digits = line.trim_start_matches(|c: char| c.is_ascii_digit());
    match line.chars().next() {
        None => "blank",
        Some('#') => "heading",
        Some('-' | '+' | '*') => "item",
        Some('>') => "quotation",
        Some('<' | '`' | '~' | '|' | '=') => "block",
        Some(_) if after_digits.len() < line.len() && after_digits.starts_with(['.', ')']) => "item",
        Some(_) => "text",
    }
}

/// Text that tries: whatever has a meaning in Markdown or hides, in any order.
fn hostile() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "#",
        "# ",
        "-",
        "- ",
        "+ ",
        "* ",
        "1. ",
        "2)",
        "> ",
        "`",
        "```",
        "~~~",
        "<",
        "<!--",
        "</",
        "|",
        "[",
        "](",
        ")",
        "=",
        "===",
        "\\",
        "_",
        "&lt;",
        "$",
        "\n",
        "\n\n",
        "\r",
        "\r\n",
        "\t",
        " ",
        "    ",
        "\u{85}",
        "\u{2028}",
        "\u{202e}",
        "\u{1b}[2J",
        "\0",
        "a",
        "é",
        "\u{feff}",
        "---",
    ]);
    prop_oneof![prop::collection::vec(parts, 0..12).prop_map(|parts| parts.concat()), any::<String>(),]
}

proptest! {
    #[test]
    fn nothing_breaks_out(
        title in hostile(), overview in hostile(), message in hostile(), author in hostile(), url in hostile(),
        paths in prop::collection::vec((hostile(), prop::option::of(hostile()), any::<Vec<u8>>()), 0..4),
    ) {
        let mut files = Vec::new();
        for (path, old_path, bytes) in &paths {
            let old_path = old_path.as_deref().map(RepoPath::from);
            files.push(FileChange { old_path, ..file_at(ChangeKind::Renamed, path) });
            files.push(file_at(ChangeKind::Added, bytes));
        }
        let commits = vec![commit_of(&title, &message, Some("execute"), &author)];
        let diff = Diff { files_changed: 2, insertions: 1, deletions: 1, files };
        let files = &diff.files;
        let task = task(&title, &overview, commits, Some(&url));
        let text = document(&task, Some((&title, &message)), [&diff, &diff], &[]);

        let of = |wanted: &str| text.lines().filter(|line| kind(line) == wanted).collect::<Vec<_>>();
        let headings = of("heading");
        prop_assert!(headings[0].starts_with("# Changes of TSK-001: "), "{}", text);
        let mut wanted = vec!["## Overview", "## Modified files", "## Diff summary", "## Related commits"];
        if !files.is_empty() {
            wanted.push("## Uncommitted work");
        }
        prop_assert_eq!(&headings[1..], wanted);
        prop_assert_eq!(of("item").len(), 3 + 2 * files.len() + 1, "{}", text);
        prop_assert!(of("block").is_empty(), "{}", text);
        let quoted: Vec<&str> = text.lines().skip_while(|line| *line != "## Overview").skip(2).collect();
        let length = quoted.iter().take_while(|line| kind(line) == "quotation").count();
        prop_assert_eq!(of("quotation").len(), length, "{}", text);
        prop_assert!(!text.contains(|c| c != '\n' && c != '\t' && crate::visible::is_hidden(c)));
    }
}
