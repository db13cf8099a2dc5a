//! Making classes (`type.__new__`): resolution order, layout, hooks; and `isinstance`, `issubclass`.

use crate::intern::{Symbol, sym};
use crate::object::cell::CellData;
use crate::object::weak;
use crate::object::{Args, Class, Descriptor, Dict, Layout, R, Ref, Row, T, Value, Vm};

/// `__dict__` and `__weakref__` of instances, as attributes of the first class that gives them.
static DICT: Row = Row::property("__dict__", instance_dict, set_instance_dict);
static WEAKREF: Row = Row::getter("__weakref__", |_, this| {
    Ok(weak::references(this).into_iter().next().map_or(Value::None, Value::Native))
});

fn instance_dict(vm: &Vm, this: &Value) -> R {
    match vm.dict_of(this)? {
        Some(dict) => Ok(dict),
        None => Err(vm.no_attribute(this, sym::__dict__)),
    }
}

fn set_instance_dict(vm: &Vm, this: &Value, value: &Value) -> R<()> {
    let Value::Instance(instance) = this else {
        return Err(vm.error(T::AttributeError, "attribute '__dict__' is not writable"));
    };
    match value {
        Value::Missing => instance.set_dict(Value::dict(Dict::new())),
        value => match value.as_dict() {
            Some(_) => instance.set_dict(value.clone()),
            None => {
                let got = vm.type_name(value);
                return Err(vm.type_error(format!("__dict__ must be set to a dictionary, not a '{got}'")));
            }
        },
    }
    Ok(())
}

/// Types whose objects have no place for weak references in CPython, of those that are native here.
fn is_never_referred_to(kind: T) -> bool {
    matches!(
        kind,
        T::Super
            | T::CoroutineWrapper
            | T::AsyncGeneratorASend
            | T::AsyncGeneratorAThrow
            | T::AnextAwaitable
            | T::Cell
            | T::Frame
            | T::Traceback
            | T::MappingProxy
            | T::UnionType
            | T::SimpleNamespace
            | T::DictKeys
            | T::DictValues
            | T::DictItems
            | T::FutureIter
            | T::ByteArray
            | T::ContextVar
            | T::ContextToken
            | T::TokenMissing
            | T::NoDefault
            | T::WeakReference
            | T::WeakProxy
            | T::WeakCallableProxy
    ) || kind.name().contains("iterator")
}

impl Vm {
    /// Whether there may be weak references to a value.
    pub fn can_be_weakly_referenced(&self, value: &Value) -> bool {
        let given = |class: &Class| class.lookup(sym::__weakref__).is_some_and(|found| is_getter(&found));
        match value {
            Value::Function(_) | Value::Class(_) | Value::Machine(_) | Value::Module(_) => true,
            Value::Set(_) | Value::FrozenSet(_) => true,
            Value::Builtin(builtin) => builtin.owner.is_none(),
            Value::Method(_) => self.class_of(value).builtin != Some(T::MethodWrapper),
            Value::Instance(instance) => {
                let class = instance.class();
                given(&class) || class.is_subclass(self.class(T::OrderedDict))
            }
            Value::Exception(exception) => given(&exception.class()),
            Value::Native(native) => {
                let class = native.class();
                given(&class) || !class.builtin.is_some_and(is_never_referred_to)
            }
            _ => false,
        }
    }

    /// The metaclass of a class statement: the most derived among the given one and those of the bases.
    pub fn metaclass_for(&self, given: Option<Value>, bases: &[Value]) -> R {
        let mut winner = match given {
            Some(Value::Class(class)) if class.is_subclass(self.class(T::Type)) => class,
            // Anything callable may stand for a metaclass (data model, 3.3.3.3).
            Some(other) => return Ok(other),
            None => bases.first().map_or_else(|| self.class(T::Type).clone(), |base| self.class_of(base)),
        };
        for base in bases {
            let candidate = self.class_of(base);
            if winner.is_subclass(&candidate) {
                continue;
            }
            if candidate.is_subclass(&winner) {
                winner = candidate;
                continue;
            }
            return Err(self.type_error(
                "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the metaclasses \
                 of all its bases",
            ));
        }
        Ok(Value::Class(winner))
    }

    /// Replaces bases that are not classes by what their `__mro_entries__` gives (PEP 560).
    pub fn resolve_bases(&self, bases: Vec<Value>) -> R<(Vec<Value>, bool)> {
        if bases.iter().all(|b| matches!(b, Value::Class(_))) {
            return Ok((bases, false));
        }
        let original = Value::tuple(bases.clone());
        let mut resolved = Vec::new();
        for base in bases {
            if matches!(base, Value::Class(_)) {
                resolved.push(base);
                continue;
            }
            match self.find_attr(&base, Symbol::new("__mro_entries__"))? {
                Some(entries) => {
                    let entries = self.call1(&entries, &original)?;
                    let Some(entries) = entries.as_tuple() else {
                        return Err(self.type_error("__mro_entries__ must return a tuple"));
                    };
                    resolved.extend(entries.iter().cloned());
                }
                None => resolved.push(base),
            }
        }
        Ok((resolved, true))
    }

    /// `type.__new__(metaclass, name, bases, namespace, **keywords)`
    pub fn make_class(
        &self,
        metaclass: &Ref<Class>,
        name: Symbol,
        bases: &[Value],
        namespace: &Dict,
        keywords: &[(Symbol, Value)],
    ) -> R<Ref<Class>> {
        let bases = self.check_bases(bases)?;
        let layout = self.common_layout(&bases)?;
        if name.as_str().contains('\0') {
            return Err(self.value_error("type name must not contain null characters"));
        }
        let by_script = self.script_hook(metaclass, sym::mro).is_some();
        let tail = if by_script { Vec::new() } else { self.linearize(&bases)? };
        let class = Class::new(name, bases, tail, layout, Some(metaclass.clone()), None);
        if by_script {
            class.set_order(self.order_by_script(&class)?);
        }
        self.fill_class(&class, namespace)?;
        self.call_set_name(&class)?;
        self.call_init_subclass(&class, keywords)?;
        Ok(class)
    }

    /// The resolution order by a metaclass's own `mro()`, the class itself left out.
    fn order_by_script(&self, class: &Ref<Class>) -> R<Vec<Ref<Class>>> {
        let order = self.call_method(&Value::Class(class.clone()), sym::mro, &[])?;
        let mut tail = Vec::new();
        for item in self.collect(&order)? {
            match item {
                Value::Class(other) if Ref::same(&other, class) => {}
                Value::Class(other) => tail.push(other),
                other => {
                    let what = self.type_name(&other);
                    return Err(self.type_error(format!("mro() returned a non-class ('{what}')")));
                }
            }
        }
        Ok(tail)
    }

    /// `type.mro`: what C3 gives for the bases as they are.
    pub fn default_order(&self, class: &Ref<Class>) -> R<Vec<Ref<Class>>> {
        self.linearize(&class.bases())
    }

    /// `class.__bases__ = bases`
    ///
    /// # Errors
    /// TypeError for what is no tuple of classes, a cycle, another layout, no consistent order.
    pub fn set_bases(&self, class: &Ref<Class>, value: &Value) -> R<()> {
        let name = class.name();
        let Some(bases) = value.as_tuple() else {
            let got = self.type_name(value);
            return Err(self.type_error(format!("can only assign tuple to {name}.__bases__, not {got}")));
        };
        if bases.is_empty() {
            return Err(self.type_error(format!("can only assign non-empty tuple to {name}.__bases__, not ()")));
        }
        for base in bases.iter() {
            let Value::Class(base) = base else {
                let got = self.type_name(base);
                return Err(self.type_error(format!("{name}.__bases__ must be tuple of classes, not '{got}'")));
            };
            if base.is_subclass(class) {
                return Err(self.type_error("a __bases__ item causes an inheritance cycle"));
            }
        }
        let bases = self.check_bases(bases)?;
        if self.common_layout(&bases)? != class.layout {
            let old = class.bases().first().map_or("object", |base| base.name().as_str());
            let new = bases.iter().find(|base| base.layout != Layout::Object).unwrap_or(&bases[0]).name();
            return Err(self.type_error(format!("__bases__ assignment: '{new}' deallocator differs from '{old}'")));
        }
        let tail = self.linearize(&bases)?;
        class.replace_bases(bases);
        class.set_order(tail);
        self.reorder_subclasses(class)
    }

    fn reorder_subclasses(&self, class: &Ref<Class>) -> R<()> {
        for subclass in class.subclasses() {
            subclass.set_order(self.linearize(&subclass.bases())?);
            self.reorder_subclasses(&subclass)?;
        }
        Ok(())
    }

    fn check_bases(&self, bases: &[Value]) -> R<Vec<Ref<Class>>> {
        let mut classes: Vec<Ref<Class>> = Vec::with_capacity(bases.len().max(1));
        for base in bases {
            let Value::Class(class) = base else {
                return Err(self.type_error("bases must be types"));
            };
            if let Some(kind) = class.builtin.filter(|kind| !kind.is_subclassable()) {
                let name = kind.message_name();
                return Err(self.type_error(format!("type '{name}' is not an acceptable base type")));
            }
            if classes.iter().any(|c| Ref::same(c, class)) {
                return Err(self.type_error(format!("duplicate base class {}", class.name())));
            }
            classes.push(class.clone());
        }
        if classes.is_empty() {
            classes.push(self.class(T::Object).clone());
        }
        Ok(classes)
    }

    /// What instances are made of: the one base that says more than `object`.
    fn common_layout(&self, bases: &[Ref<Class>]) -> R<Layout> {
        let mut layout = Layout::Object;
        for base in bases {
            layout = match (layout, base.layout) {
                (Layout::Object, other) => other,
                (mine, Layout::Object) => mine,
                (mine, other) if mine == other => mine,
                (Layout::Native(a), Layout::Native(b)) if a.is_a(b) => layout,
                (Layout::Native(a), Layout::Native(b)) if b.is_a(a) => base.layout,
                _ => return Err(self.type_error("multiple bases have instance lay-out conflict")),
            };
        }
        // Slots take places of their own: of two bases with some, one must derive from the other.
        let mut solid: Option<Ref<Class>> = None;
        for base in bases {
            let Some(found) = with_slots(base) else { continue };
            solid = match solid {
                Some(other) if other.is_subclass(&found) => Some(other),
                Some(other) if !found.is_subclass(&other) => {
                    return Err(self.type_error("multiple bases have instance lay-out conflict"));
                }
                _ => Some(found),
            };
        }
        Ok(layout)
    }

    /// C3: the resolution order after the class itself.
    fn linearize(&self, bases: &[Ref<Class>]) -> R<Vec<Ref<Class>>> {
        let mut sequences: Vec<Vec<Ref<Class>>> =
            bases.iter().map(|b| std::iter::once(b.clone()).chain(b.mro_tail()).collect()).collect();
        sequences.push(bases.to_vec());
        let mut order: Vec<Ref<Class>> = Vec::new();
        loop {
            sequences.retain(|s| !s.is_empty());
            if sequences.is_empty() {
                return Ok(order);
            }
            let in_a_tail = |c: &Ref<Class>| sequences.iter().any(|s| s[1..].iter().any(|other| Ref::same(other, c)));
            let Some(next) = sequences.iter().map(|s| s[0].clone()).find(|c| !in_a_tail(c)) else {
                let mut names: Vec<&str> = Vec::new();
                for head in sequences.iter().map(|s| s[0].name().as_str()) {
                    if !names.contains(&head) {
                        names.push(head);
                    }
                }
                return Err(self.type_error(format!(
                    "Cannot create a consistent method resolution order (MRO) for bases {}",
                    names.join(", ")
                )));
            };
            for sequence in &mut sequences {
                if Ref::same(&sequence[0], &next) {
                    sequence.remove(0);
                }
            }
            order.push(next);
        }
    }

    /// Moves the namespace of a class body into the class.
    fn fill_class(&self, class: &Ref<Class>, namespace: &Dict) -> R<()> {
        for (key, value) in namespace.entries() {
            let Some(key) = key.as_str() else { continue };
            let name = key.symbol();
            if name == sym::__qualname__ {
                match value.as_str() {
                    Some(text) => class.set_qualname(text.as_str()),
                    None => {
                        let message = format!("type __qualname__ must be a str, not {}", self.type_name(&value));
                        return Err(self.type_error(message));
                    }
                }
                continue;
            }
            if name == sym::__classcell__ {
                let Some(cell) = value.as_native::<CellData>() else {
                    let got = self.repr(&Value::Class(self.class_of(&value)))?;
                    let message = format!("__classcell__ must be a nonlocal cell, not {}", got.as_str());
                    return Err(self.type_error(message));
                };
                cell.0.value.set(Value::Class(class.clone()));
                continue;
            }
            let value = match (name, &value) {
                (sym::__init_subclass__ | sym::__class_getitem__, Value::Function(_)) => {
                    Value::Descriptor(Ref::new(Descriptor::ClassMethod(value)))
                }
                (sym::__new__, Value::Function(_)) => Value::Descriptor(Ref::new(Descriptor::Static(value))),
                _ => value,
            };
            class.set_quietly(name, value);
        }
        self.reserve_slots(class)?;
        give_instance_attributes(class);
        if class.own(sym::__doc__).is_none() {
            class.set_quietly(sym::__doc__, Value::None);
        }
        if class.own(sym::__eq__).is_some() && class.own(sym::__hash__).is_none() {
            class.set_quietly(sym::__hash__, Value::None);
        }
        class.touch();
        Ok(())
    }

    /// `__slots__`: the only attributes of instances, each a descriptor of the class.
    fn reserve_slots(&self, class: &Ref<Class>) -> R<()> {
        let Some(slots) = class.own(sym::__slots__) else { return Ok(()) };
        let names = match slots.as_str() {
            Some(_) => vec![slots.clone()],
            None => self.collect(&slots)?,
        };
        if let Layout::Payload(kind @ (T::Int | T::Tuple | T::Bytes)) = class.layout
            && !names.is_empty()
        {
            let message = format!("nonempty __slots__ not supported for subtype of '{}'", kind.name());
            return Err(self.type_error(message));
        }
        let mut symbols = Vec::new();
        for name in &names {
            let Some(text) = name.as_str() else {
                let message = format!("__slots__ items must be strings, not '{}'", self.type_name(name));
                return Err(self.type_error(message));
            };
            if !crate::text::unicode::is_identifier(text.as_str()) {
                return Err(self.type_error("__slots__ must be identifiers"));
            }
            let symbol = text.symbol().mangled(Some(class.name()));
            let special = symbol == sym::__dict__ || symbol == sym::__weakref__;
            if special && (symbols.contains(&symbol) || class.lookup(symbol).is_some()) {
                return Err(self.type_error(format!("{symbol} slot disallowed: we already got one")));
            }
            if class.own(symbol).is_some() {
                return Err(self.value_error(format!("'{symbol}' in __slots__ conflicts with class variable")));
            }
            symbols.push(symbol);
        }
        for &symbol in symbols.iter().filter(|&&s| s != sym::__dict__ && s != sym::__weakref__) {
            let slot = Descriptor::Slot(symbol, class.name());
            class.set_quietly(symbol, Value::Descriptor(Ref::new(slot)));
        }
        let _ = class.slots.set(symbols);
        Ok(())
    }

    fn call_set_name(&self, class: &Ref<Class>) -> R<()> {
        for (name, value) in class.entries() {
            if !matches!(value, Value::Instance(_) | Value::Native(_) | Value::Descriptor(_)) {
                continue;
            }
            let args = [Value::Class(class.clone()), Value::name(name)];
            if let Err(raised) = self.call_special(&value, sym::__set_name__, &args) {
                let exception = self.take_raised(raised);
                let note = format!(
                    "Error calling __set_name__ on '{}' instance '{name}' in '{}'",
                    self.type_name(&value),
                    class.name()
                );
                let notes = exception.attribute(sym::__notes__).unwrap_or_else(|| Value::list(Vec::new()));
                if let Some(list) = notes.as_list() {
                    list.push(Value::string(note));
                }
                exception.set_attribute(sym::__notes__, notes);
                return Err(self.raise(exception));
            }
        }
        Ok(())
    }

    fn call_init_subclass(&self, class: &Ref<Class>, keywords: &[(Symbol, Value)]) -> R<()> {
        match class.lookup_after(class, sym::__init_subclass__) {
            Some(hook) if !super::call::is_builtin(&hook) => {
                let bound = self.bind_to_class(hook, class)?;
                self.call(&bound, Args { positional: &[], keywords }).map(drop)
            }
            _ if keywords.is_empty() => Ok(()),
            _ => Err(self.type_error(format!("{}.__init_subclass__() takes no keyword arguments", class.qualname()))),
        }
    }

    /// Whether a value is of a builtin type or of a subclass of it.
    pub fn is_a(&self, value: &Value, kind: T) -> bool {
        self.class_of(value).is_subclass(self.class(kind))
    }

    /// `isinstance(value, class)`
    pub fn is_instance(&self, value: &Value, class: &Value) -> R<bool> {
        match class {
            Value::Class(class_ref) => {
                if self.has_class(value, class_ref) {
                    return Ok(true);
                }
                // Values of fixed kinds have one class and claim no other.
                if value.fixed_kind() != 0 && class_ref.builtin.is_some() {
                    return Ok(self.class_of(value).is_subclass(class_ref));
                }
                if let Some(hook) = self.overrides(class, sym::__instancecheck__) {
                    let bound = self.bind(&hook, class, &class_ref.metaclass())?;
                    let answer = self.call1(&bound, value)?;
                    return self.is_true(&answer);
                }
                if self.class_of(value).is_subclass(class_ref) {
                    return Ok(true);
                }
                // A proxy may claim another class through `__class__`.
                match value {
                    Value::Instance(i)
                        if i.class_ref().has_getattribute()
                            || i.class_ref().lookup(sym::__class__).is_some_and(|f| !is_getter(&f)) =>
                    {
                        let claimed = self.catch(self.get_attr(value, sym::__class__), T::AttributeError)?;
                        Ok(claimed.is_some_and(|c| c.as_class().is_some_and(|c| c.is_subclass(class_ref))))
                    }
                    Value::Native(_) if self.is_a(value, T::WeakProxy) || self.is_a(value, T::WeakCallableProxy) => {
                        self.is_instance(&self.referent(value)?, class)
                    }
                    _ => Ok(false),
                }
            }
            Value::Tuple(classes) => {
                let _depth = self.enter_call()?;
                for class in classes.iter() {
                    if self.is_instance(value, class)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            _ => match self.call_special(class, sym::__instancecheck__, std::slice::from_ref(value))? {
                Some(answer) => self.is_true(&answer),
                None if self.bases_by_attribute(class)?.is_some() => {
                    let own = self.get_attr(value, sym::__class__)?;
                    self.derives_by_attribute(&own, class)
                }
                None => Err(self.type_error("isinstance() arg 2 must be a type, a tuple of types, or a union")),
            },
        }
    }

    /// What stands for a class without being one has its bases in a tuple `__bases__`.
    fn bases_by_attribute(&self, value: &Value) -> R<Option<Value>> {
        let found = self.catch(self.find_attr(value, sym::__bases__), T::AttributeError)?.flatten();
        Ok(found.filter(|bases| bases.as_tuple().is_some()))
    }

    /// Whether a class is the other or has it among its `__bases__`, and theirs.
    fn derives_by_attribute(&self, derived: &Value, class: &Value) -> R<bool> {
        if derived.is(class) {
            return Ok(true);
        }
        let _depth = self.enter_call()?;
        let Some(bases) = self.bases_by_attribute(derived)? else { return Ok(false) };
        for base in bases.as_tuple().into_iter().flat_map(|bases| bases.iter()) {
            if self.derives_by_attribute(base, class)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// `issubclass(value, class)`
    pub fn is_subclass(&self, value: &Value, class: &Value) -> R<bool> {
        match class {
            Value::Tuple(classes) => {
                let _depth = self.enter_call()?;
                for class in classes.iter() {
                    if self.is_subclass(value, class)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Value::Class(class_ref) => {
                if let Some(hook) = self.overrides(class, sym::__subclasscheck__) {
                    let bound = self.bind(&hook, class, &class_ref.metaclass())?;
                    let answer = self.call1(&bound, value)?;
                    return self.is_true(&answer);
                }
                match value {
                    Value::Class(value) => Ok(value.is_subclass(class_ref)),
                    _ => match self.bases_by_attribute(value)? {
                        Some(_) => self.derives_by_attribute(value, class),
                        None => Err(self.type_error("issubclass() arg 1 must be a class")),
                    },
                }
            }
            _ => match self.call_special(class, sym::__subclasscheck__, std::slice::from_ref(value))? {
                Some(answer) => self.is_true(&answer),
                None if self.bases_by_attribute(value)?.is_none() => {
                    Err(self.type_error("issubclass() arg 1 must be a class"))
                }
                None if self.bases_by_attribute(class)?.is_some() => self.derives_by_attribute(value, class),
                None => Err(self.type_error("issubclass() arg 2 must be a class, a tuple of classes, or a union")),
            },
        }
    }
}

/// The class or the nearest of its bases that reserves attributes by `__slots__`.
fn with_slots(class: &Ref<Class>) -> Option<Ref<Class>> {
    let reserves = |c: &Ref<Class>| {
        let slots = c.slots.get();
        let reserved = slots.is_some_and(|names| names.iter().any(|&n| n != sym::__dict__ && n != sym::__weakref__));
        reserved || c.builtin.is_some_and(has_fields)
    };
    std::iter::once(class.clone()).chain(class.mro_tail()).find(reserves)
}

/// Exceptions with attributes of their own have places for them in CPython, which do not mix.
fn has_fields(kind: T) -> bool {
    matches!(
        kind,
        T::OSError
            | T::SyntaxError
            | T::StopIteration
            | T::SystemExit
            | T::ImportError
            | T::NameError
            | T::AttributeError
            | T::UnicodeEncodeError
            | T::UnicodeDecodeError
            | T::UnicodeTranslateError
            | T::BaseExceptionGroup
    )
}

/// `__dict__` and `__weakref__`, where no base has them and `__slots__` does not leave them out.
fn give_instance_attributes(class: &Ref<Class>) {
    let wanted = |name| class.slots.get().is_none_or(|names| names.contains(&name)) && class.lookup(name).is_none();
    let give = |name, row| {
        let getter = Descriptor::Getter(row, class.name().as_str());
        class.set_quietly(name, Value::Descriptor(Ref::new(getter)));
    };
    if wanted(sym::__dict__) {
        give(sym::__dict__, &DICT);
    }
    let sized = matches!(class.layout, Layout::Payload(T::Int | T::Tuple | T::Bytes));
    if wanted(sym::__weakref__) && !sized {
        give(sym::__weakref__, &WEAKREF);
    }
}

fn is_getter(found: &Value) -> bool {
    matches!(found, Value::Descriptor(d) if matches!(**d, Descriptor::Getter(..)))
}
