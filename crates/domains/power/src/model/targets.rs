//! Where a search may look: hosts and small ranges, private addresses only (power spec F.5). Pure.

use std::net::{IpAddr, Ipv4Addr};

use argos_net::AddressKind;

/// Most hosts of one search: a /22.
pub const HOSTS_MAX: usize = 1_024;
const PREFIX_MIN: u8 = 22;

/// Whether a search may ask an address.
pub fn is_searched(ip: IpAddr) -> bool {
    matches!(AddressKind::of(ip), AddressKind::Lan | AddressKind::Loopback)
}

/// The hosts of an IPv4 range such as `192.168.1.0/24`; of anything larger than a /31 without its two ends.
pub fn range(text: &str) -> Result<Vec<String>, String> {
    let wrong = || "cidr must be an IPv4 range such as 192.168.1.0/24".to_owned();
    let (address, prefix) = text.trim().split_once('/').ok_or_else(wrong)?;
    let address: Ipv4Addr = address.parse().map_err(|_| wrong())?;
    let prefix: u8 = prefix.parse().ok().filter(|p| *p <= 32).ok_or_else(wrong)?;
    if prefix < PREFIX_MIN {
        return Err(format!("cidr must not be larger than a /{PREFIX_MIN} ({HOSTS_MAX} addresses)"));
    }
    let size = 1_u32 << (32 - u32::from(prefix));
    let first = u32::from(address) & !(size - 1);
    let last = first + (size - 1);
    if ![first, last].into_iter().all(|a| is_searched(IpAddr::V4(Ipv4Addr::from(a)))) {
        return Err("only private addresses are searched".to_owned());
    }
    let ends = u32::from(size > 2);
    Ok((first + ends..=last - ends).map(|a| Ipv4Addr::from(a).to_string()).collect())
}

/// One host of a list, or what is wrong with it.
pub fn host(text: &str) -> Result<String, String> {
    let name = text.trim().trim_start_matches('[').trim_end_matches(']');
    if name.is_empty() || name.len() > 253 || name.contains(|c: char| c.is_whitespace() || matches!(c, '/' | '@' | '?' | '#')) {
        return Err(format!("{text}: not a host name or an address"));
    }
    match name.parse::<IpAddr>() {
        Ok(ip) if !is_searched(ip) => Err(format!("{text}: only private addresses are searched")),
        _ => Ok(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_give_their_hosts_within_the_limit() {
        let hosts = range("192.168.1.77/30").unwrap();
        assert_eq!(hosts, ["192.168.1.77", "192.168.1.78"]);
        assert_eq!(range("10.0.0.5/32").unwrap(), ["10.0.0.5"]);
        assert_eq!(range("10.0.0.0/22").unwrap().len(), 1_022);
        for bad in ["10.0.0.0/21", "8.8.8.0/24", "169.254.0.0/24", "10.0.0.0", "x/24", "10.0.0.0/33", "fd00::/120"] {
            assert!(range(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn hosts_are_names_or_private_addresses() {
        for good in ["nas.lan", "192.168.1.5", "127.0.0.1", "[fd00::5]", "localhost"] {
            assert!(host(good).is_ok(), "{good}");
        }
        for bad in ["", "8.8.8.8", "169.254.169.254", "a b", "http://x", "::ffff:169.254.169.254"] {
            assert!(host(bad).is_err(), "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_gives_private_hosts_or_a_fault(text in "\\PC{0,24}", a in 0_u32.., prefix in 0_u8..40) {
            let texts = [text, format!("{}/{prefix}", Ipv4Addr::from(a))];
            for hosts in texts.iter().filter_map(|t| range(t).ok()) {
                proptest::prop_assert!(!hosts.is_empty() && hosts.len() <= HOSTS_MAX);
                proptest::prop_assert!(hosts.iter().all(|h| is_searched(h.parse().unwrap())));
            }
        }
    }
}
