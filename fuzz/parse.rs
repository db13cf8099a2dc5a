//! Any text is parsed, or refused with errors that have a place within it.

use aio::source::Source;
use aio::syntax;

fn main() {
    afl::fuzz!(|data: &[u8]| {
        let Ok(text) = std::str::from_utf8(data) else { return };
        let source = Source::new("fuzz.aio", text);
        if let Err(errors) = syntax::parse_module(&source) {
            assert!(!errors.is_empty());
            for error in errors {
                assert!(error.span.start <= error.span.end && error.span.end as usize <= text.len() + 1);
            }
        }
        drop(syntax::parse_interactive(&source));
    });
}
