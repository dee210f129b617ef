//! What may go wrong around a shutdown plan: each fault with its one outcome. Nothing is shut down twice, on a guess, or
//! without having been written down first.

use std::time::{Duration, Instant};

use argos_peers::nut_server::NUT_USER;
use argos_peers::{ArgosConfig, Database, NutDevice, NutServer, WebhookReceiver, packages, process, wait_until};
use serde_json::{Value, json};

use crate::shutdown::{DEVICE, Host, SOON, Site, states, triggers, ups};
use crate::stage::Stage;

fn phase(order: u32, actions: impl Into<Value>) -> Value {
    let actions: Value = actions.into();
    json!({"order": order, "actions": actions})
}

/// A site with two UPSes on one NUT server.
fn pair() -> Site {
    let text = ups("OL CHRG", 100);
    let device = |name| NutDevice { name, description: name, variables: &text };
    let nut = NutServer::start(&[device("rack1"), device("rack2")]).unwrap();
    let config = ArgosConfig::new()
        .env("NUT_HOST", "127.0.0.1")
        .env("NUT_PORT", &nut.address().port().to_string())
        .env("NUT_USERNAME", NUT_USER.0)
        .env("NUT_PASSWORD", NUT_USER.1)
        .env("STATUS_POLL_SECONDS", "2")
        .env("RATE_LIMIT_PER_MINUTE", "10000");
    let site = Site { stage: Stage::on(config), nut };
    wait_until("both UPSes", SOON, || {
        site.stage.owner.get("/api/snapshots/latest?all=true").json().as_array().is_some_and(|l| l.len() == 2)
    });
    site
}

const OTHER: &str = "nut:rack2@127.0.0.1";

#[test]
fn two_upses_that_fail_together_run_each_plan_once_and_share_the_host() {
    let site = pair();
    let (shared, own) = (Host::new(), Host::new());
    for (name, device, hosts) in
        [("one", DEVICE, json!([shared.step(3, 30)])), ("two", OTHER, json!([shared.step(3, 30), own.step(0, 20)]))]
    {
        site.plan(json!({"name": name, "armed": true, "sources": [{"device_id": device}], "triggers": triggers(&json!({})), "phases": [phase(10, hosts)]}));
    }
    let both = json!([{"device_id": DEVICE, "group": "a"}, {"device_id": OTHER, "group": "a"}]);
    let redundant = Host::new();
    site.plan(json!({"name": "redundant", "armed": true, "sources": both, "groups": [{"name": "a", "min_healthy": 1}],
        "triggers": triggers(&json!({})), "phases": [phase(10, json!([redundant.step(0, 20)]))]}));
    for name in ["rack1", "rack2"] {
        site.nut.set(name, &ups("OB LB DISCHRG", 15));
    }
    let all = || site.stage.owner.get("/api/shutdown/runs").expect_status(200).json()["items"].as_array().unwrap().clone();
    wait_until("three runs to end", Duration::from_secs(90), || {
        let runs = all();
        runs.len() == 3 && runs.iter().all(|r| r["state"] == "halted")
    });
    for host in [&shared, &own, &redundant] {
        assert_eq!(host.said(), ["begin", "end"], "once each: {:?}", all());
    }
    for run in all() {
        assert!(states(&run, "shutdown").iter().all(|s| s.ends_with("done")), "{run}");
    }
    let results = all().iter().flat_map(|r| r["steps"].as_array().unwrap().clone()).map(|s| s["result"].to_string()).collect::<Vec<_>>();
    assert!(results.iter().any(|r| r.contains("done by run") || r.contains("off since run")), "{results:?}");
    assert_eq!(site.events("shutdown_initiated"), 3);
}

#[test]
fn one_of_two_redundant_upses_shuts_nothing_down() {
    let site = pair();
    let host = Host::new();
    let sources = json!([{"device_id": DEVICE, "group": "a"}, {"device_id": OTHER, "group": "a"}]);
    site.plan(json!({"name": "redundant", "armed": true, "sources": sources, "groups": [{"name": "a", "min_healthy": 1}],
        "triggers": triggers(&json!({})), "phases": [phase(10, json!([host.step(0, 20)]))]}));
    site.nut.set("rack1", &ups("OB LB DISCHRG", 15));
    let critical = |status: &Value| status["plans"][0]["sources"].as_array().unwrap().iter().filter(|s| !s["critical"].is_null()).count();
    wait_until("one source to be critical", SOON, || critical(&site.stage.owner.get("/api/shutdown/status").json()) == 1);
    assert!(site.newest_run().is_none() && host.said().is_empty());
    site.nut.set("rack2", &ups("OB LB DISCHRG", 15));
    site.wait_run("halted", Duration::from_secs(60));
    assert_eq!(host.said(), ["begin", "end"]);
}

#[test]
fn maintenance_window_holds_the_triggers_back_only_when_it_says_so() {
    let site = Site::new(|c| c);
    let host = Host::new();
    site.plan(json!({"name": "rack", "armed": true, "sources": [{"device_id": DEVICE}], "triggers": triggers(&json!({})),
        "phases": [phase(10, json!([host.step(0, 20)]))]}));
    let owner = &site.stage.owner;
    let window = |suppress: &str| {
        let body = json!({"name": suppress, "device_ids": [DEVICE], "starts_at": "2020-01-01T00:00:00Z", "ends_at": "2099-01-01T00:00:00Z", "suppress": suppress});
        owner.post("/api/maintenance", body).expect_status(201).json()["id"].as_i64().unwrap()
    };
    let held =
        || site.stage.anonymous().get("/api/shutdown/status").expect_status(200).json()["plans"][0]["sources"][0]["held_back"] == true;
    let both = window("both");
    wait_until("the window to count", SOON, held);
    site.nut.set("rack1", &ups("OB LB DISCHRG", 15));
    wait_until("the outage", SOON, || site.events("on_battery") == 1);
    let began = Instant::now();
    wait_until("some looks", SOON, || began.elapsed() > Duration::from_secs(5));
    assert!(site.newest_run().is_none() && host.said().is_empty(), "held back");
    // A window that withholds alerts only does not hold a shutdown back.
    window("alerts");
    owner.delete(&format!("/api/maintenance/{both}")).expect_status(204);
    let run = site.wait_run("halted", Duration::from_secs(60));
    assert_eq!((run["trigger"].as_str(), host.said()), (Some("low_battery"), vec!["begin".to_owned(), "end".to_owned()]));
}

#[test]
fn store_that_cannot_be_written_holds_the_plan_back_and_is_told_aloud() {
    let receiver = WebhookReceiver::start();
    let nut = NutServer::start(&[NutDevice { name: "rack1", description: "Rack 1", variables: &ups("OL CHRG", 100) }]).unwrap();
    let config = ArgosConfig::with_database(Database::Sqlite)
        .env("NUT_HOST", "127.0.0.1")
        .env("NUT_PORT", &nut.address().port().to_string())
        .env("STATUS_POLL_SECONDS", "2")
        .env("RATE_LIMIT_PER_MINUTE", "10000")
        .arg("--allow-private-targets");
    let site = Site { stage: Stage::on(config), nut };
    wait_until("the UPS", SOON, || site.stage.owner.get("/api/snapshots/latest").json()["ups_status"] == "OL CHRG");
    site.stage.owner.put("/api/alerts", json!({"providers": [{"type": "webhook", "url": receiver.url("/cry")}]})).expect_status(200);
    let host = Host::new();
    site.plan(json!({"name": "rack", "armed": true, "sources": [{"device_id": DEVICE}], "triggers": triggers(&json!({})),
        "phases": [phase(10, json!([host.step(0, 20)]))]}));

    // Somebody else holds the only writer of the database.
    let sqlite = packages::require("sqlite3", &["sqlite3"], || process::find_program(&["sqlite3"], &[])).unwrap();
    let file = site.stage.argos.data_dir().join("argos.db");
    let mut blocker = std::process::Command::new(sqlite).arg(&file).stdin(std::process::Stdio::piped()).spawn().unwrap();
    let mut say = blocker.stdin.take().unwrap();
    std::io::Write::write_all(&mut say, b".timeout 10000\nbegin immediate;\n").unwrap();
    site.nut.set("rack1", &ups("OB LB DISCHRG", 15));
    let trouble = || site.stage.anonymous().get("/api/shutdown/status").json()["trouble"].as_str().map(str::to_owned);
    wait_until("the trouble to be shown", Duration::from_secs(90), || trouble().is_some_and(|t| t.contains("rack must act and cannot")));
    wait_until("somebody to be told", SOON, || {
        receiver.received().iter().any(|r| r.json()["message"].as_str().is_some_and(|m| m.contains("must act and cannot")))
    });
    assert!(host.said().is_empty(), "nothing is shut down without a written run");
    assert!(site.stage.argos.log().contains("must act and cannot"));

    std::io::Write::write_all(&mut say, b"rollback;\n.quit\n").unwrap();
    drop(say);
    blocker.wait().unwrap();
    let run = site.wait_run("halted", Duration::from_secs(90));
    assert_eq!(host.said(), ["begin", "end"], "{run}");
    wait_until("the trouble to be over", SOON, || trouble().is_none());
}

#[test]
fn host_that_somebody_started_again_is_shut_down_again() {
    let site = Site::new(|c| c);
    let mut hosts = [Host::new(), Host::new()];
    let plan = site.plan(json!({"name": "rack", "sources": [{"device_id": DEVICE}], "triggers": triggers(&json!({})),
        "phases": [phase(10, json!([hosts[0].step(0, 20), hosts[1].step(0, 20)]))], "restore": {"enabled": false}}));
    let start = format!("/api/shutdown/plans/{plan}/start");
    site.stage.owner.post(&start, json!({"confirm": "rack", "reason": "move"})).expect_status(200);
    let first = site.wait_run("halted", SOON);
    // One is switched on by hand; the other stays off.
    hosts[0].sshd.resume().unwrap();
    site.stage.owner.put(&format!("/api/shutdown/plans/{plan}"), json!({"armed": true})).expect_status(200);
    site.nut.set("rack1", &ups("OB LB DISCHRG", 15));
    wait_until("the second run", SOON, || site.newest_run().is_some_and(|r| r["id"] != first["id"]));
    let run = site.wait_run("halted", Duration::from_secs(60));
    assert_eq!(states(&run, "shutdown"), ["10 done", "10 done"], "{run}");
    assert_eq!(hosts[0].said(), ["begin", "end", "begin", "end"], "it ran again, so it is told again");
    assert_eq!(hosts[1].said(), ["begin", "end"]);
    assert!(run["steps"][1]["result"].as_str().unwrap().contains("off since run"), "{run}");
}

#[test]
fn hosts_of_a_run_that_a_failed_step_ended_come_back() {
    let site = Site::new(|c| c.env("ARGOS_NET_OUTBOUND_ALLOW", "127.0.0.1"));
    let mut host = Host::new();
    let fails = json!({"kind": "http", "url": "http://127.0.0.1:1/", "retries": 0, "timeout_seconds": 5, "on_failure": "abort"});
    let never = Host::new();
    site.plan(json!({"name": "rack", "armed": true, "sources": [{"device_id": DEVICE}], "triggers": triggers(&json!({})),
        "phases": [phase(10, json!([host.step(0, 20)])), phase(20, json!([fails])), phase(30, json!([never.step(0, 20)]))],
        "restore": {"stable_seconds": 1, "min_charge_percent": 10, "boot_timeout_seconds": 30}}));
    site.nut.set("rack1", &ups("OB LB DISCHRG", 15));
    let run = site.wait_run("aborted", Duration::from_secs(60));
    assert_eq!(states(&run, "shutdown"), ["10 done", "20 failed", "30 skipped"], "{run}");
    site.nut.set("rack1", &ups("OL CHRG", 60));
    wait_until("the wake-up", SOON, || host.was_woken());
    host.sshd.resume().unwrap();
    let run = site.wait_run("restored", SOON);
    assert_eq!(states(&run, "restore"), ["10 done"], "{run}");
    assert!(never.said().is_empty());
}

#[test]
fn server_that_is_gone_does_not_keep_the_others_from_being_told() {
    let mut site = Site::new(|c| c);
    let other = NutServer::start(&[NutDevice { name: "rack2", description: "Rack 2", variables: &ups("OL CHRG", 100) }]).unwrap();
    let body = json!({"id": "second", "name": "Second", "type": "ups", "poller": "nut", "host": "127.0.0.1", "port": other.address().port(),
        "connection_config": {"ups_name": "rack2", "username": NUT_USER.0, "password": NUT_USER.1}});
    site.stage.owner.post("/api/devices", body).expect_status(201);
    let status = || site.stage.owner.get("/api/snapshots/latest?device_id=second").json()["ups_status"].as_str().map(str::to_owned);
    wait_until("the second UPS", SOON, || status().as_deref() == Some("OL CHRG"));
    let plan = json!({"name": "both", "sources": [{"device_id": DEVICE}, {"device_id": "second"}],
        "phases": [{"order": 10, "actions": [{"kind": "nut_fsd", "hostsync_seconds": 2, "retries": 0}]}]});
    let plan = site.plan(plan);
    site.nut.kill_upsd();
    site.stage.owner.post(&format!("/api/shutdown/plans/{plan}/start"), json!({"confirm": "both", "reason": "drill"})).expect_status(200);
    let run = site.wait_run("halted", Duration::from_secs(60));
    assert_eq!(states(&run, "shutdown"), ["10 failed"], "{run}");
    wait_until("the forced shutdown of the other", SOON, || {
        let now = site.stage.owner.get("/api/snapshots/latest?device_id=second").json();
        now["ups_status"].as_str().is_some_and(|s| s.starts_with("FSD"))
    });
}
