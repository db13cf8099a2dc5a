//! Generates the parser from `grammar/python.lalrpop`, compresses the library's scripts, and says how the command is linked.

use std::path::Path;
use std::{env, fs, io};

/// Where modules stand, those that are scripts among them.
const MODULES: &str = "src/modules";

fn main() {
    // Linked to a fixed address, the command has no relocations to do at its start, and is smaller by what would list them.
    if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
    println!("cargo:rerun-if-changed=grammar/python.lalrpop");
    lalrpop::Configuration::new()
        .set_in_dir("grammar")
        .emit_rerun_directives(true)
        .process()
        .expect("grammar/python.lalrpop is a valid LALRPOP grammar");
    println!("cargo:rerun-if-changed={MODULES}");
    let out = env::var("OUT_DIR").expect("cargo sets it");
    pack_scripts(Path::new(MODULES), &Path::new(&out).join("modules")).expect("the library's scripts can be read");
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
