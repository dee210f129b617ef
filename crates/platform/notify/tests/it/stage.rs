//! A store with everything notifying stands on, and callers of its routes.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use argos_alerts::{FiringChange, FiringNotice, FiringSink};
use argos_audit::Audit;
use argos_events::{Events, NewEvent, Source};
use argos_kernel::{
    AppError, Clock, CredentialKind, ManualClock, Result, Rng, Role, Secret, SeededRng, Severity, Shutdown, SystemClock, SystemRng, Tasks,
    Timestamp, Uid,
};
use argos_net::{Net, Policy};
use argos_notify::{Notify, NotifyParts, Providers, PushKeys, Retention, Retry, routes};
use argos_store::Migration;
use argos_store::testing::{TestStore, each_engine, sqlite};
use argos_vault::{MasterKey, Vault};
use argos_web::testing::TestClient;
use argos_web::{AuthFailure, Authenticator, BoxFuture, Caller, ClientInfo, Grants, Organizations, Presented, ProjectRef, Req, Web};
use serde_json::{Value, json};

pub(crate) fn migrations() -> Vec<Migration> {
    [argos_vault::MIGRATIONS, argos_events::MIGRATIONS, argos_audit::MIGRATIONS, argos_identity::MIGRATIONS, argos_notify::MIGRATIONS]
        .concat()
}

argos_store::statements! {
    state;
    ORGANIZATION = "test.organization",
        "insert into organizations (uid, name, slug, is_default, created_at, updated_at) values ($1, $1, $1, false, 0, 0)";
    PURGE = "test.purge", "delete from organizations where id = $1";
}

pub(crate) struct Stage {
    pub(crate) t: TestStore,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) vault: Vault,
    pub(crate) events: Events,
    pub(crate) audit: Audit,
    pub(crate) notify: Notify,
    pub(crate) tasks: Tasks,
    /// The organization that was deleted; it waits for its purge.
    pub(crate) deleted: Arc<AtomicI64>,
    parts: NotifyParts,
}

/// Retries within milliseconds.
const QUICK: Retry = Retry { attempts: 3, first: Duration::from_millis(10), jitter: Duration::from_millis(5) };

/// The organizations 1 and 2, of which one may be deleted; project 7 is the first one's.
struct Tenants(Arc<AtomicI64>);

/// Nobody has an address, and of organizations only the first is everybody's.
struct Nobody;

impl argos_notify::Readers for Nobody {
    fn may_read<'a>(
        &'a self,
        _: i64,
        organization: Option<i64>,
        _: Option<&'a str>,
    ) -> argos_web::BoxFuture<'a, argos_kernel::Result<bool>> {
        Box::pin(async move { Ok(organization.is_none_or(|id| id == 1)) })
    }
    fn who_may<'a>(&'a self, organization: i64, _: &'a str) -> argos_web::BoxFuture<'a, argos_kernel::Result<Vec<i64>>> {
        Box::pin(async move { Ok(vec![organization + 1]) })
    }
    fn address_of(&self, _: i64) -> argos_web::BoxFuture<'_, argos_kernel::Result<Option<String>>> {
        Box::pin(async { Ok(None) })
    }
}

fn uid(number: i64) -> Uid {
    Uid::mint(&ManualClock::at(Timestamp::from_secs(number)), &SeededRng::new(3))
}

/// Callers act where the header says, else in the first.
impl Organizations for Tenants {
    fn organization_of<'a>(&'a self, req: &'a Req) -> BoxFuture<'a, Result<i64>> {
        let id = req.header("x-organization-id").map_or(1, |text| text.parse().unwrap());
        Box::pin(async move { Ok(id) })
    }
    fn organization_named<'a>(&'a self, _: &'a Req, text: &'a str) -> BoxFuture<'a, Result<i64>> {
        let id = [(1, "1"), (1, "default"), (2, "2")].into_iter().find(|(_, name)| *name == text).map(|(id, _)| id);
        Box::pin(async move { id.ok_or_else(|| AppError::not_found("Organization not found")) })
    }
    fn project_named<'a>(&'a self, _: &'a Req, _: &'a str) -> BoxFuture<'a, Result<ProjectRef>> {
        Box::pin(async { Ok(ProjectRef { id: 7, uid: uid(7), organization_id: 1 }) })
    }
    fn uid_of(&self, organization: i64) -> BoxFuture<'_, Result<Option<Uid>>> {
        let is_there = self.0.load(Ordering::Relaxed) != organization;
        Box::pin(async move { Ok(is_there.then(|| uid(organization))) })
    }
    fn projects_of(&self, organization: i64) -> BoxFuture<'_, Result<Vec<ProjectRef>>> {
        if organization != 1 {
            return Box::pin(async { Ok(Vec::new()) });
        }
        Box::pin(async { Ok(vec![ProjectRef { id: 7, uid: uid(7), organization_id: 1 }]) })
    }
}

impl Stage {
    async fn of(t: TestStore, clock: Arc<dyn Clock>, allow_private_targets: bool) -> Self {
        let db = t.store.state.clone();
        let rng: Arc<dyn Rng> = Arc::new(SystemRng::default());
        let master = MasterKey::parse(&"a".repeat(64)).expect("a strong key");
        let vault = Vault::unlock(&db, &master, Arc::clone(&clock), Arc::clone(&rng)).await.unwrap();
        let events = Events::new(db.clone(), Arc::clone(&clock), Arc::clone(&rng));
        let audit = Audit::new(db.clone(), Arc::clone(&clock), Arc::clone(&rng));
        for name in ["acme", "other"] {
            db.exec(ORGANIZATION, argos_store::args![name]).await.unwrap();
        }
        assert_eq!(ALL.len(), 2);
        let deleted = Arc::new(AtomicI64::new(0));
        let parts = NotifyParts {
            db,
            clock: Arc::clone(&clock),
            rng: Arc::clone(&rng),
            vault: vault.clone(),
            net: Net::new(Policy { allow_private_targets, ..Policy::default() }),
            events: events.clone(),
            audit: audit.clone(),
            retry: QUICK,
            retention: Arc::new(Retention::default),
            readers: Arc::new(Nobody),
            organizations: Arc::new(Tenants(Arc::clone(&deleted))),
            push_keys: Arc::new(Keys::default()),
            providers: Arc::new(|| {
                let mut providers = Providers::default();
                providers.group_window_s = 1;
                providers
            }),
        };
        let tasks = Tasks::new(Arc::new(SystemClock), rng, Shutdown::new());
        Self { t, clock, vault, events, audit, notify: Notify::new(parts.clone()), tasks, deleted, parts }
    }
    pub(crate) async fn sqlite() -> Self {
        Self::of(sqlite(&migrations()).await, Arc::new(SystemClock), true).await
    }
    pub(crate) async fn guarded() -> Self {
        Self::of(sqlite(&migrations()).await, Arc::new(SystemClock), false).await
    }
    pub(crate) async fn at(clock: Arc<dyn Clock>) -> Self {
        Self::of(sqlite(&migrations()).await, clock, true).await
    }
    pub(crate) async fn each() -> Vec<Self> {
        let mut all = Vec::new();
        for t in each_engine(&migrations()).await {
            all.push(Self::of(t, Arc::new(SystemClock), true).await);
        }
        all
    }
    /// The same store as another process sees it.
    pub(crate) fn restarted(&self) -> Notify {
        Notify::new(self.parts.clone())
    }
    /// Starts the workers and waits until they follow the event log.
    pub(crate) async fn start(&self) {
        self.notify.start(&self.tasks);
        while self.events.lags().await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    pub(crate) async fn stop(&self) {
        self.tasks.shutdown().trigger();
        assert!(self.tasks.join(Duration::from_secs(10)).await);
    }
    pub(crate) async fn announce(&self, kind: &str, severity: Severity, message: &str) -> i64 {
        self.events.announce(NewEvent::new(Source::Platform, kind, message).severity(severity)).await.unwrap()
    }
    /// What alerting would say, in a transaction of its own.
    pub(crate) async fn tell(&self, notice: FiringNotice) {
        let mut tx = self.t.store.state.begin().await.unwrap();
        self.notify.deliver(&mut tx, &notice).await.unwrap();
        tx.commit().await.unwrap();
    }
    fn web(&self) -> TestClient {
        let rng = Arc::new(SeededRng::new(4));
        let builder = Web::builder().mount(routes(self.notify.clone())).authenticator(Arc::new(Door));
        TestClient::new(Arc::new(builder.build(Arc::clone(&self.clock), rng, self.tasks.clone()).unwrap()))
    }
    /// `ada`, an admin who may do everything.
    pub(crate) fn ada(&self) -> TestClient {
        self.web().bearer(&"a".repeat(64))
    }
    /// `ada` acting in this organization.
    pub(crate) fn acting_in(&self, organization: i64) -> TestClient {
        self.ada().with_header("x-organization-id", &organization.to_string())
    }
    /// Takes an organization and all that is its own away.
    pub(crate) async fn purge(&self, organization: i64) {
        self.t.store.state.exec(PURGE, argos_store::args![organization]).await.unwrap();
    }
    /// `oda`, the owner of the instance.
    pub(crate) fn oda(&self) -> TestClient {
        self.web().bearer(&"c".repeat(64))
    }
    /// `bob`, a viewer.
    pub(crate) fn bob(&self) -> TestClient {
        self.web().bearer(&"b".repeat(64))
    }
    pub(crate) fn nobody(&self) -> TestClient {
        self.web()
    }
    /// A webhook channel; its id.
    pub(crate) async fn hook(&self, name: &str, url: &str, more: Value) -> i64 {
        let mut body = json!({"name": name, "type": "webhook", "config": {"url": url}});
        for (key, value) in more.as_object().unwrap() {
            match key.as_str() {
                "secret" | "headers" | "signature_version" => body["config"][key] = value.clone(),
                _ => body[key] = value.clone(),
            }
        }
        let reply = self.ada().post("/api/notifications/channels", body).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        reply.json()["id"].as_i64().unwrap()
    }
    pub(crate) async fn deliveries(&self, query: &str) -> Vec<Value> {
        let reply = self.ada().get(&format!("/api/notifications/deliveries?{query}")).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()["deliveries"].as_array().unwrap().clone()
    }
    /// Waits until no delivery is pending.
    pub(crate) async fn settled(&self, count: usize) -> Vec<Value> {
        for _ in 0..1000 {
            let all = self.deliveries("").await;
            if all.len() >= count && all.iter().all(|d| d["status"] != "pending") {
                return all;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("deliveries are still pending: {:?}", self.deliveries("").await);
    }
}

/// A firing of rule `r` about nothing in particular.
pub(crate) fn notice(change: FiringChange) -> FiringNotice {
    FiringNotice {
        change,
        firing_id: 1,
        firing_uid: "01890000-0000-7000-8000-000000000001".to_owned(),
        event_id: None,
        rule_id: "r".to_owned(),
        rule_name: "Disk nearly full".to_owned(),
        severity: Severity::Error,
        message: "Disk / at 95%".to_owned(),
        value: Some(95.0),
        labels: json!({"mount": "/"}),
        channels: Vec::new(),
        withheld: None,
        organization_id: None,
        at: Timestamp::from_secs(1_750_000_000),
    }
}

/// The push key pair in memory.
#[derive(Default)]
struct Keys(std::sync::Mutex<Option<(String, String)>>);

impl PushKeys for Keys {
    fn load(&self) -> Result<Option<(String, Secret<String>)>> {
        Ok(self.0.lock().unwrap().clone().map(|(public, private)| (public, Secret::new(private))))
    }
    fn keep<'a>(&'a self, public: &'a str, private: &'a Secret<String>) -> BoxFuture<'a, Result<()>> {
        *self.0.lock().unwrap() = Some((public.to_owned(), private.reveal().clone()));
        Box::pin(async { Ok(()) })
    }
}

const EVERYTHING: [&str; 5] =
    ["notifications:read", "notifications:inspect", "notifications:manage", "integration:read", "org:manage_settings"];

struct Door;

impl Authenticator for Door {
    fn cached(&self, _: &Presented) -> Option<Arc<Caller>> {
        None
    }
    fn authenticate<'a>(&'a self, presented: &'a Presented, _: &'a ClientInfo) -> BoxFuture<'a, Result<Arc<Caller>, AuthFailure>> {
        Box::pin(async move {
            let Presented::Session { token, .. } = presented else { return Err(AuthFailure::Invalid) };
            let (username, id, role, grants) = match &token[..1] {
                "a" => ("ada", 1, Role::Admin, Grants::new(EVERYTHING)),
                "c" => ("oda", 3, Role::Owner, Grants::new(EVERYTHING)),
                _ => ("bob", 2, Role::Viewer, Grants::new(["notifications:read"])),
            };
            Ok(Arc::new(Caller {
                user_id: Some(id),
                username: username.to_owned(),
                role: Some(role),
                credential: CredentialKind::Session,
                grants,
                ..Caller::anonymous()
            }))
        })
    }
}
