//! Which files a search looks into.
//!
//! In: a place, and how the search walks. Out: the first file that the caller's check objects to. Always
//! true: a place that is too large to be walked in no time counts as one that holds such a file.

use std::path::{Path, PathBuf};

use ignore::WalkBuilder;
use ignore::overrides::{Override, OverrideBuilder};

/// Files that are looked at.
const MOST_FILES: usize = 100_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SearchWalk<'a> {
    /// As the engine's `grep` does: hidden files too, ignored ones not, those of git never; and what the glob says.
    Engine {
        include: &'a str,
    },
    /// As `rg` does without options.
    Plain,
    All,
}

/// What there is at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    /// A link, which only some searches follow.
    Link,
}

/// What a walk came upon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum WalkEntry {
    Nothing,
    File(PathBuf),
    /// More than can be looked at.
    TooMuch,
}

/// Looks for a file that `minded` recognises among those that a search of `place` looks into.
pub(super) fn find(place: &Path, walk: SearchWalk<'_>, minded: impl Fn(&Path, Kind) -> bool) -> WalkEntry {
    // A file that is named is looked into, whatever the globs say.
    if !place.is_dir() {
        return if minded(place, Kind::File) {
            WalkEntry::File(place.to_path_buf())
        } else {
            WalkEntry::Nothing
        };
    }
    let mut builder = WalkBuilder::new(place);
    builder.follow_links(false).add_custom_ignore_filename(".rgignore");
    match walk {
        SearchWalk::Engine { include } => {
            builder.hidden(false);
            match globs(place, include) {
                Some(globs) => drop(builder.overrides(globs)),
                // What is no glob to us may be one to the engine.
                None => drop(builder.standard_filters(false)),
            }
        }
        SearchWalk::Plain => {}
        SearchWalk::All => drop(builder.standard_filters(false)),
    }
    for (seen, entry) in builder.build().enumerate() {
        if seen >= MOST_FILES {
            return WalkEntry::TooMuch;
        }
        // What cannot be read is not shown either.
        let Ok(entry) = entry else { continue };
        // Paths are judged as text, and this one is no text.
        if entry.path().to_str().is_none() {
            return WalkEntry::TooMuch;
        }
        let kind = match entry.file_type() {
            Some(kind) if kind.is_file() => Kind::File,
            Some(kind) if kind.is_symlink() => Kind::Link,
            _ => continue,
        };
        if minded(entry.path(), kind) {
            return WalkEntry::File(entry.into_path());
        }
    }
    WalkEntry::Nothing
}

fn globs(place: &Path, include: &str) -> Option<Override> {
    let mut globs = OverrideBuilder::new(place);
    if !include.is_empty() {
        globs.add(include).ok()?;
    }
    globs.add("!**/.git/**").ok()?;
    globs.build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> tempfile::TempDir {
        let place = tempfile::tempdir().unwrap();
        for folder in ["src", ".git", "built"] {
            std::fs::create_dir(place.path().join(folder)).unwrap();
        }
        for (file, text) in [
            (".gitignore", "built\n.secret\n"),
            (".secret", ""),
            (".hidden", ""),
            ("src/a.rs", ""),
            ("built/b.rs", ""),
            (".git/c", ""),
        ] {
            std::fs::write(place.path().join(file), text).unwrap();
        }
        place
    }

    #[test]
    fn a_search_sees_what_the_real_one_would_see() {
        let place = place();
        let sees = |walk, name: &str| find(place.path(), walk, |path, _| path.ends_with(name)) != WalkEntry::Nothing;
        let engine = SearchWalk::Engine { include: "" };
        let all = SearchWalk::Engine { include: "*" };
        let rust = SearchWalk::Engine { include: "*.rs" };
        let broken = SearchWalk::Engine { include: "{" };
        for (walk, name, expected) in [
            (engine, "src/a.rs", true),
            (engine, ".hidden", true),
            (engine, ".secret", false),
            (engine, "built/b.rs", false),
            (engine, ".git/c", false),
            (all, ".secret", true),
            (rust, ".hidden", false),
            (rust, "src/a.rs", true),
            (broken, ".secret", true),
            (SearchWalk::Plain, ".hidden", false),
            (SearchWalk::Plain, "src/a.rs", true),
            (SearchWalk::All, ".secret", true),
            (SearchWalk::All, ".git/c", true),
        ] {
            assert_eq!(sees(walk, name), expected, "{walk:?} and {name}");
        }
    }

    #[test]
    fn a_file_that_is_named_is_looked_into() {
        let place = place();
        let file = place.path().join(".secret");
        let walk = SearchWalk::Engine { include: "*.rs" };
        assert_eq!(find(&file, walk, |_, _| true), WalkEntry::File(file.clone()));
    }
}
