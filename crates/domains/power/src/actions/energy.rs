//! Energy of every sample, kept in memory for at most a minute and then added to the tables. A crash loses that minute.

use std::sync::Arc;

use argos_audit::{Category, Entry};
use argos_kernel::{Actor, Result, Timestamp};
use chrono_tz::Tz;
use serde_json::json;

use crate::model::energy::{Point, Slice, counter_step, joins, slices};
use crate::model::snapshot::{PowerSource, Snapshot};
use crate::model::tariff::Tariff;
use crate::service::{Meter, Power};
use crate::store::energy::{self, Bucket, Total};
use crate::store::{snapshots, tariffs};

/// The tariffs there are, oldest first, and the flat price before the first of them.
#[derive(Clone, Debug)]
pub(crate) struct Prices {
    versions: Vec<(Timestamp, Tariff)>,
    flat: Tariff,
    pub(crate) zone: Tz,
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

impl Power {
    pub(crate) fn zone(&self) -> Tz {
        self.settings().text("system.timezone").ok().and_then(|name| name.parse().ok()).unwrap_or(Tz::UTC)
    }

    pub(crate) fn max_gap_us(&self) -> Result<i64> {
        let s = self.settings();
        let gap = s.i64("power.energy_max_gap_seconds")?.max(3 * 60 * s.i64("power.poll_interval_minutes")?);
        Ok(gap * 1_000_000)
    }

    pub(crate) async fn prices(&self) -> Result<Prices> {
        let s = self.settings();
        let flat = Tariff::flat(s.text("power.currency")?, s.f64("power.energy_rate_per_kwh")?);
        let versions = tariffs::list(&self.platform.store.state).await?;
        Ok(Prices { versions, flat, zone: self.zone() })
    }

    /// Takes a sample into the meter of its device.
    pub(crate) fn meter(&self, id: &str, s: &Snapshot, now: Timestamp) -> Result<()> {
        let max_gap = self.max_gap_us()?;
        let prices = self.pollers.prices();
        let mut lives = self.lives();
        let Some(live) = lives.get_mut(id) else { return Ok(()) };
        let rated = live.device.rated_power_watts;
        count(&mut live.energy, id, s, now, max_gap, rated, prices.as_deref());
        Ok(())
    }

    /// Whatever comes next does not join what was before.
    pub(crate) fn gap(&self, id: &str) {
        if let Some(live) = self.lives().get_mut(id)
            && live.energy.total.method != "counter"
            && live.state.offline
        {
            live.energy.total.last_at = None;
        }
    }

    /// Adds what was metered since the last time to the tables.
    pub(crate) async fn flush_energy(&self) -> Result<()> {
        let work: Vec<(String, Total, Vec<Bucket>)> = {
            let mut lives = self.lives();
            let dirty = lives.iter_mut().filter(|(_, l)| l.energy.dirty);
            dirty
                .map(|(id, l)| {
                    l.energy.dirty = false;
                    (id.clone(), l.energy.total.clone(), std::mem::take(&mut l.energy.pending))
                })
                .collect()
        };
        if work.is_empty() {
            return Ok(());
        }
        let written = self.write_energy(&work).await;
        if written.is_err() {
            let mut lives = self.lives();
            for (id, _, buckets) in work {
                if let Some(live) = lives.get_mut(&id) {
                    live.energy.pending.extend(buckets);
                    live.energy.dirty = true;
                }
            }
        }
        written
    }

    async fn write_energy(&self, work: &[(String, Total, Vec<Bucket>)]) -> Result<()> {
        let mut tx = self.platform.store.state.begin().await?;
        for (id, total, buckets) in work {
            energy::put_total(&mut tx, id, total).await?;
            for bucket in buckets {
                energy::add(&mut tx, bucket).await?;
            }
        }
        Ok(tx.commit().await?)
    }

    /// A new version of the tariff.
    pub(crate) async fn set_tariff(&self, actor: &Actor, tariff: &Tariff, from: Timestamp) -> Result<()> {
        tariff.check()?;
        let now = self.platform.clock.now();
        self.flush_energy().await?;
        let mut m = self.platform.audit.begin(actor).await?;
        tariffs::put(&mut m, from, tariff, now).await?;
        let text = format!(
            "Energy tariff from {}: {} {} per kWh, {} periods",
            from.rfc3339(),
            tariff.base_rate,
            tariff.currency,
            tariff.periods.len()
        );
        m.commit(Entry::new("power_tariff.update", Category::Config).describe(text).after(json!(tariff))).await?;
        self.pollers.set_prices(Arc::new(self.prices().await?));
        Ok(())
    }

    /// Begins the total of a device anew. Hours that were metered keep their energy and cost.
    pub(crate) async fn reset_energy(&self, actor: &Actor, id: &str, baseline_kwh: f64) -> Result<()> {
        let _turn = self.writing.lock().await;
        self.flush_energy().await?;
        let now = self.platform.clock.now();
        let mut m = self.platform.audit.begin(actor).await?;
        let stored = energy::total_in(&mut m, id).await?;
        let known = self.find_live(id).map(|l| l.energy.total).or(stored);
        let before = known.ok_or_else(crate::actions::devices::not_found)?;
        let fresh = |t: &Total| Total { kwh: baseline_kwh, cost: 0.0, estimated_kwh: 0.0, partial: false, last_updated: now, ..t.clone() };
        energy::put_total(&mut m, id, &fresh(&before)).await?;
        let text = format!("Energy total of {id} begins anew at {baseline_kwh} kWh");
        let entry = Entry::new("power_energy.reset", Category::Data).target("power_device", id).describe(text);
        let (was, is) = (json!({ "kwh_total": before.kwh, "cost_total": before.cost }), json!({ "kwh_total": baseline_kwh }));
        m.commit(entry.before(was).after(is)).await?;
        if let Some(live) = self.lives().get_mut(id) {
            live.energy.total = fresh(&live.energy.total);
        }
        Ok(())
    }

    /// Builds the energy of the given devices again from the stored snapshots; the number of snapshots read.
    pub(crate) async fn recompute_energy(&self, actor: &Actor, devices: &[String]) -> Result<u64> {
        let _turn = self.writing.lock().await;
        let prices = self.prices().await?;
        let max_gap = self.max_gap_us()?;
        let mut read = 0;
        for id in devices {
            let rated = self.find_live(id).and_then(|l| l.device.rated_power_watts);
            let filter = snapshots::Filter { device_id: Some(id.clone()), ..snapshots::Filter::default() };
            let mut meter = Meter { total: Total { method: "integrated".to_owned(), ..Total::default() }, ..Meter::default() };
            let mut after = (Timestamp::from_micros(i64::MIN / 2), 0);
            loop {
                let rows = snapshots::ascending(&self.platform.store.telemetry, &filter, after, 5_000).await?;
                let Some(last) = rows.last() else { break };
                after = (last.at, last.id);
                for row in &rows {
                    read += 1;
                    count(&mut meter, id, &row.values, row.at, max_gap, rated, Some(&prices));
                }
            }
            let mut m = self.platform.audit.begin(actor).await?;
            energy::clear(&mut m, id).await?;
            energy::put_total(&mut m, id, &meter.total).await?;
            for bucket in std::mem::take(&mut meter.pending) {
                energy::add(&mut m, &bucket).await?;
            }
            let text = format!("Energy of {id} computed again from its snapshots");
            m.commit(Entry::new("power_energy.recompute", Category::Data).target("power_device", id).describe(text)).await?;
            if let Some(live) = self.lives().get_mut(id) {
                live.energy = meter;
                live.energy.dirty = false;
            }
        }
        Ok(read)
    }
}

#[expect(clippy::cast_precision_loss, reason = "microseconds between two samples")]
fn watts_at(from: Point, to: Point, at_us: i64) -> f64 {
    from.watts + (to.watts - from.watts) * (at_us - from.at_us) as f64 / (to.at_us - from.at_us) as f64
}

/// Adds the energy between the last sample and this one.
fn count(meter: &mut Meter, id: &str, s: &Snapshot, now: Timestamp, max_gap_us: i64, rated: Option<f64>, prices: Option<&Prices>) {
    let fallback = Prices { versions: Vec::new(), flat: Tariff::flat("USD", 0.0), zone: Tz::UTC };
    let prices = prices.unwrap_or(&fallback);
    let estimated = s.extras.power_source == Some(PowerSource::Estimated);
    let before = meter.total.last_at.zip(meter.total.last_watts);
    if let Some(counter) = s.extras.energy_kwh {
        by_counter(meter, id, counter, now, rated, prices);
    } else if let (Some((at, watts)), Some(now_watts)) = (before, s.power_watts) {
        let (from, to) = (Point { at_us: at.micros(), watts }, Point { at_us: now.micros(), watts: now_watts });
        if joins(from, to, max_gap_us) {
            add(meter, id, &prices.slices(from, to), estimated);
        } else {
            meter.total.partial = true;
        }
        meter.total.method = "integrated".to_owned();
    } else if before.is_some() {
        meter.total.partial = true;
    }
    if s.power_watts.is_some() || before.is_some() || s.extras.energy_kwh.is_some() {
        meter.total.last_at = s.power_watts.map(|_| now);
        meter.total.last_watts = s.power_watts;
        meter.total.last_updated = now;
        meter.dirty = true;
    }
}

fn by_counter(meter: &mut Meter, id: &str, counter: f64, now: Timestamp, rated: Option<f64>, prices: &Prices) {
    if let (Some(last), Some(at)) = (meter.total.counter_last, meter.total.counter_seen_at)
        && now > at
    {
        let bound = rated.map_or(500.0, |w| (w * 1.5).max(500.0));
        let (kwh, partial) = counter_step(last, counter, now.micros() - at.micros(), bound, None);
        meter.total.partial |= partial;
        if kwh > 0.0 {
            // Spread evenly over the time between the readings.
            #[expect(clippy::cast_precision_loss, reason = "microseconds between two readings")]
            let hours = (now.micros() - at.micros()) as f64 / 3.6e9;
            let watts = kwh * 1000.0 / hours;
            let (from, to) = (Point { at_us: at.micros(), watts }, Point { at_us: now.micros(), watts });
            add(meter, id, &prices.slices(from, to), false);
        }
    }
    meter.total.counter_last = Some(counter);
    meter.total.counter_seen_at = Some(now);
    meter.total.method = "counter".to_owned();
}

fn add(meter: &mut Meter, id: &str, parts: &[Slice], estimated: bool) {
    for part in parts {
        let kwh = part.wh / 1000.0;
        meter.total.kwh += kwh;
        meter.total.cost += part.cost;
        if estimated {
            meter.total.estimated_kwh += kwh;
        }
        let start = Timestamp::from_micros(part.bucket_us);
        match meter.pending.iter_mut().find(|b| b.start == start) {
            Some(bucket) => {
                bucket.wh += part.wh;
                bucket.cost += part.cost;
                bucket.covered_seconds += part.seconds;
                bucket.estimated |= estimated;
            }
            None => meter.pending.push(Bucket {
                device_id: id.to_owned(),
                start,
                wh: part.wh,
                cost: part.cost,
                covered_seconds: part.seconds,
                estimated,
            }),
        }
    }
}
