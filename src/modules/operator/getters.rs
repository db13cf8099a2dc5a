//! `itemgetter`, `attrgetter`, `methodcaller`: callables that ask their argument for what they were made with.

use crate::intern::Symbol;
use crate::interp::repr::ReprGuard;
use crate::modules::support::{no_keywords, receiver_error};
use crate::object::native::CallFn;
use crate::object::{Args, Class, Fun, Native, NativeData, R, Ref, Row, T, Tuple, TypeSpec, Value, Vm};

pub static ITEM_GETTER: TypeSpec = TypeSpec {
    kind: T::ItemGetter,
    new: Some(new_item_getter),
    rows: &[
        CALL,
        Row::method("__repr__", "(self, /)", Fun::F1(show_items)),
        Row::method("__reduce__", "(self, /)", Fun::F1(reduce_items)),
    ],
    doc: "Return a callable object that fetches the given item(s) from its operand.\nAfter f = itemgetter(2), the call f(r) returns r[2].\nAfter g = itemgetter(2, 5, 3), the call g(r) returns (r[2], r[5], r[3])",
};

pub static ATTR_GETTER: TypeSpec = TypeSpec {
    kind: T::AttrGetter,
    new: Some(new_attr_getter),
    rows: &[
        CALL,
        Row::method("__repr__", "(self, /)", Fun::F1(show_attributes)),
        Row::method("__reduce__", "(self, /)", Fun::F1(reduce_attributes)),
    ],
    doc: "Return a callable object that fetches the given attribute(s) from its operand.\nAfter f = attrgetter('name'), the call f(r) returns r.name.\nAfter g = attrgetter('name', 'date'), the call g(r) returns (r.name, r.date).\nAfter h = attrgetter('name.first', 'name.last'), the call h(r) returns\n(r.name.first, r.name.last).",
};

pub static METHOD_CALLER: TypeSpec = TypeSpec {
    kind: T::MethodCaller,
    new: Some(new_method_caller),
    rows: &[
        CALL,
        Row::method("__repr__", "(self, /)", Fun::F1(show_method)),
        Row::method("__reduce__", "(self, /)", Fun::F1(reduce_method)),
    ],
    doc: "Return a callable object that calls the given method on its operand.\nAfter f = methodcaller('name'), the call f(r) returns r.name().\nAfter g = methodcaller('name', 'date', foo=1), the call g(r) returns\nr.name('date', foo=1).",
};

const CALL: Row = Row::method("__call__", "(self, /, *args, **kwargs)", Fun::Full(call));

fn call(vm: &Vm, args: Args) -> R {
    let Some((this, rest)) = args.positional.split_first() else {
        return Err(vm.type_error("unbound method __call__() needs an argument"));
    };
    vm.call(this, Args { positional: rest, keywords: args.keywords })
}

/// The one argument of a call.
fn operand<'a>(vm: &Vm, name: &str, args: Args<'a>) -> R<&'a Value> {
    match args {
        Args { positional: [operand], keywords: [] } => Ok(operand),
        Args { keywords: [], positional } => {
            Err(vm.type_error(format!("{name} expected 1 argument, got {}", positional.len())))
        }
        _ if name == "methodcaller" => {
            Err(vm.type_error(format!("{name} expected 1 argument, got {}", args.positional.len())))
        }
        _ => Err(vm.type_error(format!("{name}() takes no keyword arguments"))),
    }
}

fn data<'a, D: NativeData>(vm: &Vm, name: &str, this: &'a Value) -> R<&'a D> {
    this.as_native::<D>().ok_or_else(|| receiver_error(vm, name, this))
}

/// `operator.itemgetter(1, 'a', k=2)`
fn shown(vm: &Vm, this: &Value, arguments: &[Value], keywords: &[(Symbol, Value)]) -> R {
    let mut out = vm.full_name(&vm.class_of(this));
    out.push('(');
    let Some(_guard) = ReprGuard::enter(this.id()) else { return Ok(Value::string(out + "...)")) };
    let start = out.len();
    for argument in arguments {
        if out.len() > start {
            out.push_str(", ");
        }
        vm.write_repr(argument, &mut out)?;
    }
    for (name, value) in keywords {
        if out.len() > start {
            out.push_str(", ");
        }
        out.push_str(name.as_str());
        out.push('=');
        vm.write_repr(value, &mut out)?;
    }
    out.push(')');
    Ok(Value::string(out))
}

fn class_value(vm: &Vm, this: &Value) -> Value {
    Value::Class(vm.class_of(this))
}

struct ItemGetter(Ref<Tuple>);

impl NativeData for ItemGetter {
    const CALL: Option<CallFn> = Some(|this, vm, args| {
        let operand = operand(vm, "itemgetter", args)?;
        match this.get::<ItemGetter>().map(|getter| &getter.0[..]) {
            Some([key]) => vm.get_item(operand, key),
            Some(keys) => {
                let mut keys = keys.iter();
                let items = Tuple::try_from_fn(keys.len(), || match keys.next() {
                    Some(key) => vm.get_item(operand, key),
                    None => Ok(Value::None),
                })?;
                Ok(Value::Tuple(items))
            }
            None => Ok(Value::None),
        }
    });
}

fn new_item_getter(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    no_keywords(vm, class, "itemgetter", &args)?;
    if args.positional.is_empty() {
        return Err(vm.type_error("itemgetter expected 1 argument, got 0"));
    }
    Ok(Value::Native(Native::new(class, ItemGetter(Tuple::new(args.positional.to_vec())))))
}

fn show_items(vm: &Vm, this: &Value) -> R {
    shown(vm, this, &data::<ItemGetter>(vm, "operator.itemgetter", this)?.0, &[])
}

fn reduce_items(vm: &Vm, this: &Value) -> R {
    let getter: &ItemGetter = data(vm, "operator.itemgetter", this)?;
    Ok(Value::pair(class_value(vm, this), Value::Tuple(getter.0.clone())))
}

struct AttrGetter {
    /// As they were given, dots and all.
    names: Ref<Tuple>,
    /// The attributes to go through for each.
    paths: Box<[Box<[Symbol]>]>,
}

fn follow(vm: &Vm, operand: &Value, path: &[Symbol]) -> R {
    match path {
        [] => Ok(operand.clone()),
        [first, rest @ ..] => {
            let mut found = vm.get_attr(operand, *first)?;
            for name in rest {
                found = vm.get_attr(&found, *name)?;
            }
            Ok(found)
        }
    }
}

impl NativeData for AttrGetter {
    const CALL: Option<CallFn> = Some(|this, vm, args| {
        let operand = operand(vm, "attrgetter", args)?;
        match this.get::<AttrGetter>().map(|getter| &getter.paths[..]) {
            Some([path]) => follow(vm, operand, path),
            Some(paths) => {
                let mut paths = paths.iter();
                let found = Tuple::try_from_fn(paths.len(), || match paths.next() {
                    Some(path) => follow(vm, operand, path),
                    None => Ok(Value::None),
                })?;
                Ok(Value::Tuple(found))
            }
            None => Ok(Value::None),
        }
    });
}

fn new_attr_getter(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    no_keywords(vm, class, "attrgetter", &args)?;
    if args.positional.is_empty() {
        return Err(vm.type_error("attrgetter expected 1 argument, got 0"));
    }
    let mut paths = Vec::with_capacity(args.positional.len());
    for name in args.positional {
        match name.as_str() {
            Some(name) if name.as_str().contains('.') => {
                paths.push(name.as_str().split('.').map(Symbol::new).collect())
            }
            Some(name) => paths.push(Box::from([name.symbol()])),
            None => return Err(vm.type_error("attribute name must be a string")),
        }
    }
    let names = Tuple::new(args.positional.to_vec());
    Ok(Value::Native(Native::new(class, AttrGetter { names, paths: paths.into() })))
}

fn show_attributes(vm: &Vm, this: &Value) -> R {
    shown(vm, this, &data::<AttrGetter>(vm, "operator.attrgetter", this)?.names, &[])
}

fn reduce_attributes(vm: &Vm, this: &Value) -> R {
    let getter: &AttrGetter = data(vm, "operator.attrgetter", this)?;
    Ok(Value::pair(class_value(vm, this), Value::Tuple(getter.names.clone())))
}

struct MethodCaller {
    name: Value,
    method: Symbol,
    arguments: Ref<Tuple>,
    keywords: Box<[(Symbol, Value)]>,
}

impl NativeData for MethodCaller {
    const CALL: Option<CallFn> = Some(|this, vm, args| {
        let operand = operand(vm, "methodcaller", args)?;
        let Some(caller) = this.get::<MethodCaller>() else { return Ok(Value::None) };
        let method = vm.get_attr(operand, caller.method)?;
        vm.call(&method, Args { positional: &caller.arguments, keywords: &caller.keywords })
    });
}

fn new_method_caller(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    let Some((name, arguments)) = args.positional.split_first() else {
        return Err(vm.type_error("methodcaller needs at least one argument, the method name"));
    };
    let Some(method) = name.as_str().map(|name| name.symbol()) else {
        return Err(vm.type_error("method name must be a string"));
    };
    let (arguments, keywords) = (Tuple::new(arguments.to_vec()), args.keywords.into());
    Ok(Value::Native(Native::new(class, MethodCaller { name: name.clone(), method, arguments, keywords })))
}

/// The name and the arguments by position.
fn named_arguments(caller: &MethodCaller) -> Vec<Value> {
    std::iter::once(&caller.name).chain(caller.arguments.iter()).cloned().collect()
}

fn show_method(vm: &Vm, this: &Value) -> R {
    let caller: &MethodCaller = data(vm, "operator.methodcaller", this)?;
    shown(vm, this, &named_arguments(caller), &caller.keywords)
}

/// Keywords go through a `functools.partial` of the class.
fn reduce_method(vm: &Vm, this: &Value) -> R {
    let caller: &MethodCaller = data(vm, "operator.methodcaller", this)?;
    let class = class_value(vm, this);
    if caller.keywords.is_empty() {
        return Ok(Value::pair(class, Value::tuple(named_arguments(caller))));
    }
    let partial = Value::Class(vm.class(T::Partial).clone());
    let made = vm.call(&partial, Args { positional: &[class, caller.name.clone()], keywords: &caller.keywords })?;
    Ok(Value::pair(made, Value::Tuple(caller.arguments.clone())))
}
