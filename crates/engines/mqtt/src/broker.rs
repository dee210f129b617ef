//! A broker as people write it down: `mqtt://user:password@host:1883`.

use std::fmt;

/// Where an MQTT message goes.
#[derive(Clone, PartialEq, Eq)]
pub struct Broker {
    pub host: String,
    pub port: u16,
    pub tls: bool,
    pub login: Option<(String, String)>,
}

impl Broker {
    /// `mqtt://user:password@host:1883`, `mqtts://host` or `host:port`.
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("mqtt", text));
        let tls = match scheme {
            "mqtt" | "tcp" => false,
            "mqtts" | "ssl" => true,
            _ => return None,
        };
        let rest = rest.trim_end_matches('/');
        let (login, rest) = match rest.rsplit_once('@') {
            Some((login, rest)) => (Some(login.split_once(':').unwrap_or((login, ""))), rest),
            None => (None, rest),
        };
        let default = if tls { 8883 } else { 1883 };
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, port.parse().ok()?),
            _ => (rest, default),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let plain = !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || ".-:_".contains(c));
        let login = login.map(|(u, p)| (u.to_owned(), p.to_owned()));
        plain.then(|| Self { host: host.to_owned(), port, tls, login })
    }
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Never the password.
        write!(f, "Broker({}:{}, tls {})", self.host, self.port, self.tls)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn brokers_are_read_with_their_ports() {
        let b = Broker::parse("mqtts://u:p@m.test").unwrap();
        assert_eq!((b.host.as_str(), b.port, b.tls, b.login), ("m.test", 8883, true, Some(("u".to_owned(), "p".to_owned()))));
        assert_eq!(Broker::parse("[::1]:1884").map(|b| (b.host, b.port)), Some(("::1".to_owned(), 1884)));
        assert!(["", "mqtt://", "http://x", "mqtt://a b", "x:99999"].iter().all(|t| Broker::parse(t).is_none()));
    }

    proptest! {
        #[test]
        fn any_text_is_a_broker_or_none(text in "\\PC{0,40}|[mqts:/@.a0-9\\[\\]]{0,20}") {
            if let Some(b) = Broker::parse(&text) {
                prop_assert!(!b.host.is_empty());
            }
        }
    }
}
