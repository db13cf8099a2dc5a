//! The module `sys`: what a script may know of its interpreter, and its standard streams.

mod asyncgen_hooks;
mod text_io;

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use super::ModuleSpec;
use super::struct_sequence::{instance, make_class, plain_object};
use super::types::code_object::frame_at;
use crate::intern::{Symbol, sym};
use crate::interp::streams::Channel;
use crate::object::{Fun, Module, R, Ref, Row, T, Value, Vm};

pub use text_io::SPEC as TEXT_IO;

pub static SPEC: ModuleSpec = ModuleSpec { name: "sys", rows: ROWS, init: Some(init), script: None };

const ROWS: &[Row] = &[
    Row::function("exit", "(status=None, /)", Fun::F1(exit)),
    Row::function("getrecursionlimit", "()", Fun::F0(|vm| Ok(Value::int(vm.recursion_limit.get())))),
    Row::function("setrecursionlimit", "(limit, /)", Fun::F1(set_recursion_limit)),
    Row::function("excepthook", "(exctype, value, traceback, /)", Fun::F3(except_hook)),
    Row::function("displayhook", "(object, /)", Fun::F1(|vm, value| vm.display(value.clone()).map(|()| Value::None))),
    Row::function("exc_info", "()", Fun::F0(exc_info)),
    Row::function("exception", "()", Fun::F0(|vm| Ok(vm.handling.get().map_or(Value::None, Value::Exception)))),
    Row::function("getsizeof", "(object, default=None)", Fun::F2(|_, value, _| Ok(Value::size(size_of(value))))),
    Row::function("get_asyncgen_hooks", "()", Fun::F0(asyncgen_hooks::get)),
    Row::function(
        "set_asyncgen_hooks",
        "(firstiter=<unrepresentable>, finalizer=<unrepresentable>)",
        Fun::F2(asyncgen_hooks::set),
    ),
    Row::function("intern", "(string, /)", Fun::F1(intern)),
    Row::function("getdefaultencoding", "()", Fun::F0(|_| Ok(Value::str("utf-8")))),
    Row::function("getfilesystemencoding", "()", Fun::F0(|_| Ok(Value::str("utf-8")))),
    Row::function("get_int_max_str_digits", "()", Fun::F0(|vm| Ok(Value::size(vm.max_digits())))),
    Row::function("set_int_max_str_digits", "(maxdigits)", Fun::F1(set_max_digits)),
    Row::function("getswitchinterval", "()", Fun::F0(|_| Ok(Value::float(0.005)))),
    Row::function("is_finalizing", "()", Fun::F0(|_| Ok(Value::False))),
    Row::function("_getframe", "(depth=0, /)", Fun::Bound(get_frame)),
    Row::function("getrefcount", "(object, /)", Fun::F1(|_, _| Ok(Value::Int(1)))),
];

/// `sys._getframe(depth)`: a snapshot of where the frame stands.
fn get_frame(vm: &Vm, args: &[Value]) -> R {
    let depth = if args[0].is_missing() { 0 } else { vm.index_i64(&args[0])?.max(0) as usize };
    let callers = vm.callers();
    match frame_at(vm, callers.get(depth..).unwrap_or_default()) {
        Some(frame) => Ok(frame),
        None => Err(vm.value_error("call stack is not deep enough")),
    }
}

/// What the command line gave.
#[derive(Default)]
struct Startup {
    argv: RefCell<Vec<String>>,
    folder: RefCell<Option<String>>,
}

/// Sets `sys.argv` and the first entry of `sys.path`, before `sys` is imported.
pub fn set_startup(vm: &Vm, argv: &[String], folder: Option<&Path>) {
    let startup = vm.extension(Startup::default);
    *startup.argv.borrow_mut() = argv.to_vec();
    *startup.folder.borrow_mut() = folder.map(|folder| folder.display().to_string());
}

/// The folders of `AIO_PATH`, written as `PATH` is: where modules are looked for after the script's folder.
pub fn path_of_environment() -> impl Iterator<Item = PathBuf> {
    let text = std::env::var_os("AIO_PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&text).filter(|folder| !folder.as_os_str().is_empty()).collect();
    folders.into_iter()
}

fn init(vm: &Vm, module: &Ref<Module>) -> R<()> {
    let startup = vm.extension(Startup::default);
    let texts = |list: &[String]| Value::list(list.iter().map(|text| Value::str(text)).collect());
    let argv = startup.argv.borrow().clone();
    let argv = if argv.is_empty() { vec![String::new()] } else { argv };
    let set = |name: &'static str, value: Value| drop(module.dict.set_name(Symbol::of_static(name), value));
    set("argv", texts(&argv));
    set("orig_argv", texts(&argv));
    let path = startup.folder.borrow().clone();
    let more = path_of_environment().map(|folder| folder.display().to_string());
    set("path", texts(&path.into_iter().chain(more).collect::<Vec<_>>()));
    set("modules", Value::Dict(vm.modules.clone()));
    for (names, channel) in [
        (["stdin", "__stdin__"], Channel::Stdin),
        (["stdout", "__stdout__"], Channel::Stdout),
        (["stderr", "__stderr__"], Channel::Stderr),
    ] {
        names.into_iter().for_each(|name| set(name, vm.standard_file(channel)));
    }
    set("platform", Value::str(if cfg!(target_os = "macos") { "darwin" } else { "linux" }));
    set("byteorder", Value::str(if cfg!(target_endian = "little") { "little" } else { "big" }));
    set("maxsize", Value::Int(i64::MAX));
    set("maxunicode", Value::Int(0x10ffff));
    set("version", Value::str(concat!("3.13.0 (aio ", env!("CARGO_PKG_VERSION"), ")")));
    set("hexversion", Value::Int(0x030d_00f0));
    set("api_version", Value::Int(1013));
    set("copyright", Value::str("aio, MIT OR Apache-2.0"));
    set("executable", Value::str(&std::env::current_exe().map_or(String::new(), |path| path.display().to_string())));
    set("prefix", Value::str(""));
    set("exec_prefix", Value::str(""));
    set("dont_write_bytecode", Value::True);
    set("warnoptions", Value::list(Vec::new()));
    set("builtin_module_names", Value::tuple(super::names().map(Value::str).collect()));
    for (name, hook) in [("__excepthook__", "excepthook"), ("__displayhook__", "displayhook")] {
        set(name, module.dict.get_name(Symbol::of_static(hook)).unwrap_or(Value::None));
    }
    structures(vm, module);
    Ok(())
}

fn structures(vm: &Vm, module: &Ref<Module>) {
    let set = |name: &'static str, value: Value| drop(module.dict.set_name(Symbol::of_static(name), value));
    let version = make_class(vm, "sys", "version_info", &["major", "minor", "micro", "releaselevel", "serial"]);
    let version =
        instance(&version, vec![Value::Int(3), Value::Int(13), Value::Int(0), Value::str("final"), Value::Int(0)]);
    let float_fields = [
        ("max", Value::float(f64::MAX)),
        ("max_exp", Value::Int(1024)),
        ("max_10_exp", Value::Int(308)),
        ("min", Value::float(f64::MIN_POSITIVE)),
        ("min_exp", Value::Int(-1021)),
        ("min_10_exp", Value::Int(-307)),
        ("dig", Value::Int(15)),
        ("mant_dig", Value::Int(53)),
        ("epsilon", Value::float(f64::EPSILON)),
        ("radix", Value::Int(2)),
        ("rounds", Value::Int(1)),
    ];
    let hash_fields = [
        ("width", Value::Int(64)),
        ("modulus", Value::Int((1 << 61) - 1)),
        ("inf", Value::Int(314_159)),
        ("nan", Value::Int(0)),
        ("imag", Value::Int(1_000_003)),
        ("algorithm", Value::str("aio")),
        ("hash_bits", Value::Int(64)),
        ("seed_bits", Value::Int(0)),
        ("cutoff", Value::Int(0)),
    ];
    let structure = |name: &'static str, fields: &[(&'static str, Value)]| {
        let names: Vec<&'static str> = fields.iter().map(|(name, _)| *name).collect();
        instance(&make_class(vm, "sys", name, &names), fields.iter().map(|(_, value)| value.clone()).collect())
    };
    set("float_info", structure("float_info", &float_fields));
    set("hash_info", structure("hash_info", &hash_fields));
    let int_fields = [
        ("bits_per_digit", Value::Int(30)),
        ("sizeof_digit", Value::Int(4)),
        ("default_max_str_digits", Value::Int(4300)),
        ("str_digits_check_threshold", Value::Int(640)),
    ];
    set("int_info", structure("int_info", &int_fields));
    let implementation = vec![
        ("name", Value::str("aio")),
        ("cache_tag", Value::None),
        ("version", version.clone()),
        ("hexversion", Value::Int(0x030d_00f0)),
    ];
    set("implementation", plain_object(vm, "SimpleNamespace", implementation));
    let flags = ["debug", "optimize", "interactive", "verbose", "quiet", "dev_mode", "utf8_mode"];
    set("flags", plain_object(vm, "flags", flags.into_iter().map(|flag| (flag, Value::Int(0))).collect()));
    set("version_info", version);
}

/// `sys.exit(status)`, also `exit` and `quit`: a tuple becomes the arguments, as in CPython.
pub fn exit(vm: &Vm, status: &Value) -> R {
    let (args, code) = match status {
        Value::Missing | Value::None => (Vec::new(), Value::None),
        Value::Tuple(items) => (items.to_vec(), status.clone()),
        other => (vec![other.clone()], other.clone()),
    };
    let exception = vm.new_exception(T::SystemExit, args);
    exception.set(sym::code, code);
    Err(vm.throw(exception))
}

fn set_recursion_limit(vm: &Vm, limit: &Value) -> R {
    let limit = vm.index_i64(limit)?;
    if limit < 1 {
        return Err(vm.value_error("recursion limit must be greater or equal than 1"));
    }
    let limit = u32::try_from(limit).unwrap_or(u32::MAX - 1).min(u32::MAX - 1);
    if limit <= vm.depth.get() {
        let depth = vm.depth.get();
        let text =
            format!("cannot set the recursion limit to {limit} at the recursion depth {depth}: the limit is too low");
        return Err(vm.error(T::RecursionError, text));
    }
    vm.recursion_limit.set(limit);
    Ok(Value::None)
}

fn set_max_digits(vm: &Vm, limit: &Value) -> R {
    let limit = vm.index_i64(limit)?;
    if limit != 0 && limit < 640 {
        return Err(vm.value_error("maxdigits must be 0 or larger than 640"));
    }
    vm.set_max_digits(limit as usize);
    Ok(Value::None)
}

/// `sys.excepthook`: what is printed about an uncaught exception.
fn except_hook(vm: &Vm, _kind: &Value, value: &Value, _traceback: &Value) -> R {
    if let Value::Exception(exception) = value {
        vm.complain(&vm.traceback_text(exception));
    }
    Ok(Value::None)
}

fn exc_info(vm: &Vm) -> R {
    let Some(exception) = vm.handling.get() else {
        return Ok(Value::tuple(vec![Value::None, Value::None, Value::None]));
    };
    let value = Value::Exception(exception.clone());
    let traceback = vm.get_attr(&value, sym::__traceback__)?;
    Ok(Value::tuple(vec![Value::Class(exception.class()), value, traceback]))
}

fn intern(vm: &Vm, text: &Value) -> R {
    match text {
        Value::Str(text) => Ok(Value::name(text.symbol())),
        other => Err(vm.type_error(format!("intern() argument must be str, not {}", vm.type_name(other)))),
    }
}

/// The bytes that a value takes here, without what it refers to.
fn size_of(value: &Value) -> usize {
    const HEADER: usize = 8;
    let word = std::mem::size_of::<Value>();
    HEADER
        + match value.base() {
            Value::Str(text) => 48 + text.len(),
            Value::Bytes(bytes) => 16 + bytes.as_slice().len(),
            Value::List(list) => 32 + list.len() * word,
            Value::Tuple(tuple) => 16 + tuple.len() * word,
            Value::Dict(dict) => 80 + dict.len() * 40,
            Value::Set(set) | Value::FrozenSet(set) => 80 + set.len() * 32,
            Value::BigInt(n) => 32 + usize::try_from(n.bits() / 8).unwrap_or(0),
            _ => 20,
        }
}
