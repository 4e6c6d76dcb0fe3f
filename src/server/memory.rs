//! How much memory a process takes.

/// The memory of a process that is in the machine's, in bytes; `None` where there is no such process.
#[cfg(target_os = "linux")]
pub fn resident_memory(pid: u32) -> Option<u64> {
    // The name in it is whatever the process likes, so it may be no UTF-8.
    let status = std::fs::read(format!("/proc/{pid}/status")).ok()?;
    let status = String::from_utf8_lossy(&status);
    let kibibytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = kibibytes.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// The memory of a process that is in the machine's, in bytes; `None` where there is no such process.
#[cfg(not(target_os = "linux"))]
pub fn resident_memory(pid: u32) -> Option<u64> {
    let output = super::guard::descendants::ps(&["-o", "rss=", "-p", &pid.to_string()])?;
    let kibibytes: u64 = output.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_takes_some_and_one_that_is_not_there_takes_none() {
        let own = resident_memory(std::process::id()).unwrap();
        assert!((1 << 20..1 << 36).contains(&own), "{own}");
        assert_eq!(resident_memory(u32::MAX >> 2), None);
    }
}
