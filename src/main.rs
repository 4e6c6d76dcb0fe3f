//! The `opencode-rs` program; all code is in the library.

use std::process::ExitCode;

/// The usual stack size of a main thread, in bytes.
const STACK: usize = 8 * 1024 * 1024;

/// Calls `main` on a thread of its own when `ulimit -s` leaves the main thread too small a stack.
fn on_a_large_stack(main: fn() -> ExitCode) -> ExitCode {
    #[cfg(unix)]
    {
        let limit = rustix::process::getrlimit(rustix::process::Resource::Stack).current;
        if limit.is_some_and(|limit| limit < STACK as u64)
            && let Ok(thread) = std::thread::Builder::new().stack_size(STACK).spawn(main)
        {
            return thread.join().unwrap_or(ExitCode::FAILURE);
        }
    }
    main()
}

fn main() -> ExitCode {
    // First of all: the guard process of an engine and the supervisor of a warm server run this same program, and stay
    // small.
    if let Some(status) = opencode_rs::server::guard_main(std::env::args_os()) {
        return status;
    }
    #[cfg(unix)]
    if let Some(status) = opencode_rs::warm::supervisor_main(std::env::args_os()) {
        return status;
    }
    #[cfg(unix)]
    if let Some(status) = opencode_rs::commands::probe::on_terminal_main(std::env::args_os()) {
        return status;
    }
    on_a_large_stack(opencode_rs::app::main)
}
