//! The `opencode-rs` program; everything is in the library.

fn main() {}
