//! Puts the web kit together: routes, the page server, who recognises callers.

use std::sync::Arc;

use arc_swap::ArcSwap;
use argos_kernel::{Clock, Result, Rng, Tasks};

use crate::WebConfig;
use crate::auth::Authenticator;
use crate::idempotency::ReplayStore;
use crate::observe::Listener;
use crate::rate::RateLimiter;
use crate::router::Router;
use crate::routes::{Mounted, Routes};
use crate::streams::OpenStreams;
use crate::web::{Fallback, Web};

/// The parts of a web kit, before it is put together.
#[derive(Default)]
pub struct WebBuilder {
    routes: Vec<Mounted>,
    fallback: Option<Box<dyn Fallback>>,
    authenticator: Option<Arc<dyn Authenticator>>,
    replays: Option<Arc<dyn ReplayStore>>,
    listener: Option<Arc<dyn Listener>>,
    config: WebConfig,
}

impl WebBuilder {
    #[must_use]
    pub fn mount(mut self, routes: Routes) -> Self {
        self.routes.extend(routes.into_list());
        self
    }
    #[must_use]
    pub fn fallback(mut self, fallback: impl Fallback) -> Self {
        self.fallback = Some(Box::new(fallback));
        self
    }
    #[must_use]
    pub fn authenticator(mut self, authenticator: Arc<dyn Authenticator>) -> Self {
        self.authenticator = Some(authenticator);
        self
    }
    /// Where replies to keyed requests are kept; without it `Idempotency-Key` is ignored.
    #[must_use]
    pub fn replays(mut self, replays: Arc<dyn ReplayStore>) -> Self {
        self.replays = Some(replays);
        self
    }
    /// Who hears of answered requests.
    #[must_use]
    pub fn listener(mut self, listener: Arc<dyn Listener>) -> Self {
        self.listener = Some(listener);
        self
    }
    #[must_use]
    pub fn config(mut self, config: WebConfig) -> Self {
        self.config = config;
        self
    }
    /// Fails when two routes claim the same place.
    pub fn build(self, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>, tasks: Tasks) -> Result<Web, String> {
        Ok(Web {
            router: Router::new(self.routes)?,
            fallback: self.fallback,
            authenticator: self.authenticator,
            replays: self.replays,
            listener: self.listener,
            config: Arc::new(ArcSwap::from_pointee(self.config)),
            limiter: Arc::new(RateLimiter::new()),
            streams: OpenStreams::default(),
            clock,
            rng,
            tasks,
        })
    }
}
