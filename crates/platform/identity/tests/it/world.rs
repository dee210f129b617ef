//! A whole identity service in a test: store, vault, router, a clock that stands still, and an owner `admin`.

use std::path::Path;
use std::sync::{Arc, Mutex};

use argos_audit::Audit;
use argos_events::Events;
use argos_identity::{BootOptions, Identity, IdentityDeps, Policy, WishEdit, Wishes};
use argos_kernel::{Actor, AppError, Clock, ManualClock, Result, Rng, Secret, Shutdown, SystemRng, Tasks, Timestamp};
use argos_store::Migration;
use argos_store::testing::TestStore;
use argos_vault::{MasterKey, Vault};
use argos_web::testing::{TestClient, TestReply};
use argos_web::{BoxFuture, Web};
use serde_json::{Map, Value, json};

pub(crate) const PASSWORD: &str = "Correct-Horse-1";
pub(crate) const API_KEY: &str = "an-api-key-from-the-environment-0001";

/// Keeps what people want to hear as the notifier does, which stands above this crate.
#[derive(Default)]
struct KeptWishes(Mutex<Map<String, Value>>);

impl Wishes for KeptWishes {
    fn of(&self, _: i64) -> BoxFuture<'_, Result<Map<String, Value>>> {
        Box::pin(async { Ok(self.0.lock().unwrap().clone()) })
    }

    fn change<'a>(&'a self, _: &'a Actor, _: i64, edit: WishEdit<'a>) -> BoxFuture<'a, Result<Map<String, Value>>> {
        Box::pin(async move {
            let mut kept = self.0.lock().unwrap();
            let change = edit(&kept).map_err(AppError::invalid)?;
            kept.extend(change);
            Ok(kept.clone())
        })
    }
}

pub(crate) struct World {
    pub(crate) store: TestStore,
    pub(crate) clock: ManualClock,
    pub(crate) identity: Identity,
    pub(crate) events: Events,
    pub(crate) web: Arc<Web>,
    /// Sends no credential.
    pub(crate) anyone: TestClient,
    pub(crate) dir: tempfile::TempDir,
    pub(crate) vault: Vault,
    policy: Arc<Mutex<Policy>>,
}

pub(crate) fn migrations() -> Vec<Migration> {
    [argos_vault::MIGRATIONS, argos_audit::MIGRATIONS, argos_events::MIGRATIONS, argos_identity::MIGRATIONS].concat()
}

/// A program of the service token file.
pub(crate) const SERVICE_TOKEN: &str = "svc_0123456789abcdef0123456789abcdef";

fn boot(dir: &Path, password: Option<&str>) -> BootOptions {
    BootOptions {
        data_dir: dir.to_owned(),
        initial_admin_user: None,
        initial_admin_password: password.map(|p| Secret::new(p.to_owned())),
        jwt_secret: None,
        session_secret: None,
        api_key: Some(Secret::new(API_KEY.to_owned())),
        service_tokens: argos_identity::model::service_token::parse(&format!("ci:{SERVICE_TOKEN}:tests,power")).unwrap(),
        authorized_keys: Some(dir.join("home/.ssh/authorized_keys")),
    }
}

impl World {
    /// SQLite, with the owner `admin`.
    pub(crate) async fn new() -> Self {
        let world = Self::without_users(Some(PASSWORD)).await;
        world.identity.ensure_first_user().await.unwrap();
        world
    }

    pub(crate) async fn without_users(password: Option<&str>) -> Self {
        Self::on(argos_store::testing::sqlite(&migrations()).await, password).await
    }

    pub(crate) async fn on(store: TestStore, password: Option<&str>) -> Self {
        let clock = ManualClock::at(Timestamp::from_secs(1_800_000_000));
        let (shared_clock, rng): (Arc<dyn Clock>, Arc<dyn Rng>) = (Arc::new(clock.clone()), Arc::new(SystemRng::default()));
        let db = store.store.state.clone();
        let master = MasterKey::generate(&*rng);
        let vault = Vault::unlock(&db, &master, Arc::clone(&shared_clock), Arc::clone(&rng)).await.unwrap();
        let events = Events::new(db.clone(), Arc::clone(&shared_clock), Arc::clone(&rng));
        let policy = Arc::new(Mutex::new(Policy::default()));
        let dir = tempfile::tempdir().unwrap();
        let read = Arc::clone(&policy);
        let identity = Identity::new(IdentityDeps {
            db: db.clone(),
            clock: Arc::clone(&shared_clock),
            rng: Arc::clone(&rng),
            vault: vault.clone(),
            audit: Audit::new(db, Arc::clone(&shared_clock), Arc::clone(&rng)),
            events: events.clone(),
            policy: Arc::new(move || read.lock().unwrap().clone()),
            boot: boot(dir.path(), password),
        });
        identity.set_wishes(Arc::new(KeptWishes::default()));
        let tasks = Tasks::new(Arc::clone(&shared_clock), Arc::clone(&rng), Shutdown::new());
        let web = Web::builder()
            .mount(identity.routes())
            .authenticator(Arc::new(identity.clone()))
            .replays(Arc::new(identity.clone()))
            .build(shared_clock, rng, tasks);
        let web = Arc::new(web.unwrap());
        let anyone = TestClient::new(Arc::clone(&web));
        Self { store, clock, identity, events, web, anyone, dir, vault, policy }
    }

    pub(crate) fn set_policy(&self, change: impl FnOnce(&mut Policy)) {
        change(&mut self.policy.lock().unwrap());
    }

    /// A client from an address of its own, so that the limiter does not join the callers of one test.
    pub(crate) async fn signed_in(&self, username: &str, password: &str) -> TestClient {
        let ip = format!("10.9.{}.{}", username.len(), username.bytes().fold(1_u8, u8::wrapping_add));
        let client = self.anyone.from_ip(&ip);
        let reply = client.post("/api/login", json!({ "username": username, "password": password })).await;
        let token = reply.json()["token"].as_str().unwrap_or_else(|| panic!("{}: {}", reply.status, reply.text())).to_owned();
        client.bearer(&token)
    }

    pub(crate) async fn owner(&self) -> TestClient {
        self.signed_in("admin", PASSWORD).await
    }

    /// Makes an account through the API and signs it in.
    pub(crate) async fn user(&self, by: &TestClient, username: &str, role: &str) -> TestClient {
        let body = json!({ "username": username, "password": PASSWORD, "role": role });
        let reply = by.post("/api/v1/users", body).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        self.signed_in(username, PASSWORD).await
    }

    /// The uid of an account.
    pub(crate) async fn uid(&self, by: &TestClient, username: &str) -> String {
        let list = by.get("/api/v1/users").await.json();
        let found = list.as_array().unwrap().iter().find(|u| u["username"] == username).cloned().unwrap();
        found["id"].as_str().unwrap().to_owned()
    }

    /// Kinds of all events, oldest first.
    pub(crate) async fn event_kinds(&self) -> Vec<String> {
        let list = self.events.list(&argos_events::Filter::default(), None, 500).await.unwrap();
        list.into_iter().rev().map(|e| e.kind).collect()
    }

    /// Actions of all audit rows, oldest first.
    pub(crate) async fn audit_actions(&self) -> Vec<String> {
        self.audit_rows().await.into_iter().map(|row| row.action).collect()
    }

    pub(crate) async fn audit_rows(&self) -> Vec<argos_audit::AuditRow> {
        let db = self.store.store.state.clone();
        let audit = Audit::new(db, Arc::new(self.clock.clone()), Arc::new(SystemRng::default()));
        audit.after(0, 1000).await.unwrap()
    }
}

/// The pair of cookies a browser would send back, and the CSRF token.
pub(crate) fn browser(client: &TestClient, reply: &TestReply) -> (TestClient, String) {
    let session = reply.set_cookie("argos_session").expect("a session cookie");
    let csrf = reply.set_cookie("csrf_token").expect("a CSRF cookie");
    (client.with_header("cookie", &format!("argos_session={session}; csrf_token={csrf}")), csrf)
}

pub(crate) fn credentials(username: &str, password: &str) -> Value {
    json!({ "username": username, "password": password })
}
