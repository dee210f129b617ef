//! Runs of an organization, by thread.

use argos_jobs::{Hold, HoldPolicy, NewJob, State};
use serde_json::json;

use super::{ORGANIZATION, Stage, stages};

async fn pause(s: &Stage, thread: &str, organization: i64) -> i64 {
    let mut hold = Hold::new(
        "test_healing",
        "Self-heal 1 failed test: login",
        "healing:approve",
        HoldPolicy { timeout_s: 300, ..HoldPolicy::default() },
    );
    hold.thread_id = Some(thread.to_owned());
    hold.modifiable = vec!["days".to_owned()];
    hold.denied_runs = true;
    hold.evidence = json!({"paused_before": "self_heal", "options": ["approve_all", "abort_run"], "state_summary": {"failed_count": 1}});
    s.jobs.submit(NewJob::new("demo").payload(json!({"days": 1})).organization(organization).project(3).hold(hold)).await.unwrap()
}

#[tokio::test]
async fn paused_run_is_listed_modified_and_goes_on() {
    for s in stages().await {
        let job = pause(&s, "run-1", ORGANIZATION).await;
        pause(&s, "run-2", ORGANIZATION + 1).await;
        let ada = s.person("ada");
        let open = ada.get("/api/v1/approvals/pending?approval_type=healing").await.json();
        assert_eq!(open.as_array().unwrap().len(), 1, "{open}");
        assert_eq!(
            (&open[0]["thread_id"], &open[0]["paused_before"], &open[0]["state_summary"]["failed_count"], &open[0]["expires_at"]),
            (&json!("run-1"), &json!("self_heal"), &json!(1), &json!("2026-01-01T10:05:00Z"))
        );
        assert_eq!(ada.get("/api/v1/approvals/pending?approval_type=test_plan").await.json(), json!([]));
        assert_eq!(ada.post("/api/v1/approvals/run-1/modify", json!({"modifications": {}})).await.status, 400);
        assert_eq!(ada.post("/api/v1/approvals/run-1/modify", json!({"modifications": {"keep": 1}})).await.status, 400);
        let done = ada.post("/api/v1/approvals/run-1/modify", json!({"modifications": {"days": 4}, "reason": "fewer"})).await;
        assert_eq!((&done.json()["status"], &done.json()["modified_keys"]), (&json!("modified"), &json!(["days"])), "{}", done.text());
        assert_eq!((s.job(job).await.state, s.job(job).await.payload["days"].clone()), (State::Queued, json!(4)));
        let again = ada.post("/api/v1/approvals/run-1/approve", json!({})).await;
        assert_eq!((again.status, again.json()["error"].as_str()), (409, Some("Approval already approved")));
        // Another organization's run is not there.
        let foreign = ada.post("/api/v1/approvals/run-2/approve", json!({})).await;
        assert_eq!((foreign.status, foreign.json()["error"].as_str()), (404, Some("No pending action for this thread")));
        // Nor is it in the inbox of who is no member.
        assert_eq!(s.person("zoe").get("/api/approvals?status=all").await.json(), json!([]));
        assert_eq!(s.person("zoe").get("/api/approvals/1").await.status, 404);
    }
}

#[tokio::test]
async fn rejected_run_goes_on_knowing_it() {
    for s in stages().await {
        let job = pause(&s, "run-1", ORGANIZATION).await;
        let answer = s.person("ada").post("/api/v1/approvals/run-1/reject", json!({"reason": "wrong build"})).await;
        assert_eq!((answer.status, &answer.json()["status"]), (200, &json!("rejected")), "{}", answer.text());
        let job = s.job(job).await;
        assert_eq!((job.state, &job.payload["approval"]["status"]), (State::Queued, &json!("denied")));
        assert_eq!(job.payload["approval"]["comment"], "wrong build");
    }
}

#[tokio::test]
async fn approving_can_wait_for_the_run_to_end() {
    for s in stages().await {
        pause(&s, "run-1", ORGANIZATION).await;
        s.jobs.start(&s.tasks);
        let answer =
            s.person("ada").post("/api/v1/approvals/run-1/approve", json!({"wait": true, "decision": "approve_critical"})).await.json();
        assert_eq!((&answer["status"], &answer["result"]["completed"]), (&json!("approved"), &json!(true)), "{answer}");
        assert_eq!(answer["result"]["approval"]["option"], "approve_critical");
        s.tasks.shutdown().trigger();
    }
}

#[tokio::test]
async fn work_that_asks_first_waits_in_a_thread_of_its_own() {
    for s in stages().await {
        s.jobs.ask_first("demo", |payload| {
            let policy = HoldPolicy { timeout_s: 300, ..HoldPolicy::default() };
            Ok((payload["days"] == 7).then(|| Hold::new("test_plan", "Execute test plan with 1 test", "healing:approve", policy)))
        });
        assert!(s.jobs.asks("demo", &json!({"days": 1})).unwrap().is_none() && s.jobs.asks("other", &json!({})).unwrap().is_none());
        let payload = json!({"days": 7});
        let hold = s.jobs.asks("demo", &payload).unwrap().unwrap();
        let id = s.jobs.submit(NewJob::new("demo").payload(payload).organization(ORGANIZATION).project(3).hold(hold)).await.unwrap();
        let (thread, ada) = (s.job(id).await.uid.to_string(), s.person("ada"));
        let open = ada.get("/api/v1/approvals/pending?approval_type=test_plan").await.json();
        assert_eq!((&open[0]["thread_id"], &open[0]["project_id"]), (&json!(thread), &json!(null)), "{open}");
        let refused = ada.post(&format!("/api/v1/approvals/{thread}/reject"), json!({"reason": "not today"})).await;
        assert_eq!(refused.status, 200, "{}", refused.text());
        let job = s.job(id).await;
        assert_eq!((job.state, job.error.as_deref()), (State::Cancelled, Some("Denied by ada: not today")));
    }
}
