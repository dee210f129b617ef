//! The documented routes of notifying: channels, rules and deliveries (edge spec C13), and the inbox (ops-core C.1).

mod channels;
mod deliveries;
mod forms;
mod inbox;
mod organization;
mod organization_rules;
mod overview;
mod people;
mod push;
mod rules;

use argos_web::Routes;

use crate::Notify;

/// Every route of this crate.
pub fn routes(notify: Notify) -> Routes {
    let all = Routes::new(notify);
    let all = inbox::declare(all);
    let all = channels::declare(all);
    let all = overview::declare(all);
    let all = rules::declare(all);
    let all = forms::declare(all);
    let all = push::declare(all);
    let all = people::declare(all);
    let all = organization::declare(all);
    let all = organization_rules::declare(all);
    deliveries::declare(all).done()
}
