//! What is remembered of a device between two samples and across restarts, and the limits it is judged by.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::reading::Identity;

/// A restart takes less than this; what is remembered is written once a minute.
const UNWATCHED_US: i64 = 180_000_000;

/// The remembered state. Written in the transaction of the events it led to. Its moments are microseconds of a time that
/// does not jump while a process runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeviceState {
    /// A sample was judged before.
    pub seen: bool,
    /// `ups.status` of the last sample.
    pub status: String,
    /// What the device said it is.
    pub told: Identity,
    /// The last supply that could be judged.
    pub on_battery: bool,
    /// That the outage lasts was told.
    pub lasting_told: bool,
    pub battery_percent: Option<f64>,
    pub low_flag: bool,
    pub low_latched: bool,
    pub shutdown_latched: bool,
    pub load_over: bool,
    pub temperature_over: bool,
    pub overload: bool,
    pub replace_battery: bool,
    pub bypass: bool,
    pub calibrating: bool,
    pub depleted: bool,
    pub fsd: bool,
    /// A forced shutdown was ordered at our own NUT server and not cleared.
    pub forced: bool,
    pub alarms: Vec<String>,
    pub test_result: Option<String>,
    pub voltage_abnormal: bool,
    /// Since when the voltage is off.
    pub voltage_off_since: Option<i64>,
    pub nominal_voltage: Option<f64>,
    /// Input voltages of the last day, a few an hour.
    pub input_volts: VecDeque<(i64, f64)>,
    pub missed: u32,
    pub offline: bool,
    pub offline_since: Option<i64>,
    pub last_success: Option<i64>,
    pub first_try: Option<i64>,
    pub last_error: Option<String>,
    /// That the credentials are refused was told.
    pub refused: bool,
    pub outage: Option<OpenOutage>,
    /// Results of the last watch polls, for `comm_degraded`; not worth keeping over a restart.
    #[serde(skip)]
    pub recent: VecDeque<(i64, bool)>,
    #[serde(skip)]
    pub degraded: bool,
}

impl DeviceState {
    /// Takes over what an earlier process remembered. A moment that lies ahead was written before the clock was put back: it
    /// counts from now. An outage that nobody watched for a while, because this machine was off too, has an unknown end.
    #[must_use]
    pub fn settled(mut self, now_us: i64) -> Self {
        let moments = [&mut self.voltage_off_since, &mut self.offline_since, &mut self.last_success, &mut self.first_try];
        let volts = self.input_volts.iter_mut().map(|(at, _)| at);
        for at in moments.into_iter().flatten().chain(self.outage.as_mut().map(|o| &mut o.started_at)).chain(volts) {
            *at = (*at).min(now_us);
        }
        let unwatched = self.last_success.is_none_or(|at| now_us - at > UNWATCHED_US);
        if let Some(outage) = self.outage.as_mut().filter(|_| unwatched) {
            outage.lost = true;
        }
        self
    }
}

/// Why a poll failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub text: String,
    /// Somebody has to correct the credentials.
    pub refused: bool,
}

impl From<String> for Failure {
    fn from(text: String) -> Self {
        Self { text, refused: false }
    }
}

/// An outage that has not ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OpenOutage {
    pub id: Option<i64>,
    pub started_at: i64,
    pub battery_start: Option<f64>,
    pub min_runtime_seconds: Option<f64>,
    pub max_load: Option<f64>,
    /// The device fell silent in it: when the mains came back is not known to the second.
    pub lost: bool,
}

impl OpenOutage {
    /// What its end rests on. `shut_down`: the UPS was to go off in it.
    pub const fn ended_by(&self, shut_down: bool) -> &'static str {
        match (self.lost, shut_down) {
            (false, _) => "power_restored",
            (true, true) => "shutdown",
            (true, false) => "device_lost",
        }
    }
}

/// Settings and per-device overrides, merged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    pub load_percent: f64,
    pub temperature_c: f64,
    pub battery_low_percent: f64,
    /// A battery that leaves no more time than this is low, too.
    pub battery_low_seconds: Option<f64>,
    pub shutdown_floor_percent: f64,
    pub missed_polls: u32,
    pub offline_grace_seconds: i64,
    pub voltage_band_percent: f64,
    /// An outage must last this long before it becomes an alert.
    pub on_battery_debounce_seconds: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            load_percent: 90.0,
            temperature_c: 50.0,
            battery_low_percent: 20.0,
            battery_low_seconds: None,
            shutdown_floor_percent: 5.0,
            missed_polls: 3,
            offline_grace_seconds: 60,
            voltage_band_percent: 10.0,
            on_battery_debounce_seconds: 0,
        }
    }
}
