//! `print`, `input`, `open`.

use crate::intern::{Symbol, sym};
use crate::interp::streams::TextFile;
use crate::modules::support::flag;
use crate::object::{Args, Fun, R, Ref, Row, Str, T, Value, Vm};

pub const ROWS: &[Row] = &[
    Row::function("print", "(*args, sep=' ', end='\\n', file=None, flush=False)", Fun::Full(print)),
    Row::function("input", "(prompt='', /)", Fun::Bound(input)),
    Row::function("open", "(file, mode='r', *args, **kwargs)", Fun::Full(|vm, _| Err(vm.not_implemented("open()")))),
];

/// The keywords of `print`.
struct Options {
    sep: Value,
    end: Value,
    file: Value,
    flush: bool,
}

fn options(vm: &Vm, keywords: &[(Symbol, Value)]) -> R<Options> {
    let mut found = Options { sep: Value::None, end: Value::None, file: Value::None, flush: false };
    for (name, value) in keywords {
        match name.as_str() {
            "sep" => found.sep = value.clone(),
            "end" => found.end = value.clone(),
            "file" => found.file = value.clone(),
            "flush" => found.flush = flag(vm, value, false)?,
            _ => return Err(vm.unknown_keyword("print", *name, ["sep", "end", "file", "flush"])),
        }
    }
    for (value, what) in [(&found.sep, "sep"), (&found.end, "end")] {
        if !value.is_none() && value.as_str().is_none() {
            return Err(vm.type_error(format!("{what} must be None or a string, not {}", vm.type_name(value))));
        }
    }
    Ok(found)
}

fn print(vm: &Vm, args: Args) -> R {
    if args.keywords.is_empty() {
        let file = vm.sys_stdout();
        write_line(vm, &file, args.positional, " ", "\n")?;
        return Ok(Value::None);
    }
    let options = options(vm, args.keywords)?;
    let file = if options.file.is_none() { vm.sys_stdout() } else { options.file };
    let text = |value: &Value, default: &'static str| {
        value.as_str().map_or_else(|| default.to_owned(), |s| s.as_str().to_owned())
    };
    write_line(vm, &file, args.positional, &text(&options.sep, " "), &text(&options.end, "\n"))?;
    if options.flush {
        vm.flush_to(&file)?;
    }
    Ok(Value::None)
}

/// Our own streams get a line in one piece; a script's object gets what CPython's `print` gives it, piece by piece.
fn write_line(vm: &Vm, file: &Value, items: &[Value], sep: &str, end: &str) -> R<()> {
    if file.is_none() {
        return Ok(());
    }
    if file.as_native::<TextFile>().is_some() && vm.class_of(file).builtin.is_some() {
        let mut line = String::with_capacity(64);
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                line.push_str(sep);
            }
            let before = line.len();
            if let Err(raised) = vm.write_str(item, &mut line) {
                // What stands before has been printed.
                line.truncate(before);
                let pending = vm.take_raised(raised);
                vm.write_to(file, &line)?;
                return Err(vm.raise(pending));
            }
        }
        line.push_str(end);
        return vm.write_to(file, &line);
    }
    let write = vm.get_attr(file, sym::write)?;
    let put = |text: Value| vm.call1(&write, &text).map(Value::discard);
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            put(Value::str(sep))?;
        }
        let text: Ref<Str> = vm.str(item)?;
        put(Value::Str(text))?;
    }
    put(Value::str(end))
}

fn input(vm: &Vm, args: &[Value]) -> R {
    let out = vm.sys_stdout();
    if !args[0].is_missing() {
        let prompt = vm.str(&args[0])?;
        vm.write_to(&out, prompt.as_str())?;
    }
    vm.flush_to(&out)?;
    let line = vm.read_line()?;
    if line.is_empty() {
        return Err(vm.error(T::EOFError, "EOF when reading a line"));
    }
    let line = line.strip_suffix('\n').unwrap_or(&line);
    Ok(Value::str(line.strip_suffix('\r').unwrap_or(line)))
}
