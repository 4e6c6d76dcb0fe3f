//! The `opencode-rs` program; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Before anything else: the guard of an engine is this same program, and must stay small.
    if let Some(status) = opencode_rs::server::guard_main(std::env::args_os()) {
        return status;
    }
    opencode_rs::app::main()
}
