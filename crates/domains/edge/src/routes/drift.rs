//! `/api/security/drift`: what is wanted of CrowdSec beside what it runs.

use argos_kernel::Result;
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Service, time};

pub(super) fn routes(edge: Service) -> Routes {
    Routes::new(edge)
        .get("/api/security/drift", "edge.get_security_drift", "What is wanted of CrowdSec beside what it runs.", drift)
        .reply::<DriftView>()
        .done()
}

#[derive(Serialize, JsonSchema)]
struct DriftView {
    scenarios: ScenarioDriftView,
    appsec_tuning: TuningDriftView,
    whitelist: AllowDriftView,
    profiles: ProfileDriftView,
    /// Where CrowdSec's directory is not mounted: when what the leading process found there last changed.
    last_check_at: String,
    /// What the script beside CrowdSec applied last; null = it never ran with this shared directory.
    applied: Option<AppliedView>,
}

#[derive(Serialize, JsonSchema)]
struct AppliedView {
    at: String,
    /// It is what is wanted now.
    current: bool,
    /// Nothing was left out.
    complete: bool,
    /// It looks for changes by itself, and did so within the last minute.
    watching: bool,
}

#[derive(Serialize, JsonSchema)]
struct ScenarioDriftView {
    drift_detected: bool,
    expected_disabled: Vec<String>,
    actually_enabled: Vec<String>,
    /// Short names of those that are wanted again and do not run yet.
    still_disabled: Vec<String>,
    last_check_at: String,
}

#[derive(Serialize, JsonSchema)]
struct TuningDriftView {
    drift_detected: bool,
    expected_inbound: i64,
    /// Null = CrowdSec's file cannot be read.
    actual_inbound: Option<i64>,
    expected_outbound: i64,
    actual_outbound: Option<i64>,
    last_check_at: String,
}

#[derive(Serialize, JsonSchema)]
struct AllowDriftView {
    drift_detected: bool,
    /// Entries of the allow list.
    expected: usize,
    /// Those that CrowdSec does not have; null = its directory cannot be read.
    missing: Option<usize>,
    /// Those that it has and should not; null = its directory cannot be read.
    extra: Option<usize>,
    last_check_at: String,
}

#[derive(Serialize, JsonSchema)]
struct ProfileDriftView {
    drift_detected: bool,
    /// Sites that shall only detect.
    expected: Vec<String>,
    /// Those of the profiles of CrowdSec; null = they cannot be read.
    actual: Option<Vec<String>>,
    last_check_at: String,
}

async fn drift(edge: Service, _: Req) -> Result<Reply> {
    let found = edge.find_drift().await?;
    let wanted = edge.get_tuning()?;
    let (scenarios, tuning) = (found.has_scenarios(), found.has_tuning(&wanted));
    let (allow_list, profiles) = (found.has_allow_list(), found.has_profiles());
    let at = time(found.at);
    Ok(Reply::json(&DriftView {
        scenarios: ScenarioDriftView {
            drift_detected: scenarios,
            expected_disabled: found.expected_disabled,
            actually_enabled: found.actually_enabled,
            still_disabled: found.still_disabled,
            last_check_at: at.clone(),
        },
        appsec_tuning: TuningDriftView {
            drift_detected: tuning,
            expected_inbound: wanted.inbound,
            actual_inbound: found.actual_inbound,
            expected_outbound: wanted.outbound,
            actual_outbound: found.actual_outbound,
            last_check_at: at.clone(),
        },
        whitelist: AllowDriftView {
            drift_detected: allow_list,
            expected: found.allowed,
            missing: found.allow_list.map(|list| list.missing),
            extra: found.allow_list.map(|list| list.extra),
            last_check_at: at.clone(),
        },
        profiles: ProfileDriftView {
            drift_detected: profiles,
            expected: found.expected_detecting,
            actual: found.actual_detecting,
            last_check_at: at.clone(),
        },
        last_check_at: at,
        applied: tokio::task::block_in_place(|| edge.find_ack()).map(|(ack, current)| AppliedView {
            at: time(ack.applied_at),
            current,
            complete: ack.is_complete,
            watching: ack.is_watching,
        }),
    }))
}
