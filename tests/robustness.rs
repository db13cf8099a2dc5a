//! No script crashes the process: whatever is fed to the binary, it ends by itself with a status and an error,
//! never by a signal and never in a panic.

#[path = "support/crash.rs"]
mod crash;
#[path = "support/files.rs"]
mod files;
#[path = "support/mutation.rs"]
mod mutation;
#[path = "support/process.rs"]
mod process;
#[path = "support/random.rs"]
mod random;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use mutation::mutate;
use random::Random;

/// Memory that a run may map, in KiB: what asks for more has to be refused, not given.
const MEMORY: u32 = 3 << 20;

/// How many scripts spoilt at random each run of the suite tries; `tests/mutate.rs` tries more.
const MUTANTS: u64 = 300;

/// A script with a name.
type Named = (String, Vec<u8>);

/// Runs `script` in virtual time and judges how it ended; `must_say` is what stderr must contain.
fn judge(name: &str, script: &[u8], must_say: &str, limit: Duration) -> Result<(), String> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.aio"));
    fs::write(&path, script).map_err(|error| error.to_string())?;
    let result = process::run(&mut command(&path), limit);
    let output = result.map_err(|fault| format!("{name}: {fault} ({})", path.display()))?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    if crash::of(&output).is_none() && stderr.contains(must_say) {
        let _ = fs::remove_file(&path);
        return Ok(());
    }
    let end: Vec<&str> = stderr.trim_end().lines().rev().take(3).collect();
    let end: Vec<String> = end.into_iter().rev().map(|line| line.chars().take(200).collect()).collect();
    Err(format!("{name}: {}, wanted {must_say:?} ({})\n    {}", output.status, path.display(), end.join("\n    ")))
}

/// The binary under a memory limit. The shell sets it, since the limit has to be set in the child.
fn command(path: &Path) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -v {MEMORY}; ulimit -c 0; exec \"$0\" \"$@\"")]);
    command.args([env!("CARGO_BIN_EXE_aio"), "--virtual-time", "--errors", "traceback"]).arg(path);
    command.current_dir(env!("CARGO_TARGET_TMPDIR"));
    command
}

/// Judges all scripts, two at a time, and fails with the list of those that ended badly.
fn judge_all(scripts: Vec<Named>, must_say: &str) {
    let queue = Mutex::new(scripts);
    let faults = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().expect("nothing panics under this lock").pop();
                    let Some((name, script)) = next else { break };
                    if let Err(fault) = judge(&name, &script, must_say, Duration::from_secs(60)) {
                        faults.lock().expect("nothing panics under this lock").push(fault);
                    }
                }
            });
        }
    });
    let faults = faults.into_inner().expect("nothing panics under this lock");
    assert!(faults.is_empty(), "{} ended badly\n{}", faults.len(), faults.join("\n"));
}

fn named(prefix: &str, scripts: Vec<(&str, String)>) -> Vec<Named> {
    scripts.into_iter().map(|(name, script)| (format!("{prefix}_{name}"), script.into_bytes())).collect()
}

#[test]
fn garbage_is_an_error() {
    const MARKS: &[u8] = b"()[]{}:,.'\"\\\n\t #f";
    let mut random = Random::new(7);
    let mut scripts: Vec<Named> = Vec::new();
    for (i, size) in [1, 2, 10, 100, 1000, 10_000, 100_000, 1_000_000].into_iter().enumerate() {
        scripts.push((format!("bytes_{i}"), (0..size).map(|_| random.below(256) as u8).collect()));
        scripts.push((format!("ascii_{i}"), (0..size).map(|_| 32 + random.below(95) as u8).collect()));
        scripts.push((format!("marks_{i}"), (0..size).map(|_| MARKS[random.below(MARKS.len())]).collect()));
    }
    let fixed: [(&str, &[u8]); 14] = [
        ("nothing", b""),
        ("nul", b"a = 1\0b = 2\n"),
        ("bom", b"\xef\xbb\xbfprint(1)\n"),
        ("bom_twice", b"\xef\xbb\xbf\xef\xbb\xbfprint(1)\n"),
        ("latin_1", b"# caf\xe9\nprint('\xe9')\n"),
        ("surrogate", b"print('\xed\xa0\x80')\nprint('\\ud800')\n"),
        ("overlong", b"x = '\xc0\x80'\n"),
        ("returns", b"a = 1\rb = 2\r\rprint(a + b)\r"),
        ("backslash", b"a = 1 + \\"),
        ("triple", b"a = '''never closed\n\n"),
        ("fstring", b"f'{a!r:{b:{c"),
        ("escape", b"'\\N{no such name} \\x \\u12 \\U99999999'"),
        ("dedent", b"if 1:\n        a\n    b\n  c\n"),
        ("form_feed", b"\x0c\x0c  \x0c\nif 1:\n\x0c  a = 1\n"),
    ];
    scripts.extend(fixed.map(|(name, script)| (name.to_string(), script.to_vec())));
    for (name, mark) in [("quotes", "\""), ("apostrophes", "'"), ("continued", "\\\n"), ("tabs", "\t"), ("digits", "9")]
    {
        scripts.push((format!("many_{name}"), mark.repeat(1_000_000).into_bytes()));
    }
    judge_all(scripts, "");
}

#[test]
fn deep_nesting_is_an_error() {
    const N: usize = 100_000;
    let nest = |open: &str, inner: &str, close: &str| open.repeat(N) + inner + &close.repeat(N);
    let blocks =
        |head: &str, n: usize| (0..n).map(|i| " ".repeat(i) + head + "\n").collect::<String>() + &" ".repeat(n) + "x";
    let mut scripts = named(
        "nest",
        vec![
            ("parentheses", nest("(", "1", ")")),
            ("brackets", nest("[", "1", "]")),
            ("braces", nest("{", "1", "}")),
            ("mixed", nest("([{", "1", "}])")),
            ("calls", nest("f(", "1", ")")),
            ("indices", nest("a[", "1", "]")),
            ("dicts", nest("{1: ", "1", "}")),
            ("tuples", nest("(", "1", ",)")),
            ("targets", nest("[", "a", "]") + " = 1"),
            ("comprehensions", nest("[x for x in ", "y", "]")),
            ("lambdas", "lambda: ".repeat(N) + "1"),
            ("fstrings", nest("f'{", "1", "}'")),
            ("patterns", "match 1:\n case ".to_string() + &nest("[", "a", "]") + ": pass\n"),
            ("annotations", "a: ".to_string() + &nest("x[", "1", "]")),
            ("indents", blocks("if 1:", 10_000)),
            ("tries", blocks("try:", 1000)),
            ("defs", blocks("def f():", 1000)),
            ("async_withs", "async def f():\n".to_string() + &blocks(" async with a:", 90)),
        ],
    );
    for (name, mark) in
        [("parentheses", "("), ("brackets", "["), ("braces", "{"), ("closing", ")"), ("fstrings", "f'{")]
    {
        scripts.push((format!("open_{name}"), mark.repeat(N).into_bytes()));
    }
    for (name, mark) in
        [("minus", "-"), ("plus", "+"), ("tilde", "~"), ("not", "not "), ("await", "await "), ("star", "*")]
    {
        scripts.push((format!("unary_{name}"), (mark.repeat(N) + "1").into_bytes()));
    }
    judge_all(scripts, "");
}

#[test]
fn long_chains_are_no_crash() {
    const N: usize = 100_000;
    let chain = |first: &str, next: &str| first.to_string() + &next.repeat(N) + "\n";
    let scripts = named(
        "chain",
        vec![
            ("sum", "print(".to_string() + &chain("1", "+1").replace('\n', ")")),
            ("sum_of_names", "a = 1\n".to_string() + &chain("b = a", " + a - a")),
            ("powers", chain("x = 1", "**1")),
            ("comparisons", chain("x = 1", "<1")),
            ("ands", chain("x = 1", " and 1")),
            ("ors", chain("x = 0", " or 0")),
            ("conditionals", chain("x = 1", " if 1 else 1")),
            ("attributes", chain("x", ".x")),
            ("calls", chain("print", "()")),
            ("indices", chain("x", "[0]")),
            ("assignments", chain("x = 1", "").replace("x = 1", &("x = ".repeat(N) + "1"))),
            ("strings", chain("x = 'a'", " 'a'")),
            ("elements", "x = [".to_string() + &chain("0", ", 0").replace('\n', "]")),
            ("statements", chain("x = 1", "; x = 1")),
            ("lines", chain("x = 1", "\nx = x + 1") + "print(x)\n"),
            ("elifs", "if 0: pass\n".to_string() + &"elif 0: pass\n".repeat(N) + "else: print(1)\n"),
            ("excepts", "try: pass\n".to_string() + &"except 0: pass\n".repeat(N)),
            ("decorators", "@print\n".repeat(N) + "def f(): pass\n"),
            ("parameters", "def f(".to_string() + &(0..N).map(|i| format!("a{i},")).collect::<String>() + "): pass\n"),
            ("arguments", "print(*[], ".to_string() + &"1,".repeat(N) + ")\n"),
            ("clauses", "[1 ".to_string() + &"for x in () ".repeat(N) + "]\n"),
            ("dots", "from ".to_string() + &".".repeat(N) + " import a\n"),
            ("withs", "with ".to_string() + &"a as b, ".repeat(N) + "a: pass\n"),
            ("alternatives", "match 1:\n case ".to_string() + &"1 | ".repeat(N) + "1: pass\n"),
        ],
    );
    judge_all(scripts, "");
}

#[test]
fn deep_structures_are_no_crash() {
    let build = "def nest(n):\n  x = []\n  for i in range(n): x = [x]\n  return x\n";
    let over = |n: usize, rest: &str| format!("{build}x = nest({n})\ny = nest({n})\n{rest}\n");
    let scripts = named(
        "deep",
        vec![
            ("repr", over(5000, "print(repr(x))")),
            ("str", over(5000, "f'{x}'")),
            ("equal", over(5000, "print(x == y)")),
            ("less", over(5000, "print(x < y)")),
            ("del", over(5000, "del x, y\nprint('gone')")),
            ("del_long", over(1_000_000, "del x, y\nprint('gone')")),
            ("tuple_hash", "x = ()\nfor i in range(100000): x = (x,)\nhash(x)".into()),
            ("tuple_repr", "x = ()\nfor i in range(100000): x = (x,)\nrepr(x)".into()),
            ("dict", "x = {}\nfor i in range(100000): x = {1: x}\nprint(x == {1: x})\nrepr(x)".into()),
            ("set", "x = frozenset()\nfor i in range(20000): x = frozenset([x])\nrepr(x)".into()),
            ("linked", "class N: pass\nx = None\nfor i in range(300000):\n  n = N(); n.next = x; x = n\ndel x, n".into()),
            ("closures", "f = lambda: 1\nfor i in range(100000): f = (lambda g: lambda: g())(f)\nf()".into()),
            ("bound", "f = print\nimport functools\nfor i in range(10000): f = functools.partial(f, 1)\nf()".into()),
            ("generators", "g = iter([1])\nfor i in range(100000): g = (x for x in g)\nnext(g)".into()),
            ("maps", "g = [1]\nfor i in range(100000): g = map(abs, g)\nprint(list(g))".into()),
            ("long_maps", "g = [1]\nfor i in range(3000000): g = map(abs, g)\nnext(g)".into()),
            ("long_zips", "g = [1]\nfor i in range(1000000): g = zip(g, [1])\nfor a, b in g: pass".into()),
            ("long_enumerates", "g = [1]\nfor i in range(1000000): g = enumerate(g)\nfor a, b in g: pass".into()),
            ("chains", "import itertools\ng = [1]\nfor i in range(1000000): g = itertools.chain(g, [1])\nnext(g)".into()),
            ("islices", "import itertools\ng = [1]\nfor i in range(1000000): g = itertools.islice(g, 5)\nlist(g)".into()),
            ("pairs", "import itertools\ng = [1]\nfor i in range(300000): g = itertools.pairwise(g)\nlist(g)".into()),
            ("zips_longest", "import itertools\ng = [1]\nfor i in range(300000): g = itertools.zip_longest(g)\nlist(g)".into()),
            ("groups_by_key", "import itertools\ng = [1]\nfor i in range(100000): g = itertools.groupby(g)\nlist(g)".into()),
            ("tees", "import itertools\ng = iter([1])\nfor i in range(300000): g = itertools.chain(itertools.tee(g)[0])\nlist(g)".into()),
            ("repeats", "import itertools\ng = 1\nfor i in range(100000): g = itertools.repeat(g)\nrepr(g)".into()),
            ("getters", "import operator\ng = 1\nfor i in range(100000): g = operator.itemgetter(g)\nrepr(g)".into()),
            ("accumulates", "import itertools\ng = [1]\nfor i in range(1000000): g = itertools.accumulate(g)\nlist(g)".into()),
            ("chained_errors", "e = None\nfor i in range(20000):\n  n = ValueError(i); n.__cause__ = e; e = n\nraise e".into()),
            ("contexts", "e = None\nfor i in range(20000):\n  n = ValueError(i); n.__context__ = e; e = n\nraise e".into()),
            ("groups", "e = ValueError(1)\nfor i in range(5000): e = ExceptionGroup('g', [e])\nraise e".into()),
            ("groups_split", "e = ValueError(1)\nfor i in range(5000): e = ExceptionGroup('g', [e])\ntry: raise e\nexcept* TypeError: pass".into()),
            ("self_list", "x = []\nx.append(x)\nprint(x)\nprint(x == x)\ny = [x]\ny.append(y)\nx == y\nhash((1, x))".into()),
            ("self_dict", "x = {}\nx[1] = x\nprint(x)\ny = {}\ny[1] = y\nx == y".into()),
            ("inherit", "class A: pass\nfor i in range(1000): A = type('A', (A,), {})\nA().missing".into()),
            ("coroutines", "async def f(c):\n  if c: await c\nc = None\nfor i in range(100000): c = f(c)\nc.send(None)".into()),
            ("dropped", "async def f(c):\n  if c: await c\nc = None\nfor i in range(100000): c = f(c)\ndel c".into()),
            ("isinstance", "t = int\nfor i in range(100000): t = (t,)\nisinstance('a', t)".into()),
            ("percent", "x = ()\nfor i in range(100000): x = [x]\n'%s' % (x,)".into()),
            ("unpack", "x = []\nfor i in range(100000): x = [*x, 1] if i < 100 else [x]\nprint(*x)".into()),
        ],
    );
    judge_all(scripts, "");
}

#[test]
fn endless_recursion_is_a_recursion_error() {
    let class = |body: &str, use_it: &str| format!("class A:\n  {body}\na = A()\n{use_it}\n");
    let scripts = named(
        "endless",
        vec![
            ("def", "def f(): return f()\nf()".into()),
            ("def_with_arguments", "def f(*a, **k): return 1 + f(1, *a, b=2)\nf()".into()),
            ("lambda", "f = lambda: f()\nf()".into()),
            ("two", "def f(): g()\ndef g(): f()\nf()".into()),
            ("method", class("def f(self): return self.f()", "a.f()")),
            ("repr", class("def __repr__(self): return repr(self)", "repr(a)")),
            ("repr_in_list", class("def __repr__(self): return repr([self, 1])", "print(a)")),
            ("str", class("def __str__(self): return f'{self}'", "print(a)")),
            ("format", class("def __format__(self, s): return format(self, s)", "f'{a:x}'")),
            ("eq", class("def __eq__(self, o): return self == o", "a == 1")),
            ("eq_in_list", class("def __eq__(self, o): return [self] == [o]", "a == A()")),
            ("lt", class("def __lt__(self, o): return sorted([self, o]) and True", "a < A()")),
            ("hash", class("def __hash__(self): return hash((self,))", "{a: 1}")),
            ("bool", class("def __bool__(self): return not self", "if a: pass")),
            ("len", class("def __len__(self): return len(self)", "len(a)")),
            ("add", class("def __add__(self, o): return self + o", "a + 1")),
            ("iadd", class("def __iadd__(self, o): self += o", "a += 1")),
            ("getattr", class("def __getattr__(self, n): return self.missing", "a.b")),
            ("getattribute", class("def __getattribute__(self, n): return self.b", "a.b")),
            ("setattr", class("def __setattr__(self, n, v): self.b = 1", "a.b = 1")),
            ("property", class("p = property(lambda self: self.p)", "a.p")),
            ("getitem", class("def __getitem__(self, i): return self[i]", "a[0]")),
            ("contains", class("def __contains__(self, i): return i in self", "1 in a")),
            ("call", class("def __call__(self): return self()", "a()")),
            ("init", class("def __init__(self): A()", "")),
            ("new", class("def __new__(cls): return cls()", "")),
            ("iter", class("def __iter__(self): return iter(self)", "list(a)")),
            ("next", class("def __iter__(self): return self\n  def __next__(self): return next(self)", "list(a)")),
            ("enter", class("def __enter__(self):\n    with self: pass\n  def __exit__(self, *a): pass", "with a: pass")),
            ("descriptor", "class D:\n  def __get__(self, o, t): return o.d\nclass A: d = D()\nA().d".into()),
            ("heap", "import heapq\nclass A:\n  def __lt__(self, o): return heapq.heappush([self], o)\nA() < A()".into()),
            ("getter", "import operator\nclass A:\n  def __getitem__(self, i): return operator.itemgetter(i)(self)\nA()[0]".into()),
            ("called", "import operator\ndef f(): return operator.call(f)\nf()".into()),
            ("sorted_key", "def f(x): return sorted([1], key=f)\nf(1)".into()),
            ("map", "def f(x): return list(map(f, [x]))\nf(1)".into()),
            ("decorator", "def d(f): return d(f)\n@d\ndef f(): pass".into()),
            ("default_factory", "import collections\ndef f(): return collections.defaultdict(f)[1]\nf()".into()),
            ("reduce", "import functools\ndef f(a, b): return functools.reduce(f, [1, 2])\nf(1, 2)".into()),
            ("lru_cache", "import functools\n@functools.lru_cache\ndef f(n): return f(n + 1)\nf(0)".into()),
            ("comprehension", "def f(): return [f() for _ in range(1)]\nf()".into()),
            ("try_finally", "def f():\n  try: f()\n  finally: pass\nf()".into()),
            ("exec_in_class", "def f():\n  class A: x = f()\nf()".into()),
            ("generator", "def g():\n  yield from g()\nnext(g())".into()),
            ("generator_loop", "def g():\n  for x in g(): yield x\nlist(g())".into()),
            ("await", "import asyncio\nasync def f(): await f()\nasyncio.run(f())".into()),
            ("await_driven", "async def f(): await f()\nf().send(None)".into()),
            ("await_object", "import asyncio\nclass A:\n  def __await__(self): return (yield from A().__await__())\nasync def f(): await A()\nasyncio.run(f())".into()),
            ("async_generator", "import asyncio\nasync def g():\n  async for x in g(): yield x\nasync def f():\n  async for x in g(): pass\nasyncio.run(f())".into()),
            ("async_with", "import asyncio\nclass A:\n  async def __aenter__(self):\n    async with self: pass\n  async def __aexit__(self, *a): pass\nasync def f():\n  async with A(): pass\nasyncio.run(f())".into()),
        ],
    );
    judge_all(scripts, "RecursionError");
}

#[test]
fn recursion_that_is_caught_goes_on() {
    let scripts = named(
        "caught",
        vec![
            ("counted", "n = 0\ndef f():\n  global n\n  n += 1\n  f()\nfor i in range(20):\n  try: f()\n  except RecursionError: pass\nprint(n)".into()),
            ("in_handler", "def f():\n  try: f()\n  except RecursionError: g()\ndef g():\n  try: g()\n  except RecursionError: pass\nf()".into()),
            ("in_del", "n = 0\nclass B:\n  def __del__(self):\n    global n\n    n += 1\n    if n < 5000: B()\nB()".into()),
            ("in_callback", "import asyncio\nasync def f(): await f()\nasync def main():\n  for i in range(10):\n    print(await asyncio.gather(f(), return_exceptions=True))\nasyncio.run(main())".into()),
            ("in_tasks", "import asyncio\nasync def f(n):\n  if n: await asyncio.create_task(f(n - 1))\nasyncio.run(f(20000))".into()),
        ],
    );
    judge_all(scripts, "");
}

#[test]
fn what_is_too_large_is_refused() {
    let mut scripts = Vec::new();
    let expressions = [
        "1 << 10**12",
        "1 << 2**64",
        "'a' * 10**15",
        "b'a' * 10**15",
        "[0] * 10**15",
        "(0,) * 10**18",
        "'a' * 10**30",
        "[1] * -10**30",
        "bytes(10**15)",
        "bytearray(10**15)",
        "range(10**30)[10**29]",
        "len(range(10**30))",
        "'%*d' % (10**12, 1)",
        "'%.*f' % (10**12, 1.0)",
        "f'{1:1000000000000}'",
        "f'{1.5:.1000000000000f}'",
        "f'{1:99999999999999999999999}'",
        "'{:{}}'.format(1, 10**12)",
        "'a'.ljust(10**15)",
        "'a'.zfill(10**15)",
        "'a'.center(10**18)",
        "'\\t'.expandtabs(10**15)",
        "int('9' * 5000)",
        "str(10**5000)",
        "int('1_' * 10)",
        "chr(10**10)",
        "chr(-1)",
        "round(1.5, 10**10)",
        "round(1, -10**4)",
        "round(10**30, -5)",
        "[1, 2][10**30]",
        "'abc'[::10**30]",
        "'abc'[10**30:-10**30:-1]",
        "[1, 2, 3][::-10**30]",
        "float(10**400)",
        "10**400 / 10**399",
        "10**400 / 3.0",
        "1e308 * 10",
        "int(1e308)",
        "int(float('inf'))",
        "int(float('nan'))",
        "hash(10**1000)",
        "divmod(10**50, -3)",
        "-(-2**63)",
        "(-2**63) // -1",
        "(-2**63) % -1",
        "abs(-2**63)",
        "2**63 - 1 + 1",
        "1 // 0",
        "1 % 0",
        "1.0 // 0",
        "0 ** -1",
        "0.0 ** -1",
        "(-8) ** 0.5",
        "pow(2, -1, 4)",
        "pow(2, 10**6, 1)",
        "pow(3, 10**30, 7)",
        "(2**64).to_bytes(1)",
        "int.from_bytes(b'')",
        "1 >> -1",
        "1 >> 10**30",
        "-1 >> 10**30",
        "0 << 10**30",
        "sum(range(10**3), [])",
        "list(zip(*[[]] * 1000))",
        "'' .join(['a' * 10**6] * 10)[:3]",
        "'a'.replace('', 'b' * 10**6)[:3]",
        "'aaa'.replace('a', 'b' * 10**9).__len__()",
        "('x' * 10**8).replace('x', 'y' * 10**8)",
        "','.join(['a' * 10**9] * 10**3)",
        "__import__('time').sleep(-1)",
        "__import__('time').sleep(1e300)",
        "__import__('time').sleep(float('nan'))",
        "__import__('time').strftime('%')",
        "__import__('time').strftime('%Q' * 1000)",
        "__import__('random').randint(1, 0)",
        "__import__('random').sample(range(10**12), 3)",
        "__import__('random').choices([], k=1)",
        "__import__('sys').exit(2**70 * 0)",
        "__import__('asyncio').run(__import__('asyncio').sleep(1e300))",
        "__import__('asyncio').run(__import__('asyncio').sleep(10**400))",
        "__import__('asyncio').run(__import__('asyncio').sleep(float('nan')))",
        "__import__('sys').setrecursionlimit(10**9)",
        "__import__('asyncio').run(__import__('asyncio').sleep(-1e300))",
        "__import__('collections').deque(maxlen=2**70)",
        "__import__('collections').deque([1]) * 10**15",
        "'{' * 1000 + '}'",
        "('{' * 100000).format(1)",
        "('{0[' * 10000).format(1)",
        "('%' * 100001) % ()",
        "'%(' % {}",
        "'{0.__class__.__mro__[999999999999999999999]}'.format(1)",
        "type('a' * 10**6, (), {})()",
        "compile",
        "print(*[1] * 10**6, sep='', end='')",
        "eval",
        "{**{'a': 1}, **{1: 2}}",
        "dict(**{1: 2})",
        "slice(10**30).indices(10**31)",
        "exec('raise SyntaxError(1, (2, 1, -2**63, str(3)))')",
        "exec('raise SyntaxError(1, (2, -2**63, 2**63 - 1, str(3), -2**63, -2**63))')",
    ];
    for (i, expression) in expressions.iter().enumerate() {
        scripts.push((format!("large_{i}"), format!("r = {expression}\n").into_bytes()));
    }
    judge_all(scripts, "");
}

/// What coverage-guided fuzzing came to: texts that reach each a path of their own.
#[test]
fn the_fuzzers_corpus_is_no_crash() {
    let mut scripts = Vec::new();
    for kind in ["parse", "run"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(kind);
        for entry in fs::read_dir(folder).expect("the corpus stands there") {
            let path = entry.expect("the corpus can be listed").path();
            let name = path.file_stem().expect("a listed file has a name").to_string_lossy();
            scripts.push((format!("corpus_{kind}_{name}"), fs::read(&path).expect("a listed file can be read")));
        }
    }
    assert!(scripts.len() > 200);
    judge_all(scripts, "");
}

#[test]
fn spoilt_scripts_are_no_crash() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus: Vec<Vec<u8>> = files::find(&root.join("tests/golden"), "aio")
        .iter()
        .filter_map(|path: &PathBuf| fs::read(path).ok())
        .collect();
    assert!(!corpus.is_empty(), "there are goldens to spoil");
    let seeds = Mutex::new(0..MUTANTS);
    let faults = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let next = seeds.lock().expect("nothing panics under this lock").next();
                    let Some(seed) = next else { break };
                    let mut random = Random::new(seed + 1);
                    let script = mutate(&corpus, &mut random);
                    match judge(&format!("spoilt_{seed}"), &script, "", Duration::from_secs(3)) {
                        // A loop whose end was spoilt is no fault.
                        Err(fault) if !fault.contains("ran longer") => {
                            faults.lock().expect("nothing panics under this lock").push(fault);
                        }
                        _ => {}
                    }
                }
            });
        }
    });
    let faults = faults.into_inner().expect("nothing panics under this lock");
    assert!(faults.is_empty(), "{} ended badly\n{}", faults.len(), faults.join("\n"));
}
