//! Which rules speak about a thing.
//!
//! In: rules as they were written, and a name, a text, a path or an address. Out: whether they match. Always
//! true: rules that refuse or ask match broadly (every name of a thing), rules that allow match narrowly (its one true
//! name).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use percent_encoding::percent_decode_str;
use url::{Host, Position, Url};

use super::wildcard_matches;
use crate::request::{Effect, PolicyRule, RulePattern, canonical_tool};

/// Whether a rule speaks about a tool. One that refuses or asks does so in whatever case the name is written.
pub(super) fn is_about(rule: &PolicyRule, tool: &str) -> bool {
    let named = canonical_tool(&rule.pattern.tool);
    wildcard_matches(&named, tool)
        || (rule.effect != Effect::Allow && wildcard_matches(&named.to_lowercase(), &tool.to_lowercase()))
}

/// Whether a rule speaks about a tool, for all its targets.
pub(super) fn is_plain(pattern: &RulePattern) -> bool {
    pattern
        .pattern
        .as_deref()
        .is_none_or(|pattern| pattern.chars().all(|c| c == '*'))
}

/// Whether a pattern has no wildcards.
pub(super) fn is_literal(pattern: &str) -> bool {
    !pattern.contains(['*', '?'])
}

/// What a pattern says before its first wildcard.
pub(super) fn literal_prefix(pattern: &str) -> &str {
    &pattern[..pattern.find(['*', '?']).unwrap_or(pattern.len())]
}

/// Whether a pattern matches a text; ` *` at its end also matches nothing, as in the engine.
pub(super) fn text_matches(pattern: &str, text: &str) -> bool {
    wildcard_matches(pattern, text)
        || pattern
            .strip_suffix(" *")
            .is_some_and(|rest| wildcard_matches(rest, text))
}

/// Whether some text is matched by both patterns.
pub(super) fn patterns_meet(one: &str, other: &str) -> bool {
    let one: Vec<char> = one.chars().collect();
    let other: Vec<char> = other.chars().collect();
    if one.len().saturating_mul(other.len()) > 1_000_000 {
        return true;
    }
    // `row[j]`: whether one[i..] and other[j..] meet, from the ends backwards.
    let mut row = vec![false; other.len() + 1];
    for i in (0..=one.len()).rev() {
        let mut next = vec![false; other.len() + 1];
        for j in (0..=other.len()).rev() {
            next[j] = match (one.get(i), other.get(j)) {
                (None, None) => true,
                (Some('*'), _) => row[j] || (j < other.len() && next[j + 1]),
                (_, Some('*')) => next[j + 1] || (i < one.len() && row[j]),
                (Some(a), Some(b)) => (a == b || *a == '?' || *b == '?') && row[j + 1],
                _ => false,
            };
        }
        row = next;
    }
    row[0]
}

/// Whether a rule that refuses or asks speaks about an address.
pub(super) fn address_is_refused(pattern: &str, url: &str) -> bool {
    let mut names = vec![url.trim().to_owned(), url.trim().to_ascii_lowercase()];
    let spelled = [Url::parse(url.trim()).ok(), decoded(url)];
    for parsed in spelled.into_iter().flatten().flat_map(same_machine) {
        names.push(parsed.to_string());
        let mut bare = parsed.clone();
        if bare.set_username("").is_ok() && bare.set_password(None).is_ok() {
            names.push(bare.to_string());
        }
        // A dot at the end of a name changes nothing.
        if let Some(host) = bare.host_str().map(|host| host.trim_end_matches('.')) {
            names.push(host.to_owned());
            let port = bare.port().map(|port| format!(":{port}")).unwrap_or_default();
            for path in [bare.path(), &bare[Position::BeforePath..]] {
                for scheme in ["", "http://", "https://"] {
                    names.push(format!("{scheme}{host}{path}"));
                    names.push(format!("{scheme}{host}{port}{path}"));
                }
            }
        }
    }
    let plain: Vec<String> = names
        .iter()
        .map(|name| percent_decode_str(name).decode_utf8_lossy().to_lowercase())
        .collect();
    names.extend(plain);
    let folded = pattern.to_ascii_lowercase();
    names
        .iter()
        .any(|name| wildcard_matches(pattern, name) || wildcard_matches(&folded, name))
}

/// Whether a name is one of those that always mean this machine.
fn is_named_local(url: &Url) -> bool {
    let name = url.host_str().unwrap_or_default().trim_end_matches('.');
    name == "localhost" || name.ends_with(".localhost")
}

/// The IPv4 address that an IPv6 one stands for: mapped, compatible, or behind NAT64.
fn ipv4_in(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [.., high, low] = address.segments();
    let is_compatible = address.segments()[..6] == [0; 6] && high != 0;
    let is_translated = address.segments()[..6] == [0x64, 0xff9b, 0, 0, 0, 0];
    let [a, b, c, d] = [high.to_be_bytes(), low.to_be_bytes()].concat()[..] else {
        return None;
    };
    let embedded = (is_compatible || is_translated).then(|| Ipv4Addr::new(a, b, c, d));
    address.to_ipv4_mapped().or(embedded)
}

/// An address as servers may read it: without percent signs and doubled slashes in its path.
fn decoded(url: &str) -> Option<Url> {
    let mut url = Url::parse(url.trim()).ok()?;
    let path = percent_decode_str(url.path()).decode_utf8_lossy().replace('\\', "/");
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let end = if path.ends_with('/') && !parts.is_empty() {
        "/"
    } else {
        ""
    };
    url.set_path(&format!("/{}{end}", parts.join("/")));
    Some(url)
}

/// The address, and the same one in the other ways to name its machine: an IPv4 address in an IPv6 one, and this machine.
fn same_machine(url: Url) -> Vec<Url> {
    let address = match url.host() {
        Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => Some(ipv4_in(address).map_or(IpAddr::V6(address), IpAddr::V4)),
        Some(Host::Domain(_)) | None => None,
    };
    let is_local = address.map_or_else(
        || is_named_local(&url),
        |address| address.is_loopback() || address.is_unspecified(),
    );
    let others = if is_local {
        &["127.0.0.1", "[::1]", "localhost"][..]
    } else {
        &[]
    };
    let others = others.iter().map(|name| (*name).to_owned());
    let hosts = address.map(|address| match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    });
    let named: Vec<Url> = hosts
        .into_iter()
        .chain(others)
        .filter_map(|host| {
            let mut named = url.clone();
            named.set_host(Some(&host)).is_ok().then_some(named)
        })
        .collect();
    [url].into_iter().chain(named).collect()
}

/// Whether a rule that allows speaks about an address. A wildcard in the place of the host stays in the host.
pub(super) fn address_is_allowed(pattern: &str, url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some() {
        return false;
    }
    if pattern.chars().all(|c| c == '*') {
        return true;
    }
    let (scheme, rest) = match pattern.split_once("://") {
        Some((scheme, rest)) => (scheme, rest),
        None => ("http*", pattern),
    };
    let at = rest.find(['/', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(at);
    let host = match url.port() {
        Some(port) => format!("{}:{port}", url.host_str().unwrap_or_default()),
        None => url.host_str().unwrap_or_default().to_owned(),
    };
    let path = if path.is_empty() { "/" } else { path };
    let is_covered = |url: &Url| wildcard_matches(path, &url[url::Position::BeforePath..]);
    wildcard_matches(scheme, url.scheme())
        && wildcard_matches(&authority.to_ascii_lowercase(), &host)
        && is_covered(&url)
        && decoded(url.as_str()).is_some_and(|url| is_covered(&url))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_meet_where_a_text_matches_both() {
        for (one, other, expected) in [
            ("*.pem", "k*", true),
            ("*.pem", "*.txt", false),
            ("secrets/*", "s*/key", true),
            ("a?c", "abc", true),
            ("", "", true),
            ("*", "", true),
        ] {
            assert_eq!(patterns_meet(one, other), expected, "{one} and {other}");
            assert_eq!(patterns_meet(other, one), expected, "{other} and {one}");
        }
    }

    #[test]
    fn an_allowed_host_is_that_host() {
        for (pattern, url, expected) in [
            ("https://docs.rs/*", "https://docs.rs/serde", true),
            ("https://docs.rs/*", "https://docs.rs@evil.example/", false),
            ("https://docs.rs/*", "https://docs.rs.evil.example/", false),
            ("https://docs.rs/*", "https://DOCS.rs/a", true),
            ("https://*.rs/*", "https://evil.example/x.rs/", false),
            ("https://docs.rs/a/*", "https://docs.rs/a/../b", false),
            ("https://docs.rs", "https://docs.rs/", true),
            ("https://docs.rs/*", "http://docs.rs/", false),
            ("docs.rs/*", "https://docs.rs/x", true),
            ("*", "file:///etc/passwd", false),
            ("*", "https://a.example/", true),
            ("https://docs.rs/a/*", "https://docs.rs/a/..%2fb", false),
            ("https://docs.rs/a/*", "https://docs.rs/a/%C3%A9?q=a%2fb", true),
        ] {
            assert_eq!(address_is_allowed(pattern, url), expected, "{pattern} on {url}");
        }
    }

    #[test]
    fn a_refused_host_is_refused_under_each_of_its_names() {
        for url in [
            "https://evil.example/x",
            "HTTPS://EVIL.example/x",
            "https://user@evil.example/x",
            " https://evil.example/x ",
            "https://evil.example//x",
        ] {
            assert!(address_is_refused("https://evil.example/*", url), "{url}");
        }
    }

    #[test]
    fn a_refused_address_is_refused_in_each_of_its_forms() {
        for (pattern, url, expected) in [
            ("http://127.0.0.1:8080/*", "http://[::ffff:127.0.0.1]:8080/", true),
            ("http://127.0.0.1:8080/*", "http://0:8080/", true),
            ("http://127.0.0.1:8080/*", "http://[::]:8080/", true),
            ("http://127.0.0.1:8080/*", "http://127.1.2.3:8080/", true),
            ("http://127.0.0.1:8080/*", "http://localhost:8080/", true),
            ("http://localhost:8080/*", "http://0x7f.1:8080/", true),
            ("http://[::1]/*", "http://127.0.0.1/", true),
            ("http://10.0.0.1/*", "http://[::ffff:10.0.0.1]/", true),
            ("https://a.example/private/*", "https://a.example/%70rivate/x", true),
            ("https://a.example/private/*", "https://a.example//private/x", true),
            (
                "https://a.example/private/*",
                "https://a.example/pub/..%2fprivate/x",
                true,
            ),
            ("https://a.example/private/*", "https://a.example/pub/x", false),
            ("http://127.0.0.1:8080/*", "http://a.localhost.:8080/", true),
            ("http://169.254.169.254/*", "http://[::169.254.169.254]/", true),
            ("http://169.254.169.254/*", "http://[64:ff9b::a9fe:a9fe]/", true),
            ("https://a.example/*token=*", "https://a.example/x?toke%6e=1", true),
            ("a.example/x?y=*", "https://a.example/x?y=1", true),
            ("https://a.example/private*", "https://a.example/%50rivate", true),
            ("http://127.0.0.1:8080/*", "http://127.0.0.1:8081/", false),
            ("http://127.0.0.1/*", "http://10.0.0.1/", false),
            ("http://127.0.0.1/*", "http://localhost.example/", false),
        ] {
            assert_eq!(address_is_refused(pattern, url), expected, "{pattern} on {url}");
        }
    }
}
