//! `functools.partial`: a callable with arguments kept for it.

use crate::intern::{Symbol, sym};
use crate::interp::repr::ReprGuard;
use crate::modules::support::receiver_error;
use crate::object::cycles::Tracer;
use crate::object::native::CallFn;
use crate::object::{Args, Class, Dict, Fun, Native, NativeData, R, Ref, Row, Str, T, Tuple, TypeSpec, Value, Vm};

pub static SPEC: TypeSpec = TypeSpec {
    kind: T::Partial,
    new: Some(new),
    rows: ROWS,
    doc: "Create a new function with partial application of the given arguments and keywords.",
};

struct Partial {
    function: Value,
    args: Ref<Tuple>,
    keywords: Vec<(Symbol, Value)>,
}

/// What a `partial` object calls.
pub fn partial_function(value: &Value) -> Option<Value> {
    value.as_native::<Partial>().map(|partial| partial.function.clone())
}

impl NativeData for Partial {
    const CALL: Option<CallFn> = Some(|this, vm, args| match this.get::<Partial>() {
        Some(partial) => run(vm, partial, args),
        None => Ok(Value::None),
    });
    fn trace(&self, tracer: &mut Tracer) {
        tracer.value(&self.function);
        tracer.object(&self.args);
        tracer.values(self.keywords.iter().map(|(_, value)| value));
    }
}

const ROWS: &[Row] = &[
    Row::method("__call__", "(self, /, *args, **keywords)", Fun::Full(call)),
    Row::method("__repr__", "(self, /)", Fun::F1(repr)),
    Row::getter("func", |vm, this| Ok(data(vm, this)?.function.clone())),
    Row::getter("args", |vm, this| Ok(Value::Tuple(data(vm, this)?.args.clone()))),
    Row::getter("keywords", |vm, this| {
        let dict = Dict::new();
        for (name, value) in &data(vm, this)?.keywords {
            dict.set_name(*name, value.clone());
        }
        Ok(Value::dict(dict))
    }),
];

fn data<'a>(vm: &Vm, this: &'a Value) -> R<&'a Partial> {
    this.as_native::<Partial>().ok_or_else(|| receiver_error(vm, "functools.partial", this))
}

fn new(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    let Some((function, kept)) = args.positional.split_first() else {
        return Err(vm.type_error("type 'partial' takes at least one argument"));
    };
    if !is_callable(vm, function) {
        return Err(vm.type_error("the first argument must be callable"));
    }
    // A partial of a partial is one partial.
    let (function, mut all, mut keywords) = match function.as_native::<Partial>() {
        Some(inner) if function_is_bare(function) => {
            (inner.function.clone(), inner.args.to_vec(), inner.keywords.clone())
        }
        _ => (function.clone(), Vec::new(), Vec::new()),
    };
    all.extend_from_slice(kept);
    merge(&mut keywords, args.keywords);
    Ok(Value::Native(Native::new(class, Partial { function, args: Tuple::new(all), keywords })))
}

/// Without attributes of its own, which a flattened partial would lose.
fn function_is_bare(function: &Value) -> bool {
    matches!(function, Value::Native(native) if native.attributes().is_none())
}

fn is_callable(vm: &Vm, value: &Value) -> bool {
    matches!(value, Value::Function(_) | Value::Builtin(_) | Value::Method(_) | Value::Class(_))
        || vm.special(value, sym::__call__).is_some()
}

fn merge(keywords: &mut Vec<(Symbol, Value)>, more: &[(Symbol, Value)]) {
    for (name, value) in more {
        match keywords.iter_mut().find(|(known, _)| known == name) {
            Some(place) => place.1 = value.clone(),
            None => keywords.push((*name, value.clone())),
        }
    }
}

fn call(vm: &Vm, args: Args) -> R {
    let Some((this, rest)) = args.positional.split_first() else {
        return Err(vm.type_error("descriptor '__call__' of 'functools.partial' object needs an argument"));
    };
    run(vm, data(vm, this)?, Args { positional: rest, keywords: args.keywords })
}

fn run(vm: &Vm, partial: &Partial, args: Args) -> R {
    let _depth = vm.enter_call()?;
    if partial.args.is_empty() && partial.keywords.is_empty() {
        return vm.call(&partial.function, args);
    }
    if args.positional.is_empty() && args.keywords.is_empty() {
        return vm.call(&partial.function, Args { positional: &partial.args, keywords: &partial.keywords });
    }
    if let [only] = &partial.args[..]
        && partial.keywords.is_empty()
    {
        return vm.call_with_receiver(&partial.function, only, args);
    }
    let mut positional = partial.args.to_vec();
    positional.extend_from_slice(args.positional);
    let mut keywords = partial.keywords.clone();
    merge(&mut keywords, args.keywords);
    vm.call(&partial.function, Args { positional: &positional, keywords: &keywords })
}

fn repr(vm: &Vm, this: &Value) -> R {
    let partial = data(vm, this)?;
    let Some(_guard) = ReprGuard::enter(this.id()) else { return Ok(Value::str("...")) };
    let class = vm.class_of(this);
    let name = vm.full_name(&class);
    let mut out = format!("{name}({}", vm.repr(&partial.function)?.as_str());
    for value in partial.args.iter() {
        out.push_str(", ");
        vm.write_repr(value, &mut out)?;
    }
    for (keyword, value) in &partial.keywords {
        out.push_str(&format!(", {keyword}="));
        vm.write_repr(value, &mut out)?;
    }
    out.push(')');
    Ok(Value::Str(Str::from_string(out)))
}
