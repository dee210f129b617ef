//! The live snapshot and its stream (ops spec C.1, D.1, D.2).

use argos_kernel::Result;
use argos_web::{Reply, Req, Routes, SseEvent};
use bytes::Bytes;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::Host;
use crate::machine::Tick;
use crate::model::parts::tenth;
use crate::model::snapshot::Snapshot;

/// One metric that can be charted or used in a condition.
#[derive(Serialize, JsonSchema)]
struct AvailableView {
    name: String,
    /// Null for metrics that only have a history.
    value: Option<f64>,
    /// number or history
    r#type: &'static str,
}

pub(crate) fn routes(machine: Host) -> Routes<Host> {
    Routes::new(machine)
        .get("/api/stats", "host.get_stats", "The live snapshot of this machine.", stats)
        .reply::<Snapshot>()
        .get("/api/stream", "host.stream_stats", "The live snapshot every five seconds, as server-sent events.", stream)
        .param("services", "Only these services, comma separated")
        .param("radar", "Only these addresses, comma separated")
        .get("/api/metrics/available", "host.list_available_metrics", "Names with a live value or a history.", available)
        .reply::<Vec<AvailableView>>()
}

async fn stats(machine: Host, req: Req) -> Result<Reply> {
    let tick = machine.newest()?;
    Ok(Reply::raw_json(filtered(&tick, &Filter::of(&req))))
}

async fn stream(machine: Host, req: Req) -> Result<Reply> {
    let filter = Filter::of(&req);
    let stop = machine.platform.tasks.shutdown().clone();
    let ticks = machine.ticks();
    let events =
        futures_util::stream::unfold((machine, filter, ticks, stop, true), |(machine, filter, mut ticks, stop, first)| async move {
            if !(first && machine.newest().is_ok()) {
                tokio::select! {
                    () = stop.wait() => return None,
                    changed = ticks.changed() => changed.ok()?,
                }
            }
            ticks.mark_unchanged();
            let tick = machine.newest().ok()?;
            let event = SseEvent::data(filtered(&tick, &filter));
            Some((event, (machine, filter, ticks, stop, false)))
        });
    Ok(Reply::sse(events))
}

async fn available(machine: Host, _: Req) -> Result<Reply> {
    let tick = machine.newest()?;
    let live = tick.values.iter().map(|(name, v)| AvailableView {
        name: name.clone(),
        value: Some((v * 100.0).round() / 100.0),
        r#type: "number",
    });
    let mut all: Vec<AvailableView> = live.collect();
    let past = machine.platform.metrics.documented_with_data();
    let missing = past.into_iter().filter(|n| !tick.values.contains_key(*n));
    all.extend(missing.map(|n| AvailableView { name: n.to_owned(), value: None, r#type: "history" }));
    Ok(Reply::json(&all))
}

/// What a connection wants to see of the two configurable lists.
struct Filter {
    services: Vec<String>,
    radar: Vec<String>,
}

impl Filter {
    fn of(req: &Req) -> Self {
        let q = req.query();
        let owned = |list: Vec<&str>| list.into_iter().map(str::to_owned).collect::<Vec<_>>();
        let radar = q.list("radar");
        Self { services: owned(q.list("services")), radar: owned(if radar.is_empty() { q.list("radarIps") } else { radar }) }
    }
    fn is_open(&self) -> bool {
        self.services.is_empty() && self.radar.is_empty()
    }
}

fn filtered(tick: &Tick, filter: &Filter) -> Bytes {
    if filter.is_open() {
        return tick.json_now();
    }
    let mut value = tick.value.clone();
    let keep = |list: Option<&mut Value>, field: &str, wanted: &[String]| {
        if let (Some(Value::Array(items)), false) = (list, wanted.is_empty()) {
            items.retain(|i| i[field].as_str().is_some_and(|v| wanted.iter().any(|w| w == v)));
        }
    };
    keep(value.get_mut("services"), "name", &filter.services);
    keep(value.get_mut("radar"), "ip", &filter.radar);
    if let Some(pulse) = value.get_mut("collector_pulse") {
        *pulse = tenth(tick.age().as_secs_f64()).into();
    }
    Bytes::from(value.to_string())
}
