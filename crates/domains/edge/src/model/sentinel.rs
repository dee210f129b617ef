//! The files that a script beside CrowdSec applies, as texts. The same wishes give the same bytes.

use std::collections::BTreeSet;

use argos_kernel::Timestamp;

use crate::store::whitelist::Allowed;

const HEAD: &str = "# Managed by Argos; changes made here are lost.\n";
/// Letters of a scenario's name.
const NAME_MAX: usize = 128;

/// Addresses that CrowdSec shall not ban, by id.
pub(crate) fn whitelist(entries: &[Allowed]) -> String {
    let mut sorted: Vec<&Allowed> = entries.iter().collect();
    sorted.sort_by_key(|entry| entry.id);
    sorted.iter().fold(HEAD.to_owned(), |text, entry| format!("{text}{} {}\n", entry.scope, entry.value))
}

/// Scenarios that shall not run, by name.
pub(crate) fn disabled_scenarios(names: &[String]) -> String {
    names.iter().fold(HEAD.to_owned(), |text, name| format!("{text}{name}\n"))
}

/// The profile that has CrowdSec decide nothing about sites that only detect.
pub(crate) fn profiles(domains: &BTreeSet<&str>) -> String {
    if domains.is_empty() {
        return format!("{HEAD}# No site only detects.\n");
    }
    let list = domains.iter().map(|domain| format!("\"{domain}\"")).collect::<Vec<_>>().join(",");
    let meta = format!("(.Key == \"target_host\" || .Key == \"target_fqdn\") && .Value in [{list}]");
    let filter = format!("len(Alert.Events) > 0 && any(Alert.Events, any(.Meta, {meta}))");
    format!("{HEAD}name: argos_true_detect_mode\ndebug: false\nfilters:\n  - '{filter}'\ndecisions: []\non_success: break\n---\n")
}

/// Scores from which the firewall acts.
pub(crate) fn tuning(inbound: i64, outbound: i64) -> String {
    format!("{HEAD}inbound_threshold={inbound}\noutbound_threshold={outbound}\n")
}

/// Whether a name can be written into a file and read back: `owner/name`.
pub(crate) fn is_scenario(name: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"._/-".contains(&b);
    !name.is_empty() && name.len() <= NAME_MAX && name.bytes().all(is_plain) && !name.contains("..") && !name.starts_with('/')
}

/// The two scores that CrowdSec runs with, out of its own rule file.
pub(crate) fn thresholds(yaml: &str) -> (Option<i64>, Option<i64>) {
    let after = |name: &str| {
        let rest = yaml.split_once(name)?.1.trim_start().strip_prefix('=')?;
        rest.split(|c: char| !c.is_ascii_digit()).find(|digits| !digits.is_empty())?.parse().ok()
    };
    (after("inbound_anomaly_score_threshold"), after("outbound_anomaly_score_threshold"))
}

/// What the script says that it applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ack {
    /// Of all wishes together: the SHA-256 of their files one behind the other, in hex.
    pub(crate) mark: String,
    pub(crate) applied_at: Timestamp,
    pub(crate) is_complete: bool,
    pub(crate) is_watching: bool,
}

impl Ack {
    /// `None` when the text is not one of the script.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let of = |key: &str| text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('=')).map(str::trim);
        let mark = of("mark").filter(|mark| mark.len() == 64 && mark.bytes().all(|b| b.is_ascii_hexdigit()))?;
        Some(Self {
            mark: mark.to_owned(),
            applied_at: Timestamp::parse_rfc3339(of("applied_at")?)?,
            is_complete: of("left_out") == Some("0"),
            is_watching: of("watching") == Some("1"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn profile_names_the_sites_that_only_detect_in_order() {
        let text = profiles(&BTreeSet::from(["b.test", "a.test"]));
        let expected = "filters:\n  - 'len(Alert.Events) > 0 && any(Alert.Events, any(.Meta, (.Key == \"target_host\" || .Key == \"target_fqdn\") && .Value in [\"a.test\",\"b.test\"]))'\ndecisions: []\non_success: break\n---\n";
        assert!(text.starts_with("# ") && text.ends_with(expected), "{text}");
        assert!(profiles(&BTreeSet::new()).lines().all(|line| line.starts_with('#')));
    }

    #[test]
    fn files_are_the_same_for_the_same_wishes() {
        let entry = |id: i64, scope: &str, value: &str| Allowed {
            id,
            scope: scope.to_owned(),
            value: value.to_owned(),
            reason: "x\ny".to_owned(),
            created_at: Timestamp::from_secs(0),
            created_by: "admin".to_owned(),
        };
        let newest_first = [entry(2, "range", "203.0.113.0/24"), entry(1, "ip", "198.51.100.42")];
        assert_eq!(whitelist(&newest_first).strip_prefix(HEAD), Some("ip 198.51.100.42\nrange 203.0.113.0/24\n"));
        assert_eq!(tuning(15, 4).strip_prefix(HEAD), Some("inbound_threshold=15\noutbound_threshold=4\n"));
        assert_eq!(disabled_scenarios(&["crowdsecurity/http-probing".to_owned()]).strip_prefix(HEAD), Some("crowdsecurity/http-probing\n"));
    }

    #[test]
    fn names_and_scores_are_read_or_refused() {
        assert!(is_scenario("crowdsecurity/CVE-2017-9841"));
        for bad in ["", "a b", "a\nb", "../x", "/etc/passwd", "a$b"] {
            assert!(!is_scenario(bad), "{bad}");
        }
        let yaml = "SecAction \"id:900110,setvar:tx.inbound_anomaly_score_threshold=22,\n setvar:tx.outbound_anomaly_score_threshold = 5\"";
        assert_eq!(thresholds(yaml), (Some(22), Some(5)));
        assert_eq!(thresholds("nothing"), (None, None));
    }

    #[test]
    fn note_of_the_script_is_read_or_none() {
        let mark = "a1".repeat(32);
        let text = format!("# x\nmark={mark}\napplied_at=2026-03-01T12:00:00Z\nleft_out=1\nwatching=1\n");
        let applied_at = Timestamp::parse_rfc3339("2026-03-01T12:00:00Z").unwrap();
        assert_eq!(Ack::read(&text), Some(Ack { mark: mark.clone(), applied_at, is_complete: false, is_watching: true }));
        for bad in ["", "mark=abc", &format!("mark={mark}\napplied_at=soon"), &text.replace("mark=", "mark=g")] {
            assert_eq!(Ack::read(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_note_is_read_without_panic(text in "(mark|applied_at|left_out|=|[0-9a-fTZ:-]{0,70}|\n){0,12}") {
            Ack::read(&text);
        }

        #[test]
        fn any_rule_file_is_read_or_unknown(text in "[^o].{0,200}") {
            let (inbound, outbound) = thresholds(&format!("inbound_anomaly_score_threshold{text}"));
            prop_assert!(inbound.is_none_or(|n| n >= 0) && outbound.is_none(), "{text}");
        }
    }
}
