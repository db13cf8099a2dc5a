//! `aio check`
use crate::engine::Text;
pub fn check_text(_: &str, _: Text) -> (i32, String) {
    (0, String::new())
}
