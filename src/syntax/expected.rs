//! The parser's set of legal tokens, in words.
//!
//! LALRPOP lists every token that could stand at the place of an error, often thirty. What a reader
//! wants is one thing, or three at most: what closes the innermost bracket, what ends the header, or
//! "an expression".

use super::place::{Around, Place};
use super::token::Token;

/// The set of tokens that were legal, by their names in the grammar.
pub struct Expected<'e> {
    names: &'e [String],
}

impl<'e> Expected<'e> {
    pub fn new(names: &'e [String]) -> Expected<'e> {
        Expected { names }
    }

    /// Whether `name` was legal: a token's text as in `":"`, or a name such as `Newline`.
    pub fn has(&self, name: &str) -> bool {
        self.names.iter().any(|n| n.trim_matches('"') == name)
    }

    fn expression(&self) -> bool {
        self.has("Identifier") && self.has("Number")
    }

    fn operator(&self) -> bool {
        self.has("|") && self.has("and") || self.has("+") && self.has("*") && !self.expression()
    }

    /// What was expected at `place`, for an error's label.
    pub fn words(&self, place: &Place<'_>) -> String {
        if place.in_header() && self.has(":") && !self.expression() {
            return format!("expected `:`{}", after(place));
        }
        if self.expression() {
            let what = if self.has("Newline") { "an expression or the end of the line" } else { "an expression" };
            return format!("expected {what}");
        }
        if let Some(words) = self.closing(place) {
            return words;
        }
        if place.around.is_empty() && self.operator() && self.has("Newline") {
            return "expected an operator or the end of the line".to_string();
        }
        let mut options: Vec<String> = Vec::new();
        for (name, words) in [
            ("Indent", "an indented block"),
            ("Identifier", "a name"),
            ("String", "a string"),
            ("=", "`=`"),
            (":", "`:`"),
            ("in", "`in`"),
            ("import", "`import`"),
            ("else", "`else`"),
            ("except", "`except`"),
            ("finally", "`finally`"),
            ("def", "`def`"),
            ("class", "`class`"),
            ("case", "`case`"),
            ("(", "`(`"),
            ("Newline", "the end of the line"),
        ] {
            if self.has(name) && !(name == "(" && self.operator()) {
                options.push(words.to_string());
            }
        }
        if self.operator() {
            options.push("an operator".to_string());
        }
        options.truncate(3);
        match options.pop() {
            None => "not expected here".to_string(),
            Some(last) if options.is_empty() => format!("expected {last}"),
            Some(last) => format!("expected {} or {last}", options.join(", ")),
        }
    }

    /// Inside brackets, after an operand: what would go on or close.
    fn closing(&self, place: &Place<'_>) -> Option<String> {
        let open = place.open()?;
        let close = match place.at(open) {
            Token::LeftParen => ")",
            Token::LeftBracket => "]",
            _ => "}",
        };
        if !self.has(close) {
            return None;
        }
        if matches!(place.innermost(), Some(Around::Field(_))) {
            return Some("expected `}` to close the field".to_string());
        }
        let opener = place.at(open).text().unwrap_or("");
        Some(if self.has(",") {
            format!("expected `,` or `{close}`")
        } else {
            format!("expected `{close}` to close the `{opener}`")
        })
    }
}

/// After what the colon of a header belongs.
fn after(place: &Place<'_>) -> &'static str {
    match place.header() {
        Token::If | Token::Elif | Token::While => " after the condition",
        Token::For => " after what is iterated over",
        Token::With => " after the context managers",
        Token::Def => " after the function's header",
        Token::Class => " after the class's header",
        Token::Match => " after the subject",
        Token::Case => " after the pattern",
        Token::Except => " after the exception's type",
        Token::Else => " after `else`",
        Token::Try => " after `try`",
        Token::Finally => " after `finally`",
        _ => "",
    }
}
