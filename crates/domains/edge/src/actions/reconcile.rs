//! The wanted state becomes what is served: read, compiled, swapped in one step. One at a time; whoever waited finds it
//! done. A site or pool that the built-in engine refuses goes on as it was, or is left out, and keeps nothing else from
//! being served; what it refuses as a whole changes nothing. Both are told.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use argos_kernel::{AppError, Result, Severity};
use argos_platform::ComponentStatus;
use argos_proxy::{ConfigError, ForwardAuth, StartError};

use super::blame::Refusal;
use crate::auth::ForScripts;
use crate::model::compile::{Surroundings, compile, prefixes};
use crate::model::desired::Desired;
use crate::model::obstacle::{Kind, Mended, Obstacle};
use crate::service::Edge;
use crate::store;
use crate::store::revision::State;

/// The name in the component registry.
const COMPONENT: &str = "edge";

/// What is served now.
struct Loaded {
    desired: Arc<Desired>,
    /// What is left out of it, in words.
    warnings: Vec<String>,
}

impl Edge {
    /// Whether the newest state is served now. `anew` also when the tables did not change: settings or certificates did.
    pub(crate) async fn reconcile(&self, anew: bool) -> bool {
        if !self.is_serving() {
            self.platform.health.report(COMPONENT, ComponentStatus::Disabled, None, None);
            self.changed();
            return true;
        }
        let _turn = self.turn.lock().await;
        match self.follow(anew).await {
            Ok(applied) => applied,
            Err(error) => {
                tracing::error!(?error, "the wanted state of the edge could not be read");
                let mut standing = self.standing_mut();
                standing.error = Some("the wanted state could not be read from the database".to_owned());
                standing.refused = None;
                false
            }
        }
    }

    async fn follow(&self, anew: bool) -> Result<bool> {
        let db = &self.platform.store.state;
        let as_of = self.platform.clock.now();
        let revision = store::revision::current(db).await?;
        let standing = self.standing();
        if !anew && standing.revision == Some(revision) && standing.error.is_none() {
            return Ok(true);
        }
        // What was written while it was read is found again under its own revision.
        let wanted = State { revision, desired: Arc::new(store::desired::load(db).await?), as_of };
        let served = self.apply(&wanted).await;
        if let Some(served) = &served {
            self.keep(served).await;
            self.write_profiles(&wanted.desired);
        }
        Ok(served.is_some())
    }

    /// Has the engine take a state; what it serves of it.
    pub(crate) async fn apply(&self, wanted: &State) -> Option<State> {
        let revision = wanted.revision;
        match self.load(wanted).await {
            Ok(loaded) => {
                self.tell_obstacles(&loaded.desired.obstacles);
                let obstacles = &loaded.desired.obstacles;
                let (status, detail) = match obstacles.first() {
                    None => (ComponentStatus::Healthy, None),
                    Some(first) => (ComponentStatus::Degraded, Some(first.told())),
                };
                {
                    let mut standing = self.standing_mut();
                    standing.revision = Some(revision);
                    standing.applied_at = Some(self.platform.clock.now());
                    standing.as_of = Some(wanted.as_of);
                    (standing.error, standing.refused) = (None, None);
                    standing.warnings = loaded.warnings;
                    standing.obstacles.clone_from(obstacles);
                    standing.sites = loaded.desired.live_hosts().count();
                }
                self.platform.health.report(COMPONENT, status, None, detail);
                self.changed();
                Some(State { desired: loaded.desired, revision, as_of: wanted.as_of })
            }
            Err(refusal) => {
                let refused = self.blame(&refusal, revision).await;
                let why = refusal.why;
                tracing::error!(why, revision, "the engine did not take the wanted state; what it served before goes on");
                self.say(Severity::Error, None, format!("proxy: the wanted state was not taken, what was served before goes on: {why}"));
                {
                    let mut standing = self.standing_mut();
                    (standing.error, standing.refused) = (Some(why.clone()), refused);
                }
                self.platform.health.report(COMPONENT, ComponentStatus::Degraded, None, Some(why));
                self.changed();
                None
            }
        }
    }

    /// Each obstacle is logged once.
    fn tell_obstacles(&self, obstacles: &[Obstacle]) {
        let known = self.standing().obstacles;
        for obstacle in obstacles.iter().filter(|o| !known.contains(o)) {
            let told = obstacle.told();
            tracing::error!(since = obstacle.since, "{told}");
            let site = (obstacle.kind == Kind::Site).then_some((obstacle.id, obstacle.name.as_str()));
            self.say(Severity::Error, site, format!("proxy: {told}"));
        }
    }

    /// Whether there is an engine, in this process or outside.
    pub(crate) fn is_serving(&self) -> bool {
        self.plane.is_wanted() || self.caddy.is_some()
    }

    /// Whether the engine took a state since this process started.
    pub(crate) fn has_served(&self) -> bool {
        self.caddy.as_ref().map_or_else(|| self.plane.proxy().is_some(), |caddy| caddy.pushed_at().is_some())
    }

    async fn load(&self, wanted: &State) -> Result<Loaded, Refusal> {
        if let Some(caddy) = &self.caddy {
            self.name_sites(&wanted.desired);
            let warnings = self.push(caddy, &wanted.desired, false).await?;
            return Ok(Loaded { desired: Arc::clone(&wanted.desired), warnings });
        }
        let mut mended = Mended::new(&wanted.desired);
        let mut before = None;
        // Whatever is refused a second time is taken away, so this ends.
        let warnings = loop {
            let refused = match self.serve(&mended.state).await? {
                Ok(warnings) => break warnings,
                Err(refused) => refused,
            };
            if before.is_none() {
                // Without it a site that goes on would be gone instead: better that everything stays as it is.
                before = Some(self.last_good().await.map_err(|_| "the state that was served last could not be read".to_owned())?);
            }
            let old = before.as_ref().and_then(Option::as_ref).map(|state| state.desired.as_ref());
            if !mended.replace(&refused, old) {
                return Err(Refusal { why: refused.to_string(), by_engine: true });
            }
        };
        if let Some(before) = before {
            self.blame_each(&mut mended.obstacles, wanted, before.as_ref()).await;
        }
        self.name_sites(&mended.state);
        Ok(Loaded { desired: mended.finish(), warnings })
    }

    /// Has the built-in engine serve exactly this; what is left out in words, or what it refuses.
    async fn serve(&self, desired: &Desired) -> Result<Result<Vec<String>, ConfigError>, Refusal> {
        if let Err(error) = self.certificates.prepare(&desired.hosts).await {
            tracing::error!(?error, "certificates could not be read");
        }
        let ranges = |key: &str| self.platform.settings.list(key).map(|texts| prefixes(&texts)).map_err(|e| e.to_string());
        let number = |key: &str| self.platform.settings.i64(key).map_err(|e| e.to_string());
        let (filter, blind) = self.firewall();
        let around = Surroundings {
            listeners: self.plane.listeners(desired.live_hosts().next().is_some(), &ranges("edge.proxy_protocol_ranges")?)?,
            trusted: ranges("proxy.trusted_ranges")?,
            lan: ranges("access.lan_ranges")?,
            certificates: self.certificates.as_ref(),
            forward_auth: Some(Arc::clone(&self.auth) as Arc<dyn ForwardAuth>),
            forward_auth_json: Some(Arc::new(ForScripts(Arc::clone(&self.auth))) as Arc<dyn ForwardAuth>),
            has_https: self.plane.has_https(),
            panel: self.auth.panel_host(),
            client_connections_max: u32::try_from(number("edge.client_connections_max")?).unwrap_or(u32::MAX),
            filters: filter.into_iter().collect(),
            stall_timeout: Duration::from_secs(u64::try_from(number("edge.stall_timeout_seconds")?).unwrap_or(60)),
        };
        let mut compiled = compile(desired, &around);
        compiled.warnings.extend(blind);
        // Compiling thousands of sites takes a moment and waits for nothing.
        match tokio::task::block_in_place(|| self.plane.apply(&compiled.config)) {
            Ok(()) => Ok(Ok(compiled.warnings)),
            Err(StartError::Config(refused)) => Ok(Err(refused)),
            Err(error) => Err(error.to_string().into()),
        }
    }

    fn name_sites(&self, desired: &Desired) {
        let names = desired.hosts.iter().map(|h| (h.id, h.domain.clone())).collect();
        *self.names.lock().unwrap_or_else(PoisonError::into_inner) = names;
    }
}

/// The reason to refuse a rule that the engine refuses.
pub(crate) fn refused(text: String) -> AppError {
    AppError::bad_request(text).code("invalid_field").with("field", "matchers")
}
