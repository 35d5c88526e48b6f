//! What the test runners of JavaScript print. The title of a test is the place.

use super::finds;

#[test]
fn jest_and_vitest() {
    finds(
        "FAIL t/cart.test.js
  cart
    ✕ adds items (4 ms)
    ✓ handles error cases

  ● Console

    console.error
      Error: printed
          at Object.<anonymous> (/srv/shop/con.test.js:1:41)

  ● cart › adds items

    expect(received).toBe(expected) // Object.is equality

    Expected: 3
    Received: 2

    > 3 |   test('adds items', () => { expect(1 + 1).toBe(3); });
        |                                            ^

      at Object.toBe (t/cart.test.js:3:44)

  ● cart › throws

    TypeError: Cannot read properties of undefined (reading 'length')

      at length (t/cart.test.js:1:39)
      at Object.add (t/cart.test.js:4:26)

Test Suites: 1 failed, 1 total
Tests:       2 failed, 1 passed, 3 total",
        &[
            ("expect(received).toBe(expected) // Object.is equality", "t/cart.test.js", 3, "cart › adds items"),
            ("TypeError: Cannot read properties of undefined (reading 'length')", "t/cart.test.js", 1, "cart › throws"),
        ],
    );
    finds(
        " ❯ v/cart.test.mjs (5 tests | 1 failed) 66ms
     × adds items 9ms

⎯⎯⎯⎯⎯⎯⎯ Failed Tests 1 ⎯⎯⎯⎯⎯⎯⎯

 FAIL  v/cart.test.mjs > cart > adds items
AssertionError: expected 2 to be 3 // Object.is equality

- Expected
+ Received

- 3
+ 2

 ❯ v/cart.test.mjs:4:44
      3| describe('cart', () => {
      4|   test('adds items', () => { expect(1 + 1).toBe(3); });
       |                                            ^

⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯[1/1]⎯

 Test Files  1 failed (1)",
        &[("AssertionError: expected 2 to be 3 // Object.is equality", "v/cart.test.mjs", 4, "cart > adds items")],
    );
}

#[test]
fn mocha_and_node() {
    finds(
        "  cart
    1) adds items
    ✔ handles error cases

  1 passing (4ms)
  2 failing

  1) cart
       adds items:

      AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:

2 !== 3

      + expected - actual

      -2
      +3
      
      at Context.<anonymous> (m/cart.js:3:35)
      at process.processImmediate (node:internal/timers:483:21)

  2) cart
       nested
         \"before each\" hook for \"deep\":
     Error: hook broke
      at Context.<anonymous> (m/cart.js:6:106)",
        &[
            ("AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:", "m/cart.js", 3, "adds items"),
            ("Error: hook broke", "m/cart.js", 6, "\"before each\" hook for \"deep\""),
        ],
    );
    finds(
        "✖ adds items (6.058403ms)
  AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:
  
  2 !== 3
  
      at TestContext.<anonymous> (file:///srv/shop/m/nt.mjs:2:35)
      at node:internal/test_runner/harness:255:12 {
    code: 'ERR_ASSERTION',
    actual: 2
  }

✔ ok error (0.216041ms)
✖ failing tests:

test at m/nt.mjs:2:1
✖ adds items (6.058403ms)
  AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:
  
  2 !== 3
  
      at TestContext.<anonymous> (file:///srv/shop/m/nt.mjs:2:35)
      at node:internal/test_runner/harness:255:12 {
    code: 'ERR_ASSERTION',
    actual: 2
  }",
        &[(
            "AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:",
            "file:///srv/shop/m/nt.mjs",
            2,
            "adds items",
        )],
    );
    finds(
        "TAP version 13
# Subtest: adds items
not ok 1 - adds items
  ---
  duration_ms: 2.059461
  failureType: 'testCodeFailure'
  error: |-
    Expected values to be strictly equal:
    
    2 !== 3
    
  code: 'ERR_ASSERTION'
  ...
ok 2 - ok error
1..2",
        &[("Expected values to be strictly equal:", "", 0, "adds items")],
    );
}

#[test]
fn phpunit() {
    finds(
        "PHPUnit 11.5.3 by Sebastian Bergmann and contributors.

..FE                                                                4 / 4 (100%)

Time: 00:00.012, Memory: 8.00 MB

There was 1 error:

1) Tests\\Unit\\CartTest::test_load with data set \"empty\" ('')
Error: Call to undefined method Cart::load()

/srv/shop/tests/Unit/CartTest.php:21

--

There was 1 failure:

1) Tests\\Unit\\CartTest::test_total
Failed asserting that 2 matches expected 3.

/srv/shop/tests/Unit/CartTest.php:15

FAILURES!
Tests: 4, Assertions: 4, Errors: 1, Failures: 1.",
        &[
            (
                "Error: Call to undefined method Cart::load()",
                "/srv/shop/tests/Unit/CartTest.php",
                21,
                "Tests\\Unit\\CartTest::test_load",
            ),
            (
                "Failed asserting that 2 matches expected 3.",
                "/srv/shop/tests/Unit/CartTest.php",
                15,
                "Tests\\Unit\\CartTest::test_total",
            ),
        ],
    );
}

#[test]
fn rspec_and_minitest() {
    finds(
        "F.F

Failures:

  1) Cart adds up totals
     Failure/Error: expect(cart.total).to eq 3

       expected: 3
            got: 2

       (compared using ==)
     # ./spec/cart_spec.rb:6:in 'block (2 levels) in <top (required)>'

  2) Cart loads
     Failure/Error: cart.load

     NoMethodError:
       undefined method 'load' for an instance of Cart
     # ./spec/cart_spec.rb:10:in 'block (2 levels) in <top (required)>'

Finished in 0.01 seconds (files took 0.05 seconds to load)
3 examples, 2 failures",
        &[
            ("expect(cart.total).to eq 3", "./spec/cart_spec.rb", 6, "Cart adds up totals"),
            ("NoMethodError: undefined method 'load' for an instance of Cart", "./spec/cart_spec.rb", 10, "Cart loads"),
        ],
    );
    finds(
        "Run options: --seed 1

# Running:

FE

  1) Failure:
CartTest#test_total [test/cart_test.rb:7]:
Expected: 3
  Actual: 2

  2) Error:
CartTest#test_load:
NoMethodError: undefined method 'load' for an instance of Cart
    test/cart_test.rb:11:in 'test_load'

2 runs, 1 assertions, 1 failures, 1 errors, 0 skips",
        &[
            ("Expected: 3", "test/cart_test.rb", 7, "CartTest#test_total"),
            (
                "NoMethodError: undefined method 'load' for an instance of Cart",
                "test/cart_test.rb",
                11,
                "CartTest#test_load",
            ),
        ],
    );
}
