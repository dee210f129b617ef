//! Interfaces, listening ports and connections of this machine (ops-automation spec C.7).

use std::collections::BTreeMap;

use argos_hostinfo::socket::{Socket, Sockets, Transport};
use argos_kernel::{AppError, Result};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use super::Host;

/// Rows of `/api/network/connections` at most.
const CONNECTIONS_MAX: usize = 200;

#[derive(Serialize, JsonSchema)]
struct InterfaceView {
    name: String,
    /// The first IPv4 address, or empty.
    ip: String,
    up: Option<bool>,
    /// Mbit/s, 0 = unknown.
    speed: u32,
    mtu: Option<u32>,
    mac: Option<String>,
    addresses: Vec<String>,
    rx_bytes: u64,
    tx_bytes: u64,
    rx_bps: Option<f64>,
    tx_bps: Option<f64>,
    rx_errors: u64,
    tx_errors: u64,
    rx_drops: u64,
    tx_drops: u64,
    r#virtual: Option<bool>,
}

#[derive(Serialize, JsonSchema)]
struct PortView {
    port: u16,
    address: String,
    /// Null when it cannot be read or the caller may not see it.
    pid: Option<u32>,
    process: String,
    protocol: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct ConnectionView {
    pid: Option<u32>,
    process: String,
    local: String,
    remote: String,
    status: &'static str,
}

pub(crate) fn routes(machine: Host) -> Routes<Host> {
    Routes::new(machine)
        .get("/api/network/interfaces", "host.list_interfaces", "Network interfaces without the loopback.", interfaces)
        .reply::<Vec<InterfaceView>>()
        .get("/api/network/ports", "host.list_ports", "Listening ports, one row per port.", ports)
        .reply::<Vec<PortView>>()
        .get("/api/network/connections", "host.list_connections", "Established connections.", connections)
        .reply::<Vec<ConnectionView>>()
}

async fn interfaces(machine: Host, _: Req) -> Result<Reply> {
    let tick = machine.newest()?;
    let all = tick.sample.network.iter().flat_map(|n| &n.interfaces).filter(|i| !i.loopback);
    let views: Vec<InterfaceView> = all
        .map(|i| InterfaceView {
            name: i.name.to_string(),
            ip: i.ipv4().map(|ip| ip.to_string()).unwrap_or_default(),
            up: i.is_up(),
            speed: i.speed_mbps.unwrap_or(0),
            mtu: i.mtu,
            mac: i.mac.as_ref().map(ToString::to_string),
            addresses: i.addresses.iter().map(|a| a.prefix.map_or_else(|| a.ip.to_string(), |p| format!("{}/{p}", a.ip))).collect(),
            rx_bytes: i.totals.rx_bytes,
            tx_bytes: i.totals.tx_bytes,
            rx_bps: i.rates.rx_bytes_per_s.map(f64::round),
            tx_bps: i.rates.tx_bytes_per_s.map(f64::round),
            rx_errors: i.totals.rx_errors,
            tx_errors: i.totals.tx_errors,
            rx_drops: i.totals.rx_drops,
            tx_drops: i.totals.tx_drops,
            r#virtual: i.is_virtual,
        })
        .collect();
    Ok(Reply::json(&views))
}

async fn sockets(machine: &Host) -> Result<Option<Sockets>> {
    let machine = Host::clone(machine);
    tokio::task::spawn_blocking(move || machine.sockets()).await.map_err(AppError::internal)
}

fn process_name(s: &Socket) -> String {
    s.process.as_deref().unwrap_or_default().chars().take(20).collect()
}

async fn ports(machine: Host, req: Req) -> Result<Reply> {
    let known = sockets(&machine).await?;
    // Who listens is only for people who may look into the system.
    let may_see = req.cx().has("system:inspect");
    let mut rows: BTreeMap<u16, PortView> = BTreeMap::new();
    for s in known.iter().flat_map(Sockets::listening) {
        rows.entry(s.local.port()).or_insert_with(|| PortView {
            port: s.local.port(),
            address: s.local.ip().to_string(),
            pid: s.pid.filter(|_| may_see),
            process: if may_see { process_name(s) } else { String::new() },
            protocol: match s.transport {
                Transport::Tcp => "tcp",
                Transport::Udp => "udp",
            },
        });
    }
    Ok(Reply::json(&rows.into_values().collect::<Vec<_>>()))
}

async fn connections(machine: Host, _: Req) -> Result<Reply> {
    let known = sockets(&machine).await?;
    let established = known.iter().flat_map(Sockets::connections).filter(|s| s.state.word() == "ESTABLISHED");
    let rows = established.filter_map(|s| {
        let remote = s.remote?.to_string();
        Some(ConnectionView { pid: s.pid, process: process_name(s), local: s.local.to_string(), remote, status: s.state.word() })
    });
    Ok(Reply::json(&rows.take(CONNECTIONS_MAX).collect::<Vec<_>>()))
}
