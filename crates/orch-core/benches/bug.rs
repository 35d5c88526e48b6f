//! How many messages of about 120 bytes a second are normalized and hashed, and how fast whole reports are.

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use orch_core::bug::{Fingerprinter, Report, fingerprint, normalize};

fn main() {
    divan::main();
}

/// Messages of many kinds, 120 bytes each on average.
fn messages() -> Vec<String> {
    let kinds: [fn(usize) -> String; 8] = [
        |n| {
            format!(
                "could not connect to 10.1.{}.{}:5432 after {n} ms: Connection refused, giving up on this attempt of the billing worker",
                n % 256,
                n % 199
            )
        },
        |n| {
            format!(
                "TypeError: unsupported operand type(s) for +: 'int' and 'NoneType' while adding the totals of invoice {n} in batch {}",
                n * 7
            )
        },
        |n| {
            format!(
                "2025-03-09T21:14:05.{:03}Z ERROR worker-{n}: job 4b0c1a9e-77d2-4f1b-9a55-0c2d8e6f7a{:02x} failed with status 502 Bad Gateway",
                n % 1000,
                n % 256
            )
        },
        |n| {
            format!(
                "relation \"orders_archive\" does not exist at character {n}, statement was prepared by session 0x7ffd{n:08x} of the pool"
            )
        },
        |n| {
            format!(
                "ENOENT: no such file or directory, open '/opt/ci/agent{n}/build/app/config/settings.yaml' (exit code 2), tried {n} times in all"
            )
        },
        |n| {
            format!(
                "error[E0308]: mismatched types: expected `u64`, found `Option<u64>` in the call of `checked_total`, while building unit {n} of app"
            )
        },
        |n| {
            format!(
                "request GET https://api.example.com/v1/items/{n}?page={n} by user alice{n}@example.com timed out after 30.{n}s on the third try"
            )
        },
        |n| {
            format!(
                "panic: runtime error: index out of range [{n}] with length {}, recovered in handler of the shop; restart number {n} follows",
                n / 2
            )
        },
    ];
    (0..4096).map(|n| kinds[n % kinds.len()](n)).collect()
}

#[divan::bench]
fn message_to_template(bencher: Bencher<'_, '_>) {
    let messages = messages();
    let bytes: usize = messages.iter().map(String::len).sum();
    bencher.counter(ItemsCount::new(messages.len())).counter(BytesCount::new(bytes)).bench_local(|| {
        let mut out = Vec::with_capacity(4096);
        for message in &messages {
            out.clear();
            normalize::append(divan::black_box(message), "", &mut out);
            divan::black_box(&out);
        }
    });
}

#[divan::bench]
fn message_to_key(bencher: Bencher<'_, '_>) {
    let messages = messages();
    bencher.counter(ItemsCount::new(messages.len())).bench_local(|| {
        let mut out = Vec::with_capacity(4096);
        for message in &messages {
            out.clear();
            normalize::append(divan::black_box(message), "", &mut out);
            let template = std::str::from_utf8(&out).unwrap_or_default();
            divan::black_box(fingerprint::key([("message", template)]));
        }
    });
}

#[divan::bench]
fn report_to_fingerprint(bencher: Bencher<'_, '_>) {
    let (messages, fingerprinter) = (messages(), Fingerprinter::default());
    let stack = "Traceback (most recent call last):\n  File \"/srv/app/src/cart.py\", line 12, in <module>\n    main()\n  \
                 File \"/srv/app/src/cart.py\", line 7, in main\n    total(cart)\n  File \"/srv/app/src/total.py\", line 31, in total\n    \
                 return a + b\nTypeError: unsupported operand type(s) for +: 'int' and 'NoneType'\n";
    bencher.counter(ItemsCount::new(messages.len())).bench_local(|| {
        for message in &messages {
            let report = Report { message, stack: Some(stack), project_root: Some("/srv/app"), ..Report::default() };
            divan::black_box(fingerprinter.fingerprint(divan::black_box(&report)));
        }
    });
}
