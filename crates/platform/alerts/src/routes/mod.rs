//! The documented routes of alerting (ops-core C.1), incidents and maintenance, and our own: attention, previews, silences.

mod attention;
mod history;
mod incidents;
mod rules;
mod status;
mod windows;

use argos_web::Routes;

use crate::Alerts;

/// Every route of this crate.
pub fn routes(alerts: Alerts) -> Routes {
    let all = Routes::new(alerts);
    let all = rules::declare(all);
    let all = history::declare(all);
    let all = incidents::declare(all);
    let all = status::declare(all);
    let all = windows::declare(all);
    attention::declare(all).done()
}
