//! The `opencode-rs` program; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    opencode_rs::app::main()
}
