//! The driver: tokens through the generated parser, and on errors repair and go on.
//!
//! After an error the broken line is replaced by one that is certainly right (`pass`, or a header of its
//! kind when a block follows), and the program is parsed again: so each further error is independent of
//! the ones before. Which error comes first follows CPython: an error of the tokenizer anywhere in the
//! file speaks before an error of the grammar.

use std::cell::Cell;

use lalrpop_util::ParseError;

use super::ast::{Expr, ExprKind, Module, StmtKind};
use super::construct::Context;
use super::diagnose::{self, diagnose};
use super::error::{ErrorKind, Fault, SyntaxError};
use super::expected::Expected;
use super::grammar::ProgramParser;
use super::lexer::{Bracket, Lexed, lex, lex_recovering};
use super::loose::is_loose;
use super::place::{self, Place};
use super::token::{Lexeme, Token};
use super::{layout, limits, quoted, soft};
use crate::source::Span;
use crate::text::order;

/// More errors than this help nobody.
const MAX_ERRORS: usize = 20;

/// What the text is to be read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A file.
    Module,
    /// One expression, as `eval` takes it.
    Expression,
}

impl Mode {
    fn token(self) -> Token {
        match self {
            Mode::Module => Token::StartModule,
            Mode::Expression => Token::StartExpression,
        }
    }
}

/// A text in tokens, and what is wrong with them.
pub struct Prepared {
    pub tokens: Vec<Lexeme>,
    pub errors: Vec<SyntaxError>,
    pub unclosed: Option<Bracket>,
}

/// Lexes and lays out a text.
pub fn prepare(text: &str) -> Prepared {
    lay_out(text, lex(text))
}

fn lay_out(text: &str, mut lexed: Lexed) -> Prepared {
    layout::lay_out(text, &mut lexed);
    soft::mark(&mut lexed.tokens);
    Prepared { tokens: lexed.tokens, errors: lexed.errors, unclosed: lexed.unclosed }
}

/// Why the generated parser stopped, and at which token.
struct Failure {
    index: usize,
    cause: Cause,
}

enum Cause {
    /// The token was not expected; the legal ones.
    Unexpected(Vec<String>),
    /// An action refused.
    Refused(Fault),
}

fn run(cx: &Context<'_>, mode: Mode, tokens: &[Lexeme]) -> Result<Module, Failure> {
    let taken = Cell::new(0usize);
    let first = tokens.first().map_or(0, |t| t.0);
    let stream = std::iter::once(Ok((first, mode.token(), first))).chain(tokens.iter().map(|&lexeme| {
        taken.set(taken.get() + 1);
        Ok::<Lexeme, Fault>(lexeme)
    }));
    ProgramParser::new().parse(cx, stream).map_err(|error| {
        let index = taken.get().saturating_sub(1);
        let cause = match error {
            ParseError::User { error } => Cause::Refused(error),
            ParseError::UnrecognizedToken { expected, .. } | ParseError::UnrecognizedEof { expected, .. } => {
                Cause::Unexpected(expected)
            }
            // The parser has no lexer of its own and `End` is the last token: neither occurs.
            ParseError::InvalidToken { .. } | ParseError::ExtraToken { .. } => Cause::Unexpected(Vec::new()),
        };
        Failure { index, cause }
    })
}

/// The expression that a run of tokens is, if it is one.
pub fn expression_of(cx: &Context<'_>, tokens: &[Lexeme]) -> Option<Expr> {
    let end = tokens.last()?.2;
    let tokens: Vec<Lexeme> = tokens.iter().copied().chain([(end, Token::End, end)]).collect();
    let module = run(cx, Mode::Expression, &tokens).ok()?;
    match module.body.into_iter().next()?.kind {
        StmtKind::Expr(e) => Some(*e),
        _ => None,
    }
}

/// Parses a text. Errors: at least one; the first is the one that CPython reports.
pub fn parse(text: &str, mode: Mode) -> Result<Module, Vec<SyntaxError>> {
    if let Some(at) = text.bytes().position(|b| b == 0) {
        return Err(vec![
            SyntaxError::new("source code cannot contain null bytes", Span::new(at, at + 1)).label("a null byte"),
        ]);
    }
    if text.len() >= u32::MAX as usize - 1 {
        return Err(vec![SyntaxError::new("source code is too large", Span::default()).label("4 GiB at most")]);
    }
    let cx = Context { text };
    let mut program = prepare(text);
    if mode == Mode::Expression {
        strip_leading_indent(&mut program.tokens);
    }
    if let Some((index, error)) = limits::check(&program.tokens) {
        program.errors.retain(|e| e.span.start < error.span.start);
        program.errors.push(error);
        let start = place::line_start(&program.tokens, index);
        let at = program.tokens[start].0;
        program.tokens.truncate(start);
        program.tokens.push((at, Token::Error, at));
        return Err(collect(&cx, mode, program));
    }
    if program.errors.is_empty() && program.unclosed.is_none() {
        match run(&cx, mode, &program.tokens) {
            Ok(module) => {
                return match star_in_expression(&cx, mode, &module) {
                    Some(error) => Err(vec![error]),
                    None => Ok(module),
                };
            }
            Err(_) => return Err(collect(&cx, mode, program)),
        }
    }
    Err(collect(&cx, mode, program))
}

/// `eval` takes no stars outside of brackets.
fn star_in_expression(cx: &Context<'_>, mode: Mode, module: &Module) -> Option<SyntaxError> {
    let StmtKind::Expr(e) = &module.body.first()?.kind else { return None };
    let starred = |e: &Expr| matches!(e.kind, ExprKind::Starred(_)).then_some(e.span.start);
    let at = match &e.kind {
        _ if mode != Mode::Expression => None,
        ExprKind::Tuple(elts) if !cx.is_bracketed(e) => elts.iter().find_map(starred),
        _ => starred(e),
    }?;
    Some(SyntaxError::new("invalid syntax", Span { start: at, end: at + 1 }).label("a star needs brackets around it"))
}

/// What is wrong with a text before its end, so that no more text can mend it.
pub fn fault_before_end(text: &str) -> Option<SyntaxError> {
    let cx = Context { text };
    let tokens = prepare(text).tokens;
    let Err(Failure { index, .. }) = run(&cx, Mode::Module, &tokens) else { return None };
    let ends = |token: Token| matches!(token, Token::Newline | Token::Dedent | Token::End | Token::Error);
    if tokens[index.min(tokens.len())..].iter().all(|t| ends(t.1)) {
        return None;
    }
    grammar_errors(&cx, Mode::Module, tokens).into_iter().next()
}

/// `eval("  1")` ignores leading blanks.
fn strip_leading_indent(tokens: &mut Vec<Lexeme>) {
    if matches!(tokens.first(), Some((_, Token::Indent, _))) {
        tokens.remove(0);
        if let Some(i) = tokens.iter().rposition(|t| t.1 == Token::Dedent) {
            tokens.remove(i);
        }
    }
}

/// Gathers the errors of a program that has some.
fn collect(cx: &Context<'_>, mode: Mode, program: Prepared) -> Vec<SyntaxError> {
    let Prepared { tokens, mut errors, unclosed } = program;
    let mut found = grammar_errors(cx, mode, tokens.clone());
    let unclosed = unclosed.map(never_closed);
    let mut all: Vec<SyntaxError> = Vec::new();
    let first_grammar = found.first();
    match (errors.first(), &unclosed) {
        (Some(lexical), _) => {
            let soft = lexical.kind != ErrorKind::SyntaxError || is_soft(lexical);
            let earlier = first_grammar.filter(|g| g.span.start <= lexical.span.start);
            match (earlier, &unclosed) {
                // CPython reads on behind all other errors of its grammar.
                (Some(g), _) if g.message == "unexpected indent" => all.push(g.clone()),
                (Some(g), _) if soft && !runs_on(cx, &tokens, g, |t| t == Token::Error) => all.push(g.clone()),
                (None, Some(bracket)) if lexical.message == "unexpected EOF while parsing" => all.push(bracket.clone()),
                _ => all.push(lexical.clone()),
            }
        }
        (None, Some(bracket)) => match first_grammar {
            Some(g) if !swallowed(cx, &tokens, g, bracket) => all.push(g.clone()),
            _ => all.push(bracket.clone()),
        },
        (None, None) => all.extend(first_grammar.cloned()),
    }
    if unclosed.is_some() {
        // All behind the bracket was read as its contents: read it again, with the bracket ended.
        let recovered = lay_out(cx.text, lex_recovering(cx.text));
        found = grammar_errors(cx, mode, recovered.tokens);
        if let Some(still) = recovered.unclosed {
            found.retain(|e| e.span.start < still.at);
        }
        errors = recovered.errors;
    }
    let mut rest: Vec<SyntaxError> = errors;
    rest.extend(found);
    rest.extend(unclosed);
    order::sort_by_key(&mut rest, |e| e.span.start);
    let line_of = |e: &SyntaxError| quoted::line_number(cx.text, e.span.start as usize);
    let mut told: Vec<usize> = all.iter().map(line_of).collect();
    // Counted on from error to error: a text may have as many errors as characters.
    let (mut line, mut counted) = (1, 0);
    for error in rest {
        if all.len() >= MAX_ERRORS {
            break;
        }
        let at = (error.span.start as usize).min(cx.text.len());
        line += quoted::lines_between(cx.text, counted, at);
        counted = at;
        if !told.contains(&line) {
            told.push(line);
            all.push(error);
        }
    }
    if all.is_empty() {
        // A refusal without a known cause: cannot happen, but must not read as success.
        all.push(SyntaxError::new("invalid syntax", Span::default()));
    }
    all
}

/// Errors of the tokenizer that CPython's parser does not look ahead for.
fn is_soft(error: &SyntaxError) -> bool {
    matches!(
        &*error.message,
        "unexpected EOF while parsing"
            | "unexpected character after line continuation character"
            | "f-string: expecting '}'"
    )
}

fn never_closed(bracket: Bracket) -> SyntaxError {
    let text = bracket.kind.text().unwrap_or("");
    let close = match bracket.kind {
        Token::LeftParen => ')',
        Token::LeftBracket => ']',
        _ => '}',
    };
    SyntaxError::new(format!("'{text}' was never closed"), Span::new(bracket.at as usize, bracket.at as usize + 1))
        .label("opened here")
        .help(format!("add the missing `{close}`"))
        .incomplete()
}

/// Whether an error of the grammar is only a consequence of a bracket that was never closed.
fn swallowed(cx: &Context<'_>, tokens: &[Lexeme], error: &SyntaxError, bracket: &SyntaxError) -> bool {
    let line = |at: u32| quoted::line_number(cx.text, at as usize);
    if line(error.span.end) != line(bracket.span.start) {
        return error.span.end > bracket.span.start;
    }
    let after = tokens.iter().position(|t| t.0 >= error.span.end).unwrap_or(tokens.len());
    if error.message.starts_with("expected ") {
        // CPython stops at such an error without looking at what follows.
        return false;
    }
    let ends = |t: Token| matches!(t, Token::Newline | Token::End);
    if error.message == "invalid syntax" {
        let stopped = tokens.iter().find(|t| t.0 >= error.span.start);
        return stopped.is_none_or(|t| ends(t.1)) || runs_on(cx, tokens, error, ends);
    }
    let mut next = tokens.get(after);
    if error.message.contains("Maybe you meant") {
        // What stands behind the value decides, too.
        let sign = tokens.iter().position(|t| t.0 >= error.span.start && t.1 == Token::Assign).unwrap_or(after);
        next = tokens.get(Place::new(tokens, sign).value_end(sign + 1, is_loose) + 1);
        if next.is_none_or(|t| ends(t.1)) {
            return true;
        }
    }
    next.is_some_and(|t| line(t.0) > line(bracket.span.start))
        || tokens[after.saturating_sub(1)..].iter().take(2).any(|t| ends(t.1))
}

/// Whether a word before an error without an explanation, read as a call without parentheses as CPython does then,
/// leads to a token that `ends` names.
fn runs_on(cx: &Context<'_>, tokens: &[Lexeme], error: &SyntaxError, ends: impl Fn(Token) -> bool) -> bool {
    let at = tokens.iter().position(|t| t.0 >= error.span.start && t.2 > t.0);
    error.message == "invalid syntax"
        && at.is_some_and(|at| matches!(after_word(cx, tokens, at), Some(Run::Stopped(token)) if ends(token)))
}

/// How CPython fares with what stands behind a word (`print x`).
pub enum Run {
    /// It finds an error there that has a name.
    Found(SyntaxError),
    /// It stops at a token.
    Stopped(Token),
}

/// Words that follow each other are read no further than this: the place of an error costs the same in any text.
const MAX_WORDS: usize = 40;

/// Reads what begins at `index` as the operand of the word before it, as CPython does in search of `print x`, or as a
/// value behind a forgotten comma.
pub fn after_word(cx: &Context<'_>, tokens: &[Lexeme], mut index: usize) -> Option<Run> {
    let line = place::line_start(tokens, index);
    if matches!(
        tokens.get(line)?.1,
        Token::Import | Token::From | Token::Global | Token::Nonlocal | Token::Def | Token::Class
    ) {
        return None;
    }
    let end = place::line_end(tokens, index);
    let in_tuple = tokens[line..index].iter().any(|t| t.1 == Token::Comma);
    let mut stopped = None;
    for round in 0..MAX_WORDS {
        let word = |i: usize| matches!(tokens[i].1, Token::Name(_));
        let begins = |i: usize| i <= line || !matches!(tokens[i - 1].1, Token::Dot | Token::As | Token::For);
        if index <= line || !tokens.get(index)?.1.starts_expression() {
            break;
        }
        let called = word(index - 1) && begins(index - 1);
        // Behind any operand it looks for a forgotten comma, without further rules.
        if !called && (round > 0 || !tokens[index - 1].1.ends_operand()) {
            break;
        }
        let rest = tokens.get(index..=end)?;
        let Err(failure) = run(cx, Mode::Expression, rest) else { break };
        let token = rest.get(failure.index)?.1;
        if let Cause::Refused(fault) = failure.cause {
            return called.then_some(Run::Found(*fault));
        }
        if called
            && !matches!(token, Token::Newline | Token::End | Token::Error)
            && let Cause::Unexpected(expected) = &failure.cause
        {
            let place = Place::new(rest, failure.index);
            let error = match token {
                // An element of a tuple is read as a value, a whole statement is not.
                Token::Assign if !in_tuple => None,
                Token::Assign if place.around.is_empty() => diagnose::assignment_as_value(cx, &place, 0),
                _ => diagnose::named(cx, &place, &Expected::new(expected)),
            };
            if let Some(error) = error {
                return Some(Run::Found(error));
            }
        }
        stopped = Some(Run::Stopped(token));
        if failure.index == 0 {
            break;
        }
        index += failure.index;
    }
    stopped
}

fn grammar_errors(cx: &Context<'_>, mode: Mode, mut tokens: Vec<Lexeme>) -> Vec<SyntaxError> {
    let mut found = Vec::new();
    let mut reached = None;
    while found.len() < MAX_ERRORS {
        let Err(failure) = run(cx, mode, &tokens) else { break };
        let mut index = failure.index;
        let mut kind = ErrorKind::SyntaxError;
        match failure.cause {
            Cause::Refused(fault) => {
                index = tokens.iter().position(|t| t.2 > fault.span.start && t.0 < t.2).unwrap_or(index).min(index);
                found.push(*fault);
            }
            Cause::Unexpected(_) if tokens.get(index).is_some_and(|t| t.1 == Token::Error) => {}
            Cause::Unexpected(expected) => {
                let error = diagnose(cx, &Place::new(&tokens, index), &Expected::new(&expected));
                kind = error.kind;
                found.push(error);
            }
        }
        let line = place::line_start(&tokens, index);
        if reached.is_some_and(|r| line < r) || mode == Mode::Expression {
            break;
        }
        match repair(&mut tokens, index, line, kind, found.last()) {
            Some(next) => reached = Some(next),
            None => break,
        }
    }
    found
}

/// Makes the error at `index` go away; returns the line from which on the next error counts.
fn repair(
    tokens: &mut Vec<Lexeme>,
    index: usize,
    line: usize,
    kind: ErrorKind,
    error: Option<&SyntaxError>,
) -> Option<usize> {
    use Token::*;
    let (at, token, _) = *tokens.get(index)?;
    if token == Indent {
        tokens.remove(index);
        let mut depth = 0;
        let dedent = tokens[index..].iter().position(|t| {
            depth += (t.1 == Indent) as i32 - (t.1 == Dedent) as i32;
            depth < 0
        });
        tokens.remove(index + dedent?);
        return Some(index);
    }
    if kind == ErrorKind::IndentationError {
        insert(tokens, index, at, &[Indent, Pass, Newline, Dedent]);
        return Some(index);
    }
    if error.is_some_and(|e| e.message == "expected 'except' or 'finally' block") {
        insert(tokens, index, at, &[Finally, Colon, Pass, Newline]);
        return Some(index);
    }
    if matches!(token, End | Dedent) && index == line {
        return Option::None;
    }
    let end = place::line_end(tokens, index.max(line));
    let stray = index == line;
    let block = tokens.get(end + 1).is_some_and(|t| t.1 == Indent);
    let mut header: Vec<Token> = match tokens[line].1 {
        At => vec![At, None],
        Elif if !stray => vec![Elif, None, Colon],
        Else if !stray => vec![Else, Colon],
        Except if !stray => vec![Except, None, Colon],
        Finally if !stray => vec![Finally, Colon],
        Try if !stray => vec![Try, Colon],
        Match if block => vec![Match, None, Colon],
        Case => vec![Case, None, Colon],
        _ if block => vec![If, None, Colon],
        _ => vec![],
    };
    if !block && header.last() != Some(&None) {
        header.push(Pass);
    }
    let start = tokens[line].0;
    tokens.splice(line..end, header.iter().map(|&t| (start, t, start)));
    Some(line + header.len() + 1)
}

fn insert(tokens: &mut Vec<Lexeme>, index: usize, at: u32, new: &[Token]) {
    tokens.splice(index..index, new.iter().map(|&t| (at, t, at)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(text: &str) -> Vec<String> {
        match parse(text, Mode::Module) {
            Ok(_) => Vec::new(),
            Err(errors) => errors.iter().map(|e| e.to_string()).collect(),
        }
    }

    fn first(text: &str) -> String {
        messages(text).into_iter().next().unwrap_or_default()
    }

    #[test]
    fn messages_are_those_of_cpython() {
        for (text, message) in [
            ("1 = x", "cannot assign to literal here. Maybe you meant '==' instead of '='?"),
            ("f() = 1", "cannot assign to function call here. Maybe you meant '==' instead of '='?"),
            ("(a, b) += 1", "'tuple' is an illegal expression for augmented assignment"),
            ("del f()", "cannot delete function call"),
            ("f(a b)", "invalid syntax. Perhaps you forgot a comma?"),
            ("print 'x'", "Missing parentheses in call to 'print'. Did you mean print(...)?"),
            ("if x = 1: pass", "invalid syntax. Maybe you meant '==' or ':=' instead of '='?"),
            ("if x\n  y", "expected ':'"),
            ("def f:\n  y", "expected '('"),
            ("x = a if b", "expected 'else' after 'if' expression"),
            ("x = (\ny = 1", "'(' was never closed"),
            ("if (a:\n  pass", "invalid syntax"),
            ("f(a=1, b)", "positional argument follows keyword argument"),
            ("{a: b, c}", "':' expected after dictionary key"),
            ("[a, b for a in c]", "did you forget parentheses around the comprehension target?"),
            ("from a import b,", "trailing comma not allowed without surrounding parentheses"),
            ("try:\n  pass\nx = 1", "expected 'except' or 'finally' block"),
            ("try:\n  pass\nexcept A, B:\n  pass", "multiple exception types must be parenthesized"),
            ("def f(*): pass", "named arguments must follow bare *"),
            ("f'{}'", "f-string: valid expression required before '}'"),
            ("f'{a b}'", "invalid syntax. Perhaps you forgot a comma?"),
            ("f'{a!x}'", "f-string: invalid conversion character 'x': expected 's', 'r', or 'a'"),
            ("x\0", "source code cannot contain null bytes"),
            ("class A: def f(): pass", "invalid syntax"),
        ] {
            assert_eq!(first(text), format!("SyntaxError: {message}"), "{text}");
        }
        assert_eq!(first("  x"), "IndentationError: unexpected indent");
        assert_eq!(
            first("class A:\n  def f(self):\n  pass"),
            "IndentationError: expected an indented block after function definition on line 2"
        );
    }

    #[test]
    fn independent_errors_are_all_told() {
        let text =
            "x = = 1\nif a\n  b = (1 2)\nelse:\n  c\nclass A:\n  def f(self:\n    return 1\n  def g():\n  x = 1\nd e\n";
        let all = messages(text);
        assert_eq!(all.len(), 6, "{all:#?}");
    }

    #[test]
    fn an_error_of_the_tokenizer_comes_first() {
        assert_eq!(
            messages("x = = 1\ny = 'a\n"),
            ["SyntaxError: unterminated string literal (detected at line 2)", "SyntaxError: invalid syntax"]
        );
    }

    #[test]
    fn deep_nesting_is_an_error() {
        for text in [
            "(".repeat(100_000),
            "[".repeat(199) + "x" + &"]".repeat(199) + &"-".repeat(100_000),
            "-".repeat(100_000) + "1",
            "not ".repeat(100_000) + "1",
            "a.".repeat(100_000) + "b",
            "1+".repeat(100_000) + "1",
            "lambda: ".repeat(100_000) + "1",
            "f'{".repeat(100_000),
            "x = ".to_string() + &"1 if 1 else ".repeat(100_000) + "1",
            "if 1: pass\n".to_string() + &"elif 1: pass\n".repeat(100_000),
            (0..300).map(|i| " ".repeat(i) + "if 1:\n").collect::<String>(),
        ] {
            assert!(!messages(&text).is_empty());
        }
        assert!(messages(&("a+".repeat(2_900) + "b")).is_empty());
        assert!(messages(&("(".repeat(199) + "x" + &")".repeat(199))).is_empty());
    }
}
