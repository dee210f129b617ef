//! Questions and decisions on each engine, through the web kit.

#![expect(clippy::unwrap_used, clippy::panic, reason = "test code")]

mod decisions;
mod threads;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use argos_approvals::{ApprovalParts, Approvals, Approver, People, STATEMENTS, routes};
use argos_audit::Audit;
use argos_events::{Events, Filter};
use argos_jobs::{Hold, HoldPolicy, Job, JobContext, Jobs, KindSpec, NewJob, NoLog, State, Verdict};
use argos_kernel::{CredentialKind, ManualClock, Result, SeededRng, Shutdown, SystemClock, Tasks, Timestamp};
use argos_store::testing::{TestStore, each_engine};
use argos_store::{Migration, Tx};
use argos_web::testing::TestClient;
use argos_web::{
    AuthFailure, Authenticator, BoxFuture, Caller, ClientInfo, Grants, Membership, Organizations, Presented, ProjectRef, Req, Web,
};
use serde_json::json;

/// By the first letter of their token.
const PEOPLE: [(char, &str); 6] = [('a', "ada"), ('b', "bob"), ('c', "vera"), ('d', "zoe"), ('e', "apikey:star"), ('f', "apikey:exact")];

/// The organization of every request here.
const ORGANIZATION: i64 = 7;

fn migrations() -> Vec<Migration> {
    [argos_events::MIGRATIONS, argos_audit::MIGRATIONS, argos_jobs::MIGRATIONS, argos_approvals::MIGRATIONS].concat()
}

/// Everybody decides, vera may not run automations, zoe is of no organization.
struct Door;

impl Authenticator for Door {
    fn cached(&self, _: &Presented) -> Option<Arc<Caller>> {
        None
    }
    fn authenticate<'a>(&'a self, given: &'a Presented, _: &'a ClientInfo) -> BoxFuture<'a, Result<Arc<Caller>, AuthFailure>> {
        let Presented::Session { token, .. } = given else { panic!("a session") };
        let name = PEOPLE.iter().find(|(letter, _)| token.starts_with(*letter)).unwrap().1;
        let mut grants = vec!["approvals:read", "approvals:decide", "automations:read", "automations:manage", "healing:approve"];
        if name != "vera" {
            grants.push("automations:run");
        }
        let member = Membership {
            organization_id: ORGANIZATION,
            organization_uid: argos_kernel::Uid::mint(&SystemClock, &SeededRng::new(3)),
            is_default: true,
            role: "admin",
            grants: Grants::new(["healing:approve"]),
            somewhere: Grants::new(["healing:approve"]),
        };
        let memberships = if name == "zoe" { Arc::default() } else { Arc::from([member]) };
        let scope = if name == "apikey:star" { "*" } else { "approvals:decide" };
        let is_key = name.starts_with("apikey:");
        let caller = Caller {
            username: name.to_owned(),
            credential: if is_key { CredentialKind::ApiKey } else { CredentialKind::Session },
            key_scopes: if is_key { Arc::from([scope.to_owned()]) } else { Arc::default() },
            grants: Grants::new(grants),
            memberships,
            ..Caller::anonymous()
        };
        Box::pin(async move { Ok(Arc::new(caller)) })
    }
}

/// The people who may decide, as the test says.
#[derive(Default)]
struct Staff(Mutex<Vec<Approver>>);

impl Staff {
    fn set(&self, people: &[(&str, bool)]) {
        *self.0.lock().unwrap() = people.iter().map(|(n, admin)| Approver { username: (*n).to_owned(), is_admin: *admin }).collect();
    }
}

impl People for Staff {
    fn approvers<'a>(&'a self, _: &'a mut Tx, _: &'a str) -> BoxFuture<'a, Result<Vec<Approver>>> {
        Box::pin(async { Ok(self.0.lock().unwrap().clone()) })
    }
}

impl Organizations for Staff {
    fn organization_of<'a>(&'a self, _: &'a Req) -> BoxFuture<'a, Result<i64>> {
        Box::pin(async { Ok(ORGANIZATION) })
    }
    fn organization_named<'a>(&'a self, req: &'a Req, _: &'a str) -> BoxFuture<'a, Result<i64>> {
        self.organization_of(req)
    }
    fn project_named<'a>(&'a self, _: &'a Req, text: &'a str) -> BoxFuture<'a, Result<ProjectRef>> {
        let uid = argos_kernel::Uid::mint(&SystemClock, &SeededRng::new(4));
        Box::pin(async move { Ok(ProjectRef { id: text.parse().unwrap(), uid, organization_id: ORGANIZATION }) })
    }
    fn uid_of(&self, organization: i64) -> BoxFuture<'_, Result<Option<argos_kernel::Uid>>> {
        let at = argos_kernel::ManualClock::at(argos_kernel::Timestamp::from_secs(organization));
        Box::pin(async move { Ok(Some(argos_kernel::Uid::mint(&at, &SeededRng::new(9)))) })
    }
    fn projects_of(&self, _: i64) -> BoxFuture<'_, Result<Vec<ProjectRef>>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

struct Stage {
    t: TestStore,
    clock: ManualClock,
    events: Events,
    jobs: Jobs,
    approvals: Approvals,
    staff: Arc<Staff>,
    tasks: Tasks,
    client: TestClient,
}

impl Stage {
    fn of(t: TestStore) -> Self {
        let clock = ManualClock::at(Timestamp::parse_rfc3339("2026-01-01T10:00:00Z").unwrap());
        let (shared, rng) = (Arc::new(clock.clone()), Arc::new(SeededRng::new(1)));
        let db = t.store.state.clone();
        let events = Events::new(db.clone(), shared.clone(), rng.clone());
        let audit = Audit::new(db.clone(), shared.clone(), rng.clone());
        let jobs = Jobs::new(db.clone(), shared.clone(), rng.clone(), events.clone(), Arc::new(NoLog));
        let spec = KindSpec { modifiable: &["days"], check: Some(check), ..KindSpec::new("demo") };
        jobs.register("demo", spec, |ctx: JobContext| -> BoxFuture<'static, Verdict> {
            Box::pin(async move { Verdict::Done(ctx.job().payload.clone()) })
        });
        let staff = Arc::new(Staff::default());
        staff.set(&[("ada", true), ("bob", false), ("zoe", false)]);
        let people = Arc::clone(&staff) as Arc<dyn People>;
        let parts = ApprovalParts { db, clock: shared, rng: rng.clone(), events: events.clone(), audit, jobs: jobs.clone(), people };
        let approvals = Approvals::new(parts);
        let tasks = Tasks::new(Arc::new(SystemClock), rng.clone(), Shutdown::new());
        let web = Web::builder().mount(routes(approvals.clone())).authenticator(Arc::new(Door));
        let client = TestClient::new(Arc::new(web.build(Arc::new(SystemClock), rng, tasks.clone()).unwrap()));
        Self { t, clock, events, jobs, approvals, staff, tasks, client }
    }
    fn person(&self, name: &str) -> TestClient {
        let letter = PEOPLE.iter().find(|(_, n)| *n == name).unwrap().0;
        self.client.bearer(&letter.to_string().repeat(64))
    }
    /// A job that waits, asked for by ada.
    async fn ask(&self, policy: HoldPolicy) -> i64 {
        let mut hold = Hold::new("automation", "Run the schedule nightly", "automations:run", policy);
        hold.modifiable = vec!["days".to_owned()];
        let mut job = NewJob::new("demo").payload(json!({"days": 30, "keep": true})).trigger("manual").hold(hold);
        job = job.by(&argos_kernel::Actor { name: "ada".to_owned(), ..argos_kernel::Actor::system() });
        self.jobs.submit(job).await.unwrap()
    }
    async fn job(&self, id: i64) -> Job {
        self.jobs.find(&id.to_string()).await.unwrap().unwrap()
    }
    async fn until(&self, id: i64, state: State) -> Job {
        for _ in 0..400 {
            let job = self.job(id).await;
            if job.state == state {
                return job;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("job {id} is {:?}, not {state:?}", self.job(id).await);
    }
    async fn kinds(&self) -> Vec<String> {
        self.events.list(&Filter::default(), None, 100).await.unwrap().into_iter().map(|e| e.kind).collect()
    }
}

fn check(payload: &serde_json::Value) -> Result<()> {
    let days = payload["days"].as_i64().is_some_and(|d| d > 0);
    if days { Ok(()) } else { Err(argos_kernel::AppError::bad_request("payload.days must be positive")) }
}

async fn stages() -> Vec<Stage> {
    each_engine(&migrations()).await.into_iter().map(Stage::of).collect()
}

#[tokio::test]
async fn statements_prepare_on_each_engine() {
    for s in stages().await {
        for stmt in STATEMENTS.concat() {
            s.t.store.state.prepare(stmt).await.unwrap();
        }
    }
}
