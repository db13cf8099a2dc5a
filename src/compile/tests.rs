//! The whole compiler on small programs: what it makes of them, and what it refuses.

use super::{Options, compile_module};
use crate::code::dump::dump;
use crate::source::Source;
use crate::syntax::parse_module;

fn compiled(text: &str) -> Result<String, Vec<String>> {
    let source = Source::new("test", text);
    let module = parse_module(&source).expect("the programs of these tests parse");
    let options = Options { top_level_await: true, ..Options::default() };
    match compile_module(&module, source, options) {
        Ok(code) => Ok(dump(&code)),
        Err(errors) => Err(errors.into_iter().map(|e| e.message.into_owned()).collect()),
    }
}

#[track_caller]
fn shows(text: &str, lines: &[&str]) {
    let code = compiled(text).expect("it compiles");
    for line in lines {
        assert!(code.contains(line), "{line:?} is not in\n{code}");
    }
}

#[track_caller]
fn refuses(text: &str, messages: &[&str]) {
    assert_eq!(compiled(text).expect_err("it does not compile"), messages);
}

#[test]
fn captured_variables_are_cells() {
    let text = "def f(a, b):\n def g():\n  nonlocal a\n  a = b\n return g";
    shows(text, &["cells a b", "g = function f.<locals>.g captures (b& a&)", "free b a", "a^ = b^"]);
}

#[test]
fn comprehensions_run_inside_and_do_not_see_class_names() {
    shows("def f(xs):\n return [x for x in xs if x]", &["return [%2 for %2 in xs if %2]"]);
    shows("def f(z):\n return [x for x in [y for y in z]]", &["[%2 for %2 in [%3 for %3 in z]]"]);
    shows("class C:\n y = 1\n z = [y for _ in ()]", &[".z = [@y for %2 in ()]"]);
    shows("def f():\n return [lambda: i for i in g()]", &["for %1& in @g() cells %1"]);
}

#[test]
fn only_proved_locals_are_unchecked() {
    shows("def f(a):\n if a:\n  b = 1\n return b", &["return b?"]);
    shows("def f(a):\n if a:\n  b = 1\n else:\n  b = 2\n return b", &["return b\n"]);
    shows("def f():\n while True:\n  x = 1\n  break\n return x", &["return x\n"]);
    shows("def f(x):\n for i in x:\n  g(x)\n  del x", &["@g(x?)"]);
    shows("def f():\n try:\n  x = g()\n except E:\n  pass\n return x", &["return x?"]);
}

#[test]
fn super_gets_its_class_and_first_parameter() {
    shows("class C:\n def f(self):\n  super().f()", &["cell %2", "@super(__class__^, self?).f()"]);
}

#[test]
fn operands_before_a_suspension_are_spilled_in_order() {
    let text = "async def f(x):\n return g(x, *a, k=await h()) + 1";
    shows(text, &["0 %2 = @g", "1 %3 = x", "2 %4 = [*@a]", "3 %5 = await @h()", "return (!%2(!%3, *!%4, k=!%5) + 1)"]);
}

#[test]
fn an_awaited_result_goes_straight_to_its_variable() {
    shows("async def f():\n x = await g()\n return x", &["0 x = await @g()"]);
    shows("async def f(x):\n x += await g()", &["0 %2 = await @g()", "x += !%2"]);
    // What is added to is read before: here it may be something else afterwards.
    shows("async def f(x):\n x += await g(x := 1)", &["0 %2 = x", "1 %3 = await @g(", "%2 += !%3", "x = !%2"]);
}

#[test]
fn leaving_a_block_runs_its_finally_outside_its_region() {
    let text = "async def f():\n try:\n  return await g()\n finally:\n  h()";
    let code = compiled(text).expect("it compiles");
    // The value is kept, the copy of `finally` (1) lies outside 0..1.
    assert!(code.contains("    0 %2 = await @g()\n    1 do\n        @h()\n    2 return !%2\n"), "{code}");
    assert!(code.contains("region 0..1 -> "), "{code}");
    assert!(!code.contains("region 0..2 -> "), "{code}");
}

#[test]
fn break_leaves_an_async_with() {
    let text = "async def f():\n while True:\n  async with a:\n   break";
    shows(text, &["aexit %1 with None", "region 2..3 -> "]);
}

#[test]
fn errors_come_in_source_order() {
    refuses(
        "return 1\nbreak\ndef f(a, a): pass",
        &["'return' outside function", "'break' outside loop", "duplicate argument 'a' in function definition"],
    );
    refuses("def f():\n nonlocal x", &["no binding for nonlocal 'x' found"]);
    refuses("def f(): await x", &["'await' outside async function"]);
    refuses("match x:\n case a: pass\n case 1: pass", &["name capture 'a' makes remaining patterns unreachable"]);
    refuses("f(a=1, a=2)", &["keyword argument repeated: a"]);
}

#[test]
fn deep_programs_compile_on_a_small_stack() {
    let sum = format!("x = {}1", "a + ".repeat(2900));
    let attributes = format!("x = a{}", ".b".repeat(2900));
    let mut elifs = "if a: pass\n".to_owned();
    elifs.push_str(&"elif b: pass\n".repeat(900));
    let nested = (0..90).map(|i| format!("{}if a:\n", " ".repeat(i))).collect::<String>() + &" ".repeat(90) + "pass\n";
    let lists = format!("x = {}{}", "[".repeat(190), "]".repeat(190));
    let run = move || {
        for text in [sum, attributes, elifs, nested, lists] {
            assert!(compiled(&text).is_ok());
            let body: String = text.lines().map(|l| format!(" {l}\n")).collect();
            assert!(compiled(&format!("async def f():\n await x\n{body}")).is_ok());
        }
    };
    let thread = std::thread::Builder::new().stack_size(8 << 20).spawn(run).expect("threads can be made");
    thread.join().expect("nothing overflows");
}
