//! The module `json`: reading and writing are native, the classes around them a script.

mod read;
mod write;

use super::ModuleSpec;
use crate::object::{Fun, Row};

pub static SPEC: ModuleSpec =
    ModuleSpec { name: "json", rows: ROWS, init: None, script: Some(include_str!("json.aio")) };

/// Where CPython has `JSONDecodeError`.
pub static DECODER: ModuleSpec = ModuleSpec::script("json.decoder", "from json import JSONDecodeError, JSONDecoder\n");
pub static ENCODER: ModuleSpec = ModuleSpec::script("json.encoder", "from json import JSONEncoder\n");

const ROWS: &[Row] = &[
    Row::function("_read", "(text, start, options, error, /)", Fun::Bound(read::read)),
    Row::function("_write", "(value, options, /)", Fun::F2(write::write)),
    Row::function("_quote", "(text, ascii, /)", Fun::F2(write::quote)),
];
