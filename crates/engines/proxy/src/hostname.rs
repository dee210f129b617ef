//! Names of hosts: what may be configured, and the name a request asks for.

/// Whether a configured name is a DNS name of at least two labels, or `*.` and such a name.
pub(crate) fn is_served_name(name: &str) -> bool {
    let rest = name.strip_prefix("*.").unwrap_or(name);
    rest.len() <= 253 && rest.contains('.') && rest.split('.').all(is_label) && !rest.split('.').next_back().is_some_and(is_number)
}

fn is_label(label: &str) -> bool {
    let bytes = label.as_bytes();
    (1..=63).contains(&bytes.len())
        && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

fn is_number(label: &str) -> bool {
    label.bytes().all(|b| b.is_ascii_digit())
}

/// Whether a backend's name is an address or a name as resolvers take it.
pub(crate) fn is_target_host(name: &str) -> bool {
    name.parse::<std::net::IpAddr>().is_ok()
        || (name.len() <= 253
            && !name.split('.').next_back().is_some_and(is_number)
            && name.split('.').all(|label| {
                !label.is_empty()
                    && label.len() <= 63
                    && !label.starts_with('-')
                    && !label.ends_with('-')
                    && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            }))
}

/// The name in `host[:port]`, or `None` when it is no authority at all. A trailing dot is left out.
pub(crate) fn of_authority(authority: &str) -> Option<&str> {
    let (name, port) = if let Some(rest) = authority.strip_prefix('[') {
        let (address, after) = rest.split_once(']')?;
        address.parse::<std::net::Ipv6Addr>().ok()?;
        (address, after.strip_prefix(':').or(after.is_empty().then_some("")))
    } else {
        let (name, port) = authority.split_once(':').unwrap_or((authority, ""));
        let name = name.strip_suffix('.').unwrap_or(name);
        let valid = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'));
        (if valid { name } else { return None }, Some(port))
    };
    let port = port?;
    (port.len() <= 5 && port.bytes().all(|b| b.is_ascii_digit())).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::{is_served_name, is_target_host, of_authority};
    use proptest::prelude::*;

    #[test]
    fn served_names_are_dns_names() {
        for good in ["app.test", "a-b.example.org", "*.example.org", "xn--bcher-kva.example", "app.xn--p1ai"] {
            assert!(is_served_name(good), "{good}");
        }
        for bad in ["", "app", "App.test", "-a.test", "a-.test", "a..test", "*.test.*", "*", "*.com", "1.2.3.4", "a b.test", "a.test."] {
            assert!(!is_served_name(bad), "{bad}");
        }
    }

    #[test]
    fn target_hosts_are_addresses_or_names() {
        for good in ["10.0.0.1", "::1", "backend", "my_service", "a.b.c"] {
            assert!(is_target_host(good), "{good}");
        }
        for bad in ["", "a b", "a/b", "-a", "a.", "[::1]", "a:80", "0", "10.0.0.256"] {
            assert!(!is_target_host(bad), "{bad}");
        }
    }

    #[test]
    fn authorities_are_read_or_refused() {
        for (text, name) in [("app.test", "app.test"), ("app.test:8443", "app.test"), ("App.Test.", "App.Test"), ("[::1]:80", "::1")] {
            assert_eq!(of_authority(text), Some(name), "{text}");
        }
        for bad in ["", ":80", "a b", "a@b", "a/b", "a:b", "a:80:80", "[::1", "[::1]x", "[x]", "a:123456", "a,b", "a\\b"] {
            assert_eq!(of_authority(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_authority_is_read_or_refused(text in ".{0,40}") {
            if let Some(name) = of_authority(&text) {
                prop_assert!(text.contains(name) && !name.is_empty());
            }
        }
    }
}
