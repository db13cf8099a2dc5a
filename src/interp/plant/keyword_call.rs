//! Calls with keywords, `*` and `**`: keywords of known functions go straight into their slots, the rest is collected first.

use std::rc::Rc;

use super::call::{call_function_in, function_in};
use super::construct::{ConstructCache, run_init};
use super::method_call::MethodCache;
use super::{AtSite, Planter, fail};
use crate::code::{Arg, Call, Code, Expr, Slot};
use crate::intern::Symbol;
use crate::object::{Args, Class, Dict, Fp, Function, Node, R, Ref, Swap, Value, Vm};

/// Where the arguments of a call with keywords go in the frames of one function's body.
struct Plan {
    code: Rc<Code>,
    /// For each argument its slot.
    slots: Box<[Slot]>,
}

/// The plan made last.
#[derive(Default)]
struct PlanCache(Swap<Option<Rc<Plan>>>);

impl PlanCache {
    /// The plan for calling the function with these arguments behind `receivers` others; `None` when its parameters want the
    /// long way, which also finds what is wrong.
    #[inline]
    fn get(&self, function: &Function, names: &[Option<Symbol>], receivers: usize) -> Option<Rc<Plan>> {
        match self.0.get() {
            Some(plan) if Rc::ptr_eq(&plan.code, function.code()) => Some(plan),
            _ => self.make(function, names, receivers),
        }
    }

    #[cold]
    #[inline(never)]
    fn make(&self, function: &Function, names: &[Option<Symbol>], receivers: usize) -> Option<Rc<Plan>> {
        let params = &function.code().params;
        if params.vararg || params.kwarg {
            return None;
        }
        let positional = names.iter().take_while(|name| name.is_none()).count() + receivers;
        if positional > params.positional as usize {
            return None;
        }
        let (from, named) = (params.positional_only as usize, (params.positional + params.keyword_only) as usize);
        let mut slots: Vec<Slot> = Vec::with_capacity(names.len());
        for (i, name) in names.iter().enumerate() {
            let index = match name {
                None => i + receivers,
                Some(name) => from + params.names[from..named].iter().position(|n| n == name)?,
            };
            let slot = Slot(index as u32 + 1);
            // A parameter given twice, or an argument by position after one by name.
            if slots.contains(&slot) || index < receivers || (name.is_none() && i + receivers >= positional) {
                return None;
            }
            slots.push(slot);
        }
        let plan = Rc::new(Plan { code: function.code().clone(), slots: slots.into() });
        self.0.set(Some(plan.clone()));
        Some(plan)
    }
}

impl Plan {
    /// A frame of the function with the arguments in place, defaults filled in.
    #[inline(always)]
    fn frame(&self, vm: &Vm, fp: Fp, callee: Value, receiver: Option<Value>, nodes: &[Node], site: u32) -> R<Fp> {
        let Value::Function(function) = &callee else { return fail(vm, site, vm.runtime_error("not a function")) };
        let size = function.planted.frame_size as usize;
        let frame = vm.push_frame(&function.planted).at(vm, site)?;
        frame.init(Slot(0), callee);
        if let Some(receiver) = receiver {
            frame.init(Slot(1), receiver);
        }
        for (node, &slot) in nodes.iter().zip(&self.slots) {
            match node(fp, vm) {
                Ok(value) => frame.init(slot, value),
                Err(raised) => {
                    vm.stack.pop(frame, size);
                    return Err(raised);
                }
            }
        }
        if let Err(raised) = vm.fill_defaults(function_in(frame), frame).and_then(|()| vm.tick()) {
            vm.stack.pop(frame, size);
            return fail(vm, site, raised);
        }
        Ok(frame)
    }
}

/// An argument of a general call, planted.
enum Part {
    Positional(Node),
    Star(Node),
    Keyword(Symbol, Node),
    DoubleStar(Node),
}

impl Planter<'_> {
    /// `f(a, c=d)`, `object.name(a, c=d)`, `C(a, c=d)`
    pub(super) fn keyword_call(&self, call: &Call) -> Node {
        let arguments: Option<Vec<(Option<Symbol>, &Expr)>> = call
            .args
            .iter()
            .map(|arg| match arg {
                Arg::Positional(e) => Some((None, e)),
                Arg::Keyword(name, e) => Some((Some(*name), e)),
                Arg::Star(_) | Arg::DoubleStar(_) => None,
            })
            .collect();
        let Some(arguments) = arguments else { return self.general_call(call) };
        let site = self.site(call.site);
        let names: Box<[Option<Symbol>]> = arguments.iter().map(|(name, _)| *name).collect();
        let nodes: Box<[Node]> = arguments.iter().map(|(_, e)| self.expr(e)).collect();
        let plans = PlanCache::default();
        if let Expr::Attr { object, name, site: attr_site } = &call.func {
            let (object, name, attr_site) = (self.expr(object), *name, self.site(*attr_site));
            let methods = MethodCache::default();
            return Box::new(move |fp, vm| {
                let receiver = object(fp, vm)?;
                if let Some(found @ Value::Function(_)) = methods.get(vm, &receiver, name) {
                    if let Value::Function(function) = &found
                        && let Some(plan) = plans.get(function, &names, 1)
                    {
                        let frame = plan.frame(vm, fp, found, Some(receiver), &nodes, site)?;
                        return call_function_in(vm, frame, site);
                    }
                    return call_collected(vm, fp, &found, Some(receiver), &names, &nodes, site);
                }
                let callee = match methods.of_module(&receiver, name) {
                    Some(callee) => callee,
                    None => vm.get_attr(&receiver, name).at(vm, attr_site)?,
                };
                receiver.discard();
                call_collected(vm, fp, &callee, None, &names, &nodes, site)
            });
        }
        let callee = self.expr(&call.func);
        let classes = ConstructCache::default();
        Box::new(move |fp, vm| {
            let callee = callee(fp, vm)?;
            match &callee {
                Value::Function(function) => {
                    if let Some(plan) = plans.get(function, &names, 0) {
                        let frame = plan.frame(vm, fp, callee, None, &nodes, site)?;
                        return call_function_in(vm, frame, site);
                    }
                }
                Value::Class(class) if class.builtin.is_none() => {
                    if let Some(frame) = init_frame(vm, fp, class, &classes, &plans, &names, &nodes, site)? {
                        return run_init(vm, class, frame, site);
                    }
                }
                _ => {}
            }
            call_collected(vm, fp, &callee, None, &names, &nodes, site)
        })
    }

    /// `f(a, *b, c=d, **e)`
    fn general_call(&self, call: &Call) -> Node {
        let callee = self.expr(&call.func);
        let part = |arg: &Arg| match arg {
            Arg::Positional(e) => Part::Positional(self.expr(e)),
            Arg::Star(e) => Part::Star(self.expr(e)),
            Arg::Keyword(name, e) => Part::Keyword(*name, self.expr(e)),
            Arg::DoubleStar(e) => Part::DoubleStar(self.expr(e)),
        };
        let parts: Box<[Part]> = call.args.iter().map(part).collect();
        let site = self.site(call.site);
        // One alone is handed over as it is; beside others it is taken apart before the callee is thought of.
        let alone = parts.iter().filter(|part| matches!(part, Part::Positional(_) | Part::Star(_))).count() == 1;
        Box::new(move |fp, vm| {
            let callee = callee(fp, vm)?;
            let mut positional = Vec::new();
            let mut keywords: Vec<(Symbol, Value)> = Vec::new();
            for part in parts.iter() {
                match part {
                    Part::Positional(node) => positional.push(node(fp, vm)?),
                    Part::Star(node) => {
                        let values = node(fp, vm)?;
                        let items = if alone { vm.star_argument(&callee, &values) } else { vm.starred(&values) };
                        positional.extend(items.at(vm, site)?);
                    }
                    Part::Keyword(name, node) => {
                        let value = node(fp, vm)?;
                        vm.add_keyword(&callee, &mut keywords, *name, value).at(vm, site)?;
                    }
                    Part::DoubleStar(node) => {
                        let mapping = node(fp, vm)?;
                        vm.double_star_argument(&callee, &mut keywords, &mapping).at(vm, site)?;
                    }
                }
            }
            vm.site.set(site);
            vm.call(&callee, Args { positional: &positional, keywords: &keywords }).at(vm, site)
        })
    }
}

/// The frame of the `__init__` of a plain class, ready but for the instance.
#[expect(clippy::too_many_arguments, reason = "the parts of one call node")]
fn init_frame(
    vm: &Vm,
    fp: Fp,
    class: &Ref<Class>,
    classes: &ConstructCache,
    plans: &PlanCache,
    names: &[Option<Symbol>],
    nodes: &[Node],
    site: u32,
) -> R<Option<Fp>> {
    let Ok(Some(init)) = classes.init_of(class) else { return Ok(None) };
    let Value::Function(function) = &init else { return Ok(None) };
    let Some(plan) = plans.get(function, names, 1) else { return Ok(None) };
    plan.frame(vm, fp, init, Some(Value::None), nodes, site).map(Some)
}

/// Collects the arguments and calls anything.
#[inline(never)]
fn call_collected(
    vm: &Vm,
    fp: Fp,
    callee: &Value,
    receiver: Option<Value>,
    names: &[Option<Symbol>],
    nodes: &[Node],
    site: u32,
) -> R {
    let mut positional = Vec::with_capacity(nodes.len() + 1);
    positional.extend(receiver);
    let mut keywords: Vec<(Symbol, Value)> = Vec::with_capacity(nodes.len());
    for (name, node) in names.iter().zip(nodes) {
        let value = node(fp, vm)?;
        match name {
            None => positional.push(value),
            Some(name) => vm.add_keyword(callee, &mut keywords, *name, value).at(vm, site)?,
        }
    }
    vm.site.set(site);
    vm.call(callee, Args { positional: &positional, keywords: &keywords }).at(vm, site)
}

impl Vm {
    /// `*values` in a call.
    fn star_argument(&self, callee: &Value, values: &Value) -> R<Vec<Value>> {
        match values {
            Value::List(list) => Ok(list.snapshot()),
            Value::Tuple(tuple) => Ok(tuple.to_vec()),
            other => {
                if self.special(other, crate::intern::sym::__iter__).is_none()
                    && self.special(other, crate::intern::sym::__getitem__).is_none()
                    && !matches!(other, Value::Iter(_) | Value::Machine(_))
                {
                    let name = self.callee_name(callee);
                    let kind = self.type_name(other);
                    return Err(self.type_error(format!("{name} argument after * must be an iterable, not {kind}")));
                }
                self.collect(other)
            }
        }
    }

    /// `**mapping` in a call.
    fn double_star_argument(&self, callee: &Value, keywords: &mut Vec<(Symbol, Value)>, mapping: &Value) -> R<()> {
        let entries = match mapping {
            Value::Dict(dict) => dict.entries(),
            Value::Instance(_) if self.is_plain_dict(mapping) => {
                mapping.as_dict().map_or_else(Vec::new, |d| d.entries())
            }
            other => {
                if self.find_attr(other, crate::intern::sym::keys)?.is_none() {
                    let name = self.callee_name(callee);
                    let kind = self.type_name(other);
                    return Err(self.type_error(format!("{name} argument after ** must be a mapping, not {kind}")));
                }
                let dict = Dict::new();
                self.dict_update(&dict, other)?;
                dict.entries()
            }
        };
        // The mapping's own keys differ from each other.
        let before = keywords.len();
        for (key, value) in entries {
            let Some(name) = key.as_str() else {
                return Err(self.type_error("keywords must be strings"));
            };
            let name = name.symbol();
            self.check_new(callee, &keywords[..before], name)?;
            keywords.push((name, value));
        }
        Ok(())
    }

    fn add_keyword(&self, callee: &Value, keywords: &mut Vec<(Symbol, Value)>, name: Symbol, value: Value) -> R<()> {
        self.check_new(callee, keywords, name)?;
        keywords.push((name, value));
        Ok(())
    }

    fn check_new(&self, callee: &Value, keywords: &[(Symbol, Value)], name: Symbol) -> R<()> {
        if keywords.iter().any(|(n, _)| *n == name) {
            let callee = self.callee_name(callee);
            return Err(self.type_error(format!("{callee} got multiple values for keyword argument '{name}'")));
        }
        Ok(())
    }

    /// How messages about unpacked arguments name the callee: `__main__.f()`.
    #[cold]
    fn callee_name(&self, callee: &Value) -> String {
        let qualified = |name: &str, module: Option<Value>| match module.as_ref().and_then(|m| m.as_str()) {
            Some(module) if module.as_str() != "builtins" => format!("{}.{name}()", module.as_str()),
            _ => format!("{name}()"),
        };
        match callee {
            Value::Function(f) => {
                qualified(&f.qualname.borrow(), f.planted.globals.get_name(crate::intern::sym::__name__))
            }
            Value::Method(m) => self.callee_name(&m.function),
            Value::Class(c) => qualified(&c.qualname(), c.lookup(crate::intern::sym::__module__)),
            Value::Builtin(b) => {
                let name = b.owner.map_or_else(|| b.row.name.to_string(), |owner| format!("{owner}.{}", b.row.name));
                match b.module {
                    Some(module) if module != "builtins" => format!("{module}.{name}()"),
                    _ => format!("{name}()"),
                }
            }
            other => format!("{} object", self.type_name(other)),
        }
    }
}
