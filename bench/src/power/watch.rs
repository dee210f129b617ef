//! What it costs to watch four hundred power devices every five seconds: half behind real NUT servers, half behind an
//! SNMP simulator.

use std::path::Path;
use std::time::{Duration, Instant};

use argos_peers::{ArgosConfig, Database, NutDevice, NutServer, Snmpsim};
use serde_json::{Value, json};

use crate::{Outcome, process, report};

const SERVERS: usize = 4;
/// Simulators behind the SNMP devices. An agent is asked one thing at a time, and a card is an agent of its own in life.
const AGENTS: usize = 4;
const UPSES: [&str; 5] = ["a", "b", "c", "d", "e"];
const EACH: usize = 200;
/// Everything has been asked in full once and is spread over the minute.
const SETTLED: Duration = Duration::from_secs(60);
const MEASURED: Duration = Duration::from_secs(60);
/// Watched every five seconds, two late.
const OLDEST_S: f64 = 7.0;

pub(crate) fn run() -> Outcome {
    let variables = "ups.status: OL CHRG\nups.load: 23.4\nups.realpower.nominal: 980\ninput.voltage: 231.5\noutput.voltage: 230.9\n\
        output.current: 1.00\ninput.frequency: 50.0\nbattery.charge: 100\nbattery.runtime: 3690\nups.temperature: 31\n";
    let devices = UPSES.map(|name| NutDevice { name, description: name, variables });
    let nut: Vec<NutServer> = (0..SERVERS).map(|_| NutServer::start(&devices)).collect::<Result<_, _>>().map_err(|e| e.to_string())?;
    let recordings = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/engines/powermib/tests/data");
    let agents: Vec<Snmpsim> =
        (0..AGENTS).map(|_| Snmpsim::start(&recordings, None)).collect::<Result<_, _>>().map_err(|e| e.to_string())?;

    let config = ArgosConfig::with_database(Database::Sqlite).env("NUT_AUTO_DISCOVER", "false").env("NUT_PORT", "9");
    let argos = config.try_start().map_err(|e| e.to_string())?;
    let owner = argos.admin();
    let all: Vec<Value> = (0..EACH).flat_map(|n| [nut_device(n, &nut), snmp_device(n, &agents)]).collect();
    owner.put("/api/devices", json!(all)).expect_status(200);
    let began = Instant::now();
    loop {
        let online = states(&owner)?.iter().filter(|d| d["status"] == "online").count();
        if online == 2 * EACH {
            break;
        }
        if began.elapsed() > Duration::from_secs(120) {
            return Err(format!("only {online} of {} devices answer", 2 * EACH).into());
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    report::figure("power.all_online", began.elapsed().as_secs_f64(), "s");
    std::thread::sleep(SETTLED);
    let pid = argos.pid();
    let (before, began) = (process::cpu_time(pid)?, Instant::now());
    let mut oldest = 0.0_f64;
    while began.elapsed() < MEASURED {
        std::thread::sleep(Duration::from_secs(10));
        oldest = states(&owner)?.iter().filter_map(age_s).fold(oldest, f64::max);
    }
    let used = process::cpu_time(pid)?.saturating_sub(before);
    report::figure("power.watch_cpu", used.as_secs_f64() / began.elapsed().as_secs_f64() * 100.0, "% of a core");
    report::figure("power.watch_rss", process::rss_mib(pid)?, "MiB");
    report::figure("power.watch_oldest", oldest, "s");
    argos.stop();
    if oldest > OLDEST_S { Err(format!("a device was not watched for {oldest:.1} s").into()) } else { Ok(()) }
}

fn states(client: &argos_peers::Client) -> Outcome<Vec<Value>> {
    let body = client.get("/api/devices").expect_status(200).json();
    Ok(body.as_array().cloned().ok_or("no list of devices")?)
}

/// Seconds since a device answered; `last_seen` is RFC 3339 in UTC.
fn age_s(device: &Value) -> Option<f64> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).ok()?.as_secs_f64();
    Some((now - seconds_of_day(device["last_seen"].as_str()?)?).rem_euclid(86_400.0))
}

fn seconds_of_day(stamp: &str) -> Option<f64> {
    let mut parts = stamp.get(11..)?.trim_end_matches('Z').split(':').map(str::parse::<f64>);
    let (h, m, s) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    Some(h * 3600.0 + m * 60.0 + s)
}

fn nut_device(n: usize, servers: &[NutServer]) -> Value {
    let port = servers[n % servers.len()].address().port();
    let ups = UPSES[n / servers.len() % UPSES.len()];
    json!({"id": format!("nut-{n}"), "name": format!("UPS {n}"), "type": "ups", "poller": "nut", "host": "127.0.0.1", "port": port,
        "connection_config": {"ups_name": ups}})
}

fn snmp_device(n: usize, agents: &[Snmpsim]) -> Value {
    let profile = ["apc_ups", "cyberpower_ups"][n % 2];
    json!({"id": format!("snmp-{n}"), "name": format!("Card {n}"), "type": "ups", "poller": "snmp", "host": "127.0.0.1",
        "port": agents[n % agents.len()].address().port(), "connection_config": {"community": profile, "profile": profile}})
}
