//! The command: arguments in, exit status out.

#[global_allocator]
static ALLOCATOR: aio::allocator::SizeLists = aio::allocator::SizeLists;

fn main() {
    std::process::exit(aio::cli::main(std::env::args_os().collect()));
}
