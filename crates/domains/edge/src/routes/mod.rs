//! The routes of the edge part, one file per group (edge spec C).

mod appsec;
mod attacks;
mod bans;
mod certificates;
mod countries;
mod crowdsec;
mod crs;
mod dashboard;
mod delivery;
mod dns_providers;
mod drift;
mod engine;
mod forward;
mod geoip;
mod groups;
mod hosts;
mod manual_certificates;
mod probe;
mod protection;
mod replay;
mod rule_trial;
mod rules;
mod self_check;
mod status;
mod threats;
mod whitelist;

use std::sync::Arc;

use argos_kernel::{AppError, Result, Timestamp};
use argos_web::{Reply, Req, Routes};

use crate::service::Edge;

pub(crate) type Service = Arc<Edge>;

pub(crate) fn routes(edge: &Service) -> Routes {
    let e = || Arc::clone(edge);
    Routes::new(())
        .join(hosts::routes(e()))
        .join(rules::routes(e()))
        .join(rule_trial::routes(e()))
        .join(groups::routes(e()))
        .join(probe::routes(e()))
        .join(replay::routes(e()))
        .join(protection::routes(e()))
        .join(delivery::routes(e()))
        .join(status::routes(e()))
        .join(dashboard::routes(e()))
        .join(attacks::routes(e()))
        .join(forward::routes(e()))
        .join(certificates::routes(e()))
        .join(manual_certificates::routes(e()))
        .join(dns_providers::routes(e()))
        .join(crowdsec::routes(e()))
        .join(crs::routes(e()))
        .join(engine::routes(e()))
        .join(bans::routes(e()))
        .join(whitelist::routes(e()))
        .join(countries::routes(e()))
        .join(geoip::routes(e()))
        .join(appsec::routes(e()))
        .join(drift::routes(e()))
        .join(self_check::routes(e()))
        .join(threats::routes(e()))
        .done()
}

/// A positive id of the path.
fn id(req: &Req, name: &str) -> Result<i64> {
    let id = req.param_as::<i64>(name)?;
    if id > 0 { Ok(id) } else { Err(AppError::bad_request(format!("invalid {name}")).code("invalid_id").with("field", name)) }
}

/// Says beside an answer whether the data plane serves the change.
fn told(reply: Reply, applied: bool) -> Reply {
    reply.header("x-argos-reconcile", if applied { "ok" } else { "failed" })
}

fn time(at: Timestamp) -> String {
    at.rfc3339()
}
