//! The inbox: consent, refusal, quorum, changes, delay, deadlines.

use argos_jobs::{HoldPolicy, OnTimeout, State};
use serde_json::json;

use super::stages;

#[tokio::test]
async fn job_waits_until_somebody_approves_and_then_runs_once() {
    for s in stages().await {
        let id = s.ask(HoldPolicy::default()).await;
        s.jobs.start(&s.tasks);
        let bob = s.person("bob");
        assert_eq!(bob.get("/api/approvals/count").await.json(), json!({"count": 1}));
        let row = bob.get("/api/approvals").await.json()[0].clone();
        assert_eq!((&row["status"], &row["run_id"], &row["requested_by"]), (&json!("pending"), &json!(id), &json!("ada")), "{row}");
        assert_eq!((&row["decidable"], &row["run_state"], &row["expires_at"]), (&json!(true), &json!("waiting"), &json!(1_767_265_200)));
        assert_eq!(s.job(id).await.state, State::Waiting);
        let done = bob.post("/api/approvals/1/decide", json!({"decision": "approve", "comment": "go"})).await;
        assert_eq!((done.status, &done.json()["decision"], &done.json()["approval_status"]), (200, &json!("approved"), &json!("approved")));
        let job = s.until(id, State::Succeeded).await;
        let result = job.result.unwrap();
        assert_eq!((&result["approval"]["decided_by"], &result["days"]), (&json!("bob"), &json!(30)));
        let late = bob.post("/api/approvals/1/decide", json!({"decision": "denied"})).await;
        assert_eq!((late.status, late.json()["error"].as_str()), (400, Some("Approval already approved")));
        let row = bob.get("/api/approvals/1").await.json();
        assert_eq!((&row["run_state"], &row["self_approved"], &row["comment"]), (&json!("succeeded"), &json!(false), &json!("go")));
        assert_eq!(bob.get("/api/approvals").await.json(), json!([]));
        assert_eq!(s.kinds().await, ["approval.decided", "approval.requested"]);
        s.tasks.shutdown().trigger();
    }
}

#[tokio::test]
async fn quorum_counts_people_and_changes_void_earlier_consents() {
    for s in stages().await {
        let id = s.ask(HoldPolicy { quorum: 2, ..HoldPolicy::default() }).await;
        let (ada, bob) = (s.person("ada"), s.person("bob"));
        let first = ada.post("/api/approvals/1/decide", json!({"decision": "approved"})).await.json();
        assert_eq!((&first["approval_status"], &first["consents"], &first["quorum"]), (&json!("pending"), &json!(1), &json!(2)));
        let twice = ada.post("/api/approvals/1/decide", json!({"decision": "approved"})).await;
        assert_eq!((twice.status, twice.json()["code"].as_str()), (400, Some("already_voted")));
        for (body, field) in [(json!({"keep": false}), "`keep` may not be modified"), (json!({"days": 0}), "payload.days must be positive")]
        {
            let refused = bob.post("/api/approvals/1/decide", json!({"decision": "approved", "modifications": body})).await;
            assert_eq!((refused.status, refused.json()["error"].as_str()), (400, Some(field)));
        }
        // Ada agreed to 30 days, not to 5.
        let changed = bob.post("/api/approvals/1/decide", json!({"decision": "approved", "modifications": {"days": 5}})).await.json();
        assert_eq!((&changed["approval_status"], &changed["consents"]), (&json!("pending"), &json!(1)));
        assert_eq!(s.job(id).await.state, State::Waiting);
        let last = ada.post("/api/approvals/1/decide", json!({"decision": "approved"})).await.json();
        assert_eq!(last["approval_status"], "approved");
        let job = s.job(id).await;
        assert_eq!((job.state, &job.payload["days"], &job.payload["keep"]), (State::Queued, &json!(5), &json!(true)));
        let row = ada.get("/api/approvals/1").await.json();
        assert_eq!((&row["modified_keys"], &row["self_approved"]), (&json!(["days"]), &json!(true)), "{row}");
    }
}

#[tokio::test]
async fn denied_job_never_runs_and_repeating_it_asks_again() {
    for s in stages().await {
        let id = s.ask(HoldPolicy::default()).await;
        let bob = s.person("bob");
        bob.post("/api/approvals/1/decide", json!({"decision": "deny", "comment": "not tonight"})).await;
        let job = s.job(id).await;
        assert_eq!((job.state, job.error.as_deref()), (State::Cancelled, Some("Denied by bob: not tonight")));
        let mut tx = s.t.store.state.begin().await.unwrap();
        let again = s.jobs.retry(&mut tx, &job, &argos_kernel::Actor::system()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(s.job(again).await.state, State::Waiting);
        assert_eq!(bob.get("/api/approvals").await.json()[0]["run_id"], json!(again));
        // Cancelling the job takes the question back.
        let mut tx = s.t.store.state.begin().await.unwrap();
        s.jobs.cancel(&mut tx, again).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(bob.get("/api/approvals/2").await.json()["status"], "cancelled");
        let late = bob.post("/api/approvals/2/decide", json!({"decision": "approved"})).await;
        assert_eq!((late.status, late.json()["error"].as_str()), (400, Some("Approval already cancelled")));
    }
}

#[tokio::test]
async fn nobody_decides_who_is_not_asked_or_may_not_do_it_himself() {
    for s in stages().await {
        s.ask(HoldPolicy { approvers: vec!["bob".into(), "vera".into()], ..HoldPolicy::default() }).await;
        let refused = s.person("ada").post("/api/approvals/1/decide", json!({"decision": "approved"})).await;
        assert_eq!((refused.status, refused.json()["code"].as_str()), (403, Some("not_an_approver")));
        let refused = s.person("vera").post("/api/approvals/1/decide", json!({"decision": "approved"})).await;
        assert_eq!((refused.status, refused.json()["error"].as_str()), (403, Some("Permission denied: automations:run")));
        assert_eq!(s.person("vera").get("/api/approvals/1").await.json()["decidable"], json!(false));
        let bad = s.person("bob").post("/api/approvals/1/decide", json!({"decision": "maybe"})).await;
        assert_eq!((bad.status, bad.json()["field"].as_str()), (400, Some("decision")));
        // Refusing takes no right to do it.
        assert_eq!(s.person("vera").post("/api/approvals/1/decide", json!({"decision": "denied"})).await.status, 200);
        assert_eq!(s.person("bob").post("/api/approvals/9/decide", json!({"decision": "denied"})).await.status, 404);
    }
}

#[tokio::test]
async fn deadlines_escalate_expire_and_approve_as_the_policy_says() {
    for s in stages().await {
        let raised = HoldPolicy { timeout_s: 600, escalate_s: Some(60), ..HoldPolicy::default() };
        let expires = s.ask(raised).await;
        let runs = s.ask(HoldPolicy { timeout_s: 900, on_timeout: OnTimeout::Approve, ..HoldPolicy::default() }).await;
        let waits = s.ask(HoldPolicy { timeout_s: 60, on_timeout: OnTimeout::Wait, ..HoldPolicy::default() }).await;
        let bob = s.person("bob");
        s.clock.advance_secs(61);
        assert_eq!(s.approvals.sweep().await.unwrap(), 1);
        assert_eq!((s.approvals.sweep().await.unwrap(), &bob.get("/api/approvals/1").await.json()["stage"]), (0, &json!("admin")));
        // Put off by half an hour, three times at most.
        for _ in 0..3 {
            assert_eq!(bob.post("/api/approvals/1/decide", json!({"decision": "defer"})).await.status, 200);
        }
        let limit = bob.post("/api/approvals/1/decide", json!({"decision": "defer"})).await;
        assert_eq!((limit.status, limit.json()["code"].as_str()), (400, Some("defer_limit")));
        s.clock.advance_secs(600 + 3 * 1_800);
        assert_eq!(s.approvals.sweep().await.unwrap(), 2);
        let job = s.job(expires).await;
        assert_eq!((job.state, job.error.as_deref()), (State::Cancelled, Some("Nobody decided in time")));
        assert_eq!(s.job(runs).await.state, State::Queued);
        assert_eq!(s.job(waits).await.state, State::Waiting);
        let words: Vec<_> =
            bob.get("/api/approvals?status=all").await.json().as_array().unwrap().iter().map(|r| r["status"].clone()).collect();
        assert_eq!(words, [json!("pending"), json!("auto_approved"), json!("expired")]);
        let kinds = s.kinds().await;
        assert_eq!(kinds.iter().filter(|k| *k == "approval.requested").count(), 4, "{kinds:?}");
        assert_eq!(kinds.iter().filter(|k| *k == "approval.expired").count(), 1, "{kinds:?}");
    }
}

#[tokio::test]
async fn key_decides_only_with_the_exact_scope() {
    for s in stages().await {
        let id = s.ask(HoldPolicy::default()).await;
        let star = s.person("apikey:star");
        assert_eq!(star.get("/api/approvals/1").await.json()["decidable"], json!(false));
        let refused = star.post("/api/approvals/1/decide", json!({"decision": "denied"})).await;
        assert_eq!((refused.status, refused.json()["code"].as_str()), (403, Some("exact_scope_required")));
        let done = s.person("apikey:exact").post("/api/approvals/1/decide", json!({"decision": "approved"})).await;
        assert_eq!((done.status, s.job(id).await.state), (200, State::Queued), "{}", done.text());
    }
}

#[tokio::test]
async fn question_nobody_may_answer_is_refused_at_once_and_loudly() {
    for s in stages().await {
        s.staff.set(&[]);
        let id = s.ask(HoldPolicy::default()).await;
        let job = s.job(id).await;
        let why = "Denied by system: nobody may approve it; it takes automations:run";
        assert_eq!((job.state, job.error.as_deref()), (State::Cancelled, Some(why)));
        assert_eq!(s.kinds().await, ["approval.nobody", "approval.decided"]);
        s.staff.set(&[("ada", true)]);
        let id = s.ask(HoldPolicy { approvers: vec!["nobody".into()], ..HoldPolicy::default() }).await;
        assert_eq!(s.job(id).await.state, State::Cancelled);
        let id = s.ask(HoldPolicy::default()).await;
        assert_eq!(s.job(id).await.state, State::Waiting);
    }
}

#[tokio::test]
async fn high_risk_waits_after_the_consent_of_the_only_administrator() {
    for s in stages().await {
        let mut hold = argos_jobs::Hold::new("heal", "Reboot web-1", "automations:run", HoldPolicy::default());
        hold.risk = Some("high".to_owned());
        let job = || argos_jobs::NewJob::new("demo").payload(json!({"days": 1})).hold(hold.clone());
        let ada = s.person("ada");
        let crowd = s.jobs.submit(job()).await.unwrap();
        ada.post("/api/approvals/1/decide", json!({"decision": "approved"})).await;
        s.staff.set(&[("ada", true)]);
        let alone = s.jobs.submit(job()).await.unwrap();
        ada.post("/api/approvals/2/decide", json!({"decision": "approved"})).await;
        let (crowd, alone) = (s.job(crowd).await, s.job(alone).await);
        assert_eq!((crowd.state, alone.state, alone.run_at.secs_since(crowd.run_at)), (State::Queued, State::Queued, 300));
    }
}

#[tokio::test]
async fn page_holds_what_the_caller_may_see_and_skips_nothing_of_it() {
    for s in stages().await {
        for n in 0..6 {
            let hold = argos_jobs::Hold::new("automation", "x", "automations:run", HoldPolicy::default());
            let job = argos_jobs::NewJob::new("demo").payload(json!({"days": 1})).hold(hold);
            // Every other one is of an organization zoe is not in.
            s.jobs.submit(if n % 2 == 0 { job.organization(super::ORGANIZATION) } else { job }).await.unwrap();
        }
        let ids = async |who: &str, query: &str| {
            let page = s.person(who).get(&format!("/api/approvals?{query}")).await.json();
            page.as_array().unwrap().iter().map(|a| a["id"].as_i64().unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(ids("zoe", "limit=2").await, [6, 4]);
        assert_eq!(ids("zoe", "limit=2&offset=2").await, [2]);
        assert_eq!(ids("bob", "limit=3").await, [6, 5, 4]);
        assert_eq!(s.person("zoe").get("/api/approvals/count").await.json(), json!({"count": 3}));
    }
}

#[tokio::test]
async fn two_who_decide_at_once_have_one_winner() {
    for s in stages().await {
        let id = s.ask(HoldPolicy::default()).await;
        let (ada, bob) = (s.person("ada"), s.person("bob"));
        let (yes, no) = tokio::join!(
            ada.post("/api/approvals/1/decide", json!({"decision": "approved"})),
            bob.post("/api/approvals/1/decide", json!({"decision": "denied"}))
        );
        let statuses = [yes.status, no.status];
        assert!(statuses == [200, 400] || statuses == [400, 200], "{} {}", yes.text(), no.text());
        let expected = if yes.status == 200 { State::Queued } else { State::Cancelled };
        assert_eq!(s.job(id).await.state, expected);
    }
}

#[tokio::test]
async fn run_that_waits_is_approved_by_its_number() {
    for s in stages().await {
        let id = s.ask(HoldPolicy::default()).await;
        let plain = s.jobs.submit(argos_jobs::NewJob::new("demo")).await.unwrap();
        let bob = s.person("bob");
        assert_eq!(bob.post(&format!("/api/runs/{id}/approve"), json!({})).await.json(), json!({"status": "ok"}));
        for run in [id, plain] {
            let again = bob.post(&format!("/api/runs/{run}/approve"), json!({})).await;
            assert_eq!((again.status, again.json()["error"].as_str()), (400, Some("Run is not pending approval")));
        }
        assert_eq!(bob.post("/api/runs/99/approve", json!({})).await.status, 404);
    }
}
