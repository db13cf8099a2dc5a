//! The command: arguments in, exit status out.

fn main() {
    std::process::exit(aio::cli::main(std::env::args_os().collect()));
}
