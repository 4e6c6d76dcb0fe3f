//! What the pinned release must be, byte for byte.
//!
//! A file that is named here needs no answer of an API to be verified, and cannot be replaced unnoticed by whoever
//! serves it. The hash of the executable ties all sources together: the release file and the npm package are packed
//! from the same one.

use semver::Version;

use super::digest::Digest;
use super::platform::BuildTarget;

struct PinnedHash {
    version: &'static str,
    target: &'static str,
    npm_integrity: &'static str,
    executable: &'static str,
}

/// Builds that are missing here are verified by what their source publishes.
const TABLE: &[PinnedHash] = &[
    PinnedHash {
        version: "1.18.33",
        target: "linux-x64",
        npm_integrity: "sha512-q/t/3p2CTxOT9y2kvjesb/LZab2+1eqlhhWA02Be6mjTtmYtNBcBsrI5yDo4Fw7ZSPBW2oyMIGMNRqiKQjiAWw==",
        executable: "0abbb7c32ab0294c0a7bfa2705f9ff0df5dce5ab721d1f00cccfe393f2a11427",
    },
    PinnedHash {
        version: "1.18.33",
        target: "linux-x64-baseline",
        npm_integrity: "sha512-1KQGBiiDDeL/VHHbHkOvvFo8Jr97WT5+C1tear+p7IcDTnXgVHXqIjU4O4jM4mHQzykTP2i884FCnW5LDa+zCA==",
        executable: "0abbb7c32ab0294c0a7bfa2705f9ff0df5dce5ab721d1f00cccfe393f2a11427",
    },
];

/// The hashes that are known beforehand for one build of one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pin {
    pub npm_integrity: Digest,
    pub executable: Digest,
}

/// Looks up what `version` for `target` must be.
pub(super) fn find(version: &Version, target: BuildTarget) -> Option<Pin> {
    let (version, target) = (version.to_string(), target.to_string());
    let row = TABLE
        .iter()
        .find(|row| row.version == version && row.target == target)?;
    Some(Pin {
        npm_integrity: Digest::from_integrity(row.npm_integrity)?,
        executable: Digest::from_hex(row.executable)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_readable_and_names_a_build() {
        for row in TABLE {
            let target: BuildTarget = row.target.parse().unwrap();
            let version = Version::parse(row.version).unwrap();
            let pin = find(&version, target).unwrap();
            assert_eq!(pin.npm_integrity.to_string(), row.npm_integrity);
            assert_eq!(pin.executable.to_string(), format!("sha256:{}", row.executable));
        }
    }
}
