//! Soft keywords: where `match`, `case` and `type` are keywords and where they are names.
//!
//! Decided on the laid-out tokens, at the beginnings of statements only, by looking at the next token or
//! at the end of the same line. `_` needs no decision: it is a name, and patterns know it.

use super::token::{Lexeme, Token};
use crate::intern::Symbol;

/// Turns the names `match`, `case` and `type` into keywords where they are.
pub fn mark(tokens: &mut [Lexeme]) {
    let [m, c, t] = ["match", "case", "type"].map(|w| Token::Name(Symbol::of_static(w)));
    // For every open block, whether it holds the cases of a `match`.
    let mut blocks = vec![false];
    let mut header_is_match = false;
    let mut depth = 0usize;
    let mut line_start = true;
    let mut statement_start = true;
    for i in 0..tokens.len() {
        let token = tokens[i].1;
        if statement_start && matches!(token, Token::Name(_)) {
            let keyword = if token == m && line_start && is_match(&tokens[i..]) {
                Some(Token::Match)
            } else if token == c && line_start && blocks.last() == Some(&true) {
                Some(Token::Case)
            } else if token == t && matches!(tokens.get(i + 1), Some((_, Token::Name(_), _))) {
                Some(Token::Type)
            } else {
                None
            };
            if let Some(keyword) = keyword {
                tokens[i].1 = keyword;
            }
        }
        if line_start && !matches!(token, Token::Indent | Token::Dedent) {
            header_is_match = tokens[i].1 == Token::Match;
        }
        match token {
            Token::Indent => blocks.push(header_is_match),
            Token::Dedent => _ = blocks.pop(),
            _ if token.is_open() => depth += 1,
            _ if token.is_close() => depth = depth.saturating_sub(1),
            _ => {}
        }
        line_start = matches!(token, Token::Newline | Token::Indent | Token::Dedent);
        statement_start = line_start || depth == 0 && matches!(token, Token::Semicolon | Token::Colon);
    }
}

/// Whether a line that begins with the name `match` is a `match` statement.
fn is_match(line: &[Lexeme]) -> bool {
    let Some(&(_, next, _)) = line.get(1) else { return false };
    if next.starts_operand() && next != Token::LeftBrace || matches!(next, Token::Not | Token::Lambda) {
        // An operand after a name: nothing else can be meant.
        return true;
    }
    // `match (x):`, `match [x]:`, `match -x:`, `match *a, b:` could begin expressions, but no expression ends
    // with a colon at the end of its line.
    (next.starts_expression() || matches!(next, Token::Star | Token::LeftBrace)) && {
        let end = line.iter().position(|t| t.1 == Token::Newline).unwrap_or(0);
        end > 1 && line[end - 1].1 == Token::Colon
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::{layout, lexer};

    fn keywords(text: &str) -> usize {
        let mut lexed = lexer::lex(text);
        layout::lay_out(text, &mut lexed);
        mark(&mut lexed.tokens);
        lexed.tokens.iter().filter(|t| matches!(t.1, Token::Match | Token::Case | Token::Type)).count()
    }

    #[test]
    fn names_stay_names() {
        for text in ["match = 1", "match(x)", "match[x]: int", "match.case", "type(x)", "type = case", "case = 2"] {
            assert_eq!(keywords(text), 0, "{text}");
        }
        assert_eq!(keywords("if x:\n  case = 1"), 0);
    }

    #[test]
    fn keywords_are_found() {
        assert_eq!(keywords("match x:\n  case 1: pass\n  case _: pass"), 3);
        assert_eq!(keywords("match (x):\n  case case: case = 1"), 2);
        assert_eq!(keywords("type X = int; type Y[T] = T"), 2);
    }
}
