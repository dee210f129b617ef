//! Platform 17 and the health collisions of 3.9.

use std::time::Duration;

use argos_peers::postgres::Postgres;
use argos_peers::{Argos, ArgosConfig, Client, Database, wait_until};
use serde_json::{Value, json};

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().map(|object| object.keys().map(String::as_str).collect()).unwrap_or_default()
}

#[track_caller]
fn has(value: &Value, wanted: &[&str]) {
    let present = keys(value);
    let missing: Vec<_> = wanted.iter().filter(|key| !present.contains(key)).collect();
    assert!(missing.is_empty(), "{missing:?} missing in {value}");
}

fn anonymous(argos: &Argos) -> Client {
    argos.anonymous()
}

#[test]
fn system_health_speaks_of_databases_queues_and_backups() {
    let argos = Argos::start();
    let owner = argos.admin();
    let health = || {
        let ask = || Some(owner.get("/api/system/health")).filter(|answer| answer.status == 200);
        argos_peers::wait_for("the first sample", Duration::from_secs(30), ask).json()
    };
    let body = health();
    has(&body, &["memory", "goroutines", "db", "workers", "scheduler", "uptime_seconds", "panel_mode"]);
    has(&body["db"], &["size_bytes", "wal_size_bytes", "open_connections", "idle_connections", "in_use_connections"]);
    let pool = ["open_connections", "idle_connections", "in_use_connections"].map(|key| body["db"][key].as_u64());
    if let [Some(open), Some(idle), Some(used)] = pool {
        assert!(body["db"]["wal_size_bytes"].is_null() && open >= 1 && idle + used == open, "{body}");
    } else {
        assert!(body["db"]["wal_size_bytes"].is_u64() && pool == [None; 3], "SQLite has no pool, and a log of its own: {body}");
    }
    has(&body["workers"], &["notification_queue_depth", "notification_queue_cap", "notification_dropped_total"]);
    assert_eq!((&body["workers"]["notification_queue_depth"], &body["workers"]["notification_queue_cap"]), (&json!(0), &Value::Null));
    let none = json!({"last_backup_attempt": null, "last_backup_status": "missing", "last_backup_kind": null});
    assert_eq!(body["scheduler"], none);
    let made = owner.post("/api/backups", json!({})).expect_status(201).json();
    let expected = json!({"last_backup_attempt": made["created_at"], "last_backup_status": "ok", "last_backup_kind": "manual"});
    assert_eq!(health()["scheduler"], expected);
}

#[test]
fn liveness_says_ok() {
    let argos = Argos::start();
    for path in ["/healthz", "/api/healthz"] {
        let answer = anonymous(&argos).get(path).expect_status(200);
        assert_eq!(answer.text().trim(), "ok", "{path}");
    }
}

#[test]
fn readiness_lists_its_checks() {
    let argos = Argos::start();
    for path in ["/readyz", "/ready"] {
        let body = anonymous(&argos).get(path).expect_status(200).json();
        assert_eq!(body["ready"], true, "{path}");
        has(&body["checks"], &["database", "migrations", "data_dir", "scheduler", "vault"]);
    }
}

#[test]
fn health_pages_have_their_documented_members() {
    let argos = Argos::start();
    let body = anonymous(&argos).get("/api/health").expect_status(200).json();
    assert_eq!((body["status"].as_str(), body["service"].as_str()), (Some("ok"), Some("argos")));
    has(&body, &["version", "timestamp", "uptime_s", "uptime_seconds", "db", "scheduler_running", "scheduler_paused"]);
    has(&body, &["is_polling", "last_poll_at", "next_poll_at", "github_repo"]);

    let body = anonymous(&argos).get("/health").expect_status(200).json();
    assert_eq!(body["status"], "ok");
    has(&body, &["service", "version", "timestamp", "uptime_s", "db", "self_signed_cert"]);
    has(&body["security"], &["authentication", "rate_limiting", "audit_logging"]);
    let twin = anonymous(&argos).get("/api/v1/health").expect_status(200).json();
    assert_eq!(twin["status"], "healthy");
    assert_eq!(keys(&twin), keys(&body));
}

#[test]
fn components_that_are_not_configured_are_disabled_not_healthy() {
    let argos = Argos::start();
    let body = argos.admin().get("/api/ui/components").expect_status(200).json();
    let list = body.as_array().or(body["components"].as_array()).expect("a list of components").clone();
    assert!(!list.is_empty());
    for component in &list {
        let status = component["status"].as_str().unwrap_or_default();
        assert!(["healthy", "degraded", "unhealthy", "unknown", "disabled"].contains(&status), "{component}");
        assert!(component["name"].is_string(), "{component}");
    }
}

/// Quality platform scenario 18.
#[test]
fn stopped_database_is_told_by_readiness_while_the_process_lives() {
    let mut server = Postgres::start().unwrap_or_else(|error| panic!("{error}"));
    let database = server.create_database(None).unwrap_or_else(|error| panic!("{error}"));
    let argos = ArgosConfig::with_database(Database::Postgres(database)).start();
    let client = argos.anonymous();
    for path in ["/readyz", "/ready"] {
        client.get(path).expect_status(200);
    }
    server.kill9();
    wait_until("readiness says no", Duration::from_secs(30), || client.get("/readyz").status == 503);
    let told = client.get("/ready").expect_status(503).json();
    assert!(told["ready"] == false && told["checks"]["database"] != true && told["checks"]["database"] != "ok", "{told}");
    client.get("/healthz").expect_status(200);
}
