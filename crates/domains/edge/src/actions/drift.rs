//! What is wanted of CrowdSec beside what its mounted directory says that it runs.

use std::collections::BTreeSet;

use argos_kernel::{Result, Timestamp};

use super::appsec::{read_capped, yaml_files};
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
    pub(crate) at: Timestamp,
}

impl Edge {
    /// Compares what is wanted with what the mounted directory says.
    pub(crate) async fn find_drift(&self) -> Result<Drift> {
        let db = &self.platform.store.state;
        let (allowed, sites) = (whitelist::list(db).await?, hosts::list(db).await?);
        let detecting: BTreeSet<String> = sites.into_iter().filter(|h| h.enabled && h.spec.true_detect_mode).map(|h| h.domain).collect();
        let wanted = allowed.iter().map(|entry| entry.value.as_str());
        tokio::task::block_in_place(|| self.compare_files(wanted, detecting.into_iter().collect()))
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
            at: self.platform.clock.now(),
        })
    }
}
