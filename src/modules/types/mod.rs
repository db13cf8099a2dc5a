//! Methods and constructors of builtin types: tables of rows, one file a type. `type_spec` finds a type's table.

mod byte_buffer;
mod bytearray;
mod bytes;
mod bytes_methods;
mod callable;
pub mod code_object;
mod codec;
mod complex;
mod dict;
mod dict_view;
mod exception;
mod exception_group;
mod exception_kinds;
mod float;
pub mod generator;
pub mod generic_alias;
mod int;
mod item_format;
mod iterators;
mod list;
mod list_sort;
pub mod mapping_proxy;
mod memoryview;
pub mod object;
mod property;
mod range;
mod set;
mod shared;
mod small;
mod str_case;
mod str_search;
mod str_split;
mod str_type;
mod tuple;
mod type_object;
pub mod union;

pub use exception::thrown;
pub use exception_group::split as split_group;
pub use list_sort::{order, sort};
pub use object::names_of;
pub use shared::{CLASS_GETITEM, unary};

use crate::object::{T, TypeSpec};

/// The table of a builtin type of the language itself.
pub fn type_spec(kind: T) -> Option<&'static TypeSpec> {
    Some(match kind {
        T::Object => &object::SPEC,
        T::Type => &type_object::SPEC,
        T::Int => &int::INT,
        T::Bool => &int::BOOL_TYPE,
        T::Float => &float::SPEC,
        T::Complex => &complex::SPEC,
        T::Str => &str_type::SPEC,
        T::Bytes => &bytes::SPEC,
        T::ByteArray => &bytearray::SPEC,
        T::MemoryView => &memoryview::SPEC,
        T::Tuple => &tuple::SPEC,
        T::List => &list::SPEC,
        T::Dict => &dict::SPEC,
        T::DictKeys => &dict_view::KEYS,
        T::DictValues => &dict_view::VALUES,
        T::DictItems => &dict_view::ITEMS,
        T::Set => &set::SET,
        T::FrozenSet => &set::FROZENSET,
        T::Range => &range::RANGE,
        T::Slice => &range::SLICE,
        T::NoneType => &small::NONE,
        T::EllipsisType => &small::ELLIPSIS,
        T::NotImplementedType => &small::NOT_IMPLEMENTED,
        T::Module => &small::MODULE,
        T::Super => &small::SUPER,
        T::SimpleNamespace => &small::NAMESPACE,
        T::Function => &callable::FUNCTION,
        T::Method => &callable::METHOD,
        T::BuiltinFunction => &callable::BUILTIN,
        T::MethodDescriptor => &callable::METHOD_DESCRIPTOR,
        T::WrapperDescriptor => &callable::WRAPPER_DESCRIPTOR,
        T::MethodWrapper => &callable::METHOD_WRAPPER,
        T::Property => &property::PROPERTY,
        T::StaticMethod => &property::STATIC_METHOD,
        T::ClassMethod => &property::CLASS_METHOD,
        T::GetSetDescriptor => &property::GETSET,
        T::MemberDescriptor => &property::MEMBER,
        T::Generator => &generator::GENERATOR,
        T::Coroutine => &generator::COROUTINE,
        T::AsyncGenerator => &generator::ASYNC_GENERATOR,
        T::CoroutineWrapper => &generator::WRAPPER,
        T::AsyncGeneratorASend => &generator::ASEND,
        T::AsyncGeneratorAThrow => &generator::ATHROW,
        T::Code => &code_object::CODE,
        T::Frame => &code_object::FRAME,
        T::Traceback => &code_object::TRACEBACK,
        T::Cell => &code_object::CELL,
        T::MappingProxy => &mapping_proxy::SPEC,
        T::GenericAlias => &generic_alias::SPEC,
        T::UnionType => &union::SPEC,
        T::BaseException => &exception::BASE,
        T::StopIteration => &exception::STOP_ITERATION,
        T::SystemExit => &exception::SYSTEM_EXIT,
        T::ImportError => &exception::IMPORT_ERROR,
        T::AttributeError => &exception::ATTRIBUTE_ERROR,
        T::NameError => &exception::NAME_ERROR,
        T::OSError => &exception_kinds::OS_ERROR,
        T::SyntaxError => &exception_kinds::SYNTAX_ERROR,
        T::UnicodeDecodeError => &exception_kinds::UNICODE_DECODE,
        T::UnicodeEncodeError => &exception_kinds::UNICODE_ENCODE,
        T::UnicodeTranslateError => &exception_kinds::UNICODE_TRANSLATE,
        T::BaseExceptionGroup => &exception_group::BASE,
        other => return iterators::spec(other),
    })
}
