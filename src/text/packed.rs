//! Texts that stand in the command compressed (DEFLATE) by `build.rs`. Knows nothing of what they are.

/// The text.
pub fn unpack(packed: &[u8]) -> String {
    let bytes = miniz_oxide::inflate::decompress_to_vec(packed).expect("build.rs has compressed it");
    String::from_utf8(bytes).expect("what build.rs compresses is UTF-8")
}
