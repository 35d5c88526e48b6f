//! What test runners print. The title of a test is the place.

use super::{finds, *};

#[test]
fn cargo_test() {
    finds(
        "running 6 tests
test tests::adds ... FAILED
test tests::error_handling_works ... ok
test tests::returns_err ... FAILED

failures:

---- tests::adds stdout ----
error: printed by the test

thread 'tests::adds' (23925) panicked at src/lib.rs:10:25:
assertion `left == right` failed: sum of 1
  left: 3
 right: 4
stack backtrace:
   0: __rustc::rust_begin_unwind
             at /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/std/src/panicking.rs:689:5
   1: shop::tests::adds
             at ./src/lib.rs:10:25
note: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace.

---- adds_two stdout ----
thread 'adds_two' panicked at 'assertion failed: `(left == right)`
  left: `3`,
 right: `4`', tests/it.rs:9:9
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace

---- tests::returns_err stdout ----
Error: \"bad cart\"

---- tests::should_but_does_not stdout ----
note: test did not panic as expected at src/lib.rs:15:32

failures:
    tests::adds
    adds_two
    tests::returns_err
    tests::should_but_does_not

test result: FAILED. 2 passed; 4 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.09s

error: test failed, to rerun pass `--lib`",
        &[
            ("assertion `left == right` failed: sum of 1", "./src/lib.rs", 10, "tests::adds"),
            ("assertion failed: `(left == right)`", "tests/it.rs", 9, "adds_two"),
            ("\"bad cart\"", "", 0, "tests::returns_err"),
            ("test did not panic as expected", "", 0, "tests::should_but_does_not"),
        ],
    );
}

#[test]
fn nextest_names_the_same_bugs_as_cargo_test() {
    let nextest = "    Starting 10 tests across 2 binaries
        FAIL [   0.009s] ( 1/10) shop tests::adds
  stdout ───

    running 1 test
    test tests::adds ... FAILED

    failures:

    failures:
        tests::adds

    test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 9 filtered out; finished in 0.00s

  stderr ───

    thread 'tests::adds' (25565) panicked at src/lib.rs:10:25:
    assertion `left == right` failed: sum of 1
      left: 3
     right: 4
    note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace

        PASS [   0.005s] ( 4/10) shop tests::error_handling_works
        FAIL [   0.006s] ( 6/10) shop tests::returns_err
  stderr ───
    Error: \"bad cart\"

────────────
     Summary [   0.039s] 10 tests run: 8 passed, 2 failed, 0 skipped
        FAIL [   0.009s] ( 1/10) shop tests::adds
        FAIL [   0.006s] ( 6/10) shop tests::returns_err
error: test run failed";
    let cargo = "---- tests::adds stdout ----

thread 'tests::adds' (23925) panicked at src/lib.rs:10:25:
assertion `left == right` failed: sum of 1
  left: 3
 right: 4
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace

---- tests::returns_err stdout ----
Error: \"bad cart\"

failures:";
    let expected = [
        ("assertion `left == right` failed: sum of 1", "src/lib.rs", 10, "tests::adds"),
        ("\"bad cart\"", "", 0, "tests::returns_err"),
    ];
    finds(nextest, &expected);
    finds(cargo, &expected);
    let both = find(&format!("{nextest}\n{cargo}"), Some(ROOT));
    assert_eq!(both.len(), 2, "{both:?}");
}

#[test]
fn pytest() {
    let summary = "=========================== short test summary info ============================
FAILED test_shop.py::T::test_eq - AssertionError: 1 != 2
FAILED test_shop.py::test_chain - app.CartError: cannot load cart 12
FAILED test_shop.py::test_par[1] - assert [1] == [3]
ERROR test_shop.py::test_fix - RuntimeError: no db
===================== 3 failed, 2 passed, 1 error in 0.06s =====================";
    let text = format!(
        "collected 10 items

test_shop.py FF..FFEFFF                                                [100%]

==================================== ERRORS ====================================
__________________________ ERROR at setup of test_fix __________________________

    @pytest.fixture
>   def broken(): raise RuntimeError(\"no db\")
E   RuntimeError: no db

test_shop.py:14: RuntimeError
=================================== FAILURES ===================================
__________________________________ T.test_eq ___________________________________

self = <test_shop.T testMethod=test_eq>

>   def test_eq(self): self.assertEqual(1, 2)
E   AssertionError: 1 != 2

test_shop.py:3: AssertionError
__________________________________ test_chain __________________________________

    def run(x):
>           load(x)
E       KeyError: 'k'

app.py:4: KeyError

The above exception was the direct cause of the following exception:

test_shop.py:12: 
_ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ 

>           raise CartError(\"cannot load cart 12\") from e
E           app.CartError: cannot load cart 12

app.py:9: CartError
_________________________________ test_par[1] __________________________________

    def test_par(n):
>       assert [n] == [3]
E       assert [1] == [3]
E         
E         At index 0 diff: 1 != 3

test_shop.py:19: AssertionError
----------------------------- Captured stdout call -----------------------------
Traceback (most recent call last):
  File \"a.py\", line 1, in printed
KeyError: 'printed'
{summary}"
    );
    finds(
        &text,
        &[
            ("RuntimeError: no db", "test_shop.py", 14, "ERROR at setup of test_fix"),
            ("AssertionError: 1 != 2", "test_shop.py", 3, "T.test_eq"),
            ("app.CartError: cannot load cart 12", "app.py", 4, "test_chain"),
            ("assert [1] == [3]", "test_shop.py", 19, "test_par[1]"),
        ],
    );
    // without the reports the summary is all there is
    finds(
        summary,
        &[
            ("AssertionError: 1 != 2", "", 0, "test_shop.py::T::test_eq"),
            ("app.CartError: cannot load cart 12", "", 0, "test_shop.py::test_chain"),
            ("assert [1] == [3]", "", 0, "test_shop.py::test_par[1]"),
            ("RuntimeError: no db", "", 0, "test_shop.py::test_fix"),
        ],
    );
}

#[test]
fn unittest() {
    finds(
        "FE.
======================================================================
ERROR: test_err (ut.T.test_err)
----------------------------------------------------------------------
Traceback (most recent call last):
  File \"/srv/shop/ut.py\", line 4, in test_err
    def test_err(self): app.load(\"k\")
  File \"/srv/shop/app.py\", line 4, in load
    return {}[x]
KeyError: 'k'

======================================================================
FAIL: test_eq (ut.T.test_eq)
----------------------------------------------------------------------
Traceback (most recent call last):
  File \"/srv/shop/ut.py\", line 3, in test_eq
    def test_eq(self): self.assertEqual(1, 2)
AssertionError: 1 != 2

----------------------------------------------------------------------
Ran 3 tests in 0.005s

FAILED (failures=1, errors=1)",
        &[
            ("KeyError: 'k'", "/srv/shop/app.py", 4, "test_err"),
            ("AssertionError: 1 != 2", "/srv/shop/ut.py", 3, "test_eq"),
        ],
    );
}

#[test]
fn go_test() {
    let verbose = "=== RUN   TestAdd
    cart_test.go:9: Add(1, 1) = 3, want 2
--- FAIL: TestAdd (0.00s)
=== RUN   TestCart
=== RUN   TestCart/empty
    cart_test.go:17: 
        \tError Trace:\t/srv/shop/cart_test.go:17
        \tError:      \tNot equal: 
        \t            \texpected: 0
=== RUN   TestCart/error_handling
--- FAIL: TestCart (0.00s)
    --- FAIL: TestCart/empty (0.00s)
    --- PASS: TestCart/error_handling (0.00s)
=== RUN   TestNil
--- FAIL: TestNil (0.00s)
panic: runtime error: invalid memory address or nil pointer dereference [recovered]
\tpanic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x4f1d2a]

goroutine 8 [running]:
testing.tRunner.func1.2({0x50e5c0, 0x6394b0})
\t/usr/local/go/src/testing/testing.go:1545 +0x238
example.com/shop.(*Cart).Len(...)
\t/srv/shop/cart.go:12
example.com/shop.TestNil(0xc0000b6680?)
\t/srv/shop/cart_test.go:30 +0x2a
FAIL\texample.com/shop\t0.006s
FAIL";
    finds(
        verbose,
        &[
            ("Add(1, 1) = 3, want 2", "cart_test.go", 9, "TestAdd"),
            ("Not equal:", "cart_test.go", 17, "TestCart/empty"),
            (
                "panic: runtime error: invalid memory address or nil pointer dereference",
                "/srv/shop/cart.go",
                12,
                "TestNil",
            ),
        ],
    );
    finds(
        "--- FAIL: TestAdd (0.00s)
    cart_test.go:9: Add(1, 1) = 3, want 2
--- FAIL: TestCart (0.00s)
    --- FAIL: TestCart/empty (0.00s)
        cart_test.go:17: not empty
FAIL
FAIL\texample.com/shop\t0.002s
ok  \texample.com/errors\t0.002s",
        &[("Add(1, 1) = 3, want 2", "cart_test.go", 9, "TestAdd"), ("not empty", "cart_test.go", 17, "TestCart/empty")],
    );
}

#[test]
fn junit_dotnet_and_gtest() {
    finds(
        "[INFO] Scanning for projects...
[ERROR] Tests run: 2, Failures: 1, Errors: 0, Skipped: 0, Time elapsed: 0.05 s <<< FAILURE! - in com.acme.CartTest
[ERROR] com.acme.CartTest.adds  Time elapsed: 0.01 s  <<< FAILURE!
org.opentest4j.AssertionFailedError: expected: <3> but was: <2>
\tat org.junit.jupiter.api.AssertionUtils.fail(AssertionUtils.java:55)
\tat com.acme.CartTest.adds(CartTest.java:12)

[ERROR] Failures: 
[ERROR]   CartTest.adds:12 expected: <3> but was: <2>
[INFO] BUILD FAILURE
[ERROR] Failed to execute goal org.apache.maven.plugins:maven-surefire-plugin:2.22.2:test (default-test) on project shop: There are test failures.",
        &[(
            "org.opentest4j.AssertionFailedError: expected: <3> but was: <2>",
            "CartTest.java",
            12,
            "com.acme.CartTest.adds",
        )],
    );
    finds(
        "CartTest > adds() FAILED
    org.opentest4j.AssertionFailedError: expected: <3> but was: <2>
        at app//com.acme.CartTest.adds(CartTest.java:12)

CartTest > loads FAILED
    java.lang.NullPointerException at CartTest.java:19

2 tests completed, 2 failed

FAILURE: Build failed with an exception.",
        &[
            (
                "org.opentest4j.AssertionFailedError: expected: <3> but was: <2>",
                "CartTest.java",
                12,
                "CartTest > adds()",
            ),
            ("java.lang.NullPointerException", "", 0, "CartTest > loads"),
        ],
    );
    finds(
        "[xUnit.net 00:00:00.52]     Shop.Tests.CartTests.Adds [FAIL]
  Failed Shop.Tests.CartTests.Adds [12 ms]
  Error Message:
   Assert.Equal() Failure: Values differ
Expected: 3
Actual:   2
  Stack Trace:
     at Shop.Tests.CartTests.Adds() in /srv/shop/CartTests.cs:line 12

Failed!  - Failed:     1, Passed:     2, Skipped:     0, Total:     3, Duration: 20 ms",
        &[("Assert.Equal() Failure: Values differ", "/srv/shop/CartTests.cs", 12, "Shop.Tests.CartTests.Adds")],
    );
    finds(
        "[ RUN      ] Cart.Adds
/srv/shop/cart_test.cc:12: Failure
Expected equality of these values:
  add(1, 2)
    Which is: 3
[  FAILED  ] Cart.Adds (0 ms)
[ RUN      ] Cart.Errors
[       OK ] Cart.Errors (0 ms)
[  FAILED  ] 1 test, listed below:
[  FAILED  ] Cart.Adds",
        &[("Expected equality of these values:", "/srv/shop/cart_test.cc", 12, "Cart.Adds")],
    );
}
