//! Attributes: how `a.b` is found, set and deleted (data model: descriptors, `__getattr__` and their like).

use crate::intern::{Symbol, sym};
use crate::object::super_object::Super;
use crate::object::weak::WeakRef;
use crate::object::{Args, Class, Descriptor, Function, Instance, Method, R, Ref, T, Value, Vm};

/// What `list[int]` answers by itself (CPython `Objects/genericaliasobject.c`, `attr_exceptions`).
fn is_own_of_alias(name: Symbol) -> bool {
    matches!(
        name.as_str(),
        "__class__"
            | "__bases__"
            | "__origin__"
            | "__args__"
            | "__unpacked__"
            | "__parameters__"
            | "__typing_unpacked_tuple_args__"
            | "__mro_entries__"
            | "__reduce_ex__"
            | "__reduce__"
            | "__copy__"
            | "__deepcopy__"
    )
}

/// What using a weak proxy says when its object is gone.
pub const REFERENT_IS_GONE: &str = "weakly-referenced object no longer exists";

fn is_proxy(object: &Value) -> bool {
    object.as_native::<WeakRef>().is_some_and(|reference| reference.is_proxy)
}

impl Vm {
    /// `object.name`
    pub fn get_attr(&self, object: &Value, name: Symbol) -> R {
        match self.find_attr(object, name) {
            Ok(Some(value)) => Ok(value),
            Ok(None) => Err(self.missing_attr(object, name)),
            Err(raised) => Err(self.with_attribute(raised, object, name)),
        }
    }

    /// An AttributeError that a script raised without saying of what gets the name and object that were asked for.
    #[cold]
    fn with_attribute(&self, raised: crate::object::Raised, object: &Value, name: Symbol) -> crate::object::Raised {
        let exception = self.peek_raised(&raised);
        let blank = |part| exception.get(part).is_none_or(|value| value.is_none_or_missing());
        if self.matches(&exception, T::AttributeError) && blank(sym::name) && blank(sym::obj) {
            exception.set(sym::name, Value::name(name));
            exception.set(sym::obj, object.clone());
        }
        raised
    }

    /// The AttributeError for a name that was not found; for `super()` it speaks of the super object.
    #[cold]
    fn missing_attr(&self, object: &Value, name: Symbol) -> crate::object::Raised {
        match object {
            // What a method does not know itself is its function's to answer.
            Value::Method(method) if matches!(method.function, Value::Function(_)) => {
                self.no_attribute(&method.function, name)
            }
            _ => self.no_attribute(object, name),
        }
    }

    /// `object.name`, `None` when there is no such attribute. `__getattr__` that raises AttributeError counts as none
    /// only for `hasattr` and its like: here its error is passed on.
    pub fn find_attr(&self, object: &Value, name: Symbol) -> R<Option<Value>> {
        match object {
            Value::Instance(instance) => self.find_instance_attr(object, instance, name),
            Value::Class(class) => self.find_class_attr(object, class, name),
            Value::Module(module) => {
                if module.class.is_some() {
                    if let Some(value) = self.find_scripted_attr(object, name)? {
                        return Ok(Some(value));
                    }
                } else {
                    if let Some(value) = module.dict.get_name(name) {
                        return Ok(Some(value));
                    }
                    if let Some(value) = self.find_plain_attr(object, name)? {
                        return Ok(Some(value));
                    }
                }
                match module.dict.get_name(sym::__getattr__) {
                    Some(hook) => self.call1(&hook, &Value::name(name)).map(Some),
                    None => Ok(None),
                }
            }
            Value::Native(native) => {
                if let Some(sup) = native.get::<Super>()
                    && name != sym::__class__
                {
                    return match self.find_super_attr(sup, name)? {
                        Some(found) => Ok(Some(found)),
                        None => self.find_plain_attr(object, name),
                    };
                }
                match native.stands_for() {
                    Some(Value::Missing) => Err(self.error(T::ReferenceError, REFERENT_IS_GONE)),
                    Some(other) if !is_own_of_alias(name) || is_proxy(object) => self.get_attr(&other, name).map(Some),
                    _ => self.find_scripted_attr(object, name),
                }
            }
            Value::Exception(_) => self.find_scripted_attr(object, name),
            _ => self.find_plain_attr(object, name),
        }
    }

    /// Objects whose class may be a script's, but which are not plain instances.
    fn find_scripted_attr(&self, object: &Value, name: Symbol) -> R<Option<Value>> {
        let class = self.class_of(object);
        if class.has_getattribute() {
            return self.find_by_getattribute(object, &class, name);
        }
        self.find_or_ask(object, &class, name)
    }

    /// `__getattr__` is asked when nothing was found, and when a property or descriptor raised AttributeError.
    fn find_or_ask(&self, object: &Value, class: &Ref<Class>, name: Symbol) -> R<Option<Value>> {
        let found = self.find_plain_attr(object, name);
        if !class.has_getattr() {
            return found;
        }
        match self.catch(found, T::AttributeError)?.flatten() {
            Some(value) => Ok(Some(value)),
            None => self.find_by_getattr(object, class, name),
        }
    }

    fn find_instance_attr(&self, object: &Value, instance: &Instance, name: Symbol) -> R<Option<Value>> {
        let class = instance.class();
        if class.has_getattribute() {
            return self.find_by_getattribute(object, &class, name);
        }
        self.find_or_ask(object, &class, name)
    }

    fn find_by_getattribute(&self, object: &Value, class: &Ref<Class>, name: Symbol) -> R<Option<Value>> {
        let _depth = self.enter_call()?;
        let hook = class.lookup(sym::__getattribute__).expect("the class says that it has one");
        let hook = self.bind(&hook, object, class)?;
        match self.catch(self.call1(&hook, &Value::name(name)), T::AttributeError)? {
            Some(value) => Ok(Some(value)),
            None => self.find_by_getattr(object, class, name),
        }
    }

    fn find_by_getattr(&self, object: &Value, class: &Ref<Class>, name: Symbol) -> R<Option<Value>> {
        if !class.has_getattr() {
            return Ok(None);
        }
        match class.lookup(sym::__getattr__) {
            Some(hook) => {
                let hook = self.bind(&hook, object, class)?;
                self.call1(&hook, &Value::name(name)).map(Some)
            }
            None => Ok(None),
        }
    }

    /// `object.__getattribute__`'s rule: data descriptor of the class, the object's own, other class attribute.
    pub fn find_plain_attr(&self, object: &Value, name: Symbol) -> R<Option<Value>> {
        let class = self.class_of(object);
        if let Value::Class(object_class) = object {
            return self.find_plain_class_attr(object, object_class, &class, name);
        }
        let found = class.lookup(name);
        if let Some(found) = &found
            && self.is_data_descriptor(found)
        {
            return self.bind(found, object, &class).map(Some);
        }
        if let Some(own) = self.own_attr(object, name)? {
            return Ok(Some(own));
        }
        match found {
            Some(found) => self.bind(&found, object, &class).map(Some),
            None if name == sym::__dict__ => self.dict_of(object),
            None => Ok(None),
        }
    }

    /// An attribute that the object itself holds.
    fn own_attr(&self, object: &Value, name: Symbol) -> R<Option<Value>> {
        Ok(match object {
            Value::Instance(instance) => instance.get(name),
            Value::Exception(exception) => exception.attribute(name),
            Value::Native(native) => native.attributes().and_then(|dict| dict.get_name(name)),
            Value::Function(function) => function.extra.get().and_then(|extra| extra.attributes.get_name(name)),
            Value::Module(module) => module.dict.get_name(name),
            Value::Method(method) => {
                return if self.class_of(object).lookup(name).is_none() {
                    self.find_attr(&method.function, name)
                } else {
                    Ok(None)
                };
            }
            _ => None,
        })
    }

    /// `object.__dict__` for objects that have one.
    pub fn dict_of(&self, object: &Value) -> R<Option<Value>> {
        Ok(match object {
            Value::Instance(instance) => self.instance_dict(instance),
            Value::Exception(exception) => Some(Value::Dict(exception.dict())),
            Value::Native(native) => self.takes_attributes(object).then(|| Value::Dict(native.dict())),
            Value::Function(function) => Some(Value::Dict(function.extra().attributes.clone())),
            Value::Module(module) => Some(Value::Dict(module.dict.clone())),
            _ => None,
        })
    }

    /// The `__dict__` of an instance: none when its class has only `__slots__`; without the reserved slots (and then a
    /// copy) when a base reserves some.
    fn instance_dict(&self, instance: &Instance) -> Option<Value> {
        let class = instance.class();
        let order = || std::iter::once(class.clone()).chain(class.mro_tail()).filter(|c| c.builtin.is_none());
        let open = |c: &Ref<Class>| c.slots.get().is_none_or(|names| names.contains(&sym::__dict__));
        if !order().any(|c| open(&c)) {
            return None;
        }
        let reserved: Vec<Symbol> = order().filter_map(|c| c.slots.get().cloned()).flatten().collect();
        if reserved.iter().all(|&name| name == sym::__dict__ || instance.get(name).is_none()) {
            return Some(instance.dict_value());
        }
        let rest = crate::object::Dict::new();
        for (name, value) in instance.attributes() {
            if !reserved.contains(&name) {
                rest.set_name(name, value);
            }
        }
        Some(Value::dict(rest))
    }

    /// `Class.name`: metaclass data descriptor, the class and its bases, other metaclass attribute.
    fn find_class_attr(&self, object: &Value, class: &Ref<Class>, name: Symbol) -> R<Option<Value>> {
        let metaclass = class.metaclass();
        if metaclass.has_getattribute() {
            return self.find_by_getattribute(object, &metaclass, name);
        }
        self.find_or_ask(object, &metaclass, name)
    }

    /// `type.__getattribute__`'s rule.
    fn find_plain_class_attr(
        &self,
        object: &Value,
        class: &Ref<Class>,
        metaclass: &Ref<Class>,
        name: Symbol,
    ) -> R<Option<Value>> {
        let of_meta = metaclass.lookup(name);
        if let Some(found) = &of_meta
            && self.is_data_descriptor(found)
        {
            return self.bind(found, object, metaclass).map(Some);
        }
        if let Some(found) = class.lookup(name) {
            return self.bind_to_class(found, class).map(Some);
        }
        match of_meta {
            Some(found) => self.bind(&found, object, metaclass).map(Some),
            None => Ok(None),
        }
    }

    /// What an attribute found in a class becomes when it is read through the class.
    pub fn bind_to_class(&self, found: Value, class: &Ref<Class>) -> R {
        match &found {
            Value::Descriptor(descriptor) => match &**descriptor {
                Descriptor::Static(function) => Ok(function.clone()),
                Descriptor::ClassMethod(function) => self.bind_class_method(function, class),
                _ => Ok(found),
            },
            Value::Instance(_) | Value::Native(_) => {
                match self.call_special(&found, sym::__get__, &[Value::None, Value::Class(class.clone())])? {
                    Some(value) => Ok(value),
                    None => Ok(found),
                }
            }
            _ => Ok(found),
        }
    }

    fn bind_class_method(&self, function: &Value, class: &Ref<Class>) -> R {
        Ok(Method::new(function.clone(), Value::Class(class.clone())))
    }

    /// What an attribute found in a class becomes when it is read through an instance.
    #[inline]
    pub fn bind(&self, found: &Value, object: &Value, class: &Ref<Class>) -> R {
        match found {
            Value::Function(_) => Ok(Method::new(found.clone(), object.clone())),
            Value::Builtin(builtin) if builtin.owner.is_some() => Ok(Method::new(found.clone(), object.clone())),
            Value::Descriptor(descriptor) => self.bind_descriptor(found, descriptor, object, class),
            Value::Instance(_) | Value::Native(_) => {
                match self.call_special(found, sym::__get__, &[object.clone(), Value::Class(class.clone())])? {
                    Some(value) => Ok(value),
                    None => Ok(found.clone()),
                }
            }
            _ => Ok(found.clone()),
        }
    }

    fn bind_descriptor(&self, found: &Value, descriptor: &Descriptor, object: &Value, class: &Ref<Class>) -> R {
        match descriptor {
            Descriptor::Property(property) => {
                if property.get.is_none_or_missing() {
                    return Err(self.property_error(found, object, "getter"));
                }
                self.call1(&property.get, object)
            }
            Descriptor::Static(function) => Ok(function.clone()),
            Descriptor::ClassMethod(function) => self.bind_class_method(function, class),
            Descriptor::Getter(row, _) => match row.fun {
                crate::object::Fun::F1(get) => get(self, object),
                _ => Ok(found.clone()),
            },
            Descriptor::Slot(name, _) => match self.own_attr(object, *name)? {
                Some(value) => Ok(value),
                None => Err(self.no_attribute(object, *name)),
            },
        }
    }

    #[cold]
    fn property_error(&self, found: &Value, object: &Value, what: &str) -> crate::object::Raised {
        let class = self.class_of(object);
        let own = match found.base() {
            Value::Descriptor(descriptor) => match &**descriptor {
                Descriptor::Property(property) => Some((property.name.get(), property.get.clone())),
                _ => None,
            },
            _ => None,
        };
        let name = match own {
            Some((Value::Missing, Value::Function(getter))) => Some(getter.name.get()),
            Some((name, _)) => name.as_str().map(|name| name.symbol()),
            None => None,
        };
        let shown = name.map_or(String::new(), |name| format!(" '{name}'"));
        let message = format!("property{shown} of '{}' object has no {what}", class.qualname());
        self.attribute_error(message, object, name.unwrap_or(sym::name))
    }

    /// Whether an attribute of a class goes before the instance's own.
    fn is_data_descriptor(&self, found: &Value) -> bool {
        match found {
            Value::Descriptor(d) => {
                matches!(**d, Descriptor::Property(_) | Descriptor::Getter(..) | Descriptor::Slot(..))
            }
            Value::Instance(instance) => {
                let class = instance.class_ref();
                (class.lookup(sym::__set__).is_some() || class.lookup(sym::__delete__).is_some())
                    && class.lookup(sym::__get__).is_some()
            }
            _ => false,
        }
    }

    /// `super().name`: the search goes on after the class that the super object was made for.
    fn find_super_attr(&self, sup: &Super, name: Symbol) -> R<Option<Value>> {
        if sup.object.is_missing() {
            return Ok(None);
        }
        match sup.object_class.lookup_after(&sup.class, name) {
            Some(found) => match &sup.object {
                // In a class method the "instance" is the class itself.
                Value::Class(class) if Ref::same(class, &sup.object_class) => {
                    self.bind_to_class(found, class).map(Some)
                }
                object => self.bind(&found, object, &sup.object_class).map(Some),
            },
            None => Ok(None),
        }
    }

    /// `object.name = value`
    pub fn set_attr(&self, object: &Value, name: Symbol, value: Value) -> R<()> {
        let class = self.class_of(object);
        if class.has_setattr()
            && let Some(hook) = self.script_hook(&class, sym::__setattr__)
        {
            let hook = self.bind(&hook, object, &class)?;
            return self.call2(&hook, &Value::name(name), &value).map(drop);
        }
        self.set_plain_attr(object, name, value)
    }

    /// The definition of a dunder by a script's class; `None` when only builtin types define it.
    pub(super) fn script_hook(&self, class: &Class, name: Symbol) -> Option<Value> {
        class.lookup(name).filter(|found| !matches!(found, Value::Builtin(_)))
    }

    /// `object.__setattr__`'s rule.
    pub fn set_plain_attr(&self, object: &Value, name: Symbol, value: Value) -> R<()> {
        let class = self.class_of(object);
        if let Some(found) = class.lookup(name)
            && self.set_through_descriptor(&found, object, name, &value)?
        {
            return Ok(());
        }
        match object {
            Value::Instance(instance) => {
                if !instance.class_ref().allows_attribute(name) {
                    return Err(self.no_attribute_to_set(object, name, class.lookup(name).is_some()));
                }
                instance.set(name, value);
            }
            Value::Class(class) => {
                if class.builtin.is_some() {
                    let message = format!("cannot set '{name}' attribute of immutable type '{}'", class.name());
                    return Err(self.type_error(message));
                }
                class.set(name, value);
            }
            Value::Module(module) => drop(module.dict.set_name(name, value)),
            Value::Function(function) => self.set_function_attr(function, name, value),
            Value::Exception(exception) => exception.set_attribute(name, value),
            Value::Native(native) if self.takes_attributes(object) => drop(native.dict().set_name(name, value)),
            _ if is_proxy(object) => return self.set_attr(&self.referent(object)?, name, value),
            _ => return Err(self.no_attribute_to_set(object, name, class.lookup(name).is_some())),
        }
        Ok(())
    }

    /// The object that a weak proxy stands for; any other value itself.
    ///
    /// # Errors
    /// ReferenceError when it is gone.
    pub fn referent(&self, value: &Value) -> R {
        match value.as_native::<WeakRef>() {
            Some(proxy) if proxy.is_proxy => proxy.get().ok_or_else(|| self.error(T::ReferenceError, REFERENT_IS_GONE)),
            _ => Ok(value.clone()),
        }
    }

    /// Native objects take attributes when their class is a script's or their type has a `__dict__` in CPython.
    fn takes_attributes(&self, object: &Value) -> bool {
        let class = self.class_of(object);
        match class.builtin {
            None => true,
            Some(kind) => matches!(
                kind,
                T::SimpleNamespace
                    | T::Partial
                    | T::AsyncioFuture
                    | T::AsyncioTask
                    | T::GatheringFuture
                    | T::TaskGroup
                    | T::Timeout
                    | T::Runner
                    | T::EventLoop
                    | T::Queue
                    | T::PriorityQueue
                    | T::LifoQueue
                    | T::Event
                    | T::Lock
                    | T::Condition
                    | T::Semaphore
                    | T::BoundedSemaphore
                    | T::Barrier
                    | T::Random
                    | T::LruCache
            ),
        }
    }

    fn set_function_attr(&self, function: &Function, name: Symbol, value: Value) {
        function.extra().attributes.set_name(name, value);
    }

    #[cold]
    fn no_attribute_to_set(&self, object: &Value, name: Symbol, exists: bool) -> crate::object::Raised {
        let class = self.type_name(object);
        let message = if exists {
            format!("'{class}' object attribute '{name}' is read-only")
        } else {
            format!("'{class}' object has no attribute '{name}' and no __dict__ for setting new attributes")
        };
        self.attribute_error(message, object, name)
    }

    /// Whether a class attribute is a data descriptor that took the value (`Missing` deletes).
    fn set_through_descriptor(&self, found: &Value, object: &Value, name: Symbol, value: &Value) -> R<bool> {
        let deleting = value.is_missing();
        match found {
            Value::Descriptor(descriptor) => match &**descriptor {
                Descriptor::Property(property) => {
                    let (hook, what) = if deleting { (&property.delete, "deleter") } else { (&property.set, "setter") };
                    if hook.is_none_or_missing() {
                        return Err(self.property_error(found, object, what));
                    }
                    if deleting {
                        self.call1(hook, object)?
                    } else {
                        self.call2(hook, object, value)?
                    };
                    Ok(true)
                }
                Descriptor::Getter(row, owner) => match row.setter {
                    Some(set) => set(self, object, value).map(|()| true),
                    None if is_plain_member(owner, name.as_str()) => {
                        Err(self.error(T::AttributeError, "readonly attribute"))
                    }
                    None => {
                        let kind = T::ALL.iter().find(|kind| kind.name() == *owner);
                        let owner = kind.map_or(*owner, |kind| kind.message_name());
                        let message = format!("attribute '{name}' of '{owner}' objects is not writable");
                        Err(self.error(T::AttributeError, message))
                    }
                },
                _ => Ok(false),
            },
            Value::Instance(instance) => {
                let (hook, other, args) = if deleting {
                    (sym::__delete__, sym::__set__, vec![object.clone()])
                } else {
                    (sym::__set__, sym::__delete__, vec![object.clone(), value.clone()])
                };
                let class = instance.class_ref();
                if class.lookup(hook).is_none() {
                    // One half of the pair makes it a data descriptor all the same.
                    if class.lookup(other).is_some() {
                        return Err(self.error(T::AttributeError, hook.as_str()));
                    }
                    return Ok(false);
                }
                Ok(self.call_special(found, hook, &args)?.is_some())
            }
            _ => Ok(false),
        }
    }

    /// `del object.name`
    pub fn del_attr(&self, object: &Value, name: Symbol) -> R<()> {
        let class = self.class_of(object);
        if class.has_setattr()
            && let Some(hook) = self.script_hook(&class, sym::__delattr__)
        {
            let hook = self.bind(&hook, object, &class)?;
            return self.call1(&hook, &Value::name(name)).map(drop);
        }
        self.del_plain_attr(object, name)
    }

    /// `object.__delattr__`'s rule.
    pub fn del_plain_attr(&self, object: &Value, name: Symbol) -> R<()> {
        let class = self.class_of(object);
        if let Some(found) = class.lookup(name)
            && self.set_through_descriptor(&found, object, name, &Value::Missing)?
        {
            return Ok(());
        }
        if matches!(class.lookup(name), Some(Value::Descriptor(d)) if matches!(*d, Descriptor::Slot(..)))
            && self.own_attr(object, name)?.is_none()
        {
            return Err(self.attribute_error(name.to_string(), object, name));
        }
        if is_proxy(object) {
            return self.del_attr(&self.referent(object)?, name);
        }
        let removed = match object {
            Value::Instance(instance) => instance.remove(name),
            Value::Class(class) if class.builtin.is_none() => class.remove(name),
            Value::Module(module) => module.dict.remove_name(name).is_some(),
            Value::Function(function) => function.extra().attributes.remove_name(name).is_some(),
            Value::Exception(exception) => exception.dict().remove_name(name).is_some(),
            Value::Native(native) => native.attributes().is_some_and(|dict| dict.remove_name(name).is_some()),
            _ => false,
        };
        match object {
            _ if removed => Ok(()),
            Value::Module(_) => {
                Err(self.attribute_error(format!("'module' object has no attribute '{name}'"), object, name))
            }
            Value::Class(class) if class.builtin.is_some() => {
                let message = format!("cannot set '{name}' attribute of immutable type '{}'", class.name());
                Err(self.type_error(message))
            }
            Value::Instance(instance) if !instance.class_ref().allows_attribute(name) => {
                Err(self.no_attribute_to_set(object, name, class.lookup(name).is_some()))
            }
            Value::Instance(_) | Value::Class(_) | Value::Function(_) | Value::Exception(_) => {
                Err(self.no_attribute(object, name))
            }
            Value::Native(_) if self.takes_attributes(object) => Err(self.no_attribute(object, name)),
            _ => Err(self.no_attribute_to_set(object, name, class.lookup(name).is_some())),
        }
    }

    /// A dunder as the data model looks it up: on the class only, not bound.
    #[inline]
    pub fn special(&self, object: &Value, name: Symbol) -> Option<Value> {
        match object {
            Value::Instance(instance) => instance.class_ref().lookup(name),
            _ => self.class_of(object).lookup(name),
        }
    }

    /// Calls a dunder of the object's class; `None` when the class has none.
    pub fn call_special(&self, object: &Value, name: Symbol, args: &[Value]) -> R<Option<Value>> {
        let Some(found) = self.special(object, name) else { return Ok(None) };
        let binds = match &found {
            Value::Function(_) => true,
            // A function of a module does not bind.
            Value::Builtin(builtin) => builtin.owner.is_some(),
            _ => false,
        };
        match args {
            [] if binds => self.call1(&found, object),
            [a] if binds => self.call2(&found, object, a),
            _ if binds => self.call_with_receiver(&found, object, Args::positional(args)),
            _ => {
                let bound = self.bind(&found, object, &self.class_of(object))?;
                self.call(&bound, Args::positional(args))
            }
        }
        .map(Some)
    }

    /// The definition of a dunder by a script for this object; `None` when only builtin types define it. Lets fast paths see
    /// through instances of subclasses of builtin types.
    pub fn overrides(&self, object: &Value, name: Symbol) -> Option<Value> {
        match object {
            Value::Instance(_) | Value::Exception(_) | Value::Native(_) | Value::Class(_) => {
                self.script_hook(&self.class_of(object), name)
            }
            _ => None,
        }
    }
}

/// Attributes that CPython declares as members of a C struct: its error for a change of them names nothing.
fn is_plain_member(owner: &str, name: &str) -> bool {
    let names: &[&str] = match owner {
        "property" => &["fget", "fset", "fdel"],
        "function" => &["__closure__", "__globals__", "__builtins__"],
        "method" => &["__self__", "__func__"],
        "super" => &["__self__", "__self_class__", "__thisclass__"],
        "slice" => &["start", "stop", "step"],
        "range" => &["start", "stop", "step"],
        "complex" => &["real", "imag"],
        "module" => &["__dict__"],
        "type" => &["__base__"],
        "BaseExceptionGroup" => &["message", "exceptions"],
        "code" => return true,
        _ => return false,
    };
    names.contains(&name)
}
