//! Exceptions whose arguments have meanings: `OSError`, `SyntaxError`, the Unicode errors.

use super::exception::{field, kept, set, string_argument};
use crate::intern::{Symbol, sym};
use crate::modules::support::{exception, fills_at_once, no_keywords};
use crate::object::{Args, Class, Exception, Fun, R, Ref, Row, T, Tuple, TypeSpec, Value, Vm};

pub static OS_ERROR: TypeSpec = TypeSpec {
    kind: T::OSError,
    new: Some(new_os_error),
    rows: &[
        Row::method("__init__", "(self, /, *args, **kwargs)", Fun::Full(init_os_error)),
        Row::property(
            "errno",
            |vm, this| os_field(vm, this, sym::errno, 0),
            |vm, this, v| set(vm, this, sym::errno, v),
        ),
        Row::property(
            "strerror",
            |vm, this| os_field(vm, this, sym::strerror, 1),
            |vm, this, v| set(vm, this, sym::strerror, v),
        ),
        Row::property(
            "filename",
            |vm, this| kept(vm, this, sym::filename),
            |vm, this, v| set(vm, this, sym::filename, v),
        ),
        Row::property(
            "filename2",
            |vm, this| kept(vm, this, Symbol::of_static("filename2")),
            |vm, this, v| set(vm, this, Symbol::of_static("filename2"), v),
        ),
    ],
    doc: "Base class for I/O related errors.",
};

macro_rules! place {
    ($name:ident $index:literal) => {
        Row::property(
            stringify!($name),
            |vm, this| place(vm, this, sym::$name, $index),
            |vm, this, v| set(vm, this, sym::$name, v),
        )
    };
}

pub static SYNTAX_ERROR: TypeSpec = TypeSpec {
    kind: T::SyntaxError,
    new: Some(new_syntax_error),
    rows: &[
        Row::property("msg", |vm, this| field(vm, this, sym::msg, 0), |vm, this, v| set(vm, this, sym::msg, v)),
        place!(filename 0),
        place!(lineno 1),
        place!(offset 2),
        place!(text 3),
        place!(end_lineno 4),
        place!(end_offset 5),
        Row::property("print_file_and_line", |_, _| Ok(Value::None), |_, _, _| Ok(())),
    ],
    doc: "Invalid syntax.",
};

macro_rules! argument {
    ($name:literal $index:literal) => {
        Row::property(
            $name,
            |vm, this| field(vm, this, Symbol::of_static($name), $index),
            |vm, this, v| set(vm, this, Symbol::of_static($name), v),
        )
    };
}

const UNICODE_ROWS: &[Row] =
    &[argument!("encoding" 0), argument!("object" 1), argument!("start" 2), argument!("end" 3), argument!("reason" 4)];

/// `UnicodeTranslateError(object, start, end, reason)`
pub static UNICODE_TRANSLATE: TypeSpec = TypeSpec {
    kind: T::UnicodeTranslateError,
    new: Some(new_unicode_translate),
    rows: &[
        Row::getter("encoding", |_, _| Ok(Value::None)),
        argument!("object" 0),
        argument!("start" 1),
        argument!("end" 2),
        argument!("reason" 3),
    ],
    doc: "Unicode translation error.",
};
pub static UNICODE_DECODE: TypeSpec = TypeSpec {
    kind: T::UnicodeDecodeError,
    new: Some(new_unicode),
    rows: UNICODE_ROWS,
    doc: "Unicode decoding error.",
};
pub static UNICODE_ENCODE: TypeSpec = TypeSpec {
    kind: T::UnicodeEncodeError,
    new: Some(new_unicode),
    rows: UNICODE_ROWS,
    doc: "Unicode encoding error.",
};

/// `SyntaxError(msg, (filename, lineno, offset, text, end_lineno, end_offset))`: the place has four parts at least.
fn new_syntax_error(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    no_keywords(vm, class, class.name().as_str(), &args)?;
    if let [_, place] = args.positional
        && fills_at_once(class)
    {
        let parts = vm.collect(place)?.len();
        let (word, wanted) = if parts < 4 { ("at least", 4) } else { ("at most", 7) };
        if !(4..=7).contains(&parts) {
            return Err(vm.type_error(format!("function takes {word} {wanted} arguments ({parts} given)")));
        }
    }
    Ok(Value::Exception(Exception::new(class, args.positional.to_vec())))
}

/// The subclass of OSError that an error number has (PEP 3151).
pub fn class_of_errno(errno: i64) -> T {
    let Ok(errno) = i32::try_from(errno) else { return T::OSError };
    match errno {
        libc::EAGAIN | libc::EALREADY | libc::EINPROGRESS => T::BlockingIOError,
        libc::EPIPE | libc::ESHUTDOWN => T::BrokenPipeError,
        libc::ECHILD => T::ChildProcessError,
        libc::ECONNABORTED => T::ConnectionAbortedError,
        libc::ECONNREFUSED => T::ConnectionRefusedError,
        libc::ECONNRESET => T::ConnectionResetError,
        libc::EEXIST => T::FileExistsError,
        libc::ENOENT => T::FileNotFoundError,
        libc::EISDIR => T::IsADirectoryError,
        libc::ENOTDIR => T::NotADirectoryError,
        libc::EINTR => T::InterruptedError,
        libc::EACCES | libc::EPERM => T::PermissionError,
        libc::ESRCH => T::ProcessLookupError,
        libc::ETIMEDOUT => T::TimeoutError,
        _ => T::OSError,
    }
}

fn new_os_error(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    if !args.keywords.is_empty() && fills_at_once(class) {
        return Err(vm.type_error(format!("{}() takes no keyword arguments", class.name())));
    }
    let class = match args.positional {
        [errno, _, ..] if class.builtin == Some(T::OSError) && args.positional.len() <= 5 => match errno.as_i64() {
            Some(errno) => vm.class(class_of_errno(errno)),
            None => class,
        },
        _ => class,
    };
    let made = Exception::new(class, args.positional.to_vec());
    if fills_at_once(class) {
        take_filename(&made, args.positional);
    }
    Ok(Value::Exception(made))
}

/// `OSError(errno, strerror, filename, winerror, filename2)` keeps two arguments in `args`.
fn take_filename(exception: &Exception, args: &[Value]) {
    if let [errno, strerror, filename, rest @ ..] = args
        && rest.len() <= 2
    {
        exception.args.set(Tuple::new(vec![errno.clone(), strerror.clone()]));
        exception.set(sym::filename, filename.clone());
        if let [_, second] = rest {
            exception.set(Symbol::of_static("filename2"), second.clone());
        }
    }
}

fn init_os_error(vm: &Vm, args: Args) -> R {
    let Some((this, rest)) = args.positional.split_first() else {
        return Err(vm.type_error("descriptor '__init__' of 'OSError' object needs an argument"));
    };
    let this = exception(vm, this)?;
    if !args.keywords.is_empty() {
        return Err(vm.type_error(format!("{}() takes no keyword arguments", this.class().name())));
    }
    this.args.set(Tuple::new(rest.to_vec()));
    take_filename(this, rest);
    Ok(Value::None)
}

/// `errno` and `strerror`: the first two of two to five arguments.
fn os_field(vm: &Vm, this: &Value, name: Symbol, index: usize) -> R {
    match exception(vm, this)?.args.get().len() {
        2..=5 => field(vm, this, name, index),
        _ => kept(vm, this, name),
    }
}

/// A part of the place in `SyntaxError(message, (filename, lineno, offset, text, ...))`.
fn place(vm: &Vm, this: &Value, name: Symbol, index: usize) -> R {
    let this = exception(vm, this)?;
    if let Some(own) = this.get(name) {
        return Ok(own);
    }
    let args = this.args.get();
    let place = args.get(1).and_then(Value::as_tuple);
    Ok(place.and_then(|place| place.get(index).cloned()).unwrap_or(Value::None))
}

fn new_unicode_translate(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    if fills_at_once(class) {
        let [object, _, _, reason] = args.positional else {
            let given = args.positional.len();
            return Err(vm.type_error(format!("function takes exactly 4 arguments ({given} given)")));
        };
        string_argument(vm, object, 1)?;
        string_argument(vm, reason, 4)?;
    }
    Ok(Value::Exception(Exception::new(class, args.positional.to_vec())))
}

fn new_unicode(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    if fills_at_once(class) {
        let [encoding, object, _, _, reason] = args.positional else {
            let given = args.positional.len();
            return Err(vm.type_error(format!("function takes exactly 5 arguments ({given} given)")));
        };
        string_argument(vm, encoding, 1)?;
        if class.is_subclass(vm.class(T::UnicodeEncodeError)) {
            string_argument(vm, object, 2)?;
        } else if object.to_buffer().is_none() {
            let got = vm.type_name(object);
            return Err(vm.type_error(format!("a bytes-like object is required, not '{got}'")));
        }
        string_argument(vm, reason, 5)?;
    }
    Ok(Value::Exception(Exception::new(class, args.positional.to_vec())))
}
