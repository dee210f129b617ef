//! What is remembered of a device between two samples and across restarts, and the limits it is judged by.

use serde::{Deserialize, Serialize};

/// The remembered state. Written in the transaction of the events it led to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeviceState {
    /// A sample was judged before.
    pub seen: bool,
    /// `ups.status` of the last sample.
    pub status: String,
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
    pub alarm: Option<String>,
    pub test_result: Option<String>,
    pub voltage_abnormal: bool,
    /// Microseconds; since when the voltage is off.
    pub voltage_off_since: Option<i64>,
    pub nominal_voltage: Option<f64>,
    pub missed: u32,
    pub offline: bool,
    pub offline_since: Option<i64>,
    pub last_success: Option<i64>,
    pub first_try: Option<i64>,
    pub last_error: Option<String>,
    pub outage: Option<OpenOutage>,
    /// Results of the last watch polls, for `comm_degraded`; not worth keeping over a restart.
    #[serde(skip)]
    pub recent: std::collections::VecDeque<(i64, bool)>,
    #[serde(skip)]
    pub degraded: bool,
}

/// An outage that has not ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OpenOutage {
    pub id: Option<i64>,
    /// Microseconds.
    pub started_at: i64,
    pub battery_start: Option<f64>,
    pub min_runtime_seconds: Option<f64>,
    pub max_load: Option<f64>,
}

/// Settings and per-device overrides, merged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    pub load_percent: f64,
    pub temperature_c: f64,
    pub battery_low_percent: f64,
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
            shutdown_floor_percent: 5.0,
            missed_polls: 3,
            offline_grace_seconds: 60,
            voltage_band_percent: 10.0,
            on_battery_debounce_seconds: 0,
        }
    }
}
