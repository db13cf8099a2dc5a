//! Random async programs that end: functions that call later ones only, loops with bounds, and a main that cancels
//! what is left. Knows nothing of who runs them; the names they use are those of `tests/fuzz_async/prelude.py`.

use crate::random::Random;

/// How many functions a program has, how deep blocks nest, how many statements a block has at most.
const FUNCTIONS: usize = 6;
const DEPTH: usize = 4;
const STATEMENTS: usize = 5;

/// The text of the program of a seed: a definition of its functions and a call of `run`.
pub fn program(seed: u64) -> String {
    let mut writer =
        Writer { random: Random::new(seed), text: String::new(), indent: 1, function: 0, names: 0, budget: 0 };
    writer.text.push_str(&format!("def program_{seed}():\n"));
    for function in (0..FUNCTIONS).rev() {
        writer.function = function;
        writer.budget = 24;
        writer.line(&format!("async def f{function}(w):"));
        writer.indent += 1;
        writer.line(&format!("w.log('f{function} begins')"));
        writer.block(DEPTH);
        writer.line(&format!("return {function}"));
        writer.indent -= 1;
    }
    let size = writer.random.below(3);
    let roots: Vec<String> = (0..2 + writer.random.below(2)).map(|_| format!("f{}", writer.random.below(3))).collect();
    writer.line(&format!("run({seed}, {size}, {})", roots.join(", ")));
    writer.text.push_str(&format!("\n\nprogram_{seed}()\n\n\n"));
    writer.text
}

struct Writer {
    random: Random,
    text: String,
    indent: usize,
    /// The function that is written; it may call those with higher numbers.
    function: usize,
    names: usize,
    /// Statements that the function may still have.
    budget: usize,
}

impl Writer {
    fn line(&mut self, text: &str) {
        self.text.push_str(&"    ".repeat(self.indent));
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn below(&mut self, n: usize) -> usize {
        self.random.below(n)
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        self.random.pick::<&'static str>(from)
    }

    fn name(&mut self) -> String {
        self.names += 1;
        format!("x{}", self.names)
    }

    fn delay(&mut self) -> &'static str {
        self.pick(&["0", "0", "0.01", "0.01", "0.02", "0.03"])
    }

    fn limit(&mut self) -> &'static str {
        self.pick(&["0", "0.01", "0.01", "0.02", "0.03", "None", "-1"])
    }

    /// A call of a later function, or a sleep in the last one.
    fn call(&mut self) -> String {
        let left = FUNCTIONS - 1 - self.function;
        if left == 0 {
            let delay = self.delay();
            return format!("asyncio.sleep({delay}, 'slept')");
        }
        format!("f{}(w)", self.function + 1 + self.below(left))
    }

    fn spawn(&mut self) -> String {
        let call = self.call();
        match self.below(8) {
            0 => format!("w.eager({call})"),
            1 => format!("w.spawn({call}, context=contextvars.copy_context())"),
            _ => format!("w.spawn({call})"),
        }
    }

    fn spawns(&mut self) -> String {
        let count = 1 + self.below(3);
        (0..count).map(|_| self.spawn()).collect::<Vec<_>>().join(", ")
    }

    fn block(&mut self, depth: usize) {
        for _ in 0..1 + self.below(STATEMENTS) {
            if self.budget == 0 {
                break;
            }
            self.budget -= 1;
            if depth > 0 && self.below(5) < 2 { self.compound(depth - 1) } else { self.simple() }
        }
        let number = self.name();
        self.line(&format!("w.log('{number}')"));
    }

    fn body(&mut self, head: &str, depth: usize) {
        self.line(head);
        self.indent += 1;
        self.block(depth);
        self.indent -= 1;
    }

    fn compound(&mut self, depth: usize) {
        match self.below(18) {
            0..=3 => self.attempt(depth),
            4 | 5 => self.group(depth),
            6 | 7 => self.timeout(depth),
            8 => {
                let name = self.name();
                self.body(&format!("for {name} in range(2):"), depth);
            }
            9 => {
                let scope = self.pick(&["w.lock", "w.lock", "w.semaphore", "w.bounded", "w.condition", "w.barrier"]);
                let limit = self.pick(&["0.01", "0.02", "0.03"]);
                self.body(&format!("async with asyncio.timeout({limit}), {scope}:"), depth);
            }
            10 => {
                let (name, delay) = (self.name(), self.delay());
                self.body(&format!("async with scope(w, '{name}', {delay}):"), depth);
            }
            11 => self.condition(depth),
            12 => self.generator(depth),
            13 => self.completed(depth),
            14 => self.stack(depth),
            15 => self.body("with eagerly():", depth),
            16 => {
                let error = self.pick(&["TimeoutError", "LookupError", "asyncio.CancelledError", "Exception"]);
                self.body(&format!("with contextlib.suppress({error}):"), depth);
            }
            _ => {
                let seed = self.below(1000);
                self.body(&format!("if w.count % 3 == {}:", seed % 3), depth);
                self.body("else:", depth.saturating_sub(1));
            }
        }
    }

    fn attempt(&mut self, depth: usize) {
        self.body("try:", depth);
        let star = self.below(6) == 0;
        for _ in 0..self.below(3) {
            if star {
                let kind = self.pick(&["ValueError", "LookupError", "TimeoutError", "(OSError, RuntimeError)"]);
                self.line(&format!("except* {kind} as error:"));
            } else {
                let kind = self.pick(&[
                    "ValueError",
                    "TimeoutError",
                    "asyncio.CancelledError",
                    "ExceptionGroup",
                    "LookupError",
                ]);
                self.line(&format!("except {kind} as error:"));
            }
            self.indent += 1;
            self.line("w.log('caught', chain(error), asyncio.current_task().cancelling())");
            if depth > 0 && self.below(2) == 0 {
                self.block(depth - 1);
            }
            match self.below(5) {
                0 => self.line("raise"),
                1 => self.line("w.log('uncancel', asyncio.current_task().uncancel())"),
                2 => self.line("raise RuntimeError('instead') from error"),
                _ => {}
            }
            self.indent -= 1;
        }
        if !star && self.below(2) == 0 {
            self.line("except Exception as error:");
            self.indent += 1;
            self.line("w.log('any', chain(error))");
            self.indent -= 1;
        }
        self.body("finally:", depth.saturating_sub(2));
    }

    fn group(&mut self, depth: usize) {
        let name = self.name();
        self.line(&format!("async with asyncio.TaskGroup() as {name}:"));
        self.indent += 1;
        for _ in 0..1 + self.below(3) {
            let call = self.call();
            self.line(&format!("w.spawn({call}, {name}.create_task)"));
        }
        self.block(depth);
        self.line(&format!("w.log({name})"));
        self.indent -= 1;
        self.line(&format!("w.log('group done', {name})"));
    }

    fn timeout(&mut self, depth: usize) {
        let (name, limit) = (self.name(), self.limit());
        self.line(&format!("async with asyncio.timeout({limit}) as {name}:"));
        self.indent += 1;
        self.block(depth);
        if self.below(3) == 0 {
            let delay = self.delay();
            self.line(&format!("{name}.reschedule(asyncio.get_running_loop().time() + {delay})"));
            self.simple();
        }
        self.indent -= 1;
        self.line(&format!("w.log({name}.expired(), {name}, asyncio.current_task().cancelling())"));
    }

    fn condition(&mut self, depth: usize) {
        self.line("async with asyncio.timeout(0.03), w.condition:");
        self.indent += 1;
        match self.below(4) {
            0 => self.line("w.log('waited', await w.condition.wait())"),
            1 => self.line("w.log('waited for', await w.condition.wait_for(lambda: len(w.tasks) % 3 == 0))"),
            2 => self.line("w.condition.notify_all()"),
            _ => self.line("w.condition.notify(2)"),
        }
        self.block(depth.saturating_sub(1));
        self.indent -= 1;
    }

    fn generator(&mut self, depth: usize) {
        let (name, delay, fail) = (self.name(), self.delay(), self.pick(&["True", "False", "False"]));
        match self.below(5) {
            0 => self.line(&format!("w.log([n async for n in numbers(w, {delay}, {fail})])")),
            1 => {
                self.line(&format!("{name} = numbers(w, {delay}, {fail})"));
                // A frame in a traceback keeps its variables in CPython, and with them the generator.
                self.line("try:");
                self.indent += 1;
                self.line(&format!("w.log(await anext({name}), await {name}.asend('s'))"));
                match self.below(3) {
                    0 => self.line(&format!("w.log(await {name}.athrow(KeyError('k')))")),
                    1 => self.line(&format!("await {name}.aclose()")),
                    _ => self.line(&format!("w.log(await anext({name}), await anext({name}, 'default'))")),
                }
                self.indent -= 1;
                self.line("finally:");
                self.line(&format!("    {name} = None"));
            }
            2 => {
                self.line(&format!("async with contextlib.aclosing(numbers(w, {delay}, {fail})) as g{name}:"));
                self.indent += 1;
                self.body(&format!("async for {name} in g{name}:"), depth);
                self.indent -= 1;
            }
            n => {
                self.line(&format!("async for {name} in numbers(w, {delay}, {fail}):"));
                self.indent += 1;
                self.line(&format!("w.log({name})"));
                self.block(depth);
                if n == 3 {
                    self.line("break");
                }
                self.indent -= 1;
            }
        }
    }

    fn completed(&mut self, depth: usize) {
        let (name, spawns) = (self.name(), self.spawns());
        let limit = self.pick(&["None", "0.01", "0.02"]);
        let is_async = self.below(2) == 0;
        let word = if is_async { "async for" } else { "for" };
        self.line(&format!("{word} {name} in asyncio.as_completed([{spawns}], timeout={limit}):"));
        self.indent += 1;
        self.line("try:");
        self.indent += 1;
        self.line(&format!(
            "w.log('completed', {}, await {name})",
            if is_async { format!("{name}.get_name()") } else { "1".into() }
        ));
        self.indent -= 1;
        self.body("except Exception as error:", depth.saturating_sub(2));
        self.indent -= 1;
    }

    fn stack(&mut self, depth: usize) {
        let (name, delay) = (self.name(), self.delay());
        self.line(&format!("async with contextlib.AsyncExitStack() as {name}:"));
        self.indent += 1;
        self.line(&format!("await {name}.enter_async_context(scope(w, 'in {name}', {delay}))"));
        self.line(&format!("{name}.callback(w.log, 'called back')"));
        let call = self.call();
        self.line(&format!("{name}.push_async_callback(lambda: {call})"));
        self.block(depth);
        self.indent -= 1;
    }

    fn simple(&mut self) {
        let text = match self.below(52) {
            0 => "await asyncio.sleep(0)".to_string(),
            1..=3 => format!("w.log(await asyncio.sleep({}, 'slept'))", self.delay()),
            4 | 5 => self.spawn(),
            6 | 7 => format!("w.log('awaited', await {})", self.spawn()),
            8 => format!("w.log('called', await {})", self.call()),
            9 | 10 => {
                let flag = self.pick(&["True", "False"]);
                let all = if self.below(2) == 0 { self.spawns() } else { format!("{}, {}", self.call(), self.spawn()) };
                format!("w.log(values(await asyncio.gather({all}, return_exceptions={flag})))")
            }
            11 | 12 => self.wait(),
            13 | 14 => {
                let (limit, what) = (self.limit(), if self.below(2) == 0 { self.spawn() } else { self.call() });
                format!("w.log('in time', await asyncio.wait_for({what}, {limit}))")
            }
            15 | 16 => format!("w.log('shielded', await asyncio.shield({}))", self.spawn()),
            17 | 18 => self.cancel(),
            19 => "w.log('event', await asyncio.wait_for(w.event.wait(), 0.03))".to_string(),
            20 => self.pick(&["w.event.set()", "w.event.clear()"]).to_string(),
            21..=25 => self.queue(),
            26 => format!("w.log('future', await asyncio.wait_for(w.future(), {}))", self.limit_of_wait()),
            27 | 28 => format!("w.settle({}, {})", self.below(5), self.below(3)),
            29 => {
                let barrier = self.pick(&[
                    "await w.barrier.reset()",
                    "await w.barrier.abort()",
                    "w.log(w.barrier.n_waiting, w.barrier.broken)",
                ]);
                if self.below(3) == 0 {
                    barrier.to_string()
                } else {
                    "w.log('barrier', await asyncio.wait_for(w.barrier.wait(), 0.02))".to_string()
                }
            }
            30 => format!("asyncio.get_running_loop().call_later({}, w.log, 'later', w.count)", self.delay()),
            31 => "asyncio.get_running_loop().call_soon(w.log, 'soon')".to_string(),
            32 => format!("asyncio.get_running_loop().call_later({}, w.event.set).cancel()", self.delay()),
            33 => format!(
                "asyncio.get_running_loop().call_later({}, w.task({}).cancel, 'by timer')",
                self.delay(),
                self.below(20)
            ),
            34 => {
                format!("w.task({}).add_done_callback(lambda t: w.log('done', t.get_name(), state(t)))", self.below(20))
            }
            35 => format!("var.set('v{}')", self.below(9)),
            36 => "w.log(var.get())".to_string(),
            37 => self.raise(),
            38 => "w.log('cancelling', asyncio.current_task().cancelling(), asyncio.current_task().uncancel())"
                .to_string(),
            39 => format!("w.log(state(w.task({})))", self.below(20)),
            40 => "w.semaphore.release()".to_string(),
            41 => "w.log(names(t for t in w.tasks if not t.done()))".to_string(),
            42 => format!("asyncio.current_task().cancel('self {}')", self.below(9)),
            43 => format!("w.log(await asyncio.wait_for(asyncio.gather({}, w.event.wait()), 0.02))", self.spawn()),
            44 => "asyncio.get_running_loop().call_soon(lambda: 1 / 0)".to_string(),
            45 | 46 => "w.log('handled', handled())".to_string(),
            47 => format!("w.log(shown(w.task({})))", self.below(20)),
            48 => format!("w.log(*map(shown, w.futures[-{}:]))", 1 + self.below(2)),
            49 => "w.log('step', next(w.steps, 'no more'))".to_string(),
            50 if self.below(20) == 0 => "raise SystemExit('exit')".to_string(),
            _ => self.retained(),
        };
        self.line(&text);
    }

    fn limit_of_wait(&mut self) -> &'static str {
        self.pick(&["0.01", "0.02", "0.03"])
    }

    fn wait(&mut self) -> String {
        let (spawns, limit) = (self.spawns(), self.pick(&["None", "0", "0.01", "0.02"]));
        let mode = self.pick(&["ALL_COMPLETED", "FIRST_COMPLETED", "FIRST_EXCEPTION"]);
        format!(
            "w.log('wait', *map(names, await asyncio.wait([{spawns}], timeout={limit}, return_when=asyncio.{mode})))"
        )
    }

    fn cancel(&mut self) -> String {
        let (task, message) = (self.below(20), self.pick(&["", "", "'message'"]));
        format!(
            "w.log('cancel', w.task({task}).get_name(), w.task({task}).cancel({message}), w.task({task}).cancelling())"
        )
    }

    fn queue(&mut self) -> String {
        let queue = format!("w.queues[{}]", self.below(3));
        match self.below(16) {
            0..=3 => format!("await asyncio.wait_for({queue}.put({}), {})", self.below(9), self.limit_of_wait()),
            4..=7 => format!("w.log('got', await asyncio.wait_for({queue}.get(), {}))", self.limit_of_wait()),
            8 => format!("{queue}.put_nowait({})", self.below(9)),
            9 => format!("w.log('got', {queue}.get_nowait())"),
            10 => format!("{queue}.task_done()"),
            11 => format!("await asyncio.wait_for({queue}.join(), 0.02)"),
            12 if self.below(3) == 0 => format!("{queue}.shutdown(immediate={})", self.pick(&["True", "False"])),
            13 => format!("await {queue}.put({})", self.below(9)),
            14 => format!("w.log('got', await {queue}.get())"),
            _ => format!("w.log({queue})")
                .replace("w.log(w.queues", "w.log(str(w.queues")
                .replace("])", "]).split(' ', 1)[1])"),
        }
    }

    fn raise(&mut self) -> String {
        let error = self.pick(&[
            "ValueError",
            "LookupError",
            "KeyError",
            "OSError",
            "RuntimeError",
            "TimeoutError",
            "asyncio.CancelledError",
        ]);
        match self.below(6) {
            0 => format!("raise ExceptionGroup('g', [{error}('in group'), ValueError('other')])")
                .replace("asyncio.CancelledError", "TypeError"),
            _ => format!("raise {error}('raised')"),
        }
    }

    /// A wait that lasts until somebody does something: the main cancels it at the latest.
    fn retained(&mut self) -> String {
        self.pick(&[
            "await w.event.wait()",
            "await w.semaphore.acquire()",
            "await w.future()",
            "await w.queues[0].get()",
            "await w.barrier.wait()",
        ])
        .to_string()
    }
}
