//! Type parameters and `type` statements (PEP 695).
//!
//! `def f[T]` binds `T` in a scope around the function to what the hidden builtin `__aio_typevar__`
//! gives; `type X = v` binds `X` to `__aio_typealias__("X", params, lambda: v)`. Bounds and
//! defaults of parameters are lambdas too, called when they are first asked for.

use super::assigned;
use super::frame::Frame;
use super::function::Head;
use super::scopes::{Key, address};
use crate::code::{Arg, Call, Const, Expr, Item, Kind, Stmt};
use crate::intern::Symbol;
use crate::source::Span;
use crate::syntax::ast::{self, Arguments, ExprKind, TypeParam, TypeParamKind};

impl<'a> Frame<'a> {
    /// Opens the scope of `[T, ...]`, if there is one, and binds the parameters. The caller goes back to the
    /// scope that was current.
    pub fn open_type_params(&mut self, node: usize, params: &'a [TypeParam], out: &mut Vec<Stmt>) {
        if params.is_empty() {
            return;
        }
        let scope = self.shared.scopes.of(Key::TypeParams(node));
        self.declare_inlined(scope);
        self.current = scope;
        for p in params {
            let (kind, bound) = match &p.kind {
                TypeParamKind::TypeVar { bound: Some(e) } if matches!(e.kind, ExprKind::Tuple(_)) => {
                    ("constraints", Some(e))
                }
                TypeParamKind::TypeVar { bound } => ("TypeVar", bound.as_ref()),
                TypeParamKind::TypeVarTuple => ("TypeVarTuple", None),
                TypeParamKind::ParamSpec => ("ParamSpec", None),
            };
            let mut later = |e: Option<&'a ast::Expr>| match e {
                Some(e) => self.thunk(address(e), p.name, e),
                None => Expr::Const(Const::None),
            };
            let args = vec![text(p.name.as_str()), text(kind), later(bound), later(p.default.as_ref())];
            let value = self.hidden_call("__aio_typevar__", args, p.span);
            out.push(Stmt::Assign { targets: Box::new([self.store(p.name)]), value });
        }
    }

    /// A function with the type parameters, if it has any.
    pub fn generic_function(&mut self, function: Expr, params: &'a [TypeParam]) -> Expr {
        let (Some(first), Some(last)) = (params.first(), params.last()) else { return function };
        let tuple = self.params_tuple(params);
        self.hidden_call("__aio_generic__", vec![function, tuple], first.span.to(last.span))
    }

    /// The base that a class has for its type parameters, behind the others.
    pub fn generic_base(&mut self, params: &'a [TypeParam]) -> Option<Arg> {
        let span = params.first()?.span.to(params.last()?.span);
        let tuple = self.params_tuple(params);
        Some(Arg::Positional(self.hidden_call("__aio_generic_base__", vec![tuple], span)))
    }

    fn params_tuple(&mut self, params: &'a [TypeParam]) -> Expr {
        Expr::Tuple(params.iter().map(|p| Item::One(self.read(p.name, p.span, false))).collect())
    }

    /// `lambda: value`, of the scope that the walk made for `node`.
    fn thunk(&mut self, node: usize, name: Symbol, value: &'a ast::Expr) -> Expr {
        let scope = self.shared.scopes.of(Key::TypeAlias(node));
        let qualname = self.qualified_inside(name.as_str());
        // `*Ts = *tuple[int]`
        let value = if let ExprKind::Starred(inner) = &value.kind { inner } else { value };
        let no_args = Arguments::default();
        let built = self.function_code(scope, Kind::Lambda, name, qualname, value.span, &no_args, |f, _| {
            f.analyse(assigned::Body::Nothing);
            f.body(Vec::new(), |f, out| f.returning(value, out))
        });
        Expr::Function(Box::new(self.make(Head::default(), built)))
    }

    fn hidden_call(&mut self, name: &'static str, args: Vec<Expr>, span: Span) -> Expr {
        let site = self.site(span);
        let func = Expr::Global { name: Symbol::of_static(name), site };
        Expr::Call(Box::new(Call { func, args: args.into_iter().map(Arg::Positional).collect(), site }))
    }

    /// `type name[params] = value`
    pub fn type_alias(
        &mut self,
        s: &'a ast::Stmt,
        name: Symbol,
        params: &'a [TypeParam],
        value: &'a ast::Expr,
        out: &mut Vec<Stmt>,
    ) {
        let outer = self.current;
        self.open_type_params(address(s), params, out);
        let thunk = self.thunk(address(s), name, value);
        let args = vec![text(name.as_str()), self.params_tuple(params), thunk];
        let value = self.hidden_call("__aio_typealias__", args, s.span);
        self.current = outer;
        out.push(Stmt::Assign { targets: Box::new([self.store(name)]), value });
    }
}

fn text(s: &str) -> Expr {
    Expr::Const(Const::Str(s.into()))
}
