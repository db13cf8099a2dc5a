//! `sys.stdin`, `sys.stdout` and `sys.stderr` as objects. The streams themselves are `interp/streams.rs`'s.

use crate::interp::streams::{Channel, TextFile};
use crate::modules::support::receiver_error;
use crate::object::{Fun, R, Row, T, TypeSpec, Value, Vm};

pub static SPEC: TypeSpec = TypeSpec { kind: T::TextIO, new: None, rows: ROWS, doc: "A standard stream." };

const ROWS: &[Row] = &[
    Row::method("write", "(self, text, /)", Fun::F2(write)),
    Row::method("writelines", "(self, lines, /)", Fun::F2(write_lines)),
    Row::method("flush", "(self, /)", Fun::F1(|vm, this| vm.flush_to(this).map(|()| Value::None))),
    Row::method("isatty", "(self, /)", Fun::F1(|vm, this| Ok(Value::bool(channel(vm, this)?.is_terminal())))),
    Row::method("fileno", "(self, /)", Fun::F1(|vm, this| Ok(Value::Int(channel(vm, this)?.descriptor())))),
    Row::method("readable", "(self, /)", Fun::F1(|vm, this| Ok(Value::bool(is_input(vm, this)?)))),
    Row::method("writable", "(self, /)", Fun::F1(|vm, this| Ok(Value::bool(!is_input(vm, this)?)))),
    Row::method("seekable", "(self, /)", Fun::F1(|_, _| Ok(Value::False))),
    Row::method("readline", "(self, size=-1, /)", Fun::F2(|vm, this, _| read_line(vm, this).map(Value::string))),
    Row::method("read", "(self, size=-1, /)", Fun::F2(read)),
    Row::method("readlines", "(self, hint=-1, /)", Fun::F2(|vm, this, _| read_lines(vm, this).map(Value::list))),
    Row::method("reconfigure", "(self, **options)", Fun::Bound(|_, _| Ok(Value::None))),
    Row::method("close", "(self, /)", Fun::F1(|vm, this| vm.flush_to(this).map(|()| Value::None))),
    Row::method("__iter__", "(self, /)", Fun::F1(|_, this| Ok(this.clone()))),
    Row::method("__next__", "(self, /)", Fun::F1(next)),
    Row::method("__enter__", "(self, /)", Fun::F1(|_, this| Ok(this.clone()))),
    Row::method("__exit__", "(self, *details)", Fun::Bound(|_, _| Ok(Value::None))),
    Row::method("__repr__", "(self, /)", Fun::F1(repr)),
    Row::getter("name", |vm, this| Ok(Value::str(channel(vm, this)?.name()))),
    Row::getter("mode", |vm, this| Ok(Value::str(mode(vm, this)?))),
    Row::getter("encoding", |_, _| Ok(Value::str("utf-8"))),
    Row::getter("errors", |vm, this| {
        Ok(Value::str(if channel(vm, this)? == Channel::Stderr { "backslashreplace" } else { "strict" }))
    }),
    Row::getter("newlines", |_, _| Ok(Value::None)),
    Row::getter("closed", |_, _| Ok(Value::False)),
    Row::getter("line_buffering", |vm, this| {
        let channel = channel(vm, this)?;
        Ok(Value::bool(channel == Channel::Stderr || channel.is_terminal()))
    }),
];

fn channel(vm: &Vm, this: &Value) -> R<Channel> {
    match this.as_native::<TextFile>() {
        Some(file) => Ok(file.channel),
        None => Err(receiver_error(vm, "_io.TextIOWrapper", this)),
    }
}

fn is_input(vm: &Vm, this: &Value) -> R<bool> {
    Ok(channel(vm, this)? == Channel::Stdin)
}

fn mode(vm: &Vm, this: &Value) -> R<&'static str> {
    Ok(if is_input(vm, this)? { "r" } else { "w" })
}

/// Gives how many code points were written.
fn write(vm: &Vm, this: &Value, text: &Value) -> R {
    let Some(text) = text.as_str() else {
        return Err(vm.type_error(format!("write() argument must be str, not {}", vm.type_name(text))));
    };
    if is_input(vm, this)? {
        return Err(vm.error(T::OSError, "not writable"));
    }
    vm.write_to(this, text.as_str())?;
    Ok(Value::size(text.chars()))
}

fn write_lines(vm: &Vm, this: &Value, lines: &Value) -> R {
    vm.for_each(lines, |line| write(vm, this, &line).map(|_| true))?;
    Ok(Value::None)
}

fn read_line(vm: &Vm, this: &Value) -> R<String> {
    if !is_input(vm, this)? {
        return Err(vm.error(T::OSError, "not readable"));
    }
    vm.read_line()
}

fn read_lines(vm: &Vm, this: &Value) -> R<Vec<Value>> {
    let mut lines = Vec::new();
    loop {
        let line = read_line(vm, this)?;
        if line.is_empty() {
            return Ok(lines);
        }
        lines.push(Value::string(line));
    }
}

/// Everything up to the end of the input, or the lines that hold as many code points as asked for.
fn read(vm: &Vm, this: &Value, size: &Value) -> R {
    let size = if size.is_none_or_missing() { -1 } else { vm.index_i64(size)? };
    if size >= 0 {
        return Err(vm.not_implemented("reading a number of characters from standard input"));
    }
    let mut text = String::new();
    loop {
        let line = read_line(vm, this)?;
        if line.is_empty() {
            return Ok(Value::string(text));
        }
        text.push_str(&line);
    }
}

fn next(vm: &Vm, this: &Value) -> R {
    let line = read_line(vm, this)?;
    if line.is_empty() { Err(vm.stop_iteration(Value::None)) } else { Ok(Value::string(line)) }
}

fn repr(vm: &Vm, this: &Value) -> R {
    let (name, mode) = (channel(vm, this)?.name(), mode(vm, this)?);
    Ok(Value::string(format!("<_io.TextIOWrapper name='{name}' mode='{mode}' encoding='utf-8'>")))
}
