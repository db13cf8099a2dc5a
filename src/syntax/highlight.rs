//! What each piece of a text is, for whoever colours it: keywords, names, literals, comments. Works on any text, broken
//! ones too; knows no colours.

use super::parse::prepare;
use super::token::Token;
use crate::source::Span;

/// The kinds that are worth a colour of their own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    Keyword,
    /// `None`, `True`, `False`, numbers.
    Constant,
    String,
    Comment,
    Name,
    /// The name after `def` and `class`.
    Definition,
    /// `@name`: the sign.
    Decorator,
    Bracket,
    Operator,
}

/// The pieces of a text that have a class, in order, without overlaps; white space between them has none.
pub fn classify(text: &str) -> Vec<(Span, Class)> {
    let mut pieces: Vec<(Span, Class)> = Vec::new();
    let mut end_of_last = 0;
    let mut defines = false;
    for (start, token, end) in prepare(text).tokens {
        let (start, end) = (start as usize, (end as usize).min(text.len()));
        if start >= end || start < end_of_last {
            continue;
        }
        comments(text, end_of_last, start, &mut pieces);
        if let Some(class) = class_of(token, &text[start..end], defines) {
            pieces.push((Span::new(start, end), class));
            defines = matches!(token, Token::Def | Token::Class);
            end_of_last = end;
        }
    }
    comments(text, end_of_last, text.len(), &mut pieces);
    pieces
}

/// Comments are no tokens: they lie between them.
fn comments(text: &str, from: usize, to: usize, pieces: &mut Vec<(Span, Class)>) {
    let mut at = from;
    while let Some(found) = text.get(at..to).and_then(|gap| gap.find('#')) {
        let start = at + found;
        let end = text[start..to].find(['\n', '\r']).map_or(to, |length| start + length);
        pieces.push((Span::new(start, end), Class::Comment));
        at = end;
    }
}

fn class_of(token: Token, text: &str, defines: bool) -> Option<Class> {
    Some(match token {
        Token::Name(_) if defines => Class::Definition,
        Token::Name(_) => Class::Name,
        Token::Number | Token::None | Token::True | Token::False | Token::Ellipsis => Class::Constant,
        Token::String | Token::FStringStart | Token::FStringMiddle(_) | Token::FStringEnd => Class::String,
        Token::LeftParen
        | Token::RightParen
        | Token::LeftBracket
        | Token::RightBracket
        | Token::LeftBrace
        | Token::RightBrace => Class::Bracket,
        Token::At => Class::Decorator,
        Token::Newline | Token::Indent | Token::Dedent | Token::End | Token::Error => return None,
        Token::LineEnd | Token::Continuation | Token::StringOpen | Token::NumberOpen | Token::Unknown => return None,
        _ if text.starts_with(|c: char| c.is_ascii_alphabetic()) => Class::Keyword,
        _ => Class::Operator,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<(&str, Class)> {
        classify(text).into_iter().map(|(span, class)| (&text[span.start as usize..span.end as usize], class)).collect()
    }

    #[test]
    fn pieces_have_their_class() {
        use Class::{Comment, Constant, Definition, Keyword, Name, Operator};
        assert_eq!(shown("x = 1  # one"), [("x", Name), ("=", Operator), ("1", Constant), ("# one", Comment)]);
        assert_eq!(shown("async def f")[..3], [("async", Keyword), ("def", Keyword), ("f", Definition)]);
    }

    #[test]
    fn broken_texts_have_pieces_too() {
        for text in ["'abc", "f(", "x = $ 1", "f'{x", "\"\"\"a\nb", "def f(:\n  é"] {
            for (span, _) in classify(text) {
                assert!(text.get(span.start as usize..span.end as usize).is_some(), "{text}");
            }
        }
    }
}
