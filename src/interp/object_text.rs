//! The `repr` of objects that have no literal: functions, methods, classes, modules, generators, descriptors, plain
//! instances. Knows nothing of scripts' `__repr__`, which was asked before.

use crate::intern::sym;
use crate::object::{Builtin, Class, Descriptor, MachineKind, Method, R, Value, Vm};

use super::repr::push;

impl Vm {
    /// Appends the text of an object without a literal, as `object.__repr__` and its like give it.
    pub fn write_plain_object(&self, value: &Value, out: &mut String) -> R<()> {
        match value {
            Value::Function(f) => push(out, format_args!("<function {} at {:#x}>", f.qualname.borrow(), value.id())),
            Value::Builtin(builtin) => write_builtin(builtin, out),
            Value::Method(method) => return self.write_method(value, method, out),
            Value::Class(class) => push(out, format_args!("<class '{}'>", self.full_name(class))),
            Value::Module(module) => {
                let name = module.dict.get_name(sym::__name__).unwrap_or_else(|| Value::str("?"));
                out.push_str("<module ");
                self.write_repr(&name, out)?;
                match module.dict.get_name(sym::__file__) {
                    Some(file) if file.as_str().is_some() => {
                        out.push_str(" from ");
                        self.write_repr(&file, out)?;
                    }
                    // What a script made by hand is no module of ours.
                    _ if self.modules.get_name(module.name).is_some_and(|known| known.is(value)) => {
                        out.push_str(" (built-in)");
                    }
                    _ => {}
                }
                out.push('>');
            }
            Value::Machine(machine) => {
                let kind = match machine.kind {
                    MachineKind::Generator => "generator",
                    MachineKind::Coroutine => "coroutine",
                    MachineKind::AsyncGenerator => "async_generator",
                };
                push(out, format_args!("<{kind} object {} at {:#x}>", machine.qualname(), value.id()));
            }
            Value::Descriptor(descriptor) => match &**descriptor {
                Descriptor::Static(function) => return self.write_wrapper("staticmethod", function, out),
                Descriptor::ClassMethod(function) => return self.write_wrapper("classmethod", function, out),
                Descriptor::Getter(row, owner) => {
                    push(out, format_args!("<attribute '{}' of '{owner}' objects>", row.name))
                }
                Descriptor::Slot(name, owner) => push(out, format_args!("<member '{name}' of '{owner}' objects>")),
                Descriptor::Property(_) => self.write_default(value, out),
            },
            Value::Cell(_) => push(out, format_args!("<cell at {:#x}>", value.id())),
            _ => self.write_default(value, out),
        }
        Ok(())
    }

    /// `<module.Class object at 0x...>`
    fn write_default(&self, value: &Value, out: &mut String) {
        push(out, format_args!("<{} object at {:#x}>", self.full_name(&self.class_of(value)), value.id()));
    }

    /// A class's qualified name with its module in front, unless that is `builtins`.
    pub fn full_name(&self, class: &Class) -> String {
        let qualname = class.qualname();
        if let Some(kind) = class.builtin {
            let module = kind.module();
            return if module == "builtins" { qualname } else { format!("{module}.{qualname}") };
        }
        match class.own(sym::__module__).as_ref().and_then(|module| module.as_str()) {
            Some(module) if module.as_str() != "builtins" => format!("{}.{qualname}", module.as_str()),
            _ => qualname,
        }
    }

    fn write_wrapper(&self, kind: &str, function: &Value, out: &mut String) -> R<()> {
        push(out, format_args!("<{kind}("));
        self.write_repr(function, out)?;
        out.push_str(")>");
        Ok(())
    }

    fn write_method(&self, value: &Value, method: &Method, out: &mut String) -> R<()> {
        if let Value::Builtin(builtin) = &method.function {
            let kind = self.type_name(&method.receiver);
            let (name, address) = (builtin.row.name, value.id());
            if builtin.is_slot() {
                push(out, format_args!("<method-wrapper '{name}' of {kind} object at {address:#x}>"));
            } else {
                push(out, format_args!("<built-in method {name} of {kind} object at {address:#x}>"));
            }
            return Ok(());
        }
        let named = |name| match self.find_attr(&method.function, name) {
            Ok(found) => Ok(found.filter(|found| found.as_str().is_some())),
            Err(raised) => self.catch(Err(raised), crate::object::T::Exception),
        };
        let name = match named(sym::__qualname__)? {
            Some(name) => Some(name),
            None => named(sym::__name__)?,
        };
        let name = name.as_ref().and_then(Value::as_str).map_or("?", |name| name.as_str());
        push(out, format_args!("<bound method {name} of "));
        let _nested = self.nest(" while getting the repr of an object")?;
        self.write_repr(&method.receiver, out)?;
        out.push('>');
        Ok(())
    }
}

fn is_dunder(name: &str) -> bool {
    name.starts_with("__") && name.ends_with("__")
}

fn write_builtin(builtin: &Builtin, out: &mut String) {
    let name = builtin.row.name;
    match builtin.owner {
        Some(owner) if is_dunder(name) => push(out, format_args!("<slot wrapper '{name}' of '{owner}' objects>")),
        Some(owner) => push(out, format_args!("<method '{name}' of '{owner}' objects>")),
        // As `site` of CPython has it: whoever types the name alone is told how to leave.
        None if matches!(name, "exit" | "quit") && builtin.module.is_none_or(|module| module == "builtins") => {
            push(out, format_args!("Use {name}() or Ctrl-D (i.e. EOF) to exit"));
        }
        None => push(out, format_args!("<built-in function {name}>")),
    }
}
