//! `repr` and `str` of exceptions: the rules of `BaseException` and of the builtin classes that have their own.

use crate::intern::{Symbol, sym};
use crate::object::{Exception, R, Ref, T, Value, Vm};

use super::repr::push;

impl Vm {
    /// `ValueError('x')`, as `BaseException.__repr__` gives it.
    pub fn write_exception_repr(&self, exception: &Ref<Exception>, out: &mut String) -> R<()> {
        let _nested = self.nest(" while getting the repr of an object")?;
        push(out, format_args!("{}", exception.class().name()));
        let args = exception.args.get();
        match &args[..] {
            [arg] => {
                out.push('(');
                self.write_repr(arg, out)?;
                out.push(')');
                Ok(())
            }
            _ => self.write_repr(&Value::Tuple(args), out),
        }
    }

    /// `str(exception)`: the argument, or all of them; KeyError, OSError, groups and others by their own rules.
    pub fn write_exception_str(&self, exception: &Ref<Exception>, out: &mut String) -> R<()> {
        let _nested = self.nest(" while getting the str of an object")?;
        let is = |kind: T| self.matches(exception, kind);
        let args = exception.args.get();
        if is(T::KeyError) {
            if let [key] = &args[..] {
                return self.write_repr(key, out);
            }
        } else if is(T::OSError) {
            if self.write_os_error(exception, out)? {
                return Ok(());
            }
        } else if is(T::BaseExceptionGroup) {
            if let (Some(members), Some(message)) = (exception.group.get(), args.first()) {
                self.write_str(message, out)?;
                let plural = if members.len() == 1 { "" } else { "s" };
                push(out, format_args!(" ({} sub-exception{plural})", members.len()));
                return Ok(());
            }
        } else if is(T::SyntaxError) {
            return self.write_syntax_error(exception, out);
        } else if is(T::UnicodeTranslateError) && self.write_translate_error(exception, out)?
            || (is(T::UnicodeDecodeError) || is(T::UnicodeEncodeError)) && self.write_unicode_error(exception, out)?
        {
            return Ok(());
        }
        match &args[..] {
            [] => Ok(()),
            [arg] => self.write_str(arg, out),
            _ => self.write_repr(&Value::Tuple(args), out),
        }
    }

    /// `[Errno 2] No such file: 'name'`; false when there is no errno.
    fn write_os_error(&self, exception: &Exception, out: &mut String) -> R<bool> {
        let args = exception.args.get();
        let given = |name, index: usize| {
            let positional = || if (2..=5).contains(&args.len()) { args.get(index).cloned() } else { None };
            exception.get(name).or_else(positional)
        };
        let (Some(errno), Some(strerror)) = (given(sym::errno, 0), given(sym::strerror, 1)) else { return Ok(false) };
        let filename = given(sym::filename, 2).filter(|name| !name.is_none());
        if errno.is_none() && strerror.is_none() && filename.is_none() {
            return Ok(false);
        }
        out.push_str("[Errno ");
        self.write_str(&errno, out)?;
        out.push_str("] ");
        self.write_str(&strerror, out)?;
        if let Some(filename) = filename {
            out.push_str(": ");
            self.write_repr(&filename, out)?;
            let second = exception.get(Symbol::new("filename2")).or_else(|| args.get(4).cloned());
            if let Some(second) = second.filter(|name| !name.is_none()) {
                out.push_str(" -> ");
                self.write_repr(&second, out)?;
            }
        }
        Ok(true)
    }

    /// `msg (file, line 3)`
    fn write_syntax_error(&self, exception: &Exception, out: &mut String) -> R<()> {
        let args = exception.args.get();
        let message = exception.get(sym::msg).or_else(|| args.first().cloned()).unwrap_or(Value::None);
        self.write_str(&message, out)?;
        let place = args.get(1).and_then(|place| place.as_tuple().cloned());
        let part = |name, index: usize| exception.get(name).or_else(|| place.as_ref()?.get(index).cloned());
        let file = part(sym::filename, 0);
        let file = file.as_ref().and_then(Value::as_str).map(|file| file.as_str().rsplit('/').next().unwrap_or(""));
        let line = part(sym::lineno, 1).and_then(|line| line.as_i64());
        match (file, line) {
            (Some(file), Some(line)) => push(out, format_args!(" ({file}, line {line})")),
            (Some(file), None) => push(out, format_args!(" ({file})")),
            (None, Some(line)) => push(out, format_args!(" (line {line})")),
            (None, None) => {}
        }
        Ok(())
    }

    /// `can't translate character '\xe9' in position 1: reason`; false when the arguments are not such.
    fn write_translate_error(&self, exception: &Exception, out: &mut String) -> R<bool> {
        let args = exception.args.get();
        let [object, start, end, reason] = &args[..] else { return Ok(false) };
        let (Some(object), Some(start), Some(end)) = (object.as_str(), start.as_i64(), end.as_i64()) else {
            return Ok(false);
        };
        let one = usize::try_from(start).ok().filter(|_| end == start.saturating_add(1));
        match one.and_then(|at| object.char_at(at)) {
            Some(c) => push(out, format_args!("can't translate character '{}' in position {start}: ", escaped(c))),
            None => {
                let last = end.saturating_sub(1);
                push(out, format_args!("can't translate characters in position {start}-{last}: "));
            }
        }
        self.write_str(reason, out)?;
        Ok(true)
    }

    /// `'utf-8' codec can't decode byte 0xff in position 0: invalid start byte`; false when the arguments are not such.
    fn write_unicode_error(&self, exception: &Exception, out: &mut String) -> R<bool> {
        let args = exception.args.get();
        let [encoding, object, start, end, reason] = &args[..] else { return Ok(false) };
        let (Some(encoding), Some(start), Some(end)) = (encoding.as_str(), start.as_i64(), end.as_i64()) else {
            return Ok(false);
        };
        let at = usize::try_from(start).ok().filter(|_| end == start.saturating_add(1));
        push(out, format_args!("'{}' codec can't ", encoding.as_str()));
        let byte = at.and_then(|at| object.as_bytes()?.as_slice().get(at).copied());
        let char = at.and_then(|at| object.as_str()?.char_at(at));
        let last = end.saturating_sub(1);
        match (byte, char, object.as_bytes()) {
            (Some(byte), ..) => push(out, format_args!("decode byte 0x{byte:02x} in position {start}: ")),
            (_, Some(c), _) => push(out, format_args!("encode character '{}' in position {start}: ", escaped(c))),
            (.., Some(_)) => push(out, format_args!("decode bytes in position {start}-{last}: ")),
            _ => push(out, format_args!("encode characters in position {start}-{last}: ")),
        }
        self.write_str(reason, out)?;
        Ok(true)
    }
}

/// A character by its number, as messages about it show it.
fn escaped(c: char) -> String {
    match u32::from(c) {
        code @ 0..=0xff => format!("\\x{code:02x}"),
        code @ 0x100..=0xffff => format!("\\u{code:04x}"),
        code => format!("\\U{code:08x}"),
    }
}
