//! The tokens: one enum for the lexer (logos), the layout and the grammar.
//!
//! A token is small and `Copy`: strings and numbers carry no value, the parser's actions decode
//! them from the source text (`string.rs`, `number.rs`). Knows no rule about where a token may stand.

use logos::Logos;

use crate::intern::Symbol;

/// One token with its byte range.
pub type Lexeme = (u32, Token, u32);

/// What the lexer finds and the layout adds.
#[derive(Logos, Clone, Copy, Debug, PartialEq)]
#[logos(skip r"[ \t\x0c]+")]
#[logos(skip(r"#[^\r\n]*", allow_greedy = true))]
pub enum Token {
    // Made by the parser's driver: which program the grammar is to read.
    StartModule,
    StartExpression,

    // Made by the layout.
    Newline,
    Indent,
    Dedent,
    /// The end of the text.
    End,
    /// A place where the lexer has reported an error; the grammar knows no such token.
    Error,
    /// `match`, `case` and `type` where they are keywords.
    Match,
    Case,
    Type,

    // Raw: read by the lexer, never seen by the grammar.
    #[regex(r"\r\n|\n|\r")]
    LineEnd,
    #[regex(r"\\(\r\n|\n|\r)")]
    Continuation,
    /// The prefix and first quote of a string; the lexer finds its end.
    #[regex(r#"([rR]|[bB]|[uU]|[bB][rR]|[rR][bB])?['"]"#)]
    StringOpen,
    /// The first character or two of a number; the lexer finds its end.
    #[regex(r"\.?[0-9]")]
    NumberOpen,

    /// A character that no program contains outside strings and comments (`$`, `?`, a backquote), and `<>`.
    #[token("<>")]
    Unknown,

    #[regex(r"[A-Za-z_\u{80}-\u{10ffff}][A-Za-z0-9_\u{80}-\u{10ffff}]*", |lex| Symbol::new(lex.slice()))]
    Name(Symbol),
    Number,
    String,
    /// `f"`, `rf'''` and so on.
    #[regex(r#"([fF]|[fF][rR]|[rR][fF])['"]"#)]
    FStringStart,
    /// Literal text of an f-string or of a format spec; whether the string is raw.
    FStringMiddle(bool),
    FStringEnd,
    /// The `:` that begins a format spec.
    FStringColon,

    #[token("False")]
    False,
    #[token("None")]
    None,
    #[token("True")]
    True,
    #[token("and")]
    And,
    #[token("as")]
    As,
    #[token("assert")]
    Assert,
    #[token("async")]
    Async,
    #[token("await")]
    Await,
    #[token("break")]
    Break,
    #[token("class")]
    Class,
    #[token("continue")]
    Continue,
    #[token("def")]
    Def,
    #[token("del")]
    Del,
    #[token("elif")]
    Elif,
    #[token("else")]
    Else,
    #[token("except")]
    Except,
    #[token("finally")]
    Finally,
    #[token("for")]
    For,
    #[token("from")]
    From,
    #[token("global")]
    Global,
    #[token("if")]
    If,
    #[token("import")]
    Import,
    #[token("in")]
    In,
    #[token("is")]
    Is,
    #[token("lambda")]
    Lambda,
    #[token("nonlocal")]
    Nonlocal,
    #[token("not")]
    Not,
    #[token("or")]
    Or,
    #[token("pass")]
    Pass,
    #[token("raise")]
    Raise,
    #[token("return")]
    Return,
    #[token("try")]
    Try,
    #[token("while")]
    While,
    #[token("with")]
    With,
    #[token("yield")]
    Yield,

    #[token("(")]
    LeftParen,
    #[token(")")]
    RightParen,
    #[token("[")]
    LeftBracket,
    #[token("]")]
    RightBracket,
    #[token("{")]
    LeftBrace,
    #[token("}")]
    RightBrace,
    #[token(",")]
    Comma,
    #[token(":")]
    Colon,
    #[token(":=")]
    Walrus,
    #[token(";")]
    Semicolon,
    #[token(".")]
    Dot,
    #[token("...")]
    Ellipsis,
    #[token("->")]
    Arrow,
    #[token("=")]
    Assign,
    #[token("!")]
    Bang,
    #[token("+")]
    Plus,
    #[token("-")]
    Minus,
    #[token("*")]
    Star,
    #[token("**")]
    DoubleStar,
    #[token("/")]
    Slash,
    #[token("//")]
    DoubleSlash,
    #[token("%")]
    Percent,
    #[token("@")]
    At,
    #[token("<<")]
    LeftShift,
    #[token(">>")]
    RightShift,
    #[token("&")]
    Ampersand,
    #[token("|")]
    Pipe,
    #[token("^")]
    Caret,
    #[token("~")]
    Tilde,
    #[token("<")]
    Less,
    #[token(">")]
    Greater,
    #[token("<=")]
    LessEqual,
    #[token(">=")]
    GreaterEqual,
    #[token("==")]
    EqualEqual,
    #[token("!=")]
    NotEqual,
    #[token("+=")]
    PlusAssign,
    #[token("-=")]
    MinusAssign,
    #[token("*=")]
    StarAssign,
    #[token("/=")]
    SlashAssign,
    #[token("//=")]
    DoubleSlashAssign,
    #[token("%=")]
    PercentAssign,
    #[token("@=")]
    AtAssign,
    #[token("&=")]
    AmpersandAssign,
    #[token("|=")]
    PipeAssign,
    #[token("^=")]
    CaretAssign,
    #[token("<<=")]
    LeftShiftAssign,
    #[token(">>=")]
    RightShiftAssign,
    #[token("**=")]
    DoubleStarAssign,
}

impl Token {
    pub fn is_open(self) -> bool {
        matches!(self, Token::LeftParen | Token::LeftBracket | Token::LeftBrace)
    }

    pub fn is_close(self) -> bool {
        matches!(self, Token::RightParen | Token::RightBracket | Token::RightBrace)
    }

    /// Whether an expression can begin with this token.
    pub fn starts_expression(self) -> bool {
        self.starts_operand()
            || matches!(
                self,
                Token::LeftParen | Token::LeftBracket | Token::Plus | Token::Minus | Token::Lambda | Token::Not
            )
    }

    /// Whether this token begins an operand and cannot continue one: two operands side by side lack
    /// something between them.
    pub fn starts_operand(self) -> bool {
        matches!(
            self,
            Token::Name(_)
                | Token::Number
                | Token::String
                | Token::FStringStart
                | Token::LeftBrace
                | Token::Tilde
                | Token::Await
                | Token::None
                | Token::True
                | Token::False
                | Token::Ellipsis
        )
    }

    /// Whether an operand can end with this token.
    pub fn ends_operand(self) -> bool {
        matches!(
            self,
            Token::Name(_)
                | Token::Number
                | Token::String
                | Token::FStringEnd
                | Token::None
                | Token::True
                | Token::False
                | Token::Ellipsis
                | Token::RightParen
                | Token::RightBracket
                | Token::RightBrace
        )
    }

    /// Whether a line that begins with this token opens a block.
    pub fn opens_block(self) -> bool {
        use Token::*;
        matches!(
            self,
            If | Elif | Else | For | While | With | Try | Except | Finally | Def | Class | Match | Case | Async
        )
    }

    /// The token as written in programs, `None` for those whose text varies or that have none.
    pub fn text(self) -> Option<&'static str> {
        use Token::*;
        Some(match self {
            Match => "match",
            Case => "case",
            Type => "type",
            FStringColon => ":",
            False => "False",
            None => "None",
            True => "True",
            And => "and",
            As => "as",
            Assert => "assert",
            Async => "async",
            Await => "await",
            Break => "break",
            Class => "class",
            Continue => "continue",
            Def => "def",
            Del => "del",
            Elif => "elif",
            Else => "else",
            Except => "except",
            Finally => "finally",
            For => "for",
            From => "from",
            Global => "global",
            If => "if",
            Import => "import",
            In => "in",
            Is => "is",
            Lambda => "lambda",
            Nonlocal => "nonlocal",
            Not => "not",
            Or => "or",
            Pass => "pass",
            Raise => "raise",
            Return => "return",
            Try => "try",
            While => "while",
            With => "with",
            Yield => "yield",
            LeftParen => "(",
            RightParen => ")",
            LeftBracket => "[",
            RightBracket => "]",
            LeftBrace => "{",
            RightBrace => "}",
            Comma => ",",
            Colon => ":",
            Walrus => ":=",
            Semicolon => ";",
            Dot => ".",
            Ellipsis => "...",
            Arrow => "->",
            Assign => "=",
            Bang => "!",
            Plus => "+",
            Minus => "-",
            Star => "*",
            DoubleStar => "**",
            Slash => "/",
            DoubleSlash => "//",
            Percent => "%",
            At => "@",
            LeftShift => "<<",
            RightShift => ">>",
            Ampersand => "&",
            Pipe => "|",
            Caret => "^",
            Tilde => "~",
            Less => "<",
            Greater => ">",
            LessEqual => "<=",
            GreaterEqual => ">=",
            EqualEqual => "==",
            NotEqual => "!=",
            PlusAssign => "+=",
            MinusAssign => "-=",
            StarAssign => "*=",
            SlashAssign => "/=",
            DoubleSlashAssign => "//=",
            PercentAssign => "%=",
            AtAssign => "@=",
            AmpersandAssign => "&=",
            PipeAssign => "|=",
            CaretAssign => "^=",
            LeftShiftAssign => "<<=",
            RightShiftAssign => ">>=",
            DoubleStarAssign => "**=",
            StartModule | StartExpression | Newline | Indent | Dedent | End | Error | LineEnd | Continuation
            | StringOpen | NumberOpen | Unknown | Name(_) | Number | String | FStringStart | FStringMiddle(_)
            | FStringEnd => return Option::None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_win_over_names_of_the_same_length_only() {
        let tokens: Vec<_> = Token::lexer("if iff async_ is").map(|t| t.ok()).collect();
        assert_eq!(tokens[0], Some(Token::If));
        assert_eq!(tokens[1], Some(Token::Name(Symbol::new("iff"))));
        assert_eq!(tokens[2], Some(Token::Name(Symbol::new("async_"))));
        assert_eq!(tokens[3], Some(Token::Is));
    }

    #[test]
    fn string_prefixes_are_told_from_names() {
        assert_eq!(Token::lexer("rb'").next(), Some(Ok(Token::StringOpen)));
        assert_eq!(Token::lexer("Rf\"").next(), Some(Ok(Token::FStringStart)));
        assert_eq!(Token::lexer("ub'").next(), Some(Ok(Token::Name(Symbol::new("ub")))));
    }
}
