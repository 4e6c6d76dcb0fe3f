//! What the policy says, as tables.

#[cfg(unix)]
mod real_shell;
#[cfg(unix)]
mod table;
#[cfg(unix)]
mod wrapped;
