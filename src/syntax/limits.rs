//! Bounds on nesting, so that no walk over a tree (and not its drop) can overflow the stack.
//!
//! The depth of an expression is at most the number of its operators and brackets, so one pass over the
//! tokens bounds it before any tree is built. Brackets have their own bound in the lexer (200), blocks in
//! the layout (100). Left-leaning chains (`a + b + ...`, `a.b.c...`) may be long, as in CPython; what nests
//! to the right (`not`, `-`, `lambda`, `**`, `if else`) may not.

use super::error::SyntaxError;
use super::token::{Lexeme, Token};
use crate::source::Span;

/// Operators, attributes, calls and subscripts of one expression.
const MAX_CHAIN: usize = 3000;
/// Prefix operators, lambdas, powers and conditionals of one expression.
const MAX_PREFIX: usize = 400;
/// `elif` branches of one `if`: each is one level of the tree.
const MAX_ELIFS: usize = 1000;

#[derive(Clone, Copy, Default)]
struct Depth {
    chain: usize,
    prefix: usize,
}

/// The first place that is nested too deeply, and the index of its token.
pub fn check(tokens: &[Lexeme]) -> Option<(usize, SyntaxError)> {
    let mut outer: Vec<Depth> = Vec::new();
    let mut total = Depth::default();
    let mut here = Depth::default();
    let mut elifs = vec![0usize];
    let mut previous = Token::Newline;
    for (i, &(start, token, end)) in tokens.iter().enumerate() {
        match token {
            Token::Comma | Token::Newline | Token::Semicolon => {
                total.chain -= here.chain;
                total.prefix -= here.prefix;
                here = Depth::default();
            }
            Token::Indent => elifs.push(0),
            Token::Dedent => _ = elifs.pop(),
            Token::Elif => {
                if let Some(n) = elifs.last_mut() {
                    *n += 1;
                }
            }
            _ if token.is_open() => {
                outer.push(here);
                total.chain += 1;
                here = Depth { chain: 1, prefix: 0 };
            }
            _ if token.is_close() => {
                total.chain -= here.chain;
                total.prefix -= here.prefix;
                here = outer.pop().unwrap_or_default();
                here.chain += 1;
                total.chain += 1;
            }
            _ => {
                let cost = cost(token, previous);
                here = Depth { chain: here.chain + cost.chain, prefix: here.prefix + cost.prefix };
                total = Depth { chain: total.chain + cost.chain, prefix: total.prefix + cost.prefix };
            }
        }
        if token == Token::If
            && matches!(previous, Token::Newline | Token::Indent | Token::Dedent)
            && let Some(n) = elifs.last_mut()
        {
            *n = 0;
        }
        let what = if total.chain > MAX_CHAIN || total.prefix > MAX_PREFIX {
            "expression is nested too deeply"
        } else if elifs.last().is_some_and(|&n| n > MAX_ELIFS) {
            "too many elif branches"
        } else {
            previous = token;
            continue;
        };
        let error = SyntaxError::new(what, Span { start, end }).label("one level too many");
        return Some((i, error.help("compute a part of it first, in a statement of its own")));
    }
    None
}

fn cost(token: Token, previous: Token) -> Depth {
    use Token::*;
    match token {
        Plus | Minus if previous.ends_operand() => Depth { chain: 1, prefix: 0 },
        Plus | Minus | Tilde | Not | Lambda | DoubleStar | If | Await => Depth { chain: 0, prefix: 1 },
        Star | Slash | DoubleSlash | Percent | At | LeftShift | RightShift | Ampersand | Pipe | Caret | Dot | For
        | Yield | Walrus => Depth { chain: 1, prefix: 0 },
        _ => Depth::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::lexer::lex;

    fn ok(text: &str) -> bool {
        check(&lex(text).tokens).is_none()
    }

    #[test]
    fn chains_may_be_long_and_prefixes_short() {
        assert!(ok(&format!("a{}", " + a".repeat(2900))));
        assert!(!ok(&format!("a{}", " + a".repeat(3100))));
        assert!(!ok(&format!("a{}", ".b".repeat(3100))));
        assert!(!ok(&format!("a{}", "()".repeat(3100))));
        assert!(!ok(&format!("{}1", "-".repeat(500))));
        assert!(!ok(&format!("{}1", "lambda: ".repeat(500))));
        assert!(ok(&format!("[{}]", "f(x) + -a.b, ".repeat(5000))));
    }
}
