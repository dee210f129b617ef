//! The routes of the power part, one file per group (power spec C).

mod alerts;
mod config;
mod devices;
mod diagnostics;
mod discover;
mod energy;
mod events;
mod export;
mod exporters;
mod exposition;
mod outages;
mod outlets;
mod series;
mod shutdown;
mod shutdown_view;
mod snapshots;
mod standing;
mod view;

use std::sync::Arc;

use argos_kernel::{AppError, FieldError, Result, Timestamp};
use argos_web::{Query, Req, Routes};

pub(crate) use view::severity_of;

use crate::service::Power;

pub(crate) type Service = Arc<Power>;

pub(crate) fn routes(power: &Service) -> Routes {
    let p = || Arc::clone(power);
    Routes::new(())
        .join(snapshots::routes(p()))
        .join(series::routes(p()))
        .join(events::routes(p()))
        .join(devices::routes(p()))
        .join(discover::routes(p()))
        .join(standing::routes(p()))
        .join(energy::routes(p()))
        .join(outages::routes(p()))
        .join(outlets::routes(p()))
        .join(shutdown::routes(p()))
        .join(diagnostics::routes(p()))
        .join(config::routes(p()))
        .join(alerts::routes(p()))
        .join(export::routes(p()))
        .join(exporters::routes(p()))
        .join(exposition::routes(p()))
        .done()
}

/// An event in the form of `/api/events`.
pub(crate) fn event_json(event: argos_events::Event) -> serde_json::Value {
    serde_json::to_value(events::EventView::from(event)).unwrap_or_default()
}

/// Public reads may be closed by a setting.
fn may_read(power: &Power, req: &Req) -> Result<()> {
    if req.cx().caller.is_anonymous() && !power.settings().bool("power.public_reads")? {
        return Err(AppError::unauthenticated("Missing X-Api-Key header."));
    }
    Ok(())
}

fn bad_query(name: &str, text: impl Into<String>) -> AppError {
    let mut fault = FieldError::new(name, text);
    fault.loc = vec!["query".to_owned(), name.to_owned()];
    AppError::invalid(vec![fault])
}

/// RFC 3339 or Unix seconds.
fn time(q: &Query, name: &str) -> Result<Option<Timestamp>> {
    let Some(text) = q.filled(name) else { return Ok(None) };
    let parsed = text.parse::<i64>().ok().map(Timestamp::from_secs).or_else(|| Timestamp::parse_rfc3339(text));
    parsed.map(Some).ok_or_else(|| bad_query(name, format!("{name} must be a time in RFC 3339")))
}
