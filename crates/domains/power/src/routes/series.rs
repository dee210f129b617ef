//! `GET /api/snapshots/series`: fields of a device over time for charts, from the points and rollups of the metrics;
//! what the metrics never saw (imported samples) comes from the stored rows.

use std::collections::BTreeMap;

use argos_kernel::{AppError, Result, Timestamp};
use argos_metrics::{Function, Labels, QueryError};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Service, bad_query, may_read, time};
use crate::model::series::{FIELDS, Grid};
use crate::service::Power;
use crate::store::snapshots;

/// Stored rows looked at when the metrics know nothing.
const ROWS_MAX: i64 = 100_000;
const DAY_S: i64 = 86_400;

pub(crate) fn routes(power: Service) -> Routes {
    Routes::new(power)
        .get("/api/snapshots/series", "power.snapshot_series", "Fields of a device over time, at most 500 points each.", series)
        .reply::<SeriesView>()
        .param("device_id", "required")
        .param("fields", "comma list; power_watts, load_percent, voltage and battery_percent when absent")
        .param("from", "RFC 3339; a day before `to`")
        .param("to", "RFC 3339; now")
        .param("step", "seconds per point; as fine as 500 points allow when absent")
        .done()
}

/// `[time, average, least, most]`; nulls where there was no sample.
type Bin = (String, Option<f64>, Option<f64>, Option<f64>);

#[derive(Serialize, JsonSchema)]
struct SeriesView {
    /// Seconds.
    step: i64,
    from: String,
    to: String,
    series: BTreeMap<String, Vec<Bin>>,
}

async fn series(power: Service, req: Req) -> Result<Reply> {
    may_read(&power, &req)?;
    let q = req.query();
    let device = q.filled("device_id").ok_or_else(|| bad_query("device_id", "device_id is required"))?.to_owned();
    let mut fields: Vec<&'static str> = Vec::new();
    for word in q.list("fields") {
        let known =
            FIELDS.iter().find(|f| **f == word).ok_or_else(|| bad_query("fields", format!("unknown field {}", word.escape_debug())))?;
        if !fields.contains(known) {
            fields.push(*known);
        }
    }
    if fields.is_empty() {
        fields = vec!["power_watts", "load_percent", "voltage", "battery_percent"];
    }
    let to = time(q, "to")?.unwrap_or_else(|| power.platform.clock.now());
    let from = time(q, "from")?.unwrap_or_else(|| to.minus_secs(DAY_S));
    let step = match q.filled("step") {
        None => None,
        Some(text) => Some(text.parse::<i64>().map_err(|_| bad_query("step", "step must be a number of seconds"))?),
    };
    let grid = Grid::new(from.secs(), to.secs(), step).map_err(|(name, text)| bad_query(name, text))?;
    let mut out = BTreeMap::new();
    let mut unseen = Vec::new();
    for field in fields {
        let bins = from_metrics(&power, &device, field, &grid).await?;
        if bins.iter().all(|b| b.1.is_none()) {
            unseen.push(field);
        }
        out.insert(field.to_owned(), bins);
    }
    if !unseen.is_empty() && !is_watched(&power, &device, &grid, &out).await? {
        fill_from_rows(&power, &device, &unseen, &grid, &mut out).await?;
    }
    let (from, to) = (Timestamp::from_secs(grid.from), Timestamp::from_secs(grid.to));
    Ok(Reply::json(&SeriesView { step: grid.step, from: from.rfc3339(), to: to.rfc3339(), series: out }))
}

/// Whether the metrics saw the device in this time. Then a field without points is one it does not have, and reading tens
/// of thousands of rows would find nothing.
async fn is_watched(power: &Power, device: &str, grid: &Grid, found: &BTreeMap<String, Vec<Bin>>) -> Result<bool> {
    if found.values().flatten().any(|bin| bin.1.is_some()) {
        return Ok(true);
    }
    for field in ["on_battery", "power_watts", "load_percent"].into_iter().filter(|field| !found.contains_key(*field)) {
        if from_metrics(power, device, field, grid).await?.iter().any(|bin| bin.1.is_some()) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn empty(grid: &Grid) -> Vec<Bin> {
    grid.starts().map(|start| (Timestamp::from_secs(start).rfc3339(), None, None, None)).collect()
}

async fn from_metrics(power: &Power, device: &str, field: &str, grid: &Grid) -> Result<Vec<Bin>> {
    let mut bins = empty(grid);
    let labels: Labels = [("device_id".to_owned(), device.to_owned())].into();
    let (from, to) = (grid.from * 1_000_000, grid.to * 1_000_000);
    for (column, function) in [Function::Avg, Function::Min, Function::Max].into_iter().enumerate() {
        let asked = power.platform.metrics.query(&format!("power_{field}"), &labels, from, to, grid.step * 1_000_000, function).await;
        let result = match asked {
            Err(QueryError::UnknownMetric(_)) => return Ok(bins),
            other => other.map_err(AppError::from)?,
        };
        for values in &result.series {
            for (start, value) in result.starts.iter().zip(&values.values) {
                let at = usize::try_from((start / 1_000_000 - grid.from) / grid.step).ok();
                if let (Some(bin), Some(value)) = (at.and_then(|at| bins.get_mut(at)), value) {
                    match column {
                        0 => bin.1 = Some(*value),
                        1 => bin.2 = Some(*value),
                        _ => bin.3 = Some(*value),
                    }
                }
            }
        }
    }
    Ok(bins)
}

async fn fill_from_rows(power: &Power, device: &str, fields: &[&str], grid: &Grid, out: &mut BTreeMap<String, Vec<Bin>>) -> Result<()> {
    let filter = snapshots::Filter {
        device_id: Some(device.to_owned()),
        from: Some(Timestamp::from_secs(grid.from)),
        to: Some(Timestamp::from_secs(grid.to)),
    };
    let rows = snapshots::ascending(&power.platform.store.telemetry, &filter, (Timestamp::from_micros(i64::MIN / 2), 0), ROWS_MAX).await?;
    for field in fields {
        let numbers = rows.iter().filter_map(|row| {
            let value = row.values.numbers().find(|(name, ..)| name == field).map(|(_, _, value)| value)?;
            Some((row.at.secs(), value))
        });
        let Some(bins) = out.get_mut(*field) else { continue };
        for (at, summary) in grid.summarise(numbers) {
            if let Some(bin) = bins.get_mut(at) {
                (bin.1, bin.2, bin.3) = (Some(summary.average), Some(summary.least), Some(summary.most));
            }
        }
    }
    Ok(())
}
