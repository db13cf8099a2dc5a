//! Where in a program an error stands: its line, the brackets and f-strings around it, the expression it
//! is in. Reads tokens only; what to say about it is `diagnose.rs`'s business.

use super::token::{Lexeme, Token};
use crate::source::Span;

/// Something open around a place.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Around {
    /// `(`, `[`, `{`
    Bracket(usize),
    /// An f-string's text.
    FString(usize),
    /// A replacement field; the index is that of its brace.
    Field(usize),
    /// A format spec.
    Spec(usize),
}

/// A token in its surroundings. Indices are into `tokens`.
pub struct Place<'t> {
    pub tokens: &'t [Lexeme],
    pub index: usize,
    /// The first token of the logical line.
    pub line: usize,
    /// What is open, outermost first.
    pub around: Vec<Around>,
}

impl<'t> Place<'t> {
    pub fn new(tokens: &'t [Lexeme], index: usize) -> Place<'t> {
        let line = line_start(tokens, index);
        let mut around = Vec::new();
        for (i, &(_, token, _)) in tokens.iter().enumerate().take(index).skip(line) {
            match token {
                Token::FStringStart => around.push(Around::FString(i)),
                Token::FStringEnd => _ = around.pop(),
                Token::FStringColon => around.push(Around::Spec(i)),
                Token::LeftBrace if matches!(around.last(), Some(Around::FString(_) | Around::Spec(_))) => {
                    around.push(Around::Field(i));
                }
                _ if token.is_open() => around.push(Around::Bracket(i)),
                _ if token.is_close() => {
                    if matches!(around.last(), Some(Around::Spec(_))) {
                        around.pop();
                    }
                    around.pop();
                }
                _ => {}
            }
        }
        Place { tokens, index, line, around }
    }

    pub fn at(&self, index: usize) -> Token {
        self.tokens.get(index).map_or(Token::End, |t| t.1)
    }

    pub fn span_at(&self, index: usize) -> Span {
        self.tokens.get(index).map_or(Span::default(), |t| Span { start: t.0, end: t.2 })
    }

    pub fn token(&self) -> Token {
        self.at(self.index)
    }

    pub fn span(&self) -> Span {
        self.span_at(self.index)
    }

    /// The token before, `Newline` at the beginning.
    pub fn previous(&self) -> Token {
        if self.index == 0 { Token::Newline } else { self.at(self.index - 1) }
    }

    /// The innermost open bracket, field or f-string.
    pub fn innermost(&self) -> Option<Around> {
        self.around.last().copied()
    }

    /// The index of the innermost open bracket's or field's token.
    pub fn open(&self) -> Option<usize> {
        match self.innermost()? {
            Around::Bracket(i) | Around::Field(i) => Some(i),
            Around::FString(_) | Around::Spec(_) => None,
        }
    }

    /// The last token of the value that begins at `from`: the one before a comma, a colon, a closing bracket, the
    /// end of the line or a token that `ends` names.
    pub fn value_end(&self, from: usize, ends: impl Fn(Token) -> bool) -> usize {
        let mut depth = 0usize;
        for i in from..self.tokens.len() {
            let token = self.at(i);
            match token {
                _ if token.is_open() || token == Token::FStringStart => depth += 1,
                _ if (token.is_close() || token == Token::FStringEnd) && depth > 0 => depth -= 1,
                _ if depth > 0 => {}
                Token::Comma | Token::Colon | Token::Semicolon | Token::Newline | Token::Assign | Token::End => {
                    return i.saturating_sub(1).max(from);
                }
                _ if token.is_close() || ends(token) => return i.saturating_sub(1).max(from),
                _ => {}
            }
        }
        self.tokens.len().saturating_sub(1)
    }

    /// Whether the token begins its line.
    pub fn begins_line(&self) -> bool {
        self.index == self.line
    }

    /// The keyword that the line begins with, behind `async`.
    pub fn header(&self) -> Token {
        match self.at(self.line) {
            Token::Async => self.at(self.line + 1),
            token => token,
        }
    }

    /// Whether the line opens a block and its colon has not been reached.
    pub fn in_header(&self) -> bool {
        self.around.is_empty()
            && !self.begins_line()
            && self.header().opens_block()
            && !self.level().iter().any(|t| t.1 == Token::Colon)
    }

    /// The tokens of the innermost bracket (or of the line) before the place that are not in further
    /// brackets, with their indices.
    pub fn level(&self) -> Vec<(usize, Token)> {
        let from = self.open().map_or(self.line, |i| i + 1);
        let mut depth = 0usize;
        let mut out = Vec::new();
        for i in from..self.index {
            let token = self.at(i);
            let closes = token.is_close() || token == Token::FStringEnd;
            if closes {
                depth = depth.saturating_sub(1);
            }
            if depth == 0 {
                out.push((i, token));
            }
            if token.is_open() || token == Token::FStringStart {
                depth += 1;
            }
        }
        out
    }

    /// Where the expression before the place begins, and what stands before it: operators of the
    /// expression do not end it, separators do.
    pub fn expression_start(&self) -> usize {
        let from = self.open().map_or(self.line, |i| i + 1);
        let mut start = from;
        let mut previous = Token::Newline;
        for (i, token) in self.level() {
            use Token::*;
            let prefix_star = matches!(token, Star | DoubleStar) && !previous.ends_operand();
            let separates = matches!(
                token,
                Comma
                    | Colon
                    | FStringColon
                    | Assign
                    | Walrus
                    | Semicolon
                    | Else
                    | Return
                    | Yield
                    | Assert
                    | Raise
                    | From
                    | Del
                    | With
                    | While
                    | Elif
                    | Arrow
                    | Import
            ) || matches!(token, If | At) && i == self.line
                || is_augmented(token);
            if prefix_star || separates {
                start = i + 1;
            }
            previous = token;
        }
        start
    }
}

fn is_augmented(token: Token) -> bool {
    token.text().is_some_and(|t| t.ends_with('=') && t.len() > 1)
        && !matches!(
            token,
            Token::EqualEqual | Token::NotEqual | Token::LessEqual | Token::GreaterEqual | Token::Walrus
        )
}

/// The first token of the logical line of `index`.
pub fn line_start(tokens: &[Lexeme], index: usize) -> usize {
    let edge = |t: &Lexeme| {
        matches!(t.1, Token::Newline | Token::Indent | Token::Dedent | Token::StartModule | Token::StartExpression)
    };
    tokens[..index.min(tokens.len())].iter().rposition(edge).map_or(0, |i| i + 1)
}

/// The index of the `Newline` that ends the line of `index`, or of the last token.
pub fn line_end(tokens: &[Lexeme], index: usize) -> usize {
    let rest = &tokens[index.min(tokens.len())..];
    rest.iter().position(|t| t.1 == Token::Newline).map_or(tokens.len().saturating_sub(1), |i| index + i)
}
