//! Type parameters and `type` statements (PEP 695).
//!
//! `def f[T]` binds `T` in a scope around the function to what the hidden builtin `__aio_typevar__`
//! gives; `type X = v` binds `X` to `__aio_typealias__("X", params, lambda: v)`. Bounds and
//! defaults of parameters are not evaluated.

use super::assigned;
use super::frame::Frame;
use super::function::Head;
use super::scopes::{Key, address};
use crate::code::{Arg, Call, Const, Expr, Item, Kind, Stmt};
use crate::intern::Symbol;
use crate::source::Span;
use crate::syntax::ast::{self, Arguments, TypeParam, TypeParamKind};

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
            let kind = match p.kind {
                TypeParamKind::TypeVar { .. } => "TypeVar",
                TypeParamKind::TypeVarTuple => "TypeVarTuple",
                TypeParamKind::ParamSpec => "ParamSpec",
            };
            let args = [text(p.name.as_str()), text(kind)];
            let value = self.hidden_call("__aio_typevar__", args.into(), p.span);
            out.push(Stmt::Assign { targets: Box::new([self.store(p.name)]), value });
        }
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
        let scope = self.shared.scopes.of(Key::TypeAlias(address(s)));
        let qualname = self.qualified_inside(name.as_str());
        let no_args = Arguments::default();
        let built = self.function_code(scope, Kind::Lambda, name, qualname, value.span, &no_args, |f, _| {
            f.analyse(assigned::Body::Nothing);
            f.body(Vec::new(), |f, out| f.returning(value, out))
        });
        let thunk = Expr::Function(Box::new(self.make(Head::default(), built, Box::new([]))));
        let items: Vec<Item> = params.iter().map(|p| Item::One(self.read(p.name, p.span, false))).collect();
        let args = vec![text(name.as_str()), Expr::Tuple(items.into()), thunk];
        let value = self.hidden_call("__aio_typealias__", args, s.span);
        self.current = outer;
        out.push(Stmt::Assign { targets: Box::new([self.store(name)]), value });
    }
}

fn text(s: &str) -> Expr {
    Expr::Const(Const::Str(s.into()))
}
