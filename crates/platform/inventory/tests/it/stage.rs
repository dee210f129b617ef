//! A store with events, audit and an inventory on it, and callers by role.

use std::sync::Arc;

use argos_audit::Audit;
use argos_events::Events;
use argos_inventory::{Inventory, Kind, routes};
use argos_kernel::{Clock, CredentialKind, ManualClock, Result, Rng, SeededRng, Shutdown, SystemClock, Tasks, Timestamp};
use argos_store::testing::{TestStore, each_engine};
use argos_web::testing::TestClient;
use argos_web::{AuthFailure, Authenticator, BoxFuture, Caller, ClientInfo, Grants, Presented, Web};

const KINDS: &[Kind] = &[
    Kind::new("machine", "stats:read", "A computer."),
    Kind::new("ups", "power:read", "A UPS."),
    Kind::new("secret", "admin:full_access", "Not for these callers."),
];

/// The token's first letter is the caller: `a`dmin, `b` a viewer, `e`ditor of dashboards, anything else nobody.
struct Door;

impl Authenticator for Door {
    fn cached(&self, _: &Presented) -> Option<Arc<Caller>> {
        None
    }
    fn authenticate<'a>(&'a self, presented: &'a Presented, _: &'a ClientInfo) -> BoxFuture<'a, Result<Arc<Caller>, AuthFailure>> {
        Box::pin(async move {
            let Presented::Session { token, .. } = presented else { return Err(AuthFailure::Invalid) };
            let mut caller = Caller { credential: CredentialKind::Session, ..Caller::anonymous() };
            let read = ["inventory:read", "stats:read", "power:read", "events:read", "dashboard:read"];
            match token.chars().next() {
                Some('a') => {
                    caller.username = "ada".to_owned();
                    caller.user_id = Some(1);
                    caller.grants = Grants::new(read.into_iter().chain(["inventory:manage", "dashboards:write"]));
                }
                Some('b') => {
                    caller.username = "ben".to_owned();
                    caller.user_id = Some(2);
                    caller.grants = Grants::new(read);
                }
                Some('e') => {
                    caller.username = "eve".to_owned();
                    caller.user_id = Some(3);
                    caller.grants = Grants::new(read.into_iter().chain(["dashboards:write"]));
                }
                _ => caller.username = "nobody".to_owned(),
            }
            Ok(Arc::new(caller))
        })
    }
}

pub(crate) struct Stage {
    pub(crate) t: TestStore,
    pub(crate) clock: ManualClock,
    pub(crate) events: Events,
    audit: Audit,
    pub(crate) inventory: Inventory,
    client: TestClient,
}

fn inventory(t: &TestStore, clock: &ManualClock, seed: u64, events: &Events, audit: &Audit) -> Inventory {
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    let rng: Arc<dyn Rng> = Arc::new(SeededRng::new(seed));
    let made = Inventory::new(t.store.state.clone(), shared, rng, events.clone(), audit.clone());
    made.declare(KINDS);
    made
}

impl Stage {
    pub(crate) async fn each() -> Vec<Self> {
        let migrations = [argos_events::MIGRATIONS, argos_audit::MIGRATIONS, argos_inventory::MIGRATIONS].concat();
        each_engine(&migrations).await.into_iter().map(Self::of).collect()
    }

    fn of(t: TestStore) -> Self {
        let clock = ManualClock::at(Timestamp::from_secs(1_750_000_000));
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let rng: Arc<dyn Rng> = Arc::new(SeededRng::new(5));
        let events = Events::new(t.store.state.clone(), Arc::clone(&shared), Arc::clone(&rng));
        let audit = Audit::new(t.store.state.clone(), shared, Arc::clone(&rng));
        let inventory = inventory(&t, &clock, 7, &events, &audit);
        let tasks = Tasks::new(Arc::new(SystemClock), rng.clone(), Shutdown::new());
        let web =
            Web::builder().mount(routes(inventory.clone())).authenticator(Arc::new(Door)).build(Arc::new(SystemClock), rng, tasks).unwrap();
        let client = TestClient::new(Arc::new(web));
        Self { t, clock, events, audit, inventory, client }
    }

    /// Another process on the same store.
    pub(crate) fn again(&self) -> Inventory {
        inventory(&self.t, &self.clock, 8, &self.events, &self.audit)
    }

    /// `admin`, `viewer`, `editor` or `nobody`.
    pub(crate) fn client(&self, who: &str) -> TestClient {
        let letter = match who {
            "admin" => "a",
            "viewer" => "b",
            "editor" => "e",
            _ => "c",
        };
        self.client.bearer(&letter.repeat(64))
    }
}
