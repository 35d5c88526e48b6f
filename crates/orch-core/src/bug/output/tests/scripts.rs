//! Programs in Python, JavaScript, PHP and Ruby that end with an exception.

use super::finds;

#[test]
fn python() {
    finds(
        "Traceback (most recent call last):
  File \"/srv/shop/app.py\", line 12, in run
    load(x)
  File \"/srv/shop/app.py\", line 4, in load
    return {}[x]
           ~~^^^
KeyError: 'k'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File \"/srv/shop/app.py\", line 30, in <module>
    run()
  File \"/srv/shop/app.py\", line 14, in run
    raise CartError(\"cannot load cart 12\") from e
app.CartError: cannot load cart 12
done",
        &[("app.CartError: cannot load cart 12", "/srv/shop/app.py", 4, "load")],
    );
    finds(
        "2026-11-24 21:57:11,528 ERROR root: load failed
Traceback (most recent call last):
  File \"/srv/shop/app.py\", line 4, in load
    return {}[x]
KeyError: 1
  File \"/srv/shop/syn.py\", line 1
    def f(:
          ^
SyntaxError: invalid syntax
  + Exception Group Traceback (most recent call last):
  |   File \"/srv/shop/app.py\", line 20, in many
  |     raise ExceptionGroup(\"many\", [ValueError(1)])
  | ExceptionGroup: many (1 sub-exception)
  +-+---------------- 1 ----------------
    | ValueError: 1
    +------------------------------------
Traceback (most recent call last):
  File \"/srv/shop/db.py\", line 4, in insert
    cursor.execute(sql)
psycopg2.errors.UniqueViolation: duplicate key value violates unique constraint \"carts_pkey\"
DETAIL:  Key (id)=(7) already exists.",
        &[
            ("KeyError: 1", "/srv/shop/app.py", 4, "load"),
            ("SyntaxError: invalid syntax", "/srv/shop/syn.py", 1, "def f(:"),
            ("ExceptionGroup: many (1 sub-exception)", "/srv/shop/app.py", 20, "many"),
            (
                "psycopg2.errors.UniqueViolation: duplicate key value violates unique constraint \"carts_pkey\"",
                "/srv/shop/db.py",
                4,
                "insert",
            ),
        ],
    );
}

#[test]
fn javascript() {
    finds(
        "/srv/shop/rej.js:1
async function load(){ throw new Error(\"outer\", {cause: e}); }
                             ^

Error: outer
    at load (/srv/shop/rej.js:1:82)
    at Object.<anonymous> (/srv/shop/rej.js:2:1)
    ... 5 lines matching cause stack trace ...
    at node:internal/main/run_main_module:28:49 {
  [cause]: Error: cannot load
      at load (/srv/shop/rej.js:1:34)
      at node:internal/main/run_main_module:28:49 {
    code: 'ELOAD'
  }
}

Node.js v20.20.2
Error: Cannot find module '@acme/nope'
Require stack:
- /srv/shop/req.js
    at Module._resolveFilename (node:internal/modules/cjs/loader:1207:15)
    at find (/srv/shop/req.js:1:1) {
  code: 'MODULE_NOT_FOUND',
  requireStack: [ '/srv/shop/req.js' ]
}
failed: TypeError: Cannot read properties of null (reading 'x')
    at add (/srv/shop/log.js:1:12)
TypeError: Cannot read properties of null (reading 'x')
    at add (/srv/shop/log.js:1:12)
(node:123) UnhandledPromiseRejectionWarning: Error: no cart
    at pay (/srv/shop/a.js:3:5)
(node:123) [DEP0018] DeprecationWarning: Unhandled promise rejections are deprecated.

/srv/shop/str.js:1
throw \"a string\"
^
a string
(Use `node --trace-uncaught ...` to show where the exception was thrown)
Unhandled exception:
Exception: no cart
#0      load (file:///srv/shop/cart.dart:3:4)
#1      main (file:///srv/shop/cart.dart:9:4)",
        &[
            ("Error: outer", "/srv/shop/rej.js", 1, "load"),
            ("Error: Cannot find module '@acme/nope'", "/srv/shop/req.js", 1, "find"),
            ("TypeError: Cannot read properties of null (reading 'x')", "/srv/shop/log.js", 1, "add"),
            ("Error: no cart", "/srv/shop/a.js", 3, "pay"),
            ("a string", "", 0, ""),
            ("Exception: no cart", "file:///srv/shop/cart.dart", 3, "load"),
        ],
    );
}

#[test]
fn php() {
    finds(
        "PHP Warning:  Undefined variable $x in /srv/shop/a.php on line 2
PHP Fatal error:  Uncaught RuntimeException: no cart 12 in /srv/shop/src/Cart.php:7
Stack trace:
#0 /srv/shop/src/Shop.php(12): load()
#1 /srv/shop/index.php(3): run()
#2 {main}
  thrown in /srv/shop/src/Cart.php on line 7

Fatal error: Uncaught RuntimeException: no cart 12 in /srv/shop/src/Cart.php:7
Stack trace:
#0 /srv/shop/src/Shop.php(12): load()
#1 /srv/shop/index.php(3): run()
#2 {main}
  thrown in /srv/shop/src/Cart.php on line 7
PHP Parse error:  syntax error, unexpected token \";\" in /srv/shop/b.php on line 4",
        &[
            ("RuntimeException: no cart 12", "/srv/shop/src/Shop.php", 12, "load"),
            ("syntax error, unexpected token \";\"", "/srv/shop/b.php", 4, ""),
        ],
    );
}

#[test]
fn ruby() {
    finds(
        "/srv/shop/cart.rb:3:in `load': no cart 12 (RuntimeError)
\tfrom /srv/shop/cart.rb:7:in `run'
\tfrom /srv/shop/main.rb:2:in `<main>'
/srv/shop/main.rb:3:in 'Shop.pay': no money (Acme::Broke)
\tfrom /srv/shop/main.rb:3:in '<main>'
NoMethodError (undefined method `size' for nil:NilClass):
  app/controllers/carts_controller.rb:69:in `show'
  actionpack (5.1.4) lib/action_dispatch/middleware/show_exceptions.rb:31:in `call'",
        &[
            ("RuntimeError: no cart 12", "/srv/shop/cart.rb", 3, "load"),
            ("Acme::Broke: no money", "/srv/shop/main.rb", 3, "Shop.pay"),
            (
                "NoMethodError (undefined method `size' for nil:NilClass):",
                "app/controllers/carts_controller.rb",
                69,
                "show",
            ),
        ],
    );
}
