//! Maintenance windows, silences, flapping and dependencies: what is withheld, and what is still written.

use argos_alerts::FiringChange::{Fired, Reminder, Resolved};
use serde_json::{Value, json};

use crate::routes::{client, reader};
use crate::stage::Stage;

const HOT: &[(&str, f64)] = &[("load", 9.0)];
const COOL: &[(&str, f64)] = &[("load", 1.0)];

async fn rule(s: &Stage, body: Value) {
    let made = client(s).post("/api/alert-rules", body).await;
    assert_eq!(made.status, 200, "{}", made.text());
}

fn now(s: &Stage) -> i64 {
    use argos_kernel::Clock;
    s.clock.now().secs()
}

async fn history(s: &Stage, rule: &str) -> Vec<Value> {
    client(s).get(&format!("/api/alert-history?rule_id={rule}")).await.json().as_array().unwrap().clone()
}

#[tokio::test]
async fn window_withholds_messages_and_the_alert_speaks_when_it_ends() {
    for s in Stage::each().await {
        rule(&s, json!({"id": "hot", "condition": "load > 5"})).await;
        let c = client(&s);
        let body = json!({"name": "upgrade", "one_off_start": now(&s), "one_off_end": now(&s) + 60, "scope": ["rule:hot"]});
        let preview = c.post("/api/maintenance-windows/preview", body.clone()).await.json();
        assert_eq!(preview["rules"].as_array().unwrap().iter().map(|r| r["id"].clone()).collect::<Vec<_>>(), [json!("hot")]);
        let id = c.post("/api/maintenance-windows", body).await.json()["id"].as_i64().unwrap();
        assert_eq!(c.get("/api/maintenance-windows/active").await.json()[0]["id"], json!(id));
        s.tick(HOT).await;
        assert_eq!(s.told(), [(Fired, "load > 5".to_owned(), Some("maintenance"))]);
        let problem = c.get("/api/ui/attention").await.json()["problems"][0].clone();
        assert_eq!((&problem["state"], problem["incident_id"].is_i64()), (&json!("maintenance"), true));
        s.clock.advance_secs(60);
        s.tick(HOT).await;
        assert_eq!(s.told(), [(Reminder, "load > 5".to_owned(), None)], "it still fires when the window is over");
        assert_eq!(history(&s, "hot").await[0]["withheld"], "maintenance");
        assert_eq!(c.get("/api/maintenance-windows/active").await.json(), json!([]));
    }
}

#[tokio::test]
async fn window_of_something_else_withholds_nothing() {
    let s = Stage::sqlite().await;
    rule(&s, json!({"id": "hot", "condition": "load > 5"})).await;
    let body = json!({"name": "other", "one_off_start": now(&s), "one_off_end": now(&s) + 600, "scope": ["service:nginx", "rule:cold"]});
    client(&s).post("/api/maintenance-windows", body).await;
    s.tick(HOT).await;
    assert_eq!(s.told(), [(Fired, "load > 5".to_owned(), None)]);
}

#[tokio::test]
async fn disabled_autonomy_stops_a_rule_and_auto_close_closes_its_incident() {
    for s in Stage::each().await {
        rule(&s, json!({"id": "hot", "condition": "load > 5"})).await;
        rule(&s, json!({"id": "warm", "condition": "load > 4"})).await;
        let (from, to) = (now(&s), now(&s) + 600);
        let c = client(&s);
        let off = json!({"name": "a", "one_off_start": from, "one_off_end": to, "scope": ["rule:hot"], "override_autonomy": "disabled"});
        let close = json!({"name": "b", "one_off_start": from, "one_off_end": to, "scope": ["rule:warm"], "auto_close_alerts": true});
        assert_eq!(c.post("/api/maintenance-windows", off).await.status, 200);
        assert_eq!(c.post("/api/maintenance-windows", close).await.status, 200);
        s.tick(HOT).await;
        assert!(history(&s, "hot").await.is_empty());
        let incidents = c.get("/api/incidents").await.json();
        assert_eq!((incidents.as_array().unwrap().len(), &incidents[0]["status"]), (1, &json!("resolved")));
        assert_eq!(incidents[0]["resolved_by"], "maintenance");
    }
}

#[tokio::test]
async fn window_with_autonomy_disabled_holds_the_schedules_of_its_scope() {
    for s in Stage::each().await {
        let (from, to) = (now(&s) - 60, now(&s) + 3600);
        let window = |name: &str, scope: Value, autonomy: Value| json!({"name": name, "one_off_start": from, "one_off_end": to, "scope": scope, "override_autonomy": autonomy});
        let nightly = json!({"schedule": "nightly", "kind": "test_run", "project": "shop", "service": "nginx"});
        let held = |labels: Value| {
            let alerts = s.alerts.clone();
            async move { alerts.holds_schedule(&[json!({"schedule": "other"}), labels]).await.unwrap() }
        };
        let of = |word: &str, autonomy: &str| window("w", json!([word]), json!(autonomy));
        let cases = [
            ("project:shop", "disabled", true),
            ("service:ng*", "disabled", true),
            ("nightly", "disabled", true),
            ("all", "disabled", true),
            // Another autonomy lets the clockwork run, and words about rules say nothing of it.
            ("nightly", "notify", false),
            ("rule:*", "disabled", false),
            ("group:*", "disabled", false),
            ("project:blog", "disabled", false),
        ];
        for (word, autonomy, wanted) in cases {
            let made = client(&s).post("/api/maintenance-windows", of(word, autonomy)).await;
            assert_eq!(made.status, 200, "{word}");
            assert_eq!(held(nightly.clone()).await, wanted, "{word} {autonomy}");
            let id = made.json()["id"].clone();
            assert_eq!(client(&s).delete(&format!("/api/maintenance-windows/{id}")).await.status, 200);
            assert!(!held(nightly.clone()).await);
        }
    }
}

#[tokio::test]
async fn silence_covers_by_label_until_it_ends_and_can_be_looked_at_first() {
    for s in Stage::each().await {
        rule(&s, json!({"id": "disk", "condition": "disks[*].percent > 50", "message": "{label} full"})).await;
        let sample: &[(&str, f64)] = &[("disks.percent[/]", 60.0), ("disks.percent[/data]", 60.0)];
        s.tick(sample).await;
        assert_eq!(s.told().len(), 2);
        let c = client(&s);
        let body = json!({"matchers": [{"label": "mount", "op": "~", "value": "/da*"}], "duration": "10m", "reason": "known"});
        let preview = c.post("/api/silences/preview", body.clone()).await.json();
        assert_eq!((preview["alerts"].as_array().unwrap().len(), &preview["alerts"][0]["message"]), (1, &json!("/data full")));
        let id = c.post("/api/silences", body).await.json()["id"].as_i64().unwrap();
        let states = || async {
            let list = c.get("/api/ui/attention").await.json();
            list["problems"].as_array().unwrap().iter().map(|p| (p["title"].clone(), p["state"].clone())).collect::<Vec<_>>()
        };
        assert_eq!(states().await, [(json!("/ full"), json!("open")), (json!("/data full"), json!("silenced"))]);
        assert_eq!(c.get("/api/maintenance-windows").await.json(), json!([]), "a silence is no maintenance");
        for _ in 0..70 {
            s.tick(sample).await;
        }
        assert_eq!(s.told(), [(Reminder, "/ full".to_owned(), None)], "only the loud one is repeated");
        assert_eq!(c.delete(&format!("/api/silences/{id}")).await.status, 200);
        assert_eq!(c.delete(&format!("/api/silences/{id}")).await.status, 404);
        s.tick(sample).await;
        assert_eq!(s.told(), [(Reminder, "/data full".to_owned(), None)]);
    }
}

#[tokio::test]
async fn silence_without_a_matcher_or_an_end_is_refused() {
    let s = Stage::sqlite().await;
    let c = client(&s);
    for body in [
        json!({"duration": "1h"}),
        json!({"matchers": [{"label": "x", "op": "=", "value": "y"}]}),
        json!({"matchers": [{"label": "x", "op": "=", "value": "y"}], "duration": "900d"}),
        json!({"matchers": [{"label": "", "op": "=", "value": "y"}], "duration": "1h"}),
    ] {
        assert_eq!(c.post("/api/silences", body.clone()).await.status, 400, "{body}");
    }
    assert_eq!(reader(&s).post("/api/silences", json!({"scope": ["all"], "duration": "1h"})).await.status, 403);
}

#[tokio::test]
async fn instance_that_fires_again_and_again_is_flapping_and_told_once_it_stays() {
    let s = Stage::sqlite().await;
    rule(&s, json!({"id": "flap", "condition": "load > 5", "cooldown": 0})).await;
    for _ in 0..4 {
        s.tick(HOT).await;
        s.tick(COOL).await;
        s.tick(COOL).await;
    }
    assert_eq!(s.told().iter().filter(|t| t.0 == Fired && t.2.is_none()).count(), 4);
    s.tick(HOT).await;
    assert_eq!(s.told(), [(Fired, "load > 5".to_owned(), Some("flapping"))]);
    let problem = client(&s).get("/api/ui/attention").await.json()["problems"][0].clone();
    assert_eq!(problem["flapping"], true);
    // A restart does not forget it.
    let again = s.restarted().await;
    s.clock.advance_secs(5);
    again.tick(&crate::stage::values(HOT), argos_kernel::Clock::now(&s.clock)).await.unwrap();
    assert_eq!(s.told(), []);
    s.clock.advance_secs(1800);
    s.tick(HOT).await;
    assert_eq!(s.told(), [(Reminder, "load > 5".to_owned(), None)]);
}

#[tokio::test]
async fn dependent_alert_is_folded_into_the_incident_of_what_explains_it() {
    for s in Stage::each().await {
        rule(&s, json!({"id": "router", "condition": "load > 5", "severity": "critical"})).await;
        rule(&s, json!({"id": "site", "condition": "ping > 5", "depends_on": ["router"]})).await;
        s.tick(&[("load", 9.0), ("ping", 1.0)]).await;
        s.tick(&[("load", 9.0), ("ping", 9.0)]).await;
        assert_eq!(s.told(), [(Fired, "load > 5".to_owned(), None), (Fired, "ping > 5".to_owned(), Some("dependency"))]);
        let c = client(&s);
        let problems = c.get("/api/ui/attention").await.json()["problems"].clone();
        assert_eq!((problems.as_array().unwrap().len(), &problems[0]["children"][0]["rule_id"]), (1, &json!("site")));
        let incidents = c.get("/api/incidents").await.json();
        assert_eq!(incidents.as_array().unwrap().len(), 1, "one incident for both: {incidents}");
        for _ in 0..2 {
            s.tick(&[("load", 1.0), ("ping", 1.0)]).await;
        }
        assert_eq!(s.told(), [(Resolved, "[RESOLVED] load > 5".to_owned(), None)]);
        assert_eq!(c.get("/api/incidents").await.json()[0]["status"], "resolved");
        let refused = c.post("/api/alert-rules", json!({"id": "me", "condition": "load > 1", "depends_on": ["me"]})).await;
        assert_eq!(refused.status, 400);
        // What depends on each other would silence each other for ever.
        let circle = c.put("/api/alert-rules/router", json!({"depends_on": ["site"]})).await;
        assert_eq!(
            (circle.status, circle.json()["error"].as_str()),
            (400, Some("Invalid depends_on: router depends on itself by way of site"))
        );
    }
}

#[tokio::test]
async fn windows_are_changed_shown_in_the_calendar_and_removed() {
    for s in Stage::each().await {
        let c = client(&s);
        for (body, text) in [
            (json!({"schedule": "0 3 * * *"}), "name is required"),
            (json!({"name": "x"}), "Either schedule or one_off_start and one_off_end is required"),
            (json!({"name": "x", "start_ts": 10, "end_ts": 20}), "The window is over already"),
        ] {
            let refused = c.post("/api/maintenance-windows", body).await;
            assert_eq!((refused.status, refused.json()["error"].as_str()), (400, Some(text)));
        }
        let body = json!({"name": "nightly", "schedule": "0 3 * * *", "duration_minutes": 30, "timezone": "Europe/Berlin", "override_autonomy": "none"});
        let made = c.post("/api/maintenance-windows", body).await.json();
        let id = made["id"].as_i64().unwrap();
        let listed = c.get("/api/maintenance-windows").await.json()[0].clone();
        assert_eq!((&listed["type"], &listed["duration_min"], &listed["suppress_alerts"]), (&json!("recurring"), &json!(30), &json!(true)));
        let calendar = c.get("/api/maintenance-windows/calendar?days=7").await.json();
        assert_eq!(calendar.as_array().unwrap().len(), 7);
        let (start, end) = (calendar[0]["start"].as_i64().unwrap(), calendar[0]["end"].as_i64().unwrap());
        assert_eq!((end - start, start % 86_400), (1800, 3600), "03:00 in Berlin in June");
        assert_eq!(c.put(&format!("/api/maintenance-windows/{id}"), json!({"enabled": false, "other": 1})).await.status, 200);
        assert_eq!(c.get("/api/maintenance-windows/calendar").await.json(), json!([]));
        assert_eq!(c.put("/api/maintenance-windows/999", json!({})).await.status, 404);
        assert_eq!(c.put(&format!("/api/maintenance-windows/{id}"), json!({"schedule": "nonsense"})).await.status, 400);
        assert_eq!(c.delete(&format!("/api/silences/{id}")).await.status, 404, "a window is no silence");
        assert_eq!(c.delete(&format!("/api/maintenance-windows/{id}")).await.status, 200);
        assert_eq!(c.delete(&format!("/api/maintenance-windows/{id}")).await.status, 404);
    }
}

#[tokio::test]
async fn healing_windows_are_a_view_of_the_same_table() {
    for s in Stage::each().await {
        let c = client(&s);
        assert_eq!(
            c.post("/api/healing/maintenance", json!({"target": "nginx"})).await.json()["error"],
            "target and duration are required"
        );
        for bad in [json!({"target": "nginx", "duration": "soon"}), json!({"target": "nginx", "duration": "1h", "action": "explode"})] {
            assert_eq!(c.post("/api/healing/maintenance", bad).await.status, 400);
        }
        let made = c.post("/api/healing/maintenance", json!({"target": "nginx", "duration": "2h30m", "reason": "update"})).await.json();
        assert_eq!(made["status"], "created");
        let list = c.get("/api/healing/maintenance").await.json();
        assert_eq!(
            (&list[0]["target"], &list[0]["duration_s"], &list[0]["action"], &list[0]["active"]),
            (&json!("nginx"), &json!(9000), &json!("suppress"), &json!(1))
        );
        let whole = c.get("/api/maintenance-windows").await.json()[0].clone();
        assert_eq!(
            (&whole["heal_action"], &whole["suppress_alerts"], &whole["scope"]),
            (&json!("suppress"), &json!(false), &json!(["nginx"]))
        );
        assert!(s.alerts.in_maintenance("service:nginx").await.unwrap());
        assert!(!s.alerts.in_maintenance("service:redis").await.unwrap());
        let ended = c.delete(&format!("/api/healing/maintenance/{}", made["id"])).await;
        assert_eq!(ended.json()["status"], "ended");
        assert_eq!(c.get("/api/healing/maintenance").await.json(), json!([]));
    }
}

#[tokio::test]
async fn window_withholds_events_of_its_scope_but_silences_and_calls_for_people_do_not() {
    use argos_events::{Filter, NewEvent, Source};
    let s = Stage::sqlite().await;
    for (kind, subject, name) in [
        ("power.on_battery", "power_device", "ups-1"),
        ("power.on_battery", "power_device", "ups-2"),
        ("edge.target_unhealthy", "edge_target", "10.0.0.7:80"),
        ("security.alert", "user", "ups-1"),
    ] {
        s.events.announce(NewEvent::new(Source::Platform, kind, "told").subject(subject, name, name)).await.unwrap();
    }
    let mut all = s.events.list(&Filter::default(), None, 10).await.unwrap();
    all.reverse();
    let withheld = || async {
        let quiet = s.alerts.quiet().await.unwrap();
        all.iter().map(|e| quiet.withholds(e)).collect::<Vec<_>>()
    };
    let c = client(&s);
    // It would fit every event if it were asked.
    c.post("/api/silences", json!({"matchers": [{"label": "rule", "op": "!=", "value": "hot"}], "duration": "1h"})).await;
    assert_eq!(withheld().await, [None; 4]);
    let window = |scope: Value| json!({"name": "work", "one_off_start": now(&s), "one_off_end": now(&s) + 60, "scope": scope});
    let id = c.post("/api/maintenance-windows", window(json!(["device:ups-1"]))).await.json()["id"].as_i64().unwrap();
    assert_eq!(withheld().await, [Some("maintenance"), None, None, None]);
    c.delete(&format!("/api/maintenance-windows/{id}")).await;
    c.post("/api/maintenance-windows", window(json!([]))).await;
    assert_eq!(withheld().await, [Some("maintenance"), Some("maintenance"), Some("maintenance"), None]);
    s.clock.advance_secs(60);
    assert_eq!(withheld().await, [None; 4]);
}
