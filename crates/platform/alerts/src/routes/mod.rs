//! The documented routes of alerting (ops-core C.1), incidents and maintenance, and our own: attention, previews, silences.

mod attention;
mod choices;
mod heal_windows;
mod history;
mod incidents;
mod power_windows;
mod rules;
mod silences;
mod status;
mod windows;

use argos_web::Routes;

use crate::Alerts;

/// Every route of this crate.
pub fn routes(alerts: Alerts) -> Routes {
    let all = Routes::new(alerts);
    let all = rules::declare(all);
    let all = choices::declare(all);
    let all = history::declare(all);
    let all = incidents::declare(all);
    let all = status::declare(all);
    let all = windows::declare(all);
    let all = heal_windows::declare(all);
    let all = silences::declare(all);
    let all = power_windows::declare(all);
    attention::declare(all).done()
}
