//! Rules over stored series: one alert for each thing, windows, silence, and what a rule without data says.

use argos_alerts::FiringChange::{Fired, Resolved};
use argos_kernel::{Clock, Role};
use argos_metrics::{Kind, SeriesSpec};
use argos_web::Caller;
use serde_json::{Value, json};

use crate::routes::{HOUSE, client, reader, stranger};
use crate::stage::{Stage, spec};

fn ups(name: &str) -> argos_metrics::SeriesSpec {
    spec("power_battery_percent", &[("device_id", name), ("device_type", "ups")], Kind::Gauge)
}

async fn rule(s: &Stage, id: &str) -> Value {
    let all = client(s).get("/api/alert-rules").await.json();
    all.as_array().unwrap().iter().find(|r| r["id"] == id).unwrap().clone()
}

#[tokio::test]
async fn each_series_of_a_metric_fires_and_ends_for_itself() {
    for s in Stage::each().await {
        let c = client(&s);
        c.post("/api/alert-rules", json!({"id": "low", "condition": "power_battery_percent < 30", "message": "{label} has {value}%"}))
            .await;
        s.points(&ups("ups-1"), &[(0, 20.0)]).await;
        s.point(&ups("ups-2"), 90.0).await;
        s.tick(&[]).await;
        assert_eq!(s.told(), [(Fired, "ups-1 has 20%".to_owned(), None)]);
        let row = c.get("/api/alert-history?rule_id=low").await.json()[0].clone();
        assert_eq!(row["labels"], json!({"device_id": "ups-1", "device_type": "ups", "device": "ups-1"}));
        // A restart goes on with the same firing; a third device that comes is judged too.
        let again = s.restarted().await;
        s.clock.advance_secs(5);
        s.point(&ups("ups-1"), 21.0).await;
        s.point(&ups("ups-2"), 10.0).await;
        s.point(&ups("ups-3"), 5.0).await;
        let report = again.tick(&crate::stage::values(&[]), s.clock.now()).await.unwrap();
        assert_eq!(report.fired, 2);
        assert_eq!(s.told().iter().map(|t| t.1.as_str()).collect::<Vec<_>>(), ["ups-2 has 10%", "ups-3 has 5%"]);
        for name in ["ups-1", "ups-2", "ups-3"] {
            s.point(&ups(name), 80.0).await;
        }
        for _ in 0..2 {
            s.clock.advance_secs(5);
            again.tick(&crate::stage::values(&[]), s.clock.now()).await.unwrap();
        }
        assert_eq!(s.told().iter().filter(|t| t.0 == Resolved).count(), 3);
    }
}

#[tokio::test]
async fn windows_selectors_counters_and_joined_metrics_are_judged() {
    let s = Stage::sqlite().await;
    let c = client(&s);
    let load = |name: &str| spec("power_load_percent", &[("device_id", name), ("device_type", "ups")], Kind::Gauge);
    for (name, battery, on) in [("ups-1", 20.0, 95.0), ("ups-2", 20.0, 10.0)] {
        s.points(&ups(name), &[(240, battery), (120, battery), (1, 100.0)]).await;
        s.point(&load(name), on).await;
    }
    let requests = |class: &str| spec("edge_requests", &[("host", "a.example"), ("class", class)], Kind::Counter);
    s.points(&requests("5xx"), &[(60, 0.0), (30, 300.0), (0, 600.0)]).await;
    s.points(&requests("2xx"), &[(60, 900.0), (30, 5.0), (0, 10.0)]).await;
    let rules = [
        ("mean", "avg(power_battery_percent[ups-1], 5m) < 50"),
        ("peak", "max(power_battery_percent[device_id=ups-1], 5m) < 50"),
        ("both", "power_load_percent > 90 AND min(power_battery_percent, 5m) < 30"),
        ("rate", "edge_requests[class=5xx] >= 10"),
        ("came", "delta(edge_requests, 5m) >= 600"),
        ("restarted", "sum(edge_requests[2xx], 5m) > 100"),
        ("former", "edge_requests_per_second[5xx] > 9"),
        ("quiet", "absent(power_battery_percent, 5m)"),
    ];
    for (id, condition) in rules {
        assert_eq!(c.post("/api/alert-rules", json!({"id": id, "condition": condition})).await.status, 200, "{condition}");
    }
    s.alerts.tick(&crate::stage::values(&[]), s.clock.now()).await.unwrap();
    let open = s.alerts.open_firings().await.unwrap();
    let mut fired: Vec<(&str, &str)> = open.iter().map(|f| (f.rule_id.as_str(), f.labels["device_id"].as_str().unwrap_or("-"))).collect();
    fired.sort_unstable();
    assert_eq!(fired, [("both", "ups-1"), ("came", "-"), ("former", "-"), ("mean", "ups-1"), ("rate", "-")]);
    // Nothing came for six minutes: values are unknown, and silence is noticed for each.
    s.clock.advance_secs(360);
    for _ in 0..2 {
        s.alerts.tick(&crate::stage::values(&[]), s.clock.now()).await.unwrap();
    }
    let open = s.alerts.open_firings().await.unwrap();
    assert_eq!(open.iter().map(|f| f.rule_id.as_str()).collect::<Vec<_>>(), ["quiet", "quiet"]);
}

#[tokio::test]
async fn rule_without_data_says_so_with_its_reason() {
    let s = Stage::sqlite().await;
    let c = client(&s);
    s.point(&ups("ups-1"), 50.0).await;
    s.tick(&[("cpu_percent", 1.0)]).await;
    for (id, condition) in
        [("never", "power_nonsense > 1"), ("other", "power_battery_percent[ups-9] < 5"), ("fine", "power_battery_percent < 5")]
    {
        assert_eq!(c.post("/api/alert-rules", json!({"id": id, "condition": condition})).await.status, 200);
    }
    let silent = |r: &Value| (r["state"].clone(), r["no_data"][0]["reason"].clone(), r["unknown_metrics"].clone());
    assert_eq!(silent(&rule(&s, "never").await), (json!("no_data"), json!("never_seen"), json!(["power_nonsense"])));
    assert_eq!(silent(&rule(&s, "other").await), (json!("no_data"), json!("no_such_subject"), json!(["power_battery_percent[ups-9]"])));
    assert_eq!(silent(&rule(&s, "fine").await), (json!("ok"), Value::Null, json!([])));
    // One whose end says nothing is judged all the same.
    let body = json!({"id": "half", "condition": "power_battery_percent < 5", "clear_condition": "power_load_percent < 1"});
    assert_eq!(c.post("/api/alert-rules", body).await.status, 200);
    assert_eq!(rule(&s, "half").await["state"], "ok");
    let since = s.clock.now().secs() - 5;
    s.clock.advance_secs(600);
    let gone = rule(&s, "fine").await;
    assert_eq!((silent(&gone), gone["no_data"][0]["since"].as_i64()), ((json!("no_data"), json!("silent"), json!([])), Some(since)));
}

#[tokio::test]
async fn nonsense_is_refused_with_its_field_and_names_that_exist_are_offered() {
    let s = Stage::sqlite().await;
    let c = client(&s);
    s.points(&ups("ups-1"), &[(600, 10.0), (300, 10.0), (0, 55.0)]).await;
    s.tick(&[("cpu_percent", 7.0)]).await;
    for (body, field) in [
        (json!({"condition": "power_battery_percent == \"low\""}), "condition"),
        (json!({"condition": "power_battery_percent <"}), "condition"),
        (json!({"condition": "cpu_percent > 1", "clear_condition": "cpu_percent"}), "clear_condition"),
        (json!({"condition": "cpu_percent > 1", "for_s": -1}), "for_s"),
        (json!({"condition": "absent(power_battery_percent, 10d)"}), "condition"),
    ] {
        let refused = c.post("/api/alert-rules", body.clone()).await;
        assert_eq!((refused.status, refused.json()["field"].as_str()), (400, Some(field)), "{body}: {}", refused.text());
    }
    let offered = reader(&s).get("/api/alert-rules/series").await.json();
    let find = |metric: &str| offered["metrics"].as_array().unwrap().iter().find(|m| m["metric"] == metric).unwrap().clone();
    assert_eq!(find("power_battery_percent")["subjects"], json!([{"metric": "power_battery_percent[ups-1]", "value": 55.0}]));
    assert_eq!(
        (find("power_battery_percent")["labels"].clone(), find("cpu_percent")["source"].clone()),
        (json!(["device_id", "device_type"]), json!("machine"))
    );
    let seen = reader(&s).post("/api/alert-rules/preview", json!({"condition": "power_battery_percent < 30", "hours": 1})).await.json();
    assert_eq!(seen["now"], json!([{"label": "ups-1", "value": 55.0, "holds": false}]));
    assert_eq!((seen["firings"].as_i64(), seen["curves"][0]["metric"].as_str()), (Some(2), Some("power_battery_percent[ups-1]")));
}

#[tokio::test]
async fn series_of_other_organizations_are_no_business_of_the_rules() {
    let s = Stage::sqlite().await;
    s.alerts.set_house(1, HOUSE.to_owned());
    for (organization, project, value) in [(HOUSE, "house", 10.0), ("another", "guest", 20.0)] {
        s.point(&spec("test_pass_rate", &[("organization", organization), ("project", project)], Kind::Gauge), value).await;
    }
    client(&s).post("/api/alert-rules", json!({"id": "bad", "condition": "test_pass_rate < 90"})).await;
    s.tick(&[]).await;
    let open = s.alerts.open_firings().await.unwrap();
    assert_eq!(open.iter().map(|f| f.labels["project"].as_str().unwrap()).collect::<Vec<_>>(), ["house"]);
    let offered = client(&s).get("/api/alert-rules/series?q=test_pass").await.text();
    assert!(offered.contains("test_pass_rate") && !offered.contains("guest"), "{offered}");
    // Who is no member of the house sees nothing of its figures.
    let offered = reader(&s).get("/api/alert-rules/series?q=test_pass").await.text();
    assert!(!offered.contains("test_pass_rate"), "{offered}");
    let tried = json!({"condition": "test_pass_rate < 90", "hours": 1});
    assert_eq!(client(&s).post("/api/alert-rules/preview", tried.clone()).await.status, 200);
    let refused = reader(&s).post("/api/alert-rules/preview", tried).await;
    assert_eq!((refused.status, refused.json()["code"].clone()), (404, json!("unknown_metric")));
    let tested = client(&s).get("/api/alert-rules/test/bad").await.json();
    assert_eq!((tested["result"].clone(), tested["values"]["test_pass_rate[house]"].clone()), (json!(true), json!(10.0)), "{tested}");
    let refused = stranger(&s).get("/api/alert-rules/test/bad").await;
    assert_eq!((refused.status, refused.json()["error"].clone()), (404, json!("Rule not found")));
    // Neither is the alert put into words for them.
    let (owner, stranger) = (Caller { role: Some(Role::Owner), ..Caller::anonymous() }, Caller::anonymous());
    assert!(s.alerts.brief_firing(&owner, open[0].id).await.unwrap().is_some());
    assert!(s.alerts.brief_firing(&stranger, open[0].id).await.unwrap().is_none());
    assert!(s.alerts.firings_for(&stranger).await.unwrap().is_empty());
}

#[tokio::test]
async fn result_is_true_for_ninety_days_and_windows_of_months_are_answered() {
    let s = Stage::sqlite().await;
    let c = client(&s);
    let pass = SeriesSpec { source: "quality", ..spec("test_pass_rate", &[("project", "p")], Kind::Gauge) };
    for (id, condition) in [("named", "test_pass_rate[p] < 90"), ("months", "avg(test_pass_rate[p], 120d) < 90")] {
        assert_eq!(c.post("/api/alert-rules", json!({"id": id, "condition": condition})).await.status, 200);
    }
    s.point(&pass, 50.0).await;
    s.tick(&[]).await;
    let open = || async { s.alerts.open_firings().await.unwrap().into_iter().map(|f| f.rule_id).collect::<Vec<_>>() };
    assert_eq!(open().await.len(), 2);
    s.clock.advance_secs(91 * 86_400);
    for _ in 0..3 {
        s.tick(&[]).await;
    }
    assert_eq!(open().await, ["months"]);
}
