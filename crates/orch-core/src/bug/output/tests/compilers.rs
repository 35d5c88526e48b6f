//! What compilers and linkers print.

use super::finds;

#[test]
fn rustc_and_clippy() {
    finds(
        "   Compiling shop v0.1.0 (/srv/shop)
error: expected `;`, found keyword `let`
  --> src/main.rs:11:14
   |
11 |     let y = 5
   |              ^ help: add `;` here
12 |     let z = 3;
   |     --- unexpected token

error[E0425]: cannot find function `undefined_fn` in this scope
  --> src/main.rs:10:5
   |
10 |     undefined_fn(1);
   |     ^^^^^^^^^^^^ not found in this scope

warning: unused variable: `v`
 --> src/main.rs:3:9
  |
3 | fn take(v: Vec<i32>) {}
  |         ^ help: if this is intentional, prefix it with an underscore: `_v`

error: equal expressions as operands to `==`
 --> src/main.rs:2:121
  |
2 |     if a == a {}
  |        ^^^^^^
  |
  = help: for further information visit https://rust-lang.github.io/rust-clippy/rust-1.95.0/index.html#eq_op
  = note: `#[deny(clippy::eq_op)]` on by default

Some errors have detailed explanations: E0308, E0425.
For more information about an error, try `rustc --explain E0308`.
error: could not compile `shop` (bin \"shop\") due to 3 previous errors; 1 warning emitted",
        &[
            ("expected `;`, found keyword `let`", "src/main.rs", 11, "let y = 5"),
            ("error[E0425]: cannot find function `undefined_fn` in this scope", "src/main.rs", 10, "undefined_fn(1);"),
            ("equal expressions as operands to `==`", "src/main.rs", 2, "if a == a {}"),
        ],
    );
}

#[test]
fn linkers() {
    finds(
        "error: linking with `cc` failed: exit status: 1
  |
  = note:  \"cc\" \"-m64\" \"/srv/shop/target/debug/deps/rustcZCGyCP/symbols.o\"
  = note: rust-lld: error: undefined symbol: nowhere_fn
          >>> referenced by main.rs:2 (src/main.rs:2)
          collect2: error: ld returned 1 exit status


error: could not compile `shop` (bin \"shop\") due to 1 previous error
/usr/bin/ld: /tmp/cceyhBdi.o: in function `main':
link.c:(.text+0x5): undefined reference to `nowhere'
/usr/bin/ld: cannot find -lshop: No such file or directory
collect2: error: ld returned 1 exit status
ld.lld: error: undefined symbol: total()
>>> referenced by cart.cc:3
>>>               cart.o:(main)
Undefined symbols for architecture arm64:
  \"_total\", referenced from:
      _main in cart.o
ld: symbol(s) not found for architecture arm64
clang: error: linker command failed with exit code 1 (use -v to see invocation)
clang: error: no such file or directory: 'cart.c'",
        &[
            ("undefined symbol: nowhere_fn", "", 0, ""),
            ("undefined reference to `nowhere'", "", 0, ""),
            ("cannot find -lshop", "", 0, ""),
            ("undefined symbol: total()", "", 0, ""),
            ("undefined symbol: _total", "", 0, ""),
            ("no such file or directory: 'cart.c'", "", 0, ""),
        ],
    );
}

#[test]
fn gcc_and_clang() {
    finds(
        "bad.c:2:10: fatal error: missing.h: No such file or directory
    2 | #include \"missing.h\"
      |          ^~~~~~~~~~~
compilation terminated.
bad2.c: In function ‘f’:
bad2.c:1:23: error: ‘y’ undeclared (first use in this function)
    1 | int f(int x) { return y; }
      |                       ^
bad2.c:1:23: note: each undeclared identifier is reported only once for each function it appears in
bad2.c:2:19: warning: initialization of ‘int’ from ‘char *’ makes integer from pointer without a cast [-Wint-conversion]
    2 | int g() { int z = \"a\"; foo(; }
      |                   ^~~
ok.c:1:29: error: unused variable ‘unused’ [-Werror=unused-variable]
cc1: all warnings being treated as errors
make: *** [Makefile:3: x.o] Error 1
/srv/shop/Sources/Cart.swift:12:9: error: cannot find 'total' in scope
        total()
        ^~~~~
Cart.hs:3:5: error: [GHC-88464]
    Variable not in scope: total :: Int
CMake Error at CMakeLists.txt:12 (find_package):
  By not providing \"FindQt5.cmake\" in CMAKE_MODULE_PATH this project has
  asked CMake to find a package configuration file provided by \"Qt5\".

-- Configuring incomplete, errors occurred!",
        &[
            ("missing.h: No such file or directory", "bad.c", 2, "#include \"missing.h\""),
            ("‘y’ undeclared (first use in this function)", "bad2.c", 1, "int f(int x) { return y; }"),
            ("unused variable ‘unused’ [-Werror=unused-variable]", "ok.c", 1, ""),
            ("cannot find 'total' in scope", "/srv/shop/Sources/Cart.swift", 12, ""),
            ("Variable not in scope: total :: Int", "Cart.hs", 3, ""),
            ("By not providing \"FindQt5.cmake\" in CMAKE_MODULE_PATH this project has", "", 0, ""),
        ],
    );
}

#[test]
fn typescript_and_csharp() {
    finds(
        "a.ts(1,7): error TS2322: Type 'string' is not assignable to type 'number'.
b.ts:4:3 - error TS2345: Argument of type 'number' is not assignable to parameter of type 'string'.

4 f(1);
    ~

  b.ts:5:17 - The expected type comes from property 'b' which is declared here
Found 2 errors in 2 files.
/src/Shop/Cart.cs(12,17): error CS0246: The type or namespace name 'Foo' could not be found [/src/Shop/Shop.csproj]
/src/Shop/Cart.cs(3,1): warning CS0168: The variable 'e' is declared but never used [/src/Shop/Shop.csproj]

Build FAILED.

/src/Shop/Cart.cs(12,17): error CS0246: The type or namespace name 'Foo' could not be found [/src/Shop/Shop.csproj]
    0 Warning(s)
    1 Error(s)
1>cart.cpp(3): error C2065: 'total': undeclared identifier",
        &[
            ("error TS2322: Type 'string' is not assignable to type 'number'.", "a.ts", 1, ""),
            ("error TS2345: Argument of type 'number' is not assignable to parameter of type 'string'.", "b.ts", 4, ""),
            ("error CS0246: The type or namespace name 'Foo' could not be found", "/src/Shop/Cart.cs", 12, ""),
            ("error C2065: 'total': undeclared identifier", "1>cart.cpp", 3, ""),
        ],
    );
}

#[test]
fn javac_maven_kotlin_scala() {
    finds(
        "Bad.java:1: error: cannot find symbol
public class Bad { void f() { undefined(1); } }
                              ^
  symbol:   method undefined(int)
  location: class Bad
1 error",
        &[("cannot find symbol: method undefined(int)", "Bad.java", 1, "")],
    );
    finds(
        "[INFO] Scanning for projects...
[ERROR] COMPILATION ERROR : 
[ERROR] /srv/shop/src/main/java/com/acme/Cart.java:[12,9] cannot find symbol
[ERROR]   symbol:   method total()
[ERROR]   location: class com.acme.Cart
[INFO] BUILD FAILURE
[ERROR] Failed to execute goal org.apache.maven.plugins:maven-compiler-plugin:3.8.1:compile (default-compile) on project shop: Compilation failure
[ERROR] /srv/shop/src/main/java/com/acme/Cart.java:[12,9] cannot find symbol
[ERROR]   symbol:   method total()
[ERROR]   location: class com.acme.Cart
[ERROR] -> [Help 1]",
        &[("cannot find symbol: method total()", "/srv/shop/src/main/java/com/acme/Cart.java", 12, "")],
    );
    finds(
        "> Task :compileKotlin FAILED
e: file:///srv/shop/src/Cart.kt:12:9 Unresolved reference: total
e: /srv/shop/src/Old.kt: (3, 4): Type mismatch: inferred type is String but Int was expected
w: file:///srv/shop/src/Cart.kt:2:9 Variable 'x' is never used
[error] /srv/shop/Cart.scala:12:5: not found: value total
[error]     total
[error]     ^
[error] one error found",
        &[
            ("Unresolved reference: total", "file:///srv/shop/src/Cart.kt", 12, ""),
            ("Type mismatch: inferred type is String but Int was expected", "/srv/shop/src/Old.kt", 3, ""),
            ("not found: value total", "/srv/shop/Cart.scala", 12, ""),
        ],
    );
}

#[test]
fn go() {
    finds(
        "# example.com/shop
./cart.go:12:9: undefined: total
pkg/x.go:3:2: cannot use f() (value of type int) as string value in assignment
\thave (number)
\twant (string)
pkg/x.go:8:2: too many errors",
        &[
            ("undefined: total", "./cart.go", 12, ""),
            ("cannot use f() (value of type int) as string value in assignment", "pkg/x.go", 3, ""),
        ],
    );
}
