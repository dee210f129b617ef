//! Power scenarios H19-H22: shutdown plans against a real `upsd`, real SSH servers as hosts and a real `upsmon`.
//!
//! A host "powers off" by ending its own SSH server; the test "boots" it when its wake-on-LAN packet arrives.

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use argos_peers::nut_server::{NUT_USER, upsmon, upsmon_as};
use argos_peers::{ArgosConfig, NutDevice, NutServer, Sshd, WebhookReceiver, free_port, wait_until};
use serde_json::{Value, json};

use crate::stage::Stage;

pub(crate) const SOON: Duration = Duration::from_secs(30);
pub(crate) const DEVICE: &str = "nut:rack1@127.0.0.1";

pub(crate) fn ups(status: &str, charge: u32) -> String {
    format!("ups.status: {status}\nups.load: 23.4\nbattery.charge: {charge}\nbattery.runtime: 3690\n")
}

pub(crate) struct Site {
    pub(crate) stage: Stage,
    pub(crate) nut: NutServer,
}

impl Site {
    pub(crate) fn new(more: impl FnOnce(ArgosConfig) -> ArgosConfig) -> Self {
        let nut = NutServer::start(&[NutDevice { name: "rack1", description: "Rack 1", variables: &ups("OL CHRG", 100) }]).unwrap();
        let config = ArgosConfig::new()
            .env("NUT_HOST", "127.0.0.1")
            .env("NUT_PORT", &nut.address().port().to_string())
            .env("NUT_USERNAME", NUT_USER.0)
            .env("NUT_PASSWORD", NUT_USER.1)
            .env("STATUS_POLL_SECONDS", "2")
            .env("RATE_LIMIT_PER_MINUTE", "10000");
        let site = Self { stage: Stage::on(more(config)), nut };
        wait_until("the UPS", SOON, || site.stage.owner.get("/api/snapshots/latest").json()["ups_status"] == "OL CHRG");
        site
    }

    pub(crate) fn plan(&self, plan: Value) -> i64 {
        self.stage.owner.post("/api/shutdown/plans", plan).expect_status(201).json()["id"].as_i64().unwrap()
    }

    pub(crate) fn newest_run(&self) -> Option<Value> {
        self.stage.owner.get("/api/shutdown/runs").expect_status(200).json()["items"].as_array()?.first().cloned()
    }

    pub(crate) fn wait_run(&self, state: &str, limit: Duration) -> Value {
        let mut last = Value::Null;
        let found = argos_peers::wait::try_wait_for(limit, || {
            last = self.newest_run()?;
            (last["state"] == state).then(|| last.clone())
        });
        found.unwrap_or_else(|| panic!("the run is not {state}: {last}\n{}", self.stage.argos.log()))
    }

    pub(crate) fn events(&self, kind: &str) -> i64 {
        self.stage.owner.get(&format!("/api/events?event_type={kind}")).expect_status(200).json()["total"].as_i64().unwrap()
    }
}

/// A machine: its SSH server, and the socket its wake-on-LAN packet is sent to.
pub(crate) struct Host {
    pub(crate) sshd: Sshd,
    wake: UdpSocket,
}

impl Host {
    pub(crate) fn new() -> Self {
        let wake = UdpSocket::bind(("127.0.0.1", 0)).unwrap();
        wake.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        Self { sshd: Sshd::start().unwrap(), wake }
    }

    /// The step that notes its beginning, takes `seconds`, notes its end and takes the host down.
    pub(crate) fn step(&self, seconds: u32, timeout: u32) -> Value {
        let at = self.sshd.path().display();
        json!({
            "kind": "ssh", "host": "127.0.0.1", "port": self.sshd.port(), "user": self.sshd.user(), "key": self.sshd.account_key(),
            "command": format!("echo begin >> {at}/said; sleep {seconds}; echo end >> {at}/said; kill $(cat {at}/sshd.pid)"),
            "timeout_seconds": timeout,
            "restore": {"kind": "wol", "mac": "aa:bb:cc:dd:ee:ff", "broadcast": "127.0.0.1", "port": self.wake.local_addr().unwrap().port()},
        })
    }

    pub(crate) fn said(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.sshd.path().join("said")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Whether a magic packet for this host has come.
    pub(crate) fn was_woken(&self) -> bool {
        let mut packet = [0; 200];
        let mut wanted = vec![0xff; 6];
        wanted.extend([0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff].repeat(16));
        self.wake.recv(&mut packet).is_ok_and(|n| packet[..n] == wanted)
    }
}

pub(crate) fn triggers(more: &Value) -> Value {
    let mut all = json!({"battery_percent": null, "runtime_seconds": null, "on_battery_seconds": 0, "lost_polls": 3});
    for (name, value) in more.as_object().unwrap() {
        all[name] = value.clone();
    }
    all
}

pub(crate) fn states(run: &Value, direction: &str) -> Vec<String> {
    let steps = run["steps"].as_array().unwrap().iter().filter(|s| s["direction"] == direction);
    steps.map(|s| format!("{} {}", s["phase"], s["state"].as_str().unwrap())).collect()
}

#[test]
fn drill_is_resumed_after_a_crash_and_the_hosts_come_back_in_reverse_order() {
    let mut site = Site::new(|c| c);
    let mut hosts = [Host::new(), Host::new(), Host::new()];
    site.plan(json!({
        "name": "rack", "armed": true, "sources": [{"device_id": DEVICE}], "triggers": triggers(&json!({})),
        "phases": [
            {"order": 10, "verify_seconds": 10, "actions": [hosts[0].step(0, 20), hosts[1].step(0, 20)]},
            {"order": 20, "actions": [hosts[2].step(6, 40)]},
        ],
        "restore": {"stable_seconds": 2, "delay_seconds": 1, "boot_timeout_seconds": 30},
    }));
    site.nut.set("rack1", &ups("OB LB DISCHRG", 15));
    wait_until("the second phase", SOON, || hosts[2].said() == ["begin"]);
    assert_eq!(site.events("shutdown_initiated"), 1);

    // In the middle of the second phase; the host goes on doing what it was told.
    let Site { stage, nut } = site;
    site = Site { stage: Stage::of(stage.argos.kill9().restart()), nut };
    let run = site.wait_run("halted", Duration::from_secs(60));
    assert_eq!(states(&run, "shutdown"), ["10 done", "10 done", "20 done"], "{run}");
    for host in &hosts {
        assert_eq!(host.said(), ["begin", "end"], "nothing is shut down twice");
        assert!(!host.was_woken());
    }
    assert_eq!(site.events("shutdown_initiated"), 1, "a resumed run is not announced again");

    // A battery that is not charged enough keeps everything down.
    site.nut.set("rack1", &ups("OL CHRG", 20));
    wait_until("the gate to say why it waits", SOON, || {
        site.newest_run().is_some_and(|r| r["restore_waits_for"].as_str().is_some_and(|why| why.contains("20 % of 50 %")))
    });
    site.nut.set("rack1", &ups("OL CHRG", 60));
    let began = Instant::now();
    let mut order = Vec::new();
    while order.len() < 3 && began.elapsed() < Duration::from_secs(60) {
        for (n, host) in hosts.iter_mut().enumerate() {
            if !order.contains(&n) && host.was_woken() {
                order.push(n);
                host.sshd.resume().unwrap();
            }
        }
    }
    assert_eq!(order.first(), Some(&2), "the last to go is the first to come: {order:?}");
    assert_eq!(order.len(), 3);
    let run = site.wait_run("restored", SOON);
    assert_eq!(states(&run, "restore").len(), 3, "{run}");
    assert!(states(&run, "restore").iter().all(|s| s.ends_with("done")), "{run}");
    assert_eq!((site.events("restore_started"), site.events("restore_done")), (1, 1));
    let audited = site.stage.owner.get("/api/audit?limit=100").expect_status(200).text();
    for action in ["shutdown_run.start", "shutdown_run.step", "shutdown_run.restore_end"] {
        assert!(audited.contains(action), "{action} is audited");
    }
    assert!(!audited.contains("PRIVATE KEY"));
}

#[test]
fn mains_that_return_in_a_phase_let_it_finish_and_skip_the_rest() {
    let site = Site::new(|c| c);
    let mut hosts = [Host::new(), Host::new(), Host::new()];
    site.plan(json!({
        "name": "rack", "armed": true, "sources": [{"device_id": DEVICE}], "triggers": triggers(&json!({})),
        "phases": [
            {"order": 10, "actions": [hosts[0].step(18, 40), hosts[1].step(18, 40)]},
            {"order": 20, "actions": [hosts[2].step(0, 20)]},
            {"order": 30, "actions": [{"kind": "ups_off"}]},
        ],
        "restore": {"stable_seconds": 2, "delay_seconds": 1, "boot_timeout_seconds": 30},
    }));
    site.nut.set("rack1", &ups("OB LB DISCHRG", 55));
    wait_until("the first phase", SOON, || hosts[0].said() == ["begin"] && hosts[1].said() == ["begin"]);
    site.nut.set("rack1", &ups("OL CHRG", 56));
    wait_until("the mains to count", SOON, || site.events("shutdown_cancelled") == 1);
    assert_eq!(site.newest_run().unwrap()["stop"], "power_return");
    let mut woken = [false; 3];
    let began = Instant::now();
    while woken != [true, true, false] && began.elapsed() < Duration::from_secs(60) {
        for (n, host) in hosts.iter_mut().enumerate() {
            if !woken[n] && host.was_woken() {
                woken[n] = true;
                host.sshd.resume().unwrap();
            }
        }
    }
    let run = site.wait_run("restored", SOON);
    assert_eq!(states(&run, "shutdown"), ["10 done", "10 done", "20 skipped", "30 skipped"], "{run}");
    assert_eq!(states(&run, "restore"), ["10 done", "10 done"]);
    assert_eq!(woken, [true, true, false]);
    assert!(!hosts[2].was_woken() && hosts[2].said().is_empty());
    assert_eq!(
        (hosts[0].said(), hosts[1].said()),
        (vec!["begin".to_owned(), "end".to_owned()], vec!["begin".to_owned(), "end".to_owned()])
    );
}

#[test]
fn contact_lost_on_mains_does_nothing_and_on_battery_shuts_down() {
    let mut site = Site::new(|c| c);
    let host = Host::new();
    let phases = json!([{"order": 10, "actions": [host.step(0, 20)]}]);
    site.plan(
        json!({"name": "rack", "armed": true, "sources": [{"device_id": DEVICE}], "triggers": triggers(&json!({})), "phases": phases}),
    );
    site.nut.kill_upsd();
    let began = Instant::now();
    wait_until("the UPS to be missed", SOON, || {
        let devices = site.stage.owner.get("/api/devices").json();
        devices[0]["status"] == "stale" && began.elapsed() > Duration::from_secs(20)
    });
    assert!(site.newest_run().is_none() && host.said().is_empty(), "lost on mains");

    site.nut.start_upsd().unwrap();
    site.nut.set("rack1", &ups("OB DISCHRG", 90));
    wait_until("the outage", SOON, || site.stage.owner.get("/api/snapshots/latest").json()["ups_status"] == "OB DISCHRG");
    site.nut.kill_upsd();
    let lost = Instant::now();
    let run = site.wait_run("halted", Duration::from_secs(60));
    assert_eq!(run["trigger"], "lost_on_battery");
    assert!(lost.elapsed() >= Duration::from_secs(13), "not before the dead time: {:?}", lost.elapsed());
    assert_eq!(host.said(), ["begin", "end"]);
}

#[test]
fn plan_tells_real_upsmons_and_waits_until_they_have_left() {
    let port = free_port();
    let site = Site::new(|c| {
        let users = c.scratch().join("nut.users");
        std::fs::write(&users, "[nas]\n password = secret\n upsmon secondary\n[host]\n password = secret\n upsmon primary\n").unwrap();
        let c = c.env("NUT_SERVER_ENABLED", "true").env("NUT_SERVER_LISTEN", &format!("127.0.0.1:{port}"));
        c.env("NUT_SERVER_USERS", users.to_str().unwrap())
    });
    let dir = site.stage.argos.config().scratch().join("upsmon");
    std::fs::create_dir_all(&dir).unwrap();
    let flag = dir.join("went-down");
    let address = format!("rack-1@127.0.0.1:{port}");
    let _monitor = upsmon(&dir, &address, ("nas", "secret"), &format!("touch {}", flag.display())).unwrap();
    let (above, above_flag) = (dir.join("primary"), dir.join("primary-went-down"));
    let _primary = upsmon_as("primary", &above, &address, ("host", "secret"), &format!("touch {}", above_flag.display())).unwrap();
    let plan = site.plan(json!({
        "name": "rack", "sources": [{"device_id": DEVICE}],
        "phases": [{"order": 10, "actions": [{"kind": "facade_fsd", "timeout_seconds": 30}]}],
    }));
    let test = || site.stage.owner.post(&format!("/api/shutdown/plans/{plan}/test"), json!({})).expect_status(200).json();
    wait_until("both to log in", SOON, || test()["run"]["steps"][0]["result"].as_str().unwrap().contains("2 clients are logged in"));
    assert!(!flag.exists() && !above_flag.exists(), "a test tells nobody");

    let start = format!("/api/shutdown/plans/{plan}/start");
    site.stage.owner.post(&start, json!({"confirm": "rack", "reason": "move"})).expect_status(200);
    let run = site.wait_run("halted", SOON);
    assert_eq!(run["steps"][0]["result"], "every client has left", "{run}");
    wait_until("both to run their shutdown commands", SOON, || flag.exists() && above_flag.exists());
    assert_eq!(argos_peers::nut_server::tool("upsc", &[&address, "ups.status"]).unwrap(), "FSD OL CHRG");
    // Nobody shut down by hand is started again by itself; asked for, the latch goes too.
    let id = run["id"].as_i64().unwrap();
    assert_eq!(run["restore_waits_for"], Value::Null);
    site.stage.owner.post(&format!("/api/shutdown/runs/{id}/restore"), json!({"force": true})).expect_status(200);
    site.wait_run("restored", SOON);
    wait_until("the latch to go", SOON, || argos_peers::nut_server::tool("upsc", &[&address, "ups.status"]).unwrap() == "OL CHRG");
}

#[test]
fn plans_follow_their_contract() {
    let site = Site::new(|c| c);
    let mut host = Host::new();
    let owner = &site.stage.owner;
    let plans = "/api/shutdown/plans";
    let step = host.step(0, 20);
    let base = json!({"name": "rack", "sources": [{"device_id": DEVICE}], "phases": [{"order": 10, "actions": [step]}]});
    let preview = owner.post("/api/shutdown/plans/preview", base.clone()).expect_status(200).json();
    assert_eq!((preview["budget"]["needed_seconds"].as_i64(), preview["budget"]["fits"].as_bool()), (Some(80), Some(true)), "{preview}");
    assert_eq!(owner.get(plans).expect_status(200).json(), json!([]), "a preview stores nothing");
    assert_eq!(site.stage.anonymous().get(plans).status, 401);

    let plan = owner.post(plans, base.clone()).expect_status(201).json();
    let stored = &plan["phases"][0]["actions"][0];
    assert_eq!((stored["key"].as_str(), stored["secrets_set"].clone()), (Some(""), json!(["key"])));
    assert_eq!(stored["host_key"], host.sshd.fingerprint().unwrap(), "pinned at set-up");
    let id = plan["id"].as_i64().unwrap();
    owner.post(plans, base).expect_status(409);
    for (action, loc) in [(json!({"kind": "agent"}), "kind"), (json!({"kind": "http", "url": "http://169.254.169.254/x"}), "url")] {
        let refused = owner.post(plans, json!({"name": "x", "phases": [{"order": 1, "actions": [action]}]})).expect_status(422).json();
        assert_eq!(refused["detail"][0]["loc"], json!(["body", "phases", 0, "actions", 0, loc]), "{refused}");
    }

    let path = format!("{plans}/{id}");
    let tested = owner.post(&format!("{path}/test"), json!({})).expect_status(200).json();
    assert_eq!((tested["ok"].as_bool(), host.said().len()), (Some(true), 0), "{tested}");
    assert!(tested["run"]["steps"][0]["result"].as_str().unwrap().contains("login works"), "{tested}");
    owner.put(&path, json!({"armed": true})).expect_status(200);
    assert_eq!(site.stage.anonymous().get("/api/shutdown/status").expect_status(200).json()["armed"], 1);

    let refused = owner.delete("/api/devices/nut%3Arack1%40127.0.0.1").expect_status(409).json();
    assert!(refused.to_string().contains("rack"), "{refused}");
    for body in [json!({"confirm": "rak", "reason": "x"}), json!({"confirm": "rack", "reason": " "})] {
        owner.post(&format!("{path}/start"), body).expect_status(422);
    }

    // A dry run looks and touches nothing; a changed host key fails the step.
    host.sshd.change_host_key().unwrap();
    owner.post(&format!("{path}/start"), json!({"confirm": "rack", "reason": "drill", "dry_run": true})).expect_status(200);
    let run = site.wait_run("done", SOON);
    assert!(run["steps"][0]["result"].as_str().unwrap().contains("host key changed"), "{run}");
    assert_eq!((run["mode"].as_str(), host.said().len(), site.events("shutdown_initiated")), (Some("dry"), 0, 0));
    owner.post(&format!("/api/shutdown/runs/{}/cancel", run["id"]), json!({})).expect_status(409);

    owner.delete("/api/devices/nut%3Arack1%40127.0.0.1?force=true").expect_status(204);
    assert_eq!(owner.get(&path).expect_status(200).json()["armed"], false, "disarmed with its source");
    let undo = owner.delete(&path).expect_status(200).json()["undo"].as_str().unwrap().to_owned();
    owner.get(&path).expect_status(404);
    assert!(!undo.is_empty());
}

#[test]
fn run_that_is_cancelled_by_hand_keeps_its_hosts_down() {
    let site = Site::new(|c| c);
    let hosts = [Host::new(), Host::new()];
    let plan = site.plan(json!({
        "name": "rack", "sources": [{"device_id": DEVICE}],
        "phases": [{"order": 10, "actions": [hosts[0].step(4, 30)]}, {"order": 20, "actions": [hosts[1].step(0, 20)]}],
        "restore": {"stable_seconds": 0, "min_charge_percent": 0, "boot_timeout_seconds": 1},
    }));
    let start = format!("/api/shutdown/plans/{plan}/start");
    let run = site.stage.owner.post(&start, json!({"confirm": "rack", "reason": "move"})).expect_status(200).json();
    site.stage.owner.post(&start, json!({"confirm": "rack", "reason": "again"})).expect_status(409);
    wait_until("the first phase", SOON, || hosts[0].said() == ["begin"]);
    site.stage.owner.put(&format!("/api/shutdown/plans/{plan}"), json!({"name": "other"})).expect_status(409);
    let id = run["id"].as_i64().unwrap();
    site.stage.owner.post(&format!("/api/shutdown/runs/{id}/cancel"), json!({})).expect_status(200);
    let run = site.wait_run("cancelled", SOON);
    assert_eq!(states(&run, "shutdown"), ["10 done", "20 skipped"], "{run}");
    assert_eq!(run["stop_by"], "admin", "{run}");
    assert!(hosts[1].said().is_empty());
    assert!((0..20).all(|_| !hosts[0].was_woken()), "nobody asked for it");
    site.stage.owner.post(&format!("/api/shutdown/runs/{id}/restore"), json!({})).expect_status(200);
    wait_until("the wake-up that was asked for", SOON, || hosts[0].was_woken());
}

#[test]
fn other_kinds_of_steps_act_on_what_they_name() {
    let receiver = WebhookReceiver::start();
    let halted = std::env::temp_dir().join(format!("argos-halted-{}-{}", std::process::id(), free_port()));
    let site = Site::new(|c| {
        let c = c.env("ARGOS_NET_OUTBOUND_ALLOW", "127.0.0.1");
        c.env("ARGOS_LOCAL_HALT_COMMAND", &format!("touch \"{}\"", halted.display()))
    });
    let http = json!({"kind": "http", "url": receiver.url("/off"), "method": "PUT", "headers": {"X-Token": "t0ken"}, "body": "{\"power\": false}",
        "expected_status": 200});
    let refused = json!({"kind": "http", "url": receiver.url("/refused"), "expected_status": 204, "retries": 0});
    let plan = site.plan(json!({
        "name": "rack", "sources": [{"device_id": DEVICE}],
        "phases": [
            {"order": 10, "actions": [http, {"kind": "webhook", "url": receiver.url("/told"), "secret": "s3cret"}, refused]},
            {"order": 20, "actions": [{"kind": "nut_fsd", "hostsync_seconds": 2}]},
            {"order": 30, "actions": [{"kind": "ups_off", "retries": 0}]},
            {"order": 40, "actions": [{"kind": "local"}]},
        ],
    }));
    let tested = site.stage.owner.post(&format!("/api/shutdown/plans/{plan}/test"), json!({})).expect_status(200).json();
    let outcomes: Vec<&str> = tested["run"]["steps"].as_array().unwrap().iter().map(|s| s["state"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["done", "done", "done", "done", "failed", "done"], "the dummy driver knows no shutdown.return: {tested}");
    assert!(receiver.received().is_empty() && !halted.exists(), "a test does nothing");

    let start = format!("/api/shutdown/plans/{plan}/start");
    site.stage.owner.post(&start, json!({"confirm": "rack", "reason": "drill"})).expect_status(200);
    let run = site.wait_run("halted", SOON);
    assert_eq!(states(&run, "shutdown"), ["10 done", "10 done", "10 failed", "20 done", "30 failed", "40 done"], "{run}");
    assert!(halted.exists(), "the halt command of the service ran");
    std::fs::remove_file(&halted).unwrap();
    let received = receiver.received();
    let put = received.iter().find(|r| r.target == "/off").unwrap();
    assert_eq!((put.method.as_str(), put.header("x-token"), put.json()), ("PUT", Some("t0ken"), json!({"power": false})));
    let told = received.iter().find(|r| r.target == "/told").unwrap();
    assert_eq!((told.json()["plan"].as_str(), told.json()["reason"].as_str()), (Some("rack"), Some("drill")));
    let body = site.stage.argos.config().scratch().join("told");
    std::fs::write(&body, &told.body).unwrap();
    let openssl = std::path::Path::new("/usr/bin/openssl");
    let digest = argos_peers::process::run(openssl, &["dgst", "-sha256", "-hmac", "s3cret", body.to_str().unwrap()], &[]).unwrap();
    let signature = format!("sha256={}", digest.trim().rsplit(' ').next().unwrap());
    assert_eq!(told.header("x-argos-signature"), Some(signature.as_str()));
    wait_until("the forced shutdown upstream", SOON, || {
        let ups = format!("rack1@{}", site.nut.address());
        argos_peers::nut_server::upsc(&ups, Some("ups.status")).is_ok_and(|status| status.contains("FSD"))
    });
    let shown = site.stage.owner.get(&format!("/api/shutdown/plans/{plan}")).expect_status(200).text() + &run.to_string();
    assert!(!shown.contains("s3cret") && !shown.contains("t0ken"), "no secret is shown again");
}
