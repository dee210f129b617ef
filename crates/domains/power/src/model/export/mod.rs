//! The wire formats of the exporters (power spec E.6): what a sample or an event becomes for each receiver. Pure;
//! unknown values are left out or empty, never zero.

pub mod csv;
pub mod home_assistant;
pub mod influx;
pub mod loki;

use argos_kernel::Timestamp;

use super::device::DeviceType;
use super::snapshot::Snapshot;

/// A receiver that may be away and has a queue of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exporter {
    Influxdb,
    Loki,
    Csv,
    Mqtt,
}

impl Exporter {
    pub const ALL: [Self; 4] = [Self::Influxdb, Self::Loki, Self::Csv, Self::Mqtt];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Influxdb => "influxdb",
            Self::Loki => "loki",
            Self::Csv => "csv",
            Self::Mqtt => "mqtt",
        }
    }
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|e| e.as_str() == word)
    }
    /// Every sample waits in its queue. The broker keeps the last state itself, so old ones are of no use to it.
    pub const fn takes_samples(self) -> bool {
        !matches!(self, Self::Mqtt)
    }
    pub const fn takes_events(self) -> bool {
        matches!(self, Self::Loki | Self::Mqtt)
    }
}

/// What waits for a receiver.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    pub at: Timestamp,
    pub device_id: String,
    pub device_type: String,
    pub body: Body,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    Sample(Box<Snapshot>),
    /// The event as `/api/events` shows it.
    Event(serde_json::Value),
}

impl Point {
    pub fn sample(at: Timestamp, device_id: &str, kind: DeviceType, values: Snapshot) -> Self {
        let (device_id, device_type) = (device_id.to_owned(), kind.as_str().to_owned());
        Self { at, device_id, device_type, body: Body::Sample(Box::new(values)) }
    }
    /// Nanoseconds of the Unix epoch.
    pub fn nanos(&self) -> i128 {
        i128::from(self.at.micros()) * 1_000
    }
}
