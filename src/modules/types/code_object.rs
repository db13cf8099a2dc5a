//! Objects that show how code runs: code, frames, tracebacks, cells. They know enough for introspection and reports,
//! nothing of how code is executed.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::shared::unary;
use crate::intern::{Symbol, sym};
use crate::interp::upcalls::CompileMode;
use crate::interp::{Code, CompareOp, Flavour};
use crate::modules::support::{count, receiver_error};
use crate::object::cell::CellData;
use crate::object::traceback::GlobalSite;
use crate::object::{
    Args, Class, Dict, Exception, Fun, Machine, Native, NativeData, R, Ref, Row, State, T, TypeSpec, Value, VarCell,
    Vm, hash,
};

/// The data of a code object.
pub struct CodeData(pub Rc<Code>, pub Option<Compiled>);

/// How a code object that `compile()` made came about.
pub struct Compiled {
    pub mode: CompileMode,
    /// The same text compiled for names that live in a mapping of locals, once it was run with one.
    pub separate: OnceCell<Rc<Code>>,
}
impl NativeData for CodeData {}

/// The data of a frame object: where some body stood.
pub struct FrameData {
    code: Rc<Code>,
    line: u32,
    /// The namespace of its module, where known.
    globals: Option<Ref<Dict>>,
    /// Where the frames further out stand.
    outer: Rc<[GlobalSite]>,
}
impl NativeData for FrameData {}

/// The data of a traceback object: sites from the outermost on, and which of them this one shows.
pub struct TracebackData {
    sites: Rc<[GlobalSite]>,
    at: usize,
}
impl NativeData for TracebackData {}

pub static CODE: TypeSpec = TypeSpec { kind: T::Code, new: None, rows: CODE_ROWS, doc: "" };
pub static FRAME: TypeSpec = TypeSpec { kind: T::Frame, new: None, rows: FRAME_ROWS, doc: "" };
pub static TRACEBACK: TypeSpec = TypeSpec { kind: T::Traceback, new: None, rows: TRACEBACK_ROWS, doc: "" };
pub static CELL: TypeSpec = TypeSpec { kind: T::Cell, new: Some(new_cell), rows: CELL_ROWS, doc: "" };

const CODE_ROWS: &[Row] = &[
    Row::getter("co_name", |vm, this| Ok(Value::name(code(vm, this)?.name))),
    Row::getter("co_qualname", |vm, this| Ok(Value::str(&code(vm, this)?.qualname))),
    Row::getter("co_filename", |vm, this| Ok(Value::str(&code(vm, this)?.source.name))),
    Row::getter("co_firstlineno", |vm, this| Ok(Value::Int(code(vm, this)?.first_line().into()))),
    Row::getter("co_argcount", |vm, this| Ok(Value::Int(code(vm, this)?.params.positional.into()))),
    Row::getter("co_posonlyargcount", |vm, this| Ok(Value::Int(code(vm, this)?.params.positional_only.into()))),
    Row::getter("co_kwonlyargcount", |vm, this| Ok(Value::Int(code(vm, this)?.params.keyword_only.into()))),
    Row::getter("co_varnames", |vm, this| Ok(Value::tuple(variables(code(vm, this)?)))),
    Row::getter("co_nlocals", |vm, this| Ok(Value::size(variables(code(vm, this)?).len()))),
    Row::getter("co_freevars", |vm, this| {
        Ok(Value::tuple(code(vm, this)?.free.iter().map(|name| Value::name(*name)).collect()))
    }),
    Row::getter("co_cellvars", |vm, this| {
        let code = code(vm, this)?;
        let names = code.cells.iter().filter_map(|slot| code.slot_names.get(slot.0 as usize).copied().flatten());
        Ok(Value::tuple(names.map(Value::name).collect()))
    }),
    Row::getter("co_names", |_, _| Ok(Value::tuple(Vec::new()))),
    Row::getter("co_consts", |vm, this| {
        Ok(Value::tuple(vec![code(vm, this)?.doc.as_deref().map_or(Value::None, Value::str)]))
    }),
    Row::getter("co_flags", |vm, this| Ok(Value::Int(flags(code(vm, this)?)))),
    unary("__hash__", |vm, this| Ok(Value::Int(hash::of_identity(Rc::as_ptr(code(vm, this)?) as usize)))),
    Row::method(
        "__eq__",
        "(self, value, /)",
        Fun::F2(|vm, this, other| {
            let this = code(vm, this)?;
            Ok(other
                .as_native::<CodeData>()
                .map_or(Value::NotImplemented, |other| Value::bool(Rc::ptr_eq(this, &other.0))))
        }),
    ),
    unary("__repr__", |vm, this| {
        let code = code(vm, this)?;
        let (name, at) = (code.name, Rc::as_ptr(code) as usize);
        let text =
            format!("<code object {name} at {at:#x}, file \"{}\", line {}>", code.source.name, code.first_line());
        Ok(Value::string(text))
    }),
];

const FRAME_ROWS: &[Row] = &[
    Row::getter("f_code", |vm, this| Ok(code_of(vm, &frame(vm, this)?.code))),
    Row::getter("f_lineno", |vm, this| Ok(Value::Int(frame(vm, this)?.line.into()))),
    Row::getter("f_back", |vm, this| Ok(frame_at(vm, &frame(vm, this)?.outer).unwrap_or(Value::None))),
    Row::getter("f_globals", |vm, this| {
        Ok(frame(vm, this)?.globals.clone().map_or_else(|| Value::dict(Dict::new()), Value::Dict))
    }),
    unary("__repr__", |vm, this| {
        let FrameData { code, line, .. } = frame(vm, this)?;
        let text = format!("<frame at {:#x}, file '{}', line {line}, code {}>", this.id(), code.source.name, code.name);
        Ok(Value::string(text))
    }),
];

const TRACEBACK_ROWS: &[Row] = &[
    Row::getter("tb_lineno", |vm, this| Ok(Value::Int(place(vm, this)?.map_or(0, |f| f.line).into()))),
    Row::getter("tb_lasti", |_, _| Ok(Value::Int(0))),
    Row::getter("tb_next", |vm, this| {
        let TracebackData { sites, at } = traceback(vm, this)?;
        if at + 1 >= sites.len() {
            return Ok(Value::None);
        }
        let next = TracebackData { sites: sites.clone(), at: at + 1 };
        Ok(Value::Native(Native::new(vm.class(T::Traceback), next)))
    }),
    Row::getter("tb_frame", |vm, this| {
        Ok(place(vm, this)?.map_or(Value::None, |frame| Value::Native(Native::new(vm.class(T::Frame), frame))))
    }),
];

const CELL_ROWS: &[Row] = &[
    Row::property(
        "cell_contents",
        |vm, this| {
            let value = cell(vm, this)?.value.get();
            if value.is_missing() { Err(vm.value_error("Cell is empty")) } else { Ok(value) }
        },
        |vm, this, value| {
            cell(vm, this)?.value.set(value.clone());
            Ok(())
        },
    ),
    relation("__eq__", CompareOp::Eq),
    relation("__ne__", CompareOp::Ne),
    relation("__lt__", CompareOp::Lt),
    relation("__le__", CompareOp::Le),
    relation("__gt__", CompareOp::Gt),
    relation("__ge__", CompareOp::Ge),
    unary("__repr__", |vm, this| {
        let value = cell(vm, this)?.value.get();
        let id = this.id();
        Ok(Value::string(if value.is_missing() {
            format!("<cell at {id:#x}: empty>")
        } else {
            format!("<cell at {id:#x}: {} object at {:#x}>", vm.type_name(&value), value.id())
        }))
    }),
];

/// Cells compare by what they hold; an empty one is less than any other.
const fn relation(name: &'static str, op: CompareOp) -> Row {
    // Rows hold plain functions, so each operator has its own.
    let compare: fn(&Vm, &Value, &Value) -> R = match op {
        CompareOp::Eq => |vm, a, b| compare_cells(vm, CompareOp::Eq, a, b),
        CompareOp::Ne => |vm, a, b| compare_cells(vm, CompareOp::Ne, a, b),
        CompareOp::Lt => |vm, a, b| compare_cells(vm, CompareOp::Lt, a, b),
        CompareOp::Le => |vm, a, b| compare_cells(vm, CompareOp::Le, a, b),
        CompareOp::Gt => |vm, a, b| compare_cells(vm, CompareOp::Gt, a, b),
        _ => |vm, a, b| compare_cells(vm, CompareOp::Ge, a, b),
    };
    Row::method(name, "(self, value, /)", Fun::F2(compare))
}

fn compare_cells(vm: &Vm, op: CompareOp, a: &Value, b: &Value) -> R {
    let Some(other) = b.as_native::<CellData>() else { return Ok(Value::NotImplemented) };
    let (a, b) = (cell(vm, a)?.value.get(), other.0.value.get());
    if a.is_missing() || b.is_missing() {
        let filled = |value: &Value| Value::Int(i64::from(!value.is_missing()));
        return vm.compare(op, &filled(&a), &filled(&b));
    }
    vm.compare(op, &a, &b)
}

fn code<'a>(vm: &Vm, this: &'a Value) -> R<&'a Rc<Code>> {
    this.as_native::<CodeData>().map(|data| &data.0).ok_or_else(|| receiver_error(vm, "code", this))
}

fn frame<'a>(vm: &Vm, this: &'a Value) -> R<&'a FrameData> {
    this.as_native::<FrameData>().ok_or_else(|| receiver_error(vm, "frame", this))
}

fn traceback<'a>(vm: &Vm, this: &'a Value) -> R<&'a TracebackData> {
    this.as_native::<TracebackData>().ok_or_else(|| receiver_error(vm, "traceback", this))
}

fn cell<'a>(vm: &Vm, this: &'a Value) -> R<&'a Ref<VarCell>> {
    this.as_native::<CellData>().map(|data| &data.0).ok_or_else(|| receiver_error(vm, "cell", this))
}

/// The code objects that were asked for: each body has one, whoever asks.
#[derive(Default)]
struct CodeObjects(RefCell<FxHashMap<*const Code, Value>>);

/// The code object of a body.
pub fn code_of(vm: &Vm, code: &Rc<Code>) -> Value {
    let known = vm.extension(CodeObjects::default);
    // The object holds the body, so its address is not used for another one.
    let mut known = known.0.borrow_mut();
    let make = || Value::Native(Native::new(vm.class(T::Code), CodeData(code.clone(), None)));
    known.entry(Rc::as_ptr(code)).or_insert_with(make).clone()
}

/// The cell object of a captured variable.
pub fn cell_object(vm: &Vm, cell: &Ref<VarCell>) -> Value {
    Value::Native(Native::new(vm.class(T::Cell), CellData(cell.clone())))
}

fn new_cell(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    count(vm, "cell", &args, 0, 1)?;
    let content = args.positional.first().cloned().unwrap_or(Value::Missing);
    Ok(Value::Native(Native::new(class, CellData(VarCell::new(content)))))
}

/// Parameters first, then locals, as `co_varnames` lists them; temporaries have no names.
fn variables(code: &Code) -> Vec<Value> {
    let mut names: Vec<Symbol> = Vec::new();
    for name in code.params.names.iter().copied().chain(code.slot_names.iter().skip(1).flatten().copied()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.into_iter().map(Value::name).collect()
}

/// `co_flags`, as `inspect` names its bits.
fn flags(code: &Code) -> i64 {
    const OPTIMIZED_NEWLOCALS: i64 = 3;
    const VARARGS: i64 = 4;
    const VARKEYWORDS: i64 = 8;
    const NESTED: i64 = 16;
    const ITERABLE_COROUTINE: i64 = 256;
    let kind = match code.flavour {
        Flavour::Plain => 0,
        Flavour::Generator => 32,
        Flavour::Coroutine => 128,
        Flavour::AsyncGenerator => 512,
    };
    let flag = |set: bool, bit: i64| if set { bit } else { 0 };
    OPTIMIZED_NEWLOCALS
        | kind
        | flag(code.makes_awaitables.get(), ITERABLE_COROUTINE)
        | flag(code.params.vararg, VARARGS)
        | flag(code.params.kwarg, VARKEYWORDS)
        | flag(code.qualname.contains("<locals>"), NESTED)
}

/// The frame object of a machine that has not ended.
pub fn frame_of(vm: &Vm, machine: &Machine) -> Value {
    let (State::Created | State::Suspended | State::Running) = machine.state.get() else { return Value::None };
    let Some(code) = machine.body.code() else { return Value::None };
    let running = vm.running_sites(machine);
    let stands = running.first().copied().or_else(|| machine.body.site(machine));
    let (line, globals) = match stands.and_then(|site| find(vm, site)) {
        Some(found) => (found.line, found.globals),
        None => (code.first_line(), None),
    };
    let outer = running.get(1..).unwrap_or_default().into();
    let data = FrameData { code: code.clone(), line, globals, outer };
    Value::Native(Native::new(vm.class(T::Frame), data))
}

/// `frame.f_back`
pub fn back(vm: &Vm, frame: &Value) -> Option<Value> {
    frame_at(vm, &frame.as_native::<FrameData>()?.outer)
}

/// The frame object of the innermost of these places.
pub fn frame_at(vm: &Vm, sites: &[GlobalSite]) -> Option<Value> {
    let (first, outer) = sites.split_first()?;
    let data = FrameData { outer: outer.into(), ..find(vm, *first)? };
    Some(Value::Native(Native::new(vm.class(T::Frame), data)))
}

/// The frames an exception came through, outermost first.
pub fn frames_of(vm: &Vm, exception: &Exception) -> Vec<Value> {
    let mut sites = exception.traceback.borrow().sites.clone();
    sites.reverse();
    sites.iter().filter_map(|site| frame_at(vm, std::slice::from_ref(site))).collect()
}

/// A frame as tracebacks show it: where it stands, and the line of source.
pub fn frame_lines(frame: &Value) -> String {
    let Some(FrameData { code, line, .. }) = frame.as_native::<FrameData>() else { return String::new() };
    let head = format!("  File \"{}\", line {line}, in {}\n", code.source.name, code.name);
    match code.source.line_text(*line).trim() {
        "" => head,
        text => format!("{head}    {text}\n"),
    }
}

fn find(vm: &Vm, global: GlobalSite) -> Option<FrameData> {
    let (code, site) = vm.sites.borrow().find(global)?;
    let line = code.source.line_of(code.span_of(site).start);
    let globals = vm.sites.borrow().globals(global);
    Some(FrameData { code, line, globals, outer: Rc::default() })
}

fn place(vm: &Vm, this: &Value) -> R<Option<FrameData>> {
    let TracebackData { sites, at } = traceback(vm, this)?;
    Ok(sites.get(*at).and_then(|site| find(vm, *site)))
}

/// `exception.__traceback__`: None while it has passed through nothing; one object while it passes through nothing more.
pub fn traceback_of(vm: &Vm, exception: &Exception) -> Value {
    let mut sites = exception.traceback.borrow().sites.clone();
    if sites.is_empty() {
        return Value::None;
    }
    if let Some(last) = exception.get(sym::__traceback__)
        && sites_of(&last).as_ref() == Some(&sites)
    {
        return last;
    }
    sites.reverse();
    let made = Value::Native(Native::new(vm.class(T::Traceback), TracebackData { sites: sites.into(), at: 0 }));
    exception.set(sym::__traceback__, made.clone());
    made
}

/// The sites of a traceback object, innermost first; `None` when it is none.
pub fn sites_of(value: &Value) -> Option<Vec<GlobalSite>> {
    value.as_native::<TracebackData>().map(|data| data.sites[data.at..].iter().rev().copied().collect())
}
