//! From a body to a stored schedule: the members judged, the secret ones sealed.

use argos_kernel::{AppError, FieldError, Result, Timestamp, Uid};
use argos_vault::Vault;
use chrono_tz::Tz;
use serde_json::{Map, Value, json};

use super::TEST_RUN;
use super::fields::{Run, Timing, patched};
use super::routes::{Service, fault};
use crate::cron::Cron;
use crate::schedule::{Schedule, ScheduleSpec};
use crate::store::place_of;

/// What a hidden value looks like, here and in what comes back.
pub(super) const HIDDEN: &str = "***";

/// The sealed variables of a schedule, opened.
pub fn schedule_variables(vault: &Vault, s: &Schedule) -> Result<Map<String, Value>> {
    let Some(blob) = &s.secrets_enc else { return Ok(Map::new()) };
    let plain = vault.open(&place_of(&s.uid.to_string()), blob)?;
    serde_json::from_slice(plain.reveal()).map_err(AppError::internal)
}

pub(super) fn seal(service: &Service, uid: Uid, variables: &Map<String, Value>) -> Result<Option<String>> {
    if variables.is_empty() {
        return Ok(None);
    }
    let plain = Value::Object(variables.clone()).to_string();
    Ok(Some(service.vault.seal(&place_of(&uid.to_string()), plain.as_bytes())?))
}

/// What a body makes of a stored schedule, or of nothing. 422 naming every member at fault.
pub(super) fn judged(service: &Service, timing: &Timing, run: &Run, body: &Map<String, Value>, now: Timestamp) -> Result<(Timing, Run)> {
    let mut faults = Vec::new();
    let timing = patched(timing, body, &mut faults);
    let run = patched(run, body, &mut faults);
    if let Some(timing) = &timing {
        timing.check(&mut faults);
        match timing.timezone.parse::<Tz>() {
            Err(_) => faults.push(FieldError::new("timezone", format!("Unknown timezone: {}", timing.timezone))),
            Ok(zone) => {
                if let Err(error) = timing.cron_expression.parse::<Cron>().and_then(|c| c.check(zone, now)) {
                    faults.push(FieldError::new("cron_expression", error.to_string()));
                }
            }
        }
    }
    if let Some(run) = &run {
        run.check(&mut faults);
        if faults.is_empty() {
            service.schedules.jobs().check_payload(TEST_RUN, &json!(run))?;
        }
    }
    match (timing, run) {
        (Some(timing), Some(run)) if faults.is_empty() => Ok((timing, run)),
        _ => Err(AppError::invalid(faults)),
    }
}

/// Judges the payload of a schedule of a document as the API judges a body.
pub(crate) fn judge_payload(payload: &Value) -> Result<(), String> {
    let run: Run = serde_json::from_value(payload.clone()).map_err(|e| format!("payload: {e}"))?;
    let mut faults = Vec::new();
    run.check(&mut faults);
    if faults.is_empty() { Ok(()) } else { Err(faults.iter().map(|f| f.msg.as_str()).collect::<Vec<_>>().join("; ")) }
}

/// The variables after `body`: hidden values stay what they were.
pub(super) fn variables(stored: &Map<String, Value>, body: &Map<String, Value>) -> Result<Map<String, Value>> {
    let Some(given) = body.get("environment_variables").filter(|v| !v.is_null()) else { return Ok(stored.clone()) };
    let bad = |text: &str| fault("environment_variables", text);
    let given = given.as_object().ok_or_else(|| bad("environment_variables must be an object of texts"))?;
    let mut out = Map::new();
    for (name, value) in given {
        let text = value.as_str().ok_or_else(|| bad("environment_variables must be an object of texts"))?;
        let kept = if text == HIDDEN { stored.get(name).cloned() } else { Some(value.clone()) };
        out.insert(name.clone(), kept.ok_or_else(|| bad("a hidden value stands for nothing that is stored"))?);
    }
    Ok(out)
}

pub(super) fn spec_of(timing: Timing, run: &Run, project: Option<i64>, organization: Option<i64>) -> ScheduleSpec {
    ScheduleSpec {
        payload: json!(run),
        timezone: Some(timing.timezone),
        enabled: timing.enabled,
        overlap: timing.overlap_policy,
        misfire: timing.misfire_policy,
        grace_s: timing.misfire_grace_seconds,
        jitter_s: timing.jitter_seconds,
        organization_id: organization,
        project_id: project,
        ..ScheduleSpec::new(timing.name.trim(), TEST_RUN, timing.cron_expression)
    }
}
