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
