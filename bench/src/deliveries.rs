//! Deliveries: events of the real binary to many webhook channels on this machine, until the receiver has them all.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use argos_peers::{ArgosConfig, Database};
use serde_json::json;

use crate::{Outcome, hello, report};

const CHANNELS: u64 = 50;
const EVENTS: u64 = 60;
const LIMIT: Duration = Duration::from_secs(120);

pub(crate) fn run() -> Outcome {
    let (receiver, received) = hello::counting("{}".into())?;
    let config = ArgosConfig::with_database(Database::Sqlite).env("ARGOS_HTTP_RATE_LIMITING", "false");
    let config = config.env("ARGOS_POWER_ALERT_GROUP_WINDOW_SECONDS", "0").arg("--allow-private-targets");
    let argos = config.try_start().map_err(|e| e.to_string())?;
    let client = argos.admin();
    for n in 0..CHANNELS {
        let channel = json!({"name": format!("hook {n}"), "type": "webhook", "config": {"url": format!("http://{receiver}/{n}")}});
        let channel = client.post("/api/notifications/channels", channel).expect_status(201).json();
        let rule = json!({"name": format!("rule {n}"), "channel_id": channel["id"], "event_type": "approval.requested"});
        client.post("/api/notifications/rules", rule).expect_status(201);
    }
    let schedule = json!({"name": "asks", "kind": "audit.verify", "cron": "0 4 * * *", "overlap": "allow", "approval": {}});
    let schedule = client.post("/api/schedules", schedule).expect_status(201).json();
    let (path, began) = (format!("/api/schedules/{}/trigger", schedule["id"]), Instant::now());
    for _ in 0..EVENTS {
        client.post(&path, json!({})).expect_status(200);
    }
    let asked = began.elapsed();
    while received.load(Ordering::Relaxed) < CHANNELS * EVENTS {
        if began.elapsed() > LIMIT {
            return Err(format!("only {} of {} deliveries arrived", received.load(Ordering::Relaxed), CHANNELS * EVENTS).into());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let count = (CHANNELS * EVENTS) as f64;
    report::figure("deliveries.rate", count / began.elapsed().as_secs_f64(), "deliveries/s from event to receiver");
    report::figure("deliveries.asking", asked.as_secs_f64(), "s of that for raising the events");
    argos.stop();
    Ok(())
}
