//! Unary and binary operators through the data model: which operand is asked first, and what happens when neither knows.
//! What builtin types answer is in `arithmetic.rs`, `sequence_ops.rs` and `set_ops.rs`.

use crate::code::{BinaryOp, UnaryOp};
use crate::intern::{Symbol, sym};
use crate::object::{Args, R, Raised, Ref, T, Value, Vm};

/// The names of one binary operator.
pub struct OperatorNames {
    pub forward: Symbol,
    pub reflected: Symbol,
    pub in_place: Symbol,
    /// As errors write it; for `**` the text of the plain form differs.
    pub sign: &'static str,
}

/// The dunders and the sign of an operator.
pub fn names(op: BinaryOp) -> OperatorNames {
    let (forward, reflected, in_place, sign) = match op {
        BinaryOp::Add => (sym::__add__, sym::__radd__, sym::__iadd__, "+"),
        BinaryOp::Sub => (sym::__sub__, sym::__rsub__, sym::__isub__, "-"),
        BinaryOp::Mul => (sym::__mul__, sym::__rmul__, sym::__imul__, "*"),
        BinaryOp::MatMul => (sym::__matmul__, sym::__rmatmul__, sym::__imatmul__, "@"),
        BinaryOp::Div => (sym::__truediv__, sym::__rtruediv__, sym::__itruediv__, "/"),
        BinaryOp::FloorDiv => (sym::__floordiv__, sym::__rfloordiv__, sym::__ifloordiv__, "//"),
        BinaryOp::Mod => (sym::__mod__, sym::__rmod__, sym::__imod__, "%"),
        BinaryOp::Pow => (sym::__pow__, sym::__rpow__, sym::__ipow__, "**"),
        BinaryOp::LShift => (sym::__lshift__, sym::__rlshift__, sym::__ilshift__, "<<"),
        BinaryOp::RShift => (sym::__rshift__, sym::__rrshift__, sym::__irshift__, ">>"),
        BinaryOp::And => (sym::__and__, sym::__rand__, sym::__iand__, "&"),
        BinaryOp::Or => (sym::__or__, sym::__ror__, sym::__ior__, "|"),
        BinaryOp::Xor => (sym::__xor__, sym::__rxor__, sym::__ixor__, "^"),
    };
    OperatorNames { forward, reflected, in_place, sign }
}

impl Vm {
    /// A dunder that the class of `object` defines beyond what this layer does by itself for the builtin value: a script's
    /// definition, or a row of a native type. `Value::None` when the class sets the dunder to None. Rows of `object`,
    /// of `type` and of the payload's own type do not count, so they may be written in terms of this layer.
    #[inline]
    pub fn own_special(&self, object: &Value, name: Symbol) -> Option<Value> {
        match object {
            Value::Instance(_) | Value::Native(_) | Value::Exception(_) | Value::Class(_) => {
                self.find_own_special(object, name)
            }
            _ => None,
        }
    }

    fn find_own_special(&self, object: &Value, name: Symbol) -> Option<Value> {
        let found = match object {
            Value::Instance(instance) => instance.class_ref().lookup(name)?,
            Value::Class(class) => {
                let metaclass = class.metaclass();
                if metaclass.builtin.is_some() {
                    return None;
                }
                metaclass.lookup(name)?
            }
            _ => self.class_of(object).lookup(name)?,
        };
        if let Value::Builtin(builtin) = &found {
            let ours = match object {
                Value::Exception(_) => true,
                Value::Class(_) => matches!(builtin.owner, Some("object" | "type")),
                Value::Instance(instance) => match (builtin.owner, instance.payload()) {
                    (Some("object"), _) => true,
                    (Some(owner), Some(payload)) => self.is_row_of(owner, payload),
                    _ => false,
                },
                _ => builtin.owner == Some("object"),
            };
            // A script may put a row under another name: `__str__ = int.__repr__`.
            if ours && builtin.row.name == name.as_str() {
                return None;
            }
        }
        Some(found)
    }

    fn is_row_of(&self, owner: &str, payload: &Value) -> bool {
        owner == self.type_name(payload)
    }

    /// Calls what [`Vm::own_special`] found, with the object alone.
    pub fn invoke0(&self, found: &Value, object: &Value, name: Symbol) -> R {
        match found {
            Value::Function(_) => self.call1(found, object),
            // A function of a module does not bind.
            Value::Builtin(builtin) if builtin.owner.is_some() => self.call1(found, object),
            _ => self.invoke_bound(found, object, name, &[]),
        }
    }

    /// Calls what [`Vm::own_special`] found, with one argument.
    pub fn invoke1(&self, found: &Value, object: &Value, name: Symbol, a: &Value) -> R {
        match found {
            Value::Function(_) => self.call2(found, object, a),
            Value::Builtin(builtin) if builtin.owner.is_some() => self.call2(found, object, a),
            _ => self.invoke_bound(found, object, name, std::slice::from_ref(a)),
        }
    }

    /// Calls what [`Vm::own_special`] found, with any arguments.
    pub fn invoke_bound(&self, found: &Value, object: &Value, name: Symbol, args: &[Value]) -> R {
        match self.call_special(object, name, args)? {
            Some(value) => Ok(value),
            None => self.call(found, Args::positional(args)),
        }
    }

    /// Calls a dunder that [`Vm::own_special`] finds; `None` when it finds none.
    pub fn call_own(&self, object: &Value, name: Symbol, args: &[Value]) -> R<Option<Value>> {
        match self.own_special(object, name) {
            Some(found) => match args {
                [] => self.invoke0(&found, object, name),
                [a] => self.invoke1(&found, object, name, a),
                _ => self.invoke_bound(&found, object, name, args),
            }
            .map(Some),
            None => Ok(None),
        }
    }

    /// `a op b`
    ///
    /// # Errors
    /// TypeError `unsupported operand type(s) for +: 'int' and 'str'`, what the operation raises, what a script's dunder
    /// raises.
    #[inline]
    pub fn binary(&self, op: BinaryOp, a: &Value, b: &Value) -> R {
        match (a, b) {
            (Value::Int(x), Value::Int(y)) => {
                if let Some(value) = super::arithmetic::small(op, *x, *y) {
                    return Ok(value);
                }
            }
            (Value::Float(x), Value::Float(y)) => {
                if let Some(value) = super::arithmetic::float(op, x.get(), y.get()) {
                    return Ok(value);
                }
            }
            _ => {}
        }
        self.binary_slow(op, a, b)
    }

    #[inline(never)]
    fn binary_slow(&self, op: BinaryOp, a: &Value, b: &Value) -> R {
        match self.try_binary(op, a, b)? {
            Some(value) => Ok(value),
            None => Err(self.unsupported(op, a, b)),
        }
    }

    #[cold]
    fn unsupported(&self, op: BinaryOp, a: &Value, b: &Value) -> Raised {
        if op == BinaryOp::RShift
            && matches!(a, Value::Builtin(function) if function.row.name == "print" && function.owner.is_none())
        {
            let (a, b) = (self.type_name(a), self.type_name(b));
            let hint = r#"Did you mean "print(<message>, file=<output_stream>)"?"#;
            return self.type_error(format!("unsupported operand type(s) for >>: '{a}' and '{b}'. {hint}"));
        }
        let sign = if op == BinaryOp::Pow { "** or pow()" } else { names(op).sign };
        self.unsupported_operands(sign, a, b)
    }

    /// TypeError `unsupported operand type(s) for SIGN: 'A' and 'B'`.
    #[cold]
    pub fn unsupported_operands(&self, sign: &str, a: &Value, b: &Value) -> Raised {
        let (a, b) = (self.type_name(a), self.type_name(b));
        self.type_error(format!("unsupported operand type(s) for {sign}: '{a}' and '{b}'"))
    }

    /// `a op b`, `None` when neither operand knows how (NotImplemented).
    pub fn try_binary(&self, op: BinaryOp, a: &Value, b: &Value) -> R<Option<Value>> {
        let scripted =
            |v: &Value| matches!(v, Value::Instance(_) | Value::Native(_) | Value::Class(_) | Value::Exception(_));
        if !scripted(a) && !scripted(b) {
            if op == BinaryOp::Add && matches!(a, Value::Str(_) | Value::List(_) | Value::Tuple(_)) {
                return self.plain_sequence(op, a, b);
            }
            return match self.plain_number(op, a, b)? {
                Some(value) => Ok(Some(value)),
                None => self.plain_sequence(op, a, b),
            };
        }
        if op == BinaryOp::Mul && self.repeats_only(b) && super::sequence_ops::is_sequence(a) {
            return self.plain_sequence(op, a, b);
        }
        let names = names(op);
        let builtin = || self.plain_number(op, a, b);
        match self.dispatch(a, b, names.forward, names.reflected, builtin)? {
            Some(value) => Ok(Some(value)),
            None => self.plain_sequence(op, a, b),
        }
    }

    /// Whether `*` is all that the value can do as an operand: CPython's sequences written in C are asked after the left one.
    fn repeats_only(&self, value: &Value) -> bool {
        matches!(value, Value::Native(native) if matches!(native.class().builtin, Some(T::ByteArray | T::Deque)))
    }

    /// The dunder of an operand; `type`'s rows count, since `int | None` is theirs alone.
    fn operand_special(&self, operand: &Value, name: Symbol) -> Option<Value> {
        match operand {
            Value::Class(_) => self.special(operand, name),
            _ => self.own_special(operand, name),
        }
    }

    /// Asks two operands in the order of the data model: the right one first when its class derives from the left one's
    /// and defines the reflected dunder anew; then the left one, the builtin behaviour, the right one.
    pub fn dispatch(
        &self,
        a: &Value,
        b: &Value,
        forward: Symbol,
        reflected: Symbol,
        builtin: impl FnOnce() -> R<Option<Value>>,
    ) -> R<Option<Value>> {
        let left = self.operand_special(a, forward);
        let (class_a, class_b) = (self.class_of(a), self.class_of(b));
        let same = Ref::same(&class_a, &class_b);
        let mut right = if same { None } else { self.operand_special(b, reflected) };
        if let Some(found) = &right
            && class_b.is_subclass(&class_a)
            && !class_a.lookup(reflected).is_some_and(|inherited| inherited.is(found))
        {
            let value = self.invoke1(found, b, reflected, a)?;
            if !matches!(value, Value::NotImplemented) {
                return Ok(Some(value));
            }
            right = None;
        }
        if let Some(found) = &left {
            let value = self.invoke1(found, a, forward, b)?;
            if !matches!(value, Value::NotImplemented) {
                return Ok(Some(value));
            }
        }
        if (left.is_none() || !same && !matches!(b, Value::Instance(_)))
            && let Some(value) = builtin()?
        {
            return Ok(Some(value));
        }
        if let Some(found) = &right {
            let value = self.invoke1(found, b, reflected, a)?;
            if !matches!(value, Value::NotImplemented) {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    /// `a op= b`: gives what the target is bound to next. A str that nobody else holds grows in its own buffer.
    ///
    /// # Errors
    /// As [`Vm::binary`], with `+=` in the text.
    #[inline]
    pub fn binary_in_place(&self, op: BinaryOp, a: Value, b: &Value) -> R {
        match (&a, b) {
            (Value::Int(x), Value::Int(y)) => {
                if let Some(value) = super::arithmetic::small(op, *x, *y) {
                    return Ok(value);
                }
            }
            (Value::Float(x), Value::Float(y)) => {
                if let Some(value) = super::arithmetic::float(op, x.get(), y.get()) {
                    return Ok(value);
                }
            }
            (Value::Str(_), Value::Str(tail)) if op == BinaryOp::Add => {
                let Value::Str(head) = a else { unreachable!("matched as a str just above") };
                return self.append_str(head, tail).map(Value::Str);
            }
            _ => {}
        }
        self.in_place_slow(op, a, b)
    }

    #[cold]
    #[inline(never)]
    fn in_place_slow(&self, op: BinaryOp, a: Value, b: &Value) -> R {
        let names = names(op);
        if let Some(found) = self.own_special(&a, names.in_place) {
            let value = self.invoke1(&found, &a, names.in_place, b)?;
            if !matches!(value, Value::NotImplemented) {
                return Ok(value);
            }
        } else if self.change_in_place(op, &a, b)? {
            return Ok(a);
        }
        // CPython's in-place `*` does not look for a sequence on the right of a container that cannot be repeated.
        let container = matches!(a, Value::Instance(_))
            || matches!(a, Value::Dict(_) | Value::Set(_) | Value::FrozenSet(_) | Value::Range(_));
        let result = if op == BinaryOp::Mul && container && self.repeats_only(b) {
            self.plain_number(op, &a, b)?
        } else if op == BinaryOp::Mul && container && !super::sequence_ops::is_sequence(a.base()) {
            self.dispatch(&a, b, names.forward, names.reflected, || self.plain_number(op, &a, b))?
        } else {
            self.try_binary(op, &a, b)?
        };
        match result {
            Some(value) => Ok(value),
            None => Err(self.unsupported_operands(&format!("{}=", names.sign), &a, b)),
        }
    }

    /// `-x`, `+x`, `~x`
    ///
    /// # Errors
    /// TypeError `bad operand type for unary -: 'str'`.
    #[inline]
    pub fn unary(&self, op: UnaryOp, operand: &Value) -> R {
        match (op, operand) {
            (UnaryOp::Neg, Value::Int(n)) if *n != i64::MIN => Ok(Value::Int(-n)),
            (UnaryOp::Neg, Value::Float(x)) => Ok(Value::float(-x.get())),
            _ => self.unary_slow(op, operand),
        }
    }

    #[cold]
    fn unary_slow(&self, op: UnaryOp, operand: &Value) -> R {
        let (name, sign) = match op {
            UnaryOp::Neg => (sym::__neg__, "-"),
            UnaryOp::Pos => (sym::__pos__, "+"),
            UnaryOp::Invert => (sym::__invert__, "~"),
        };
        if let Some(value) = self.call_own(operand, name, &[])? {
            return Ok(value);
        }
        if let (UnaryOp::Invert, Value::True | Value::False) = (op, operand) {
            self.deprecated(
                "Bitwise inversion '~' on bool is deprecated and will be removed in Python 3.16. This returns the bitwise \
                 inversion of the underlying int object and is usually not what you expect from negating a bool. Use the \
                 'not' operator for boolean negation or ~int(x) if you really want the bitwise inversion of the underlying int.",
            )?;
        }
        match super::arithmetic::unary(op, operand.base()) {
            Some(value) => Ok(value),
            None => Err(self.type_error(format!("bad operand type for unary {sign}: '{}'", self.type_name(operand)))),
        }
    }

    /// `abs(x)`
    ///
    /// # Errors
    /// TypeError `bad operand type for abs(): 'str'`.
    pub fn abs(&self, operand: &Value) -> R {
        if let Some(value) = self.call_own(operand, sym::__abs__, &[])? {
            return Ok(value);
        }
        match super::arithmetic::abs(operand.base()) {
            Some(Ok(value)) => Ok(value),
            Some(Err(error)) => Err(self.text_error(error)),
            None => Err(self.type_error(format!("bad operand type for abs(): '{}'", self.type_name(operand)))),
        }
    }

    /// `divmod(a, b)`
    ///
    /// # Errors
    /// TypeError, ZeroDivisionError.
    pub fn divmod(&self, a: &Value, b: &Value) -> R {
        let builtin = || self.plain_divmod(a, b);
        match self.dispatch(a, b, sym::__divmod__, sym::__rdivmod__, builtin)? {
            Some(value) => Ok(value),
            None => Err(self.unsupported_operands("divmod()", a, b)),
        }
    }

    /// `pow(base, exponent, modulus)`
    ///
    /// # Errors
    /// TypeError unless all are ints, ValueError for modulus 0 or a base without inverse.
    pub fn pow_mod(&self, base: &Value, exponent: &Value, modulus: &Value) -> R {
        if modulus.is_none_or_missing() {
            return self.binary(BinaryOp::Pow, base, exponent);
        }
        if let Some(found) = self.own_special(base, sym::__pow__) {
            let value = self.invoke_bound(&found, base, sym::__pow__, &[exponent.clone(), modulus.clone()])?;
            if !matches!(value, Value::NotImplemented) {
                return Ok(value);
            }
        }
        self.plain_pow_mod(base, exponent, modulus)
    }
}
