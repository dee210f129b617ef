//! Commands that prepare a store, take a step back, and fill it for a look around.

use argos_peers::argos::ADMIN_PASSWORD;
use argos_peers::{Argos, ArgosConfig, Client, Database};
use serde_json::json;

use crate::stage::{Stage, sql};

fn run(config: &ArgosConfig, args: &[&str]) -> (Option<i32>, String) {
    let output = config.cli(args);
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr))
}

fn fresh() -> ArgosConfig {
    ArgosConfig::new().without_env("ARGOS_INITIAL_ADMIN_PASSWORD").env("ARGOS_DEMO_SEED", "1")
}

#[test]
fn set_up_store_starts_with_its_owner_and_is_not_set_up_twice() {
    let config = fresh();
    let file = config.scratch().join("password");
    std::fs::write(&file, "short\n").unwrap();
    let path = file.display().to_string();
    let wanted = [
        "setup",
        "--no-input",
        "--admin",
        "root",
        "--public-url",
        "https://argos.example",
        "--listen",
        "127.0.0.1:0",
        "--password-file",
        &path,
    ];
    let (code, told) = run(&config, &wanted);
    assert!(code == Some(2) && told.contains("at least 8 characters"), "{told}");
    let written = config.dir().join("argos.toml");
    assert!(!written.exists(), "what was refused leaves nothing that stands in the way");
    std::fs::write(&file, "Correct-Horse-1\n").unwrap();
    let (code, told) = run(&config, &wanted);
    assert!(code == Some(0) && told.contains("root is the owner") && !told.contains("Correct-Horse-1"), "{told}");
    let text = std::fs::read_to_string(&written).unwrap();
    assert!(text.contains("listen = \"127.0.0.1:0\"") && text.contains("data_dir = "), "{text}");
    assert_eq!(text.contains("[database]"), matches!(config.database(), Database::Postgres(_)), "{text}");
    let (code, told) = run(&config, &wanted);
    assert!(code == Some(2) && told.contains("is there already"), "{told}");
    let (code, told) = run(&config, &["setup", "--no-input", "--config", &written.display().to_string()]);
    assert!(code == Some(2) && told.contains("names settings already"), "{told}");
    std::fs::remove_file(&written).unwrap();
    let (code, told) = run(&config, &wanted);
    assert!(code == Some(2) && told.contains("has 1 accounts"), "{told}");

    let argos = config.start();
    let owner: Client = argos.anonymous().with_bearer(&argos.login("root", "Correct-Horse-1"));
    assert_eq!(owner.get("/api/auth/me").expect_status(200).json()["role"], "owner");
    assert_eq!(owner.get("/api/settings/http.public_url").expect_status(200).json()["value"], "https://argos.example");
    // A name may stand without a flag, and the store be named by its file.
    let (code, told) = run(argos.config(), &["user", "reset-password", "root"]);
    let password = told.strip_prefix("root: ").unwrap_or_default().trim().to_owned();
    assert!(code == Some(0) && password.len() == 20, "{told}");
    assert!(!argos.login("root", &password).is_empty());
}

#[test]
fn demonstration_data_comes_and_goes_without_touching_what_is_there() {
    let stage = Stage::on(ArgosConfig::new().env("ARGOS_DEMO_SEED", "1"));
    let pool = json!({"name": "demo-of-mine", "targets": [{"host": "192.0.2.1", "port": 80}]});
    stage.owner.post("/api/target-groups", pool).expect_status(201);
    let told = run(stage.argos.config(), &["demo", "seed", "--yes"]);
    assert!(told.0 == Some(4), "not beside a running server: {}", told.1);
    let mut stopped = stage.argos.stop();
    let (code, told) = run(&stopped.config, &["demo", "seed"]);
    assert!(code == Some(2) && told.contains("--yes"), "{told}");
    let (code, told) = run(&stopped.config, &["demo", "seed", "--yes"]);
    assert!(code == Some(0) && told.starts_with("2 sites, 2 pools, ") && !told.contains(" 0 log lines"), "{told}");
    let again = run(&stopped.config, &["demo", "seed", "--yes"]);
    assert_eq!(again.1, told, "a second time adds nothing");
    let argos = stopped.config.start();
    let owner = argos.admin();
    let found = owner.get("/api/logs?host=demo-shop.example&source=waf_audit").expect_status(200).json();
    let findings = found["total_count"].as_i64().unwrap_or_default();
    assert!(findings > 10, "{}", found["total_count"]);
    // What the firewall found stands beside the audit log, newest first, and is searched by address.
    let page = |query: &str| owner.get(&format!("/api/security/audit-log?{query}")).expect_status(200).json();
    let joined = "sources=waf,audit&q=203.0.113.";
    let (waf, all) = (page("sources=waf&limit=3"), page(&format!("{joined}&limit=500")));
    assert_eq!((&waf["total"], &all["total"], &waf["entries"][0]["action"]), (&json!(findings), &json!(findings), &json!("waf_finding")));
    let times: Vec<&str> = all["entries"].as_array().into_iter().flatten().filter_map(|r| r["timestamp"].as_str()).collect();
    assert!(times.len() > 10 && times.is_sorted_by(|a, b| a >= b), "newest first: {times:?}");
    assert_eq!(page(&format!("{joined}&limit=1&offset=1"))["entries"][0], all["entries"][1]);
    assert_eq!(page("sources=waf&q=203.0.113.250")["total"], 0);
    assert!(page("sources=waf,audit")["total"].as_i64() > Some(findings), "and what people did");
    assert_eq!(owner.get("/api/security/audit-log?sources=waf,audit&offset=5000").status, 400, "deeper, one source at a time");
    stopped = argos.stop();
    let (code, told) = run(&stopped.config, &["demo", "clear", "--yes"]);
    assert!(code == Some(0) && told.contains("0 sites, 0 pools, 0 log lines"), "{told}");
    let argos = stopped.config.start();
    let pools = argos.admin().get("/api/target-groups").expect_status(200).json();
    assert!(pools.to_string().contains("\"demo-of-mine\"") && !pools.to_string().contains("demo-shop"), "{pools}");
    stopped = argos.stop();
    stopped.config.unset_env("ARGOS_DEMO_SEED");
    let (code, told) = run(&stopped.config, &["demo", "seed", "--yes"]);
    assert!(code == Some(2) && told.contains("ARGOS_DEMO_SEED=1"), "{told}");
}

#[test]
fn newest_step_is_taken_back_where_it_can_be_and_applied_again_by_the_next_start() {
    let stopped = Argos::start().stop();
    let config = stopped.config;
    // Steps of one start have one time: the last of them is of a kind that cannot be taken back.
    let (code, told) = run(&config, &["migrate", "rollback", "--yes"]);
    assert!(code == Some(2) && told.contains("cannot be taken back"), "{told}");
    sql(&config, "update schema_migrations set applied_at = applied_at + 1000000 where module = 'inventory' and version = 3");
    let (code, told) = run(&config, &["migrate", "rollback"]);
    assert!(code == Some(2) && told.contains("it removes every dashboard"), "{told}");
    let (code, told) = run(&config, &["migrate", "rollback", "--yes"]);
    assert!(code == Some(0) && told.contains("inventory 3 (dashboards) was taken back"), "{told}");
    let (_, status) = run(&config, &["migrate", "status"]);
    assert!(status.lines().any(|l| l.contains("dashboards") && l.contains("pending")), "{status}");
    let argos = config.start();
    let owner = argos.anonymous().with_bearer(&argos.login("admin", ADMIN_PASSWORD));
    assert_eq!(owner.get("/api/dashboards").expect_status(200).json(), json!([]));
    assert_eq!(run(argos.config(), &["migrate", "rollback", "--yes"]).0, Some(4), "not under a running server");
    // Nor under one that holds another data directory.
    if let Database::Postgres(database) = argos.config().database() {
        let elsewhere = ArgosConfig::with_database(Database::Sqlite).env("ARGOS_DEMO_SEED", "1");
        for command in [["migrate", "rollback", "--yes"], ["demo", "clear", "--yes"]] {
            let (code, told) = run(&elsewhere, &[&command[..], &["--database-url", &database.url()]].concat());
            assert!(code == Some(4) && told.contains("a server runs on this database"), "{told}");
        }
    }
}
