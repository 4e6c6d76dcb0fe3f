//! Settings of git by which it starts programs.

use super::names::Names;

/// The last parts of the names of settings that name a program, a directory of programs, or a file with more settings. Lower
/// case, as git lists them.
const STARTING: Names = Names(
    "askpass clean cmd command defaultkeycommand difffilter driver editor external fsmonitor gitproxy helper hookspath \
     packobjectshook pager path process program smtpserver smudge sshcommand templatedir textconv alternaterefscommand",
);

/// Whether git starts what a setting names, or reads more settings there.
pub fn starts_programs(name: &str) -> bool {
    let (section, key) = (name.split('.').next(), name.rsplit('.').next());
    section.is_some_and(|section| matches!(section, "alias" | "pager")) || key.is_some_and(|key| STARTING.contains(key))
}
