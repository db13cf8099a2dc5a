//! Tuples with named fields that our own modules give (`sys.version_info`, `time.struct_time`), and plain objects with
//! attributes. Knows nothing of `namedtuple`, which is a script's.

use crate::intern::{Symbol, sym};
use crate::object::function::{Descriptor, Property};
use crate::object::{Builtin, Class, Fun, Instance, Layout, R, Ref, Row, Swap, T, Value, Vm};

/// Under this name a class keeps the names of its fields.
const FIELDS: &str = "__match_args__";

static REPR: Row = Row::method("__repr__", "(self, /)", Fun::F1(repr));
static GETTERS: [Row; 16] = [
    field::<0>(),
    field::<1>(),
    field::<2>(),
    field::<3>(),
    field::<4>(),
    field::<5>(),
    field::<6>(),
    field::<7>(),
    field::<8>(),
    field::<9>(),
    field::<10>(),
    field::<11>(),
    field::<12>(),
    field::<13>(),
    field::<14>(),
    field::<15>(),
];

const fn field<const N: usize>() -> Row {
    Row::function("field", "(self, /)", Fun::F1(|vm, this| item(vm, this, N)))
}

fn item(vm: &Vm, this: &Value, index: usize) -> R {
    match this.as_tuple().and_then(|tuple| tuple.get(index)) {
        Some(value) => Ok(value.clone()),
        None => Err(vm.type_error("a structure with named fields was expected")),
    }
}

/// A class of tuples with these fields (at most sixteen; the names of any beyond are not attributes).
pub fn make_class(vm: &Vm, module: &str, name: &'static str, fields: &[&'static str]) -> Ref<Class> {
    let base = vm.class(T::Tuple).clone();
    let mut tail = vec![base.clone()];
    tail.extend(base.mro_tail());
    let metaclass = Some(vm.class(T::Type).clone());
    let class = Class::new(Symbol::of_static(name), vec![base], tail, Layout::Payload(T::Tuple), metaclass, None);
    class.set_quietly(sym::__module__, Value::str(module));
    class.set_quietly(sym::__repr__, Builtin::new(&REPR, Some(name), None));
    let names = fields.iter().map(|field| Value::str(field)).collect();
    class.set_quietly(Symbol::of_static(FIELDS), Value::tuple(names));
    class.set_quietly(Symbol::of_static("n_fields"), Value::size(fields.len()));
    for (row, field) in GETTERS.iter().zip(fields) {
        let property = Property {
            get: Builtin::new(row, None, None),
            set: Value::None,
            delete: Value::None,
            doc: Swap::new(Value::None),
            name: Swap::new(Value::str(field)),
        };
        class.set_quietly(Symbol::of_static(field), Value::Descriptor(Ref::new(Descriptor::Property(property))));
    }
    class.touch();
    class
}

/// An instance of such a class.
pub fn instance(class: &Ref<Class>, values: Vec<Value>) -> Value {
    Value::Instance(Instance::new(class, Some(Value::tuple(values))))
}

fn repr(vm: &Vm, this: &Value) -> R {
    let class = vm.class_of(this);
    let names = class.lookup(Symbol::of_static(FIELDS)).and_then(|names| names.as_tuple().cloned());
    let (Some(names), Some(values)) = (names, this.as_tuple()) else { return Ok(Value::str("()")) };
    let mut parts = Vec::new();
    for (name, value) in names.iter().zip(values.iter()) {
        let name = name.as_str().map_or("", |s| s.as_str()).to_owned();
        parts.push(format!("{name}={}", vm.repr(value)?.as_str()));
    }
    let module = class.lookup(sym::__module__);
    let module = module.as_ref().and_then(Value::as_str).map_or("", |s| s.as_str());
    let prefix = if module == "builtins" { String::new() } else { format!("{module}.") };
    Ok(Value::string(format!("{prefix}{}({})", class.name(), parts.join(", "))))
}

/// An object with attributes and nothing else.
pub fn plain_object(vm: &Vm, name: &'static str, attributes: Vec<(&'static str, Value)>) -> Value {
    let base = vm.class(T::Object).clone();
    let metaclass = Some(vm.class(T::Type).clone());
    let class = Class::new(Symbol::of_static(name), vec![base.clone()], vec![base], Layout::Object, metaclass, None);
    class.set_quietly(sym::__module__, Value::str("types"));
    let object = Instance::new(&class, None);
    for (attribute, value) in attributes {
        object.set(Symbol::of_static(attribute), value);
    }
    Value::Instance(object)
}
