//! Sends people what is due to them, by mail or Slack, one letter per person and way. A letter that is not taken is tried again, later each time.

use std::time::Duration;

use argos_kernel::{Result, Secret, Shutdown};

use crate::model::channel::ChannelKind;
use crate::model::personal_mail::{letter, slack_place};
use crate::model::wire;
use crate::model::wire::answer::Judge;
use crate::store::personal_mail::{self as store, Letter, Line, Via};
use crate::store::{channels, people};
use crate::{Notify, Posted};

const LOOK_EVERY: Duration = Duration::from_secs(30);
const LETTER_MAX: i64 = 500;
const ATTEMPTS_MAX: i64 = 8;

pub(super) async fn run(notify: Notify, stop: Shutdown) -> Result<()> {
    loop {
        notify.mail_people().await?;
        let ahead = store::next(notify.db()).await?.map(|t| u64::try_from(t.micros() - notify.now().micros()).unwrap_or(0));
        let wait = ahead.map_or(LOOK_EVERY, |us| Duration::from_micros(us).clamp(Duration::from_millis(50), LOOK_EVERY));
        tokio::select! {
            () = stop.wait() => return Ok(()),
            () = notify.0.mail.notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

impl Notify {
    /// Sends what is due now. The worker calls it; tests may.
    pub async fn mail_people(&self) -> Result<()> {
        let now = self.now();
        for (user_id, via) in store::due(self.db(), now).await? {
            let lines = store::of_user(self.db(), (user_id, via), now, LETTER_MAX).await?;
            let Some(last) = lines.last() else { continue };
            let letter = Letter { user_id, via, last: last.id, now };
            let posted = match via {
                Via::Email => self.mail_to(user_id, &lines).await?,
                Via::Slack => self.slack_to(user_id, &lines).await?,
            };
            match posted {
                Posted::Sent => store::remove(self.db(), letter).await?,
                // Nobody to write to any more: switched off, gone, without an address, or there is no sender.
                Posted::NotConfigured => store::forget(self.db(), user_id, via).await?,
                Posted::Failed(why) => {
                    let attempts = lines.iter().map(|l| l.attempts).max().unwrap_or(0);
                    tracing::warn!(user_id, ?via, attempts, why, "a letter to a person was not taken");
                    if attempts + 1 >= ATTEMPTS_MAX {
                        store::remove(self.db(), letter).await?;
                    } else {
                        store::later(self.db(), now.plus_secs(60 << attempts.clamp(0, 6)), letter).await?;
                    }
                }
            }
        }
        Ok(())
    }

    async fn mail_to(&self, user_id: i64, lines: &[Line]) -> Result<Posted> {
        let Some(address) = self.0.parts.readers.address_of(user_id).await? else { return Ok(Posted::NotConfigured) };
        let (subject, text) = written(lines);
        Ok(self.post(&address, &subject, text).await)
    }

    /// As the bot of the installation's Slack channel, to where this person reads.
    async fn slack_to(&self, user_id: i64, lines: &[Line]) -> Result<Posted> {
        let own = people::preferences(self.db(), user_id).await?.map(|(value, ..)| value).unwrap_or_default();
        let active = self.0.parts.readers.may_read(user_id, None, None).await?;
        let (Some(to), Some(token), true) = (slack_place(&own), self.slack_bot().await?, active) else {
            return Ok(Posted::NotConfigured);
        };
        let (subject, text) = written(lines);
        let prepared = wire::slack_text(&(self.0.parts.providers)().slack, token.reveal(), to, &format!("*{subject}*\n{text}"));
        Ok(match self.send_http(vec![prepared], Judge::SlackApi).await.error() {
            None => Posted::Sent,
            Some(why) => Posted::Failed(why.to_owned()),
        })
    }

    /// The token of the first channel of the installation that has a bot.
    pub(crate) async fn slack_bot(&self) -> Result<Option<Secret<String>>> {
        for channel in channels::list(self.db()).await?.iter().filter(|c| c.enabled && c.is_of_instance() && c.kind == ChannelKind::Slack) {
            // One that cannot be opened must not silence the others.
            if let Some(token) = self.open_config(channel).ok().and_then(|config| config.bot_token()) {
                return Ok(Some(token));
            }
        }
        Ok(None)
    }
}

fn written(lines: &[Line]) -> (String, String) {
    let all: Vec<_> = lines.iter().map(|l| (l.title.as_str(), l.message.as_str(), l.created_at)).collect();
    letter(&all)
}
