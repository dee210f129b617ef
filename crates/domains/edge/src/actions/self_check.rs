//! Whether the person who asks is banned at any address they are known at; the security area in numbers.

use std::net::IpAddr;

use argos_audit::Filter;
use argos_kernel::{Actor, Result};

use crate::model::ban::Ban;
use crate::service::Edge;
use crate::store::{bans, whitelist};

/// An address and what is decided about it.
pub(crate) struct Seen {
    pub(crate) ip: IpAddr,
    /// `current_session`, `public_ip` or `active_session`
    pub(crate) source: &'static str,
    pub(crate) bans: Vec<Ban>,
}

/// All addresses of a person.
pub(crate) struct SelfCheck {
    pub(crate) seen: Vec<Seen>,
    pub(crate) public: Option<IpAddr>,
    /// Where their sessions are, this one included.
    pub(crate) sessions: Vec<IpAddr>,
}

/// The security area in numbers.
pub(crate) struct SecurityStats {
    /// Addresses and ranges each origin has banned.
    pub(crate) banned: std::collections::HashMap<String, i64>,
    pub(crate) groups: Vec<bans::Group>,
    pub(crate) allowed: usize,
    pub(crate) audit_last_24h: i64,
}

impl Edge {
    pub(crate) async fn security_stats(&self) -> Result<SecurityStats> {
        let (db, now) = (&self.platform.store.state, self.platform.clock.now());
        let day = Filter { from: Some(now.minus_secs(86_400)), ..Filter::default() };
        Ok(SecurityStats {
            groups: bans::groups(db, now).await?,
            banned: bans::values_of_origins(db, now).await?,
            allowed: whitelist::list(db).await?.len(),
            audit_last_24h: self.platform.audit.count(&day).await?,
        })
    }

    pub(crate) async fn check_self(&self, actor: &Actor) -> Result<SelfCheck> {
        let current: Option<IpAddr> = actor.ip.as_deref().and_then(|ip| ip.parse().ok());
        let public = self.public_ip()?;
        let mut sessions = match actor.id {
            Some(user) => self.platform.identity.session_addresses(user).await?,
            None => Vec::new(),
        };
        sessions.sort_unstable();
        sessions.dedup();
        let places = current.map(|ip| (ip, "current_session")).into_iter();
        let places = places.chain(public.map(|ip| (ip, "public_ip"))).chain(sessions.iter().map(|ip| (*ip, "active_session")));
        let mut seen: Vec<Seen> = Vec::new();
        for (ip, source) in places {
            if seen.iter().all(|s| s.ip != ip) {
                let range: argos_proxy::Prefix = ip.into();
                let bans = bans::covering(&self.platform.store.state, self.platform.clock.now(), range.span()).await?;
                seen.push(Seen { ip, source, bans });
            }
        }
        Ok(SelfCheck { seen, public, sessions })
    }

    /// The public address of this machine, as it was found last.
    pub(crate) fn public_ip(&self) -> Result<Option<IpAddr>> {
        let found = self.platform.settings.json("panel.public_ip_self")?;
        Ok(found.get("ip").and_then(|ip| ip.as_str()?.parse().ok()))
    }
}
