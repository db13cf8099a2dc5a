//! Generates the parser from `grammar/python.lalrpop`, compresses the library's scripts and the names of characters, and says
//! how the command is linked.

use std::path::Path;
use std::{env, fs, io};

/// Where modules stand, those that are scripts among them.
const MODULES: &str = "src/modules";

fn main() {
    // What `profile/rustc` goes by: cargo does not know of it.
    println!("cargo:rerun-if-changed=profile");
    println!("cargo:rerun-if-env-changed=AIO_PROFILE");
    link_command();
    println!("cargo:rerun-if-changed=grammar/python.lalrpop");
    lalrpop::Configuration::new()
        .set_in_dir("grammar")
        .emit_rerun_directives(true)
        .process()
        .expect("grammar/python.lalrpop is a valid LALRPOP grammar");
    println!("cargo:rerun-if-changed={MODULES}");
    let out = env::var("OUT_DIR").expect("cargo sets it");
    pack_scripts(Path::new(MODULES), &Path::new(&out).join("modules")).expect("the library's scripts can be read");
    pack_names(Path::new(&out)).expect("cargo's folder can be written to");
}

/// The command on Linux: linked to a fixed address it has no relocations to do at its start, and is smaller by what would list
/// them; what runs at start stands together (`startup.ld`), where it is the toolchain's own linker that reads this.
fn link_command() {
    println!("cargo:rerun-if-changed=startup.ld");
    let variable = |name: &str| env::var(name).unwrap_or_default();
    if variable("CARGO_CFG_TARGET_OS") != "linux" {
        return;
    }
    println!("cargo::rustc-link-arg-bins=-no-pie");
    let flags = variable("CARGO_ENCODED_RUSTFLAGS");
    let chosen = !variable("RUSTC_LINKER").is_empty() || flags.contains("linker") || flags.contains("fuse-ld");
    let gnu = variable("CARGO_CFG_TARGET_ENV") == "gnu" && variable("CARGO_CFG_TARGET_ARCH") == "x86_64";
    if gnu && !chosen && variable("PROFILE") == "release" {
        println!("cargo::rustc-link-arg-bins=-Wl,-T,{}/startup.ld", variable("CARGO_MANIFEST_DIR"));
    }
}

/// Compresses each script below a folder into the folder of the same name below another (`src/modules/packed.rs`).
fn pack_scripts(folder: &Path, out: &Path) -> io::Result<()> {
    fs::create_dir_all(out)?;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().expect("an entry of a folder has a name");
        if path.is_dir() {
            pack_scripts(&path, &out.join(name))?;
        } else if path.extension().is_some_and(|extension| extension == "aio") {
            let packed = miniz_oxide::deflate::compress_to_vec(&fs::read(&path)?, 10);
            fs::write(out.join(name).with_extension("z"), packed)?;
        }
    }
    Ok(())
}

/// How many names are compressed together: one is found by unpacking its block.
const BLOCK: usize = 512;

/// Compresses the names of all characters for `src/text/names.rs`, in their order, into `names.z`; `names.rs` says which
/// names the blocks begin with and where they end, and which names end in their code point (a range and what stands before
/// the hyphen). Hangul syllables are left out.
///
/// A line of a block is a name: a digit, which says how many words it shares with the name before, and the others; after a
/// tab, unless it is one, the way from the code point before to its own in hexadecimal.
fn pack_names(out: &Path) -> io::Result<()> {
    let mut names: Vec<(String, u32)> = Vec::new();
    let mut ranges: Vec<(u32, u32, String)> = Vec::new();
    for c in '\0'..=char::MAX {
        let Some(name) = unicode_names2::name(c).map(|name| name.to_string()) else { continue };
        let code = c as u32;
        if let Some(prefix) = name.strip_suffix(&format!("-{code:X}")) {
            match ranges.last_mut() {
                Some((_, last, before)) if *last + 1 == code && before == prefix => *last = code,
                _ => ranges.push((code, code, prefix.to_owned())),
            }
        } else if !name.starts_with("HANGUL SYLLABLE ") {
            names.push((name, code));
        }
    }
    names.sort_unstable();
    let (mut blocks, mut packed) = (Vec::new(), Vec::new());
    for block in names.chunks(BLOCK) {
        let (mut text, mut before, mut at) = (String::new(), Vec::new(), 0);
        for (name, code) in block {
            let words: Vec<&str> = name.split(' ').collect();
            let same = words.iter().zip(&before).take_while(|(a, b)| a == b).count();
            let shared = same.min(9).min(words.len() - 1);
            text += &format!("{shared}{}", words[shared..].join(" "));
            match i64::from(*code) - at {
                1 => text += "\n",
                way if way < 0 => text += &format!("\t-{:X}\n", -way),
                way => text += &format!("\t{way:X}\n"),
            }
            (before, at) = (words, i64::from(*code));
        }
        packed.extend(miniz_oxide::deflate::compress_to_vec(text.as_bytes(), 10));
        blocks.push((&block[0].0, packed.len()));
    }
    fs::write(out.join("names.z"), packed)?;
    let source =
        format!("static BLOCKS: &[(&str, usize)] = &{blocks:?};\nstatic RANGES: &[(u32, u32, &str)] = &{ranges:?};\n");
    fs::write(out.join("names.rs"), source)
}
