//! One simulated node: comes with its token, keeps its secret, sends figures each second and its health every fifteen, answers
//! what it is told, and dials again five seconds after a connection ended, as real ones do.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsConnector;

use super::link::{CLOSE, Link, PING, PONG, TEXT};

const FLOWS: usize = 4;
const RETRY: Duration = Duration::from_secs(5);
const HEALTH_TICKS: u64 = 15;

/// What the nodes are told to do.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Phase {
    /// Connected and speaking.
    Live,
    /// Connected and silent.
    Quiet,
    /// The server ends: a lost connection is no fault.
    Restart,
    End,
}

/// What all nodes share.
pub(super) struct Fleet {
    pub(super) tls: TlsConnector,
    pub(super) address: watch::Sender<SocketAddr>,
    pub(super) phase: watch::Sender<Phase>,
    /// Nodes that knock at the same time while they enrol.
    pub(super) door: Semaphore,
    pub(super) clock: Instant,
    pub(super) proven: AtomicUsize,
    /// Frames sent after the proof.
    pub(super) sent: AtomicU64,
    /// Attempts that the server refused.
    pub(super) refused: AtomicU64,
    /// The longest a node had to wait for the server to take a frame, in microseconds.
    pub(super) stalled_us: AtomicU64,
}

impl Fleet {
    pub(super) fn now_us(&self) -> u64 {
        u64::try_from(self.clock.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn stats(&self) -> String {
        let flow = |n: usize| {
            json!({ "flow_id": format!("f{n}"), "flow_name": format!("Flow {n}"), "state": "Running", "health": "Healthy", "outputs": [],
                "input": { "input_type": "srt", "bitrate_bps": 2_000_000, "packets_lost": 1, "packets_received": 999, "srt_stats": { "rtt_ms": 41 } } })
        };
        let flows: Vec<Value> = (0..FLOWS).map(flow).collect();
        json!({ "type": "stats", "payload": { "flows": flows, "sent_us": self.now_us(), "uptime_secs": 60 } }).to_string()
    }

    async fn say(&self, link: &mut Link, text: &str) -> Result<(), String> {
        let began = self.now_us();
        link.send(TEXT, text.as_bytes()).await?;
        self.stalled_us.fetch_max(self.now_us().saturating_sub(began), Ordering::Relaxed);
        self.sent.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

fn health() -> String {
    json!({ "type": "health", "payload": { "status": "ok", "version": "0.10.6", "uptime_secs": 60, "active_flows": FLOWS, "total_flows": FLOWS,
        "capabilities": ["native-udp-tunnel", "optional-input", "bonding", "replay"], "api_addr": "0.0.0.0:8080",
        "system_resources": { "cpu_percent": 12.5, "ram_percent": 40.0, "ram_used_mb": 3200, "ram_total_mb": 8000 } } })
    .to_string()
}

/// The answer to a command.
fn answer(frame: &[u8]) -> Option<String> {
    let frame: Value = serde_json::from_slice(frame).ok()?;
    match frame["type"].as_str()? {
        "ping" => Some(json!({ "type": "pong", "payload": null }).to_string()),
        "command" if frame["payload"]["action"]["type"] == "get_config" => {
            let config = json!({ "version": 2, "inputs": [], "outputs": [], "flows": [], "tunnels": [] });
            Some(json!({ "type": "config_response", "payload": config }).to_string())
        }
        "command" => {
            let payload = json!({ "command_id": frame["payload"]["command_id"], "success": true, "data": [], "error": null });
            Some(json!({ "type": "command_ack", "payload": payload }).to_string())
        }
        _ => None,
    }
}

/// Runs one node until the end; an error is a connection that was lost for no reason.
pub(super) async fn run(fleet: Arc<Fleet>, number: usize, token: String) -> Result<(), String> {
    let mut proof = json!({ "registration_token": token, "protocol_version": 4 });
    loop {
        match connection(&fleet, number, &mut proof).await {
            Ok(()) => return Ok(()),
            Err(why) => {
                let phase = *fleet.phase.borrow();
                match phase {
                    Phase::End => return Ok(()),
                    Phase::Restart => {}
                    Phase::Live | Phase::Quiet => return Err(why),
                }
            }
        }
        tokio::time::sleep(RETRY).await;
    }
}

async fn connection(fleet: &Arc<Fleet>, number: usize, proof: &mut Value) -> Result<(), String> {
    let header = format!("X-Forwarded-For: 10.{}.{}.{}", number >> 16, (number >> 8) & 255, number & 255);
    let address = *fleet.address.borrow();
    let enrols = proof.get("node_id").is_none();
    let mut link = {
        // After a restart they all come at once.
        let _place = match enrols {
            true => Some(fleet.door.acquire().await.map_err(|e| e.to_string())?),
            false => None,
        };
        let mut link = Link::open(address, Some(&fleet.tls), "/ws/node", &header).await.inspect_err(|_| {
            fleet.refused.fetch_add(1, Ordering::Relaxed);
        })?;
        let auth = json!({ "type": "auth", "payload": proof }).to_string();
        link.send(TEXT, auth.as_bytes()).await?;
        let (_, first) = link.next().await?;
        let first: Value = serde_json::from_slice(&first).map_err(|e| e.to_string())?;
        match first["type"].as_str() {
            Some("register_ack") => {
                let payload = &first["payload"];
                *proof = json!({ "node_id": payload["node_id"], "node_secret": payload["node_secret"], "protocol_version": 4 });
            }
            Some("auth_ok") => {}
            _ => return Err(format!("a node was refused: {first}")),
        }
        link
    };
    fleet.proven.fetch_add(1, Ordering::Relaxed);
    speak(fleet, &mut link).await.inspect_err(|_| {
        fleet.proven.fetch_sub(1, Ordering::Relaxed);
    })
}

async fn speak(fleet: &Arc<Fleet>, link: &mut Link) -> Result<(), String> {
    let mut phase = fleet.phase.subscribe();
    let mut second = tokio::time::interval(Duration::from_secs(1));
    let mut ticks = 0_u64;
    loop {
        tokio::select! {
            _ = second.tick() => {
                if *phase.borrow() == Phase::Quiet {
                    continue;
                }
                if ticks.is_multiple_of(HEALTH_TICKS) {
                    fleet.say(link, &health()).await?;
                }
                ticks += 1;
                fleet.say(link, &fleet.stats()).await?;
            }
            heard = link.next() => match heard? {
                (TEXT, text) => if let Some(text) = answer(&text) {
                    fleet.say(link, &text).await?;
                },
                (PING, payload) => link.send(PONG, &payload).await?,
                (CLOSE, code) => return Err(format!("the server closed: {code:?}")),
                _ => {}
            },
            changed = phase.changed() => if changed.is_err() || *phase.borrow() == Phase::End {
                return Ok(());
            },
        }
    }
}
