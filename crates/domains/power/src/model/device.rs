//! A device as it is stored: what it is, how it is reached, what its limits are. Secrets stay sealed beside it.

use argos_kernel::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DeviceType {
    Ups,
    Pdu,
    Sensor,
    Host,
}

impl DeviceType {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ups => "ups",
            Self::Pdu => "pdu",
            Self::Sensor => "sensor",
            Self::Host => "host",
        }
    }
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Ups, Self::Pdu, Self::Sensor, Self::Host].into_iter().find(|t| t.as_str() == word)
    }
}

/// How a device is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Poller {
    Nut,
    Snmp,
    Http,
    Modbus,
    Redfish,
    Ipmi,
    Apcupsd,
}

impl Poller {
    pub const ALL: [Self; 7] = [Self::Nut, Self::Snmp, Self::Http, Self::Modbus, Self::Redfish, Self::Ipmi, Self::Apcupsd];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nut => "nut",
            Self::Snmp => "snmp",
            Self::Http => "http",
            Self::Modbus => "modbus",
            Self::Redfish => "redfish",
            Self::Ipmi => "ipmi",
            Self::Apcupsd => "apcupsd",
        }
    }
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.as_str() == word)
    }
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Nut => 3493,
            Self::Snmp => 161,
            Self::Apcupsd => 3551,
            Self::Modbus => 502,
            Self::Http | Self::Redfish => 443,
            Self::Ipmi => 623,
        }
    }
    /// Members of `connection_config` that are never shown again.
    pub const fn secret_members(self) -> &'static [&'static str] {
        match self {
            Self::Nut | Self::Redfish | Self::Ipmi => &["password"],
            Self::Snmp => &["community", "write_community", "v3_auth_key", "v3_priv_key"],
            Self::Http => &["headers", "password"],
            Self::Modbus | Self::Apcupsd => &[],
        }
    }
}

/// A configured device.
#[derive(Clone, Debug, PartialEq)]
pub struct Device {
    pub id: String,
    pub name: String,
    pub kind: DeviceType,
    pub poller: Poller,
    pub host: String,
    pub port: u16,
    pub enabled: bool,
    /// Without its secret members.
    pub connection_config: Map<String, Value>,
    /// The secret members, sealed by the vault.
    pub secrets_enc: Option<String>,
    pub model: Option<String>,
    pub firmware: Option<String>,
    pub serial: Option<String>,
    pub manufacturer: Option<String>,
    pub last_seen: Option<Timestamp>,
    pub tags: Vec<String>,
    pub group: Option<String>,
    pub location: Option<String>,
    pub rated_power_watts: Option<f64>,
    pub nominal_power_factor: f64,
    pub thresholds: Thresholds,
    pub poll_seconds: Option<i64>,
    pub feeds: Vec<String>,
    pub source: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Per-device limits; absent ones follow the settings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_percent: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature_c: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub battery_percent: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime_seconds: Option<f64>,
    /// `tight` 5 %, `normal` 10 %, `loose` 15 % around the nominal voltage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voltage_band: Option<VoltageBand>,
}

impl Thresholds {
    /// The first limit that makes no sense, and the most it may be.
    pub fn out_of_range(&self) -> Option<(&'static str, f64)> {
        let limits = [
            ("load_percent", self.load_percent, 150.0),
            ("temperature_c", self.temperature_c, 200.0),
            ("battery_percent", self.battery_percent, 100.0),
            ("runtime_seconds", self.runtime_seconds, 86_400.0),
        ];
        limits.into_iter().find(|(_, limit, most)| limit.is_some_and(|n| !(0.0..=*most).contains(&n))).map(|(name, _, most)| (name, most))
    }
}

/// How far the input voltage may be off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum VoltageBand {
    Tight,
    Normal,
    Loose,
}

impl VoltageBand {
    pub const fn percent(self) -> f64 {
        match self {
            Self::Tight => 5.0,
            Self::Normal => 10.0,
            Self::Loose => 15.0,
        }
    }
}

impl Device {
    /// The place its secrets are sealed for.
    pub fn aad(id: &str) -> String {
        format!("power_devices.secrets_enc:{id}")
    }
    /// A text member of the connection configuration.
    pub fn connection_text(&self, member: &str) -> Option<&str> {
        self.connection_config.get(member).and_then(Value::as_str).map(str::trim).filter(|t| !t.is_empty())
    }
    /// The name a NUT server knows it by: configured, else out of an id `nut:<ups>@<host>`, else `ups`.
    pub fn ups_name(&self) -> &str {
        let from_id = || self.id.strip_prefix("nut:").and_then(|rest| rest.split_once('@')).map(|(ups, _)| ups);
        self.connection_text("ups_name").or_else(from_id).unwrap_or("ups")
    }
}
