//! Incidents from alerts and by hand, their war room, and what the status page shows of them.

use argos_alerts::FiringChange::Fired;
use argos_events::Filter;
use serde_json::{Value, json};

use crate::routes::{anonymous, client, reader};
use crate::stage::Stage;

async fn rule(s: &Stage, body: Value) {
    let made = client(s).post("/api/alert-rules", body).await;
    assert_eq!(made.status, 200, "{}", made.text());
}

async fn incident_kinds(s: &Stage) -> Vec<String> {
    let all = s.events.list(&Filter::default(), None, 200).await.unwrap();
    all.into_iter().rev().map(|e| e.kind).filter(|k| k.starts_with("incident.")).collect()
}

#[tokio::test]
async fn alerts_of_a_group_share_one_incident_that_ends_with_the_last_of_them() {
    for s in Stage::each().await {
        rule(&s, json!({"id": "a", "condition": "load > 5", "group": "box", "severity": "warning", "message": "load high"})).await;
        rule(&s, json!({"id": "b", "condition": "ping > 5", "group": "box", "severity": "critical", "message": "ping slow"})).await;
        s.tick(&[("load", 9.0), ("ping", 1.0)]).await;
        s.tick(&[("load", 9.0), ("ping", 9.0)]).await;
        let c = client(&s);
        let list = c.get("/api/incidents").await.json();
        assert_eq!(list.as_array().unwrap().len(), 1, "{list}");
        assert_eq!(
            (&list[0]["severity"], &list[0]["title"], &list[0]["resolved_at"]),
            (&json!("critical"), &json!("load high"), &json!(0))
        );
        assert_eq!((&list[0]["source"], &list[0]["auto_generated"], &list[0]["kind"]), (&json!("alert"), &json!(true), &json!("auto")));
        let id = list[0]["id"].as_i64().unwrap();
        s.tick(&[("load", 1.0), ("ping", 9.0)]).await;
        s.tick(&[("load", 1.0), ("ping", 9.0)]).await;
        assert_eq!(c.get(&format!("/api/incidents/{id}")).await.json()["status"], "investigating", "one alert is still open");
        s.tick(&[("load", 1.0), ("ping", 1.0)]).await;
        s.tick(&[("load", 1.0), ("ping", 1.0)]).await;
        let whole = c.get(&format!("/api/incidents/{id}")).await.json();
        assert_eq!((&whole["status"], whole["alerts"].as_array().unwrap().len()), (&json!("resolved"), 2));
        assert_eq!(incident_kinds(&s).await, ["incident.opened", "incident.updated", "incident.resolved"]);
        // The next time is a new incident.
        s.tick(&[("load", 9.0), ("ping", 1.0)]).await;
        assert_eq!(c.get("/api/incidents").await.json().as_array().unwrap().len(), 2);
        let timeline = c.get(&format!("/api/incidents/{id}/timeline")).await.json();
        let kinds: Vec<&str> = timeline.as_array().unwrap().iter().map(|e| e["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["opened", "alert", "alert", "message", "alert_over", "alert_over", "update"]);
    }
}

#[tokio::test]
async fn group_by_keeps_incidents_of_different_labels_apart() {
    let s = Stage::sqlite().await;
    let sample: &[(&str, f64)] = &[("disks.percent[/]", 60.0), ("disks.percent[/data]", 60.0)];
    rule(&s, json!({"id": "apart", "condition": "disks[*].percent > 50", "group": "g", "group_by": ["mount"]})).await;
    rule(&s, json!({"id": "together", "condition": "disks[*].percent > 40", "group": "h"})).await;
    s.tick(sample).await;
    let list = client(&s).get("/api/incidents").await.json();
    assert_eq!(list.as_array().unwrap().len(), 3, "two mounts apart and one group: {list}");
}

#[tokio::test]
async fn incident_resolved_by_hand_keeps_its_alerts_quiet_until_they_clear() {
    for s in Stage::each().await {
        rule(&s, json!({"id": "a", "condition": "load > 5", "cooldown": 10})).await;
        s.tick(&[("load", 9.0)]).await;
        assert_eq!(s.told().len(), 1);
        let c = client(&s);
        let id = c.get("/api/incidents").await.json()[0]["id"].as_i64().unwrap();
        assert_eq!(c.post(&format!("/api/incidents/{id}/resolve"), json!({})).await.json()["status"], "ok");
        assert_eq!(c.post(&format!("/api/incidents/{id}/resolve"), json!({})).await.status, 200, "twice changes nothing");
        for _ in 0..5 {
            s.tick(&[("load", 9.0)]).await;
        }
        for _ in 0..2 {
            s.tick(&[("load", 1.0)]).await;
        }
        assert_eq!(s.told(), []);
        s.clock.advance_secs(60);
        s.tick(&[("load", 9.0)]).await;
        assert_eq!(s.told(), [(Fired, "load > 5".to_owned(), None)], "the next time is told again");
        assert_eq!(c.get("/api/incidents").await.json().as_array().unwrap().len(), 2);
        assert_eq!(c.post("/api/incidents/999/resolve", json!({})).await.status, 404);
        assert_eq!(c.post("/api/incidents/x/resolve", json!({})).await.status, 404);
    }
}

#[tokio::test]
async fn reopened_incident_lets_its_alerts_speak() {
    let s = Stage::sqlite().await;
    rule(&s, json!({"id": "a", "condition": "load > 5", "cooldown": 10})).await;
    s.tick(&[("load", 9.0)]).await;
    let c = client(&s);
    c.post("/api/incidents/1/resolve", json!({})).await;
    s.told();
    assert_eq!(c.post("/api/incidents/1/reopen", json!({})).await.status, 200);
    assert_eq!(c.get("/api/incidents/1").await.json()["status"], "investigating");
    s.tick(&[("load", 9.0)]).await;
    s.tick(&[("load", 9.0)]).await;
    assert_eq!(s.told().len(), 1, "a reminder");
}

#[tokio::test]
async fn war_room_takes_messages_of_people_and_keeps_system_lines_to_itself() {
    for s in Stage::each().await {
        let c = client(&s);
        assert_eq!(c.post("/api/incidents", json!({"title": " "})).await.status, 400);
        let id = c.post("/api/incidents", json!({"title": "Mail is slow", "severity": "major"})).await.json()["id"].as_i64().unwrap();
        let room = format!("/api/incidents/{id}/messages");
        let post = |body: Value| c.post(&room, body);
        assert_eq!(post(json!({"message": "looking"})).await.json()["status"], "ok");
        assert_eq!(post(json!({"message": "restarted postfix", "msg_type": "action"})).await.status, 200);
        for bad in [json!({"message": " "}), json!({"message": "x", "msg_type": "system"}), json!({"message": "x", "msg_type": "shout"})] {
            assert_eq!(post(bad).await.status, 400);
        }
        assert_eq!(c.put(&format!("/api/incidents/{id}/assign"), json!({})).await.status, 400);
        let assigned = c.put(&format!("/api/incidents/{id}/assign"), json!({"assigned_to": "grace"})).await.json();
        assert_eq!(assigned, json!({"status": "ok", "assigned_to": "grace"}));
        let lines = c.get(&room).await.json();
        let shown: Vec<(&str, &str)> = lines["messages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|m| (m["msg_type"].as_str().unwrap(), m["message"].as_str().unwrap()))
            .collect();
        assert_eq!(shown, [("comment", "looking"), ("action", "restarted postfix"), ("system", "Assigned incident to grace")]);
        assert_eq!(lines["incident_id"], json!(id));
        assert_eq!(c.get("/api/incidents/999/messages").await.status, 404);
        assert_eq!(reader(&s).post(&room, json!({"message": "x"})).await.status, 403);
    }
}

#[tokio::test]
async fn changes_are_told_in_the_war_room_and_resolve_is_not_a_status_to_set() {
    let s = Stage::sqlite().await;
    let c = client(&s);
    let id = c.post("/api/incidents", json!({"title": "Mail is slow"})).await.json()["id"].as_i64().unwrap();
    let path = format!("/api/incidents/{id}");
    let body = json!({"status": "identified", "severity": "critical", "root_cause": "queue", "postmortem": "we learnt", "title": "Mail is very slow"});
    let changed = c.patch(&path, body).await.json();
    assert_eq!(
        (&changed["status"], &changed["severity"], &changed["postmortem"]),
        (&json!("identified"), &json!("critical"), &json!("we learnt"))
    );
    let said = c.get(&format!("{path}/messages")).await.json()["messages"][0]["message"].as_str().unwrap().to_owned();
    assert!(said.contains("severity warning to critical") && said.contains("status investigating to identified"), "{said}");
    assert_eq!(c.patch(&path, json!({"status": "resolved"})).await.status, 400);
    assert_eq!(c.patch(&path, json!({"severity": "purple"})).await.status, 400);
    assert_eq!(c.patch(&path, json!({"status": "odd"})).await.status, 400);
}

#[tokio::test]
async fn merged_incident_hands_over_its_alerts_and_messages() {
    for s in Stage::each().await {
        rule(&s, json!({"id": "a", "condition": "load > 5", "severity": "critical"})).await;
        rule(&s, json!({"id": "b", "condition": "ping > 5"})).await;
        s.tick(&[("load", 9.0), ("ping", 9.0)]).await;
        let c = client(&s);
        let list = c.get("/api/incidents").await.json();
        let id = |rule: &str| list.as_array().unwrap().iter().find(|i| i["details"] == rule).unwrap()["id"].as_i64().unwrap();
        let (a, b) = (id("load > 5"), id("ping > 5"));
        c.post(&format!("/api/incidents/{a}/messages"), json!({"message": "hello"})).await;
        assert_eq!(c.post(&format!("/api/incidents/{a}/merge"), json!({"into": a})).await.status, 400);
        assert_eq!(c.post(&format!("/api/incidents/{a}/merge"), json!({"into": 999})).await.status, 400);
        assert_eq!(c.post(&format!("/api/incidents/{a}/merge"), json!({"into": b})).await.status, 200);
        let (from, into) = (c.get(&format!("/api/incidents/{a}")).await.json(), c.get(&format!("/api/incidents/{b}")).await.json());
        assert_eq!((&from["merged_into"], &from["status"], from["alerts"].as_array().unwrap().len()), (&json!(b), &json!("resolved"), 0));
        assert_eq!(
            (&into["severity"], into["alerts"].as_array().unwrap().len(), &into["status"]),
            (&json!("critical"), 2, &json!("investigating"))
        );
        assert_eq!(c.post(&format!("/api/incidents/{a}/reopen"), json!({})).await.status, 409);
        for _ in 0..2 {
            s.tick(&[("load", 1.0), ("ping", 1.0)]).await;
        }
        assert_eq!(c.get(&format!("/api/incidents/{b}")).await.json()["status"], "resolved", "with the last of both");
    }
}

#[tokio::test]
async fn status_page_shows_published_incidents_and_bound_components() {
    for s in Stage::each().await {
        let c = client(&s);
        rule(&s, json!({"id": "hot", "condition": "load > 5", "severity": "critical"})).await;
        assert_eq!(c.post("/api/status/components", json!({"name": ""})).await.json()["error"], "name is required");
        let web = c.post("/api/status/components", json!({"name": "Web", "service_key": "rule:hot"})).await.json()["id"].as_i64().unwrap();
        c.post("/api/status/components", json!({"name": "Mail", "group_name": "Office", "display_order": 2})).await;
        c.post("/api/status/components", json!({"name": "Ghost", "service_key": "service:nowhere", "display_order": 3})).await;
        s.tick(&[("load", 1.0)]).await;
        let door = anonymous(&s);
        let states = |page: &Value| -> Vec<String> {
            page["components"]
                .as_array()
                .unwrap()
                .iter()
                .map(|c| format!("{} {}", c["name"].as_str().unwrap(), c["status"].as_str().unwrap()))
                .collect()
        };
        let page = door.get("/api/status/public").await.json();
        assert_eq!(
            (states(&page), &page["overall"]),
            (vec!["Web operational".into(), "Mail operational".into(), "Ghost unknown".into()], &json!("operational"))
        );
        assert_eq!((page["uptime_history"].as_array().unwrap().len(), &page["services"]), (90, &page["components"]));
        s.tick(&[("load", 9.0)]).await;
        let page = door.get("/api/status/public").await.json();
        assert_eq!(
            (states(&page)[0].as_str(), page["active_incidents"].as_array().unwrap().len()),
            ("Web major_outage", 0),
            "the automatic incident is not public"
        );
        // Published in one step.
        let auto = c.get("/api/incidents").await.json()[0]["id"].as_i64().unwrap();
        assert_eq!(c.patch(&format!("/api/incidents/{auto}"), json!({"public": true})).await.status, 200);
        let id = c
            .post("/api/status/incidents/create", json!({"title": "Mail trouble", "severity": "minor", "message": "We look"}))
            .await
            .json()["id"]
            .as_i64()
            .unwrap();
        let page = door.get("/api/status/public").await.json();
        assert_eq!((page["active_incidents"].as_array().unwrap().len(), &page["overall"]), (2, &json!("major_outage")));
        assert_eq!(states(&page)[1], "Mail degraded", "an incident names it");
        assert_eq!(page["uptime_history"][89]["worst_severity"], "critical");
        let seen = door.get("/api/status/incidents").await.json()["incidents"][0].clone();
        assert_eq!(
            (&seen["title"], &seen["created_by"], &seen["updates"][0]["created_by"]),
            (&json!("Mail trouble"), &json!(""), &json!(""))
        );
        assert_eq!(c.get("/api/status/incidents").await.json()["incidents"][0]["created_by"], "ada");
        let update = c.post(&format!("/api/status/incidents/{id}/update"), json!({"message": "fixed", "status": "resolved"})).await;
        assert_eq!(update.status, 200);
        let done = door.get("/api/status/incidents").await.json()["incidents"][0].clone();
        assert_eq!((&done["status"], done["resolved_at"].is_i64()), (&json!("resolved"), true));
        assert_eq!(c.put(&format!("/api/status/incidents/{id}/resolve"), json!({})).await.status, 200);
        assert_eq!(c.put("/api/status/incidents/999/resolve", json!({})).await.status, 404);
        assert_eq!(c.put(&format!("/api/status/components/{web}"), json!({"enabled": false})).await.status, 200);
        assert_eq!(states(&door.get("/api/status/public").await.json()), ["Mail operational", "Ghost unknown"]);
        assert_eq!(c.delete(&format!("/api/status/components/{web}")).await.status, 200);
        assert_eq!(c.delete(&format!("/api/status/components/{web}")).await.status, 404);
    }
}

#[tokio::test]
async fn availability_excludes_maintenance_and_states_what_nobody_saw() {
    for s in Stage::each().await {
        rule(&s, json!({"id": "hot", "condition": "load > 5"})).await;
        let c = client(&s);
        s.tick(&[("load", 1.0)]).await;
        // 100 s down, of which the last 40 are maintenance.
        s.tick(&[("load", 9.0)]).await;
        for _ in 0..11 {
            s.tick(&[("load", 9.0)]).await;
        }
        let start = argos_kernel::Clock::now(&s.clock).secs() + 5;
        s.clock.advance_secs(5);
        let body = json!({"name": "m", "one_off_start": start, "one_off_end": start + 3600, "scope": ["rule:hot"]});
        assert_eq!(c.post("/api/maintenance-windows", body).await.status, 200);
        for _ in 0..6 {
            s.tick(&[("load", 9.0)]).await;
        }
        for _ in 0..2 {
            s.tick(&[("load", 1.0)]).await;
        }
        let report = c.get("/api/sla/summary?hours=1").await.json();
        let line = report["rules"].as_array().unwrap().iter().find(|r| r["id"] == "hot").unwrap().clone();
        assert_eq!((&line["downtime_s"], &line["maintenance_s"], &line["firings"]), (&json!(60), &json!(40), &json!(1)), "{line}");
        assert_eq!(line["unknown_s"], json!(3600 - 100 - 5), "watched since the first tick");
        assert_eq!(line["uptime_pct"], json!(98.31));
        let bare = c.get("/api/sla/hot?window=1").await.json().as_f64().unwrap();
        assert!((bare - 100.0 * (3560.0 - 60.0) / 3560.0).abs() < 0.001, "{bare}");
        assert_eq!(c.get("/api/sla/nothing").await.json(), Value::Null);
    }
}
