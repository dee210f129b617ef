//! How devices, snapshots and outages look in JSON. Secrets are blank, always.

use argos_kernel::{Severity, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::model::device::{Device, DeviceType, Poller, Thresholds};
use crate::model::snapshot::{Extras, Snapshot, SnapshotRow};
use crate::service::{Live, Power, status_word};

/// A page of a list.
#[derive(Serialize, JsonSchema)]
pub(crate) struct PageView<T> {
    pub(crate) page: i64,
    pub(crate) page_size: i64,
    pub(crate) total: i64,
    pub(crate) items: Vec<T>,
}

/// A device.
#[derive(Serialize, JsonSchema)]
pub(crate) struct DeviceView {
    id: String,
    name: String,
    #[serde(rename = "type")]
    kind: DeviceType,
    poller: Poller,
    host: String,
    port: u16,
    enabled: bool,
    /// Secret members are blank.
    connection_config: Map<String, Value>,
    model: Option<String>,
    firmware: Option<String>,
    serial: Option<String>,
    manufacturer: Option<String>,
    last_seen: Option<String>,
    /// `online`, `stale`, `offline`, `disabled` or `unknown`.
    status: &'static str,
    /// Why it does not answer.
    last_error: Option<String>,
    /// What an SNMP agent was recognised as.
    profile: Option<&'static str>,
    /// A forced shutdown stands at our own NUT server.
    forced_shutdown: bool,
    tags: Vec<String>,
    group: Option<String>,
    location: Option<String>,
    rated_power_watts: Option<f64>,
    nominal_power_factor: f64,
    thresholds: Thresholds,
    poll_seconds: Option<i64>,
    feeds: Vec<String>,
    source: String,
    created_at: String,
    updated_at: String,
    /// Names of the secret members that are stored.
    secrets_set: Vec<String>,
}

impl DeviceView {
    pub(crate) fn of(power: &Power, device: Device, live: Option<&Live>) -> Self {
        let set: Vec<String> = match power.secrets_of(&device) {
            Ok(secrets) => secrets.keys().cloned().collect(),
            // Unreadable is told by the vault; the device stays visible.
            Err(_) => Vec::new(),
        };
        let mut connection_config = device.connection_config;
        for name in &set {
            connection_config.insert(name.clone(), Value::String(String::new()));
        }
        let last_seen = live.and_then(|l| l.device.last_seen).or(device.last_seen);
        Self {
            status: match live {
                Some(live) => status_word(live),
                None if device.enabled => "unknown",
                None => "disabled",
            },
            last_error: live.filter(|l| l.state.missed > 0).and_then(|l| l.state.last_error.clone()),
            profile: live.and_then(|l| l.profile).map(argos_powermib::Profile::name),
            forced_shutdown: live.is_some_and(|l| l.state.forced),
            id: device.id,
            name: device.name,
            kind: device.kind,
            poller: device.poller,
            host: device.host,
            port: device.port,
            enabled: device.enabled,
            connection_config,
            model: device.model,
            firmware: device.firmware,
            serial: device.serial,
            manufacturer: device.manufacturer,
            last_seen: last_seen.map(Timestamp::rfc3339),
            tags: device.tags,
            group: device.group,
            location: device.location,
            rated_power_watts: device.rated_power_watts,
            nominal_power_factor: device.nominal_power_factor,
            thresholds: device.thresholds,
            poll_seconds: device.poll_seconds,
            feeds: device.feeds,
            source: device.source,
            created_at: device.created_at.rfc3339(),
            updated_at: device.updated_at.rfc3339(),
            secrets_set: set,
        }
    }
}

/// A sample.
#[derive(Serialize, JsonSchema)]
pub(crate) struct SnapshotView {
    /// Null for a sample that is not stored yet.
    id: Option<i64>,
    timestamp: String,
    device_id: String,
    device_type: &'static str,
    power_watts: Option<f64>,
    load_percent: Option<f64>,
    voltage: Option<f64>,
    battery_percent: Option<f64>,
    runtime_seconds: Option<f64>,
    ups_status: Option<String>,
    temperature_c: Option<f64>,
    #[serde(flatten)]
    extras: Extras,
}

impl SnapshotView {
    pub(crate) fn of(id: Option<i64>, at: Timestamp, device_id: &str, kind: DeviceType, s: Snapshot) -> Self {
        Self {
            id,
            timestamp: at.rfc3339(),
            device_id: device_id.to_owned(),
            device_type: kind.as_str(),
            power_watts: s.power_watts.map(rounded),
            load_percent: s.load_percent.map(rounded),
            voltage: s.voltage.map(rounded),
            battery_percent: s.battery_percent,
            runtime_seconds: s.runtime_seconds,
            ups_status: s.ups_status,
            temperature_c: s.temperature_c,
            extras: s.extras,
        }
    }
}

/// Without the dust of binary fractions.
fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

impl From<SnapshotRow> for SnapshotView {
    fn from(row: SnapshotRow) -> Self {
        Self::of(Some(row.id), row.at, &row.device_id, row.kind, row.values)
    }
}

/// The four words of this part.
pub(crate) const fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Debug | Severity::Info => "low",
        Severity::Warning => "medium",
        Severity::Error => "high",
        Severity::Critical => "critical",
    }
}

/// The severity a word of this part stands for.
pub(crate) fn severity_of(word: &str) -> Option<Severity> {
    Some(match word {
        "low" => Severity::Info,
        "medium" => Severity::Warning,
        "high" => Severity::Error,
        "critical" => Severity::Critical,
        _ => return None,
    })
}
