//! From samples to energy: the meter of a device or of one of its outlets, and the prices it counts with. No I/O.

use argos_kernel::Timestamp;
use chrono_tz::Tz;

use crate::model::energy::{Peak, Point, Slice, counter_bound, counter_step, joins, slices};
use crate::model::outlet::Outlet;
use crate::model::snapshot::{PowerSource, Snapshot};
use crate::model::tariff::Tariff;
use crate::store::energy::{Bucket, Total};

/// The tariffs there are, oldest first, and the flat price before the first of them.
#[derive(Clone, Debug)]
pub(crate) struct Prices {
    pub(super) versions: Vec<(Timestamp, Tariff)>,
    pub(super) flat: Tariff,
    pub(crate) zone: Tz,
}

impl Default for Prices {
    /// Nothing costs anything.
    fn default() -> Self {
        Self { versions: Vec::new(), flat: Tariff::flat("USD", 0.0), zone: Tz::UTC }
    }
}

impl Prices {
    /// The tariff in force at a moment.
    pub(crate) fn at(&self, at: Timestamp) -> &Tariff {
        self.versions.iter().rev().find(|(from, _)| *from <= at).map_or(&self.flat, |(_, t)| t)
    }

    /// The energy between two samples, cut where a new tariff begins as well.
    fn slices(&self, from: Point, to: Point) -> Vec<Slice> {
        let mut out = Vec::new();
        let mut start = from;
        let inside = self.versions.iter().map(|(at, _)| at.micros()).filter(|at| (from.at_us + 1..to.at_us).contains(at));
        for at_us in inside.chain([to.at_us]) {
            let end = Point { at_us, watts: watts_at(from, to, at_us) };
            out.extend(slices(start, end, self.at(Timestamp::from_micros(start.at_us)), self.zone));
            start = end;
        }
        out
    }

    pub(crate) fn currency(&self, now: Timestamp) -> &str {
        &self.at(now).currency
    }
}

#[expect(clippy::cast_precision_loss, reason = "microseconds between two samples")]
fn watts_at(from: Point, to: Point, at_us: i64) -> f64 {
    from.watts + (to.watts - from.watts) * (at_us - from.at_us) as f64 / (to.at_us - from.at_us) as f64
}

/// What a meter reads in one sample.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Metered {
    pub(crate) watts: Option<f64>,
    /// The watts follow from the nameplate.
    pub(crate) estimated: bool,
    /// The device's own counter, and what one raw unit of it is worth.
    pub(crate) counter_kwh: Option<f64>,
    pub(crate) counter_unit_kwh: Option<f64>,
    pub(crate) rated_watts: Option<f64>,
}

impl Metered {
    pub(crate) fn of_device(s: &Snapshot) -> Self {
        Self {
            watts: s.power_watts,
            estimated: s.extras.power_source == Some(PowerSource::Estimated),
            counter_kwh: s.extras.energy_kwh,
            ..Self::default()
        }
    }

    pub(crate) fn of_outlet(outlet: &Outlet, counter_unit_kwh: Option<f64>) -> Self {
        Self { watts: outlet.power_watts, counter_kwh: outlet.energy_kwh, counter_unit_kwh, ..Self::default() }
    }
}

/// The energy of a device or an outlet since the last flush.
#[derive(Clone, Debug)]
pub(crate) struct Meter {
    pub(crate) total: Total,
    pub(crate) pending: Vec<Bucket>,
    pub(crate) dirty: bool,
    peak: Peak,
}

impl Default for Meter {
    fn default() -> Self {
        Self::with(Total { method: "integrated".to_owned(), ..Total::default() })
    }
}

impl Meter {
    /// Goes on where it stopped.
    pub(crate) fn with(total: Total) -> Self {
        Self { total, pending: Vec::new(), dirty: false, peak: Peak::default() }
    }

    /// Whatever comes next does not join what was before. A counter goes on counting meanwhile.
    pub(crate) fn interrupt(&mut self) {
        if self.total.last_at.take().is_some() && self.total.method != "counter" {
            self.total.partial = true;
            self.dirty = true;
        }
    }

    /// Adds the energy between the last sample and this one. `of`: device and outlet.
    pub(crate) fn count(&mut self, of: (&str, &str), m: &Metered, now: Timestamp, max_gap_us: i64, prices: &Prices) {
        let before = self.total.last_at.zip(self.total.last_watts);
        if let Some(watts) = m.watts {
            self.peak.note(now.micros(), watts);
        }
        let segment = before.map(|(at, watts)| {
            let from = Point { at_us: at.micros(), watts };
            let to = m.watts.map(|watts| Point { at_us: now.micros(), watts });
            (from, to.filter(|to| joins(from, *to, max_gap_us)))
        });
        // A counter that was read before covers the time since; without one the samples do.
        match (segment, self.total.counter_last.filter(|_| m.counter_kwh.is_some())) {
            (Some((from, Some(to))), None) => {
                self.add(of, &prices.slices(from, to), m.estimated);
                "integrated".clone_into(&mut self.total.method);
                // What is integrated is not counted once more when the counter is back.
                self.total.counter_last = None;
            }
            (Some((_, None)), None) => self.total.partial |= self.total.counter_last.is_none(),
            _ => {}
        }
        if let Some(counter) = m.counter_kwh {
            self.by_counter(of, counter, m, now, prices);
        }
        if m.watts.is_some() || before.is_some() || m.counter_kwh.is_some() {
            self.total.last_at = m.watts.map(|_| now);
            self.total.last_watts = m.watts;
            self.total.last_updated = now;
            self.dirty = true;
        }
    }

    fn by_counter(&mut self, of: (&str, &str), counter: f64, m: &Metered, now: Timestamp, prices: &Prices) {
        if let (Some(last), Some(at)) = (self.total.counter_last, self.total.counter_seen_at)
            && now > at
        {
            let bound = counter_bound(m.rated_watts, self.peak.watts(now.micros()));
            let (kwh, partial) = counter_step(last, counter, now.micros() - at.micros(), bound, m.counter_unit_kwh);
            self.total.partial |= partial;
            if kwh > 0.0 {
                // Spread evenly over the time between the readings.
                #[expect(clippy::cast_precision_loss, reason = "microseconds between two readings")]
                let hours = (now.micros() - at.micros()) as f64 / 3.6e9;
                let watts = kwh * 1000.0 / hours;
                let (from, to) = (Point { at_us: at.micros(), watts }, Point { at_us: now.micros(), watts });
                self.add(of, &prices.slices(from, to), false);
            }
        }
        self.total.counter_last = Some(counter);
        self.total.counter_seen_at = Some(now);
        "counter".clone_into(&mut self.total.method);
    }

    fn add(&mut self, (device, outlet): (&str, &str), parts: &[Slice], estimated: bool) {
        for part in parts {
            let kwh = part.wh / 1000.0;
            self.total.kwh += kwh;
            self.total.cost += part.cost;
            if estimated {
                self.total.estimated_kwh += kwh;
            }
            let start = Timestamp::from_micros(part.bucket_us);
            match self.pending.iter_mut().find(|b| b.start == start) {
                Some(bucket) => {
                    bucket.wh += part.wh;
                    bucket.cost += part.cost;
                    bucket.covered_seconds += part.seconds;
                    bucket.estimated |= estimated;
                }
                None => self.pending.push(Bucket {
                    device_id: device.to_owned(),
                    outlet: outlet.to_owned(),
                    start,
                    wh: part.wh,
                    cost: part.cost,
                    covered_seconds: part.seconds,
                    estimated,
                }),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GAP_US: i64 = 900_000_000;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_secs(1_000_000 + seconds)
    }

    #[test]
    fn outlet_without_a_counter_is_integrated_and_keeps_its_gaps() {
        let mut meter = Meter::default();
        for (s, watts) in [(0, Some(100.0)), (300, Some(200.0)), (400, None), (500, Some(200.0)), (800, Some(200.0))] {
            meter.count(("pdu", "3"), &Metered { watts, ..Metered::default() }, at(s), GAP_US, &Prices::default());
        }
        assert!((meter.total.kwh * 1000.0 - (12.5 + 200.0 / 12.0)).abs() < 1e-9, "{:?}", meter.total);
        assert!(meter.total.partial && meter.dirty && meter.total.method == "integrated");
        assert!(meter.pending.iter().all(|b| (b.device_id.as_str(), b.outlet.as_str()) == ("pdu", "3")));
    }

    #[test]
    fn own_counter_wins_over_integration_and_begins_with_a_baseline() {
        let mut meter = Meter::default();
        for (s, counter) in [(0, 10.0), (3600, 10.5), (7200, 0.1)] {
            let metered = Metered { watts: Some(500.0), counter_kwh: Some(counter), ..Metered::default() };
            meter.count(("pdu", "3"), &metered, at(s), GAP_US, &Prices::default());
        }
        assert!((meter.total.kwh - 0.6).abs() < 1e-9 && !meter.total.partial, "{:?}", meter.total);
        assert_eq!(meter.total.method, "counter");
    }

    #[test]
    fn energy_is_counted_once_when_a_counter_falls_silent_and_comes_back() {
        let mut meter = Meter::default();
        // 1000 W all the time, so an hour is a kilowatt-hour whichever way it is counted.
        let steps = [
            (0, None),
            (600, Some(5.0)),
            (1_200, Some(5.0 + 1.0 / 6.0)),
            (1_800, None),
            (2_400, None),
            (3_000, Some(9.0)),
            (3_600, Some(9.0 + 1.0 / 6.0)),
        ];
        for (s, counter_kwh) in steps {
            meter.count(
                ("pdu", "3"),
                &Metered { watts: Some(1_000.0), counter_kwh, ..Metered::default() },
                at(s),
                GAP_US,
                &Prices::default(),
            );
        }
        assert!((meter.total.kwh - 1.0).abs() < 1e-9 && !meter.total.partial, "{:?}", meter.total);
        assert_eq!(meter.total.method, "counter");
    }

    #[test]
    fn counter_of_an_outlet_that_wraps_goes_on_where_it_was() {
        let mut meter = Meter::default();
        let outlet = |raw: f64| Outlet { energy_kwh: Some(raw / 1000.0), ..Outlet::default() };
        for (s, raw) in [(0, 4_294_967_200.0), (600, 300.0)] {
            meter.count(("pdu", "3"), &Metered::of_outlet(&outlet(raw), Some(0.001)), at(s), GAP_US, &Prices::default());
        }
        assert!((meter.total.kwh - 0.396).abs() < 1e-6 && !meter.total.partial, "{:?}", meter.total);
    }

    #[test]
    fn interrupted_meter_does_not_join_over_the_silence() {
        let mut meter = Meter::default();
        let read = Metered { watts: Some(100.0), ..Metered::default() };
        meter.count(("a", ""), &read, at(0), GAP_US, &Prices::default());
        meter.interrupt();
        meter.count(("a", ""), &read, at(60), GAP_US, &Prices::default());
        assert!(meter.total.kwh.abs() < f64::EPSILON && meter.total.partial, "{:?}", meter.total);
    }
}
