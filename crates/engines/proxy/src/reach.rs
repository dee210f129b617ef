//! Where no backend is: what only this machine can reach by asking for itself. Private networks and this machine are open,
//! sites are published from there; whoever may name a backend must not read the credentials that a cloud hands its machines.

use std::net::{IpAddr, Ipv6Addr};

/// The metadata service of AWS over IPv6.
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

/// Whether a backend may have this address: link-local (169.254/16, fe80::/10), metadata, multicast and unusable ones are none,
/// nor IPv4 addresses dressed up as IPv6.
pub(crate) fn may_be_backend(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => {
            !(v4.is_link_local() || v4.is_multicast() || v4.is_broadcast() || v4.octets()[0] == 0 || v4.octets() == [100, 100, 100, 200])
        }
        IpAddr::V6(v6) => {
            !(v6.is_unicast_link_local() || v6.is_multicast() || v6.is_unspecified() || v6 == METADATA_V6 || v6.to_ipv4_mapped().is_some())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_are_backends_and_what_only_this_one_can_ask_is_none() {
        for good in ["127.0.0.1", "10.1.2.3", "192.168.0.9", "100.64.0.7", "8.8.8.8", "::1", "fd00::5", "2001:db8::1"] {
            assert!(may_be_backend(good.parse().unwrap()), "{good}");
        }
        for bad in
            ["169.254.169.254", "169.254.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1", "100.100.100.200", "fe80::1", "ff02::1", "::"]
        {
            assert!(!may_be_backend(bad.parse().unwrap()), "{bad}");
        }
        for bad in ["fd00:ec2::254", "::ffff:169.254.169.254", "::ffff:10.0.0.1"] {
            assert!(!may_be_backend(bad.parse().unwrap()), "{bad}");
        }
    }
}
