//! Who is at the other end: address and scheme after trusted proxies (platform spec 11.4).

use std::net::{IpAddr, Ipv6Addr};

use http::HeaderMap;

use crate::WebConfig;
use crate::config::canonical;

/// The effective client of a request.
#[derive(Clone, Debug)]
pub struct ClientInfo {
    /// The client's address; `None` only for in-process calls.
    pub ip: Option<IpAddr>,
    /// `X-Forwarded-For` as received, when the peer is trusted.
    pub xff_chain: Option<String>,
    /// Own TLS, or `X-Forwarded-Proto: https` from a trusted peer.
    pub https: bool,
    pub host: String,
    pub user_agent: Option<String>,
}

impl ClientInfo {
    /// Walks `X-Forwarded-For` from the right to the first hop that is not trusted. Other headers are never believed.
    pub(crate) fn from_request(peer: Option<IpAddr>, tls: bool, headers: &HeaderMap, authority: Option<&str>, config: &WebConfig) -> Self {
        let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
        let peer = peer.map(canonical);
        let trusted = |ip: IpAddr| config.trusted_proxies.iter().any(|c| c.contains(ip));
        let mut info = Self {
            ip: peer,
            xff_chain: None,
            https: tls,
            host: text("host").or(authority).unwrap_or_default().to_ascii_lowercase(),
            user_agent: text("user-agent").map(|ua| ua.chars().take(256).collect()),
        };
        if !peer.is_some_and(trusted) {
            return info;
        }
        if let Some(proto) = text("x-forwarded-proto") {
            info.https = tls || proto.split(',').next_back().is_some_and(|p| p.trim().eq_ignore_ascii_case("https"));
        }
        let chain: Vec<&str> = headers.get_all("x-forwarded-for").iter().filter_map(|v| v.to_str().ok()).collect();
        let chain = chain.join(", ");
        for hop in chain.rsplit(',').map(str::trim).filter(|h| !h.is_empty()) {
            let Ok(ip) = hop.parse::<IpAddr>().map(canonical) else { break };
            info.ip = Some(ip);
            if !trusted(ip) {
                break;
            }
        }
        info.xff_chain = (!chain.is_empty()).then_some(chain);
        info
    }
}

/// What limits are counted on: an IPv4 address, or the /64 of an IPv6 one. A single subscriber has at least a whole /64
/// (RFC 6177), so its addresses are one principal.
pub fn counted_network(ip: IpAddr) -> String {
    match canonical(ip) {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) if v6.is_loopback() => v6.to_string(),
        IpAddr::V6(v6) => format!("{}/64", Ipv6Addr::from(u128::from(v6) >> 64 << 64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_cidrs;

    fn info(peer: &str, xff: &str) -> ClientInfo {
        let config = WebConfig { trusted_proxies: parse_cidrs("127.0.0.1, 10.0.0.0/8").unwrap(), ..WebConfig::default() };
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", xff.parse().unwrap());
        headers.insert("x-forwarded-proto", "https".parse().unwrap());
        ClientInfo::from_request(Some(peer.parse().unwrap()), false, &headers, None, &config)
    }

    #[test]
    fn only_trusted_hops_are_skipped_from_the_right() {
        assert_eq!(info("127.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.7").ip, Some("1.2.3.4".parse().unwrap()));
        assert!(info("127.0.0.1", "1.2.3.4").https);
    }

    #[test]
    fn untrusted_peer_is_taken_at_its_address() {
        let i = info("9.9.9.9", "1.2.3.4");
        assert_eq!(i.ip, Some("9.9.9.9".parse().unwrap()));
        assert!(!i.https && i.xff_chain.is_none());
    }

    #[test]
    fn addresses_of_one_ipv6_subscriber_count_as_one() {
        let network = |text: &str| counted_network(text.parse().unwrap());
        assert_eq!(network("2001:db8:1:2:a::1"), "2001:db8:1:2::/64");
        assert_eq!(network("2001:db8:1:2:b::7"), network("2001:db8:1:2:a::1"));
        assert_ne!(network("2001:db8:1:3::1"), network("2001:db8:1:2::1"));
        assert_eq!((network("192.0.2.7").as_str(), network("::ffff:192.0.2.7").as_str()), ("192.0.2.7", "192.0.2.7"));
    }
}
