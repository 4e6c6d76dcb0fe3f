//! What the policy says, as tables, and that nothing else runs.

#[cfg(unix)]
mod canaries;
#[cfg(unix)]
mod engine;
#[cfg(unix)]
mod real_shell;
#[cfg(unix)]
mod table;
#[cfg(unix)]
mod wrapped;
