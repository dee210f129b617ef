//! Energy and cost: totals, history by hour, day, week and month, the tariff.

use std::collections::{BTreeMap, BTreeSet};

use argos_kernel::{AppError, FieldError, Result, Timestamp};
use argos_web::{Reply, Req, Routes};
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, TimeZone};
use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Service, bad_query, may_read, time};
use crate::actions::metering::Prices;
use crate::model::tariff::Tariff;
use crate::store::energy;

pub(crate) fn routes(power: Service) -> Routes {
    Routes::new(power)
        .get("/api/energy", "power.list_energy", "Totals per device; empty unless the energy exporter is enabled.", totals)
        .reply::<Vec<TotalView>>()
        .param("outlets", "true: the outlets that measure something as well")
        .get("/api/energy/history", "power.energy_history", "Energy and cost per hour, day, week or month.", history)
        .reply::<Vec<HistoryView>>()
        .param("device_id", "only this device")
        .param("outlet", "only this outlet of it")
        .param("outlets", "true: every outlet that measures something beside its device")
        .param("bucket", "hour, day, week or month; default day")
        .param("from", "RFC 3339")
        .param("to", "RFC 3339")
        .param("format", "csv: as a file")
        .param("standing", "true: with the standing charge of every period as a row of its own, without a device")
        .get("/api/energy/tariff", "power.get_tariff", "The tariff in force.", get_tariff)
        .reply::<Tariff>()
        .put("/api/energy/tariff", "power.update_tariff", "A new tariff from now or from valid_from on.", put_tariff)
        .body::<Tariff>()
        .reply::<Tariff>()
        .post("/api/energy/recompute", "power.recompute_energy", "Build the energy again from the stored samples.", recompute)
        .body::<RecomputeBody>()
        .post("/api/energy/reset", "power.reset_energy", "Begin the total of a device anew; its history stays.", reset)
        .body::<ResetBody>()
        .done()
}

#[derive(Serialize, JsonSchema)]
struct TotalView {
    device_id: String,
    /// Of one outlet; absent: of the whole device.
    #[serde(skip_serializing_if = "Option::is_none")]
    outlet: Option<String>,
    kwh_total: f64,
    cost_total: f64,
    currency: String,
    energy_wh: f64,
    energy_kwh: f64,
    last_updated: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    estimated_cost: Option<f64>,
    /// Some of it follows from the nameplate.
    estimated: bool,
    /// Some time was not seen.
    partial: bool,
    /// `integrated` or `counter`.
    method: String,
}

fn six(value: f64) -> f64 {
    (value * 1e9).round() / 1e9
}

async fn totals(power: Service, req: Req) -> Result<Reply> {
    may_read(&power, &req)?;
    if !power.settings().list("power.enabled_exporters")?.iter().any(|e| e == "energy") {
        return Ok(Reply::json(&Vec::<TotalView>::new()));
    }
    let outlets = req.query().flag("outlets");
    power.flush_energy().await?;
    let prices = power.prices().await?;
    let now = power.platform.clock.now();
    let (currency, priced) = (prices.currency(now).to_owned(), prices.at(now).base_rate > 0.0);
    let all = energy::totals(&power.platform.store.state).await?;
    let views: Vec<TotalView> = all
        .into_iter()
        .filter(|(_, outlet, _)| outlets || outlet.is_empty())
        .map(|(device_id, outlet, t)| TotalView {
            device_id,
            outlet: Some(outlet).filter(|o| !o.is_empty()),
            kwh_total: six(t.kwh),
            cost_total: six(t.cost),
            currency: currency.clone(),
            energy_wh: six(t.kwh * 1000.0),
            energy_kwh: six(t.kwh),
            last_updated: t.last_updated.rfc3339(),
            estimated_cost: priced.then(|| six(t.cost)),
            estimated: t.estimated_kwh > 0.0,
            partial: t.partial,
            method: t.method,
        })
        .collect();
    Ok(Reply::json(&views))
}

#[derive(Clone, Copy, PartialEq)]
enum Size {
    Hour,
    Day,
    Week,
    Month,
}

/// Watt hours, cost, seconds covered, and whether any of it is estimated.
type Sum = (f64, f64, f64, bool);

#[derive(Serialize, JsonSchema)]
struct HistoryView {
    /// Null: the standing charge, which belongs to no device.
    device_id: Option<String>,
    /// Of one outlet; absent: of the whole device.
    #[serde(skip_serializing_if = "Option::is_none")]
    outlet: Option<String>,
    start: String,
    kwh: f64,
    cost: f64,
    currency: String,
    estimated: bool,
    /// The part of the time that was seen, 0-1.
    coverage: f64,
}

/// Midnight of the calendar day in the zone.
pub(super) fn day_start(at: Timestamp, zone: Tz) -> Timestamp {
    instant(local(at, zone).date_naive(), zone)
}

fn local(at: Timestamp, zone: Tz) -> DateTime<Tz> {
    at.datetime().with_timezone(&zone)
}

/// The first instant of a day; a midnight that the clock skips begins later.
fn instant(day: NaiveDate, zone: Tz) -> Timestamp {
    let midnight = day.and_time(NaiveTime::MIN);
    let shifts = (0..=4).map(|quarters| midnight + chrono::Duration::minutes(15 * quarters));
    let first = shifts.filter_map(|t| zone.from_local_datetime(&t).earliest()).next();
    first.map_or_else(|| Timestamp::from_micros(midnight.and_utc().timestamp_micros()), |t| Timestamp::from_micros(t.timestamp_micros()))
}

fn start_of(at: Timestamp, size: Size, zone: Tz) -> Timestamp {
    let day = local(at, zone).date_naive();
    match size {
        Size::Hour => at,
        Size::Day => instant(day, zone),
        Size::Week => instant(day - Days::new(u64::from(day.weekday().num_days_from_monday())), zone),
        Size::Month => instant(day.with_day(1).unwrap_or(day), zone),
    }
}

fn end_of(start: Timestamp, size: Size, zone: Tz) -> Timestamp {
    let day = local(start, zone).date_naive();
    match size {
        Size::Hour => start.plus_secs(3600),
        Size::Day => instant(day + Days::new(1), zone),
        Size::Week => instant(day + Days::new(7), zone),
        Size::Month => instant(day + Months::new(1), zone),
    }
}

async fn history(power: Service, req: Req) -> Result<Reply> {
    may_read(&power, &req)?;
    let q = req.query();
    let size = match q.filled("bucket").unwrap_or("day") {
        "hour" => Size::Hour,
        "day" => Size::Day,
        "week" => Size::Week,
        "month" => Size::Month,
        _ => return Err(bad_query("bucket", "bucket must be hour, day, week or month")),
    };
    let now = power.platform.clock.now();
    let to = time(q, "to")?.unwrap_or(now.plus_secs(3600));
    let days = match size {
        Size::Hour => 2,
        Size::Day => 31,
        Size::Week => 182,
        Size::Month => 366,
    };
    let from = time(q, "from")?.unwrap_or(to.minus_secs(days * 86_400));
    power.flush_energy().await?;
    let prices = power.prices().await?;
    let outlet = if q.flag("outlets") { None } else { Some(q.filled("outlet").unwrap_or_default()) };
    let rows = energy::buckets(&power.platform.store.state, q.filled("device_id"), outlet, from, to).await?;
    let mut sums: BTreeMap<(Timestamp, String, String), Sum> = BTreeMap::new();
    for b in rows {
        let sum = sums.entry((start_of(b.start, size, prices.zone), b.device_id, b.outlet)).or_default();
        sum.0 += b.wh;
        sum.1 += b.cost;
        sum.2 += b.covered_seconds;
        sum.3 |= b.estimated;
    }
    let mut standing = Vec::new();
    if q.filled("standing") == Some("true") && q.filled("device_id").is_none() && size != Size::Hour {
        let periods: BTreeSet<Timestamp> = sums.keys().map(|(start, ..)| *start).collect();
        standing.extend(periods.into_iter().filter_map(|start| standing_of(&prices, start, size, now)));
    }
    let mut views: Vec<HistoryView> = sums
        .into_iter()
        .map(|((start, device_id, outlet), (wh, cost, covered, estimated))| {
            // A period that still runs can only be covered up to now.
            let end = end_of(start, size, prices.zone).min(now.max(start.plus_secs(1)));
            #[expect(clippy::cast_precision_loss, reason = "seconds of at most a month")]
            let seconds = end.secs_since(start).max(1) as f64;
            HistoryView {
                device_id: Some(device_id),
                outlet: Some(outlet).filter(|o| !o.is_empty()),
                kwh: six(wh / 1000.0),
                cost: six(cost),
                currency: prices.currency(start).to_owned(),
                estimated,
                coverage: (covered / seconds).clamp(0.0, 1.0),
                start: start.rfc3339(),
            }
        })
        .collect();
    views.extend(standing);
    if q.filled("format") == Some("csv") {
        return Ok(Reply::csv("energy.csv", csv(&views)));
    }
    Ok(Reply::json(&views))
}

/// The standing charge of a period: one day's price for every calendar day that has begun, each by the tariff of its day.
fn standing_of(prices: &Prices, start: Timestamp, size: Size, now: Timestamp) -> Option<HistoryView> {
    let end = end_of(start, size, prices.zone).min(now);
    let days = std::iter::successors(Some(start), |day| Some(end_of(*day, Size::Day, prices.zone))).take_while(|day| *day < end);
    // The price in force when the day ends, or now.
    let cost: f64 = days.map(|day| prices.at(end_of(day, Size::Day, prices.zone).plus_secs(-1).min(now)).standing_per_day).sum();
    (cost > 0.0).then(|| HistoryView {
        device_id: None,
        outlet: None,
        start: start.rfc3339(),
        kwh: 0.0,
        cost: six(cost),
        currency: prices.currency(end_of(start, size, prices.zone).plus_secs(-1).min(now)).to_owned(),
        estimated: false,
        coverage: 1.0,
    })
}

fn csv(rows: &[HistoryView]) -> String {
    let mut out = "start,device_id,kwh,cost,currency,estimated,coverage\r\n".to_owned();
    for r in rows {
        let id = crate::model::export::csv::cell(r.device_id.as_deref().unwrap_or("standing charge"));
        out.push_str(&format!("{},{id},{},{},{},{},{:.4}\r\n", r.start, r.kwh, r.cost, r.currency, r.estimated, r.coverage));
    }
    out
}

async fn get_tariff(power: Service, req: Req) -> Result<Reply> {
    may_read(&power, &req)?;
    let prices = power.prices().await?;
    Ok(Reply::json(prices.at(power.platform.clock.now())))
}

async fn put_tariff(power: Service, mut req: Req) -> Result<Reply> {
    let mut tariff: Tariff = req.json().await?;
    let now = power.platform.clock.now();
    let from = match tariff.valid_from.as_deref().filter(|t| !t.is_empty()) {
        None => now,
        Some(text) => Timestamp::parse_rfc3339(text)
            .ok_or_else(|| AppError::invalid(vec![FieldError::new("valid_from", "valid_from must be a time in RFC 3339")]))?,
    };
    tariff.valid_from = Some(from.rfc3339());
    power.set_tariff(&req.cx().actor(), &tariff, from).await?;
    Ok(Reply::json(&tariff))
}

#[derive(Deserialize, JsonSchema)]
struct RecomputeBody {
    /// Every device when absent.
    device_id: Option<String>,
}

async fn recompute(power: Service, mut req: Req) -> Result<Reply> {
    let body: RecomputeBody = req.json().await?;
    let known: Vec<String> = power.lives().keys().cloned().collect();
    let devices = match body.device_id {
        // Also of a device that is gone or was only imported.
        Some(id) => vec![id],
        None => known,
    };
    let snapshots = power.recompute_energy(&req.cx().actor(), &devices).await?;
    Ok(Reply::json(&json!({ "status": "ok", "devices": devices, "snapshots": snapshots })))
}

#[derive(Deserialize, JsonSchema)]
struct ResetBody {
    device_id: String,
    /// What the total begins with; 0 when absent.
    baseline_kwh: Option<f64>,
}

async fn reset(power: Service, mut req: Req) -> Result<Reply> {
    let body: ResetBody = req.json().await?;
    let baseline = body.baseline_kwh.unwrap_or(0.0);
    if !baseline.is_finite() || baseline < 0.0 {
        return Err(AppError::invalid(vec![FieldError::new("baseline_kwh", "baseline_kwh must be 0 or more")]));
    }
    power.reset_energy(&req.cx().actor(), &body.device_id, baseline).await?;
    Ok(Reply::json(&json!({ "status": "ok", "device_id": body.device_id, "kwh_total": baseline })))
}
