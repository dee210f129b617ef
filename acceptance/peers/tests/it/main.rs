//! The peers themselves, for real: each starts, answers and leaves nothing behind.

use std::time::Duration;

use argos_peers::{Client, Postgres, Prometheus, VictoriaMetrics, WebhookReceiver, wait_for};
use serde_json::json;

#[test]
fn postgres_database_copied_from_template_holds_its_rows() {
    let server = Postgres::start().unwrap();
    let template = server.create_database(None).unwrap();
    template.sql("create table t (a int); insert into t values (41), (1)").unwrap();
    let copy = server.create_database(Some(template.name())).unwrap();
    assert_eq!(copy.sql("select sum(a) from t").unwrap().trim(), "42");
    assert_ne!(copy.url(), template.url());
}

#[test]
fn postgres_database_that_was_dropped_is_gone() {
    let server = Postgres::start().unwrap();
    let name = server.create_database(None).unwrap().name().to_owned();
    let fresh = server.create_database(None).unwrap();
    let found = fresh.sql(&format!("select count(*) from pg_database where datname = '{name}'")).unwrap();
    assert_eq!(found.trim(), "0");
}

#[test]
fn prometheus_scraping_itself_answers_a_query() {
    let config = "global: {scrape_interval: 1s}\nscrape_configs: []\n";
    let server = Prometheus::start(config).unwrap();
    let found = server.query("vector(7)");
    assert_eq!(found[0]["value"][1], "7");
}

#[test]
fn victoria_metrics_returns_an_imported_point() {
    let server = VictoriaMetrics::start().unwrap();
    let line = r#"{"metric":{"__name__":"probe"},"values":[5.5],"timestamps":[1700000000000]}"#;
    let answer = server.client().request("POST", "/api/v1/import").body(line).send();
    assert_eq!(answer.status, 204, "{}", answer.text());
    let value = wait_for("the imported point", Duration::from_secs(20), || {
        assert_eq!(server.client().get("/internal/force_flush").status, 200);
        let answer = server.client().get("/api/v1/query?query=probe&time=1700000000&nocache=1").json();
        answer["data"]["result"][0]["value"][1].as_str().map(str::to_owned)
    });
    assert_eq!(value, "5.5");
}

#[test]
fn webhook_receiver_told_to_fail_fails_that_often() {
    let receiver = WebhookReceiver::start();
    receiver.fail_next(2, 503);
    let address = receiver.url("").trim_start_matches("http://").parse().unwrap();
    let statuses: Vec<u16> = (0..3).map(|n| Client::new(address).post("/hook?x=1", json!({"n": n})).status).collect();
    assert_eq!(statuses, [503, 503, 200]);
    let received = receiver.wait_received(3, Duration::from_secs(1));
    assert_eq!(received[2].json(), json!({"n": 2}));
    assert_eq!(received[2].target, "/hook?x=1");
    assert_eq!(received[0].answered, 503);
}
