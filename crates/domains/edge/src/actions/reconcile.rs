//! The wanted state becomes what is served: read, compiled, swapped in one step. One at a time; whoever waited finds it
//! done. A state that the engine refuses changes nothing and is told.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use argos_kernel::{AppError, Result, Severity};
use argos_platform::ComponentStatus;
use argos_proxy::ForwardAuth;

use crate::auth::ForScripts;
use crate::model::compile::{Surroundings, compile, prefixes};
use crate::model::desired::Desired;
use crate::service::Edge;
use crate::store;

/// The name in the component registry.
const COMPONENT: &str = "edge";

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
                self.standing_mut().error = Some("the wanted state could not be read from the database".to_owned());
                false
            }
        }
    }

    async fn follow(&self, anew: bool) -> Result<bool> {
        let db = &self.platform.store.state;
        let revision = store::revision::current(db).await?;
        let standing = self.standing();
        if !anew && standing.revision == Some(revision) && standing.error.is_none() {
            return Ok(true);
        }
        let desired = Arc::new(store::desired::load(db).await?);
        // What was written while it was read is found again under its own revision.
        let applied = self.apply(&desired, revision).await;
        if applied {
            self.keep(revision, &desired).await;
            self.write_profiles(&desired);
        }
        Ok(applied)
    }

    /// Has the engine take a state.
    pub(crate) async fn apply(&self, desired: &Desired, revision: i64) -> bool {
        let outcome = self.load(desired).await;
        let now = self.platform.clock.now();
        {
            let mut standing = self.standing_mut();
            match &outcome {
                Ok(warnings) => {
                    standing.revision = Some(revision);
                    standing.applied_at = Some(now);
                    standing.error = None;
                    standing.warnings.clone_from(warnings);
                    standing.sites = desired.live_hosts().count();
                }
                Err(why) => standing.error = Some(why.clone()),
            }
        }
        let (status, detail) = match &outcome {
            Ok(_) => (ComponentStatus::Healthy, None),
            Err(why) => {
                tracing::error!(why, revision, "the engine did not take the wanted state; what it served before goes on");
                self.say(Severity::Error, None, format!("proxy: the wanted state was not taken, what was served before goes on: {why}"));
                (ComponentStatus::Degraded, Some(why.clone()))
            }
        };
        self.platform.health.report(COMPONENT, status, None, detail);
        self.changed();
        outcome.is_ok()
    }

    /// Whether there is an engine, in this process or outside.
    pub(crate) fn is_serving(&self) -> bool {
        self.plane.is_wanted() || self.caddy.is_some()
    }

    /// Whether the engine took a state since this process started.
    pub(crate) fn has_served(&self) -> bool {
        self.caddy.as_ref().map_or_else(|| self.plane.proxy().is_some(), |caddy| caddy.pushed_at().is_some())
    }

    async fn load(&self, desired: &Desired) -> Result<Vec<String>, String> {
        if let Some(caddy) = &self.caddy {
            self.name_sites(desired);
            return self.push(caddy, desired, false).await;
        }
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
        tokio::task::block_in_place(|| self.plane.apply(&compiled.config))?;
        self.name_sites(desired);
        Ok(compiled.warnings)
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
