//! An exception as the data that reports are made from: asks it for its text, finds its frames, makes suggestions.
//! Knows nothing of how any of it is printed.

use std::collections::HashSet;
use std::rc::Rc;

use super::compile::Sources;
use crate::code::{Code, Flavour};
use crate::intern::{Symbol, sym};
use crate::object::{Class, Exception, Raised, Ref, T, Value, Vm};
use crate::report::{Crash, Failure, Frame, SyntaxPlace, library, traceback};
use crate::text::{order, suggest};

/// The hook for modules: CPython's text of an exception, chain and all.
pub fn traceback_text(vm: &Vm, exception: &Ref<Exception>) -> String {
    traceback::render(&collect(vm, exception))
}

/// Collects an exception and all that hangs on it. Each exception is listed once, in CPython's order of discovery
/// (`traceback.TracebackException`).
pub fn collect(vm: &Vm, exception: &Ref<Exception>) -> Failure {
    // Asking exceptions for their text runs code of the script's, which must not disturb what goes on.
    let pending = vm.set_pending_aside();
    let handling = vm.handling.get();
    let failure = Collector { vm, seen: HashSet::new(), failure: Failure::default(), queue: Vec::new() }.run(exception);
    vm.handling.set(handling);
    vm.put_pending_back(pending);
    failure
}

struct Collector<'a> {
    vm: &'a Vm,
    seen: HashSet<usize>,
    failure: Failure,
    /// Those whose own cause, context and members are not looked at yet, with how many groups they are in.
    queue: Vec<(usize, Ref<Exception>, usize)>,
}

impl Collector<'_> {
    fn run(mut self, exception: &Ref<Exception>) -> Failure {
        self.add(exception, 0);
        while let Some((at, exception, depth)) = self.queue.pop() {
            let cause = exception.cause.get().and_then(|cause| self.add_new(&cause, depth));
            let context = exception.context.get().and_then(|context| self.add_new(&context, depth));
            let members = exception.group.get().map(|members| {
                // Deeper ones are never shown.
                let members = if depth > traceback::GROUP_DEPTH { &[] } else { &members[..] };
                members.iter().filter_map(Value::as_exception).map(|member| self.add(member, depth + 1)).collect()
            });
            let crash = &mut self.failure.crashes[at];
            (crash.cause, crash.context, crash.members) = (cause, context, members);
        }
        self.failure
    }

    fn add_new(&mut self, exception: &Ref<Exception>, depth: usize) -> Option<usize> {
        (!self.seen.contains(&Ref::address(exception))).then(|| self.add(exception, depth))
    }

    fn add(&mut self, exception: &Ref<Exception>, depth: usize) -> usize {
        self.seen.insert(Ref::address(exception));
        let at = self.failure.crashes.len();
        self.failure.crashes.push(crash(self.vm, exception));
        self.queue.push((at, exception.clone(), depth));
        at
    }
}

/// One exception, without what hangs on it.
fn crash(vm: &Vm, exception: &Ref<Exception>) -> Crash {
    let value = Value::Exception(exception.clone());
    let is_syntax_error = vm.matches(exception, T::SyntaxError);
    let own_message = || exception.get(sym::msg).or_else(|| exception.args.get().first().cloned());
    let message = match own_message().filter(|_| is_syntax_error) {
        Some(message) => safe(vm, vm.str(&message), "<exception str() failed>"),
        None => safe(vm, vm.str(&value), "<exception str() failed>"),
    };
    Crash {
        type_name: type_name(&exception.class()),
        message,
        suggestion: if is_syntax_error { String::new() } else { suggestion(vm, exception) },
        frames: frames(vm, exception),
        notes: notes(vm, exception).into_iter().chain(origin(vm, exception)).collect(),
        syntax: is_syntax_error.then(|| syntax_place(exception)),
        suppress_context: exception.suppress_context.get(),
        ..Crash::default()
    }
}

fn safe(vm: &Vm, text: Result<Ref<crate::object::Str>, Raised>, otherwise: &str) -> String {
    match text {
        Ok(text) => text.as_str().to_owned(),
        Err(raised) => {
            drop(vm.take_raised(raised));
            otherwise.to_owned()
        }
    }
}

/// As the last line of a traceback names a class.
pub fn type_name(class: &Class) -> String {
    let name = class.qualname();
    match class.lookup(sym::__module__).as_ref().and_then(Value::as_str) {
        Some(module) if matches!(module.as_str(), "builtins" | "__main__") => name,
        Some(module) => format!("{}.{name}", module.as_str()),
        None if class.builtin.is_some() => name,
        None => format!("<unknown>.{name}"),
    }
}

fn frames(vm: &Vm, exception: &Exception) -> Vec<Frame> {
    let sites = exception.traceback.borrow().sites.clone();
    let table = vm.sites.borrow();
    let found = sites.into_iter().rev().filter_map(|site| table.find(site));
    found
        // Scripts inside the binary are ours, not the user's.
        .filter(|(code, _)| !is_internal(code))
        .map(|(code, site)| Frame {
            source: code.source.clone(),
            span: code.span_of(site),
            name: code.name.as_str().to_owned(),
            qualname: code.qualname.to_string(),
            is_async: matches!(code.flavour, Flavour::Coroutine | Flavour::AsyncGenerator),
        })
        .collect()
}

/// Whether code belongs to a module that is part of aio.
fn is_internal(code: &Code) -> bool {
    code.source.name.starts_with("<aio.")
}

/// What asked for a cancellation.
fn origin(vm: &Vm, exception: &Ref<Exception>) -> Option<String> {
    crate::tasks::origin::reason_of(vm, exception).map(|reason| reason.to_string())
}

fn notes(vm: &Vm, exception: &Exception) -> Vec<String> {
    let Some(notes) = exception.attribute(sym::__notes__) else { return Vec::new() };
    let items = match notes.base() {
        Value::List(list) => list.snapshot(),
        Value::Tuple(tuple) => tuple.to_vec(),
        Value::None => return Vec::new(),
        _ => return vec![safe(vm, vm.repr(&notes), "<__notes__ repr() failed>")],
    };
    items.iter().map(|note| safe(vm, vm.str(note), "<note str() failed>")).collect()
}

fn syntax_place(exception: &Exception) -> SyntaxPlace {
    // What was given as a place counts unless the field was set.
    let args = exception.args.get();
    let field = |name| {
        const ORDER: [Symbol; 6] =
            [sym::filename, sym::lineno, sym::offset, sym::text, sym::end_lineno, sym::end_offset];
        let given = || args.get(1)?.as_tuple()?.get(ORDER.iter().position(|known| *known == name)?).cloned();
        exception.get(name).or_else(given)
    };
    let text = |name| field(name).and_then(|v: Value| v.as_str().map(|s| s.as_str().to_owned()));
    let number = |name| field(name).and_then(|v: Value| v.as_i64());
    SyntaxPlace {
        filename: text(sym::filename),
        line: number(sym::lineno),
        end_line: number(sym::end_lineno),
        column: number(sym::offset),
        end_column: number(sym::end_offset),
        text: text(sym::text),
    }
}

/// `. Did you mean: 'x'?`, or nothing.
fn suggestion(vm: &Vm, exception: &Ref<Exception>) -> String {
    let wrong = |field| exception.get(field).and_then(|v| v.as_str().map(|s| s.as_str().to_owned()));
    if vm.matches(exception, T::ImportError) {
        let Some(wrong) = wrong(Symbol::of_static("name_from")) else { return String::new() };
        let module = exception.get(sym::name).and_then(|v| v.as_str().map(|s| s.symbol()));
        let module = module.and_then(|name| vm.modules.get_name(name)).unwrap_or(Value::None);
        return did_you_mean(nearest_attribute(vm, &wrong, &module).as_deref());
    }
    if vm.matches(exception, T::UnboundLocalError) {
        return String::new();
    }
    let is_name_error = vm.matches(exception, T::NameError);
    if !is_name_error && !vm.matches(exception, T::AttributeError) {
        return String::new();
    }
    let Some(wrong) = wrong(sym::name) else { return String::new() };
    if !is_name_error {
        let object = exception.get(sym::obj).unwrap_or(Value::None);
        return did_you_mean(nearest_attribute(vm, &wrong, &object).as_deref());
    }
    // What the method that raised it has under that name.
    let own = exception.get(sym::obj).and_then(|v| v.as_str().map(|s| s.as_str().to_owned()));
    let nearest = own.or_else(|| nearest_variable(vm, exception, &wrong));
    let mut text = did_you_mean(nearest.as_deref());
    if library::is_library_module(&wrong) {
        let start = if text.is_empty() { ". Did" } else { " Or did" };
        text.push_str(&format!("{start} you forget to import '{wrong}'?"));
    }
    text
}

fn did_you_mean(name: Option<&str>) -> String {
    name.map_or(String::new(), |name| format!(". Did you mean: '{name}'?"))
}

/// The attribute of `object` nearest to a wrong one, among what `dir` lists.
fn nearest_attribute(vm: &Vm, wrong: &str, object: &Value) -> Option<String> {
    let mut names = attribute_names(vm, object);
    order::sort(&mut names);
    names.dedup();
    let hides = !wrong.starts_with('_');
    let names = names.iter().map(String::as_str).filter(|name| !hides || !name.starts_with('_'));
    suggest::nearest(wrong, names).map(str::to_owned)
}

/// The names that `dir` lists, found without running code of the script's.
pub fn attribute_names(vm: &Vm, object: &Value) -> Vec<String> {
    let of_dict = |dict: &crate::object::Dict| -> Vec<String> {
        dict.keys().iter().filter_map(|key| key.as_str().map(|s| s.as_str().to_owned())).collect()
    };
    let of_class = |class: &Ref<Class>| -> Vec<String> {
        let mut classes = vec![class.clone()];
        classes.extend(class.mro_tail());
        classes.iter().flat_map(|c| c.entries()).map(|(name, _)| name.as_str().to_owned()).collect()
    };
    let own = match object {
        Value::Module(module) => return of_dict(&module.dict),
        Value::Class(class) => return of_class(class),
        Value::Instance(instance) => {
            instance.attributes().into_iter().map(|(name, _)| name.as_str().to_owned()).collect()
        }
        Value::Exception(exception) => of_dict(&exception.dict()),
        Value::Native(native) => native.attributes().map_or(Vec::new(), |dict| of_dict(&dict)),
        _ => Vec::new(),
    };
    own.into_iter().chain(of_class(&vm.class_of(object))).collect()
}

/// The variable nearest to a wrong name: locals of the frame that raised, its module's names, builtins.
fn nearest_variable(vm: &Vm, exception: &Exception, wrong: &str) -> Option<String> {
    let site = exception.traceback.borrow().sites.first().copied()?;
    let (code, _): (Rc<Code>, _) = vm.sites.borrow().find(site)?;
    let locals = code.slot_names.iter().flatten().chain(code.free.iter()).map(|name| name.as_str());
    let mut names: Vec<String> = locals.map(str::to_owned).collect();
    let globals = Sources::of(vm).globals(&code.source);
    for dict in globals.iter().chain([&vm.builtins]) {
        names.extend(dict.keys().iter().filter_map(|key| key.as_str().map(|s| s.as_str().to_owned())));
    }
    suggest::nearest(wrong, names.iter().map(String::as_str)).map(str::to_owned)
}
