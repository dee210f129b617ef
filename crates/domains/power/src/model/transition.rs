//! The transitions of a device (power spec D.4): from remembered state and new sample to events. Pure, with
//! hysteresis, so that a flapping value or a restart neither repeats nor loses one.

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::snapshot::Snapshot;
use super::state::{DeviceState, Failure, Limits, OpenOutage};

/// Something that happened, under its documented type.
#[derive(Clone, Debug, PartialEq)]
pub struct Transition {
    pub kind: &'static str,
    pub metadata: Value,
}

const VOLTAGE_HOLD_US: i64 = 10_000_000;
/// Voltages are kept this long, one every quarter of an hour.
const VOLTS_FOR_US: i64 = 86_400_000_000;
const VOLTS_EVERY_US: i64 = 900_000_000;
const VOLTS_SOON: usize = 8;
const RECENT_US: i64 = 300_000_000;
/// Fewer polls than this say nothing about the connection.
const RECENT_LEAST: usize = 20;
/// Alarms of SNMP agents that say what a status flag or a null says already.
const TOLD_OTHERWISE: [&str; 9] = [
    "on_battery",
    "low_battery",
    "depleted_battery",
    "battery_bad",
    "output_overload",
    "overload",
    "on_bypass",
    "test_in_progress",
    "partial",
];
const NOMINAL_VOLTS: [f64; 10] = [100.0, 110.0, 115.0, 120.0, 127.0, 200.0, 208.0, 220.0, 230.0, 240.0];

struct Judge<'a> {
    state: &'a mut DeviceState,
    out: Vec<Transition>,
    first: bool,
}

impl Judge<'_> {
    /// The first sample of a device is where everything starts, not a change; only an outage is told at once.
    fn say(&mut self, kind: &'static str, metadata: Value) {
        if !self.first {
            self.out.push(Transition { kind, metadata });
        }
    }
}

/// Judges a good sample. `test_result` is the device's own text about its last battery test.
pub fn judge_sample(state: &mut DeviceState, s: &Snapshot, test_result: Option<&str>, limits: &Limits, now_us: i64) -> Vec<Transition> {
    let first = !state.seen;
    let mut j = Judge { state, out: Vec::new(), first };
    came_back(&mut j, now_us);
    supply(&mut j, s, limits, now_us);
    battery(&mut j, s, limits);
    thresholds(&mut j, s, limits);
    flags(&mut j, s, test_result);
    voltage(&mut j, s, limits, now_us);
    let Judge { state, out, .. } = j;
    state.seen = true;
    state.status = s.ups_status.clone().unwrap_or_default();
    state.battery_percent = s.battery_percent.or(state.battery_percent);
    if let Some(outage) = &mut state.outage {
        outage.min_runtime_seconds = least(outage.min_runtime_seconds, s.runtime_seconds);
        outage.max_load = s.load_percent.map_or(outage.max_load, |load| Some(outage.max_load.map_or(load, |m| m.max(load))));
    }
    out
}

fn least(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

fn came_back(j: &mut Judge<'_>, now_us: i64) {
    let missed = std::mem::take(&mut j.state.missed);
    (j.state.last_error, j.state.refused) = (None, false);
    if std::mem::take(&mut j.state.offline) {
        let seconds = j.state.offline_since.take().map(|since| (now_us - since) / 1_000_000);
        // Also told when no sample was ever good before: it was said to be offline.
        j.out.push(Transition { kind: "device_online", metadata: json!({ "missed_polls": missed, "offline_seconds": seconds }) });
        j.state.recent.clear();
    }
    j.state.last_success = Some(now_us);
    note(j.state, now_us, true);
    // Judged when a poll succeeds: what fails every time is on its way to being offline, not unreliable.
    let (failed, polls) = (j.state.recent.iter().filter(|(_, ok)| !ok).count(), j.state.recent.len());
    if polls >= RECENT_LEAST && failed * 10 > polls && !j.state.degraded {
        j.state.degraded = true;
        j.say("comm_degraded", json!({ "failed": failed, "polls": polls }));
    } else if failed * 20 < polls {
        j.state.degraded = false;
    }
}

fn note(state: &mut DeviceState, now_us: i64, ok: bool) {
    state.recent.push_back((now_us, ok));
    while state.recent.front().is_some_and(|(at, _)| now_us - at > RECENT_US) {
        state.recent.pop_front();
    }
}

fn supply(j: &mut Judge<'_>, s: &Snapshot, limits: &Limits, now_us: i64) {
    let flags = s.flags();
    let previous = j.state.status.clone();
    if flags.on_battery() && !j.state.on_battery {
        j.state.on_battery = true;
        j.state.outage = Some(OpenOutage { started_at: now_us, battery_start: s.battery_percent, ..OpenOutage::default() });
        let mut metadata = json!({
            "previous_status": (!j.first).then_some(previous),
            "current_status": s.ups_status,
            "battery_percent": s.battery_percent,
            "load_percent": s.load_percent,
            "runtime_seconds": s.runtime_seconds,
        });
        if j.first {
            metadata["initial"] = json!(true);
        }
        if limits.on_battery_debounce_seconds > 0 {
            metadata["debounce_seconds"] = json!(limits.on_battery_debounce_seconds);
        }
        j.state.lasting_told = limits.on_battery_debounce_seconds == 0;
        j.out.push(Transition { kind: "on_battery", metadata });
    } else if flags.on_mains() && j.state.on_battery {
        j.state.on_battery = false;
        j.state.low_latched = false;
        j.state.shutdown_latched = false;
        j.state.depleted = false;
        let outage = j.state.outage.take().unwrap_or_default();
        let seconds = (outage.started_at > 0).then(|| (now_us - outage.started_at) / 1_000_000);
        j.say(
            "power_restored",
            json!({
                "previous_status": previous,
                "current_status": s.ups_status,
                "battery_percent": s.battery_percent,
                "outage_seconds": seconds,
                "outage_id": outage.id,
            }),
        );
    } else if flags.on_battery() && !j.state.lasting_told {
        let seconds = j.state.outage.as_ref().map_or(0, |o| (now_us - o.started_at) / 1_000_000);
        if seconds >= limits.on_battery_debounce_seconds {
            j.state.lasting_told = true;
            let metadata = json!({ "current_status": s.ups_status, "battery_percent": s.battery_percent, "on_battery_seconds": seconds });
            j.say("on_battery_lasts", metadata);
        }
    }
}

fn battery(j: &mut Judge<'_>, s: &Snapshot, limits: &Limits) {
    let flags = s.flags();
    let threshold = limits.battery_low_percent;
    // The time that is left is a guess that moves with the load: on battery it unlatches nothing.
    let by_time = limits.battery_low_seconds.filter(|_| flags.on_battery());
    let charged = s.battery_percent.is_some_and(|p| p >= threshold + 5.0) && !flags.has("LB") && by_time.is_none();
    if charged && std::mem::take(&mut j.state.low_latched) {
        j.say("battery_recovered", json!({ "battery_percent": s.battery_percent, "threshold": threshold }));
    }
    let flag_rises = flags.has("LB") && !j.state.low_flag;
    let crossed = s.battery_percent.zip(j.state.battery_percent).is_some_and(|(now, before)| before > threshold && now <= threshold);
    if !j.first {
        j.state.low_flag = flags.has("LB");
    }
    // Many devices say 0 seconds for "I do not know".
    let short = by_time.zip(s.runtime_seconds).is_some_and(|(limit, left)| left > 0.0 && left <= limit);
    if (flag_rises || crossed || short) && !j.state.low_latched && !j.first {
        j.state.low_latched = true;
        let mut metadata = json!({ "battery_percent": s.battery_percent, "threshold": threshold });
        metadata["reason"] = json!(if flag_rises {
            "lb_flag"
        } else if crossed {
            "percent"
        } else {
            "runtime"
        });
        if short {
            metadata["runtime_seconds"] = json!(s.runtime_seconds);
        }
        j.say("battery_low", metadata);
    }
    let forced = flags.has("FSD");
    if forced && !j.state.fsd {
        j.say("fsd", json!({ "flag": "FSD" }));
    }
    if !j.first {
        j.state.fsd = forced;
    }
    let floor = limits.shutdown_floor_percent;
    let empty = flags.on_battery() && s.battery_percent.is_some_and(|p| p <= floor);
    if (forced || empty) && !j.state.shutdown_latched && !j.first {
        j.state.shutdown_latched = true;
        let trigger = if forced { "fsd" } else { "battery_floor" };
        j.say("shutdown_initiated", json!({ "battery_percent": s.battery_percent, "floor_percent": floor, "trigger": trigger }));
    }
    if flags.on_battery() && s.battery_percent.is_some_and(|p| p <= 0.0) && !j.state.depleted && !j.first {
        j.state.depleted = true;
        j.say("battery_depleted", json!({ "battery_percent": s.battery_percent, "runtime_seconds": s.runtime_seconds }));
    }
}

fn thresholds(j: &mut Judge<'_>, s: &Snapshot, limits: &Limits) {
    if let Some(load) = s.load_percent {
        let limit = limits.load_percent;
        if load >= limit && !j.state.load_over {
            j.state.load_over = true;
            j.say("threshold_crossed", json!({ "metric": "load_percent", "value": load, "threshold": limit }));
        } else if load <= limit * 0.95 {
            j.state.load_over = false;
        }
    }
    if let Some(temperature) = s.temperature_c {
        let limit = limits.temperature_c;
        if temperature >= limit && !j.state.temperature_over {
            j.state.temperature_over = true;
            j.say("threshold_crossed", json!({ "metric": "temperature_c", "value": temperature, "threshold": limit }));
        } else if temperature <= limit - 2.0 {
            j.state.temperature_over = false;
        }
    }
}

/// A latch that follows a condition; says which way it turned.
fn turned(latch: &mut bool, now: bool) -> Option<bool> {
    (*latch != now).then(|| {
        *latch = now;
        now
    })
}

fn flags(j: &mut Judge<'_>, s: &Snapshot, test_result: Option<&str>) {
    let flags = s.flags();
    let over = flags.has("OVER") || s.load_percent.is_some_and(|load| load > 100.0);
    match turned(&mut j.state.overload, over) {
        Some(true) => j.say("overload", json!({ "load_percent": s.load_percent })),
        Some(false) => j.say("overload_cleared", json!({ "load_percent": s.load_percent })),
        None => {}
    }
    if turned(&mut j.state.replace_battery, flags.has("RB")) == Some(true) {
        j.say("replace_battery", json!({ "flag": "RB" }));
    }
    match turned(&mut j.state.bypass, flags.has("BYPASS")) {
        Some(true) => j.say("bypass_on", json!({ "flag": "BYPASS" })),
        Some(false) => j.say("bypass_off", json!({ "flag": "BYPASS" })),
        None => {}
    }
    if turned(&mut j.state.calibrating, flags.has("CAL")) == Some(true) {
        j.say("calibration", json!({ "flag": "CAL" }));
    }
    alarms(j, s);
    let result = test_result.map(str::trim).filter(|t| !t.is_empty());
    if let Some(result) = result.filter(|t| !t.to_ascii_lowercase().contains("progress"))
        && j.state.test_result.as_deref() != Some(result)
    {
        j.state.test_result = Some(result.to_owned());
        j.say("battery_test_result", json!({ "result": result }));
    }
}

/// Each alarm is told when it comes; that there is none any more is told once.
fn alarms(j: &mut Judge<'_>, s: &Snapshot) {
    let news = |alarm: &&String| !TOLD_OTHERWISE.contains(&alarm.as_str());
    let mut now: Vec<String> = s.extras.alarms.iter().filter(news).cloned().collect();
    if now.is_empty() && s.flags().has("ALARM") {
        now.push("ALARM".to_owned());
    }
    let before = std::mem::replace(&mut j.state.alarms, now.clone());
    for alarm in now.iter().filter(|alarm| !before.contains(alarm)) {
        j.say("device_alarm", json!({ "flag": "ALARM", "alarm": alarm }));
    }
    if now.is_empty() && !before.is_empty() {
        j.say("device_alarm_cleared", json!({ "alarm": before.join(", ") }));
    }
}

fn voltage(j: &mut Judge<'_>, s: &Snapshot, limits: &Limits, now_us: i64) {
    let Some(volts) = s.extras.input_voltage else { return };
    // On battery the input is expected to be off.
    if j.state.on_battery || volts <= 0.0 {
        j.state.voltage_off_since = None;
        return;
    }
    let nominal = s.extras.nominal_voltage.filter(|n| *n > 0.0).unwrap_or_else(|| nearest(usual(&mut j.state.input_volts, volts, now_us)));
    j.state.nominal_voltage = Some(nominal);
    let deviation = (volts - nominal) / nominal * 100.0;
    let off = deviation.abs() > limits.voltage_band_percent;
    let metadata = json!({ "value": volts, "nominal": nominal, "deviation_percent": (deviation * 10.0).round() / 10.0 });
    match (off, j.state.voltage_abnormal) {
        (true, false) => {
            let since = *j.state.voltage_off_since.get_or_insert(now_us);
            if now_us - since >= VOLTAGE_HOLD_US {
                j.state.voltage_abnormal = true;
                j.say("voltage_abnormal", metadata);
            }
        }
        (false, true) => {
            j.state.voltage_abnormal = false;
            j.state.voltage_off_since = None;
            j.say("voltage_normal", metadata);
        }
        (false, false) => j.state.voltage_off_since = None,
        (true, true) => {}
    }
}

/// The median of what came in over the last day, `volts` now among it.
fn usual(kept: &mut VecDeque<(i64, f64)>, volts: f64, now_us: i64) -> f64 {
    while kept.front().is_some_and(|(at, _)| now_us - at > VOLTS_FOR_US) {
        kept.pop_front();
    }
    // The first ones are taken sooner, so that one odd reading does not decide for long.
    let wait = if kept.len() < VOLTS_SOON { VOLTS_EVERY_US / 15 } else { VOLTS_EVERY_US };
    if kept.back().is_none_or(|(at, _)| now_us - at >= wait) {
        kept.push_back((now_us, volts));
    }
    let mut all: Vec<f64> = kept.iter().map(|(_, volts)| *volts).collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(volts)
}

fn nearest(volts: f64) -> f64 {
    let closer = |a: f64, b: f64| if (b - volts).abs() < (a - volts).abs() { b } else { a };
    NOMINAL_VOLTS.into_iter().reduce(closer).unwrap_or(230.0)
}

/// Judges a poll that failed.
pub fn judge_failure(state: &mut DeviceState, failure: &Failure, limits: &Limits, now_us: i64) -> Vec<Transition> {
    let mut out = Vec::new();
    state.missed = state.missed.saturating_add(1);
    state.last_error = Some(failure.text.chars().take(300).collect());
    if failure.refused && !std::mem::replace(&mut state.refused, failure.refused) {
        out.push(Transition { kind: "access_refused", metadata: json!({ "last_error": state.last_error }) });
    }
    let first_try = *state.first_try.get_or_insert(now_us);
    note(state, now_us, false);
    let silent_us = now_us - state.last_success.unwrap_or(first_try);
    let over = state.missed >= limits.missed_polls && silent_us >= limits.offline_grace_seconds.saturating_mul(1_000_000);
    if over && !state.offline {
        state.offline = true;
        state.offline_since = Some(state.last_success.unwrap_or(first_try));
        if let Some(outage) = &mut state.outage {
            outage.lost = true;
        }
        let metadata = json!({ "missed_polls": state.missed, "threshold": limits.missed_polls, "last_error": state.last_error });
        out.push(Transition { kind: "device_offline", metadata });
    }
    out
}

#[cfg(test)]
mod tests;
