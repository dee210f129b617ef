//! Bans as people see and change them: the list, a ban by hand, lifting one, the reasons not to. CrowdSec decides and
//! keeps; what is stored here is what was heard last, so it can be read and enforced while CrowdSec is away.

use std::net::IpAddr;

use argos_audit::{Category, Entry};
use argos_crowdsec::{AlertDecision, NewAlert};
use argos_kernel::{Actor, AppError, Result, Timestamp};
use serde_json::json;

use crate::crowdsec::{Connection, no_account, upstream};
use crate::model::ban::{Ban, HOURS_MAX, OWN_ORIGIN, Protected, Subject};
use crate::model::{bad, compile};
use crate::service::Edge;
use crate::store::bans::{self, Wanted};
use crate::store::whitelist;

/// What a ban by hand says.
pub(crate) struct NewBan {
    pub(crate) subject: Subject,
    pub(crate) hours: u32,
    pub(crate) reason: String,
}

/// What lifting the bans of an address did.
pub(crate) struct Lifted {
    /// Taken back.
    pub(crate) bans: Vec<Ban>,
    /// Ranges that hold the address and stay.
    pub(crate) covering: Vec<Ban>,
    /// Whether the address was put on the allow list because of them.
    pub(crate) is_allowed_now: bool,
}

/// What a ban of somebody would mean.
pub(crate) struct Preview {
    pub(crate) subject: Subject,
    pub(crate) refusal: Option<AppError>,
    /// Bans that meet all of it already.
    pub(crate) covering: Vec<Ban>,
}

fn security(action: &str, alias: &str) -> Entry {
    Entry::new(action, Category::Security).alias(alias)
}

impl Edge {
    pub(crate) fn crowdsec_connection(&self) -> Result<Connection> {
        Connection::of(&self.platform.settings)
    }

    /// A page of what is decided now. 502 while nothing was ever heard although CrowdSec is set up.
    pub(crate) async fn list_bans(&self, wanted: &Wanted, page: (i64, i64)) -> Result<(Vec<Ban>, i64)> {
        let db = &self.platform.store.state;
        let exchange = bans::exchange(db).await?;
        if let (None, Some(error), true) = (exchange.heard_at, exchange.error, self.crowdsec_connection()?.is_wired()) {
            return Err(AppError::new(argos_kernel::ErrorKind::Upstream, format!("lapi: {error}")).code("crowdsec_unreachable"));
        }
        Ok(bans::list(db, self.platform.clock.now(), wanted, page).await?)
    }

    /// How many decisions last.
    pub(crate) async fn count_bans(&self) -> Result<i64> {
        Ok(bans::groups(&self.platform.store.state, self.platform.clock.now()).await?.iter().map(|g| g.count).sum())
    }

    /// Whom nobody may ban on behalf of this person.
    pub(crate) async fn protected(&self, actor: &Actor) -> Result<Protected> {
        let settings = &self.platform.settings;
        let mut own: Vec<IpAddr> = actor.ip.iter().filter_map(|ip| ip.parse().ok()).collect();
        if let Some(user) = actor.id {
            own.extend(self.platform.identity.session_addresses(user).await?);
        }
        own.sort_unstable();
        own.dedup();
        let allowed = whitelist::list(&self.platform.store.state).await?;
        Ok(Protected {
            own,
            panel: self.public_ip()?,
            proxies: compile::prefixes(&settings.list("proxy.trusted_ranges")?),
            allowed: allowed.iter().filter_map(|a| a.value.parse().ok()).collect(),
        })
    }

    pub(crate) async fn preview_ban(&self, actor: &Actor, value: &str) -> Result<Preview> {
        let subject = Subject::parse("value", value)?;
        let covering = bans::covering(&self.platform.store.state, self.platform.clock.now(), subject.range.span()).await?;
        Ok(Preview { refusal: self.protected(actor).await?.refusal(subject), subject, covering })
    }

    /// Has CrowdSec ban somebody. It is enforced here when this returns.
    pub(crate) async fn ban(&self, actor: &Actor, wanted: &NewBan) -> Result<Timestamp> {
        if wanted.hours == 0 || wanted.hours > HOURS_MAX {
            return Err(bad("duration_hours", format!("duration_hours must be 1-{HOURS_MAX}")));
        }
        let connection = self.crowdsec_connection()?;
        let machine = self.crowdsec.machine(&connection)?;
        if let Some(refusal) = self.protected(actor).await?.refusal(wanted.subject) {
            return Err(refusal);
        }
        let (scope, value, now) = (wanted.subject.scope(), wanted.subject.value(), self.platform.clock.now());
        let reason = if wanted.reason.is_empty() { "banned by hand" } else { wanted.reason.as_str() };
        let alert = NewAlert {
            scenario: "manual/ban".to_owned(),
            message: reason.to_owned(),
            source: (scope.to_owned(), value.clone()),
            events: 1,
            at: now.rfc3339(),
            decisions: vec![AlertDecision::ban(scope, value.clone(), OWN_ORIGIN, wanted.hours, reason)],
        };
        let _turn = self.crowdsec.turn.lock().await;
        machine.report(&alert).await.map_err(|e| upstream(&e))?;
        let m = self.platform.audit.begin(actor).await?;
        let entry =
            security("security.ban", "security_ban").target("ip", &value).describe(format!("{value} banned for {} h", wanted.hours));
        m.commit(entry.after(json!({ "scope": scope, "value": value, "hours": wanted.hours, "reason": wanted.reason }))).await?;
        self.hear_about(&connection, wanted.subject).await;
        Ok(now)
    }

    /// Takes over what CrowdSec decided about one address or range. What fails here is heard with the next list.
    async fn hear_about(&self, connection: &Connection, subject: Subject) {
        let Some(bouncer) = self.crowdsec.bouncer(connection) else { return };
        let found = bouncer.about(subject.scope(), &subject.value()).await;
        let now = self.platform.clock.now();
        match found {
            Ok(found) => {
                let found: Vec<Ban> = found.into_iter().filter_map(|d| Ban::of(d, now)).collect();
                if let Err(error) = bans::change(&self.platform.store.state, &found, &[]).await {
                    tracing::warn!(?error, "a new ban could not be stored; it is heard again with the next list");
                }
            }
            Err(error) => tracing::warn!(%error, "CrowdSec did not say what it decided; it is heard with the next list"),
        }
        self.enforce_bans().await;
    }

    /// Takes one decision back; whether it was there.
    pub(crate) async fn lift_ban(&self, actor: &Actor, id: i64) -> Result<bool> {
        let connection = self.crowdsec_connection()?;
        let machine = self.crowdsec.machine(&connection)?;
        let known = bans::find(&self.platform.store.state, id).await?;
        let _turn = self.crowdsec.turn.lock().await;
        let was_there = machine.remove(id).await.map_err(|e| upstream(&e))?;
        let mut m = self.platform.audit.begin(actor).await?;
        bans::delete(&mut m, id).await?;
        let value = known.map_or_else(|| id.to_string(), |ban| ban.value);
        let entry =
            security("security.unban_by_id", "security_unban_by_id").target("decision", id).describe(format!("ban of {value} lifted"));
        m.commit(entry.after(json!({ "value": value, "deleted": was_there }))).await?;
        self.enforce_bans().await;
        Ok(was_there)
    }

    /// Lifts every ban of one address. Ranges around it stay, and the address goes on the allow list, unless they are to
    /// be lifted too.
    pub(crate) async fn unban(&self, actor: &Actor, ip: &str, lifts_ranges: bool) -> Result<Lifted> {
        let address: IpAddr = ip.trim().parse().map_err(|_| bad("ip", "ip is not an IP address"))?;
        let subject = Subject { range: address.into() };
        let connection = self.crowdsec_connection()?;
        if connection.account.is_none() {
            return Err(no_account());
        }
        let machine = self.crowdsec.machine(&connection)?;
        let (db, now) = (&self.platform.store.state, self.platform.clock.now());
        let _turn = self.crowdsec.turn.lock().await;
        let met = match self.crowdsec.bouncer(&connection) {
            Some(bouncer) => {
                let found = bouncer.about("Ip", &subject.value()).await.map_err(|e| upstream(&e))?;
                found.into_iter().filter_map(|d| Ban::of(d, now)).collect()
            }
            None => bans::covering(db, now, subject.range.span()).await?,
        };
        let (gone, covering): (Vec<Ban>, Vec<Ban>) = met.into_iter().partition(|ban| lifts_ranges || ban.is_single());
        for ban in &gone {
            machine.remove(ban.id).await.map_err(|e| upstream(&e))?;
        }
        let mut m = self.platform.audit.begin(actor).await?;
        for ban in &gone {
            bans::delete(&mut m, ban.id).await?;
        }
        let value = subject.value();
        let is_allowed =
            whitelist::list(db).await?.iter().any(|a| a.value.parse::<argos_proxy::Prefix>().is_ok_and(|r| r.contains(address)));
        let allows = !covering.is_empty() && !is_allowed;
        if allows {
            let reason = covering.first().map(|ban| format!("unbanned although {} is banned", ban.value)).unwrap_or_default();
            whitelist::insert(&mut m, ("ip", &value), &reason, now, &actor.name).await?;
            bans::bump(&mut m).await?;
        }
        let shown: Vec<_> = gone.iter().map(|ban| json!({ "id": ban.id, "scope": ban.scope, "value": ban.value })).collect();
        let entry = security("security.unban_ip", "security_unban_ip").target("ip", &value).describe(format!("bans of {value} lifted"));
        m.commit(entry.after(json!({ "lifted": shown, "allowed": allows }))).await?;
        self.enforce_bans().await;
        if allows {
            self.write_whitelist().await;
        }
        Ok(Lifted { bans: gone, covering, is_allowed_now: allows })
    }
}
