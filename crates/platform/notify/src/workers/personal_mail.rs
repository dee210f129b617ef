//! Mails people what is due to them, one letter per person. A letter that is not taken is tried again, later each time.

use std::time::Duration;

use argos_kernel::{Result, Shutdown};

use crate::model::personal_mail::letter;
use crate::store::personal_mail as store;
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
        for user_id in store::due(self.db(), now).await? {
            let lines = store::of_user(self.db(), user_id, now, LETTER_MAX).await?;
            let Some(last) = lines.last() else { continue };
            let Some(address) = self.0.parts.readers.address_of(user_id).await? else {
                // Nobody to write to any more: switched off, gone, or without an address.
                store::forget(self.db(), user_id).await?;
                continue;
            };
            let all: Vec<_> = lines.iter().map(|l| (l.title.as_str(), l.message.as_str(), l.created_at)).collect();
            let (subject, text) = letter(&all);
            match self.post(&address, &subject, text).await {
                Posted::Sent => store::remove(self.db(), user_id, last.id, now).await?,
                Posted::NotConfigured => store::forget(self.db(), user_id).await?,
                Posted::Failed(why) => {
                    let attempts = lines.iter().map(|l| l.attempts).max().unwrap_or(0);
                    tracing::warn!(user_id, attempts, why, "a letter to a person was not taken");
                    if attempts + 1 >= ATTEMPTS_MAX {
                        store::remove(self.db(), user_id, last.id, now).await?;
                    } else {
                        let pause = 60 << attempts.clamp(0, 6);
                        store::later(self.db(), now.plus_secs(pause), user_id, last.id, now).await?;
                    }
                }
            }
        }
        Ok(())
    }
}
