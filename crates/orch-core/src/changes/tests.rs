use proptest::prelude::*;

use super::*;

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2025, 1, 13).unwrap()
}

fn file_at(status: ChangeStatus, path: &str) -> ChangedFile<'_> {
    ChangedFile { status, path: path.as_bytes(), old_path: None, insertions: 0, deletions: 0, binary: false }
}

fn nothing<'a>() -> Changes<'a> {
    Changes {
        task_code: "TSK-001",
        title: "Greet",
        date: day(),
        overview: "",
        pull_request: None,
        committed: Diff::default(),
        commits: &[],
        uncommitted: Diff::default(),
    }
}

/// What `git diff --shortstat -M` of git 2.47 printed for changes like these.
#[test]
fn the_summary_is_worded_as_git_words_it() {
    for (what, files, insertions, deletions, printed) in [
        ("nothing", 0, 0, 0, ""),
        ("a new file of one line", 1, 1, 0, " 1 file changed, 1 insertion(+)"),
        ("two lines more", 1, 2, 0, " 1 file changed, 2 insertions(+)"),
        ("one line less", 1, 0, 1, " 1 file changed, 1 deletion(-)"),
        ("a link and a file gone", 2, 0, 5, " 2 files changed, 5 deletions(-)"),
        ("one file less, one more", 2, 1, 2, " 2 files changed, 1 insertion(+), 2 deletions(-)"),
        ("two lines for one", 1, 2, 1, " 1 file changed, 2 insertions(+), 1 deletion(-)"),
        ("a mode", 1, 0, 0, " 1 file changed, 0 insertions(+), 0 deletions(-)"),
        ("a rename, an empty or a binary file", 1, 0, 0, " 1 file changed, 0 insertions(+), 0 deletions(-)"),
        ("a binary file and a mode", 2, 0, 0, " 2 files changed, 0 insertions(+), 0 deletions(-)"),
    ] {
        assert_eq!(summary(Totals { files, insertions, deletions }), printed.trim_start(), "{what}");
    }
}

#[test]
fn a_document_tells_everything() {
    let pull_request = PullRequest::parse("https://github.com/acme/shop/pull/7/files").unwrap();
    let committed = [
        ChangedFile { insertions: 10, deletions: 2, ..file_at(ChangeStatus::Modified, "src/cart.rs") },
        ChangedFile { insertions: 1, ..file_at(ChangeStatus::Added, "a `b` | [c](d).md") },
        ChangedFile { old_path: Some(b"old\n.rs"), ..file_at(ChangeStatus::Renamed, "new.rs") },
        ChangedFile { binary: true, ..file_at(ChangeStatus::Added, "logo.png") },
        ChangedFile { path: b"caf\xe9.txt", deletions: 3, ..file_at(ChangeStatus::Deleted, "") },
        file_at(ChangeStatus::TypeChanged, "link"),
    ];
    let left = [file_at(ChangeStatus::Unmerged, "src/sum.rs"), file_at(ChangeStatus::Untracked, "\u{202e}txt.exe")];
    let commits = [
        RelatedCommit {
            short_hash: "0123abc",
            message: "cart: add `sum`, fix #12\n\nMore.",
            phase: Some("execute"),
            author: "Ada <ada@example.com>",
        },
        RelatedCommit { short_hash: "4567def", message: "\n", phase: None, author: "" },
    ];
    let text = render(&Changes {
        title: "Sums <b>of</b> *carts*",
        overview: "A cart has a sum.\r\n\r\n# Not a heading\n- no item of ours\n```\nVec<T>\n<!-- \\<i>",
        pull_request: Some(&pull_request),
        committed: Diff {
            between: Some(("0123abc", "4567def")),
            files: &committed,
            totals: Totals { files: 6, insertions: 11, deletions: 5 },
        },
        commits: &commits,
        uncommitted: Diff { between: None, files: &left, totals: Totals { files: 1, insertions: 1, deletions: 0 } },
        ..nothing()
    });
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
    insta::assert_snapshot!(render(&nothing()), @"
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
        let mut pull_request = PullRequest::parse("https://github.com/acme/shop/pull/7").unwrap();
        pull_request.url = url;
        let mut files = Vec::new();
        for (path, old_path, bytes) in &paths {
            files.push(ChangedFile { old_path: old_path.as_deref().map(str::as_bytes), ..file_at(ChangeStatus::Renamed, path) });
            files.push(ChangedFile { path: bytes, ..file_at(ChangeStatus::Added, "") });
        }
        let commits = [RelatedCommit { short_hash: &title, message: &message, phase: Some(&author), author: &author }];
        let diff = Diff { between: Some((&title, &message)), files: &files, totals: Totals { files: 2, insertions: 1, deletions: 1 } };
        let text = render(&Changes {
            title: &title,
            overview: &overview,
            pull_request: Some(&pull_request),
            committed: diff,
            commits: &commits,
            uncommitted: diff,
            ..nothing()
        });

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
