//! The builtin types by number: name, base and module of each. Classes are made from this table on first use;
//! their methods come from the tables of `modules/`.

use super::class::Layout;

macro_rules! types {
    ($($kind:ident $name:literal $base:ident $module:literal;)*) => {
        /// A builtin type.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u16)]
        pub enum T { $($kind),* }

        impl T {
            /// All of them, in order of their numbers.
            pub const ALL: &[T] = &[$(T::$kind),*];
            const NAMES: &[&str] = &[$($name),*];
            const BASES: &[T] = &[$(T::$base),*];
            const MODULES: &[&str] = &[$($module),*];
        }
    };
}

types! {
    Object "object" Object "builtins";
    Type "type" Object "builtins";
    Int "int" Object "builtins";
    Bool "bool" Int "builtins";
    Float "float" Object "builtins";
    Complex "complex" Object "builtins";
    Str "str" Object "builtins";
    Bytes "bytes" Object "builtins";
    ByteArray "bytearray" Object "builtins";
    MemoryView "memoryview" Object "builtins";
    Tuple "tuple" Object "builtins";
    List "list" Object "builtins";
    Dict "dict" Object "builtins";
    Set "set" Object "builtins";
    FrozenSet "frozenset" Object "builtins";
    Range "range" Object "builtins";
    Slice "slice" Object "builtins";
    NoneType "NoneType" Object "builtins";
    EllipsisType "ellipsis" Object "builtins";
    NotImplementedType "NotImplementedType" Object "builtins";
    Function "function" Object "builtins";
    BuiltinFunction "builtin_function_or_method" Object "builtins";
    MethodDescriptor "method_descriptor" Object "builtins";
    WrapperDescriptor "wrapper_descriptor" Object "builtins";
    MethodWrapper "method-wrapper" Object "builtins";
    Method "method" Object "builtins";
    Property "property" Object "builtins";
    StaticMethod "staticmethod" Object "builtins";
    ClassMethod "classmethod" Object "builtins";
    GetSetDescriptor "getset_descriptor" Object "builtins";
    MemberDescriptor "member_descriptor" Object "builtins";
    Super "super" Object "builtins";
    Module "module" Object "builtins";
    Generator "generator" Object "builtins";
    Coroutine "coroutine" Object "builtins";
    AsyncGenerator "async_generator" Object "builtins";
    CoroutineWrapper "coroutine_wrapper" Object "builtins";
    AsyncGeneratorASend "async_generator_asend" Object "builtins";
    AsyncGeneratorAThrow "async_generator_athrow" Object "builtins";
    AnextAwaitable "anext_awaitable" Object "builtins";
    Cell "cell" Object "builtins";
    Code "code" Object "builtins";
    Frame "frame" Object "builtins";
    Traceback "traceback" Object "builtins";
    MappingProxy "mappingproxy" Object "builtins";
    GenericAlias "GenericAlias" Object "types";
    UnionType "UnionType" Object "types";
    SimpleNamespace "SimpleNamespace" Object "types";
    TypeVar "TypeVar" Object "typing";
    TypeVarTuple "TypeVarTuple" Object "typing";
    ParamSpec "ParamSpec" Object "typing";
    NoDefault "NoDefaultType" Object "typing";
    TypeAlias "TypeAliasType" Object "typing";
    DictKeys "dict_keys" Object "builtins";
    DictValues "dict_values" Object "builtins";
    DictItems "dict_items" Object "builtins";
    ListIterator "list_iterator" Object "builtins";
    ListReverseIterator "list_reverseiterator" Object "builtins";
    TupleIterator "tuple_iterator" Object "builtins";
    RangeIterator "range_iterator" Object "builtins";
    LongRangeIterator "longrange_iterator" Object "builtins";
    StrIterator "str_iterator" Object "builtins";
    StrAsciiIterator "str_ascii_iterator" Object "builtins";
    BytesIterator "bytes_iterator" Object "builtins";
    ByteArrayIterator "bytearray_iterator" Object "builtins";
    MemoryIterator "memory_iterator" Object "builtins";
    DictKeyIterator "dict_keyiterator" Object "builtins";
    DictValueIterator "dict_valueiterator" Object "builtins";
    DictItemIterator "dict_itemiterator" Object "builtins";
    DictReverseKeyIterator "dict_reversekeyiterator" Object "builtins";
    DictReverseValueIterator "dict_reversevalueiterator" Object "builtins";
    DictReverseItemIterator "dict_reverseitemiterator" Object "builtins";
    SetIterator "set_iterator" Object "builtins";
    Iterator "iterator" Object "builtins";
    CallableIterator "callable_iterator" Object "builtins";
    Enumerate "enumerate" Object "builtins";
    Zip "zip" Object "builtins";
    Map "map" Object "builtins";
    Filter "filter" Object "builtins";
    Reversed "reversed" Object "builtins";
    AsyncioFuture "Future" Object "_asyncio";
    AsyncioTask "Task" AsyncioFuture "_asyncio";
    GatheringFuture "_GatheringFuture" AsyncioFuture "asyncio.tasks";
    FutureIter "FutureIter" Object "_asyncio";
    EventLoop "_UnixSelectorEventLoop" Object "asyncio.unix_events";
    Handle "Handle" Object "asyncio.events";
    TimerHandle "TimerHandle" Handle "asyncio.events";
    TaskGroup "TaskGroup" Object "asyncio.taskgroups";
    Timeout "Timeout" Object "asyncio.timeouts";
    Runner "Runner" Object "asyncio.runners";
    Queue "Queue" Object "asyncio.queues";
    PriorityQueue "PriorityQueue" Queue "asyncio.queues";
    LifoQueue "LifoQueue" Queue "asyncio.queues";
    Event "Event" Object "asyncio.locks";
    Lock "Lock" Object "asyncio.locks";
    Condition "Condition" Object "asyncio.locks";
    Semaphore "Semaphore" Object "asyncio.locks";
    BoundedSemaphore "BoundedSemaphore" Semaphore "asyncio.locks";
    Barrier "Barrier" Object "asyncio.locks";
    AsCompletedIterator "_AsCompletedIterator" Object "asyncio.tasks";
    Context "Context" Object "_contextvars";
    ContextVar "ContextVar" Object "_contextvars";
    ContextToken "Token" Object "_contextvars";
    TokenMissing "Token.MISSING" Object "builtins";
    Deque "deque" Object "collections";
    DequeIterator "_deque_iterator" Object "collections";
    DefaultDict "defaultdict" Dict "collections";
    OrderedDict "OrderedDict" Dict "collections";
    Partial "partial" Object "functools";
    LruCache "_lru_cache_wrapper" Object "functools";
    Random "Random" Object "random";
    WeakReference "ReferenceType" Object "weakref";
    WeakProxy "ProxyType" Object "weakref";
    WeakCallableProxy "CallableProxyType" Object "weakref";
    StructTime "struct_time" Tuple "time";
    TextIO "TextIOWrapper" Object "_io";
    NativeIterator "iterator" Object "builtins";
    Count "count" Object "itertools";
    Cycle "cycle" Object "itertools";
    Repeat "repeat" Object "itertools";
    Accumulate "accumulate" Object "itertools";
    Batched "batched" Object "itertools";
    Chain "chain" Object "itertools";
    Combinations "combinations" Object "itertools";
    CombinationsWithReplacement "combinations_with_replacement" Object "itertools";
    Compress "compress" Object "itertools";
    DropWhile "dropwhile" Object "itertools";
    FilterFalse "filterfalse" Object "itertools";
    GroupBy "groupby" Object "itertools";
    Grouper "_grouper" Object "itertools";
    ISlice "islice" Object "itertools";
    Pairwise "pairwise" Object "itertools";
    Permutations "permutations" Object "itertools";
    Product "product" Object "itertools";
    StarMap "starmap" Object "itertools";
    TakeWhile "takewhile" Object "itertools";
    Tee "_tee" Object "itertools";
    ZipLongest "zip_longest" Object "itertools";
    KeyWrapper "KeyWrapper" Object "functools";
    ItemGetter "itemgetter" Object "operator";
    AttrGetter "attrgetter" Object "operator";
    MethodCaller "methodcaller" Object "operator";
    BaseException "BaseException" Object "builtins";
    Exception "Exception" BaseException "builtins";
    BaseExceptionGroup "BaseExceptionGroup" BaseException "builtins";
    ExceptionGroup "ExceptionGroup" BaseExceptionGroup "builtins";
    GeneratorExit "GeneratorExit" BaseException "builtins";
    KeyboardInterrupt "KeyboardInterrupt" BaseException "builtins";
    SystemExit "SystemExit" BaseException "builtins";
    ArithmeticError "ArithmeticError" Exception "builtins";
    FloatingPointError "FloatingPointError" ArithmeticError "builtins";
    OverflowError "OverflowError" ArithmeticError "builtins";
    ZeroDivisionError "ZeroDivisionError" ArithmeticError "builtins";
    AssertionError "AssertionError" Exception "builtins";
    AttributeError "AttributeError" Exception "builtins";
    BufferError "BufferError" Exception "builtins";
    EOFError "EOFError" Exception "builtins";
    ImportError "ImportError" Exception "builtins";
    ModuleNotFoundError "ModuleNotFoundError" ImportError "builtins";
    LookupError "LookupError" Exception "builtins";
    IndexError "IndexError" LookupError "builtins";
    KeyError "KeyError" LookupError "builtins";
    MemoryError "MemoryError" Exception "builtins";
    NameError "NameError" Exception "builtins";
    UnboundLocalError "UnboundLocalError" NameError "builtins";
    OSError "OSError" Exception "builtins";
    BlockingIOError "BlockingIOError" OSError "builtins";
    ChildProcessError "ChildProcessError" OSError "builtins";
    ConnectionError "ConnectionError" OSError "builtins";
    BrokenPipeError "BrokenPipeError" ConnectionError "builtins";
    ConnectionAbortedError "ConnectionAbortedError" ConnectionError "builtins";
    ConnectionRefusedError "ConnectionRefusedError" ConnectionError "builtins";
    ConnectionResetError "ConnectionResetError" ConnectionError "builtins";
    FileExistsError "FileExistsError" OSError "builtins";
    FileNotFoundError "FileNotFoundError" OSError "builtins";
    InterruptedError "InterruptedError" OSError "builtins";
    IsADirectoryError "IsADirectoryError" OSError "builtins";
    NotADirectoryError "NotADirectoryError" OSError "builtins";
    PermissionError "PermissionError" OSError "builtins";
    ProcessLookupError "ProcessLookupError" OSError "builtins";
    TimeoutError "TimeoutError" OSError "builtins";
    ReferenceError "ReferenceError" Exception "builtins";
    RuntimeError "RuntimeError" Exception "builtins";
    NotImplementedError "NotImplementedError" RuntimeError "builtins";
    PythonFinalizationError "PythonFinalizationError" RuntimeError "builtins";
    RecursionError "RecursionError" RuntimeError "builtins";
    StopAsyncIteration "StopAsyncIteration" Exception "builtins";
    StopIteration "StopIteration" Exception "builtins";
    SyntaxError "SyntaxError" Exception "builtins";
    IndentationError "IndentationError" SyntaxError "builtins";
    TabError "TabError" IndentationError "builtins";
    SystemError "SystemError" Exception "builtins";
    TypeError "TypeError" Exception "builtins";
    ValueError "ValueError" Exception "builtins";
    UnicodeError "UnicodeError" ValueError "builtins";
    UnicodeDecodeError "UnicodeDecodeError" UnicodeError "builtins";
    UnicodeEncodeError "UnicodeEncodeError" UnicodeError "builtins";
    UnicodeTranslateError "UnicodeTranslateError" UnicodeError "builtins";
    Warning "Warning" Exception "builtins";
    BytesWarning "BytesWarning" Warning "builtins";
    DeprecationWarning "DeprecationWarning" Warning "builtins";
    EncodingWarning "EncodingWarning" Warning "builtins";
    FutureWarning "FutureWarning" Warning "builtins";
    ImportWarning "ImportWarning" Warning "builtins";
    PendingDeprecationWarning "PendingDeprecationWarning" Warning "builtins";
    ResourceWarning "ResourceWarning" Warning "builtins";
    RuntimeWarning "RuntimeWarning" Warning "builtins";
    SyntaxWarning "SyntaxWarning" Warning "builtins";
    UnicodeWarning "UnicodeWarning" Warning "builtins";
    UserWarning "UserWarning" Warning "builtins";
    CancelledError "CancelledError" BaseException "asyncio.exceptions";
    InvalidStateError "InvalidStateError" Exception "asyncio.exceptions";
    BrokenBarrierError "BrokenBarrierError" RuntimeError "asyncio.exceptions";
    QueueEmpty "QueueEmpty" Exception "asyncio.queues";
    QueueFull "QueueFull" Exception "asyncio.queues";
    QueueShutDown "QueueShutDown" Exception "asyncio.queues";
}

impl T {
    /// `__name__`
    pub fn name(self) -> &'static str {
        T::NAMES[self as usize]
    }

    /// How messages name it: what CPython writes in C outside of its core has its module in front.
    pub fn message_name(self) -> &'static str {
        match self {
            T::AsyncioFuture => "_asyncio.Future",
            T::AsyncioTask => "_asyncio.Task",
            T::FutureIter => "_asyncio.FutureIter",
            T::Context => "_contextvars.Context",
            T::ContextVar => "_contextvars.ContextVar",
            T::ContextToken => "_contextvars.Token",
            T::Deque => "collections.deque",
            T::DefaultDict => "collections.defaultdict",
            T::OrderedDict => "collections.OrderedDict",
            T::Partial => "functools.partial",
            T::LruCache => "functools._lru_cache_wrapper",
            T::SimpleNamespace => "types.SimpleNamespace",
            T::GenericAlias => "types.GenericAlias",
            T::UnionType => "types.UnionType",
            T::TypeVar => "typing.TypeVar",
            T::TypeVarTuple => "typing.TypeVarTuple",
            T::ParamSpec => "typing.ParamSpec",
            T::TypeAlias => "typing.TypeAliasType",
            T::DequeIterator => "collections._deque_iterator",
            T::StructTime => "time.struct_time",
            T::WeakReference => "weakref.ReferenceType",
            T::WeakProxy => "weakref.ProxyType",
            T::WeakCallableProxy => "weakref.CallableProxyType",
            T::TextIO => "_io.TextIOWrapper",
            T::KeyWrapper => "functools.KeyWrapper",
            T::ItemGetter => "operator.itemgetter",
            T::AttrGetter => "operator.attrgetter",
            T::MethodCaller => "operator.methodcaller",
            T::Count => "itertools.count",
            T::Cycle => "itertools.cycle",
            T::Repeat => "itertools.repeat",
            T::Accumulate => "itertools.accumulate",
            T::Batched => "itertools.batched",
            T::Chain => "itertools.chain",
            T::Combinations => "itertools.combinations",
            T::CombinationsWithReplacement => "itertools.combinations_with_replacement",
            T::Compress => "itertools.compress",
            T::DropWhile => "itertools.dropwhile",
            T::FilterFalse => "itertools.filterfalse",
            T::GroupBy => "itertools.groupby",
            T::Grouper => "itertools._grouper",
            T::ISlice => "itertools.islice",
            T::Pairwise => "itertools.pairwise",
            T::Permutations => "itertools.permutations",
            T::Product => "itertools.product",
            T::StarMap => "itertools.starmap",
            T::TakeWhile => "itertools.takewhile",
            T::Tee => "itertools._tee",
            T::ZipLongest => "itertools.zip_longest",
            other => other.name(),
        }
    }

    /// The base; `object` is its own.
    pub fn base(self) -> T {
        T::BASES[self as usize]
    }

    /// `__module__`
    pub fn module(self) -> &'static str {
        T::MODULES[self as usize]
    }

    pub fn is_exception(self) -> bool {
        self as u16 >= T::BaseException as u16
    }

    /// Whether this is `other` or derived from it.
    pub fn is_a(self, other: T) -> bool {
        let mut kind = self;
        loop {
            if kind == other {
                return true;
            }
            if kind == T::Object {
                return false;
            }
            kind = kind.base();
        }
    }

    /// What instances of a script's subclass are made of.
    pub fn layout(self) -> Layout {
        if self.is_exception() {
            return Layout::Exception;
        }
        match self {
            T::Object => Layout::Object,
            T::Type => Layout::Type,
            T::Int
            | T::Float
            | T::Complex
            | T::Str
            | T::Bytes
            | T::Tuple
            | T::List
            | T::Dict
            | T::Set
            | T::FrozenSet => Layout::Payload(self),
            T::DefaultDict | T::OrderedDict => Layout::Payload(T::Dict),
            T::StructTime => Layout::Payload(T::Tuple),
            T::Bool => Layout::Payload(T::Int),
            T::Property | T::StaticMethod | T::ClassMethod => Layout::Payload(self),
            T::Map | T::Zip | T::Enumerate | T::Filter | T::Reversed => Layout::Payload(self),
            other => Layout::Native(other),
        }
    }

    /// Whether a script may derive from it.
    pub fn is_subclassable(self) -> bool {
        !matches!(
            self,
            T::Bool
                | T::Range
                | T::Slice
                | T::NoneType
                | T::EllipsisType
                | T::NotImplementedType
                | T::Function
                | T::BuiltinFunction
                | T::Method
                | T::MethodDescriptor
                | T::WrapperDescriptor
                | T::MethodWrapper
                | T::GetSetDescriptor
                | T::MemberDescriptor
                | T::Generator
                | T::Coroutine
                | T::AsyncGenerator
                | T::Cell
                | T::Code
                | T::Frame
                | T::Traceback
                | T::MappingProxy
                | T::DictKeys
                | T::DictValues
                | T::DictItems
                | T::MemoryView
                | T::Context
                | T::ContextVar
                | T::ContextToken
                | T::TokenMissing
                | T::UnionType
                | T::KeyWrapper
                | T::ItemGetter
                | T::AttrGetter
                | T::MethodCaller
                | T::Grouper
                | T::Tee
                | T::WeakProxy
                | T::WeakCallableProxy
        )
    }
}
