//! Ops scenario 20: a real Prometheus scrapes us with an API key.

use std::time::Duration;

use argos_peers::{Prometheus, wait_for};
use serde_json::json;

use crate::stage::Stage;

fn config(stage: &Stage, key: &str) -> String {
    format!(
        "global: {{scrape_interval: 1s, scrape_timeout: 1s}}\nscrape_configs:\n- job_name: argos\n  metrics_path: /api/metrics/prometheus\n  \
         authorization: {{type: ApiKey, credentials: {key}}}\n  static_configs: [{{targets: ['{}']}}]\n",
        stage.argos.address()
    )
}

#[test]
fn prometheus_with_a_key_reads_what_the_snapshot_says() {
    let stage = Stage::start();
    let key = stage.owner.post("/api/admin/api-keys", json!({"name": "prometheus", "role": "viewer"})).expect_status(200).json();
    let id = key["id"].as_str().unwrap().to_owned();
    let prometheus = Prometheus::start(&config(&stage, key["key"].as_str().unwrap())).unwrap();

    let scraped = |expression: &str| prometheus.query(expression).first().and_then(|found| found["value"][1].as_str()?.parse::<f64>().ok());
    wait_for("a good scrape", Duration::from_secs(30), || (scraped("up{job=\"argos\"}")? == 1.0).then_some(()));
    let stats = stage.owner.get("/api/stats").expect_status(200).json();
    let disks = stats["disks"].as_array().expect("disks").clone();
    for disk in &disks {
        let mount = disk["mount"].as_str().unwrap();
        let value = wait_for("the disk's series", Duration::from_secs(15), || scraped(&format!("noba_disk_percent{{mount=\"{mount}\"}}")));
        let shown = disk["percent"].as_f64().unwrap();
        assert!((value - shown).abs() <= 1.0, "{mount}: scraped {value}, snapshot {shown}");
    }
    for name in ["noba_cpu_percent", "noba_mem_percent", "argos_build_info"] {
        wait_for(name, Duration::from_secs(15), || scraped(name));
    }

    stage.owner.delete(&format!("/api/admin/api-keys/{id}")).expect_status(200);
    wait_for("scrapes with the revoked key to fail", Duration::from_secs(30), || (scraped("up{job=\"argos\"}")? == 0.0).then_some(()));
}

#[test]
fn exposition_is_text_of_the_documented_version_and_needs_a_credential() {
    let stage = Stage::start();
    assert_eq!(stage.anonymous().get("/api/metrics/prometheus").status, 401);
    let answer = wait_for("the first tick", Duration::from_secs(20), || {
        let answer = stage.owner.get("/api/metrics/prometheus").expect_status(200);
        answer.text().contains("noba_cpu_percent").then_some(answer)
    });
    assert!(answer.header("content-type").is_some_and(|value| value.starts_with("text/plain; version=0.0.4")), "{:?}", answer.headers);
    for line in answer.text().lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("not a sample: {line}"));
        assert!(value.parse::<f64>().is_ok(), "{line}");
        assert!(name.starts_with("noba_") || name.starts_with("argos_"), "{line}");
    }
}
