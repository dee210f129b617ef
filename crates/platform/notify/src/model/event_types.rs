//! The catalogue a notification rule picks from: the documented edge names first, then every other registered kind.

use argos_events::{Kind, Kinds};
use serde_json::{Value, json};

use crate::model::envelope::documented_name;

/// When a documented event fires, as far as its kind is registered (edge spec D7). The order is the documented one.
const TRIGGERS: &[(&str, &str)] = &[
    ("cert_expiring_soon", "daily, automatic certificate with 14 days or less"),
    ("cert_renewal_failed", "a certificate could not be obtained"),
    ("manual_cert_expiring_soon", "daily, uploaded certificate close to its end"),
    ("waf_attack_burst", "10 or more critical or error WAF hits from one address in 60 s"),
    ("waf_detect_mode_reminder", "daily, WAF on in detect mode and unchanged for more than 7 days"),
    ("target_unhealthy", "a pool member stopped answering"),
    ("target_recovered", "a pool member answers again"),
    ("rate_limit_triggered", "5 or more status 429 on one host in 30 s"),
    ("config_change", "audited create, update, delete, toggle, reorder"),
    ("login_failed", "audited failed sign-in"),
    ("health_degraded", "a component failing twice in a row; 5 minutes quiet per component"),
    ("backup_completed", "after each backup"),
    ("backup_failed", "after each backup that failed"),
    ("config_restored", "first boot after a restore"),
    ("threat_ip_banned", "new decision between two polls"),
    ("threat_intel_updated", "any difference between two polls"),
    ("crowdsec_down", "3 failed heartbeats, once per outage"),
    ("appsec_unavailable", "reachable, then unreachable, at least 60 s apart"),
    ("crowdsec_creds_stale", "stored machine credentials were refused"),
];

/// `[{type,severity,description,trigger_condition,sample_event}]`
pub(crate) fn catalogue(kinds: &Kinds) -> Vec<Value> {
    let documented = TRIGGERS.iter().filter_map(|(name, trigger)| {
        let kind = kinds.find(name).filter(|k| k.kind == *name || k.aliases.contains(name))?;
        Some(entry(name, kind, trigger))
    });
    let is_documented = |k: &Kind| TRIGGERS.iter().any(|(name, _)| k.kind == *name || k.aliases.contains(name));
    let others = kinds.all().filter(|k| !is_documented(k)).map(|k| entry(&documented_name(kinds, k.kind), k, k.description));
    documented.chain(others).collect()
}

fn entry(name: &str, kind: &Kind, trigger: &str) -> Value {
    let data: Value = serde_json::from_str(kind.sample).unwrap_or_else(|_| json!({}));
    let severity = crate::model::envelope::shown_severity(kind.severity);
    let sample =
        json!({ "type": name, "severity": severity, "timestamp": "2026-01-01T00:00:00Z", "message": kind.description, "data": data });
    json!({ "type": name, "severity": severity, "description": kind.description, "trigger_condition": trigger, "sample_event": sample })
}

/// Whether a rule may name it: a kind, an alias, `prefix.*` or `*`.
pub(crate) fn is_known(kinds: &Kinds, word: &str) -> bool {
    match word.strip_suffix('*') {
        Some("") => true,
        Some(prefix) => prefix.ends_with('.') && kinds.registered().any(|k| k.kind.starts_with(prefix)),
        None => kinds.find(word).is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn catalogue_lists_documented_names_first_and_every_kind_once() {
        let kinds = Kinds::with(&[]);
        let all = catalogue(&kinds);
        assert_eq!(all.len(), kinds.all().count());
        // In the documented order, whichever of them are registered.
        let names: Vec<&str> = all.iter().filter_map(|e| e["type"].as_str()).take_while(|t| TRIGGERS.iter().any(|(n, _)| n == t)).collect();
        let documented = TRIGGERS.iter().map(|(n, _)| *n).filter(|n| kinds.find(n).is_some());
        assert_eq!(names, documented.collect::<Vec<_>>());
        assert!(all.iter().any(|e| e["type"] == "alert.firing"));
        let login = all.iter().find(|e| e["type"] == "login_failed").unwrap();
        assert_eq!(login["sample_event"]["data"]["username"], "ada");
    }

    #[test]
    fn rules_may_name_kinds_aliases_and_families() {
        let kinds = Kinds::with(&[]);
        assert!(["alert.firing", "login_failed", "auth.login_failed", "alert.*", "*", "heal.verified"].iter().all(|w| is_known(&kinds, w)));
        assert!(["nonsense", "nonsense.*", "alert*", ""].iter().all(|w| !is_known(&kinds, w)));
    }
}
