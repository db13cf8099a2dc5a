//! The module `json`: reading and writing are native, the classes around them a script.

mod read;
mod write;

use super::ModuleSpec;
use crate::modules::packed::packed;
use crate::object::{Fun, Row};

pub static SPEC: ModuleSpec = ModuleSpec { name: "json", rows: ROWS, init: None, script: Some(packed!("json/json")) };

/// Where CPython has `JSONDecodeError`.
pub static DECODER: ModuleSpec = ModuleSpec::script("json.decoder", packed!("json/decoder"));
pub static ENCODER: ModuleSpec = ModuleSpec::script("json.encoder", packed!("json/encoder"));

const ROWS: &[Row] = &[
    Row::function("_read", "(text, start, options, error, /)", Fun::Bound(read::read)),
    Row::function("_write", "(value, options, /)", Fun::F2(write::write)),
    Row::function("_quote", "(text, ascii, /)", Fun::F2(write::quote)),
];
