use proptest::strategy::Strategy;

use super::*;

/// Each line that ends with `@name` is in the function `name`; with `@` alone it is in none.
#[track_caller]
fn functions(file_name: &str, text: &str) {
    let mut checked = 0;
    for (index, line) in text.lines().enumerate() {
        let Some((_, expected)) = line.rsplit_once(" @@") else { continue };
        let expected = expected.trim_end_matches("*/").trim();
        let line_number = u32::try_from(index + 1).unwrap();
        let found = look(file_name, text, line_number).unwrap();
        let expected = (!expected.is_empty()).then(|| expected.to_owned());
        assert_eq!(found.function, expected, "{file_name}:{line_number}: {line}");
        checked += 1;
    }
    assert!(checked > 0);
}

#[test]
fn the_text_of_a_line() {
    let text = "a\r\n  b  \n\nlast";
    let at = |line| look("x.txt", text, line).map(|place| place.text);
    assert_eq!(at(0), None);
    assert_eq!(at(1).as_deref(), Some("a"));
    assert_eq!(at(2).as_deref(), Some("b"));
    assert_eq!(at(3).as_deref(), Some(""));
    assert_eq!(at(4).as_deref(), Some("last"));
    assert_eq!(at(5), None);
    assert_eq!(look("x.rs", "", 1), None);
    // a name is never empty
    assert_eq!(look("a.cc", "int `` (x) { \n}", 1).unwrap().function, None);
    assert_eq!(look("x.rs", "a\n", 2), None);
    assert_eq!(look("x.rs", "é".repeat(1000).as_str(), 1).unwrap().text.len(), 512);
}

#[test]
fn rust() {
    functions(
        "crates/shop-core/src/cart.rs",
        r##"
use std::fmt; // @@

const X: &str = "fn no() {"; // @@
/* fn never() { /* nested */ // @@
*/
pub(crate) async fn add<'a, T: Into<Vec<u8>>>( // @@shop_core::cart::add
    a: &'a str, // @@shop_core::cart::add
    b: [u8; 4],
) -> Result<(), Box<dyn Error>> // @@shop_core::cart::add
where
    T: Copy,
{
    let c = '{'; // @@shop_core::cart::add
    let d = r#"}"} fn x() {"#; // @@shop_core::cart::add
    if a == "}" {
        items.iter().map(|x| {
            x.unwrap() // @@shop_core::cart::add
        });
    } else { // @@shop_core::cart::add
    }
    fn inner() {
        1 // @@shop_core::cart::add::inner
    }
    match d { _ => 1 } // @@shop_core::cart::add
} // @@shop_core::cart::add

impl<T> fmt::Display for &'static Cart<T> {
    const A: u8 = 1; // @@
    #[inline] // @@shop_core::cart::Cart::fmt
    fn fmt(&self) -> fmt::Result {
        self.x // @@shop_core::cart::Cart::fmt
    }
}
mod tests {
    #[test]
    fn adds() { assert!(false) } // @@shop_core::cart::tests::adds
    macro_rules! m {
        ($x:ident) => { fn $x() { 1 } }; // @@
    }
}
trait Pay { fn pay(&self); fn twice(&self) {
        self.pay() // @@shop_core::cart::Pay::twice
    } }
"##,
    );
    functions("src/main.rs", "fn main() {\n    x // @@main\n}\n");
    functions("tests/it.rs", "fn adds() {\n    x // @@it::adds\n}\n");
}

#[test]
fn python() {
    functions(
        "src/cart.py",
        r#"
import os  # @@
def add(a, # @@add
        b=")"): # @@add
    """
def no():  @@add
    """
    x = [
1, # @@add
    ]
    def inner():
        return 1 # @@inner

    # a comment @@add
# another
    return x # @@add

class Cart:
    size = 1 # @@Cart
    @property
    async def total(self):
        if self: # @@total
            raise X # @@total
        s = 'it''s """'
        return s # @@total
x = 1 # @@
"#,
    );
}

#[test]
fn javascript() {
    functions(
        "src/cart.tsx",
        r#"
import x from "y"; // @@
export default async function load({ a, b = {} }: Props): Promise<{ a: number }> { // @@load
  const re = /["'{]/g; // @@load
  const t = `}${a ? `{${b}` : "}"}}`; // @@load
  for (const a of b) {
    a(); // @@load
  }
  list.map((x) => {
    return x.y; // @@load
  });
  return <p onClick={() => { b(); }}>Don't {a}</p>; // @@load
}
const pay = async (a: Item): Promise<void> => {
  a(); // @@pay
};
const short = a =>
  a.b; // @@short
const value = compute(); // @@
export class Cart extends Base {
  total = 0; // @@
  constructor(private a: A) {
    super(); // @@new Cart
  }
  static async load<T>(a: T): Promise<T> { // @@Cart.load
    await a; // @@Cart.load
  }
  get size() { return 1 } // @@Cart.get size
  #hidden() { return 1 } // @@Cart.#hidden
  [open]() {
    a() // @@Cart.[open]
  }
  after() {
    const g = () => a()
  } // @@Cart.after
  handle = (e) => {
    if (e) { e() } // @@Cart.handle
  }
}
module.exports = {
  add(a) {
    a() // @@Object.add
  },
  sub: function () {
    a() // @@sub
  }, mul: (a) => {
    a() // @@mul
  }
}
exports.div = function (a) {
  a() // @@exports.div
}
Shop.prototype.open = function () {
  a() // @@Shop.open
}
function allman()
{
  a() // @@allman
}
foo(function () {
  a() // @@
})
"#,
    );
}

#[test]
fn jvm() {
    functions(
        "src/Cart.java",
        r#"
/* a note */
package com.acme.shop; // @@

public class Cart<T extends Item> extends Base { // @@
    private int[] a = { 1, 2 }; // @@
    static { load(); } // @@com.acme.shop.Cart.<clinit>
    @Inject(names = { "a", "}" })
    public Cart(int a) throws X { // @@com.acme.shop.Cart.<init>
        this.a = a; // @@com.acme.shop.Cart.<init>
    }
    @Override public <R> List<Map<String, R>> add(final List<? extends T> items) { // @@com.acme.shop.Cart.add
        if (items == null) { throw new X("{"); } // @@com.acme.shop.Cart.add
        run(new Runnable() {
            public void run() {
                go(); // @@com.acme.shop.Cart.add
            }
        });
        return items.stream().map(x -> { return x; }).toList(); // @@com.acme.shop.Cart.add
    }
    enum Op { PLUS("+") { int apply(int a) { return a; } }; } // @@
    static class Line {
        int total() {
            return 1; // @@com.acme.shop.Cart$Line.total
        }
    }
}
"#,
    );
    functions(
        "src/cart.kt",
        r#"
package com.acme // @@

fun top(a: Int = 1) { // @@com.acme.CartKt.top
    println("${a.map { it }}") // @@com.acme.CartKt.top
}
fun <T> List<T>.second(): T = this[1] // @@com.acme.CartKt.second
data class Cart(
    val a: Int,
) : Base(a), Pay {
    init { check() } // @@com.acme.Cart.<init>
    val x = 1 // @@
    override suspend fun pay(f: () -> Unit = {}): Int {
        val g = object : X { override fun y() { z() } } // @@com.acme.Cart.pay
        return when (a) { 1 -> 2 else -> 3 } // @@com.acme.Cart.pay
    }
    companion object {
        fun of() = Cart(1) // @@com.acme.Cart$Companion.of
    }
    fun `adds many`() {
        x // @@com.acme.Cart.adds many
    }
}
"#,
    );
}

#[test]
fn go() {
    functions(
        "cart/cart.go",
        r#"
// Package main does.
package main // @@

type Cart struct { a int } // @@
var s = `
func no() { // @@
`
func (c *Cart) Add( // @@main.(*Cart).Add
	a int,
) error {
	go func() {
		panic("}") // @@main.(*Cart).Add
	}()
	for i := range a { x(i) } // @@main.(*Cart).Add
	return nil // @@main.(*Cart).Add
}
func any(a interface{}, b struct{ c int }) interface{} { x() } // @@main.any
func (c Cart) Len() int { return 1 } // @@main.Cart.Len
func (l *List[T]) Push(x T) { y() } // @@main.(*List[...]).Push
func Map[T any](x T) { y() } // @@main.Map[...]
"#,
    );
}

#[test]
fn php() {
    functions(
        "src/Cart.php",
        r#"<p>Don't { </p>
<?php
namespace Acme\Shop; // @@

function helper(array $a = []) {
    $x = "function no() {"; // @@Acme\Shop\helper
    # a { comment
    return <<<SQL
    function no() { @@Acme\Shop\helper
    SQL;
}
final class Cart extends Base {
    #[Pure]
    public function add(Item $item): void { // @@Acme\Shop\Cart->add
        $f = function ($x) use ($item) {
            y(); // @@Acme\Shop\Cart->add
        };
        ?> <b>it's { </b> <?php
        z(); // @@Acme\Shop\Cart->add
    }
    public static function load() { y(); } // @@Acme\Shop\Cart::load
}
"#,
    );
}

#[test]
fn ruby() {
    functions(
        "lib/cart.rb",
        r#"
require "x" # @@
module Shop
  class Cart < Base
    attr_reader :a # @@
    def add(item) # @@Shop::Cart#add
      items.each do |i|
        i.x # @@Shop::Cart#add
      end
      x = <<~SQL
    def no # @@Shop::Cart#add
      SQL
    rescue X
      y # @@Shop::Cart#add
    end # @@Shop::Cart#add
    CONST = 1 # @@
    def self.load = new # @@Shop::Cart.load
    private def empty?
      true # @@Shop::Cart#empty?
    end
    class << self
      def make
        1 # @@Shop::Cart.make
      end
    end
    def ==(other)
      a # @@Shop::Cart#==
    end
  end
end
def run
  x # @@Object#run
end
"#,
    );
}

#[test]
fn native() {
    functions(
        "src/cart.cc",
        r#"
#include <vector> // @@
#define BEGIN if (x) { \
  y {
extern "C" {
int plain(int a) { return a; } // @@plain
}
struct point { int x; }; // @@
static const int table[] = { 1, 2 }; // @@
MAKE_SETTERS(point)

struct point *make_point(int x)
{
again:
    each(x) {
        y(); // @@make_point
    }
#ifdef A
    if (x) {
#else
    if (y) {
#endif
        z('{', "}"); // @@make_point
    }
    for_each(x, y) {
        z(); // @@make_point
    }
}
namespace shop::core {
template <typename T, int N = (1 > 0)>
class Cart : public Base<T> {
  Cart(int a) : a_(a), b_{a} { // @@shop::core::Cart::Cart
    x(); // @@shop::core::Cart::Cart
  }
  virtual ~Cart() { x(); } // @@shop::core::Cart::~Cart
  bool operator==(const Cart& other) const noexcept { return x; } // @@shop::core::Cart::operator==
  int a_ = 1'000; // @@
};
namespace {
__attribute__((cold)) std::vector<int> Cart<T>::add(std::function<void(int)> f) const { // @@shop::core::(anonymous namespace)::Cart::add
  auto g = [&](int x) { return x; }; // @@shop::core::(anonymous namespace)::Cart::add
  auto s = R"x(} } ")x"; // @@shop::core::(anonymous namespace)::Cart::add
  switch (x) { case 1: { y(); } } // @@shop::core::(anonymous namespace)::Cart::add
}
}
}
int main() {
  x(); // @@main
}
"#,
    );
}

#[test]
fn csharp_and_swift() {
    functions(
        "Cart.cs",
        r#"
using System; // @@
namespace Acme.Shop;

[Serializable]
public sealed class Cart<T> : Base, IPay where T : new() {
    private int a = 1; // @@
    public Cart(int a) : base(a) { x(); } // @@Acme.Shop.Cart.ctor
    public int Total { get { return 1; } set => a = value; } // @@Acme.Shop.Cart.get_Total
    public int Size => a; // @@Acme.Shop.Cart.get_Size
    [Fact]
    public async Task<int> Add(Item item, int[] x = null) // @@Acme.Shop.Cart.Add
    {
        if (x == null) { throw new X(@"}\"); } // @@Acme.Shop.Cart.Add
        int Local(int y) { return y; } // @@Acme.Shop.Cart.Add
        return x.Select(y => { return y; }); // @@Acme.Shop.Cart.Add
    }
    int Short<U>(U x) => x.Y; // @@Acme.Shop.Cart.Short
}
"#,
    );
    functions(
        "Cart.swift",
        r"
import Foundation // @@
func top(_ a: Int) throws -> Int { a } // @@top
extension Shop.Cart: Pay {
    static let x = 1 // @@
    init?(a: Int) { self.a = a } // @@Shop.Cart.init
    var total: Int { a } // @@Shop.Cart.total.getter
    class func make() -> Cart {
        guard let x = y else { return z } // @@Shop.Cart.make
        items.forEach { $0.x() } // @@Shop.Cart.make
        return x // @@Shop.Cart.make
    }
}
",
    );
}

#[test]
fn a_line_keeps_its_function_when_code_above_it_moves() {
    let code = "impl Cart {\n    fn add(&self) {\n        self.x()\n    }\n}\n";
    let before = look("src/a.rs", code, 3).unwrap();
    let moved = format!("use x;\n\nfn other() {{\n    1\n}}\n\n{code}");
    assert_eq!(look("src/a.rs", &moved, 9).unwrap(), before);
    assert_eq!(before.function.as_deref(), Some("a::Cart::add"));
}

#[test]
fn large_and_strange_files_end() {
    let names = ["a.rs", "a.py", "a.ts", "a.java", "a.kt", "a.go", "a.php", "a.rb", "a.cc", "a.cs", "a.swift"];
    let units = [
        "{",
        "}",
        "(",
        "<",
        "a<",
        "/",
        "/(",
        "'",
        "\"",
        "`",
        "`${",
        "\"\"\"",
        "r#",
        "R\"",
        "<<<a\n",
        "<<~A\n",
        "#",
        "#\n",
        "\\",
        "\\\n",
        "f():a{}",
        "f(){",
        "{a:{}},",
        "fn a(){",
        "class a{",
        "def a\n",
        " def a\n",
        "/*",
        "//",
        "*/",
        "?><?php ",
        "é",
        "@",
        "x = a => {",
        "operator",
        "::",
        "a.",
        ",",
        ";",
        "\n",
        "function a(",
        "=",
        "b'",
        "'a",
    ];
    for unit in units {
        let text = unit.repeat(40_000 / unit.len());
        let lines = u32::try_from(text.lines().count()).unwrap();
        for name in names {
            assert!(look(name, &text, lines).is_some(), "{name} {unit}");
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_file_is_survived(
        pieces in proptest::collection::vec(proptest::prop_oneof![
            "\\PC{0,4}", "[{}()\\[\\]<>;:=,.'\"`/\\\\#@$*?\n ]{1,4}",
            proptest::sample::select(vec!["fn ", "def ", "class ", "function ", "func ", "fun ", "namespace ", "package ", "operator", "=>", "${", "<?php", "?>",
                "<<<A\n", "<<~A\n", "R\"(", "r#\"", "\"\"\"", "'''", "/*", "*/", "end\n", "get", "prototype", "impl ", "for ", "\u{feff}"]).prop_map(str::to_owned),
        ], 0..60),
        line in 0_u32..20,
    ) {
        let text = pieces.concat();
        for name in ["a.rs", "a.py", "a.ts", "a.java", "a.kt", "a.go", "a.php", "a.rb", "a.cc", "a.cs", "a.swift", "a"] {
            let found = look(name, &text, line);
            proptest::prop_assert_eq!(found.is_some(), line > 0 && text.split_inclusive('\n').count() >= line as usize);
        }
    }
}
