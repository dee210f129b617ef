//! What is wanted of CrowdSec beside what its mounted directory says that it runs.

use std::collections::BTreeSet;

use argos_kernel::{Actor, Result, Timestamp};
use argos_platform::ComponentStatus;
use argos_settings::Write;
use serde_json::{Value, json};

use super::appsec::{Tuning, read_capped, yaml_files};
use crate::model::drift::{AllowDrift, allow_list, detecting, still_aside};
use crate::model::sentinel;
use crate::service::Edge;
use crate::store::{hosts, whitelist};

/// What is wanted beside what runs. Without the mounted directory nothing has drifted.
#[derive(Clone, Debug)]
pub(crate) struct Drift {
    pub(crate) expected_disabled: Vec<String>,
    /// Of these, those that still run.
    pub(crate) actually_enabled: Vec<String>,
    /// Wanted again, and still put aside.
    pub(crate) still_disabled: Vec<String>,
    pub(crate) actual_inbound: Option<i64>,
    pub(crate) actual_outbound: Option<i64>,
    /// Entries of the wanted allow list, and how CrowdSec's differs; `None` = its directory cannot be read.
    pub(crate) allowed: usize,
    pub(crate) allow_list: Option<AllowDrift>,
    /// Sites that only detect, by name: the wanted ones, and those of the profiles of CrowdSec, `None` = they cannot be read.
    pub(crate) expected_detecting: Vec<String>,
    pub(crate) actual_detecting: Option<Vec<String>>,
    /// Whether CrowdSec's directory is mounted here; false = scenarios and scores are those that the leading process saw.
    pub(crate) is_mounted: bool,
    pub(crate) at: Timestamp,
}

/// What of it is kept for processes without the directory.
const SCENARIOS: &str = "appsec.scenarios.drift_state";
const TUNING: &str = "appsec.tuning.drift_state";
const COMPONENT: &str = "crowdsec-drift";

impl Drift {
    pub(crate) fn has_scenarios(&self) -> bool {
        !self.actually_enabled.is_empty() || !self.still_disabled.is_empty()
    }

    pub(crate) fn has_tuning(&self, wanted: &Tuning) -> bool {
        let differs = |actual: Option<i64>, expected: i64| actual.is_some_and(|a| a != expected);
        differs(self.actual_inbound, wanted.inbound) || differs(self.actual_outbound, wanted.outbound)
    }

    pub(crate) fn has_allow_list(&self) -> bool {
        self.allow_list.is_some_and(|list| list.missing + list.extra > 0)
    }

    pub(crate) fn has_profiles(&self) -> bool {
        self.actual_detecting.as_ref().is_some_and(|actual| *actual != self.expected_detecting)
    }

    /// What differs, in words.
    fn detail(&self, wanted: &Tuning) -> Option<String> {
        let all = [
            (self.has_scenarios(), "scenarios"),
            (self.has_tuning(wanted), "the scores of the firewall"),
            (self.has_allow_list(), "the allow list"),
            (self.has_profiles(), "sites that only detect"),
        ];
        let named: Vec<&str> = all.iter().filter(|(has, _)| *has).map(|(_, name)| *name).collect();
        (!named.is_empty()).then(|| format!("CrowdSec does not run what is wanted: {}", named.join(", ")))
    }

    /// What another process saw of the directory that is not mounted here.
    fn borrow(&mut self, scenarios: &Value, tuning: &Value) {
        let names = |member: &str| -> Vec<String> {
            scenarios.get(member).and_then(|v| serde_json::from_value(v.clone()).ok()).unwrap_or_default()
        };
        self.actually_enabled = names("actually_enabled").into_iter().filter(|n| self.expected_disabled.contains(n)).collect();
        self.still_disabled = names("still_disabled");
        let score = |member: &str| tuning.get(member).and_then(Value::as_i64);
        (self.actual_inbound, self.actual_outbound) = (score("actual_inbound"), score("actual_outbound"));
        let looked = scenarios.get("last_check_at").and_then(Value::as_str).and_then(Timestamp::parse_rfc3339);
        self.at = looked.unwrap_or(self.at);
    }
}

/// Whether two snapshots say the same, whenever they were taken.
fn is_news(before: &Value, after: &Value) -> bool {
    let without = |value: &Value| {
        let mut members = value.as_object().cloned().unwrap_or_default();
        members.shift_remove("last_check_at");
        members
    };
    without(before) != without(after)
}

impl Edge {
    /// Compares what is wanted with what the mounted directory says.
    pub(crate) async fn find_drift(&self) -> Result<Drift> {
        let db = &self.platform.store.state;
        let (allowed, sites) = (whitelist::list(db).await?, hosts::list(db).await?);
        let detecting: BTreeSet<String> = sites.into_iter().filter(|h| h.enabled && h.spec.true_detect_mode).map(|h| h.domain).collect();
        let wanted = allowed.iter().map(|entry| entry.value.as_str());
        let mut found = tokio::task::block_in_place(|| self.compare_files(wanted, detecting.into_iter().collect()))?;
        if !found.is_mounted {
            found.borrow(&self.platform.settings.json(SCENARIOS)?, &self.platform.settings.json(TUNING)?);
        }
        Ok(found)
    }

    /// Keeps what was found where every process can read it, and says how it stands. `lasts`: the last look found a
    /// difference too; one that came just now waits for the script beside CrowdSec. Whether there is one.
    pub(crate) async fn note_drift(&self, lasts: bool) -> Result<bool> {
        let (found, wanted) = (self.find_drift().await?, self.get_tuning()?);
        if !found.is_mounted {
            // What nobody looks at any more is not known.
            let mut writes = Vec::new();
            for key in [SCENARIOS, TUNING] {
                if !self.platform.settings.json(key)?.is_null() {
                    writes.push(Write::clear(key).by_owner());
                }
            }
            if !writes.is_empty() {
                self.platform.settings.set_many(&Actor::system(), &writes).await?;
            }
            self.platform.health.report(COMPONENT, ComponentStatus::Disabled, None, None);
            return Ok(false);
        }
        let at = found.at.rfc3339();
        let scenarios = json!({ "drift_detected": found.has_scenarios(), "expected_disabled": found.expected_disabled,
            "actually_enabled": found.actually_enabled, "still_disabled": found.still_disabled, "last_check_at": at });
        let tuning = json!({ "drift_detected": found.has_tuning(&wanted), "expected_inbound": wanted.inbound,
            "expected_outbound": wanted.outbound, "actual_inbound": found.actual_inbound, "actual_outbound": found.actual_outbound,
            "last_check_at": at });
        let mut writes = Vec::new();
        for (key, value) in [(SCENARIOS, scenarios), (TUNING, tuning)] {
            // Only news are written: every write is a version of the setting.
            if is_news(&self.platform.settings.json(key)?, &value) {
                writes.push(Write::json(key, value).by_owner());
            }
        }
        if !writes.is_empty() {
            self.platform.settings.set_many(&Actor::system(), &writes).await?;
        }
        let detail = found.detail(&wanted);
        let has_drift = detail.is_some();
        let status = if has_drift && lasts { ComponentStatus::Degraded } else { ComponentStatus::Healthy };
        self.platform.health.report(COMPONENT, status, None, detail);
        Ok(has_drift)
    }

    fn compare_files<'a>(&self, allowed: impl Iterator<Item = &'a str>, expected_detecting: Vec<String>) -> Result<Drift> {
        let (state, expected_disabled) = (self.state_dir(), self.disabled_scenarios()?);
        let (scenarios, is_mounted) = self.list_scenarios()?;
        let runs = |name: &String| scenarios.iter().any(|s| !s.path.is_empty() && (s.canonical_name == *name || s.short_name == *name));
        let stems = |name: &str| yaml_files(&state.join(name)).iter().filter_map(|f| Some(f.file_stem()?.to_str()?.to_owned())).collect();
        let aside: Vec<String> = stems("argos-disabled-scenarios");
        let tuning = read_capped(&state.join("appsec-rules").join("argos-tuning.yaml")).unwrap_or_default();
        let (actual_inbound, actual_outbound) = sentinel::thresholds(&tuning);
        let allowed: Vec<&str> = allowed.collect();
        // A file that was never written allows nobody.
        let allow_file = || read_capped(&state.join("parsers/s02-enrich/argos-whitelist.yaml")).unwrap_or_default();
        let mut still_disabled = still_aside(&aside, &expected_disabled);
        still_disabled.sort();
        Ok(Drift {
            actually_enabled: if is_mounted { expected_disabled.iter().filter(|n| runs(n)).cloned().collect() } else { Vec::new() },
            still_disabled,
            expected_disabled,
            actual_inbound,
            actual_outbound,
            allowed: allowed.len(),
            allow_list: is_mounted.then(|| allow_list(allowed.iter().copied(), &allow_file())),
            expected_detecting,
            actual_detecting: read_capped(&state.join("profiles.yaml")).map(|text| detecting(&text)),
            is_mounted,
            at: self.platform.clock.now(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snapshot_is_news_when_more_than_its_time_changed() {
        let of = |at: &str, on: bool| json!({ "drift_detected": on, "last_check_at": at });
        assert!(is_news(&Value::Null, &of("a", false)) && is_news(&of("a", false), &of("a", true)));
        assert!(!is_news(&of("a", true), &of("b", true)));
    }

    #[test]
    fn process_without_the_directory_tells_what_the_leading_one_saw() {
        let mut found = Drift {
            expected_disabled: vec!["a/x".to_owned()],
            actually_enabled: Vec::new(),
            still_disabled: Vec::new(),
            actual_inbound: None,
            actual_outbound: None,
            allowed: 0,
            allow_list: None,
            expected_detecting: Vec::new(),
            actual_detecting: None,
            is_mounted: false,
            at: Timestamp::from_secs(2_000_000_000),
        };
        let seen = json!({ "actually_enabled": ["a/x", "a/gone"], "still_disabled": ["y"], "last_check_at": "2026-01-01T00:00:00Z" });
        found.borrow(&seen, &json!({ "actual_inbound": 5, "actual_outbound": 4 }));
        assert_eq!((found.actually_enabled.as_slice(), found.still_disabled.as_slice()), (&["a/x".to_owned()][..], &["y".to_owned()][..]));
        let wanted = Tuning { inbound: 15, outbound: 4, last_modified_at: None };
        assert!(found.has_tuning(&wanted) && found.at < Timestamp::from_secs(2_000_000_000));
        assert_eq!(found.detail(&wanted).unwrap(), "CrowdSec does not run what is wanted: scenarios, the scores of the firewall");
        found.borrow(&Value::Null, &Value::Null);
        assert_eq!(found.detail(&wanted), None, "nobody saw anything");
    }
}
