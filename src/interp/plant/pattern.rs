//! `match`: patterns as tests that also bind (PEP 634).

use super::target::Store;
use super::{Act, AtSite, Flow, Planter, Test};
use crate::code::{Case, Const, Expr, Pattern, Site};
use crate::intern::{Symbol, sym};
use crate::object::{Dict, Fp, Held, Node, R, Str, T, Value, Vm};

/// A planted pattern: whether the value matches; binds captures on the way.
type Match = Box<dyn Fn(Fp, &Vm, &Value) -> R<bool>>;

impl Planter<'_> {
    pub(super) fn match_stmt(&self, subject: &Expr, cases: &[Case], site: Site) -> Act {
        let subject = self.expr(subject);
        let cases: Box<[(Match, Option<Test>, Act)]> = cases
            .iter()
            .map(|case| {
                let guard = case.guard.as_ref().map(|e| self.test(e, site));
                (self.pattern(&case.pattern), guard, self.block(&case.body))
            })
            .collect();
        Box::new(move |fp, vm| {
            let value = subject(fp, vm)?;
            for (pattern, guard, body) in cases.iter() {
                if !pattern(fp, vm, &value)? {
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
        let (value, pattern) = (self.expr(value), self.pattern(pattern));
        Box::new(move |fp, vm| {
            let value = value(fp, vm)?;
            pattern(fp, vm, &value)
        })
    }

    fn pattern(&self, pattern: &Pattern) -> Match {
        match pattern {
            Pattern::Wildcard => Box::new(|_, _, _| Ok(true)),
            Pattern::Capture { pattern, target } => {
                let inner = pattern.as_ref().map(|p| self.pattern(p));
                let store = self.assign(target);
                Box::new(move |fp, vm, value| {
                    if let Some(inner) = &inner
                        && !inner(fp, vm, value)?
                    {
                        return Ok(false);
                    }
                    store(fp, vm, value.clone())?;
                    Ok(true)
                })
            }
            Pattern::Value { value, site } => {
                let (node, site) = (self.expr(value), self.site(*site));
                Box::new(move |fp, vm, value| {
                    let wanted = Held::new(node(fp, vm)?);
                    match (value, &*wanted) {
                        (Value::Str(a), Value::Str(b)) => Ok(Str::same_text(a, b)),
                        (Value::Int(a), Value::Int(b)) => Ok(a == b),
                        _ => vm.eq(value, &wanted).at(vm, site),
                    }
                })
            }
            Pattern::Singleton(constant) => match constant {
                Const::None => Box::new(|_, _, value| Ok(value.is_none())),
                other => {
                    let wanted = self.constant(other);
                    Box::new(move |_, _, value| Ok(value.is(&wanted)))
                }
            },
            Pattern::Sequence { patterns, star, site } => self.sequence_pattern(patterns, *star, self.site(*site)),
            Pattern::Mapping { keys, patterns, rest, site } => {
                let keys = keys.iter().map(|e| self.expr(e)).collect();
                let patterns = patterns.iter().map(|p| self.pattern(p)).collect();
                let rest = rest.as_ref().map(|t| self.assign(t));
                mapping_pattern(keys, patterns, rest, self.site(*site))
            }
            Pattern::Class { class, positional, keywords, site } => {
                let positional = positional.iter().map(|p| self.pattern(p)).collect();
                let keywords = keywords.iter().map(|(name, p)| (*name, self.pattern(p))).collect();
                class_pattern(self.expr(class), positional, keywords, self.site(*site))
            }
            Pattern::Or(patterns) => {
                let patterns: Box<[Match]> = patterns.iter().map(|p| self.pattern(p)).collect();
                Box::new(move |fp, vm, value| {
                    for pattern in patterns.iter() {
                        if pattern(fp, vm, value)? {
                            return Ok(true);
                        }
                    }
                    Ok(false)
                })
            }
        }
    }

    fn sequence_pattern(&self, patterns: &[Pattern], star: Option<u32>, site: u32) -> Match {
        let patterns: Box<[Match]> = patterns.iter().map(|p| self.pattern(p)).collect();
        Box::new(move |fp, vm, value| {
            let Some(items) = vm.sequence_items(value).at(vm, site)? else { return Ok(false) };
            match star {
                None => {
                    if items.len() != patterns.len() {
                        return Ok(false);
                    }
                    for (pattern, item) in patterns.iter().zip(&items) {
                        if !pattern(fp, vm, item)? {
                            return Ok(false);
                        }
                    }
                    Ok(true)
                }
                Some(star) => {
                    let star = star as usize;
                    let after = patterns.len() - star - 1;
                    if items.len() < star + after {
                        return Ok(false);
                    }
                    let rest = Value::list(items[star..items.len() - after].to_vec());
                    let before = items[..star].iter();
                    let tail = items[items.len() - after..].iter();
                    for (pattern, item) in patterns.iter().zip(before.chain([&rest]).chain(tail)) {
                        if !pattern(fp, vm, item)? {
                            return Ok(false);
                        }
                    }
                    Ok(true)
                }
            }
        })
    }
}

fn mapping_pattern(keys: Vec<Node>, patterns: Vec<Match>, rest: Option<Store>, site: u32) -> Match {
    Box::new(move |fp, vm, value| {
        if !vm.is_mapping(value).at(vm, site)? {
            return Ok(false);
        }
        let mut seen: Vec<Value> = Vec::with_capacity(keys.len());
        for (key, pattern) in keys.iter().zip(&patterns) {
            let key = key(fp, vm)?;
            for earlier in &seen {
                if vm.eq(earlier, &key).at(vm, site)? {
                    let text = vm.repr(&key)?;
                    let message = format!("mapping pattern checks duplicate key ({})", text.as_str());
                    return super::fail(vm, site, vm.value_error(message));
                }
            }
            let Some(item) = vm.mapping_get(value, &key).at(vm, site)? else { return Ok(false) };
            if !pattern(fp, vm, &item)? {
                return Ok(false);
            }
            seen.push(key);
        }
        if let Some(rest) = &rest {
            let copy = Dict::new();
            vm.dict_update(&copy, value).at(vm, site)?;
            for key in &seen {
                vm.dict_remove(&copy, key).at(vm, site)?;
            }
            rest(fp, vm, Value::dict(copy))?;
        }
        Ok(true)
    })
}

fn class_pattern(class: Node, positional: Vec<Match>, keywords: Vec<(Symbol, Match)>, site: u32) -> Match {
    Box::new(move |fp, vm, value| {
        let class = class(fp, vm)?;
        let Value::Class(class_ref) = &class else {
            return super::fail(vm, site, vm.type_error("called match pattern must be a class"));
        };
        if !vm.is_instance(value, &class).at(vm, site)? {
            return Ok(false);
        }
        let mut seen: Vec<Symbol> = Vec::new();
        if !positional.is_empty() {
            if class_ref.lookup(sym::__match_args__).is_none() && matches_self(vm, class_ref) {
                if positional.len() > 1 {
                    let message =
                        format!("{}() accepts 1 positional sub-pattern ({} given)", class_ref.name(), positional.len());
                    return super::fail(vm, site, vm.type_error(message));
                }
                if !positional[0](fp, vm, value)? {
                    return Ok(false);
                }
            } else {
                let names = vm.match_args(&class, positional.len()).at(vm, site)?;
                for (pattern, name) in positional.iter().zip(names) {
                    if seen.contains(&name) {
                        return super::fail(vm, site, vm.duplicate_attribute(class_ref.name(), name));
                    }
                    seen.push(name);
                    match vm.attribute_if_any(value, name).at(vm, site)? {
                        Some(item) if pattern(fp, vm, &item)? => {}
                        _ => return Ok(false),
                    }
                }
            }
        }
        for (name, pattern) in &keywords {
            if seen.contains(name) {
                return super::fail(vm, site, vm.duplicate_attribute(class_ref.name(), *name));
            }
            seen.push(*name);
            match vm.attribute_if_any(value, *name).at(vm, site)? {
                Some(item) if pattern(fp, vm, &item)? => {}
                _ => return Ok(false),
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
    /// The items of what counts as a sequence for patterns (not str, bytes or bytearray).
    fn sequence_items(&self, value: &Value) -> R<Option<Vec<Value>>> {
        match value.base() {
            Value::List(list) => Ok(Some(list.snapshot())),
            Value::Tuple(tuple) => Ok(Some(tuple.to_vec())),
            Value::Range(_) => self.collect(value).map(Some),
            Value::Native(n) if n.class().builtin == Some(T::Deque) => self.collect(value).map(Some),
            Value::Instance(_) if self.is_abstractly(value, "Sequence")? => self.collect(value).map(Some),
            _ => Ok(None),
        }
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

    #[cold]
    fn duplicate_attribute(&self, class: Symbol, name: Symbol) -> crate::object::Raised {
        self.type_error(format!("{class}() got multiple sub-patterns for attribute '{name}'"))
    }
}
