//! What the policy says, as tables, and that nothing else runs.

#[cfg(unix)]
mod canaries;
#[cfg(unix)]
mod engine;
#[cfg(unix)]
mod everyday;
#[cfg(unix)]
mod exceptions;
#[cfg(target_os = "linux")]
mod oracle;
#[cfg(unix)]
mod outside;
#[cfg(unix)]
mod packs;
#[cfg(unix)]
mod plainly;
#[cfg(unix)]
mod real_shell;
#[cfg(unix)]
mod refused;
#[cfg(unix)]
mod table;
#[cfg(unix)]
mod wrapped;
