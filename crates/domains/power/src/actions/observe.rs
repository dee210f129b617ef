//! What a poll brought: judged, and written in one transaction with the events it led to. If that transaction fails,
//! nothing is remembered and the next sample is judged from the same place.

use std::sync::Arc;

use argos_events::{NewEvent, Source};
use argos_kernel::{Result, Timestamp};
use serde_json::{Value, json};

use super::points::PointSeries;
use crate::model::device::Device;
use crate::model::export::{Exporter, Point as Exported};
use crate::model::import::Imported;
use crate::model::reading;
use crate::model::sample::Sample;
use crate::model::snapshot::Snapshot;
use crate::model::state::{DeviceState, Failure};
use crate::model::transition::{Transition, judge_failure, judge_sample};
use crate::service::{Live, Power};
use crate::store::{devices, outages, phases, states};

impl Power {
    /// Takes a good poll. `store`: a row for the record is due.
    pub(crate) async fn observe(self: &Arc<Self>, id: &str, sample: Sample, store: bool) -> Result<()> {
        let now = Timestamp::from_millis(self.platform.clock.now().millis());
        // What lasts is measured by a time that does not jump; stamps are those of the clock.
        let steady = self.shutdown.now();
        let Some(live) = self.find_live(id) else { return Ok(()) };
        let snapshot = reading::of_sample(&live.device, &sample);
        let limits = self.limits(&live.device)?;
        let mut state = live.state.clone();
        let test = sample.variables.get("ups.test.result").map(String::as_str);
        let flags_changed = state.seen && state.status != snapshot.ups_status.clone().unwrap_or_default();
        let told = judge_sample(&mut state, &snapshot, test, &limits, steady);
        state.told = reading::identity(&sample.variables);
        // A state without news waits for the next round of `save_states`.
        let has_news = !told.is_empty() || flags_changed || !live.state.seen;
        if has_news && let Err(error) = self.remember(&live, &mut state, &told, &snapshot, now).await {
            // Its events are judged and told again once they can be written; the shutdown plans see it all the same.
            self.put_back(id, |l| {
                (l.state.missed, l.state.last_success, l.polled) = (0, Some(steady), true);
                l.latest = Some((now, snapshot));
            });
            return Err(error);
        }
        let row = store || flags_changed || !told.is_empty();
        // Once its events are stored the state counts as judged, whether or not the rest can be written: judged again
        // from the old state, the same events would be told twice.
        let written = self.record(&live, &snapshot, &sample, row, now).await;
        let (series, written) = match written {
            Ok(series) => (Some(series), Ok(())),
            Err(error) => (None, Err(error)),
        };
        let Sample { variables, outlets, phases, .. } = sample;
        self.put_back(id, |l| {
            l.state = state;
            l.latest = Some((now, snapshot));
            l.variables = Arc::new(variables);
            l.outlets_at = (!outlets.is_empty()).then_some(now);
            l.outlets = Arc::new(outlets);
            l.phases = Arc::new(phases);
            l.polled = true;
            l.device.last_seen = Some(now);
            l.state.told.renew(&mut l.device, &live.state.told);
            if let Some(series) = series {
                l.series = series;
            }
        });
        written
    }

    /// What follows from a judged sample and may fail on its own: the device's last sight, the row, points and energy.
    /// Says where the points of the device go.
    async fn record(&self, live: &Live, snapshot: &Snapshot, sample: &Sample, row: bool, now: Timestamp) -> Result<PointSeries> {
        let id = &live.device.id;
        self.meter(id, snapshot, sample, now)?;
        let told = reading::identity(&sample.variables);
        // Later sights are written by `save_states`.
        if told.renew(&mut live.device.clone(), &live.state.told) || !live.polled {
            devices::seen(&self.platform.store.state, id, now, (&told, &live.state.told)).await?;
        }
        let (due, row) = (row, row && self.rules()?.stores_rows);
        if row {
            let values = snapshot.clone();
            self.store_row(Imported { at: now, device_id: id.clone(), kind: live.device.kind, values }).await;
            if !sample.phases.is_empty() {
                phases::insert(&self.platform.store.telemetry, id, now, &sample.phases).await?;
            }
        }
        self.keep_outlets(live, &sample.outlets, row, now).await?;
        let series = self.record_points(live, snapshot, now).await?;
        if due {
            let point = Exported::sample(now, id, live.device.kind, snapshot.clone());
            self.enqueue(&self.exporters_that(Exporter::takes_samples)?, &point, None).await?;
        }
        Ok(series)
    }

    /// Takes the failure of a poll.
    pub(crate) async fn observe_failure(self: &Arc<Self>, id: &str, failure: &Failure) -> Result<()> {
        let now = self.platform.clock.now();
        let Some(live) = self.find_live(id) else { return Ok(()) };
        let limits = self.limits(&live.device)?;
        let mut state = live.state.clone();
        let told = judge_failure(&mut state, failure, &limits, self.shutdown.now());
        if !told.is_empty()
            && let Err(error) = self.remember(&live, &mut state, &told, &Snapshot::default(), now).await
        {
            self.put_back(id, |l| (l.state.missed, l.polled) = (state.missed, true));
            return Err(error);
        }
        self.put_back(id, |l| {
            l.state = state;
            l.polled = true;
        });
        self.gap(id);
        Ok(())
    }

    fn put_back(&self, id: &str, change: impl FnOnce(&mut Live)) {
        let mut lives = self.lives();
        if let Some(live) = lives.get_mut(id) {
            // A forced shutdown may have been ordered or cleared while the sample was judged.
            let (forced, on_battery) = (live.state.forced, live.state.on_battery);
            change(live);
            live.state.forced = forced;
            if live.state.on_battery != on_battery {
                self.note_supply(&lives);
            }
        }
        drop(lives);
        self.changed();
    }

    async fn remember(&self, live: &Live, state: &mut DeviceState, told: &[Transition], s: &Snapshot, now: Timestamp) -> Result<()> {
        let _turn = self.remembering.lock().await;
        let mut tx = self.platform.store.state.begin().await?;
        for transition in told {
            match transition.kind {
                "on_battery" => {
                    let id = outages::open(&mut tx, &live.device.id, &live.device.name, now, s.battery_percent).await?;
                    if let Some(outage) = &mut state.outage {
                        outage.id = Some(id);
                    }
                }
                "power_restored" => {
                    if let Some(outage) = live.state.outage.as_ref()
                        && let Some(id) = outage.id
                    {
                        let (min_runtime_seconds, max_load) = (outage.min_runtime_seconds, outage.max_load);
                        let by = outage.ended_by(live.state.shutdown_latched);
                        let end = outages::End { at: now, battery: s.battery_percent, min_runtime_seconds, max_load, by };
                        outages::close(&mut tx, id, end).await?;
                    }
                }
                _ => {}
            }
            self.platform.events.publish(&mut tx, event(&live.device, transition, s)).await?;
        }
        state.forced = self.find_live(&live.device.id).is_some_and(|now| now.state.forced);
        states::put(&mut tx, &live.device.id, state, now).await?;
        tx.commit().await?;
        // In memory before the turn ends: a round of `save_states` must not write the state of before over this one.
        self.put_back(&live.device.id, |l| l.state = state.clone());
        Ok(())
    }

    /// Writes what is remembered of every device and when it answered last, all in one transaction.
    pub(crate) async fn save_states(&self) -> Result<()> {
        let _turn = self.remembering.lock().await;
        let now = self.platform.clock.now();
        let mut work = Vec::new();
        for (id, live) in self.lives().iter().filter(|(_, l)| l.polled) {
            work.push(states::written(id, &live.state, now));
            work.extend(live.device.last_seen.map(|seen| devices::answered(id, seen)));
        }
        if !work.is_empty() {
            self.platform.store.state.batch(work).await?;
        }
        Ok(())
    }
}

/// The event of a transition, in words for people.
fn event(device: &Device, t: &Transition, s: &Snapshot) -> NewEvent {
    let kind = format!("power.{}", t.kind);
    let text = message(device, t, s);
    NewEvent::new(Source::Power, kind, text).subject("power_device", &device.id, &device.name).data(t.metadata.clone())
}

fn message(device: &Device, t: &Transition, s: &Snapshot) -> String {
    let name = &device.name;
    let number = |field: &str| t.metadata.get(field).and_then(Value::as_f64);
    let text = |field: &str| t.metadata.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut facts = Vec::new();
    if let Some(load) = s.load_percent {
        facts.push(format!("load {load:.0} %"));
    }
    if let Some(battery) = s.battery_percent {
        facts.push(format!("battery {battery:.0} %"));
    }
    if let Some(runtime) = s.runtime_seconds.filter(|_| s.flags().on_battery()) {
        facts.push(format!("about {:.0} min left", (runtime / 60.0).floor()));
    }
    let what = match t.kind {
        "on_battery" => "is on battery".to_owned(),
        "power_restored" => match number("outage_seconds") {
            Some(seconds) => format!("has mains again after {}", duration(seconds)),
            None => "has mains again".to_owned(),
        },
        "battery_low" => "has a low battery".to_owned(),
        "battery_recovered" => "has a charged battery again".to_owned(),
        "on_battery_lasts" => format!("has been on battery for {}", duration(number("on_battery_seconds").unwrap_or_default())),
        "battery_depleted" => "has an empty battery".to_owned(),
        "shutdown_initiated" => "is about to shut down".to_owned(),
        "fsd" => "was ordered to shut down".to_owned(),
        "threshold_crossed" => {
            let (value, limit) = (number("value").unwrap_or_default(), number("threshold").unwrap_or_default());
            if text("metric") == "temperature_c" {
                format!("is hot: {value:.1} °C, limit {limit:.0} °C")
            } else {
                format!("carries {value:.0} % load, limit {limit:.0} %")
            }
        }
        "device_offline" => {
            let why = text("last_error");
            return format!("{name} does not answer: {}", why.strip_prefix("no answer: ").unwrap_or(&why));
        }
        "device_online" => return format!("{name} answers again"),
        "access_refused" => return format!("{name} refuses the stored credentials: {}", text("last_error")),
        "comm_degraded" => return format!("{name} answers unreliably"),
        "overload" => "is overloaded".to_owned(),
        "overload_cleared" => "is no longer overloaded".to_owned(),
        "replace_battery" => "needs a new battery".to_owned(),
        "bypass_on" => "runs on bypass".to_owned(),
        "bypass_off" => "left bypass".to_owned(),
        "calibration" => "calibrates its battery".to_owned(),
        "device_alarm" => format!("reports: {}", text("alarm")),
        "device_alarm_cleared" => "reports no alarm any more".to_owned(),
        "battery_test_result" => format!("finished a battery test: {}", text("result")),
        "voltage_abnormal" => {
            format!("gets {:.0} V instead of {:.0} V", number("value").unwrap_or_default(), number("nominal").unwrap_or_default())
        }
        "voltage_normal" => format!("gets {:.0} V again", number("value").unwrap_or_default()),
        other => other.replace('_', " "),
    };
    if facts.is_empty() { format!("{name} {what}") } else { format!("{name} {what} ({})", facts.join(", ")) }
}

fn duration(seconds: f64) -> String {
    if seconds < 120.0 { format!("{seconds:.0} s") } else { format!("{:.0} min", seconds / 60.0) }
}

/// Somebody changed how this part works. `what` never holds a secret.
pub(crate) fn config_event(actor: &argos_kernel::Actor, what: &str, verb: &str) -> NewEvent {
    NewEvent::new(Source::Power, "power.config_changed", format!("Power: {what} {verb} by {}", actor.name))
        .actor(actor)
        .data(json!({ "what": what, "verb": verb, "actor": actor.name }))
}

impl Power {
    /// Tells of a change that is stored already.
    pub(crate) async fn announce_change(&self, actor: &argos_kernel::Actor, what: &str) -> Result<()> {
        self.platform.events.announce(config_event(actor, what, "changed")).await.map(drop)
    }
}

/// A command that a person gave.
pub(crate) fn command_event(device: &Device, what: &str, value: Option<&str>, actor: &argos_kernel::Actor) -> NewEvent {
    NewEvent::new(Source::Power, "power.command_run", format!("{}: {what} by {}", device.name, actor.name))
        .subject("power_device", &device.id, &device.name)
        .actor(actor)
        .data(json!({ "command": what, "value": value, "actor": actor.name }))
}
