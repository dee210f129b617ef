//! Edge C11 and platform 9: any part of a text is found, in lists, figures and files, and the size of the lines is bounded.

use std::time::Duration;

use argos_peers::wait_until;
use serde_json::json;

use crate::stage::Stage;

#[test]
fn part_of_a_text_is_found_in_lists_figures_and_files() {
    let stage = Stage::start();
    stage
        .owner
        .post("/api/alert-rules", json!({"id": "needleworks", "condition": "mem_percent > 999", "enabled": false}))
        .expect_status(200);
    stage.owner.post("/api/alert-rules", json!({"id": "haystack", "condition": "mem_percent > 999", "enabled": false})).expect_status(200);
    let total = |query: &str| stage.owner.get(&format!("/api/logs?{query}")).expect_status(200).json()["total_count"].as_i64().unwrap();
    wait_until("the copy of the audit row", Duration::from_secs(15), || total("source=audit&q=needleworks") > 0);
    // In the middle of a word, in any case, of two letters, and with characters that mean something to the index.
    let all = total("source=audit&q=needleworks");
    for part in ["eedlewor", "NEEDLEWORKS", "edleworks"] {
        assert_eq!(total(&format!("source=audit&q={part}")), all, "{part}");
    }
    assert!(total("source=audit&q=ne") >= all);
    for nothing in ["needlework%20x", "%22needleworks%20OR%20x", "needle*", "50%25"] {
        assert_eq!(total(&format!("source=audit&q={nothing}")), 0, "{nothing}");
    }
    let listed = stage.owner.get("/api/logs?source=audit&q=eedlewor&order=asc").json();
    assert!(listed["entries"].as_array().unwrap().iter().all(|e| e.to_string().contains("needleworks")), "{listed}");
    let stats = stage.owner.get("/api/logs/stats?source=audit&q=eedlewor").expect_status(200).json();
    assert_eq!(stats["total"], all);
    let series = stage.owner.get("/api/logs/timeseries?source=audit&q=eedlewor").expect_status(200).json();
    assert_eq!(series["points"].as_array().unwrap().iter().filter_map(|p| p["total"].as_i64()).sum::<i64>(), all, "{series}");
    let file = stage.owner.get("/api/logs/export.csv?source=audit&q=eedlewor").expect_status(200).text();
    assert_eq!(i64::try_from(file.lines().count()).unwrap(), all + 1, "{file}");
}

#[test]
fn search_outlives_a_restart_and_a_restore() {
    let stage = Stage::start();
    stage
        .owner
        .post("/api/alert-rules", json!({"id": "needleworks", "condition": "mem_percent > 999", "enabled": false}))
        .expect_status(200);
    let found = |client: &argos_peers::Client| client.get("/api/logs?source=audit&q=eedlewor").json()["total_count"].as_i64() > Some(0);
    wait_until("the copy of the audit row", Duration::from_secs(15), || found(&stage.owner));
    let made = stage.owner.post("/api/backups", json!({})).expect_status(201).json();
    let file = stage.argos.data_dir().join("backups").join(made["filename"].as_str().unwrap()).display().to_string();
    let stopped = stage.argos.stop();
    let staged = stopped.config.cli(&["restore", "--file", &file, "--yes"]);
    assert!(staged.status.success(), "{}", String::from_utf8_lossy(&staged.stderr));
    let argos = stopped.restart();
    assert!(found(&argos.admin()), "the index came with the backup");
}
