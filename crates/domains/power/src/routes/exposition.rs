//! Prometheus: `/metrics` under the documented `argus_*` names, `/ups_metrics` as the usual NUT exporter shows it.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use argos_events::Source;
use argos_kernel::{AppError, Result};
use argos_web::{Reply, Req, Routes};

use super::{Service, may_read};
use crate::actions::facade::NAS_UPS;
use crate::actions::standing::Standing;
use crate::model::exposition::{Exposition, FLAGS, variable};
use crate::model::snapshot::{PowerSource, Snapshot};
use crate::service::{Live, Power, status_word};
use crate::store::energy;

const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(crate) fn routes(power: Service) -> Routes {
    Routes::new(power)
        .get("/metrics", "power.get_metrics", "Prometheus text exposition of every power device.", metrics)
        .get(
            "/ups_metrics",
            "power.get_ups_metrics",
            "The variables of one UPS or of all, as the usual NUT exporter names them.",
            ups_metrics,
        )
        .param("ups", "only this UPS, by the name our NUT server gives it or by its id")
        .param("variables", "comma list; every numeric variable when absent")
        .param("label", "1: name the UPS in a label even when it is the only one")
        .done()
}

type Read = fn(&Snapshot) -> Option<f64>;

const GAUGES: [(&str, &str, Read); 9] = [
    ("argus_power_watts", "Power drawn", |s| s.power_watts),
    ("argus_load_percent", "Load of the device", |s| s.load_percent),
    ("argus_voltage_volts", "Input voltage", |s| s.voltage),
    ("argus_battery_percent", "Charge of the battery", |s| s.battery_percent),
    ("argus_runtime_seconds", "Runtime left on battery", |s| s.runtime_seconds),
    ("argus_temperature_celsius", "Temperature", |s| s.temperature_c),
    ("argus_current_amps", "Current", |s| s.extras.current_amps),
    ("argus_frequency_hz", "Mains frequency", |s| s.extras.frequency_hz),
    ("argus_output_voltage_volts", "Output voltage", |s| s.extras.output_voltage),
];

/// Everybody reads the devices while reads of power are public; the figures of the process only when a setting says so,
/// or with the right to see figures.
async fn metrics(power: Service, req: Req) -> Result<Reply> {
    let is_open = power.settings().bool("metrics.public")?;
    if !is_open {
        may_read(&power, &req)?;
    }
    let own = if is_open || req.cx().has("stats:read") { power.platform.observed.exposition() } else { String::new() };
    if !power.settings().bool("power.prometheus.enabled")? {
        return Err(AppError::not_found("Not found"));
    }
    power.flush_energy().await?;
    let totals = energy::totals(&power.platform.store.state).await?;
    let prices = power.prices().await?;
    let (now, steady) = (power.platform.clock.now(), power.shutdown.now());
    let lives: Vec<Live> = power.lives().values().cloned().collect();
    let mut out = Exposition::without_labels(power.settings().list("power.prometheus.disable_labels")?);
    // Of a device that does not answer only its being offline is shown: nothing frozen.
    let fresh: Vec<(&Live, &Snapshot)> =
        lives.iter().filter(|l| status_word(l) == "online").filter_map(|l| Some((l, &l.latest.as_ref()?.1))).collect();
    for (name, help, read) in GAUGES {
        out.family(name, "gauge", help);
        for (live, s) in &fresh {
            if let Some(value) = read(s) {
                out.sample(name, &[("device_id", &live.device.id), ("device_type", live.device.kind.as_str())], value);
            }
        }
    }
    out.family("argus_power_estimated", "gauge", "1 when the power follows from load and nameplate");
    for (live, s) in fresh.iter().filter(|(_, s)| s.power_watts.is_some()) {
        let estimated = s.extras.power_source == Some(PowerSource::Estimated);
        out.sample("argus_power_estimated", &[("device_id", &live.device.id)], f64::from(u8::from(estimated)));
    }
    out.family("argus_ups_status", "gauge", "1 for each status flag that is set");
    for (live, s) in fresh.iter().filter(|(_, s)| s.ups_status.is_some()) {
        for flag in FLAGS {
            out.sample("argus_ups_status", &[("device_id", &live.device.id), ("flag", flag)], f64::from(u8::from(s.flags().has(flag))));
        }
    }
    super::outlets::expose(&mut out, &fresh.iter().map(|(live, _)| *live).collect::<Vec<_>>());
    out.family("argus_device_online", "gauge", "1 when the device answers");
    out.family("argus_outage_duration_seconds", "gauge", "Length of the outage that lasts; 0 when there is none");
    for live in &lives {
        let online = status_word(live) == "online";
        out.sample("argus_device_online", &[("device_id", &live.device.id)], f64::from(u8::from(online)));
        #[expect(clippy::cast_precision_loss, reason = "seconds of an outage")]
        let lasts = live.state.outage.as_ref().map_or(0.0, |o| (steady - o.started_at) as f64 / 1e6);
        out.sample("argus_outage_duration_seconds", &[("device_id", &live.device.id)], lasts.max(0.0));
    }
    out.family("argus_energy_kwh_total", "counter", "Energy since metering began");
    for (id, _, total) in totals.iter().filter(|(_, outlet, _)| outlet.is_empty()) {
        out.sample("argus_energy_kwh_total", &[("device_id", id)], total.kwh);
    }
    out.family("argus_outlet_energy_kwh_total", "counter", "Energy through an outlet since metering began");
    for (id, outlet, total) in totals.iter().filter(|(_, outlet, _)| !outlet.is_empty()) {
        out.sample("argus_outlet_energy_kwh_total", &[("device_id", id), ("outlet", outlet)], total.kwh);
    }
    out.family("argus_energy_cost_total", "counter", "Cost of that energy");
    for (id, _, total) in totals.iter().filter(|(_, outlet, _)| outlet.is_empty()) {
        out.sample("argus_energy_cost_total", &[("device_id", id), ("currency", prices.currency(now))], total.cost);
    }
    let standings = power.standings().await?;
    let gauge = |out: &mut Exposition, name: &str, help: &str, read: fn(&Standing) -> Option<f64>| {
        out.family(name, "gauge", help);
        for (id, standing) in standings.iter() {
            if let Some(value) = read(standing) {
                out.sample(name, &[("device_id", id)], value);
            }
        }
    };
    gauge(&mut out, "argus_battery_health_ratio", "Runtime of the battery against its beginnings", |s| s.battery.ratio);
    gauge(&mut out, "argus_quality_score", "Quality of supply, 0 to 100", |s| s.quality);
    gauge(&mut out, "argus_sla_ok", "1 when thirty days keep the availability target", |s| s.sla_ok().map(|ok| f64::from(u8::from(ok))));
    counters(&mut out, &power, &lives);
    out.family("argus_alerts_total", "counter", "Alerts of the power part since the start, by channel and what became of them");
    for (provider, result, count) in power.platform.notify.deliveries_by_channel(Source::Power, power.shutdown.started_at()).await? {
        #[expect(clippy::cast_precision_loss, reason = "alerts since the start")]
        out.sample("argus_alerts_total", &[("provider", &provider), ("result", &result)], count as f64);
    }
    out.family("argus_exporter_errors_total", "counter", "Deliveries to a receiver that failed");
    for exporter in power.exporters_that(|_| true)? {
        #[expect(clippy::cast_precision_loss, reason = "failures since the start")]
        let errors = power.exporters.health(exporter).errors as f64;
        out.sample("argus_exporter_errors_total", &[("exporter", exporter.as_str())], errors);
    }
    Ok(Reply::bytes(CONTENT_TYPE, out.finish() + &own))
}

/// How the polling went since the start of the process.
#[expect(clippy::cast_precision_loss, reason = "counts since the start")]
fn counters(out: &mut Exposition, power: &Power, lives: &[Live]) {
    out.family("argus_polls_total", "counter", "Polls of a device since the start");
    for live in lives {
        for (result, count) in [("ok", live.polls.ok), ("error", live.polls.failed)] {
            out.sample("argus_polls_total", &[("device_id", &live.device.id), ("result", result)], count as f64);
        }
    }
    out.family("argus_poll_duration_seconds", "summary", "Time the polls of a device took");
    for live in lives {
        let device = [("device_id", live.device.id.as_str())];
        out.sample("argus_poll_duration_seconds_sum", &device, live.polls.seconds);
        out.sample("argus_poll_duration_seconds_count", &device, (live.polls.ok + live.polls.failed) as f64);
    }
    out.family("argus_events_total", "counter", "Events of the power part since the start");
    for (kind, count) in power.event_counts.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        out.sample("argus_events_total", &[("event_type", kind)], *count as f64);
    }
}

async fn ups_metrics(power: Service, req: Req) -> Result<Reply> {
    may_read(&power, &req)?;
    let q = req.query();
    let wanted = q.filled("ups");
    let names = q.list("variables");
    // The second name of a device is shown to who asks for it.
    let second = if wanted.is_none() { power.nas_device().map(|_| NAS_UPS) } else { None };
    let served: Vec<(String, Live)> = power
        .served()
        .into_iter()
        .filter(|s| Some(s.ups.as_str()) != second)
        .filter_map(|s| Some((s.ups, power.find_live(&s.id)?)))
        .filter(|(name, live)| wanted.is_none_or(|w| w == name || w == live.device.id || w == live.device.ups_name()))
        .filter(|(_, live)| status_word(live) == "online")
        .collect();
    if let (Some(name), true) = (wanted, served.is_empty()) {
        return Err(AppError::not_found(format!("No UPS {name} answers.")));
    }
    // UPSes of two servers may have one name: without a label they could not be told apart.
    let labelled = wanted.is_none() || q.flag("label") || served.len() > 1;
    let mut families: BTreeMap<String, Vec<(String, f64)>> = BTreeMap::new();
    for (ups, live) in &served {
        for (name, value) in live.variables.iter().filter(|(n, _)| names.is_empty() || names.contains(&n.as_str())) {
            if let Some((metric, number)) = variable(name, value) {
                families.entry(metric).or_default().push((ups.clone(), number));
            }
        }
    }
    let mut out = Exposition::default();
    for (metric, samples) in &families {
        out.family(metric, "gauge", "A variable of the UPS");
        for (ups, value) in samples {
            let labels = [("ups", ups.as_str())];
            out.sample(metric, if labelled { &labels } else { &[] }, *value);
        }
    }
    status(&mut out, &served, labelled);
    Ok(Reply::bytes(CONTENT_TYPE, out.finish()))
}

fn status(out: &mut Exposition, served: &[(String, Live)], labelled: bool) {
    let with = |ups: &'_ str, rest: &[(&'static str, String)]| {
        let own = labelled.then(|| ("ups", ups.to_owned()));
        own.into_iter().chain(rest.iter().cloned()).collect::<Vec<_>>()
    };
    let mut put = |metric: &str, labels: Vec<(&'static str, String)>, value: f64| {
        let labels: Vec<(&str, &str)> = labels.iter().map(|(n, v)| (*n, v.as_str())).collect();
        out.sample(metric, &labels, value);
    };
    for (ups, live) in served {
        let flags = argos_nut::Flags::parse(live.variables.get("ups.status").map(String::as_str).unwrap_or_default());
        for flag in FLAGS {
            let value = f64::from(u8::from(flags.has(flag)));
            put("network_ups_tools_ups_status", with(ups, &[("flag", flag.to_owned())]), value);
        }
    }
    for (ups, live) in served {
        let text = |name: &str| live.variables.get(name).cloned().unwrap_or_default();
        let labels = [
            ("model", text("device.model")),
            ("mfr", text("device.mfr")),
            ("serial", text("device.serial")),
            ("type", live.device.kind.as_str().to_owned()),
            ("description", live.device.name.clone()),
            ("contact", text("device.contact")),
            ("location", text("device.location")),
            ("part", text("device.part")),
            ("macaddr", text("device.macaddr")),
        ];
        put("network_ups_tools_device_info", with(ups, &labels), 1.0);
    }
}
