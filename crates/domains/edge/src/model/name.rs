//! Names of sites and backends: which texts are a served domain, which a backend's address.

use std::net::IpAddr;

use argos_net::{AddressKind, is_metadata_name};

/// The longest name of DNS.
const NAME_MAX: usize = 253;

fn is_label(label: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=63).contains(&label.len()) && label.bytes().all(inner) && !label.starts_with('-') && !label.ends_with('-')
}

/// A domain of at least two labels in lower case, ending in letters or a punycode label.
pub(crate) fn is_domain(name: &str) -> bool {
    let labels: Vec<&str> = name.split('.').collect();
    let Some((tld, _)) = labels.split_last() else { return false };
    let ends_well =
        tld.len() >= 2 && (tld.bytes().all(|b| b.is_ascii_lowercase()) || tld.strip_prefix("xn--").is_some_and(|t| !t.is_empty()));
    name.len() <= NAME_MAX && labels.len() >= 2 && labels.iter().all(|l| is_label(l)) && ends_well
}

/// `*.` and a domain.
pub(crate) fn is_wildcard(name: &str) -> bool {
    name.strip_prefix("*.").is_some_and(is_domain)
}

/// Whether a requested name belongs to a site: the same, or one label below a wildcard.
pub(crate) fn covers(domain: &str, name: &str) -> bool {
    match domain.strip_prefix("*.") {
        None => domain == name,
        Some(parent) => name.strip_suffix(parent).and_then(|l| l.strip_suffix('.')).is_some_and(is_label),
    }
}

/// An address, or a name in lower case as DNS, containers and hosts files have it. What only this machine can reach, such as
/// the metadata service of a cloud, is no backend; a name that leads there is found out by the built-in engine when it is asked,
/// by an external Caddy never.
pub(crate) fn is_backend(host: &str) -> bool {
    match host.parse::<IpAddr>() {
        Ok(address) => !matches!(AddressKind::of(address), AddressKind::Never(_)),
        Err(_) => host.len() <= NAME_MAX && host.split('.').all(is_label) && !ends_in_number(host) && !is_metadata_name(host),
    }
}

/// Resolvers take such a name for an address that is written in an unusual way.
fn ends_in_number(name: &str) -> bool {
    name.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn domains_are_the_documented_ones() {
        for good in ["app.test", "a.b.example.org", "x-1.example.xn--p1ai", "1.example.com"] {
            assert!(is_domain(good), "{good}");
        }
        for bad in ["", "app", "App.test", "-a.test", "a-.test", "a..test", "a.t", "a.test.", "a.123", "a_b.test", "*.a.test"] {
            assert!(!is_domain(bad), "{bad}");
        }
        assert!(is_wildcard("*.a.test") && !is_wildcard("*.*.test") && !is_wildcard("*.test"));
    }

    #[test]
    fn wildcards_cover_one_label() {
        assert!(covers("*.a.test", "x.a.test") && !covers("*.a.test", "x.y.a.test") && !covers("*.a.test", "a.test"));
        assert!(covers("a.test", "a.test") && !covers("a.test", "b.test") && !covers("*.a.test", "xa.test"));
    }

    #[test]
    fn backends_are_addresses_or_names() {
        for good in ["10.0.0.1", "::1", "nas", "web-1.lan", "2001:db8::7"] {
            assert!(is_backend(good), "{good}");
        }
        for bad in ["", "-a", "a-", "A", "a b", "http://a", "a/b", "a:80", "a..b", "a.", "web-.lan", "a.-b.lan", "0", "10.0.0.256"] {
            assert!(!is_backend(bad), "{bad}");
        }
        assert!(is_backend(&"a".repeat(63)) && !is_backend(&"a".repeat(64)));
        for never in ["169.254.169.254", "fd00:ec2::254", "fe80::1", "0.0.0.0", "::ffff:10.0.0.1", "metadata.google.internal"] {
            assert!(!is_backend(never), "{never}");
        }
    }

    #[test]
    fn engine_refuses_the_same_addresses() {
        for text in
            ["192.0.0.192", "240.0.0.1", "100.100.100.200", "fec0::1", "::169.254.169.254", "2001:0:1::1", "100::1", "fd00:ec2::254"]
        {
            assert!(!is_backend(text) && !argos_proxy::may_be_backend(text.parse().unwrap()), "{text}");
        }
        for text in ["10.0.0.1", "127.0.0.1", "::1", "100.64.0.1", "fd00::5", "64:ff9b::808:808", "2001:db8::7"] {
            assert!(is_backend(text) && argos_proxy::may_be_backend(text.parse().unwrap()), "{text}");
        }
    }

    proptest! {
        #[test]
        fn engine_judges_addresses_alike(raw in any::<u32>(), bits in any::<u128>(), first in 0xfc00..=0xffff_u16) {
            let (v4, hi, lo) = (Ipv4Addr::from(raw), (raw >> 16) as u16, raw as u16);
            let forms = [
                Ipv6Addr::from(bits),
                Ipv6Addr::new(first, hi, lo, 0, 0, 0, 0, 1),
                v4.to_ipv6_mapped(),
                Ipv6Addr::new(0, 0, 0, 0, 0, 0, hi, lo),
                Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, hi, lo),
                Ipv6Addr::new(0x2002, hi, lo, 0, 0, 0, 0, 1),
                Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, hi, lo),
                Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, hi, lo),
            ];
            for ip in forms.map(IpAddr::from).into_iter().chain([IpAddr::from(v4)]) {
                prop_assert_eq!(is_backend(&ip.to_string()), argos_proxy::may_be_backend(ip), "{}", ip);
            }
        }

        #[test]
        fn no_text_breaks_the_checks(text in ".{0,80}") {
            let _ = (is_domain(&text), is_wildcard(&text), covers(&text, "a.test"), is_backend(&text));
            prop_assert!(!is_domain(&text) || text.is_ascii());
        }
    }
}
