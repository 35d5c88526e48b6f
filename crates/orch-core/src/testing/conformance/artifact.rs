//! Cases of the port for the contents of artifacts, which are saved with a task's change.

use super::bench::{Bench, assert_refused, draft_of, task_code};
use super::fact::{artifact_name, save};
use crate::artifact::sha256_hex;
use crate::refusal::Refusal;
use crate::store::{Store, TaskChange, TaskContext, TaskScope};

async fn content<S: Store>(bench: &Bench<S>, task: &str, name: &str) -> Option<Vec<u8>> {
    bench.store.artifact(&task_code(task), &artifact_name(name)).await.expect("artifacts can be read")
}

/// Bytes of every kind come back, and the task names their size and hash.
pub async fn contents_come_back_byte_for_byte<S: Store>(bench: &Bench<S>) {
    bench.create("TSK-001").await;
    assert_eq!(content(bench, "TSK-001", "PLAN.md").await, None);
    let every_byte: Vec<u8> = (0..=u8::MAX).collect();
    let large: Vec<u8> =
        (0..1_u32 << 20).map(|at| u8::try_from(at.wrapping_mul(2_654_435_761) >> 24).unwrap_or(0)).collect();
    for (name, bytes) in [
        ("empty.md", &b""[..]),
        ("nul.bin", b"\0a\0\0"),
        ("bytes.bin", &every_byte),
        ("broken-utf8.md", b"\xff\xfe\xc3\x28"),
        ("crlf.md", b"a\r\nb\n\xef\xbb\xbf"),
        ("\u{65e5}\u{672c}/\u{e9}t\u{e9} 1.md", "日本".as_bytes()),
        ("large.bin", &large),
    ] {
        bench.change("TSK-001", |draft| save(draft, name, bytes)).await;
        let stored = content(bench, "TSK-001", name).await;
        assert!(stored.as_deref() == Some(bytes), "the content of {name} is another");
        let task = bench.task("TSK-001").await;
        let meta = &task.artifacts[&artifact_name(name)];
        assert_eq!((meta.size, meta.sha256.as_str()), (bytes.len() as u64, sha256_hex(bytes).as_str()), "{name}");
        assert_eq!(meta.saved_at, task.updated_at, "{name}");
    }
    assert_eq!(bench.task("TSK-001").await.artifacts.len(), 7);
}

/// Saving again replaces the content; the same content again is no change.
pub async fn the_last_content_counts<S: Store>(bench: &Bench<S>) {
    bench.create("TSK-001").await;
    bench.change("TSK-001", |draft| save(draft, "PLAN.md", b"a much longer first text")).await;
    bench.change("TSK-001", |draft| save(draft, "PLAN.md", b"second")).await;
    assert_eq!(content(bench, "TSK-001", "PLAN.md").await.as_deref(), Some(&b"second"[..]));
    let same = bench.change("TSK-001", |draft| save(draft, "PLAN.md", b"second")).await;
    assert!(same.event_ids.is_empty(), "{same:?}");
    bench.change("TSK-001", |draft| save(draft, "PLAN.md", b"")).await;
    assert_eq!(content(bench, "TSK-001", "PLAN.md").await.as_deref(), Some(&b""[..]));
    let twice = |draft: &mut crate::draft::Draft| {
        save(draft, "PLAN.md", b"third");
        save(draft, "PLAN.md", b"fourth");
    };
    bench.change("TSK-001", twice).await;
    assert_eq!(content(bench, "TSK-001", "PLAN.md").await.as_deref(), Some(&b"fourth"[..]));
    assert_eq!(bench.task("TSK-001").await.artifacts.len(), 1);
}

/// A name belongs to one task, and its letters' case counts.
pub async fn names_are_those_of_one_task<S: Store>(bench: &Bench<S>) {
    for code in ["TSK-001", "TSK-002"] {
        bench.create(code).await;
    }
    bench.change("TSK-001", |draft| save(draft, "PLAN.md", b"one")).await;
    assert_eq!(content(bench, "TSK-002", "PLAN.md").await, None);
    assert_eq!(content(bench, "TSK-404", "PLAN.md").await, None);
    bench.change("TSK-002", |draft| save(draft, "PLAN.md", b"two")).await;
    bench.change("TSK-001", |draft| save(draft, "plan.md", b"three")).await;
    assert_eq!(content(bench, "TSK-001", "PLAN.md").await.as_deref(), Some(&b"one"[..]));
    assert_eq!(content(bench, "TSK-001", "plan.md").await.as_deref(), Some(&b"three"[..]));
    assert_eq!(content(bench, "TSK-002", "PLAN.md").await.as_deref(), Some(&b"two"[..]));
}

/// One change may save several artifacts, also with the same content.
pub async fn several_come_with_one_change<S: Store>(bench: &Bench<S>) {
    bench.create("TSK-001").await;
    let names = ["a.md", "b.md", "adr/ADR-1.md"];
    let outcome = bench.change("TSK-001", |draft| names.iter().for_each(|name| save(draft, name, b"same"))).await;
    assert_eq!(outcome.event_ids.len(), 3);
    for name in names {
        assert_eq!(content(bench, "TSK-001", name).await.as_deref(), Some(&b"same"[..]), "{name}");
    }
}

/// A refused change leaves contents as they were.
pub async fn a_refused_change_saves_none<S: Store>(bench: &Bench<S>) {
    bench.create("TSK-001").await;
    bench.change("TSK-001", |draft| save(draft, "PLAN.md", b"kept")).await;
    let request = bench.request("tester");
    let decide = |context: TaskContext| {
        let mut draft = draft_of(&context, &request)?;
        save(&mut draft, "PLAN.md", b"lost");
        save(&mut draft, "NEW.md", b"lost");
        Err::<TaskChange<()>, _>(Refusal::EmptyReason)
    };
    assert_refused(bench.store.change_task(&request, &TaskScope::of(&task_code("TSK-001")), decide).await);
    assert_eq!(content(bench, "TSK-001", "PLAN.md").await.as_deref(), Some(&b"kept"[..]));
    assert_eq!(content(bench, "TSK-001", "NEW.md").await, None);
}
