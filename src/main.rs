//! The `opencode-rs` program; everything is in the library.

use std::process::ExitCode;

/// What the main thread usually has.
const STACK: usize = 8 * 1024 * 1024;

/// Calls `main` on a thread of its own where `ulimit -s` leaves the main thread less than it needs.
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
    // Before anything else: the guard of an engine and the supervisor of a warm one are this same program, and stay small.
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
