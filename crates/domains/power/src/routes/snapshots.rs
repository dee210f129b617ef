//! Samples: pages, the newest, series for charts, and the sum of everything.

use argos_kernel::{Result, Timestamp};
use argos_web::{Pager, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use super::view::{PageView, SnapshotView};
use super::{Service, may_read, time};
use crate::model::device::DeviceType;
use crate::service::status_word;
use crate::store::snapshots;

pub(crate) fn routes(power: Service) -> Routes {
    Routes::new(power)
        .get("/api/snapshots", "power.list_snapshots", "Stored samples, newest first.", list)
        .reply::<PageView<SnapshotView>>()
        .param("page", "from 1")
        .param("page_size", "1-200, default 50")
        .param("device_id", "only this device")
        .param("from", "RFC 3339")
        .param("to", "RFC 3339")
        .get("/api/snapshots/latest", "power.latest_snapshot", "The newest sample, or one per device with all=true.", latest)
        .reply::<Option<SnapshotView>>()
        .param("device_id", "only this device")
        .param("all", "true: the newest sample of every device")
        .get("/api/summary", "power.summary", "Everything at a glance.", summary)
        .reply::<SummaryView>()
        .done()
}

async fn list(power: Service, req: Req) -> Result<Reply> {
    may_read(&power, &req)?;
    let q = req.query();
    let (request, page) = Pager::page_page_size(q)?;
    let filter = snapshots::Filter { device_id: q.filled("device_id").map(str::to_owned), from: time(q, "from")?, to: time(q, "to")? };
    let (rows, total) = snapshots::list(&power.platform.store.telemetry, &filter, request).await?;
    let items = rows.into_iter().map(SnapshotView::from).collect();
    Ok(Reply::json(&PageView { page, page_size: request.limit, total, items }))
}

/// The live sample where there is one, else the stored one.
async fn latest(power: Service, req: Req) -> Result<Reply> {
    may_read(&power, &req)?;
    let q = req.query();
    let of = |(id, kind, at, values): (String, DeviceType, Timestamp, _)| SnapshotView::of(None, at, &id, kind, values);
    if q.flag("all") {
        let mut all: Vec<_> = {
            let lives = power.lives();
            let known = lives.values().filter_map(|l| Some((l.device.name.clone(), l.device.id.clone(), l.device.kind, l.latest.clone()?)));
            known.collect()
        };
        all.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
        let views: Vec<SnapshotView> = all.into_iter().map(|(_, id, kind, (at, values))| of((id, kind, at, values))).collect();
        return Ok(Reply::json(&views));
    }
    let wanted = q.filled("device_id");
    let live = {
        let lives = power.lives();
        let known = lives.values().filter(|l| wanted.is_none_or(|id| l.device.id == id));
        let newest = known.filter_map(|l| l.latest.as_ref().map(|(at, _)| (*at, l))).max_by_key(|(at, _)| *at);
        newest.and_then(|(_, l)| Some((l.device.id.clone(), l.device.kind, l.latest.clone()?)))
    };
    if let Some((id, kind, (at, values))) = live {
        let stored = snapshots::latest(&power.platform.store.telemetry, Some(&id)).await?;
        let row = stored.filter(|row| row.at == at).map(|row| row.id);
        return Ok(Reply::json(&SnapshotView::of(row, at, &id, kind, values)));
    }
    let row = snapshots::latest(&power.platform.store.telemetry, wanted).await?;
    Ok(Reply::json(&row.map(SnapshotView::from)))
}

#[derive(Serialize, JsonSchema)]
struct SummaryView {
    devices: CountsView,
    total_watts: Option<f64>,
    total_kwh_today: Option<f64>,
    cost_today: Option<f64>,
    currency: String,
    /// `offline`, `on_battery`, `stale`, `online` or null without devices.
    worst_status: Option<&'static str>,
    min_runtime_seconds: Option<f64>,
    /// Nothing is asked of any device.
    scanning_disabled: bool,
}

#[derive(Serialize, JsonSchema)]
struct CountsView {
    total: usize,
    online: usize,
    offline: usize,
    on_battery: usize,
}

async fn summary(power: Service, req: Req) -> Result<Reply> {
    may_read(&power, &req)?;
    let now = power.platform.clock.now();
    let (start, prices) = (super::energy::day_start(now, power.zone()), power.prices().await?);
    power.flush_energy().await?;
    let today = crate::store::energy::buckets(&power.platform.store.state, None, Some(""), start, now.plus_secs(3600)).await?;
    let lives = power.lives();
    let count = |word: &str| lives.values().filter(|l| status_word(l) == word).count();
    let fresh = || lives.values().filter(|l| matches!(status_word(l), "online" | "stale"));
    let on_battery = lives.values().filter(|l| l.device.enabled && l.state.on_battery).count();
    let watts: Vec<f64> = fresh().filter_map(|l| l.latest.as_ref()?.1.power_watts).collect();
    let known = |values: &[f64]| (!values.is_empty()).then(|| values.iter().sum::<f64>());
    let worst = match () {
        () if lives.is_empty() => None,
        () if on_battery > 0 => Some("on_battery"),
        () if count("offline") > 0 => Some("offline"),
        () if count("stale") > 0 => Some("stale"),
        () if count("online") > 0 => Some("online"),
        () => Some("unknown"),
    };
    let kwh: Vec<f64> = today.iter().map(|b| b.wh / 1000.0).collect();
    let mut cost: Vec<f64> = today.iter().map(|b| b.cost).collect();
    // What the supplier charges per day, however little is used.
    let standing = prices.at(now).standing_per_day;
    if standing > 0.0 {
        cost.push(standing);
    }
    let view = SummaryView {
        devices: CountsView { total: lives.len(), online: count("online"), offline: count("offline"), on_battery },
        total_watts: known(&watts),
        total_kwh_today: known(&kwh),
        cost_today: known(&cost),
        currency: prices.currency(now).to_owned(),
        worst_status: worst,
        min_runtime_seconds: fresh().filter_map(|l| l.latest.as_ref()?.1.runtime_seconds).reduce(f64::min),
        scanning_disabled: power.settings().bool("power.scanning_disabled")?,
    };
    Ok(Reply::json(&view))
}
