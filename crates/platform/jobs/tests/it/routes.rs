//! The job routes through the whole web kit.

use std::sync::Arc;

use argos_audit::{Audit, Filter, Order};
use argos_jobs::{Verdict, routes};
use argos_kernel::{CredentialKind, PageRequest, Result, SeededRng, Severity, SystemClock};
use argos_web::testing::TestClient;
use argos_web::{AuthFailure, Authenticator, BoxFuture, Caller, ClientInfo, Grants, Presented, Web};
use serde_json::json;

use super::{SPEC, handler, job, sqlite_stage};

struct Door;

impl Authenticator for Door {
    fn cached(&self, _: &Presented) -> Option<Arc<Caller>> {
        None
    }
    fn authenticate<'a>(&'a self, _: &'a Presented, _: &'a ClientInfo) -> BoxFuture<'a, Result<Arc<Caller>, AuthFailure>> {
        let grants = Grants::new(["automations:read", "automations:run"]);
        Box::pin(async move {
            Ok(Arc::new(Caller { username: "ada".to_owned(), credential: CredentialKind::Session, grants, ..Caller::anonymous() }))
        })
    }
}

#[tokio::test]
async fn jobs_are_listed_shown_logged_and_cancelled() {
    let s = sqlite_stage().await;
    let p = s.process(1);
    p.jobs.register("demo", SPEC, handler(|_| async { Verdict::done() }));
    let rng = Arc::new(SeededRng::new(2));
    let audit = Audit::new(s.t.store.state.clone(), Arc::new(s.clock.clone()), rng.clone());
    let web = Web::builder().mount(routes(p.jobs.clone(), audit.clone())).authenticator(Arc::new(Door));
    let client = TestClient::new(Arc::new(web.build(Arc::new(SystemClock), rng, p.tasks.clone()).unwrap())).bearer(&"a".repeat(64));
    for n in 0..3 {
        p.jobs.submit(job().payload(json!({"n": n, "password": "hunter22"})).trigger("api")).await.unwrap();
    }
    p.jobs.submit(job().organization(4)).await.unwrap();
    argos_jobs::JobLog::append(&p.log, 1, argos_kernel::Clock::now(&s.clock), Severity::Info, "a line".to_owned());

    let list = client.get("/api/jobs?limit=2&state=queued&pool=script").await;
    assert_eq!((list.status, list.header("x-total-count")), (200, Some("3")), "{}", list.text());
    assert_eq!((&list.json()["total"], &list.json()["has_more"], &list.json()["items"][0]["id"]), (&json!(3), &json!(true), &json!(3)));
    let one = client.get("/api/jobs/1").await.json();
    assert_eq!((&one["state"], &one["payload"], &one["trigger"]), (&json!("queued"), &json!({"n": 0, "password": "***"}), &json!("api")));
    assert_eq!(client.get(&format!("/api/jobs/{}", one["uid"].as_str().unwrap())).await.json()["id"], 1);
    assert_eq!(
        client.get("/api/jobs/1/log").await.json(),
        json!({"lines": [{"id": 1, "at": "2026-01-01T09:59:30Z", "level": "info", "text": "a line"}], "complete": false})
    );
    // An organization's job is not there for who is no owner.
    assert_eq!(client.get("/api/jobs/4").await.status, 404);
    assert_eq!(client.get("/api/jobs?state=lost").await.status, 400);

    assert_eq!(client.post("/api/jobs/1/cancel", json!({})).await.json(), json!({"ok": true, "state": "cancelled"}));
    let again = client.post("/api/jobs/1/cancel", json!({})).await;
    assert_eq!((again.status, again.json()["error"].as_str()), (409, Some("Job is not active")));
    assert_eq!(client.post("/api/jobs/77/cancel", json!({})).await.status, 404);
    let rows = audit.list(&Filter::default(), Order::NEWEST, PageRequest { limit: 9, offset: 0 }).await.unwrap();
    assert_eq!((rows.total, rows.items[0].action.as_str(), rows.items[0].actor_name.as_str()), (1, "job.cancel", "ada"));
}
