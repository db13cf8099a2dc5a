//! A token that the grammar did not expect, to the error that helps.
//!
//! The messages are those of CPython's second pass (the `invalid_*` rules of its grammar), found here from
//! the tokens around the place. The rules are tried in order; the first that applies speaks.

use super::construct::Context;
use super::error::{Carets, SyntaxError};
use super::expected::Expected;
use super::loose::{self, is_loose};
use super::parse;
use super::place::{Around, Place, line_start};
use super::targets;
use super::token::Token;
use super::{ast::Expr, quoted};
use crate::source::Span;

/// The error for the unexpected token of `place`.
pub fn diagnose(cx: &Context<'_>, place: &Place<'_>, expected: &Expected<'_>) -> SyntaxError {
    if let Some(error) = named(cx, place, expected) {
        return error;
    }
    match parse::after_word(cx, place.tokens, place.index) {
        Some(parse::Run::Found(error)) => error,
        _ => generic(cx, place, expected),
    }
}

/// The error that one of CPython's rules for mistakes names, if one does.
pub fn named(cx: &Context<'_>, place: &Place<'_>, expected: &Expected<'_>) -> Option<SyntaxError> {
    let rules = [
        indentation,
        try_without_handler,
        legacy_statement,
        conditional_without_else,
        dict_display,
        forgotten_comma,
        equals_in_expression,
        header,
        imports,
        comprehension,
        stars,
        parenthesised_parameters,
        parameter_lists,
        loose::misplaced_not,
        patterns,
        field,
        earlier_target,
        loose::target,
        loose::walrus,
        loose::double_star,
    ];
    rules.into_iter().find_map(|rule| rule(cx, place, expected))
}

fn text_span(cx: &Context<'_>, span: Span) -> Span {
    // A token without text (the end of a block or of the file) is shown where the text before it ends.
    if span.start < span.end && !cx.slice(span).trim().is_empty() {
        return span;
    }
    let end = cx.text.get(..span.start as usize).map_or(0, |t| t.trim_end().len());
    Span::new(end, end)
}

/// The end of a line with the comment before it, which belongs to it for CPython.
fn with_comment(cx: &Context<'_>, after: u32, end: Span) -> Span {
    let between = cx.text.get(after as usize..end.start as usize).unwrap_or("");
    let comment = between.trim_start_matches([' ', '\t', '\x0c']);
    if comment.starts_with('#') { Span { start: end.start - comment.len() as u32, ..end } } else { end }
}

/// Whether the text ends here, in however many blocks.
fn at_the_end(cx: &Context<'_>, place: &Place<'_>) -> bool {
    matches!(place.token(), Token::End | Token::Dedent) && place.span().start as usize >= cx.text.len()
}

fn generic(cx: &Context<'_>, place: &Place<'_>, expected: &Expected<'_>) -> SyntaxError {
    let token = place.token();
    let mut span = place.span();
    match token {
        Token::Dedent | Token::End => span = text_span(cx, span),
        Token::Newline if place.index > 0 => span = with_comment(cx, place.span_at(place.index - 1).end, span),
        _ => {}
    }
    let mut error = SyntaxError::new("invalid syntax", span).label(expected.words(place));
    if let Some(help) = hint(cx, place) {
        error = error.help(help);
    }
    if at_the_end(cx, place) && place.previous() == Token::Newline {
        error = error.incomplete();
    }
    error
}

/// One concrete hint for what is often meant.
fn hint(cx: &Context<'_>, place: &Place<'_>) -> Option<String> {
    use Token::*;
    let (previous, token) = (place.previous(), place.token());
    let word = |i: usize| cx.slice(place.span_at(i));
    let adjacent = place.index > 0 && place.span_at(place.index - 1).end == place.span().start;
    Some(match (previous, token) {
        (Ampersand, Ampersand) => "write `and`".into(),
        (Pipe, Pipe) => "write `or`".into(),
        (_, Unknown) if word(place.index) == "<>" => "write `!=`".into(),
        (EqualEqual | NotEqual, Assign) if adjacent => format!("write `{}`", word(place.index - 1)),
        (Plus | Minus, Newline | Semicolon) if place.index > 1 && place.at(place.index - 2) == previous => {
            let op = word(place.index - 1);
            format!("there is no `{op}{op}`: write `{op}= 1`")
        }
        (_, Bang) if place.at(place.index + 1).starts_expression() => "write `not`".into(),
        (_, Unknown) if word(place.index) == "?" => "there is no `?:`: write `a if condition else b`".into(),
        (Assign, Greater) if adjacent => "did you mean `>=`, or `->`?".into(),
        (_, Walrus) => "an assignment expression needs parentheses here; a statement uses `=`".into(),
        (_, If) if previous == Else => "write `elif`".into(),
        (_, Elif | Else | Except | Finally) if place.begins_line() => {
            format!("this `{}` belongs to no statement before it: check the indentation", word(place.index))
        }
        (Name(_), Name(_) | Number | String) if place.innermost().is_none() && place.index == place.line + 1 => {
            match word(place.index - 1) {
                "let" | "var" | "const" | "int" | "str" | "float" => {
                    format!("variables need no declaration: remove `{}`", word(place.index - 1))
                }
                "function" | "func" | "fn" => "functions begin with `def`".into(),
                "switch" => "write `match`".into(),
                _ => return Option::None,
            }
        }
        (Dot | Def | Class | For | As | Global | Nonlocal | Import, keyword) if is_keyword(keyword) => {
            format!("`{}` is a keyword and cannot be a name", word(place.index))
        }
        (keyword, Assign) if is_keyword(keyword) && place.index == place.line + 1 => {
            format!("`{}` is a keyword and cannot be a name", word(place.index - 1))
        }
        _ => return Option::None,
    })
}

fn is_keyword(token: Token) -> bool {
    token.text().is_some_and(|t| t.starts_with(|c: char| c.is_ascii_alphabetic()))
}

fn indentation(cx: &Context<'_>, place: &Place<'_>, expected: &Expected<'_>) -> Option<SyntaxError> {
    if place.token() == Token::Indent {
        let error = SyntaxError::indentation("unexpected indent", place.span());
        return Some(error.label("deeper than the line before, which opens no block"));
    }
    if place.index < 2 || place.previous() != Token::Newline || !expected.has("Indent") {
        return None;
    }
    let header = line_start(place.tokens, place.index - 1);
    let line = quoted::line_number(cx.text, place.span_at(header).start as usize);
    let what = match (place.at(header), place.at(header + 1)) {
        (Token::Def, _) | (Token::Async, Token::Def) => "function definition".to_string(),
        (Token::Class, _) => "class definition".to_string(),
        (Token::Except, Token::Star) => "'except*' statement".to_string(),
        (Token::Async, keyword) | (keyword, _) => format!("'{}' statement", keyword.text().unwrap_or("")),
    };
    let end = at_the_end(cx, place);
    let span = if end { text_span(cx, place.span()) } else { place.span() };
    let error = SyntaxError::indentation(format!("expected an indented block after {what} on line {line}"), span)
        .label("not indented deeper than the header")
        .carets(block_carets(cx, place))
        .also(place.span_at(header), "this opens a block")
        .help("write `pass` for a block that does nothing");
    Some(if end { error.incomplete() } else { error })
}

/// What CPython underlines where a block was expected: its tokens between blocks have no width.
fn block_carets(cx: &Context<'_>, place: &Place<'_>) -> Carets {
    let at = place.span().start as usize;
    match place.token() {
        Token::End | Token::Dedent if at >= cx.text.len() => {
            let last = cx.text.strip_suffix('\n').unwrap_or(cx.text);
            Carets::Before(last.rfind('\n').map_or(0, |i| i as u32 + 1))
        }
        Token::Dedent => Carets::Before(at as u32),
        _ => Carets::Span,
    }
}

fn try_without_handler(cx: &Context<'_>, place: &Place<'_>, expected: &Expected<'_>) -> Option<SyntaxError> {
    if !(expected.has("except") && expected.has("finally")) || expected.has("else") {
        return None;
    }
    let message = "expected 'except' or 'finally' block";
    let end = matches!(place.token(), Token::End | Token::Dedent);
    let span = if end { text_span(cx, place.span()) } else { place.span() };
    let error = SyntaxError::new(message, span)
        .label("the `try` before has neither")
        .carets(block_carets(cx, place))
        .help("add `except SomeError:` with a block that handles it");
    Some(if at_the_end(cx, place) { error.incomplete() } else { error })
}

/// `print x`
fn legacy_statement(cx: &Context<'_>, place: &Place<'_>, _: &Expected<'_>) -> Option<SyntaxError> {
    let (Token::Name(name), token) = (place.previous(), place.token()) else { return None };
    let name = name.as_str();
    if !matches!(name, "print" | "exec") || !(token.starts_operand() || matches!(token, Token::Lambda | Token::Not)) {
        return None;
    }
    let span = place.span_at(place.index - 1);
    let after_dot = place.index >= 2 && place.at(place.index - 2) == Token::Dot;
    let rest = Span { start: place.span().start, end: rest_of_line(cx, place) };
    (!after_dot).then(|| {
        SyntaxError::new(format!("Missing parentheses in call to '{name}'. Did you mean {name}(...)?"), span)
            .label("a function")
            .carets(Carets::At(span.to(place.span_at(values_end(place)))))
            .help(format!("write `{name}({})`", cx.slice(rest)))
    })
}

/// The last token of the values, separated by commas, that begin at the place.
fn values_end(place: &Place<'_>) -> usize {
    let mut end = place.value_end(place.index, |_| false);
    while place.at(end + 1) == Token::Comma && place.at(end + 2).starts_expression() {
        end = place.value_end(end + 2, |_| false);
    }
    // What does not parse behind the last value is not part of it.
    while end > place.index && !place.at(end).ends_operand() {
        end -= 1;
    }
    end
}

fn rest_of_line(cx: &Context<'_>, place: &Place<'_>) -> u32 {
    let end = super::place::line_end(place.tokens, place.index);
    place.span_at(end).start.min(quoted::line_end(cx.text, place.span().start as usize) as u32)
}

fn forgotten_comma(_: &Context<'_>, place: &Place<'_>, _: &Expected<'_>) -> Option<SyntaxError> {
    place.open()?;
    let token = place.token();
    let operands = place.previous().ends_operand() && (token.starts_operand() || token == Token::Lambda);
    if !operands {
        return None;
    }
    let start = place.expression_start();
    let plain = place.level().into_iter().filter(|t| t.0 >= start).all(|(_, t)| {
        !matches!(t, Token::Lambda | Token::For | Token::If | Token::Bang | Token::Unknown | Token::Error)
    });
    let first = match (place.at(start), place.at(start + 1)) {
        (Token::Name(_), Token::String | Token::FStringStart) => false,
        (Token::Name(n), _) => !matches!(n.as_str(), "match" | "case" | "type" | "_"),
        (first, _) => first != Token::Ellipsis || start < place.index,
    };
    let parameters = in_parameters(place) && !place.level().iter().any(|t| matches!(t.1, Token::Colon | Token::Assign));
    if !plain
        || !first
        || parameters
        || start >= place.index
        || matches!(place.header(), Token::Case | Token::Import | Token::From)
    {
        return None;
    }
    let span = place.span_at(start).to(place.span());
    let gap = place.span_at(place.index - 1).end;
    Some(
        SyntaxError::new("invalid syntax. Perhaps you forgot a comma?", span)
            .label("two values side by side")
            .also(Span { start: gap, end: gap }, "something is missing here"),
    )
}

/// Whether the place is among the parameters of a `def`.
fn in_parameters(place: &Place<'_>) -> bool {
    place.header() == Token::Def && place.around.len() == 1
}

fn conditional_without_else(_: &Context<'_>, place: &Place<'_>, expected: &Expected<'_>) -> Option<SyntaxError> {
    if !expected.has("else") || place.token() == Token::Colon || !place.previous().ends_operand() {
        return None;
    }
    let start = place.expression_start();
    let condition = place.level().into_iter().find(|t| t.0 > start && t.1 == Token::If)?;
    let span = place.span_at(start).to(place.span_at(place.index - 1));
    Some(
        SyntaxError::new("expected 'else' after 'if' expression", span)
            .label("has no value when the condition is false")
            .also(place.span_at(condition.0), "this `if` needs an `else`"),
    )
}

/// `if x = 1`, `(x = 1)`
fn equals_in_expression(cx: &Context<'_>, place: &Place<'_>, _: &Expected<'_>) -> Option<SyntaxError> {
    if place.token() != Token::Assign || !place.previous().ends_operand() {
        return None;
    }
    let start = place.expression_start();
    let before = if start == 0 { Token::Newline } else { place.at(start - 1) };
    match place.innermost() {
        Some(Around::Bracket(open)) => {
            let call = place.at(open) == Token::LeftParen && open > 0 && place.at(open - 1).ends_operand();
            let dict = place.at(open) == Token::LeftBrace && place.level().iter().any(|t| t.1 == Token::Colon);
            if call || dict || in_parameters(place) || !(start == open + 1 || before == Token::Comma) {
                return None;
            }
        }
        None if start == place.line + 1
            && matches!(before, Token::If | Token::Elif | Token::While | Token::Match | Token::At) => {}
        _ => return None,
    }
    assignment_as_value(cx, place, start)
}

/// `name = value` where only a value can stand, which begins at `start`; the place is at the `=`.
pub fn assignment_as_value(cx: &Context<'_>, place: &Place<'_>, start: usize) -> Option<SyntaxError> {
    let loose = place.level().into_iter().filter(|t| t.0 >= start).any(|(_, t)| is_loose(t));
    if loose || !value_follows(place) {
        return None;
    }
    let operand: Expr = parse::expression_of(cx, &place.tokens[start..place.index])?;
    let value = place.span_at(place.value_end(place.index + 1, is_loose));
    targets::equals_in_expression(&operand, value.end)
}

/// Whether an operand follows the `=`, and no further `=` that operand.
fn value_follows(place: &Place<'_>) -> bool {
    let first = place.at(place.index + 1);
    if !first.starts_expression() || matches!(first, Token::Not | Token::Lambda) {
        return false;
    }
    let mut depth = 0usize;
    for i in place.index + 1..place.tokens.len() {
        let t = place.at(i);
        if depth == 0 && i > place.index + 1 && place.at(i - 1).ends_operand() && matches!(t, Token::Name(_)) {
            return true;
        }
        match t {
            _ if t.is_open() => depth += 1,
            _ if t.is_close() && depth == 0 => return true,
            _ if t.is_close() => depth -= 1,
            Token::Assign | Token::Walrus if depth == 0 => return false,
            Token::Comma | Token::Colon | Token::Newline | Token::Semicolon if depth == 0 => return true,
            _ if depth == 0 && is_loose(t) => return true,
            _ => {}
        }
    }
    true
}

/// `:` and `(` of headers.
fn header(_: &Context<'_>, place: &Place<'_>, expected: &Expected<'_>) -> Option<SyntaxError> {
    if !place.in_header() {
        return None;
    }
    let (header, previous) = (place.header(), place.previous());
    let named = header == Token::Def && matches!(previous, Token::Name(_) | Token::RightBracket);
    if named && expected.has("(") && !expected.has(":") {
        return Some(
            SyntaxError::new("expected '('", place.span())
                .label("expected the parameters")
                .help("a function without parameters is written `def name():`"),
        );
    }
    let arrow = previous == Token::Arrow && matches!(place.token(), Token::Colon | Token::Newline);
    let forced = matches!(header, Token::Def | Token::Else | Token::Try | Token::Finally);
    let bare = header == Token::Except && previous == Token::Except && place.token() == Token::Newline;
    let missing = bare || expected.has(":") && (forced || place.token() == Token::Newline) && !expected.has("Number");
    if !missing && !arrow {
        return None;
    }
    let span = if arrow { place.span_at(place.index - 1) } else { place.span() };
    let label = if arrow { "a type must follow, or nothing".to_string() } else { expected.words(place) };
    let error = SyntaxError::new("expected ':'", span).label(label);
    Some(if header == Token::Else && place.token() == Token::If { error.help("write `elif`") } else { error })
}

fn imports(_: &Context<'_>, place: &Place<'_>, _: &Expected<'_>) -> Option<SyntaxError> {
    let (first, previous, token) = (place.at(place.line), place.previous(), place.token());
    if !matches!(first, Token::Import | Token::From) {
        return None;
    }
    if previous == Token::Import && token == Token::Newline {
        return Some(
            SyntaxError::new("Expected one or more names after 'import'", place.span()).label("expected a name"),
        );
    }
    let name = |t| t == Token::As;
    if first == Token::Import && token == Token::From && matches!(previous, Token::Name(_)) {
        return Some(
            SyntaxError::new("Did you mean to use 'from ... import ...' instead?", place.span_at(place.line))
                .carets(Carets::At(place.span_at(place.line).to(place.span_at(place.value_end(place.index, name)))))
                .label("the module comes first")
                .help("write `from module import name`"),
        );
    }
    if first == Token::From && previous == Token::Comma && token == Token::Newline && place.around.is_empty() {
        return Some(
            SyntaxError::new("trailing comma not allowed without surrounding parentheses", place.span())
                .label("expected another name")
                .help("remove the comma, or put the names in parentheses"),
        );
    }
    None
}

fn dict_display(cx: &Context<'_>, place: &Place<'_>, _: &Expected<'_>) -> Option<SyntaxError> {
    let Some(Around::Bracket(open)) = place.innermost() else { return None };
    if place.at(open) != Token::LeftBrace || place.header() == Token::Case {
        return None;
    }
    let (previous, token) = (place.previous(), place.token());
    if previous == Token::Colon {
        return match token {
            Token::RightBrace | Token::Comma => {
                let span = place.span_at(place.index - 1);
                let error = SyntaxError::new("expression expected after dictionary key and ':'", span);
                Some(error.label("a value must follow"))
            }
            Token::Star => Some(
                SyntaxError::new("cannot use a starred expression in a dictionary value", place.span())
                    .carets(Carets::At(place.span().to(place.span_at(place.value_end(place.index, |_| false)))))
                    .label("a star has no meaning here"),
            ),
            _ => None,
        };
    }
    let level = place.level();
    let start = place.expression_start();
    let is_dict = level.iter().any(|t| t.1 == Token::Colon || t.1 == Token::DoubleStar && t.0 == open + 1);
    let is_key = start > 0 && place.at(start - 1) == Token::Comma;
    let ends = matches!(token, Token::Comma | Token::RightBrace | Token::Assign | Token::Not | Token::Lambda)
        || token.starts_operand();
    (is_dict && is_key && ends && previous.ends_operand()).then(|| {
        let span = place.span_at(start).to(place.span_at(place.index - 1));
        // CPython points at the end of the key.
        let last = cx.slice(span).chars().next_back().map_or(0, char::len_utf8) as u32;
        let end = Span { start: span.end - last, end: span.end - last };
        SyntaxError::new("':' expected after dictionary key", span)
            .label("a key without a value")
            .carets(Carets::At(end))
    })
}

fn comprehension(_: &Context<'_>, place: &Place<'_>, _: &Expected<'_>) -> Option<SyntaxError> {
    let Some(Around::Bracket(open)) = place.innermost() else { return None };
    let level = place.level();
    if matches!(place.token(), Token::For | Token::Async)
        && matches!(place.at(open), Token::LeftBracket | Token::LeftBrace)
        && level.iter().any(|t| t.1 == Token::Comma)
        && !level.iter().any(|t| matches!(t.1, Token::Colon | Token::For | Token::Star))
    {
        let span = place.span_at(open + 1).to(place.span_at(place.index - 1));
        let error = SyntaxError::new("did you forget parentheses around the comprehension target?", span);
        return Some(error.label("several values for one element").help("put them in parentheses, to make a tuple"));
    }
    let starred = open > 0 && place.at(open - 1).ends_operand() && place.at(open + 1) == Token::Star;
    if place.token() == Token::For && starred && !level.iter().any(|t| t.1 == Token::Comma) {
        let span = place.span_at(open + 1).to(place.span_at(place.index - 1));
        let error = SyntaxError::new("iterable unpacking cannot be used in comprehension", span);
        return Some(error.label("one element must stand here"));
    }
    let last = level.iter().rev().find(|t| matches!(t.1, Token::For | Token::In))?;
    (last.1 == Token::For && place.previous().ends_operand())
        .then(|| SyntaxError::new("'in' expected after for-loop variables", place.span()).label("expected `in`"))
}

fn stars(_: &Context<'_>, place: &Place<'_>, _: &Expected<'_>) -> Option<SyntaxError> {
    let Some(Around::Bracket(open)) = place.innermost() else { return None };
    let operand = open > 0 && place.at(open - 1).ends_operand()
        || matches!(place.at(open), Token::LeftBracket | Token::LeftBrace);
    let ends = matches!(place.token(), Token::Comma | Token::Colon) || place.token().is_close();
    let prefix = place.index < 2 || !place.at(place.index - 2).ends_operand();
    (operand && ends && prefix && place.previous() == Token::Star && !in_parameters(place))
        .then(|| SyntaxError::new("Invalid star expression", place.span()).label("expected what to unpack"))
}

fn parenthesised_parameters(_: &Context<'_>, place: &Place<'_>, _: &Expected<'_>) -> Option<SyntaxError> {
    if place.token() != Token::LeftParen {
        return None;
    }
    let lambda = place.level().iter().rev().any(|t| t.1 == Token::Lambda)
        && matches!(place.previous(), Token::Lambda | Token::Comma);
    let function = in_parameters(place) && matches!(place.previous(), Token::LeftParen | Token::Comma);
    if !lambda && !function {
        return None;
    }
    let names = place.tokens[place.index + 1..].iter().take_while(|t| t.1 != Token::RightParen);
    if !names.clone().all(|t| matches!(t.1, Token::Name(_) | Token::Comma)) {
        return None;
    }
    let who = if lambda { "Lambda expression" } else { "Function" };
    let close = place.index + 1 + names.count();
    Some(
        SyntaxError::new(format!("{who} parameters cannot be parenthesized"), place.span().to(place.span_at(close)))
            .label("expected a name")
            .help("take one parameter and unpack it in the body"),
    )
}

fn patterns(_: &Context<'_>, place: &Place<'_>, _: &Expected<'_>) -> Option<SyntaxError> {
    let target = place.header() == Token::Case && place.previous() == Token::As && place.token().starts_expression();
    let end = |t| t == Token::If;
    let span = place.span().to(place.span_at(place.value_end(place.index, end)));
    target.then(|| SyntaxError::new("invalid pattern target", span).label("expected a name"))
}

/// `/*` and `b=,` among parameters.
fn parameter_lists(_: &Context<'_>, place: &Place<'_>, _: &Expected<'_>) -> Option<SyntaxError> {
    let level = place.level();
    let lambda = level.iter().rev().find(|t| matches!(t.1, Token::Lambda | Token::Colon));
    let in_lambda = lambda.is_some_and(|t| t.1 == Token::Lambda);
    if !in_lambda && !in_parameters(place) {
        return None;
    }
    match (place.previous(), place.token()) {
        (Token::Slash, Token::Star | Token::DoubleStar) => {
            Some(SyntaxError::new("expected comma between / and *", place.span()).label("expected `,`"))
        }
        (Token::Assign, Token::Comma) => Some(
            SyntaxError::new("expected default value expression", place.span_at(place.index - 1))
                .label("a value must follow the `=`"),
        ),
        _ => None,
    }
}

/// An assignment or annotation whose value is wrong, and whose target is wrong before it.
fn earlier_target(cx: &Context<'_>, place: &Place<'_>, _: &Expected<'_>) -> Option<SyntaxError> {
    let line = Place { tokens: place.tokens, index: place.index, line: place.line, around: Vec::new() };
    let level = line.level();
    let mut signs = level.into_iter().filter(|t| matches!(t.1, Token::Assign | Token::Colon));
    let (mut sign, token) = signs.next()?;
    let target = parse::expression_of(cx, &place.tokens[place.line..sign])?;
    if token == Token::Colon {
        if sign + 1 < place.index {
            return targets::annotated(&target, place.span_at(sign).start).err().map(|fault| *fault);
        }
        // What has no name, attribute or item before it is no annotation: the colon is one too many.
        let colon = SyntaxError::new("invalid syntax", place.span_at(sign)).label("nothing that opens a block");
        return (!target.is_assignable() && place.around.is_empty()).then_some(colon);
    }
    let before = Place { index: sign, ..line };
    if let Err(fault) = targets::assigned(cx, &target, value_follows(&before)) {
        return Some(*fault);
    }
    for (next, token) in signs {
        let target = (token == Token::Assign).then(|| parse::expression_of(cx, &place.tokens[sign + 1..next]))??;
        if let Err(fault) = targets::assigned(cx, &target, false) {
            return Some(*fault);
        }
        sign = next;
    }
    None
}

/// Within a replacement field of an f-string.
fn field(cx: &Context<'_>, place: &Place<'_>, _: &Expected<'_>) -> Option<SyntaxError> {
    if matches!(place.innermost(), Some(Around::Spec(_))) && place.token() == Token::FStringEnd {
        return Some(
            SyntaxError::new("f-string: expecting '}', or format specs", place.span())
                .label("the string ends within a field")
                .help("close the field with `}`"),
        );
    }
    let Some(Around::Field(brace)) = place.innermost() else { return None };
    let (previous, token, span) = (place.previous(), place.token(), place.span());
    if place.index == brace + 1 {
        let text = token.text().unwrap_or("");
        return Some(if matches!(token, Token::RightBrace | Token::Bang | Token::FStringColon | Token::Assign) {
            SyntaxError::new(format!("f-string: valid expression required before '{text}'"), span)
                .label("expected an expression")
                .help("write `{{` and `}}` for braces in the text")
        } else {
            SyntaxError::new("f-string: expecting a valid expression after '{'", span).label("expected an expression")
        });
    }
    let level = place.level();
    let whole = |end| parse::expression_of(cx, &place.tokens[brace + 1..end]).is_some();
    let prefix = matches!(place.at(brace + 1), Token::Plus | Token::Minus | Token::Tilde | Token::Not);
    let begins = prefix && !(brace + 2..=place.index).any(whole);
    if begins || level.iter().all(|t| matches!(t.1, Token::Star | Token::DoubleStar)) {
        let span = place.span_at(brace + 1);
        return Some(
            SyntaxError::new("f-string: expecting a valid expression after '{'", span).label("expected an expression"),
        );
    }
    if level.iter().any(|t| t.1 == Token::Bang) {
        return Some(if previous != Token::Bang {
            SyntaxError::new("f-string: expecting ':' or '}'", span).label("expected `:` or `}`")
        } else if matches!(token, Token::RightBrace | Token::FStringColon) {
            SyntaxError::new("f-string: missing conversion character", span).label("expected `s`, `r` or `a`")
        } else {
            SyntaxError::new("f-string: invalid conversion character", span).label("expected `s`, `r` or `a`")
        });
    }
    if let Some(lambda) = level.iter().find(|t| t.1 == Token::Lambda)
        && token == Token::FStringColon
    {
        let message = "f-string: lambda expressions are not allowed without parentheses";
        return Some(SyntaxError::new(message, place.span_at(lambda.0).to(span)).label("put this in parentheses"));
    }
    if level.iter().any(|t| t.1 == Token::Assign) {
        return Some(SyntaxError::new("f-string: expecting '!', or ':', or '}'", span).label("expected `}`"));
    }
    let dangling = !previous.ends_operand() && previous != Token::Comma && previous.text().is_some();
    let span = if dangling { place.span_at(place.index - 1) } else { span };
    Some(SyntaxError::new("f-string: expecting '=', or '!', or ':', or '}'", span).label("expected `}`"))
}
