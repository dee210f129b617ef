//! Bans as they are kept: what CrowdSec decided about whom until when, and whom nobody may ban from here.

use std::net::IpAddr;
use std::sync::LazyLock;

use argos_crowdsec::Decision;
use argos_kernel::{AppError, Result, Timestamp};
use argos_proxy::Prefix;

use super::bad;

/// What a decision must be to be enforced.
pub(crate) const BAN: &str = "ban";
/// Who decides when a person bans somebody here.
pub(crate) const OWN_ORIGIN: &str = "argos-panel";
/// What the origin of a banned country begins with.
pub(crate) const COUNTRY_ORIGIN: &str = "argos-country-";
/// The longest ban: a year.
pub(crate) const HOURS_MAX: u32 = 8_760;

/// A decision with its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ban {
    pub(crate) id: i64,
    pub(crate) origin: String,
    pub(crate) kind: String,
    pub(crate) scope: String,
    pub(crate) value: String,
    pub(crate) scenario: String,
    pub(crate) until: Timestamp,
}

impl Ban {
    /// A decision that lasts. `None` when it is over or says no time.
    pub(crate) fn of(decision: Decision, now: Timestamp) -> Option<Self> {
        let left = decision.left().filter(|left| left.micros > 0)?;
        let Decision { id, origin, kind, scope, value, scenario, .. } = decision;
        Some(Self { id, origin, kind, scope, value, scenario, until: Timestamp::from_micros(now.micros().saturating_add(left.micros)) })
    }

    /// The addresses it meets; `None` for countries and networks, which no address tells.
    pub(crate) fn range(&self) -> Option<Prefix> {
        let is_of_addresses = self.scope.eq_ignore_ascii_case("ip") || self.scope.eq_ignore_ascii_case("range");
        self.value.parse().ok().filter(|_| is_of_addresses)
    }

    /// Whether it is about one address, not about a range that holds it.
    pub(crate) fn is_single(&self) -> bool {
        self.scope.eq_ignore_ascii_case("ip")
    }

    /// Whether it came in bulk: nobody wants a message for each of these.
    pub(crate) fn is_bulk(&self) -> bool {
        self.origin.eq_ignore_ascii_case("capi") || self.origin.starts_with("lists") || self.origin.starts_with(COUNTRY_ORIGIN)
    }
}

/// An address or range somebody named, as CrowdSec writes it: `ip` or `range` and the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) range: Prefix,
}

impl Subject {
    pub(crate) fn parse(field: &str, text: &str) -> Result<Self> {
        let range = text.trim().parse().map_err(|_| bad(field, format!("{field} is not an IP address or range")))?;
        Ok(Self { range })
    }

    /// As scope and value of the allow list.
    pub(crate) fn scoped(scope: &str, value: &str) -> Result<Self> {
        let subject = Self::parse("value", value)?;
        match (scope, value.contains('/')) {
            ("ip", false) | ("range", true) => Ok(subject),
            ("ip", true) => Err(bad("value", "value is a range; use scope range")),
            ("range", false) => Err(bad("value", "value is not a range such as 203.0.113.0/24")),
            _ => Err(bad("scope", "scope must be ip or range")),
        }
    }

    /// The scope as decisions write it.
    pub(crate) fn scope(self) -> &'static str {
        if self.range.is_single() { "Ip" } else { "Range" }
    }

    /// The value as decisions write it.
    pub(crate) fn value(self) -> String {
        if self.range.is_single() { self.range.first().to_string() } else { self.range.to_string() }
    }

    /// Whether both have an address in common.
    fn touches(self, other: &Prefix) -> bool {
        let ((low, high), (first, last)) = (self.range.span(), other.span());
        low <= last && first <= high
    }
}

/// Ranges that no public client comes from.
const PRIVATE: [&str; 12] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "224.0.0.0/3",
    "::/127",
    "fc00::/7",
    "fe80::/10",
    "ff00::/8",
];

/// The same, read once.
static PRIVATE_RANGES: LazyLock<Vec<Prefix>> = LazyLock::new(|| PRIVATE.iter().filter_map(|text| text.parse().ok()).collect());

/// Whether an address belongs to a private or local network.
pub(crate) fn is_private(address: IpAddr) -> bool {
    PRIVATE_RANGES.iter().any(|range| range.contains(address))
}

/// Whom a ban must not meet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Protected {
    /// Where the person who bans comes from, and where their other sessions are.
    pub(crate) own: Vec<IpAddr>,
    /// The public address of this machine.
    pub(crate) panel: Option<IpAddr>,
    /// Proxies in front of this one: a ban of them is a ban of everybody.
    pub(crate) proxies: Vec<Prefix>,
    pub(crate) allowed: Vec<Prefix>,
}

impl Protected {
    /// The addresses that must stay reachable.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        self.own.iter().copied().chain(self.panel)
    }

    fn shown(range: &Prefix) -> String {
        Subject { range: *range }.value()
    }

    /// The reason not to ban somebody.
    pub(crate) fn refusal(&self, subject: Subject) -> Option<AppError> {
        let refused = |code: &'static str, text: String| Some(AppError::conflict(text).code(code).with("field", "value"));
        if let Some(own) = self.own.iter().find(|own| subject.range.contains(**own)) {
            return refused("would_lock_out", format!("{own} is your own address: you would lock yourself out"));
        }
        if let Some(panel) = self.panel.filter(|panel| subject.range.contains(*panel)) {
            return refused("would_lock_out", format!("{panel} is the public address of this server"));
        }
        let private = PRIVATE.iter().find(|text| text.parse().is_ok_and(|range| subject.touches(&range)));
        if let Some(private) = private {
            return refused("private_network", format!("{} meets the private or local network {private}", subject.value()));
        }
        if let Some(proxy) = self.proxies.iter().find(|range| subject.touches(range)) {
            return refused("trusted_proxy", format!("{} meets the trusted proxy {proxy}", subject.value()));
        }
        let allowed = self.allowed.iter().find(|range| subject.touches(range));
        allowed.and_then(|range| refused("allowed", format!("{} meets {} on the allow list", subject.value(), Self::shown(range))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn subject(text: &str) -> Subject {
        Subject::parse("value", text).unwrap()
    }

    #[test]
    fn ban_that_would_lock_somebody_out_is_refused() {
        let protected = Protected {
            own: vec!["198.51.100.7".parse().unwrap()],
            panel: Some("203.0.113.1".parse().unwrap()),
            proxies: vec!["173.245.48.0/20".parse().unwrap()],
            allowed: vec!["192.0.2.8".parse().unwrap()],
        };
        let code = |text: &str| protected.refusal(subject(text)).map(|e| e.code_str().to_owned());
        for (text, expected) in [
            ("198.51.100.7", Some("would_lock_out")),
            ("198.51.100.0/24", Some("would_lock_out")),
            ("203.0.113.0/30", Some("would_lock_out")),
            ("10.1.2.3", Some("private_network")),
            ("0.0.0.0/0", Some("would_lock_out")),
            ("fd00::1", Some("private_network")),
            ("2001:db8::1", None),
            ("::ffff:192.168.1.1", Some("private_network")),
            ("173.245.48.9", Some("trusted_proxy")),
            ("192.0.2.0/24", Some("allowed")),
            ("192.0.2.9", None),
            ("203.0.113.9", None),
        ] {
            assert_eq!(code(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn subjects_are_written_as_decisions_are() {
        assert_eq!((subject(" 203.0.113.9 ").scope(), subject("203.0.113.9").value()), ("Ip", "203.0.113.9".to_owned()));
        assert_eq!((subject("203.0.113.9/24").scope(), subject("203.0.113.9/24").value()), ("Range", "203.0.113.0/24".to_owned()));
        assert!(Subject::scoped("ip", "203.0.113.0/24").is_err() && Subject::scoped("range", "203.0.113.9").is_err());
        assert!(Subject::scoped("country", "BR").is_err() && Subject::parse("ip", "nobody").is_err());
    }

    #[test]
    fn decision_without_time_left_is_no_ban() {
        let decision = |duration: &str, scope: &str, value: &str| Decision {
            id: 1,
            origin: "cscli".to_owned(),
            kind: BAN.to_owned(),
            scope: scope.to_owned(),
            value: value.to_owned(),
            scenario: String::new(),
            duration: duration.to_owned(),
        };
        let now = Timestamp::from_secs(1_000);
        assert_eq!(Ban::of(decision("1h", "Ip", "203.0.113.9"), now).unwrap().until, Timestamp::from_secs(4_600));
        assert_eq!(Ban::of(decision("-3s", "Ip", "203.0.113.9"), now), None);
        assert_eq!(Ban::of(decision("soon", "Ip", "203.0.113.9"), now), None);
        assert_eq!(Ban::of(decision("1h", "Country", "BR"), now).unwrap().range(), None);
    }

    proptest! {
        #[test]
        fn any_text_is_a_subject_or_refused(text in ".{0,40}") {
            if let Ok(found) = Subject::parse("value", &text) {
                prop_assert_eq!(Subject::parse("value", &found.value()).unwrap(), found);
            }
        }
    }
}
