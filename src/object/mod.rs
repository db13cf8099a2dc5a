//! Every object's representation. Nothing here calls user code, so nothing here can raise:
//! lookups that would need a script's `__eq__` or `__hash__` say so and leave it to `interp`.
//!
//! [`Value`] is what a variable holds; the other files each hold one kind of object, and
//! [`vm::Vm`] the state that all of them share.

pub mod arena;
pub mod async_send;
pub mod bytes;
pub mod callbacks;
pub mod cell;
pub mod class;
pub mod context;
pub mod cycles;
pub mod dict;
pub mod exception;
pub mod function;
pub mod future;
pub mod hash;
pub mod instance;
pub mod iter;
pub mod list;
pub mod machine;
pub mod module;
pub mod native;
pub mod range;
pub mod refs;
mod room;
pub mod row;
pub mod set;
pub mod shape;
pub mod stack;
pub mod string;
pub mod super_object;
pub mod traceback;
pub mod tuple;
pub mod types;
pub mod value;
pub mod view;
pub mod vm;
pub mod weak;

pub use cell::{Swap, VarCell};
pub use class::{Class, Layout};
pub use dict::Dict;
pub use exception::{Exception, Raised};
pub use function::{Builtin, Descriptor, Function, Method};
pub use instance::Instance;
pub use iter::{Iter, Iteration, NextFn};
pub use list::List;
pub use machine::{Body, Machine, MachineKind, Sent, State, Step};
pub use module::Module;
pub use native::{Native, NativeData};
pub use range::{Range, Slice};
pub use refs::{Heap, Ref};
pub use row::{Args, Awaited, Fun, NewFn, Row, RowKind, TypeSpec};
pub use set::Set;
pub use shape::Shape;
pub use stack::{Fp, Node};
pub use string::Str;
pub use tuple::Tuple;
pub use types::T;
pub use value::{Few, Held, Value};
pub use vm::Vm;

/// What anything that may raise gives. Two machine words for a `Value`: the exception itself waits in the `Vm`.
pub type R<V = Value> = Result<V, Raised>;
