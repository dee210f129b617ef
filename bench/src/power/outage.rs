//! How soon an outage is known: from the answer that says so to the event in the record, and from there to the webhook.

use std::time::{Duration, Instant};

use argos_peers::broken_nut::Manner;
use argos_peers::{ArgosConfig, BrokenNut, Client, Database, WebhookReceiver};
use serde_json::json;

use crate::{Outcome, report};

const OUTAGES: u32 = 12;
const PATIENCE: Duration = Duration::from_secs(30);
/// How often the record is asked; the figure of the event is at most this much too high.
const LOOK: Duration = Duration::from_millis(2);

pub(crate) fn run() -> Outcome {
    let (ups, receiver) = (BrokenNut::start(), WebhookReceiver::start());
    let config = ArgosConfig::with_database(Database::Sqlite).env("NUT_AUTO_DISCOVER", "false").env("NUT_PORT", "9");
    let config = config.env("RATE_LIMIT_PER_MINUTE", "10000").arg("--allow-private-targets");
    let argos = config.try_start().map_err(|e| e.to_string())?;
    let owner = argos.admin();
    let provider = json!({"type": "webhook", "url": receiver.url("/"), "event_types": ["on_battery"]});
    owner.put("/api/alerts", json!({"providers": [provider]})).expect_status(200);
    let device = json!({"id": "ups", "name": "UPS", "type": "ups", "poller": "nut", "host": "127.0.0.1", "port": ups.address().port(),
        "connection_config": {"ups_name": "odd"}});
    owner.post("/api/devices", device).expect_status(201);
    until("the first sample", || owner.get("/api/devices/ups").json()["status"] == "online")?;

    let (mut flipped_ms, mut event_ms, mut hook_ms) = (0.0_f64, 0.0_f64, 0.0_f64);
    for n in 1..=OUTAGES {
        // Each at another moment of the watch.
        std::thread::sleep(Duration::from_millis(u64::from(n) * 397 % 5_000));
        let flipped = Instant::now();
        ups.set(Manner::OnBattery);
        let stored = until("the event", || events(&owner, "on_battery") == u64::from(n))?;
        let told = ups.told_at().ok_or("an event before anybody was told")?;
        until("the webhook", || receiver.received().len() == n as usize)?;
        let called = receiver.received().last().ok_or("no webhook")?.at;
        flipped_ms = flipped_ms.max(ms(stored - flipped));
        event_ms = event_ms.max(ms(stored - told));
        hook_ms = hook_ms.max(ms(called.saturating_duration_since(stored)));
        ups.set(Manner::Sound);
        until("the end of the outage", || events(&owner, "power_restored") == u64::from(n))?;
    }
    report::figure("power.outage_from_mains", flipped_ms, "ms");
    report::figure("power.outage_event", event_ms, "ms");
    report::figure("power.outage_webhook", hook_ms, "ms");
    argos.stop();
    Ok(())
}

fn events(client: &Client, kind: &str) -> u64 {
    client.get(&format!("/api/events?event_type={kind}&page_size=1")).expect_status(200).json()["total"].as_u64().unwrap_or_default()
}

/// The moment a condition was first seen to hold.
fn until(what: &str, mut holds: impl FnMut() -> bool) -> Outcome<Instant> {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        if holds() {
            return Ok(Instant::now());
        }
        std::thread::sleep(LOOK);
    }
    Err(format!("{what} did not come within {} s", PATIENCE.as_secs()).into())
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
