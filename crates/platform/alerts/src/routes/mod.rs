//! The documented routes of alerting (ops-core C.1) and our own: attention and preview.

mod attention;
mod history;
mod rules;

use argos_web::Routes;

use crate::Alerts;

/// Every route of this crate.
pub fn routes(alerts: Alerts) -> Routes {
    let all = Routes::new(alerts);
    let all = rules::declare(all);
    let all = history::declare(all);
    attention::declare(all).done()
}
