//! The job routes through the whole web kit.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use argos_audit::{Audit, Filter, Order};
use argos_jobs::{JobLog, Jobs, LogLine, ScheduleSpec, Schedules, Verdict, routes, run_routes, schedule_routes};
use argos_kernel::{CredentialKind, PageRequest, Result, SeededRng, Severity, SystemClock, Timestamp};
use argos_web::testing::TestClient;
use argos_web::{AuthFailure, Authenticator, BoxFuture, Caller, ClientInfo, Grants, Membership, Presented, Web};
use serde_json::json;

use super::{SPEC, handler, job, sqlite_stage};

struct Door;

impl Authenticator for Door {
    fn cached(&self, _: &Presented) -> Option<Arc<Caller>> {
        None
    }
    fn authenticate<'a>(&'a self, given: &'a Presented, _: &'a ClientInfo) -> BoxFuture<'a, Result<Arc<Caller>, AuthFailure>> {
        // `b` sees the tests of organization 4, `c` also changes and runs them.
        let held: Option<&[&'static str]> = match given {
            Presented::Session { token, .. } if token.starts_with('b') => Some(&["test:read"]),
            Presented::Session { token, .. } if token.starts_with('c') => Some(&["test:read", "test:write", "test:execute"]),
            _ => None,
        };
        let member = held.map(|held| Membership {
            organization_id: 4,
            organization_uid: argos_kernel::Uid::mint(&SystemClock, &SeededRng::new(5)),
            is_default: false,
            role: "member",
            grants: Grants::new(held.iter().copied()),
            somewhere: Grants::default(),
        });
        let memberships: Arc<[Membership]> = member.into_iter().collect();
        let grants = Grants::new(["automations:read", "automations:run", "automations:manage"]);
        Box::pin(async move {
            Ok(Arc::new(Caller {
                username: "ada".to_owned(),
                credential: CredentialKind::Session,
                grants,
                memberships,
                ..Caller::anonymous()
            }))
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

#[tokio::test]
async fn failed_job_is_queued_again_and_a_queued_one_is_not() {
    let s = sqlite_stage().await;
    let p = s.process(1);
    p.jobs.register("demo", SPEC, handler(|_| async { Verdict::done() }));
    let rng = Arc::new(SeededRng::new(2));
    let audit = Audit::new(s.t.store.state.clone(), Arc::new(s.clock.clone()), rng.clone());
    let web = Web::builder().mount(routes(p.jobs.clone(), audit)).authenticator(Arc::new(Door));
    let client = TestClient::new(Arc::new(web.build(Arc::new(SystemClock), rng, p.tasks.clone()).unwrap())).bearer(&"a".repeat(64));
    p.jobs.submit(job().payload(json!({"n": 5}))).await.unwrap();
    let refused = client.post("/api/jobs/1/retry", json!({})).await;
    assert_eq!((refused.status, refused.json()["code"].as_str()), (409, Some("job_not_failed")));
    client.post("/api/jobs/1/cancel", json!({})).await;
    let again = client.post("/api/jobs/1/retry", json!({})).await;
    assert_eq!((again.status, again.json()), (200, json!({"job_id": 2})), "{}", again.text());
    let new = client.get("/api/jobs/2").await.json();
    assert_eq!(
        (&new["state"], &new["parent_id"], &new["payload"], &new["trigger"], &new["triggered_by"]),
        (&json!("queued"), &json!(1), &json!({"n": 5}), &json!("retry"), &json!("ada"))
    );
    assert_eq!(client.post("/api/jobs/9/retry", json!({})).await.status, 404);
}

#[tokio::test]
async fn schedules_are_listed_changed_paused_and_run_by_hand() {
    let s = sqlite_stage().await;
    let p = s.process(1);
    for kind in ["demo", "backup"] {
        p.jobs.register(kind, SPEC, handler(|_| async { Verdict::done() }));
    }
    let schedules = Schedules::new(p.jobs.clone(), chrono_tz::Tz::Europe__Madrid);
    schedules.set_managed("backup", "backup.schedule");
    let mut tx = s.t.store.state.begin().await.unwrap();
    schedules.create(&mut tx, &ScheduleSpec::new("nightly", "demo", "30 2 * * *")).await.unwrap();
    schedules.create(&mut tx, &ScheduleSpec::new("Instance backup", "backup", "0 2 * * *")).await.unwrap();
    schedules
        .create(&mut tx, &ScheduleSpec { organization_id: Some(4), ..ScheduleSpec::new("hidden", "demo", "0 2 * * *") })
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let rng = Arc::new(SeededRng::new(2));
    let audit = Audit::new(s.t.store.state.clone(), Arc::new(s.clock.clone()), rng.clone());
    let web = Web::builder().mount(schedule_routes(schedules, audit.clone())).authenticator(Arc::new(Door));
    let anybody = TestClient::new(Arc::new(web.build(Arc::new(SystemClock), rng, p.tasks.clone()).unwrap()));
    let client = anybody.bearer(&"a".repeat(64));

    let list = client.get("/api/schedules").await.json();
    assert_eq!((list["items"].as_array().unwrap().len(), &list["timezone"]), (2, &json!("Europe/Madrid")), "{list}");
    assert_eq!(list["items"][0]["upcoming"].as_array().unwrap()[..2], [json!("2026-01-02T01:30:00Z"), json!("2026-01-03T01:30:00Z")]);
    assert_eq!(client.get("/api/schedules/3").await.status, 404);
    // The night the clocks go forward has no 02:30: it runs at the first instant after the gap; in summer an hour earlier in UTC.
    let patched = client.patch("/api/schedules/1", json!({"cron": "30 2 29,30 3 *", "overlap": "queue", "grace_s": 60})).await;
    assert_eq!(patched.status, 200, "{}", patched.text());
    assert_eq!(
        (&patched.json()["upcoming"][0], &patched.json()["upcoming"][1]),
        (&json!("2026-03-29T01:00:00Z"), &json!("2026-03-30T00:30:00Z"))
    );
    assert_eq!((&patched.json()["overlap"], &patched.json()["grace_s"]), (&json!("queue"), &json!(60)));
    let refused = client.patch("/api/schedules/1", json!({"cron": "0 24 * * *"})).await;
    assert_eq!((refused.status, refused.json()["field"].as_str()), (400, Some("cron")));

    let paused = client.post("/api/schedules/1/pause", json!({})).await.json();
    assert_eq!((&paused["enabled"], &paused["next_run_at"], &paused["upcoming"]), (&json!(false), &json!(null), &json!([])));
    assert_eq!(client.post("/api/schedules/1/trigger", json!({})).await.json(), json!({"job_id": 1}));
    let resumed = client.post("/api/schedules/1/resume", json!({})).await.json();
    assert_eq!(resumed["next_run_at"], "2026-03-29T01:00:00Z");

    let managed = client.post("/api/schedules/2/pause", json!({})).await;
    assert_eq!((managed.status, managed.json()["setting"].as_str()), (409, Some("backup.schedule")));
    assert_eq!(client.post("/api/schedules/2/trigger", json!({})).await.status, 200);
    let rows = audit.list(&Filter::default(), Order::NEWEST, PageRequest { limit: 9, offset: 0 }).await.unwrap();
    assert_eq!(rows.total, 5);

    // What an organization runs by the clock is for its members, as far as they may.
    let (reader, tester) = (anybody.bearer(&"b".repeat(64)), anybody.bearer(&"c".repeat(64)));
    assert_eq!(reader.get("/api/schedules").await.json()["items"].as_array().unwrap().len(), 3);
    for refused in [reader.post("/api/schedules/3/trigger", json!({})).await, reader.post("/api/schedules/3/pause", json!({})).await] {
        assert_eq!((refused.status, refused.json()["code"].as_str()), (403, Some("permission_denied")));
    }
    let ended = tester.patch("/api/schedules/3", json!({"name": "till May", "until": "2026-05-01T00:00:00Z"})).await.json();
    assert_eq!((&ended["name"], &ended["until"]), (&json!("till May"), &json!("2026-05-01T00:00:00Z")), "{ended}");
    assert_eq!(tester.patch("/api/schedules/3", json!({"until": "soon"})).await.json()["field"], "until");
    assert_eq!(tester.post("/api/schedules/3/trigger", json!({})).await.status, 200);
    // What belongs to the product keeps its name.
    assert_eq!(client.patch("/api/schedules/1", json!({"name": "mine"})).await.status, 409);
}

#[tokio::test]
async fn schedule_is_made_previewed_and_removed_by_a_person() {
    let s = sqlite_stage().await;
    let p = s.process(1);
    let check = |payload: &serde_json::Value| match payload["days"].as_i64() {
        Some(_) => Ok(()),
        None => Err(argos_kernel::AppError::bad_request("payload.days is required").with("field", "payload.days")),
    };
    let offered = argos_jobs::KindSpec { schedulable: Some("Tidy up"), check: Some(check), ..SPEC };
    p.jobs.register("demo", offered, handler(|_| async { Verdict::done() }));
    p.jobs.register("inner", SPEC, handler(|_| async { Verdict::done() }));
    let schedules = Schedules::new(p.jobs.clone(), chrono_tz::Tz::Europe__Madrid);
    let rng = Arc::new(SeededRng::new(2));
    let audit = Audit::new(s.t.store.state.clone(), Arc::new(s.clock.clone()), rng.clone());
    let web = Web::builder().mount(schedule_routes(schedules, audit.clone())).authenticator(Arc::new(Door));
    let client = TestClient::new(Arc::new(web.build(Arc::new(SystemClock), rng, p.tasks.clone()).unwrap())).bearer(&"a".repeat(64));

    assert_eq!(client.get("/api/schedules/kinds").await.json(), json!([{"kind": "demo", "description": "Tidy up"}]));
    let shown = client.get("/api/schedules/preview?cron=0+9+*+*+1-5&count=2").await.json();
    assert_eq!((&shown["valid"], &shown["readable"]), (&json!(true), &json!("Weekdays at 9:00 AM (Europe/Madrid)")), "{shown}");
    assert_eq!(shown["next"].as_array().unwrap().len(), 2);
    assert_eq!(client.get("/api/schedules/preview?cron=nonsense").await.json()["field"], "cron");

    let base = || json!({"name": "tidy", "kind": "demo", "cron": "0 4 * * *", "payload": {"days": 3}});
    let with = |key: &str, value: serde_json::Value| {
        let mut body = base();
        body[key] = value;
        body
    };
    for (body, field) in [
        (with("name", json!(" ")), "name"),
        (with("kind", json!("inner")), "kind"),
        (with("cron", json!("0 24 * * *")), "cron"),
        (with("timezone", json!("Mars/Base")), "timezone"),
        (with("payload", json!([])), "payload"),
        (with("payload", json!({})), "payload.days"),
        (with("approval", json!({"quorum": 0})), "approval.quorum"),
    ] {
        let refused = client.post("/api/schedules", body).await;
        assert_eq!((refused.status, refused.json()["field"].as_str()), (400, Some(field)), "{}", refused.text());
    }
    let made = client.post("/api/schedules", with("approval", json!({"quorum": 2, "timeout_s": 600}))).await;
    assert_eq!((made.status, &made.json()["removable"]), (201, &json!(true)), "{}", made.text());
    assert_eq!((&made.json()["approval"]["quorum"], &made.json()["approval"]["on_timeout"]), (&json!(2), &json!("deny")));
    assert_eq!(made.json()["readable"], "Daily at 4:00 AM (Europe/Madrid)");
    let changed = client.put("/api/schedules/1/approval", json!({"timeout_s": 10})).await;
    assert_eq!((changed.status, changed.json()["field"].as_str()), (400, Some("approval.timeout_s")));
    let without = client.delete("/api/schedules/1/approval").await;
    assert_eq!((without.status, &without.json()["approval"]), (200, &json!(null)), "{}", without.text());
    assert_eq!(client.delete("/api/schedules/1").await.status, 204);
    assert_eq!(client.get("/api/schedules/1").await.status, 404);
    let rows = audit.list(&Filter::default(), Order::NEWEST, PageRequest { limit: 9, offset: 0 }).await.unwrap();
    let actions: Vec<_> = rows.items.iter().map(|r| r.action.as_str()).collect();
    assert_eq!(actions, ["schedule.delete", "schedule.approval", "schedule.create"]);
}

/// Stores its second line late: the first two reads do not see it.
#[derive(Default)]
struct SlowLog(AtomicUsize);

impl JobLog for SlowLog {
    fn append(&self, _: i64, _: Timestamp, _: Severity, _: String) {}
    fn read(&self, _: i64, after: i64, _: i64) -> BoxFuture<'_, Result<Vec<LogLine>>> {
        let stored = if self.0.fetch_add(1, Ordering::SeqCst) < 2 { 1 } else { 2 };
        let all = [(1, "one"), (2, "two")].into_iter().filter(|(id, _)| *id > after && *id <= stored);
        let lines = all.map(|(id, text)| LogLine { id, at: Timestamp::from_secs(0), level: Severity::Info, text: text.to_owned() });
        let lines = lines.collect();
        Box::pin(async move { Ok(lines) })
    }
}

#[tokio::test]
async fn stream_of_a_run_tells_every_line_and_how_it_ended() {
    let s = sqlite_stage().await;
    let mut p = s.process(1);
    let (clock, rng) = (Arc::new(s.clock.clone()), Arc::new(SeededRng::new(1)));
    p.jobs = Jobs::new(s.t.store.state.clone(), clock, rng, s.events.clone(), Arc::new(SlowLog::default()));
    p.jobs.register("demo", SPEC, handler(|_| async { Verdict::done() }));
    let rng = Arc::new(SeededRng::new(2));
    let audit = Audit::new(s.t.store.state.clone(), Arc::new(s.clock.clone()), rng.clone());
    let web =
        Web::builder().mount(routes(p.jobs.clone(), audit.clone())).mount(run_routes(p.jobs.clone(), audit)).authenticator(Arc::new(Door));
    let client = TestClient::new(Arc::new(web.build(Arc::new(SystemClock), rng, p.tasks.clone()).unwrap())).bearer(&"a".repeat(64));
    p.jobs.submit(job().trigger("script:tidy")).await.unwrap();
    client.post("/api/runs/1/cancel", json!({})).await;
    let told = client.get("/api/runs/1/stream").await.text();
    assert_eq!(told, "id: 1\ndata: {\"chunk\":\"one\\n\"}\n\nid: 2\ndata: {\"chunk\":\"two\\n\"}\n\ndata: {\"status\":\"cancelled\"}\n\n");
    assert_eq!(client.get("/api/runs/9/stream").await.status, 404);
}
