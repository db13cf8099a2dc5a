//! The import hook: builtin modules first, then files beside the script. Knows where modules come from; what an
//! `import` statement does with them is `interp/import.rs`'s.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::compile::{self, Sources};
use crate::compile::Options;
use crate::intern::{Symbol, sym};
use crate::interp::upcalls::Importing;
use crate::modules::{self, ModuleSpec};
use crate::object::{Builtin, Dict, Module, R, Ref, Value, Vm};

/// Where to look.
#[derive(Default)]
pub struct Search {
    folder: RefCell<Option<PathBuf>>,
    arguments: RefCell<Vec<String>>,
}

impl Search {
    pub fn of(vm: &Vm) -> Rc<Search> {
        vm.extension(Search::default)
    }

    pub fn set_folder(&self, folder: Option<PathBuf>) {
        *self.folder.borrow_mut() = folder;
    }

    pub fn set_arguments(&self, arguments: Vec<String>) {
        *self.arguments.borrow_mut() = arguments;
    }
}

/// Makes the module of a dotted name, whose packages are imported already. `Ok(None)` when there is none.
pub fn import(vm: &Vm, name: Symbol) -> R<Option<Value>> {
    if let Some(found) = vm.modules.get_name(name) {
        return Ok(Some(found));
    }
    if let Some(spec) = modules::find(name.as_str()) {
        return builtin(vm, name, spec).map(Some);
    }
    match name.as_str().rsplit_once('.') {
        None => {
            for folder in folders(vm) {
                if let Some(file) = find_in(&folder, name.as_str()) {
                    return file.load(vm, name).map(Some);
                }
            }
            Ok(None)
        }
        Some((parent, last)) => submodule(vm, name, parent, last),
    }
}

fn submodule(vm: &Vm, name: Symbol, parent: &str, last: &str) -> R<Option<Value>> {
    let Some(Value::Module(parent)) = vm.modules.get_name(Symbol::new(parent)) else { return Ok(None) };
    let Some(path) = parent.dict.get_name(sym::__path__) else { return Ok(None) };
    for folder in vm.collect(&path)? {
        let Some(folder) = folder.as_str() else { continue };
        if let Some(file) = find_in(Path::new(folder.as_str()), last) {
            return file.load(vm, name).map(Some);
        }
    }
    Ok(None)
}

/// What `sys.path` says, or what it would say while `sys` is not imported.
fn folders(vm: &Vm) -> Vec<PathBuf> {
    if let Some(Value::Module(sys)) = vm.modules.get_name(sym::sys)
        && let Some(Value::List(path)) = sys.dict.get_name(Symbol::of_static("path"))
    {
        return path.snapshot().iter().filter_map(|entry| Some(PathBuf::from(entry.as_str()?.as_str()))).collect();
    }
    Search::of(vm).folder.borrow().iter().cloned().chain(modules::sys::path_of_environment()).collect()
}

/// A module's file.
struct File {
    path: PathBuf,
    /// The folder, for a package.
    package: Option<PathBuf>,
}

/// The file of a module in a folder: a package before a file, `.aio` before `.py`.
fn find_in(folder: &Path, name: &str) -> Option<File> {
    if name.is_empty() || name.contains(['/', '\\', '\0']) {
        return None;
    }
    let package = folder.join(name);
    for extension in ["aio", "py"] {
        let path = package.join(format!("__init__.{extension}"));
        if path.is_file() {
            return Some(File { path, package: Some(package) });
        }
    }
    ["aio", "py"].into_iter().find_map(|extension| {
        let path = folder.join(format!("{name}.{extension}"));
        path.is_file().then_some(File { path, package: None })
    })
}

impl File {
    /// Runs the file as a module. It stands in `sys.modules` while it runs, so that a circle of imports ends; a failed
    /// one is taken out again.
    fn load(&self, vm: &Vm, name: Symbol) -> R<Value> {
        let text = compile::decode(std::fs::read(&self.path).map_err(|error| vm.os_error(error))?);
        let shown = self.path.display().to_string();
        let code = compile::code(&shown, text, Options::default())
            .map_err(|failed| compile::raise(vm, &failed, compile::Origin::File))?;
        compile::show_warnings(vm, &code.source)?;
        let importing = vm.extension(Importing::default);
        let reloaded = importing.reload.take();
        let again = reloaded.is_some();
        let module = reloaded.unwrap_or_else(|| Module::new(name));
        set_module_names(&module.dict, name.as_str(), Some(&self.path), self.package.as_deref());
        module.dict.set_name(sym::__builtins__, builtins_module(vm));
        vm.modules.set_name(name, Value::Module(module.clone()));
        Sources::of(vm).add(&code.source, &module.dict);
        importing.under_way.borrow_mut().push(name);
        let result = compile::run(vm, &code, &module.dict);
        importing.under_way.borrow_mut().retain(|other| *other != name);
        match result {
            // A module may have put something else in its place.
            Ok(()) => Ok(vm.modules.get_name(name).unwrap_or(Value::Module(module))),
            Err(raised) if again => Err(raised),
            Err(raised) => {
                drop(vm.modules.remove_name(name));
                Err(raised)
            }
        }
    }
}

/// The names that every module has.
pub fn set_module_names(dict: &Dict, name: &str, path: Option<&Path>, package: Option<&Path>) {
    dict.set_name(sym::__name__, Value::str(name));
    dict.set_name(sym::__doc__, Value::None);
    let parent = match package {
        Some(_) => name,
        None => name.rsplit_once('.').map_or("", |(parent, _)| parent),
    };
    dict.set_name(sym::__package__, if name == "__main__" { Value::None } else { Value::str(parent) });
    dict.set_name(sym::__loader__, Value::None);
    dict.set_name(sym::__spec__, Value::None);
    if let Some(path) = path {
        dict.set_name(sym::__file__, Value::string(path.display().to_string()));
    }
    if let Some(folder) = package {
        dict.set_name(sym::__path__, Value::list(vec![Value::string(folder.display().to_string())]));
    }
}

/// The module `builtins`, whose namespace is the one that names are looked up in last.
pub fn builtins_module(vm: &Vm) -> Value {
    if let Some(module) = vm.modules.get_name(sym::builtins) {
        return module;
    }
    let module = Value::Module(Module::around(sym::builtins, vm.builtins.clone()));
    vm.modules.set_name(sym::builtins, module.clone());
    module
}

/// Makes a module of our own from its table: rows, then what `init` adds, then its script.
fn builtin(vm: &Vm, name: Symbol, spec: &'static ModuleSpec) -> R<Value> {
    if name == sym::builtins {
        return Ok(builtins_module(vm));
    }
    let module = Module::new(name);
    set_module_names(&module.dict, spec.name, None, None);
    if modules::is_package(spec.name) {
        module.dict.set_name(sym::__path__, Value::list(Vec::new()));
    }
    for row in spec.rows {
        module.dict.set_name(Symbol::of_static(row.name), Builtin::new(row, None, Some(spec.name)));
    }
    vm.modules.set_name(name, Value::Module(module.clone()));
    let filled = fill(vm, spec, &module);
    if let Err(raised) = filled {
        drop(vm.modules.remove_name(name));
        return Err(raised);
    }
    Ok(Value::Module(module))
}

fn fill(vm: &Vm, spec: &ModuleSpec, module: &Ref<Module>) -> R<()> {
    if let Some(init) = spec.init {
        init(vm, module)?;
    }
    let Some(script) = spec.script else { return Ok(()) };
    module.dict.set_name(sym::__builtins__, builtins_module(vm));
    // No file has such a name, so that a traceback can leave these frames out.
    let shown = format!("<aio.{}>", spec.name);
    let code = compile::code(&shown, compile::Text::Valid(script.text()), Options::default())
        .map_err(|failed| compile::raise(vm, &failed, compile::Origin::File))?;
    Sources::of(vm).add(&code.source, &module.dict);
    compile::run(vm, &code, &module.dict)
}
