//! Outages, newest first.

use argos_kernel::{AppError, Result, Timestamp};
use argos_web::{Pager, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use super::view::PageView;
use super::{Service, may_read};
use crate::store::outages::{self, Outage};

pub(crate) fn routes(power: Service) -> Routes {
    Routes::new(power)
        .get("/api/outages", "power.list_outages", "Outages, newest first.", list)
        .reply::<PageView<OutageView>>()
        .param("page", "from 1")
        .param("page_size", "1-200, default 50")
        .param("device_id", "only this device")
        .get("/api/outages/{id}", "power.get_outage", "One outage.", get)
        .reply::<OutageView>()
        .done()
}

#[derive(Serialize, JsonSchema)]
struct OutageView {
    id: i64,
    device_id: String,
    device_name: String,
    started_at: String,
    ended_at: Option<String>,
    /// Until now while it lasts.
    duration_seconds: i64,
    battery_start: Option<f64>,
    battery_end: Option<f64>,
    min_runtime_seconds: Option<f64>,
    max_load: Option<f64>,
    ended_by: Option<String>,
}

fn view(power: &Service, o: Outage) -> OutageView {
    let now = power.platform.clock.now();
    // What a running outage reached so far is in memory.
    let running = o.ended_at.is_none().then(|| power.find_live(&o.device_id)).flatten();
    let open = running.as_ref().and_then(|l| l.state.outage.as_ref()).filter(|open| open.id == Some(o.id));
    OutageView {
        duration_seconds: o.ended_at.unwrap_or(now).secs_since(o.started_at),
        min_runtime_seconds: o.min_runtime_seconds.or_else(|| open?.min_runtime_seconds),
        max_load: o.max_load.or_else(|| open?.max_load),
        id: o.id,
        device_id: o.device_id,
        device_name: o.device_name,
        started_at: o.started_at.rfc3339(),
        ended_at: o.ended_at.map(Timestamp::rfc3339),
        battery_start: o.battery_start,
        battery_end: o.battery_end,
        ended_by: o.ended_by,
    }
}

async fn list(power: Service, req: Req) -> Result<Reply> {
    may_read(&power, &req)?;
    let (request, page) = Pager::page_page_size(req.query())?;
    let (rows, total) = outages::list(&power.platform.store.state, req.query().filled("device_id"), request).await?;
    let items = rows.into_iter().map(|o| view(&power, o)).collect();
    Ok(Reply::json(&PageView { page, page_size: request.limit, total, items }))
}

async fn get(power: Service, req: Req) -> Result<Reply> {
    may_read(&power, &req)?;
    let absent = || AppError::not_found("Outage not found.");
    let id = req.param("id").parse::<i64>().map_err(|_| absent())?;
    let found = outages::find(&power.platform.store.state, id).await?.ok_or_else(absent)?;
    Ok(Reply::json(&view(&power, found)))
}
