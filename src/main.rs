//! The `opencode-rs` program; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Before anything else: the guard of an engine and the supervisor of a warm one are this same program, and stay small.
    if let Some(status) = opencode_rs::server::guard_main(std::env::args_os()) {
        return status;
    }
    #[cfg(unix)]
    if let Some(status) = opencode_rs::warm::supervisor_main(std::env::args_os()) {
        return status;
    }
    opencode_rs::app::main()
}
