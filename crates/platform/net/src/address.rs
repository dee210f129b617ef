//! What kind of place an IP address is. Pure; the table of the outbound guard is judged on its result.
//!
//! Ranges: RFC 1918, 6598 (100.64/10), 4193 (ULA), 4291, 3927 (169.254/16), 6890 and the IANA special-purpose
//! registries.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where an address leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressKind {
    /// The public internet.
    Public,
    /// RFC 1918, unique local (fc00::/7) and the benchmark net 198.18/15.
    Lan,
    Loopback,
    /// 100.64/10, shared by carriers and overlay networks.
    Cgnat,
    /// Never a target, whatever the configuration says.
    Never(NeverReason),
}

/// Why an address is never a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NeverReason {
    /// 169.254/16, fe80::/10, fec0::/10
    LinkLocal,
    /// The metadata services of clouds.
    Metadata,
    Multicast,
    /// 0/8, ::, 240/4, broadcast and other addresses that are not a host's.
    Unusable,
    /// An IPv6 address that carries an IPv4 one which may not be reached this way: mapped, compatible, 6to4, NAT64, Teredo.
    Embedded,
}

/// Metadata services outside the link-local range: AWS over IPv6, Alibaba Cloud, Oracle Cloud.
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
const METADATA_V4: [Ipv4Addr; 2] = [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(192, 0, 0, 192)];

impl AddressKind {
    pub fn of(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(v4) => of_v4(v4),
            IpAddr::V6(v6) => of_v6(v6),
        }
    }
}

fn of_v4(ip: Ipv4Addr) -> AddressKind {
    use AddressKind::{Cgnat, Lan, Loopback, Never, Public};
    let [a, b, c, _] = ip.octets();
    match (a, b, c) {
        _ if METADATA_V4.contains(&ip) => Never(NeverReason::Metadata),
        (0, ..) | (240..=255, ..) | (192, 0, 0) => Never(NeverReason::Unusable),
        (127, ..) => Loopback,
        (169, 254, _) => Never(NeverReason::LinkLocal),
        (224..=239, ..) => Never(NeverReason::Multicast),
        (10, ..) | (172, 16..=31, _) | (192, 168, _) | (198, 18..=19, _) => Lan,
        (100, 64..=127, _) => Cgnat,
        _ => Public,
    }
}

fn of_v6(ip: Ipv6Addr) -> AddressKind {
    use AddressKind::{Lan, Loopback, Never};
    let s = ip.segments();
    match s {
        _ if ip.is_loopback() => Loopback,
        _ if ip.is_unspecified() => Never(NeverReason::Unusable),
        _ if ip == METADATA_V6 => Never(NeverReason::Metadata),
        // ::/96 compatible, ::ffff:0:0/96 mapped, ::ffff:0:0:0/96 translated, Teredo
        [0, 0, 0, 0, 0, 0 | 0xffff, ..] | [0, 0, 0, 0, 0xffff, 0, ..] | [0x2001, 0, ..] => Never(NeverReason::Embedded),
        // 6to4 and the well-known NAT64 prefix are how IPv6-only networks reach public IPv4 hosts: judged by those.
        [0x2002, hi, lo, ..] | [0x64, 0xff9b, 0, 0, 0, 0, hi, lo] => embedded(hi, lo),
        [0x64, 0xff9b, 1, ..] => Never(NeverReason::Embedded),
        [0xff00..=0xffff, ..] => Never(NeverReason::Multicast),
        // fe80::/10 and the deprecated site-local fec0::/10
        [0xfe80..=0xfeff, ..] => Never(NeverReason::LinkLocal),
        [0xfc00..=0xfdff, ..] => Lan,
        // Discard-only 100::/64
        [0x100, 0, 0, 0, ..] => Never(NeverReason::Unusable),
        _ => AddressKind::Public,
    }
}

fn embedded(hi: u16, lo: u16) -> AddressKind {
    match of_v4(Ipv4Addr::from((u32::from(hi) << 16) | u32::from(lo))) {
        AddressKind::Public => AddressKind::Public,
        _ => AddressKind::Never(NeverReason::Embedded),
    }
}

/// Names under which clouds serve instance credentials. They are refused before they are resolved.
pub fn is_metadata_name(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    const NAMES: [&str; 6] =
        ["metadata", "metadata.google.internal", "metadata.goog", "instance-data", "instance-data.ec2.internal", "metadata.azure.internal"];
    NAMES.contains(&host.as_str()) || host.ends_with(".metadata.google.internal")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kind(text: &str) -> AddressKind {
        AddressKind::of(text.parse().unwrap())
    }

    #[test]
    fn addresses_are_classified_as_the_guard_table_says() {
        use AddressKind::{Cgnat, Lan, Loopback, Never, Public};
        let cases = [
            ("8.8.8.8", Public),
            ("1.1.1.1", Public),
            ("172.15.255.255", Public),
            ("172.32.0.0", Public),
            ("100.63.255.255", Public),
            ("100.128.0.0", Public),
            ("2606:4700:4700::1111", Public),
            ("2002:0808:0808::1", Public),
            ("64:ff9b::808:808", Public),
            ("10.0.0.1", Lan),
            ("172.16.0.1", Lan),
            ("192.168.255.255", Lan),
            ("198.18.0.1", Lan),
            ("fd12:3456::1", Lan),
            ("127.0.0.1", Loopback),
            ("127.255.255.254", Loopback),
            ("::1", Loopback),
            ("100.64.0.1", Cgnat),
            ("100.100.100.200", Never(NeverReason::Metadata)),
            ("fd00:ec2::254", Never(NeverReason::Metadata)),
            ("192.0.0.192", Never(NeverReason::Metadata)),
            ("169.254.169.254", Never(NeverReason::LinkLocal)),
            ("fe80::1", Never(NeverReason::LinkLocal)),
            ("febf::1", Never(NeverReason::LinkLocal)),
            ("0.0.0.0", Never(NeverReason::Unusable)),
            ("0.1.2.3", Never(NeverReason::Unusable)),
            ("255.255.255.255", Never(NeverReason::Unusable)),
            ("240.0.0.1", Never(NeverReason::Unusable)),
            ("::", Never(NeverReason::Unusable)),
            ("224.0.0.1", Never(NeverReason::Multicast)),
            ("ff02::1", Never(NeverReason::Multicast)),
            ("::ffff:127.0.0.1", Never(NeverReason::Embedded)),
            ("::ffff:8.8.8.8", Never(NeverReason::Embedded)),
            ("::7f00:1", Never(NeverReason::Embedded)),
            ("2002:7f00:0001::1", Never(NeverReason::Embedded)),
            ("64:ff9b::a9fe:a9fe", Never(NeverReason::Embedded)),
            ("64:ff9b:1::1", Never(NeverReason::Embedded)),
            ("2001:0:1::1", Never(NeverReason::Embedded)),
        ];
        for (text, expected) in cases {
            assert_eq!(kind(text), expected, "{text}");
        }
    }

    #[test]
    fn metadata_names_are_known_in_any_spelling() {
        for name in ["metadata.google.internal", "METADATA.google.internal.", "instance-data", "x.metadata.google.internal"] {
            assert!(is_metadata_name(name), "{name}");
        }
        assert!(!is_metadata_name("metadata.example.com"));
    }

    proptest! {
        /// No IPv6 spelling of a private IPv4 address is public.
        #[test]
        fn embedding_never_opens_a_private_address(raw in any::<u32>()) {
            let v4 = Ipv4Addr::from(raw);
            let (hi, lo) = ((raw >> 16) as u16, raw as u16);
            let forms = [
                v4.to_ipv6_mapped(),
                Ipv6Addr::new(0, 0, 0, 0, 0, 0, hi, lo),
                Ipv6Addr::new(0x2002, hi, lo, 0, 0, 0, 0, 1),
                Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, hi, lo),
                Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, hi, lo),
            ];
            for form in forms {
                let public = AddressKind::of(form.into()) == AddressKind::Public;
                prop_assert!(!public || of_v4(v4) == AddressKind::Public, "{} for {}", form, v4);
            }
        }

        /// Our ranges agree with the standard library wherever it has an opinion.
        #[test]
        fn kinds_agree_with_the_standard_library(raw in any::<u32>()) {
            let ip = Ipv4Addr::from(raw);
            let kind = of_v4(ip);
            prop_assert_eq!(kind == AddressKind::Loopback, ip.is_loopback());
            prop_assert_eq!(matches!(kind, AddressKind::Never(NeverReason::LinkLocal)), ip.is_link_local());
            prop_assert_eq!(matches!(kind, AddressKind::Never(NeverReason::Multicast)), ip.is_multicast());
            prop_assert!(!ip.is_private() || kind == AddressKind::Lan);
            prop_assert!(kind != AddressKind::Public || !(ip.is_private() || ip.is_broadcast() || ip.is_unspecified()));
        }
    }
}
