//! The line that says where the server listens.

use std::net::{Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use crate::support::loopback::is_loopback;

/// The address in a line such as `opencode server listening on http://127.0.0.1:4096`; the words around it may change.
pub(super) fn address(line: &str) -> Option<&str> {
    let listening = line.find("listening")?;
    let start = listening + line[listening..].find("http://")?;
    let address = &line[start..];
    let end = address
        .find(|c: char| c.is_whitespace() || c.is_control())
        .unwrap_or(address.len());
    Some(address[..end].trim_end_matches(['.', ',', ';', ')']))
}

/// Where to connect for an address that was announced; `None` if that is not this machine.
pub(super) fn base_url(address: &str) -> Option<Url> {
    let mut url = Url::parse(address).ok()?;
    let host = match url.host()? {
        // The name is resolved here rather than by whoever answers for names.
        Host::Ipv4(Ipv4Addr::UNSPECIFIED) | Host::Domain("localhost") => Some("127.0.0.1"),
        Host::Ipv6(Ipv6Addr::UNSPECIFIED) => Some("[::1]"),
        _ if is_loopback(&url) => None,
        _ => return None,
    };
    if host.is_some() {
        url.set_host(host).ok()?;
    }
    let plain = url.scheme() == "http" && url.port_or_known_default() != Some(0);
    (plain && url.username().is_empty() && url.password().is_none()).then(|| {
        url.set_path("/");
        url.set_query(None);
        url.set_fragment(None);
        url
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_whatever_surrounds_it() {
        for (line, expected) in [
            (
                "opencode server listening on http://127.0.0.1:4096",
                Some("http://127.0.0.1:4096"),
            ),
            (
                "\x1b[1mnow listening (http://127.0.0.1:35893)\x1b[0m and well",
                Some("http://127.0.0.1:35893"),
            ),
            ("listening at http://localhost:80/.\r", Some("http://localhost:80/")),
            (
                "Warning: OPENCODE_SERVER_PASSWORD is not set; server is unsecured.",
                None,
            ),
            ("see http://127.0.0.1:1", None),
        ] {
            assert_eq!(address(line), expected, "{line}");
        }
    }

    #[test]
    fn only_this_machine_is_an_address() {
        for (address, expected) in [
            ("http://127.0.0.1:4096", Some("http://127.0.0.1:4096/")),
            ("http://0.0.0.0:7032", Some("http://127.0.0.1:7032/")),
            ("http://[::]:7032", Some("http://[::1]:7032/")),
            ("http://localhost:81/x?y#z", Some("http://127.0.0.1:81/")),
            ("http://10.0.0.1:4096", None),
            ("http://127.0.0.1.example.com:1", None),
            ("http://user@127.0.0.1:1", None),
            ("http://127.0.0.1:0", None),
            ("http://", None),
        ] {
            assert_eq!(base_url(address).map(String::from).as_deref(), expected, "{address}");
        }
    }
}
