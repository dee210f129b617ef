//! The documented reports through the whole web kit.

use serde_json::{Value, json};

use crate::routes::{local, stage};
use crate::stage::START;

const HOUR: i64 = 3600;

/// Ops spec C.3: the total is the mean rate of each hour times an hour, and what was not measured is null.
#[tokio::test]
async fn bandwidth_adds_up_hours_and_knows_nothing_without_measurements() {
    let (s, client) = stage().await;
    s.at(2 * HOUR);
    let empty = client.get("/api/reports/bandwidth").await.json();
    assert_eq!((&empty["total_rx_bytes"], &empty["total_rx"], &empty["hourly"]), (&Value::Null, &Value::Null, &json!([])));
    let rx = local(&s, "host_net_bps", &[("dir", "rx")]).await;
    for (at, rate) in [(HOUR + 10, 100.0), (HOUR + 20, 300.0), (2 * HOUR + 5, 50.0)] {
        s.put(rx, at, rate);
    }
    s.at(2 * HOUR + 60);
    let report = client.get("/api/reports/bandwidth?range=3").await.json();
    assert_eq!((&report["range_hours"], &report["total_rx_bytes"]), (&json!(3), &json!(250 * HOUR)), "{report}");
    assert_eq!((&report["total_tx_bytes"], &report["total_rx"]), (&Value::Null, &json!("878.9 KB")));
    assert_eq!(report["hourly"][0], json!({ "time": START + HOUR, "rx_bps": 200.0, "tx_bps": null }));
    assert_eq!(client.get("/api/reports/bandwidth?range=x").await.status, 400);
}

#[tokio::test]
async fn anomalies_name_the_hour_that_stands_out() {
    let (s, client) = stage().await;
    let cpu = local(&s, "host_cpu_percent", &[]).await;
    for hour in 0..24 {
        s.put(cpu, hour * HOUR + 10, if hour == 12 { 95.0 } else { 20.0 });
    }
    s.at(24 * HOUR);
    let report = client.get("/api/reports/anomalies?range=24").await.json();
    assert_eq!((&report["anomaly_count"], &report["metrics"]["cpu_percent"]["count"]), (&json!(1), &json!(1)), "{report}");
    let latest = &report["metrics"]["cpu_percent"]["latest"];
    assert_eq!((&latest["time"], &latest["value"], &latest["anomaly"]), (&json!(START + 12 * HOUR), &json!(95.0), &json!(true)));
    assert!(report["metrics"]["mem_percent"].is_null());
}

#[tokio::test]
async fn custom_report_summarises_what_is_known_and_leaves_out_the_rest() {
    let (s, client) = stage().await;
    let cpu = local(&s, "host_cpu_percent", &[]).await;
    for (hour, value) in [(0, 10.0), (1, 30.0), (2, 20.0)] {
        s.put(cpu, hour * HOUR + 10, value);
    }
    s.at(2 * HOUR + 60);
    let report = client.post("/api/reports/custom", json!({ "metrics": ["cpu_percent", "mem_percent", "nonsense"] })).await.json();
    let cpu = &report["metrics"]["cpu_percent"];
    assert_eq!((&report["title"], &report["range_hours"]), (&json!("Custom Report"), &json!(24)));
    assert_eq!((&cpu["avg"], &cpu["max"], &cpu["min"], &cpu["current"]), (&json!(20.0), &json!(30.0), &json!(10.0), &json!(20.0)));
    assert_eq!(report["metrics"].as_object().unwrap().len(), 1, "{report}");
    let too_many: Vec<String> = (0..21).map(|n| format!("m{n}")).collect();
    let refused = client.post("/api/reports/custom", json!({ "metrics": too_many })).await;
    assert_eq!((refused.status, refused.json()["field"].as_str()), (400, Some("metrics")));
}

#[tokio::test]
async fn grafana_gets_five_panels_over_documented_names() {
    let (_, client) = stage().await;
    let found = client.get("/api/grafana/dashboard").await.json();
    assert_eq!(found["dashboard"]["panels"].as_array().unwrap().len(), 5);
    assert_eq!(found["dashboard"]["panels"][2]["targets"][0]["expr"], "noba_disk_percent");
    assert!(found["datasource"]["url"].as_str().unwrap().ends_with("/api/metrics/prometheus"));
}
