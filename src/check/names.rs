//! Rules about names: those that nobody binds, those that nobody reads, those that hide a builtin.

use super::facts::{Facts, What};
use super::finding::{Code, Finding};
use super::known::Known;
use super::scope::{Binding, BindingKind, MODULE, Name, ScopeId, ScopeKind};
use crate::intern::Symbol;
use crate::report::library;
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind};
use crate::text::{order, suggest};

/// Names that every module has.
const MODULE_NAMES: &[&str] = &[
    "__name__",
    "__file__",
    "__doc__",
    "__builtins__",
    "__package__",
    "__loader__",
    "__spec__",
    "__path__",
    "__annotations__",
    "__dict__",
    "_",
];

pub fn check(facts: &Facts, known: &Known, findings: &mut Vec<Finding>) {
    undefined(facts, known, findings);
    attributes(facts, known, findings);
    for (i, scope) in facts.scopes.list.iter().enumerate() {
        let mut names: Vec<(&Symbol, &Name)> = scope.names.iter().collect();
        order::sort_by_key(&mut names, |(_, name)| name.bindings.first().map(|binding| binding.span.start));
        for (symbol, name) in names {
            unused(facts, ScopeId(i), *symbol, name, findings);
            shadowed(facts, known, ScopeId(i), *symbol, name, findings);
        }
    }
}

fn undefined(facts: &Facts, known: &Known, findings: &mut Vec<Finding>) {
    if facts.scopes.get(MODULE).is_bound_unseen {
        return;
    }
    for read in facts.reads.iter().filter(|read| !read.is_guarded) {
        let name = read.name.as_str();
        let is_found = facts.scopes.resolve(read.scope, read.name).is_some()
            || known.is_builtin(name)
            || MODULE_NAMES.contains(&name)
            || name == "asyncio"
            || in_class_body(facts, read.scope, name)
            || is_bound_unseen_around(facts, read.scope);
        if is_found {
            continue;
        }
        // Of equally near ones the longest: a letter is left out more often than one too many is typed.
        let mut candidates: Vec<&str> = visible(facts, read.scope).chain(known.builtins()).collect();
        order::sort_by_key(&mut candidates, |name| (std::cmp::Reverse(name.len()), *name));
        let mut finding = Finding::new(Code::UndefinedName, read.span, format!("nothing is called `{name}` here"));
        if let Some(nearest) = suggest::nearest(name, candidates) {
            finding = finding.help(format!("did you mean `{nearest}`?"));
        } else if library::is_library_module(name) {
            finding = finding.help(format!("`import {name}` is missing"));
        }
        findings.push(finding);
    }
}

/// Names that class bodies and methods have beside those that are bound.
fn in_class_body(facts: &Facts, scope: ScopeId, name: &str) -> bool {
    let mut at = Some(scope);
    while let Some(id) = at {
        if facts.scopes.get(id).kind == ScopeKind::Class {
            return matches!(name, "__class__" | "__module__" | "__qualname__");
        }
        at = facts.scopes.get(id).parent;
    }
    false
}

/// Whether `exec` or the like in a function around may bind anything.
fn is_bound_unseen_around(facts: &Facts, scope: ScopeId) -> bool {
    let mut at = Some(scope);
    while let Some(id) = at {
        if facts.scopes.get(id).is_bound_unseen {
            return true;
        }
        at = facts.scopes.get(id).parent;
    }
    false
}

/// The names that could be meant at a place.
fn visible<'a>(facts: &'a Facts, scope: ScopeId) -> impl Iterator<Item = &'static str> + 'a {
    let mut at = Some(scope);
    let scopes = std::iter::from_fn(move || {
        let id = at?;
        at = facts.scopes.get(id).parent;
        Some(id)
    });
    scopes.flat_map(|id| facts.scopes.get(id).names.keys().map(|name| name.as_str()))
}

/// What modules of our own have not got.
fn attributes(facts: &Facts, known: &Known, findings: &mut Vec<Finding>) {
    for site in facts.sites.iter().filter(|site| !site.is_guarded) {
        let What::Attribute(expr) = site.what else { continue };
        let ExprKind::Attribute { value, attr, attr_span } = &expr.kind else { continue };
        let Some(module) = module_of(facts, site.scope, value) else { continue };
        if facts.expected.contains(attr) {
            continue;
        }
        missing(known, module.as_str(), attr.as_str(), *attr_span, findings);
    }
    for binding in facts.scopes.list.iter().flat_map(|scope| scope.names.values()).flat_map(|name| &name.bindings) {
        if let Some(import) = binding.import
            && let Some(name) = import.name
            && !facts.exported.contains(&name)
        {
            missing(known, import.module.as_str(), name.as_str(), binding.span, findings);
        }
    }
}

fn missing(known: &Known, module: &str, name: &str, span: Span, findings: &mut Vec<Finding>) {
    let Some(names) = known.module(module) else { return };
    if names.contains(name) || name.starts_with('_') {
        return;
    }
    // What CPython has and we have not says so when it is used; it is not misspelt.
    let Some(nearest) = suggest::nearest(name, names.iter().map(String::as_str)) else { return };
    if known.makes(module, name) {
        return;
    }
    let finding = Finding::new(Code::UnknownAttribute, span, format!("`{module}` has no `{name}`"));
    findings.push(finding.help(format!("did you mean `{nearest}`?")));
}

/// The module that an expression names: `asyncio` in `asyncio.sleep`.
pub fn module_of(facts: &Facts, scope: ScopeId, expr: &Expr) -> Option<Symbol> {
    let ExprKind::Name(name) = expr.kind else { return None };
    match facts.scopes.resolve(scope, name) {
        // Known without an import.
        None if name.as_str() == "asyncio" => Some(name),
        None => None,
        Some(_) => {
            let import = facts.scopes.only_binding(scope, name)?.import?;
            import.name.is_none().then_some(import.module)
        }
    }
}

/// Names that are bound and never read.
fn unused(facts: &Facts, id: ScopeId, symbol: Symbol, name: &Name, findings: &mut Vec<Finding>) {
    let scope = facts.scopes.get(id);
    let text = symbol.as_str();
    if name.reads > 0 || text.starts_with('_') || scope.is_read_unseen || facts.exported.contains(&symbol) {
        return;
    }
    if name.bindings.iter().all(|binding| binding.kind == BindingKind::Import) {
        for binding in &name.bindings {
            unused_import(facts, id, text, binding, findings);
        }
        return;
    }
    let in_function = matches!(scope.kind, ScopeKind::Function { .. });
    let kinds = |kind| name.bindings.iter().all(|binding: &Binding| binding.kind == kind);
    if kinds(BindingKind::Handler) {
        for binding in &name.bindings {
            let finding = Finding::new(Code::UnusedVariable, binding.span, format!("`{text}` is never read"));
            let finding = finding.help(format!("leave `as {text}` out"));
            findings.push(match as_clause(facts, binding) {
                Some(span) => finding.replace(span, ""),
                None => finding,
            });
        }
    } else if in_function && kinds(BindingKind::Assigned) && !holds_something(facts, id, symbol) {
        let Some(binding) = name.bindings.first() else { return };
        let finding = Finding::new(Code::UnusedVariable, binding.span, format!("`{text}` is assigned and never read"));
        findings.push(finding.help(format!("remove it, or call it `_{text}` if that is meant")));
    }
}

/// ` as name` of a handler.
fn as_clause(facts: &Facts, binding: &Binding) -> Option<Span> {
    let before = facts.source.text.get(..binding.span.start as usize)?;
    let before = before.trim_end().strip_suffix("as")?.trim_end();
    Some(Span::new(before.len(), binding.span.end as usize))
}

/// Whether a variable keeps what it holds alive, which may be all it is for: a task, or any object that a call gave, alone or
/// among others. Where an exception is expected, the value may be all that is asked for.
fn holds_something(facts: &Facts, id: ScopeId, symbol: Symbol) -> bool {
    facts.sites.iter().any(|site| match &site.what {
        What::Assign { name, value, .. } => {
            *name == symbol && facts.scopes.function_of(site.scope) == id && (site.is_guarded || holds_a_call(value))
        }
        _ => false,
    })
}

fn holds_a_call(value: &Expr) -> bool {
    match &value.kind {
        ExprKind::Call { .. } => true,
        ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items) => items.iter().any(holds_a_call),
        ExprKind::Dict(items) => items.iter().any(|item| holds_a_call(&item.value)),
        ExprKind::ListComp { elt, .. } | ExprKind::SetComp { elt, .. } => holds_a_call(elt),
        ExprKind::DictComp { value, .. } => holds_a_call(value),
        _ => false,
    }
}

fn unused_import(facts: &Facts, id: ScopeId, text: &str, binding: &Binding, findings: &mut Vec<Finding>) {
    let Some(import) = binding.import.filter(|import| import.module.as_str() != "__future__") else { return };
    // A package's own names are for those who import it.
    if facts.source.name.ends_with("__init__.aio")
        || facts.source.name.ends_with("__init__.py")
        || facts.scopes.get(id).kind == ScopeKind::Class
    {
        return;
    }
    let what = match import.name {
        Some(name) => format!("`{}` from `{}`", name.as_str(), import.module.as_str()),
        None => format!("`{text}`"),
    };
    let finding = Finding::new(Code::UnusedImport, binding.span, format!("{what} is imported and never used"));
    let finding = finding.help("remove the import");
    findings.push(match removal(facts, binding) {
        Some(span) => finding.replace(span, ""),
        None => finding,
    });
}

/// The line of an import from the library that stands alone in it and imports nothing else.
fn removal(facts: &Facts, binding: &Binding) -> Option<Span> {
    let text = &facts.source.text;
    let (start, end) = (binding.whole.start as usize, binding.whole.end as usize);
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[end..].find('\n').map_or(text.len(), |at| end + at + 1);
    let is_alone = text[line_start..start].trim().is_empty() && text[end..line_end].trim().is_empty();
    let is_only = !text[start..end].contains([',', '(', ';']);
    // Any other module may be there for what it does when it is imported.
    let is_library = binding
        .import
        .is_some_and(|import| library::is_library_module(import.module.as_str().split('.').next().unwrap_or_default()));
    (is_alone && is_only && is_library).then(|| Span::new(line_start, line_end))
}

/// Builtins whose names are commonly taken for other things in small scopes; hiding them hurts nobody.
const HARMLESS: &[&str] = &["copyright", "credits", "license", "exit", "quit", "help", "_", "asyncio"];

fn shadowed(facts: &Facts, known: &Known, id: ScopeId, symbol: Symbol, name: &Name, findings: &mut Vec<Finding>) {
    let scope = facts.scopes.get(id);
    let text = symbol.as_str();
    let counts = matches!(scope.kind, ScopeKind::Module | ScopeKind::Function { .. });
    if !counts || !known.is_builtin(text) || HARMLESS.contains(&text) || text.starts_with('_') {
        return;
    }
    let Some(binding) = name.bindings.iter().find(|binding| binding.kind != BindingKind::Elsewhere) else { return };
    // `from m import open` says what it does, and a parameter's name is for those who call.
    if matches!(binding.kind, BindingKind::Import | BindingKind::Parameter) || is_alias(facts, binding, symbol) {
        return;
    }
    let finding = Finding::new(Code::ShadowedBuiltin, binding.span, format!("`{text}` hides the builtin of that name"));
    findings.push(finding.help(format!("another name, `{text}_` for one, leaves the builtin in reach")));
}

/// `TimeoutError = TimeoutError`: the builtin itself, as a name of the module.
fn is_alias(facts: &Facts, binding: &Binding, symbol: Symbol) -> bool {
    facts.sites.iter().any(|site| match site.what {
        What::Assign { name_span, value, .. } => {
            name_span == binding.span && matches!(value.kind, ExprKind::Name(name) if name == symbol)
        }
        _ => false,
    })
}
