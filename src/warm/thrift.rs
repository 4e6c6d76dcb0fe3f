//! Giving back memory that is not needed any more.
//!
//! Starting a server runs through code of all kinds, and the kernel maps program pages sixteen at a time, so a supervisor
//! that has nothing more to do than wait would go on holding most of the program file: 6 MB of 10. The pages are those of
//! the file and can be had again.

/// Lets go of the pages of program code; those that are needed are mapped again, from the file, when they are.
///
/// Linux only: elsewhere nothing happens.
pub(super) fn let_go_of_code() {
    #[cfg(target_os = "linux")]
    if let Ok(maps) = std::fs::read_to_string("/proc/self/maps") {
        for (start, length) in maps.lines().filter_map(code) {
            forget(start, length);
        }
    }
}

/// Address and length of a line of `/proc/self/maps` that is about code in a file: readable, executable, not writable.
#[cfg(target_os = "linux")]
fn code(line: &str) -> Option<(usize, usize)> {
    let mut fields = line.split_ascii_whitespace();
    let (start, end) = fields.next()?.split_once('-')?;
    let (rights, _offset, _device, inode) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    if rights != "r-xp" || inode == "0" {
        return None;
    }
    let [start, end] = [start, end].map(|address| usize::from_str_radix(address, 16).ok());
    Some((start?, end?.checked_sub(start?)?))
}

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "no library has a safe name for it")]
fn forget(start: usize, length: usize) {
    use rustix::mm::{Advice, madvise};
    let address = std::ptr::with_exposed_provenance_mut(start);
    // SAFETY: the range is a whole mapping of this process, just read from the kernel, private and never written: it holds
    // what the file holds, and linkers put no relocations into code. Dropping its pages changes no byte that anybody can
    // read, since the next access maps the same ones of the same file again. Nobody unmaps program code meanwhile.
    let _ = unsafe { madvise(address, length, Advice::LinuxDontNeed) };
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn code_in_files_is_told_from_everything_else() {
        for (line, expected) in [
            (
                "55a39577c000-55a39616b000 r-xp 0042f000 fe:00 10010726  /usr/bin/opencode-rs",
                Some((0x55a3_9577_c000, 0x9e_f000)),
            ),
            (
                "55a39616b000-55a3961cc000 r--p 00e1d000 fe:00 10010726  /usr/bin/opencode-rs",
                None,
            ),
            (
                "55a3961cc000-55a3961ce000 rw-p 00e7d000 fe:00 10010726  /usr/bin/opencode-rs",
                None,
            ),
            ("7ffcd523f000-7ffcd5241000 r-xp 00000000 00:00 0  [vdso]", None),
            ("7f0000000000-7f0000001000 rwxp 00000000 00:00 0 ", None),
            ("nonsense", None),
        ] {
            assert_eq!(code(line), expected, "{line}");
        }
    }

    #[test]
    fn a_program_goes_on_without_the_code_that_it_let_go() {
        let_go_of_code();
        assert_eq!("still here".to_owned() + "!", "still here!");
    }
}
