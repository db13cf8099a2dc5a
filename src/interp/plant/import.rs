//! `import` in all its forms. Finding a module that is not there yet is the importer's business (`Hooks::import`).

use super::{Act, AtSite, Flow, Planter, fail};
use crate::code::{ImportName, Site, Target};
use crate::intern::{Symbol, sym};
use crate::interp::upcalls::Importing;
use crate::object::{Args, Dict, R, Raised, Ref, T, Value, Vm};

impl Planter<'_> {
    /// `import a.b` binds `a`; `import a.b as c` binds `a.b` (`whole`).
    pub(super) fn import(&self, module: Symbol, target: &Target, whole: bool, site: Site) -> Act {
        let (store, site) = (self.assign(target), self.site(site));
        let globals = self.globals.clone();
        Box::new(move |fp, vm| {
            if let Some(hook) = vm.import_hook(&globals).at(vm, site)? {
                let mut value = vm.ask_hook(&hook, &globals, module.as_str(), Value::None, 0).at(vm, site)?;
                if whole {
                    for part in module.as_str().split('.').skip(1) {
                        value = vm.get_attr(&value, Symbol::new(part)).at(vm, site)?;
                    }
                }
                store(fp, vm, value)?;
                return Ok(Flow::Next);
            }
            let last = vm.import_module(module).at(vm, site)?;
            let value = match module.as_str().split_once('.') {
                Some((first, _)) if !whole => vm.import_module(Symbol::new(first)).at(vm, site)?,
                _ => last,
            };
            store(fp, vm, value)?;
            Ok(Flow::Next)
        })
    }

    pub(super) fn import_from(&self, module: Option<Symbol>, level: u32, names: &[ImportName], site: Site) -> Act {
        let globals = self.globals.clone();
        let names: Box<[_]> = names.iter().map(|n| (n.name, self.assign(&n.target), self.site(n.site))).collect();
        let site = self.site(site);
        Box::new(move |fp, vm| {
            let module = match vm.import_hook(&globals).at(vm, site)? {
                Some(hook) => {
                    let wanted = Value::tuple(names.iter().map(|(name, ..)| Value::name(*name)).collect());
                    let name = module.map_or("", |module| module.as_str());
                    vm.ask_hook(&hook, &globals, name, wanted, level).at(vm, site)?
                }
                None => {
                    let full = vm.absolute_name(&globals, module, level).at(vm, site)?;
                    vm.import_module(full).at(vm, site)?
                }
            };
            for (name, store, site) in names.iter() {
                let value = match vm.import_name(&module, *name) {
                    Ok(value) => value,
                    Err(raised) => return fail(vm, *site, raised),
                };
                store(fp, vm, value)?;
            }
            Ok(Flow::Next)
        })
    }

    pub(super) fn import_star(&self, module: Option<Symbol>, level: u32, site: Site) -> Act {
        let (globals, site) = (self.globals.clone(), self.site(site));
        Box::new(move |_, vm| {
            let module = match vm.import_hook(&globals).at(vm, site)? {
                Some(hook) => {
                    let name = module.map_or("", |module| module.as_str());
                    vm.ask_hook(&hook, &globals, name, Value::tuple(vec![Value::str("*")]), level).at(vm, site)?
                }
                None => {
                    let full = vm.absolute_name(&globals, module, level).at(vm, site)?;
                    vm.import_module(full).at(vm, site)?
                }
            };
            vm.import_all(&module, &globals).at(vm, site)?;
            Ok(Flow::Next)
        })
    }
}

impl Vm {
    /// The `__import__` that a script put among the builtins; `None` while it is ours.
    ///
    /// # Errors
    /// ImportError when there is none.
    fn import_hook(&self, globals: &Dict) -> R<Option<Value>> {
        let found = match self.own_builtins(globals) {
            Some(builtins) => self.catch(self.get_item(&builtins, &Value::name(sym::__import__)), T::KeyError)?,
            None => self.builtins.get_name(sym::__import__),
        };
        match found {
            Some(Value::Builtin(ours)) if ours.row.name == "__import__" => Ok(None),
            Some(hook) => Ok(Some(hook)),
            None => Err(self.import_error("__import__ not found")),
        }
    }

    /// `__import__(name, globals, None, wanted, level)`
    fn ask_hook(&self, hook: &Value, globals: &Ref<Dict>, name: &str, wanted: Value, level: u32) -> R {
        let globals = Value::Dict(globals.clone());
        let args = [Value::str(name), globals, Value::None, wanted, Value::Int(i64::from(level))];
        self.call(hook, Args::positional(&args))
    }

    /// The module of a dotted name: each package on the way is imported first and gets the next as an attribute.
    pub fn import_module(&self, name: Symbol) -> R {
        match self.modules.get_name(name) {
            Some(Value::None) => return Err(self.import_blocked(name)),
            Some(module) => return Ok(module),
            None => {}
        }
        let mut parent: Option<Value> = None;
        let text = name.as_str();
        let ends = text.match_indices('.').map(|(i, _)| i).chain([text.len()]);
        for end in ends {
            let full = Symbol::new(&text[..end]);
            let module = match self.modules.get_name(full) {
                Some(Value::None) => return Err(self.import_blocked(full)),
                Some(module) => module,
                None => match (self.hooks.import)(self, full)? {
                    Some(module) => module,
                    None => return Err(self.module_not_found(full, parent.as_ref())),
                },
            };
            if let Some(parent) = &parent {
                let last = text[..end].rsplit('.').next().unwrap_or(text);
                self.set_attr(parent, Symbol::new(last), module.clone())?;
            }
            parent = Some(module);
        }
        // A module may have replaced itself in `sys.modules`.
        Ok(self.modules.get_name(name).or(parent).unwrap_or(Value::None))
    }

    #[cold]
    fn import_blocked(&self, name: Symbol) -> Raised {
        let message = format!("import of {name} halted; None in sys.modules");
        let error = self.new_exception(T::ModuleNotFoundError, vec![Value::string(message)]);
        error.set(sym::name, Value::name(name));
        self.throw(error)
    }

    #[cold]
    fn module_not_found(&self, name: Symbol, parent: Option<&Value>) -> Raised {
        let is_package =
            |module: &Value| matches!(module, Value::Module(m) if m.dict.get_name(sym::__path__).is_some());
        let message = match (parent, name.as_str().rsplit_once('.')) {
            (Some(parent), Some((package, _))) if !is_package(parent) => {
                format!("No module named '{name}'; '{package}' is not a package")
            }
            _ => format!("No module named '{name}'"),
        };
        let error = self.new_exception(T::ModuleNotFoundError, vec![Value::string(message)]);
        error.set(sym::name, Value::name(name));
        self.throw(error)
    }

    /// The absolute name that `from ..a import` means in the module with this namespace.
    ///
    /// # Errors
    /// ImportError outside of packages and past the outermost one.
    pub fn absolute_name(&self, globals: &Dict, module: Option<Symbol>, level: u32) -> R<Symbol> {
        if level == 0 {
            return Ok(module.unwrap_or(sym::__main__));
        }
        let text = |name, what: &str| match globals.get_name(name) {
            None | Some(Value::None) => Ok(None),
            Some(value) => match value.as_str() {
                Some(text) => Ok(Some(text.as_str().to_owned())),
                None => Err(self.type_error(format!("{what} must be a string"))),
            },
        };
        let package = text(sym::__package__, "package")?;
        let own_name = if package.is_some() { None } else { text(sym::__name__, "__name__")? };
        let package = match (package, own_name) {
            (Some(package), _) => package,
            (None, Some(name)) if globals.get_name(sym::__path__).is_some() => name,
            (None, name) => name.and_then(|name| Some(name.rsplit_once('.')?.0.to_owned())).unwrap_or_default(),
        };
        if package.is_empty() {
            return Err(self.import_error("attempted relative import with no known parent package"));
        }
        let mut base = package.as_str();
        for _ in 1..level {
            match base.rsplit_once('.') {
                Some((outer, _)) => base = outer,
                None => return Err(self.import_error("attempted relative import beyond top-level package")),
            }
        }
        Ok(match module {
            Some(module) => Symbol::new(&format!("{base}.{module}")),
            None => Symbol::new(base),
        })
    }

    /// `from module import name`: an attribute, else a submodule.
    fn import_name(&self, module: &Value, name: Symbol) -> R {
        let attribute =
            |name| -> R<Option<Value>> { Ok(self.catch(self.find_attr(module, name), T::AttributeError)?.flatten()) };
        if let Some(value) = attribute(name)? {
            return Ok(value);
        }
        // What stands in `sys.modules` need not be a module, and then has no name.
        let own_name = attribute(sym::__name__)?.filter(|own| own.as_str().is_some());
        let full = own_name.as_ref().and_then(|own| own.as_str()).map(|own| own.symbol());
        if let Some(full) = full {
            let submodule = Symbol::new(&format!("{full}.{name}"));
            if let Some(value) = self.modules.get_name(submodule) {
                return Ok(value);
            }
            let is_package = attribute(sym::__path__)?.is_some();
            if is_package && let Some(value) = (self.hooks.import)(self, submodule)? {
                self.set_attr(module, name, value.clone())?;
                return Ok(value);
            }
        }
        let shown = full.map_or("<unknown module name>", |full| full.as_str());
        let file = attribute(sym::__file__)?.filter(|file| file.as_str().is_some());
        let place = file.as_ref().and_then(|file| file.as_str()).map_or("unknown location", |file| file.as_str());
        let importing = self.extension(Importing::default);
        let message = if full.is_some_and(|full| importing.under_way.borrow().contains(&full)) {
            format!(
                "cannot import name '{name}' from partially initialized module '{shown}' (most likely due to a circular \
                 import) ({place})"
            )
        } else {
            format!("cannot import name '{name}' from '{shown}' ({place})")
        };
        let error = self.new_exception(T::ImportError, vec![Value::string(message)]);
        error.set(sym::name, own_name.unwrap_or(Value::None));
        error.set(Symbol::new("path"), file.unwrap_or(Value::None));
        error.set(Symbol::new("name_from"), Value::name(name));
        Err(self.throw(error))
    }

    /// `from module import *`: the names in `__all__`, else all without a leading underscore.
    fn import_all(&self, module: &Value, globals: &Dict) -> R<()> {
        if let Some(all) = self.find_attr(module, sym::__all__)? {
            for name in self.collect(&all)? {
                let Some(name) = name.as_str() else {
                    let owner = self.find_attr(module, sym::__name__)?.unwrap_or(Value::None);
                    let (owner, got) = (self.str(&owner)?, self.type_name(&name));
                    let message = format!("Item in {}.__all__ must be str, not {got}", owner.as_str());
                    return Err(self.type_error(message));
                };
                let value = self.get_attr(module, name.symbol())?;
                globals.set_name(name.symbol(), value);
            }
            return Ok(());
        }
        let Value::Module(module) = module else { return Ok(()) };
        for (key, value) in module.dict.entries() {
            if let Some(name) = key.as_str()
                && !name.as_str().starts_with('_')
            {
                globals.set_str(name, value);
            }
        }
        Ok(())
    }
}
