//! Webhooks (platform spec 14): those from outside, and the ones a person fires. From outside: endpoints with their secrets, the verification of every known sender over
//! the raw body, and the log of what came. An accepted call is stored with its event in one transaction before it is
//! answered. Nothing is parsed before it is verified, and what cannot be verified is refused.

mod endpoints;
mod organization_routes;
mod outgoing;
mod portable;
mod receive;
mod routes;
mod store;
mod undo;
mod verify;

use std::sync::Arc;
use std::time::Duration;

use argos_audit::Audit;
use argos_events::Events;
use argos_kernel::{Clock, Result, Rng, Secret, Tasks, Timestamp, Uid};
use argos_net::Net;
use argos_store::{Database, Migration, Part, Stmt};
use argos_vault::Vault;
use argos_web::Organizations;

pub use endpoints::KeptSecret;
pub use routes::routes;

/// Every statement of this crate.
pub const STATEMENTS: &[&[Stmt]] = &[store::ALL];

/// The schema of this crate.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        module: "webhooks",
        part: Part::State,
        version: 1,
        name: "webhooks",
        sqlite: include_str!("../migrations/sqlite/0001_webhooks.sql"),
        postgres: include_str!("../migrations/postgres/0001_webhooks.sql"),
    },
    Migration {
        module: "webhooks",
        part: Part::State,
        version: 2,
        name: "organizations",
        sqlite: include_str!("../migrations/sqlite/0002_organizations.sql"),
        postgres: include_str!("../migrations/postgres/0002_organizations.sql"),
    },
];

pub use store::SEALED;

/// Deliveries are kept this long.
const KEPT_DAYS: i64 = 30;

/// Secrets of the instance for senders without an endpoint of their own.
pub type Fallback = Arc<dyn Fn(&str) -> Result<Option<Secret<String>>> + Send + Sync>;

/// What receiving is made of. `db` is the state database.
#[derive(Clone)]
pub struct WebhookParts {
    pub db: Database,
    pub clock: Arc<dyn Clock>,
    pub rng: Arc<dyn Rng>,
    pub vault: Vault,
    pub events: Events,
    pub audit: Audit,
    /// By source: sentry, github, gitlab.
    pub fallback: Fallback,
    pub net: Net,
    /// In which organization a request acts.
    pub organizations: Arc<dyn Organizations>,
    /// The address people and senders reach this server at, when it is set.
    pub public_url: Arc<dyn Fn() -> Result<Option<String>> + Send + Sync>,
    /// The hooks a person may fire: a list of `{id,name,url,method,headers,body}`.
    pub hooks: Arc<dyn Fn() -> Result<serde_json::Value> + Send + Sync>,
}

/// A handle to received webhooks. Clones share everything.
#[derive(Clone)]
pub struct Webhooks(Arc<WebhookParts>);

impl Webhooks {
    pub fn new(parts: WebhookParts) -> Self {
        let own = Self(Arc::new(parts));
        own.offer_undos();
        own
    }

    /// Removes old deliveries. Only on the leader.
    pub fn start(&self, tasks: &Tasks) {
        let own = self.clone();
        tasks.supervise("webhooks.prune", move |stop| {
            let own = own.clone();
            async move {
                while stop.sleep(Duration::from_secs(3_600)).await {
                    store::prune(&own.0.db, own.now().minus_secs(KEPT_DAYS * 86_400)).await?;
                }
                Ok(())
            }
        });
    }

    fn now(&self) -> Timestamp {
        self.0.clock.now()
    }
    fn mint(&self) -> Uid {
        Uid::mint(&*self.0.clock, &*self.0.rng)
    }
}
