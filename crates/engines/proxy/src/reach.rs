//! Where no backend is: what only this machine can reach by asking for itself. Private networks and this machine are open,
//! sites are published from there; whoever may name a backend must not read the credentials that a cloud hands its machines.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The metadata service of AWS over IPv6.
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

/// Whether a backend may have this address: link-local (169.254/16, fe80::/10), metadata, multicast and unusable ones are none,
/// nor IPv4 addresses dressed up as IPv6, but public ones where IPv6 leads to them.
#[must_use]
pub fn may_be_backend(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            !(a == 0 || a >= 224 || v4.is_link_local() || (a, b, c) == (192, 0, 0) || v4.octets() == [100, 100, 100, 200])
        }
        IpAddr::V6(v6) => match v6.segments() {
            _ if v6.is_loopback() => true,
            // Compatible and mapped (`::` among them), translated, Teredo, local NAT64, discard-only.
            [0, 0, 0, 0, 0, 0 | 0xffff, ..]
            | [0, 0, 0, 0, 0xffff, 0, ..]
            | [0x2001, 0, ..]
            | [0x64, 0xff9b, 1, ..]
            | [0x100, 0, 0, 0, ..] => false,
            // 6to4 and NAT64 are how networks of IPv6 alone reach public IPv4 addresses.
            [0x2002, hi, lo, ..] | [0x64, 0xff9b, 0, 0, 0, 0, hi, lo] => {
                let v4 = Ipv4Addr::from((u32::from(hi) << 16) | u32::from(lo));
                !is_inside(v4) && may_be_backend(v4.into())
            }
            // Link-local, the old site-local, multicast.
            [0xfe80..=0xfeff, ..] | [0xff00..=0xffff, ..] => false,
            _ => v6 != METADATA_V6,
        },
    }
}

/// Addresses of this machine, of private networks, of carriers and of benchmarks: public nowhere.
fn is_inside(v4: Ipv4Addr) -> bool {
    let [a, b, ..] = v4.octets();
    v4.is_private() || v4.is_loopback() || (a == 100 && b & 0xc0 == 64) || (a == 198 && b & 0xfe == 18)
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
        for bad in ["fd00:ec2::254", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "192.0.0.192", "240.0.0.1", "fec0::1"] {
            assert!(!may_be_backend(bad.parse().unwrap()), "{bad}");
        }
        for bad in ["::169.254.169.254", "64:ff9b::a9fe:a9fe", "64:ff9b::10.0.0.1", "64:ff9b:1::1", "2002:a9fe:a9fe::1", "2001:0:1::1"] {
            assert!(!may_be_backend(bad.parse().unwrap()), "{bad}");
        }
        for good in ["64:ff9b::8.8.8.8", "2002:808:808::1"] {
            assert!(may_be_backend(good.parse().unwrap()), "{good}");
        }
    }
}
