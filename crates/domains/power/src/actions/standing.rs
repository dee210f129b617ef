//! Battery health, quality of supply and availability of every device, out of what is stored about it. Worked out at
//! most twice a minute, however many ask.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use argos_events::{Filter, Pattern, Source};
use argos_kernel::{Result, Timestamp};
use serde_json::Value;

use crate::model::standing::{BatteryHealth, Discharge, Part, availability, battery_health, is_failed_test, quality_parts, quality_score};
use crate::service::{Live, Power, status_word};
use crate::store::outages::{self, Outage};

const FRESH_S: i64 = 30;
const DAY_S: i64 = 86_400;
const FIVE_YEARS_S: i64 = 5 * 366 * DAY_S;
/// The windows of availability in days.
pub(crate) const WINDOWS: [(&str, i64); 3] = [("24h", 1), ("7d", 7), ("30d", 30)];
/// Percent of the last thirty days on mains and answering that count as kept.
pub(crate) const SLA_TARGET: f64 = 99.9;
const EVENTS_MAX: i64 = 10_000;

/// What can be said of one device.
#[derive(Clone, Debug, Default)]
pub(crate) struct Standing {
    pub(crate) battery: BatteryHealth,
    pub(crate) replace_flag: bool,
    pub(crate) parts: Vec<Part>,
    /// Of a device that answers; nothing is known of the supply of another.
    pub(crate) quality: Option<f64>,
    /// In the order of [`WINDOWS`]; `None` for a device known for less than a tenth of the window.
    pub(crate) availability: [Option<f64>; WINDOWS.len()],
}

/// What can be said of every device, by its id.
pub(crate) type Standings = Arc<BTreeMap<String, Standing>>;

impl Standing {
    /// Whether the longest window keeps the target.
    pub(crate) fn sla_ok(&self) -> Option<bool> {
        self.availability.last().copied().flatten().map(|share| share >= SLA_TARGET)
    }
}

impl Power {
    /// Every device's standing, at most half a minute old.
    pub(crate) async fn standings(&self) -> Result<Standings> {
        let now = self.platform.clock.now();
        {
            let kept = self.standings.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((at, all)) = kept.as_ref()
                && (0..FRESH_S).contains(&now.secs_since(*at))
                && self.lives().keys().eq(all.keys())
            {
                return Ok(Arc::clone(all));
            }
        }
        let all = Arc::new(self.work_out(now).await?);
        *self.standings.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, Arc::clone(&all)));
        Ok(all)
    }

    async fn work_out(&self, now: Timestamp) -> Result<BTreeMap<String, Standing>> {
        let month = now.minus_secs(30 * DAY_S);
        let past = outages::since(&self.platform.store.state, now.minus_secs(FIVE_YEARS_S)).await?;
        let kind = Pattern::Exact("power.device_online".to_owned());
        let filter = Filter { sources: vec![Source::Power], kinds: vec![kind], from: Some(month), ..Filter::default() };
        let mut silent: BTreeMap<String, Vec<(i64, i64)>> = BTreeMap::new();
        for event in self.platform.events.list(&filter, None, EVENTS_MAX).await? {
            let seconds = event.data.get("offline_seconds").and_then(Value::as_i64);
            if let (Some(id), Some(seconds)) = (event.subject_id, seconds) {
                let end = event.created_at.secs();
                silent.entry(id).or_default().push((end - seconds, end));
            }
        }
        let lives: Vec<Live> = self.lives().values().cloned().collect();
        let of = |live: Live| {
            let own: Vec<&Outage> = past.iter().filter(|o| o.device_id == live.device.id).collect();
            let quiet = silent.remove(&live.device.id).unwrap_or_default();
            (live.device.id.clone(), standing(&live, &own, quiet, now))
        };
        Ok(lives.into_iter().map(of).collect())
    }
}

fn standing(live: &Live, past: &[&Outage], mut lost: Vec<(i64, i64)>, now: Timestamp) -> Standing {
    let discharges: Vec<Discharge> = past.iter().filter_map(|o| discharge(o)).collect();
    let known = live.latest.as_ref().map(|(_, s)| s);
    let replace_flag = known.is_some_and(|s| s.flags().has("RB"));
    let failed = live.variables.get("ups.test.result").or(live.state.test_result.as_ref()).is_some_and(|r| is_failed_test(r));
    lost.extend(past.iter().map(|o| (o.started_at.secs(), o.ended_at.unwrap_or(now).secs())));
    if let Some(since) = live.state.offline_since.filter(|_| live.state.offline) {
        lost.push((Timestamp::from_micros(since).secs(), now.secs()));
    }
    let answering = known.filter(|_| matches!(status_word(live), "online" | "stale"));
    let nominal = answering.and_then(|s| s.extras.nominal_voltage).or(live.state.nominal_voltage);
    let parts = answering.map(|s| quality_parts(s, nominal)).unwrap_or_default();
    let known_s = now.secs_since(live.device.created_at);
    // A device watched for an hour says nothing about a month.
    let share = |days: i64| {
        let told = live.device.enabled && known_s * 10 >= days * DAY_S;
        told.then(|| availability(now.secs() - (days * DAY_S).min(known_s), now.secs(), &lost))?
    };
    Standing {
        battery: battery_health(&discharges, replace_flag, failed),
        replace_flag,
        quality: quality_score(&parts),
        parts,
        availability: WINDOWS.map(|(_, days)| share(days)),
    }
}

fn discharge(o: &Outage) -> Option<Discharge> {
    // Of a UPS that was off or silent meanwhile it is not known how long its battery worked.
    if o.ended_by.as_deref() != Some("power_restored") {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "seconds of an outage")]
    let seconds = o.ended_at?.secs_since(o.started_at) as f64;
    Some(Discharge { at_s: o.started_at.secs(), seconds, battery_start: o.battery_start?, battery_end: o.battery_end?, load: o.max_load })
}
