//! Energy of every sample, kept in memory for at most a minute and then added to the tables. A crash loses that minute.
//! How a sample becomes energy stands in `metering`.

use std::sync::Arc;

use argos_audit::{Category, Entry};
use argos_kernel::{Actor, Result, Timestamp};
use chrono_tz::Tz;
use serde_json::json;

use super::metering::{Meter, Metered, Prices};
use super::observe::config_event;
use crate::model::sample::Sample;
use crate::model::snapshot::Snapshot;
use crate::model::tariff::Tariff;
use crate::service::Power;
use crate::store::energy::{self, Bucket, Total};
use crate::store::{snapshots, tariffs};

/// The outlet of a whole device.
pub(crate) const WHOLE: &str = "";

/// What one meter saw since the last time.
struct Metering {
    device_id: String,
    outlet: String,
    total: Total,
    buckets: Vec<Bucket>,
}

impl Power {
    pub(crate) fn zone(&self) -> Tz {
        self.settings().text("system.timezone").ok().and_then(|name| name.parse().ok()).unwrap_or(Tz::UTC)
    }

    pub(crate) async fn prices(&self) -> Result<Prices> {
        let s = self.settings();
        let flat = Tariff::flat(s.text("power.currency")?, s.f64("power.energy_rate_per_kwh")?);
        let versions = tariffs::list(&self.platform.store.state).await?;
        Ok(Prices { versions, flat, zone: self.zone() })
    }

    /// Takes a sample into the meters of its device and of its outlets.
    pub(crate) fn meter(&self, id: &str, s: &Snapshot, sample: &Sample, now: Timestamp) -> Result<()> {
        let max_gap = self.rules()?.max_gap_us;
        let prices = self.pollers.prices().unwrap_or_default();
        let mut lives = self.lives();
        let Some(live) = lives.get_mut(id) else { return Ok(()) };
        let rated = live.device.rated_power_watts;
        let whole = Metered { counter_unit_kwh: sample.energy_unit_kwh, rated_watts: rated, ..Metered::of_device(s) };
        live.energy.count((id, WHOLE), &whole, now, max_gap, &prices);
        for outlet in sample.outlets.iter().filter(|o| o.power_watts.is_some() || o.energy_kwh.is_some()) {
            let meter = live.outlet_energy.entry(outlet.id.clone()).or_default();
            meter.count((id, &outlet.id), &Metered::of_outlet(outlet, sample.outlet_energy_unit_kwh), now, max_gap, &prices);
        }
        Ok(())
    }

    /// Whatever comes next does not join what was before.
    pub(crate) fn gap(&self, id: &str) {
        if let Some(live) = self.lives().get_mut(id)
            && live.state.offline
        {
            live.interrupt_energy();
        }
    }

    /// Adds what was metered since the last time to the tables.
    pub(crate) async fn flush_energy(&self) -> Result<()> {
        let mut work = Vec::new();
        for (id, live) in self.lives().iter_mut() {
            let outlets = live.outlet_energy.iter_mut().map(|(outlet, meter)| (outlet.as_str(), meter));
            for (outlet, meter) in std::iter::once((WHOLE, &mut live.energy)).chain(outlets).filter(|(_, m)| m.dirty) {
                meter.dirty = false;
                work.push(Metering {
                    device_id: id.clone(),
                    outlet: outlet.to_owned(),
                    total: meter.total.clone(),
                    buckets: std::mem::take(&mut meter.pending),
                });
            }
        }
        if work.is_empty() {
            return Ok(());
        }
        let written = self.write_energy(&work).await;
        if written.is_err() {
            let mut lives = self.lives();
            for w in work {
                let Some(live) = lives.get_mut(&w.device_id) else { continue };
                let meter = if w.outlet == WHOLE { Some(&mut live.energy) } else { live.outlet_energy.get_mut(&w.outlet) };
                if let Some(meter) = meter {
                    meter.pending.extend(w.buckets);
                    meter.dirty = true;
                }
            }
        }
        written
    }

    async fn write_energy(&self, work: &[Metering]) -> Result<()> {
        let rows = work.iter().flat_map(|w| {
            let total = energy::total_row(&w.device_id, &w.outlet, &w.total);
            std::iter::once(total).chain(w.buckets.iter().map(energy::bucket_row))
        });
        self.platform.store.state.batch(rows.collect()).await?;
        Ok(())
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
        self.platform.events.publish(&mut m, config_event(actor, "energy tariff", "changed")).await?;
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
        let max_gap = self.rules()?.max_gap_us;
        let mut read = 0;
        for id in devices {
            let rated = self.find_live(id).and_then(|l| l.device.rated_power_watts);
            let filter = snapshots::Filter { device_id: Some(id.clone()), ..snapshots::Filter::default() };
            let mut meter = Meter::default();
            let mut after = (Timestamp::from_micros(i64::MIN / 2), 0);
            loop {
                let rows = snapshots::ascending(&self.platform.store.telemetry, &filter, after, 5_000).await?;
                let Some(last) = rows.last() else { break };
                after = (last.at, last.id);
                for row in &rows {
                    read += 1;
                    let metered = Metered { rated_watts: rated, ..Metered::of_device(&row.values) };
                    meter.count((id, WHOLE), &metered, row.at, max_gap, &prices);
                }
            }
            let mut m = self.platform.audit.begin(actor).await?;
            // Samples of single outlets are not stored; what was metered of them stays.
            energy::clear_whole(&mut m, id).await?;
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
