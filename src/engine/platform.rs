//! Which build of the engine a machine can run.
//!
//! In: facts about the host. Out: the builds worth trying, best first, with the names that releases and the npm registry
//! give them. The table is pure and the same on every machine; only [`Host::detect`] looks at the machine.

use std::fmt;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::str::FromStr;

use crate::context::Environment;

/// An operating system that the engine is built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Os {
    Linux,
    /// macOS; `darwin` in names.
    MacOs,
    /// Windows; never `win32` in names.
    Windows,
}

/// A processor family that the engine is built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cpu {
    X64,
    Arm64,
}

/// A C library of Linux.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Libc {
    Glibc,
    Musl,
}

/// Which instructions a build needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Instructions {
    /// What the platform's machines have today; AVX2 on x64.
    Usual,
    /// `-baseline`: older x64 machines too.
    Baseline,
}

/// How the files of a release are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArchiveKind {
    /// `.tar.gz` and the npm registry's `.tgz`.
    TarGz,
    Zip,
}

/// One build of the engine, such as `linux-x64-baseline-musl`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BuildTarget {
    pub os: Os,
    pub cpu: Cpu,
    /// musl instead of what the system usually has.
    pub musl: bool,
    pub instructions: Instructions,
}

impl BuildTarget {
    /// Every build that is released.
    pub const ALL: [Self; 12] = {
        use Cpu::{Arm64, X64};
        use Instructions::{Baseline, Usual};
        use Os::{Linux, MacOs, Windows};
        [
            Self::new(Linux, X64, false, Usual),
            Self::new(Linux, X64, false, Baseline),
            Self::new(Linux, X64, true, Usual),
            Self::new(Linux, X64, true, Baseline),
            Self::new(Linux, Arm64, false, Usual),
            Self::new(Linux, Arm64, true, Usual),
            Self::new(MacOs, Arm64, false, Usual),
            Self::new(MacOs, X64, false, Usual),
            Self::new(MacOs, X64, false, Baseline),
            Self::new(Windows, X64, false, Usual),
            Self::new(Windows, X64, false, Baseline),
            Self::new(Windows, Arm64, false, Usual),
        ]
    };

    const fn new(os: Os, cpu: Cpu, musl: bool, instructions: Instructions) -> Self {
        Self {
            os,
            cpu,
            musl,
            instructions,
        }
    }

    /// The packing of this build's release file.
    pub const fn archive_kind(self) -> ArchiveKind {
        match self.os {
            Os::Linux => ArchiveKind::TarGz,
            Os::MacOs | Os::Windows => ArchiveKind::Zip,
        }
    }

    /// The name of this build's release file; always matched whole, since desktop files have similar names.
    pub fn asset(self) -> String {
        match self.archive_kind() {
            ArchiveKind::TarGz => format!("opencode-{self}.tar.gz"),
            ArchiveKind::Zip => format!("opencode-{self}.zip"),
        }
    }

    /// The name of this build's npm package.
    pub fn npm_package(self) -> String {
        format!("opencode-{self}")
    }

    /// The name of the executable in the archive and on disk.
    pub const fn executable(self) -> &'static str {
        match self.os {
            Os::Windows => "opencode.exe",
            Os::Linux | Os::MacOs => "opencode",
        }
    }
}

impl fmt::Display for BuildTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let os = match self.os {
            Os::Linux => "linux",
            Os::MacOs => "darwin",
            Os::Windows => "windows",
        };
        let cpu = match self.cpu {
            Cpu::X64 => "x64",
            Cpu::Arm64 => "arm64",
        };
        write!(f, "{os}-{cpu}")?;
        if self.instructions == Instructions::Baseline {
            f.write_str("-baseline")?;
        }
        if self.musl {
            f.write_str("-musl")?;
        }
        Ok(())
    }
}

/// A name that is not in [`BuildTarget::ALL`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a build of the engine")]
pub struct UnknownTarget(pub String);

impl FromStr for BuildTarget {
    type Err = UnknownTarget;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|target| target.to_string() == name)
            .ok_or_else(|| UnknownTarget(name.to_owned()))
    }
}

/// What matters about a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    pub os: Os,
    /// The processors that it can run programs for: its own, then what it emulates.
    pub cpus: Vec<Cpu>,
    /// The C libraries whose loaders it has, its own first; empty off Linux.
    pub libcs: Vec<Libc>,
    /// Whether an x64 program may use AVX2.
    pub avx2: bool,
}

/// A machine that no engine is built for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no engine for {os} on {cpu}")]
pub struct UnsupportedPlatform {
    pub os: String,
    pub cpu: String,
}

impl Host {
    /// Looks at this machine. The C library is the system's, not the library of this program's build.
    ///
    /// # Errors
    ///
    /// On a system or processor that no engine is built for.
    pub fn detect(environment: &Environment) -> Result<Self, UnsupportedPlatform> {
        let (os_name, cpu_name) = (std::env::consts::OS, std::env::consts::ARCH);
        let unsupported = || UnsupportedPlatform {
            os: os_name.to_owned(),
            cpu: cpu_name.to_owned(),
        };
        let os = match os_name {
            "linux" => Os::Linux,
            "macos" => Os::MacOs,
            "windows" => Os::Windows,
            _ => return Err(unsupported()),
        };
        let own = match cpu_name {
            "x86_64" => Cpu::X64,
            "aarch64" => Cpu::Arm64,
            _ => return Err(unsupported()),
        };
        let cpus = match (os, own) {
            (Os::MacOs, Cpu::X64) if translated_by_rosetta() => vec![Cpu::Arm64],
            (Os::Windows, _) if own == Cpu::Arm64 || emulated_by_windows(environment) => vec![Cpu::Arm64, Cpu::X64],
            _ => vec![own],
        };
        // An emulator may or may not translate AVX2; a baseline build runs either way.
        let avx2 = cpus == [Cpu::X64] && has_avx2();
        let libcs = match os {
            Os::Linux => libcs_below(Path::new("/"), own),
            Os::MacOs | Os::Windows => Vec::new(),
        };
        Ok(Self { os, cpus, libcs, avx2 })
    }

    /// The builds worth trying, best first. The order equals the order in the npm package of the engine.
    pub fn targets(&self) -> Vec<BuildTarget> {
        let instructions = if self.avx2 {
            [Instructions::Usual, Instructions::Baseline]
        } else {
            [Instructions::Baseline, Instructions::Usual]
        };
        let musl = match self.os {
            Os::Linux => self.libcs.iter().map(|libc| *libc == Libc::Musl).collect(),
            Os::MacOs | Os::Windows => vec![false],
        };
        let mut targets = Vec::new();
        for cpu in &self.cpus {
            for musl in &musl {
                for instructions in instructions {
                    let target = BuildTarget::new(self.os, *cpu, *musl, instructions);
                    if BuildTarget::ALL.contains(&target) {
                        targets.push(target);
                    }
                }
            }
        }
        targets
    }
}

#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    std::arch::is_x86_feature_detected!("avx2")
}

#[cfg(not(target_arch = "x86_64"))]
fn has_avx2() -> bool {
    false
}

#[cfg(target_os = "macos")]
fn translated_by_rosetta() -> bool {
    std::process::Command::new("/usr/sbin/sysctl")
        .args(["-n", "sysctl.proc_translated"])
        .stdin(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .output()
        .is_ok_and(|output| output.stdout.trim_ascii() == b"1")
}

#[cfg(not(target_os = "macos"))]
fn translated_by_rosetta() -> bool {
    false
}

/// An x64 program on a Windows machine with an ARM processor sees the emulated architecture, but the real identifier.
fn emulated_by_windows(environment: &Environment) -> bool {
    environment
        .text("PROCESSOR_IDENTIFIER")
        .is_some_and(|identifier| identifier.starts_with("ARM"))
}

/// The C libraries of the system below `root`, its own first.
///
/// What the system's own programs are linked with decides; loader files alone do not, because Alpine's `gcompat` and
/// Debian's `musl` package each put the other's loader beside their own.
fn libcs_below(root: &Path, cpu: Cpu) -> Vec<Libc> {
    let (glibc_loader, musl_loader) = match cpu {
        Cpu::X64 => ("lib64/ld-linux-x86-64.so.2", "lib/ld-musl-x86_64.so.1"),
        Cpu::Arm64 => ("lib/ld-linux-aarch64.so.1", "lib/ld-musl-aarch64.so.1"),
    };
    let own = ["bin/sh", "usr/bin/env", "bin/dash", "bin/ls"]
        .iter()
        .find_map(|program| elf_interpreter(&root.join(program)))
        .unwrap_or_default();
    let mut libcs = Vec::new();
    if own.contains("ld-musl") {
        libcs.push(Libc::Musl);
    } else if own.contains("ld-linux") || own.contains("ld64") {
        libcs.push(Libc::Glibc);
    }
    for (libc, loader) in [(Libc::Glibc, glibc_loader), (Libc::Musl, musl_loader)] {
        if !libcs.contains(&libc) && root.join(loader).exists() {
            libcs.push(libc);
        }
    }
    if libcs.is_empty() {
        // A system without shell and without loaders: the probe of the installed engine will tell.
        libcs.push(Libc::Glibc);
    }
    libcs
}

/// The program interpreter that a 64-bit little-endian ELF file names; `None` for static and other files.
fn elf_interpreter(path: &Path) -> Option<String> {
    const PT_INTERP: u32 = 3;
    const LONGEST_PATH: u64 = 4096;
    let mut file = std::fs::File::open(path).ok()?;
    let mut header = [0_u8; 64];
    file.read_exact(&mut header).ok()?;
    // Magic, 64 bits, little-endian.
    if !header.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    let table = u64_at(&header, 32)?;
    let entry_size = usize::from(u16_at(&header, 54)?);
    let entries = u16_at(&header, 56)?;
    if entry_size < 56 {
        return None;
    }
    file.seek(SeekFrom::Start(table)).ok()?;
    let mut entry = vec![0_u8; entry_size];
    for _ in 0..entries {
        file.read_exact(&mut entry).ok()?;
        if u32::from_le_bytes(entry.get(..4)?.try_into().ok()?) != PT_INTERP {
            continue;
        }
        let (offset, length) = (u64_at(&entry, 8)?, u64_at(&entry, 32)?);
        file.seek(SeekFrom::Start(offset)).ok()?;
        let mut text = String::new();
        file.take(length.min(LONGEST_PATH)).read_to_string(&mut text).ok()?;
        return Some(text.trim_end_matches('\0').to_owned());
    }
    None
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(host: &Host) -> Vec<String> {
        host.targets().iter().map(BuildTarget::to_string).collect()
    }

    fn linux(cpu: Cpu, libcs: &[Libc], avx2: bool) -> Host {
        Host {
            os: Os::Linux,
            cpus: vec![cpu],
            libcs: libcs.to_vec(),
            avx2,
        }
    }

    #[test]
    fn every_build_has_the_names_that_releases_and_packages_have() {
        let table: Vec<_> = BuildTarget::ALL
            .iter()
            .map(|target| (target.asset(), target.npm_package(), target.executable()))
            .collect();
        let expected = [
            ("opencode-linux-x64.tar.gz", "opencode-linux-x64", "opencode"),
            (
                "opencode-linux-x64-baseline.tar.gz",
                "opencode-linux-x64-baseline",
                "opencode",
            ),
            ("opencode-linux-x64-musl.tar.gz", "opencode-linux-x64-musl", "opencode"),
            (
                "opencode-linux-x64-baseline-musl.tar.gz",
                "opencode-linux-x64-baseline-musl",
                "opencode",
            ),
            ("opencode-linux-arm64.tar.gz", "opencode-linux-arm64", "opencode"),
            (
                "opencode-linux-arm64-musl.tar.gz",
                "opencode-linux-arm64-musl",
                "opencode",
            ),
            ("opencode-darwin-arm64.zip", "opencode-darwin-arm64", "opencode"),
            ("opencode-darwin-x64.zip", "opencode-darwin-x64", "opencode"),
            (
                "opencode-darwin-x64-baseline.zip",
                "opencode-darwin-x64-baseline",
                "opencode",
            ),
            ("opencode-windows-x64.zip", "opencode-windows-x64", "opencode.exe"),
            (
                "opencode-windows-x64-baseline.zip",
                "opencode-windows-x64-baseline",
                "opencode.exe",
            ),
            ("opencode-windows-arm64.zip", "opencode-windows-arm64", "opencode.exe"),
        ]
        .map(|(asset, package, executable)| (asset.to_owned(), package.to_owned(), executable));
        assert_eq!(table, expected);
    }

    #[test]
    fn a_name_reads_back_as_the_build_that_it_names() {
        for target in BuildTarget::ALL {
            assert_eq!(target.to_string().parse(), Ok(target));
        }
        assert_eq!(
            "win32-x64".parse::<BuildTarget>(),
            Err(UnknownTarget("win32-x64".to_owned()))
        );
    }

    #[test]
    fn old_processors_try_the_baseline_build_first() {
        assert_eq!(
            names(&linux(Cpu::X64, &[Libc::Glibc], true)),
            ["linux-x64", "linux-x64-baseline"]
        );
        assert_eq!(
            names(&linux(Cpu::X64, &[Libc::Glibc], false)),
            ["linux-x64-baseline", "linux-x64"]
        );
    }

    #[test]
    fn a_second_libc_is_tried_after_the_systems_own() {
        assert_eq!(
            names(&linux(Cpu::X64, &[Libc::Musl, Libc::Glibc], true)),
            [
                "linux-x64-musl",
                "linux-x64-baseline-musl",
                "linux-x64",
                "linux-x64-baseline"
            ]
        );
        assert_eq!(names(&linux(Cpu::Arm64, &[Libc::Musl], false)), ["linux-arm64-musl"]);
    }

    #[test]
    fn windows_on_arm_falls_back_to_the_emulated_build() {
        let host = Host {
            os: Os::Windows,
            cpus: vec![Cpu::Arm64, Cpu::X64],
            libcs: Vec::new(),
            avx2: false,
        };
        assert_eq!(names(&host), ["windows-arm64", "windows-x64-baseline", "windows-x64"]);
        let mac = Host {
            os: Os::MacOs,
            cpus: vec![Cpu::Arm64],
            libcs: Vec::new(),
            avx2: false,
        };
        assert_eq!(names(&mac), ["darwin-arm64"]);
    }

    /// A minimal ELF file that names `interpreter`.
    fn elf_naming(interpreter: &str) -> Vec<u8> {
        let mut file = vec![0_u8; 64];
        file[..6].copy_from_slice(b"\x7fELF\x02\x01");
        file[32..40].copy_from_slice(&64_u64.to_le_bytes());
        file[54..56].copy_from_slice(&56_u16.to_le_bytes());
        file[56..58].copy_from_slice(&1_u16.to_le_bytes());
        let mut entry = [0_u8; 56];
        entry[..4].copy_from_slice(&3_u32.to_le_bytes());
        entry[8..16].copy_from_slice(&120_u64.to_le_bytes());
        entry[32..40].copy_from_slice(&(interpreter.len() as u64 + 1).to_le_bytes());
        file.extend_from_slice(&entry);
        file.extend_from_slice(interpreter.as_bytes());
        file.push(0);
        file
    }

    #[test]
    fn the_systems_own_programs_decide_which_libc_is_its_own() {
        let root = tempfile::tempdir().unwrap();
        let write = |name: &str, contents: &[u8]| {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, contents).unwrap();
        };
        // Alpine with `gcompat`: glibc's loader is there, and is not the system's.
        write("bin/sh", &elf_naming("/lib/ld-musl-x86_64.so.1"));
        write("lib/ld-musl-x86_64.so.1", b"");
        write("lib64/ld-linux-x86-64.so.2", b"");
        assert_eq!(libcs_below(root.path(), Cpu::X64), [Libc::Musl, Libc::Glibc]);
        // A static shell says nothing, the next program does.
        write("bin/sh", b"\x7fELF\x02\x01 static");
        write("usr/bin/env", &elf_naming("/lib64/ld-linux-x86-64.so.2"));
        assert_eq!(libcs_below(root.path(), Cpu::X64), [Libc::Glibc, Libc::Musl]);
    }

    #[test]
    fn a_system_without_programs_is_judged_by_its_loaders() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(libcs_below(root.path(), Cpu::Arm64), [Libc::Glibc]);
        std::fs::create_dir(root.path().join("lib")).unwrap();
        std::fs::write(root.path().join("lib/ld-musl-aarch64.so.1"), b"").unwrap();
        assert_eq!(libcs_below(root.path(), Cpu::Arm64), [Libc::Musl]);
    }

    #[test]
    fn this_machine_has_an_engine() {
        let host = Host::detect(&Environment::default()).unwrap();
        assert!(!host.targets().is_empty());
    }
}
