//! What the tests live in: a store, a vault, a recorder of changes, and a web kit that knows one caller.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use argos_kernel::{Actor, AppError, Clock, CredentialKind, ManualClock, Result, Rng, SeededRng, Shutdown, Tasks, Timestamp};
use argos_settings::boot::{Boot, Environment};
use argos_settings::{BoxFuture, Change, ChangeSink, Settings};
use argos_store::testing::{TestStore, each_engine};
use argos_store::{Migration, Tx};
use argos_vault::{MasterKey, Vault};
use argos_web::testing::TestClient;
use argos_web::{AuthFailure, Authenticator, Caller, ClientInfo, Grants, Presented, Source, Web};

/// A store with the tables of vault and settings.
pub(crate) async fn stores() -> Vec<TestStore> {
    let all: Vec<Migration> = [argos_vault::MIGRATIONS, argos_settings::MIGRATIONS].concat();
    each_engine(&all).await
}

/// Remembers changes; refuses them when told to.
#[derive(Default)]
pub(crate) struct Recorder {
    pub(crate) seen: Mutex<Vec<(String, Vec<Change>)>>,
    pub(crate) refuse: Mutex<bool>,
}

impl ChangeSink for Recorder {
    fn changed<'a>(&'a self, _tx: &'a mut Tx, actor: &'a Actor, changes: &'a [Change]) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            if *self.refuse.lock().expect("not poisoned") {
                return Err(AppError::internal("no room in the audit log"));
            }
            self.seen.lock().expect("not poisoned").push((actor.name.clone(), changes.to_vec()));
            Ok(())
        })
    }
}

pub(crate) struct House {
    pub(crate) settings: Settings,
    pub(crate) vault: Vault,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) clock: ManualClock,
}

pub(crate) fn boot(env: &[(&str, &str)]) -> Boot {
    Boot::load(BTreeMap::new(), Environment::from_pairs(env.iter().copied())).expect("a good environment")
}

/// Opens the settings as a process with this environment would.
pub(crate) async fn start(t: &TestStore, env: &[(&str, &str)]) -> House {
    let clock = ManualClock::at(Timestamp::from_secs(1_700_000_000));
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    let seed = std::ptr::from_ref(&clock) as usize as u64;
    let rng: Arc<dyn Rng> = Arc::new(SeededRng::new(seed));
    let key = MasterKey::parse(&"a".repeat(64)).expect("a strong key");
    let vault = Vault::unlock(&t.store.state, &key, Arc::clone(&shared), Arc::clone(&rng)).await.expect("the vault opens");
    let settings = Settings::open(&t.store.state, &vault, boot(env), shared, rng).await.expect("the settings open");
    let recorder = Arc::new(Recorder::default());
    settings.set_sink(Arc::clone(&recorder) as Arc<dyn ChangeSink>);
    House { settings, vault, recorder, clock }
}

/// Lets everybody in with the three permissions the routes ask for.
struct OpenDoor;

fn caller(presented: &Presented) -> Arc<Caller> {
    let credential = if presented.source() == Source::Cookie { CredentialKind::Cookie } else { CredentialKind::Session };
    Arc::new(Caller {
        user_id: Some(7),
        username: "ada".to_owned(),
        credential,
        csrf_token: Some("c".repeat(32)),
        grants: Grants::new(["settings:read", "settings:write", "audit:read", "config:backup", "config:restore"]),
        ..Caller::anonymous()
    })
}

impl Authenticator for OpenDoor {
    fn cached(&self, presented: &Presented) -> Option<Arc<Caller>> {
        Some(caller(presented))
    }
    fn authenticate<'a>(
        &'a self,
        presented: &'a Presented,
        _client: &'a ClientInfo,
    ) -> argos_web::BoxFuture<'a, std::result::Result<Arc<Caller>, AuthFailure>> {
        Box::pin(async move { Ok(caller(presented)) })
    }
}

impl House {
    /// A client with a header credential, and one with the browser's cookie.
    pub(crate) fn clients(&self) -> (TestClient, TestClient) {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let rng: Arc<dyn Rng> = Arc::new(SeededRng::new(5));
        let tasks = Tasks::new(Arc::clone(&clock), Arc::clone(&rng), Shutdown::new());
        let web = Web::builder().mount(argos_settings::routes(&self.settings)).authenticator(Arc::new(OpenDoor));
        let plain = TestClient::new(Arc::new(web.build(clock, rng, tasks).expect("no two routes in one place")));
        let token = "f".repeat(64);
        let cookie = plain.with_header("cookie", &format!("argos_session={token}")).with_header("x-csrf-token", &"c".repeat(32));
        (plain.bearer(&token), cookie)
    }
}
