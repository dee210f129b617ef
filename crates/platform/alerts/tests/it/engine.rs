//! Ticks and events through the engine.

use std::time::Duration;

use argos_alerts::{FiringChange, STATEMENTS};
use argos_events::{Filter, NewEvent, Source};
use argos_kernel::{Actor, SeededRng, Shutdown, Tasks};
use argos_web::testing::TestClient;
use serde_json::json;

use crate::routes::client;
use crate::stage::{Stage, Values, values};

use FiringChange::{Escalated, Fired, Reminder, Resolved};

pub(crate) async fn rule(client: &TestClient, body: serde_json::Value) {
    let reply = client.post("/api/alert-rules", body).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
}

/// Switches the built-in rules off, so that only the rule under test speaks.
pub(crate) async fn only_own(client: &TestClient) {
    for r in client.get("/api/alert-rules").await.json().as_array().unwrap() {
        let reply = client.put(&format!("/api/alert-rules/{}", r["id"].as_str().unwrap()), json!({"enabled": false})).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
    }
}

#[tokio::test]
async fn statements_prepare_on_each_engine() {
    for s in Stage::each().await {
        for stmt in STATEMENTS.concat() {
            s.t.store.state.prepare(stmt).await.unwrap();
        }
    }
}

/// SQLite numbers `$n` by first appearance, so both engines agree only when they appear in ascending order.
#[test]
fn parameters_appear_in_ascending_order_in_every_statement() {
    for stmt in STATEMENTS.concat() {
        let mut highest = 0;
        for piece in stmt.sqlite.split('$').skip(1) {
            let n: usize = piece.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap();
            assert!(n <= highest + 1, "{}: ${n} after ${highest}", stmt.name);
            highest = highest.max(n);
        }
    }
}

#[tokio::test]
async fn rule_fires_with_row_event_and_notice_and_resolves_after_two_false_ticks() {
    for s in Stage::each().await {
        let c = client(&s);
        only_own(&c).await;
        rule(&c, json!({"id": "both", "condition": "cpuPercent > 50 AND memPercent > 50", "severity": "danger", "message": "Hot: {value}", "channels": [3, "mail"]})).await;
        assert_eq!(s.tick(&[("cpu_percent", 40.0), ("mem_percent", 60.0)]).await.fired, 0);
        let report = s.tick(&[("cpu_percent", 60.04), ("mem_percent", 60.0)]).await;
        assert_eq!((report.evaluated, report.fired), (1, 1));
        let notice = s.heard.0.lock().unwrap()[0].clone();
        assert_eq!((notice.channels.len(), notice.rule_id.as_str(), notice.value), (2, "both", Some(60.04)));
        assert_eq!(s.told(), [(Fired, "Hot: 60".to_owned(), None)]);
        assert_eq!(s.tick(&[("cpu_percent", 10.0), ("mem_percent", 60.0)]).await.resolved, 0);
        assert_eq!(s.tick(&[("cpu_percent", 10.0), ("mem_percent", 60.0)]).await.resolved, 1);
        assert_eq!(s.told(), [(Resolved, "[RESOLVED] Hot: 60".to_owned(), None)]);
        assert_eq!(s.kinds().await, ["alert.firing", "alert.resolved"]);
        let row = &c.get("/api/alert-history").await.json()[0];
        assert_eq!(
            (row["rule_id"].as_str(), row["severity"].as_str(), row["state"].as_str()),
            (Some("both"), Some("danger"), Some("resolved"))
        );
        assert_eq!(row["resolved_at"].as_i64().unwrap() - row["timestamp"].as_i64().unwrap(), 10);
    }
}

#[tokio::test]
async fn pending_and_firing_survive_a_restart() {
    for s in Stage::each().await {
        let c = client(&s);
        only_own(&c).await;
        rule(&c, json!({"id": "slow", "condition": "cpu_percent > 90", "for_s": 20, "cooldown": 3600})).await;
        s.tick(&[("cpu_percent", 95.0)]).await;
        s.clock.advance_secs(20);
        let after = s.restarted().await;
        let now = |s: &Stage| argos_kernel::Clock::now(&s.clock);
        assert_eq!(after.tick(&values(&[("cpu_percent", 95.0)]), now(&s)).await.unwrap().fired, 1);
        s.clock.advance_secs(5);
        let again = s.restarted().await;
        assert_eq!(again.tick(&values(&[("cpu_percent", 95.0)]), now(&s)).await.unwrap().fired, 0);
        assert_eq!(again.open_firings().await.unwrap().len(), 1);
        for _ in 0..2 {
            s.clock.advance_secs(5);
            again.tick(&values(&[("cpu_percent", 5.0)]), now(&s)).await.unwrap();
        }
        assert!(again.open_firings().await.unwrap().is_empty());
        assert_eq!(s.told().iter().map(|t| t.0).collect::<Vec<_>>(), [Fired, Resolved]);
    }
}

#[tokio::test]
async fn reminders_and_escalation_follow_their_times_until_somebody_acknowledges() {
    let s = Stage::sqlite().await;
    let c = client(&s);
    only_own(&c).await;
    let escalation = json!([{"delay_minutes": 0.5, "channels": ["boss"]}]);
    rule(
        &c,
        json!({"id": "e", "condition": "cpu_percent > 1", "message": "M", "cooldown": 20, "escalation": escalation, "channels": ["mail"]}),
    )
    .await;
    for _ in 0..8 {
        s.tick(&[("cpu_percent", 5.0)]).await;
    }
    let heard: Vec<_> = s.heard.0.lock().unwrap().iter().map(|n| (n.change, n.message.clone(), n.channels.len())).collect();
    assert_eq!(heard, [(Fired, "M".to_owned(), 1), (Reminder, "M".to_owned(), 1), (Escalated { step: 1 }, "[ESCALATED] M".to_owned(), 1)]);
    s.told();
    let id = s.alerts.open_firings().await.unwrap()[0].id;
    assert_eq!(c.post(&format!("/api/ui/attention/{id}/ack"), json!({})).await.json()["acknowledged_by"], "ada");
    for _ in 0..8 {
        s.tick(&[("cpu_percent", 5.0)]).await;
    }
    assert!(s.told().is_empty());
    assert_eq!(s.kinds().await, ["alert.firing", "alert.escalated"]);
    let event =
        s.events.list(&argos_events::Filter::default(), None, 50).await.unwrap().into_iter().find(|e| e.kind == "alert.firing").unwrap();
    assert_eq!(event.acknowledged_by.as_deref(), Some("ada"));
}

#[tokio::test]
async fn builtin_thresholds_fire_per_instance_and_the_weaker_one_stays_quiet() {
    let s = Stage::sqlite().await;
    let disks = [("disks.percent[/]", 95.0), ("disks.percent[/home]", 81.0), ("cpu_percent", 10.0)];
    assert_eq!(s.tick(&disks).await.fired, 3);
    let mut told = s.told();
    told.sort_by(|a, b| a.1.cmp(&b.1));
    let line = |text: &str, withheld| (Fired, text.to_owned(), withheld);
    assert_eq!(told, [line("Disk / at 95%", None), line("Disk / at 95%", Some("duplicate")), line("Disk /home at 81%", None)]);
    let alerts = s.alerts.stats_alerts().await.unwrap();
    let shown: Vec<_> = alerts.iter().map(|a| (a.level, a.msg.as_str())).collect();
    assert_eq!(shown, [("danger", "Disk / at 95%"), ("warning", "Disk /home at 81%")]);
    // An unmounted disk ends its alert like a false condition.
    s.tick(&[("disks.percent[/]", 95.0), ("cpu_percent", 10.0)]).await;
    s.tick(&[("disks.percent[/]", 95.0), ("cpu_percent", 10.0)]).await;
    assert_eq!(s.told(), [(Resolved, "[RESOLVED] Disk /home at 81%".to_owned(), None)]);
    // A failed service is a text, not a number.
    let mut v = Values::default();
    v.texts.insert(("services.status".to_owned(), Some("nginx".to_owned())), "failed".to_owned());
    s.clock.advance_secs(5);
    s.alerts.tick(&(std::sync::Arc::new(v) as _), argos_kernel::Clock::now(&s.clock)).await.unwrap();
    assert_eq!(s.told(), [(Fired, "Service nginx failed".to_owned(), None)]);
}

#[tokio::test]
async fn firing_asks_for_the_action_of_its_rule_unless_it_shall_only_tell() {
    let s = Stage::sqlite().await;
    let c = client(&s);
    only_own(&c).await;
    let action = json!({"type": "webhook", "target": "web", "token": "abc123secret"});
    for (id, autonomy) in [("acts", "execute"), ("asks", "approve"), ("tells", "notify")] {
        rule(&c, json!({"id": id, "condition": "cpu_percent > 1", "message": id, "action": action, "autonomy": autonomy})).await;
    }
    s.tick(&[("cpu_percent", 5.0)]).await;
    s.tick(&[("cpu_percent", 5.0)]).await;
    let filter = Filter { kinds: vec![s.events.kinds().pattern("heal.requested")], ..Filter::default() };
    let asked = s.events.list(&filter, None, 10).await.unwrap();
    let mut of: Vec<_> = asked.iter().map(|e| (e.data["rule_id"].as_str().unwrap(), e.data["autonomy"].as_str().unwrap())).collect();
    of.sort();
    assert_eq!(of, [("acts", "execute"), ("asks", "approve")]);
    assert!(asked.iter().all(|e| e.data["action"]["target"] == "web" && !e.data.to_string().contains("abc123secret")));
}

#[tokio::test]
async fn switched_off_and_deleted_rules_end_their_alerts() {
    for s in Stage::each().await {
        let c = client(&s);
        only_own(&c).await;
        rule(&c, json!({"id": "a", "condition": "cpu_percent > 1"})).await;
        rule(&c, json!({"id": "b", "condition": "cpu_percent > 2"})).await;
        assert_eq!(s.tick(&[("cpu_percent", 5.0)]).await.fired, 2);
        assert_eq!(c.put("/api/alert-rules/a", json!({"autonomy": "disabled"})).await.status, 200);
        assert_eq!(c.delete("/api/alert-rules/b").await.status, 200);
        assert!(s.alerts.open_firings().await.unwrap().is_empty());
        assert_eq!(s.tick(&[("cpu_percent", 5.0)]).await.evaluated, 0);
        assert_eq!(s.told().iter().map(|t| t.0).collect::<Vec<_>>(), [Fired, Fired, Resolved, Resolved]);
    }
}

#[tokio::test]
async fn events_fire_rules_at_once_and_pairs_open_and_close_without_a_rule() {
    for s in Stage::each().await {
        let c = client(&s);
        only_own(&c).await;
        rule(&c, json!({"id": "logins", "condition": "event(\"login_failed\", 5m) >= 2", "message": "Password guessing"})).await;
        let shutdown = Shutdown::new();
        let clock = std::sync::Arc::new(s.clock.clone());
        let tasks = Tasks::new(clock, std::sync::Arc::new(SeededRng::new(1)), shutdown.clone());
        s.alerts.start(&tasks);
        // The consumer begins with the next event after it registered.
        while s.events.lags().await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        for _ in 0..2 {
            s.events.announce(NewEvent::new(Source::Platform, "login_failed", "no")).await.unwrap();
        }
        let down = || NewEvent::new(Source::Ops, "endpoint.down", "shop does not answer").subject("endpoint", 7, "shop");
        s.events.announce(down()).await.unwrap();
        s.events.announce(down()).await.unwrap();
        wait(|| s.heard.0.lock().unwrap().len() == 2).await;
        let mut open: Vec<String> = s.alerts.open_firings().await.unwrap().into_iter().map(|f| f.rule_id).collect();
        open.sort();
        assert_eq!(open, ["endpoint_down:shop", "logins"]);
        s.clock.advance_secs(36);
        s.events.announce(NewEvent::new(Source::Ops, "endpoint.up", "back").subject("endpoint", 7, "shop")).await.unwrap();
        wait(|| s.heard.0.lock().unwrap().len() == 3).await;
        assert_eq!(c.get("/api/sla/endpoint_down:shop?window=1").await.json(), json!(99.0));
        let summary = c.get("/api/sla/summary?hours=1").await.json();
        assert_eq!(
            summary["sla"],
            json!([{"name": "shop", "type": "service", "uptime_pct": 99.0, "downtime_s": 36, "incidents": 1, "observed_pct": 0.0, "maintenance_s": 0, "unknown_s": 3564}])
        );
        shutdown.trigger();
        assert!(tasks.join(Duration::from_secs(5)).await);
    }
}

pub(crate) async fn wait(mut done: impl FnMut() -> bool) {
    for _ in 0..1000 {
        if done() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the expected notices did not come");
}

#[tokio::test]
async fn every_change_of_rules_and_firings_is_audited() {
    let s = Stage::sqlite().await;
    let c = client(&s);
    rule(&c, json!({"id": "a", "condition": "cpu_percent > 1", "action": {"type": "webhook", "token": "abc123secret"}})).await;
    c.put("/api/alert-rules/a", json!({"cooldown": 10})).await;
    s.tick(&[("cpu_percent", 5.0)]).await;
    let id = s.alerts.open_firings().await.unwrap()[0].id;
    c.post(&format!("/api/ui/attention/{id}/ack"), json!({})).await;
    c.post(&format!("/api/ui/attention/{id}/silence"), json!({"minutes": 5})).await;
    c.put("/api/alert-rules", json!({"rules": []})).await;
    c.post("/api/alert-rules", json!({"id": "b", "condition": "x > 1"})).await;
    c.delete("/api/alert-rules/b").await;
    let rows = s.audit.after(0, 100).await.unwrap();
    let actions: Vec<&str> = rows.iter().map(|r| r.action.as_str()).collect();
    assert_eq!(
        actions,
        [
            "alert_rule.create",
            "alert_rule.update",
            "alert.acknowledge",
            "alert.silence",
            "alert_rule.replace_all",
            "alert_rule.create",
            "alert_rule.delete"
        ]
    );
    assert!(rows.iter().all(|r| r.actor_name == "ada" && !r.after.clone().unwrap_or_default().contains("abc123secret")));
    assert!(s.audit.verify().await.unwrap().ok);
    assert_eq!(Actor::system().name, "system");
}
