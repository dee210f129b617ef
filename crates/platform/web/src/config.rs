//! What an operator can change about the web kit while it runs.

use std::net::IpAddr;

/// An address range such as `10.0.0.0/8` or a single address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    base: IpAddr,
    bits: u8,
}

impl Cidr {
    pub fn parse(text: &str) -> Option<Self> {
        let (addr, bits) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
        let base: IpAddr = addr.trim().parse().ok()?;
        let full = if base.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Some(full), |b| b.trim().parse().ok())?;
        (bits <= full).then_some(Self { base, bits })
    }
    pub fn contains(&self, ip: IpAddr) -> bool {
        match (self.base, canonical(ip)) {
            (IpAddr::V4(a), IpAddr::V4(b)) => same(u32::from(a).into(), u32::from(b).into(), self.bits, 32),
            (IpAddr::V6(a), IpAddr::V6(b)) => same(u128::from(a), u128::from(b), self.bits, 128),
            _ => false,
        }
    }
}

fn same(a: u128, b: u128, bits: u8, width: u8) -> bool {
    bits == 0 || (a >> (width - bits)) == (b >> (width - bits))
}

/// `::ffff:1.2.3.4` is the same peer as `1.2.3.4`.
pub(crate) fn canonical(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(ip, IpAddr::V4),
        IpAddr::V4(_) => ip,
    }
}

/// Reads a comma or space separated list; the first bad entry is the error.
pub fn parse_cidrs(text: &str) -> Result<Vec<Cidr>, String> {
    let entries = text.split([',', ' ', '\n']).map(str::trim).filter(|s| !s.is_empty());
    entries.map(|s| Cidr::parse(s).ok_or_else(|| s.to_owned())).collect()
}

/// Live settings of the web kit; swapped as a whole.
#[derive(Clone, Debug)]
pub struct WebConfig {
    pub trusted_proxies: Vec<Cidr>,
    pub cors_origins: Vec<String>,
    /// Empty = everybody may connect.
    pub ip_allowlist: Vec<Cidr>,
    /// Off lifts the tiers std, action, heavy, ai and per-minute ones.
    pub rate_limiting: bool,
    pub power_per_minute: u32,
    pub public_docs: bool,
    pub api_docs_alias: bool,
}

impl Default for WebConfig {
    fn default() -> Self {
        Self {
            trusted_proxies: Vec::new(),
            cors_origins: Vec::new(),
            ip_allowlist: Vec::new(),
            rate_limiting: true,
            power_per_minute: 60,
            public_docs: true,
            api_docs_alias: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_contain_what_they_say() {
        let net = Cidr::parse("10.1.0.0/16").unwrap();
        assert!(net.contains("10.1.255.3".parse().unwrap()) && !net.contains("10.2.0.1".parse().unwrap()));
        assert!(net.contains("::ffff:10.1.0.9".parse().unwrap()));
        assert!(Cidr::parse("0.0.0.0/0").unwrap().contains("1.2.3.4".parse().unwrap()));
        assert!(Cidr::parse("fd00::/8").unwrap().contains("fd12::1".parse().unwrap()));
        assert!(Cidr::parse("10.0.0.0/33").is_none());
        assert_eq!(parse_cidrs("10.0.0.0/8, nope"), Err("nope".to_owned()));
    }
}
