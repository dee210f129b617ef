//! Power scenario H25: fifty UPSes behind a NUT server and twenty SNMP agents of which five are silent.

use std::path::Path;
use std::time::{Duration, Instant};

use argos_peers::{ArgosConfig, NutDevice, NutServer, Snmpsim, wait_until};
use serde_json::{Value, json};

use crate::stage::Stage;

const LIVING_AGENTS: usize = 15;
const SILENT_AGENTS: usize = 5;
const UPSES: usize = 50;
const SOON: Duration = Duration::from_secs(60);
/// How long the watch is looked at.
const LOOKED_AT: Duration = Duration::from_secs(21);

fn nut() -> NutServer {
    let variables = "ups.status: OL CHRG\nups.load: 23.4\nups.realpower.nominal: 980\nbattery.charge: 100\nbattery.runtime: 3690\n";
    let names: Vec<String> = (0..UPSES).map(|n| format!("u{n}")).collect();
    let devices: Vec<NutDevice> = names.iter().map(|name| NutDevice { name, description: name, variables }).collect();
    NutServer::start(&devices).unwrap()
}

/// Kibibytes of the process's own memory: its program file does not count, which differs between builds.
fn memory_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix("RssAnon:")).unwrap();
    line.trim().trim_end_matches("kB").trim().parse().unwrap()
}

fn last_seen(stage: &Stage) -> Vec<(String, Value)> {
    let devices = stage.anonymous().get("/api/devices").expect_status(200).json();
    let living = devices.as_array().unwrap().iter().filter(|d| !d["id"].as_str().unwrap().starts_with("silent"));
    living.map(|d| (d["id"].as_str().unwrap().to_owned(), d["last_seen"].clone())).collect()
}

#[test]
fn fifty_upses_and_twenty_agents_are_watched_although_five_are_silent() {
    let nut = nut();
    let recordings = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/engines/powermib/tests/data");
    let agents: Vec<Snmpsim> = (0..3).map(|_| Snmpsim::start(&recordings, None).unwrap()).collect();
    // Bound, so that nobody says that nothing listens there.
    let silent: Vec<std::net::UdpSocket> = (0..SILENT_AGENTS).map(|_| std::net::UdpSocket::bind(("127.0.0.1", 0)).unwrap()).collect();
    let stage = Stage::on(ArgosConfig::new().env("NUT_AUTO_DISCOVER", "false").env("NUT_PORT", "9"));
    let of_nut = (0..UPSES).map(|n| {
        json!({"id": format!("nut-{n}"), "name": format!("UPS {n}"), "type": "ups", "poller": "nut", "host": "127.0.0.1",
            "port": nut.address().port(), "connection_config": {"ups_name": format!("u{n}")}})
    });
    let card = |id: String, port: u16| {
        json!({"id": id, "name": id, "type": "ups", "poller": "snmp", "host": "127.0.0.1", "port": port,
            "connection_config": {"community": "apc_ups", "profile": "apc_ups"}})
    };
    let living = (0..LIVING_AGENTS).map(|n| card(format!("card-{n}"), agents[n % agents.len()].address().port()));
    let dead = silent.iter().enumerate().map(|(n, socket)| card(format!("silent-{n}"), socket.local_addr().unwrap().port()));
    stage.owner.put("/api/devices", of_nut.chain(living).chain(dead).collect()).expect_status(200);
    wait_until("every living device", SOON, || last_seen(&stage).iter().all(|(_, at)| at.is_string()));

    let status = || stage.anonymous().get("/api/trigger/status").json()["status"].clone();
    wait_until("no cycle runs", SOON, || status() == "idle");
    stage.owner.post("/api/trigger", json!({})).expect_status(202);
    wait_until("the cycle", SOON, || status() == "idle");
    let diagnostics = stage.anonymous().get("/api/diagnostics").expect_status(200).json();
    let devices = &diagnostics["devices"];
    assert_eq!((&devices["polled"], &devices["ok"], &devices["failed"]), (&json!(70), &json!(65), &json!(5)), "{devices}");
    assert!(diagnostics["last_poll"]["duration_ms"].as_i64().unwrap() <= 20_000, "{}", diagnostics["last_poll"]);

    // Every five seconds, two early or late: three rounds of every living device in 21 s, whatever the silent ones do.
    let mut rounds = std::collections::BTreeMap::<String, std::collections::BTreeSet<String>>::new();
    let began = Instant::now();
    while began.elapsed() < LOOKED_AT {
        for (id, at) in last_seen(&stage) {
            rounds.entry(id).or_default().insert(at.to_string());
        }
        std::thread::sleep(Duration::from_secs(1));
    }
    let slow: Vec<_> = rounds.iter().filter(|(_, times)| times.len() < 4).collect();
    assert!(slow.is_empty() && rounds.len() == UPSES + LIVING_AGENTS, "watched too rarely: {slow:?}");
    let memory = memory_kib(stage.argos.pid());
    assert!(memory < 150 * 1024, "{memory} KiB");
}
