//! Generates the parser from `grammar/python.lalrpop`, and says how the command is linked.

fn main() {
    // Linked to a fixed address, the command has no relocations to do at its start, and is smaller by what would list them.
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
    println!("cargo:rerun-if-changed=grammar/python.lalrpop");
    lalrpop::Configuration::new()
        .set_in_dir("grammar")
        .emit_rerun_directives(true)
        .process()
        .expect("grammar/python.lalrpop is a valid LALRPOP grammar");
}
