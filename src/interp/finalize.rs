//! What happens when the last reference to something goes that must not go silently: a coroutine that nobody awaited, a
//! generator in the middle of its `try`, an instance with `__del__`. No exception escapes from here (PEP 442).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use rustc_hash::FxHashSet;

use super::leaks::Leak;
use crate::intern::{Symbol, sym};
use crate::object::async_send::AsyncSend;
use crate::object::traceback::GlobalSite;
use crate::object::{Args, Machine, MachineKind, Native, R, Raised, Ref, State, T, Value, Vm};

/// Says whether it took care of an async generator that was dropped half-way.
pub type AbandonHook = fn(&Vm, &Ref<Machine>) -> bool;

/// What is remembered between finalisers.
#[derive(Default)]
struct Memory {
    /// Warnings already printed: (file, line, text). Each is printed once, as CPython's default filter has it.
    warned: RefCell<FxHashSet<(String, u32, String)>>,
    /// What the loop does with an async generator that was dropped half-way: it closes it in a task.
    abandoned: Cell<Option<AbandonHook>>,
}

/// The hook of `object/vm.rs`: runs the finaliser of `value`, whose last reference is about to go.
///
/// `native_goes` is what the layer above does for its own objects.
pub fn finalize(vm: &Vm, value: &Value, native_goes: fn(&Vm, &Native)) {
    aside(vm, || match value {
        Value::Machine(machine) => machine_goes(vm, machine).err().map(|raised| (described(vm, value), raised)),
        Value::Instance(_) => instance_goes(vm, value),
        Value::Native(native) => match native.get::<AsyncSend>() {
            Some(order) => order_goes(vm, order).err().map(|raised| (described(vm, value), raised)),
            None => {
                native_goes(vm, native);
                None
            }
        },
        _ => None,
    });
}

/// The hook of `object/vm.rs` for weak references: calls `callback` with the reference whose object is gone.
pub fn call_back(vm: &Vm, callback: &Value, reference: &Value) {
    aside(vm, || {
        vm.call1(callback, reference).map(Value::discard).err().map(|raised| (described(vm, callback), raised))
    });
}

/// An object may go in the middle of unwinding: what is pending and what is being handled is as before when `work` is done.
/// What it raises, with what raised it, is printed.
fn aside(vm: &Vm, work: impl FnOnce() -> Option<(String, Raised)>) {
    let pending = vm.set_pending_aside();
    let (handling, site) = (vm.handling.get(), vm.site.get());
    if let Some((what, raised)) = work() {
        vm.unraisable(&what, raised);
    }
    vm.site.set(site);
    vm.handling.set(handling);
    vm.put_pending_back(pending);
}

fn machine_goes(vm: &Vm, machine: &Ref<Machine>) -> R<()> {
    if machine.kind == MachineKind::Coroutine && machine.state.get() == State::Created {
        // Those of our own modules do not know who called them.
        let made = machine.body.code().map(|_| GlobalSite(machine.leaf_depth.get()));
        // What `anext` waits for says the same of itself.
        let is_told = made.is_none() && machine.body.name().as_str() == "anext";
        let name = machine.qualname();
        let warned = if is_told { Ok(()) } else { never_awaited(vm, format!("coroutine '{name}'"), made) };
        machine.finish();
        return warned;
    }
    if machine.kind == MachineKind::AsyncGenerator
        && let Some(hook) = memory(vm).abandoned.get()
        && hook(vm, machine)
    {
        return Ok(());
    }
    if machine.body.needs_close(machine) {
        vm.generator_close(machine)?.discard();
    }
    Ok(())
}

/// What `asend`, `athrow` or `aclose` gave and nobody awaited (CPython: `_PyErr_WarnUnawaitedAgenMethod`).
#[cold]
fn order_goes(vm: &Vm, order: &AsyncSend) -> R<()> {
    let Some(method) = order.order.take().map(|order| order.method()) else { return Ok(()) };
    never_awaited(vm, format!("coroutine method '{method}' of '{}'", order.machine.qualname()), None)
}

/// Names the line that runs when the coroutine is dropped, as CPython does.
///
/// # Errors
/// What a filter of the script makes of the warning.
#[cold]
fn never_awaited(vm: &Vm, what: String, made: Option<GlobalSite>) -> R<()> {
    let message = format!("{what} was never awaited");
    let dropped = vm.callers().first().copied();
    vm.note_leak(Leak::NeverAwaited, || {
        let (word, site) = if made.is_some() { ("made", made) } else { ("let go", dropped) };
        let place = site.and_then(|site| vm.line_at(site));
        let place = place.map_or(String::new(), |(file, line)| format!(", {word} at {file}:{line}"));
        format!("{message}{place}")
    });
    if vm.warn(T::RuntimeWarning, &message, dropped)?
        && let Some(made) = made
        && vm.line_at(made) != dropped.and_then(|site| vm.line_at(site))
    {
        vm.complain(&vm.created_at("Coroutine", made));
    }
    Ok(())
}

/// Runs `__del__`.
fn instance_goes(vm: &Vm, value: &Value) -> Option<(String, Raised)> {
    let del = vm.special(value, sym::__del__)?;
    let raised = vm.call1(&del, value).map(Value::discard).err()?;
    Some((described(vm, &del), raised))
}

fn described(vm: &Vm, value: &Value) -> String {
    match vm.repr(value) {
        Ok(text) => text.as_str().to_owned(),
        Err(raised) => {
            drop(vm.take_raised(raised));
            "<object repr() failed>".to_owned()
        }
    }
}

fn memory(vm: &Vm) -> Rc<Memory> {
    vm.extension(Memory::default)
}

impl Vm {
    /// Sets what is done with an async generator that is dropped half-way: the hook says whether it took care of it.
    pub fn on_abandoned_async_generator(&self, hook: Option<AbandonHook>) {
        memory(self).abandoned.set(hook);
    }

    /// An exception that has nobody to go to: `Exception ignored in: ...` with its traceback, on standard error.
    #[cold]
    pub fn unraisable(&self, what: &str, raised: Raised) {
        let exception = self.take_raised(raised);
        // Neither its cause nor what was handled is shown (CPython: `write_unraisable_exc_file`).
        let (cause, suppresses) = (exception.cause.take(), exception.suppress_context.replace(true));
        let text = self.traceback_text(&exception);
        exception.cause.set(cause);
        exception.suppress_context.set(suppresses);
        self.complain(&format!("Exception ignored in: {what}\n{text}"));
    }

    /// Prints a warning as CPython does, at a place of a script's if one is known. Each place warns once, unless the filters
    /// of the module `warnings` say otherwise. Says whether it was printed.
    ///
    /// # Errors
    /// What a filter of the script makes of it.
    #[cold]
    pub fn warn(&self, category: T, message: &str, site: Option<GlobalSite>) -> R<bool> {
        let found = site.and_then(|site| self.sites.borrow().find(site));
        let place = found.as_ref().map(|(code, site)| (&code.source, code.source.line_of(code.span_of(*site).start)));
        let (file, line) = place.map_or(("<sys>", 0), |(source, line)| (source.name.as_str(), line));
        let own = match self.modules.get_name(Symbol::of_static("warnings")) {
            Some(Value::Module(module)) => module.dict.get_name(Symbol::of_static("_from_interpreter")),
            _ => None,
        };
        let Some(own) = own else {
            return Ok(self.warn_at(category, message, file, line, place.map(|(source, line)| source.line_text(line))));
        };
        let category = Value::Class(self.class(category).clone());
        let args = [Value::str(message), category, Value::str(file), Value::int(line)];
        let shown = self.call(&own, Args::positional(&args))?;
        self.is_true(&shown)
    }

    /// A DeprecationWarning about what a script did. Without the module `warnings` it is shown for lines of the main script.
    ///
    /// # Errors
    /// What a filter of the script makes of it.
    #[cold]
    pub fn deprecated(&self, message: &str) -> R<()> {
        let Some(warnings) = self.modules.get_name(Symbol::new("warnings")) else {
            let site = self.callers().first().copied();
            let main = self.modules.get_name(sym::__main__);
            let file = main.and_then(|main| self.find_attr(&main, sym::__file__).ok().flatten());
            let file = file.as_ref().and_then(Value::as_str).map(|file| file.as_str().to_owned());
            if site.and_then(|site| self.line_at(site)).map(|(file, _)| file) == file {
                self.warn(T::DeprecationWarning, message, site)?;
            }
            return Ok(());
        };
        let warn = self.get_attr(&warnings, Symbol::new("warn"))?;
        let category = Value::Class(self.class(T::DeprecationWarning).clone());
        self.call2(&warn, &Value::str(message), &category).map(drop)
    }

    /// Prints a warning for a line of a file.
    #[cold]
    pub fn warn_at(&self, category: T, message: &str, file: &str, line: u32, source: Option<&str>) -> bool {
        if !memory(self).warned.borrow_mut().insert((file.to_owned(), line, message.to_owned())) {
            return false;
        }
        let mut text = format!("{file}:{line}: {}: {message}\n", category.name());
        if let Some(source) = source.map(str::trim).filter(|s| !s.is_empty()) {
            text.push_str(&format!("  {source}\n"));
        }
        self.complain(&text);
        true
    }

    /// The file and line of a site.
    pub fn line_at(&self, site: GlobalSite) -> Option<(String, u32)> {
        let (code, site) = self.sites.borrow().find(site)?;
        Some((code.source.name.clone(), code.source.line_of(code.span_of(site).start)))
    }

    /// Where a coroutine or a task was made, as CPython's debug mode says it; empty when it is not known.
    pub fn created_at(&self, what: &str, site: GlobalSite) -> String {
        let Some((code, site)) = self.sites.borrow().find(site) else { return String::new() };
        let line = code.source.line_of(code.span_of(site).start);
        let (file, name, text) = (&code.source.name, &code.name, code.source.line_text(line).trim());
        format!("{what} created at (most recent call last)\n  File \"{file}\", line {line}, in {name}\n    {text}\n")
    }

    /// Writes to what `sys.stderr` is now; an error of a script's own file is dropped.
    pub fn complain(&self, text: &str) {
        let file = self.sys_stderr();
        if matches!(file, Value::Native(_) | Value::None) {
            return self.write_stderr(text);
        }
        if let Err(raised) = self.write_to(&file, text) {
            drop(self.take_raised(raised));
        }
    }
}
