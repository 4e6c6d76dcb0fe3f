//! The `opencode-rs` program; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(status) = opencode_rs::server::guard_main(std::env::args_os()) {
        return status;
    }
    ExitCode::SUCCESS
}
