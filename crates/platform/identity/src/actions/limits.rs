//! The login limiter at work: judged before anything is hashed, fed by every failure (platform spec 1.4).

use std::sync::atomic::Ordering;
use std::time::Duration;

use argos_audit::{Category, Entry, Status};
use argos_events::{NewEvent, Source};
use argos_kernel::{Result, Severity};
use argos_store::Tx;
use argos_web::OpCx;
use serde_json::json;

use crate::model::limiter::{self, Ban, Family};
use crate::service::Identity;
use crate::store::attempts::{self, Attempt};
use crate::windows::Place;

/// Attempts of one address that are judged at the same time: as many as may fail ([`limiter::FAILURES`]).
const AT_ONCE: usize = 5;

/// One refused try.
#[derive(Clone, Copy)]
pub(crate) struct Refused<'a> {
    /// As typed; stored in lower case.
    pub(crate) username: &'a str,
    pub(crate) route: &'a str,
    /// The user whose code was wrong; `None` for a wrong password.
    pub(crate) code_of: Option<i64>,
    /// The documented audit name.
    pub(crate) alias: &'a str,
}

impl Identity {
    /// How many processes share the attempts per minute: each gives its part of them. Failures and bans are counted in the
    /// store, for all together.
    pub fn share_limits(&self, processes: u32) {
        self.0.processes.store(processes, Ordering::Relaxed);
    }

    /// 429 in the family's words while the address is banned, or after too many attempts within a minute. `code_of`
    /// also asks for the lock of that user's codes from this address. The attempt holds its place until it is judged, so that
    /// many at once are no way round the limit.
    pub(crate) async fn gate(&self, cx: &OpCx, family: Family, code_of: Option<i64>) -> Result<Place> {
        let Some(ip) = cx.counted_network() else { return Ok(Place::uncounted()) };
        let now = self.now();
        let nodes = family == Family::Nodes;
        let limit = if nodes { self.policy().attempts_per_minute } else { limiter::ATTEMPTS_PER_MINUTE };
        let limit = limiter::part_of(limit, self.0.processes.load(Ordering::Relaxed));
        if let Some(left) = self.0.minutes.take(&ip, nodes, limit, now) {
            return Err(limiter::refusal(family, left));
        }
        let place = self.0.places.take(&ip, AT_ONCE).await?;
        let address = attempts::ban(&self.0.db, &attempts::ip_subject(&ip)).await?;
        let lock = match code_of {
            Some(user_id) => attempts::ban(&self.0.db, &attempts::code_subject(user_id, &ip)).await?,
            None => None,
        };
        // Whichever lasts longer.
        let is_lock = lock.as_ref().map(|ban| ban.until) >= address.as_ref().map(|ban| ban.until);
        let until = if is_lock { lock } else { address };
        let Some((ban, left)) = until.and_then(|ban| Some((ban, ban.left_s(now)?))) else { return Ok(place) };
        self.note_ban(cx, &ip, ban, is_lock).await?;
        Err(limiter::refusal(family, left))
    }

    /// 429 while the codes of this user are locked for the address.
    pub(crate) async fn gate_code(&self, cx: &OpCx, family: Family, user_id: i64) -> Result<()> {
        let Some(ip) = cx.counted_network() else { return Ok(()) };
        let lock = attempts::ban(&self.0.db, &attempts::code_subject(user_id, &ip)).await?;
        let Some((ban, left)) = lock.and_then(|ban| Some((ban, ban.left_s(self.now())?))) else { return Ok(()) };
        self.note_ban(cx, &ip, ban, true).await?;
        Err(limiter::refusal(family, left))
    }

    /// Puts a refusal on record, once per ban. `is_lock`: of somebody's codes, not of the address.
    async fn note_ban(&self, cx: &OpCx, ip: &str, ban: Ban, is_lock: bool) -> Result<()> {
        if !self.0.noted_bans.is_new(ip, ban.until) {
            return Ok(());
        }
        let entry = Entry::new("auth.rate_limited", Category::Security)
            .alias(if is_lock { "totp_rate_limit_hit" } else { "rate_limited_login" })
            .describe(if is_lock { "Refused: too many wrong codes" } else { "Refused: too many failed attempts" })
            .after(json!({ "until": ban.until.rfc3339() }))
            .status(Status::Failure)
            .severity(Severity::Warning);
        self.0.audit.note(&cx.actor(), entry).await
    }

    /// A name that was tried wrongly of late waits before its password is judged.
    pub(crate) async fn delay(&self, username: &str) -> Result<()> {
        let since = self.now().minus_secs(limiter::WINDOW_S);
        let failures = attempts::failures_of_name(&self.0.db, &key(username), since).await?;
        tokio::time::sleep(Duration::from_millis(limiter::delay_ms(failures))).await;
        Ok(())
    }

    /// Records a refused try, bans the address after the fifth, locks the pair after the fifth wrong code.
    pub(crate) async fn refuse(&self, cx: &OpCx, refused: Refused<'_>) -> Result<()> {
        let (now, actor, network) = (self.now(), cx.actor(), cx.counted_network());
        let mut change = self.0.audit.begin(&actor).await?;
        let name = key(refused.username);
        let kind = if refused.code_of.is_some() { "totp" } else { "password" };
        let attempt = Attempt { ip: network.as_deref(), username: Some(&name), route: refused.route, kind, success: false, at: now };
        attempts::insert(&mut change, &attempt).await?;
        let banned = match network.as_deref() {
            Some(ip) => self.judge_address(&mut change, ip, &name, refused.code_of).await?,
            None => None,
        };
        let facts = json!({ "username": cut(refused.username), "ip": actor.ip, "route": refused.route, "kind": kind });
        let event = NewEvent::new(Source::Platform, "auth.login_failed", format!("Sign-in as {} was refused", cut(refused.username)))
            .subject("user", cut(refused.username), cut(refused.username))
            .data(facts.clone())
            .actor(&actor);
        self.0.events.publish(&mut change, event).await?;
        if let Some(ban) = banned {
            let event = NewEvent::new(Source::Platform, "auth.locked", "Too many failed sign-ins from one address")
                .subject("address", actor.ip.as_deref().unwrap_or_default(), actor.ip.as_deref().unwrap_or_default())
                .data(json!({ "username": cut(refused.username), "ip": actor.ip, "until": ban.until.rfc3339() }));
            self.0.events.publish(&mut change, event).await?;
        }
        let entry = Entry::new("auth.login_failed", Category::Security)
            .alias(refused.alias)
            .target("user", cut(refused.username))
            .describe(format!("Failed sign-in as {}", cut(refused.username)))
            .after(facts)
            .status(Status::Failure)
            .severity(Severity::Warning);
        change.commit(entry).await
    }

    /// The ban or lock that follows from the failure just written.
    async fn judge_address(&self, tx: &mut Tx, ip: &str, name: &str, code_of: Option<i64>) -> Result<Option<Ban>> {
        let now = self.now();
        let mut followed = None;
        let subject = attempts::ip_subject(ip);
        let last = attempts::ban_in(tx, &subject).await?;
        if attempts::failures_of_ip(tx, ip, limiter::counted_from(last, now)).await? >= limiter::FAILURES {
            let ban = limiter::next_ban(last, now);
            attempts::put_ban(tx, &subject, ban).await?;
            followed = Some(ban);
        }
        if let Some(user_id) = code_of {
            let subject = attempts::code_subject(user_id, ip);
            let last = attempts::ban_in(tx, &subject).await?;
            let since = now.minus_secs(limiter::CODE_WINDOW_S);
            let since = last.map_or(since, |ban| since.max(ban.until));
            if attempts::code_failures(tx, name, ip, since).await? >= limiter::FAILURES {
                let lock = Ban { level: 1, since: now, until: now.plus_secs(limiter::CODE_LOCK_S) };
                attempts::put_ban(tx, &subject, lock).await?;
                followed = Some(lock);
            }
        }
        Ok(followed)
    }

    /// Records a right password or code inside the transaction of what follows from it.
    pub(crate) async fn note_success(&self, tx: &mut Tx, cx: &OpCx, username: &str, route: &str, kind: &str) -> Result<()> {
        let (ip, name) = (cx.counted_network(), key(username));
        let attempt = Attempt { ip: ip.as_deref(), username: Some(&name), route, kind, success: true, at: self.now() };
        Ok(attempts::insert(tx, &attempt).await?)
    }
}

/// How names are counted: without case, at most as long as a name may be.
fn key(username: &str) -> String {
    cut(username).to_ascii_lowercase()
}

/// A typed name as records keep it.
fn cut(username: &str) -> String {
    username.chars().filter(|c| !c.is_control()).take(64).collect()
}
