//! Platform 17: one component registry, the `argos_*` figures, and the bundle for help from afar.

use std::time::Duration;

use argos_peers::{ArgosConfig, Database, wait_for};
use serde_json::{Value, json};

use crate::stage::{Stage, assert_error};

#[test]
fn every_component_is_reported_and_nothing_unknown_counts_as_healthy() {
    let stage = Stage::start();
    let components = wait_for("a look at every part, by the process that leads", Duration::from_secs(50), || {
        let all = stage.owner.get("/api/ui/components").expect_status(200).json()["components"].clone();
        let is = |name: &str, status: &str| all.as_array().is_some_and(|l| l.iter().any(|c| c["name"] == name && c["status"] == status));
        (is("tasks", "healthy") && is("scheduler", "healthy")).then_some(all)
    });
    let of = |name: &str| {
        let found = components.as_array().unwrap().iter().find(|c| c["name"] == name).cloned();
        found.unwrap_or_else(|| panic!("{name} is missing in {components}"))
    };
    for name in ["database", "telemetry", "jobs", "scheduler", "events", "sessions", "disk", "logs", "metrics", "vault", "web"] {
        let c = of(name);
        assert!(c["status"] == "healthy" || name == "disk", "{c}");
        assert!(c["last_ok"].is_i64() || name == "disk", "{c}");
    }
    assert_eq!((&of("smtp")["status"], &of("llm")["status"]), (&json!("disabled"), &json!("disabled")));
    assert_eq!(of("backups")["status"], "unknown", "a fresh server has none yet: {}", of("backups"));
    stage.owner.put("/api/settings/smtp.host", json!({"value": "mail.example.test"})).expect_status(200);
    wait_for("a configured mail server nobody asked is unknown", Duration::from_secs(30), || {
        let all = stage.owner.get("/api/ui/components").json();
        let smtp = all["components"].as_array()?.iter().find(|c| c["name"] == "smtp")?.clone();
        (smtp["status"] == "unknown" && smtp["last_ok"].is_null()).then_some(())
    });
}

#[test]
fn figures_of_the_process_are_exposed_and_kept_as_series() {
    let stage = Stage::start();
    let wanted = [
        "argos_http_requests_total",
        "argos_http_request_duration_seconds_count",
        "argos_sessions",
        "argos_scheduler_lag_seconds",
        "argos_event_lag",
        "argos_log_lines_dropped_total",
        "argos_metrics_points_dropped_total",
        "argos_database_latency_seconds",
        "argos_database_size_bytes",
        "argos_deliveries_pending",
        "argos_vault_errors_total",
        "argos_leader 1",
        "argos_build_info",
        "argos_peers_connected",
        "argos_uptime_seconds",
        "argos_task_restarts_total",
        "argos_component_healthy{component=\"database\"} 1",
    ];
    let text = wait_for("every figure", Duration::from_secs(40), || {
        let text = stage.owner.get("/api/metrics/prometheus").expect_status(200).text();
        wanted.iter().all(|name| text.contains(name)).then_some(text)
    });
    // One head per family, and every line a number.
    let heads: Vec<&str> = text.lines().filter_map(|l| l.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    let mut unique = heads.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(heads.len(), unique.len(), "{heads:?}");
    assert!(stage.owner.get("/metrics").expect_status(200).text().contains("argos_build_info"), "the other exposition has them too");
    wait_for("a figure over time", Duration::from_secs(40), || {
        let found = stage.owner.get("/api/metrics/query?metric=argos_sessions&agg=last").expect_status(200).json();
        let points = found["series"][0]["points"].as_array()?.clone();
        points.iter().any(|p| p[1].as_f64().is_some_and(|open| open >= 1.0)).then_some(())
    });
}

#[test]
fn database_health_tells_engine_schema_and_last_backup() {
    let stage = Stage::start();
    let seen = stage.owner.get("/api/v1/health/database").expect_status(200).json();
    let postgres = matches!(stage.argos.config().database(), Database::Postgres(_));
    assert_eq!(seen["engine"], if postgres { "postgres" } else { "sqlite" });
    assert_eq!((&seen["write_ok"], &seen["migrations"]["pending"]), (&json!(true), &json!(0)), "{seen}");
    assert!(
        seen["migrations"]["current"].as_u64().unwrap() > 20 && seen["migrations"]["current"] == seen["migrations"]["latest"],
        "{seen}"
    );
    assert!(seen["latency_ms"].as_f64().is_some() && seen["size_bytes"].as_i64().unwrap() > 0 && seen["version"].is_string(), "{seen}");
    assert_eq!((seen["pool"].is_object(), seen["wal_bytes"].is_number()), (postgres, !postgres), "{seen}");
    assert_eq!(seen["last_backup_at"], Value::Null);
    stage.owner.post("/api/backups", json!({})).expect_status(201);
    assert!(stage.owner.get("/api/v1/health/database").json()["last_backup_at"].is_string());
    assert_eq!(stage.anonymous().get("/api/v1/health/database").status, 401);
}

#[test]
fn services_say_what_is_not_configured_and_probe_what_is() {
    let stage = Stage::on(ArgosConfig::new().arg("--allow-private-targets"));
    let seen = stage.owner.get("/api/v1/health/services").expect_status(200).json();
    for name in ["selenium_grid", "browser_pool", "smtp", "llm"] {
        assert_eq!(seen["services"][name]["configured"], false, "{name}: {seen}");
    }
    assert_eq!(seen["services"]["scheduler"]["running"], true, "{seen}");
    assert_eq!((&seen["services"]["notifier"]["queued"], &seen["services"]["notifier"]["failed_1h"]), (&json!(0), &json!(0)));
    let listener = argos_peers::listener();
    let port = listener.local_addr().unwrap().port();
    stage.owner.put("/api/settings/smtp.port", json!({"value": port.to_string()})).expect_status(200);
    stage.owner.put("/api/settings/smtp.host", json!({"value": "127.0.0.1"})).expect_status(200);
    let reachable = |wanted: bool| {
        // An answer is kept for ten seconds.
        wait_for("the probe follows", Duration::from_secs(30), || {
            let smtp = stage.owner.get("/api/v1/health/services").json()["services"]["smtp"].clone();
            (smtp["reachable"] == wanted).then_some(smtp)
        })
    };
    assert_eq!(reachable(true)["url"], format!("smtp://127.0.0.1:{port}"));
    drop(listener);
    assert!(reachable(false)["error"].is_string());
    let test = stage.owner.get("/api/v1/health/selenium-test").expect_status(200).json();
    assert_eq!(
        (&test["status"], &test["grid_available"], &test["error_type"]),
        (&json!("FAILED"), &json!(false), &json!("not_configured"))
    );
}

#[test]
fn bundle_holds_what_helps_and_no_secret() {
    let stage = Stage::start();
    stage.owner.put("/api/settings/smtp.password", json!({"value": "hunter2hunter2"})).expect_status(200);
    stage.owner.post("/api/backups", json!({})).expect_status(201);
    let viewer = stage.person("vera", "viewer");
    assert_error(&viewer.get("/api/system/diagnostics"), 403, "permission_denied");
    let answer = stage.owner.get("/api/system/diagnostics").expect_status(200);
    assert!(answer.header("content-disposition").unwrap().contains("argos-diagnostics-"));
    let (text, bundle) = (answer.text(), answer.json());
    assert!(!text.contains("hunter2hunter2") && !text.contains(stage.owner.bearer().unwrap()), "a secret is in the bundle");
    assert!(bundle["store"]["rows"]["state.users"].is_i64() || bundle["store"]["rows"].is_object(), "{}", bundle["store"]);
    assert!(
        bundle["settings"].as_array().unwrap().iter().any(|l| l.as_str().unwrap().starts_with("smtp.password = ")),
        "{}",
        bundle["settings"]
    );
    assert_eq!(bundle["backups"][0]["verify_state"], "ok", "{}", bundle["backups"]);
    assert!(!bundle["tasks"].as_array().unwrap().is_empty() && !bundle["figures"].as_array().unwrap().is_empty());
    // The command line writes the same beside the running server, for its owner's eyes only.
    let file = stage.argos.config().scratch().join("bundle.json");
    let output = stage.argos.config().cli(&["doctor", "--bundle", &file.display().to_string()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let written = std::fs::read_to_string(&file).unwrap();
    assert!(written.contains("\"settings\"") && !written.contains("hunter2hunter2"));
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
}
