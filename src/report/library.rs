//! The names of CPython's library modules. Knows nothing of what this interpreter has of them.

use crate::text::suggest;

/// Whether CPython's library has a module of this name, so that importing it may be what was forgotten.
pub fn is_library_module(name: &str) -> bool {
    LIBRARY.split_ascii_whitespace().any(|module| module == name)
}

/// The module of CPython's library whose name is nearest to a wrong one.
pub fn nearest_module(wrong: &str) -> Option<&'static str> {
    suggest::nearest(wrong, LIBRARY.split_ascii_whitespace())
}

/// `sys.stdlib_module_names` of CPython 3.13, those without underscore.
const LIBRARY: &str = "\
abc antigravity argparse array ast asyncio atexit base64 bdb binascii bisect builtins bz2 cProfile calendar \
cmath cmd code codecs codeop collections colorsys compileall concurrent configparser contextlib contextvars \
copy copyreg csv ctypes curses dataclasses datetime dbm decimal difflib dis doctest email encodings ensurepip \
enum errno faulthandler fcntl filecmp fileinput fnmatch fractions ftplib functools gc genericpath getopt \
getpass gettext glob graphlib grp gzip hashlib heapq hmac html http idlelib imaplib importlib inspect io \
ipaddress itertools json keyword linecache locale logging lzma mailbox marshal math mimetypes mmap \
modulefinder msvcrt multiprocessing netrc nt ntpath nturl2path numbers opcode operator optparse os pathlib \
pdb pickle pickletools pkgutil platform plistlib poplib posix posixpath pprint profile pstats pty pwd \
py_compile pyclbr pydoc pydoc_data pyexpat queue quopri random re readline reprlib resource rlcompleter runpy \
sched secrets select selectors shelve shlex shutil signal site smtplib socket socketserver sqlite3 \
sre_compile sre_constants sre_parse ssl stat statistics string stringprep struct subprocess symtable sys \
sysconfig syslog tabnanny tarfile tempfile termios textwrap this threading time timeit tkinter token tokenize \
tomllib trace traceback tracemalloc tty turtle turtledemo types typing unicodedata unittest urllib uuid venv \
warnings wave weakref webbrowser winreg winsound wsgiref xml xmlrpc zipapp zipfile zipimport zlib zoneinfo";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_known_by_name() {
        assert!(is_library_module("asyncio") && !is_library_module("requests"));
        assert_eq!((nearest_module("jsn"), nearest_module("requests")), (Some("json"), None));
    }
}
