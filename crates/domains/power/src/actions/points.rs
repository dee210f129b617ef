//! The points of a device in the metrics. Their series are looked up by name once and then kept, because four hundred
//! devices every five seconds are a thousand look-ups a second otherwise.

use argos_kernel::{Result, Timestamp};
use argos_metrics::{Kind, Labels, SeriesId, SeriesSpec};

use crate::model::device::{Device, DeviceType};
use crate::model::snapshot::Snapshot;
use crate::service::{Live, Power};

/// The series of a device that were needed so far, and the type they are labelled with.
#[derive(Clone, Debug, Default)]
pub(crate) struct PointSeries {
    kind: Option<DeviceType>,
    known: Vec<(&'static str, SeriesId)>,
}

impl PointSeries {
    fn find(&self, kind: DeviceType, name: &str) -> Option<SeriesId> {
        self.known.iter().find(|(known, _)| self.kind == Some(kind) && *known == name).map(|(_, id)| *id)
    }

    fn keep(&mut self, kind: DeviceType, name: &'static str, id: SeriesId) {
        if self.kind != Some(kind) {
            *self = Self { kind: Some(kind), known: Vec::new() };
        }
        self.known.push((name, id));
    }
}

impl Power {
    /// Appends the numbers of a sample; the series, with those that are new.
    pub(crate) async fn record_points(&self, live: &Live, s: &Snapshot, at: Timestamp) -> Result<PointSeries> {
        // Whole seconds cost the store next to nothing, odd milliseconds more than the values.
        let at_us = at.secs() * 1_000_000;
        let mut series = live.series.clone();
        let mut points = Vec::with_capacity(16);
        let flags = s.flags();
        let on_battery = (!flags.is_empty()).then(|| ("on_battery", "", f64::from(u8::from(flags.on_battery()))));
        for (name, unit, value) in s.numbers().chain(on_battery) {
            let id = match series.find(live.device.kind, name) {
                Some(id) => id,
                None => {
                    let id = self.platform.metrics.series(&spec(&live.device, name, unit)).await?;
                    series.keep(live.device.kind, name, id);
                    id
                }
            };
            points.push((id, at_us, value));
        }
        self.platform.metrics.append_all(&points);
        Ok(series)
    }
}

fn spec(device: &Device, name: &str, unit: &'static str) -> SeriesSpec {
    let labels: Labels =
        [("device_id", device.id.as_str()), ("device_type", device.kind.as_str())].map(|(n, v)| (n.to_owned(), v.to_owned())).into();
    SeriesSpec { metric: format!("power_{name}"), labels, unit, kind: Kind::Gauge, source: "power" }
}
