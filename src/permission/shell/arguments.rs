//! Paths in the arguments of a command.

/// Programs whose arguments are texts, and that write nowhere.
pub(crate) const TEXTUAL: [&str; 8] = ["echo", "printf", "true", "false", ":", "exit", "sleep", "seq"];

/// Everything in an argument that could be a path: itself, values behind `=`, `:`, `,` and `@`, values of short options.
pub(crate) fn paths_in(argument: &str) -> Vec<&str> {
    let mut paths = Vec::new();
    let mut add = |text| {
        if !paths.contains(&text) {
            paths.push(text);
        }
    };
    let is_address = |text: &str| {
        text.split_once("://").is_some_and(|(scheme, _)| {
            scheme != "file"
                && !scheme.is_empty()
                && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        })
    };
    if is_address(argument) || argument.is_empty() {
        return Vec::new();
    }
    if !argument.starts_with('-') {
        add(argument);
    } else {
        for start in ["..", "/", "~"] {
            if let Some(at) = argument.find(start) {
                add(&argument[at..]);
            }
        }
        if let Some(rest) = argument.strip_prefix('-').filter(|rest| !rest.starts_with('-')) {
            let mut value = rest.chars();
            value.next();
            add(value.as_str());
        }
    }
    for (at, _) in argument.match_indices(['=', ':', ',', '@']).take(64) {
        let rest = &argument[at + 1..];
        if is_address(rest) {
            break;
        }
        if !rest.is_empty() {
            add(rest);
            add(&rest[..rest.find(['=', ':', ',', '@']).unwrap_or(rest.len())]);
        }
    }
    paths.retain(|path| !path.is_empty());
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_found_wherever_they_hide() {
        for (argument, path) in [
            ("/etc/passwd", "/etc/passwd"),
            ("--output=/etc/x", "/etc/x"),
            ("-o/etc/x", "/etc/x"),
            ("of=/dev/sda", "/dev/sda"),
            ("@/etc/passwd", "/etc/passwd"),
            ("host:/etc/x", "/etc/x"),
            ("type=bind,source=/etc,target=/x", "/etc"),
            ("-I../..", "../.."),
            ("a.pem", "a.pem"),
        ] {
            assert!(
                paths_in(argument).contains(&path),
                "{argument}: {:?}",
                paths_in(argument)
            );
        }
        assert_eq!(paths_in("https://docs.rs/a"), Vec::<&str>::new());
        assert_eq!(paths_in("-v"), Vec::<&str>::new());
    }
}
