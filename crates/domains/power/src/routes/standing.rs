//! Battery health, quality of supply and availability of a device (power spec D.9).

use std::collections::BTreeMap;

use argos_events::{Filter, Pattern, Source};
use argos_kernel::Result;
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Service, may_read};
use crate::actions::devices::not_found;
use crate::actions::standing::{SLA_TARGET, WINDOWS};
use crate::model::standing::date;

pub(crate) fn routes(power: Service) -> Routes {
    Routes::new(power)
        .get("/api/devices/{device_id}/battery-health", "power.battery_health", "What is known of the battery.", battery)
        .reply::<BatteryView>()
        .get("/api/devices/{device_id}/quality", "power.supply_quality", "Quality of supply and availability.", quality)
        .reply::<QualityView>()
        .done()
}

#[derive(Serialize, JsonSchema)]
struct BatteryView {
    /// 0 to 1; null until an outage or the device says something.
    health_ratio: Option<f64>,
    /// `low`, `medium` or `high`; null without an observation.
    confidence: Option<&'static str>,
    /// From full to empty at the usual load.
    estimated_full_runtime_seconds: Option<f64>,
    /// Outages the figure rests on.
    observations: usize,
    age_days: Option<i64>,
    /// The device asks for a new battery.
    replace_flag: bool,
    last_test: Option<TestView>,
    /// `outages`, `replace_flag`, `failed_test`
    basis: Vec<&'static str>,
}

#[derive(Serialize, JsonSchema)]
struct TestView {
    result: String,
    /// When we saw it, or as the device says.
    at: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct QualityView {
    /// 0 to 100; null while nothing is known.
    score: Option<f64>,
    parts: Vec<PartView>,
    /// Percent of the time on mains and answering, by window: `24h`, `7d`, `30d`.
    availability: BTreeMap<&'static str, Option<f64>>,
    sla_target: f64,
    /// Over thirty days.
    sla_ok: Option<bool>,
}

#[derive(Serialize, JsonSchema)]
struct PartView {
    name: &'static str,
    weight: f64,
    /// 0 to 1
    share: f64,
}

fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

async fn battery(power: Service, req: Req) -> Result<Reply> {
    may_read(&power, &req)?;
    let id = req.param("device_id").to_owned();
    let live = power.find_live(&id).ok_or_else(not_found)?;
    let standing = power.standings().await?.get(&id).cloned().unwrap_or_default();
    let said = |name: &str| live.variables.get(name).map(String::as_str).filter(|t| !t.trim().is_empty());
    let made = said("battery.date").or(said("battery.mfr.date")).and_then(date);
    let today = power.platform.clock.now().datetime().date_naive();
    let health = standing.battery;
    Ok(Reply::json(&BatteryView {
        health_ratio: health.ratio.map(rounded),
        confidence: health.confidence,
        estimated_full_runtime_seconds: health.full_runtime_seconds.map(f64::round),
        observations: health.observations,
        age_days: made.map(|day| (today - day).num_days()).filter(|days| *days >= 0),
        replace_flag: standing.replace_flag,
        last_test: last_test(&power, &id, said("ups.test.result"), said("ups.test.date")).await?,
        basis: health.basis,
    }))
}

async fn last_test(power: &Service, id: &str, result: Option<&str>, day: Option<&str>) -> Result<Option<TestView>> {
    let kind = Pattern::Exact("power.battery_test_result".to_owned());
    let filter = Filter { sources: vec![Source::Power], kinds: vec![kind], subject_id: Some(id.to_owned()), ..Filter::default() };
    if let Some(event) = power.platform.events.list(&filter, None, 1).await?.into_iter().next() {
        let told = event.data.get("result").and_then(serde_json::Value::as_str).map(str::to_owned);
        return Ok(told.map(|result| TestView { result, at: Some(event.created_at.rfc3339()) }));
    }
    let at = day.and_then(date).map(|d| d.format("%Y-%m-%d").to_string());
    Ok(result.map(|result| TestView { result: result.to_owned(), at }))
}

async fn quality(power: Service, req: Req) -> Result<Reply> {
    may_read(&power, &req)?;
    let id = req.param("device_id");
    power.find_live(id).ok_or_else(not_found)?;
    let standing = power.standings().await?.get(id).cloned().unwrap_or_default();
    let windows = WINDOWS.iter().zip(standing.availability).map(|((name, _), share)| (*name, share.map(rounded)));
    Ok(Reply::json(&QualityView {
        score: standing.quality.map(rounded),
        availability: windows.collect(),
        sla_target: SLA_TARGET,
        sla_ok: standing.sla_ok(),
        parts: standing.parts.into_iter().map(|p| PartView { name: p.name, weight: p.weight, share: rounded(p.share) }).collect(),
    }))
}
