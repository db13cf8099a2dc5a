//! Standard output, error and input as one `Vm` sees them: buffers, and when they reach the system. Knows nothing of
//! `print` or of the `sys` module beyond the name under which a script may put another file in place.

use std::cell::{Cell, RefCell};
use std::io::{self, BufRead, IsTerminal, Write};
use std::rc::Rc;

use crate::intern::{Symbol, sym};
use crate::object::{Native, NativeData, R, T, Value, Vm};

/// Which of the three.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Channel {
    Stdin,
    Stdout,
    Stderr,
}

/// Where what a program prints goes: the process's own streams, or memory (an embedder's, a test's).
#[derive(Clone)]
pub enum Sink {
    Process,
    Memory(Rc<RefCell<Vec<u8>>>),
    /// Whoever shows it: a prompt that must not have its line broken.
    Writer(Rc<WriteFn>),
}

/// Shows what a program prints.
pub type WriteFn = dyn Fn(&[u8]) -> io::Result<()>;

/// One output: text gathers in a buffer that is written when full, at the end of a line on a terminal, when asked to
/// and at exit.
pub struct Output {
    channel: Channel,
    sink: RefCell<Sink>,
    buffer: RefCell<Vec<u8>>,
    by_line: bool,
}

/// What gathers before it is written. A million short lines are then some hundred system calls.
const BUFFER: usize = 1 << 16;

/// The streams of a `Vm`.
pub struct Streams {
    pub stdout: Output,
    pub stderr: Output,
    objects: RefCell<Vec<(Channel, Value)>>,
    /// What happens when whoever reads standard output has gone away. The command ends the process; a library raises
    /// BrokenPipeError.
    pub on_closed: Cell<Option<fn()>>,
    /// Standard input was read further than anybody asked for.
    has_input_left: Cell<bool>,
    /// What stands in for the process's standard input.
    input: RefCell<Option<io::Cursor<Vec<u8>>>>,
}

/// The data of `sys.stdout` and its like.
pub struct TextFile {
    pub channel: Channel,
}

impl NativeData for TextFile {}

impl Channel {
    /// `sys.stdout.name`
    pub fn name(self) -> &'static str {
        match self {
            Channel::Stdin => "<stdin>",
            Channel::Stdout => "<stdout>",
            Channel::Stderr => "<stderr>",
        }
    }

    /// `fileno()`
    pub fn descriptor(self) -> i64 {
        self as i64
    }

    pub fn is_terminal(self) -> bool {
        match self {
            Channel::Stdin => io::stdin().is_terminal(),
            Channel::Stdout => io::stdout().is_terminal(),
            Channel::Stderr => io::stderr().is_terminal(),
        }
    }
}

impl Output {
    fn new(channel: Channel) -> Output {
        let by_line = channel == Channel::Stderr || channel.is_terminal();
        Output { channel, sink: RefCell::new(Sink::Process), buffer: RefCell::default(), by_line }
    }

    /// From now on the text goes there.
    pub fn redirect(&self, sink: Sink) {
        *self.sink.borrow_mut() = sink;
    }

    /// Adds text, and writes if it is time to.
    #[inline]
    pub fn write(&self, text: &str) -> io::Result<()> {
        let full = {
            let mut buffer = self.buffer.borrow_mut();
            buffer.extend_from_slice(text.as_bytes());
            buffer.len() >= BUFFER
        };
        if full || (self.by_line && text.bytes().any(|b| b == b'\n' || b == b'\r')) { self.flush() } else { Ok(()) }
    }

    /// Writes what has gathered. After an error the text is gone, so that it is reported once.
    pub fn flush(&self) -> io::Result<()> {
        let text = std::mem::take(&mut *self.buffer.borrow_mut());
        if text.is_empty() {
            return Ok(());
        }
        let result = match &*self.sink.borrow() {
            Sink::Memory(memory) => {
                memory.borrow_mut().extend_from_slice(&text);
                Ok(())
            }
            Sink::Writer(write) => write(&text),
            Sink::Process if self.channel == Channel::Stderr => io::stderr().lock().write_all(&text),
            Sink::Process => {
                let mut out = io::stdout().lock();
                out.write_all(&text).and_then(|()| out.flush())
            }
        };
        let mut buffer = self.buffer.borrow_mut();
        if buffer.is_empty() {
            // The allocation is used again.
            *buffer = text;
            buffer.clear();
        }
        result
    }
}

impl Streams {
    fn new() -> Streams {
        Streams {
            stdout: Output::new(Channel::Stdout),
            stderr: Output::new(Channel::Stderr),
            objects: RefCell::default(),
            on_closed: Cell::new(None),
            has_input_left: Cell::new(false),
            input: RefCell::new(None),
        }
    }

    /// From now on these bytes are standard input.
    pub fn set_input(&self, bytes: Vec<u8>) {
        *self.input.borrow_mut() = Some(io::Cursor::new(bytes));
    }

    /// Whether a line of standard input may be there without waiting for the system.
    pub fn has_input_left(&self) -> bool {
        self.has_input_left.get()
    }

    /// Adds to `line` what is there of a line of standard input, waiting if nothing is; says whether the line has ended,
    /// by its end or with the input.
    ///
    /// # Errors
    /// Those of the system; `Interrupted` when a signal came first.
    pub fn read_part_of_line(&self, line: &mut Vec<u8>) -> io::Result<bool> {
        if let Some(input) = &mut *self.input.borrow_mut() {
            input.read_until(b'\n', line)?;
            return Ok(true);
        }
        let mut stdin = io::stdin().lock();
        let waiting = stdin.fill_buf()?;
        let end = waiting.iter().position(|&byte| byte == b'\n');
        let taken = end.map_or(waiting.len(), |at| at + 1);
        line.extend_from_slice(&waiting[..taken]);
        self.has_input_left.set(taken < waiting.len());
        stdin.consume(taken);
        Ok(end.is_some() || taken == 0)
    }

    fn output(&self, channel: Channel) -> Option<&Output> {
        match channel {
            Channel::Stdin => None,
            Channel::Stdout => Some(&self.stdout),
            Channel::Stderr => Some(&self.stderr),
        }
    }
}

impl Vm {
    /// The standard streams.
    pub fn streams(&self) -> Rc<Streams> {
        self.extension(Streams::new)
    }

    /// The object that `sys.stdout` and its like are at start (`sys.__stdout__`).
    pub fn standard_file(&self, channel: Channel) -> Value {
        let streams = self.streams();
        if let Some((_, file)) = streams.objects.borrow().iter().find(|(c, _)| *c == channel) {
            return file.clone();
        }
        let file = Value::Native(Native::new(self.class(T::TextIO), TextFile { channel }));
        streams.objects.borrow_mut().push((channel, file.clone()));
        file
    }

    /// What `sys.stdout` is now.
    pub fn sys_stdout(&self) -> Value {
        self.sys_file(sym::stdout, Channel::Stdout)
    }

    /// What `sys.stderr` is now.
    pub fn sys_stderr(&self) -> Value {
        self.sys_file(sym::stderr, Channel::Stderr)
    }

    fn sys_file(&self, name: Symbol, channel: Channel) -> Value {
        match self.modules.get_name(sym::sys) {
            Some(Value::Module(sys)) => sys.dict.get_name(name).unwrap_or(Value::None),
            _ => self.standard_file(channel),
        }
    }

    /// `file.write(text)`. `None` swallows the text, as `print` does when there is no standard output.
    ///
    /// # Errors
    /// OSError when the system refuses; whatever a script's `write` raises.
    pub fn write_to(&self, file: &Value, text: &str) -> R<()> {
        if let Some(own) = file.as_native::<TextFile>() {
            let streams = self.streams();
            return match streams.output(own.channel) {
                Some(output) => self.written(&streams, output.write(text)),
                None => Err(self.os_error(io::ErrorKind::Unsupported.into())),
            };
        }
        if file.is_none() {
            return Ok(());
        }
        self.call_method(file, sym::write, &[Value::str(text)]).map(Value::discard)
    }

    /// `file.flush()`, where the file has it.
    ///
    /// # Errors
    /// As for [`Vm::write_to`].
    pub fn flush_to(&self, file: &Value) -> R<()> {
        if let Some(own) = file.as_native::<TextFile>() {
            let streams = self.streams();
            return match streams.output(own.channel) {
                Some(output) => self.written(&streams, output.flush()),
                None => Ok(()),
            };
        }
        if file.is_none() {
            return Ok(());
        }
        self.call_method(file, sym::flush, &[]).map(Value::discard)
    }

    /// Writes where `print` does without `file=`.
    ///
    /// # Errors
    /// As for [`Vm::write_to`].
    pub fn write_stdout(&self, text: &str) -> R<()> {
        self.write_to(&self.sys_stdout(), text)
    }

    /// Writes a complaint: standard output first, so that a terminal shows both in order. Never raises.
    pub fn write_stderr(&self, text: &str) {
        let streams = self.streams();
        // A complaint that cannot be written has nobody to be complained to about.
        let _ = streams.stdout.flush();
        let _ = streams.stderr.write(text);
        let _ = streams.stderr.flush();
    }

    /// One line of standard input with its end, empty at the end of the input.
    ///
    /// # Errors
    /// OSError when the system refuses; UnicodeDecodeError for what is not UTF-8; KeyboardInterrupt.
    pub fn read_line(&self) -> R<String> {
        let _ = self.streams().stdout.flush();
        let mut line = Vec::new();
        let streams = self.streams();
        // Not the library's `read_line`: that goes on reading after Ctrl-C.
        loop {
            match streams.read_part_of_line(&mut line) {
                Ok(true) => break,
                Ok(false) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                    self.interrupt_hook.get().map_or(Ok(()), |hook| hook(self))?;
                }
                Err(error) => return Err(self.os_error(error)),
            }
        }
        String::from_utf8(line)
            .map_err(|_| self.error(T::UnicodeDecodeError, "'utf-8' codec can't decode standard input"))
    }

    fn written(&self, streams: &Streams, result: io::Result<()>) -> R<()> {
        let Err(error) = result else { return Ok(()) };
        if error.kind() == io::ErrorKind::BrokenPipe
            && let Some(end) = streams.on_closed.get()
        {
            end();
        }
        Err(self.os_error(error))
    }

    /// The exception for an error of the system, of the subclass of OSError that its number has (PEP 3151).
    #[cold]
    pub fn os_error(&self, error: io::Error) -> crate::object::Raised {
        let class = match error.kind() {
            io::ErrorKind::BrokenPipe => T::BrokenPipeError,
            io::ErrorKind::NotFound => T::FileNotFoundError,
            io::ErrorKind::PermissionDenied => T::PermissionError,
            io::ErrorKind::IsADirectory => T::IsADirectoryError,
            io::ErrorKind::WouldBlock => T::BlockingIOError,
            io::ErrorKind::Interrupted => T::InterruptedError,
            _ => T::OSError,
        };
        let Some(code) = error.raw_os_error() else { return self.error(class, error.to_string()) };
        let text = error.to_string();
        let text = text.split(" (os error").next().unwrap_or_default().to_owned();
        let exception = self.new_exception(class, vec![Value::Int(code.into()), Value::str(&text)]);
        exception.set(sym::errno, Value::Int(code.into()));
        exception.set(sym::strerror, Value::string(text));
        self.throw(exception)
    }
}
