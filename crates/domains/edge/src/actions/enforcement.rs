//! What is banned becomes what the data plane turns away: read, allowed addresses taken out, swapped in one step.

use argos_kernel::{Result, Timestamp};
use argos_proxy::{Prefix, PrefixSet};

use crate::caddy::Caddy;
use crate::crowdsec::Connection;
use crate::service::Edge;
use crate::store::{bans, whitelist};

impl Edge {
    /// Hands the bans of the tables to the data plane; the moment the next one ends. A failure leaves what was enforced.
    pub(crate) async fn enforce_bans(&self) -> Option<Timestamp> {
        let (_one, now) = (self.enforcing.lock().await, self.platform.clock.now());
        let next = match self.read_bans(now).await {
            Ok((set, next)) => {
                self.plane.set_bans(set);
                next
            }
            Err(error) => {
                tracing::error!(?error, "bans could not be read; those that were read before go on");
                None
            }
        };
        self.changed();
        next
    }

    /// Whether the engine can turn anybody away: the built-in one, or a Caddy with the module for it.
    pub(crate) fn enforces_bans(&self) -> bool {
        let has_module = |caddy: &Caddy| !caddy.missing().iter().any(|module| module.ends_with("crowdsec"));
        self.caddy.as_ref().map_or_else(|| self.plane.is_wanted(), has_module)
    }

    async fn read_bans(&self, now: Timestamp) -> Result<(PrefixSet, Option<Timestamp>)> {
        let db = &self.platform.store.state;
        if !Connection::is_set_up(&self.platform.settings)? {
            return Ok((PrefixSet::default(), None));
        }
        let allowed: PrefixSet = whitelist::list(db).await?.iter().filter_map(|a| a.value.parse::<Prefix>().ok()).collect();
        let rows = bans::enforced(db, now).await?;
        let next = rows.iter().map(|(_, until)| *until).min();
        // Half a million ranges take a moment to sort.
        let set = tokio::task::block_in_place(|| {
            let all: PrefixSet = rows.iter().filter_map(|(value, _)| value.parse::<Prefix>().ok()).collect();
            all.without(&allowed)
        });
        Ok((set, next))
    }
}
