//! Letters to people somebody else chose: whoever configured it said who is told and by which ways. Each person's own
//! preferences still decide whether and when it comes.

use argos_events::Source;
use argos_kernel::{Result, Severity};
use argos_store::Tx;

use crate::Notify;
use crate::model::channel::{Channel, ChannelKind};
use crate::model::personal_mail;
use crate::model::preferences::{defaults, type_of};
use crate::store::personal_mail::{self as mail, Via};
use crate::store::{channels, people};

/// By which ways a person can be written to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ways {
    pub email: bool,
    pub slack: bool,
}

/// An event people are written to about.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// The row of the event; a person hears of it once by each way.
    pub event_id: i64,
    pub kind: &'a str,
    pub source: Source,
    pub severity: Severity,
    pub title: &'a str,
    pub message: &'a str,
}

impl Notify {
    /// What this installation can send: mail needs a server, Slack an enabled channel with a bot.
    pub async fn ways(&self) -> Result<Ways> {
        Ok(Ways { email: !(self.0.parts.providers)().smtp.host.is_empty(), slack: self.slack_bot().await?.is_some() })
    }

    /// Writes to these people inside `tx`, by the ways that are wanted and there.
    pub async fn tell_people(&self, tx: &mut Tx, to: &[i64], told: &Told<'_>, wanted: Ways) -> Result<()> {
        let is_mailed = wanted.email && !(self.0.parts.providers)().smtp.host.is_empty();
        let has_slack = |all: &[Channel]| all.iter().any(|c| c.enabled && c.is_of_instance() && c.kind == ChannelKind::Slack);
        let is_in_slack = wanted.slack && has_slack(&channels::list_in(tx).await?);
        let (kind, now, mut is_any) = (type_of(told.kind, told.source), self.now(), false);
        for user_id in to {
            let own = people::preferences_in(tx, *user_id).await?.unwrap_or_else(defaults);
            let email = is_mailed.then(|| personal_mail::due(&own, kind, told.severity, now)).flatten();
            let slack = is_in_slack.then(|| personal_mail::due_in_slack(&own, kind, told.severity, now)).flatten();
            for (via, due) in [(Via::Email, email), (Via::Slack, slack)] {
                let Some(due) = due else { continue };
                mail::add(tx, (*user_id, via), (told.event_id, told.title, told.message), due, now).await?;
                is_any = true;
            }
        }
        if is_any {
            let notify = self.clone();
            tx.on_commit(move || notify.0.mail.notify_one());
        }
        Ok(())
    }
}
