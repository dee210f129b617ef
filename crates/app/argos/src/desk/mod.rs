//! The platform's own share in the lists that every part has one in (see `argos_platform::DeskPart`): open questions and
//! messages, its credentials, and its clock.

mod clock;
mod credentials;
mod questions;

use argos_platform::Platform;

pub(crate) fn register(p: &Platform) {
    p.desk.add(questions::Questions(p.approvals.clone()));
    p.desk.add(questions::Messages { notify: p.notify.clone(), approvals: p.approvals.clone() });
    p.desk.add(credentials::Keys {
        identity: p.identity.clone(),
        settings: p.settings.clone(),
        notify: p.notify.clone(),
        webhooks: p.webhooks.clone(),
        llm: p.llm.clone(),
        vault: p.vault.clone(),
        listeners: p.listeners.clone(),
    });
    p.desk.add(clock::Clockwork { schedules: p.schedules.clone(), alerts: p.alerts.clone(), identity: p.identity.clone() });
}
