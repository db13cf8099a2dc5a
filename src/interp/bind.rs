//! Arguments against parameters: for functions of scripts (into the slots of their frame) and for rows (against their
//! signature text). All of CPython's messages about wrong arguments come from here.

use crate::code::Slot;
use crate::intern::Symbol;
use crate::object::function::Signature;
use crate::object::{Args, Builtin, Dict, Fp, Fun, Function, R, Raised, Ref, RowKind, Value, Vm};
use crate::text::suggest;

impl Vm {
    /// Puts arguments into the parameter slots of a fresh frame: PEP 3102 and PEP 570.
    pub fn bind_arguments(&self, function: &Function, fp: Fp, args: Args) -> R<()> {
        let params = &function.planted.code.params;
        let positional = params.positional as usize;
        let given = args.positional.len();
        let taken = given.min(positional);
        for (i, value) in args.positional[..taken].iter().enumerate() {
            fp.init(param(i), value.clone());
        }
        let named = positional + params.keyword_only as usize;
        if params.vararg {
            fp.init(param(named), Value::tuple(args.positional[taken..].to_vec()));
        } else if given > positional {
            // Wrong names are told of first.
            if params.kwarg {
                fp.init(param(named), Value::dict(Dict::new()));
            }
            self.bind_keywords(function, fp, args.keywords)?;
            return Err(self.too_many_positional(function, given, args));
        }
        if params.kwarg {
            fp.init(param(named + params.vararg as usize), Value::dict(Dict::new()));
        }
        if !args.keywords.is_empty() {
            self.bind_keywords(function, fp, args.keywords)?;
        }
        if taken < positional || params.keyword_only > 0 {
            self.fill_defaults(function, fp)?;
        }
        Ok(())
    }

    fn bind_keywords(&self, function: &Function, fp: Fp, keywords: &[(Symbol, Value)]) -> R<()> {
        let params = &function.planted.code.params;
        let named = (params.positional + params.keyword_only) as usize;
        for (name, value) in keywords {
            let from = params.positional_only as usize;
            match params.names[from..named].iter().position(|n| n == name) {
                Some(i) => {
                    let slot = param(from + i);
                    if !fp.peek(slot).is_missing() {
                        let message = format!("{}() got multiple values for argument '{name}'", qualname(function));
                        return Err(self.type_error(message));
                    }
                    fp.init(slot, value.clone());
                }
                None if params.kwarg => {
                    let Value::Dict(rest) = fp.peek(param(named + params.vararg as usize)) else { continue };
                    if rest.set_name(*name, value.clone()).is_some() {
                        let message =
                            format!("{}() got multiple values for keyword argument '{name}'", qualname(function));
                        return Err(self.type_error(message));
                    }
                }
                None => return Err(self.unexpected_keyword(function, *name, keywords)),
            }
        }
        Ok(())
    }

    /// Parameters that were not given take their defaults, or are missing.
    #[inline]
    pub fn fill_defaults(&self, function: &Function, fp: Fp) -> R<()> {
        let params = &function.planted.code.params;
        let positional = params.positional as usize;
        let defaults = function.defaults.get();
        let required = positional.saturating_sub(defaults.len());
        let mut missing = false;
        for i in 0..positional {
            if fp.peek(param(i)).is_missing() {
                if i < required {
                    missing = true;
                } else {
                    fp.init(param(i), defaults[i - required].clone());
                }
            }
        }
        if missing {
            return Err(self.missing_positional(function, fp, required));
        }
        if params.keyword_only > 0 {
            self.fill_keyword_defaults(function, fp)?;
        }
        Ok(())
    }

    fn fill_keyword_defaults(&self, function: &Function, fp: Fp) -> R<()> {
        let params = &function.planted.code.params;
        let positional = params.positional as usize;
        let mut missing = Vec::new();
        for i in positional..positional + params.keyword_only as usize {
            if fp.peek(param(i)).is_missing() {
                let name = params.names[i];
                match function.keyword_defaults.borrow().of(name) {
                    Some(value) => fp.init(param(i), value),
                    None => missing.push(name),
                }
            }
        }
        if missing.is_empty() { Ok(()) } else { Err(self.missing_error(function, &missing, "keyword-only")) }
    }

    #[cold]
    fn missing_positional(&self, function: &Function, fp: Fp, required: usize) -> Raised {
        let names = &function.planted.code.params.names;
        let missing: Vec<Symbol> =
            (0..required).filter(|&i| fp.peek(param(i)).is_missing()).map(|i| names[i]).collect();
        self.missing_error(function, &missing, "positional")
    }

    #[cold]
    fn missing_error(&self, function: &Function, missing: &[Symbol], kind: &str) -> Raised {
        let plural = if missing.len() == 1 { "" } else { "s" };
        let count = missing.len();
        let message = format!(
            "{}() missing {count} required {kind} argument{plural}: {}",
            qualname(function),
            list_names(missing)
        );
        self.type_error(message)
    }

    #[cold]
    fn too_many_positional(&self, function: &Function, given: usize, args: Args) -> Raised {
        let params = &function.planted.code.params;
        let positional = params.positional as usize;
        let defaults = function.defaults.get().len();
        let takes = if defaults > 0 {
            format!("from {} to {positional} positional arguments", positional - defaults.min(positional))
        } else {
            format!("{positional} positional argument{}", if positional == 1 { "" } else { "s" })
        };
        let range = &params.names[positional..positional + params.keyword_only as usize];
        let keyword_given = args.keywords.iter().filter(|(n, _)| range.contains(n)).count();
        let given = if keyword_given > 0 {
            let plural = |n: usize| if n == 1 { "" } else { "s" };
            format!(
                "{given} positional argument{} (and {keyword_given} keyword-only argument{}) were",
                plural(given),
                plural(keyword_given)
            )
        } else {
            format!("{given} {}", if given == 1 { "was" } else { "were" })
        };
        self.type_error(format!("{}() takes {takes} but {given} given", qualname(function)))
    }

    #[cold]
    fn unexpected_keyword(&self, function: &Function, name: Symbol, keywords: &[(Symbol, Value)]) -> Raised {
        let params = &function.planted.code.params;
        let only = &params.names[..params.positional_only as usize];
        let clashing: Vec<&str> =
            only.iter().filter(|n| keywords.iter().any(|(k, _)| k == *n)).map(|n| n.as_str()).collect();
        let function_name = qualname(function);
        if !clashing.is_empty() {
            let names = clashing.join(", ");
            return self.type_error(format!(
                "{function_name}() got some positional-only arguments passed as keyword arguments: '{names}'"
            ));
        }
        let known =
            params.names.iter().skip(only.len()).take((params.positional + params.keyword_only) as usize - only.len());
        self.unknown_keyword(&function_name, name, known.map(|name| name.as_str()))
    }

    /// A keyword that is no parameter, with the nearest of those that are.
    pub fn unknown_keyword<'a>(
        &self,
        function: &str,
        name: Symbol,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Raised {
        let nearest = suggest::nearest(name.as_str(), known);
        let hint = nearest.map_or(String::new(), |near| format!(". Did you mean '{near}'?"));
        self.type_error(format!("{function}() got an unexpected keyword argument '{name}'{hint}"))
    }

    /// The receiver of a builtin type's method: `descriptor 'append' for 'list' objects doesn't apply to a 'int' object`.
    pub fn check_receiver<'a>(&self, builtin: &Builtin, owner: &str, receiver: &'a Value) -> R<&'a Value> {
        if builtin.row.kind != RowKind::Method || owner == "object" {
            return Ok(receiver);
        }
        // Instances of a subclass of the very type are common.
        if let Value::Instance(instance) = receiver
            && instance.payload().is_some_and(|inside| self.class_of(inside).name().as_str() == owner)
        {
            return Ok(receiver);
        }
        if let Value::Native(native) = receiver
            && native.class().builtin.is_none_or(|kind| kind.name() == owner)
        {
            return Ok(receiver);
        }
        let class = self.class_of(receiver);
        let got = self.type_name(receiver);
        let fits = |name: Symbol| name.as_str() == owner;
        if fits(class.name()) || class.mro_tail().iter().any(|c| fits(c.name())) {
            return Ok(receiver);
        }
        let name = builtin.row.name;
        if builtin.is_slot() {
            return Err(
                self.type_error(format!("descriptor '{name}' requires a '{owner}' object but received a '{got}'"))
            );
        }
        Err(self.type_error(format!("descriptor '{name}' for '{owner}' objects doesn't apply to a '{got}' object")))
    }

    /// Calls a row whose arguments need its signature.
    pub fn call_bound(&self, builtin: &Ref<Builtin>, args: Args) -> R {
        if let Fun::Full(f) = builtin.row.fun {
            if let [receiver, ..] = args.positional {
                self.receiver(builtin, receiver)?;
            }
            return f(self, args);
        }
        if builtin.row.kind == RowKind::Method && builtin.owner.is_some() && !is_python(builtin) {
            match args.positional.first() {
                Some(receiver) => drop(self.receiver(builtin, receiver)?),
                None => return Err(self.no_receiver(builtin)),
            }
        }
        let signature = builtin.signature();
        let bound = match self.bind_row(builtin, signature, args) {
            Ok(bound) => bound,
            Err(raised) if is_python(builtin) => {
                drop(self.take_raised(raised));
                return Err(self.function_misfit(&python_name(builtin), signature, args));
            }
            Err(raised) => return Err(raised),
        };
        match (builtin.row.fun, &bound[..]) {
            (Fun::F0(f), []) => f(self),
            (Fun::F1(f), [a]) => f(self, a),
            (Fun::F2(f), [a, b]) => f(self, a, b),
            (Fun::F3(f), [a, b, c]) => f(self, a, b, c),
            (Fun::Bound(f), all) => f(self, all),
            _ => Err(self.type_error(format!("{}() has a wrong signature", builtin.row.name))),
        }
    }

    fn bind_row(&self, builtin: &Builtin, signature: &Signature, args: Args) -> R<Vec<Value>> {
        let count = signature.names.len();
        let takes_names = count > signature.positional_only;
        if !takes_names
            && !signature.kwarg
            && let Some((name, _)) = args.keywords.first()
        {
            return Err(match takes_class(builtin) {
                true => self.row_takes(builtin, signature, args),
                false => self.row_keyword(builtin, signature, *name),
            });
        }
        let given = args.positional.len() + args.keywords.len();
        if takes_names && given > count && !args.keywords.is_empty() && !signature.kwarg && !signature.vararg {
            return Err(self.row_takes(builtin, signature, args));
        }
        let mut bound = vec![Value::Missing; count];
        let taken = args.positional.len().min(signature.positional);
        bound[..taken].clone_from_slice(&args.positional[..taken]);
        if args.positional.len() > signature.positional && !signature.vararg {
            return Err(self.row_takes(builtin, signature, args));
        }
        let begun = taken > 0 || builtin.owner.is_none();
        if takes_names && begun && taken < signature.required.min(signature.positional_only) {
            return Err(self.row_takes(builtin, signature, args));
        }
        let mut rest = Vec::new();
        // Told last: CPython misses arguments first.
        let mut wrong = None;
        for (name, value) in args.keywords {
            match signature.names.iter().skip(signature.positional_only).position(|n| n == name) {
                Some(i) => {
                    let place = &mut bound[signature.positional_only + i];
                    if !place.is_missing() {
                        wrong = wrong.or(Some((*name, Some(signature.positional_only + i))));
                    } else {
                        *place = value.clone();
                    }
                }
                None if signature.kwarg => rest.push((*name, value.clone())),
                None => wrong = wrong.or(Some((*name, None))),
            }
        }
        for (i, value) in bound.iter().enumerate() {
            if value.is_missing() && !signature.optional[i] {
                return Err(self.row_missing(builtin, signature, args, i));
            }
        }
        match wrong {
            None => {}
            Some((name, None)) => return Err(self.row_keyword(builtin, signature, name)),
            Some((name, Some(place))) => {
                let (function, at) = (builtin.row.name, place + 1 - receiver_count(builtin));
                let message = format!("argument for {function}() given by name ('{name}') and position ({at})");
                return Err(self.type_error(message));
            }
        }
        if signature.vararg {
            bound.push(Value::tuple(args.positional[taken..].to_vec()));
        }
        if signature.kwarg {
            let dict = Dict::new();
            for (name, value) in rest {
                dict.set_name(name, value);
            }
            bound.push(Value::dict(dict));
        }
        Ok(bound)
    }

    /// A wrong number of positional arguments. CPython has three wordings: of dunders, of functions that take names
    /// (`Python/getargs.c`, `_PyArg_UnpackKeywords`), of the rest.
    #[cold]
    fn row_takes(&self, builtin: &Builtin, signature: &Signature, args: Args) -> Raised {
        let skip = receiver_count(builtin);
        let given = args.positional.len().saturating_sub(skip);
        let most = signature.positional.saturating_sub(skip);
        let least = signature.required.saturating_sub(skip);
        let name = builtin.row.name;
        let plural = |n: usize| if n == 1 { "" } else { "s" };
        if takes_class(builtin) {
            let given = given + args.keywords.len();
            return self.type_error(match (most, args.positional.len() - skip) {
                (0, _) => format!("{name}() takes no arguments"),
                (_, 0) => format!("{name}() takes exactly 1 positional argument (0 given)"),
                _ => format!("{name}() takes at most 1 argument ({given} given)"),
            });
        }
        if builtin.is_slot() && most == least {
            let space = if most > 1 || is_repeat(builtin) { " " } else { "" };
            return self.type_error(format!("{space}expected {most} argument{}, got {given}", plural(most)));
        }
        if signature.names.len() > signature.positional_only {
            let all = signature.names.len() - skip;
            let total = given + args.keywords.len();
            let least_by_position = signature.required.min(signature.positional_only).saturating_sub(skip);
            return self.type_error(if total > all {
                let by_name = if given == 0 { "keyword " } else { "" };
                format!("{name}() takes at most {all} {by_name}argument{} ({total} given)", plural(all))
            } else if most == 0 {
                format!("{name}() takes no positional arguments")
            } else if given > most {
                let word = if least < most { "at most" } else { "exactly" };
                format!("{name}() takes {word} {most} positional argument{} ({given} given)", plural(most))
            } else {
                let word = if least_by_position < most { "at least" } else { "exactly" };
                let wanted = least_by_position;
                format!("{name}() takes {word} {wanted} positional argument{} ({given} given)", plural(wanted))
            });
        }
        self.type_error(if most == 0 {
            format!("{}() takes no arguments ({given} given)", row_name(builtin))
        } else if most == least && most == 1 {
            format!("{}() takes exactly one argument ({given} given)", row_name(builtin))
        } else if most == least {
            format!("{name} expected {most} argument{}, got {given}", plural(most))
        } else if given > most {
            format!("{name} expected at most {most} argument{}, got {given}", plural(most))
        } else {
            format!("{name} expected at least {least} argument{}, got {given}", plural(least))
        })
    }

    #[cold]
    fn no_receiver(&self, builtin: &Builtin) -> Raised {
        let (name, owner) = (builtin.row.name, builtin.owner.unwrap_or_default());
        if builtin.is_slot() {
            return self.type_error(format!("descriptor '{name}' of '{owner}' object needs an argument"));
        }
        self.type_error(format!("unbound method {owner}.{name}() needs an argument"))
    }

    #[cold]
    fn row_missing(&self, builtin: &Builtin, signature: &Signature, args: Args, index: usize) -> Raised {
        if index < signature.positional_only || signature.names.len() == signature.positional_only {
            return self.row_takes(builtin, signature, args);
        }
        let at = index + 1 - receiver_count(builtin).min(index);
        let name = signature.names[index];
        if index >= signature.positional {
            return self.type_error(format!("{}() missing required keyword-only argument '{name}'", row_name(builtin)));
        }
        self.type_error(format!("{}() missing required argument '{name}' (pos {at})", builtin.row.name))
    }

    #[cold]
    fn row_keyword(&self, builtin: &Builtin, signature: &Signature, name: Symbol) -> Raised {
        let text = row_name(builtin);
        if builtin.is_slot() && signature.names.len() == signature.positional_only {
            return self.type_error(format!("wrapper {}() takes no keyword arguments", builtin.row.name));
        }
        if signature.names.len() == signature.positional_only {
            return self.type_error(format!("{text}() takes no keyword arguments"));
        }
        let known = signature.names[signature.positional_only..].iter().map(|name| name.as_str());
        self.unknown_keyword(builtin.row.name, name, known)
    }
}

impl Vm {
    /// Arguments that do not fit, in the words for functions written in Python: keywords first, then too many, then too
    /// few.
    #[cold]
    pub fn function_misfit(&self, name: &str, signature: &Signature, args: Args) -> Raised {
        let (given, positional) = (args.positional.len(), signature.positional);
        for (keyword, _) in args.keywords {
            match signature.names.iter().position(|known| known == keyword) {
                Some(at) if at < given.min(positional) => {
                    return self.type_error(format!("{name}() got multiple values for argument '{keyword}'"));
                }
                Some(_) => {}
                None => {
                    let known = signature.names[signature.positional_only..].iter().map(|name| name.as_str());
                    return self.unknown_keyword(name, *keyword, known);
                }
            }
        }
        let plural = |n: usize| if n == 1 { "" } else { "s" };
        if given > positional && !signature.vararg {
            let takes = if signature.required < positional {
                format!("from {} to {positional} positional arguments", signature.required)
            } else {
                format!("{positional} positional argument{}", plural(positional))
            };
            let only = args.keywords.iter().filter(|(k, _)| signature.names[positional..].contains(k)).count();
            let given = if only > 0 {
                let (many, few) = (plural(given), plural(only));
                format!("{given} positional argument{many} (and {only} keyword-only argument{few}) were")
            } else {
                format!("{given} {}", if given == 1 { "was" } else { "were" })
            };
            return self.type_error(format!("{name}() takes {takes} but {given} given"));
        }
        let lacks = |i: &usize| {
            let known = signature.names[*i];
            !signature.optional[*i] && *i >= given.min(positional) && args.keywords.iter().all(|(k, _)| *k != known)
        };
        let missing = |range: std::ops::Range<usize>| -> Vec<Symbol> {
            range.filter(lacks).map(|i| signature.names[i]).collect()
        };
        let mut kind = "positional";
        let mut names = missing(0..positional);
        if names.is_empty() {
            kind = "keyword-only";
            names = missing(positional..signature.names.len());
        }
        let count = names.len();
        self.type_error(format!(
            "{name}() missing {count} required {kind} argument{}: {}",
            plural(count),
            list_names(&names)
        ))
    }
}

/// Whether CPython has the function in Python, with the messages of such functions.
fn is_python(builtin: &Builtin) -> bool {
    builtin.module.is_some_and(|module| module.starts_with("asyncio"))
}

/// How CPython names a function of `asyncio` that is written in Python: by the class that defines it.
fn python_name(builtin: &Builtin) -> String {
    let name = builtin.row.name;
    let class = match (builtin.owner, name) {
        (Some("_UnixSelectorEventLoop"), _) => "BaseEventLoop",
        (Some("Lock" | "Condition" | "Semaphore"), "__aenter__" | "__aexit__") => "_ContextManagerMixin",
        (Some("Condition"), "acquire" | "release" | "locked") => "Lock",
        (Some(owner), _) => owner,
        (None, _) => return name.to_owned(),
    };
    format!("{class}.{name}")
}

/// Methods of futures that CPython calls with their class, with messages of their own.
fn takes_class(builtin: &Builtin) -> bool {
    matches!(builtin.owner, Some("Future"))
        && matches!(
            builtin.row.name,
            "exception" | "get_loop" | "set_result" | "set_exception" | "remove_done_callback"
        )
}

/// `*` of sequences, whose slots count their arguments in another way.
fn is_repeat(builtin: &Builtin) -> bool {
    matches!(builtin.row.name, "__mul__" | "__rmul__" | "__imul__")
        && matches!(builtin.owner, Some("str" | "bytes" | "bytearray" | "list" | "tuple"))
}

/// How messages name a row: methods with their type, functions with their module.
fn row_name(builtin: &Builtin) -> String {
    match builtin.owner.or(builtin.module.filter(|module| *module != "builtins")) {
        Some(owner) => format!("{owner}.{}", builtin.row.name),
        None => builtin.row.name.to_owned(),
    }
}

/// The receiver does not count in messages about numbers of arguments.
fn receiver_count(builtin: &Builtin) -> usize {
    matches!(builtin.row.kind, RowKind::Method | RowKind::ClassMethod) as usize
}

/// The slot of a parameter.
fn param(index: usize) -> Slot {
    Slot(index as u32 + 1)
}

fn qualname(function: &Function) -> std::rc::Rc<str> {
    function.qualname.borrow().clone()
}

/// `'a'`, `'a' and 'b'`, `'a', 'b', and 'c'`
fn list_names(names: &[Symbol]) -> String {
    let quoted: Vec<String> = names.iter().map(|n| format!("'{n}'")).collect();
    match &quoted[..] {
        [] => String::new(),
        [one] => one.clone(),
        [a, b] => format!("{a} and {b}"),
        [head @ .., last] => format!("{}, and {last}", head.join(", ")),
    }
}

impl Signature {
    /// Takes a signature's text apart: `"(self, sep=None, /, *rest, key, **more)"`.
    pub fn parse(text: &str) -> Signature {
        let mut signature = Signature {
            names: Vec::new(),
            positional: 0,
            positional_only: 0,
            required: 0,
            optional: Vec::new(),
            vararg: false,
            kwarg: false,
        };
        let mut keyword_only = false;
        for part in split_parameters(text.trim().trim_start_matches('(').trim_end_matches(')')) {
            let part = part.trim();
            if part.is_empty() {
                continue;
            }
            if part == "/" {
                signature.positional_only = signature.names.len();
            } else if part == "*" {
                keyword_only = true;
            } else if part.starts_with("**") {
                signature.kwarg = true;
            } else if part.starts_with('*') {
                signature.vararg = true;
                keyword_only = true;
            } else {
                let (name, default) = match part.split_once('=') {
                    Some((name, _)) => (name.trim(), true),
                    None => (part, false),
                };
                signature.names.push(Symbol::new(name));
                signature.optional.push(default);
                if !keyword_only {
                    signature.positional += 1;
                    signature.required += !default as usize;
                }
            }
        }
        signature
    }
}

/// Splits at commas outside of brackets and quotes.
fn split_parameters(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut quote, mut from) = (Vec::new(), 0, None, 0);
    for (i, c) in text.char_indices() {
        match (quote, c) {
            (Some(q), _) if q == c => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth -= 1,
            (None, ',') if depth == 0 => {
                parts.push(&text[from..i]);
                from = i + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_taken_apart() {
        let s = Signature::parse("(self, sep=', ', /, a, b=(1, 2), *rest, key, flag=True, **more)");
        let names: Vec<&str> = s.names.iter().map(|n| n.as_str()).collect();
        assert_eq!(names, ["self", "sep", "a", "b", "key", "flag"]);
        assert_eq!((s.positional_only, s.positional, s.required), (2, 4, 2));
        assert_eq!(s.optional, [false, true, false, true, false, true]);
        assert!(s.vararg && s.kwarg);
    }

    #[test]
    fn names_are_listed_as_in_messages() {
        let names = ["a", "b", "c"].map(Symbol::new);
        assert_eq!(list_names(&names[..1]), "'a'");
        assert_eq!(list_names(&names[..2]), "'a' and 'b'");
        assert_eq!(list_names(&names), "'a', 'b', and 'c'");
    }
}
