//! `try` in all its forms, `raise`, and what machines share with them: matching, groups, the handled exception.

use super::target::{Delete, Store};
use super::{Act, AtSite, Flow, Planter, Test, fail};
use crate::code::{Block, Expr, Handler, Site, Slot};
use crate::intern::Symbol;
use crate::object::{Args, Exception, Fp, Node, R, Raised, Ref, T, Value, Vm};

struct Catch {
    types: Option<Node>,
    store: Option<Store>,
    /// Unbinds the target when the handler ends.
    forget: Option<Delete>,
    body: Act,
    site: u32,
}

impl Planter<'_> {
    fn catches(&self, handlers: &[Handler]) -> Box<[Catch]> {
        handlers
            .iter()
            .map(|handler| {
                let site = self.site(handler.site);
                Catch {
                    types: handler.types.as_ref().map(|e| self.expr(e)),
                    store: handler.target.as_ref().map(|t| self.assign(t)),
                    forget: handler.target.as_ref().map(|t| self.delete(t, site)),
                    body: self.block(&handler.body),
                    site,
                }
            })
            .collect()
    }

    pub(super) fn try_stmt(&self, body: &Block, handlers: &[Handler], orelse: &Block, finally: &Block) -> Act {
        let (body, catches, orelse) = (self.block(body), self.catches(handlers), self.block(orelse));
        let guarded: Act = Box::new(move |fp, vm| match body(fp, vm) {
            Ok(Flow::Next) => orelse(fp, vm),
            Ok(flow) => Ok(flow),
            Err(raised) => handle(fp, vm, &catches, raised),
        });
        self.with_finally(guarded, finally)
    }

    /// `finally`: runs however the guarded part ended; its own `return`, `break`, exception replaces that end.
    fn with_finally(&self, guarded: Act, finally: &Block) -> Act {
        if finally.is_empty() {
            return guarded;
        }
        let finally = self.block(finally);
        Box::new(move |fp, vm| match guarded(fp, vm) {
            Ok(Flow::Return) => {
                let value = vm.returned.replace(Value::None);
                let flow = finally(fp, vm)?;
                if flow == Flow::Next {
                    vm.returned.set(value);
                    return Ok(Flow::Return);
                }
                Ok(flow)
            }
            Ok(flow) => match finally(fp, vm)? {
                Flow::Next => Ok(flow),
                other => Ok(other),
            },
            Err(raised) => {
                let exception = vm.take_raised(raised);
                let before = vm.handling.replace(Some(exception.clone()));
                let result = finally(fp, vm);
                vm.handling.set(before);
                match result? {
                    Flow::Next => Err(vm.raise(exception)),
                    other => Ok(other),
                }
            }
        })
    }

    /// `try: ... except* ...:`
    pub(super) fn try_star(&self, body: &Block, handlers: &[Handler], orelse: &Block, finally: &Block) -> Act {
        let (body, catches, orelse) = (self.block(body), self.catches(handlers), self.block(orelse));
        let guarded: Act = Box::new(move |fp, vm| match body(fp, vm) {
            Ok(Flow::Next) => orelse(fp, vm),
            Ok(flow) => Ok(flow),
            Err(raised) => handle_star(fp, vm, &catches, raised),
        });
        self.with_finally(guarded, finally)
    }

    pub(super) fn raise(&self, exception: Option<&Expr>, cause: Option<&Expr>, site: Site) -> Act {
        let site = self.site(site);
        let Some(exception) = exception else {
            return Box::new(move |_, vm| match vm.handling.get() {
                // Raised again as it is: no new place, no new context.
                Some(handled) => Err(vm.raise(handled)),
                None => fail(vm, site, vm.runtime_error("No active exception to reraise")),
            });
        };
        let (exception, cause) = (self.expr(exception), cause.map(|e| self.expr(e)));
        Box::new(move |fp, vm| {
            let value = exception(fp, vm)?;
            let cause = match &cause {
                Some(cause) => Some(cause(fp, vm)?),
                None => None,
            };
            match vm.exception_to_raise(&value, cause.as_ref()) {
                Ok(exception) => fail(vm, site, vm.throw(exception)),
                Err(raised) => fail(vm, site, raised),
            }
        })
    }

    /// Whether the exception in a slot is of the types (machines' `except`).
    pub(super) fn exception_matches(&self, exception: Slot, types: &Expr, site: Site) -> Test {
        let (types, site) = (self.expr(types), self.site(site));
        Box::new(move |fp, vm| {
            let types = types(fp, vm)?;
            match fp.peek(exception) {
                Value::Exception(exception) => vm.is_caught(exception, &types).at(vm, site),
                _ => Ok(false),
            }
        })
    }
}

/// Finds the handler of an exception and runs it.
#[cold]
fn handle(fp: Fp, vm: &Vm, catches: &[Catch], raised: Raised) -> R<Flow> {
    let exception = vm.take_raised(raised);
    let before = vm.handling.replace(Some(exception.clone()));
    let result = run_handler(fp, vm, catches, &exception);
    vm.handling.set(before);
    match result? {
        Some(flow) => Ok(flow),
        None => Err(vm.raise(exception)),
    }
}

/// `None` when no handler takes the exception.
fn run_handler(fp: Fp, vm: &Vm, catches: &[Catch], exception: &Ref<Exception>) -> R<Option<Flow>> {
    for catch in catches {
        if let Some(types) = &catch.types {
            let types = types(fp, vm)?;
            if !vm.is_caught(exception, &types).at(vm, catch.site)? {
                continue;
            }
        }
        return run_catch(fp, vm, catch, Value::Exception(exception.clone())).map(Some);
    }
    Ok(None)
}

fn run_catch(fp: Fp, vm: &Vm, catch: &Catch, exception: Value) -> R<Flow> {
    let Some(store) = &catch.store else { return (catch.body)(fp, vm) };
    store(fp, vm, exception)?;
    let result = (catch.body)(fp, vm);
    // Unbound whichever way the handler ends; a script may have deleted it already.
    if let (Some(forget), Some(store)) = (&catch.forget, &catch.store) {
        let cleared = match &result {
            Ok(_) => store(fp, vm, Value::None).and_then(|()| forget(fp, vm)),
            Err(_) => {
                let pending = result.map_err(|raised| vm.take_raised(raised));
                let _ = store(fp, vm, Value::None).and_then(|()| forget(fp, vm)).map_err(|r| vm.take_raised(r));
                return pending.map_err(|exception| vm.raise(exception));
            }
        };
        cleared?;
    }
    result
}

/// Runs `except*` clauses over the parts of a group, each at most once (PEP 654).
#[cold]
fn handle_star(fp: Fp, vm: &Vm, catches: &[Catch], raised: Raised) -> R<Flow> {
    let original = vm.take_raised(raised);
    let before = vm.handling.replace(Some(original.clone()));
    let result = run_star_handlers(fp, vm, catches, &original);
    vm.handling.set(before);
    result
}

fn run_star_handlers(fp: Fp, vm: &Vm, catches: &[Catch], original: &Ref<Exception>) -> R<Flow> {
    let mut rest = Value::Exception(original.clone());
    let mut raised_list = Vec::new();
    for catch in catches {
        if rest.is_none() {
            break;
        }
        let Some(types) = &catch.types else { continue };
        let types = types(fp, vm)?;
        let (matched, left) = vm.split_group(&rest, &types).at(vm, catch.site)?;
        rest = left;
        let Value::Exception(part) = matched else { continue };
        let outer = vm.handling.replace(Some(part.clone()));
        let result = run_catch(fp, vm, catch, Value::Exception(part));
        vm.handling.set(outer);
        match result {
            Ok(_) => {}
            Err(raised) => raised_list.push(vm.take_raised(raised)),
        }
    }
    match vm.finish_group(original, rest, raised_list)? {
        Some(exception) => Err(vm.raise(exception)),
        None => Ok(Flow::Next),
    }
}

impl Vm {
    /// What a `raise` statement raises: an instance, or a class called without arguments; with its cause set.
    pub(crate) fn exception_to_raise(&self, value: &Value, cause: Option<&Value>) -> R<Ref<Exception>> {
        let exception = self.exception_from(value, "exceptions must derive from BaseException")?;
        if let Some(cause) = cause {
            let cause = match cause {
                Value::None => None,
                other => Some(self.exception_from(other, "exception causes must derive from BaseException")?),
            };
            exception.cause.set(cause);
            exception.suppress_context.set(true);
        }
        Ok(exception)
    }

    /// An exception from an instance or a class.
    pub(crate) fn exception_from(&self, value: &Value, message: &str) -> R<Ref<Exception>> {
        match value {
            Value::Exception(exception) => Ok(exception.clone()),
            Value::Class(class) if class.is_subclass(self.class(T::BaseException)) => {
                let made = self.call(value, Args::positional(&[]))?;
                match made {
                    Value::Exception(exception) => Ok(exception),
                    other => {
                        let (class, kind) = (self.full_name(class), self.full_name(&self.class_of(&other)));
                        Err(self.type_error(format!(
                            "calling <class '{class}'> should have returned an instance of BaseException, not \
                             <class '{kind}'>"
                        )))
                    }
                }
            }
            _ => Err(self.type_error(message)),
        }
    }

    /// Whether an `except` clause with these types takes the exception.
    pub(crate) fn is_caught(&self, exception: &Exception, types: &Value) -> R<bool> {
        let wrong = "catching classes that do not inherit from BaseException is not allowed";
        match types {
            Value::Class(class) if class.is_subclass(self.class(T::BaseException)) => {
                Ok(exception.class().is_subclass(class))
            }
            Value::Tuple(all) => {
                for class in all.iter() {
                    if !matches!(class, Value::Class(c) if c.is_subclass(self.class(T::BaseException))) {
                        return Err(self.type_error(wrong));
                    }
                }
                Ok(all.iter().any(|c| c.as_class().is_some_and(|c| exception.class().is_subclass(c))))
            }
            _ => Err(self.type_error(wrong)),
        }
    }

    /// `except* types`: the part of `rest` that matches and what is left, each None when empty. A bare exception that
    /// matches arrives wrapped in a group.
    pub(crate) fn split_group(&self, rest: &Value, types: &Value) -> R<(Value, Value)> {
        let classes = match types {
            Value::Tuple(all) => all.to_vec(),
            one => vec![one.clone()],
        };
        for class in &classes {
            match class {
                Value::Class(c) if c.is_subclass(self.class(T::BaseExceptionGroup)) => {
                    return Err(
                        self.type_error("catching ExceptionGroup with except* is not allowed. Use except instead.")
                    );
                }
                Value::Class(c) if c.is_subclass(self.class(T::BaseException)) => {}
                _ => {
                    return Err(
                        self.type_error("catching classes that do not inherit from BaseException is not allowed")
                    );
                }
            }
        }
        let Value::Exception(exception) = rest else { return Ok((Value::None, Value::None)) };
        if exception.group.get().is_none() {
            if !self.is_caught(exception, types)? {
                return Ok((Value::None, rest.clone()));
            }
            let members = Value::tuple(vec![rest.clone()]);
            let group = self.call2(&Value::Class(self.group_class(exception)), &Value::str(""), &members)?;
            if let Value::Exception(group) = &group {
                group.traceback.borrow_mut().sites.clone_from(&exception.traceback.borrow().sites);
            }
            return Ok((group, Value::None));
        }
        let parts = self.call_method(rest, crate::intern::sym::split, std::slice::from_ref(types))?;
        match parts.as_tuple().map(|t| t.to_vec()).as_deref() {
            Some([matched, left]) => Ok((matched.clone(), left.clone())),
            _ => Err(self.type_error("split must return a tuple of two")),
        }
    }

    /// `ExceptionGroup`, or `BaseExceptionGroup` for an exception that is not an `Exception`.
    fn group_class(&self, exception: &Exception) -> Ref<crate::object::Class> {
        let kind = if self.matches(exception, T::Exception) { T::ExceptionGroup } else { T::BaseExceptionGroup };
        self.class(kind).clone()
    }

    /// What a `try ... except*` raises at its end: what no clause took, together with what clauses raised.
    pub(crate) fn finish_group(
        &self,
        original: &Ref<Exception>,
        rest: Value,
        raised: Vec<Ref<Exception>>,
    ) -> R<Option<Ref<Exception>>> {
        if raised.is_empty() {
            return match &rest {
                // What no clause took is a new group of the same leaves.
                Value::Exception(rest) if rest.group.get().is_some() => {
                    self.projection(original, &[Value::Exception(rest.clone())]).map(Some)
                }
                rest => Ok(rest.as_exception().cloned()),
            };
        }
        if original.group.get().is_none() {
            // A bare exception was wrapped for its clause, so at most one exception comes out.
            return Ok(raised.into_iter().next());
        }
        // Parts of the original that clauses raised again stay parts of it; new exceptions go beside them.
        let (again, new): (Vec<_>, Vec<_>) = raised.into_iter().partition(|e| self.is_part_of(e, original));
        let mut kept: Vec<Value> = again.into_iter().map(Value::Exception).collect();
        if !rest.is_none() {
            kept.push(rest);
        }
        let projection = match kept.len() {
            0 => None,
            1 if new.is_empty() => return Ok(kept.pop().and_then(|v| v.as_exception().cloned())),
            _ => Some(self.projection(original, &kept)?),
        };
        if new.is_empty() {
            return Ok(projection);
        }
        let mut members: Vec<Value> = new.into_iter().map(Value::Exception).collect();
        members.extend(projection.map(Value::Exception));
        if let [Value::Exception(one)] = &members[..] {
            return Ok(Some(one.clone()));
        }
        let plain = members.iter().all(|m| m.as_exception().is_some_and(|e| self.matches(e, T::Exception)));
        let class = self.class(if plain { T::ExceptionGroup } else { T::BaseExceptionGroup }).clone();

        let group = self.call2(&Value::Class(class), &Value::str(""), &Value::list(members))?;
        Ok(group.as_exception().cloned())
    }

    /// Whether a group is a part that `split` took from the original: it shares cause, context and places.
    fn is_part_of(&self, part: &Exception, original: &Exception) -> bool {
        let same = |a: Option<Ref<Exception>>, b: Option<Ref<Exception>>| match (a, b) {
            (Some(a), Some(b)) => Ref::same(&a, &b),
            (None, None) => true,
            _ => false,
        };
        part.group.get().is_some()
            && same(part.cause.get(), original.cause.get())
            && same(part.context.get(), original.context.get())
            && part.traceback.borrow().sites == original.traceback.borrow().sites
    }

    /// The original group with only the leaves that the kept parts hold.
    fn projection(&self, original: &Ref<Exception>, kept: &[Value]) -> R<Ref<Exception>> {
        let mut leaves = Vec::new();
        for part in kept {
            collect_leaves(part, &mut leaves, 0);
        }
        let derived = self.project(original, &leaves, 0)?;
        Ok(derived.unwrap_or_else(|| original.clone()))
    }

    fn project(&self, group: &Ref<Exception>, leaves: &[usize], depth: u32) -> R<Option<Ref<Exception>>> {
        let Some(members) = group.group.get().filter(|_| depth < 200) else {
            let keep = leaves.contains(&Ref::address(group));
            return Ok(keep.then(|| group.clone()));
        };
        let mut kept = Vec::new();
        for member in members.iter() {
            if let Value::Exception(member) = member
                && let Some(part) = self.project(member, leaves, depth + 1)?
            {
                kept.push(Value::Exception(part));
            }
        }
        if kept.is_empty() {
            return Ok(None);
        }
        let whole = Value::Exception(group.clone());
        let derived = self.call_method(&whole, Symbol::new("derive"), &[Value::list(kept)])?;
        let Value::Exception(derived) = derived else {
            return Err(self.type_error("derive must return an instance of BaseExceptionGroup"));
        };
        derived.cause.set(group.cause.get());
        derived.context.set(group.context.get());
        // As `PyException_SetCause` does, whatever the cause.
        derived.suppress_context.set(true);
        derived.traceback.borrow_mut().sites.clone_from(&group.traceback.borrow().sites);
        if let Some(notes) = group.attribute(crate::intern::sym::__notes__) {
            derived.set_attribute(crate::intern::sym::__notes__, notes);
        }
        Ok(Some(derived))
    }
}

fn collect_leaves(value: &Value, leaves: &mut Vec<usize>, depth: u32) {
    let Value::Exception(exception) = value else { return };
    match exception.group.get().filter(|_| depth < 200) {
        Some(members) => members.iter().for_each(|m| collect_leaves(m, leaves, depth + 1)),
        None => leaves.push(Ref::address(exception)),
    }
}
