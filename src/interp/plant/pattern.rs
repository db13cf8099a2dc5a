//! `match`: patterns as tests that also bind (PEP 634).

use std::cell::RefCell;

use super::target::Store;
use super::{Act, AtSite, Flow, Planter, Test};
use crate::code::{Case, Expr, Pattern, Site, Target};
use crate::intern::{Symbol, sym};
use crate::object::{Class, Dict, Fp, Held, Node, R, Ref, Str, T, Value, Vm};

/// A planted pattern: whether the value matches. Captures are bound on the way where no test follows them, else they
/// wait in the list: a pattern that fails binds nothing.
type Match = Box<dyn Fn(Fp, &Vm, &Value, &mut Late) -> R<bool>>;

/// Captures to bind once the whole pattern has matched: the number of their store, and the value.
type Late = Vec<(usize, Value)>;

/// The stores of late captures, while a pattern is planted.
type Stores = RefCell<Vec<Store>>;

/// What binds a captured value.
type Capture = Box<dyn Fn(Fp, &Vm, Value, &mut Late) -> R<()>>;

/// A pattern and the stores of its late captures.
struct Whole {
    pattern: Match,
    stores: Vec<Store>,
}

impl Whole {
    fn matches(&self, fp: Fp, vm: &Vm, value: &Value) -> R<bool> {
        let mut late = Vec::new();
        if !(self.pattern)(fp, vm, value, &mut late)? {
            return Ok(false);
        }
        for (store, value) in late {
            self.stores[store](fp, vm, value)?;
        }
        Ok(true)
    }
}

/// Whether a test follows a capture, which could then fail.
fn tests_after_capture(pattern: &Pattern, bound: &mut bool) -> bool {
    match pattern {
        Pattern::Wildcard => false,
        Pattern::Capture { pattern, .. } => {
            let early = pattern.as_ref().is_some_and(|inner| tests_after_capture(inner, bound));
            *bound = true;
            early
        }
        Pattern::Value { .. } | Pattern::Singleton(_) => *bound,
        Pattern::Sequence { patterns, .. } => *bound || patterns.iter().any(|p| tests_after_capture(p, bound)),
        Pattern::Mapping { patterns, .. } => *bound || patterns.iter().any(|p| tests_after_capture(p, bound)),
        Pattern::Class { positional, keywords, .. } => {
            *bound
                || positional.iter().any(|p| tests_after_capture(p, bound))
                || keywords.iter().any(|(_, p)| tests_after_capture(p, bound))
        }
        Pattern::Or(patterns) => {
            let before = *bound;
            patterns.iter().any(|p| {
                let mut own = before;
                let early = tests_after_capture(p, &mut own);
                *bound |= own;
                early
            })
        }
    }
}

impl Planter<'_> {
    pub(super) fn match_stmt(&self, subject: &Expr, cases: &[Case], site: Site) -> Act {
        let subject = self.expr(subject);
        let cases: Box<[(Whole, Option<Test>, Act)]> = cases
            .iter()
            .map(|case| {
                let guard = case.guard.as_ref().map(|e| self.test(e, site));
                (self.whole_pattern(&case.pattern), guard, self.block(&case.body))
            })
            .collect();
        Box::new(move |fp, vm| {
            let value = subject(fp, vm)?;
            for (pattern, guard, body) in cases.iter() {
                if !pattern.matches(fp, vm, &value)? {
                    continue;
                }
                if let Some(guard) = guard
                    && !guard(fp, vm)?
                {
                    continue;
                }
                return body(fp, vm);
            }
            Ok(Flow::Next)
        })
    }

    /// A pattern applied to an expression's value (machines).
    pub(super) fn matches(&self, value: &Expr, pattern: &Pattern, _site: Site) -> Test {
        let (value, pattern) = (self.expr(value), self.whole_pattern(pattern));
        Box::new(move |fp, vm| {
            let value = value(fp, vm)?;
            pattern.matches(fp, vm, &value)
        })
    }

    fn whole_pattern(&self, pattern: &Pattern) -> Whole {
        let stores = Stores::default();
        let late = tests_after_capture(pattern, &mut false).then_some(&stores);
        let pattern = self.pattern(pattern, late);
        Whole { pattern, stores: stores.into_inner() }
    }

    /// What binds a captured value, now or late.
    fn capture(&self, target: &Target, late: Option<&Stores>) -> Capture {
        let store = self.assign(target);
        let Some(stores) = late else { return Box::new(move |fp, vm, value, _| store(fp, vm, value)) };
        let number = stores.borrow().len();
        stores.borrow_mut().push(store);
        Box::new(move |_, _, value, late| {
            late.push((number, value));
            Ok(())
        })
    }

    fn pattern(&self, pattern: &Pattern, late: Option<&Stores>) -> Match {
        match pattern {
            Pattern::Wildcard => Box::new(|_, _, _, _| Ok(true)),
            Pattern::Capture { pattern: None, target } if late.is_none() => {
                let store = self.assign(target);
                Box::new(move |fp, vm, value, _| store(fp, vm, value.clone()).map(|()| true))
            }
            Pattern::Capture { pattern, target } => {
                let inner = pattern.as_ref().map(|p| self.pattern(p, late));
                let store = self.capture(target, late);
                Box::new(move |fp, vm, value, late| {
                    if let Some(inner) = &inner
                        && !inner(fp, vm, value, late)?
                    {
                        return Ok(false);
                    }
                    store(fp, vm, value.clone(), late)?;
                    Ok(true)
                })
            }
            Pattern::Value { value, site } => {
                let (node, site) = (self.expr(value), self.site(*site));
                Box::new(move |fp, vm, value, _| {
                    let wanted = Held::new(node(fp, vm)?);
                    match (value, &*wanted) {
                        (Value::Str(a), Value::Str(b)) => Ok(Str::same_text(a, b)),
                        (Value::Int(a), Value::Int(b)) => Ok(a == b),
                        _ => vm.eq(value, &wanted).at(vm, site),
                    }
                })
            }
            Pattern::Singleton(constant) => {
                let wanted = self.constant(constant);
                Box::new(move |_, _, value, _| Ok(value.is(&wanted)))
            }
            Pattern::Sequence { patterns, star, site } => {
                let open = star.is_some_and(|star| matches!(patterns[star as usize], Pattern::Wildcard));
                let plain = patterns.iter().map(|p| matches!(p, Pattern::Wildcard)).collect();
                let patterns = patterns.iter().map(|p| self.pattern(p, late)).collect();
                sequence_pattern(Sequence { patterns, plain, star: star.map(|s| s as usize), open }, self.site(*site))
            }
            Pattern::Mapping { keys, patterns, rest, site } => {
                let constant = keys.iter().all(|key| matches!(key, Expr::Const(_)));
                let keys = keys.iter().map(|e| self.expr(e)).collect();
                let patterns = patterns.iter().map(|p| self.pattern(p, late)).collect();
                let rest = rest.as_ref().map(|t| self.capture(t, late));
                mapping_pattern(keys, patterns, rest, constant, self.site(*site))
            }
            Pattern::Class { class, positional, keywords, site } => {
                let positional = positional.iter().map(|p| self.pattern(p, late)).collect();
                let keywords = keywords.iter().map(|(name, p)| (*name, self.pattern(p, late))).collect();
                class_pattern(self.expr(class), positional, keywords, self.site(*site))
            }
            Pattern::Or(patterns) => {
                let patterns: Box<[Match]> = patterns.iter().map(|p| self.pattern(p, late)).collect();
                Box::new(move |fp, vm, value, late| {
                    let before = late.len();
                    for pattern in patterns.iter() {
                        if pattern(fp, vm, value, late)? {
                            return Ok(true);
                        }
                        late.truncate(before);
                    }
                    Ok(false)
                })
            }
        }
    }
}

/// `[a, _, *rest]`
struct Sequence {
    patterns: Box<[Match]>,
    /// Which are `_`.
    plain: Box<[bool]>,
    star: Option<usize>,
    /// The star is `*_`: the others are asked for by index.
    open: bool,
}

fn sequence_pattern(this: Sequence, site: u32) -> Match {
    Box::new(move |fp, vm, value, late| {
        let size = match value {
            Value::List(list) => list.borrow().len(),
            Value::Tuple(tuple) => tuple.len(),
            _ if !vm.is_sequence(value).at(vm, site)? => return Ok(false),
            // `[*all]` does not ask.
            _ if this.star.is_some() && this.patterns.len() == 1 => 0,
            _ => vm.len(value).at(vm, site)?,
        };
        let fixed = this.patterns.len() - usize::from(this.star.is_some());
        if size < fixed || (size > fixed && this.star.is_none()) {
            return Ok(false);
        }
        if this.open || this.plain.iter().all(|plain| *plain) {
            for (i, pattern) in this.patterns.iter().enumerate().filter(|(i, _)| !this.plain[*i]) {
                let at = match this.star {
                    // Asked again for each, as CPython does.
                    Some(star) if i > star => (vm.len(value).at(vm, site)? + i).saturating_sub(this.patterns.len()),
                    _ => i,
                };
                let item = vm.get_item(value, &Value::int(at as i64)).at(vm, site)?;
                if !pattern(fp, vm, &item, late)? {
                    return Ok(false);
                }
            }
            return Ok(true);
        }
        let items = match this.star {
            Some(star) => vm.unpack_starred(value, star, this.patterns.len()),
            None => vm.unpack_exactly(value, fixed),
        };
        let items = items.at(vm, site)?;
        for (pattern, item) in this.patterns.iter().zip(&items) {
            if !pattern(fp, vm, item, late)? {
                return Ok(false);
            }
        }
        Ok(true)
    })
}

fn mapping_pattern(keys: Vec<Node>, patterns: Vec<Match>, rest: Option<Capture>, constant: bool, site: u32) -> Match {
    Box::new(move |fp, vm, value, late| {
        if !vm.is_mapping(value).at(vm, site)? || (!keys.is_empty() && vm.len(value).at(vm, site)? < keys.len()) {
            return Ok(false);
        }
        let mut seen: Vec<(Value, Value)> = Vec::with_capacity(keys.len());
        for key in &keys {
            let key = key(fp, vm)?;
            for (earlier, _) in seen.iter().filter(|_| !constant) {
                if vm.eq(earlier, &key).at(vm, site)? {
                    let text = vm.repr(&key)?;
                    let message = format!("mapping pattern checks duplicate key ({})", text.as_str());
                    return super::fail(vm, site, vm.value_error(message));
                }
            }
            let Some(item) = vm.mapping_get(value, &key).at(vm, site)? else { return Ok(false) };
            seen.push((key, item));
        }
        for (pattern, (_, item)) in patterns.iter().zip(&seen) {
            if !pattern(fp, vm, item, late)? {
                return Ok(false);
            }
        }
        if let Some(rest) = &rest {
            let copy = Dict::new();
            vm.dict_update(&copy, value).at(vm, site)?;
            for (key, _) in &seen {
                vm.dict_remove(&copy, key).at(vm, site)?;
            }
            rest(fp, vm, Value::dict(copy), late)?;
        }
        Ok(true)
    })
}

fn class_pattern(class: Node, positional: Vec<Match>, keywords: Vec<(Symbol, Match)>, site: u32) -> Match {
    Box::new(move |fp, vm, value, late| {
        let class = class(fp, vm)?;
        let Value::Class(class_ref) = &class else {
            return super::fail(vm, site, vm.type_error("called match pattern must be a class"));
        };
        if !vm.is_instance(value, &class).at(vm, site)? {
            return Ok(false);
        }
        let Some(items) = vm.class_items(value, class_ref, positional.len(), &keywords).at(vm, site)? else {
            return Ok(false);
        };
        for (pattern, item) in positional.iter().chain(keywords.iter().map(|(_, p)| p)).zip(&items) {
            if !pattern(fp, vm, item, late)? {
                return Ok(false);
            }
        }
        Ok(true)
    })
}

/// Builtin types whose one positional sub-pattern is the object itself.
fn matches_self(vm: &Vm, class: &crate::object::Class) -> bool {
    const KINDS: [T; 11] =
        [T::Bool, T::ByteArray, T::Bytes, T::Dict, T::Float, T::FrozenSet, T::Int, T::List, T::Set, T::Str, T::Tuple];
    KINDS.iter().any(|&kind| class.is_subclass(vm.class(kind)))
}

impl Vm {
    /// What counts as a sequence for patterns (not str, bytes or bytearray).
    fn is_sequence(&self, value: &Value) -> R<bool> {
        Ok(match value.base() {
            Value::List(_) | Value::Tuple(_) | Value::Range(_) => true,
            Value::Native(n) => matches!(n.class().builtin, Some(T::Deque | T::MemoryView)),
            _ => self.is_abstractly(value, "Sequence")?,
        })
    }

    /// What the sub-patterns of a class pattern look at; None where the object lacks an attribute.
    fn class_items(
        &self,
        value: &Value,
        class: &Ref<Class>,
        count: usize,
        keywords: &[(Symbol, Match)],
    ) -> R<Option<Vec<Value>>> {
        let mut items = Vec::with_capacity(count + keywords.len());
        let mut names = Vec::new();
        if count > 0 && class.lookup(sym::__match_args__).is_none() && matches_self(self, class) {
            if count > 1 {
                let message = format!("{}() accepts 1 positional sub-pattern ({count} given)", class.name());
                return Err(self.type_error(message));
            }
            items.push(value.clone());
        } else if count > 0 {
            names = self.match_args(&Value::Class(class.clone()), count)?;
        }
        let positional = names.len();
        for (i, name) in names.iter().chain(keywords.iter().map(|(name, _)| name)).enumerate() {
            if names[..i.min(positional)].contains(name) {
                return Err(
                    self.type_error(format!("{}() got multiple sub-patterns for attribute '{name}'", class.name()))
                );
            }
            let Some(item) = self.attribute_if_any(value, *name)? else { return Ok(None) };
            items.push(item);
        }
        Ok(Some(items))
    }

    /// What counts as a mapping for patterns.
    fn is_mapping(&self, value: &Value) -> R<bool> {
        Ok(value.as_dict().is_some() || self.is_a(value, T::MappingProxy) || self.is_abstractly(value, "Mapping")?)
    }

    /// Whether the object's class derives from an abstract class of `collections.abc` or is registered with it.
    fn is_abstractly(&self, value: &Value, name: &str) -> R<bool> {
        let Value::Instance(_) = value else { return Ok(false) };
        // A class can only have to do with that module when something has imported it.
        match self.modules.get_name(Symbol::new("collections.abc")) {
            Some(Value::Module(module)) => match module.dict.get_name(Symbol::new(name)) {
                Some(class) => self.is_instance(value, &class),
                None => Ok(false),
            },
            _ => Ok(false),
        }
    }

    /// `value.get(key)` of a mapping, without `__missing__`.
    fn mapping_get(&self, value: &Value, key: &Value) -> R<Option<Value>> {
        if let Value::Dict(dict) = value {
            return self.dict_get(dict, key);
        }
        // No key's value can be this list.
        let absent = Value::list(Vec::new());
        let found = self.call_method(value, sym::get, &[key.clone(), absent.clone()])?;
        Ok((!found.is(&absent)).then_some(found))
    }

    /// An attribute, `None` also where the object's own hooks say that there is none.
    fn attribute_if_any(&self, object: &Value, name: Symbol) -> R<Option<Value>> {
        Ok(self.catch(self.find_attr(object, name), T::AttributeError)?.flatten())
    }

    /// The attributes that positional sub-patterns stand for.
    fn match_args(&self, class: &Value, count: usize) -> R<Vec<Symbol>> {
        let name = class.as_class().map_or("", |c| c.name().as_str());
        let args = match self.attribute_if_any(class, sym::__match_args__)? {
            Some(Value::Tuple(args)) => args.to_vec(),
            Some(other) => {
                let kind = self.type_name(&other);
                return Err(self.type_error(format!("{name}.__match_args__ must be a tuple (got {kind})")));
            }
            None => Vec::new(),
        };
        if args.len() < count {
            let (most, plural) = (args.len(), if args.len() == 1 { "" } else { "s" });
            return Err(
                self.type_error(format!("{name}() accepts {most} positional sub-pattern{plural} ({count} given)"))
            );
        }
        let mut names = Vec::with_capacity(count);
        for arg in &args[..count] {
            match arg.as_str() {
                Some(name) => names.push(name.symbol()),
                None => {
                    let kind = self.type_name(arg);
                    return Err(self.type_error(format!("__match_args__ elements must be strings (got {kind})")));
                }
            }
        }
        Ok(names)
    }
}
