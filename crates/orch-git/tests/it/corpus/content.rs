//! What is in files: line ends, binaries, attributes, links, modes.

use super::{lines, situation, start};

situation!(binaries, Equal, [("r", None)], |s| {
    s.init("r");
    s.write("r/bin", b"a\0b\n");
    s.write("r/late", [lines("late", 500).as_bytes(), b"\0"].concat());
    s.write("r/text", "a\n");
    s.write("r/marked", "a\n");
    s.write("r/forced", b"a\0b\nc\n");
    s.write("r/macro", "a\n");
    s.write("r/driver.x", "a\n");
    s.write("r/named.y", "a\n");
    s.write("r/.gitattributes", "marked -diff\nforced diff\nmacro binary\n*.x diff=x\n*.y diff=y\n");
    s.git("r", &["config", "diff.x.binary", "true"]);
    s.commit_all("r", "start");
    for (name, text) in [("bin", &b"a\0c\n"[..]), ("text", b"a\0\n"), ("marked", b"b\n"), ("forced", b"a\0b\nd\n")] {
        s.write(&format!("r/{name}"), text);
    }
    s.write("r/late", [lines("late", 501).as_bytes(), b"\0"].concat());
    for name in ["macro", "driver.x", "named.y"] {
        s.write(&format!("r/{name}"), "b\n");
    }
    s.commit_all("r", "changed");
    s.write("r/bin", b"a\0d\n");
    s.write("r/text", "a\n");
    s.write("r/new", b"\0");
    s.git("r", &["add", "new"]);
    s.write("r/driver.x", "c\n");
});

situation!(driver_with_an_algorithm, NeedsGit, [("r", None)], |s| {
    s.init("r");
    s.git("r", &["config", "diff.x.algorithm", "patience"]);
    s.write("r/.gitattributes", "* diff=x\n");
    let text = |step: usize| -> String {
        (0..200)
            .map(|n| {
                if (n * step).is_multiple_of(7) {
                    format!("only {}\n", n * step % 199)
                } else {
                    format!("{}\n", n * step % 5)
                }
            })
            .collect()
    };
    for step in [3, 5, 11, 17] {
        s.write("r/a", text(step));
        s.commit_all("r", "step");
    }
});

situation!(a_size_from_which_files_are_binary, Equal, [("r", None)], |s| {
    start(s, "r");
    s.git("r", &["config", "core.bigFileThreshold", "500"]);
    s.write("r/a", lines("a", 21));
    s.write("r/b", lines("b", 90));
    s.commit_all("r", "large");
});

situation!(ends_of_files, Equal, [("r", None)], |s| {
    s.init("r");
    s.write("r/cut", "a\nb");
    s.write("r/whole", "a\nb\n");
    s.write("r/empty", "");
    s.write("r/filled", "");
    s.write("r/emptied", "a\n");
    s.write("r/blank", "a\n\n\n");
    s.commit_all("r", "start");
    s.write("r/cut", "a\nb\n");
    s.write("r/whole", "a\nb");
    s.write("r/filled", "\n");
    s.write("r/emptied", "");
    s.write("r/blank", "a\n \n\n");
    s.write("r/new-empty", "");
    s.commit_all("r", "changed");
    s.remove("r/empty");
});

#[cfg(unix)]
situation!(modes, Equal, [("r", None)], |s| {
    use std::os::unix::fs::PermissionsExt;
    let mode = |name: &str, mode| {
        std::fs::set_permissions(s.path(name), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    start(s, "r");
    s.write("r/bin", b"\0");
    s.write("r/bin2", b"\0");
    s.write("r/both", "a\n");
    s.commit_all("r", "bin");
    mode("r/a", 0o755);
    mode("r/bin", 0o755);
    s.commit_all("r", "modes");
    mode("r/a", 0o644);
    mode("r/b", 0o755);
    mode("r/bin2", 0o755);
    mode("r/both", 0o755);
    s.write("r/both", "b\n");
    mode("r/c", 0o600);
});

#[cfg(unix)]
situation!(modes_on_disk, Equal, [("r", None), ("off", None)], |s| {
    use std::os::unix::fs::PermissionsExt;
    for folder in ["r", "off"] {
        start(s, folder);
        s.write(&format!("{folder}/bin"), b"\0");
        s.commit_all(folder, "bin");
        for name in ["a", "bin"] {
            let path = s.path(&format!("{folder}/{name}"));
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
    }
    s.git("off", &["config", "core.fileMode", "false"]);
});

#[cfg(unix)]
situation!(links, NeedsGit, [("r", None)], |s| {
    use std::os::unix::fs::symlink;
    start(s, "r");
    symlink("a", s.path("r/link")).unwrap();
    symlink("nowhere", s.path("r/broken")).unwrap();
    symlink("dir", s.path("r/folder")).unwrap();
    s.commit_all("r", "links");
    s.remove("r/link");
    symlink("b", s.path("r/link")).unwrap();
    s.remove("r/a");
    symlink("b", s.path("r/a")).unwrap();
    s.commit_all("r", "other links");
    s.remove("r/folder");
    s.write("r/folder", "dir");
    s.remove("r/b");
    symlink("c", s.path("r/b")).unwrap();
    s.git("r", &["add", "b"]);
    std::fs::rename(s.path("r/dir"), s.path("elsewhere")).unwrap();
    symlink("../elsewhere", s.path("r/dir")).unwrap();
});

situation!(line_ends, Equal, [("auto", None), ("input", None), ("attributes", None)], |s| {
    for folder in ["auto", "input", "attributes"] {
        s.init(folder);
        s.git(folder, &["config", "core.safecrlf", "false"]);
        for (name, text) in [("unix", "a\nb\n"), ("dos", "a\r\nb\r\n"), ("mixed", "a\r\nb\n"), ("old", "a\rb\r")] {
            s.write(&format!("{folder}/{name}"), text);
            s.write(&format!("{folder}/{name}.txt"), text);
            s.write(&format!("{folder}/{name}.crlf"), text);
        }
        s.commit_all(folder, "raw");
    }
    s.git("auto", &["config", "core.autocrlf", "true"]);
    s.git("input", &["config", "core.autocrlf", "input"]);
    s.write("attributes/.gitattributes", "*.txt text\n*.crlf text eol=crlf\ndos -text\n");
    for folder in ["auto", "input", "attributes"] {
        for (name, text) in [("unix", "a\r\nb\r\n"), ("dos", "a\nb\n"), ("mixed", "a\r\nb\r\n"), ("new", "a\r\n")] {
            for end in ["", ".txt", ".crlf"] {
                s.write(&format!("{folder}/{name}{end}"), text);
            }
        }
    }
});

situation!(line_ends_that_staging_evens_out, Equal, [("r", None)], |s| {
    s.init("r");
    s.write("r/a.txt", "a\r\nb\r\n");
    s.write("r/b.txt", "a\nb\n");
    s.commit_all("r", "raw");
    s.write("r/.gitattributes", "*.txt text\n");
    s.write("r/b.txt", "a\r\nb\r\n");
    s.commit("r", 2, "nothing");
});

situation!(ident, Equal, [("r", None)], |s| {
    s.init("r");
    s.write("r/.gitattributes", "* ident\n");
    s.write("r/a", "$Id$\n");
    s.commit_all("r", "start");
    s.remove("r/a");
    s.git("r", &["checkout", "a"]);
    s.write("r/b", "$Id: old $\n");
    s.git("r", &["add", "b"]);
    s.write("r/b", "$Id: other $\n");
});

situation!(text_in_another_encoding, NeedsGit, [("r", None)], |s| {
    s.init("r");
    s.write("r/.gitattributes", "*.txt text working-tree-encoding=UTF-16LE\n");
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    s.write("r/same.txt", wide("a\nb\n"));
    s.write("r/changed.txt", wide("a\nb\n"));
    s.commit_all("r", "start");
    s.write("r/same.txt", wide("a\nb\nc\n"));
    s.write("r/same.txt", wide("a\nb\n"));
    s.write("r/changed.txt", wide("a\nc\n"));
});
