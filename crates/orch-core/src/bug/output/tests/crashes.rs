//! Programs that crash.

use super::finds;

#[test]
fn panics_of_rust() {
    finds(
        "    Finished `dev` profile [unoptimized + debuginfo] target(s) in 0.01s
     Running `target/debug/shop`

thread 'main' (25525) panicked at src/main.rs:1:40:
index out of bounds: the len is 2 but the index is 4
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
        &[("index out of bounds: the len is 2 but the index is 4", "src/main.rs", 1, "1")],
    );
    finds(
        "thread 'main' panicked at 'no cart', src/main.rs:2:5
stack backtrace:
   0: std::panicking::begin_panic
   1: shop::load
             at ./src/main.rs:2:5
   2: shop::main
             at ./src/main.rs:9:5
note: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace.

thread 'main' has overflowed its stack
Error: cannot load settings

Caused by:
    0: cannot read /etc/shop.toml
    1: No such file or directory (os error 2)",
        &[
            ("no cart", "./src/main.rs", 2, "shop::load"),
            ("thread 'main' has overflowed its stack", "", 0, ""),
            ("cannot load settings", "", 0, ""),
        ],
    );
}

#[test]
fn sanitizers() {
    finds(
        "=================================================================
==26008==ERROR: AddressSanitizer: heap-use-after-free on address 0x602000000014 at pc 0x55b4b4fbe1c0 bp 0x7ffdf48548b0 sp 0x7ffdf48548a8
READ of size 4 at 0x602000000014 thread T0
    #0 0x55b4b4fbe1bf in use /srv/shop/uaf.c:2
    #1 0x55b4b4fbe1f6 in main /srv/shop/uaf.c:3

0x602000000014 is located 4 bytes inside of 8-byte region [0x602000000010,0x602000000018)
freed by thread T0 here:
    #0 0x7fb5806b76a8 in __interceptor_free ../../../../src/libsanitizer/asan/asan_malloc_linux.cpp:52
    #1 0x55b4b4fbe1ea in main /srv/shop/uaf.c:3

SUMMARY: AddressSanitizer: heap-use-after-free /srv/shop/uaf.c:2 in use
Shadow bytes around the buggy address:
=>0x0c047fff8000: fa fa[fd]fa fa fa fa fa fa fa fa fa fa fa fa fa
==26008==ABORTING
leak.c:4:27: runtime error: signed integer overflow: 2147483647 + 1 cannot be represented in type 'int'
    #0 0x564a6bfa71ca in grow /srv/shop/leak.c:4
    #1 0x564a6bfa71fa in main /srv/shop/leak.c:5

=================================================================
==26016==ERROR: LeakSanitizer: detected memory leaks

Direct leak of 8 byte(s) in 1 object(s) allocated from:
    #0 0x7fa04bcb89cf in __interceptor_malloc ../../../../src/libsanitizer/asan/asan_malloc_linux.cpp:69
    #1 0x564a6bfa71e4 in fill /srv/shop/leak.c:5

SUMMARY: AddressSanitizer: 8 byte(s) leaked in 1 allocation(s).",
        &[
            (
                "==26008==ERROR: AddressSanitizer: heap-use-after-free on address 0x602000000014 at pc 0x55b4b4fbe1c0 bp 0x7ffdf48548b0 sp 0x7ffdf48548a8",
                "/srv/shop/uaf.c",
                2,
                "use",
            ),
            (
                "runtime error: signed integer overflow: 2147483647 + 1 cannot be represented in type 'int'",
                "/srv/shop/leak.c",
                4,
                "grow",
            ),
            ("==26016==ERROR: LeakSanitizer: detected memory leaks", "/srv/shop/leak.c", 5, "fill"),
        ],
    );
}

#[test]
fn signals_and_debuggers() {
    finds("bash: line 1: 26024 Segmentation fault      ./segv\ndone", &[("Segmentation fault", "", 0, "")]);
    finds("Segmentation fault (core dumped)", &[("Segmentation fault", "", 0, "")]);
    finds("zsh: segmentation fault  ./a.out", &[("segmentation fault", "", 0, "")]);
    finds(
        "Program received signal SIGSEGV, Segmentation fault.
0x0000555555555145 in crash (p=0x0) at segv.c:2
2\tint crash(int *p) { return *p; }
#0  0x0000555555555145 in crash (p=0x0) at segv.c:2
#1  0x0000555555555196 in main (c=1, v=0x7fffffffe7f8) at segv.c:3",
        &[("Segmentation fault", "segv.c", 2, "crash")],
    );
    finds(
        "error: test failed, to rerun pass `--lib`

Caused by:
  process didn't exit successfully: `/srv/shop/target/debug/deps/shop-1` (signal: 11, SIGSEGV: invalid memory reference)",
        &[("SIGSEGV: invalid memory reference", "", 0, "")],
    );
    finds(
        "<--- JS stacktrace --->

FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory
----- Native stack trace -----

segv: segv.c:3: main: Assertion `c == 1 && \"no args\"' failed.
bash: line 1: 26026 Aborted                 ./segv 1
terminate called after throwing an instance of 'std::out_of_range'
  what():  vector::_M_range_check: __n (which is 3) >= this->size() (which is 0)
bash: line 1: 11334 Aborted                 ./thr 1
free(): double free detected in tcache 2",
        &[
            ("FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", "", 0, ""),
            ("Assertion `c == 1 && \"no args\"' failed.", "segv.c", 3, ""),
            ("std::out_of_range: vector::_M_range_check: __n (which is 3) >= this->size() (which is 0)", "", 0, ""),
            ("free(): double free detected in tcache 2", "", 0, ""),
        ],
    );
}

#[test]
fn java_and_dotnet() {
    finds(
        "Exception in thread \"main\" java.lang.IllegalStateException: cannot run 12
\tat com.acme.App.run(App.java:3)
\tat com.acme.App.main(App.java:4)
Caused by: java.io.IOException: no disk
\tat com.acme.App.load(App.java:2)
\t... 2 more",
        &[("java.lang.IllegalStateException: cannot run 12", "App.java", 2, "com.acme.App.load")],
    );
    finds(
        "Nov 24, 2026 9:57:27 PM App main
SEVERE: failed
com.acme.NoDisk: disk 7
\tat com.acme.App.load(App.java:2)
\tat com.acme.App.main(App.java:4)",
        &[("com.acme.NoDisk: disk 7", "App.java", 2, "com.acme.App.load")],
    );
    finds(
        "Unhandled exception. System.InvalidOperationException: no cart
 ---> System.IO.FileNotFoundException: Could not find file '/data/cart.json'.
   at System.IO.Strategies.FileStreamHelpers.Open(String path)
   at Acme.Shop.Disk.Read(String path) in /srv/shop/Disk.cs:line 9
   --- End of inner exception stack trace ---
   at Acme.Shop.Cart.Load() in /srv/shop/Cart.cs:line 20",
        &[("System.InvalidOperationException: no cart", "/srv/shop/Disk.cs", 9, "Acme.Shop.Disk.Read")],
    );
}

#[test]
fn panics_of_go() {
    finds(
        "panic: cannot open store

goroutine 1 [running]:
main.open({0x4a1b2c, 0x5})
\t/srv/shop/main.go:14 +0x5d
main.main()
\t/srv/shop/main.go:8 +0x1d

goroutine 7 [chan receive]:
main.wait()
\t/srv/shop/main.go:30 +0x1d
exit status 2
2019/01/15 07:48:05 http: panic serving [::1]:54143: test panic
goroutine 24 [running]:
net/http.(*conn).serve.func1(0xc00007eaa0)
\t/usr/local/go/src/net/http/server.go:1746 +0xd0
main.doPanic(0x12f0ea0, 0xc00010e1c0, 0xc000104400)
\t/srv/shop/httppanic.go:8 +0x39

fatal error: all goroutines are asleep - deadlock!

goroutine 1 [chan receive]:
main.main()
\t/srv/shop/main.go:8 +0x1d",
        &[
            ("panic: cannot open store", "/srv/shop/main.go", 14, "main.open"),
            ("http: panic serving [::1]:54143: test panic", "/srv/shop/httppanic.go", 8, "main.doPanic"),
            ("fatal error: all goroutines are asleep - deadlock!", "/srv/shop/main.go", 8, "main.main"),
        ],
    );
}
