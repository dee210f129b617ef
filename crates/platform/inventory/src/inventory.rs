//! The handle to the inventory: declared kinds, what was fed last, and the upkeep.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use argos_audit::Audit;
use argos_events::Events;
use argos_kernel::{Clock, Result, Rng, Tasks};
use argos_store::Database;
use argos_web::Caller;
use tokio::sync::watch;

use crate::actions::undo::Keeper;
use crate::model::demo;
use crate::model::kind::Kind;
use crate::model::scope::Scope;
use crate::store;

/// Things that are gone, and changes, are remembered this long.
const GONE_DAYS: i64 = 30;
/// How often made-up things are looked at, where there are any.
const DEMO_EVERY: Duration = Duration::from_secs(15);
const CHANGES_DAYS: i64 = 90;
/// What nobody finished.
const DRAFTS_DAYS: i64 = 60;

/// What one source fed last: reference to digest.
pub(crate) type Fed = HashMap<String, i64>;

pub(crate) struct Shared {
    pub(crate) db: Database,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rng: Arc<dyn Rng>,
    pub(crate) events: Events,
    pub(crate) audit: Audit,
    pub(crate) kinds: Mutex<BTreeMap<&'static str, Kind>>,
    pub(crate) fed: tokio::sync::Mutex<HashMap<&'static str, Fed>>,
    /// Held while the made-up things are put in, taken out or moved on.
    pub(crate) demo: tokio::sync::Mutex<()>,
    /// The newest revision this process knows: a wake-up, never data.
    pub(crate) newest: watch::Sender<i64>,
}

/// A handle to the inventory. Clones share everything.
#[derive(Clone)]
pub struct Inventory(pub(crate) Arc<Shared>);

fn lock<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Inventory {
    /// `db` is the state database.
    pub fn new(db: Database, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>, events: Events, audit: Audit) -> Self {
        let own = Self(Arc::new(Shared {
            db,
            clock,
            rng,
            events,
            audit,
            kinds: Mutex::default(),
            fed: tokio::sync::Mutex::default(),
            demo: tokio::sync::Mutex::default(),
            newest: watch::channel(0).0,
        }));
        own.declare(demo::KINDS);
        own.0.audit.keep_offers(Keeper(Arc::downgrade(&own.0)));
        own.offer_own_undos();
        own.offer_workspace_undos();
        own
    }

    /// Kinds a domain feeds. A kind belongs to one domain.
    pub fn declare(&self, kinds: &'static [Kind]) {
        lock(&self.0.kinds).extend(kinds.iter().map(|k| (k.name, *k)));
    }

    /// Every declared kind, by name.
    pub fn kinds(&self) -> Vec<Kind> {
        lock(&self.0.kinds).values().copied().collect()
    }

    /// What a caller may see.
    pub fn scope_of(&self, caller: &Caller) -> Scope {
        let kinds = self.kinds().into_iter().filter(|k| caller.grants.has(k.permission)).map(|k| k.name).collect();
        Scope { kinds, nodes: caller.allowed_node_ids.clone() }
    }

    /// Changes whenever the inventory did.
    pub fn changes(&self) -> watch::Receiver<i64> {
        self.0.newest.subscribe()
    }

    /// Forgets what is long gone. Only on the leader.
    pub fn start(&self, tasks: &Tasks) {
        let own = self.clone();
        tasks.supervise("inventory-demo", move |stop| {
            let own = own.clone();
            async move {
                while stop.sleep(DEMO_EVERY).await {
                    own.live_demo().await?;
                }
                Ok(())
            }
        });
        let own = self.clone();
        tasks.supervise("inventory-retention", move |stop| {
            let own = own.clone();
            async move {
                while stop.sleep(Duration::from_secs(600)).await {
                    own.prune().await?;
                }
                Ok(())
            }
        });
    }

    /// The number of rows that went.
    pub async fn prune(&self) -> Result<u64> {
        let (db, now) = (&self.0.db, self.0.clock.now());
        let mut gone = store::things::prune(db, now.minus_secs(GONE_DAYS * 86_400)).await?;
        gone += self.forget_demo().await?;
        gone += store::changes::prune(db, now.minus_secs(CHANGES_DAYS * 86_400)).await?;
        gone += store::workspace::prune_drafts(db, now.minus_secs(DRAFTS_DAYS * 86_400)).await?;
        Ok(gone + store::undo::prune(db, now).await?)
    }
}
