//! Which class of caller may reach which kind of address: the table of platform spec 14, the allow-list
//! `net.outbound_allow` and the two switches `net.allow_private_targets` and `net.allow_cgnat`. Pure.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use ipnet::IpNet;

use crate::{AddressKind, NeverReason, is_metadata_name};

/// Who asks for the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Set by an administrator: identity providers, ACME, LAPI, SMTP, monitors.
    Admin,
    /// Set by an administrator and often on this machine: integrations, model servers, exporters.
    Integration,
    /// Notification channels.
    Notify,
    /// HTTP steps of automations.
    Automation,
    /// Webhooks of the healing pipeline.
    Heal,
    /// Test targets, capture and discovery. `shared` = there is more than one organization.
    Browser { shared: bool },
}

/// One entry of an allow-list: `host`, `host:port`, an address, `address:port`, or a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllowEntry {
    Host { name: String, port: Option<u16> },
    Net(IpNet),
    Socket(SocketAddr),
}

impl FromStr for AllowEntry {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Ok(net) = text.parse::<IpNet>() {
            return Ok(Self::Net(net.trunc()));
        }
        if let Ok(ip) = text.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            return Ok(Self::Net(IpNet::from(ip)));
        }
        if let Ok(socket) = text.parse::<SocketAddr>() {
            return Ok(Self::Socket(socket));
        }
        let (name, port) = match text.rsplit_once(':') {
            Some((name, port)) => (name, Some(port.parse::<u16>().map_err(|_| format!("{text}: not a port number"))?)),
            None => (text, None),
        };
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let label = |l: &str| !l.is_empty() && l.len() <= 63 && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if name.len() > 253 || !name.split('.').all(label) {
            return Err(format!("{text}: not a host, address, range or host:port"));
        }
        Ok(Self::Host { name, port })
    }
}

impl AllowEntry {
    fn matches(&self, host: &str, to: SocketAddr) -> bool {
        match self {
            Self::Host { name, port } => host.trim_end_matches('.').eq_ignore_ascii_case(name) && port.is_none_or(|p| p == to.port()),
            Self::Net(net) => net.contains(&to.ip()),
            Self::Socket(socket) => *socket == to,
        }
    }
}

/// Why a connection is not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockReason {
    Never(NeverReason),
    MetadataName,
    Lan,
    Loopback,
    Cgnat,
    /// A listener of this very process.
    OwnPort,
    /// Only https is allowed here.
    PlainHttp,
    /// Neither http nor https.
    Scheme,
    /// A redirect to another scheme, or one too many.
    Redirect,
}

impl fmt::Display for BlockReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Never(NeverReason::LinkLocal) => "link-local addresses are never reached",
            Self::Never(NeverReason::Metadata) | Self::MetadataName => "cloud metadata services are never reached",
            Self::Never(NeverReason::Multicast) => "multicast addresses are never reached",
            Self::Never(NeverReason::Unusable) => "the address is not a host's",
            Self::Never(NeverReason::Embedded) => "embedded IPv4 addresses are never reached",
            Self::Lan => "private network targets need an entry in net.outbound_allow",
            Self::Loopback => "loopback targets need an entry in net.outbound_allow",
            Self::Cgnat => "targets in 100.64.0.0/10 need an entry in net.outbound_allow",
            Self::OwnPort => "the target is this server itself",
            Self::PlainHttp => "only https targets are allowed",
            Self::Scheme => "only http and https targets are allowed",
            Self::Redirect => "the redirect is not followed",
        })
    }
}

/// The configured part of the guard. Replaced as a whole when a setting changes.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// `net.outbound_allow`
    pub allow: Vec<AllowEntry>,
    /// `net.allow_private_targets`: opens LAN, loopback and http for every class; meant for tests and labs.
    pub allow_private_targets: bool,
    /// `net.allow_cgnat`: opens 100.64/10 for notifications.
    pub allow_cgnat: bool,
    /// Ports this process listens on; browsers never reach them.
    pub own_ports: Vec<u16>,
    /// Addresses of this machine besides loopback.
    pub own_addresses: Vec<IpAddr>,
}

impl Policy {
    /// Judges a name before it is resolved.
    pub fn check_name(host: &str) -> Result<(), BlockReason> {
        if is_metadata_name(host) { Err(BlockReason::MetadataName) } else { Ok(()) }
    }

    /// Judges one address a host name leads to. `extra` is the caller's own allow-list (a project's `allowed_hosts`).
    pub fn check(&self, class: Class, host: &str, to: SocketAddr, extra: &[AllowEntry]) -> Result<(), BlockReason> {
        let kind = AddressKind::of(to.ip());
        if let AddressKind::Never(reason) = kind {
            return Err(BlockReason::Never(reason));
        }
        if matches!(class, Class::Browser { .. })
            && self.own_ports.contains(&to.port())
            && (kind == AddressKind::Loopback || self.own_addresses.contains(&to.ip()))
        {
            return Err(BlockReason::OwnPort);
        }
        if kind == AddressKind::Public || self.allow.iter().chain(extra).any(|e| e.matches(host, to)) {
            return Ok(());
        }
        let alone = matches!(class, Class::Browser { shared: false });
        let (open, reason) = match kind {
            AddressKind::Lan => {
                let lan = matches!(class, Class::Admin | Class::Integration | Class::Notify | Class::Automation) || alone;
                (lan || self.allow_private_targets, BlockReason::Lan)
            }
            AddressKind::Loopback => (class == Class::Integration || alone || self.allow_private_targets, BlockReason::Loopback),
            _ => {
                let cgnat = matches!(class, Class::Admin | Class::Integration | Class::Automation) || alone;
                (cgnat || (class == Class::Notify && self.allow_cgnat), BlockReason::Cgnat)
            }
        };
        if open { Ok(()) } else { Err(reason) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: [Class; 7] = [
        Class::Admin,
        Class::Integration,
        Class::Notify,
        Class::Automation,
        Class::Heal,
        Class::Browser { shared: false },
        Class::Browser { shared: true },
    ];

    fn to(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn classes_reach_what_the_table_says() {
        let p = Policy::default();
        // In the order of ALL: admin, integration, notify, automation, heal, browser alone, browser shared.
        let rows = [
            ("192.168.1.9:80", [true, true, true, true, false, true, false]),
            ("127.0.0.1:80", [false, true, false, false, false, true, false]),
            ("100.64.1.1:80", [true, true, false, true, false, true, false]),
            ("8.8.8.8:80", [true; 7]),
            ("169.254.169.254:80", [false; 7]),
        ];
        for (addr, expected) in rows {
            let got = ALL.map(|c| p.check(c, "host.test", to(addr), &[]).is_ok());
            assert_eq!(got, expected, "{addr}");
        }
        let cgnat = Policy { allow_cgnat: true, ..Policy::default() };
        assert!(cgnat.check(Class::Notify, "h", to("100.64.1.1:80"), &[]).is_ok());
        assert!(cgnat.check(Class::Heal, "h", to("100.64.1.1:80"), &[]).is_err());
        let lab = Policy { allow_private_targets: true, ..Policy::default() };
        assert!(ALL.iter().all(|c| lab.check(*c, "h", to("127.0.0.1:80"), &[]).is_ok()));
        assert!(lab.check(Class::Heal, "h", to("100.64.1.1:80"), &[]).is_err());
    }

    #[test]
    fn allow_list_opens_exactly_what_it_names() {
        let allow = ["10.0.0.0/8", "127.0.0.1:9000", "hook.lan:8443", "::1"].map(|e| e.parse().unwrap()).to_vec();
        let p = Policy { allow, ..Policy::default() };
        assert!(p.check(Class::Heal, "x", to("10.1.2.3:1"), &[]).is_ok());
        assert!(p.check(Class::Heal, "x", to("127.0.0.1:9000"), &[]).is_ok());
        assert_eq!(p.check(Class::Heal, "x", to("127.0.0.1:9001"), &[]), Err(BlockReason::Loopback));
        assert!(p.check(Class::Heal, "HOOK.lan.", to("192.168.0.5:8443"), &[]).is_ok());
        assert_eq!(p.check(Class::Heal, "hook.lan", to("192.168.0.5:80"), &[]), Err(BlockReason::Lan));
        assert!(p.check(Class::Heal, "x", to("[::1]:80"), &[]).is_ok());
        let extra = ["app.lan".parse().unwrap()];
        assert!(p.check(Class::Browser { shared: true }, "app.lan", to("192.168.0.5:80"), &extra).is_ok());
    }

    #[test]
    fn browser_never_reaches_this_server_even_when_everything_is_open() {
        let p = Policy {
            allow: vec!["127.0.0.0/8".parse().unwrap()],
            allow_private_targets: true,
            own_ports: vec![8080],
            own_addresses: vec!["192.168.1.2".parse().unwrap()],
            ..Policy::default()
        };
        let browser = Class::Browser { shared: false };
        assert_eq!(p.check(browser, "x", to("127.0.0.1:8080"), &[]), Err(BlockReason::OwnPort));
        assert_eq!(p.check(browser, "x", to("192.168.1.2:8080"), &[]), Err(BlockReason::OwnPort));
        assert!(p.check(browser, "x", to("127.0.0.1:3000"), &[]).is_ok());
    }

    #[test]
    fn allow_entries_that_are_nothing_are_refused() {
        for bad in ["", "a b", "host:99999", "http://x", "10.0.0.0/33", ".", "a..b"] {
            assert!(bad.parse::<AllowEntry>().is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_opens_the_never_set(raw in any::<u128>(), v4 in any::<u32>(), four in any::<bool>(), port in any::<u16>()) {
            let ip = if four { IpAddr::V4(v4.into()) } else { IpAddr::V6(raw.into()) };
            let open = Policy {
                allow: vec!["0.0.0.0/0".parse().unwrap(), "::/0".parse().unwrap(), "h".parse().unwrap()],
                allow_private_targets: true,
                allow_cgnat: true,
                ..Policy::default()
            };
            let never = matches!(AddressKind::of(ip), AddressKind::Never(_));
            for class in ALL {
                prop_assert_eq!(open.check(class, "h", SocketAddr::new(ip, port), &[]).is_err(), never);
            }
        }

        #[test]
        fn allow_entry_parser_never_panics(text in "\\PC{0,40}") {
            drop(text.parse::<AllowEntry>());
        }
    }
}
