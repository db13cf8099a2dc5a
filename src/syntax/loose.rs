//! Operators where no operator may stand: after a target, before `:=`, and `**` in a group. What CPython's second pass says
//! of them.

use super::construct::Context;
use super::error::SyntaxError;
use super::expected::Expected;
use super::parse;
use super::place::{Around, Place};
use super::targets;
use super::token::Token;

/// Operators that bind less than `|`.
pub fn is_loose(t: Token) -> bool {
    use Token::*;
    matches!(
        t,
        And | Or
            | Not
            | If
            | Else
            | Lambda
            | In
            | Is
            | Less
            | Greater
            | LessEqual
            | GreaterEqual
            | EqualEqual
            | NotEqual
            | Walrus
            | For
    )
}

/// `del a if b else c`, `for a and b in y`, `with x as a < b`: an expression where a target was begun.
pub fn target(cx: &Context<'_>, place: &Place<'_>, _: &Expected<'_>) -> Option<SyntaxError> {
    let token = place.token();
    let operator = is_loose(token) && !matches!(token, Token::Else | Token::Lambda | Token::For | Token::Walrus);
    let prefix = matches!(token, Token::Not | Token::Lambda)
        && matches!(place.previous(), Token::Del | Token::For | Token::As | Token::Comma);
    if !(prefix || operator && place.previous().ends_operand()) {
        return None;
    }
    let level = place.level();
    let first = level.iter().rev().find(|t| matches!(t.1, Token::Del | Token::For | Token::As | Token::In))?;
    let delete = first.1 == Token::Del;
    let allowed = match first.1 {
        Token::Del | Token::As => place.around.is_empty() && matches!(place.header(), Token::Del | Token::With),
        Token::For => true,
        _ => false,
    };
    if !allowed {
        return None;
    }
    let start = level.iter().rev().take_while(|t| t.0 > first.0).find(|t| t.1 == Token::Comma).unwrap_or(first).0 + 1;
    // The rest of a conditional or of a comparison belongs to it, and so does an `in` behind it.
    let mut end = place.value_end(place.index + 1, |t| t == Token::For);
    if token == Token::Lambda && place.at(end + 1) == Token::Colon {
        end = place.value_end(end + 2, |t| t == Token::For);
    }
    let whole = parse::expression_of(cx, place.tokens.get(start..=end)?)?;
    targets::not_a_target(&whole, delete, first.1 == Token::For)
}

/// `lambda: x := 1`, `not x := 1`
pub fn walrus(cx: &Context<'_>, place: &Place<'_>, _: &Expected<'_>) -> Option<SyntaxError> {
    if place.token() != Token::Walrus || !place.previous().ends_operand() {
        return None;
    }
    let level = place.level();
    let start = match level.iter().find(|t| t.1 == Token::Lambda) {
        Some(lambda) if level.iter().all(|t| t.0 < lambda.0 || t.1 != Token::Comma) => lambda.0,
        _ => place.expression_start(),
    };
    let begins = match place.innermost() {
        None => start == place.line || start == place.line + 1 && matches!(place.header(), Token::If | Token::While),
        Some(Around::Bracket(open)) => start == open + 1,
        _ => false,
    };
    if !begins || start + 1 == place.index {
        return None;
    }
    let operand = parse::expression_of(cx, &place.tokens[start..place.index])?;
    targets::named(cx, operand).err().map(|fault| *fault)
}

/// `(**a)`
pub fn double_star(_: &Context<'_>, place: &Place<'_>, _: &Expected<'_>) -> Option<SyntaxError> {
    let Some(Around::Bracket(open)) = place.innermost() else { return None };
    let group = place.at(open) == Token::LeftParen && !(open > 0 && place.at(open - 1).ends_operand());
    let alone = place.index == open + 1 && place.token() == Token::DoubleStar;
    let end = place.value_end(place.index + 1, |_| false) + 1;
    let is_statement = matches!(place.header(), Token::Def | Token::Class | Token::Case);
    (group && alone && !is_statement && place.at(end) == Token::RightParen).then(|| {
        SyntaxError::new("cannot use double starred expression here", place.span())
            .label("only calls and dict displays unpack a mapping")
    })
}

/// `a + not b`
pub fn misplaced_not(_: &Context<'_>, place: &Place<'_>, _: &Expected<'_>) -> Option<SyntaxError> {
    use Token::*;
    let arithmetic = matches!(place.previous(), Plus | Minus | Star | Slash | DoubleSlash | Percent | At | Tilde);
    (arithmetic && place.token() == Not && place.at(place.index + 1).starts_expression()).then(|| {
        let logical = |t| matches!(t, And | Or | If | Else | For);
        let value = place.span_at(place.value_end(place.index, logical));
        SyntaxError::new("'not' after an operator must be parenthesized", place.span().to(value))
            .label("binds less than the operator before it")
    })
}
