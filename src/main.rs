//! The command: arguments in, exit status out.

#[global_allocator]
static ALLOCATOR: aio::allocator::SizeLists = aio::allocator::SizeLists;

fn main() {
    // A release is built without unwinding: a panic would end it by a signal. It ends with its message and this status.
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        report(info);
        std::process::exit(101);
    }));
    std::process::exit(aio::cli::main(std::env::args_os().collect()));
}
