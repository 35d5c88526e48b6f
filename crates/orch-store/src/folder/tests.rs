//! Tests of the task folders with real files, links and pipes. No permission bits: they mean nothing to root.

use super::*;

struct Scratch {
    root: PathBuf,
    folders: TaskFolders,
    _folder: tempfile::TempDir,
}

impl Scratch {
    fn new() -> Self {
        let folder = tempfile::TempDir::new().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs::create_dir(root.join(".orch")).unwrap();
        let folders = TaskFolders::new(root.join(".orch"), 1000);
        Self { root, folders, _folder: folder }
    }

    /// The folder of task `T-1`.
    fn task(&self) -> PathBuf {
        self.root.join(".orch/tasks/T-1")
    }

    /// Writes a file of the task as somebody else would.
    fn put(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.task().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn read(&self) -> Found {
        self.folders.read(&code()).unwrap()
    }

    fn names(&self) -> Vec<String> {
        self.read().files.into_iter().map(|file| file.name.to_string()).collect()
    }

    fn write(&self, name: &str, content: &str) -> Result<Written, FolderError> {
        self.folders.write(&code(), &artifact(name), content.as_bytes())
    }

    /// Checks that nothing is read and exactly this name refused, for a reason with this word in it.
    fn only_refusal(&self, name: &str, word: &str) {
        let found = self.read();
        assert_eq!(found.files, []);
        assert_eq!(found.refused.len(), 1, "{:?}", found.refused);
        assert_eq!(found.refused[0].0, name);
        assert!(found.refused[0].1.contains(word), "{:?}", found.refused);
    }
}

fn code() -> TaskCode {
    TaskCode::new("T-1").unwrap()
}

fn artifact(name: &str) -> ArtifactName {
    ArtifactName::new(name).unwrap()
}

fn assert_refused<T: std::fmt::Debug>(result: Result<T, FolderError>, at: &Path, word: &str) {
    match result {
        Err(FolderError::Refused { path, reason }) => {
            assert_eq!(path, at);
            assert!(reason.contains(word), "{reason}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_missing_folder_is_empty() {
    let scratch = Scratch::new();
    assert_eq!(scratch.read(), Found::default());
    fs::remove_dir(scratch.root.join(".orch")).unwrap();
    assert_eq!(scratch.read(), Found::default());
}

#[test]
fn what_is_written_is_read() {
    let scratch = Scratch::new();
    assert_eq!(scratch.write("PLAN.md", "plan").unwrap(), Written::Changed);
    assert_eq!(scratch.write("adr/a/ADR-1.md", "").unwrap(), Written::Changed);
    let found = scratch.read();
    assert_eq!(found.refused, []);
    assert_eq!(
        found.files,
        [("PLAN.md", "plan"), ("adr/a/ADR-1.md", "")]
            .map(|(name, content)| ArtifactFile::new(artifact(name), content.into()))
    );
    assert_eq!(scratch.folders.folder(&code()), scratch.task());
    // Nothing temporary is left.
    assert_eq!(fs::read_dir(scratch.task()).unwrap().count(), 2);
    assert_eq!(scratch.folders.read(&TaskCode::new("T-2").unwrap()).unwrap(), Found::default());
}

#[cfg(unix)]
#[test]
fn what_is_there_is_not_created() {
    let scratch = Scratch::new();
    let create = |name: &str, text: &str| scratch.folders.create(&code(), &artifact(name), text.as_bytes());
    assert!(create("adr/ADR-1.md", "one").unwrap());
    assert!(!create("adr/ADR-1.md", "two").unwrap());
    assert!(!create("adr/ADR-1.md", "one").unwrap());
    std::os::unix::fs::symlink("nowhere", scratch.task().join("LINK.md")).unwrap();
    assert!(!create("LINK.md", "text").unwrap(), "a link is never written through");
    assert_eq!(fs::read(scratch.task().join("adr/ADR-1.md")).unwrap(), b"one");
    assert_eq!(
        (scratch.names(), fs::read_dir(scratch.task().join("adr")).unwrap().count()),
        (vec!["adr/ADR-1.md".into()], 1)
    );
    // of several at once one is first
    let made: Vec<bool> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..8).map(|number| scope.spawn(move || create("RACE.md", &number.to_string()).unwrap())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(made.iter().filter(|made| **made).count(), 1);
}

#[test]
fn files_and_folders_are_private() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    let scratch = Scratch::new();
    scratch.write("adr/ADR-1.md", "text").unwrap();
    let mode = |name: &str| fs::metadata(scratch.task().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(".."), mode("."), mode("adr"), mode("adr/ADR-1.md")), (0o700, 0o700, 0o700, 0o600));

    let inode = || fs::metadata(scratch.task().join("adr/ADR-1.md")).unwrap().ino();
    let before = inode();
    assert_eq!(scratch.write("adr/ADR-1.md", "text").unwrap(), Written::Same);
    assert_eq!(inode(), before);
    assert_eq!(scratch.write("adr/ADR-1.md", "TEXT").unwrap(), Written::Changed);
    assert_ne!(inode(), before);
    assert_eq!(fs::read(scratch.task().join("adr/ADR-1.md")).unwrap(), b"TEXT");
}

#[test]
fn hidden_and_temporary_names_are_skipped() {
    let scratch = Scratch::new();
    for name in
        [".hidden", ".git/config", "a.tmp", "A.TMP", ".PLAN.md.swp", "PLAN.md.swp", "b~", "#c#", "sub/.x", "s.tmp/x"]
    {
        scratch.put(name, "x");
    }
    scratch.put("PLAN.md", "x");
    assert_eq!(scratch.names(), ["PLAN.md"]);
    assert_eq!(scratch.read().refused, []);
    assert_refused(scratch.write("a.tmp", "x"), &scratch.task().join("a.tmp"), "never read back");
    assert_refused(scratch.write("s.tmp/x", "x"), &scratch.task().join("s.tmp/x"), "never read back");
}

#[test]
fn depth_ends_at_eight_parts() {
    let scratch = Scratch::new();
    scratch.put("1/2/3/4/5/6/7/deep.md", "x");
    scratch.put("1/2/3/4/5/6/7/8/deeper.md", "x");
    let found = scratch.read();
    assert_eq!(found.files.len(), 1);
    assert_eq!(found.files[0].name.as_str(), "1/2/3/4/5/6/7/deep.md");
    assert_eq!(found.refused, [("1/2/3/4/5/6/7/8/deeper.md".to_owned(), ArtifactName::EXPECTED.to_owned())]);
}

#[test]
fn large_files_are_refused_unread() {
    let scratch = Scratch::new();
    scratch.put("exact.md", vec![b'x'; 1000]);
    assert_eq!(scratch.names(), ["exact.md"]);
    fs::remove_file(scratch.task().join("exact.md")).unwrap();
    // A sparse terabyte: reading it would take minutes and all memory.
    scratch.put("huge.bin", "");
    OpenOptions::new().write(true).open(scratch.task().join("huge.bin")).unwrap().set_len(1 << 40).unwrap();
    scratch.only_refusal("huge.bin", "larger than 1000 bytes");

    assert_refused(scratch.write("b.md", &"x".repeat(1001)), &scratch.task().join("b.md"), "larger than");
    assert!(!scratch.task().join("b.md").exists());
}

#[test]
fn more_than_a_thousand_files_are_refused() {
    let scratch = Scratch::new();
    for number in 0..=MAX_FILES {
        scratch.put(&format!("{number:04}.md"), "x");
    }
    scratch.put("z.md", "x");
    let found = scratch.read();
    assert_eq!(found.files.len(), MAX_FILES);
    assert_eq!(found.refused.len(), 1);
    assert_eq!(found.refused[0].0, "1000.md");
    assert!(found.refused[0].1.starts_with("more than 1000 files"));
}

#[test]
fn all_files_together_have_a_limit() {
    let mut walk =
        Walk { max_bytes: 1000, entries: 0, bytes: MAX_TOTAL_BYTES - 2, full: false, found: Found::default() };
    walk.keep(artifact("fits.md"), b"xx".to_vec());
    walk.keep(artifact("over.md"), b"x".to_vec());
    assert!(walk.full);
    assert_eq!(walk.found.files.len(), 1);
    assert_eq!(walk.found.refused[0].0, "over.md");
}

#[test]
fn a_file_where_a_folder_should_be() {
    let scratch = Scratch::new();
    fs::create_dir(scratch.root.join(".orch/tasks")).unwrap();
    fs::write(scratch.task(), "x").unwrap();
    assert_refused(scratch.folders.read(&code()), &scratch.task(), REASON_NOT_A_FOLDER);
    assert_refused(scratch.write("PLAN.md", "x"), &scratch.task(), REASON_NOT_A_FOLDER);
    fs::remove_file(scratch.task()).unwrap();

    scratch.put("adr", "x");
    assert_refused(scratch.write("adr/ADR-1.md", "x"), &scratch.task().join("adr"), REASON_NOT_A_FOLDER);
    scratch.put("PLAN.md/x", "x");
    assert_refused(scratch.write("PLAN.md", "x"), &scratch.task().join("PLAN.md"), "not a plain file");
}

#[test]
fn a_failing_write_leaves_the_old_file_and_nothing_else() {
    let scratch = Scratch::new();
    scratch.write("PLAN.md", "old").unwrap();
    // A folder as the target makes the rename fail for root, too.
    let target = scratch.task().join("target");
    fs::create_dir_all(target.join("inner")).unwrap();
    match place(&scratch.task(), &target, b"new", |temporary| fs::rename(temporary, &target)) {
        Err(FolderError::Io { path, doing, .. }) => assert_eq!((path, doing), (target, "put a new file at")),
        other => panic!("{other:?}"),
    }
    assert_eq!(scratch.names(), ["PLAN.md"]);
    assert_eq!(fs::read_dir(scratch.task()).unwrap().count(), 2);
    // A missing `.orch` whose parent is missing as well.
    let nowhere = scratch.root.join("missing/.orch");
    match TaskFolders::new(nowhere.clone(), 1000).write(&code(), &artifact("PLAN.md"), b"x") {
        Err(FolderError::Io { path, source, .. }) => {
            assert_eq!((path, source.kind()), (nowhere, ErrorKind::NotFound));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_killed_writers_file_is_in_nobodys_way() {
    let scratch = Scratch::new();
    scratch.write("PLAN.md", "one").unwrap();
    for number in 0..200 {
        scratch.put(&format!(".orch-{}-{number}.tmp", std::process::id()), "half");
    }
    assert_eq!(scratch.write("PLAN.md", "two").unwrap(), Written::Changed);
    assert_eq!(scratch.read().files[0].content, b"two");
}

#[test]
fn writers_at_once_leave_one_whole_content() {
    let scratch = Scratch::new();
    let texts: Vec<String> = (0..8).map(|number| number.to_string().repeat(900)).collect();
    std::thread::scope(|scope| {
        for text in &texts {
            scope.spawn(|| scratch.write("adr/PLAN.md", text).unwrap());
        }
    });
    let found = scratch.read();
    assert_eq!(found.files.len(), 1);
    assert!(texts.iter().any(|text| text.as_bytes() == found.files[0].content));
}

#[test]
fn odd_names_are_shown_without_their_teeth() {
    let scratch = Scratch::new();
    for (name, shown) in [("-rf", "-rf"), ("a\u{202e}b\nc ", "a\\u{202e}b\\nc "), ("x\u{1b}[2J", "x\\u{1b}[2J")] {
        scratch.put(name, "x");
        scratch.only_refusal(shown, "relative path");
        fs::remove_file(scratch.task().join(name)).unwrap();
    }
}

#[cfg(unix)]
mod unix {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;
    use std::process::Command;

    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn names_that_are_not_utf8_are_refused_visibly() {
        let scratch = Scratch::new();
        scratch.put("sub/PLAN.md", "x");
        let name = scratch.task().join("sub").join(OsStr::from_bytes(b"gr\xfcn.md"));
        fs::rename(scratch.task().join("sub/PLAN.md"), name).unwrap();
        scratch.only_refusal("sub/gr\\xFCn.md", "UTF-8");
    }

    #[test]
    fn links_out_of_the_folder_are_refused() {
        let scratch = Scratch::new();
        fs::create_dir_all(scratch.task()).unwrap();
        fs::create_dir_all(scratch.root.join(".orch/tasks/T-11")).unwrap();
        fs::write(scratch.root.join(".orch/tasks/T-11/secret"), "secret").unwrap();
        fs::write(scratch.root.join("secret"), "secret").unwrap();
        let link = scratch.task().join("link.md");
        for target in ["/etc/passwd", "/etc", "/", "..", "../T-11", "../T-11/secret", "../../../secret", "/dev/zero"] {
            symlink(target, &link).unwrap();
            scratch.only_refusal("link.md", "leads out");
            fs::remove_file(&link).unwrap();
        }
        for target in ["missing", "link.md", "/etc/passwd/x", "../missing"] {
            symlink(target, &link).unwrap();
            scratch.only_refusal("link.md", "leads nowhere");
            fs::remove_file(&link).unwrap();
        }
        // Out by two steps.
        symlink(".step", &link).unwrap();
        symlink("../T-11", scratch.task().join(".step")).unwrap();
        scratch.only_refusal("link.md", "leads out");
    }

    #[test]
    fn links_inside_the_folder_are_followed() {
        let scratch = Scratch::new();
        scratch.put("adr/ADR-1.md", "one");
        symlink("adr/ADR-1.md", scratch.task().join("latest.md")).unwrap();
        symlink("adr", scratch.task().join("decisions")).unwrap();
        symlink(scratch.task().join("adr/ADR-1.md"), scratch.task().join("absolute.md")).unwrap();
        assert_eq!(scratch.names(), ["absolute.md", "adr/ADR-1.md", "decisions/ADR-1.md", "latest.md"]);
        assert_eq!(scratch.read().refused, []);

        scratch.put(".git/config", "token");
        symlink(".git", scratch.task().join("other")).unwrap();
        symlink(".git/config", scratch.task().join("other.md")).unwrap();
        assert_eq!(scratch.names().len(), 4);
        let refused = scratch.read().refused;
        assert_eq!(refused.len(), 2);
        assert!(refused.iter().all(|(_, reason)| reason.contains("hidden")), "{refused:?}");
    }

    #[test]
    fn links_in_circles_end() {
        let scratch = Scratch::new();
        scratch.put("a/one.md", "1");
        scratch.put("b/two.md", "2");
        symlink(".", scratch.task().join("self")).unwrap();
        symlink("../b", scratch.task().join("a/b")).unwrap();
        symlink("../a", scratch.task().join("b/a")).unwrap();
        let found = scratch.read();
        assert_eq!(scratch.names(), ["a/b/two.md", "a/one.md", "b/a/one.md", "b/two.md"]);
        let refused: Vec<_> = found.refused.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(refused, ["a/b/a", "b/a/b", "self"]);
    }

    #[test]
    fn links_that_multiply_folders_end() {
        let scratch = Scratch::new();
        for one in 0..12 {
            fs::create_dir_all(scratch.task().join(format!("d{one}"))).unwrap();
            for other in 0..12 {
                symlink(format!("../d{other}"), scratch.task().join(format!("d{one}/l{other}"))).unwrap();
            }
        }
        let found = scratch.read();
        assert!(found.refused.iter().any(|(_, reason)| reason.starts_with("more than 20000 names")));
    }

    #[test]
    fn the_folders_above_are_no_links() {
        let scratch = Scratch::new();
        let outside = scratch.root.join("outside");
        fs::create_dir_all(outside.join("tasks/T-1")).unwrap();
        fs::create_dir_all(outside.join("T-1")).unwrap();
        fs::write(outside.join("PLAN.md"), "secret").unwrap();
        for link in [".orch/tasks/T-1", ".orch/tasks", ".orch"] {
            let link = scratch.root.join(link);
            fs::create_dir_all(link.parent().unwrap()).unwrap();
            if link.exists() {
                fs::remove_dir_all(&link).unwrap();
            }
            symlink(&outside, &link).unwrap();
            assert_refused(scratch.folders.read(&code()), &link, "a link");
            assert_refused(scratch.write("PLAN.md", "new"), &link, "a link");
            fs::remove_file(&link).unwrap();
        }
        assert_eq!(fs::read(outside.join("PLAN.md")).unwrap(), b"secret");
    }

    #[test]
    fn nothing_is_written_through_a_link() {
        let scratch = Scratch::new();
        scratch.put("real/PLAN.md", "old");
        fs::write(scratch.root.join("outside"), "old").unwrap();
        symlink("real", scratch.task().join("inside")).unwrap();
        symlink(scratch.root.join("outside"), scratch.task().join("out.md")).unwrap();
        symlink("real/PLAN.md", scratch.task().join("in.md")).unwrap();
        for (name, at) in [("inside/PLAN.md", "inside"), ("out.md", "out.md"), ("in.md", "in.md")] {
            assert_refused(scratch.write(name, "new"), &scratch.task().join(at), "a link");
        }
        assert_eq!(fs::read(scratch.root.join("outside")).unwrap(), b"old");
        assert_eq!(fs::read(scratch.task().join("real/PLAN.md")).unwrap(), b"old");
    }

    #[test]
    fn pipes_and_sockets_are_refused_unopened() {
        let scratch = Scratch::new();
        fs::create_dir_all(scratch.task()).unwrap();
        let pipe = scratch.task().join("pipe.md");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        // Opening a pipe without a writer would wait for ever.
        scratch.only_refusal("pipe.md", "plain file");
        assert_refused(scratch.write("pipe.md", "x"), &pipe, "plain file");
        fs::remove_file(&pipe).unwrap();

        assert!(Command::new("mkfifo").arg(scratch.task().join(".pipe")).status().unwrap().success());
        symlink("sub/pipe", scratch.task().join("link.md")).unwrap();
        fs::create_dir(scratch.task().join("sub")).unwrap();
        fs::rename(scratch.task().join(".pipe"), scratch.task().join("sub/pipe")).unwrap();
        assert_eq!(scratch.read().refused.len(), 2);
        fs::remove_dir_all(scratch.task().join("sub")).unwrap();
        fs::remove_file(scratch.task().join("link.md")).unwrap();

        let _socket = std::os::unix::net::UnixListener::bind(scratch.task().join("socket.md")).unwrap();
        scratch.only_refusal("socket.md", "plain file");
    }
}
