//! What debug mode remembers: where futures, tasks and handles were made, as their attribute `_source_traceback`. Knows nothing
//! of what they do.

use super::event_loop::EventLoop;
use crate::intern::Symbol;
use crate::object::{Native, R, Value, Vm};

const NAME: &str = "_source_traceback";

/// Remembers where an object is made, when its loop is in debug mode.
#[inline]
pub fn note(vm: &Vm, made: &Native, event_loop: &EventLoop) {
    if event_loop.debug.get() {
        remember(vm, made);
    }
}

/// Entries as those of `traceback.extract_stack`, outermost first; the frames of the library are left out.
#[cold]
fn remember(vm: &Vm, made: &Native) {
    let mut entries = Vec::new();
    for site in vm.callers().into_iter().rev() {
        let Some((code, site)) = vm.sites.borrow().find(site) else { continue };
        if code.source.name.starts_with('<') {
            continue;
        }
        let line = code.source.line_of(code.span_of(site).start);
        let text = code.source.line_text(line).trim().to_owned();
        let name = Value::name(code.name);
        entries.push(Value::tuple(vec![Value::str(&code.source.name), Value::int(line), name, Value::string(text)]));
    }
    drop(made.dict().set_name(Symbol::of_static(NAME), Value::list(entries)));
}

/// What [`note`] has remembered.
pub fn traceback(made: &Native) -> Option<Value> {
    made.attributes()?.get_name(Symbol::of_static(NAME))
}

/// `created at file:line`
pub fn created_at(vm: &Vm, made: &Native) -> R<Option<String>> {
    let entries = traceback(made).and_then(|entries| entries.as_list().map(|list| list.snapshot()));
    let Some(Value::Tuple(last)) = entries.and_then(|mut entries| entries.pop()) else { return Ok(None) };
    match &last[..] {
        [file, line, ..] => Ok(Some(format!("created at {}:{}", vm.str(file)?.as_str(), vm.str(line)?.as_str()))),
        _ => Ok(None),
    }
}

/// A traceback in the context of an exception handler, as its default writes it.
///
/// # Errors
/// Those of a script's entries.
pub fn shown(vm: &Vm, head: &str, entries: &Value) -> R<String> {
    let module = vm.import_module(Symbol::of_static("traceback"))?;
    let lines = vm.call_method(&module, Symbol::of_static("format_list"), std::slice::from_ref(entries))?;
    let mut text = format!("{head} created at (most recent call last):\n");
    for line in vm.collect(&lines)? {
        text.push_str(vm.str(&line)?.as_str());
    }
    text.truncate(text.trim_end().len());
    Ok(text)
}
