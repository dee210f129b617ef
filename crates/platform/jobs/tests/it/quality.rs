//! Schedules of test runs and their runs, as an organization sees them; runs of scripts.

use std::sync::{Arc, Mutex};

use argos_audit::Audit;
use argos_jobs::{KindSpec, NewJob, Schedules, State, TEST_RUN, Verdict, quality_routes, run_routes};
use argos_kernel::{AppError, CredentialKind, Result, Role, SeededRng, Severity, SystemClock, Uid};
use argos_vault::{MasterKey, Vault};
use argos_web::testing::TestClient;
use argos_web::{
    AuthFailure, Authenticator, BoxFuture, Caller, ClientInfo, Grants, Membership, Organizations, Presented, ProjectRef, Req, Web,
};
use serde_json::{Value, json};

use super::{Process, SPEC, Stage, handler, job, stages};

/// Tokens of `a` act in organization 7, those of `b` in 8.
struct Door;

impl Authenticator for Door {
    fn cached(&self, _: &Presented) -> Option<Arc<Caller>> {
        None
    }
    fn authenticate<'a>(&'a self, given: &'a Presented, _: &'a ClientInfo) -> BoxFuture<'a, Result<Arc<Caller>, AuthFailure>> {
        let Presented::Session { token, .. } = given else { panic!("a session") };
        let grants = || Grants::new(["test:read", "test:write", "test:delete", "test:execute", "results:read"]);
        let member = Membership {
            organization_id: if token.starts_with('a') { 7 } else { 8 },
            organization_uid: Uid::mint(&SystemClock, &SeededRng::new(3)),
            is_default: true,
            role: "admin",
            grants: grants(),
            somewhere: grants(),
        };
        let caller = Caller {
            username: "ada".to_owned(),
            role: Some(Role::Admin),
            credential: CredentialKind::Session,
            grants: Grants::new(["automations:read", "automations:run", "logs:system"]),
            memberships: Arc::from([member]),
            ..Caller::anonymous()
        };
        Box::pin(async move { Ok(Arc::new(caller)) })
    }
}

struct Tenants;

fn project(id: i64, organization_id: i64) -> ProjectRef {
    let clock = argos_kernel::ManualClock::at(argos_kernel::Timestamp::from_secs(id));
    ProjectRef { id, uid: Uid::mint(&clock, &SeededRng::new(u64::try_from(id).unwrap())), organization_id }
}

impl Organizations for Tenants {
    fn organization_of<'a>(&'a self, req: &'a Req) -> BoxFuture<'a, Result<i64>> {
        let id = req.cx().caller.memberships[0].organization_id;
        Box::pin(async move { Ok(id) })
    }
    fn organization_named<'a>(&'a self, req: &'a Req, _: &'a str) -> BoxFuture<'a, Result<i64>> {
        self.organization_of(req)
    }
    fn project_named<'a>(&'a self, req: &'a Req, text: &'a str) -> BoxFuture<'a, Result<ProjectRef>> {
        let found = match text {
            "1" => Some(project(1, 7)),
            "2" => Some(project(2, 8)),
            _ => None,
        };
        let seen = found.filter(|p| req.cx().caller.memberships.iter().any(|m| m.organization_id == p.organization_id));
        Box::pin(async move { seen.ok_or_else(|| AppError::not_found("Project not found")) })
    }
    fn uid_of(&self, organization: i64) -> BoxFuture<'_, Result<Option<argos_kernel::Uid>>> {
        let at = argos_kernel::ManualClock::at(argos_kernel::Timestamp::from_secs(organization));
        Box::pin(async move { Ok(Some(argos_kernel::Uid::mint(&at, &SeededRng::new(9)))) })
    }
    fn projects_of(&self, organization: i64) -> BoxFuture<'_, Result<Vec<ProjectRef>>> {
        Box::pin(async move { Ok(vec![project(organization - 6, organization)]) })
    }
}

async fn client(s: &Stage, p: &Process) -> (TestClient, Schedules) {
    let rng = Arc::new(SeededRng::new(2));
    let db = s.t.store.state.clone();
    let key = MasterKey::parse(&"5".repeat(64)).unwrap();
    let vault = Vault::unlock(&db, &key, Arc::new(s.clock.clone()), rng.clone()).await.unwrap();
    let audit = Audit::new(db, Arc::new(s.clock.clone()), rng.clone());
    let schedules = Schedules::new(p.jobs.clone(), chrono_tz::Tz::UTC);
    let web = Web::builder()
        .mount(quality_routes(schedules.clone(), audit.clone(), vault, Arc::new(Tenants)))
        .mount(run_routes(p.jobs.clone(), audit))
        .authenticator(Arc::new(Door));
    (TestClient::new(Arc::new(web.build(Arc::new(s.clock.clone()), rng, p.tasks.clone()).unwrap())), schedules)
}

fn body() -> Value {
    json!({
        "project_id": "1", "name": "Nightly shop", "cron_expression": "0 9 * * 1-5", "timezone": "Europe/Madrid",
        "app_url": "https://shop.example", "tags": ["shop"], "environment_variables": {"API_TOKEN": "s3cret-value"},
    })
}

#[tokio::test]
async fn schedule_is_refused_while_nothing_runs_tests() {
    for s in stages().await {
        let p = s.process(1);
        let (client, _) = client(&s, &p).await;
        let refused = client.bearer(&"a".repeat(64)).post("/api/v1/schedules", body()).await;
        assert_eq!((refused.status, refused.json()["code"].as_str()), (409, Some("test_runs_unavailable")), "{}", refused.text());
    }
}

#[tokio::test]
async fn schedule_of_tests_is_made_changed_paused_triggered_and_removed() {
    for s in stages().await {
        let p = s.process(1);
        p.jobs.register(
            TEST_RUN,
            KindSpec::new("quality_run"),
            handler(|_| async { Verdict::Done(json!({"test_results": {"total": 3}})) }),
        );
        let (client, schedules) = client(&s, &p).await;
        let (a, b) = (client.bearer(&"a".repeat(64)), client.bearer(&"b".repeat(64)));
        let made = a.post("/api/v1/schedules", body()).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let row = made.json();
        let path = format!("/api/v1/schedules/{}", row["id"].as_str().unwrap());
        assert_eq!(
            (&row["cron_readable"], &row["status"], &row["environment_variables"], &row["timeout_minutes"], &row["created_by"]),
            (&json!("Weekdays at 9:00 AM (Europe/Madrid)"), &json!("active"), &json!({"API_TOKEN": "***"}), &json!(60), &json!("ada"))
        );
        assert_eq!((&row["project_id"], &row["next_run_at"]), (&json!(project(1, 7).uid.to_string()), &json!("2026-01-02T08:00:00Z")));
        // Another organization sees nothing of it.
        assert_eq!((b.get(&path).await.status, b.get("/api/v1/schedules").await.json()["total"].clone()), (404, json!(0)));
        assert_eq!(a.get("/api/v1/schedules?tags=x,shop&enabled=true&project_id=1").await.json()["total"], json!(1));
        assert_eq!(a.get("/api/v1/schedules?tags=x").await.json()["total"], json!(0));
        let mut theirs = body();
        theirs["project_id"] = json!("2");
        assert_eq!(a.post("/api/v1/schedules", theirs).await.status, 404);
        let bad = json!({"cron_expression": "0 24 * * *", "retry_count": 9, "environment_variables": {"NEW": "***"}});
        let refused = a.put(&path, bad).await;
        let named: Vec<_> = refused.json()["detail"].as_array().unwrap().iter().map(|f| f["loc"][1].clone()).collect();
        assert_eq!((refused.status, named), (422, vec![json!("cron_expression"), json!("retry_count")]), "{}", refused.text());
        let keeps = json!({"environment_variables": {"API_TOKEN": "***", "USER": "shop"}, "retry_count": 2});
        let changed = a.put(&path, keeps).await.json();
        assert_eq!(
            (&changed["environment_variables"], &changed["retry_count"], &changed["name"]),
            (&json!({"API_TOKEN": "***", "USER": "***"}), &json!(2), &json!("Nightly shop"))
        );
        let paused = a.post(&format!("{path}/pause"), json!({"reason": "release", "until": "2026-01-01T11:00:00Z"})).await.json();
        assert_eq!((&paused["enabled"], &paused["status"], &paused["next_run_at"]), (&json!(false), &json!("paused"), &json!(null)));
        // It is run by hand while it is paused, once at a time.
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        p.jobs.ask_first(TEST_RUN, move |payload| {
            seen.lock().unwrap().push((payload["test_ids"].clone(), payload["app_url"].clone()));
            Ok(None)
        });
        let run = a.post(&format!("{path}/trigger"), json!({"test_ids": ["t1"], "app_url": "https://live.example"})).await;
        assert_eq!(*asked.lock().unwrap(), [(json!(["t1"]), json!("https://live.example"))], "what will run, not what is stored");
        assert_eq!((run.status, &run.json()["message"]), (200, &json!("Test run started")), "{}", run.text());
        let again = a.call("POST", &format!("{path}/trigger"), None).await;
        assert_eq!((again.status, again.json()["code"].as_str()), (409, Some("run_in_progress")));
        assert_eq!(a.call("POST", &format!("{path}/trigger?force=true"), None).await.status, 200);
        s.clock.advance_secs(3_700);
        schedules.resume_due().await.unwrap();
        let resumed = a.get(&path).await.json();
        assert_eq!((&resumed["enabled"], &resumed["status"], &resumed["run_count"]), (&json!(true), &json!("running"), &json!(2)));
        runs_are_followed(&s, &p, &a, &b, &path, run.json()["run_id"].as_str().unwrap()).await;
        let later = argos_kernel::Clock::now(&s.clock).plus_secs(900);
        let active = p.jobs.submit(NewJob::new(TEST_RUN).schedule(1).organization(7).run_at(later)).await.unwrap();
        assert_eq!(a.delete(&path).await.json()["success"], json!(true));
        assert_eq!((a.get(&path).await.status, p.job(active).await.state), (404, State::Cancelled));
    }
}

#[tokio::test]
async fn members_changed_at_the_same_time_are_all_kept() {
    for s in stages().await {
        let p = s.process(1);
        p.jobs.register(TEST_RUN, KindSpec::new("quality_run"), handler(|_| async { Verdict::done() }));
        let (client, _) = client(&s, &p).await;
        let a = client.bearer(&"a".repeat(64));
        let path = format!("/api/v1/schedules/{}", a.post("/api/v1/schedules", body()).await.json()["id"].as_str().unwrap());
        // As many as the rate of these routes allows.
        for round in 0..5 {
            let pause = format!("{path}/pause");
            let (name, retries, paused) = tokio::join!(
                a.put(&path, json!({"name": format!("round {round}")})),
                a.put(&path, json!({"retry_count": round % 3})),
                a.post(&pause, json!({})),
            );
            assert_eq!((name.status, retries.status, paused.status), (200, 200, 200), "{} {}", name.text(), retries.text());
            let now = a.get(&path).await.json();
            let wanted = (json!(format!("round {round}")), json!(round % 3), json!(false));
            assert_eq!((now["name"].clone(), now["retry_count"].clone(), now["enabled"].clone()), wanted);
            assert_eq!(a.post(&format!("{path}/resume"), json!({})).await.status, 200);
        }
    }
}

/// The first run ends well, the second is still queued.
async fn runs_are_followed(s: &Stage, p: &Process, a: &TestClient, b: &TestClient, path: &str, run: &str) {
    assert_eq!(a.get(&format!("/api/v1/status/{run}")).await.json()["status"], "pending");
    assert_eq!(p.job(1).await.payload["test_ids"], json!(["t1"]));
    // Another pool member keeps the second from starting: they share the schedule's key.
    p.jobs.set_pool_limit("quality_run", 1);
    p.start();
    p.until(1, State::Succeeded).await;
    p.until(2, State::Succeeded).await;
    let last = p.jobs.submit(NewJob::new(TEST_RUN).schedule(1).organization(7).run_at(argos_kernel::Clock::now(&s.clock).plus_secs(900)));
    assert_eq!(last.await.unwrap(), 3);
    let runs = a.get(&format!("{path}/runs")).await.json();
    let words: Vec<_> = runs.as_array().unwrap().iter().map(|r| r["status"].clone()).collect();
    assert_eq!(words, ["queued", "passed", "passed"]);
    assert_eq!((&runs[2]["id"], &runs[2]["trigger_type"], &runs[2]["test_results"]["total"]), (&json!(run), &json!("manual"), &json!(3)));
    assert_eq!(a.get(&format!("{path}/runs?status=passed&limit=1")).await.header("x-total-count"), Some("2"));
    let waiting = runs[0]["id"].as_str().unwrap();
    let refused = a.post(&format!("{path}/runs/{run}/cancel"), json!({})).await;
    assert_eq!((refused.status, refused.json()["error"].as_str()), (400, Some("Cannot cancel run with status 'passed'")));
    assert_eq!(b.post(&format!("/api/v1/cancel/{waiting}"), json!({})).await.status, 404);
    let done = a.post(&format!("/api/v1/cancel/{waiting}"), json!({"reason": "wrong build"})).await;
    assert_eq!((done.status, &done.json()["status"]), (200, &json!("cancelled")), "{}", done.text());
    let row = a.get(path).await.json();
    assert_eq!((&row["success_count"], &row["success_rate"], &row["last_run_status"]), (&json!(2), &json!(100.0), &json!("cancelled")));
}

#[tokio::test]
async fn runs_of_scripts_are_shown_with_their_output_and_cancelled() {
    for s in stages().await {
        let p = s.process(1);
        p.jobs.register("demo", SPEC, handler(|_| async { Verdict::done() }));
        p.jobs.register("other", KindSpec::new("backup"), handler(|_| async { Verdict::done() }));
        let (client, _) = client(&s, &p).await;
        let c = client.bearer(&"a".repeat(64));
        assert_eq!(c.get("/api/run-status").await.json(), json!({"status": "idle"}));
        p.jobs.submit(job().trigger("script:disk_check").schedule(5)).await.unwrap();
        p.jobs.submit(job().trigger("script:diskxcheck")).await.unwrap();
        p.jobs.submit(NewJob::new("other")).await.unwrap();
        p.jobs.submit(job().organization(7)).await.unwrap();
        for text in ["one", "two"] {
            argos_jobs::JobLog::append(&p.log, 1, argos_kernel::Clock::now(&s.clock), Severity::Info, text.to_owned());
        }
        let ids = async |query: &str| {
            let page = c.get(&format!("/api/runs?{query}")).await;
            page.json().as_array().unwrap().iter().map(|r| r["id"].as_i64().unwrap()).collect::<Vec<_>>()
        };
        for (query, want) in [
            ("", vec![2, 1]),
            ("limit=1", vec![2]),
            ("status=done", vec![]),
            ("automation_id=5", vec![1]),
            ("trigger_prefix=script:disk_", vec![1]),
        ] {
            assert_eq!(ids(query).await, want, "{query}");
        }
        assert_eq!(c.get("/api/runs?status=lost").await.status, 400);
        let busy = c.get("/api/run-status").await.json();
        assert_eq!((&busy["status"], &busy["script"], &busy["run_ids"]), (&json!("queued"), &json!("disk_check"), &json!([1, 2])));
        let one = c.get("/api/runs/1").await.json();
        assert_eq!((&one["status"], &one["output"], &one["automation_id"]), (&json!("queued"), &json!("one\ntwo\n"), &json!("5")));
        let log = async || c.get("/api/action-log").await.json()["content"].clone();
        assert_eq!(log().await, json!("Waiting for output…"), "the newest has said nothing");
        argos_jobs::JobLog::append(&p.log, 2, argos_kernel::Clock::now(&s.clock), Severity::Info, "\x1b[32mok\x1b[0m".to_owned());
        assert_eq!(log().await, json!("ok\n"));
        assert_eq!(c.with_header("accept", "text/plain").get("/api/action-log").await.text(), "ok\n");
        for (run, status) in [(1, 200), (1, 404), (3, 404), (4, 404)] {
            let reply = c.post(&format!("/api/runs/{run}/cancel"), json!({})).await;
            assert_eq!(reply.status, status, "{run}: {}", reply.text());
        }
        assert_eq!((ids("status=cancelled").await, c.get("/api/runs/3").await.status), (vec![1], 404));
    }
}

#[tokio::test]
async fn project_that_goes_takes_its_schedules_along_and_cancels_what_waits_for_it() {
    for s in stages().await {
        let p = s.process(1);
        p.jobs.register("demo", SPEC, handler(|_| async { Verdict::done() }));
        let schedules = Schedules::new(p.jobs.clone(), chrono_tz::Tz::UTC);
        let spec = |name: &str, project_id| argos_jobs::ScheduleSpec {
            organization_id: Some(7),
            project_id,
            ..argos_jobs::ScheduleSpec::new(name, "demo", "0 3 * * *")
        };
        let mut tx = s.t.store.state.begin().await.unwrap();
        for (name, project) in [("one", Some(1)), ("two", Some(2)), ("none", None)] {
            schedules.create(&mut tx, &spec(name, project)).await.unwrap();
        }
        tx.commit().await.unwrap();
        for project in [1, 2] {
            p.jobs.submit(NewJob::new("demo").organization(7).project(project)).await.unwrap();
        }
        let mut tx = s.t.store.state.begin().await.unwrap();
        schedules.remove_of_project(&mut tx, 1).await.unwrap();
        p.jobs.cancel_of_project(&mut tx, 1).await.unwrap();
        tx.commit().await.unwrap();
        let left: Vec<String> = schedules.list(Some("demo")).await.unwrap().into_iter().map(|s| s.spec.name).collect();
        assert_eq!(left, ["two", "none"]);
        let states = [p.job(1).await.state, p.job(2).await.state];
        assert_eq!(states, [State::Cancelled, State::Queued]);
    }
}
