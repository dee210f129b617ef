//! What identity does by itself: every minute the use of keys is written and expired accounts are closed, every hour
//! what is over is removed and keys that end soon are announced.

use std::time::Duration;

use argos_kernel::{Result, Shutdown, Tasks};

use crate::service::Identity;
use crate::store::{attempts, device_grants, ephemeral, replays, sessions};

const MINUTE: Duration = Duration::from_secs(60);
const MINUTES_PER_PURGE: u32 = 60;

impl Identity {
    /// Starts the workers.
    pub fn start(&self, tasks: &Tasks) {
        let identity = self.clone();
        tasks.supervise("identity.housekeeping", move |shutdown| {
            let identity = identity.clone();
            async move { identity.keep_house(shutdown).await }
        });
    }

    async fn keep_house(&self, shutdown: Shutdown) -> Result<()> {
        let mut minute = 0;
        loop {
            if minute % MINUTES_PER_PURGE == 0 {
                self.purge().await?;
                self.warn_of_expiring_keys().await?;
            }
            if !shutdown.sleep(MINUTE).await {
                return self.write_key_uses().await;
            }
            self.housekeep().await?;
            minute += 1;
        }
    }

    /// The work of every minute.
    pub async fn housekeep(&self) -> Result<()> {
        self.write_key_uses().await?;
        self.close_expired_accounts().await
    }

    /// Removes sessions, challenges, tokens and attempts that are over; how many rows it were.
    pub async fn purge(&self) -> Result<u64> {
        let now = self.now();
        let lifetimes = self.policy().lifetimes;
        let idle_s = lifetimes.idle_s(crate::model::session::SessionKind::Web).unwrap_or(i64::MAX);
        let gone = sessions::purge(&self.0.db, now, now.minus_secs(idle_s)).await?
            + ephemeral::purge(&self.0.db, now).await?
            + device_grants::purge(&self.0.db, now).await?
            + attempts::purge(&self.0.db, now).await?
            + replays::purge(&self.0.db, now).await?
            + self.purge_organizations().await?;
        Ok(gone)
    }
}
