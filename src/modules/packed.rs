//! Scripts of the library as they stand in the command: compressed one by one by `build.rs` (DEFLATE), unpacked when their module is
//! imported. As they are they would be a thirtieth of it.

/// The text of a module.
#[derive(Clone, Copy)]
pub struct Packed(pub &'static [u8]);

/// The script `src/modules/$path.aio`.
macro_rules! packed {
    ($path:literal) => {
        $crate::modules::packed::Packed(include_bytes!(concat!(env!("OUT_DIR"), "/modules/", $path, ".z")))
    };
}
pub(crate) use packed;

impl Packed {
    /// The script.
    pub fn text(self) -> String {
        crate::text::packed::unpack(self.0)
    }
}

#[cfg(test)]
mod tests {
    use crate::modules::library;

    #[test]
    fn every_script_can_be_unpacked() {
        let scripts: Vec<_> = library::all().filter_map(|spec| Some((spec.name, spec.script?))).collect();
        assert!(scripts.len() > 20);
        for (name, script) in scripts {
            assert!(!script.text().is_empty(), "{name}");
        }
    }
}
