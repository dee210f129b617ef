//! Alerts about what nodes say and organizations do, without a written rule.

use std::sync::Arc;
use std::time::Duration;

use argos_alerts::FiringChange;
use argos_events::{Acknowledger, Filter, NewEvent, Source};
use argos_kernel::Severity::{self, Critical, Info, Warning};
use argos_kernel::{SeededRng, Shutdown, Tasks};
use argos_web::Caller;
use serde_json::json;

use crate::engine::wait;
use crate::routes::{HOUSE, client, stranger};
use crate::stage::Stage;

/// Alerting that follows the events from now on.
async fn following(s: &Stage) -> (Tasks, Shutdown) {
    let shutdown = Shutdown::new();
    let tasks = Tasks::new(Arc::new(s.clock.clone()), Arc::new(SeededRng::new(1)), shutdown.clone());
    s.alerts.start(&tasks);
    while s.events.lags().await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    (tasks, shutdown)
}

async fn open(s: &Stage) -> Vec<String> {
    let mut open: Vec<String> = s.alerts.open_firings().await.unwrap().into_iter().map(|f| f.cause.unwrap()).collect();
    open.sort();
    open
}

/// Somebody acknowledges the newest event of this kind and severity.
async fn acknowledge(s: &Stage, kind: &str, severity: Severity) {
    let newest = Filter { kinds: vec![s.events.kinds().pattern(kind)], severities: vec![severity], ..Filter::default() };
    let newest = s.events.list(&newest, None, 1).await.unwrap().remove(0);
    let mut tx = s.t.store.state.begin().await.unwrap();
    s.events.ack(&mut tx, newest.id, Acknowledger { name: "ada", uid: None }, None).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn alarm_of_a_node_lasts_until_it_was_seen_and_a_day_at_most() {
    for s in Stage::each().await {
        let (tasks, shutdown) = following(&s).await;
        let said = [
            ("node.flow", Critical),
            ("node.flow", Critical),
            ("node.flow", Info),
            ("node.secret_rotation", Warning),
            ("node.disk", Warning),
        ];
        for (kind, severity) in said {
            let event = NewEvent::new(Source::Nodes, kind, "port taken").severity(severity).subject("node", "n-1", "edge-7").node("n-1");
            s.events.announce(event).await.unwrap();
        }
        wait(|| s.heard.0.lock().unwrap().len() == 2).await;
        assert_eq!(open(&s).await, ["node.disk", "node.flow"]);
        acknowledge(&s, "node.flow", Critical).await;
        s.alerts.settle_alarms().await.unwrap();
        assert_eq!(open(&s).await, ["node.disk"], "what is said harmlessly after it needs no acknowledgement");
        s.clock.advance_secs(86_400);
        s.alerts.settle_alarms().await.unwrap();
        assert!(open(&s).await.is_empty());
        assert!(s.told().iter().all(|(change, ..)| *change == FiringChange::Fired), "that it is old is nothing to tell");
        shutdown.trigger();
        assert!(tasks.join(Duration::from_secs(5)).await);
    }
}

#[tokio::test]
async fn tunnels_of_one_node_are_told_apart() {
    let s = Stage::sqlite().await;
    let (tasks, shutdown) = following(&s).await;
    let said = |tunnel: &str, severity| {
        let event = NewEvent::new(Source::Nodes, "node.tunnel", tunnel).severity(severity).subject("node", "n-1", "edge-7").node("n-1");
        event.data(json!({ "tunnel_id": tunnel }))
    };
    for (tunnel, severity) in [("a", Warning), ("b", Warning), ("a", Warning), ("a", Info)] {
        s.events.announce(said(tunnel, severity)).await.unwrap();
    }
    wait(|| s.heard.0.lock().unwrap().len() == 3).await;
    let open = s.alerts.open_firings().await.unwrap();
    assert_eq!(open.iter().map(|f| f.message.as_str()).collect::<Vec<_>>(), ["b"]);
    shutdown.trigger();
    assert!(tasks.join(Duration::from_secs(5)).await);
}

#[tokio::test]
async fn what_an_organization_does_is_for_its_members_and_other_ones_are_not_judged() {
    let s = Stage::sqlite().await;
    s.alerts.set_house(1, HOUSE.to_owned());
    let c = client(&s);
    let rule = json!({"id": "runs", "condition": "event(\"test.run.failed\", 5m) >= 1"});
    assert_eq!(c.post("/api/alert-rules", rule).await.status, 200);
    let (tasks, shutdown) = following(&s).await;
    let failed = |kind: &str, organization: i64| {
        NewEvent::new(Source::Quality, kind, "failed")
            .subject("schedule", organization, format!("nightly-{organization}"))
            .organization(organization)
    };
    for event in [failed("test.run.failed", 2), failed("schedule.run.failed", 2), failed("schedule.run.failed", 1)] {
        s.events.announce(event).await.unwrap();
    }
    wait(|| !s.heard.0.lock().unwrap().is_empty()).await;
    let open = s.alerts.open_firings().await.unwrap();
    assert_eq!(open.iter().map(|f| f.rule_id.as_str()).collect::<Vec<_>>(), ["schedule_run_failed:nightly-1"]);
    assert_eq!(s.heard.0.lock().unwrap()[0].organization_id, Some(1));
    let (member, other) = (client(&s), stranger(&s));
    assert_eq!(member.get("/api/ui/attention").await.json()["problems"].as_array().unwrap().len(), 1);
    assert_eq!(member.get("/api/alert-history").await.json().as_array().unwrap().len(), 1);
    assert_eq!(other.get("/api/ui/attention").await.json()["problems"], json!([]));
    assert_eq!(other.get("/api/alert-history").await.json(), json!([]));
    assert_eq!(other.post(&format!("/api/ui/attention/{}/ack", open[0].id), json!({})).await.status, 404);
    assert_eq!(member.post(&format!("/api/ui/attention/{}/ack", open[0].id), json!({})).await.status, 200);
    shutdown.trigger();
    assert!(tasks.join(Duration::from_secs(5)).await);
}

#[tokio::test]
async fn incident_of_an_organization_is_not_there_for_others() {
    let s = Stage::sqlite().await;
    s.alerts.set_house(1, HOUSE.to_owned());
    let series = crate::stage::spec("test_pass_rate", &[("organization", HOUSE), ("project", "p")], argos_metrics::Kind::Gauge);
    s.point(&series, 10.0).await;
    client(&s).post("/api/alert-rules", json!({"id": "bad", "condition": "test_pass_rate < 90"})).await;
    s.tick(&[]).await;
    let incidents = client(&s).get("/api/incidents").await.json();
    let id = incidents[0]["id"].as_i64().unwrap();
    assert_eq!(stranger(&s).get("/api/incidents").await.json(), json!([]));
    assert!(s.alerts.brief_incident(&Caller::anonymous(), id).await.unwrap().is_none());
    let silence = json!({"matchers": [{"label": "project", "op": "=", "value": "p"}], "duration": "10m"});
    for (by, seen) in [(client(&s), 1), (stranger(&s), 0)] {
        let covered = by.post("/api/silences/preview", silence.clone()).await.json();
        assert_eq!(covered["alerts"].as_array().unwrap().len(), seen, "{covered}");
    }
    for path in [format!("/api/incidents/{id}"), format!("/api/incidents/{id}/timeline"), format!("/api/incidents/{id}/messages")] {
        assert_eq!((client(&s).get(&path).await.status, stranger(&s).get(&path).await.status), (200, 404), "{path}");
    }
    let told = json!({"message": "seen"});
    assert_eq!(stranger(&s).post(&format!("/api/incidents/{id}/messages"), told).await.status, 404);
    assert_eq!(stranger(&s).post(&format!("/api/incidents/{id}/resolve"), json!({})).await.status, 404);
}

#[tokio::test]
async fn alert_of_an_organization_never_joins_the_incident_of_what_everybody_sees() {
    let s = Stage::sqlite().await;
    s.alerts.set_house(1, HOUSE.to_owned());
    let series = crate::stage::spec("test_pass_rate", &[("organization", HOUSE), ("project", "p")], argos_metrics::Kind::Gauge);
    let c = client(&s);
    c.post("/api/alert-rules", json!({"id": "router", "condition": "load > 5", "severity": "critical"})).await;
    c.post("/api/alert-rules", json!({"id": "bad", "condition": "test_pass_rate < 90", "depends_on": ["router"]})).await;
    s.tick(&[("load", 9.0)]).await;
    s.point(&series, 10.0).await;
    s.tick(&[("load", 9.0)]).await;
    let incidents_of = async |by: argos_web::testing::TestClient| by.get("/api/incidents").await.json().as_array().unwrap().len();
    assert_eq!((incidents_of(client(&s)).await, incidents_of(stranger(&s)).await), (2, 1));
}
