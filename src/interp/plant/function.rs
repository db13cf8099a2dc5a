//! Making functions, lambdas, generators and classes.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use super::{AtSite, Planter};
use crate::code::{Arg, Capture, Code, Expr, Flavour, MakeClass, MakeFunction, Site, Slot};
use crate::intern::{Symbol, sym};
use crate::object::cell::CellData;
use crate::object::function::KeywordDefaults;
use crate::object::stack::Planted;
use crate::object::{Args, Dict, Fp, Function, Native, Node, R, Ref, Swap, T, Tuple, Value, VarCell, Vm};

/// A function being made, planted: its body is shared by all functions that this place makes.
struct Maker {
    planted: Rc<Planted>,
    defaults: Box<[Node]>,
    keyword_defaults: Box<[(Symbol, Node)]>,
    annotations: Box<[(Symbol, Node)]>,
    captures: Box<[Capture]>,
    empty: Ref<Tuple>,
}

impl Maker {
    fn make(&self, fp: Fp, vm: &Vm) -> R<Ref<Function>> {
        let defaults = if self.defaults.is_empty() {
            self.empty.clone()
        } else {
            Tuple::new(self.defaults.iter().map(|node| node(fp, vm)).collect::<R<Vec<Value>>>()?)
        };
        let mut keyword_defaults = Vec::new();
        for (name, node) in self.keyword_defaults.iter() {
            keyword_defaults.push((*name, node(fp, vm)?));
        }
        let mut annotations = Vec::new();
        for (name, node) in self.annotations.iter() {
            annotations.push((*name, node(fp, vm)?));
        }
        let closure = self.captures.iter().map(|capture| captured(fp, *capture)).collect();
        let code = &self.planted.code;
        let function = Ref::new(Function {
            planted: self.planted.clone(),
            closure,
            defaults: Swap::new(defaults),
            keyword_defaults: RefCell::new(KeywordDefaults::Given(keyword_defaults)),
            name: Cell::new(code.name),
            qualname: RefCell::new(code.qualname.clone()),
            renamed: Cell::new(false),
            extra: OnceCell::new(),
        });
        for (name, value) in annotations {
            function.extra().annotations.set_name(name, value);
        }
        Ok(function)
    }
}

/// The cell of a captured variable.
fn captured(fp: Fp, capture: Capture) -> Ref<VarCell> {
    let cell = match capture {
        Capture::Cell(slot) => match fp.peek(slot) {
            Value::Cell(cell) => Some(cell.clone()),
            _ => None,
        },
        Capture::Free(index) => super::name::free_cell(fp, index).cloned(),
    };
    cell.unwrap_or_else(|| VarCell::new(Value::Missing))
}

impl Planter<'_> {
    fn maker(&self, make: &MakeFunction) -> Maker {
        let named = |pairs: &[(Symbol, Expr)]| pairs.iter().map(|(name, e)| (*name, self.expr(e))).collect();
        Maker {
            planted: self.vm.bind_code(&make.code, self.globals),
            defaults: make.defaults.iter().map(|e| self.expr(e)).collect(),
            keyword_defaults: named(&make.keyword_defaults),
            annotations: named(&make.annotations),
            captures: make.captures.clone(),
            empty: Tuple::new(Vec::new()),
        }
    }

    pub(super) fn make_function(&self, make: &MakeFunction) -> Node {
        let maker = self.maker(make);
        Box::new(move |fp, vm| maker.make(fp, vm).map(Value::Function))
    }

    /// `(x for x in xs)`: `iter(xs)` at once, the rest when asked for.
    pub(super) fn generator(&self, make: &MakeFunction, iter: &Expr, is_async: bool, site: Site) -> Node {
        let (maker, iter, site) = (self.maker(make), self.expr(iter), self.site(site));
        debug_assert!(make.code.flavour != Flavour::Plain);
        Box::new(move |fp, vm| {
            let iterable = iter(fp, vm)?;
            let iterator = if is_async { vm.async_iter(&iterable) } else { vm.iter(&iterable) }.at(vm, site)?;
            let function = maker.make(fp, vm)?;
            let callee = vm.push_frame(&function.planted)?;
            callee.init(Slot(0), Value::Function(function.clone()));
            callee.init(Slot(1), iterator);
            vm.run_frame(&function, callee)
        })
    }

    /// `class C(bases, key=value): body`
    pub(super) fn make_class(&self, make: &MakeClass) -> Node {
        enum Part {
            Base(Node),
            Star(Node),
            Keyword(Symbol, Node),
            DoubleStar(Node),
        }
        let parts: Box<[Part]> = make
            .args
            .iter()
            .map(|arg| match arg {
                Arg::Positional(e) => Part::Base(self.expr(e)),
                Arg::Star(e) => Part::Star(self.expr(e)),
                Arg::Keyword(name, e) => Part::Keyword(*name, self.expr(e)),
                Arg::DoubleStar(e) => Part::DoubleStar(self.expr(e)),
            })
            .collect();
        let (name, body, class_cell) = (make.name, self.maker(&make.body), make.class_cell);
        let site = self.site(make.site);
        Box::new(move |fp, vm| {
            let mut bases = Vec::new();
            let mut keywords = Vec::new();
            for part in parts.iter() {
                match part {
                    Part::Base(node) => bases.push(node(fp, vm)?),
                    Part::Star(node) => {
                        let values = node(fp, vm)?;
                        bases.extend(vm.starred(&values).at(vm, site)?);
                    }
                    Part::Keyword(name, node) => keywords.push((*name, node(fp, vm)?)),
                    Part::DoubleStar(node) => {
                        let mapping = node(fp, vm)?;
                        if vm.find_attr(&mapping, sym::keys).at(vm, site)?.is_none() {
                            let got = vm.type_name(&mapping);
                            let what = "__build_class__() argument after ** must be a mapping";
                            return Err(vm.type_error(format!("{what}, not {got}"))).at(vm, site);
                        }
                        let dict = Dict::new();
                        vm.dict_update(&dict, &mapping).at(vm, site)?;
                        for (key, value) in dict.entries() {
                            let Some(key) = key.as_str() else {
                                return Err(vm.type_error("keywords must be strings")).at(vm, site);
                            };
                            if keywords.iter().any(|(name, _)| *name == key.symbol()) {
                                let what = "__build_class__() got multiple values for keyword argument";
                                return Err(vm.type_error(format!("{what} '{}'", key.as_str()))).at(vm, site);
                            }
                            keywords.push((key.symbol(), value));
                        }
                    }
                }
            }
            let body = body.make(fp, vm)?;
            vm.build_class(name, bases, keywords, &body, class_cell, site)
        })
    }
}

impl Vm {
    /// A function of a code object, as `types.FunctionType` makes one: without defaults.
    pub fn function(
        &self,
        code: &Rc<Code>,
        globals: &Ref<Dict>,
        closure: Box<[Ref<VarCell>]>,
        name: Symbol,
    ) -> Ref<Function> {
        Ref::new(Function {
            planted: self.bind_code(code, globals),
            closure,
            defaults: Swap::new(Tuple::new(Vec::new())),
            keyword_defaults: RefCell::default(),
            name: Cell::new(name),
            qualname: RefCell::new(code.qualname.clone()),
            renamed: Cell::new(false),
            extra: OnceCell::new(),
        })
    }

    /// A class statement (data model, 3.3.3): metaclass, namespace, body, class.
    fn build_class(
        &self,
        name: Symbol,
        bases: Vec<Value>,
        mut keywords: Vec<(Symbol, Value)>,
        body: &Ref<Function>,
        class_cell: Option<Slot>,
        site: u32,
    ) -> R {
        let original = bases.clone();
        let (bases, replaced) = self.resolve_bases(bases).at(self, site)?;
        let metaclass_name = Symbol::new("metaclass");
        let given = keywords.iter().position(|(n, _)| *n == metaclass_name).map(|i| keywords.remove(i).1);
        let metaclass = self.metaclass_for(given, &bases).at(self, site)?;
        let bases_tuple = Value::tuple(bases.clone());
        let namespace = self.prepare(&metaclass, name, &bases_tuple, &keywords).at(self, site)?;
        if replaced {
            let key = Value::name(Symbol::new("__orig_bases__"));
            self.set_item(&namespace, &key, Value::tuple(original))?;
        }
        let cell = self.run_class_body(body, &namespace, class_cell).at(self, site)?;
        if let Some(cell) = &cell {
            // `type.__new__` takes it out again and fills it.
            let object = Native::new(self.class(T::Cell), CellData(cell.clone()));
            self.set_item(&namespace, &Value::name(sym::__classcell__), Value::Native(object))?;
        }
        self.site.set(site);
        let class = match &metaclass {
            Value::Class(meta) if self.is_plain_metaclass(meta) => {
                let Some(dict) = namespace.as_dict() else {
                    return Err(self.type_error("type.__new__() argument 3 must be dict"));
                };
                Value::Class(self.make_class(meta, name, &bases, dict, &keywords).at(self, site)?)
            }
            other => {
                let args = [Value::name(name), bases_tuple, namespace];
                self.call(other, Args { positional: &args, keywords: &keywords }).at(self, site)?
            }
        };
        if let (Some(cell), Value::Class(_)) = (&cell, &class) {
            self.check_class_cell(cell, name, &class).at(self, site)?;
        }
        Ok(class)
    }

    /// The metaclass must have handed the `__class__` cell on.
    fn check_class_cell(&self, cell: &VarCell, name: Symbol, class: &Value) -> R<()> {
        let found = cell.value.get();
        if found.is(class) {
            return Ok(());
        }
        let shown = self.repr(class)?;
        if found.is_missing() {
            let message = format!(
                "__class__ not set defining '{name}' as {}. Was __classcell__ propagated to type.__new__?",
                shown.as_str()
            );
            return Err(self.runtime_error(message));
        }
        let other = self.repr(&found)?;
        Err(self.type_error(format!("__class__ set to {} defining '{name}' as {}", other.as_str(), shown.as_str())))
    }

    /// Whether the metaclass adds nothing of its own to making classes.
    fn is_plain_metaclass(&self, metaclass: &crate::object::Class) -> bool {
        metaclass.builtin == Some(T::Type)
    }

    /// `__prepare__`
    fn prepare(&self, metaclass: &Value, name: Symbol, bases: &Value, keywords: &[(Symbol, Value)]) -> R {
        if matches!(metaclass, Value::Class(meta) if self.is_plain_metaclass(meta)) {
            return Ok(Value::dict(Dict::new()));
        }
        match self.find_attr(metaclass, sym::__prepare__)? {
            Some(prepare) => {
                let args = [Value::name(name), bases.clone()];
                let namespace = self.call(&prepare, Args { positional: &args, keywords })?;
                if namespace.as_dict().is_none() && self.special(&namespace, sym::__getitem__).is_none() {
                    let whose = match metaclass {
                        Value::Class(class) => class.name().as_str(),
                        _ => "<metaclass>",
                    };
                    let got = self.type_name(&namespace);
                    return Err(self.type_error(format!("{whose}.__prepare__() must return a mapping, not {got}")));
                }
                Ok(namespace)
            }
            None => Ok(Value::dict(Dict::new())),
        }
    }

    /// Runs the body with the namespace in slot 1; gives the `__class__` cell when a method uses it.
    fn run_class_body(
        &self,
        body: &Ref<Function>,
        namespace: &Value,
        class_cell: Option<Slot>,
    ) -> R<Option<Ref<VarCell>>> {
        let planted = &body.planted;
        let fp = self.push_frame(planted)?;
        if planted.run.get().is_none() {
            self.plant(planted);
        }
        fp.init(Slot(0), Value::Function(body.clone()));
        fp.init(Slot(1), namespace.clone());
        super::super::call::wrap_cells(planted, fp);
        let result = match (planted.run.get(), self.enter_call()) {
            (Some(crate::object::stack::Runnable::Tree(run)), Ok(_depth)) => run(fp, self),
            (_, Err(raised)) => Err(raised),
            _ => Err(self.not_implemented("a class body that suspends")),
        };
        let cell = class_cell.and_then(|slot| match fp.peek(slot) {
            Value::Cell(cell) => Some(cell.clone()),
            _ => None,
        });
        self.stack.pop(fp, planted.frame_size as usize);
        result.map(|_| cell)
    }

    /// `async for`'s iterator: `value.__aiter__()`, which must have `__anext__`.
    pub(crate) fn async_iter(&self, value: &Value) -> R {
        if let Value::Machine(machine) = value
            && machine.kind == crate::object::MachineKind::AsyncGenerator
        {
            return Ok(value.clone());
        }
        let Some(iterator) = self.call_special(value, sym::__aiter__, &[])? else {
            let name = self.type_name(value);
            return Err(self.type_error(format!("'async for' requires an object with __aiter__ method, got {name}")));
        };
        if self.special(&iterator, sym::__anext__).is_none() {
            let name = self.type_name(&iterator);
            return Err(self.type_error(format!(
                "'async for' received an object from __aiter__ that does not implement __anext__: {name}"
            )));
        }
        Ok(iterator)
    }
}
