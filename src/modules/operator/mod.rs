//! The module `operator`: the operators as functions, each a row that says which one; the callables made of names and keys.

mod getters;

use super::ModuleSpec;
use super::support::size_argument;
use crate::intern::{Symbol, sym};
use crate::interp::{BinaryOp, CompareOp, UnaryOp};
use crate::object::{Args, Fun, Module, R, Ref, Row, T, TypeSpec, Value, Vm};
use crate::text::order;

pub static SPEC: ModuleSpec = ModuleSpec { name: "operator", rows: ROWS, init: Some(init), script: None };

/// The tables of its types.
pub fn type_spec(kind: T) -> Option<&'static TypeSpec> {
    match kind {
        T::ItemGetter => Some(&getters::ITEM_GETTER),
        T::AttrGetter => Some(&getters::ATTR_GETTER),
        T::MethodCaller => Some(&getters::METHOD_CALLER),
        _ => None,
    }
}

macro_rules! compare {
    ($name:literal $op:ident) => {
        Row::function($name, "(a, b, /)", Fun::F2(|vm, a, b| vm.compare(CompareOp::$op, a, b)))
    };
}

macro_rules! unary {
    ($name:literal $op:ident) => {
        Row::function($name, "(a, /)", Fun::F1(|vm, a| vm.unary(UnaryOp::$op, a)))
    };
}

macro_rules! binary {
    ($name:literal $op:ident) => {
        Row::function($name, "(a, b, /)", Fun::F2(|vm, a, b| vm.binary(BinaryOp::$op, a, b)))
    };
}

macro_rules! in_place {
    ($name:literal $op:ident) => {
        Row::function($name, "(a, b, /)", Fun::F2(|vm, a, b| vm.binary_in_place(BinaryOp::$op, a.clone(), b)))
    };
}

const ROWS: &[Row] = &[
    compare!("lt" Lt),
    compare!("le" Le),
    compare!("eq" Eq),
    compare!("ne" Ne),
    compare!("ge" Ge),
    compare!("gt" Gt),
    Row::function("not_", "(a, /)", Fun::F1(|vm, a| vm.is_true(a).map(|truth| Value::bool(!truth)))),
    Row::function("truth", "(a, /)", Fun::F1(|vm, a| vm.is_true(a).map(Value::bool))),
    compare!("is_" Is),
    compare!("is_not" IsNot),
    Row::function("abs", "(a, /)", Fun::F1(|vm, a| vm.abs(a))),
    Row::function("index", "(a, /)", Fun::F1(|vm, a| vm.index(a))),
    unary!("inv" Invert),
    unary!("invert" Invert),
    unary!("neg" Neg),
    unary!("pos" Pos),
    binary!("add" Add),
    binary!("and_" And),
    binary!("floordiv" FloorDiv),
    binary!("lshift" LShift),
    binary!("mod" Mod),
    binary!("mul" Mul),
    binary!("matmul" MatMul),
    binary!("or_" Or),
    binary!("pow" Pow),
    binary!("rshift" RShift),
    binary!("sub" Sub),
    binary!("truediv" Div),
    binary!("xor" Xor),
    in_place!("iadd" Add),
    in_place!("iand" And),
    in_place!("ifloordiv" FloorDiv),
    in_place!("ilshift" LShift),
    in_place!("imod" Mod),
    in_place!("imul" Mul),
    in_place!("imatmul" MatMul),
    in_place!("ior" Or),
    in_place!("ipow" Pow),
    in_place!("irshift" RShift),
    in_place!("isub" Sub),
    in_place!("itruediv" Div),
    in_place!("ixor" Xor),
    Row::function("concat", "(a, b, /)", Fun::F2(concat)),
    Row::function("iconcat", "(a, b, /)", Fun::F2(concat_in_place)),
    Row::function("contains", "(a, b, /)", Fun::F2(|vm, a, b| vm.contains(a, b).map(Value::bool))),
    Row::function("countOf", "(a, b, /)", Fun::F2(count_of)),
    Row::function("indexOf", "(a, b, /)", Fun::F2(index_of)),
    Row::function("getitem", "(a, b, /)", Fun::F2(|vm, a, b| vm.get_item(a, b))),
    Row::function("setitem", "(a, b, c, /)", Fun::F3(|vm, a, b, c| vm.set_item(a, b, c.clone()).map(|()| Value::None))),
    Row::function("delitem", "(a, b, /)", Fun::F2(|vm, a, b| vm.del_item(a, b).map(|()| Value::None))),
    Row::function("length_hint", "(obj, default=0, /)", Fun::F2(length_hint)),
    Row::function("call", "(obj, /, *args, **kwargs)", Fun::Full(call)),
];

/// Functions that stand for no dunder.
const PLAIN: &[&str] = &["truth", "is_", "is_not", "countOf", "indexOf", "length_hint"];

fn init(vm: &Vm, module: &Ref<Module>) -> R<()> {
    let kinds = [T::ItemGetter, T::AttrGetter, T::MethodCaller];
    let mut all: Vec<&str> = ROWS.iter().map(|row| row.name).chain(kinds.iter().map(|kind| kind.name())).collect();
    order::sort(&mut all);
    for kind in kinds {
        module.dict.set_name(Symbol::of_static(kind.name()), Value::Class(vm.class(kind).clone()));
    }
    for name in ROWS.iter().map(|row| row.name).filter(|name| !PLAIN.contains(name)) {
        if let Some(function) = module.dict.get_name(Symbol::of_static(name)) {
            module.dict.set_name(Symbol::new(&format!("__{}__", name.trim_end_matches('_'))), function);
        }
    }
    module.dict.set_name(sym::__all__, Value::list(all.into_iter().map(Value::str).collect()));
    Ok(())
}

/// Whether `+` could join it to another: it has items, and is no mapping.
fn check_sequence(vm: &Vm, value: &Value) -> R<()> {
    if vm.special(value, sym::__getitem__).is_some() && value.as_dict().is_none() {
        return Ok(());
    }
    Err(vm.type_error(format!("'{}' object can't be concatenated", vm.type_name(value))))
}

fn concat(vm: &Vm, a: &Value, b: &Value) -> R {
    check_sequence(vm, a)?;
    vm.binary(BinaryOp::Add, a, b)
}

fn concat_in_place(vm: &Vm, a: &Value, b: &Value) -> R {
    check_sequence(vm, a)?;
    vm.binary_in_place(BinaryOp::Add, a.clone(), b)
}

fn check_iterable(vm: &Vm, value: &Value) -> R<()> {
    if vm.is_iterable(value) {
        return Ok(());
    }
    Err(vm.type_error(format!("argument of type '{}' is not iterable", vm.type_name(value))))
}

fn count_of(vm: &Vm, items: &Value, wanted: &Value) -> R {
    check_iterable(vm, items)?;
    let mut count = 0;
    vm.for_each(items, |item| {
        count += i64::from(vm.eq(&item, wanted)?);
        Ok(true)
    })?;
    Ok(Value::Int(count))
}

fn index_of(vm: &Vm, items: &Value, wanted: &Value) -> R {
    check_iterable(vm, items)?;
    let (mut at, mut found) = (0, false);
    vm.for_each(items, |item| {
        found = vm.eq(&item, wanted)?;
        at += i64::from(!found);
        Ok(!found)
    })?;
    if found { Ok(Value::Int(at)) } else { Err(vm.value_error("sequence.index(x): x not in sequence")) }
}

fn length_hint(vm: &Vm, object: &Value, default: &Value) -> R {
    let default = if default.is_missing() { 0 } else { size_argument(vm, default)? };
    Ok(vm.known_length(object)?.map_or(Value::Int(default), Value::size))
}

fn call(vm: &Vm, args: Args) -> R {
    let Some((callee, rest)) = args.positional.split_first() else {
        return Err(vm.type_error("call expected at least 1 argument, got 0"));
    };
    vm.check_native_stack()?;
    vm.call(callee, Args { positional: rest, keywords: args.keywords })
}
