//! What the engine does not take: one faulty site or pool must not keep the others from being served. It goes on as it was
//! served last; one that never was is left out. Pure.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use argos_proxy::{ConfigError, Part};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::desired::Desired;

/// What is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Site,
    Pool,
}

/// The change that the engine refuses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cause {
    /// Its row in the audit log.
    pub(crate) audit_id: i64,
    /// RFC 3339
    pub(crate) at: String,
    pub(crate) actor: String,
    pub(crate) description: String,
}

/// A site or pool that is not served as it is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Obstacle {
    pub(crate) kind: Kind,
    pub(crate) id: i64,
    /// The domain, or the name of the pool, as it is wanted.
    pub(crate) name: String,
    /// Why, in the engine's words.
    pub(crate) why: String,
    /// Whether it goes on as it was served last; a pool that does not has no backends, a site that does not is gone.
    pub(crate) goes_on: bool,
    /// The revision that was refused first, when a change was the reason.
    pub(crate) since: Option<i64>,
    pub(crate) cause: Option<Cause>,
    /// Tells one wish about it from the next.
    #[serde(skip)]
    pub(crate) wish: u64,
}

impl Obstacle {
    /// One line for people.
    pub(crate) fn told(&self) -> String {
        let (name, why) = (&self.name, &self.why);
        match (self.kind, self.goes_on) {
            (Kind::Site, true) => format!("{name}: it goes on as it was before its last change, which the proxy refuses: {why}"),
            (Kind::Site, false) => format!("{name}: it is not served, the proxy refuses it: {why}"),
            (Kind::Pool, true) => format!("pool {name}: it goes on as it was before its last change, which the proxy refuses: {why}"),
            (Kind::Pool, false) => format!("pool {name}: nothing is sent to it, the proxy refuses it: {why}"),
        }
    }
}

/// What can be served of a wanted state.
#[derive(Debug)]
pub(crate) struct Mended {
    /// The wanted state, as far as nothing of it was replaced.
    pub(crate) state: Arc<Desired>,
    pub(crate) obstacles: Vec<Obstacle>,
}

impl Mended {
    /// A state that was served brings its obstacles along.
    pub(crate) fn new(wanted: &Arc<Desired>) -> Self {
        Self { state: Arc::clone(wanted), obstacles: wanted.obstacles.clone() }
    }

    /// Replaces what is refused: at first by what was served before, then by nothing. False when that cannot be, as when a
    /// fault is everybody's.
    pub(crate) fn replace(&mut self, refused: &ConfigError, before: Option<&Desired>) -> bool {
        let mut reasons: BTreeMap<(Kind, i64), Vec<String>> = BTreeMap::new();
        for fault in &refused.0 {
            let (kind, id) = match fault.part {
                Part::Whole => return false,
                Part::Pool(id) => (Kind::Pool, id),
                Part::Host(id) => (Kind::Site, id),
            };
            let Ok(id) = i64::try_from(id) else { return false };
            reasons.entry((kind, id)).or_default().push(format!("{}: {}", fault.place, fault.message));
        }
        reasons.into_iter().all(|((kind, id), why)| self.replace_one(kind, id, &why.join("; "), before))
    }

    fn replace_one(&mut self, kind: Kind, id: i64, why: &str, before: Option<&Desired>) -> bool {
        let place = self.obstacles.iter().position(|o| (o.kind, o.id) == (kind, id));
        let old = before.filter(|_| place.is_none());
        let name = match kind {
            Kind::Site => self.state.hosts.iter().find(|h| h.id == id).map(|h| h.domain.clone()),
            Kind::Pool => self.state.group(id).map(|g| g.name.clone()),
        };
        // What is not there any more cannot be what is refused.
        let Some(name) = name else { return false };
        let wish = wish(&self.state, kind, id);
        let state = Arc::make_mut(&mut self.state);
        let goes_on = match kind {
            Kind::Site => put_site(state, id, old),
            Kind::Pool => put_pool(state, id, old),
        };
        match place {
            Some(place) => self.obstacles[place].goes_on = goes_on,
            None => self.obstacles.push(Obstacle { kind, id, name, why: why.to_owned(), goes_on, since: None, cause: None, wish }),
        }
        true
    }

    /// What is served, with what is not in it.
    pub(crate) fn finish(mut self) -> Arc<Desired> {
        if self.state.obstacles != self.obstacles {
            Arc::make_mut(&mut self.state).obstacles = self.obstacles;
        }
        self.state
    }
}

impl Obstacle {
    /// Whether it is the same one, although somebody may have wished for something else meanwhile.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        (self.kind, self.id, &self.why) == (other.kind, other.id, &other.why)
    }

    /// Whether a row of the audit log is about it, as it is wanted.
    pub(crate) fn is_about(&self, wanted: &Desired, target_type: &str, target_id: i64) -> bool {
        match (self.kind, target_type) {
            (Kind::Site, "host") | (Kind::Pool, "target_group") => target_id == self.id,
            (Kind::Site, "rule") => wanted.rules.iter().any(|r| r.id == target_id && r.host_id == self.id),
            (Kind::Pool, "target") => wanted.targets.iter().any(|t| t.id == target_id && t.group_id == self.id),
            _ => false,
        }
    }
}

/// A number that another wish about the same thing does not have.
fn wish(state: &Desired, kind: Kind, id: i64) -> u64 {
    let text = match kind {
        Kind::Site => {
            let host = state.hosts.iter().find(|h| h.id == id);
            let rules: Vec<_> = state.rules.iter().filter(|r| r.host_id == id).collect();
            let security = state.security.iter().find(|(host, _)| *host == id);
            let delivery = state.delivery.iter().find(|(host, _)| *host == id);
            serde_json::to_string(&(host, rules, security, delivery))
        }
        Kind::Pool => {
            let targets: Vec<_> = state.targets.iter().filter(|t| t.group_id == id).collect();
            serde_json::to_string(&(state.group(id), targets))
        }
    };
    let mut hasher = DefaultHasher::new();
    text.unwrap_or_default().hash(&mut hasher);
    hasher.finish()
}

/// Puts a site as it was in `before` in the place of the wanted one; whether it was there and its name is still free.
fn put_site(state: &mut Desired, id: i64, before: Option<&Desired>) -> bool {
    let old = before.and_then(|b| b.live_hosts().find(|h| h.id == id));
    let old = old.filter(|old| !state.live_hosts().any(|h| h.id != id && h.domain == old.domain)).cloned();
    state.hosts.retain(|h| h.id != id);
    state.rules.retain(|r| r.host_id != id);
    state.security.retain(|(host, _)| *host != id);
    state.delivery.retain(|(host, _)| *host != id);
    let (Some(before), Some(old)) = (before, old) else { return false };
    state.hosts.push(old);
    state.rules.extend(before.rules.iter().filter(|r| r.host_id == id).cloned());
    state.security.extend(before.security.iter().filter(|(host, _)| *host == id).cloned());
    state.delivery.extend(before.delivery.iter().filter(|(host, _)| *host == id).cloned());
    true
}

/// The same for a pool with its backends.
fn put_pool(state: &mut Desired, id: i64, before: Option<&Desired>) -> bool {
    state.groups.retain(|g| g.id != id);
    state.targets.retain(|t| t.group_id != id);
    let Some((before, old)) = before.and_then(|b| Some((b, b.group(id)?))) else { return false };
    state.groups.push(old.clone());
    state.targets.extend(before.targets.iter().filter(|t| t.group_id == id).cloned());
    true
}

#[cfg(test)]
#[path = "obstacle_tests.rs"]
mod tests;
